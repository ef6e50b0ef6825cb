//! Reading what a command prints and writing what it reads, without ever waiting for it longer than asked.
//!
//! Chunks grow from 64 to 256 KiB while a stream floods and shrink again. A slow consumer is felt by the command: nothing
//! is read that cannot be handed on, so nothing piles up here. At the last call a reader takes what lies in the pipe at
//! that moment and no more: all that was printed before the command's end is kept, whoever still holds the pipe.

use super::ExecFact;
use super::keyboard::Typed;
use super::pty::{self, Controller};
use crate::engine::clock::Clock;
use crate::model::output::{Drained, Stream};
use rustix::io::Errno;
use std::io::{PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, watch};
use zeroize::Zeroize;

const SMALL: usize = 64 << 10;
/// A chunk stays in the processor's cache until it is masked, hashed and written: 1 GB into a file went at 1.0-1.2 GB/s
/// with this, at 0.6-0.8 with chunks of 1 MiB (`cat | cat > file`: 1.6).
const LARGE: usize = 256 << 10;
/// The pipe itself may hold more, so that the command does not wait for each of our turns.
const PIPE: usize = 1 << 20;

/// The read end of `reader` for the runtime, with the largest buffer that this user may have.
pub(super) fn readable(reader: PipeReader) -> std::io::Result<pipe::Receiver> {
    let reader = OwnedFd::from(reader);
    // A pipe of 64 KiB works as well, only slower: 1.4 GB/s instead of 1.6 (measured).
    let _ = rustix::pipe::fcntl_setpipe_size(&reader, PIPE);
    pipe::Receiver::from_owned_fd(reader)
}

/// Where a stream is read from.
pub(super) enum Source {
    /// A pipe.
    Pipe(pipe::Receiver),
    /// A terminal, where both streams are one.
    Terminal(Controller),
}

impl Source {
    async fn read(&mut self, chunk: &mut Vec<u8>) -> std::io::Result<usize> {
        match self {
            Source::Pipe(pipe) => pipe.read_buf(chunk).await,
            Source::Terminal(terminal) => terminal.read(chunk).await,
        }
    }
}

impl AsFd for Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Source::Pipe(pipe) => pipe.as_fd(),
            Source::Terminal(terminal) => terminal.as_fd(),
        }
    }
}

/// One stream of one command.
pub(super) struct Tap {
    pub(super) stream: Stream,
    pub(super) source: Source,
    pub(super) facts: mpsc::Sender<ExecFact>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) last_call: watch::Receiver<bool>,
}

/// Whoever was to hear of the output is gone.
struct Deaf;

impl Tap {
    /// Hands on everything that is printed, until the stream ends or the last call comes. Gives the source back, so that who
    /// still prints can be looked for before the closed pipe ends it.
    pub(super) async fn run(mut self) -> (Drained, Source) {
        let drained = self.drain().await;
        (drained, self.source)
    }

    async fn drain(&mut self) -> Drained {
        let mut size = SMALL;
        let mut chunk = Vec::with_capacity(size);
        loop {
            let read = tokio::select! {
                biased;
                // First, or a grandchild that floods would keep the last call from being heard.
                _ = self.last_call.wait_for(|called| *called) => break,
                read = self.source.read(&mut chunk) => read,
            };
            let count = match read {
                Ok(0) => return Drained::Eof,
                Ok(count) => count,
                // Neither gives another error here; if one does, what it holds cannot be had.
                Err(_) => return Drained::Grace,
            };
            if self.say(&mut chunk).await.is_err() {
                return Drained::Grace;
            }
            size = next_size(size, count);
            if chunk.capacity() != size {
                chunk = Vec::with_capacity(size);
            }
        }
        self.take_the_rest().await
    }

    /// Takes what the pipe holds now. The system is asked directly: what the runtime believes to be readable may be old.
    async fn take_the_rest(&self) -> Drained {
        let mut left = rustix::io::ioctl_fionread(self.source.as_fd()).unwrap_or(PIPE as u64);
        loop {
            let mut chunk = Vec::with_capacity(SMALL);
            match rustix::io::read(self.source.as_fd(), rustix::buffer::spare_capacity(&mut chunk)) {
                Ok(0) => return Drained::Eof,
                Err(end) if pty::is_end(&end.into()) => return Drained::Eof,
                Err(Errno::INTR) => continue,
                Err(_) => return Drained::Grace,
                Ok(count) => {
                    let done = left == 0;
                    left = left.saturating_sub(count as u64);
                    if self.say(&mut chunk).await.is_err() || done {
                        return Drained::Grace;
                    }
                }
            }
        }
    }

    /// Hands `chunk` on and leaves it empty. A chunk that is mostly room is copied, so that the queue never holds the room.
    async fn say(&self, chunk: &mut Vec<u8>) -> Result<(), Deaf> {
        let bytes = if chunk.len() * 2 >= chunk.capacity() { std::mem::take(chunk) } else { chunk.as_slice().to_vec() };
        chunk.clear();
        let fact = ExecFact::Output { stream: self.stream, bytes, at: self.clock.now() };
        self.facts.send(fact).await.map_err(|_| Deaf)
    }
}

fn next_size(size: usize, count: usize) -> usize {
    if count >= size {
        (size * 2).min(LARGE)
    } else if count < size / 4 {
        (size / 2).max(SMALL)
    } else {
        size
    }
}

/// Writes `bytes` for the command to read, then ends the stream. A command that does not read them keeps only this task
/// waiting; one that ends without reading them is no error.
pub(super) async fn feed(writer: PipeWriter, mut bytes: Vec<u8>) {
    if let Ok(mut sender) = pipe::Sender::from_owned_fd(OwnedFd::from(writer)) {
        let _ = sender.write_all(&bytes).await;
    }
    bytes.zeroize();
}

/// Writes what is typed for the command to read, until the end of it is said or nobody can type any more.
pub(super) async fn feed_typed(writer: PipeWriter, mut typed: mpsc::Receiver<Typed>) {
    let Ok(mut sender) = pipe::Sender::from_owned_fd(OwnedFd::from(writer)) else { return };
    while let Some(Typed::Bytes(bytes)) = typed.recv().await {
        if sender.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_grow_under_a_flood_and_shrink_after_it() {
        let mut size = SMALL;
        for _ in 0..10 {
            size = next_size(size, size);
        }
        assert_eq!(size, LARGE);
        for _ in 0..10 {
            size = next_size(size, 1);
        }
        assert_eq!(size, SMALL);
        assert_eq!(next_size(LARGE, LARGE / 2), LARGE);
    }
}

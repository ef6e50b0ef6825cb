//! Reading what a command prints and writing what it reads, without ever waiting for it longer than asked.
//!
//! Chunks grow from 64 to 256 KiB while a stream floods and shrink again. A slow consumer is felt by the command: nothing
//! is read that cannot be handed on, so nothing piles up here. At the last call a reader takes what lies in the pipe at
//! that moment and no more: all that was printed before the command's end is kept, whoever still holds the pipe.

use super::ExecFact;
use crate::engine::clock::Clock;
use crate::model::output::{Drained, Stream};
use rustix::io::Errno;
use std::io::{PipeReader, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
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

/// One stream of one command.
pub(super) struct Tap {
    pub(super) stream: Stream,
    pub(super) pipe: pipe::Receiver,
    pub(super) facts: mpsc::Sender<ExecFact>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) last_call: watch::Receiver<bool>,
}

/// Whoever was to hear of the output is gone.
struct Deaf;

impl Tap {
    /// Hands on everything that is printed, until the stream ends or the last call comes. Gives the pipe back, so that who
    /// still prints can be looked for before the closed pipe ends it.
    pub(super) async fn run(mut self) -> (Drained, pipe::Receiver) {
        let drained = self.drain().await;
        (drained, self.pipe)
    }

    async fn drain(&mut self) -> Drained {
        let mut size = SMALL;
        let mut chunk = Vec::with_capacity(size);
        loop {
            let read = tokio::select! {
                biased;
                // First, or a grandchild that floods would keep the last call from being heard.
                _ = self.last_call.wait_for(|called| *called) => break,
                read = self.pipe.read_buf(&mut chunk) => read,
            };
            let count = match read {
                Ok(0) => return Drained::Eof,
                Ok(count) => count,
                // No pipe gives an error here; if one does, what it holds cannot be had.
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
        let mut left = rustix::io::ioctl_fionread(self.pipe.as_fd()).unwrap_or(PIPE as u64);
        loop {
            let mut chunk = Vec::with_capacity(SMALL);
            match rustix::io::read(self.pipe.as_fd(), rustix::buffer::spare_capacity(&mut chunk)) {
                Ok(0) => return Drained::Eof,
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

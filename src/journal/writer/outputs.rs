//! What attempts print: bytes to files of their own, at once, and the extents that commit to them.
//!
//! Each byte is written and hashed once, and held until it is synced, so that it can be written again elsewhere. An extent is
//! at most 1 MiB of one stream; its salt stands in a file beside. Extents are hashed together, from memory, while the disk
//! syncs. Nothing here interprets a byte.

mod extents;

use crate::journal::dir::{output_name, salt_name};
use crate::journal::hash::hex;
use crate::journal::storage::{FileNo, Storage};
use crate::journal::writer::Chunk;
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepId};
use crate::model::output::{Extent, Masked, Stream};
use crate::model::time::Stamp;
use extents::{Hashed, Unhashed, hashed};
use memchr::memchr_iter;
use rand_core::{OsRng, RngCore};
use std::io;

/// The longest extent.
const LONGEST: u64 = 1 << 20;

/// A file that grows, and what of it is not synced.
struct Growing {
    name: String,
    file: FileNo,
    synced: u64,
    unsynced: Vec<Vec<u8>>,
}

impl Growing {
    fn make(storage: &mut dyn Storage, name: String) -> io::Result<Self> {
        let file = storage.create(&name)?;
        Ok(Self { name, file, synced: 0, unsynced: Vec::new() })
    }

    fn append(&mut self, storage: &mut dyn Storage, bytes: Vec<u8>) -> io::Result<()> {
        let done = storage.append(self.file, &bytes);
        self.unsynced.push(bytes);
        done
    }

    fn sync(&self, storage: &mut dyn Storage) -> io::Result<()> {
        if self.unsynced.is_empty() { Ok(()) } else { storage.sync(self.file) }
    }

    fn forget(&mut self) {
        self.synced += self.unsynced.drain(..).map(|bytes| bytes.len() as u64).sum::<u64>();
    }

    /// Writes everything into another file and gives it this one's name: a file whose sync failed is never synced again.
    fn write_again(&mut self, storage: &mut dyn Storage) -> io::Result<()> {
        let new = format!("{}.new", self.name);
        storage.remove(&new)?;
        let file = storage.create(&new)?;
        let copied = self.copy_to(storage, file).and_then(|()| storage.rename(&new, &self.name));
        let done = copied.and_then(|()| storage.sync_names("out"));
        if done.is_err() {
            storage.close(file);
            return done;
        }
        storage.close(std::mem::replace(&mut self.file, file));
        self.forget();
        Ok(())
    }

    fn copy_to(&self, storage: &mut dyn Storage, file: FileNo) -> io::Result<()> {
        storage.copy_start(&self.name, self.synced, file)?;
        for bytes in &self.unsynced {
            storage.append(file, bytes)?;
        }
        storage.sync(file)
    }
}

/// An extent that may still grow.
struct Open {
    stream: Stream,
    salt: [u8; 32],
    off: u64,
    len: u64,
    lines: u64,
    masked: Vec<Masked>,
    at: Stamp,
}

/// One attempt's output.
struct Output {
    step: StepId,
    attempt: Attempt,
    log: Growing,
    salts: Growing,
    written: u64,
    /// How much of it durable records commit to.
    committed: u64,
    open: Option<Open>,
    /// Extents whose facts wait without a hash.
    unhashed: Vec<Unhashed>,
    ended: bool,
}

/// The output of every attempt that prints.
#[derive(Default)]
pub(super) struct Outputs {
    each: Vec<Output>,
    /// Chunks whose files could not be made.
    homeless: Vec<Chunk>,
    new_names: bool,
    unsynced: u64,
}

impl Outputs {
    /// Bytes that are not synced.
    pub(super) fn unsynced(&self) -> u64 {
        self.unsynced
    }

    /// Writes a chunk. Extents that are full by it go to `facts`. After an error the chunk is held all the same: it may be
    /// written again.
    pub(super) fn write(
        &mut self,
        storage: &mut dyn Storage,
        chunk: Chunk,
        facts: &mut Vec<(Stamp, Event)>,
    ) -> io::Result<()> {
        if chunk.bytes.is_empty() {
            return Ok(());
        }
        self.unsynced += chunk.bytes.len() as u64;
        let at = match self.find(&chunk.step, chunk.attempt) {
            Some(at) => at,
            None => match self.make(storage, &chunk) {
                Ok(at) => at,
                Err(error) => {
                    self.homeless.push(chunk);
                    return Err(error);
                }
            },
        };
        let output = &mut self.each[at];
        let mut salted = Ok(());
        let mut rest = &chunk.bytes[..];
        let mut masked = chunk.masked;
        while !rest.is_empty() {
            if output.open.as_ref().is_some_and(|open| open.stream != chunk.stream || open.len == LONGEST) {
                salted = salted.and(output.close(storage, facts));
            }
            let written = output.written;
            let open = output.open.get_or_insert_with(|| Open::new(chunk.stream, written));
            let room = usize::try_from(LONGEST - open.len).expect("an extent fits memory");
            let (piece, later) = rest.split_at(rest.len().min(room));
            open.take(piece, std::mem::take(&mut masked), chunk.at);
            output.written += piece.len() as u64;
            rest = later;
        }
        output.log.append(storage, chunk.bytes).and(salted)
    }

    /// No more comes from this attempt.
    pub(super) fn end(&mut self, step: &StepId, attempt: Attempt) {
        if let Some(at) = self.find(step, attempt) {
            self.each[at].ended = true;
        }
    }

    /// Closes every extent that is open.
    pub(super) fn close_extents(
        &mut self,
        storage: &mut dyn Storage,
        facts: &mut Vec<(Stamp, Event)>,
    ) -> io::Result<()> {
        let closed = self.each.iter_mut().map(|output| output.close(storage, facts));
        closed.fold(Ok(()), io::Result::and)
    }

    /// Syncs every file, and the directory if a name in it is new; meanwhile the extents among `facts` get their hashes. They
    /// have them after an error too.
    pub(super) fn sync(&mut self, storage: &mut dyn Storage, facts: &mut [(Stamp, Event)]) -> io::Result<()> {
        let (hashes, synced) = hashed(&self.each, || {
            self.each.iter().try_for_each(|output| output.log.sync(storage).and_then(|()| output.salts.sync(storage)))
        });
        self.settle(hashes?, facts)?;
        synced?;
        for output in &mut self.each {
            output.log.forget();
            output.salts.forget();
        }
        self.names_synced(storage)
    }

    /// Gives extents among `facts` the hashes that their bytes have.
    fn settle(&mut self, hashes: Vec<Hashed>, facts: &mut [(Stamp, Event)]) -> io::Result<()> {
        extents::settle(hashes, facts)?;
        self.each.iter_mut().for_each(|output| output.unhashed.clear());
        Ok(())
    }

    /// Writes every file that is not synced again, into another, and what had no file yet.
    pub(super) fn write_again(&mut self, storage: &mut dyn Storage, facts: &mut Vec<(Stamp, Event)>) -> io::Result<()> {
        // What is written again is forgotten, and what is forgotten cannot be hashed. A salt whose append fails is held, and
        // written again below like everything else.
        let _ = self.close_extents(storage, facts);
        let (hashes, ()) = hashed(&self.each, || ());
        self.settle(hashes?, facts)?;
        for output in &mut self.each {
            for file in [&mut output.log, &mut output.salts] {
                if !file.unsynced.is_empty() {
                    file.write_again(storage)?;
                }
            }
        }
        self.names_synced(storage)?;
        for chunk in std::mem::take(&mut self.homeless) {
            self.unsynced = self.unsynced.saturating_sub(chunk.bytes.len() as u64);
            self.write(storage, chunk, facts)?;
        }
        Ok(())
    }

    fn names_synced(&mut self, storage: &mut dyn Storage) -> io::Result<()> {
        if std::mem::take(&mut self.new_names) {
            storage.sync_names("out").inspect_err(|_| self.new_names = true)?;
        }
        Ok(())
    }

    /// After a commit: lets go of attempts that print no more.
    pub(super) fn committed(&mut self, storage: &mut dyn Storage) {
        self.unsynced = 0;
        self.each.retain_mut(|output| {
            output.committed = output.written;
            if output.ended {
                storage.close(output.log.file);
                storage.close(output.salts.file);
            }
            !output.ended
        });
    }

    /// Gives up everything that is not committed: says how much, for each attempt.
    pub(super) fn give_up(&mut self, storage: &mut dyn Storage) -> Vec<(StepId, Attempt, u64)> {
        let mut lost = Vec::new();
        for chunk in self.homeless.drain(..) {
            lost.push((chunk.step, chunk.attempt, chunk.bytes.len() as u64));
        }
        for output in self.each.drain(..) {
            let bytes = output.written - output.committed;
            storage.close(output.log.file);
            storage.close(output.salts.file);
            lost.push((output.step, output.attempt, bytes));
        }
        self.unsynced = 0;
        lost
    }

    fn find(&self, step: &StepId, attempt: Attempt) -> Option<usize> {
        let is_it = |output: &Output| output.attempt == attempt && output.step == *step;
        self.each.iter().position(is_it)
    }

    fn make(&mut self, storage: &mut dyn Storage, chunk: &Chunk) -> io::Result<usize> {
        let (step, attempt) = (chunk.step.clone(), chunk.attempt);
        let log = Growing::make(storage, output_name(&step, attempt))?;
        let salts = Growing::make(storage, salt_name(&step, attempt))?;
        self.new_names = true;
        self.each.push(Output {
            step,
            attempt,
            log,
            salts,
            written: 0,
            committed: 0,
            open: None,
            unhashed: Vec::new(),
            ended: false,
        });
        Ok(self.each.len() - 1)
    }
}

impl Output {
    fn close(&mut self, storage: &mut dyn Storage, facts: &mut Vec<(Stamp, Event)>) -> io::Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let salt = format!("{}\n", hex(&open.salt)).into_bytes();
        self.unhashed.push(Unhashed { salt: open.salt, off: open.off, len: open.len });
        let extent = Extent {
            stream: open.stream,
            off: open.off,
            len: open.len,
            lines: open.lines,
            // Before its commit it gets one.
            sha256: String::new(),
            masked: open.masked,
        };
        let (step, attempt) = (self.step.clone(), self.attempt);
        facts.push((open.at, Event::Output { step, attempt, extent }));
        self.salts.append(storage, salt)
    }
}

impl Open {
    fn new(stream: Stream, off: u64) -> Self {
        let mut salt = [0u8; 32];
        OsRng.try_fill_bytes(&mut salt).expect("getrandom does not fail on a system that has booted");
        let (len, lines, masked, at) = (0, 0, Vec::new(), Stamp::default());
        Self { stream, salt, off, len, lines, masked, at }
    }

    fn take(&mut self, bytes: &[u8], masked: Vec<Masked>, at: Stamp) {
        self.len += bytes.len() as u64;
        self.lines += memchr_iter(b'\n', bytes).count() as u64;
        self.at = at;
        for new in masked {
            match self.masked.iter_mut().find(|old| old.name == new.name) {
                Some(old) => old.count += new.count,
                None => self.masked.push(new),
            }
        }
    }
}

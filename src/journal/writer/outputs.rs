//! What attempts print: bytes to files of their own, at once, and the extents that commit to them.
//!
//! Each byte is written and hashed once, and held until a durable record commits to it, so that it can be written again
//! elsewhere. While nothing can be written, bytes are only held, as many as the writer allows. An extent is at most 1 MiB of
//! one stream; its salt stands in a file beside. Nothing here interprets a byte.

use crate::journal::dir::{output_name, salt_name};
use crate::journal::hash::{Hash, Running, hex};
use crate::journal::storage::{FileNo, Storage};
use crate::journal::writer::Chunk;
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepId};
use crate::model::output::{Extent, Masked, Stream};
use crate::model::time::Stamp;
use rand_core::{OsRng, RngCore};
use std::io;

/// The longest extent.
const LONGEST: u64 = 1 << 20;

/// A file that grows, and what of it no durable record commits to: that can be written again elsewhere.
struct Growing {
    name: String,
    /// None while it cannot be made.
    file: Option<FileNo>,
    /// How much of it durable records commit to.
    kept: u64,
    pending: Vec<Vec<u8>>,
    dirty: bool,
}

impl Growing {
    fn new(name: String) -> Self {
        Self { name, file: None, kept: 0, pending: Vec::new(), dirty: false }
    }

    fn make(&mut self, storage: &mut dyn Storage) -> io::Result<()> {
        self.file = Some(storage.create(&self.name)?);
        Ok(())
    }

    /// Appends, or holds the bytes only.
    fn append(&mut self, storage: &mut dyn Storage, held: bool, bytes: Vec<u8>) -> io::Result<()> {
        let done = match self.file {
            Some(file) if !held => {
                self.dirty = true;
                storage.append(file, &bytes)
            }
            Some(_) | None => Ok(()),
        };
        self.pending.push(bytes);
        done
    }

    fn sync(&mut self, storage: &mut dyn Storage) -> io::Result<()> {
        if let (true, Some(file)) = (self.dirty, self.file) {
            storage.sync(file)?;
            self.dirty = false;
        }
        Ok(())
    }

    fn committed(&mut self) {
        self.kept += self.pending.drain(..).map(|bytes| bytes.len() as u64).sum::<u64>();
    }

    fn close(&mut self, storage: &mut dyn Storage) {
        if let Some(file) = self.file.take() {
            storage.close(file);
        }
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
            // What is half written is not to lie about; another attempt takes it away otherwise.
            let _ = storage.remove(&new);
            return done;
        }
        self.close(storage);
        (self.file, self.dirty) = (Some(file), false);
        Ok(())
    }

    fn copy_to(&self, storage: &mut dyn Storage, file: FileNo) -> io::Result<()> {
        if self.kept > 0 {
            storage.copy_start(&self.name, self.kept, file)?;
        }
        for bytes in &self.pending {
            storage.append(file, bytes)?;
        }
        storage.sync(file)
    }
}

/// An extent that may still grow.
struct Open {
    stream: Stream,
    salt: [u8; 32],
    hash: Running,
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
    ended: bool,
}

/// The output of every attempt that prints.
#[derive(Default)]
pub(super) struct Outputs {
    each: Vec<Output>,
    new_names: bool,
    unsynced: u64,
    /// Nothing can be written: what comes is held in memory, so many bytes more at most.
    holding: Option<u64>,
}

impl Outputs {
    /// Bytes that are not synced, where they could be.
    pub(super) fn unsynced(&self) -> u64 {
        if self.holding.is_some() { 0 } else { self.unsynced }
    }

    /// From here on nothing is written: what no record commits to stays in memory, and `room` bytes that come after.
    pub(super) fn hold(&mut self, room: u64) {
        self.holding.get_or_insert(room);
    }

    /// It can be written again.
    pub(super) fn release(&mut self) {
        self.holding = None;
    }

    /// How many more bytes are held; `None` where they are written.
    pub(super) fn room(&self) -> Option<u64> {
        self.holding
    }

    /// How many bytes `write_again` writes.
    pub(super) fn to_write(&self) -> u64 {
        let held = self.each.iter().filter(|output| output.written > output.committed);
        held.map(|output| output.written).sum()
    }

    /// Whether something of this attempt is in memory only.
    pub(super) fn holds(&self, step: &StepId, attempt: Attempt) -> bool {
        let has = |at: usize| self.each[at].written > self.each[at].committed;
        self.holding.is_some() && self.find(step, attempt).is_some_and(has)
    }

    /// Writes a chunk, or holds it. Extents that are full by it go to `facts`. After an error the chunk is held all the same:
    /// it may be written again.
    pub(super) fn write(
        &mut self,
        storage: &mut dyn Storage,
        chunk: Chunk,
        facts: &mut Vec<(Stamp, Event)>,
    ) -> io::Result<()> {
        if chunk.bytes.is_empty() {
            return Ok(());
        }
        let length = chunk.bytes.len() as u64;
        self.unsynced += length;
        self.holding = self.holding.map(|room| room.saturating_sub(length));
        let held = self.holding.is_some();
        let (at, mut done) = self.place(storage, held, &chunk);
        let output = &mut self.each[at];
        let mut rest = &chunk.bytes[..];
        let mut masked = chunk.masked;
        while !rest.is_empty() {
            if output.open.as_ref().is_some_and(|open| open.stream != chunk.stream || open.len == LONGEST) {
                done = done.and(output.close(storage, held, facts));
            }
            let written = output.written;
            let open = output.open.get_or_insert_with(|| Open::new(chunk.stream, written));
            let room = usize::try_from(LONGEST - open.len).expect("an extent fits memory");
            let (piece, later) = rest.split_at(rest.len().min(room));
            open.take(piece, std::mem::take(&mut masked), chunk.at);
            output.written += piece.len() as u64;
            rest = later;
        }
        let appended = output.log.append(storage, held, chunk.bytes);
        done.and(appended)
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
        let held = self.holding.is_some();
        let closed = self.each.iter_mut().map(|output| output.close(storage, held, facts));
        closed.fold(Ok(()), io::Result::and)
    }

    /// Syncs every file, and the directory if a name in it is new.
    pub(super) fn sync(&mut self, storage: &mut dyn Storage) -> io::Result<()> {
        for output in &mut self.each {
            output.log.sync(storage)?;
            output.salts.sync(storage)?;
        }
        self.names_synced(storage)
    }

    /// Writes every file of which something is not committed again, into another.
    pub(super) fn write_again(&mut self, storage: &mut dyn Storage) -> io::Result<()> {
        for output in &mut self.each {
            for file in [&mut output.log, &mut output.salts] {
                if !file.pending.is_empty() || file.file.is_none() {
                    file.write_again(storage)?;
                }
            }
        }
        self.names_synced(storage)
    }

    /// Another storage takes this one's place: no file of this one is written to any more.
    pub(super) fn leave(&mut self, storage: &mut dyn Storage) {
        for output in &mut self.each {
            output.log.close(storage);
            output.salts.close(storage);
        }
    }

    fn names_synced(&mut self, storage: &mut dyn Storage) -> io::Result<()> {
        if std::mem::take(&mut self.new_names) {
            storage.sync_names("out").inspect_err(|_| self.new_names = true)?;
        }
        Ok(())
    }

    /// After a commit of everything: lets go of attempts that print no more.
    pub(super) fn committed(&mut self, storage: &mut dyn Storage) {
        self.unsynced = 0;
        self.each.retain_mut(|output| {
            output.committed = output.written;
            output.log.committed();
            output.salts.committed();
            if output.ended {
                output.log.close(storage);
                output.salts.close(storage);
            }
            !output.ended
        });
    }

    /// Gives up everything that is not committed, of one attempt or of all: says how much, for each attempt.
    pub(super) fn give_up(
        &mut self,
        storage: &mut dyn Storage,
        of: Option<(&StepId, Attempt)>,
    ) -> Vec<(StepId, Attempt, u64)> {
        let is_it = |output: &Output| of.is_none_or(|of| of == (&output.step, output.attempt));
        let (gone, left) = std::mem::take(&mut self.each).into_iter().partition(is_it);
        self.each = left;
        let gone: Vec<Output> = gone;
        let mut lost = Vec::new();
        for mut output in gone {
            let bytes = output.written - output.committed;
            output.log.close(storage);
            output.salts.close(storage);
            self.unsynced = self.unsynced.saturating_sub(bytes);
            self.holding = self.holding.map(|room| room + bytes);
            lost.push((output.step, output.attempt, bytes));
        }
        lost
    }

    fn find(&self, step: &StepId, attempt: Attempt) -> Option<usize> {
        let is_it = |output: &Output| output.attempt == attempt && output.step == *step;
        self.each.iter().position(is_it)
    }

    /// Where this attempt's output goes; its files are made where they are not there yet and can be.
    fn place(&mut self, storage: &mut dyn Storage, held: bool, chunk: &Chunk) -> (usize, io::Result<()>) {
        if let Some(at) = self.find(&chunk.step, chunk.attempt) {
            return (at, Ok(()));
        }
        let (step, attempt) = (chunk.step.clone(), chunk.attempt);
        let mut log = Growing::new(output_name(&step, attempt));
        let mut salts = Growing::new(salt_name(&step, attempt));
        let made = if held { Ok(()) } else { log.make(storage).and_then(|()| salts.make(storage)) };
        self.new_names = true;
        self.each.push(Output { step, attempt, log, salts, written: 0, committed: 0, open: None, ended: false });
        (self.each.len() - 1, made)
    }
}

impl Output {
    fn close(&mut self, storage: &mut dyn Storage, held: bool, facts: &mut Vec<(Stamp, Event)>) -> io::Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let salt = format!("{}\n", hex(&open.salt)).into_bytes();
        let extent = Extent {
            stream: open.stream,
            off: open.off,
            len: open.len,
            lines: open.lines,
            sha256: Hash::end(open.hash).hex(),
            masked: open.masked,
        };
        let (step, attempt) = (self.step.clone(), self.attempt);
        facts.push((open.at, Event::Output { step, attempt, extent }));
        self.salts.append(storage, held, salt)
    }
}

impl Open {
    fn new(stream: Stream, off: u64) -> Self {
        let mut salt = [0u8; 32];
        OsRng.try_fill_bytes(&mut salt).expect("getrandom does not fail on a system that has booted");
        let mut hash = Running::new();
        hash.update(&salt);
        let (len, lines, masked, at) = (0, 0, Vec::new(), Stamp::default());
        Self { stream, salt, hash, off, len, lines, masked, at }
    }

    fn take(&mut self, bytes: &[u8], masked: Vec<Masked>, at: Stamp) {
        self.hash.update(bytes);
        self.len += bytes.len() as u64;
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = at;
        for new in masked {
            match self.masked.iter_mut().find(|old| old.name == new.name) {
                Some(old) => old.count += new.count,
                None => self.masked.push(new),
            }
        }
    }
}

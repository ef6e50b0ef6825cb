//! The journal leaves a directory that cannot be written and goes on in another.
//!
//! The other one was made ready by `elsewhere::prepare` while nothing was written here. There is no way back: once the order
//! is taken, whatever comes of it, the run is in the new directory, so that it is never in two. Only the writer's thread
//! comes here.

use crate::journal::dir::{Lock, RunDir};
use crate::journal::elsewhere::Prepared;
use crate::journal::storage::{Disk, Storage};
use crate::journal::writer::Report;
use crate::journal::writer::thread::{Health, Writer};
use std::fmt;
use std::sync::Arc;

/// A directory that holds everything that was acknowledged, ready to be written on.
pub struct Elsewhere {
    dir: RunDir,
    lock: Arc<Lock>,
    storage: Box<dyn Storage>,
}

impl Elsewhere {
    /// On the real disk.
    pub fn new(prepared: Prepared) -> Self {
        let storage = Box::new(Disk::new(prepared.dir.clone()));
        Self::on(prepared, storage)
    }

    /// On another storage of the same directory.
    pub fn on(prepared: Prepared, storage: Box<dyn Storage>) -> Self {
        Self { dir: prepared.dir, lock: Arc::new(prepared.lock), storage }
    }
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Elsewhere").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Writer {
    /// Nothing is written from here on, so that what is acknowledged can be copied.
    pub(super) fn freeze(&mut self) {
        match self.health {
            Health::Well => {
                let _ = self.reports.send(Report::Mended);
            }
            Health::Reserve | Health::Dead => {
                self.failure.frozen = true;
                let valid = self.book.valid.expect("a book has a checkpoint from its first commit on");
                let _ = self.reports.send(Report::Frozen { valid });
            }
            Health::Gone => self.say_failed(),
        }
    }

    /// The other directory came to nothing: here it goes on as before.
    pub(super) fn thaw(&mut self) {
        self.failure.frozen = false;
        self.again_urgent();
    }

    /// Goes on in the other directory.
    pub(super) fn go_elsewhere(&mut self, to: Elsewhere) {
        if self.health == Health::Gone || !self.failure.frozen {
            return;
        }
        self.outputs.leave(&mut *self.storage);
        self.book.leave(&mut *self.storage);
        self.moved_from = Some((self.dir.path().display().to_string(), to.dir.path().display().to_string()));
        self.left.push(std::mem::replace(&mut self.lock, to.lock));
        self.storage = to.storage;
        self.dir = to.dir;
        self.newest = self.book.valid.map_or(self.newest, |valid| valid.part);
        self.health = Health::Dead;
        (self.failure.frozen, self.failure.may_pass) = (false, false);
        let _ = self.reports.send(Report::Moved { dir: self.dir.clone() });
        let why = format!("the journal could not be written: {}", self.failure.why);
        self.mend(&why);
    }
}

//! A disk that fails where it is told: for tests, and for a drill's faults.
//!
//! Counts the calls that a disk can refuse and fails from the n-th on, once or for as long as it is told. A write that fails
//! leaves half of its bytes behind; a sync that fails, and the end of it all, take away what was not synced, as a power cut
//! does. So whoever takes a failed sync for done, or syncs too little, is found out.

use super::{Disk, FileNo, Storage};
use rustix::io::Errno;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The first call that fails, from 0.
    pub at: u64,
    /// How many calls fail; `u64::MAX` for all from then on.
    pub count: u64,
    /// With which error.
    pub errno: Errno,
}

/// A disk with a fault.
pub struct Faulty {
    disk: Disk,
    fault: Fault,
    calls: Arc<AtomicU64>,
    /// Of each open file: how much was appended, and how much of that was synced.
    lengths: HashMap<FileNo, (u64, u64)>,
}

impl Faulty {
    /// The disk, and the fault that it has. The counter tells how many calls there were.
    pub fn new(disk: Disk, fault: Fault) -> (Self, Arc<AtomicU64>) {
        let calls = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&calls);
        let lengths = HashMap::new();
        (Self { disk, fault, calls, lengths }, counter)
    }

    fn grow(&mut self, file: FileNo, bytes: u64) {
        if let Some((length, _)) = self.lengths.get_mut(&file) {
            *length += bytes;
        }
    }

    fn lose(&mut self, file: FileNo) {
        if let Some((length, synced)) = self.lengths.get_mut(&file) {
            *length = *synced;
            // Nothing depends on it here: what should be lost and is not can only hide a fault, never make one.
            let _ = self.disk.lose(file, *synced);
        }
    }

    fn call(&self) -> io::Result<()> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        match call.checked_sub(self.fault.at) {
            Some(since) if since < self.fault.count => Err(self.fault.errno.into()),
            Some(_) | None => Ok(()),
        }
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        let files: Vec<FileNo> = self.lengths.keys().copied().collect();
        for file in files {
            self.lose(file);
        }
    }
}

impl Storage for Faulty {
    fn create(&mut self, name: &str) -> io::Result<FileNo> {
        self.call()?;
        let file = self.disk.create(name)?;
        self.lengths.insert(file, (0, 0));
        Ok(file)
    }

    fn append(&mut self, file: FileNo, bytes: &[u8]) -> io::Result<()> {
        let called = self.call();
        let kept = if called.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        self.disk.append(file, kept)?;
        self.grow(file, kept.len() as u64);
        called
    }

    fn sync(&mut self, file: FileNo) -> io::Result<()> {
        if let Err(error) = self.call() {
            self.lose(file);
            return Err(error);
        }
        self.disk.sync(file)?;
        if let Some((length, synced)) = self.lengths.get_mut(&file) {
            *synced = *length;
        }
        Ok(())
    }

    fn close(&mut self, file: FileNo) {
        self.lose(file);
        self.lengths.remove(&file);
        self.disk.close(file);
    }

    fn sync_names(&mut self, below: &str) -> io::Result<()> {
        self.call()?;
        self.disk.sync_names(below)
    }

    fn copy_start(&mut self, from: &str, bytes: u64, to: FileNo) -> io::Result<()> {
        self.call()?;
        self.disk.copy_start(from, bytes, to)?;
        self.grow(to, bytes);
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.call()?;
        self.disk.rename(from, to)
    }

    fn reserve(&mut self, name: &str, bytes: u64) -> io::Result<()> {
        self.call()?;
        self.disk.reserve(name, bytes)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }
}

//! A disk that fails where it is told: for tests, and for a drill's faults.
//!
//! Counts the calls that a disk can refuse and fails from the n-th on, once or for as long as it is told; a write that fails
//! leaves half of its bytes behind. Everything else is the real disk.

use super::{Disk, FileNo, Storage};
use rustix::io::Errno;
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
}

impl Faulty {
    /// The disk, and the fault that it has. The counter tells how many calls there were.
    pub fn new(disk: Disk, fault: Fault) -> (Self, Arc<AtomicU64>) {
        let calls = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&calls);
        (Self { disk, fault, calls }, counter)
    }

    fn call(&self) -> io::Result<()> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        match call.checked_sub(self.fault.at) {
            Some(since) if since < self.fault.count => Err(self.fault.errno.into()),
            Some(_) | None => Ok(()),
        }
    }
}

impl Storage for Faulty {
    fn create(&mut self, name: &str) -> io::Result<FileNo> {
        self.call()?;
        self.disk.create(name)
    }

    fn append(&mut self, file: FileNo, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.call() {
            self.disk.append(file, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        self.disk.append(file, bytes)
    }

    fn sync(&mut self, file: FileNo) -> io::Result<()> {
        self.call()?;
        self.disk.sync(file)
    }

    fn close(&mut self, file: FileNo) {
        self.disk.close(file);
    }

    fn sync_names(&mut self, below: &str) -> io::Result<()> {
        self.call()?;
        self.disk.sync_names(below)
    }

    fn copy_start(&mut self, from: &str, bytes: u64, to: FileNo) -> io::Result<()> {
        self.call()?;
        self.disk.copy_start(from, bytes, to)
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

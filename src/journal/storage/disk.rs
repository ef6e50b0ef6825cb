//! The real disk: files below a run directory's descriptor.
//!
//! Every error is handed on as it came, none is retried but an interrupted call. The writer owns it.

use super::{FileNo, Storage};
use crate::journal::dir::RunDir;
use crate::journal::error::JournalError;
use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags};
use std::fs::File;
use std::io::{self, Read, Write};

/// The real disk.
pub struct Disk {
    dir: RunDir,
    files: Vec<Option<File>>,
}

impl Disk {
    /// In this directory.
    pub fn new(dir: RunDir) -> Self {
        Self { dir, files: Vec::new() }
    }

    /// Takes away what was appended after the first `bytes` bytes, as a power cut does.
    pub(super) fn lose(&mut self, file: FileNo, bytes: u64) -> io::Result<()> {
        self.file(file)?.set_len(bytes)
    }

    fn file(&mut self, file: FileNo) -> io::Result<&mut File> {
        let file = self.files.get_mut(file.0).and_then(Option::as_mut);
        file.ok_or_else(|| io::Error::other("the file is closed"))
    }
}

impl Storage for Disk {
    fn create(&mut self, name: &str) -> io::Result<FileNo> {
        let file = self.dir.make(name).map_err(cause)?;
        // Numbers are given once: a closed file's number never means another file.
        self.files.push(Some(file));
        Ok(FileNo(self.files.len() - 1))
    }

    fn append(&mut self, file: FileNo, bytes: &[u8]) -> io::Result<()> {
        self.file(file)?.write_all(bytes)
    }

    fn sync(&mut self, file: FileNo) -> io::Result<()> {
        self.file(file)?.sync_data()
    }

    fn close(&mut self, file: FileNo) {
        if let Some(file) = self.files.get_mut(file.0) {
            *file = None;
        }
    }

    fn sync_names(&mut self, below: &str) -> io::Result<()> {
        let below = if below.is_empty() { "." } else { below };
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.dir, below, flags, Mode::empty())?;
        Ok(rustix::fs::fsync(fd)?)
    }

    fn copy_start(&mut self, from: &str, bytes: u64, to: FileNo) -> io::Result<()> {
        let mut source = self.dir.read(from).map_err(cause)?.take(bytes);
        let copied = io::copy(&mut source, self.file(to)?)?;
        if copied != bytes {
            return Err(io::Error::other("the file is shorter than what was written to it"));
        }
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.dir, from, &self.dir, to)?)
    }

    fn reserve(&mut self, name: &str, bytes: u64) -> io::Result<()> {
        let file = self.dir.make(name).map_err(cause)?;
        match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes) {
            Err(rustix::io::Errno::OPNOTSUPP) => {
                // Such a file system takes room only by bytes that are written.
                let block = vec![0u8; 1 << 20];
                let mut left = bytes as usize;
                while left > 0 {
                    (&file).write_all(&block[..left.min(block.len())])?;
                    left -= left.min(block.len());
                }
                file.sync_data()
            }
            done => Ok(done?),
        }
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.dir, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn cause(error: JournalError) -> io::Error {
    match error {
        JournalError::Io { source, .. } => source,
        other => io::Error::other(other.to_string()),
    }
}

//! What the writer does to a disk, as a trait, so that a test and a drill can make it fail.
//!
//! Files are made new, only ever appended to, and synced; none is truncated or opened again for writing. After an error from
//! `append` or `sync` nothing is known of a file's end: whoever calls must go on in another file. `Disk` is the real one,
//! `Faulty` fails where it is told.

mod disk;
mod faulty;

pub use disk::Disk;
pub use faulty::{Fault, Faulty};

use std::io;

/// A file that was made, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileNo(pub usize);

impl FileNo {
    /// No file: what is appended to it fails.
    pub(crate) const NONE: Self = Self(usize::MAX);
}

/// A run directory as the writer sees it. Names are relative to it.
pub trait Storage: Send {
    /// Makes a file that must not exist.
    fn create(&mut self, name: &str) -> io::Result<FileNo>;
    /// Appends all of `bytes`.
    fn append(&mut self, file: FileNo, bytes: &[u8]) -> io::Result<()>;
    /// Makes everything that was appended durable.
    fn sync(&mut self, file: FileNo) -> io::Result<()>;
    /// Forgets a file; it is not synced.
    fn close(&mut self, file: FileNo);
    /// Makes the names in a directory durable; `""` is the run directory.
    fn sync_names(&mut self, below: &str) -> io::Result<()>;
    /// Appends the first `bytes` bytes of `from` to `to`.
    fn copy_start(&mut self, from: &str, bytes: u64, to: FileNo) -> io::Result<()>;
    /// Gives a file another name, in place of what has it.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;
    /// Keeps `bytes` of room under a name.
    fn reserve(&mut self, name: &str, bytes: u64) -> io::Result<()>;
    /// Takes a name away; none there is no error.
    fn remove(&mut self, name: &str) -> io::Result<()>;
}

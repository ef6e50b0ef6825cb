//! Files below a run directory: names listed, files made and opened through the directory's descriptor.
//!
//! A hostile directory may hold links, pipes, devices and files of any size: every open refuses to follow, to wait and to
//! read what is not a plain file with one name. Nothing here overwrites or truncates.

use crate::journal::dir::{DIRECTORY, RunDir, output_name, part_name};
use crate::journal::error::JournalError;
use crate::model::ids::StepId;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use std::fs::File;
use std::io::Read;

/// No attachment is larger.
pub(crate) const MOST: u64 = 64 << 20;

/// Something that lies in a run directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name relative to the run directory, bytes that are not UTF-8 replaced.
    pub name: String,
    /// Whether it is a plain file with one name.
    pub plain: bool,
}

impl RunDir {
    /// Makes a file that must not exist, 0600, for appending.
    pub(crate) fn make(&self, name: &str) -> Result<File, JournalError> {
        let flags =
            OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(self, name, flags, Mode::RUSR | Mode::WUSR)
            .map(File::from)
            .map_err(JournalError::io("make", name))
    }

    /// Opens a plain file to read.
    pub(crate) fn read(&self, name: &str) -> Result<File, JournalError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(self, name, flags | OFlags::NOCTTY, Mode::empty())
            .map_err(JournalError::io("open", name))?;
        let stat = rustix::fs::fstat(&fd).map_err(JournalError::io("look at", name))?;
        let untrusted = |why| JournalError::Untrusted { name: name.to_owned(), why };
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(untrusted("it is not a plain file"));
        }
        if stat.st_nlink != 1 {
            return Err(untrusted("it has a second name elsewhere"));
        }
        Ok(File::from(fd))
    }

    /// Opens what an attempt printed.
    pub fn read_output(&self, step: &StepId, attempt: u32) -> Result<File, JournalError> {
        self.read(&output_name(step, attempt))
    }

    /// Reads a plain file of at most `most` bytes.
    pub(crate) fn read_whole(&self, name: &str, most: u64) -> Result<Vec<u8>, JournalError> {
        let mut bytes = Vec::new();
        self.read(name)?.take(most + 1).read_to_end(&mut bytes).map_err(JournalError::io("read", name))?;
        if bytes.len() as u64 > most {
            let why = "it is larger than such a file can be";
            return Err(JournalError::Untrusted { name: name.to_owned(), why });
        }
        Ok(bytes)
    }

    /// Makes it durable that a file came from the run directory to this name.
    pub(crate) fn sync_folder_of(&self, name: &str) -> Result<(), JournalError> {
        if let Some((folder, _)) = name.rsplit_once('/') {
            let opened = rustix::fs::openat(self, folder, DIRECTORY, Mode::empty());
            let synced = opened.and_then(rustix::fs::fsync);
            synced.map_err(JournalError::io("sync", folder))?;
        }
        rustix::fs::fsync(self).map_err(JournalError::io("sync", "the run directory"))
    }

    /// Whether something has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        rustix::fs::statat(self, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// The numbers of the parts that are there, in order.
    pub(crate) fn parts(&self) -> Result<Vec<u32>, JournalError> {
        let number = |name: &String| -> Option<u32> {
            let number = name.strip_prefix("events-")?.strip_suffix(".jsonl")?.parse().ok()?;
            (number > 0 && part_name(number) == *name).then_some(number)
        };
        let mut parts: Vec<u32> = self.names("")?.iter().filter_map(number).collect();
        parts.sort_unstable();
        Ok(parts)
    }

    /// The names in a directory below; none where it is missing.
    pub(crate) fn names(&self, below: &str) -> Result<Vec<String>, JournalError> {
        Ok(self.entries(below)?.into_iter().map(|found| found.name).collect())
    }

    /// Everything below, directories left out, names in bytewise order.
    pub fn everything(&self) -> Result<Vec<Found>, JournalError> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), 0)];
        while let Some((below, depth)) = open.pop() {
            for entry in self.entries(&below)? {
                let name = match below.as_str() {
                    "" => entry.name,
                    below => format!("{below}/{}", entry.name),
                };
                let stat = rustix::fs::statat(self, &name, AtFlags::SYMLINK_NOFOLLOW);
                let kind = stat.as_ref().map(|stat| FileType::from_raw_mode(stat.st_mode));
                match kind {
                    Ok(FileType::Directory) if depth < 8 => open.push((name, depth + 1)),
                    _ => {
                        let plain = kind == Ok(FileType::RegularFile) && stat.is_ok_and(|stat| stat.st_nlink == 1);
                        found.push(Found { name, plain });
                    }
                }
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    fn entries(&self, below: &str) -> Result<Vec<Found>, JournalError> {
        let path = if below.is_empty() { "." } else { below };
        let fd = match rustix::fs::openat(self, path, DIRECTORY, Mode::empty()) {
            Ok(fd) => fd,
            Err(rustix::io::Errno::NOENT) => return Ok(Vec::new()),
            Err(error) => return Err(JournalError::io("open", path)(error)),
        };
        let mut names = Vec::new();
        for entry in Dir::new(fd).map_err(JournalError::io("list", path))? {
            let entry = entry.map_err(JournalError::io("list", path))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != "." && name != ".." {
                let plain = entry.file_type() == FileType::RegularFile;
                names.push(Found { name, plain });
            }
        }
        Ok(names)
    }
}

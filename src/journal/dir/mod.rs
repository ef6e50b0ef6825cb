//! A run directory: made, opened, and everything in it reached through its descriptor.
//!
//! New files must not exist, links are never followed, only plain files with one name are read, nothing is written into a
//! directory that is not this user's. The conductor makes and locks it; every reader opens it.

mod files;
mod find;
mod lock;
mod trust;

pub use files::Found;
pub use find::FindError;
pub(crate) use find::is_id;
pub use lock::{Lock, LockError};

use crate::journal::error::JournalError;
use crate::journal::hash::hex;
use crate::model::ids::{RunId, StepId};
use crate::model::time::Stamp;
use rand_core::{OsRng, RngCore};
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// How much of a runbook's file stem stands in a run's name.
const STEM: usize = 20;

/// A run directory, held open.
#[derive(Clone, Debug)]
pub struct RunDir {
    fd: Arc<OwnedFd>,
    path: PathBuf,
    id: RunId,
}

impl RunDir {
    /// Makes a run directory under `runs`, which is made too if it is missing. Its number is one more than the highest there;
    /// two that are made at once get two numbers.
    pub fn create(runs: &Path, stem: &str, now: Stamp) -> Result<(Self, RunId), JournalError> {
        let name = runs.display().to_string();
        std::fs::create_dir_all(runs).map_err(JournalError::io("make", &name))?;
        trust::check(runs)?;
        let parent = rustix::fs::open(runs, DIRECTORY & !OFlags::NOFOLLOW, Mode::empty())
            .map_err(JournalError::io("open", &name))?;
        // Held until this returns, so that no other tminus takes the same number.
        rustix::fs::flock(&parent, FlockOperation::LockExclusive).map_err(JournalError::io("lock", &name))?;
        let id = RunId(new_id(find::next_number(runs), stem, now));
        let dir = Self::made(runs, &parent, id.clone())?;
        Ok((dir, id))
    }

    /// Makes the directory of a run that goes on in another folder, under the name that it has.
    pub(crate) fn create_as(runs: &Path, id: &RunId) -> Result<Self, JournalError> {
        let name = runs.display().to_string();
        std::fs::create_dir_all(runs).map_err(JournalError::io("make", &name))?;
        trust::check(runs)?;
        let parent = rustix::fs::open(runs, DIRECTORY & !OFlags::NOFOLLOW, Mode::empty())
            .map_err(JournalError::io("open", &name))?;
        Self::made(runs, &parent, id.clone())
    }

    fn made(runs: &Path, parent: &OwnedFd, id: RunId) -> Result<Self, JournalError> {
        rustix::fs::mkdirat(parent, id.as_str(), Mode::RWXU).map_err(JournalError::io("make", id.as_str()))?;
        let fd = rustix::fs::openat(parent, id.as_str(), DIRECTORY, Mode::empty())
            .map_err(JournalError::io("open", id.as_str()))?;
        let dir = Self::held(fd, runs.join(id.as_str()), id);
        trust::check_own(&dir)?;
        for below in ["out", "attach"] {
            rustix::fs::mkdirat(&dir, below, Mode::RWXU).map_err(JournalError::io("make", below))?;
        }
        rustix::fs::fsync(&dir).map_err(JournalError::io("sync", dir.id().as_str()))?;
        rustix::fs::fsync(parent).map_err(JournalError::io("sync", runs.display().to_string()))?;
        Ok(dir)
    }

    /// Opens a directory that holds a journal. Its name is its id; whether the journal agrees is for `recover` and `verify`.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let dir = Self::open_prepared(path)?;
        if dir.parts()?.is_empty() {
            return Err(JournalError::NotARun(path.display().to_string()));
        }
        Ok(dir)
    }

    /// Opens a directory whose first record may still be waiting for its signature: the client that signs it needs it.
    pub fn open_prepared(path: &Path) -> Result<Self, JournalError> {
        let name = path.display().to_string();
        let whole = std::path::absolute(path).map_err(JournalError::io("find", &name))?;
        let last = whole.components().next_back().and_then(|part| match part {
            std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        // A path that ends in `.` or `..` has no name of its own until it is resolved.
        let (whole, id) = match last {
            Some(last) if !path.ends_with("..") => (whole, last),
            _ => {
                let real = whole.canonicalize().map_err(JournalError::io("find", &name))?;
                let last = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (real, last)
            }
        };
        let fd = rustix::fs::open(&whole, DIRECTORY, Mode::empty()).map_err(JournalError::io("open", &name))?;
        Ok(Self::held(fd, whole, RunId(id)))
    }

    fn held(fd: OwnedFd, path: PathBuf, id: RunId) -> Self {
        let fd = Arc::new(fd);
        Self { fd, path, id }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Whether both are the same directory, whatever they are called.
    pub fn is(&self, other: &Self) -> bool {
        let which = |dir: &Self| rustix::fs::fstat(dir).ok().map(|stat| (stat.st_dev, stat.st_ino));
        which(self).is_some() && which(self) == which(other)
    }

    /// Where an attempt's output lies.
    pub fn output_path(&self, step: &StepId, attempt: u32) -> PathBuf {
        self.path.join(output_name(step, attempt))
    }

    /// Where the socket is bound and connected, however long the path of the directory is. Good while this is held.
    pub fn socket_path(&self) -> PathBuf {
        use std::os::fd::AsRawFd;
        PathBuf::from(format!("/proc/self/fd/{}/socket", self.fd.as_raw_fd()))
    }

    /// Takes the socket's name away, where there is one.
    pub fn remove_socket(&self) -> Result<(), JournalError> {
        match rustix::fs::unlinkat(self, "socket", rustix::fs::AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(JournalError::io("remove", "socket")(error)),
        }
    }

    /// Makes sure that this directory is this user's and nobody else may write into it: before a resume writes here.
    pub fn check_own(&self) -> Result<(), JournalError> {
        if let Some(runs) = self.path.parent() {
            trust::check(runs)?;
        }
        trust::check_own(self)
    }

    /// Keeps bytes in `attach/`, durable when this returns, and gives their hash. Keeping the same again is no error.
    pub fn attach(&self, name: &str, bytes: &[u8]) -> Result<String, JournalError> {
        let sha256 = crate::journal::Hash::of(bytes).hex();
        let file = attachment_name(&sha256, name);
        let attach =
            rustix::fs::openat(self, "attach", DIRECTORY, Mode::empty()).map_err(JournalError::io("open", "attach"))?;
        if self.has(&file) {
            self.read_attachment(&file, &sha256)?;
        } else {
            self.put(&attach, &file, bytes)?;
        }
        rustix::fs::fsync(attach).map_err(JournalError::io("sync", "attach"))?;
        Ok(sha256)
    }

    /// Makes a file that has its name only once all of it is on disk: a kill in between leaves nothing. Where the file system
    /// has no files without a name, it is made under its name at once.
    fn put(&self, attach: &OwnedFd, file: &str, bytes: &[u8]) -> Result<(), JournalError> {
        use std::io::Write;
        let mode = Mode::RUSR | Mode::WUSR;
        let nameless = rustix::fs::openat(attach, ".", OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, mode);
        let has_name = nameless.is_err();
        let mut made = nameless.map_or_else(|_| self.make(file), |made| Ok(File::from(made)))?;
        made.write_all(bytes).and_then(|()| made.sync_all()).map_err(JournalError::io("write", file))?;
        if has_name {
            return Ok(());
        }
        let path = format!("/proc/self/fd/{}", made.as_raw_fd());
        rustix::fs::linkat(rustix::fs::CWD, path, self, file, AtFlags::SYMLINK_FOLLOW)
            .map_err(JournalError::io("make", file))
    }

    /// The bytes in `attach/` that have this hash; checked against it.
    pub fn attachment(&self, sha256: &str) -> Result<Vec<u8>, JournalError> {
        let start = sha256.get(..16).unwrap_or(sha256);
        let missing =
            || JournalError::Changed { name: format!("attach/{start}-"), why: "no file of this name is there".into() };
        let names = self.names("attach")?;
        let name = names.iter().find(|name| name.starts_with(start)).ok_or_else(missing)?;
        self.read_attachment(&format!("attach/{name}"), sha256)
    }

    fn read_attachment(&self, file: &str, sha256: &str) -> Result<Vec<u8>, JournalError> {
        let bytes = self.read_whole(file, files::MOST)?;
        if crate::journal::Hash::of(&bytes).hex() == sha256 {
            return Ok(bytes);
        }
        let why = "its bytes do not have the hash that its name says".into();
        Err(JournalError::Changed { name: file.to_owned(), why })
    }
}

impl AsFd for RunDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// `out/<step>.<attempt>.log`.
pub(crate) fn output_name(step: &StepId, attempt: u32) -> String {
    format!("out/{step}.{attempt}.log")
}

/// `out/<step>.<attempt>.salt`.
pub(crate) fn salt_name(step: &StepId, attempt: u32) -> String {
    format!("out/{step}.{attempt}.salt")
}

/// `events-0001.jsonl`.
pub(crate) fn part_name(part: u32) -> String {
    format!("events-{part:04}.jsonl")
}

/// `attach/<16 hex>-<name>`, the name cut to what a name in SEAL may have.
fn attachment_name(sha256: &str, name: &str) -> String {
    format!("attach/{}-{}", &sha256[..16], plain(name, 60))
}

/// Only letters, digits, dots, hyphens and underscores: such a name needs no quoting in SEAL or in a shell.
fn plain(text: &str, longest: usize) -> String {
    let keep = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => letter,
        _ => '-',
    };
    let text: String = text.chars().take(longest).map(keep).collect();
    match text.trim_matches('.') {
        "" => "run".to_owned(),
        text => text.to_owned(),
    }
}

fn new_id(number: u32, stem: &str, now: Stamp) -> String {
    let day = chrono::DateTime::from_timestamp_micros(now.wall).unwrap_or_default();
    let mut random = [0u8; 8];
    OsRng.try_fill_bytes(&mut random).expect("getrandom does not fail on a system that has booted");
    let day = day.format("%Y%m%dT%H%MZ");
    format!("{number:04}-{day}-{}-{}", plain(stem, STEM), hex(&random))
}

#[cfg(test)]
mod tests;

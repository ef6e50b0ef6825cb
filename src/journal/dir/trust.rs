//! Whether a directory can be written into: nobody else may put another in its place.
//!
//! Each component of the path belongs to root or this user and is writable by nobody else; a sticky directory (`/tmp`) will do
//! as a parent of one that is ours. Looks only; never mends what it finds.

use crate::journal::dir::RunDir;
use crate::journal::error::JournalError;
use rustix::fs::{FileType, Stat};
use std::path::Path;

const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// Checks the path of a runs directory, links resolved.
pub(super) fn check(runs: &Path) -> Result<(), JournalError> {
    let name = runs.display().to_string();
    let real = runs.canonicalize().map_err(JournalError::io("find", &name))?;
    for (depth, component) in real.ancestors().enumerate() {
        let name = component.display().to_string();
        let stat = rustix::fs::lstat(component).map_err(JournalError::io("look at", &name))?;
        let sticky = depth > 0 && stat.st_mode & STICKY != 0;
        judge(&stat, sticky).map_err(|why| JournalError::Untrusted { name, why })?;
    }
    Ok(())
}

/// Checks an opened run directory: this user's own, and closed to others.
pub(super) fn check_own(dir: &RunDir) -> Result<(), JournalError> {
    let name = || dir.id().to_string();
    let stat = rustix::fs::fstat(dir).map_err(JournalError::io("look at", name()))?;
    let untrusted = |why| JournalError::Untrusted { name: name(), why };
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(untrusted("it belongs to another user"));
    }
    judge(&stat, false).map_err(untrusted)
}

fn judge(stat: &Stat, sticky: bool) -> Result<(), &'static str> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        return Err("it is not a directory");
    }
    if stat.st_uid != 0 && stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err("it belongs to another user");
    }
    if stat.st_mode & OTHERS_WRITE != 0 && !sticky {
        return Err("others may write into it");
    }
    Ok(())
}

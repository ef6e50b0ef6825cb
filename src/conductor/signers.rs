//! Whose keys sign off: the list by which the conductor judges, read once when it begins.
//!
//! A step of the run is of the same user and could add a key to the file: what is read before the first step runs is what counts
//! until the run is taken up again. A list that is not there vouches for nobody. Called by `startup`.

use super::ConductorError;
use crate::journal::Hash;
use crate::journal::keys::allowed::AllowedSigners;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// No honest list is longer.
const LONGEST: u64 = 1 << 20;

/// A list and the hash of its file, empty where there is none.
#[derive(Debug, Default)]
pub(super) struct Signers {
    pub list: AllowedSigners,
    pub sha256: String,
}

/// Reads the list.
pub(super) fn read(path: &Path) -> Result<Signers, ConductorError> {
    let failed = |source| ConductorError::Signers { path: path.to_owned(), source };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(Signers::default()),
        Err(why) => return Err(failed(why.into())),
    };
    let facts = file.metadata().map_err(failed)?;
    if !facts.is_file() || facts.len() > LONGEST {
        return Err(failed(io::Error::other("it is no plain file of at most 1 MiB")));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Signers { list: AllowedSigners::parse(&bytes), sha256: Hash::of(&bytes).hex() })
}

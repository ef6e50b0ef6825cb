//! What conductors left behind that were killed: the directories in which commands keep variables.
//!
//! Only of this run, whose lock we hold, and of runs in the same folder on whose socket nobody listens. `startup` calls it.

use crate::engine::keep::Keep;
use crate::journal::RunDir;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Removes what is left of this run's commands and of dead runs'.
pub(super) fn leftovers(runs: &Path, dir: &RunDir) {
    let silent = |other: &RunDir| UnixStream::connect(other.socket_path()).is_err();
    Keep::sweep(&|run| {
        let same = |other: &RunDir| other.id().0 == run;
        same(dir) || RunDir::find(runs, run).is_ok_and(|other| same(&other) && silent(&other))
    });
}

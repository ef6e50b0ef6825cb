//! Sending signals to exactly those who are meant.
//!
//! A group is signalled only while its leader is not reaped, a single process only through a descriptor that was checked
//! against its start time: a pid that was given to somebody else in the meantime is never hit. Nothing here waits.

use super::proc;
use crate::model::output::Holder;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open, pidfd_send_signal};
use std::io;

/// Makes this process the parent of what its descendants leave behind, so that such processes can be found and reaped.
/// The conductor calls it once, before its first step.
pub fn become_subreaper() -> io::Result<()> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

/// Sends `signal` to the group of `leader`, which must be a child of ours that is not reaped.
pub(super) fn to_group(leader: i32, signal: Signal) {
    if let Some(group) = Pid::from_raw(leader) {
        // ESRCH: the whole group is gone, which is what a signal wants. EPERM: it consists of another user's processes
        // (sudo), which are named as left behind at the end.
        let _ = kill_process_group(group, signal);
    }
}

/// Sends `signal` to the members of `leader`'s session that are in other groups of it, as the jobs of a shell with
/// `set -m` are.
pub(super) fn to_other_groups(leader: i32, signal: Signal) {
    for stat in proc::all() {
        if stat.session == leader && stat.group != leader && !stat.is_zombie() {
            to_process(&stat.holder(), signal);
        }
    }
}

/// Sends `signal` to `target` if that very process still lives; says whether it was reached.
pub(crate) fn to_process(target: &Holder, signal: Signal) -> bool {
    let Some(pid) = Pid::from_raw(target.pid) else {
        return false;
    };
    let same = || proc::stat(target.pid).is_some_and(|stat| stat.start == target.start && !stat.is_zombie());
    match pidfd_open(pid, PidfdFlags::empty()) {
        // The descriptor holds one process fast; only then is it worth looking which one that is.
        Ok(descriptor) => same() && pidfd_send_signal(&descriptor, signal).is_ok(),
        Err(Errno::NOSYS | Errno::MFILE | Errno::NFILE) => same() && kill_process(pid, signal).is_ok(),
        Err(_) => false,
    }
}

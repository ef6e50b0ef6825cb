//! Which processes of an earlier conductor's steps still live, and how to end them.
//!
//! A resume asks before it asks a person anything: no step is retried while one of its processes lives. Found are processes
//! by pid with start time, by the session that they began, and by the marker in their environment. Better one too many
//! than one too few: a name too many costs a look, a name too few may run a step twice. Finding never signals.

use super::exec::{Control, MARKER, proc, signals};
use crate::model::output::Holder;
use rustix::process::Signal;
use std::collections::BTreeMap;

/// This boot's id; empty where the kernel does not say.
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_string()).unwrap_or_default()
}

/// The start of `pid` in clock ticks since boot, if it exists (also as a zombie).
pub fn start_ticks(pid: i32) -> Option<u64> {
    proc::stat(pid).map(|stat| stat.start)
}

/// Whether `holder` is still that very process and has not ended.
pub fn is_alive(holder: &Holder) -> bool {
    proc::stat(holder.pid).is_some_and(|stat| stat.start == holder.start && !stat.is_zombie())
}

/// What still lives of a run that ran under `boot`: its steps' leaders `known` (pid and start), their sessions, and
/// whatever carries a marker that begins with `marker_prefix` (end it with the separator: `run-1` also begins `run-10`;
/// empty finds nothing). Nothing outlives a boot. Ordered by pid.
pub fn find(boot: &str, marker_prefix: &str, known: &[(i32, u64)]) -> Vec<Holder> {
    if boot != boot_id() {
        return Vec::new();
    }
    let all: BTreeMap<i32, proc::Stat> = proc::all().into_iter().map(|stat| (stat.pid, stat)).collect();
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    let is_known = |stat: &proc::Stat| known.contains(&(stat.pid, stat.start));
    let in_session = |stat: &proc::Stat| {
        // A number is not given away while a session has it. If somebody else leads it now, it is another session.
        known.iter().any(|(pid, start)| {
            stat.session == *pid && stat.start >= *start && all.get(pid).is_none_or(|leader| leader.start == *start)
        })
    };
    let marked = |stat: &proc::Stat| {
        !marker_prefix.is_empty()
            && proc::environment(stat.pid, MARKER).is_some_and(|value| {
                // `…@db1` runs on a target, which may be this machine: it is looked for there.
                value.starts_with(marker_prefix.as_bytes()) && !value.contains(&b'@')
            })
    };
    let living = all.values().filter(|stat| stat.pid != own && !stat.is_zombie());
    living.filter(|stat| is_known(stat) || in_session(stat) || marked(stat)).map(proc::Stat::holder).collect()
}

/// Sends what `control` means (INT, TERM, or CONT and KILL) to the process group of `holder`, each member of it checked
/// against its start time; says whether anything was reached. Never reaches this program's own group, of which only
/// `holder` itself would be signalled.
pub fn signal_group(holder: &Holder, control: Control) -> bool {
    let Some(target) = proc::stat(holder.pid).filter(|_| is_alive(holder)) else {
        return false;
    };
    let own = i32::try_from(std::process::id()).ok().and_then(proc::stat);
    let alone = own.is_none_or(|own| own.group == target.group);
    let members = proc::all().into_iter().filter(|stat| {
        stat.pid == target.pid || (!alone && stat.group == target.group && stat.session == target.session)
    });
    let wanted: &[Signal] = match control {
        Control::Interrupt => &[Signal::INT],
        Control::Terminate => &[Signal::TERM],
        Control::Kill => &[Signal::CONT, Signal::KILL],
    };
    let mut reached = false;
    for member in members {
        // Each gets each signal, whoever was reached before.
        wanted.iter().for_each(|signal| reached |= signals::to_process(&member.holder(), *signal));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_survives_a_boot() {
        let own = i32::try_from(std::process::id()).unwrap();
        let known = [(own, start_ticks(own).unwrap())];
        assert!(find("another boot", "x", &known).is_empty());
        assert!(!boot_id().is_empty());
    }

    #[test]
    fn a_pid_that_was_given_to_another_process_is_not_a_survivor() {
        let own = i32::try_from(std::process::id()).unwrap();
        let start = start_ticks(own).unwrap();
        let holder = |start| Holder { pid: own, start, comm: "x".into() };
        assert!(is_alive(&holder(start)));
        assert!(!is_alive(&holder(start + 1)));
        assert!(!signal_group(&holder(start + 1), Control::Kill), "the wrong process was signalled");
    }
}

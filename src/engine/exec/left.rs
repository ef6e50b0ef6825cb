//! What a step leaves behind: finding it, naming it, and reaping what became ours.
//!
//! Looking reads `/proc`, which can hang on a process that hangs in the kernel, so it happens on a thread of its own and
//! never longer than a moment. Naming never signals. Reaping never takes a leader that duct will wait for, and never
//! `waitpid(-1)`, which would.

use super::{MARKER, proc, signals};
use crate::model::output::{Drained, Holder};
use rustix::process::{Pid, Signal, WaitOptions, waitpid};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::oneshot;

/// Longest wait for a look into `/proc`; with 300 processes one takes 5 ms.
const LOOK: Duration = Duration::from_secs(1);

/// Held for reading while a process starts, so that a child is never taken for an adopted one before it is in `LEADERS`.
pub(super) static STARTING: RwLock<()> = RwLock::new(());

/// The leaders that duct waits for.
static LEADERS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

fn leaders() -> MutexGuard<'static, BTreeSet<i32>> {
    // A set of numbers is whole after every call, also after a panic.
    LEADERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `pid` is ours to wait for through duct.
pub(super) fn adopt_leader(pid: i32) {
    leaders().insert(pid);
}

/// duct has waited for `pid`.
pub(super) fn forget_leader(pid: i32) {
    leaders().remove(&pid);
}

/// How a step's processes are recognised.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    /// The session's leader, not yet reaped.
    pub(super) leader: i32,
    /// Their `MARKER`.
    pub(super) marker: String,
    /// What they print to, as `/proc/PID/fd` shows it: `pipe:[NUMBER]`, `/dev/pts/NUMBER`.
    pub(super) prints_to: Vec<PathBuf>,
}

impl Trace {
    /// What still lives of the step: by session, by marker (also after a `setsid`), and if its output is `held`, by a pipe
    /// or terminal that it has open.
    pub(super) async fn behind(&self, held: Drained) -> Vec<Holder> {
        let trace = self.clone();
        let look = move || match held {
            Drained::Eof => Self::living(|stat| trace.carries(stat)),
            Drained::Grace => Self::living(|stat| trace.carries(stat) || proc::holds_open(stat.pid, &trace.prints_to)),
        };
        looked(look).await.unwrap_or_default()
    }

    /// Whether anything but the leader lives in its session. Yes if that cannot be seen.
    pub(super) async fn session_lives(&self) -> bool {
        let leader = self.leader;
        let lives =
            move || proc::all().iter().any(|stat| stat.session == leader && stat.pid != leader && !stat.is_zombie());
        looked(lives).await.unwrap_or(true)
    }

    /// Sends `signal` to the session's other groups.
    pub(super) async fn signal_other_groups(&self, signal: Signal) {
        let leader = self.leader;
        looked(move || signals::to_other_groups(leader, signal)).await;
    }

    /// Sends KILL to whatever is left of the step, wherever it went. Never to a mere holder of a pipe: between fork and
    /// exec a child of another step holds a copy of every pipe of ours.
    pub(super) async fn kill_marked(&self) {
        let trace = self.clone();
        looked(move || {
            for holder in Self::living(|stat| trace.carries(stat)) {
                signals::to_process(&holder, Signal::KILL);
            }
        })
        .await;
    }

    fn living(is_ours: impl Fn(&proc::Stat) -> bool) -> Vec<Holder> {
        let own = i32::try_from(std::process::id()).unwrap_or(0);
        let living = proc::all().into_iter().filter(|stat| stat.pid != own && !stat.is_zombie());
        living.filter(is_ours).map(|stat| stat.holder()).collect()
    }

    /// By its session, which can be seen of another user's process too, or by its marker.
    fn carries(&self, stat: &proc::Stat) -> bool {
        stat.session == self.leader
            || proc::environment(stat.pid, MARKER).is_some_and(|value| value == self.marker.as_bytes())
    }
}

/// Reaps the zombies that became children of this process because it is a subreaper; says how many.
///
/// What a step left behind is in a session of the step's, or in one of its own: a child of ours in *our* session was
/// started by some other part of this program, which will wait for it.
pub fn reap_adopted() -> usize {
    let Ok(_nothing_starts) = STARTING.try_write() else { return 0 };
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    let Some(session) = proc::stat(own).map(|stat| stat.session) else { return 0 };
    let known = leaders().clone();
    let adopted = proc::all()
        .into_iter()
        .filter(|stat| stat.parent == own && stat.is_zombie() && stat.session != session && !known.contains(&stat.pid));
    let reaped = adopted.filter_map(|stat| waitpid(Pid::from_raw(stat.pid), WaitOptions::NOHANG).ok().flatten());
    reaped.count()
}

/// Runs `look` on a thread of its own; none if it took too long or no thread could be had.
async fn looked<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (said, answer) = oneshot::channel();
    let thread = std::thread::Builder::new().name("look".into()).spawn(move || {
        // Nobody waits any more if it took too long.
        let _ = said.send(look());
    });
    thread.ok()?;
    tokio::time::timeout(LOOK, answer).await.ok()?.ok()
}

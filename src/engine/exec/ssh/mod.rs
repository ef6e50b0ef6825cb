//! Commands on another machine, through the system's `ssh`.
//!
//! One connection a target (`master`), one constant text for its shell (`bootstrap`), one course a command (`course`). A
//! connection that is lost is said as `Lost` and never as an end; nothing is tried a second time. What reaches a target are
//! the command, its variables and its input, over the connection and never in a list of processes. It uses `Local` for
//! every `ssh` that it starts, so they are supervised, marked and ended like any command. Called by `anywhere`.

mod bootstrap;
mod course;
mod errands;
mod feeding;
mod master;
mod refusal;
mod sieve;
mod system;
mod way;

use super::keyboard::{with_keys, without_keys};
use super::{CONNECTION, CommandSpec, Control, ExecFact, Living, Local, Running, SshTarget, StdinSource, Stray};
use crate::engine::clock::Clock;
use errands::Session;
use rand_core::{OsRng, RngCore};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Facts that may lie unread, as in `local`.
const QUEUE: usize = 8;

/// Runs commands on ssh targets. Its connections end with it.
pub(super) struct Remote {
    shared: Arc<Shared>,
}

/// What all courses use.
struct Shared {
    clock: Arc<dyn Clock>,
    local: Local,
    masters: master::Masters,
}

impl Remote {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let local = || Local::new(Arc::clone(&clock));
        let masters = master::Masters::new(local());
        Self { shared: Arc::new(Shared { local: local(), masters, clock }) }
    }

    /// What lives on of `stray`, after `control` was asked of it.
    pub(super) fn look(&self, stray: Stray, control: Option<Control>) -> Living {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let Stray { target, marker, group } = stray;
            let master = shared.masters.connect(&target, &marker).await.map_err(|refusal| refusal.why)?;
            let marker = bootstrap::marker_there(&marker, &target);
            let session = Session { socket: master.socket.clone(), group: group.unwrap_or(0), marker, target };
            session.look_back(&shared, control).await
        })
    }

    /// Starts `spec` on `target`; returns at once.
    pub(super) fn spawn(&self, spec: CommandSpec, target: SshTarget) -> Running {
        let (facts, heard) = mpsc::channel(QUEUE);
        let (controls, asked, keys) = if spec.terminal.is_some() || matches!(spec.stdin, StdinSource::Typed) {
            let (controls, asked, keys) = with_keys();
            (controls, asked, Some(keys))
        } else {
            let (controls, asked) = without_keys();
            (controls, asked, None)
        };
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let clock = Arc::clone(&shared.clock);
            let last = course::run(shared, (spec, target), &facts, asked, keys).await;
            let last = last.unwrap_or_else(|why| ExecFact::NotStarted { why, at: clock.now() });
            // Nobody may listen any more; then nobody needs to know.
            let _ = facts.send(last).await;
        });
        Running::new(heard, controls)
    }
}

/// The marker of an `ssh` that belongs to no step, in the run of `marker`. No two share one: what ends the one by its marker
/// would end the other.
fn marker_of_run(marker: &str, target: &SshTarget) -> String {
    let run = marker.split('/').next().unwrap_or_default();
    format!("{run}/{CONNECTION}{}.{}", target.name, nonce())
}

/// 32 hexadecimal digits that nobody can guess.
fn nonce() -> String {
    let mut random = [0; 16];
    OsRng.try_fill_bytes(&mut random).expect("getrandom does not fail on a system that has booted");
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

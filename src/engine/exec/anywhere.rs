//! The executor of a run: each command where it belongs.
//!
//! It decides nothing but which executor a command's target means. What it holds open (connections) ends with it. The
//! conductor makes one.

use super::ssh::Remote;
use super::{CommandSpec, Control, Executor, Living, Local, Running, Stray, Target};
use crate::engine::clock::Clock;
use crate::model::signed::Realm;
use std::sync::Arc;

/// Says that a run is a live one. Without it no executor that starts processes comes to be.
pub struct Live(());

impl Live {
    /// Of a live run's realm; a drill has none.
    pub fn of(realm: Realm) -> Option<Self> {
        match realm {
            Realm::Live => Some(Self(())),
            Realm::Drill => None,
        }
    }
}

/// Runs commands on this machine and on ssh targets.
pub struct Anywhere {
    local: Local,
    remote: Remote,
}

impl Anywhere {
    /// An executor that stamps its facts by `clock`.
    pub fn new(_proof: Live, clock: Arc<dyn Clock>) -> Self {
        Self { local: Local::new(Arc::clone(&clock)), remote: Remote::new(clock) }
    }
}

impl Executor for Anywhere {
    fn spawn(&self, mut spec: CommandSpec) -> Running {
        match std::mem::take(&mut spec.target) {
            Target::Local => self.local.spawn(spec),
            Target::Ssh(target) => self.remote.spawn(spec, target),
        }
    }

    fn look_there(&self, stray: Stray, control: Option<Control>) -> Living {
        self.remote.look(stray, control)
    }
}

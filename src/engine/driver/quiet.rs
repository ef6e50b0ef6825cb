//! Until when nothing follows by itself, so that a flood of output does not walk through a long plan with every piece.
//!
//! What is due depends on the state and on the clock alone. Once nothing is due, that stays so until a record changes more than
//! how much was printed, or until the next instant that `follow` names. It must never make the driver miss either.

use super::Driver;
use crate::model::event::Event;
use crate::model::follow;
use crate::model::ids::ProbeIx;
use crate::model::record::Record;

/// What was found when it was last looked.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// Nothing was due then, and nothing is before that; `None` where it was not looked, or something was.
    until: Option<(i64, Option<i64>)>,
    /// The probes that are to be read.
    probes: Option<Vec<ProbeIx>>,
}

impl Quiet {
    /// Forgets what was found, where these records change anything of it.
    pub(super) fn stirred_by(&mut self, records: &[Record]) {
        let printed = |record: &Record| {
            matches!(record.event, Event::Output { .. } | Event::OutputLost { .. } | Event::Ckpt { .. })
        };
        if !records.iter().all(printed) {
            *self = Self::default();
        }
    }

    /// Whether nothing can be due at `now`. A clock that was set back is looked at anew.
    pub(super) fn holds(&self, now: i64) -> bool {
        self.until.is_some_and(|(from, until)| from <= now && until.is_none_or(|until| now < until))
    }
}

impl Driver {
    /// Nothing was due at `now`.
    pub(super) fn found_nothing(&mut self, now: i64) {
        self.quiet.until = Some((now, follow::wake_after(&self.plan, &self.state, now)));
    }

    /// When something may be due next by itself.
    pub(super) fn follows_at(&self) -> Option<i64> {
        match self.quiet.until {
            Some((_, until)) if self.quiet.holds(self.looked) => until,
            Some(_) | None => follow::wake_after(&self.plan, &self.state, self.looked),
        }
    }

    /// The probes that are to be read now.
    pub(super) fn wanted_probes(&mut self) -> Vec<ProbeIx> {
        let (plan, state) = (&self.plan, &self.state);
        self.quiet.probes.get_or_insert_with(|| follow::probes_to_read(plan, state)).clone()
    }

    /// The same, for who only looks.
    pub(super) fn known_probes(&self) -> Vec<ProbeIx> {
        self.quiet.probes.clone().unwrap_or_else(|| follow::probes_to_read(&self.plan, &self.state))
    }
}

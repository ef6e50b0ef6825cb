//! What is true of probes, triggers and monitors: the last readings, and for how long a condition has held.
//!
//! Everything here follows from `Sampled` records, so that a replay trips where the run did. A reading that is unknown
//! pauses a condition: it neither resets it nor counts for it.

use crate::model::actor::Actor;
use crate::model::event::Seen;
use crate::model::time::{Stamp, micros};
use std::collections::VecDeque;

/// Readings that a screen can draw; older ones are in the journal.
pub const KEPT_SAMPLES: usize = 512;

/// One reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Stamp,
    /// What was read; `None` where it is unknown.
    pub value: Option<String>,
    /// Why it is unknown.
    pub unknown: Option<String>,
    /// How it was judged for those who watch.
    pub seen: Vec<Seen>,
}

/// What is true of a probe.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeState {
    /// The newest readings, oldest first.
    pub samples: VecDeque<Sample>,
    /// All readings, those no longer kept included.
    pub count: u64,
}

impl ProbeState {
    /// The newest reading.
    pub fn last(&self) -> Option<&Sample> {
        self.samples.back()
    }

    /// Draws a gap: no reading, and none that counts.
    pub(super) fn gap(&mut self, gap: Sample) {
        self.push(gap);
        self.count -= 1;
    }

    pub(super) fn push(&mut self, sample: Sample) {
        if self.samples.len() == KEPT_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.count += 1;
    }
}

/// For how long a condition has held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streak {
    /// The last reading for which it held, where that was the last known one; `None` after an unknown one.
    last: Option<Stamp>,
    /// Whether it held at the last known reading.
    pub holds: bool,
    /// For how long, unknown stretches left out, microseconds.
    pub held: u64,
}

impl Streak {
    /// Counts a reading in: whether the condition held, `None` for unknown.
    pub(super) fn count(&mut self, at: Stamp, held: Option<bool>) {
        match held {
            Some(true) => {
                if let (Some(last), true) = (self.last, self.holds) {
                    self.held += micros(at.since(last));
                }
                self.holds = true;
                self.last = Some(at);
            }
            Some(false) => *self = Self::default(),
            None => self.last = None,
        }
    }

    /// Whether it has held for so long; at once for zero.
    pub fn lasted(&self, wanted: std::time::Duration) -> bool {
        self.holds && self.held >= micros(wanted)
    }
}

/// A trigger that tripped.
#[derive(Clone, Debug, PartialEq)]
pub struct Tripped {
    /// Since when.
    pub since: Stamp,
    /// What was measured, or said.
    pub why: String,
    /// By whom.
    pub by: Actor,
}

/// Why somebody went on though a trigger tripped.
#[derive(Clone, Debug, PartialEq)]
pub struct WentOn {
    /// When.
    pub at: Stamp,
    /// Why it is safe.
    pub reason: String,
    /// Whose word it is.
    pub name: String,
}

/// What is true of a trigger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TriggerState {
    /// For how long its condition has held.
    pub streak: Streak,
    /// That it tripped.
    pub tripped: Option<Tripped>,
    /// When it was seen, and by whom.
    pub acked: Option<(Stamp, Actor)>,
    /// Why one went on.
    pub went_on: Option<WentOn>,
    /// A way back was taken after it tripped: what it asked for is being done, and it asks no more.
    pub answered: bool,
}

/// What a running monitor has seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MonitorState {
    /// Readings.
    pub samples: u64,
    /// Readings that were unknown.
    pub unknown: u64,
    /// The last readings that were unknown, one after another.
    pub unknown_in_a_row: u64,
    /// For how long its `trip` has held.
    pub trip: Streak,
    /// Whether `ok` held at the last known reading.
    pub ok: Option<bool>,
    /// Whether `until` was met.
    pub until: bool,
    /// What was wanted and what came, at the last known reading.
    pub checks: Vec<crate::model::expect::Check>,
}

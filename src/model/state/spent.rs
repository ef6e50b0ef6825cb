//! Whose time it was, as the screens ask it: of a step, and of the run since its start.
//!
//! Reads the meters that the fold has turned; nothing here moves one. `now` is a stamp of the conductor's present boot.

use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::spent::{Spent, Turn, lived_at};
use crate::model::state::RunState;
use crate::model::time::{Stamp, micros};
use std::time::Duration;

impl RunState {
    /// Whose time a step was up to `now`; all of it is `elapsed`.
    pub fn spent_on(&self, plan: &Plan, ix: StepIx, now: Stamp) -> Spent {
        let meter = &self.step(ix).meter;
        meter.read(self.own_time(now), self.planned_where(plan, meter.turn()))
    }

    /// Whose time it was since the operator started the run, up to `now` or its end.
    pub fn spent(&self, plan: &Plan, now: Stamp) -> Spent {
        self.meter.read(self.own_time(now), self.planned_where(plan, self.meter.turn()))
    }

    /// How long a step took or has taken at `now`, all attempts together and what was waited for between them.
    pub fn elapsed(&self, ix: StepIx, now: Stamp) -> Option<Duration> {
        let own = self.step(ix);
        own.first_started?;
        // Idle time is a person's or a wait: where it is split matters to nobody here.
        Some(own.meter.read(self.own_time(now), None).total())
    }

    /// The run's own time at `now`.
    fn own_time(&self, now: Stamp) -> u64 {
        if self.ended.is_some() { self.lived } else { self.lived + micros(now.since(self.at)) }
    }

    fn planned_where(&self, plan: &Plan, turn: Option<Turn>) -> Option<u64> {
        if turn == Some(Turn::Idle) { self.next_in_own_time(plan) } else { None }
    }

    /// When the step that is next is planned, in the run's own time.
    pub(super) fn next_in_own_time(&self, plan: &Plan) -> Option<u64> {
        self.next(plan).and_then(|next| self.planned_in_own_time(plan, next))
    }

    pub(super) fn planned_in_own_time(&self, plan: &Plan, ix: StepIx) -> Option<u64> {
        schedule::planned_at(plan, self, ix).map(|wall| lived_at(wall, (self.at.wall, self.lived)))
    }
}

//! When probes are read, and what is done with what came: one reading of each at a time, as often as the plan says.
//!
//! A reading never waits for a step and no step for a reading. Sampling needs bound variables; after the end nothing is read.

use super::{Driver, Input, Output, Waiting};
use crate::model::event::Event;
use crate::model::ids::ProbeIx;
use crate::model::state::VarsBound;
use crate::model::time::{Stamp, micros};

impl Driver {
    /// Asks for every probe whose time has come.
    pub(super) fn read_probes(&mut self, now: Stamp) {
        if self.no_journal {
            // What is read could not be recorded.
            return;
        }
        if self.broken
            || self.plan.probes.is_empty()
            || self.state.vars_bound != VarsBound::Yes
            || self.state.handover.is_some()
        {
            return;
        }
        for probe in self.wanted_probes() {
            let every = micros(self.plan.probe(probe).every);
            let has_come = self.read_at.get(&probe).is_none_or(|last| micros(now.since(*last)) >= every);
            if has_come && self.reading.insert(probe) {
                self.read_at.insert(probe, now);
                self.out.push(Output::Read(probe));
            }
        }
    }

    /// The instants at which the next readings are due, Unix microseconds.
    pub(super) fn readings_to_come(&self) -> Option<i64> {
        let due = |probe: &ProbeIx| {
            let every = i64::try_from(micros(self.plan.probe(*probe).every)).ok()?;
            self.read_at.get(probe)?.wall.checked_add(every)
        };
        let waits = |probe: &&ProbeIx| !self.reading.contains(*probe);
        let wanted = if self.plan.probes.is_empty() { Vec::new() } else { self.known_probes() };
        wanted.iter().filter(waits).filter_map(due).filter(|at| *at > self.looked).min()
    }

    pub(super) fn take_sample(&mut self, probe: ProbeIx, mut sampled: Event) {
        self.reading.remove(&probe);
        if let Event::Sampled { asked, .. } = &mut sampled {
            *asked = self.read_at.get(&probe).map(|at| at.wall);
        }
        self.waiting.push_back(Waiting::Note(vec![sampled]));
    }
}

impl Input {
    /// A probe that could not be read at all.
    pub fn unread(plan: &crate::model::plan::Plan, probe: ProbeIx, why: String) -> Self {
        let by = crate::model::actor::Actor::program();
        let id = plan.probe(probe).id.clone();
        Input::Sampled(
            probe,
            Event::Sampled { probe: id, value: None, unknown: Some(why), seen: Vec::new(), by, asked: None },
        )
    }
}

//! The record of another runbook: what it may change is judged again, and from here on it is in force.
//!
//! The bytes come with the record, from `attach/`, and count only if they are the ones that it names. A step that differs is
//! marked as changed by this record, so that a card which showed the old one acts on nothing.

use super::{Applied, misdirected};
use crate::model::amend::{self, Amendment, InForce};
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::{ProbeState, RunState, StepState};
use std::sync::Arc;

impl RunState {
    pub(super) fn fold_amended(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::Amended { file, from, to, reason, name, second, by, text } = &record.event else {
            return misdirected();
        };
        if self.runbook_sha256() != Some(from) {
            return Err("it takes the place of a runbook that is not in force".into());
        }
        if self.ended.is_some() {
            return Err("the run has ended".into());
        }
        let bytes = text.0.as_deref().ok_or("the runbook that it names is not in attach/")?;
        if amend::sha256(bytes) != *to {
            return Err("the runbook in attach/ is not the one that it names".into());
        }
        let proposed = amend::read(plan, self, file, bytes).map_err(|why| why.join("; "))?;
        if proposed.asks_second() && !amend::is_second(second.as_deref(), [name, &by.name]) {
            return Err("a step that differs asks for a second person".into());
        }
        let steps = proposed.counts();
        self.grow(&proposed.plan);
        for change in &proposed.changes {
            let own = self.own(change.step);
            // What was asked and signed of it, and whether it applies, was about the step as it stood.
            *own = StepState { changed: record.seq, ..StepState::of(proposed.plan.step(change.step)) };
        }
        self.in_force = InForce(Some(Arc::new(proposed.plan)));
        let (at, seq) = (record.at, record.seq);
        let (file, from, to, reason) = (file.clone(), from.clone(), to.clone(), reason.clone());
        let (name, by, second) = (name.clone(), by.clone(), second.clone());
        let amendment = Amendment { seq, at, file, from, to, reason, by, name, second, steps };
        self.say(record, None, "amend", amendment.words());
        self.amendments.push(amendment);
        Ok(())
    }

    /// What is new has a state from here on; nothing that is there changes its place.
    fn grow(&mut self, plan: &Plan) {
        self.steps.extend(plan.steps[self.steps.len()..].iter().map(StepState::of));
        self.probes.resize(plan.probes.len(), ProbeState::default());
    }
}

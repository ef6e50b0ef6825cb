//! Records of a run that comes into other hands: who has to take it over, that it was, and which decisions stand.
//!
//! Nothing begins and no gate is decided in between; a journal in which it does cannot be folded. Called by the table in `mod`.

use super::{Applied, find, misdirected};
use crate::model::actor::Actor;
use crate::model::event::Event;
use crate::model::ids::{StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::{HandOver, RunState};

/// The minor format from which on a run is handed over by a record.
const SINCE_MINOR: u32 = 2;

fn has_handovers(fmt: &str) -> bool {
    let minor = fmt.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok());
    minor.is_some_and(|minor| minor >= SINCE_MINOR)
}

impl RunState {
    /// A part begins: where it is another operator's, that one has to take the run over. Who comes back before anybody did has
    /// nothing to take over.
    pub(super) fn await_hand_over(&mut self, record: &Record, fmt: &str) {
        let Some(facts) = &self.facts else { return };
        let [.., before, to] = facts.operators.as_slice() else { return };
        let from = self.handover.take().map_or_else(|| before.clone(), |open| open.from);
        if has_handovers(fmt) && self.ended.is_none() && !to.other_than(&from).is_empty() {
            self.handover = Some(HandOver { from, to: to.clone(), at: record.at });
        }
    }

    /// Nothing begins and nothing is decided before a run was taken over, and what it rests on acknowledged.
    pub(super) fn in_hand(&self) -> Applied {
        match (&self.handover, self.old_decisions().is_empty()) {
            (Some(_), _) => Err("nobody took the run over from the operator before".into()),
            (None, false) => Err("decisions of the operator before are not acknowledged".into()),
            (None, true) => Ok(()),
        }
    }

    pub(super) fn note_decision(&mut self, gate: StepIx, record: &Record, (go, by): (bool, &Actor)) {
        self.inherited.remove(&gate);
        if go {
            self.decided.insert(gate, (record.seq, by.clone()));
        } else {
            self.decided.remove(&gate);
        }
    }

    pub(super) fn fold_handed_over(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::HandedOver { from, name, reason, old, by } = &record.event else { return misdirected() };
        let open = self.handover.as_ref().ok_or("nobody has to take the run over")?;
        if open.from.name != *from {
            return Err(format!("{from} is not the operator before"));
        }
        if name.trim().is_empty() || reason.trim().is_empty() {
            return Err("it was taken over without a name and a reason".into());
        }
        let listed = old.iter().map(|step| find(plan, step)).collect::<Result<Vec<_>, _>>()?;
        if listed != self.decided_before(&open.to) {
            return Err("other decisions are old than it says".into());
        }
        self.inherited = listed.into_iter().collect();
        self.handover = None;
        self.void_spoken_votes(plan);
        let who = if *name == by.name { by.shown() } else { format!("{name} ({})", by.shown()) };
        self.say(record, None, "handover", format!("taken over from {from} by {who}: {reason}"));
        Ok(())
    }

    pub(super) fn fold_acknowledged(&mut self, plan: &Plan, record: &Record, steps: &[StepId], by: &Actor) -> Applied {
        let listed = steps.iter().map(|step| find(plan, step)).collect::<Result<Vec<_>, _>>()?;
        if self.handover.is_some() || listed.is_empty() || !listed.iter().all(|ix| self.inherited.contains(ix)) {
            return Err("what it acknowledges is not old".into());
        }
        for ix in &listed {
            self.inherited.remove(ix);
        }
        let numbers: Vec<&str> = listed.iter().map(|ix| plan.step(*ix).number.as_str()).collect();
        self.say(record, None, "handover", format!("{} stands by GO at {}", by.shown(), numbers.join(", ")));
        Ok(())
    }
}

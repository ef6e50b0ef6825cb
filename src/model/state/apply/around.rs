//! Records of what stands around the steps: messages filled in, procedures, rounds, risks, beginning again.
//!
//! Beginning again makes evidence `old`; it never makes anything look as if it had not happened: attempts go on counting,
//! and what a step owed stays owed.

use super::{Applied, find, misdirected};
use crate::model::actor::Actor;
use crate::model::event::Event;
use crate::model::ids::{Attempt, HorizonId, ProcedureId, RiskId, StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Callee, Place, Work};

impl RunState {
    pub(super) fn fold_filled(&mut self, plan: &Plan, record: &Record, step: &StepId, said: (&str, &Actor)) -> Applied {
        let (text, by) = said;
        let ix = find(plan, step)?;
        if !matches!(plan.step(ix).work, Work::Notify(_)) {
            return Err(format!("{step} is no message"));
        }
        self.own(ix).filled = Some(text.to_owned());
        self.own(ix).changed = record.seq;
        self.say(record, Some(ix), "message", format!("{} filled in by {}", plan.step(ix).number, by.shown()));
        Ok(())
    }

    pub(super) fn fold_old(&mut self, plan: &Plan, record: &Record, step: &StepId, why: &str) -> Applied {
        let ix = find(plan, step)?;
        if !self.step(ix).status.passed() {
            return Err(format!("{step} is {}, and only what passed gets old", self.step(ix).status));
        }
        self.make_old(record, ix);
        self.void_votes(plan, ix);
        self.say(record, Some(ix), "old", format!("{} is old: {why}", plan.step(ix).number));
        Ok(())
    }

    /// A vote is void when a critical item turns `old`.
    fn void_votes(&mut self, plan: &Plan, ix: StepIx) {
        if let (Place::Criterion { gate, .. }, true) = (plan.step(ix).place, plan.step(ix).critical) {
            let gate = self.own(gate);
            gate.votes.clear();
            // What its stations signed is void as well: they are asked anew.
            gate.void_signatures();
        }
    }

    fn make_old(&mut self, record: &Record, ix: StepIx) {
        let own = self.own(ix);
        own.status = StepStatus::Old;
        own.void_signatures();
        own.changed = record.seq;
        own.retry_at = None;
    }

    pub(super) fn fold_called(
        &mut self,
        plan: &Plan,
        record: &Record,
        procedure: &ProcedureId,
        said: (&str, &Actor),
    ) -> Applied {
        let ix = plan.find_procedure(procedure).ok_or(format!("no procedure {procedure}"))?;
        if self.is_called(plan, ix) {
            return Err(format!("{procedure} is under way already"));
        }
        self.again(plan, record, &plan.procedure(ix).steps);
        self.calls.push(ix);
        let why = if said.0.is_empty() { String::new() } else { format!(": {}", said.0) };
        self.say(record, None, "call", format!("{procedure} called by {}{why}", said.1.shown()));
        Ok(())
    }

    pub(super) fn fold_call_ended(&mut self, plan: &Plan, record: &Record, procedure: &ProcedureId) -> Applied {
        let ix = plan.find_procedure(procedure).ok_or(format!("no procedure {procedure}"))?;
        let at = self.calls.iter().position(|called| *called == ix).ok_or(format!("{procedure} was not called"))?;
        self.calls.remove(at);
        self.say(record, None, "call", format!("{procedure} came to its end"));
        Ok(())
    }

    /// Steps that are gone through another time stand at `-` again; their attempts go on counting.
    pub(super) fn again(&mut self, plan: &Plan, record: &Record, steps: &[StepIx]) {
        for step in steps {
            self.again(plan, record, &plan.members(*step));
            let own = self.own(*step);
            if !own.status.open() && !own.is_orphan() {
                own.status = StepStatus::NotYet;
                own.void_signatures();
                own.changed = record.seq;
                own.conditions = None;
                own.retry_at = None;
                own.chosen = None;
                own.filled = None;
                own.before_again = own.attempt;
            }
        }
    }

    /// What a call goes through begins anew with it.
    pub(super) fn call_again(&mut self, plan: &Plan, record: &Record, ix: StepIx) {
        let steps = match &plan.step(ix).work {
            Work::Call(Callee::Procedure(id)) => {
                plan.find_procedure(id).map(|at| plan.procedure(at).steps.clone()).unwrap_or_default()
            }
            Work::Call(Callee::Level(id)) => {
                plan.find_level(id).map(|at| plan.level(at).steps.clone()).unwrap_or_default()
            }
            _calls_nothing => return,
        };
        self.again(plan, record, &steps);
    }

    pub(super) fn fold_recycled(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::Recycled { to, steps, reason, by } = &record.event else { return misdirected() };
        let to = find(plan, to)?;
        let steps = steps.iter().map(|step| find(plan, step)).collect::<Result<Vec<_>, _>>()?;
        if !self.running().is_empty() {
            return Err("it begins again while a command runs".into());
        }
        for ix in steps {
            self.own(ix).void_signatures();
            match self.step(ix).status {
                StepStatus::NotYet | StepStatus::Running | StepStatus::Claim => {}
                // Whether it applies may be another answer now.
                StepStatus::NotApplicable if self.step(ix).attempt == 0 => self.again(plan, record, &[ix]),
                _was_gone_through => self.make_old(record, ix),
            }
            self.own(ix).conditions = None;
            for (name, _) in plan.step(ix).command().map(|command| command.capture.as_slice()).unwrap_or_default() {
                self.vars.remove(name.as_str());
            }
        }
        self.rollback = None;
        self.triggers.iter_mut().for_each(|own| own.answered = false);
        let ways_back: Vec<StepIx> = (0..plan.steps.len())
            .map(StepIx)
            .filter(|ix| matches!(plan.step(*ix).place, Place::Undo(_) | Place::Level(_)))
            .collect();
        self.again(plan, record, &ways_back);
        let text = format!("begins again from {}, by {}: {reason}", plan.step(to).number, by.shown());
        self.say(record, Some(to), "recycle", text);
        Ok(())
    }

    pub(super) fn fold_round(&mut self, plan: &Plan, record: &Record, horizon: &HorizonId, round: u32) -> Applied {
        let at = plan.find_horizon(horizon).ok_or(format!("no horizon {horizon}"))?;
        if round != self.rounds[at] + 1 {
            return Err(format!("round {round} of {horizon} after round {}", self.rounds[at]));
        }
        self.rounds[at] = round;
        self.again(plan, record, &plan.horizons[at].steps);
        self.say(record, None, "round", format!("{horizon}, round {}", round + 1));
        Ok(())
    }

    pub(super) fn fold_risk_closed(
        &mut self,
        plan: &Plan,
        record: &Record,
        risk: &RiskId,
        said: (&str, &Actor),
    ) -> Applied {
        plan.find_risk(risk).ok_or(format!("no risk {risk}"))?;
        self.risks_closed.insert(risk.clone(), (said.0.to_owned(), said.1.clone()));
        self.say(record, None, "risk", format!("{risk} closed by {}: {}", said.1.shown(), said.0));
        Ok(())
    }

    pub(super) fn fold_warned(&mut self, plan: &Plan, record: &Record, of: (&str, u32)) -> Applied {
        self.warned.insert((of.0.to_owned(), of.1));
        self.say(record, None, "warn", crate::model::schedule::warned_words(plan, self, of, record.at));
        Ok(())
    }

    pub(super) fn fold_ready(&mut self, plan: &Plan, record: &Record, of: (&StepId, Attempt)) -> Applied {
        let ix = self.commanded(plan, of)?;
        self.own(ix).ready = true;
        self.own(ix).changed = record.seq;
        self.say(record, Some(ix), "RUN", format!("{} is ready", plan.step(ix).number));
        Ok(())
    }

    pub(super) fn fold_ending(&mut self, plan: &Plan, record: &Record, of: (&StepId, Attempt), why: &str) -> Applied {
        let ix = self.commanded(plan, of)?;
        self.own(ix).ending = Some(why.to_owned());
        self.say(record, Some(ix), "RUN", format!("{} is being ended: {why}", plan.step(ix).number));
        Ok(())
    }
}

//! Records of gates: opened again, voted at, decided.
//!
//! What was read for one attempt of a gate is never read for the next: opening it again asks everything again.

use super::{Applied, misdirected};
use crate::model::event::{Event, Vote};
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::signoff;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::Work;

impl RunState {
    /// Where this step is a gate that opens: its criteria are to be answered anew, but for one whose end nobody saw.
    pub(super) fn ask_again(&mut self, plan: &Plan, record: &Record, gate: StepIx) {
        for criterion in criteria(plan, gate) {
            let own = self.own(criterion);
            if own.status != StepStatus::NotYet && own.status != StepStatus::Running && !own.is_orphan() {
                own.status = StepStatus::NotYet;
                own.changed = record.seq;
                own.retry_at = None;
            }
        }
    }

    /// Where this step is a gate that is over: none of its criteria is read again by itself.
    pub(super) fn stop_reading(&mut self, plan: &Plan, gate: StepIx) {
        for criterion in criteria(plan, gate) {
            self.own(criterion).retry_at = None;
        }
    }

    pub(super) fn fold_voted(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::GateVoted { step, attempt, role, vote, by } = &record.event else { return misdirected() };
        let ix = self.present(plan, (step, *attempt), &[StepStatus::You])?;
        if !signoff::signers(plan, role).is_empty() {
            return Err(format!("{role} has signers, and only a name speaks for it"));
        }
        self.own(ix).votes.insert(role.clone(), (*vote, by.clone()));
        let word = match vote {
            Vote::Go => "GO",
            Vote::NoGo => "NO-GO",
        };
        self.say(record, Some(ix), "vote", format!("{role} {word}, by {}", by.shown()));
        Ok(())
    }

    pub(super) fn fold_decided(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::GateDecided { step, attempt, go, over, reason, by } = &record.event else { return misdirected() };
        let ix = self.present(plan, (step, *attempt), &[StepStatus::You])?;
        self.in_hand()?;
        let status = match (go, over.is_empty()) {
            (true, true) => StepStatus::Ok,
            (true, false) => StepStatus::Over,
            (false, _) => StepStatus::Failed,
        };
        self.own(ix).reason = Some(reason.clone()).filter(|reason| !reason.is_empty());
        self.end_step(plan, record, ix, status);
        self.note_decision(ix, record, (*go, by));
        let word = if *go { "GO" } else { "NO-GO" };
        let text = format!("{word} by {} {reason}", by.shown()).trim_end().to_owned();
        self.say(record, Some(ix), "decision", text);
        Ok(())
    }
}

fn criteria(plan: &Plan, gate: StepIx) -> Vec<StepIx> {
    match &plan.step(gate).work {
        Work::Gate(work) => work.go.iter().chain(&work.no_go).copied().collect(),
        Work::Monitor(monitor) => monitor.checks.clone(),
        _reads_nothing => Vec::new(),
    }
}

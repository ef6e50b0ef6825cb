//! What only whoever has the runbook can see: a record that its rules do not allow or do not lead to, sign-offs that were left out.
//!
//! A name that speaks for a role with signers, a step that began without its second person, a question that is not the
//! runbook's, a GO over nothing while a station said NO-GO, an end that is none. Called after `verify` with the plan of the run's own
//! runbook; takes nothing back that was found before. Reads nothing.

use super::{Verdict, Verified};
use crate::model::decide::Review;
use crate::model::event::EndState;
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::signoff::signers;
use crate::model::state::RunState;
use crate::model::step::Work;

impl Verified {
    /// Whether the plan allows each record and leads to each act of weight.
    pub fn by_rules(&mut self, plan: &Plan, records: &[Record]) {
        let (mut state, mut review) = (RunState::of(plan), Review::default());
        for record in records {
            if let Err(why) = review.look(state.plan(plan), &state, &record.event) {
                let note = format!("the runbook does not lead to it: record {}: {why}", record.seq);
                self.also(Verdict::Tampered, note);
            }
            if let Err(why) = state.apply(plan, record) {
                return self.also(Verdict::Tampered, format!("the runbook does not allow it: {why}"));
            }
        }
        for number in never_asked(state.plan(plan), &state, &review) {
            let note = format!("{number} of the runbook asks for signatures, and nobody was asked");
            self.also(Verdict::SignOffsMissing, note);
        }
    }
}

/// Sign-offs by key that the runbook has on the way of a completed run and that nobody was ever asked for.
fn never_asked(plan: &Plan, state: &RunState, review: &Review) -> Vec<String> {
    if state.ended != Some(EndState::Completed) {
        return Vec::new();
    }
    let by_key = |ix: &StepIx| match &plan.step(*ix).work {
        Work::Sign(sign) => sign.roles.iter().any(|role| !signers(plan, role).is_empty()),
        _asks_for_none => false,
    };
    let left_out = |ix: &StepIx| !review.was_asked(&plan.step(*ix).id) && state.step(*ix).conditions != Some(false);
    let steps = state.forward_path(plan).into_iter().filter(by_key).filter(left_out);
    steps.map(|ix| plan.step(ix).number.clone()).collect()
}

//! The next wish of an answer to a gate: its criteria first, then its stations, then the decision.
//!
//! A criterion without an answer stays open, and the decision is then refused as it would be to a person. Called by
//! `next_answer`.

use super::{Answers, GateGiven, Part, Todo, Used, around, by_hand, no_answer};
use crate::model::event::Vote;
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Class, Work};

pub(super) fn next(
    plan: &Plan,
    state: &RunState,
    at: (StepIx, &GateGiven),
    (answers, used): (&Answers, &mut Used),
) -> Todo {
    let (ix, given) = at;
    let (step, own) = (plan.step(ix), state.step(ix));
    let Work::Gate(gate) = &step.work else {
        return no_answer(plan, ix);
    };
    if own.status != StepStatus::You {
        // After a NO-GO the next answer of a list may be another gate answer: it opens the gate again.
        let intent = Intent::Run { step: step.id.clone(), typed: Default::default() };
        let turn = used.turn(state, ix);
        return used.once(Some(ix), turn, Part::Whole, intent);
    }
    let turn = used.turn(state, ix);
    for criterion in gate.go.iter().chain(&gate.no_go) {
        let of = state.step(*criterion);
        let probe = plan.step(*criterion).command().is_some() && plan.step(*criterion).class() == Class::C0;
        if of.status.settled() || by_hand::is_bad(state, *criterion) {
            continue;
        }
        if probe {
            return Todo::Wait;
        }
        if let Some(answer) = given.criteria.get(criterion) {
            return by_hand::next(plan, state, (*criterion, answer), used);
        }
    }
    for (role, go) in &given.poll {
        let vote = if *go { Vote::Go } else { Vote::NoGo };
        if state.vote(ix, role).is_none_or(|(said, _)| *said != vote) {
            if let Some(signs) = around::by_key(plan, state, (ix, role, vote.into()), (answers, used)) {
                return signs;
            }
            let intent = Intent::Vote { step: step.id.clone(), role: role.clone(), vote };
            return used.once(Some(ix), turn, Part::Vote(role.clone()), intent);
        }
    }
    let Some(go) = given.decide else {
        return no_answer(plan, ix);
    };
    let intent = Intent::Decide { step: step.id.clone(), go, typed: given.typed.clone(), reason: given.reason.clone() };
    used.once(Some(ix), turn, Part::Decide, intent)
}

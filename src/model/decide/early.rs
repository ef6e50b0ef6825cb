//! Whether something would begin, or a gate would be decided, before its planned time, which then takes a reason.
//!
//! Planned is `at` of the phase or of the step, whichever is later. What only reads, and what people answer, is free at any time.
//! A way back, what is owed after an abort and a further attempt are never early: nothing may slow them down. The screens ask
//! the same functions, so that a card asks what the conductor wants.

use super::permit::asked_class;
use super::refuse;
use crate::model::ids::StepIx;
use crate::model::intent::Refusal;
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::RunState;
use crate::model::step::Class;

/// The planned start of a step that takes a reason to begin at `now`, Unix microseconds: C1 and more, ahead of its time.
pub fn early_start(plan: &Plan, state: &RunState, ix: StepIx, now: i64) -> Option<i64> {
    let first = state.step(ix).attempt == 0;
    planned(plan, state, ix, now).filter(|_| first && asked_class(plan, state, ix) >= Class::C1)
}

/// The planned time of a gate that takes a reason to decide at `now`.
pub fn early_decision(plan: &Plan, state: &RunState, gate: StepIx, now: i64) -> Option<i64> {
    planned(plan, state, gate, now)
}

fn planned(plan: &Plan, state: &RunState, ix: StepIx, now: i64) -> Option<i64> {
    if state.aborted.is_some() || state.rollback.is_some() {
        return None;
    }
    schedule::planned_at(plan, state, ix).filter(|at| *at > now)
}

/// Refuses what is early and carries no reason.
pub(super) fn explained(state: &RunState, at: Option<i64>, number: &str, reason: &str) -> Result<(), Refusal> {
    let Some(at) = at.filter(|_| reason.trim().is_empty()) else {
        return Ok(());
    };
    let when = schedule::format_wall(at, &state.zone, None).unwrap_or_default();
    refuse(format!("{number} is planned for {when}: before that it needs a reason"))
}

//! When horizons are due, each of their rounds. A hold moves none of them: what must be true a day after the event is not put off
//! by the event's having paused.

use super::bind::bind_after;
use super::clock::add_offset;
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::when::{Offset, When};

/// When a horizon's present round is due.
pub fn horizon_due(plan: &Plan, state: &RunState, horizon: usize) -> Option<i64> {
    round_at(plan, state, horizon, state.rounds[horizon])
}

/// When a horizon's present round should be over: its `by`, as far after that of the first round as the round itself is.
pub fn horizon_by(plan: &Plan, state: &RunState, horizon: usize) -> Option<i64> {
    after_rounds(plan, state, horizon, (plan.horizons[horizon].by.as_ref()?, state.rounds[horizon]))
}

/// When a horizon's next round is due; `None` where it does not repeat or its last round is over.
pub fn next_round(plan: &Plan, state: &RunState, horizon: usize) -> Option<i64> {
    let wanted = &plan.horizons[horizon];
    wanted.every?;
    let next = round_at(plan, state, horizon, state.rounds[horizon] + 1)?;
    let until = bound(plan, state, wanted.until.as_ref()?)?;
    (next <= until).then_some(next)
}

fn bound(plan: &Plan, state: &RunState, when: &When) -> Option<i64> {
    bind_after(plan, state, when, 0)
}

fn round_at(plan: &Plan, state: &RunState, horizon: usize, round: u32) -> Option<i64> {
    after_rounds(plan, state, horizon, (plan.horizons[horizon].at.as_ref()?, round))
}

fn after_rounds(plan: &Plan, state: &RunState, horizon: usize, of: (&When, u32)) -> Option<i64> {
    let first = bound(plan, state, of.0)?;
    let Some(every) = plan.horizons[horizon].every else { return Some(first) };
    let times = i64::from(of.1);
    let offset = Offset { days: every.days.checked_mul(times)?, micros: every.micros.checked_mul(times)? };
    add_offset(first, offset, &state.zone)
}

//! The course of a run over its plan: planned starts and ends, how far behind it is, when it is likely to finish.

use super::bind::{bind_after, planned_after};
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::time::{Stamp, micros};

/// When a step is planned to start and end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// Planned start.
    pub start: Option<i64>,
    /// Planned end, where its length is known.
    pub end: Option<i64>,
}

/// Planned start and end of every step of the phases and of the choices taken, in the order of the path.
pub fn planned(plan: &Plan, state: &RunState) -> Vec<(StepIx, Planned)> {
    let mut found = Vec::with_capacity(plan.steps.len());
    let mut cursor: Option<i64> = state.t0;
    let mut path = Vec::new();
    for phase in &plan.phases {
        path.clear();
        for step in &phase.steps {
            state.push_with_choice(plan, *step, &mut path);
        }
        let mut begins = true;
        for ix in &path {
            let held = held_for(state, *ix);
            let bound = |at| bind_after(plan, state, at, held);
            let own = plan.step(*ix);
            let phase_at = phase.at.as_ref().and_then(bound);
            cursor = phase_at.filter(|_| std::mem::take(&mut begins)).or(cursor);
            let start = own.at.as_ref().and_then(bound).map(|at| phase_at.map_or(at, |phase| at.max(phase))).or(cursor);
            let end = start.zip(own.takes).map(|(start, takes)| start.saturating_add(length(takes)));
            cursor = end.or(start);
            found.push((*ix, Planned { start, end }));
        }
    }
    found
}

/// A step that has begun stays where its plan was then: a later hold does not make it look early.
fn held_for(state: &RunState, ix: StepIx) -> u64 {
    let own = state.step(ix);
    if own.attempt > 0 { own.held_before } else { state.held }
}

/// A planned length, microseconds.
pub(super) fn length(takes: std::time::Duration) -> i64 {
    i64::try_from(micros(takes)).unwrap_or(i64::MAX)
}

/// Whether the plan says times at all: without, nothing is late.
pub fn is_timed(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.at.is_some() || step.takes.is_some())
        || plan.phases.iter().any(|phase| phase.at.is_some())
}

/// How far behind the plan the run is at `now`, microseconds; negative when it is ahead. `None` for an untimed plan, and in a
/// drill, which keeps no planned times.
pub fn slip(plan: &Plan, state: &RunState, now: Stamp) -> Option<i64> {
    if !is_timed(plan) || state.is_drill() || state.started.is_none() {
        return None;
    }
    let planned = planned(plan, state);
    let Some(at) = planned.iter().position(|(ix, _)| !state.step(*ix).status.settled()) else {
        let (last, times) = planned.last()?;
        return Some(state.step(*last).ended?.wall - times.end?);
    };
    let (ix, times) = planned[at];
    match state.step(ix).first_started {
        Some(started) => {
            let behind = started.wall - times.start?;
            Some(times.end.map_or(behind, |end| behind.max(now.wall - end)))
        }
        None => {
            // T stands still in a hold, and with it what has not begun.
            let late = now.wall - on_hold(state, now) - times.start?;
            let before = at.checked_sub(1).map(|before| planned[before]);
            let ahead = before.and_then(|(last, times)| Some(state.step(last).ended?.wall - times.end?)).unwrap_or(0);
            Some(if late > 0 { late } else { ahead.min(0).max(late) })
        }
    }
}

/// When the run is likely to finish: what is left begins now, or at its planned time where that is to come, and takes as long as is
/// planned. `None` for an untimed plan, and in a drill: nothing in it takes its time.
pub fn finish(plan: &Plan, state: &RunState, now: Stamp) -> Option<i64> {
    if !is_timed(plan) || state.is_drill() {
        return None;
    }
    let mut cursor = now.wall;
    for step in plan.phases.iter().flat_map(|phase| &phase.steps) {
        let mut inside = Vec::with_capacity(1);
        state.push_with_choice(plan, *step, &mut inside);
        for ix in inside {
            cursor = cursor.max(projected_end(plan, state, ix, cursor));
        }
    }
    Some(cursor)
}

/// When a step ends that could begin at `free`; `free` for one that is done.
fn projected_end(plan: &Plan, state: &RunState, ix: StepIx, free: i64) -> i64 {
    let own = state.step(ix);
    if own.status.settled() {
        return free;
    }
    let begun = own.started.filter(|_| own.status.open()).map(|at| at.wall);
    let start = begun.unwrap_or_else(|| planned_after(plan, state, ix, state.held).map_or(free, |at| at.max(free)));
    start.saturating_add(plan.step(ix).takes.map_or(0, length))
}

/// T at `now`: time since T0 without holds, microseconds; negative before T0.
pub fn t_clock(state: &RunState, now: Stamp) -> Option<i64> {
    Some(now.wall - state.t0? - i64::try_from(state.held).unwrap_or(i64::MAX) - on_hold(state, now))
}

/// How long the hold that is on has lasted, microseconds.
fn on_hold(state: &RunState, now: Stamp) -> i64 {
    let length = state.hold.as_ref().map_or(0, |hold| micros(now.since(hold.since)));
    i64::try_from(length).unwrap_or(i64::MAX)
}

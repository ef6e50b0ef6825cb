//! What should have been over by now: `by` of steps, phases and horizons, and `takes` of what is under way. Late is never failed.

use super::bind::bind;
use super::rounds::horizon_by;
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::time::Stamp;
use std::collections::HashSet;
use std::time::Duration;

/// Something that is not over though its time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// A step of the path, or one that is owed.
    Step(StepIx),
    /// A phase.
    Phase(usize),
    /// A horizon's present round.
    Horizon(usize),
}

/// What is late at `now` and since when, the longest first. In a drill nothing is.
pub fn late(plan: &Plan, state: &RunState, now: Stamp) -> Vec<(Late, i64)> {
    if state.started.is_none() || state.ended.is_some() || state.is_drill() {
        return Vec::new();
    }
    let mut found = steps(plan, state, now);
    if state.aborted.is_none() && state.rollback.is_none() {
        found.extend(around(plan, state).into_iter().filter(|(_, by)| *by < now.wall));
    }
    found.sort_by_key(|(_, since)| *since);
    found
}

/// Steps that are past their `by` and of which something is still to come. Whether they are is looked at last: the path is long.
fn steps(plan: &Plan, state: &RunState, now: Stamp) -> Vec<(Late, i64)> {
    let due = |ix: StepIx| {
        let by = plan.step(ix).by.as_ref().filter(|_| !state.step(ix).status.settled())?;
        Some((ix, bind(plan, state, by).filter(|by| *by < now.wall)?))
    };
    let passed: Vec<(StepIx, i64)> = (0..plan.steps.len()).map(StepIx).filter_map(due).collect();
    if passed.is_empty() {
        return Vec::new();
    }
    let there: HashSet<StepIx> = state.path(plan).into_iter().chain(state.owing(plan)).collect();
    passed.into_iter().filter(|(ix, _)| there.contains(ix)).map(|(ix, by)| (Late::Step(ix), by)).collect()
}

fn around(plan: &Plan, state: &RunState) -> Vec<(Late, i64)> {
    let phases = plan.phases.iter().enumerate().filter(|(at, phase)| phase.by.is_some() && !state.is_over(plan, *at));
    let phases = phases.filter_map(|(at, phase)| Some((Late::Phase(at), bind(plan, state, phase.by.as_ref()?)?)));
    let open = |at: &usize| !state.progress(&plan.horizons[*at].steps).is_done();
    let horizons = (0..plan.horizons.len()).filter(open);
    phases.chain(horizons.filter_map(|at| Some((Late::Horizon(at), horizon_by(plan, state, at)?)))).collect()
}

/// How much longer than planned a step that is under way has taken; `None` within its time.
pub fn over_budget(plan: &Plan, state: &RunState, ix: StepIx, now: Stamp) -> Option<Duration> {
    let (takes, own) = (plan.step(ix).takes?, state.step(ix));
    let taken = state.elapsed(ix, now).filter(|_| own.status.open())?;
    taken.checked_sub(takes).filter(|over| !over.is_zero())
}

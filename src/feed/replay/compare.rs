//! A run beside its plan, and beside another run or a drill of it: when each step began, how long it took, whose time it was.
//!
//! Pure: plans and states in, rows out. Steps of two runs are the same where their ids are; times are T, or counted from a
//! step that both did. Screens and lines draw the same rows.

use crate::model::ids::{StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::schedule::{self, Planned};
use crate::model::spent::Whose;
use crate::model::state::{RunState, StepStatus};
use std::collections::HashMap;
use std::time::Duration;

/// What one run says of a step. Instants are microseconds from where the runs are aligned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// When it first began.
    pub from: Option<i64>,
    /// How long it took, all its attempts together.
    pub took: Option<Duration>,
    /// Where it stands.
    pub status: StepStatus,
}

/// A step, as planned and as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Which.
    pub step: StepIx,
    /// When it was to begin.
    pub planned: Option<i64>,
    /// How long it was to take.
    pub takes: Option<Duration>,
    /// As it was.
    pub own: Beside,
    /// How much later than planned it began, microseconds.
    pub slip: Option<i64>,
    /// Whose time most of it was.
    pub whose: Option<Whose>,
    /// As it was in the other run, where that has the step.
    pub other: Option<Beside>,
}

/// Every step of the path, and those off it that began. `other` is another run with its runbook; both are counted from T0, or
/// from the first start of `align`.
pub fn compared(
    (plan, state): (&Plan, &RunState),
    other: Option<(&Plan, &RunState)>,
    align: Option<&StepId>,
) -> Vec<Compared> {
    let zero = zero_of(plan, state, align);
    let planned: Vec<(StepIx, Planned)> = schedule::planned(plan, state);
    let times: HashMap<usize, Planned> = planned.iter().map(|(ix, planned)| (ix.0, *planned)).collect();
    let off = (0..plan.steps.len()).map(StepIx).filter(|ix| !times.contains_key(&ix.0) && state.step(*ix).attempt > 0);
    let there: Option<HashMap<&StepId, StepIx>> =
        other.map(|(plan, _)| plan.steps.iter().enumerate().map(|(at, step)| (&step.id, StepIx(at))).collect());
    let row = |ix: StepIx| {
        let said = times.get(&ix.0).copied().unwrap_or_default();
        let said = if state.is_drill() { Planned::default() } else { said };
        let started = state.step(ix).first_started.map(|at| at.wall);
        let same = there.as_ref().and_then(|there| there.get(&plan.step(ix).id));
        Compared {
            step: ix,
            planned: said.start.zip(zero).map(|(start, zero)| start - zero),
            takes: plan.step(ix).takes,
            own: beside(state, ix, zero),
            slip: started.zip(said.start).map(|(started, start)| started - start),
            whose: whose(state, ix),
            other: other.zip(same).map(|((plan, state), ix)| beside(state, *ix, zero_of(plan, state, align))),
        }
    };
    planned.iter().map(|(ix, _)| *ix).chain(off).map(row).collect()
}

/// Where a run's times are counted from.
fn zero_of(plan: &Plan, state: &RunState, align: Option<&StepId>) -> Option<i64> {
    match align {
        Some(step) => Some(state.step(plan.find(step)?).first_started?.wall),
        None => state.t0,
    }
}

fn beside(state: &RunState, ix: StepIx, zero: Option<i64>) -> Beside {
    let own = state.step(ix);
    let from = own.first_started.map(|at| at.wall);
    let took = own.first_started.zip(own.ended).map(|(from, to)| to.age_of(from));
    Beside { from: from.zip(zero).map(|(from, zero)| from - zero), took, status: own.status }
}

/// Whose time most of a step was.
fn whose(state: &RunState, ix: StepIx) -> Option<Whose> {
    let spent = state.step(ix).meter.read(state.lived, None);
    let most = spent.seconds().into_iter().max_by_key(|(_, seconds)| *seconds)?;
    (most.1 > 0).then_some(most.0)
}

//! Whether a step can be started at all now, whoever asks: not settled, not under way, nothing else running, not held.
//!
//! What is refused here is refused for every client alike; what a class asks for on top stands in `permit`. Only `decide`
//! calls it.

use super::refuse;
use crate::model::follow;
use crate::model::ids::StepIx;
use crate::model::intent::Refusal;
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::Place;

/// Whether a step can be started now.
pub(super) fn startable(plan: &Plan, state: &RunState, ix: StepIx) -> Result<(), Refusal> {
    if let Some(hold) = &state.hold {
        return refuse(format!("held by {}: {}. p, then y, goes on", hold.by.shown(), hold.reason));
    }
    not_done(plan, state, ix)?;
    // A gate's people answer their criteria while its probes are read.
    let planned = plan.step(ix);
    let answered_beside =
        planned.command().is_none() && matches!(planned.place, Place::Criterion { .. } | Place::Group(_));
    if let Some(other) = follow::blocking(plan, state, ix).filter(|_| !answered_beside) {
        return refuse(format!("{} is running: one step at a time", plan.step(other).number));
    }
    if let Some(blocker) = super::around::blocker(plan, state, ix) {
        return refuse(blocker);
    }
    required(plan, state, ix)?;
    let leaves = matches!(plan.step(ix).place, Place::Undo(_) | Place::Level(_));
    if let (Some(unknown), false) = (state.orphan(), leaves) {
        return refuse(format!("nobody knows whether {} finished: say that first", plan.step(unknown).number));
    }
    let retrying = state.steps.iter().position(|own| own.retry_at.is_some()).map(StepIx);
    let in_one_group = |other: &StepIx| {
        follow::at_once_of(plan, ix).is_some_and(|group| follow::at_once_of(plan, *other) == Some(group))
    };
    match retrying.filter(|retrying| *retrying != ix && !answered_beside && !in_one_group(retrying)) {
        Some(retrying) => {
            let number = &plan.step(retrying).number;
            refuse(format!("{number} is tried again by itself: ^C ends that, one step at a time"))
        }
        None => Ok(()),
    }
}

/// What must be met before a step is met: its own requirements, its phase's, the runbook's.
fn required(plan: &Plan, state: &RunState, ix: StepIx) -> Result<(), Refusal> {
    let own = &plan.step(ix).requires;
    let phase = plan.phase_of(ix).filter(|_| !matches!(plan.step(ix).place, Place::Requirement(_)));
    let around = phase.map(|phase| plan.phases[phase].requires.iter().chain(&plan.requires));
    let unmet = own.iter().chain(around.into_iter().flatten()).find(|needed| !state.step(**needed).status.passed());
    match unmet {
        Some(unmet) => {
            let unmet = plan.step(*unmet);
            refuse(format!("{} needs {} first: {}", plan.step(ix).number, unmet.number, state.fill(&unmet.title)))
        }
        None => Ok(()),
    }
}

fn not_done(plan: &Plan, state: &RunState, ix: StepIx) -> Result<(), Refusal> {
    let (number, own) = (&plan.step(ix).number, state.step(ix));
    match own.status {
        StepStatus::NotYet
        | StepStatus::Failed
        | StepStatus::TimedOut
        | StepStatus::Stopped
        | StepStatus::Old
        | StepStatus::Claim => Ok(()),
        StepStatus::Unknown if own.is_orphan() => {
            refuse(format!("nobody knows whether {number} finished: say that first"))
        }
        StepStatus::Unknown => Ok(()),
        StepStatus::Running | StepStatus::You => refuse(format!("{number} is under way already")),
        StepStatus::Ok
        | StepStatus::Late
        | StepStatus::Skipped
        | StepStatus::NotApplicable
        | StepStatus::Hand
        | StepStatus::Over
        | StepStatus::Back => match state.lost_secret(plan, ix) {
            // What it gave died with a conductor: it may run again, by a person's key.
            Some(_) => Ok(()),
            None => refuse(format!("{number} is {} already: it does not run twice", own.status)),
        },
    }
}

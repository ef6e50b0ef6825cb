//! Whether a step can be started at all now, whoever asks: not settled, not under way, nothing else running, not held.
//!
//! What is refused here is refused for every client alike; what a class asks for on top stands in `permit`. Only `decide`
//! calls it.

use super::refuse;
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
    let answered_beside = planned.command().is_none() && matches!(planned.place, Place::Criterion { .. });
    if let Some(other) = state.running().first().filter(|_| !answered_beside) {
        return refuse(format!("{} is running: one step at a time", plan.step(*other).number));
    }
    let leaves = matches!(plan.step(ix).place, Place::Undo(_) | Place::Level(_));
    if let (Some(unknown), false) = (state.orphan(), leaves) {
        return refuse(format!("nobody knows whether {} finished: say that first", plan.step(unknown).number));
    }
    let retrying = state.steps.iter().position(|own| own.retry_at.is_some()).map(StepIx);
    match retrying.filter(|retrying| *retrying != ix && !answered_beside) {
        Some(retrying) => {
            let number = &plan.step(retrying).number;
            refuse(format!("{number} is tried again by itself: ^C ends that, one step at a time"))
        }
        None => Ok(()),
    }
}

fn not_done(plan: &Plan, state: &RunState, ix: StepIx) -> Result<(), Refusal> {
    let (number, own) = (&plan.step(ix).number, state.step(ix));
    match own.status {
        StepStatus::NotYet | StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped => Ok(()),
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

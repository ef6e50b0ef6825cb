//! Starting the run, and starting or retrying a step.

use super::permit::{begin, permit, startable};
use super::{Asked, Decided, refuse};
use crate::model::event::Event;
use crate::model::ids::StepIx;
use crate::model::intent::Typed;
use crate::model::plan::{Plan, Start};
use crate::model::schedule;
use crate::model::state::{RunState, VarsBound};
use crate::model::step::Place;

/// The operator starts the run by typing the environment's word.
pub(super) fn start(plan: &Plan, state: &RunState, typed: &str, asked: &Asked) -> Decided {
    if state.started.is_some() {
        return refuse("the run was started before");
    }
    let word = plan.environment.kind.word();
    if typed != word {
        return refuse(format!("type  {word}  to start"));
    }
    let given = state.facts.as_ref().and_then(|facts| facts.t0);
    let t0 = given.unwrap_or(match &plan.start {
        Start::At { wall, .. } => *wall,
        Start::AtStart => asked.now.wall,
    });
    let mut with_t0 = state.clone();
    with_t0.t0 = Some(t0);
    let hard_stop = match &plan.hard_stop {
        Some(when) => Some(schedule::bind(plan, &with_t0, when).ok_or_else(|| {
            crate::model::intent::Refusal(format!(
                "hard_stop {} cannot be bound to the clock in {}",
                when.shown(),
                state.zone
            ))
        })?),
        None => None,
    };
    Ok(vec![Event::Started { by: asked.by.clone(), typed: typed.to_owned(), t0, zone: state.zone.clone(), hard_stop }])
}

/// A person starts a step, or tries it again.
pub(super) fn run(plan: &Plan, state: &RunState, ix: StepIx, typed: &Typed, asked: &Asked) -> Decided {
    ready(state)?;
    reachable(plan, state, ix)?;
    startable(plan, state, ix)?;
    permit(plan, state, ix, typed, asked)?;
    Ok(vec![begin(plan, state, ix, typed, asked)?])
}

/// Whether steps may start at all.
pub(super) fn ready(state: &RunState) -> Result<(), crate::model::intent::Refusal> {
    match &state.vars_bound {
        _ if state.started.is_none() => refuse("the run is not started yet"),
        VarsBound::NotYet => refuse("the variables are still being read"),
        VarsBound::Failed(why) => refuse(format!("the variables could not be read: {why}")),
        VarsBound::Yes => Ok(()),
    }
}

/// Whether the run goes through this step as it stands.
fn reachable(plan: &Plan, state: &RunState, ix: StepIx) -> Result<(), crate::model::intent::Refusal> {
    let step = plan.step(ix);
    if let Place::Criterion { gate, .. } = step.place {
        let open = state.step(gate).status == crate::model::state::StepStatus::You;
        return if open { Ok(()) } else { refuse(format!("gate {} is not open", plan.step(gate).number)) };
    }
    if state.path(plan).contains(&ix) {
        return Ok(());
    }
    match step.place {
        Place::Phase(_) if state.rollback.is_some() => {
            refuse(format!("the run is going back: {} does not run any more", step.number))
        }
        Place::Phase(_) => refuse(format!("the run was aborted: {} does not run any more", step.number)),
        Place::Choice { .. } => refuse(format!("{} belongs to a way that was not chosen", step.number)),
        Place::Undo(_) | Place::Level(_) => refuse(format!("{} runs in a rollback only: press !", step.number)),
        Place::Criterion { .. } => refuse("a criterion belongs to its gate"),
    }
}

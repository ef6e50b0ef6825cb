//! Starting the run, and starting or retrying a step.

use super::permit::{begin, permit};
use super::startable::startable;
use super::{Asked, Decided, refuse};
use crate::model::event::Event;
use crate::model::follow;
use crate::model::ids::StepIx;
use crate::model::intent::{Refusal, Typed};
use crate::model::plan::{Plan, Start};
use crate::model::schedule;
use crate::model::state::is_title;
use crate::model::state::{RunState, StepStatus, VarsBound};
use crate::model::step::{Place, Work};

/// The operator starts the run by typing the environment's word.
pub(super) fn start(plan: &Plan, state: &RunState, typed: &str, asked: &Asked) -> Decided {
    if state.started.is_some() {
        return refuse("the run was started before");
    }
    if state.aborted.is_some() {
        return refuse("the run was aborted: :close ends it");
    }
    let word = plan.environment.kind.word();
    if typed != word {
        return refuse(format!("type  {word}  to start"));
    }
    let t0 = t0(plan, state, asked)?;
    let mut with_t0 = state.clone();
    with_t0.t0 = Some(t0);
    if let Some(first) = schedule::unbindable(plan, &with_t0).first() {
        return refuse(format!("{first}. Start with another --t0, or mend the runbook"));
    }
    let hard_stop = match &plan.hard_stop {
        Some(when) => Some(schedule::bind(plan, &with_t0, when).ok_or_else(|| {
            Refusal(format!("hard_stop {} cannot be bound to the clock in {}", when.shown(), state.zone))
        })?),
        None => None,
    };
    Ok(vec![Event::Started { by: asked.by.clone(), typed: typed.to_owned(), t0, zone: state.zone.clone(), hard_stop }])
}

/// T0: as `--t0` or the runbook says it, else now. Times before T0 and times of the clock need it said; in a drill, where no
/// time of the real event counts, T0 is the start all the same.
fn t0(plan: &Plan, state: &RunState, asked: &Asked) -> Result<i64, Refusal> {
    let given = state.facts.as_ref().and_then(|facts| facts.t0);
    match (given, &plan.start) {
        (Some(given), _) => return Ok(given),
        (None, Start::At { wall, .. }) => return Ok(*wall),
        (None, Start::AtStart) => {}
    }
    match schedule::needs_t0(plan).first() {
        Some(first) if !state.is_drill() => {
            refuse(format!("{first} says nothing without T0: begin the run anew with --t0"))
        }
        Some(_) | None => Ok(asked.now.wall),
    }
}

/// A person starts a step, or tries it again.
pub(super) fn run(plan: &Plan, state: &RunState, ix: StepIx, typed: &Typed, asked: &Asked) -> Decided {
    ready(plan, state, ix)?;
    reachable(plan, state, ix)?;
    startable(plan, state, ix)?;
    applies(plan, state, ix)?;
    permit(plan, state, ix, typed, asked)?;
    begin(plan, state, ix, typed, asked)
}

/// Whether this step may start or be answered at all. A way back does not wait for variables that cannot be read: the
/// commands of it that need none still run.
pub(super) fn ready(plan: &Plan, state: &RunState, ix: StepIx) -> Result<(), Refusal> {
    if state.started.is_none() {
        return refuse("the run is not started yet");
    }
    match &state.vars_bound {
        VarsBound::Yes => Ok(()),
        VarsBound::NotYet => refuse("the variables are still being read"),
        VarsBound::Failed(_) if state.is_on_way_back(plan, ix) => Ok(()),
        VarsBound::Failed(why) => {
            refuse(format!("the variables could not be read: {why}. Mend it, then :pause and tminus resume"))
        }
    }
}

/// Whether its conditions were looked at: that happens when it is next, so a step further on may turn out not to apply.
fn applies(plan: &Plan, state: &RunState, ix: StepIx) -> Result<(), Refusal> {
    let step = plan.step(ix);
    let unknown = !step.when.is_empty() && state.step(ix).conditions.is_none();
    if unknown && !matches!(step.place, Place::Criterion { .. }) {
        return refuse(format!("whether {} applies is looked at when it is next", step.number));
    }
    Ok(())
}

/// Whether the run goes through this step as it stands.
pub(super) fn reachable(plan: &Plan, state: &RunState, ix: StepIx) -> Result<(), Refusal> {
    let step = plan.step(ix);
    if let Place::Criterion { gate, .. } = step.place {
        if state.step(gate).status != StepStatus::You {
            return refuse(format!("gate {} is not open", plan.step(gate).number));
        }
        return reachable(plan, state, gate);
    }
    if let Place::Group(owner) = step.place
        && matches!(plan.step(owner).work, Work::Monitor(_))
    {
        if state.step(owner).status != StepStatus::Running {
            return refuse(format!("{} does not look on", plan.step(owner).number));
        }
        return reachable(plan, state, owner);
    }
    if let Some(group) = follow::at_once_of(plan, ix).filter(|group| !state.step(*group).status.open()) {
        return refuse(format!("{} begins with its `parallel`: start {}", step.number, plan.step(group).number));
    }
    if is_title(plan, ix) {
        return refuse(format!("{} is only the title of its steps", step.number));
    }
    if state.path(plan).contains(&ix) {
        return Ok(());
    }
    let number = &step.number;
    match step.place {
        Place::Undo(_) | Place::Level(_) => refuse(format!("{number} runs in a rollback only: press !")),
        _in_phases if state.aborted.is_some() => refuse(format!("the run was aborted: {number} does not run any more")),
        _in_phases if state.rollback.is_some() => {
            refuse(format!("the run is going back: {number} does not run any more"))
        }
        Place::Procedure(procedure) => {
            refuse(format!("{number} belongs to {}: call it first", plan.procedures[procedure].id))
        }
        Place::Phase(_)
        | Place::Choice { .. }
        | Place::Criterion { .. }
        | Place::Group(_)
        | Place::Horizon(_)
        | Place::Requirement(_) => refuse(format!("{number} belongs to a way that was not chosen")),
    }
}

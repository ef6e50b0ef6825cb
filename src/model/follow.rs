//! What happens by itself: countdowns, gates that are due, `auto` steps, retries that the runbook asks for, and the
//! commands of a way back that was taken. Nothing else starts without a person's key.
//!
//! Pure: `due` says what is due now, `wake` when to look again. The driver turns a `Due` into records, one at a time.

use crate::model::actor::Actor;
use crate::model::decide::Asked;
use crate::model::event::Event;
use crate::model::ids::StepIx;
use crate::model::intent::{Refusal, Typed};
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::{RunState, StepStatus, VarsBound};
use crate::model::step::{Class, Effect, Place, Work};
use crate::model::time::Stamp;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A step's conditions are to be looked at.
    Conditions(StepIx),
    /// A step begins.
    Begin(StepIx),
    /// A countdown is over.
    EndWait(StepIx),
    /// A way back came to its end.
    EndRollback,
}

/// What is due now, one thing at a time.
pub fn due(plan: &Plan, state: &RunState, now: Stamp) -> Option<Due> {
    if state.started.is_none() || state.ended.is_some() || state.paused {
        return None;
    }
    let over = |ix: &StepIx| state.step(*ix).until.is_some_and(|until| until <= now.wall);
    if let Some(over) = waiting(state).into_iter().find(over) {
        return Some(Due::EndWait(over));
    }
    if state.hold.is_some() || !state.running().is_empty() || !may_follow(state) {
        return None;
    }
    if let Some(again) = state.steps.iter().position(|own| own.retry_at.is_some()) {
        let has_come = state.steps[again].retry_at.is_some_and(|at| at <= now.wall);
        return has_come.then_some(Due::Begin(StepIx(again)));
    }
    let settled = |step: &StepIx| state.step(*step).status.settled();
    if state.going_back() && state.rollback_path(plan).iter().all(settled) {
        return Some(Due::EndRollback);
    }
    let next = state.next(plan)?;
    if is_to_be_looked_at(plan, state, next) {
        return Some(Due::Conditions(next));
    }
    if begins_by_itself(plan, state, next, now) { Some(Due::Begin(next)) } else { probe(plan, state, next) }
}

/// Whether anything may follow by itself: the variables are there, and nobody is waited for to say what became of a step.
/// A way back waits for neither: what of it needs a variable that cannot be read is refused when it begins.
fn may_follow(state: &RunState) -> bool {
    match &state.vars_bound {
        VarsBound::Yes => state.going_back() || state.orphan().is_none(),
        VarsBound::NotYet => false,
        VarsBound::Failed(_) => state.going_back(),
    }
}

/// Conditions are looked at once, when a step becomes next; one that was begun or judged has outgrown them.
fn is_to_be_looked_at(plan: &Plan, state: &RunState, next: StepIx) -> bool {
    let own = state.step(next);
    !plan.step(next).when.is_empty() && own.conditions.is_none() && own.status == StepStatus::NotYet
}

/// Countdowns under way.
fn waiting(state: &RunState) -> Vec<StepIx> {
    let counts = |own: &crate::model::state::StepState| own.status == StepStatus::Running && own.until.is_some();
    state.steps.iter().enumerate().filter(|(_, own)| counts(own)).map(|(at, _)| StepIx(at)).collect()
}

fn begins_by_itself(plan: &Plan, state: &RunState, ix: StepIx, now: Stamp) -> bool {
    let (step, own) = (plan.step(ix), state.step(ix));
    if own.status != StepStatus::NotYet || own.attempt > 0 {
        return false;
    }
    let time_has_come = schedule::planned_at(plan, state, ix).is_none_or(|at| at <= now.wall);
    let by_the_way_back = state.is_on_way_back(plan, ix);
    let asks = step.effect == Effect::Destroys || step.point_of_no_return || step.second_person;
    match &step.work {
        Work::Wait(_) | Work::Gate(_) => time_has_come,
        Work::Run(_) if by_the_way_back => !asks,
        Work::Run(_) => step.auto && step.class() == Class::C0 && time_has_come,
        Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } => false,
    }
}

/// The next probe of an open gate: a criterion that only reads and was not read for this attempt.
fn probe(plan: &Plan, state: &RunState, gate: StepIx) -> Option<Due> {
    let Work::Gate(work) = &plan.step(gate).work else {
        return None;
    };
    if state.step(gate).status != StepStatus::You {
        return None;
    }
    let unread = |ix: &&StepIx| {
        let step = plan.step(**ix);
        step.command().is_some() && step.class() == Class::C0 && state.step(**ix).status == StepStatus::NotYet
    };
    work.go.iter().chain(&work.no_go).find(unread).map(|ix| Due::Begin(*ix))
}

/// The records that something due leads to; conditions are looked at by the driver, which has regular expressions.
pub fn enact(plan: &Plan, state: &RunState, due: Due, now: Stamp) -> Result<Vec<Event>, Refusal> {
    let asked = Asked { by: Actor::program(), now, reading: None };
    match due {
        Due::Conditions(_) => Ok(Vec::new()),
        Due::Begin(ix) => Ok(vec![crate::model::decide::begin(plan, state, ix, &Typed::default(), &asked)?]),
        Due::EndWait(ix) => Ok(vec![Event::WaitEnded {
            step: plan.step(ix).id.clone(),
            attempt: state.step(ix).attempt,
            early: None,
            by: Actor::program(),
        }]),
        Due::EndRollback => {
            let level = state.rollback.as_ref().map(|rollback| plan.level(rollback.level).id.clone());
            Ok(level.into_iter().map(|level| Event::RollbackEnded { level }).collect())
        }
    }
}

/// The next instant at which something is or becomes due by the clock, Unix microseconds; it may have passed.
pub fn wake(plan: &Plan, state: &RunState) -> Option<i64> {
    wake_after(plan, state, i64::MIN)
}

/// The next instant after `looked` at which something may become due by the clock, Unix microseconds. What was due then
/// and waits for something else (a hold, a person) is not asked for again: that would keep a processor busy.
pub fn wake_after(plan: &Plan, state: &RunState, looked: i64) -> Option<i64> {
    if state.ended.is_some() || state.paused {
        return None;
    }
    let retries = state.steps.iter().filter_map(|own| own.retry_at);
    let waits = waiting(state).into_iter().filter_map(|ix| state.step(ix).until);
    let planned = state.next(plan).and_then(|next| schedule::planned_at(plan, state, next));
    retries.chain(waits).chain(planned).filter(|at| *at > looked).min()
}

/// Whether a step stands on the NO-GO side of a gate.
pub fn is_no_go(plan: &Plan, ix: StepIx) -> bool {
    matches!(plan.step(ix).place, Place::Criterion { side: crate::model::step::Side::NoGo, .. })
}

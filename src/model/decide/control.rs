//! Stopping, holding, going back, noting, pausing, ending.

use super::{Asked, Decided, find, needs_reason, refuse};
use crate::model::event::{Event, StopHow};
use crate::model::ids::{LevelId, PhaseId, StepId, StepIx};
use crate::model::intent::{Refusal, Typed};
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::{RunState, StepStatus};

/// Stops what runs. A second request skips the grace, so it is taken while the first has not come through.
pub(super) fn stop(plan: &Plan, state: &RunState, ix: StepIx, how: StopHow, asked: &Asked) -> Decided {
    let (step, own) = (plan.step(ix), state.step(ix));
    if own.retry_at.is_some() {
        // Nothing runs between two tries: what is stopped are the tries to come.
        return Ok(vec![Event::StepSettled {
            step: step.id.clone(),
            attempt: own.attempt,
            how: crate::model::event::Settled::Failed,
            reason: "the operator ended the retries".into(),
            by: asked.by.clone(),
        }]);
    }
    if own.status != StepStatus::Running || own.until.is_some() {
        return refuse(format!("{} is not running", step.number));
    }
    if own.invocation.is_none() {
        return refuse(format!("{} runs no command of its own: stop what stands in it", step.number));
    }
    Ok(vec![Event::StopAsked { step: step.id.clone(), attempt: own.attempt, how, by: asked.by.clone() }])
}

/// Holds: nothing new starts, what runs goes on.
pub(super) fn hold(state: &RunState, reason: &str, asked: &Asked) -> Decided {
    if state.hold.is_some() {
        return refuse("it is held already");
    }
    if state.started.is_none() {
        return refuse("the run is not started yet");
    }
    Ok(vec![Event::Held { reason: reason.to_owned(), by: asked.by.clone() }])
}

/// Goes on after a hold.
pub(super) fn go_on(state: &RunState, asked: &Asked) -> Decided {
    if state.hold.is_none() {
        return refuse("nothing is held");
    }
    Ok(vec![Event::Released { by: asked.by.clone() }])
}

/// Takes a way back: what runs is stopped first, then the level's path runs by itself up to the first failure.
pub(super) fn roll_back(plan: &Plan, state: &RunState, level: &LevelId, typed: &Typed, asked: &Asked) -> Decided {
    if state.started.is_none() {
        return refuse("the run is not started yet: there is nothing to go back from");
    }
    let Some(ix) = plan.find_level(level) else {
        return refuse(format!("this runbook names no level {level}"));
    };
    let wanted = plan.level(ix);
    if state.going_back() && state.rollback.as_ref().is_some_and(|under_way| under_way.level == ix) {
        return refuse(format!("{level} is under way already"));
    }
    let reason = typed.reason.clone().unwrap_or_default();
    let offered = schedule::offered(plan, state, ix);
    if !offered {
        needs_reason(&reason, &format!("{level} is not offered now and"))?;
    }
    if !wanted.loses_nothing() {
        if typed.text.as_deref() != Some(level.as_str()) {
            return refuse(format!(
                "{level} loses {}: type  {level}  to take it",
                wanted.loses.as_deref().unwrap_or("something")
            ));
        }
        needs_reason(&reason, level.as_str())?;
    }
    let path = state.level_path(plan, ix);
    if path.is_empty() {
        return refuse(format!("{level} has nothing to undo: nothing that it takes back was done"));
    }
    let mut events: Vec<Event> = state
        .running()
        .into_iter()
        .filter(|running| !state.step(*running).stopping)
        .map(|running| terminate(plan, state, running, asked))
        .collect();
    events.push(Event::RollbackStarted {
        level: level.clone(),
        from: state.running().first().copied().or(state.next(plan)).map(|step| plan.step(step).id.clone()),
        path: path.into_iter().map(|step| plan.step(step).id.clone()).collect(),
        over: !offered,
        reason,
        by: asked.by.clone(),
    });
    Ok(events)
}

fn terminate(plan: &Plan, state: &RunState, ix: StepIx, asked: &Asked) -> Event {
    let (step, attempt) = (plan.step(ix).id.clone(), state.step(ix).attempt);
    Event::StopAsked { step, attempt, how: StopHow::Terminate, by: asked.by.clone() }
}

/// Acknowledges the end of a phase that has come to it.
pub(super) fn see_phase(plan: &Plan, state: &RunState, phase: &PhaseId, asked: &Asked) -> Decided {
    let Some(wanted) = plan.phases.iter().find(|each| each.id == *phase) else {
        return refuse(format!("this runbook names no phase {phase}"));
    };
    let mut steps = Vec::new();
    for step in &wanted.steps {
        state.push_with_choice(plan, *step, &mut steps);
    }
    let left = steps.into_iter().find(|step| !state.step(*step).status.settled());
    if let Some(left) = left {
        return refuse(format!("phase {} is not over: {} is not done", wanted.number, plan.step(left).number));
    }
    if state.seen_phases.contains(phase) {
        return refuse(format!("the end of phase {} was acknowledged before", wanted.number));
    }
    Ok(vec![Event::PhaseSeen { phase: phase.clone(), by: asked.by.clone() }])
}

/// A note, with its place.
pub(super) fn note(plan: &Plan, text: &str, step: Option<&StepId>, asked: &Asked) -> Decided {
    if text.trim().is_empty() {
        return refuse("the note is empty");
    }
    step.map(|step| find(plan, step)).transpose()?;
    Ok(vec![Event::Noted { text: text.to_owned(), step: step.cloned(), by: asked.by.clone() }])
}

/// Ends the run before its end; what is owed is still to be done.
pub(super) fn abort(plan: &Plan, state: &RunState, reason: &str, asked: &Asked) -> Decided {
    nothing_runs(plan, state)?;
    needs_reason(reason, "an abort")?;
    if state.aborted.is_some() {
        return refuse("the run was aborted before");
    }
    Ok(vec![Event::Aborted { reason: reason.to_owned(), by: asked.by.clone() }])
}

/// Ends the conductor between steps.
pub(super) fn pause(plan: &Plan, state: &RunState, asked: &Asked) -> Decided {
    nothing_runs(plan, state)?;
    Ok(vec![Event::Paused { by: asked.by.clone() }])
}

/// Closes a run in which nothing is left to do.
pub(super) fn close(plan: &Plan, state: &RunState, asked: &Asked) -> Decided {
    nothing_runs(plan, state)?;
    let owed = state.owing(plan);
    if let Some(owed) = owed.first() {
        return refuse(format!("{} is still owed: {}", plan.step(*owed).number, state.fill(&plan.step(*owed).title)));
    }
    if let Some(unknown) = state.orphan() {
        return refuse(format!("nobody knows whether {} finished: say that first", plan.step(unknown).number));
    }
    if let (Some(next), None) = (state.next(plan), &state.aborted) {
        return refuse(format!("{} is not done yet; :abort ends the run before its end", plan.step(next).number));
    }
    if state.started.is_none() && state.aborted.is_none() {
        return refuse("the run is not started; :abort ends it before its start");
    }
    Ok(vec![Event::Ended { how: state.end_state(plan), by: asked.by.clone() }])
}

pub(super) fn nothing_runs(plan: &Plan, state: &RunState) -> Result<(), Refusal> {
    match state.running().first() {
        Some(running) => refuse(format!("{} is running: stop it first (^C)", plan.step(*running).number)),
        None => Ok(()),
    }
}

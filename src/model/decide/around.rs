//! Wishes about what stands around the steps: messages, procedures, beginning again, risks.

use super::{Asked, Decided, needs_reason, refuse, start};
use crate::model::event::Event;
use crate::model::fill;
use crate::model::ids::{ProcedureId, RiskId, StepIx};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::{Place, Work};

/// Fills in a message's blanks; what is said is recorded as a whole.
pub(super) fn fill(plan: &Plan, state: &RunState, said: (StepIx, &Vec<String>), asked: &Asked) -> Decided {
    let (ix, blanks) = said;
    let step = plan.step(ix);
    start::ready(plan, state, ix)?;
    let Work::Notify(notice) = &step.work else {
        return refuse(format!("{} is not a message", step.number));
    };
    if state.step(ix).status.settled() || state.step(ix).status.open() {
        return refuse(format!("{} is {} already", step.number, state.step(ix).status));
    }
    let text = state.message(plan.message_text(&notice.message));
    let wanted = fill::blanks(&text);
    if blanks.len() != wanted.len() || blanks.iter().any(|blank| blank.trim().is_empty()) {
        return refuse(format!("{} has {} blanks: {}", step.number, wanted.len(), wanted.join(", ")));
    }
    let text = fill::fill_blanks(&text, blanks);
    Ok(vec![Event::MessageFilled { step: step.id.clone(), text, by: asked.by.clone() }])
}

/// Calls a procedure on demand: its steps come before what is next, and nothing else loses its place.
pub(super) fn call(plan: &Plan, state: &RunState, procedure: &ProcedureId, reason: &str, asked: &Asked) -> Decided {
    let Some(ix) = plan.find_procedure(procedure) else {
        return refuse(format!("this runbook names no procedure {procedure}"));
    };
    if state.started.is_none() {
        return refuse("the run is not started yet");
    }
    if state.is_called(plan, ix) {
        return refuse(format!("{procedure} is under way already"));
    }
    let runs = plan.procedure(ix).steps.iter().find(|step| state.step(**step).status.open());
    if let Some(runs) = runs {
        return refuse(format!("{} is under way", plan.step(*runs).number));
    }
    let (procedure, reason) = (procedure.clone(), reason.to_owned());
    Ok(vec![Event::ProcedureCalled { procedure, reason, by: asked.by.clone() }])
}

/// Begins again from a step: it and all that the run has gone through after it become `old`.
pub(super) fn recycle(plan: &Plan, state: &RunState, to: StepIx, reason: &str, asked: &Asked) -> Decided {
    let number = &plan.step(to).number;
    super::control::nothing_runs(plan, state)?;
    needs_reason(reason, "beginning again")?;
    if state.started.is_none() || state.aborted.is_some() {
        return refuse(format!("the run does not go on: it cannot begin again from {number}"));
    }
    if state.going_back() {
        return refuse("the run is going back: let it come to its end first");
    }
    if let Some(unknown) = state.orphan() {
        return refuse(format!("nobody knows whether {} finished: say that first", plan.step(unknown).number));
    }
    let forward = state.forward_path(plan);
    let Some(from) = forward.iter().position(|step| *step == to) else {
        return refuse(format!("{number} is no step that the run goes through"));
    };
    let mut steps = Vec::new();
    for step in &forward[from..] {
        steps.push(plan.step(*step).id.clone());
        steps.extend(plan.members(*step).iter().map(|member| plan.step(*member).id.clone()));
    }
    steps.dedup();
    let to = plan.step(to).id.clone();
    Ok(vec![Event::Recycled { to, steps, reason: reason.to_owned(), by: asked.by.clone() }])
}

/// A person closes a risk.
pub(super) fn close_risk(plan: &Plan, state: &RunState, risk: &RiskId, reason: &str, asked: &Asked) -> Decided {
    let Some(at) = plan.find_risk(risk) else {
        return refuse(format!("this runbook names no risk {risk}"));
    };
    needs_reason(reason, &format!("closing {risk}"))?;
    if !state.is_risk_open(plan, at) {
        return refuse(format!("{risk} is closed already"));
    }
    Ok(vec![Event::RiskClosed { risk: risk.clone(), reason: reason.to_owned(), by: asked.by.clone() }])
}

/// The blocker that keeps a step from starting, in words.
pub(super) fn blocker(plan: &Plan, state: &RunState, ix: StepIx) -> Option<String> {
    // The way back, and what is owed after it, wait for no risk.
    if matches!(plan.step(ix).place, Place::Undo(_) | Place::Level(_)) || state.owing(plan).contains(&ix) {
        return None;
    }
    let risk = state.blocking_risk(plan, ix)?;
    let risk = &plan.risks[risk];
    Some(format!("risk {} is open: {}. Close it first (:risk {})", risk.id, risk.title, risk.id))
}

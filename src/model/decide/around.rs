//! Wishes about what stands around the steps: messages, sign-offs, procedures, beginning again, risks.

use super::{Asked, Decided, Signed, find, needs_reason, refuse, start};
use crate::model::event::{Event, SigningRole};
use crate::model::fill;
use crate::model::ids::{ProcedureId, RiskId, RoleId, StepIx};
use crate::model::intent::{Intent, Refusal};
use crate::model::plan::Plan;
use crate::model::signoff;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Place, SignOff, Work};

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

/// What a sign-off that opens asks, and of whom.
pub(super) fn asked_to_sign(plan: &Plan, state: &RunState, ix: StepIx, wanted: &SignOff) -> Result<Event, Refusal> {
    let step = plan.step(ix);
    let question = signoff::question(state, wanted);
    if question.len() > signoff::QUESTION_LIMIT {
        return refuse(format!("{} asks to sign more than 6 KiB: put it into a file and name its hash", step.number));
    }
    let role = |role: &RoleId| SigningRole { role: role.clone(), signers: signoff::signers(plan, role).to_vec() };
    Ok(Event::SignAsked {
        step: step.id.clone(),
        attempt: state.step(ix).attempt + 1,
        question,
        count: wanted.count,
        roles: wanted.roles.iter().map(role).collect(),
        same_person: wanted.same_person,
        second_person: step.second_person,
    })
}

/// A person signs off for a role. Whether a signature is good was found out before: `asked.signed` says whose it is.
pub(super) fn sign(plan: &Plan, state: &RunState, intent: &Intent, asked: &Asked) -> Decided {
    let Intent::Sign { step, role, name, comment, .. } = intent else {
        return refuse("that signs nothing");
    };
    let ix = find(plan, step)?;
    let planned = plan.step(ix);
    start::ready(plan, state, ix)?;
    start::reachable(plan, state, ix)?;
    let Work::Sign(wanted) = &planned.work else {
        return refuse(format!("{} asks for no signature", planned.number));
    };
    if state.step(ix).status != StepStatus::You {
        return refuse(format!("{} does not wait for a signature", planned.number));
    }
    if !wanted.roles.contains(role) {
        return refuse(format!("{role} does not sign at {}", planned.number));
    }
    if let Some(other) = state.step(ix).signed.iter().find(|other| other.role == *role) {
        return refuse(format!("{} has signed for {role} already", other.principal));
    }
    let signers = signoff::signers(plan, role);
    let (principal, text, sig) = match &asked.signed {
        Some(Err(why)) => return refuse(why.clone()),
        Some(Ok(_)) if signers.is_empty() => {
            return refuse(format!("{role} has no signers in this runbook: a name signs for it, and no key can"));
        }
        Some(Ok(signed)) => {
            by_key(plan, state, (ix, wanted, role), signed)?;
            (signed.principal.clone(), signed.text.clone(), signed.sig.clone())
        }
        None if !signers.is_empty() => {
            return refuse(format!("{role} has signers ({}): a name alone does not sign for it", signers.join(", ")));
        }
        None if name.trim().is_empty() => return refuse("a sign-off needs a name"),
        None => (name.trim().to_owned(), state.fill(&wanted.text), "-".to_owned()),
    };
    let twice = state.step(ix).signed.iter().find(|other| other.principal == principal && !wanted.same_person);
    if let Some(other) = twice {
        return refuse(format!("{principal} has signed for {} already: another person signs for {role}", other.role));
    }
    Ok(vec![Event::StepSigned {
        step: step.clone(),
        attempt: state.step(ix).attempt,
        role: role.clone(),
        principal,
        comment: comment.clone(),
        text,
        sig,
        by: asked.by.clone(),
    }])
}

/// Whether a signature that holds may speak for this role. One key is one person, whatever it is called.
fn by_key(plan: &Plan, state: &RunState, of: (StepIx, &SignOff, &RoleId), signed: &Signed) -> Result<(), Refusal> {
    let (ix, wanted, role) = of;
    let signers = signoff::signers(plan, role);
    if !signers.contains(&signed.principal) {
        return refuse(format!("{} does not speak for {role}: {} do", signed.principal, signers.join(", ")));
    }
    let other = state
        .signatures
        .iter()
        .find(|other| other.role != *role && (other.key == signed.key || other.principal == signed.principal));
    if let (Some(other), false) = (other, wanted.same_person) {
        let same = if other.key == signed.key { "this key" } else { signed.principal.as_str() };
        return refuse(format!(
            "{same} has signed for {} at {} already: another person signs for {role}",
            other.role,
            plan.step(other.step).number
        ));
    }
    let operators = state.facts.as_ref().map(|facts| facts.operator_keys.as_slice()).unwrap_or_default();
    if plan.step(ix).second_person && operators.contains(&signed.key) {
        return refuse(format!("{} needs a second person, and this is the operator's key", plan.step(ix).number));
    }
    Ok(())
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

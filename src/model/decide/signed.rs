//! What people sign: a sign-off's statement, a station's word at a gate, a second person's before a step begins.
//!
//! Whether a signature holds was found out before; here is who may sign for what. A role with signers speaks by a key only,
//! whoever drives: a typed word of such a role is refused. One key is one person, whatever it is called.

use super::{Asked, Decided, Signed, find, refuse, start};
use crate::model::event::{AskedFor, Event, SigningRole};
use crate::model::ids::{RoleId, StepIx};
use crate::model::intent::{Intent, Refusal};
use crate::model::plan::Plan;
use crate::model::signoff;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Gate, SignOff, Work};

/// What a sign-off that opens asks, and of whom.
pub(super) fn asked_to_sign(plan: &Plan, state: &RunState, ix: StepIx, wanted: &SignOff) -> Result<Event, Refusal> {
    let step = plan.step(ix);
    Ok(Event::SignAsked {
        step: step.id.clone(),
        attempt: state.step(ix).attempt + 1,
        question: short_enough(&step.number, signoff::question(state, wanted))?,
        count: wanted.count,
        roles: wanted.roles.iter().map(|role| signing(plan, role)).collect(),
        same_person: wanted.same_person,
        second_person: step.second_person,
        asked_for: AskedFor::Statement,
    })
}

/// What the stations with signers are asked at a gate; `None` where there is no such station.
pub(crate) fn asked_to_vote(plan: &Plan, state: &RunState, ix: StepIx, gate: &Gate) -> Result<Option<Event>, Refusal> {
    let roles: Vec<SigningRole> = signoff::polled(plan, &gate.poll).map(|role| signing(plan, role)).collect();
    if roles.is_empty() {
        return Ok(None);
    }
    let (step, own) = (plan.step(ix), state.step(ix));
    let mut question = format!("GO or NO-GO at {}: {}", step.number, state.fill(&gate.text));
    let sides = [("GO needs", &gate.go), ("NO-GO if", &gate.no_go)];
    for (side, criteria) in sides {
        for criterion in criteria {
            let criterion = plan.step(*criterion);
            question.push_str(&format!("\n- {side}: {} {}", criterion.number, state.fill(&criterion.title)));
        }
    }
    // Opened, it asks for the attempt that begins; asked anew while it is open, for the one that is.
    let attempt = if own.status == StepStatus::You { own.attempt } else { own.attempt + 1 };
    Ok(Some(Event::SignAsked {
        step: step.id.clone(),
        attempt,
        question: short_enough(&step.number, question)?,
        count: 0,
        roles,
        same_person: false,
        second_person: step.second_person,
        asked_for: AskedFor::Poll,
    }))
}

/// A question that a record can hold.
pub(super) fn short_enough(number: &str, question: String) -> Result<String, Refusal> {
    if question.len() > signoff::QUESTION_LIMIT {
        return refuse(format!("{number} asks to sign more than 6 KiB: put it into a file and name its hash"));
    }
    Ok(question)
}

/// A role with those who alone speak for it.
pub(super) fn signing(plan: &Plan, role: &RoleId) -> SigningRole {
    SigningRole { role: role.clone(), signers: signoff::signers(plan, role).to_vec() }
}

/// A person signs for a role. Whether a signature is good was found out before: `asked.signed` says whose it is.
pub(super) fn sign(plan: &Plan, state: &RunState, intent: &Intent, asked: &Asked) -> Decided {
    let Intent::Sign { step, role, name, comment, decision, .. } = intent else {
        return refuse("that signs nothing");
    };
    let ix = find(plan, step)?;
    let planned = plan.step(ix);
    start::ready(plan, state, ix)?;
    start::reachable(plan, state, ix)?;
    let own = state.step(ix);
    let stands =
        own.asked.as_ref().filter(|asked| own.status == StepStatus::You || asked.asked_for == AskedFor::Second);
    let Some(stands) = stands else {
        return refuse(match &planned.work {
            Work::Sign(_) => format!("{} does not wait for a signature", planned.number),
            _asks_for_none => format!("{} asks for no signature", planned.number),
        });
    };
    if !stands.asked_for.takes(*decision) {
        return refuse(format!("{} is not asked what is signed: {}", planned.number, decision.word()));
    }
    if !stands.roles.iter().any(|one| one.role == *role) {
        return refuse(format!("{role} does not sign at {}", planned.number));
    }
    let before = own.signed.iter().find(|other| other.role == *role);
    if let Some(other) = before.filter(|_| stands.asked_for != AskedFor::Poll) {
        return refuse(format!("{} has signed for {role} already", other.principal));
    }
    let same_person = matches!(&planned.work, Work::Sign(wanted) if wanted.same_person);
    let signers = signoff::signers(plan, role);
    let (principal, text, sig) = match &asked.signed {
        Some(Err(why)) => return refuse(why.clone()),
        Some(Ok(_)) if signers.is_empty() => {
            return refuse(format!("{role} has no signers in this runbook: a name signs for it, and no key can"));
        }
        Some(Ok(signed)) => {
            by_key(plan, state, (ix, same_person, role), signed)?;
            (signed.principal.clone(), signed.text.clone(), signed.sig.clone())
        }
        None if !signers.is_empty() => return Err(typed_only(plan, role)),
        None if name.trim().is_empty() => return refuse("a sign-off needs a name"),
        None => (name.trim().to_owned(), typed_text(state, ix, plan), "-".to_owned()),
    };
    let mut others = own.signed.iter().filter(|other| other.role != *role);
    if let Some(other) = others.find(|other| other.principal == principal && !same_person) {
        return refuse(format!("{principal} has signed for {} already: another person signs for {role}", other.role));
    }
    Ok(vec![Event::StepSigned {
        step: step.clone(),
        attempt: stands.attempt,
        role: role.clone(),
        principal,
        comment: comment.clone(),
        text,
        sig,
        by: asked.by.clone(),
        decision: *decision,
    }])
}

/// What a name that is typed stands under.
fn typed_text(state: &RunState, ix: StepIx, plan: &Plan) -> String {
    match &plan.step(ix).work {
        Work::Sign(wanted) => state.fill(&wanted.text),
        _asks_for_no_name => String::new(),
    }
}

/// Why the typed word of a role with signers does not count.
pub(super) fn typed_only(plan: &Plan, role: &RoleId) -> Refusal {
    let signers = signoff::signers(plan, role).join(", ");
    Refusal(format!("{role} has signers ({signers}): a name alone does not sign for it"))
}

/// Whether a signature that holds may speak for this role. One key is one person, whatever it is called.
fn by_key(plan: &Plan, state: &RunState, of: (StepIx, bool, &RoleId), signed: &Signed) -> Result<(), Refusal> {
    let (ix, same_person, role) = of;
    let signers = signoff::signers(plan, role);
    if !signers.contains(&signed.principal) {
        return refuse(format!("{} does not speak for {role}: {} do", signed.principal, signers.join(", ")));
    }
    let hash = signoff::sha256(&signed.text);
    if state.signatures.iter().any(|other| other.text == hash) {
        return refuse("this signature has counted before: it counts once. Sign again, with other words");
    }
    let same = |other: &&crate::model::state::Signature| other.key == signed.key || other.principal == signed.principal;
    let other = state.signatures.iter().filter(|other| other.role != *role).find(same);
    if let (Some(other), false) = (other, same_person) {
        let same = if other.key == signed.key { "this key" } else { signed.principal.as_str() };
        return refuse(format!(
            "{same} has signed for {} at {} already: another person signs for {role}",
            other.role,
            plan.step(other.step).number
        ));
    }
    let facts = state.facts.as_ref();
    let operators = facts.map(|facts| facts.operator_keys.as_slice()).unwrap_or_default();
    if plan.step(ix).second_person && operators.contains(&signed.key) {
        return refuse(format!("{} needs a second person, and this is the operator's key", plan.step(ix).number));
    }
    if plan.step(ix).second_person
        && facts.is_some_and(|facts| facts.operators.iter().any(|one| one.name == signed.principal))
    {
        return refuse(format!("{} needs a second person, and this is the operator's name", plan.step(ix).number));
    }
    Ok(())
}

//! The second person of a step whose role has signers: asked with what exactly would run, and heard only with a key.
//!
//! What was agreed to is what may begin: another command, another value, another attempt, a resume, and the agreement is void.
//! The start itself stays the operator's, who types what the class asks all the same.

use super::signed::{short_enough, signing, typed_only};
use super::{Decided, asked_class, refuse, start};
use crate::model::event::{AskedFor, Event};
use crate::model::ids::{RoleId, StepIx};
use crate::model::intent::Refusal;
use crate::model::plan::Plan;
use crate::model::signoff;
use crate::model::state::RunState;
use crate::model::step::{Class, Command, Program};

/// A command that is longer is named by its hash, bytes.
const LONG: usize = 3 * 1024;

/// How it stands with a second person who answers with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Second {
    /// Nobody is asked, or what would run has changed since.
    Unasked,
    /// Asked, and not signed yet.
    Asked,
    /// This person agreed.
    Agreed(String),
}

/// How it stands with the second person of a step that a person could start now; `None` where no key is asked of one.
pub fn second_person(plan: &Plan, state: &RunState, ix: StepIx) -> Option<Second> {
    let role = signoff::seconds(plan, ix)?;
    let own = state.step(ix);
    if own.status.open() || own.status.settled() || asked_class(plan, state, ix) < Class::C3 {
        return None;
    }
    if let Ok(who) = seconded(plan, state, (ix, role)) {
        return Some(Second::Agreed(who));
    }
    let asked = asked_now(state, ix).filter(|asked| asked.question == question(plan, state, ix));
    let waits = asked.is_some() && own.signed.is_empty();
    Some(if waits { Second::Asked } else { Second::Unasked })
}

/// What the second person is asked about the attempt that comes next.
fn asked_now(state: &RunState, ix: StepIx) -> Option<&signoff::Asked> {
    let own = state.step(ix);
    own.asked.as_ref().filter(|asked| asked.asked_for == AskedFor::Second && asked.attempt == own.attempt + 1)
}

/// Asks for the signature.
pub(super) fn ask(plan: &Plan, state: &RunState, ix: StepIx) -> Decided {
    let step = plan.step(ix);
    let Some(role) = signoff::seconds(plan, ix) else {
        return refuse(format!("{} asks no second person for a key", step.number));
    };
    start::ready(plan, state, ix)?;
    start::reachable(plan, state, ix)?;
    let own = state.step(ix);
    if own.status.open() || own.status.settled() || asked_class(plan, state, ix) < Class::C3 {
        return refuse(format!("{} waits for no second person", step.number));
    }
    let question = short_enough(&step.number, question(plan, state, ix))?;
    let attempt = own.attempt + 1;
    if second_person(plan, state, ix) != Some(Second::Unasked) {
        return refuse(format!("{role} is asked already"));
    }
    Ok(vec![Event::SignAsked {
        step: step.id.clone(),
        attempt,
        question,
        count: 1,
        roles: vec![signing(plan, role)],
        same_person: false,
        second_person: true,
        asked_for: AskedFor::Second,
    }])
}

/// Who agreed that this step begins now, by key; why nobody did else.
pub(super) fn seconded(plan: &Plan, state: &RunState, (ix, role): (StepIx, &RoleId)) -> Result<String, Refusal> {
    let (step, own) = (plan.step(ix), state.step(ix));
    let asked = asked_now(state, ix);
    let signed = own.signed.iter().find(|signed| signed.role == *role && signed.key.is_some());
    let (Some(asked), Some(signed)) = (asked, signed) else {
        let why = if asked.is_some() { "is asked and has not signed" } else { "is to be asked first" };
        return refuse(format!("{}, and {role} {why}", typed_only(plan, role).0));
    };
    if asked.question != question(plan, state, ix) {
        return refuse(format!(
            "what {} would do has changed since {} signed: ask again",
            step.number, signed.principal
        ));
    }
    let operators = state.facts.as_ref().map(|facts| facts.operator_keys.as_slice()).unwrap_or_default();
    if signed.key.as_ref().is_some_and(|key| operators.contains(key)) {
        return refuse(format!("{} signed as the second person and is the operator now: ask again", signed.principal));
    }
    Ok(signed.principal.clone())
}

/// What a second person agrees to: the step, where, what it does and is known to lose.
pub(super) fn question(plan: &Plan, state: &RunState, ix: StepIx) -> String {
    let step = plan.step(ix);
    let environment = step.environment.as_ref().unwrap_or(&plan.environment);
    let title = state.fill(&step.title);
    let mut text = format!("{} {title} may begin on {}", step.number, environment.label());
    let mut line = |name: &str, said: &str| text.push_str(&format!("\n- {name}: {said}"));
    for (name, said) in [("changes", &step.changes), ("loses", &step.loses)] {
        if let Some(said) = said {
            line(name, &state.fill(said));
        }
    }
    let Some(command) = step.command() else { return text };
    let program = match &command.program {
        Program::Text { text, .. } => text.trim_end().to_owned(),
        Program::Argv(words) => words.join(" "),
    };
    if program.len() > LONG {
        line("runs", &format!("{} bytes of SHA-256 {}", program.len(), signoff::sha256(&program)));
    } else {
        line("runs", &program);
    }
    if let Some(cwd) = &command.cwd {
        line("in", cwd);
    }
    if let Some(target) = plan.elsewhere(command) {
        line("on", target.id.as_str());
    }
    for (name, value) in with(state, command) {
        line(&name, &value);
    }
    text
}

/// The variables that the command names, with what screens show of them.
fn with(state: &RunState, command: &Command) -> Vec<(String, String)> {
    let named = state.vars.values().filter(|bound| command.names(bound.name.as_str()));
    let cut = |value: &str| match value.len() {
        0..=512 => value.to_owned(),
        long => format!("{long} bytes of SHA-256 {}", signoff::sha256(value)),
    };
    let value = |value: Option<&String>| value.map_or("******".to_owned(), |value| cut(value));
    named.map(|bound| (bound.name.0.clone(), value(bound.value.as_ref()))).collect()
}

//! Choices at messages and sign-offs, and what the palette of the screens has: call, trip, recycle, risk, read.
//!
//! Called by `step` and `general`.

use super::step::start;
use super::{Prompt, only, with_card};
use crate::linear::ask::{Ask, Choice, Question, Rule, Slot};
use crate::linear::words::named;
use crate::model::decide::{asked_class, has_blanks};
use crate::model::event::{Answer, Decision};
use crate::model::fill::blanks;
use crate::model::ids::{RoleId, StepIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::secret::Secret;
use crate::model::signoff;
use crate::model::state::RunState;
use crate::model::step::{Class, Notice, SignOff};
use crate::model::watch::Source;

fn wish(questions: Vec<Question>, intent: Intent) -> Ask {
    Ask::Wish { card: Vec::new(), questions, intent }
}

fn menu(label: &str, card: &str, choices: Vec<Choice>) -> Option<Choice> {
    (!choices.is_empty()).then(|| Choice::new(label, Ask::Menu { card: vec![card.to_owned()], choices }))
}

/// A message: its blanks, then its command, or a person's word that it was said.
pub(super) fn message(plan: &Plan, state: &RunState, ix: StepIx, notice: &Notice) -> Prompt {
    let (step, own) = (plan.step(ix), state.step(ix));
    let text = own.filled.clone().unwrap_or_else(|| state.message(plan.message_text(&notice.message)));
    let choice = if has_blanks(plan, state, ix) {
        let asked = |blank: String| Question::text(format!("{blank}:"), Slot::Blank);
        let intent = Intent::Fill { step: step.id.clone(), blanks: Vec::new() };
        Choice::new("fill in", wish(blanks(&text).into_iter().map(asked).collect(), intent))
    } else if notice.via.is_some() || !own.status.open() && asked_class(plan, state, ix) > Class::C1 {
        start(plan, state, ix, if notice.via.is_some() { "send" } else { "start" })
    } else {
        let intent = Intent::Answer { step: step.id.clone(), item: 0, answer: Answer::Ok, saw: String::new() };
        Choice::new("said", wish(vec![Question::yes("Copied and said? Type y:")], intent))
    };
    let mut prompt = with_card(plan, state, ix, only(format!("Next: say {}.", named(plan, state, ix)), vec![choice]));
    let to =
        notice.to.as_ref().or_else(|| plan.find_message(&notice.message).and_then(|at| plan.messages[at].to.as_ref()));
    prompt.card.push(format!("  to  {}", to.map_or("nobody named", String::as_str)));
    prompt.card.extend(text.lines().map(|line| format!("  | {line}")));
    prompt
}

/// What is asked before a role signs, and the wish.
pub(super) fn signing(plan: &Plan, ix: StepIx, (role, decision): (&RoleId, Decision)) -> (Question, Intent) {
    let (step, role) = (plan.step(ix).id.clone(), role.clone());
    let (name, comment) = (String::new(), String::new());
    let intent = Intent::Sign { step, role, name, comment, text: None, sig: None, decision };
    (Question::text("What is said with it (- for nothing):", Slot::Text), intent)
}

/// An open sign-off: who signs for which role.
pub(super) fn sign(plan: &Plan, state: &RunState, ix: StepIx, wanted: &SignOff) -> Prompt {
    let own = state.step(ix);
    let unsigned = wanted.roles.iter().filter(|role| own.signed.iter().all(|signed| signed.role != **role));
    let choices = unsigned.map(|role| {
        let (said, intent) = signing(plan, ix, (role, Decision::Signed));
        let people = signoff::signers(plan, role);
        if people.is_empty() {
            let questions = vec![Question::text(format!("Who signs for {role}, by name:"), Slot::Name), said];
            return Choice::noted(role.0.clone(), "not signed yet", wish(questions, intent));
        }
        let note = format!("not signed yet, by a key of {}", people.join(", "));
        Choice::noted(role.0.clone(), note, wish(vec![said], intent))
    });
    let choices = menu("sign", "Who signs:", choices.collect());
    let heading = format!("You: sign {}. {} of {} signed.", named(plan, state, ix), own.signed.len(), wanted.count);
    let mut prompt = with_card(plan, state, ix, only(heading, choices.into_iter().collect()));
    let asked = own.asked.as_ref().map(|asked| asked.question.clone());
    let asked = asked.unwrap_or_else(|| signoff::question(state, wanted));
    prompt.card.extend(asked.lines().map(|line| format!("  signs  {line}")));
    prompt.card.extend(own.signed.iter().map(|one| {
        let how = one.key.as_ref().map_or("(typed)".to_owned(), |key| format!("signed {key}"));
        format!("  signed  {} for {}, {how}", one.principal, one.role)
    }));
    prompt
}

/// What the palette has beside the steps.
pub(super) fn palette(plan: &Plan, state: &RunState) -> Vec<Choice> {
    if state.started.is_none() {
        return Vec::new();
    }
    [calls(plan, state), trips(plan, state), risks(plan, state), readings(plan), again(plan, state)]
        .into_iter()
        .flatten()
        .collect()
}

fn calls(plan: &Plan, state: &RunState) -> Option<Choice> {
    let choices = plan.procedures.iter().map(|procedure| {
        let intent = Intent::Call { procedure: procedure.id.clone(), reason: String::new() };
        let ask = wish(vec![Question::why()], intent);
        Choice::noted(procedure.id.0.clone(), state.fill(&procedure.title), ask)
    });
    menu("call", "Quick fixes; what was next comes after one:", choices.collect())
}

fn trips(plan: &Plan, state: &RunState) -> Option<Choice> {
    let quiet = plan.triggers.iter().zip(&state.triggers).filter(|(_, own)| own.tripped.is_none());
    let choices = quiet.map(|(trigger, _)| {
        let intent = Intent::Trip { trigger: trigger.id.clone(), reason: String::new() };
        let ask = wish(vec![Question::text("What do you see:", Slot::Reason)], intent);
        Choice::noted(trigger.id.0.clone(), state.fill(&trigger.title), ask)
    });
    menu("trip", "Say that one of these has tripped:", choices.collect())
}

fn risks(plan: &Plan, state: &RunState) -> Option<Choice> {
    let mut open: Vec<usize> = (0..plan.risks.len()).filter(|at| state.is_risk_open(plan, *at)).collect();
    open.sort_by_key(|at| !plan.risks[*at].blocker);
    let choices = open.into_iter().map(|at| {
        let risk = &plan.risks[at];
        let ask = wish(vec![Question::why()], Intent::CloseRisk { risk: risk.id.clone(), reason: String::new() });
        let blocks = if risk.blocker { ", BLOCKER" } else { "" };
        Choice::noted(risk.id.0.clone(), format!("{} {}{blocks}", risk.level.word(), state.fill(&risk.title)), ask)
    });
    menu("risk", "Open risks; closing one takes a reason:", choices.collect())
}

fn readings(plan: &Plan) -> Option<Choice> {
    let choices = plan.probes.iter().filter_map(|probe| {
        let Source::Measure(question) = &probe.source else { return None };
        let rule = if question.secret { Rule::Hidden } else { Rule::Something };
        let asked = Question { words: question.text.clone(), rule, slot: Slot::Text };
        let intent = Intent::Reading { probe: probe.id.clone(), value: Secret::new(String::new()) };
        Some(Choice::noted(probe.id.0.clone(), probe.title.clone(), wish(vec![asked], intent)))
    });
    menu("read", "What do you read off:", choices.collect())
}

fn again(plan: &Plan, state: &RunState) -> Option<Choice> {
    if state.going_back() || state.aborted.is_some() || !state.running().is_empty() {
        return None;
    }
    let gone = state.forward_path(plan).into_iter().filter(|ix| state.step(*ix).attempt > 0).take(60);
    let choices = gone.map(|ix| {
        let step = plan.step(ix);
        let intent = Intent::Recycle { to: step.id.clone(), reason: String::new() };
        let words = format!("{} and all after it become old. Why:", step.number);
        let ask = wish(vec![Question::text(words, Slot::Reason)], intent);
        Choice::noted(step.id.0.clone(), named(plan, state, ix), ask)
    });
    menu("recycle", "Begin again from:", choices.collect())
}

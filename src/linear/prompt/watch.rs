//! Choices at a trigger that tripped and at a monitor that looks on.
//!
//! The card of a trigger opens by itself, whatever runs: it was seen, a way back, or a named person's word why one goes on.

use super::by_hand::{answers, value};
use super::step::{roll_back, start};
use super::{Prompt, only, with_card};
use crate::linear::ask::{Ask, Choice, Question, Slot};
use crate::linear::sentences::outcome;
use crate::linear::words::{ended, named, wall};
use crate::model::ids::{StepIx, TriggerIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::{Class, Work};
use crate::model::watch::Monitor;

fn wish(label: &str, questions: Vec<Question>, intent: Intent) -> Choice {
    Choice::new(label, Ask::Wish { card: Vec::new(), questions, intent })
}

/// The first trigger that tripped and about which nobody said why one goes on.
pub(super) fn tripped(state: &RunState) -> Option<TriggerIx> {
    let open = |own: &crate::model::state::TriggerState| own.tripped.is_some() && own.went_on.is_none();
    state.triggers.iter().position(open).map(TriggerIx)
}

/// The trigger's card before what else can be done.
pub(super) fn with_trigger(plan: &Plan, state: &RunState, ix: TriggerIx, then: Prompt) -> Prompt {
    let (trigger, own) = (plan.trigger(ix), state.trigger(ix));
    let Some(tripped) = &own.tripped else {
        return then;
    };
    let mut card = vec![format!("TRIGGER {} {}", trigger.id, state.fill(&trigger.title))];
    card.push(format!("  tripped at {}: {}", wall(state, tripped.since.wall), ended(&tripped.why)));
    card.extend(trigger.why.iter().flat_map(|why| why.lines()).map(|line| format!("  {}", state.fill(line))));
    card.extend(trigger.then.as_ref().map(|then| format!("  The plan says: {}.", outcome(plan, then))));
    card.extend(own.acked.as_ref().map(|(_, by)| format!("  Seen by {}.", by.shown())));
    card.extend(then.card);
    let mut choices = Vec::new();
    if own.acked.is_none() {
        choices.push(wish("see it", Vec::new(), Intent::Ack { trigger: trigger.id.clone() }));
    }
    choices.extend(roll_back(plan, state));
    let questions = vec![
        Question::text("Why is it safe to go on:", Slot::Reason),
        Question::text("Whose word is that, by name:", Slot::Name),
    ];
    let intent = Intent::GoOnDespite { trigger: trigger.id.clone(), reason: String::new(), name: String::new() };
    choices.push(wish("go on despite it", questions, intent));
    choices.extend(then.choices);
    Prompt { heading: format!("TRIGGER {} tripped. {}", trigger.id, then.heading), card, choices }
}

/// A monitor that looks on.
pub(super) fn looks_on(plan: &Plan, state: &RunState, ix: StepIx, monitor: &Monitor) -> Prompt {
    let (step, own) = (plan.step(ix), state.step(ix));
    let until = own.until.map(|until| format!(" until {}", wall(state, until))).unwrap_or_default();
    let mut choices: Vec<Choice> =
        monitor.checks.iter().filter_map(|check| check_choice(plan, state, *check)).collect();
    for (label, ok) in [("all is well", true), ("it failed", false)] {
        let asked = Question::text("What did you see:", Slot::Reason);
        let intent = Intent::EndMonitor { step: step.id.clone(), ok, reason: String::new() };
        choices.push(wish(label, vec![asked], intent));
    }
    let prompt = only(format!("Wait. {} looks on{until}. A verdict ends it.", named(plan, state, ix)), choices);
    with_card(plan, state, ix, prompt)
}

/// What can be said of one check meanwhile; nothing where it is read by itself.
fn check_choice(plan: &Plan, state: &RunState, ix: StepIx) -> Option<Choice> {
    let (step, own) = (plan.step(ix), state.step(ix));
    let by_itself = step.command().is_some() && step.class() == Class::C0;
    if own.status.settled() || by_itself {
        return None;
    }
    let note = format!("{} [{}]", state.fill(&step.title), own.status);
    let again = own.status.bad();
    let ask = match &step.work {
        Work::Check(items) if !again => {
            Ask::Menu { card: vec![note.clone()], choices: answers(plan, ix, 0, items.first()?) }
        }
        Work::Measure(question) | Work::Ask(question) if !again => value(plan, state, ix, question).then,
        Work::Run(_) | Work::Check(_) | Work::Measure(_) | Work::Ask(_) => start(plan, state, ix, "read").then,
        _read_by_itself => return None,
    };
    Some(Choice::noted(step.number.clone(), note, ask))
}

//! A run that another operator conducted: taken over by a name and a reason, then its decisions are stood by or asked again.
//!
//! What stands open and who decided what is read out first. Called by `prompt` only.

use super::{Prompt, general};
use crate::linear::ask::{Ask, Choice, Question, Slot};
use crate::linear::words::count;
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::state::{HandOver, RunState};

fn wish(label: &str, questions: Vec<Question>, intent: Intent) -> Choice {
    Choice::new(label, Ask::Wish { card: Vec::new(), questions, intent })
}

fn listed(head: &str, lines: Vec<String>, none: &str) -> Vec<String> {
    if lines.is_empty() {
        return vec![none.to_owned()];
    }
    std::iter::once(head.to_owned()).chain(lines.into_iter().map(|line| format!("  {line}"))).collect()
}

/// Whoever takes the run over gives a name and a reason.
pub(super) fn take_over(plan: &Plan, state: &RunState, open: &HandOver) -> Prompt {
    let other = open.to.other_than(&open.from).join(", ");
    let mut card = vec![format!(
        "Another {other} than before: {} conducted this run, now it is {}.",
        open.from.shown(),
        open.to.shown()
    )];
    card.extend(listed("Open:", state.left_open(plan), "Nothing is under way or owed."));
    card.extend(listed("Decided:", state.decisions(plan, None), "No gate is decided."));
    let questions =
        vec![Question::text("Your name:", Slot::Name), Question::text("Why you take it over:", Slot::Reason)];
    let intent = Intent::HandOver { name: String::new(), reason: String::new() };
    let heading = format!("{} conducted this run. Nothing goes on before it is taken over.", open.from.name);
    Prompt { heading, card, choices: vec![wish("take over", questions, intent)] }
}

/// What can be done before a run is taken over: nothing of it goes on.
pub(super) fn meanwhile(plan: &Plan, state: &RunState) -> Vec<Choice> {
    let words = "Type y to end the conductor here; tminus resume goes on:";
    let pause = wish("pause", vec![Question::yes(words)], Intent::Pause);
    let mut choices: Vec<Choice> = general::hold(state).into_iter().chain(general::watching(plan, state)).collect();
    choices.insert(choices.len() - 1, pause);
    choices
}

/// GO decisions of another operator: stood by, or left alone; `another step` and `more` begin again from one.
pub(super) fn stand_by(plan: &Plan, state: &RunState) -> Prompt {
    let old = state.old_decisions();
    let decisions = count(old.len(), "decision");
    let card = listed("Old:", state.decisions(plan, Some(&old)), "");
    let steps = old.iter().map(|ix| plan.step(*ix).id.clone()).collect();
    let typed = Question::exactly("Type  stand by  to go on from this:", "stand by");
    let typed = Question { slot: Slot::Consent, ..typed };
    let heading = format!("{decisions} of another operator, old until you stand by it.");
    Prompt { heading, card, choices: vec![wish("stand by", vec![typed], Intent::StandBy { steps })] }
}

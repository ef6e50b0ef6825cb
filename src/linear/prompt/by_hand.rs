//! Choices at a step that a person answers: statements, values, ways.

use super::step::start;
use super::{Prompt, only, with_card};
use crate::linear::ask::{Ask, Choice, Question, Rule, Slot};
use crate::linear::card::needs;
use crate::linear::words::{ended, named};
use crate::model::decide::{asked_class, early_start};
use crate::model::event::Answer;
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::secret::Secret;
use crate::model::state::RunState;
use crate::model::step::{Class, Item, Question as Value, Work};

/// A by-hand step that is next.
pub(super) fn open(plan: &Plan, state: &RunState, ix: StepIx) -> Prompt {
    let step = plan.step(ix);
    let name = named(plan, state, ix);
    let asks = asked_class(plan, state, ix) > Class::C1 || early_start(plan, state, ix, state.at.wall).is_some();
    if !state.step(ix).status.open() && asks {
        let choices = vec![start(plan, state, ix, "start")];
        return with_card(plan, state, ix, only(format!("Next: {name}, by hand."), choices));
    }
    let prompt = match &step.work {
        Work::Check(items) => {
            let at = first_open(state, ix, items.len());
            let text = items.get(at).map(|item| state.fill(&item.text)).unwrap_or_default();
            let place = if items.len() > 1 { format!(", item {} of {}", at + 1, items.len()) } else { String::new() };
            let mut choices = answers(plan, ix, at, &items[at]);
            if items.len() > 1 {
                choices.push(other_items(plan, state, ix, items));
            }
            let same = items.len() == 1 && text == state.fill(&step.title);
            let text = if same { String::new() } else { format!(": {text}") };
            only(format!("You: {}", ended(&format!("{name}{place}{text}"))), choices)
        }
        Work::Measure(question) | Work::Ask(question) => {
            only(asked(plan, state, ix, &question.text), vec![value(plan, state, ix, question)])
        }
        Work::Choose { text, options } => {
            let choices = options.iter().map(|option| {
                let intent = Intent::Choose { step: step.id.clone(), option: option.id.clone() };
                let questions = vec![Question::yes(format!("Type y to take {}:", option.id))];
                let ask = Ask::Wish { card: Vec::new(), questions, intent };
                Choice::noted(option.id.clone(), state.fill(&option.title), ask)
            });
            only(asked(plan, state, ix, text), choices.collect())
        }
        Work::Run(_) | Work::Wait(_) | Work::Gate(_) => only(name, Vec::new()),
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
            only(name, Vec::new())
        }
    };
    with_card(plan, state, ix, prompt)
}

/// `You: 1.2 Version. Which version?`; a title that is the question is said once.
fn asked(plan: &Plan, state: &RunState, ix: StepIx, text: &str) -> String {
    let name = ended(&named(plan, state, ix));
    let text = state.fill(text);
    if text == state.fill(&plan.step(ix).title) { format!("You: {name}") } else { format!("You: {name} {text}") }
}

fn first_open(state: &RunState, ix: StepIx, items: usize) -> usize {
    let own = state.step(ix);
    let open = (0..items).find(|item| !own.status.open() || !own.answers.contains_key(item));
    open.unwrap_or(0)
}

/// `ok`, `failed`, `not applicable` for one statement. What must be typed is asked; a bare tick only where nothing can be
/// read off.
pub(super) fn answers(plan: &Plan, ix: StepIx, item: usize, wanted: &Item) -> Vec<Choice> {
    let step = plan.step(ix).id.clone();
    let answer = |label: &str, answer: Answer, questions: Vec<Question>| {
        let intent = Intent::Answer { step: step.clone(), item, answer, saw: String::new() };
        Choice::new(label, Ask::Wish { card: Vec::new(), questions, intent })
    };
    let saw = match &wanted.expect {
        Some(expect) => {
            let needs = needs(expect).map(|needs| format!(" (needs {needs})")).unwrap_or_default();
            vec![Question::text(format!("What did you see{needs}:"), Slot::Text)]
        }
        None if wanted.judged => vec![Question::text("What did you see, and is it normal:", Slot::Text)],
        None if wanted.evidence => vec![Question::text("What did you see:", Slot::Text)],
        None => Vec::new(),
    };
    vec![
        answer("ok", Answer::Ok, saw),
        answer("failed", Answer::Failed, vec![Question::text("What did you see:", Slot::Text)]),
        answer("not applicable", Answer::NotApplicable, vec![Question::why()]),
    ]
}

fn other_items(plan: &Plan, state: &RunState, ix: StepIx, items: &[Item]) -> Choice {
    let own = state.step(ix);
    let choices = items.iter().enumerate().map(|(at, item)| {
        let word = own.answers.get(&at).filter(|_| own.status.open()).map(|said| match said.answer {
            Answer::Ok => " (ok)",
            Answer::Failed => " (failed)",
            Answer::NotApplicable => " (not applicable)",
        });
        let note = format!("{}{}", state.fill(&item.text), word.unwrap_or_default());
        let menu = Ask::Menu { card: vec![note.clone()], choices: answers(plan, ix, at, item) };
        Choice::noted(format!("item {}", at + 1), note, menu)
    });
    let card = vec![format!("Items of {}:", plan.step(ix).number)];
    Choice::new("another item", Ask::Menu { card, choices: choices.collect() })
}

/// A value to type in.
pub(super) fn value(plan: &Plan, state: &RunState, ix: StepIx, question: &Value) -> Choice {
    let mut words = state.fill(&question.text);
    if let Some(out_of) = question.out_of {
        words.push_str(&format!(" (of {out_of})"));
    }
    if let Some(needs) = question.expect.as_ref().and_then(needs) {
        words.push_str(&format!(" (needs {needs})"));
    }
    let rule = if question.secret { Rule::Hidden } else { Rule::Something };
    let questions = vec![Question { words, rule, slot: Slot::Text }];
    let intent = Intent::Value { step: plan.step(ix).id.clone(), value: Secret::new(String::new()) };
    Choice::new("answer", Ask::Wish { card: Vec::new(), questions, intent })
}

//! The ways back, each with its budget, what it loses and every command that it would run.

use crate::linear::ask::{Ask, Choice, Question, Rule, Slot};
use crate::linear::card::card;
use crate::linear::words::{count, wall};
use crate::model::ids::LevelIx;
use crate::model::intent::{Intent, Typed};
use crate::model::plan::{Level, Plan};
use crate::model::schedule;
use crate::model::state::RunState;
use crate::model::time::plan_length;

/// `roll back`, with its levels; `None` where the runbook names none.
pub(super) fn choice(plan: &Plan, state: &RunState) -> Option<Choice> {
    if plan.levels.is_empty() || state.started.is_none() || state.ended.is_some() {
        return None;
    }
    let mut card = vec!["Ways back, mildest first:".to_owned()];
    card.push(match state.hard_stop {
        Some(stop) => {
            let stop = schedule::format_wall(stop, &state.zone, None).unwrap_or_else(|| "?".into());
            format!("The window ends at {stop}.")
        }
        None => "No deadline declared.".into(),
    });
    let late = schedule::in_time_words(plan, state, state.at);
    card.extend(late.map(|words| format!("At {}: {words}", wall(state, state.at.wall))));
    let mut choices = Vec::new();
    for (at, level) in plan.levels.iter().enumerate() {
        let ix = LevelIx(at);
        if state.level_path(plan, ix).is_empty() {
            card.push(format!("  {} has nothing to undo yet.", level.id));
        } else {
            choices.push(Choice::noted(level.id.0.clone(), facts(state, plan, ix), take(plan, state, ix)));
        }
    }
    Some(Choice::new("roll back", Ask::Menu { card, choices }))
}

/// Commands of a way back that a person ran by hand, while the journal could not be written: each said with a reason, so
/// that taking the way does not run it again.
pub(super) fn by_hand(plan: &Plan, state: &RunState) -> Option<Choice> {
    let mut steps: Vec<_> = (0..plan.levels.len()).flat_map(|at| state.level_path(plan, LevelIx(at))).collect();
    steps.sort();
    steps.dedup();
    let each = |ix: &crate::model::ids::StepIx| {
        let step = plan.step(*ix);
        let intent = Intent::Hand { step: step.id.clone(), reason: String::new() };
        let asked = Question::text(format!("{} was done by hand. How do you know:", step.number), Slot::Reason);
        let ask = Ask::Wish { card: Vec::new(), questions: vec![asked], intent };
        Choice::noted(step.number.clone(), state.fill(&step.title), ask)
    };
    let choices: Vec<Choice> = steps.iter().map(each).collect();
    let card = vec!["Done by hand, of a way back:".to_owned()];
    (!choices.is_empty() && state.started.is_some())
        .then(|| Choice::new("went back by hand", Ask::Menu { card, choices }))
}

fn facts(state: &RunState, plan: &Plan, ix: LevelIx) -> String {
    let level = plan.level(ix);
    let mut words = vec![level.title.clone()];
    words.push(level.budget.map_or("no budget".into(), |budget| format!("plan {}", plan_length(budget))));
    words.push(loss(level));
    if let Some(latest) = schedule::latest_start(plan, state, ix) {
        words.push(format!("latest start {}", wall(state, latest)));
    }
    if !schedule::offered(plan, state, ix) {
        words.push("not offered now: it takes a reason".into());
    }
    words.join(", ")
}

fn loss(level: &Level) -> String {
    if level.loses_nothing() {
        "loses nothing".into()
    } else {
        format!("LOSES {}", level.loses.as_deref().unwrap_or("something"))
    }
}

fn take(plan: &Plan, state: &RunState, ix: LevelIx) -> Ask {
    let level = plan.level(ix);
    let path = state.level_path(plan, ix);
    let mut lines = vec![format!("{} {}: {}, {}.", level.id, level.title, count(path.len(), "step"), loss(level))];
    for step in &path {
        lines.extend(card(plan, state, *step).into_iter().map(|line| format!("  {line}")));
    }
    let offered = schedule::offered(plan, state, ix);
    let mut questions = if level.loses_nothing() {
        vec![Question::yes(format!("Type y to take {}:", level.id))]
    } else {
        vec![Question {
            words: format!("It {}. Type  {}  to take it:", loss(level), level.id),
            rule: Rule::Exactly(level.id.0.clone()),
            slot: Slot::Typed,
        }]
    };
    if !level.loses_nothing() || !offered {
        questions.push(Question::why());
    }
    let intent = Intent::RollBack { level: level.id.clone(), typed: Typed::default() };
    Ask::Wish { card: lines, questions, intent }
}

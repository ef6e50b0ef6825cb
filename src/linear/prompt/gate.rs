//! Choices at an open gate: criteria, stations, the decision.

use super::around::signing;
use super::by_hand::{answers, value};
use super::step::{start, with_reason};
use super::{Prompt, only, with_card};
use crate::linear::ask::{Ask, Choice, Question, Slot};
use crate::linear::words::{ended, named};
use crate::model::decide::{GO_ANYWAY, early_decision};
use crate::model::event::Vote;
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::signoff;
use crate::model::state::RunState;
use crate::model::step::{Gate, Work};
use crate::model::watch::Outcome;

/// An open gate.
pub(super) fn open(plan: &Plan, state: &RunState, ix: StepIx, gate: &Gate) -> Prompt {
    let open = state.open_points(plan, ix);
    let advice = if open.is_empty() { "Advice: GO".to_owned() } else { format!("Advice: HOLD. {}", open.join(", ")) };
    let mut choices = Vec::new();
    let items: Vec<Choice> =
        gate.go.iter().chain(&gate.no_go).filter_map(|criterion| criterion_choice(plan, state, *criterion)).collect();
    if !items.is_empty() {
        let card = vec!["Criteria:".to_owned()];
        choices.push(Choice::new("answer a criterion", Ask::Menu { card, choices: items }));
    }
    if !gate.poll.is_empty() {
        choices.push(poll(plan, state, ix, gate));
    }
    choices.push(decide(plan, state, (ix, true), &open));
    choices.push(decide(plan, state, (ix, false), &open));
    let amended = state.amended_word().map(|word| format!(" Runbook {word}.")).unwrap_or_default();
    let heading = format!("You: gate {} {advice}.{amended}", ended(&named(plan, state, ix)));
    with_card(plan, state, ix, only(heading, choices))
}

/// What can be done about one criterion; nothing where it is being read.
fn criterion_choice(plan: &Plan, state: &RunState, ix: StepIx) -> Option<Choice> {
    let step = plan.step(ix);
    let status = state.step(ix).status;
    if status.settled() || state.running().contains(&ix) {
        return None;
    }
    let note = format!("{} [{status}]", state.fill(&step.title));
    let again = status.bad();
    let ask = match &step.work {
        Work::Check(items) if !again => {
            Ask::Menu { card: vec![note.clone()], choices: answers(plan, ix, 0, items.first()?) }
        }
        Work::Measure(question) | Work::Ask(question) if !again => value(plan, state, ix, question).then,
        Work::Run(_) | Work::Check(_) | Work::Measure(_) | Work::Ask(_) => start(plan, state, ix, "read").then,
        Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => return None,
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
            return None;
        }
    };
    Some(Choice::noted(step.number.clone(), note, ask))
}

fn poll(plan: &Plan, state: &RunState, ix: StepIx, gate: &Gate) -> Choice {
    let mut choices = Vec::new();
    for role in &gate.poll {
        let title = plan.roles.iter().find(|each| each.id == *role);
        let title = title.map_or(role.as_str(), |role| role.title.as_str());
        let said = match state.vote(ix, role) {
            Some((Vote::Go, by)) => format!("{title}, said GO ({})", by.shown()),
            Some((Vote::NoGo, by)) => format!("{title}, said NO-GO ({})", by.shown()),
            None => format!("{title}, silent"),
        };
        for (word, vote) in [("GO", Vote::Go), ("NO-GO", Vote::NoGo)] {
            let ask = if signoff::signers(plan, role).is_empty() {
                let intent = Intent::Vote { step: plan.step(ix).id.clone(), role: role.clone(), vote };
                Ask::Wish { card: Vec::new(), questions: Vec::new(), intent }
            } else {
                let (said, intent) = signing(plan, ix, (role, vote.into()));
                Ask::Wish { card: Vec::new(), questions: vec![said], intent }
            };
            choices.push(Choice::noted(format!("{role} {word}"), said.clone(), ask));
        }
    }
    let card = vec![format!("Stations of {}:", plan.step(ix).number)];
    Choice::new("speak for a station", Ask::Menu { card, choices })
}

fn decide(plan: &Plan, state: &RunState, (ix, go): (StepIx, bool), open: &[String]) -> Choice {
    let step = plan.step(ix);
    let intent = Intent::Decide { step: step.id.clone(), go, typed: String::new(), reason: String::new() };
    let (label, questions, card) = match (go, open.is_empty()) {
        (true, true) => ("GO", vec![Question::yes(format!("Type y for GO at {}:", step.number))], Vec::new()),
        (true, false) => {
            let asked = vec![
                Question::exactly(format!("Type  {GO_ANYWAY}  to go against the advice:"), GO_ANYWAY),
                Question::text("Why, for each open point:", Slot::Reason),
            ];
            ("GO anyway", asked, vec![format!("GO is locked. Open: {}.", open.join(", "))])
        }
        (false, _) => ("NO-GO", vec![Question::text("NO-GO. Why:", Slot::Reason)], Vec::new()),
    };
    let questions = with_reason(state, early_decision(plan, state, ix, state.at.wall), questions);
    Choice::new(label, Ask::Wish { card, questions, intent })
}

/// What stands after a NO-GO, with what the plan proposes.
pub(super) fn refused_words(plan: &Plan, gate: &Gate) -> String {
    match &gate.otherwise {
        Outcome::Hold => "is NO-GO. The plan says: wait and look again".into(),
        Outcome::Abort => "is NO-GO. The plan says: abort".into(),
        Outcome::GoOn => "is NO-GO. The plan says: go on all the same".into(),
        Outcome::Recycle(step) => format!("is NO-GO. The plan says: begin again from {step}"),
        Outcome::Call(procedure) => format!("is NO-GO. The plan says: call {procedure}"),
        Outcome::RollBack(level) => {
            let title = plan.find_level(level).map(|ix| plan.level(ix).title.as_str());
            format!("is NO-GO. The plan says: roll back {level} {}", title.unwrap_or_default())
        }
    }
}

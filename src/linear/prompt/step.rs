//! Choices at one step: run it, retry it, stop it, say what became of it.

use super::{Prompt, around, by_hand, gate, levels, only, watch, with_card};
use crate::linear::ask::{Ask, Choice, Question, Slot};
use crate::linear::card::card;
use crate::linear::words::{ended, named, wall};
use crate::model::decide::{Second, asked_class, early_start, second_person};
use crate::model::event::Decision;
use crate::model::follow;
use crate::model::ids::{RoleId, StepIx};
use crate::model::intent::{Intent, Typed};
use crate::model::plan::Plan;
use crate::model::signoff;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Class, Work};

/// What class the runbook gives, in words, for the one line.
fn class_words(class: Class) -> &'static str {
    match class {
        Class::C0 => "reads only",
        Class::C1 => "changes, C1",
        Class::C2 => "C2: its number is typed",
        Class::C3 => "C3: its phrase is typed",
    }
}

/// The step that is to be done or answered now, and when it is planned where that is to come.
pub(super) fn next(plan: &Plan, state: &RunState, ix: StepIx) -> Prompt {
    let mut prompt = ahead(plan, state, ix);
    let at = crate::model::schedule::planned_at(plan, state, ix).filter(|at| *at > state.at.wall);
    let says_so = matches!(plan.step(ix).work, Work::Gate(_));
    if let Some(at) = at.filter(|_| !state.step(ix).status.open() && !says_so) {
        prompt.heading.push_str(&format!(" Planned for {}.", planned(state, at)));
    }
    prompt
}

fn ahead(plan: &Plan, state: &RunState, ix: StepIx) -> Prompt {
    let step = plan.step(ix);
    let own = state.step(ix);
    let name = named(plan, state, ix);
    let mut choices = Vec::new();
    if by_itself(plan, state, ix) {
        return only(format!("Wait. {name} starts by itself."), Vec::new());
    }
    let heading = match &step.work {
        Work::Run(_) => {
            choices.push(start(plan, state, ix, "run"));
            format!("Next: {name} ({}).", class_words(asked_class(plan, state, ix)))
        }
        Work::Wait(_) => {
            let until = own.until.map(|until| format!(" until {}", wall(state, until)));
            choices.push(release(plan, state, ix));
            format!("Wait. {name} counts down{}.", until.unwrap_or_default())
        }
        Work::Gate(work) if own.status == StepStatus::You => {
            return gate::open(plan, state, ix, work);
        }
        Work::Gate(_) => {
            choices.push(start(plan, state, ix, "open"));
            let at = crate::model::schedule::planned_at(plan, state, ix).filter(|at| *at > state.at.wall);
            let at = at.map(|at| format!(" at {}", planned(state, at))).unwrap_or_default();
            format!("Next: gate {name}. It opens by itself{at}.")
        }
        Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } => {
            return by_hand::open(plan, state, ix);
        }
        Work::Evidence(_) => return only(format!("Wait. {name} is looked up."), Vec::new()),
        Work::Monitor(monitor) if own.status.open() => return watch::looks_on(plan, state, ix, monitor),
        Work::Sign(wanted) if own.status.open() => return around::sign(plan, state, ix, wanted),
        Work::Notify(notice) => return around::message(plan, state, ix, notice),
        Work::Call(_) | Work::Group(_) if own.status.open() => {
            return only(format!("Wait. {name} comes to its end."), Vec::new());
        }
        Work::Monitor(_) | Work::Sign(_) | Work::Call(_) | Work::Group(_) => {
            choices.push(start(plan, state, ix, "run"));
            format!("Next: {name} ({}).", class_words(asked_class(plan, state, ix)))
        }
    };
    let prompt = Prompt { heading, card: Vec::new(), choices };
    with_card(plan, state, ix, prompt)
}

/// Whether it starts without a person's key: on a way back, on a card that was agreed to as a whole.
fn by_itself(plan: &Plan, state: &RunState, ix: StepIx) -> bool {
    let step = plan.step(ix);
    let has_a_time = step.auto || matches!(step.work, Work::Wait(_) | Work::Gate(_) | Work::Evidence(_));
    !has_a_time && state.hold.is_none() && follow::begins_one_day(plan, state, ix)
}

/// Starts a step, or tries it again: with what its class asks to be typed.
pub(super) fn start(plan: &Plan, state: &RunState, ix: StepIx, label: &str) -> Choice {
    let step = plan.step(ix);
    let number = &step.number;
    let class = asked_class(plan, state, ix);
    let second = second_person(plan, state, ix);
    if let (Some(second @ (Second::Unasked | Second::Asked)), Some(role)) = (&second, signoff::seconds(plan, ix)) {
        return seconds_first(plan, state, (ix, role), (second, label));
    }
    let questions = match class {
        Class::C0 => Vec::new(),
        Class::C1 => vec![Question::yes(format!("Type y to {label} {number}:"))],
        Class::C2 => vec![Question::exactly(
            format!("Type the step number to {label} it on {}:  {number}", plan.environment.name),
            number,
        )],
        Class::C3 => {
            let mut asked = vec![
                Question::exactly(format!("Type  {}  to {label} it:", step.phrase()), step.phrase()),
                Question::why(),
            ];
            if step.second_person && second.is_none() {
                asked.push(Question::text("Second person, by name:", Slot::Second));
            }
            asked
        }
    };
    let questions = with_reason(state, early_start(plan, state, ix, state.at.wall), questions);
    let card = if class == Class::C0 { Vec::new() } else { card(plan, state, ix) };
    let intent = Intent::Run { step: step.id.clone(), typed: Typed::default() };
    Choice::new(label, Ask::Wish { card, questions, intent })
}

/// Before a step whose second person has a key: that person is asked, then signs; only then it can be started.
fn seconds_first(plan: &Plan, state: &RunState, at: (StepIx, &RoleId), (second, label): (&Second, &str)) -> Choice {
    let (ix, role) = at;
    let step = plan.step(ix);
    let people = signoff::signers(plan, role).join(", ");
    let mut lines = card(plan, state, ix);
    lines.push(format!("{} begins once a second person has signed for {role}: {people}.", step.number));
    let mut choices = Vec::new();
    let ask = Intent::AskSecond { step: step.id.clone() };
    let asks = Ask::Wish { card: Vec::new(), questions: Vec::new(), intent: ask };
    match second {
        Second::Asked => {
            lines.push("Signed here, or from another terminal or machine: tminus sign RUN.".into());
            let (said, intent) = around::signing(plan, ix, (role, Decision::Approved));
            let sign = Ask::Wish { card: Vec::new(), questions: vec![said], intent };
            choices.push(Choice::noted(format!("sign for {role}"), format!("a key of {people}"), sign));
        }
        Second::Unasked | Second::Agreed(_) => choices.push(Choice::new(&format!("ask {role} to sign"), asks)),
    }
    Choice::new(label, Ask::Menu { card: lines, choices })
}

/// Asks why as well where something would begin or be decided before its planned time.
pub(super) fn with_reason(state: &RunState, early: Option<i64>, mut asked: Vec<Question>) -> Vec<Question> {
    let has_reason = asked.iter().any(|question| question.slot == Slot::Reason);
    if let Some(at) = early.filter(|_| !has_reason) {
        asked.push(Question::text(format!("Planned for {}. Why before that:", planned(state, at)), Slot::Reason));
    }
    asked
}

/// `2026-11-21 15:00 EST`.
fn planned(state: &RunState, at: i64) -> String {
    crate::model::schedule::format_wall(at, &state.zone, None).unwrap_or_else(|| "?".into())
}

/// Whether a choice starts something, which a hold forbids.
pub(super) fn starts(choice: &Choice) -> bool {
    match &choice.then {
        Ask::Wish { intent, .. } => matches!(intent, Intent::Run { .. } | Intent::Decide { .. }),
        Ask::Menu { .. } | Ask::Show(_) | Ask::Terminal(_) | Ask::Leave => false,
    }
}

fn release(plan: &Plan, _state: &RunState, ix: StepIx) -> Choice {
    let intent = Intent::Release { step: plan.step(ix).id.clone(), reason: String::new() };
    Choice::new("end it early", Ask::Wish { card: Vec::new(), questions: vec![Question::why()], intent })
}

/// A step that came to a bad end.
pub(super) fn failed(plan: &Plan, state: &RunState, ix: StepIx) -> Prompt {
    let step = plan.step(ix);
    let what = match state.step(ix).status {
        StepStatus::TimedOut => "ran out of time",
        StepStatus::Stopped => "was stopped",
        StepStatus::Unknown => "is unknown: nobody can tell",
        StepStatus::Failed
        | StepStatus::NotYet
        | StepStatus::Running
        | StepStatus::You
        | StepStatus::Ok
        | StepStatus::Late
        | StepStatus::Skipped
        | StepStatus::NotApplicable
        | StepStatus::Hand
        | StepStatus::Over
        | StepStatus::Back
        | StepStatus::Old
        | StepStatus::Claim => "FAILED",
    };
    let (what, again) = match &step.work {
        Work::Gate(gate) => (gate::refused_words(plan, gate), "open again"),
        Work::Run(_) => (what.to_owned(), "retry"),
        Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } | Work::Wait(_) => {
            (what.to_owned(), "answer again")
        }
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
            (what.to_owned(), "retry")
        }
    };
    let choices = vec![start(plan, state, ix, again), accept(plan, ix)];
    let prompt = only(ended(&format!("{} {what}", named(plan, state, ix))), choices);
    with_card(plan, state, ix, prompt)
}

fn accept(plan: &Plan, ix: StepIx) -> Choice {
    let number = &plan.step(ix).number;
    let intent = Intent::Accept { step: plan.step(ix).id.clone(), reason: String::new(), name: String::new() };
    let questions = vec![
        Question::text(format!("{number} failed and would be accepted as it is. Why:"), Slot::Reason),
        Question::text("Who accepts it, by name:", Slot::Name),
    ];
    Choice::new("accept", Ask::Wish { card: Vec::new(), questions, intent })
}

/// The step that a wish about "this step" is about.
pub(super) fn current(plan: &Plan, state: &RunState) -> Option<StepIx> {
    let busy = state.running().first().copied();
    busy.or_else(|| super::orphan(state)).or_else(|| state.next(plan))
}

/// The ways back, for everywhere.
pub(super) fn roll_back(plan: &Plan, state: &RunState) -> Option<Choice> {
    levels::choice(plan, state)
}

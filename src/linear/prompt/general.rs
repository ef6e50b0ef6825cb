//! Choices that belong to the run and not to one step: start, hold, go on, note, other steps, abort, pause, close, leave.

use super::step::{current, roll_back, start as start_step};
use super::trouble::leave_out;
use super::{Prompt, only};
use crate::linear::ask::{Ask, Choice, Question, Slot};
use crate::linear::card::card;
use crate::linear::words::{count, named};
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::plan::{Plan, Source, Start};
use crate::model::schedule::{self, Late};
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Class, Place};

/// What a hold is recorded with where nobody says why.
const NO_REASON: &str = "no reason given";

fn wish(label: &str, questions: Vec<Question>, intent: Intent) -> Choice {
    Choice::new(label, Ask::Wish { card: Vec::new(), questions, intent })
}

/// How many steps, against what, and how many of them destroy data; or that this is a drill.
fn what_it_is(plan: &Plan, state: &RunState, (steps, destroys): (usize, usize)) -> String {
    let (steps, where_to) = (count(steps, "step"), plan.environment.label());
    let destroys = if destroys == 0 { "none".to_owned() } else { destroys.to_string() };
    if state.is_drill() {
        return format!(
            "A drill of {steps}: their examples are shown, nothing is executed. In the run itself, against {where_to}, \
             {destroys} can destroy data"
        );
    }
    let destroys = if destroys == "none" { "None".to_owned() } else { destroys };
    format!("This will run {steps} against {where_to}. {destroys} can destroy data")
}

/// Before the start: what will run where, and the environment's word.
pub(super) fn start(plan: &Plan, state: &RunState) -> Prompt {
    let word = plan.environment.kind.word();
    let in_phases = |ix: &StepIx| matches!(plan.step(*ix).place, Place::Phase(_) | Place::Choice { .. });
    let steps: Vec<StepIx> = (0..plan.steps.len()).map(StepIx).filter(in_phases).collect();
    let destroys = steps.iter().filter(|ix| plan.step(**ix).class() == Class::C3).count();
    let commands: Vec<(&str, &str)> = plan
        .vars
        .iter()
        .filter(|_| !state.is_drill())
        .filter_map(|var| match &var.source {
            Source::Command(command) => Some((var.name.as_str(), command.as_str())),
            Source::Env { .. } | Source::Default(_) | Source::Given => None,
        })
        .collect();
    let mut heading = format!("{}.", what_it_is(plan, state, (steps.len(), destroys)));
    if !commands.is_empty() {
        heading.push_str(&format!(" {} for variables once it is started.", count(commands.len(), "command")));
    }
    heading.push_str(&format!(" {}", t0_words(plan, state)));
    let mut lines = vec![plan.title.clone()];
    lines.extend(plan.summary.clone());
    lines.extend(commands.iter().map(|(name, text)| format!("  {name} from: {text}")));
    let mut listed = lines.clone();
    listed.extend(overview(plan, state));
    let typed = Question::exactly(format!("Type  {word}  to start:"), word);
    let choices = vec![
        wish("start", vec![typed], Intent::Start { typed: String::new() }),
        Choice::new("list the steps", Ask::Show(listed)),
    ];
    Prompt { heading, card: lines, choices }
}

fn t0_words(plan: &Plan, state: &RunState) -> String {
    let given = state.facts.as_ref().and_then(|facts| facts.t0);
    let at = given.or(match &plan.start {
        Start::At { wall, .. } => Some(*wall),
        Start::AtStart => None,
    });
    let shown = at.and_then(|at| {
        let here = schedule::format_wall(at, &state.zone, None)?;
        let utc = schedule::format_wall(at, "UTC", Some("%H:%M UTC"))?;
        if here.ends_with(&utc) {
            return Some(format!("T0: {here}."));
        }
        Some(format!("T0: {here} = {utc}."))
    });
    shown.unwrap_or_else(|| format!("T0 is the moment of the start, clock in {}.", state.zone))
}

/// Every step with its state, one a line.
fn overview(plan: &Plan, state: &RunState) -> Vec<String> {
    let mut lines = Vec::new();
    for phase in &plan.phases {
        let mut steps = Vec::new();
        for step in &phase.steps {
            state.push_with_choice(plan, *step, &mut steps);
        }
        let progress = state.progress(&steps);
        lines.push(format!("Phase {} {}: {} of {}", phase.number, phase.title, progress.done, progress.total));
        for ix in steps {
            let step = plan.step(ix);
            lines.push(format!("  {} [{}] {}", named(plan, state, ix), step.class().word(), state.step(ix).status));
        }
    }
    lines
}

/// Goes on after a hold.
pub(super) fn go_on(plan: &Plan, state: &RunState) -> Choice {
    let at = state.hold.as_ref().and_then(|hold| hold.at).map(|ix| named(plan, state, ix));
    let words = at.map_or("Type y to go on:".to_owned(), |at| format!("You were at {at}. Type y to go on:"));
    wish("go on", vec![Question::yes(words)], Intent::GoOn)
}

/// Nothing is left to do but what is owed or the close.
pub(super) fn nothing_left(plan: &Plan, state: &RunState) -> Prompt {
    let how = state.end_state(plan).word();
    let words = format!("Type y to close the run as {how}; nothing can run in it afterwards:");
    let choices = vec![wish("close", vec![Question::yes(words)], Intent::Close)];
    only(format!("Nothing is left to do. The run would end as {how}."), choices)
}

/// What the driver can do beside the step's own choices.
pub(super) fn for_driver(plan: &Plan, state: &RunState) -> Vec<Choice> {
    let mut choices = Vec::new();
    let open = state.ended.is_none();
    let current = current(plan, state);
    choices.extend(hold(state));
    if let Some(ix) = current.filter(|_| open && state.started.is_some()) {
        let ways = leave_out(plan, state, ix);
        if !ways.is_empty() {
            let menu =
                Ask::Menu { card: vec![format!("Settle {} without tminus:", plan.step(ix).number)], choices: ways };
            choices.push(Choice::new("skip", menu));
        }
    }
    choices.extend(roll_back(plan, state));
    choices.extend(details(plan, state, current));
    if open {
        choices.push(Choice::new("more", Ask::Menu { card: Vec::new(), choices: more(plan, state, current) }));
    }
    choices.push(Choice::new("leave", Ask::Leave));
    choices
}

pub(super) fn hold(state: &RunState) -> Option<Choice> {
    let can = state.hold.is_none() && state.started.is_some() && state.ended.is_none();
    can.then(|| wish("hold", Vec::new(), Intent::Hold { reason: NO_REASON.into() }))
}

fn details(plan: &Plan, state: &RunState, current: Option<StepIx>) -> Option<Choice> {
    let mut lines = current.map(|ix| card(plan, state, ix)).unwrap_or_default();
    lines.extend(overview(plan, state));
    lines.extend(whose_time(plan, state, current));
    let owed: Vec<String> = state.owing(plan).iter().map(|ix| named(plan, state, *ix)).collect();
    if !owed.is_empty() {
        lines.push(format!("Owed: {}.", owed.join("; ")));
    }
    lines.extend(
        schedule::late(plan, state, state.at).into_iter().map(|(late, since)| late_words(plan, state, (late, since))),
    );
    state.started.map(|_| Choice::new("details", Ask::Show(lines)))
}

/// `Late since 2026-11-22 15:00 UTC: The first day.`
fn late_words(plan: &Plan, state: &RunState, (late, since): (Late, i64)) -> String {
    let what = match late {
        Late::Step(ix) => named(plan, state, ix),
        Late::Phase(at) => format!("phase {} {}", plan.phases[at].number, state.fill(&plan.phases[at].title)),
        Late::Horizon(at) => state.fill(&plan.horizons[at].title),
    };
    let since = schedule::format_wall(since, &state.zone, None).unwrap_or_else(|| "?".into());
    format!("Late since {since}: {what}.")
}

/// Whose time it was up to the last record: of the step, and of the run.
fn whose_time(plan: &Plan, state: &RunState, current: Option<StepIx>) -> Vec<String> {
    let of_step = current.and_then(|ix| {
        let spent = state.spent_on(plan, ix, state.at).sentence()?;
        Some(format!("Time of {}: {spent}.", plan.step(ix).number))
    });
    let of_run = state.spent(plan, state.at).sentence().map(|spent| format!("Time of the run: {spent}."));
    of_step.into_iter().chain(of_run).collect()
}

fn more(plan: &Plan, state: &RunState, current: Option<StepIx>) -> Vec<Choice> {
    let step = current.map(|ix| plan.step(ix).id.clone());
    let note = Intent::Note { text: String::new(), step };
    let mut choices = vec![wish("note", vec![Question::text("Note:", Slot::Text)], note)];
    if state.started.is_some() {
        let why = vec![Question::text("Hold. Why:", Slot::Reason)];
        if state.hold.is_none() {
            choices.push(wish("hold with a reason", why, Intent::Hold { reason: String::new() }));
        }
        choices.extend(super::around::palette(plan, state));
        choices.extend(phases_to_see(plan, state));
        choices.extend(other_steps(plan, state, current));
        choices.extend(super::levels::by_hand(plan, state));
    }
    choices.push(crate::linear::amend::choice());
    if state.running().is_empty() {
        let words = "Type y to end the conductor here; tminus resume goes on:";
        choices.push(wish("pause", vec![Question::yes(words)], Intent::Pause));
        if state.aborted.is_none() {
            let why = vec![Question::text("This ends the run before its end. Why:", Slot::Reason)];
            choices.push(wish("abort", why, Intent::Abort { reason: String::new() }));
        }
    }
    choices
}

fn phases_to_see(plan: &Plan, state: &RunState) -> Vec<Choice> {
    let complete = |phase: &&crate::model::plan::Phase| {
        let progress = state.progress(&phase.steps);
        progress.done == progress.total && !state.seen_phases.contains(&phase.id)
    };
    let see = |phase: &crate::model::plan::Phase| {
        let intent = Intent::SeePhase { phase: phase.id.clone() };
        wish(&format!("acknowledge phase {}", phase.number), Vec::new(), intent)
    };
    plan.phases.iter().filter(complete).map(see).collect()
}

/// Steps of the path that are not next: started out of order, they ask for their number at least.
fn other_steps(plan: &Plan, state: &RunState, current: Option<StepIx>) -> Option<Choice> {
    if state.hold.is_some() || !state.running().is_empty() {
        return None;
    }
    let path = state.path(plan);
    let mut before: Vec<&str> = Vec::new();
    let mut choices = Vec::new();
    for ix in path.into_iter().chain(state.owing(plan)) {
        let status = state.step(ix).status;
        if status.settled() || status.open() {
            continue;
        }
        if Some(ix) != current && status != StepStatus::Unknown && choices.len() < 40 {
            let mut choice = start_step(plan, state, ix, "run");
            if let Ask::Wish { card, .. } = &mut choice.then {
                let passed = before.join(", ");
                card.insert(0, format!("{} is not next. Not done yet: {passed}.", plan.step(ix).number));
            }
            choices.push(Choice::noted(plan.step(ix).number.clone(), state.fill(&plan.step(ix).title), choice.then));
        }
        before.push(&plan.step(ix).number);
    }
    let card = vec!["Out of order:".to_owned()];
    (!choices.is_empty()).then(|| Choice::new("another step", Ask::Menu { card, choices }))
}

/// Hold, stop and roll back are open to every client that may touch the run at all.
pub(super) fn beside(plan: &Plan, state: &RunState) -> Vec<Choice> {
    let mut choices = Vec::new();
    if let Some(running) = state.running().first() {
        choices.extend(super::trouble::running(plan, state, *running).choices);
    }
    choices.extend(hold(state));
    choices.extend(roll_back(plan, state));
    choices.extend(details(plan, state, current(plan, state)));
    choices.push(wish("take the wheel", vec![Question::yes("Type y to ask for the wheel:")], Intent::Drive));
    choices.push(Choice::new("leave", Ask::Leave));
    choices
}

/// Only looks.
pub(super) fn watching(plan: &Plan, state: &RunState) -> Vec<Choice> {
    let mut choices: Vec<Choice> = details(plan, state, current(plan, state)).into_iter().collect();
    choices.push(Choice::new("leave", Ask::Leave));
    choices
}

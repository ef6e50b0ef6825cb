//! Sentences of records about the run as a whole: its start, its holds, its ways back, who looks on, its end.
//!
//! Called by `sentences` only.

use super::watched;
use crate::linear::words::{count, ended, reason as because, wall};
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::RunState;

pub(super) fn of_run(plan: &Plan, after: &RunState, event: &Event) -> Option<String> {
    match event {
        Event::Genesis { .. } => Some(genesis(plan, after)),
        Event::Resume { .. } => Some(resumed(plan, after)),
        Event::Continue { .. } => Some("A write failed; the journal goes on in another part.".into()),
        Event::Started { by, .. } => Some(started(after, &by.shown())),
        Event::HandedOver { .. } | Event::DecisionsAcknowledged { .. } => in_hands(plan, after, event),
        Event::VarsFailed { why } => Some(format!("The variables could not be read: {}", ended(why))),
        Event::Held { reason, by } => {
            Some(format!("Held by {}{} What runs goes on, nothing new starts.", by.shown(), because(reason)))
        }
        Event::Released { by } => Some(format!("The hold is over; {} goes on.", by.shown())),
        Event::RollbackStarted { .. } => went_back(plan, event),
        Event::RollbackEnded { level } => Some(format!("Roll back: {level} came to its end.")),
        Event::PhaseSeen { phase, by } => Some(format!("Phase {phase} acknowledged by {}.", by.shown())),
        Event::Noted { text, step, by } => {
            let place = step.as_ref().and_then(|step| plan.find(step));
            let place = place.map(|ix| format!(" at {}", plan.step(ix).number));
            Some(format!("Note{} by {}: {text}", place.unwrap_or_default(), by.shown()))
        }
        Event::Amended { .. } => {
            after.amendments.last().map(|amendment| format!("Amended: {}", ended(&amendment.words())))
        }
        Event::Aborted { reason, by } => {
            let owed = after.owing(plan).len();
            let rest = if owed > 0 { format!(" {} still owed.", count(owed, "step")) } else { String::new() };
            Some(format!("Aborted by {}: {}{rest}", by.shown(), ended(reason)))
        }
        Event::Paused { by } => Some(format!("Paused by {}. Nothing runs; tminus resume goes on.", by.shown())),
        Event::AnswersEnded { at } => Some(format!("The answers file has no answer for {at}.")),
        Event::Ended { how, by } => {
            let spent = after.spent(plan, after.at).sentence().map(|spent| format!(" {spent}.")).unwrap_or_default();
            Some(format!("The run has ended: {}, closed by {}.{spent}", how.word(), by.shown()))
        }
        other => watched::of_watch(plan, after, other),
    }
}

/// What the fold says of it, and which decisions are old now.
fn in_hands(plan: &Plan, after: &RunState, event: &Event) -> Option<String> {
    let said = ended(&after.log.last()?.text);
    let Event::HandedOver { old, .. } = event else { return Some(format!("Decisions: {said}")) };
    let numbers = old.iter().filter_map(|step| plan.find(step)).map(|ix| plan.step(ix).number.as_str());
    let numbers: Vec<&str> = numbers.collect();
    Some(match numbers.is_empty() {
        true => format!("The run is {said}"),
        false => format!("The run is {said} GO at {} is old until it is acknowledged.", numbers.join(", ")),
    })
}

fn went_back(plan: &Plan, event: &Event) -> Option<String> {
    let Event::RollbackStarted { level, path, over, reason, by, .. } = event else {
        return None;
    };
    let title = plan.find_level(level).map(|ix| plan.level(ix).title.as_str());
    let title = title.unwrap_or_default();
    let mut text = format!("Roll back: {level} {title} started by {}", by.shown());
    if *over {
        text.push_str(", though the plan did not offer it");
    }
    if !reason.trim().is_empty() {
        text.push_str(&format!(": {}", reason.trim()));
    }
    Some(format!("{} {}.", ended(&text), count(path.len(), "step")))
}

/// Screens and alarms: the fold has words for them already.
pub(super) fn of_frame(after: &RunState) -> Option<String> {
    let entry = after.log.last()?;
    Some(match entry.word {
        "alarm" => format!("Alarm: {}", ended(&entry.text)),
        _ => ended(&entry.text),
    })
}

fn genesis(plan: &Plan, after: &RunState) -> String {
    let Some(facts) = &after.facts else {
        return "A run began.".into();
    };
    let key = facts.key_word().map(|word| format!(" {word}.")).unwrap_or_default();
    format!(
        "{}: {}. Run {}, operator {}, journal in {}.{key}",
        plan.environment.label(),
        plan.title,
        facts.run.short(),
        facts.operator,
        facts.run_dir
    )
}

fn resumed(plan: &Plan, after: &RunState) -> String {
    let by = after.log.last().map(|entry| entry.text.clone()).unwrap_or_default();
    let unknown = super::unknown_steps(plan, after);
    let mut text = format!("The run is {}", ended(&by));
    if !unknown.is_empty() {
        text.push_str(&format!(" Nobody knows whether this finished: {}.", unknown.join(", ")));
    }
    text
}

fn started(after: &RunState, by: &str) -> String {
    let t0 = after.t0.and_then(|t0| schedule::format_wall(t0, &after.zone, None));
    let mut text = format!("Started by {by}. T0 is {}.", t0.unwrap_or_else(|| "not known".into()));
    if let Some(stop) = after.hard_stop {
        text.push_str(&format!(" Hard stop {}.", wall(after, stop)));
    }
    text
}

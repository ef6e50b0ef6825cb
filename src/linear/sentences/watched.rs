//! Sentences of records about what is watched and what stands around the steps: triggers, readings, calls, rounds, risks.
//!
//! A reading by a command is no sentence: there may be thousands. One that a person gave is. Called by `run` only.

use crate::linear::words::{count, ended, reason as because};
use crate::model::actor::Known;
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::RunState;
use crate::model::watch::Outcome;

pub(super) fn of_watch(plan: &Plan, after: &RunState, event: &Event) -> Option<String> {
    match event {
        Event::Sampled { probe, value, by, .. } if by.known != Known::Program => {
            let title = plan.find_probe(probe).map_or(probe.as_str(), |ix| plan.probe(ix).title.as_str());
            Some(format!("{title}: {}, read by {}.", value.as_deref().unwrap_or("?"), by.shown()))
        }
        Event::TriggerTripped { trigger, why, by } => {
            let found = plan.find_trigger(trigger).map(|ix| plan.trigger(ix));
            let title = found.map_or(trigger.as_str(), |found| found.title.as_str());
            let who = if by.known == Known::Program { String::new() } else { format!(", says {}", by.shown()) };
            let then = found
                .and_then(|found| found.then.as_ref())
                .map(|then| format!(" The plan says: {}.", outcome(plan, then)));
            Some(format!("TRIGGER {trigger} {title}{who}: {}{}", ended(why), then.unwrap_or_default()))
        }
        Event::TriggerAcked { trigger, by } => Some(format!("Trigger {trigger} was seen by {}.", by.shown())),
        Event::TriggerOver { trigger, reason, name, by } => {
            Some(format!("{name} goes on though {trigger} tripped{} Typed by {}.", because(reason), by.shown()))
        }
        Event::TriggerCleared { trigger } => Some(format!("Trigger {trigger} no longer holds.")),
        Event::ProcedureCalled { procedure, reason, by } => {
            let title = plan.find_procedure(procedure).map(|ix| plan.procedure(ix).title.as_str());
            let back =
                after.path(plan).into_iter().find(|ix| plan.phase_of(*ix).is_some() && !after.is_passed(plan, *ix));
            let back = back.map(|ix| format!(" Then back to {}.", plan.step(ix).number));
            let title = title.unwrap_or_default();
            Some(format!(
                "Quick fix {procedure} {title}, called by {}{}{}",
                by.shown(),
                because(reason),
                back.unwrap_or_default()
            ))
        }
        Event::ProcedureEnded { procedure } => Some(format!("Quick fix {procedure} came to its end.")),
        Event::Recycled { to, steps, reason, by } => {
            let number = plan.find(to).map_or(to.as_str(), |ix| plan.step(ix).number.as_str());
            let count = count(steps.len(), "step");
            Some(format!(
                "Begins again from {number}, by {}: {} {count} from there on are old.",
                by.shown(),
                ended(reason)
            ))
        }
        Event::HorizonRound { horizon, round } => {
            let title = plan.find_horizon(horizon).map_or(horizon.as_str(), |at| plan.horizons[at].title.as_str());
            Some(format!("{title}: round {}.", round + 1))
        }
        Event::RiskClosed { risk, reason, by } => {
            Some(format!("Risk {risk} closed by {}: {}", by.shown(), ended(reason)))
        }
        Event::Warned { of, minutes } => {
            Some(format!("Warning: {}", ended(&schedule::warned_words(plan, after, (of, *minutes), after.at))))
        }
        // The rest of them need no sentence.
        _said_elsewhere => None,
    }
}

/// What a plan proposes, in words: `roll back, level-1`.
pub(in crate::linear) fn outcome(plan: &Plan, then: &Outcome) -> String {
    match then {
        Outcome::Hold => "hold".into(),
        Outcome::Abort => "abort".into(),
        Outcome::GoOn => "go on".into(),
        Outcome::RollBack(level) => format!("roll back, {level}"),
        Outcome::Recycle(step) => {
            let number = plan.find(step).map_or(step.as_str(), |ix| plan.step(ix).number.as_str());
            format!("begin again from {number}")
        }
        Outcome::Call(procedure) => format!("quick fix {procedure}"),
    }
}

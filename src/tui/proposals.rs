//! What the plan proposes as things stand: for a trigger that tripped, a step that failed, a gate that was refused.
//!
//! A proposal never acts. Here it gets its words and the key that leads to the card that asks. Pure: plan and state in.

use crate::model::ids::{LevelIx, StepIx, TriggerIx};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::Work;
use crate::model::text::shown;
use crate::model::watch::Outcome;

/// Triggers that have tripped; those of which nobody said yet why one goes on come first.
pub fn tripped(state: &RunState) -> Vec<TriggerIx> {
    let mut found: Vec<TriggerIx> =
        (0..state.triggers.len()).map(TriggerIx).filter(|ix| state.trigger(*ix).tripped.is_some()).collect();
    found.sort_by_key(|ix| state.trigger(*ix).went_on.is_some());
    found
}

/// The tripped trigger that waits for a decision.
pub fn undecided(state: &RunState) -> Option<TriggerIx> {
    tripped(state).into_iter().find(|ix| state.trigger(*ix).went_on.is_none())
}

/// What the runbook proposes for a step that failed: its hints first, then the step itself.
pub fn of_failed(plan: &Plan, state: &RunState, ix: StepIx) -> Vec<Outcome> {
    let (step, own) = (plan.step(ix), state.step(ix));
    if !own.status.bad() {
        return Vec::new();
    }
    let said = |say: &str| own.hints.iter().any(|hint| hint == say || *hint == state.fill(say));
    let hints = step.hints.iter().filter(|hint| said(&hint.say)).filter_map(|hint| hint.then.clone());
    let gate = match &step.work {
        Work::Gate(gate) => Some(gate.otherwise.clone()),
        _else => None,
    };
    let mut found: Vec<Outcome> = Vec::new();
    for outcome in hints.chain(step.if_fails.clone()).chain(gate) {
        if !found.contains(&outcome) {
            found.push(outcome);
        }
    }
    found
}

/// The level that the plan names now: for a tripped trigger, else for the step in hand that failed.
pub fn level(plan: &Plan, state: &RunState) -> Option<LevelIx> {
    let named = |outcome: &Outcome| match outcome {
        Outcome::RollBack(level) => plan.find_level(level),
        Outcome::Hold | Outcome::Abort | Outcome::GoOn | Outcome::Recycle(_) | Outcome::Call(_) => None,
    };
    let by_trigger = tripped(state).into_iter().find_map(|ix| plan.trigger(ix).then.as_ref().and_then(named));
    let failed = || state.next(plan).map(|next| of_failed(plan, state, next)).unwrap_or_default();
    by_trigger.or_else(|| failed().iter().find_map(named))
}

/// What is proposed, in words: `roll back level-1`.
pub fn words(plan: &Plan, outcome: &Outcome) -> String {
    let number = |step| plan.find(step).map_or_else(|| step.to_string(), |ix| plan.step(ix).number.clone());
    match outcome {
        Outcome::Hold => "hold".into(),
        Outcome::Abort => "end the run".into(),
        Outcome::GoOn => "go on".into(),
        Outcome::RollBack(level) => format!("roll back {}", shown(level.as_str())),
        Outcome::Recycle(step) => format!("begin again from {}", shown(&number(step))),
        Outcome::Call(procedure) => format!("quick fix {}", shown(procedure.as_str())),
    }
}

/// The key, or the command, that leads to what is proposed.
pub fn key(plan: &Plan, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Hold => "p".into(),
        Outcome::Abort => ":abort".into(),
        Outcome::GoOn => "v".into(),
        Outcome::RollBack(_) => "!".into(),
        Outcome::Recycle(step) => {
            let number = plan.find(step).map_or_else(|| step.to_string(), |ix| plan.step(ix).number.clone());
            format!(":recycle {}", shown(&number))
        }
        Outcome::Call(_) => "Q".into(),
    }
}

/// `The plan says roll back level-1: ! does it.`
pub fn sentence(plan: &Plan, outcome: &Outcome) -> String {
    let leads = match outcome {
        Outcome::Call(_) | Outcome::Abort | Outcome::Recycle(_) | Outcome::GoOn => "asks for it",
        Outcome::Hold | Outcome::RollBack(_) => "does it",
    };
    format!("The plan says {}: {} {leads}.", words(plan, outcome), key(plan, outcome))
}

//! What can be done now, as numbered choices: a pure function of plan, state and role.
//!
//! No time passes in here (`state.at` is the instant), so that a prompt changes only when the run does. Every wish that the screens can send can be sent
//! from here. The number of a choice alone never starts what changes something (class C1 and up); destructive ways are never
//! first. `talk` turns a typed line into what a choice leads to, and prints nothing for an empty one but the prompt again.

mod around;
mod by_hand;
mod gate;
mod general;
mod hand_over;
mod levels;
mod step;
mod trouble;
mod watch;

use super::ask::{Ask, Choice};
use super::card::card;
use super::words::{ended, named, reason, wall};
use crate::feed::Role;
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus, VarsBound};

/// What is said before the choices, and the choices.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// One line: what is next or what is awaited.
    pub heading: String,
    /// Lines to read before choosing, said once for each step that they are about.
    pub card: Vec<String>,
    /// The choices, from 1.
    pub choices: Vec<Choice>,
}

/// What can be done now.
pub fn prompt(plan: &Plan, state: &RunState, role: Role) -> Prompt {
    let mut now = standing(plan, state);
    if let (Some(trigger), None) = (watch::tripped(state), state.ended) {
        now = watch::with_trigger(plan, state, trigger, now);
    }
    match role {
        Role::Drives if state.handover.is_some() => now.choices.extend(hand_over::meanwhile(plan, state)),
        Role::Drives => now.choices.extend(general::for_driver(plan, state)),
        Role::Beside => now.choices = general::beside(plan, state),
        Role::Watches => now.choices = general::watching(plan, state),
    }
    now
}

/// What can be done while the journal cannot be written.
pub(super) fn without_journal(plan: &Plan, state: &RunState, role: Role) -> Prompt {
    trouble::no_journal(plan, state, role)
}

/// What ^C asks: what to do with the command that runs. `None` where nothing runs, or where this client may not stop it.
pub(super) fn interrupted(plan: &Plan, state: &RunState, role: Role) -> Option<Ask> {
    let may = match role {
        Role::Drives | Role::Beside => true,
        Role::Watches => false,
    };
    let running = state.running().first().copied().filter(|_| may)?;
    Some(trouble::stop_or_not(plan, state, running))
}

fn only(heading: String, choices: Vec<Choice>) -> Prompt {
    Prompt { heading, card: Vec::new(), choices }
}

/// Where the run stands, with the choices that belong to exactly that.
fn standing(plan: &Plan, state: &RunState) -> Prompt {
    if let Some(how) = state.ended {
        return only(format!("The run has ended: {}.", how.word()), Vec::new());
    }
    if let Some(open) = &state.handover {
        return hand_over::take_over(plan, state, open);
    }
    if state.started.is_none() && state.aborted.is_none() {
        return general::start(plan, state);
    }
    if state.paused {
        return only("The run is paused.".into(), Vec::new());
    }
    if !state.old_decisions().is_empty() {
        return hand_over::stand_by(plan, state);
    }
    if state.started.is_some() {
        match &state.vars_bound {
            VarsBound::NotYet => {
                return only("Wait. The variables are being read.".into(), Vec::new());
            }
            VarsBound::Failed(why) => {
                return only(format!("The variables could not be read: {}", ended(why)), Vec::new());
            }
            VarsBound::Yes => {}
        }
    }
    if let Some(running) = state.running().into_iter().find(|ix| !state.runs_beside(plan, *ix)) {
        return trouble::running(plan, state, running);
    }
    if let Some(waiting) = state.steps.iter().position(|own| own.retry_at.is_some()) {
        return trouble::retrying(plan, state, StepIx(waiting));
    }
    if let Some(unknown) = orphan(state) {
        return trouble::unknown(plan, state, unknown);
    }
    let Some(next) = state.next(plan) else {
        return general::nothing_left(plan, state);
    };
    let mut prompt = at_step(plan, state, next);
    if let Some(hold) = &state.hold {
        prompt.heading = format!(
            "Held by {} since {}{} {}",
            hold.by.shown(),
            wall(state, hold.since.wall),
            reason(&hold.reason),
            prompt.heading
        );
        // What starts something is refused while it is held, so it is not offered; going on is.
        prompt.choices.retain(|choice| !step::starts(choice));
        prompt.choices.insert(0, general::go_on(plan, state));
        prompt.card.clear();
    }
    if !state.running().is_empty() {
        let beside = trouble::all_running(plan, state);
        prompt.heading.push_str(&format!(" {}", beside.heading));
        prompt.choices.extend(beside.choices);
    }
    prompt
}

/// A step that was running when its conductor died and of which nobody said yet what became of it.
fn orphan(state: &RunState) -> Option<StepIx> {
    state.orphan()
}

fn at_step(plan: &Plan, state: &RunState, ix: StepIx) -> Prompt {
    match state.step(ix).status {
        StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped | StepStatus::Unknown => {
            step::failed(plan, state, ix)
        }
        StepStatus::NotYet | StepStatus::Running | StepStatus::You | StepStatus::Old | StepStatus::Claim => {
            step::next(plan, state, ix)
        }
        StepStatus::Ok
        | StepStatus::Late
        | StepStatus::Skipped
        | StepStatus::NotApplicable
        | StepStatus::Hand
        | StepStatus::Over
        | StepStatus::Back => only(format!("{} is done.", named(plan, state, ix)), Vec::new()),
    }
}

fn with_card(plan: &Plan, state: &RunState, ix: StepIx, prompt: Prompt) -> Prompt {
    Prompt { card: card(plan, state, ix), ..prompt }
}

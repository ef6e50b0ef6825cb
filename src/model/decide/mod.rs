//! What an operator's wish leads to, or why it is refused. Pure: plan, state and wish in, facts out.
//!
//! Runs in the conductor only. Everything that a class asks for (numbers, phrases, reasons, second persons) is checked
//! here, so that no client, however it is made, can start what a card would not have let it start.

mod amend;
mod around;
mod by_hand;
mod control;
mod early;
mod evidence;
mod gate;
mod handover;
mod permit;
mod review;
mod second;
mod signed;
mod start;
mod startable;
mod watch;

pub use amend::AMEND;
pub use early::{early_decision, early_start};
pub use gate::GO_ANYWAY;
pub(crate) use permit::begin;
pub use permit::has_blanks;
pub use permit::{asked_class, invocation, probe_invocation};
pub use review::Review;
pub use second::{Second, second_person};
pub(crate) use signed::asked_to_vote;

use crate::model::actor::Actor;
use crate::model::amend::Carried;
use crate::model::event::{Bound, Event, Seen};
use crate::model::expect::Check;
use crate::model::ids::{StepId, StepIx};
use crate::model::intent::{Intent, Refusal};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::time::Stamp;

/// No text that a person types is longer, bytes: a record is one line of at most 65,535.
const TEXT_LIMIT: usize = 8 * 1024;

/// A typed value as the conductor judged it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What to record of it: empty for a secret.
    pub saw: String,
    /// What was wanted and what came.
    pub checks: Vec<Check>,
    /// Whether all of it held.
    pub ok: bool,
    /// The variable that it is kept in.
    pub bound: Vec<Bound>,
}

/// Who wishes, when, and what the conductor found out for it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who.
    pub by: Actor,
    /// When.
    pub now: Stamp,
    /// For a value: its reading, or why it cannot be read.
    pub reading: Option<Result<Reading, String>>,
    /// For a probe that a person reads: the reading as judged, or why it cannot be read.
    pub sampled: Option<Result<Sampled, String>>,
    /// For an amendment: the bytes of the file that was shown, or why they are not to be had.
    pub amended: Option<Result<Carried, String>>,
    /// For a sign-off of a role with signers: whose signature it is, or why it does not count.
    pub signed: Option<Result<Signed, String>>,
}

impl Asked {
    /// A wish for which nothing had to be found out.
    pub fn plain(by: Actor, now: Stamp) -> Self {
        Self { by, now, reading: None, sampled: None, amended: None, signed: None }
    }
}

/// A probe's reading as it was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// What was read, cut and masked.
    pub value: String,
    /// For each that watches.
    pub seen: Vec<Seen>,
}

/// A signature that was looked at and is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Whose it is.
    pub principal: String,
    /// `SHA256:…` of the key.
    pub key: String,
    /// What was signed.
    pub text: String,
    /// The armored signature.
    pub sig: String,
}

/// What a wish leads to.
pub type Decided = Result<Vec<Event>, Refusal>;

/// What `intent` leads to, or why not.
pub fn decide(plan: &Plan, state: &RunState, intent: &Intent, asked: &Asked) -> Decided {
    if state.facts.is_none() {
        return refuse("the run has not begun: its first record is not written yet");
    }
    resting(state, intent)?;
    handover::in_hand(plan, state, intent)?;
    match intent {
        Intent::HandOver { name, reason } => handover::hand_over(plan, state, (name, reason), asked),
        Intent::StandBy { steps } => handover::stand_by(plan, state, steps, asked),
        Intent::Start { typed } => start::start(plan, state, typed, asked),
        Intent::Run { step, typed } => start::run(plan, state, find(plan, step)?, typed, asked),
        Intent::Answer { step, item, answer, saw } => {
            by_hand::answer(plan, state, (find(plan, step)?, *item, *answer, saw), asked)
        }
        Intent::Value { step, .. } => by_hand::value(plan, state, find(plan, step)?, asked),
        Intent::Choose { step, option } => by_hand::choose(plan, state, find(plan, step)?, option, asked),
        Intent::Skip { .. }
        | Intent::NotApplicable { .. }
        | Intent::Hand { .. }
        | Intent::Fail { .. }
        | Intent::Accept { .. } => by_hand::settle(plan, state, intent, asked),
        Intent::Resolve { step, how, reason } => {
            by_hand::resolve(plan, state, (find(plan, step)?, *how, reason), asked)
        }
        Intent::Release { step, reason } => by_hand::release(plan, state, find(plan, step)?, reason, asked),
        Intent::Vote { step, role, vote } => gate::vote(plan, state, (find(plan, step)?, role, *vote), asked),
        Intent::Decide { step, go, typed, reason } => {
            gate::decide_gate(plan, state, (find(plan, step)?, *go, typed, reason), asked)
        }
        Intent::Stop { step, how } => control::stop(plan, state, find(plan, step)?, *how, asked),
        Intent::Fill { step, blanks } => around::fill(plan, state, (find(plan, step)?, blanks), asked),
        Intent::Sign { .. } => signed::sign(plan, state, intent, asked),
        Intent::AskSecond { step } => second::ask(plan, state, find(plan, step)?),
        Intent::EndMonitor { step, ok, reason } => {
            watch::end_monitor(plan, state, (find(plan, step)?, *ok, reason), asked)
        }
        Intent::Reading { probe, .. } => watch::reading(plan, state, probe, asked),
        Intent::Trip { trigger, reason } => watch::trip(plan, state, trigger, reason, asked),
        Intent::Ack { trigger } => watch::ack(plan, state, trigger, asked),
        Intent::GoOnDespite { trigger, reason, name } => {
            watch::go_on_despite(plan, state, trigger, (reason, name), asked)
        }
        Intent::Call { procedure, reason } => around::call(plan, state, procedure, reason, asked),
        Intent::Recycle { to, reason } => around::recycle(plan, state, find(plan, to)?, reason, asked),
        Intent::CloseRisk { risk, reason } => around::close_risk(plan, state, risk, reason, asked),
        Intent::Hold { reason } => control::hold(state, reason, asked),
        Intent::GoOn => control::go_on(state, asked),
        Intent::RollBack { level, typed } => {
            let back = control::roll_back(plan, state, level, typed, asked)?;
            Ok(handover::by_going_back(plan, state, level, asked).into_iter().chain(back).collect())
        }
        Intent::SeePhase { phase } => control::see_phase(plan, state, phase, asked),
        Intent::Note { text, step } => control::note(plan, text, step.as_ref(), asked),
        Intent::Amend { path, name, typed, .. } => amend::amend(plan, state, (path, name, typed), asked),
        Intent::Abort { reason } => control::abort(plan, state, reason, asked),
        Intent::Pause => control::pause(plan, state, asked),
        Intent::Close => control::close(plan, state, asked),
        Intent::Drive | Intent::EndSurvivors { .. } | Intent::Journal { .. } => refuse("only a conductor can do that"),
    }
}

/// Whether a run that is at its end or paused takes this wish, and whether what was typed can stand in one record.
fn resting(state: &RunState, intent: &Intent) -> Result<(), Refusal> {
    if state.closed || state.ended.is_some() && !matches!(intent, Intent::Note { .. }) {
        return refuse("the run has ended: nothing can run in it any more");
    }
    if state.paused {
        return refuse("the run is paused: tminus resume goes on");
    }
    if intent.clone().texts_mut().iter().any(|text| text.len() > TEXT_LIMIT) {
        return refuse("a text is at most 8 KiB");
    }
    Ok(())
}

fn find(plan: &Plan, step: &StepId) -> Result<StepIx, Refusal> {
    plan.find(step).ok_or_else(|| Refusal(format!("there is no step {step} in this runbook")))
}

fn refuse<T>(words: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::because(words))
}

fn needs_reason(reason: &str, what: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() { refuse(format!("{what} needs a reason")) } else { Ok(()) }
}

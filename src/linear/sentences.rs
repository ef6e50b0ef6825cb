//! One record, at most one plain sentence for a person: `15:34:20 T+34m  2.3 ok. HTTP 403. Took 4:20 of 5:00.`
//!
//! Pure: plan, what stood before, the state after and the record in, a line out. It never judges and never names what is
//! not in the record or the state. Output of commands is `echo`'s. `teller` calls it for every record.

mod run;
mod steps;
mod watched;

pub(super) use watched::outcome;

use super::words::{named, prefix};
use crate::model::event::Event;
use crate::model::ids::{StepId, StepIx};
use crate::model::plan::{Phase, Plan};
use crate::model::record::Record;
use crate::model::schedule;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::Place;
use crate::model::text::shown;

/// What stood before a record where its sentence needs it: the step that it is about, and the step that it undoes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before {
    step: Option<(StepIx, StepStatus)>,
    owner: Option<(StepIx, StepStatus)>,
}

impl Before {
    /// Reads it off the state that the record is about to change.
    pub fn of(plan: &Plan, state: &RunState, record: &Record) -> Self {
        let step = step_of(&record.event).and_then(|step| plan.find(step));
        let owner = step.and_then(|step| match plan.step(step).place {
            Place::Undo(owner) => Some(owner),
            Place::Phase(_)
            | Place::Choice { .. }
            | Place::Criterion { .. }
            | Place::Level(_)
            | Place::Group(_)
            | Place::Procedure(_)
            | Place::Horizon(_)
            | Place::Requirement(_) => None,
        });
        let with_status = |ix: StepIx| (ix, state.step(ix).status);
        Self { step: step.map(with_status), owner: owner.map(with_status) }
    }
}

/// The sentence of a record, with the clock in front; `None` where a person need not be told.
pub fn sentence(plan: &Plan, before: &Before, after: &RunState, record: &Record) -> Option<String> {
    let mut text = prefix(after, record.at);
    text.push_str(&told(plan, after, record)?);
    for (ix, was) in before.owner.into_iter() {
        if after.step(ix).status == StepStatus::Back && was != StepStatus::Back {
            text.push_str(&format!(" {} is undone.", plan.step(ix).number));
        }
    }
    if let Some(phase) = completed(plan, before, after) {
        text.push(' ');
        text.push_str(&phase_complete(plan, after, phase, record));
    }
    Some(shown(&text).into_owned())
}

#[allow(clippy::too_many_lines, reason = "one line an event")]
fn told(plan: &Plan, after: &RunState, record: &Record) -> Option<String> {
    match &record.event {
        Event::StepStarted { .. }
        | Event::StepSpawned { .. }
        | Event::StepReached { .. }
        | Event::StepTyped { .. }
        | Event::Output { .. }
        | Event::OutputLost { .. }
        | Event::StepExited { .. }
        | Event::StepNotStarted { .. }
        | Event::StepJudged { .. }
        | Event::StepAnswered { .. }
        | Event::StepSettled { .. }
        | Event::StepConditions { .. }
        | Event::StepChosen { .. }
        | Event::WaitEnded { .. }
        | Event::StopAsked { .. }
        | Event::StepTimeout { .. }
        | Event::StepResolved { .. }
        | Event::Survivors { .. }
        | Event::GateVoted { .. }
        | Event::GateDecided { .. }
        | Event::StepReady { .. }
        | Event::StepEnding { .. }
        | Event::StepOld { .. }
        | Event::MessageFilled { .. }
        | Event::SignAsked { .. }
        | Event::StepSigned { .. } => steps::of_step(plan, after, record),
        Event::Genesis { .. }
        | Event::Resume { .. }
        | Event::Continue { .. }
        | Event::Ckpt { .. }
        | Event::BarrierSigned { .. }
        | Event::Started { .. }
        | Event::HandedOver { .. }
        | Event::DecisionsAcknowledged { .. }
        | Event::VarsBound { .. }
        | Event::VarsFailed { .. }
        | Event::Held { .. }
        | Event::Released { .. }
        | Event::RollbackStarted { .. }
        | Event::RollbackEnded { .. }
        | Event::PhaseSeen { .. }
        | Event::Noted { .. }
        | Event::Amended { .. }
        | Event::Aborted { .. }
        | Event::Paused { .. }
        | Event::AnswersEnded { .. }
        | Event::Ended { .. }
        | Event::Sampled { .. }
        | Event::TriggerTripped { .. }
        | Event::TriggerAcked { .. }
        | Event::TriggerOver { .. }
        | Event::TriggerCleared { .. }
        | Event::ProcedureCalled { .. }
        | Event::ProcedureEnded { .. }
        | Event::Recycled { .. }
        | Event::HorizonRound { .. }
        | Event::RiskClosed { .. }
        | Event::Warned { .. }
        | Event::Closed { .. } => run::of_run(plan, after, &record.event),
        Event::ClientJoined { .. }
        | Event::ClientLeft { .. }
        | Event::WheelTaken { .. }
        | Event::IntentRefused { .. }
        | Event::ClockJumped { .. }
        | Event::JournalFailed { .. }
        | Event::MirrorFailed { .. }
        | Event::MirrorMended { .. }
        | Event::Foreign { .. } => run::of_frame(after),
    }
}

/// The step that an event is about.
#[allow(clippy::too_many_lines, reason = "one line an event")]
fn step_of(event: &Event) -> Option<&StepId> {
    match event {
        Event::StepStarted { step, .. }
        | Event::StepSpawned { step, .. }
        | Event::StepReached { step, .. }
        | Event::StepTyped { step, .. }
        | Event::Output { step, .. }
        | Event::OutputLost { step, .. }
        | Event::StepExited { step, .. }
        | Event::StepNotStarted { step, .. }
        | Event::StepJudged { step, .. }
        | Event::StepAnswered { step, .. }
        | Event::StepSettled { step, .. }
        | Event::StepConditions { step, .. }
        | Event::StepChosen { step, .. }
        | Event::WaitEnded { step, .. }
        | Event::StopAsked { step, .. }
        | Event::StepTimeout { step, .. }
        | Event::StepResolved { step, .. }
        | Event::Survivors { step, .. }
        | Event::GateVoted { step, .. }
        | Event::GateDecided { step, .. }
        | Event::StepReady { step, .. }
        | Event::StepEnding { step, .. }
        | Event::StepOld { step, .. }
        | Event::MessageFilled { step, .. }
        | Event::SignAsked { step, .. }
        | Event::StepSigned { step, .. } => Some(step),
        Event::Noted { step, .. } => step.as_ref(),
        Event::Genesis { .. }
        | Event::Resume { .. }
        | Event::Continue { .. }
        | Event::Ckpt { .. }
        | Event::BarrierSigned { .. }
        | Event::Started { .. }
        | Event::HandedOver { .. }
        | Event::DecisionsAcknowledged { .. }
        | Event::VarsBound { .. }
        | Event::VarsFailed { .. }
        | Event::Held { .. }
        | Event::Released { .. }
        | Event::RollbackStarted { .. }
        | Event::RollbackEnded { .. }
        | Event::PhaseSeen { .. }
        | Event::Amended { .. }
        | Event::Aborted { .. }
        | Event::Paused { .. }
        | Event::AnswersEnded { .. }
        | Event::ClientJoined { .. }
        | Event::ClientLeft { .. }
        | Event::WheelTaken { .. }
        | Event::IntentRefused { .. }
        | Event::ClockJumped { .. }
        | Event::JournalFailed { .. }
        | Event::MirrorFailed { .. }
        | Event::MirrorMended { .. }
        | Event::Sampled { .. }
        | Event::TriggerTripped { .. }
        | Event::TriggerAcked { .. }
        | Event::TriggerOver { .. }
        | Event::TriggerCleared { .. }
        | Event::ProcedureCalled { .. }
        | Event::ProcedureEnded { .. }
        | Event::Recycled { .. }
        | Event::HorizonRound { .. }
        | Event::RiskClosed { .. }
        | Event::Warned { .. }
        | Event::Ended { .. }
        | Event::Closed { .. }
        | Event::Foreign { .. } => None,
    }
}

/// The phase whose last open step this record settled.
fn completed<'a>(plan: &'a Plan, before: &Before, after: &RunState) -> Option<&'a Phase> {
    let (ix, was) = before.step?;
    if was.settled() || !after.step(ix).status.settled() || after.rollback.is_some() {
        return None;
    }
    let phase = plan.phases.get(phase_of(plan, ix)?)?;
    let steps = phase_steps(plan, after, phase);
    steps.iter().all(|step| after.step(*step).status.settled()).then_some(phase)
}

fn phase_of(plan: &Plan, ix: StepIx) -> Option<usize> {
    let mut at = ix;
    // A choice may stand in a choice; a plan's places never lead in a circle, the bound only says so to the reader.
    for _ in 0..plan.steps.len() {
        match plan.step(at).place {
            Place::Phase(phase) => return Some(phase),
            Place::Choice { choose, .. } => at = choose,
            Place::Group(group) => at = group,
            Place::Criterion { .. }
            | Place::Undo(_)
            | Place::Level(_)
            | Place::Procedure(_)
            | Place::Horizon(_)
            | Place::Requirement(_) => return None,
        }
    }
    None
}

fn phase_steps(plan: &Plan, state: &RunState, phase: &Phase) -> Vec<StepIx> {
    let mut steps = Vec::new();
    for step in &phase.steps {
        state.push_with_choice(plan, *step, &mut steps);
    }
    steps
}

/// `Phase 2 complete: 4 ok, 0 skipped, +4m.`
fn phase_complete(plan: &Plan, after: &RunState, phase: &Phase, record: &Record) -> String {
    let steps = phase_steps(plan, after, phase);
    let of =
        |wanted: &dyn Fn(StepStatus) -> bool| steps.iter().filter(|step| wanted(after.step(**step).status)).count();
    let ok = of(&|status| matches!(status, StepStatus::Ok | StepStatus::Late));
    let skipped = of(&|status| status == StepStatus::Skipped);
    let other = steps.len() - ok - skipped;
    let mut text = format!("Phase {} complete: {ok} ok, {skipped} skipped", phase.number);
    if other > 0 {
        text.push_str(&format!(", {other} otherwise"));
    }
    if let Some(slip) = schedule::slip(plan, after, record.at) {
        let minutes = slip / 60_000_000;
        text.push_str(&format!(", {minutes:+}m"));
    }
    text.push('.');
    text
}

/// Steps whose end nobody saw, by name.
fn unknown_steps(plan: &Plan, state: &RunState) -> Vec<String> {
    (0..plan.steps.len())
        .map(StepIx)
        .filter(|ix| state.step(*ix).status == StepStatus::Unknown)
        .map(|ix| named(plan, state, ix))
        .collect()
}

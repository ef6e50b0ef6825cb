//! One record onto the state: the only way it changes. A record that cannot follow is an `IllegalEvent`.
//!
//! Every event has its function in one of the files beside this one; each looks first and changes after, so that a record
//! that is refused leaves nothing half done. Called by `RunState::fold`, the driver, the screens and the verifier alike.

mod around;
mod by_hand;
mod command;
mod gate;
mod run;
mod screen;
mod signed;
mod start;
mod watch;
mod whose;

use crate::model::actor::Known;
use crate::model::event::{Bound, Event};
use crate::model::ids::{Attempt, Seq, StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::facts::Entry;
use crate::model::state::{RunState, StepState, StepStatus};
use crate::model::step::{Place, Work};

/// A record that cannot follow on what was folded so far.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} cannot follow: {why}")]
pub struct IllegalEvent {
    /// Its number.
    pub seq: Seq,
    /// Why.
    pub why: String,
}

type Applied = Result<(), String>;

impl RunState {
    /// Folds one record in. On an error the state is as it was.
    pub fn apply(&mut self, plan: &Plan, record: &Record) -> Result<(), IllegalEvent> {
        let illegal = |why: String| IllegalEvent { seq: record.seq, why };
        if record.seq.0 != self.last.0 + 1 {
            return Err(illegal(format!("it comes after record {}", self.last)));
        }
        if self.closed && !matches!(record.event, Event::Ckpt { .. }) {
            return Err(illegal("the run is closed".into()));
        }
        if self.facts.is_none() && !matches!(record.event, Event::Genesis { .. }) {
            return Err(illegal("the first record is not genesis".into()));
        }
        let before = self.lived;
        let now = before + self.length_to(record);
        self.fold_event(plan, record).map_err(illegal)?;
        self.barriers.note(record);
        self.lived = now;
        self.last = record.seq;
        self.at = record.at;
        self.count_time(plan, record, before);
        Ok(())
    }

    #[allow(clippy::too_many_lines, reason = "one line an event")]
    fn fold_event(&mut self, plan: &Plan, record: &Record) -> Applied {
        match &record.event {
            Event::Genesis { text, .. } => self.fold_genesis(plan, text),
            Event::Resume { text, .. } => self.fold_resume(plan, record, text),
            Event::Continue { .. } => self.fold_continue(record),
            Event::Ckpt { text, .. } => self.fold_ckpt(text),
            Event::BarrierSigned { text, .. } => self.barriers.sign(text),
            Event::Started { .. } => self.fold_run_started(record),
            Event::VarsBound { values } => self.fold_vars_bound(values),
            Event::VarsFailed { why } => self.fold_vars_failed(record, why),
            Event::StepStarted { .. } => self.fold_started(plan, record),
            Event::StepSpawned { .. } => self.fold_spawned(plan, record),
            Event::StepReached { .. } => self.fold_reached(plan, record),
            Event::StepTyped { step, attempt, bytes, .. } => self.fold_typed(plan, (step, *attempt), *bytes),
            Event::Output { .. } => self.fold_output(plan, record),
            Event::OutputLost { step, attempt, bytes } => self.fold_lost(plan, record, (step, *attempt), *bytes),
            Event::StepExited { .. } => self.fold_exited(plan, record),
            Event::StepNotStarted { step, attempt, why } => self.fold_not_started(plan, record, (step, *attempt), why),
            Event::StepJudged { .. } => self.fold_judged(plan, record),
            Event::StepTimeout { step, attempt } => self.fold_timeout(plan, step, *attempt),
            Event::StopAsked { .. } => self.fold_stop_asked(plan, record),
            Event::Survivors { .. } => self.fold_survivors(plan, record),
            Event::StepAnswered { .. } => self.fold_answered(plan, record),
            Event::StepSettled { .. } => self.fold_settled(plan, record),
            Event::StepConditions { step, hold, saw } => self.fold_conditions(plan, record, (step, *hold), saw),
            Event::StepChosen { .. } => self.fold_chosen(plan, record),
            Event::WaitEnded { .. } => self.fold_wait_ended(plan, record),
            Event::StepResolved { .. } => self.fold_resolved(plan, record),
            Event::GateVoted { .. } => self.fold_voted(plan, record),
            Event::GateDecided { .. } => self.fold_decided(plan, record),
            Event::StepReady { step, attempt, .. } => self.fold_ready(plan, record, (step, *attempt)),
            Event::StepEnding { step, attempt, why } => self.fold_ending(plan, record, (step, *attempt), why),
            Event::StepOld { step, why } => self.fold_old(plan, record, step, why),
            Event::MessageFilled { step, text, by } => self.fold_filled(plan, record, step, (text, by)),
            Event::SignAsked { .. } => self.fold_sign_asked(plan, record),
            Event::StepSigned { .. } => self.fold_signed(plan, record),
            Event::Sampled { .. } => self.fold_sampled(plan, record),
            Event::TriggerTripped { trigger, why, by } => self.fold_tripped(plan, record, trigger, (why, by)),
            Event::TriggerAcked { trigger, by } => self.fold_acked(plan, record, trigger, by),
            Event::TriggerOver { .. } => self.fold_went_on(plan, record),
            Event::TriggerCleared { trigger } => self.fold_cleared(plan, record, trigger),
            Event::ProcedureCalled { procedure, reason, by } => self.fold_called(plan, record, procedure, (reason, by)),
            Event::ProcedureEnded { procedure } => self.fold_call_ended(plan, record, procedure),
            Event::Recycled { .. } => self.fold_recycled(plan, record),
            Event::HorizonRound { horizon, round } => self.fold_round(plan, record, horizon, *round),
            Event::RiskClosed { risk, reason, by } => self.fold_risk_closed(plan, record, risk, (reason, by)),
            Event::Warned { of, minutes } => self.fold_warned(plan, record, (of, *minutes)),
            Event::Held { reason, by } => self.fold_held(plan, record, reason, by),
            Event::Released { by } => self.fold_released(record, by),
            Event::RollbackStarted { .. } => self.fold_rollback_started(plan, record),
            Event::RollbackEnded { level } => self.fold_rollback_ended(plan, record, level),
            Event::PhaseSeen { phase, by } => self.fold_phase_seen(record, phase, by),
            Event::Noted { text, step, by } => self.fold_noted(plan, record, (text, step.as_ref()), by),
            Event::Aborted { reason, by } => self.fold_aborted(record, reason, by),
            Event::Paused { by } => self.fold_paused(record, by),
            Event::AnswersEnded { at } => self.fold_answers_ended(record, at),
            Event::Ended { how, by } => self.fold_ended(record, *how, by),
            Event::Closed { .. } => self.fold_closed(),
            Event::ClientJoined { .. } => self.fold_joined(record),
            Event::ClientLeft { client } => self.fold_left(record, *client),
            Event::WheelTaken { client, who } => self.fold_wheel(record, *client, who),
            Event::IntentRefused { pid, exe } => self.fold_refused(record, *pid, exe),
            Event::ClockJumped { micros } => self.fold_jump(record, *micros),
            Event::JournalFailed { why } => self.fold_journal_failed(record, why),
            Event::MirrorFailed { why } => self.fold_mirror(record, Some(why)),
            Event::MirrorMended {} => self.fold_mirror(record, None),
            Event::Foreign { name } => self.fold_foreign(record, name),
        }
    }

    /// The place of a step whose present attempt is this one and that stands at one of `at`.
    fn present(&self, plan: &Plan, of: (&StepId, Attempt), at: &[StepStatus]) -> Result<StepIx, String> {
        let (step, attempt) = of;
        let ix = find(plan, step)?;
        let own = self.step(ix);
        if own.attempt != attempt || !at.contains(&own.status) {
            return Err(format!("{step} is {} at attempt {}, not at {attempt}", own.status, own.attempt));
        }
        Ok(ix)
    }

    /// The place of a step whose command runs.
    fn commanded(&self, plan: &Plan, of: (&StepId, Attempt)) -> Result<StepIx, String> {
        let ix = self.present(plan, of, &[StepStatus::Running])?;
        if self.step(ix).invocation.is_none() {
            return Err(format!("{} runs no command", of.0));
        }
        Ok(ix)
    }

    /// The place of a step under way that comes to a verdict: a command, a monitor, a group, a call, a criterion looked up.
    fn judgeable(&self, plan: &Plan, of: (&StepId, Attempt)) -> Result<StepIx, String> {
        let ix = self.present(plan, of, &[StepStatus::Running])?;
        match &plan.step(ix).work {
            Work::Wait(_) => Err(format!("{} is a countdown", of.0)),
            _comes_to_a_verdict => Ok(ix),
        }
    }

    fn own(&mut self, ix: StepIx) -> &mut StepState {
        &mut self.steps[ix.0]
    }

    /// Ends an attempt, and what follows from that for a step that it undoes or a gate that it is.
    fn end_step(&mut self, plan: &Plan, record: &Record, ix: StepIx, status: StepStatus) {
        let own = self.own(ix);
        own.end(status, record.at);
        own.changed = record.seq;
        self.stop_reading(plan, ix);
        self.mark_back(plan, record, ix);
    }

    /// When all undos of a step are done, the step is `back`; one that is under way is not.
    fn mark_back(&mut self, plan: &Plan, record: &Record, undo: StepIx) {
        let Place::Undo(owner) = plan.step(undo).place else {
            return;
        };
        let done = |step: &StepIx| {
            let status = self.step(*step).status;
            status.passed() || status == StepStatus::NotApplicable
        };
        let whole = plan.step(owner).undo.iter().all(done);
        if whole && self.effect_began(owner) && !self.step(owner).status.open() {
            let own = self.own(owner);
            own.status = StepStatus::Back;
            own.changed = record.seq;
            own.retry_at = None;
        }
    }

    fn bind(&mut self, values: &[Bound]) {
        for bound in values {
            self.vars.insert(bound.name.0.clone(), bound.clone());
        }
    }

    fn say(&mut self, record: &Record, step: Option<StepIx>, word: &'static str, text: String) {
        let began = || step.and_then(|ix| self.step(ix).by.as_ref()).filter(|by| by.known != Known::Program);
        let who = record.event.by().or_else(began).map(|by| by.name.as_str().into());
        self.log.push(Entry { seq: record.seq, at: record.at, step, word, text, who });
    }
}

fn find(plan: &Plan, step: &StepId) -> Result<StepIx, String> {
    plan.find(step).ok_or_else(|| format!("no step {step} in this runbook"))
}

/// A function was called with an event that is not its own: a fault of the table in `fold_event`.
fn misdirected() -> Applied {
    Err("it was folded by the wrong function".into())
}

//! One record onto the state: the only way it changes. A record that cannot follow is an `IllegalEvent`.

use crate::model::actor::Actor;
use crate::model::event::{Bound, Event};
use crate::model::ids::{Attempt, Seq, StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::facts::{Client, Entry};
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Place, Work};
use crate::model::time::Stamp;

/// A record that cannot follow on what was folded so far.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} cannot follow: {why}")]
pub struct IllegalEvent {
    /// Its number.
    pub seq: Seq,
    /// Why.
    pub why: String,
}

mod by_hand;
mod command;
mod run;

type Applied = Result<(), String>;

impl RunState {
    /// Folds one record in. On an error the state is as it was, but for nothing that screens read.
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
        self.fold_event(plan, record).map_err(illegal)?;
        self.last = record.seq;
        self.at = record.at;
        Ok(())
    }

    fn fold_event(&mut self, plan: &Plan, record: &Record) -> Applied {
        let at = record.at;
        match &record.event {
            Event::Genesis { .. } | Event::Resume { .. } | Event::Continue { .. } | Event::Ckpt { .. } => {
                self.fold_frame(plan, record)
            }
            Event::Started { .. } | Event::VarsBound { .. } | Event::VarsFailed { .. } => self.fold_start(record),
            Event::StepStarted { .. }
            | Event::StepSpawned { .. }
            | Event::Output { .. }
            | Event::OutputLost { .. }
            | Event::StepExited { .. }
            | Event::StepNotStarted { .. }
            | Event::StepJudged { .. }
            | Event::StepTimeout { .. }
            | Event::StopAsked { .. }
            | Event::Survivors { .. } => self.fold_command(plan, record),
            Event::StepAnswered { .. }
            | Event::StepSettled { .. }
            | Event::StepConditions { .. }
            | Event::StepChosen { .. }
            | Event::WaitEnded { .. }
            | Event::StepResolved { .. }
            | Event::GateVoted { .. }
            | Event::GateDecided { .. } => self.fold_by_hand(plan, record),
            Event::Held { .. }
            | Event::Released { .. }
            | Event::RollbackStarted { .. }
            | Event::RollbackEnded { .. }
            | Event::PhaseSeen { .. }
            | Event::Noted { .. }
            | Event::Aborted { .. }
            | Event::Paused { .. }
            | Event::AnswersEnded { .. }
            | Event::Ended { .. }
            | Event::Closed { .. } => self.fold_run(plan, record),
            Event::ClientJoined { client, who, drives, .. } => {
                self.clients.insert(*client, Client { who: who.clone(), drives: *drives, since: at });
                if *drives {
                    self.driver = Some(*client);
                }
                let what = if *drives { "drives" } else { "watches" };
                self.say(record, None, "screen", format!("{} {what}", who.shown()));
                Ok(())
            }
            Event::ClientLeft { client } => {
                if let Some(gone) = self.clients.remove(client) {
                    self.say(record, None, "screen", format!("{} left", gone.who.shown()));
                }
                self.driver = self.driver.filter(|driver| driver != client);
                Ok(())
            }
            Event::WheelTaken { client, who } => {
                self.driver = Some(*client);
                for (id, each) in &mut self.clients {
                    each.drives = id == client;
                }
                self.say(record, None, "screen", format!("{} took the wheel", who.shown()));
                Ok(())
            }
            Event::IntentRefused { pid, exe } => {
                self.say(
                    record,
                    None,
                    "alarm",
                    format!("process {pid} ({exe}), started by this run, tried to steer it"),
                );
                Ok(())
            }
            Event::ClockJumped { micros } => {
                self.say(record, None, "clock", format!("the wall clock jumped by {} s", micros / 1_000_000));
                Ok(())
            }
            Event::JournalFailed { why } => {
                self.say(record, None, "alarm", format!("the journal could not be written: {why}"));
                Ok(())
            }
            Event::Foreign { name } => {
                self.say(record, None, "newer", format!("event {name} of a newer version"));
                Ok(())
            }
        }
    }

    fn begin_step(
        &mut self,
        plan: &Plan,
        step: &StepId,
        attempt: Attempt,
        at: Stamp,
        by: &Actor,
    ) -> Result<StepIx, String> {
        let ix = find(plan, step)?;
        let state = &mut self.steps[ix.0];
        if state.status.open() || (state.status == StepStatus::Unknown && state.verdict.is_none()) {
            return Err(format!("{step} is {} already", state.status));
        }
        if attempt != state.attempt + 1 {
            return Err(format!("attempt {attempt} of {step} after attempt {}", state.attempt));
        }
        state.begin(attempt, at, by.clone());
        if let Work::Gate(gate) = &plan.step(ix).work {
            // A gate that opens again asks everything again: what was read for the former attempt is not read for this one.
            for criterion in gate.go.iter().chain(&gate.no_go) {
                let state = &mut self.steps[criterion.0];
                if state.status != StepStatus::NotYet && !state.status.open() {
                    state.status = StepStatus::NotYet;
                }
            }
        }
        Ok(ix)
    }

    /// The state of a step whose present attempt is this one and is under way.
    fn present(
        &mut self,
        plan: &Plan,
        step: &StepId,
        attempt: Attempt,
    ) -> Result<&mut crate::model::state::StepState, String> {
        let ix = find(plan, step)?;
        let state = &mut self.steps[ix.0];
        let under_way = state.status.open() || state.status == StepStatus::Unknown;
        if state.attempt != attempt || !under_way {
            return Err(format!("{step} is not at attempt {attempt}"));
        }
        Ok(state)
    }

    /// When all undos of a step are done, the step is `back`.
    fn mark_back(&mut self, plan: &Plan, undo: StepIx) {
        let Place::Undo(owner) = plan.step(undo).place else {
            return;
        };
        let done =
            |step: &StepIx| self.step(*step).status.passed() || self.step(*step).status == StepStatus::NotApplicable;
        if plan.step(owner).undo.iter().all(done) {
            self.steps[owner.0].status = StepStatus::Back;
        }
    }

    fn bind(&mut self, values: &[Bound]) {
        for bound in values {
            self.vars.insert(bound.name.0.clone(), bound.clone());
        }
    }

    fn say(&mut self, record: &Record, step: Option<StepIx>, word: &'static str, text: String) {
        self.log.push(Entry { seq: record.seq, at: record.at, step, word, text });
    }
}

fn find(plan: &Plan, step: &StepId) -> Result<StepIx, String> {
    plan.find(step).ok_or_else(|| format!("no step {step} in this runbook"))
}

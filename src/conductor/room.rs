//! The conductor's one loop: what happens goes to the driver, what the driver wants is done, in order.
//!
//! The loop never waits for a disk, a screen or a command: writing is the writer's thread, screens have queues, commands
//! have pumps. So a stop is sent and deadlines are kept whatever else hangs.

use super::ConductorError;
use super::commission::Commission;
use super::failing::Failing;
use super::hall::{Hall, WHEEL_GRACE};
use super::mirror::Mirroring;
use super::sealing::Sealing;
use super::signatures::Signatures;
use super::strays::Strays;
use super::typing::Keystrokes;
use super::vouching::Vouching;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::driver::{Driver, Input, Output, StepFact};
use crate::engine::environment::Surroundings;
use crate::engine::exec::{Controls, Executor};
use crate::engine::tail::Tail;
use crate::engine::vars::BoundVars;
use crate::journal::elsewhere::{ElsewhereError, Prepared};
use crate::journal::writer::{Order, Report, WriterHandle};
use crate::journal::{Heads, RunDir};
use crate::model::amend::Carried;
use crate::model::event::Event;
use crate::model::ids::{Attempt, ProbeIx, StepIx};
use crate::model::intent::Request;
use crate::model::output::Holder;
use crate::model::time::Stamp;
use crate::model::wire::{ToClient, ToConductor};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::mpsc;

/// Something that happened to a conductor.
pub(super) enum Happening {
    /// Somebody connected.
    Arrived(UnixStream),
    /// A client said something.
    Said(u32, ToConductor),
    /// A client's connection ended.
    Gone(u32),
    /// The writer said something.
    Report(Report),
    /// A process said something.
    Fact(StepIx, Attempt, StepFact),
    /// It was looked on another machine for what lives on of an attempt.
    LookedThere(StepIx, Attempt, Result<Vec<Holder>, String>),
    /// A probe was read.
    Sampled(ProbeIx, Event),
    /// A probe could not be read at all.
    Unread(ProbeIx, String),
    /// The variables were read, or could not be.
    Bound(Result<BoundVars, String>),
    /// Another directory holds what was acknowledged, or cannot.
    Prepared(Result<Prepared, ElsewhereError>),
    /// A runbook that a client brings lies in `attach/`, or cannot.
    Brought(u32, Request, Result<Carried, String>),
    /// A checkpoint was copied to the mirror, or was not.
    Mirrored(Result<(), String>),
    /// The system wants the conductor to end.
    Term,
}

/// How often the clocks are compared and limits looked at when nothing else happens.
const IDLE: Duration = Duration::from_secs(2);
/// A wall clock that moves so far against the monotonic one has jumped, microseconds.
const JUMP: i64 = 2_000_000;

/// A run and everybody around it.
pub(super) struct Room {
    /// Decides and remembers.
    pub driver: Driver,
    /// The screens.
    pub hall: Hall,
    /// The journal.
    pub writer: WriterHandle,
    /// Where the last acknowledged head is remembered outside the run.
    pub heads: Option<Heads>,
    /// The run directory.
    pub dir: RunDir,
    /// What it was told.
    pub commission: Commission,
    /// The whole environment of the conductor, for `env:` variables.
    pub environment: BTreeMap<String, String>,
    /// What steps get of it.
    pub surroundings: Surroundings,
    /// Runs commands.
    pub executor: Arc<dyn Executor>,
    /// Where happenings are said.
    pub happenings: mpsc::UnboundedSender<Happening>,
    /// Handles of running commands.
    pub controls: HashMap<StepIx, Controls>,
    /// What background commands print, for steps that are judged by it.
    pub tails: HashMap<StepIx, Tail>,
    /// Signatures that are waited for.
    pub signatures: Signatures,
    /// Copies of checkpoints elsewhere.
    pub mirroring: Mirroring,
    /// The operator's signatures after acts of weight.
    pub vouching: Vouching,
    /// The end, once it has begun.
    pub sealing: Option<Sealing>,
    /// Survivors were found while a batch was on its way.
    pub look_again: bool,
    /// What is looked for on other machines.
    pub strays: Strays,
    /// What was typed and is not recorded yet: how much.
    pub keystrokes: Keystrokes,
    /// What is wrong with the journal.
    pub failing: Failing,
    /// Why the conductor ends as soon as nothing runs and all is on disk.
    pub leaving: Option<String>,
    /// The conductor is to end, and why where it is not the run's end.
    pub over: Option<Option<String>>,
    /// Wall minus monotonic time when they were last compared.
    pub drift: Option<i64>,
}

impl Room {
    /// Runs until the run is sealed, paused, or cannot go on. What is said at the end goes to every screen.
    pub async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Happening>) -> Result<(), ConductorError> {
        self.step(Input::Tick).await;
        while self.over.is_none() {
            let wait = self.next_wake();
            match tokio::time::timeout(wait, inbox.recv()).await {
                Ok(Some(happening)) => self.take(happening).await,
                Ok(None) => break,
                Err(_) => self.tick().await,
            }
            self.leave_when_quiet();
            self.leave_if_vouched();
        }
        self.mirror_the_rest(&mut inbox).await;
        let why = self.over.clone().flatten();
        let sealed = self.sealing.as_ref().is_some_and(Sealing::is_sealed);
        self.hall.tell_all(&ToClient::Over { sealed, why });
        // The queues of the screens are worked off by tasks of this runtime: give them the turn that they need.
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        for dir in &self.failing.moved {
            let _ = dir.remove_socket();
        }
        Ok(())
    }

    fn next_wake(&self) -> Duration {
        let now = SystemClock.now().wall;
        let until = self.driver.wake().map(|at| Duration::from_micros(u64::try_from(at - now).unwrap_or(0)));
        until.unwrap_or(IDLE).min(IDLE).max(Duration::from_millis(1))
    }

    async fn take(&mut self, happening: Happening) {
        match happening {
            Happening::Arrived(stream) => {
                let _ = self.hall.admit(stream, &self.happenings.clone());
            }
            Happening::Said(client, frame) => self.hear(client, frame).await,
            Happening::Gone(client) => self.part(client).await,
            Happening::Report(report) => self.report(report).await,
            Happening::Fact(step, attempt, fact) => {
                if matches!(fact, StepFact::Ended(_) | StepFact::NotStarted { .. }) {
                    self.controls.remove(&step);
                    self.record_keystrokes(None).await;
                }
                self.step(Input::Fact(step, attempt, fact)).await;
                self.leave_if_failed();
            }
            Happening::LookedThere(step, attempt, found) => self.looked_there(step, attempt, found).await,
            Happening::Unread(probe, why) => {
                let unread = Input::unread(&self.driver.plan, probe, why);
                self.step(unread).await;
            }
            Happening::Sampled(probe, sampled) => self.step(Input::Sampled(probe, sampled)).await,
            Happening::Bound(Ok(bound)) => {
                for (name, value) in bound.secrets.all() {
                    self.driver.secrets.keep(name.to_owned(), value.clone());
                }
                self.step(Input::Note(vec![Event::VarsBound { values: bound.values }])).await;
            }
            Happening::Bound(Err(why)) => self.step(Input::Note(vec![Event::VarsFailed { why }])).await,
            Happening::Prepared(prepared) => self.prepared(prepared),
            Happening::Brought(client, request, brought) => self.brought(client, request, brought).await,
            Happening::Mirrored(copied) => self.mirrored(copied).await,
            Happening::Term => self.end_by_signal(),
        }
    }

    async fn report(&mut self, report: Report) {
        match report {
            Report::Durable { records, head } => {
                if let Some(heads) = &self.heads {
                    // Only a cut that somebody makes later would go unseen without it.
                    let _ = heads.keep(&head);
                }
                self.mirror(&records);
                let closed = records.iter().any(|record| matches!(record.event, Event::Closed { .. }));
                let resumed = records.iter().any(|record| matches!(record.event, Event::Resume { .. }));
                let handed = records.iter().any(|record| matches!(record.event, Event::HandedOver { .. }));
                self.step(Input::Durable(records)).await;
                self.vouch();
                if handed {
                    self.bind_after_resume();
                }
                if resumed {
                    self.end_old_connections();
                    self.bind_after_resume();
                    self.look_for_survivors().await;
                    if self.driver.state.ended.is_some() && !self.driver.state.closed {
                        // Its conductor died between the end and the last record.
                        self.close();
                    }
                }
                if closed {
                    self.hall.publish(self.driver.state.last);
                }
            }
            Report::Failed { why, records } => self.journal_failed(why, records).await,
            Report::Mended => self.journal_mended().await,
            Report::Frozen { valid } => self.copy_elsewhere(valid),
            Report::Moved { dir } => self.moved_to(dir),
            Report::NotKept { bytes, .. } => self.output_not_kept(bytes),
            Report::Closed { .. } if self.is_closing_failed() => self.over_if_closed(true),
            Report::Closed { head } => self.seal(head),
        }
    }

    fn end_by_signal(&mut self) {
        if self.controls.is_empty() && self.failing.failed.is_some() {
            self.end_failed();
        } else if self.controls.is_empty() {
            self.over = Some(Some("the conductor was told to end; tminus resume goes on".into()));
        } else {
            let words = "the system wants to end the conductor; it stays until what runs has ended".to_owned();
            self.hall.tell_all(&ToClient::Trouble { words });
        }
    }

    /// An answers file has no answer left: the run is held, and the conductor ends once nothing runs.
    pub(super) async fn answers_ended(&mut self, at: String) {
        let held = self.driver.state.hold.is_some() || self.driver.state.started.is_none();
        let mut events = vec![Event::AnswersEnded { at: at.clone() }];
        if !held {
            events.push(Event::Held {
                reason: format!("no answer left at {at}"),
                by: crate::model::actor::Actor::program(),
            });
        }
        self.step(Input::Note(events)).await;
        self.leaving = Some(format!("the answers file has no answer for {at}"));
    }

    /// An end that was asked for comes when nothing runs and everything that was said is on disk.
    fn leave_when_quiet(&mut self) {
        if self.leaving.is_some() && self.controls.is_empty() && self.driver.is_idle() && !self.look_again {
            if self.failing.failed.is_some() {
                return self.end_failed();
            }
            self.over = Some(self.leaving.take());
        }
    }

    async fn tick(&mut self) {
        let now = SystemClock.now();
        self.over_if_closed(false);
        self.say_lost(now);
        if let Some((client, _)) = self.hall.asked_for_wheel.filter(|(_, since)| now.since(*since) >= WHEEL_GRACE) {
            self.give_wheel(client).await;
        }
        let drift = now.wall - i64::try_from(now.mono).unwrap_or(0);
        let before = self.drift.replace(drift).unwrap_or(drift);
        if (drift - before).abs() >= JUMP && !self.driver.state.closed {
            self.step(Input::Note(vec![Event::ClockJumped { micros: drift - before }])).await;
        }
        self.look_for_survivors().await;
        self.look_at_mirror(now).await;
        self.record_keystrokes(Some(now)).await;
        self.step(Input::Tick).await;
    }

    /// One input through the driver, and what it wants done.
    pub async fn step(&mut self, input: Input) {
        let now = SystemClock.now();
        match self.driver.handle(input, now) {
            Ok(outputs) => {
                for output in outputs {
                    self.perform(output, now).await;
                }
            }
            Err(illegal) => {
                tracing::error!(%illegal, "a record that cannot follow");
                self.over = Some(Some(format!("{illegal}: this is a fault of tminus; the run is as its journal says")));
            }
        }
    }

    /// An order to the writer; one that is gone has said why it ended, or is about to.
    pub(super) fn order(&self, order: Order) {
        let _ = self.writer.tell(order);
    }

    async fn perform(&mut self, output: Output, _now: Stamp) {
        match output {
            Output::Append(at, events) => {
                let events = events.into_iter().map(|event| (at, event)).collect();
                self.order(Order::Batch { events, barrier: true });
            }
            Output::Spawn(step, attempt) if self.failing.failed.is_some() => self.not_started(step, attempt).await,
            Output::Spawn(step, attempt) => self.spawn(step, attempt),
            Output::Steer(step, control) => {
                if let Some(controls) = self.controls.get(&step) {
                    controls.ask(control);
                }
            }
            Output::Read(probe) => self.read_probe(probe).await,
            Output::BindVars => self.bind_when_written(),
            Output::Publish => self.hall.publish(self.driver.state.last),
            Output::Taken { client, id } => self.hall.tell(client, ToClient::Taken { id }),
            Output::Refused { client, id, why } => self.hall.tell(client, ToClient::Refused { id, why }),
            Output::Amended => self.take_examples(),
            Output::MoveKey => self.order(Order::MoveKey),
            Output::Close => self.close(),
            Output::Leave => self.leave_signed(),
        }
    }
}

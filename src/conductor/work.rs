//! What a conductor does to the world: binds variables, starts commands, reads probes.

use super::room::{Happening, Room};
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::driver::StepFact;
use crate::engine::environment::Starting;
use crate::engine::exec::Control;
use crate::engine::judge::Judge;
use crate::engine::keep::Keep;
use crate::engine::listen::Listening;
use crate::engine::look::Look;
use crate::engine::probe::{Reader, watchers};
use crate::engine::pump::{Pump, Sink};
use crate::engine::tail::{Tail, TailWriter};
use crate::engine::vars::{Sources, bind};
use crate::journal::writer::{Chunk, Order, WriterHandle};
use crate::model::decide::probe_invocation;
use crate::model::expect::{ExitWanted, Expect};
use crate::model::ids::{Attempt, ProbeIx, StepId, StepIx};
use crate::model::output::{Masked, Stream};
use crate::model::state::{StepStatus, VarsBound};
use crate::model::step::Command;
use crate::model::time::Stamp;
use crate::model::watch::Source;
use std::collections::BTreeMap;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

/// An attempt's output on its way to the journal.
struct ToJournal {
    writer: WriterHandle,
    step: StepId,
    attempt: Attempt,
}

impl Sink for ToJournal {
    async fn output(&mut self, stream: Stream, bytes: Vec<u8>, masked: Vec<Masked>, at: Stamp) {
        let chunk = Chunk { step: self.step.clone(), attempt: self.attempt, stream, bytes, masked, at };
        // A writer that is gone has said so to the room.
        let _ = self.writer.send(Order::Output(chunk)).await;
    }

    async fn end(&mut self) -> bool {
        let (told, lost) = oneshot::channel();
        let (step, attempt) = (self.step.clone(), self.attempt);
        let _ = self.writer.send(Order::EndOutput { step, attempt, lost: Some(told) }).await;
        lost.await.unwrap_or(true)
    }
}

/// What an attempt needs beside its process.
struct Prepared {
    judge: Judge,
    keep: Option<Keep>,
    listening: Option<Listening>,
    /// Where somebody else than its process is to be asked first.
    asks: Option<mpsc::UnboundedSender<Control>>,
}

impl Room {
    /// Binds the variables on a task of its own; `Happening::Bound` says what came of it.
    pub(super) fn bind_vars(&mut self) {
        let plan = self.driver.plan.clone();
        let state = self.driver.state.clone();
        let given: BTreeMap<String, String> = self.commission.vars.iter().cloned().collect();
        let environment = self.environment.clone();
        let surroundings = self.surroundings.clone();
        let executor = self.executor.clone();
        let happenings = self.happenings.clone();
        tokio::task::spawn_local(async move {
            let sources = Sources {
                plan: &plan,
                state: &state,
                given: &given,
                environment: &environment,
                surroundings: &surroundings,
                executor: executor.as_ref(),
            };
            // The room may have ended meanwhile; then nobody needs the values.
            let _ = happenings.send(Happening::Bound(bind(&sources).await));
        });
    }

    /// Starts the process of an attempt whose start is durable.
    pub(super) fn spawn(&mut self, step: StepIx, attempt: Attempt) {
        let plan = self.driver.plan.clone();
        let state = &self.driver.state;
        let (Some(command), Some(invocation)) = (plan.step(step).command(), state.step(step).invocation.clone()) else {
            return;
        };
        let prepared = match self.prepare(command) {
            Ok(prepared) => prepared,
            Err(why) => {
                let _ = self.happenings.send(Happening::Fact(step, attempt, StepFact::NotStarted { why }));
                return;
            }
        };
        let hints = plan.step(step).hints.iter().filter_map(|hint| {
            // What cannot be compiled was refused when the runbook was read.
            let any = Expect { exit: ExitWanted::Any, ..Expect::default() };
            let picture = Expect { exit: ExitWanted::Any, ..hint.when.clone() };
            let command = Command { expect: any, trip: Some(picture), ..Command::new(command.program.clone()) };
            Some((Judge::new(&command).ok()?, state.fill(&hint.say)))
        });
        let hints = hints.collect();
        let starting = Starting { plan: &plan, state, secrets: &self.driver.secrets, surroundings: &self.surroundings };
        let spec = starting.spec(step, attempt, command, &invocation);
        let spec = match &prepared.keep {
            Some(keep) => Starting::keeping(spec, keep),
            None => spec,
        };
        let running = self.executor.spawn(spec);
        self.controls.insert(
            step,
            match prepared.asks {
                Some(asks) => running.controls().asking(asks),
                None => running.controls(),
            },
        );
        let id = plan.step(step).id.clone();
        let plain = state.vars.iter().filter_map(|(name, bound)| Some((name.clone(), bound.value.clone()?)));
        let pump = Pump {
            plan: plan.clone(),
            step,
            id: id.clone(),
            attempt,
            judge: prepared.judge,
            secrets: self.driver.secrets.all().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            private: command.private || command.capture.iter().any(|(_, capture)| capture.secret),
            vars: plain.collect(),
            cwd: invocation.cwd.clone().into(),
            look: Look::at(command),
            hints,
            keep: prepared.keep,
            tail: self.tail_of(step).map(TailWriter),
            listening: prepared.listening,
            began: SystemClock.now(),
            sink: ToJournal { writer: self.writer.clone(), step: id, attempt },
        };
        let happenings = self.happenings.clone();
        tokio::task::spawn_local(pump.run(running, move |step, attempt, fact| {
            // The room outlives its commands, or is gone because the run is over: nobody is left to tell.
            let _ = happenings.send(Happening::Fact(step, attempt, fact));
        }));
    }

    /// What an attempt needs beside its process. An error is for the operator: nothing was started.
    fn prepare(&self, command: &Command) -> Result<Prepared, String> {
        let facts = self.driver.state.facts.as_ref().ok_or("the run has not begun")?;
        let keep =
            Keep::of(command, &facts.run).map_err(|why| format!("no directory for its captured variables: {why}"))?;
        let Some(of) = &command.expect.of else {
            let judge = Judge::new(command).map_err(|why| why.to_string())?;
            return Ok(Prepared { judge, keep, listening: None, asks: None });
        };
        let state = &self.driver.state;
        let runs = |ix: &StepIx| state.step(*ix).status == StepStatus::Running;
        let tail = self.driver.plan.find(of).filter(runs).and_then(|ix| self.tails.get(&ix));
        let tail = tail.ok_or_else(|| format!("it is judged by what {of} prints, which is not running"))?;
        let (asks, asked) = mpsc::unbounded_channel();
        let vars = |name: &str| state.vars.get(name).and_then(|bound| bound.value.clone());
        let heard = Listening::new(command, (of.clone(), tail), asked, &vars).map_err(|why| why.to_string())?;
        Ok(Prepared { judge: heard.0, keep, listening: Some(heard.1), asks: Some(asks) })
    }

    /// A new tail for a command by which others are judged.
    fn tail_of(&mut self, step: StepIx) -> Option<Tail> {
        let plan = &self.driver.plan;
        let id = &plan.step(step).id;
        let mut commands = plan.steps.iter().filter_map(|other| other.command());
        commands.any(|command| command.expect.of.as_ref() == Some(id)).then(|| {
            let tail = Tail::new();
            self.tails.insert(step, tail.clone());
            tail
        })
    }

    /// Reads a probe once, on a task of its own; `Happening::Sampled` says what came.
    pub(super) async fn read_probe(&mut self, ix: ProbeIx) {
        let plan = self.driver.plan.clone();
        let state = &self.driver.state;
        let probe = plan.probe(ix);
        let Source::Command(command) = &probe.source else { return };
        let invocation = match probe_invocation(&plan, state, ix, command) {
            Ok(invocation) => invocation,
            Err(why) => {
                let _ = self.happenings.send(Happening::Unread(ix, why.0));
                return;
            }
        };
        let starting = Starting { plan: &plan, state, secrets: &self.driver.secrets, surroundings: &self.surroundings };
        let count = u32::try_from(state.probe(ix).count).unwrap_or(u32::MAX).saturating_add(1);
        let running = self.executor.spawn(starting.spec_of((probe.id.as_str(), count), command, &invocation));
        let plain = state.vars.iter().filter_map(|(name, bound)| Some((name.clone(), bound.value.clone()?)));
        let reader = Reader {
            probe: probe.id.clone(),
            command: Command::clone(command),
            watchers: watchers(&plan, state, ix),
            every: probe.every,
            vars: plain.collect(),
            secrets: self.driver.secrets.clone(),
        };
        let happenings = self.happenings.clone();
        tokio::task::spawn_local(async move {
            let _ = happenings.send(Happening::Sampled(ix, reader.read(running).await));
        });
    }

    /// After a resume: secrets are read anew, and values that were never bound. Where another operator took the run up, only once
    /// that one took it over.
    pub(super) fn bind_after_resume(&mut self) {
        let secrets = self.driver.plan.vars.iter().any(|var| var.secret);
        let needs = self.driver.state.vars_bound != VarsBound::Yes || secrets;
        let open = self.driver.state.started.is_some() && self.driver.state.ended.is_none();
        if open && needs && self.driver.state.handover.is_none() {
            self.bind_vars();
        }
    }
}

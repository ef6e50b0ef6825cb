//! Commands on this machine: start, drain, stop, and what they leave behind.
//!
//! Exit is not the end of output, and the end of output may never come: after the exit both streams are drained to their
//! end or for 2 s. A stop goes to the whole session and is over when the session is. The leader is reaped last, so that its
//! number cannot be anybody else's while signals may still go to it. Nothing here judges, masks or records.

use super::keyboard::{Keys, with_keys, without_keys};
use super::left::{self, Trace};
use super::pipes::{Source, Tap};
use super::pty::Modes;
use super::spawn::{Begun, begin};
use super::stop::{Order, Stop};
use super::streams::{Streams, streams};
use super::{CommandSpec, Control, ExecFact, Executor, Running, StdinSource, Target, signals};
use crate::engine::clock::Clock;
use crate::model::output::{Drained, Exit, Stream};
use crate::model::time::Stamp;
use rustix::process::Signal;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinError;
use tokio::time::{Instant, sleep_until};

/// How long output is waited for after the exit, and a killed session for its end.
const DRAIN: Duration = Duration::from_secs(2);
/// How often a session that is being stopped is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Facts that may lie unread: with chunks of 256 KiB, 2 MiB at most.
const QUEUE: usize = 8;

/// Runs commands on this machine, over pipes.
pub struct Local {
    clock: Arc<dyn Clock>,
}

impl Local {
    /// An executor that stamps its facts by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl Executor for Local {
    fn spawn(&self, spec: CommandSpec) -> Running {
        self.spawn_in(spec, Modes::Lines)
    }
}

impl Local {
    /// Starts `spec`, whose terminal behaves as `modes` say.
    pub(super) fn spawn_in(&self, spec: CommandSpec, modes: Modes) -> Running {
        let (facts, heard) = mpsc::channel(QUEUE);
        let (controls, asked, keys) = if spec.terminal.is_some() || matches!(spec.stdin, StdinSource::Typed) {
            let (controls, asked, keys) = with_keys();
            (controls, asked, Some(keys))
        } else {
            let (controls, asked) = without_keys();
            (controls, asked, None)
        };
        let clock = Arc::clone(&self.clock);
        tokio::spawn(async move {
            let wishes = Wishes { asked, keys, modes };
            if let Err(why) = run(spec, Arc::clone(&clock), &facts, wishes).await {
                let _ = facts.send(ExecFact::NotStarted { why, at: clock.now() }).await;
            }
        });
        Running::new(heard, controls)
    }
}

/// What may come from outside while a command runs, and how its terminal behaves.
struct Wishes {
    asked: mpsc::UnboundedReceiver<Control>,
    keys: Option<Keys>,
    modes: Modes,
}

async fn run(
    mut spec: CommandSpec,
    clock: Arc<dyn Clock>,
    facts: &mpsc::Sender<ExecFact>,
    wishes: Wishes,
) -> Result<(), String> {
    if let Target::Ssh(target) = &spec.target {
        return Err(format!("{} is another machine, and this executor knows only this one", target.name));
    }
    if let Some(why) = super::words::impossible(&spec) {
        return Err(why);
    }
    let stdin = std::mem::replace(&mut spec.stdin, StdinSource::Null);
    let (ends, streams) = streams(&spec, stdin, wishes.keys, wishes.modes)?;
    let marker = spec.marker.clone();
    let begun = begin(spec, ends, Arc::clone(&clock)).await?;
    let _ = facts.send(ExecFact::Spawned { pid: begun.pid, start: begun.start, at: begun.at }).await;
    let trace = Trace { leader: begun.pid, marker, prints_to: streams.names.clone() };
    let watched = Watch::new(trace, wishes.asked);
    watched.follow(begun, streams, clock, facts).await;
    Ok(())
}

/// One command from its start to the last of its output.
struct Watch {
    trace: Trace,
    controls: mpsc::UnboundedReceiver<Control>,
    stop: Stop,
    exited: Option<(Instant, Exit, Stamp)>,
    drained: Option<Drained>,
    last_call: watch::Sender<bool>,
    /// After the exit and with a stop: nothing of the session lives.
    deserted: bool,
    looked: Option<Instant>,
}

impl Watch {
    fn new(trace: Trace, controls: mpsc::UnboundedReceiver<Control>) -> Self {
        let (last_call, _) = watch::channel(false);
        let stop = Stop::default();
        Self { trace, controls, stop, exited: None, drained: None, last_call, deserted: false, looked: None }
    }

    async fn follow(mut self, begun: Begun, streams: Streams, clock: Arc<dyn Clock>, facts: &mpsc::Sender<ExecFact>) {
        let Begun { handle, pid, mut ended, .. } = begun;
        let feeder = streams.feeder;
        let tap = |stream, source| {
            let (facts, clock) = (facts.clone(), Arc::clone(&clock));
            Tap { stream, source, facts, clock, last_call: self.last_call.subscribe() }.run()
        };
        let (out, err) = (tap(Stream::Out, streams.stdout), streams.stderr.map(|err| tap(Stream::Err, err)));
        let mut taps = tokio::spawn(async {
            match err {
                Some(err) => {
                    let (out, err) = tokio::join!(out, err);
                    vec![out, err]
                }
                None => vec![out.await],
            }
        });
        // Kept open until it is known who holds them: a closed pipe would end a process before it is named.
        let mut open = Vec::new();
        let exit = loop {
            let due = self.due();
            tokio::select! {
                end = &mut ended, if self.exited.is_none() => {
                    let (exit, at) = end.unwrap_or((Exit::Code(-1), clock.now()));
                    self.exited = Some((Instant::now(), exit, at));
                }
                all = &mut taps, if self.drained.is_none() => {
                    let (drained, sources) = whole(all);
                    self.drained = Some(drained);
                    open = sources;
                }
                Some(control) = self.controls.recv() => {
                    let order = self.stop.ask(control, Instant::now());
                    self.carry_out(order).await;
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.on_time().await,
            }
            if let Some(over) = self.over() {
                break over;
            }
        };
        let (exit, drained, at) = exit;
        let holders = self.trace.behind(drained).await;
        drop(open);
        // It has ended, so this only reaps. From here on its number may be given to another process.
        let _ = handle.try_wait();
        left::forget_leader(pid);
        if let Some(feeder) = feeder {
            feeder.abort();
        }
        let _ = facts.send(ExecFact::Exited { exit, drained, holders, at }).await;
        left::reap_adopted();
    }

    /// What is known when nothing more is to be waited for.
    fn over(&self) -> Option<(Exit, Drained, Stamp)> {
        let ((_, exit, at), drained) = (self.exited?, self.drained?);
        let settled = !self.stop.wanted() || self.deserted || self.given_up();
        settled.then_some((exit, drained, at))
    }

    /// KILL was sent so long ago that what has not died of it will not (it hangs in the kernel, or is another user's).
    fn given_up(&self) -> bool {
        self.stop.killed().is_some_and(|killed| Instant::now() >= killed + DRAIN)
    }

    /// When to look at things again without being told.
    fn due(&self) -> Option<Instant> {
        let grace = self.stop.due().filter(|_| !self.deserted);
        [grace, self.last_call_due(), self.look_due()].into_iter().flatten().min()
    }

    /// A stop may take longer than the drain: what it will kill must not be named as holding the pipe.
    fn last_call_due(&self) -> Option<Instant> {
        let (exited, ..) = self.exited?;
        if self.drained.is_some() || *self.last_call.borrow() {
            return None;
        }
        match self.stop.killed() {
            _ if !self.stop.wanted() || self.deserted => Some(exited + DRAIN),
            Some(killed) => Some(exited.max(killed) + DRAIN),
            None => None,
        }
    }

    fn look_due(&self) -> Option<Instant> {
        let (exited, ..) = self.exited?;
        let looking = self.stop.wanted() && !self.deserted && !self.given_up();
        looking.then(|| self.looked.map_or(exited, |looked| looked + LOOK_AGAIN))
    }

    async fn on_time(&mut self) {
        let now = Instant::now();
        let reached = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        if !self.deserted && reached(self.stop.due()) {
            let order = self.stop.grace_over(now);
            self.carry_out(order).await;
        }
        if reached(self.look_due()) {
            self.deserted = !self.trace.session_lives().await;
            self.looked = Some(Instant::now());
        }
        if reached(self.last_call_due()) {
            self.last_call.send_replace(true);
        }
    }

    async fn carry_out(&mut self, order: Order) {
        let leader = self.trace.leader;
        match order {
            Order::Interrupt => signals::to_group(leader, Signal::INT),
            Order::Terminate => {
                signals::to_group(leader, Signal::TERM);
                self.trace.signal_other_groups(Signal::TERM).await;
            }
            Order::Kill | Order::KillAll => {
                // CONT first: a stopped process takes its pending TERM only when it goes on, and may still tidy up.
                signals::to_group(leader, Signal::CONT);
                signals::to_group(leader, Signal::KILL);
                self.trace.signal_other_groups(Signal::KILL).await;
            }
        }
        if order == Order::KillAll {
            self.trace.kill_marked().await;
        }
    }
}

/// How the end of all was reached, and what was read from.
fn whole(all: Result<Vec<(Drained, Source)>, JoinError>) -> (Drained, Vec<Source>) {
    let Ok(all) = all else {
        return (Drained::Grace, Vec::new());
    };
    let ended = all.iter().all(|(drained, _)| *drained == Drained::Eof);
    let drained = if ended { Drained::Eof } else { Drained::Grace };
    (drained, all.into_iter().map(|(_, source)| source).collect())
}

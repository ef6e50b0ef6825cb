//! Between wishes and effects: decide, append, wait for the disk, apply, then act.
//!
//! Pure bookkeeping: inputs in, outputs out, no clock, no disk, no process, so that a test can stand at any point between
//! them. At most one batch is on its way to the disk; everything else waits behind it, but for a stop, which is sent to the
//! process first and recorded after. An effect is taken from a record that is durable and from nothing else.
//! `conductor::run_loop` feeds it.
#![allow(missing_docs, reason = "a variant says what its fields are")]

mod effects;
mod facts;
mod quiet;
mod readings;
mod wishes;

use crate::engine::drill::rehearsed;
use crate::engine::exec::Control;
use crate::engine::secrets::Secrets;
use crate::journal::keys::allowed::AllowedSigners;
use crate::model::actor::Actor;
use crate::model::amend::{Carried, sha256};
use crate::model::event::Event;
use crate::model::follow::{self, Due};
use crate::model::ids::{Attempt, ProbeIx, StepIx};
use crate::model::intent::{Intent, Refusal, Request};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::{IllegalEvent, RunState, StepStatus};
use crate::model::time::{Stamp, micros};
use std::collections::{HashMap, HashSet, VecDeque};
use std::mem::Discriminant;
use std::time::Duration;

/// What an attempt that listens to another gets beyond its limit: its pump judges it at the limit itself.
const LISTENS_ON: Duration = Duration::from_secs(2);

pub use facts::{Captured, Ended, StepFact};

/// What comes to the driver.
#[derive(Debug)]
pub enum Input {
    /// A client wishes something.
    Wish(Wish),
    /// Something that the conductor itself has to record.
    Note(Vec<Event>),
    /// A process said something.
    Fact(StepIx, Attempt, StepFact),
    /// A probe was read: the record of what came.
    Sampled(ProbeIx, Event),
    /// Records are durable, in order.
    Durable(Vec<Record>),
    /// Time passed.
    Tick,
}

/// A client's wish.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Whose screen.
    pub client: u32,
    /// Who.
    pub by: Actor,
    /// What, with its number.
    pub request: Request,
}

/// What the driver wants done, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Append these facts, made at that instant, and make them durable.
    Append(Stamp, Vec<Event>),
    /// Start the process of this attempt; its `StepStarted` is durable.
    Spawn(StepIx, Attempt),
    /// Steer the process of this step.
    Steer(StepIx, Control),
    /// Read this probe once.
    Read(ProbeIx),
    /// Bind the variables.
    BindVars,
    /// Records up to the state's last are applied: tell the clients.
    Publish,
    /// A wish was taken.
    Taken { client: u32, id: u64 },
    /// A wish came to nothing.
    Refused { client: u32, id: u64, why: String },
    /// Another runbook is in force: `Driver::plan`.
    Amended,
    /// A step's border: the run key moves on.
    MoveKey,
    /// The run ended: write the last record, then seal.
    Close,
    /// The conductor ends on purpose.
    Leave,
}

/// The bookkeeping of one run.
#[derive(Debug)]
pub struct Driver {
    /// The runbook.
    pub plan: std::sync::Arc<Plan>,
    /// What is true, as far as it is durable.
    pub state: RunState,
    /// Values that no record holds.
    pub secrets: Secrets,
    /// Whose keys sign off, as the conductor's list said when it began.
    pub signers: AllowedSigners,
    /// Runbooks that were brought and are kept in `attach/`, by their hash.
    brought: HashMap<String, Carried>,
    waiting: VecDeque<Waiting>,
    /// Kinds of the facts that were appended and are not durable yet: one batch.
    on_its_way: VecDeque<Discriminant<Event>>,
    /// That batch is of a stop that its process was told before.
    told: bool,
    /// The last control that was sent to the attempt of a step.
    steered: HashMap<StepIx, (Attempt, Control)>,
    seen: HashSet<u64>,
    /// Attempts whose process was told that its limit is reached.
    limits_told: HashSet<(StepIx, Attempt)>,
    /// Probes that are being read.
    reading: HashSet<ProbeIx>,
    /// When each probe was begun to be read last, by the monotonic clock and the wall's.
    read_at: HashMap<ProbeIx, Stamp>,
    /// The wall clock when it was last looked what is due.
    looked: i64,
    /// Until when nothing follows.
    quiet: quiet::Quiet,
    /// The journal cannot be written: nothing begins, by itself or by a wish.
    no_journal: bool,
    /// A record could not follow: nothing further may be done.
    broken: bool,
    out: Vec<Output>,
}

/// What waits until the batch before it is durable.
#[derive(Debug)]
enum Waiting {
    /// A wish, and whether it is a stop that was sent to its process already.
    Wish(Wish, Told),
    Note(Vec<Event>),
    Fact(StepIx, Attempt, StepFact),
    /// The limit of an attempt was reached; its process was told.
    Limit(StepIx, Attempt),
}

/// Whether a process knows of a wish before its record is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Already,
    NotYet,
}

impl Driver {
    /// A driver for a run whose records up to `state.last` are durable.
    pub fn new(plan: std::sync::Arc<Plan>, state: RunState, secrets: Secrets) -> Self {
        Self {
            plan,
            state,
            secrets,
            signers: AllowedSigners::default(),
            brought: HashMap::new(),
            waiting: VecDeque::new(),
            on_its_way: VecDeque::new(),
            told: false,
            steered: HashMap::new(),
            seen: HashSet::new(),
            limits_told: HashSet::new(),
            reading: HashSet::new(),
            read_at: HashMap::new(),
            looked: i64::MIN,
            quiet: quiet::Quiet::default(),
            no_journal: false,
            broken: false,
            out: Vec::new(),
        }
    }

    /// Takes one input and says what is to be done, in order. An illegal record is a fault of the program or of the disk:
    /// nothing further may be done in this run.
    pub fn handle(&mut self, input: Input, now: Stamp) -> Result<Vec<Output>, IllegalEvent> {
        match input {
            Input::Wish(wish) => self.take_wish(wish, now),
            Input::Note(events) => self.waiting.push_back(Waiting::Note(events)),
            Input::Sampled(probe, sampled) => self.take_sample(probe, sampled),
            Input::Fact(step, attempt, fact) => self.waiting.push_back(Waiting::Fact(step, attempt, fact)),
            Input::Durable(records) => {
                if let Err(illegal) = self.take_durable(&records) {
                    self.broken = true;
                    self.out.clear();
                    return Err(illegal);
                }
            }
            Input::Tick => {}
        }
        self.enforce_limits(now);
        self.go_on(now);
        self.read_probes(now);
        self.looked = now.wall;
        Ok(std::mem::take(&mut self.out))
    }

    /// When to look again, Unix microseconds: the next countdown, retry, planned start or time limit.
    pub fn wake(&self) -> Option<i64> {
        let limits = self.state.running().into_iter().filter_map(|ix| self.limit_of(ix));
        let limits = limits.filter(|at| *at > self.looked);
        let readings = self.readings_to_come();
        self.follows_at().into_iter().chain(limits).chain(readings).min()
    }

    /// The journal cannot be written: from here on nothing begins.
    pub fn journal_failed(&mut self) {
        self.no_journal = true;
    }

    /// It can be written again.
    pub fn journal_mended(&mut self) {
        self.no_journal = false;
    }

    /// Whether a batch is on its way to the disk.
    pub fn is_writing(&self) -> bool {
        !self.on_its_way.is_empty()
    }

    /// Whether nothing is on its way and nothing waits.
    pub fn is_idle(&self) -> bool {
        self.on_its_way.is_empty() && self.waiting.is_empty()
    }

    /// A runbook lies in `attach/`: a wish may name it by its hash.
    pub fn bring(&mut self, runbook: Carried) {
        if let Some(bytes) = &runbook.0 {
            self.brought.insert(sha256(bytes), runbook);
        }
    }

    /// The runbook in force took the place of the one before.
    fn take_plan(&mut self) {
        if let Some(plan) = &self.state.in_force.0 {
            self.plan = match self.state.is_drill() {
                true => std::sync::Arc::new(rehearsed(plan.as_ref().clone())),
                false => plan.clone(),
            };
        }
    }

    fn take_durable(&mut self, records: &[Record]) -> Result<(), IllegalEvent> {
        for record in records {
            self.state.apply(&self.plan, record)?;
            if matches!(record.event, Event::Amended { .. }) {
                self.take_plan();
            }
        }
        self.quiet.stirred_by(records);
        self.out.push(Output::Publish);
        for record in records {
            // The writer adds records of its own (output, checkpoints, lost bytes, a new part): they end no batch.
            let kind = std::mem::discriminant(&record.event);
            let of_batch = self.on_its_way.front() == Some(&kind);
            if of_batch {
                self.on_its_way.pop_front();
            }
            self.act_on(&record.event, if of_batch && self.told { Told::Already } else { Told::NotYet });
        }
        Ok(())
    }

    /// Works off what waits, then what is due by itself, until a batch is on its way or nothing is left.
    fn go_on(&mut self, now: Stamp) {
        while self.on_its_way.is_empty() && !self.broken {
            match self.waiting.pop_front() {
                Some(Waiting::Wish(wish, told)) => self.decide(wish, told, now),
                Some(Waiting::Note(events)) => self.note(events, now),
                Some(Waiting::Fact(step, attempt, fact)) => self.record_fact((step, attempt), fact, now),
                Some(Waiting::Limit(step, attempt)) => self.record_limit(step, attempt, now),
                None if !self.no_journal && self.follow(now) => {}
                None => return,
            }
        }
    }

    fn append(&mut self, now: Stamp, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        self.on_its_way = events.iter().map(std::mem::discriminant).collect();
        self.told = false;
        self.out.push(Output::Append(now, events));
    }

    /// What the conductor itself has to say. After the end the journal is being closed: nothing may follow its last record.
    fn note(&mut self, mut events: Vec<Event>, now: Stamp) {
        if self.state.ended.is_some() {
            return;
        }
        events.retain(|event| match event {
            // The step may have been resolved since they were looked for.
            Event::Survivors { step, attempt, .. } => self
                .plan
                .find(step)
                .map(|ix| self.state.step(ix))
                .is_some_and(|own| own.status == StepStatus::Unknown && own.attempt == *attempt),
            // A hold of its own begins nothing anew where one is on, and a run that is not started waits anyway.
            Event::Held { .. } => self.state.started.is_some() && self.state.hold.is_none(),
            // What the journal does not lead to must not stand in it: nobody could read on behind it.
            Event::BarrierSigned { text, .. } => self.state.barriers.clone().sign(text).is_ok(),
            _of_the_run => true,
        });
        self.append(now, events);
    }

    /// What happens by itself. Whether anything did.
    fn follow(&mut self, now: Stamp) -> bool {
        if self.quiet.holds(now.wall) {
            return false;
        }
        let Some(due) = follow::due(&self.plan, &self.state, now) else {
            self.found_nothing(now.wall);
            return false;
        };
        let events = match due {
            Due::Conditions(ix) => self.conditions(ix),
            _follows_from_the_plan => follow::enact(&self.plan, &self.state, due, now),
        };
        // What is due and cannot begin would be due again at once: the run holds and says why instead.
        let events = events.unwrap_or_else(|why| vec![Event::Held { reason: why.0, by: Actor::program() }]);
        let any = !events.is_empty();
        self.append(now, events);
        any
    }

    /// Looks at a step's conditions. What cannot be compared is never taken for "does not apply".
    fn conditions(&self, ix: StepIx) -> Result<Vec<Event>, Refusal> {
        let step = self.plan.step(ix);
        let mut hold = true;
        let mut saw = Vec::new();
        for condition in &step.when {
            let (var, is) = (&condition.var, &condition.is);
            let cannot = |why: &str| {
                let number = &step.number;
                Refusal(format!("whether {number} applies cannot be told: {why}. Settle it by hand"))
            };
            let value =
                self.state.var(var.as_str()).ok_or_else(|| cannot(&format!("{var} has no value to compare")))?;
            hold &= crate::engine::judge::condition_holds(is, value).map_err(|why| cannot(&why.to_string()))?;
            saw.push(format!("{var} is {value:?}, wanted {is}"));
        }
        Ok(vec![Event::StepConditions { step: step.id.clone(), hold, saw: saw.join("; ") }])
    }

    /// How long an attempt may take, microseconds. One that is judged by another's output is judged at its limit by its pump, and
    /// has a moment more before it is ended.
    fn timeout(&self, ix: StepIx) -> Option<u64> {
        let timeout = self.state.step(ix).invocation.as_ref()?.timeout?;
        let listens = self.plan.step(ix).command().is_some_and(|command| command.expect.of.is_some());
        Some(if listens { timeout.saturating_add(micros(LISTENS_ON)) } else { timeout })
    }

    /// When the limit of a running attempt is reached by the wall clock, which is when to look.
    fn limit_of(&self, ix: StepIx) -> Option<i64> {
        let own = self.state.step(ix);
        let timeout = self.timeout(ix)?;
        if own.timed_out || own.exit.is_some() {
            return None;
        }
        own.started?.wall.checked_add(i64::try_from(timeout).ok()?)
    }

    /// Ends what has run past its limit, by the monotonic clock, whatever the disk does; the record follows when it can.
    fn enforce_limits(&mut self, now: Stamp) {
        for ix in self.state.running() {
            let own = self.state.step(ix);
            let limit = self.timeout(ix);
            let ran = own.started.map(|started| micros(now.since(started)));
            let over = limit.zip(ran).is_some_and(|(limit, ran)| ran >= limit);
            let attempt = own.attempt;
            if !over || own.timed_out || own.exit.is_some() || self.limits_told.contains(&(ix, attempt)) {
                continue;
            }
            self.limits_told.insert((ix, attempt));
            // A second request would skip the grace, and it is not the clock's to take that away.
            let ending = self
                .steered
                .get(&ix)
                .is_some_and(|(of, control)| *of == attempt && matches!(control, Control::Terminate | Control::Kill));
            if !ending {
                self.steer(ix, attempt, Control::Terminate);
            }
            self.waiting.push_back(Waiting::Limit(ix, attempt));
        }
    }

    fn record_limit(&mut self, ix: StepIx, attempt: Attempt, now: Stamp) {
        let own = self.state.step(ix);
        if own.status == StepStatus::Running && own.attempt == attempt {
            let step = self.plan.step(ix).id.clone();
            self.append(now, vec![Event::StepTimeout { step, attempt }]);
        }
    }
}

/// Whether a wish is taken while the journal cannot be written: what ends something, or says what a person did or saw.
fn begins_nothing(intent: &Intent) -> bool {
    matches!(
        intent,
        Intent::Stop { .. } | Intent::Hold { .. } | Intent::Note { .. } | Intent::Hand { .. } | Intent::Resolve { .. }
    )
}

/// Whether a wish may overtake a batch that is on its way: only what ends processes.
fn is_urgent(intent: &Intent) -> bool {
    matches!(intent, Intent::Stop { .. })
}

//! Between wishes and effects: decide, append, wait for the disk, apply, then act.
//!
//! Pure bookkeeping: inputs in, outputs out, no clock, no disk, no process, so that a test can stand at any point between
//! them. At most one batch is on its way to the disk; everything else waits behind it, but for a stop, which is sent to the
//! process first and recorded after. An effect is taken from a record that is durable and from nothing else.
//! `conductor::run_loop` feeds it.
#![allow(missing_docs, reason = "a variant says what its fields are")]

mod effects;
mod facts;
mod wishes;

use crate::engine::exec::Control;
use crate::engine::secrets::Secrets;
use crate::model::actor::Actor;
use crate::model::event::Event;
use crate::model::follow::{self, Due};
use crate::model::ids::{Attempt, StepIx};
use crate::model::intent::{Intent, Request};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::{IllegalEvent, RunState};
use crate::model::time::Stamp;
use std::collections::{HashMap, HashSet, VecDeque};

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
    /// Bind the variables.
    BindVars,
    /// Records up to the state's last are applied: tell the clients.
    Publish,
    /// A wish was taken.
    Taken { client: u32, id: u64 },
    /// A wish came to nothing.
    Refused { client: u32, id: u64, why: String },
    /// A step's border: the run key moves on.
    MoveKey,
    /// The run ended: write the last record, then seal.
    Close,
    /// The conductor ends on purpose.
    Leave,
}

/// The bookkeeping of one run.
pub struct Driver {
    /// The runbook.
    pub plan: std::sync::Arc<Plan>,
    /// What is true, as far as it is durable.
    pub state: RunState,
    /// Values that no record holds.
    pub secrets: Secrets,
    waiting: VecDeque<Waiting>,
    on_its_way: bool,
    steered: HashMap<StepIx, Control>,
    seen: HashSet<u64>,
    out: Vec<Output>,
}

/// What waits until the batch before it is durable.
enum Waiting {
    Wish(Wish),
    Note(Vec<Event>),
    Fact(StepIx, Attempt, StepFact),
}

impl Driver {
    /// A driver for a run whose records up to `state.last` are durable.
    pub fn new(plan: std::sync::Arc<Plan>, state: RunState, secrets: Secrets) -> Self {
        Self {
            plan,
            state,
            secrets,
            waiting: VecDeque::new(),
            on_its_way: false,
            steered: HashMap::new(),
            seen: HashSet::new(),
            out: Vec::new(),
        }
    }

    /// Takes one input and says what is to be done, in order. An illegal record is a fault of the program or of the disk:
    /// nothing further may be done in this run.
    pub fn handle(&mut self, input: Input, now: Stamp) -> Result<Vec<Output>, IllegalEvent> {
        match input {
            Input::Wish(wish) => self.take_wish(wish, now),
            Input::Note(events) => self.waiting.push_back(Waiting::Note(events)),
            Input::Fact(step, attempt, fact) => self.waiting.push_back(Waiting::Fact(step, attempt, fact)),
            Input::Durable(records) => self.take_durable(&records)?,
            Input::Tick => {}
        }
        self.go_on(now);
        Ok(std::mem::take(&mut self.out))
    }

    /// When to look again, Unix microseconds: the next countdown, retry, planned start or time limit.
    pub fn wake(&self) -> Option<i64> {
        let limits = self.state.running().into_iter().filter_map(|ix| self.limit_of(ix));
        follow::wake(&self.plan, &self.state).into_iter().chain(limits).min()
    }

    /// Whether a batch is on its way to the disk.
    pub fn is_writing(&self) -> bool {
        self.on_its_way
    }

    /// Whether nothing is on its way and nothing waits.
    pub fn is_idle(&self) -> bool {
        !self.on_its_way && self.waiting.is_empty()
    }

    fn take_durable(&mut self, records: &[Record]) -> Result<(), IllegalEvent> {
        for record in records {
            self.state.apply(&self.plan, record)?;
            if !matches!(record.event, Event::Ckpt { .. } | Event::Output { .. }) {
                self.on_its_way = false;
            }
        }
        self.out.push(Output::Publish);
        for record in records {
            self.act_on(&record.event);
        }
        Ok(())
    }

    /// Works off what waits, then what is due by itself, until a batch is on its way or nothing is left.
    fn go_on(&mut self, now: Stamp) {
        while !self.on_its_way {
            match self.waiting.pop_front() {
                Some(Waiting::Wish(wish)) => self.decide(wish, now),
                Some(Waiting::Note(events)) => self.append(now, events),
                Some(Waiting::Fact(step, attempt, fact)) => self.record_fact((step, attempt), fact, now),
                None => {
                    if !self.enforce_limits(now) && !self.follow(now) {
                        return;
                    }
                }
            }
        }
    }

    fn append(&mut self, now: Stamp, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        self.on_its_way = true;
        self.out.push(Output::Append(now, events));
    }

    /// What happens by itself. Whether anything did.
    fn follow(&mut self, now: Stamp) -> bool {
        let Some(due) = follow::due(&self.plan, &self.state, now) else {
            return false;
        };
        let events = match due {
            Due::Conditions(ix) => Ok(vec![self.conditions(ix)]),
            Due::Begin(_) | Due::EndWait(_) | Due::EndRollback => follow::enact(&self.plan, &self.state, due, now),
        };
        // What is due and cannot begin would be due again at once: the run holds and says why instead.
        let events = events.unwrap_or_else(|why| vec![Event::Held { reason: why.0, by: Actor::program() }]);
        self.append(now, events);
        true
    }

    fn conditions(&self, ix: StepIx) -> Event {
        let step = self.plan.step(ix);
        let mut hold = true;
        let mut saw = Vec::new();
        for condition in &step.when {
            let value = self.state.var(&condition.var.0).unwrap_or_default();
            let holds = crate::engine::judge::condition_holds(&condition.is, value).unwrap_or(false);
            hold &= holds;
            saw.push(format!("{} is {value:?}, wanted {}", condition.var, condition.is));
        }
        Event::StepConditions { step: step.id.clone(), hold, saw: saw.join("; ") }
    }

    fn limit_of(&self, ix: StepIx) -> Option<i64> {
        let own = self.state.step(ix);
        let timeout = own.invocation.as_ref()?.timeout?;
        if own.timed_out || own.exit.is_some() {
            return None;
        }
        own.started?.wall.checked_add(i64::try_from(timeout).ok()?)
    }

    /// Ends what has run past its limit, by the monotonic clock. Whether anything had.
    fn enforce_limits(&mut self, now: Stamp) -> bool {
        let over = self.state.running().into_iter().find(|ix| {
            let own = self.state.step(*ix);
            let limit = own.invocation.as_ref().and_then(|invocation| invocation.timeout);
            let ran = own.started.map(|started| crate::model::time::micros(now.since(started)));
            !own.timed_out && own.exit.is_none() && limit.zip(ran).is_some_and(|(limit, ran)| ran >= limit)
        });
        let Some(ix) = over else { return false };
        let event = Event::StepTimeout { step: self.plan.step(ix).id.clone(), attempt: self.state.step(ix).attempt };
        self.append(now, vec![event]);
        true
    }
}

/// Whether a wish may overtake a batch that is on its way: only what ends processes.
fn is_urgent(intent: &Intent) -> bool {
    matches!(intent, Intent::Stop { .. })
}

//! A driver with a journal in memory that answers when the test says so. Included with `#[path]`.

use crate::fabricate::{BEGUN, Book, maya};
use std::sync::Arc;
use std::time::Duration;
use tminus::engine::driver::{Captured, Driver, Ended, Input, Output, StepFact, Wish};
use tminus::engine::exec::Control;
use tminus::engine::secrets::Secrets;
use tminus::model::event::Event;
use tminus::model::expect::Verdict;
use tminus::model::ids::{Seq, StepIx};
use tminus::model::intent::{Intent, Request, Typed};
use tminus::model::output::{Drained, Exit};
use tminus::model::plan::Plan;
use tminus::model::record::Record;
use tminus::model::state::StepStatus;
use tminus::model::time::Stamp;

/// A driver with its journal.
pub struct Desk {
    pub driver: Driver,
    pub now: Stamp,
    pub wishes: u64,
    pub on_its_way: Option<(Stamp, Vec<Event>)>,
    pub records: Vec<Record>,
}

impl Desk {
    pub fn new(plan: Plan) -> Self {
        let book = Book::new(&plan);
        let driver = Driver::new(Arc::new(plan), book.state, Secrets::default());
        Self { driver, now: BEGUN, wishes: 0, on_its_way: None, records: book.records }
    }

    /// A run whose variables are bound.
    pub fn started(plan: Plan) -> Self {
        let mut desk = Self::new(plan);
        desk.wish(Intent::Start { typed: "local".into() });
        let outputs = desk.settle();
        assert!(outputs.contains(&Output::BindVars), "{outputs:?}");
        desk.send(Input::Note(vec![Event::VarsBound { values: Vec::new() }]));
        desk.settle();
        desk
    }

    pub fn send(&mut self, input: Input) -> Vec<Output> {
        let outputs = self.driver.handle(input, self.now).expect("what the driver records can follow");
        for output in &outputs {
            if let Output::Append(at, events) = output {
                assert!(self.on_its_way.is_none(), "a second batch is on its way");
                self.on_its_way = Some((*at, events.clone()));
            }
        }
        outputs
    }

    pub fn wish(&mut self, intent: Intent) -> Vec<Output> {
        self.wishes += 1;
        let request = Request { id: self.wishes, seen: self.driver.state.last, intent };
        self.send(Input::Wish(Wish { client: 1, by: maya(), request, asked: None }))
    }

    pub fn run(&mut self, step: &str) -> Vec<Output> {
        self.wish(Intent::Run { step: step.into(), typed: Typed::default() })
    }

    /// The disk has the batch that is on its way.
    pub fn durable(&mut self) -> Vec<Output> {
        let (at, events) = self.on_its_way.take().expect("a batch is on its way");
        let mut seq = self.driver.state.last;
        let next = |event| {
            seq = Seq(seq.0 + 1);
            Record { seq, at, event }
        };
        let records: Vec<Record> = events.into_iter().map(next).collect();
        self.records.extend(records.iter().cloned());
        self.send(Input::Durable(records))
    }

    /// The disk answers until nothing is on its way.
    pub fn settle(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        while self.on_its_way.is_some() {
            outputs.extend(self.durable());
        }
        outputs
    }

    pub fn fact(&mut self, step: &str, attempt: u32, fact: StepFact) -> Vec<Output> {
        let ix = self.ix(step);
        self.send(Input::Fact(ix, attempt, fact))
    }

    pub fn ends(&mut self, step: &str, attempt: u32, verdict: Verdict) -> Vec<Output> {
        self.fact(step, attempt, ended(verdict, Vec::new()))
    }

    pub fn ix(&self, step: &str) -> StepIx {
        self.driver.plan.find(&step.into()).expect("a step of the plan")
    }

    pub fn status(&self, step: &str) -> StepStatus {
        self.driver.state.step(self.ix(step)).status
    }

    pub fn journal(&self) -> String {
        self.records.iter().map(|record| serde_json::to_string(&record.event).expect("JSON") + "\n").collect()
    }
}

pub fn ended(verdict: Verdict, captured: Vec<Captured>) -> StepFact {
    let (exit, took) = (Exit::Code(i32::from(verdict != Verdict::Ok)), Duration::from_secs(1));
    let (drained, holders, checks) = (Drained::Eof, Vec::new(), Vec::new());
    let (hints, lost) = (Vec::new(), false);
    StepFact::Ended(Box::new(Ended { exit, took, drained, holders, verdict, checks, captured, hints, lost }))
}

pub fn spawns(outputs: &[Output]) -> usize {
    outputs.iter().filter(|output| matches!(output, Output::Spawn(..))).count()
}

pub fn steers(outputs: &[Output]) -> Vec<Control> {
    let control = |output: &Output| match output {
        Output::Steer(_, control) => Some(*control),
        _other => None,
    };
    outputs.iter().filter_map(control).collect()
}

pub fn refused(outputs: &[Output]) -> Option<String> {
    outputs.iter().find_map(|output| match output {
        Output::Refused { why, .. } => Some(why.clone()),
        _other => None,
    })
}

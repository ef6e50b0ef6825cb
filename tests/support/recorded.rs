//! A run recorded by the real writer, with a clock that the test sets: what replays are tried and measured on.
//!
//! Nothing is executed: the records are those that a conductor would have written, of the runbook that the test gives.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tminus::journal::dir::RunDir;
use tminus::journal::keys::RunKey;
use tminus::journal::reader::StartPoint;
use tminus::journal::storage::Disk;
use tminus::journal::texts::Opening;
use tminus::journal::writer::{Beginning, Chunk, Closing, Order, Report, WriterHandle, begin_on};
use tminus::model::actor::{Actor, Known};
use tminus::model::event::{Answer, EndState, Event, Invocation};
use tminus::model::expect::{Check, Verdict};
use tminus::model::ids::{Seq, StepId};
use tminus::model::output::{Drained, Exit, Stream};
use tminus::model::plan::Plan;
use tminus::model::record::Record;
use tminus::model::signed::Realm;
use tminus::model::state::RunState;
use tminus::model::time::Stamp;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// 2026-11-21 20:00 UTC, 15:00 in New York.
pub const T0: i64 = 1_795_291_200_000_000;

pub fn person(name: &str) -> Actor {
    Actor { name: name.into(), known: Known::Peer }
}

/// A run that is being recorded.
pub struct Recorded {
    pub dir: RunDir,
    pub plan: Plan,
    /// What the journal has come to.
    pub state: RunState,
    /// All that was written.
    pub records: Vec<Record>,
    /// Whether `records` is kept: not for a run that is too long for that.
    pub keeps: bool,
    pub now: Arc<Mutex<Stamp>>,
    /// The last fact that was told, until it is durable.
    awaited: Option<Event>,
    writer: WriterHandle,
    reports: UnboundedReceiver<Report>,
    runtime: tokio::runtime::Runtime,
}

impl Recorded {
    /// Genesis, in a runs folder.
    pub fn begin(runs: &Path, name: &str, yaml: &str) -> Self {
        let loaded = tminus::runbook::parse(name, yaml.as_bytes());
        let plan = loaded.plan.clone().unwrap_or_else(|| panic!("{}", tminus::runbook::render(&loaded, false)));
        let at = Stamp { wall: T0 - 60_000_000, mono: 1_000_000_000 };
        let (dir, _) = RunDir::create(runs, "search", at).expect("a run directory can be made");
        let key = RunKey::generate();
        let opening = Opening {
            started: at.wall,
            operator: "maya".into(),
            key_origin: "none".into(),
            mode: "attended".into(),
            runbook: dir.attach(name, yaml.as_bytes()).expect("the runbook is kept"),
            runbook_name: name.into(),
            runbook_dir: "/srv/app".into(),
            run_dir: "/srv/runs/0001".into(),
            program: "tminus 0.1.0".into(),
            argv: "tminus run search.yaml".into(),
            zone: "America/New_York".into(),
            host: "jump2".into(),
            boot: "b".into(),
            user: "maya".into(),
            run_key: key.public_hex(),
            ..Opening::default()
        };
        let text = opening.genesis(Realm::Live, dir.id()).encode();
        let first = Event::Genesis { fmt: "1.0".into(), text, sig: "-".into() };
        let start = StartPoint::first(Realm::Live, dir.id());
        let lock = Arc::new(dir.lock().expect("nobody else has it"));
        let (sender, reports) = unbounded_channel();
        let begin = Beginning { dir: dir.clone(), lock, first, start, key };
        let now = Arc::new(Mutex::new(at));
        let clock = Arc::clone(&now);
        let clock = Box::new(move || *clock.lock().expect("no test panics with it"));
        let storage = Box::new(Disk::new(dir.clone()));
        let writer = begin_on(storage, begin, clock, sender).expect("a journal begins");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let state = RunState::of(&plan);
        let mut run =
            Self { dir, plan, state, records: Vec::new(), keeps: true, now, awaited: None, writer, reports, runtime };
        run.until(1);
        run.tell(Event::ClientJoined {
            client: 1,
            who: person("maya"),
            drives: true,
            host: "jump2".into(),
            tty: "pts/1".into(),
        });
        run.pass(60);
        run
    }

    /// Started, its variables bound.
    pub fn started(mut self) -> Self {
        let hard_stop = Some(T0 + 12_600_000_000);
        self.tell(Event::Started {
            by: person("maya"),
            typed: "production".into(),
            t0: T0,
            zone: "America/New_York".into(),
            hard_stop,
        });
        self.tell(Event::VarsBound { values: Vec::new() });
        self
    }

    pub fn at(&self) -> Stamp {
        *self.now.lock().expect("no test panics with it")
    }

    pub fn pass(&mut self, seconds: u64) {
        self.pass_micros(seconds * 1_000_000);
    }

    pub fn pass_micros(&mut self, micros: u64) {
        let mut now = self.now.lock().expect("no test panics with it");
        now.mono += micros;
        now.wall += micros as i64;
    }

    /// Takes reports until this record is durable.
    fn until(&mut self, seq: u64) {
        while self.state.last.0 < seq {
            self.hear();
        }
    }

    fn hear(&mut self) -> Option<()> {
        let reports = &mut self.reports;
        let limit = Duration::from_secs(60);
        let report = self.runtime.block_on(async { tokio::time::timeout(limit, reports.recv()).await });
        match report.expect("the writer says nothing for 60 s")? {
            Report::Durable { records, .. } => {
                for record in records {
                    self.awaited.take_if(|awaited| *awaited == record.event);
                    self.state.apply(&self.plan, &record).expect("what was recorded can follow");
                    if self.keeps {
                        self.records.push(record);
                    }
                }
                Some(())
            }
            Report::Closed { .. } => None,
            other => panic!("{other:?}"),
        }
    }

    pub fn tell(&mut self, event: Event) {
        self.tell_all(vec![event]);
    }

    /// Several facts of one instant, durable when this returns.
    pub fn tell_all(&mut self, events: Vec<Event>) {
        let at = self.at();
        self.awaited = events.last().cloned();
        let events = events.into_iter().map(|event| (at, event)).collect();
        self.writer.tell(Order::Batch { events, barrier: true }).expect("the writer is there");
        while self.awaited.is_some() {
            self.hear();
        }
    }

    pub fn attempt(&self, step: &str) -> u32 {
        self.state.step(self.plan.find(&step.into()).expect("a step")).attempt
    }

    pub fn start(&mut self, step: &str) {
        let event = self.starting(step);
        self.tell(event);
    }

    pub fn starting(&self, step: &str) -> Event {
        let attempt = self.attempt(step) + 1;
        let runs = self.plan.step(self.plan.find(&step.into()).expect("a step")).command().is_some();
        let (argv, cwd, user) = (vec!["true".into()], "/srv".into(), "maya@ops".into());
        let invocation = runs.then_some(Invocation { argv, cwd, env: Vec::new(), user, timeout: None });
        Event::StepStarted {
            step: step.into(),
            attempt,
            by: person("maya"),
            typed: None,
            reason: None,
            second: None,
            invocation,
            until: None,
        }
    }

    /// Output, durable when this returns: how it is cut into records hangs on nothing but the calls.
    pub fn print(&mut self, step: &str, stream: Stream, text: &[u8]) {
        let ix = self.plan.find(&step.into()).expect("a step");
        let printed = self.state.step(ix).bytes + text.len() as u64;
        self.print_soon(step, stream, text);
        self.writer.tell(Order::Batch { events: Vec::new(), barrier: true }).expect("the writer is there");
        while self.state.step(ix).bytes < printed {
            self.hear();
        }
    }

    /// Output, which is on disk with the next fact at the latest.
    pub fn print_soon(&mut self, step: &str, stream: Stream, text: &[u8]) {
        let chunk = Chunk {
            step: StepId::from(step),
            attempt: self.attempt(step),
            stream,
            bytes: text.to_vec(),
            masked: Vec::new(),
            at: self.at(),
        };
        self.runtime.block_on(self.writer.send(Order::Output(chunk))).expect("the writer is there");
    }

    pub fn end(&mut self, step: &str, code: i32) {
        let attempt = self.attempt(step);
        self.writer.tell(Order::EndOutput { step: step.into(), attempt, lost: None }).expect("the writer is there");
        let ended = self.ending(step, code);
        self.tell_all(ended);
    }

    pub fn ending(&self, step: &str, code: i32) -> Vec<Event> {
        let attempt = self.attempt(step);
        let own = self.state.step(self.plan.find(&step.into()).expect("a step"));
        let took = self.at().since(own.started.unwrap_or_default());
        let ok = code == 0;
        let checks = vec![Check { want: "exit 0".into(), saw: format!("exit {code}"), ok }];
        let verdict = if ok { Verdict::Ok } else { Verdict::Fail };
        vec![
            Event::StepExited {
                step: step.into(),
                attempt,
                exit: Exit::Code(code),
                took,
                drained: Drained::Eof,
                holders: Vec::new(),
            },
            Event::StepJudged {
                step: step.into(),
                attempt,
                verdict,
                checks,
                bound: Vec::new(),
                retry: None,
                hints: Vec::new(),
            },
        ]
    }

    pub fn ran(&mut self, step: &str, seconds: u64, text: &str) {
        self.start(step);
        self.print(step, Stream::Out, text.as_bytes());
        self.pass(seconds);
        self.end(step, 0);
    }

    pub fn answered(&mut self, step: &str, saw: &str) {
        self.start(step);
        self.pass(3);
        let attempt = self.attempt(step);
        self.tell(Event::StepAnswered {
            step: step.into(),
            attempt,
            item: 0,
            answer: Answer::Ok,
            saw: saw.into(),
            checks: Vec::new(),
            bound: Vec::new(),
            by: person("maya"),
        });
    }

    /// Half an hour of a cutover: done, noted, held, failed, gone back.
    pub fn story(mut self) -> Self {
        self.ran("backup", 291, "backup of 2.1 GB written\n");
        self.pass(20);
        self.ran("migrate", 192, "migrated 14 tables\n");
        self.answered("look", "4 of 4");
        self.tell(Event::Noted { text: "CDN purge ok".into(), step: None, by: person("jlee") });
        self.pass(100);
        self.start("deploy");
        self.print("deploy", Stream::Out, b"uploading\n");
        self.pass(200);
        self.print("deploy", Stream::Err, b"slow link\n");
        self.pass(398);
        self.print("deploy", Stream::Out, b"deployed\n");
        self.end("deploy", 0);
        self.tell(Event::Held { reason: "waiting for the network team".into(), by: person("maya") });
        self.pass(300);
        self.tell(Event::Released { by: person("maya") });
        self.pass(10);
        self.start("smoke");
        self.print("smoke", Stream::Err, b"curl: (7) Failed to connect to search.example port 443\n");
        self.pass(4);
        self.end("smoke", 7);
        self.pass(41);
        self.tell(Event::RollbackStarted {
            level: "level-2".into(),
            from: Some("smoke".into()),
            path: vec!["deploy.undo".into(), "migrate.undo".into()],
            over: false,
            reason: "the new build does not answer".into(),
            by: person("maya"),
        });
        self.ran("deploy.undo", 45, "back on the previous build\n");
        self.ran("migrate.undo", 30, "tables dropped\n");
        self.tell(Event::RollbackEnded { level: "level-2".into() });
        self.tell(Event::Ended { how: EndState::RolledBack, by: person("maya") });
        self
    }

    /// Ends the journal: with the run, or as a conductor leaves that may come back.
    pub fn close(&mut self, how: Closing) {
        let at = self.at();
        self.writer.tell(Order::Close { at, how }).expect("the writer is there");
        while self.hear().is_some() {}
    }

    /// Ends the run as completed, and its journal with it.
    pub fn complete(&mut self) {
        self.tell(Event::Ended { how: EndState::Completed, by: person("maya") });
        self.close(Closing::Ended);
    }

    /// The last record's number.
    pub fn last(&self) -> Seq {
        self.state.last
    }
}

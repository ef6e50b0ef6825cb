//! A conductor in memory for tests of this floor: the real `decide`, `follow` and fold, with commands that a script ends.
//!
//! It starts no process and reads no clock: each record is a second later, and where only time is waited for, it jumps there.

mod plan;

pub use plan::flight;

use crate::feed::{News, Port, Role};
use crate::model::actor::{Actor, Known};
use crate::model::decide::{Asked, Reading, decide};
use crate::model::event::{Event, StopHow};
use crate::model::expect::{Check, Verdict};
use crate::model::follow::{self, Due};
use crate::model::ids::{Attempt, RunId, Seq, StepId};
use crate::model::intent::Intent;
use crate::model::output::{Drained, Exit, Extent, Stream};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::signed::{Realm, SignedText};
use crate::model::state::RunState;
use crate::model::time::Stamp;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a scripted command goes.
#[derive(Clone, Copy, Debug)]
pub enum Goes {
    Well,
    Badly,
    /// Until somebody stops it.
    On,
}

pub struct Conductor {
    pub plan: Plan,
    pub state: RunState,
    pub script: HashMap<String, VecDeque<Goes>>,
    pub prints: Vec<u8>,
    pub wishes: Vec<Intent>,
    pub refused: Vec<String>,
    pub gave_up: Option<String>,
    /// Nothing comes by waiting.
    pub clock_stands: bool,
    pub now: Stamp,
    output: HashMap<(StepId, Attempt), Vec<u8>>,
    news: Sender<News>,
    asked: u64,
}

#[derive(Clone)]
pub struct FakePort(pub Arc<Mutex<Conductor>>, pub Role);

impl Port for FakePort {
    fn wish(&mut self, intent: Intent, seen: Seq) -> Result<u64, String> {
        let mut conductor = self.0.lock().unwrap();
        assert!(seen <= conductor.state.last);
        Ok(conductor.wish(intent))
    }
    fn output(&self, step: &StepId, attempt: Attempt, range: Range<u64>) -> io::Result<Vec<u8>> {
        let conductor = self.0.lock().unwrap();
        let bytes = conductor.output.get(&(step.clone(), attempt)).ok_or(io::ErrorKind::NotFound)?;
        Ok(bytes[range.start as usize..(range.end as usize).min(bytes.len())].to_vec())
    }
    fn give_up(&mut self, at: String) {
        let mut conductor = self.0.lock().unwrap();
        conductor.gave_up = Some(at.clone());
        conductor.append(Event::AnswersEnded { at });
        conductor.tell(News::Over { sealed: false, why: None });
    }
    fn role(&self) -> Role {
        self.1
    }
}

/// A run of this plan that has its genesis, and the news of it.
pub fn begun(plan: Plan) -> (FakePort, Receiver<News>) {
    let (news, heard) = channel();
    let state = RunState::of(&plan);
    let mut conductor = Conductor {
        plan,
        state,
        script: HashMap::new(),
        prints: b"hello\n".to_vec(),
        wishes: Vec::new(),
        refused: Vec::new(),
        gave_up: None,
        clock_stands: false,
        now: Stamp { wall: 1_763_000_000_000_000, mono: 10_000_000 },
        output: HashMap::new(),
        news,
        asked: 0,
    };
    let run = RunId("0007-20261121T1500Z-test-0123456789abcdef".into());
    let text = SignedText::new("genesis", Realm::Live, &run)
        .with("operator", "maya")
        .with("host", "jump2")
        .with("user", "maya")
        .with("runbook dir", "/srv/app")
        .with("runbook name", "test.yaml")
        .with("runbook", "00")
        .with("run dir", "/runs/0007")
        .with("key origin", "agent")
        .with("zone", "UTC")
        .encode();
    conductor.append(Event::Genesis { fmt: "1.0".into(), text, sig: "-".into() });
    (FakePort(Arc::new(Mutex::new(conductor)), Role::Drives), heard)
}

impl Conductor {
    fn tell(&self, news: News) {
        // A client that left is no fault of the conductor's.
        let _ = self.news.send(news);
    }

    pub fn append(&mut self, event: Event) {
        self.now.wall += 1_000_000;
        self.now.mono += 1_000_000;
        let record = Record { seq: Seq(self.state.last.0 + 1), at: self.now, event };
        self.state.apply(&self.plan, &record).unwrap();
        self.tell(News::Records(vec![record.clone()]));
        match record.event {
            Event::Started { .. } => self.append(Event::VarsBound { values: Vec::new() }),
            Event::StepStarted { step, attempt, invocation: Some(_), .. } => self.execute(&step, attempt),
            Event::StopAsked { step, attempt, .. } => self.exit(&step, attempt, Verdict::Stop),
            Event::Ended { .. } => {
                self.append(Event::Closed { output_files: 0, output_bytes: 0 });
                self.tell(News::Over { sealed: true, why: None });
            }
            Event::Paused { .. } => self.tell(News::Over { sealed: false, why: None }),
            _ => {}
        }
    }

    fn execute(&mut self, step: &StepId, attempt: Attempt) {
        let goes = self.script.get_mut(step.as_str()).and_then(VecDeque::pop_front).unwrap_or(Goes::Well);
        self.append(Event::StepSpawned { step: step.clone(), attempt, pid: 42, start: 1 });
        let bytes = self.prints.clone();
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let extent = Extent {
            stream: Stream::Out,
            off: 0,
            len: bytes.len() as u64,
            lines,
            sha256: String::new(),
            masked: Vec::new(),
        };
        self.output.insert((step.clone(), attempt), bytes);
        self.append(Event::Output { step: step.clone(), attempt, extent });
        match goes {
            Goes::Well => self.exit(step, attempt, Verdict::Ok),
            Goes::Badly => self.exit(step, attempt, Verdict::Fail),
            Goes::On => {}
        }
    }

    fn exit(&mut self, step: &StepId, attempt: Attempt, verdict: Verdict) {
        let (exit, ok) = match verdict {
            Verdict::Ok => (Exit::Code(0), true),
            Verdict::Stop => (Exit::Signal(15), false),
            Verdict::Fail | Verdict::Time | Verdict::Unknown => (Exit::Code(7), false),
        };
        let took = Duration::from_secs(4);
        self.append(Event::StepExited {
            step: step.clone(),
            attempt,
            exit,
            took,
            drained: Drained::Eof,
            holders: Vec::new(),
        });
        let checks = vec![Check { want: "exit 0".into(), saw: exit.shown(), ok }];
        self.append(Event::StepJudged {
            step: step.clone(),
            attempt,
            verdict,
            checks,
            bound: Vec::new(),
            retry: None,
            hints: Vec::new(),
        });
    }

    pub fn wish(&mut self, intent: Intent) -> u64 {
        self.asked += 1;
        let id = self.asked;
        let reading = match &intent {
            Intent::Value { value, .. } => Some(Ok(Reading {
                saw: value.reveal().to_owned(),
                checks: Vec::new(),
                ok: !value.reveal().contains("bad"),
                bound: Vec::new(),
            })),
            _ => None,
        };
        let by = Actor { name: "maya".into(), known: Known::Peer };
        let asked = Asked { reading, ..Asked::plain(by, self.now) };
        self.wishes.push(intent.clone());
        match decide(&self.plan, &self.state, &intent, &asked) {
            Err(why) => {
                self.refused.push(why.to_string());
                self.tell(News::Refused(id, why.to_string()));
            }
            Ok(events) => {
                self.tell(News::Taken(id));
                for event in events {
                    self.append(event);
                }
                self.advance();
            }
        }
        id
    }

    /// All that follows by itself, time included.
    pub fn advance(&mut self) {
        for _ in 0..1000 {
            match follow::due(&self.plan, &self.state, self.now) {
                Some(Due::Conditions(ix)) => {
                    let step = self.plan.step(ix).id.clone();
                    self.append(Event::StepConditions { step, hold: true, saw: "it holds".into() });
                }
                Some(due) => match follow::enact(&self.plan, &self.state, due, self.now) {
                    Ok(events) => events.into_iter().for_each(|event| self.append(event)),
                    Err(_) => return,
                },
                None => match follow::wake(&self.plan, &self.state) {
                    Some(at) if at > self.now.wall && self.state.hold.is_none() && !self.clock_stands => {
                        self.now.wall = at
                    }
                    Some(_) | None => return,
                },
            }
        }
        panic!("the run never comes to rest");
    }

    pub fn count(&self, wanted: impl Fn(&Intent) -> bool) -> usize {
        self.wishes.iter().filter(|wish| wanted(wish)).count()
    }
}

pub fn is_stop(intent: &Intent) -> bool {
    matches!(intent, Intent::Stop { how: StopHow::Terminate, .. })
}

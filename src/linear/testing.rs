//! A conductor in memory for tests of this floor: the real `decide`, `follow` and fold, with commands that a script ends.
//!
//! It starts no process and reads no clock: each record is a second later, and where only time is waited for, it jumps there.

use crate::feed::{News, Port, Role};
use crate::model::actor::{Actor, Known};
use crate::model::decide::{Asked, Reading, decide};
use crate::model::event::{Event, StopHow};
use crate::model::expect::{Check, Expect, Verdict};
use crate::model::follow::{self, Due};
use crate::model::ids::{Attempt, LevelId, PhaseId, RoleId, RunId, Seq, StepId, StepIx};
use crate::model::intent::Intent;
use crate::model::output::{Drained, Exit, Extent, Stream};
use crate::model::plan::{
    Environment, EnvironmentKind, Level, Phase, Plan, Role as Station, Start, Undo,
};
use crate::model::record::Record;
use crate::model::signed::{Realm, SignedText};
use crate::model::state::RunState;
use crate::model::step::*;
use crate::model::time::Stamp;
use crate::model::when::When;
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
        let bytes = conductor
            .output
            .get(&(step.clone(), attempt))
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(bytes[range.start as usize..(range.end as usize).min(bytes.len())].to_vec())
    }
    fn give_up(&mut self, at: String) {
        let mut conductor = self.0.lock().unwrap();
        conductor.gave_up = Some(at.clone());
        conductor.append(Event::AnswersEnded { at });
        conductor.tell(News::Over {
            sealed: false,
            why: None,
        });
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
        now: Stamp {
            wall: 1_763_000_000_000_000,
            mono: 10_000_000,
        },
        output: HashMap::new(),
        news,
        asked: 0,
    };
    let run = RunId("0007-20261121T1500Z-test-0123456789abcdef".into());
    let text = SignedText::new("genesis", Realm::Live, &run)
        .with("operator", "maya")
        .with("host", "jump2")
        .with("user", "maya")
        .with("runbook-dir", "/srv/app")
        .with("runbook", "test.yaml")
        .with("runbook-sha256", "00")
        .with("run-dir", "/runs/0007")
        .with("key-origin", "agent")
        .with("zone", "UTC")
        .encode();
    conductor.append(Event::Genesis {
        fmt: "1.0".into(),
        text,
        sig: "-".into(),
    });
    (
        FakePort(Arc::new(Mutex::new(conductor)), Role::Drives),
        heard,
    )
}

impl Conductor {
    fn tell(&self, news: News) {
        // A client that left is no fault of the conductor's.
        let _ = self.news.send(news);
    }

    pub fn append(&mut self, event: Event) {
        self.now.wall += 1_000_000;
        self.now.mono += 1_000_000;
        let record = Record {
            seq: Seq(self.state.last.0 + 1),
            at: self.now,
            event,
        };
        self.state.apply(&self.plan, &record).unwrap();
        self.tell(News::Records(vec![record.clone()]));
        match record.event {
            Event::Started { .. } => self.append(Event::VarsBound { values: Vec::new() }),
            Event::StepStarted {
                step,
                attempt,
                invocation: Some(_),
                ..
            } => self.execute(&step, attempt),
            Event::StopAsked { step, attempt, .. } => self.exit(&step, attempt, Verdict::Stop),
            Event::Ended { .. } => {
                self.append(Event::Closed {
                    output_files: 0,
                    output_bytes: 0,
                });
                self.tell(News::Over {
                    sealed: true,
                    why: None,
                });
            }
            Event::Paused { .. } => self.tell(News::Over {
                sealed: false,
                why: None,
            }),
            _ => {}
        }
    }

    fn execute(&mut self, step: &StepId, attempt: Attempt) {
        let goes = self
            .script
            .get_mut(step.as_str())
            .and_then(VecDeque::pop_front)
            .unwrap_or(Goes::Well);
        self.append(Event::StepSpawned {
            step: step.clone(),
            attempt,
            pid: 42,
            start: 1,
        });
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
        self.append(Event::Output {
            step: step.clone(),
            attempt,
            extent,
        });
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
        let checks = vec![Check {
            want: "exit 0".into(),
            saw: exit.shown(),
            ok,
        }];
        self.append(Event::StepJudged {
            step: step.clone(),
            attempt,
            verdict,
            checks,
            bound: Vec::new(),
            retry: None,
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
        let by = Actor {
            name: "maya".into(),
            known: Known::Peer,
        };
        let asked = Asked {
            by,
            now: self.now,
            reading,
        };
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
                    self.append(Event::StepConditions {
                        step,
                        hold: true,
                        saw: "it holds".into(),
                    });
                }
                Some(due) => match follow::enact(&self.plan, &self.state, due, self.now) {
                    Ok(events) => events.into_iter().for_each(|event| self.append(event)),
                    Err(_) => return,
                },
                None => match follow::wake(&self.plan, &self.state) {
                    Some(at) if at > self.now.wall && self.state.hold.is_none() => {
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
    matches!(
        intent,
        Intent::Stop {
            how: StopHow::Terminate,
            ..
        }
    )
}

fn step(id: &str, number: &str, place: Place, work: Work) -> PlannedStep {
    PlannedStep {
        id: id.into(),
        number: number.into(),
        title: format!("Title of {id}"),
        why: None,
        place,
        work,
        effect: Effect::Reads,
        phrase: None,
        changes: None,
        loses: None,
        risk: None,
        point_of_no_return: false,
        second_person: false,
        auto: false,
        at: None,
        takes: None,
        role: None,
        when: Vec::new(),
        skip: Skip::WithReason,
        critical: false,
        owes: Vec::new(),
        undo: Vec::new(),
        link: None,
    }
}

fn command(text: &str) -> Work {
    Work::Run(Box::new(Command {
        program: Program::Text {
            shell: Shell::Sh,
            strict: true,
            text: text.into(),
        },
        expect: Expect::default(),
        trip: None,
        capture: Vec::new(),
        retry: None,
        timeout: Some(Duration::from_secs(300)),
        stdin: None,
        cwd: None,
        env: Vec::new(),
        example: None,
    }))
}

fn check(text: &str, evidence: bool) -> Work {
    Work::Check(vec![Item {
        text: text.into(),
        expect: None,
        evidence,
    }])
}

fn phase(number: &str, steps: &[usize]) -> Phase {
    Phase {
        id: PhaseId(format!("p{number}")),
        number: number.into(),
        title: format!("Phase title {number}"),
        goal: None,
        at: None,
        takes: None,
        steps: steps.iter().copied().map(StepIx).collect(),
    }
}

fn level(id: &str, loses: &str, steps: &[usize]) -> Level {
    Level {
        id: LevelId(id.into()),
        title: format!("Title of {id}"),
        budget: Some(Duration::from_secs(60)),
        verify: Duration::ZERO,
        loses: Some(loses.into()),
        until: None,
        undo: Undo::All,
        steps: steps.iter().copied().map(StepIx).collect(),
    }
}

fn question(text: &str, secret: bool) -> Question {
    Question {
        text: text.into(),
        expect: None,
        out_of: None,
        into: None,
        secret,
    }
}

/// A runbook with every kind, every class and two ways back.
pub fn flight() -> Plan {
    let phase_of = |phase: usize| Place::Phase(phase);
    let mut steps = vec![
        step("look", "1.1", phase_of(0), command("echo look")),
        step(
            "listed",
            "1.2",
            phase_of(0),
            check("The backup is listed", true),
        ),
        step("change", "1.3", phase_of(0), command("echo change")),
        step(
            "switch",
            "2.1",
            phase_of(1),
            command("ln -sfn new live\necho done"),
        ),
        step(
            "sent",
            "2.2",
            phase_of(1),
            Work::Measure(question("How many were sent?", false)),
        ),
        step(
            "token",
            "2.3",
            phase_of(1),
            Work::Ask(question("Token?", true)),
        ),
        step(
            "way",
            "2.4",
            phase_of(1),
            Work::Choose {
                text: "Which way?".into(),
                options: vec![
                    Choice {
                        id: "short".into(),
                        title: "The short one".into(),
                        steps: Vec::new(),
                    },
                    Choice {
                        id: "long".into(),
                        title: "The long one".into(),
                        steps: vec![StepIx(7)],
                    },
                ],
            },
        ),
        step(
            "extra",
            "2.4.1",
            Place::Choice {
                choose: StepIx(6),
                option: 1,
            },
            command("echo extra"),
        ),
        step(
            "soak",
            "2.5",
            phase_of(1),
            Work::Wait(When::After(Duration::from_secs(600))),
        ),
        step(
            "go-no-go",
            "3.1",
            phase_of(2),
            Work::Gate(Gate {
                text: "Go on?".into(),
                go: vec![StepIx(10), StepIx(11)],
                no_go: Vec::new(),
                poll: vec![RoleId("lead".into()), RoleId("ops".into())],
                otherwise: Otherwise::RollBack(LevelId("level-1".into())),
            }),
        ),
        step(
            "go-no-go.healthy",
            "3.1a",
            Place::Criterion {
                gate: StepIx(9),
                side: Side::Go,
            },
            command("true"),
        ),
        step(
            "twilio",
            "3.1b",
            Place::Criterion {
                gate: StepIx(9),
                side: Side::Go,
            },
            check("Credentials verified", false),
        ),
        step("drop", "3.2", phase_of(2), command("rm -r old")),
        step(
            "switch.undo",
            "U2.1",
            Place::Undo(StepIx(3)),
            command("ln -sfn old live"),
        ),
        step(
            "level-1.check",
            "L1.1",
            Place::Level(0),
            check("The old site answers", false),
        ),
        step(
            "level-2.restore",
            "L2.1",
            Place::Level(1),
            command("restore"),
        ),
    ];
    steps[2].effect = Effect::Changes;
    steps[3].effect = Effect::Production;
    steps[3].undo = vec![StepIx(13)];
    steps[7].effect = Effect::Changes;
    steps[12].effect = Effect::Destroys;
    steps[12].phrase = Some("drop the old site".into());
    steps[12].second_person = true;
    steps[13].effect = Effect::Production;
    steps[15].effect = Effect::Destroys;
    Plan {
        title: "Switch of the site".into(),
        summary: Some("Moves readers to the new release.".into()),
        owner: None,
        environment: Environment {
            name: "site.example".into(),
            kind: EnvironmentKind::Local,
        },
        start: Start::AtStart,
        zone: None,
        hard_stop: None,
        safety_floor: Duration::from_secs(300),
        decider: None,
        roles: vec![
            Station {
                id: RoleId("lead".into()),
                title: "Technical lead".into(),
            },
            Station {
                id: RoleId("ops".into()),
                title: "Operations".into(),
            },
        ],
        vars: Vec::new(),
        phases: vec![
            phase("1", &[0, 1, 2]),
            phase("2", &[3, 4, 5, 6, 8]),
            phase("3", &[9, 12]),
        ],
        levels: vec![
            level("level-1", "nothing", &[14]),
            level("level-2", "all orders", &[15]),
        ],
        steps,
        by_id: HashMap::new(),
    }
    .indexed()
}

//! Plans made by hand, and a journal in memory: what the tests of the fold and of the driver stand on.
//!
//! Nothing here reads a runbook, so that a fault of the parser cannot hide one of the fold. Included with `#[path]`.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::collections::HashMap;
use std::time::Duration;
use tminus::model::actor::{Actor, Known};
use tminus::model::cmp::Cmp;
use tminus::model::event::Event;
use tminus::model::expect::{Capture, CaptureFrom, Expect, Measured, Of};
use tminus::model::ids::{LevelIx, RunId, Seq, StepIx};
use tminus::model::plan::{Environment, EnvironmentKind, Level, Phase, Plan, Role, Source, Undo, Var};
use tminus::model::record::Record;
use tminus::model::signed::{Realm, SignedText};
use tminus::model::state::{IllegalEvent, RunState};
use tminus::model::step::{
    Choice, Command, Condition, Effect, Gate, Item, Place, PlannedStep, Program, Question, Retry, Shell, Side, Skip,
    Work,
};
use tminus::model::time::Stamp;
use tminus::model::watch::Outcome;
use tminus::model::when::{Offset, When};

/// What a person types where a secret is asked. No record may ever hold it.
pub const SECRET: &str = "hunter2-correct-horse";

/// When every fabricated run begins.
pub const BEGUN: Stamp = Stamp { wall: 1_790_000_000_000_000, mono: 5_000_000_000 };

pub fn maya() -> Actor {
    Actor { name: "maya".into(), known: Known::Peer }
}

/// `stamp`, so many seconds later.
pub fn later(stamp: Stamp, seconds: u64) -> Stamp {
    Stamp { wall: stamp.wall + seconds as i64 * 1_000_000, mono: stamp.mono + seconds * 1_000_000 }
}

fn facts_text(kind: &str, boot: &str) -> String {
    let text = SignedText::new(kind, Realm::Live, &RunId::from("0001-20260921T1313Z-x-0123456789abcdef"));
    let fields = [
        ("operator", "maya"),
        ("host", "jump2"),
        ("user", "maya"),
        ("runbook dir", "/srv/runbooks"),
        ("runbook name", "x.yaml"),
        ("runbook", "00"),
        ("run dir", "/runs/1"),
        ("key origin", "file"),
        ("zone", "UTC"),
        ("boot", boot),
    ];
    fields.into_iter().fold(text, |text, (key, value)| text.with(key, value)).encode()
}

pub fn genesis() -> Event {
    Event::Genesis { fmt: "1.0".into(), text: facts_text("genesis", "boot-1"), sig: "-".into() }
}

pub fn resume(boot: &str) -> Event {
    Event::Resume { fmt: "1.0".into(), text: facts_text("resume", boot), sig: "-".into() }
}

/// A journal that forgets nothing, with the state that its records came to one by one.
#[derive(Clone)]
pub struct Book {
    pub records: Vec<Record>,
    pub state: RunState,
}

impl Book {
    pub fn new(plan: &Plan) -> Self {
        let mut book = Self { records: Vec::new(), state: RunState::of(plan) };
        book.write(plan, BEGUN, genesis()).expect("genesis can be the first record");
        book
    }

    pub fn record(&self, at: Stamp, event: Event) -> Record {
        Record { seq: Seq(self.state.last.0 + 1), at, event }
    }

    pub fn write(&mut self, plan: &Plan, at: Stamp, event: Event) -> Result<(), IllegalEvent> {
        let record = self.record(at, event);
        self.state.apply(plan, &record)?;
        self.records.push(record);
        Ok(())
    }
}

/// A plan under construction.
pub struct Build {
    pub plan: Plan,
}

pub fn command(text: &str) -> Command {
    Command::new(Program::Text { shell: Shell::Sh, strict: true, text: text.into() })
}

pub fn run(text: &str) -> Work {
    Work::Run(Box::new(command(text)))
}

/// A command with this changed.
pub fn run_with(text: &str, change: impl FnOnce(&mut Command)) -> Work {
    let mut command = command(text);
    change(&mut command);
    Work::Run(Box::new(command))
}

pub fn check(items: usize) -> Work {
    let item = |at: usize| Item::new(format!("item {at}"));
    Work::Check((0..items).map(item).collect())
}

pub fn ask(into: &str, secret: bool) -> Question {
    Question { text: format!("what is {into}?"), expect: None, out_of: None, into: Some(into.into()), secret }
}

impl Build {
    pub fn new() -> Self {
        let plan = Plan {
            zone: Some("UTC".into()),
            roles: vec![Role { id: "lead".into(), title: "Lead".into(), signers: Vec::new() }],
            by_id: HashMap::new(),
            ..Plan::new("A switch".into(), Environment { name: "here".into(), kind: EnvironmentKind::Local })
        };
        Self { plan }
    }

    /// A step at the end of a phase, which is made where it is not there yet.
    pub fn step(&mut self, phase: usize, id: &str, work: Work) -> StepIx {
        while self.plan.phases.len() <= phase {
            let number = self.plan.phases.len() + 1;
            self.plan.phases.push(Phase::new(
                format!("phase-{number}").as_str().into(),
                number.to_string(),
                format!("Phase {number}"),
                Vec::new(),
            ));
        }
        let ix = self.loose(id, Place::Phase(phase), work);
        self.plan.phases[phase].steps.push(ix);
        ix
    }

    /// A step that something else lists.
    pub fn loose(&mut self, id: &str, place: Place, work: Work) -> StepIx {
        self.plan.steps.push(PlannedStep {
            effect: Effect::Reads,
            ..PlannedStep::new(id.into(), format!("n-{id}"), format!("Do {id}"), place, work)
        });
        StepIx(self.plan.steps.len() - 1)
    }

    pub fn at(&mut self, ix: StepIx) -> &mut PlannedStep {
        &mut self.plan.steps[ix.0]
    }

    pub fn undo(&mut self, of: StepIx, id: &str, work: Work) -> StepIx {
        let ix = self.loose(id, Place::Undo(of), work);
        self.at(ix).effect = Effect::Changes;
        self.at(of).undo.push(ix);
        ix
    }

    pub fn option(&mut self, choose: StepIx, steps: &[(&str, Work)]) -> Vec<StepIx> {
        let Work::Choose { options, .. } = &self.at(choose).work else { panic!("no choice") };
        let option = options.len();
        let mut made = Vec::new();
        for (id, work) in steps {
            made.push(self.loose(id, Place::Choice { choose, option }, work.clone()));
        }
        let Work::Choose { options, .. } = &mut self.at(choose).work else { panic!("no choice") };
        options.push(Choice::new(format!("way-{option}"), format!("Way {option}"), made.clone()));
        made
    }

    pub fn criterion(&mut self, gate: StepIx, side: Side, id: &str, work: Work) -> StepIx {
        let ix = self.loose(id, Place::Criterion { gate, side }, work);
        let Work::Gate(work) = &mut self.at(gate).work else { panic!("no gate") };
        match side {
            Side::Go => work.go.push(ix),
            Side::NoGo => work.no_go.push(ix),
        }
        ix
    }

    pub fn level(&mut self, id: &str, undo: Undo, steps: Vec<(&str, Work)>) -> LevelIx {
        let level = self.plan.levels.len();
        let steps = steps.into_iter().map(|(step, work)| {
            let ix = self.loose(&format!("{id}.{step}"), Place::Level(level), work);
            self.at(ix).effect = Effect::Changes;
            ix
        });
        let steps = steps.collect();
        self.plan.levels.push(Level {
            budget: Some(Duration::from_secs(60)),
            undo,
            ..Level::new(id.into(), id.into(), steps)
        });
        LevelIx(level)
    }

    pub fn done(self) -> Plan {
        self.plan.indexed()
    }
}

pub fn gate(poll: &[&str]) -> Work {
    Work::Gate(Gate {
        text: "Go?".into(),
        go: Vec::new(),
        no_go: Vec::new(),
        poll: poll.iter().map(|role| (*role).into()).collect(),
        otherwise: Outcome::Hold,
    })
}

pub fn choose() -> Work {
    Work::Choose { text: "Which way?".into(), options: Vec::new() }
}

pub fn from_t0(minutes: i64) -> When {
    When::FromT0(Offset { days: 0, micros: minutes * 60_000_000 })
}

/// Three commands, the middle one tried again and with a limit.
pub fn plain() -> Plan {
    let mut build = Build::new();
    build.step(0, "one", run("true"));
    let retry = Retry { times: 3, every: Duration::from_secs(10) };
    build.step(
        0,
        "two",
        run_with("false", |command| {
            command.retry = Some(retry);
            command.timeout = Some(Duration::from_secs(60));
        }),
    );
    build.step(1, "three", run("true"));
    build.done()
}

/// Everything at once: every kind, each class, a choice with an undo, owed steps, a gate with probes, two levels.
pub fn everything() -> Plan {
    let mut build = Build::new();
    build.plan.vars.push(Var {
        name: "TOKEN".into(),
        source: Source::Env { name: "OPS_TOKEN".into(), default: None },
        secret: true,
        one_of: Vec::new(),
        matches: None,
        show_host: false,
    });
    build.step(0, "ask-pass", Work::Ask(ask("PASS", true)));
    let retry = Retry { times: 2, every: Duration::from_secs(5) };
    let switch = build.step(0, "switch", run_with("switch \"$PASS\"", |command| command.retry = Some(retry)));
    build.at(switch).effect = Effect::Changes;
    build.undo(switch, "switch-undo", run("switch-back"));
    build.step(0, "look", check(2));
    let mut count = ask("COUNT", false);
    let is = Some(Cmp::parse(">= 19").expect("a comparison"));
    count.expect = Some(Expect { number: vec![Measured { of: Of::Output, is, ideally: None }], ..Expect::default() });
    build.step(0, "count", Work::Measure(count));
    let way = build.step(0, "way", choose());
    let inner = build.option(way, &[("way-a-run", run("a")), ("way-a-look", check(1))]);
    build.at(inner[0]).effect = Effect::Production;
    build.undo(inner[0], "way-a-undo", run("a-back"));
    build.undo(inner[0], "way-a-undo-look", check(1));
    build.option(way, &[("way-b-look", check(1))]);
    build.step(1, "pause", Work::Wait(When::After(Duration::from_secs(30))));
    let go = build.step(1, "go", gate(&["lead"]));
    let probe = build.criterion(go, Side::Go, "go-probe", run_with("probe", |command| command.retry = Some(retry)));
    build.at(probe).critical = true;
    build.criterion(go, Side::Go, "go-look", check(1));
    build.criterion(go, Side::NoGo, "no-go-probe", run("bad"));
    let token = build.step(
        1,
        "mint",
        run_with("mint \"$TOKEN\"", |command| {
            command.capture.push(("MINTED".into(), Capture { from: CaptureFrom::Stdout, secret: true }));
        }),
    );
    let clean = build.step(1, "clean", run("clean \"$MINTED\""));
    build.at(token).owes = vec![clean];
    let wipe = build.step(1, "wipe", run("wipe"));
    build.at(wipe).effect = Effect::Destroys;
    build.at(wipe).phrase = Some("delete it all".into());
    build.at(wipe).second_person = true;
    build.at(wipe).point_of_no_return = true;
    build.at(wipe).skip = Skip::Never;
    build.level("level-1", Undo::All, vec![("tidy", run("tidy"))]);
    let hard = build.level("level-2", Undo::Of(vec![switch]), vec![("look", check(1)), ("way", choose())]);
    let way = build.plan.levels[hard.0].steps[1];
    build.option(way, &[("level-2.in", run("in"))]);
    build.plan.levels[hard.0].loses = Some("an hour of orders".into());
    build.plan.levels[hard.0].until = Some(wipe);
    build.done()
}

/// A plan that goes by itself and by the clock: auto steps, conditions, planned times, a wait for T+.
pub fn by_itself() -> Plan {
    let mut build = Build::new();
    let capture = |command: &mut Command| {
        command.capture.push(("TAG".into(), Capture { from: CaptureFrom::Stdout, secret: false }));
    };
    let tag = build.step(0, "tag", run_with("tag", capture));
    build.at(tag).auto = true;
    let only = build.step(0, "only-new", run("new"));
    build.at(only).when = vec![Condition { var: "TAG".into(), is: "new".into() }];
    build.at(only).auto = true;
    build.step(0, "until", Work::Wait(from_t0(5)));
    let at = build.step(0, "at-ten", run("ten"));
    build.at(at).at = Some(from_t0(10));
    build.at(at).auto = true;
    build.at(at).takes = Some(Duration::from_secs(60));
    let go = build.step(1, "go", gate(&[]));
    build.criterion(go, Side::Go, "probe", run("probe"));
    let change = build.step(1, "change", run("change"));
    build.at(change).effect = Effect::Changes;
    let back = build.undo(change, "change-undo", run("back"));
    build.at(back).when = vec![Condition { var: "TAG".into(), is: "new".into() }];
    build.level("level-1", Undo::All, Vec::new());
    build.done()
}

/// Two steps of one phase by hand, owed to each other's end, and a level that only asks.
pub fn by_hand() -> Plan {
    let mut build = Build::new();
    let first = build.step(0, "first", check(1));
    let second = build.step(0, "second", check(3));
    let reset = build.step(1, "reset", check(1));
    build.at(first).owes = vec![reset];
    build.at(second).risk = Some(tminus::model::step::Risk::High);
    build.at(reset).skip = Skip::Never;
    build.level("level-1", Undo::Nothing, vec![("say", check(1))]);
    build.done()
}

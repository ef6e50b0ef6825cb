//! A run of days with the real binary: begun at T-7d, paused, taken up again days later under another boot, at T+6d with the
//! rounds of its horizons behind it, closed and verified. What cannot be waited for here is written with a clock of its own.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod support;

use rustix::time::{ClockId, clock_gettime};
use std::io::Write as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Reaped, User, events, records, said, until};
use tminus::engine::clock::{Clock as _, FakeClock};
use tminus::journal::RunDir;
use tminus::journal::keys::RunKey;
use tminus::journal::keys::find::{Found, KeyPlaces, find};
use tminus::journal::reader::StartPoint;
use tminus::journal::texts::Opening;
use tminus::journal::writer::{Beginning, Closing, Order, Report, begin};
use tminus::model::actor::{Actor, Known};
use tminus::model::decide::{Asked, decide};
use tminus::model::event::{Answer, Event};
use tminus::model::expect::Verdict;
use tminus::model::intent::{Intent, Typed};
use tminus::model::output::{Drained, Exit};
use tminus::model::plan::Plan;
use tminus::model::signed::Realm;
use tminus::model::state::RunState;
use tminus::model::time::Stamp;

const DAY: i64 = 86_400_000_000;

const TWO_WEEKS: &str = "\
tminus: 1
title: Two weeks around one morning
environment: { name: here, kind: local }
defaults: { shell: sh }
hard_stop: none
phases:
  - id: prepare
    title: Prepare
    at: T-7d
    steps:
      - { id: order, title: Order the machines, run: \"echo order >> done\" }
      - { id: read, title: Read the plan, confirm: Everybody has read the plan }
  - id: switch
    title: Switch
    at: T+0m
    steps:
      - { id: flip, title: Flip, run: \"echo flip >> done\" }
      - { id: seen, title: Seen, confirm: It is on }
horizons:
  - id: week
    title: The first week
    at: T+5d
    by: T+5d12h
    steps: [ { id: review, title: Review, confirm: Reviewed } ]
  - id: daily
    title: Each day
    at: T+1d
    every: 1d
    until: T+5d
    steps:
      - { id: count, title: Count, measure: How many?, expect: { number: \">= 0\" } }
      - { id: look, title: Look, run: \"echo look >> done\", effect: reads, auto: true }
";

const PREPARED: &str = "operator: ci\nstart: yes\nsteps:\n  order: run\n  read: ok\n";
const REST: &str = "operator: ci\nstart: yes\nsteps:\n  order: run\n  read: ok\n  flip: run\n  seen: ok\n  daily.count: 3\n  week.review: ok\n";

fn now() -> Stamp {
    let micros = |clock| {
        let time = clock_gettime(clock);
        time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    };
    Stamp { wall: micros(ClockId::Realtime), mono: u64::try_from(micros(ClockId::Boottime)).unwrap() }
}

/// `--t0` for so many days from now.
fn t0(days: i64) -> String {
    let whole = now().wall / 60_000_000 * 60_000_000 + days * DAY;
    tminus::model::schedule::format_wall(whole, "UTC", Some("%Y-%m-%d %H:%M UTC")).unwrap()
}

/// What a person types into a session of lines, until the run stands at `state`.
fn in_lines(user: &User, typed: &str, state: &str) {
    let mut session = user.tminus(&["resume", "1", "--linear"]);
    let out = std::fs::File::create(user.home.path().join("session")).unwrap();
    let session = session.stdin(Stdio::piped()).stdout(out.try_clone().unwrap()).stderr(out).spawn().unwrap();
    let mut session = Reaped(session);
    let mut typing = session.0.stdin.take().unwrap();
    typing.write_all(typed.as_bytes()).unwrap();
    let reached = || user.listed()[0]["state"] == state;
    let deadline = tminus::engine::clock::wait_until(Duration::from_secs(60), Duration::from_millis(50), reached);
    let heard = std::fs::read_to_string(user.home.path().join("session")).unwrap_or_default();
    assert!(deadline, "it is not {state}: {:?}\n{heard}", user.listed());
    drop(typing);
    until(60, "the session to leave", || session.0.try_wait().unwrap().is_some());
    until(60, "the conductor to be gone", || user.listed()[0]["conductor"].is_null());
}

/// What every run of days ends with.
fn closed(user: &User, rounds: usize) -> serde_json::Value {
    let listed = user.listed().remove(0);
    assert_eq!((listed["state"].as_str(), listed["sealed"].as_bool()), (Some("completed"), Some(true)), "{listed}");
    let all = records(&user.only_run());
    assert_eq!(events(&all, "horizon.round").len(), rounds, "one round a day, the first begins with its horizon");
    let done = std::fs::read_to_string(user.home.path().join("done")).unwrap();
    assert_eq!(done.lines().filter(|line| *line == "flip").count(), 1, "{done}");
    assert_eq!(done.lines().filter(|line| *line == "look").count(), rounds + 1, "{done}");
    let verified = user.run(&["verify", "1"]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let seconds = &listed["seconds"];
    let parts = ["machine", "person", "hold", "retry", "wait", "watch", "away"].map(|whose| seconds[whose].as_u64());
    let sum: u64 = parts.iter().map(|part| part.unwrap()).sum();
    assert_eq!(Some(sum), seconds["all"].as_u64(), "{seconds}");
    seconds.clone()
}

#[test]
fn at_t_plus_6d_the_rounds_of_the_days_before_are_due_and_the_run_closes() {
    let user = User::new();
    user.write("two-weeks.yaml", TWO_WEEKS);
    user.write("prepared.yaml", PREPARED);
    user.write("rest.yaml", REST);
    let flown = user.run(&["run", "two-weeks.yaml", "--t0", &t0(-6), "--answers", "prepared.yaml"]);
    assert_eq!(flown.status.code(), Some(1), "{}", said(&flown));
    assert_eq!(user.listed()[0]["state"], "held", "no answer was left");
    in_lines(&user, "go on\ny\nmore\npause\ny\n", "paused");
    let flown = user.run(&["resume", "1", "--answers", "rest.yaml"]);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    closed(&user, 4);
    // They came in the order in which they were due, which is not that of the file.
    let all = records(&user.only_run());
    let began = events(&all, "step.started");
    let review = began.iter().position(|record| record["step"] == "week.review").unwrap();
    let before = began[..review].iter().filter(|record| record["step"] == "daily.look").count();
    assert_eq!(before, 4, "the first four days come before what was due on the fifth");
}

#[test]
fn at_t_minus_7d_the_switch_waits_for_its_day_and_horizons_for_theirs() {
    let user = User::new();
    user.write("two-weeks.yaml", TWO_WEEKS);
    user.write("rest.yaml", REST);
    let flown = user.run(&["run", "two-weeks.yaml", "--t0", &t0(7), "--answers", "rest.yaml"]);
    assert_eq!(flown.status.code(), Some(1), "{}", said(&flown));
    let done = std::fs::read_to_string(user.home.path().join("done")).unwrap();
    assert_eq!(done, "order\n", "what changes something takes a reason before its time, and the file gives none");
    in_lines(&user, "go on\ny\nmore\npause\ny\n", "paused");
    let seconds = &user.listed()[0]["seconds"];
    assert!(seconds["all"].is_u64(), "{seconds}");
}

/// A run in its first sitting, written by our own writer with a clock of thirteen days ago and under another boot.
struct Sitting {
    plan: Plan,
    state: RunState,
    clock: Arc<Mutex<FakeClock>>,
    writer: tminus::journal::writer::WriterHandle,
    reports: tokio::sync::mpsc::UnboundedReceiver<Report>,
    runtime: tokio::runtime::Runtime,
}

impl Sitting {
    fn begin(user: &User, began: Stamp) -> Self {
        let clock = Arc::new(Mutex::new(FakeClock::at(began)));
        let dir = RunDir::create(&user.runs(), "two-weeks", began).unwrap().0;
        let runbook = dir.attach("two-weeks.yaml", TWO_WEEKS.as_bytes()).unwrap();
        let plan = tminus::runbook::parse("two-weeks.yaml", TWO_WEEKS.as_bytes()).plan.unwrap();
        let (key, name) = (RunKey::generate(), "ops".to_owned());
        let data_dir = user.home.path().join(".local/share");
        let places = KeyPlaces { key: None, agent: None, ssh_dir: None, data_dir, user: name.clone() };
        let Found::Ready(signer) = find(&places).unwrap().found else { panic!("no key was made") };
        let text = Opening {
            started: began.wall,
            operator: name.clone(),
            key_origin: "self-made".into(),
            key: signer.fingerprint().to_string(),
            mode: "attended".into(),
            runbook,
            runbook_name: "two-weeks.yaml".into(),
            runbook_dir: user.home.path().display().to_string(),
            run_dir: dir.path().display().to_string(),
            program: "tminus".into(),
            t0: (began.wall + 7 * DAY).to_string(),
            zone: "UTC".into(),
            // The same operator: the key, the user and the host are those of whoever takes it up.
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            uid: rustix::process::getuid().as_raw(),
            boot: "the boot before".into(),
            user: name,
            run_key: key.public_hex(),
            ..Opening::default()
        };
        let text = text.genesis(Realm::Live, dir.id()).encode();
        let sig = signer.sign("genesis@tminus", text.as_bytes()).unwrap();
        let first = Event::Genesis { fmt: tminus::journal::line::FMT.into(), text, sig };
        let lock = Arc::new(dir.lock().unwrap());
        let start = StartPoint::first(Realm::Live, dir.id());
        let (sender, reports) = tokio::sync::mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let shown = Arc::clone(&clock);
        let reads = Box::new(move || shown.lock().unwrap().now());
        let writer = begin(Beginning { dir, lock, first, start, key }, reads, sender).unwrap();
        let mut sitting = Self { state: RunState::of(&plan), plan, clock, writer, reports, runtime };
        sitting.hears(|state| state.facts.is_some());
        sitting
    }

    fn now(&self) -> Stamp {
        self.clock.lock().unwrap().now()
    }

    fn passes(&self, seconds: u64) {
        self.clock.lock().unwrap().advance(Duration::from_secs(seconds));
    }

    /// Folds what is durable until that is true.
    fn hears(&mut self, what: impl Fn(&RunState) -> bool) {
        while !what(&self.state) {
            let reports = &mut self.reports;
            let limit = Duration::from_secs(60);
            let report = self.runtime.block_on(async { tokio::time::timeout(limit, reports.recv()).await });
            if let Report::Durable { records, .. } = report.expect("a report within 60 s").expect("the writer lives") {
                records.iter().for_each(|record| self.state.apply(&self.plan, record).expect("it folds"));
            }
        }
    }

    fn tells(&mut self, event: Event) {
        let before = self.state.last.0;
        let batch = Order::Batch { events: vec![(self.now(), event)], barrier: true };
        self.writer.tell(batch).unwrap();
        self.hears(|state| state.last.0 > before);
    }

    fn wishes(&mut self, intent: Intent) {
        let asked = Asked::plain(Actor { name: "ops".into(), known: Known::Peer }, self.now());
        let events = decide(&self.plan, &self.state, &intent, &asked).expect("it is taken");
        events.into_iter().for_each(|event| self.tells(event));
    }
}

#[test]
fn a_run_begun_at_t_minus_7d_is_taken_up_under_another_boot_at_t_plus_6d_and_closed() {
    let user = User::new();
    user.write("done", "");
    user.write("rest.yaml", REST);
    // The machine had been up for longer then than it can have been now.
    let began = Stamp { wall: now().wall - 13 * DAY - 3_600_000_000, mono: now().mono + 90 * DAY.unsigned_abs() };
    let mut first = Sitting::begin(&user, began);
    first.passes(60);
    first.wishes(Intent::Start { typed: "local".into() });
    first.tells(Event::VarsBound { values: Vec::new() });
    first.passes(60);
    first.wishes(Intent::Run { step: "order".into(), typed: Typed::default() });
    first.passes(600);
    let (step, attempt, took) = (tminus::model::ids::StepId::from("order"), 1, Duration::from_secs(600));
    let (exit, drained) = (Exit::Code(0), Drained::Eof);
    first.tells(Event::StepExited { step: step.clone(), attempt, exit, took, drained, holders: Vec::new() });
    let (verdict, retry) = (Verdict::Ok, None);
    first.tells(Event::StepJudged { step, attempt, verdict, checks: vec![], bound: vec![], retry, hints: vec![] });
    first.wishes(Intent::Run { step: "read".into(), typed: Typed::default() });
    first.passes(300);
    first.wishes(Intent::Answer { step: "read".into(), item: 0, answer: Answer::Ok, saw: String::new() });
    first.wishes(Intent::Pause);
    first.writer.tell(Order::Close { at: first.now(), how: Closing::Left }).unwrap();
    let gone = |report: &Report| matches!(report, Report::Closed { .. });
    while !first.runtime.block_on(first.reports.recv()).is_some_and(|report| gone(&report)) {}
    drop(first);
    assert_eq!(user.listed()[0]["state"], "paused");

    let flown = user.run(&["resume", "1", "--answers", "rest.yaml"]);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    let seconds = closed(&user, 4);
    let days = |whose: &str| seconds[whose].as_u64().unwrap() / 86_400;
    assert_eq!((days("all"), days("away")), (13, 13), "nobody conducted for thirteen days: {seconds}");
    let machine = seconds["machine"].as_u64().unwrap();
    assert!((600..3600).contains(&machine), "ten minutes in the first sitting, little in the second: {seconds}");
    let person = seconds["person"].as_u64().unwrap();
    assert!(person >= 360, "one minute before the first step, five for the second: {seconds}");
}

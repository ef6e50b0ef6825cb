//! Whose time it was: what is said adds up to the time that went by, whatever happened. Included by `tests/model.rs`.

use crate::course::{Course, Move};
use crate::fabricate::{Build, check, from_t0, later, maya, resume, run, run_with};
use proptest::prelude::*;
use std::time::Duration;
use tminus::model::decide::{Asked, decide};
use tminus::model::event::{Answer, Event, Resolution};
use tminus::model::expect::Verdict;
use tminus::model::ids::StepIx;
use tminus::model::intent::{Intent, Typed};
use tminus::model::plan::Plan;
use tminus::model::record::Record;
use tminus::model::signed::SignedText;
use tminus::model::spent::Whose;
use tminus::model::state::{RunState, StepStatus, VarsBound};
use tminus::model::step::{Place, Retry, Work};
use tminus::model::time::Stamp;
use tminus::model::when::When;

/// The time between two records, reckoned by the two stamps: by the wall over a reboot, else by the monotonic clock.
fn between(before: &RunState, record: &Record) -> Duration {
    let boot = match &record.event {
        Event::Resume { text, .. } => SignedText::decode(text).and_then(|text| text.get("boot").map(str::to_owned)),
        _other => None,
    };
    match (boot, &before.facts) {
        (_, None) => Duration::ZERO,
        (Some(boot), Some(facts)) if boot != facts.boot => {
            Duration::from_micros(u64::try_from(record.at.wall - before.at.wall).unwrap_or(0))
        }
        (_, Some(_)) => record.at.since(before.at),
    }
}

/// Whether a step is under way, or waits for somebody.
fn counts(state: &RunState, ix: StepIx) -> bool {
    let status = state.step(ix).status;
    status.open() || status.bad() || status == StepStatus::Unknown
}

/// Follows the records one by one, and compares what is said with what went by.
fn compare(plan: &Plan, records: &[Record]) {
    let mut state = RunState::of(plan);
    let (mut run, mut held) = (Duration::ZERO, Duration::ZERO);
    let mut steps = vec![(Duration::ZERO, Duration::ZERO); plan.steps.len()];
    let mut one_way = true;
    for record in records {
        let length = between(&state, record);
        let away = state.paused || matches!(record.event, Event::Resume { .. });
        if state.started.is_some() && state.ended.is_none() {
            run += length;
            let works = state.steps.iter().any(|own| own.status == StepStatus::Running);
            let waits = state.hold.is_some() && state.vars_bound != VarsBound::NotYet;
            held += if waits && !works && !away { length } else { Duration::ZERO };
        }
        for (at, (all, machine)) in steps.iter_mut().enumerate().filter(|_| state.ended.is_none()) {
            let runs = state.steps[at].status == StepStatus::Running && state.steps[at].invocation.is_some();
            *all += if counts(&state, StepIx(at)) { length } else { Duration::ZERO };
            *machine += if runs && !away { length } else { Duration::ZERO };
        }
        state.apply(plan, record).expect("what was recorded folds");
        one_way &= state.aborted.is_none() && state.rollback.is_none();
        let of_run = state.spent(plan, state.at);
        assert_eq!((of_run.total(), of_run.by(Whose::Hold)), (run, held), "the run at record {}", record.seq);
        for (at, (all, machine)) in steps.iter().enumerate() {
            let (id, said) = (&plan.steps[at].id, state.spent_on(plan, StepIx(at), state.at));
            let for_the_way = matches!(plan.steps[at].work, Work::Run(_));
            assert!(!for_the_way || said.by(Whose::Machine) == *machine, "{id} at record {}: {said:?}", record.seq);
            if one_way && !matches!(plan.steps[at].place, Place::Criterion { .. }) {
                assert_eq!(said.total(), *all, "{id} at record {}", record.seq);
            }
            let elapsed = state.elapsed(StepIx(at), state.at);
            assert!(elapsed.is_none_or(|elapsed| elapsed == said.total()), "{id}: {elapsed:?}, {said:?}");
        }
    }
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec((0..100u8, any::<u16>()).prop_map(|(kind, pick)| Move { kind, pick }), 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whose_time_it_was_adds_up_to_what_went_by(which in 0..4usize, moves in moves()) {
        let plan = crate::plan(which);
        let mut course = Course::new(&plan);
        course.follow_all(&moves);
        compare(&plan, &course.book.records);
        course.end();
        compare(&plan, &course.book.records);
    }
}

impl Course<'_> {
    /// Begun, without a second that nobody told of.
    fn begun(plan: &Plan) -> Course<'_> {
        let mut course = Course::new(plan);
        course.says(Intent::Start { typed: "local".into() });
        course.told(Event::VarsBound { values: Vec::new() });
        course
    }

    /// A wish that takes no time.
    fn says(&mut self, intent: Intent) {
        let asked = Asked::plain(maya(), self.now);
        let events = decide(self.plan, &self.book.state, &intent, &asked).expect("it is taken");
        events.into_iter().for_each(|event| self.told(event));
    }

    fn begins(&mut self, step: &str) {
        self.says(Intent::Run { step: step.into(), typed: Typed::default() });
    }

    fn passes(&mut self, seconds: u64) {
        self.now = later(self.now, seconds);
    }

    fn spent(&self, step: &str) -> String {
        self.book.state.spent_on(self.plan, self.ix(step), self.now).sentence().unwrap_or_default()
    }

    fn of_run(&self) -> String {
        self.book.state.spent(self.plan, self.now).sentence().unwrap_or_default()
    }
}

#[test]
fn a_step_says_how_long_it_worked_waited_for_a_person_and_for_its_next_try() {
    let mut build = Build::new();
    let retry = Retry { times: 2, every: Duration::from_secs(34) };
    build.step(0, "one", run_with("true", |command| command.retry = Some(retry)));
    build.step(0, "two", check(1));
    let plan = build.done();
    let mut course = Course::begun(&plan);
    course.passes(20);
    course.begins("one");
    course.passes(240);
    assert_eq!(course.spent("one"), "4m: machine 4m", "while it runs");
    let again = later(course.now, 34).wall;
    course.ends("one", Verdict::Fail, Some(again));
    course.passes(34);
    assert_eq!(course.spent("one"), "4m 34s: machine 4m, retry 34s", "between two tries");
    course.follows();
    course.passes(60);
    course.ends("one", Verdict::Fail, None);
    course.passes(210);
    assert_eq!(course.spent("one"), "9m 04s: machine 5m, person 3m 30s, retry 34s", "it waits for a person");
    course.begins("one");
    course.passes(180);
    course.ends("one", Verdict::Ok, None);
    course.passes(100);
    assert_eq!(course.spent("one"), "12m 04s: machine 8m, person 3m 30s, retry 34s", "it is over");
    course.begins("two");
    course.says(Intent::Hold { reason: "lunch".into() });
    course.passes(600);
    course.says(Intent::GoOn);
    course.passes(5);
    course.says(Intent::Answer { step: "two".into(), item: 0, answer: Answer::Ok, saw: "seen".into() });
    assert_eq!(course.spent("two"), "10m 05s: person 5s, hold 10m");
    assert_eq!(course.of_run(), "24m 09s: machine 8m, person 5m 35s, hold 10m, retry 34s");
}

#[test]
fn what_awaits_its_planned_time_waits_for_nobody() {
    let mut build = Build::new();
    build.step(0, "one", run("true"));
    let two = build.step(0, "two", run("true"));
    build.at(two).at = Some(from_t0(10));
    build.step(0, "three", Work::Wait(When::After(Duration::from_secs(90))));
    let plan = build.done();
    let mut course = Course::begun(&plan);
    course.begins("one");
    course.passes(60);
    course.ends("one", Verdict::Ok, None);
    course.passes(240);
    assert_eq!(course.of_run(), "5m: machine 1m, wait 4m", "ten minutes past T0 are not over");
    course.passes(420);
    assert_eq!(course.of_run(), "12m: machine 1m, person 2m, wait 9m", "it could have begun two minutes ago");
    course.begins("two");
    course.ends("two", Verdict::Ok, None);
    course.follows();
    course.passes(90);
    course.follows();
    assert_eq!(course.spent("three"), "1m 30s: wait 1m 30s");
    assert_eq!(course.of_run(), "13m 30s: machine 1m, person 2m, wait 10m 30s");
}

#[test]
fn days_in_which_nobody_conducted_are_nobodys_over_a_reboot_too() {
    let mut build = Build::new();
    build.step(0, "one", run("true"));
    build.step(0, "two", run("true"));
    let plan = build.done();
    let mut course = Course::begun(&plan);
    course.begins("one");
    course.passes(120);
    // It dies without a word, and the machine has been up for a minute when it is taken up again six days later.
    course.told(Event::Ckpt { text: String::new(), sig: String::new() });
    course.now = Stamp { wall: course.now.wall + 6 * 86_400_000_000, mono: 60_000_000 };
    course.told(resume("boot-2"));
    course.told(Event::VarsBound { values: Vec::new() });
    course.passes(30);
    assert_eq!(course.spent("one"), "6d: machine 2m, person 30s, away 6d");
    let (how, reason) = (Resolution::Finished, "looked".to_owned());
    course.says(Intent::Resolve { step: "one".into(), how, reason });
    course.says(Intent::Pause);
    course.passes(86_400);
    course.told(resume("boot-2"));
    course.passes(5);
    assert_eq!(course.of_run(), "7d: machine 2m, person 35s, away 7d");
    assert_eq!(course.book.state.elapsed(course.ix("one"), course.now), Some(Duration::from_secs(6 * 86_400 + 150)));
}

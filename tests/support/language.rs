//! The rules of what stands around the steps, each by its sentence: triggers, monitors, blockers, requirements, rounds, beginning
//! again. Plans are read from YAML, records are made by `decide` and `follow`, readings are told.

use crate::course::Course;
use tminus::model::actor::Actor;
use tminus::model::event::{Bound, Event, Seen};
use tminus::model::expect::Verdict;
use tminus::model::follow::Due;
use tminus::model::ids::TriggerIx;
use tminus::model::intent::{Intent, Typed};
use tminus::model::plan::Plan;
use tminus::model::state::StepStatus;
use tminus::model::watch::Aspect;

fn plan(body: &str) -> Plan {
    let head = "tminus: 1\ntitle: T\nenvironment: { name: n, kind: local }\nhard_stop: T+3h\n";
    let loaded = tminus::runbook::parse("t.yaml", format!("{head}{body}").as_bytes());
    loaded.plan.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics))
}

const WATCHED: &str = "
triggers:
  - { id: errors, title: Errors, run: ./rate, every: 30s, trip: { number: '> 1', for: 1m }, then: { rollback: level-1 } }
phases:
  - { title: P, steps: [ { id: one, run: make }, { id: two, run: make } ] }
rollbacks:
  - { id: level-1, title: Back, loses: nothing, steps: [ { id: undo, run: make } ] }
";

impl Course<'_> {
    fn read(&mut self, seconds: u64, holds: Option<bool>) {
        self.later(seconds);
        let seen = holds.map(|holds| Seen { by: "errors".into(), aspect: Aspect::Trip, holds, checks: Vec::new() });
        let (value, unknown) = (holds.map(|_| "2".to_owned()), holds.is_none().then(|| "silent".to_owned()));
        let (seen, by) = (seen.into_iter().collect(), Actor::program());
        self.told(Event::Sampled { probe: "errors".into(), value, unknown, seen, by, asked: None });
    }

    fn later(&mut self, seconds: u64) {
        self.now.mono += seconds * 1_000_000;
        self.now.wall += i64::try_from(seconds).expect("seconds of a test") * 1_000_000;
    }
}

#[test]
fn a_trigger_trips_when_its_condition_has_held_for_so_long_and_an_unknown_reading_pauses_it() {
    let plan = plan(WATCHED);
    let mut course = Course::started(&plan);
    for (holds, trips) in [
        (Some(true), false),
        (Some(true), false),
        // Half a minute is counted; what is unknown counts for nothing and takes nothing away.
        (None, false),
        (Some(true), false),
        (Some(true), true),
    ] {
        course.read(30, holds);
        assert_eq!(course.due() == Some(Due::Trip(TriggerIx(0))), trips, "after {holds:?}");
    }
    course.read(30, Some(false));
    assert_eq!(course.due(), None, "one reading that does not trip begins it anew");
}

#[test]
fn going_on_though_a_trigger_tripped_is_asked_about_again_after_five_minutes() {
    let plan = plan(WATCHED);
    let mut course = Course::started(&plan);
    (0..3).for_each(|_| course.read(30, Some(true)));
    course.follows();
    let went =
        Intent::GoOnDespite { trigger: "errors".into(), reason: "a deploy of others".into(), name: "Ana".into() };
    assert!(course.wish(went));
    course.read(290, Some(true));
    assert_eq!(course.due(), None);
    course.read(11, Some(true));
    assert_eq!(course.due(), Some(Due::Trip(TriggerIx(0))));
}

#[test]
fn a_trigger_whose_way_back_was_taken_asks_no_more() {
    let plan = plan(WATCHED);
    let mut course = Course::started(&plan);
    assert!(course.run("one"));
    course.ends("one", Verdict::Ok, None);
    (0..3).for_each(|_| course.read(30, Some(true)));
    course.follows();
    assert!(course.book.state.trigger(TriggerIx(0)).tripped.is_some());
    assert!(course.wish(Intent::RollBack { level: "level-1".into(), typed: Typed::default() }));
    course.read(300, Some(true));
    assert!(!matches!(course.due(), Some(Due::Trip(_))));
    assert!(course.book.state.trigger(TriggerIx(0)).tripped.is_none());
}

#[test]
fn a_blocker_keeps_what_it_stands_before_from_starting_until_it_is_closed() {
    let plan = plan(
        "risks: [ { id: H1, title: Webhook, level: high, blocker: true, before: live } ]
phases:
  - { id: first, title: F, steps: [ { id: one, run: make } ] }
  - { id: live, title: L, steps: [ { id: two, run: make } ] }
",
    );
    let mut course = Course::started(&plan);
    assert!(course.run("one"));
    course.ends("one", Verdict::Ok, None);
    let typed = Typed::default();
    assert!(course.why_not(Intent::Run { step: "two".into(), typed }).contains("risk H1 is open"));
    assert!(course.wish(Intent::CloseRisk { risk: "H1".into(), reason: "configured, seen 200".into() }));
    assert!(course.run("two"));
}

#[test]
fn what_is_required_is_met_before_its_owner_begins() {
    let plan = plan(
        "phases:
  - id: p
    title: P
    steps:
      - { id: one, run: make, requires: [ 'The backup is there' ] }
",
    );
    let mut course = Course::started(&plan);
    let needed = course.book.state.next(&plan).expect("the requirement is next");
    let id = plan.step(needed).id.as_str().to_owned();
    assert_ne!(id, "one");
    let typed = Typed { text: Some("1.1".into()), ..Typed::default() };
    assert!(course.why_not(Intent::Run { step: "one".into(), typed }).contains("first"));
    course.answered(&id);
    assert!(course.run("one"));
}

#[test]
fn beginning_again_makes_what_was_done_old_and_takes_its_captures_away() {
    let plan = plan(
        "phases:
  - id: p
    title: P
    steps:
      - { id: one, run: make, capture: { TAG: stdout } }
      - { id: two, run: 'echo \"$TAG\"' }
",
    );
    let mut course = Course::started(&plan);
    assert!(course.run("one"));
    let bound = vec![Bound { name: "TAG".into(), value: Some("v7".into()), hash: None }];
    let (attempt, verdict, checks, retry, hints) = (1, Verdict::Ok, Vec::new(), None, Vec::new());
    course.told(Event::StepJudged { step: "one".into(), attempt, verdict, checks, bound, retry, hints });
    assert_eq!(course.book.state.var("TAG"), Some("v7"));
    assert!(course.wish(Intent::Recycle { to: "one".into(), reason: "fixed".into() }));
    assert_eq!(course.status("one"), StepStatus::Old);
    assert_eq!(course.book.state.var("TAG"), None);
    assert!(course.run("one"), "it runs again by a person's key");
    assert_eq!(course.book.state.step(course.ix("one")).attempt, 2);
}

#[test]
fn a_horizon_is_gone_through_again_until_its_last_round() {
    let plan = plan(
        "phases:
  - { id: p, title: P, steps: [ { id: one, confirm: Done } ] }
horizons:
  - { id: daily, title: Daily, at: T+1d, every: 1d, until: T+3d, steps: [ { id: look, confirm: All is well } ] }
",
    );
    let mut course = Course::started(&plan);
    course.answered("one");
    for round in 0..3 {
        course.follows();
        assert_eq!(course.book.state.rounds, [round]);
        assert_eq!(course.book.state.next(&plan), Some(course.ix("daily.look")));
        course.later(86_400);
        course.answered("daily.look");
    }
    course.follows();
    assert!(course.book.state.nothing_left(&plan), "the third day was the last");
}

#[test]
fn a_monitor_that_mostly_got_no_answer_is_unknown_and_never_ok() {
    let plan = plan(
        "phases:
  - { id: p, title: P, steps: [ { id: errors, monitor: ./rate, every: 30s, for: 2m, ok: { number: '< 1' } } ] }
",
    );
    let mut course = Course::started(&plan);
    assert!(course.run("errors"));
    let ok = |course: &mut Course<'_>, holds: Option<bool>| {
        course.later(30);
        let seen = holds.map(|holds| Seen { by: "errors".into(), aspect: Aspect::Ok, holds, checks: Vec::new() });
        let (value, unknown) = (holds.map(|_| "0".to_owned()), holds.is_none().then(|| "silent".to_owned()));
        let (seen, by) = (seen.into_iter().collect(), Actor::program());
        course.told(Event::Sampled { probe: "errors".into(), value, unknown, seen, by, asked: None });
    };
    [Some(true), None, None, Some(true)].into_iter().for_each(|holds| ok(&mut course, holds));
    course.follows();
    assert_eq!(course.status("errors"), StepStatus::Unknown);
    let mut course = Course::started(&plan);
    assert!(course.run("errors"));
    (0..4).for_each(|_| ok(&mut course, Some(true)));
    course.follows();
    assert_eq!(course.status("errors"), StepStatus::Ok);
}

#[test]
fn a_reading_that_was_under_way_when_a_monitor_began_does_not_count_for_it() {
    let plan = plan(
        "signals: { rate: { run: ./rate } }
phases:
  - { id: p, title: P, steps: [ { id: look, monitor: { signal: rate }, for: 2m, trip: { number: '> 1' } } ] }
",
    );
    let mut course = Course::started(&plan);
    assert!(course.run("look"));
    let began = course.book.state.step(course.ix("look")).started.expect("it began").wall;
    let mut read = |asked: i64, holds: Option<bool>| {
        let seen = holds.map(|holds| Seen { by: "look".into(), aspect: Aspect::Trip, holds, checks: Vec::new() });
        let (seen, by) = (seen.into_iter().collect(), Actor::program());
        let unknown = holds.is_none().then(|| "silent".to_owned());
        course.told(Event::Sampled { probe: "rate".into(), value: None, unknown, seen, by, asked: Some(asked) });
        let seen = &course.book.state.step(course.ix("look")).monitor;
        (seen.samples, seen.unknown, seen.trip.holds)
    };
    assert_eq!(read(began - 1, None), (0, 0, false), "it was asked for before");
    assert_eq!(read(began - 1, Some(true)), (0, 0, false));
    assert_eq!(read(began, Some(true)), (1, 0, true));
}

#[test]
fn a_window_of_half_an_hour_is_not_warned_of_at_its_start() {
    let book = "tminus: 1\ntitle: T\nenvironment: { name: n, kind: local }\nhard_stop: T+30m\nphases:\n";
    let book = format!("{book}  - {{ id: p, title: P, steps: [ {{ id: one, confirm: Done }} ] }}\n");
    let plan = tminus::runbook::parse("t.yaml", book.as_bytes()).plan.expect("a good runbook");
    let mut course = Course::started(&plan);
    // The record of a start bears the very instant that T0 is.
    let began = course.book.state.started.expect("it is started").wall;
    course.book.state.hard_stop = Some(began + 30 * 60_000_000);
    course.follows();
    assert!(course.book.state.warned.is_empty(), "{:?}", course.book.state.warned);
    course.later(15 * 60);
    course.follows();
    assert!(course.book.state.warned.contains(&("hard stop".into(), 15)));
}

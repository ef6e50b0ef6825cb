//! What holds in a run of days: warnings before the deadlines, readings that nobody took while it was away, evidence that grows
//! old over a reboot, horizons and their rounds. Included by `tests/model.rs`.

use crate::course::Course;
use crate::fabricate::{later, maya, resume};
use tminus::model::actor::Actor;
use tminus::model::decide::{Asked, decide};
use tminus::model::event::{Bound, Event, Seen};
use tminus::model::expect::Verdict;
use tminus::model::follow::{self, Due};
use tminus::model::ids::TriggerIx;
use tminus::model::intent::{Intent, Typed};
use tminus::model::plan::Plan;
use tminus::model::schedule::{self, Late};
use tminus::model::state::StepStatus;
use tminus::model::time::Stamp;
use tminus::model::watch::Aspect;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn plan(body: &str) -> Plan {
    let head = "tminus: 1\ntitle: T\nenvironment: { name: n, kind: local }\nhard_stop: T+2h\n";
    let loaded = tminus::runbook::parse("t.yaml", format!("{head}{body}").as_bytes());
    loaded.plan.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics))
}

const TWO_LEVELS: &str = "
phases:
  - { title: P, steps: [ { id: one, run: make }, { id: two, run: make } ] }
rollbacks:
  - { id: level-1, title: Flag, until: one, budget: 10m, loses: nothing, steps: [ { id: off, run: make } ] }
  - { id: level-2, title: Code, budget: 30m, loses: nothing, steps: [ { id: back, run: make } ] }
";

impl Course<'_> {
    /// Nobody conducts for so long; then it is taken up again, on a machine that was started anew five minutes ago.
    fn rests(&mut self, seconds: u64) {
        self.now = Stamp { wall: later(self.now, seconds).wall, mono: 300_000_000 };
        self.told(resume("another boot"));
        self.told(Event::VarsBound { values: Vec::<Bound>::new() });
    }

    /// The same on a machine that was not started anew.
    fn rests_on_the_same_boot(&mut self, seconds: u64) {
        self.now = later(self.now, seconds);
        self.told(resume("boot-1"));
        self.told(Event::VarsBound { values: Vec::<Bound>::new() });
    }

    /// Minute by minute up to so many minutes after T0; what was warned of, and when.
    fn warned_up_to(&mut self, minute: u64) -> Vec<(u64, String)> {
        let t0 = self.book.state.t0.expect("it is started");
        let mut said = Vec::new();
        loop {
            while let Some(due) = self.due() {
                let events = follow::enact(self.plan, &self.book.state, due, self.now).expect("it can follow");
                for event in events {
                    let now = u64::try_from((self.now.wall - t0) / 60_000_000).expect("after T0");
                    if let Event::Warned { .. } = &event {
                        self.told(event);
                        said.push((now, self.book.state.log.last().expect("it is said").text.clone()));
                    } else {
                        self.told(event);
                    }
                }
            }
            let on = later(self.now, MINUTE);
            if on.wall > t0 + i64::try_from(minute * MINUTE * 1_000_000).expect("minutes of a test") {
                return said;
            }
            self.now = on;
        }
    }
}

fn said(of: &[(u64, &str)]) -> Vec<(u64, String)> {
    of.iter().map(|(minute, text)| (*minute, (*text).to_owned())).collect()
}

/// A run whose T0 is the very instant at which it begins.
fn begun(plan: &Plan) -> Course<'_> {
    let mut course = Course::new(plan);
    let asked = Asked::plain(maya(), course.now);
    let started = decide(plan, &course.book.state, &Intent::Start { typed: "local".into() }, &asked);
    started.expect("it starts").into_iter().for_each(|event| course.told(event));
    course.told(Event::VarsBound { values: Vec::new() });
    course
}

#[test]
fn little_time_is_warned_of_once_at_thirty_fifteen_and_five_minutes_and_when_none_is_left() {
    let plan = plan(TWO_LEVELS);
    let mut course = begun(&plan);
    // The hard stop is at 120; five minutes stay free before it, and level-1 takes ten.
    let found = course.warned_up_to(300);
    let stop = schedule::format_wall(course.book.state.hard_stop.expect("it has one"), "UTC", Some("%H:%M"));
    let stop = stop.expect("it is a time");
    let level_2 = format!("level-2 can no longer finish by {stop}. level-1 still can.");
    let level_1 = format!("level-1 can no longer finish by {stop}. No other way back can.");
    let wanted = [
        (75, "30 minutes left: decide by, level-1"),
        (85, level_2.as_str()),
        (90, "15 minutes left: decide by, level-1"),
        (90, "30 minutes left: hard stop"),
        (100, "5 minutes left: decide by, level-1"),
        (105, level_1.as_str()),
        (105, "15 minutes left: hard stop"),
        (115, "5 minutes left: hard stop"),
        (120, "the hard stop has passed"),
    ];
    assert_eq!(found, said(&wanted));
}

#[test]
fn of_several_warnings_that_are_late_only_the_smallest_is_given_and_none_again_after_a_resume() {
    let plan = plan(TWO_LEVELS);
    let mut course = begun(&plan);
    course.now = later(course.now, 102 * MINUTE);
    let late = course.warned_up_to(102);
    let wanted = [(102, "5 minutes left: decide by, level-1"), (102, "30 minutes left: hard stop")];
    assert!(late[0].1.starts_with("level-2 can no longer"), "{late:?}");
    assert_eq!(late[1..], said(&wanted));
    course.rests(0);
    assert_eq!(course.warned_up_to(104), []);
    course.rests(3 * DAY);
    let late: Vec<String> = course.warned_up_to(104 + 3 * 1440).into_iter().map(|(_, text)| text).collect();
    assert_eq!(late.len(), 2, "{late:?}");
    assert!(late[0].starts_with("level-1 can no longer finish by"), "{late:?}");
    assert_eq!(late[1], "the hard stop has passed");
}

#[test]
fn each_level_has_its_own_deadline_and_its_own_warnings() {
    let plan = plan(TWO_LEVELS);
    let mut course = begun(&plan);
    assert_eq!(course.warned_up_to(76), said(&[(75, "30 minutes left: decide by, level-1")]));
    // Past the step after which level-1 is not offered any more, level-2 is the one that is needed: by 85.
    assert!(course.run("one"));
    course.ends("one", Verdict::Ok, None);
    let said_now: Vec<String> = course.warned_up_to(84).into_iter().map(|(_, text)| text).collect();
    assert_eq!(said_now, ["15 minutes left: decide by, level-2", "5 minutes left: decide by, level-2"]);
}

#[test]
fn nothing_is_warned_of_while_the_run_goes_back_or_has_done_its_work() {
    let plan = plan(TWO_LEVELS);
    let mut back = begun(&plan);
    assert!(back.run("one"));
    back.ends("one", Verdict::Ok, None);
    assert!(back.wish(Intent::RollBack { level: "level-2".into(), typed: Typed::default() }));
    back.follows();
    assert_eq!(back.warned_up_to(300), []);
    let mut done = begun(&plan);
    for step in ["one", "two"] {
        assert!(done.run(step));
        done.ends(step, Verdict::Ok, None);
    }
    assert_eq!(done.warned_up_to(300), []);
}

const WATCHED: &str = "
triggers:
  - { id: errors, title: Errors, run: ./rate, every: 30s, trip: { number: '> 1', for: 1m } }
phases:
  - title: P
    steps:
      - { id: look, title: Look, monitor: ./rate, every: 1m, for: 30m, ok: { number: '< 1' } }
      - { id: one, confirm: Done }
";

impl Course<'_> {
    fn sampled(&mut self, probe: &str, aspect: Aspect) {
        let seen = vec![Seen { by: probe.into(), aspect, holds: true, checks: Vec::new() }];
        let (value, by) = (Some("2".to_owned()), Actor::program());
        self.told(Event::Sampled { probe: probe.into(), value, unknown: None, seen, by, asked: None });
    }
}

#[test]
fn a_condition_is_not_held_to_have_lasted_while_nobody_read() {
    let plan = plan(WATCHED);
    for same_boot in [true, false] {
        let mut course = begun(&plan);
        course.sampled("errors", Aspect::Trip);
        if same_boot {
            course.rests_on_the_same_boot(HOUR)
        } else {
            course.rests(HOUR)
        }
        let last = course.book.state.probes[0].last().expect("the gap is there").clone();
        assert_eq!((last.value, last.unknown.as_deref()), (None, Some("nobody conducted for 1h")));
        course.now = later(course.now, 30);
        course.sampled("errors", Aspect::Trip);
        assert_eq!(course.due(), None, "it held twice, an hour apart, and for no time that anybody saw");
        for _ in 0..2 {
            course.now = later(course.now, 30);
            course.sampled("errors", Aspect::Trip);
        }
        assert_eq!(course.due(), Some(Due::Trip(TriggerIx(0))));
    }
}

#[test]
fn a_monitor_whose_conductor_was_gone_is_unknown_and_not_ok() {
    let plan = plan(WATCHED);
    for (away, verdict) in [(10 * MINUTE, StepStatus::Unknown), (30, StepStatus::Ok), (HOUR, StepStatus::Unknown)] {
        let mut course = begun(&plan);
        assert!(course.run("look"));
        let until = course.book.state.step(course.ix("look")).until.expect("it has an end");
        let minute = |course: &mut Course<'_>| {
            course.now = later(course.now, MINUTE);
            course.sampled("look", Aspect::Ok);
        };
        (0..5).for_each(|_| minute(&mut course));
        course.rests(away);
        while course.now.wall < until {
            minute(&mut course);
        }
        course.follows();
        assert_eq!(course.status("look"), verdict, "away for {away} s");
    }
}

#[test]
fn evidence_grows_old_over_a_reboot_too() {
    let plan = plan(
        "
phases:
  - title: P
    steps:
      - { id: backup, run: make }
      - { id: wipe, run: make, requires: [ { step: backup, fresh: 2h } ] }
",
    );
    let needed = plan.steps.iter().position(|step| step.fresh.is_some()).map(|at| plan.steps[at].id.clone());
    let needed = needed.expect("a requirement");
    for (away, status) in [(HOUR, StepStatus::Ok), (3 * HOUR, StepStatus::Failed)] {
        let mut course = begun(&plan);
        assert!(course.run("backup"));
        course.ends("backup", Verdict::Ok, None);
        course.rests(away);
        course.follows();
        assert_eq!(course.status(needed.as_str()), status, "{away} s later");
    }
}

const HORIZONS: &str = "
phases:
  - id: go
    title: P
    way_back: level-1
    steps: [ { id: one, run: make } ]
rollbacks:
  - { id: level-1, title: Back, loses: nothing, steps: [ { id: undo, run: make } ] }
horizons:
  - { id: week, title: A week, at: END+7d, by: END+8d, steps: [ { id: review, confirm: Reviewed } ] }
  - { id: soon, title: An hour after the phase, at: go +1h, steps: [ { id: probe, run: ./look, effect: reads, auto: true } ] }
  - id: daily
    title: Each day
    at: T+1d
    by: T+1d2h
    every: 1d
    until: T+3d
    steps: [ { id: count, measure: How many?, expect: { number: '>= 0' } }, { id: change, run: make, effect: changes } ]
";

#[test]
fn horizons_come_in_the_order_in_which_they_are_due_and_nothing_of_them_begins_before() {
    let plan = plan(HORIZONS);
    let mut course = begun(&plan);
    assert!(course.run("one"));
    course.ends("one", Verdict::Ok, None);
    let next = |course: &Course<'_>| course.plan.step(course.book.state.next(course.plan).expect("more")).id.0.clone();
    assert_eq!(next(&course), "soon.probe", "not in the order of the file");
    assert_eq!(course.due(), None, "it reads by itself, but not before its hour");
    let wake = follow::wake(&plan, &course.book.state).expect("it will be due");
    assert_eq!(wake, course.book.state.step(course.ix("one")).ended.expect("it ended").wall + 3_600_000_000);
    course.now = later(course.now, HOUR);
    assert_eq!(course.due(), Some(Due::Begin(course.ix("soon.probe"))));
    course.follows();
    course.ends("soon.probe", Verdict::Ok, None);
    assert_eq!(next(&course), "daily.count");
    let before = course.why_not(Intent::Run { step: "daily.change".into(), typed: Typed::default() });
    assert!(before.contains("is planned for"), "what changes something takes a reason before its day: {before}");
}

#[test]
fn a_round_is_late_by_its_own_day_and_the_last_is_the_last() {
    let plan = plan(HORIZONS);
    let mut course = begun(&plan);
    assert!(course.run("one"));
    course.ends("one", Verdict::Ok, None);
    let late = |course: &Course<'_>| schedule::late(course.plan, &course.book.state, course.now);
    // It rests for a day and three hours: the first round was to be over an hour ago.
    course.rests(DAY + 3 * HOUR);
    course.follows();
    assert!(
        matches!(late(&course).as_slice(), [(Late::Horizon(2), since)] if course.now.wall - since > 0),
        "{:?}",
        late(&course)
    );
    course.ends("soon.probe", Verdict::Ok, None);
    let mut rounds = Vec::new();
    for _ in 0..9 {
        course.follows();
        let Some(next) = course.book.state.next(course.plan) else { break };
        match course.plan.step(next).id.as_str() {
            "daily.count" => {
                assert!(course.run("daily.count"));
                let asked = Asked {
                    reading: Some(Ok(tminus::model::decide::Reading {
                        saw: "3".into(),
                        checks: Vec::new(),
                        ok: true,
                        bound: Vec::new(),
                    })),
                    ..Asked::plain(maya(), course.now)
                };
                let value = tminus::model::secret::Secret::new("3".into());
                let wish = Intent::Value { step: "daily.count".into(), value };
                let events = decide(course.plan, &course.book.state, &wish, &asked).expect("it is taken");
                events.into_iter().for_each(|event| course.told(event));
            }
            "daily.change" => {
                rounds.push(course.book.state.rounds[2]);
                let typed = Typed { text: Some("y".into()), reason: Some("ahead".into()), second: None };
                assert!(course.wish(Intent::Run { step: "daily.change".into(), typed }));
                course.ends("daily.change", Verdict::Ok, None);
                course.follows();
                assert_eq!(late(&course), [], "round {} is not late", course.book.state.rounds[2] + 1);
            }
            "week.review" => break,
            other => panic!("{other}"),
        }
    }
    assert_eq!(rounds, [0, 1, 2], "on the first, second and third day, and no more");
    course.rests(8 * DAY);
    assert!(matches!(late(&course).as_slice(), [(Late::Horizon(0), _)]), "{:?}", late(&course));
    assert!(course.run("week.review"));
    course.answered("week.review");
    assert_eq!(late(&course), []);
    assert!(course.book.state.nothing_left(&plan));
}

//! The change window, what a gate may wait, what is late. Part of `tests/model.rs`.

use crate::course::Course;
use crate::fabricate::{BEGUN, Build, check, from_t0, gate, later, run};
use crate::timed::{HOUR, MINUTE, at, bound, clock, horizon};
use std::time::Duration;
use tminus::model::ids::LevelIx;
use tminus::model::intent::Intent;
use tminus::model::plan::{Plan, Undo};
use tminus::model::schedule::{self, Late};
use tminus::model::state::RunState;
use tminus::model::step::Skip;
use tminus::model::time::Stamp;
use tminus::model::when::Day;

fn levels(budgets: &[u64]) -> Plan {
    let mut build = Build::new();
    build.step(0, "one", run("one"));
    build.plan.hard_stop = Some(from_t0(60));
    for (place, minutes) in budgets.iter().enumerate() {
        build.level(&format!("level-{}", place + 1), Undo::Nothing, vec![(&format!("back-{place}"), run("back"))]);
        build.plan.levels[place].budget = Some(Duration::from_secs(60 * minutes));
    }
    build.done()
}

#[test]
fn each_level_has_its_own_latest_start_and_the_words_say_which_still_fit() {
    let plan = levels(&[5, 10, 30]);
    let mut state = bound(&plan, "UTC", at("UTC", (2026, 11, 21), 17, 30));
    let t0 = state.t0.expect("it is bound");
    assert_eq!(schedule::latest_start(&plan, &state, LevelIx(0)), None, "no hard stop, no deadline");
    assert_eq!(schedule::in_time_words(&plan, &state, Stamp { wall: t0 + 90 * MINUTE, mono: 0 }), None);
    state.hard_stop = Some(t0 + HOUR);
    let latest = |level| schedule::latest_start(&plan, &state, LevelIx(level)).map(|at| (at - t0) / MINUTE);
    assert_eq!([latest(0), latest(1), latest(2)], [Some(50), Some(45), Some(25)]);
    let words = |minutes: i64, seconds: i64| {
        let now = Stamp { wall: t0 + minutes * MINUTE + seconds * 1_000_000, mono: 0 };
        schedule::in_time_words(&plan, &state, now)
    };
    assert_eq!(words(25, 0), None, "the last moment is still in time");
    let third = "level-3 can no longer finish by 18:30. level-1 and level-2 still can.";
    assert_eq!(words(25, 1).as_deref(), Some(third));
    assert_eq!(words(46, 0).as_deref(), Some("level-2 and level-3 can no longer finish by 18:30. level-1 still can."));
    let none = "level-1, level-2 and level-3 can no longer finish by 18:30. No other way back can.";
    assert_eq!(words(51, 0).as_deref(), Some(none));
}

#[test]
fn a_level_without_a_budget_takes_as_long_as_its_steps_are_planned() {
    let mut plan = levels(&[5]);
    plan.levels[0].budget = None;
    plan.levels[0].verify = Duration::from_secs(120);
    let back = plan.levels[0].steps[0];
    plan.steps[back.0].takes = Some(Duration::from_secs(600));
    let mut state = bound(&plan, "UTC", BEGUN.wall - BEGUN.wall % HOUR);
    state.hard_stop = state.t0.map(|t0| t0 + HOUR);
    let latest = schedule::latest_start(&plan, &state, LevelIx(0));
    assert_eq!(latest, state.t0.map(|t0| t0 + (60 - 5 - 10 - 2) * MINUTE), "window, floor, steps, verification");
}

#[test]
fn a_gate_may_wait_until_the_next_time_after_it_less_what_is_planned_in_between() {
    let mut build = Build::new();
    let go = build.step(0, "go", gate(&[]));
    let between = build.step(0, "between", check(1));
    build.at(between).takes = Some(Duration::from_secs(15 * 60));
    let pilot = build.step(1, "pilot", check(1));
    build.at(pilot).at = Some(clock(Day::NotSaid, 10, 0));
    let plan = build.done();
    let mut state = bound(&plan, "UTC", at("UTC", (2026, 11, 21), 8, 0));
    let words = |state: &RunState, minutes: i64| {
        let now = Stamp { wall: state.t0.expect("bound") + minutes * MINUTE, mono: 0 };
        schedule::slack_words(&plan, state, go, now)
    };
    let said = "1h45m before n-pilot Do pilot at 10:00. Waiting here costs nothing until 09:45.";
    assert_eq!(words(&state, 0).as_deref(), Some(said));
    let none = "none: what is planned before n-pilot Do pilot at 10:00 should have begun by 09:45.";
    assert_eq!(words(&state, 106).as_deref(), Some(none));
    assert_eq!(words(&state, 121), None, "nothing after it has a time that is to come");
    state.hard_stop = state.t0.map(|t0| t0 + 3 * HOUR);
    let stop = "44m. Begun after 10:45, what is left ends past the hard stop 11:00.";
    assert_eq!(words(&state, 121).as_deref(), Some(stop));
}

#[test]
fn what_is_past_its_by_is_late_until_it_is_done_and_fails_nothing() {
    let mut build = Build::new();
    let (one, two) = (build.step(0, "one", check(1)), build.step(0, "two", check(1)));
    let own = build.step(1, "own", check(1));
    build.at(one).by = Some(from_t0(10));
    build.at(two).by = Some(from_t0(500));
    build.at(own).by = Some(from_t0(5));
    build.plan.phases[0].by = Some(from_t0(20));
    build.plan.horizons.push(horizon(None, Some(from_t0(30))));
    let plan = build.done();
    let mut course = Course::started(&plan);
    let late = |course: &Course<'_>, minutes: u64| -> Vec<Late> {
        let now = later(BEGUN, minutes * 60);
        schedule::late(&plan, &course.book.state, now).into_iter().map(|(late, _)| late).collect()
    };
    assert_eq!(late(&course, 4), []);
    assert_eq!(late(&course, 15), [Late::Step(own), Late::Step(one)], "the longest first");
    assert_eq!(late(&course, 25), [Late::Step(own), Late::Step(one), Late::Phase(0)]);
    course.answered("one");
    assert_eq!(late(&course, 15), [Late::Step(own)], "what is done is not late any more");
    course.answered("two");
    assert_eq!(late(&course, 25), [Late::Step(own)], "its phase is over");
    assert!(course.book.state.steps.iter().all(|own| !own.status.bad()), "late is not failed");
}

#[test]
fn what_a_way_left_behind_is_not_late_and_what_is_owed_is() {
    let mut build = Build::new();
    let one = build.step(0, "one", check(1));
    let owed = build.step(0, "owed", check(1));
    let left = build.step(0, "left", check(1));
    build.at(one).owes = vec![owed];
    for step in [owed, left] {
        build.at(step).by = Some(from_t0(10));
        build.at(step).skip = Skip::WithReason;
    }
    build.plan.phases[0].by = Some(from_t0(10));
    let plan = build.done();
    let mut course = Course::started(&plan);
    course.answered("one");
    assert!(course.wish(Intent::Abort { reason: "enough".into() }));
    let late = schedule::late(&plan, &course.book.state, later(BEGUN, 3600));
    assert_eq!(late.into_iter().map(|(late, _)| late).collect::<Vec<_>>(), [Late::Step(owed)]);
}

#[test]
fn what_takes_longer_than_planned_says_by_how_much_while_it_runs() {
    let mut build = Build::new();
    let one = build.step(0, "one", run("one"));
    build.at(one).takes = Some(Duration::from_secs(60));
    let plan = build.done();
    let mut course = Course::started(&plan);
    assert_eq!(schedule::over_budget(&plan, &course.book.state, one, later(course.now, 600)), None, "not begun");
    assert!(course.run("one"));
    let began = course.book.state.step(one).started.expect("it began");
    let over = |seconds| schedule::over_budget(&plan, &course.book.state, one, later(began, seconds));
    assert_eq!((over(60), over(90)), (None, Some(Duration::from_secs(30))));
}

//! When things are due: T0, holds, the clock's doubtful times, the window, what is late. Part of `tests/model.rs`.

use crate::course::Course;
use crate::fabricate::{BEGUN, Build, check, from_t0, gate, later, maya, run, run_with};
use chrono::NaiveDate;
use proptest::prelude::*;
use std::time::Duration;
use tminus::model::around::Horizon;
use tminus::model::decide::{Asked, decide};
use tminus::model::event::{Event, StopHow};
use tminus::model::follow;
use tminus::model::ids::LevelIx;
use tminus::model::intent::Intent;
use tminus::model::plan::{Plan, Start, Undo};
use tminus::model::schedule::{self, Late, bind_clock};
use tminus::model::state::RunState;
use tminus::model::step::{Effect, Group, Place, Skip, Together, Work};
use tminus::model::time::{Stamp, micros};
use tminus::model::when::{Day, Offset, When};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

/// Zones, and the day of a change of their clocks in each direction.
const CHANGES: [(&str, (i32, u32, u32)); 6] = [
    ("Europe/Berlin", (2027, 3, 28)),
    ("Europe/Berlin", (2026, 10, 25)),
    ("America/New_York", (2027, 3, 14)),
    ("America/New_York", (2026, 11, 1)),
    ("Australia/Lord_Howe", (2026, 10, 4)),
    ("Australia/Lord_Howe", (2027, 4, 4)),
];

fn days(days: i64) -> When {
    When::FromT0(Offset { days, micros: 0 })
}

fn clock(day: Day, hour: u32, minute: u32) -> When {
    When::Clock { day, time: (hour, minute, 0) }
}

fn at(zone: &str, (year, month, day): (i32, u32, u32), hour: u32, minute: u32) -> i64 {
    let date = NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar");
    bind_clock(date, (hour, minute, 0), zone).expect("a time of the clock")
}

/// A state of a run whose T0 is this instant.
fn bound(plan: &Plan, zone: &str, t0: i64) -> RunState {
    let mut state = RunState::of(plan);
    (state.zone, state.t0) = (zone.into(), Some(t0));
    state.started = Some(Stamp { wall: t0, mono: 0 });
    state
}

fn start(plan: &Plan, zone: &str) -> Result<Vec<Event>, String> {
    let mut state = Course::new(plan).book.state;
    state.zone = zone.into();
    decide(plan, &state, &Intent::Start { typed: "local".into() }, &Asked::plain(maya(), BEGUN)).map_err(|no| no.0)
}

#[test]
fn a_time_before_t0_or_of_the_clock_does_not_begin_until_t0_is_said() {
    let whens = [
        (days(-1), true),
        (from_t0(-30), true),
        (clock(Day::NotSaid, 9, 0), true),
        (clock(Day::FromT0(1), 9, 0), true),
        (clock(Day::Date(2026, 11, 21), 9, 0), true),
        (from_t0(0), false),
        (from_t0(30), false),
        (days(3), false),
        (When::FromEnd(Offset { days: -1, micros: 0 }), false),
    ];
    for (when, needed) in whens {
        for place in ["step", "phase", "by", "hard_stop", "wait"] {
            let mut build = Build::new();
            let one = build.step(0, "one", check(1));
            match place {
                "step" => build.at(one).at = Some(when.clone()),
                "phase" => build.plan.phases[0].at = Some(when.clone()),
                "by" => build.at(one).by = Some(when.clone()),
                "wait" => build.at(one).work = Work::Wait(when.clone()),
                _hard_stop => build.plan.hard_stop = Some(when.clone()),
            }
            // Of a `wait` a bare time of the clock is the next one, and the end of the window is not counted from its own end.
            let next_one = place == "wait" && when == clock(Day::NotSaid, 9, 0);
            if place == "hard_stop" && matches!(when, When::FromEnd(_)) {
                continue;
            }
            let mut plan = build.done();
            let refused = start(&plan, "UTC").err();
            assert_eq!(refused.is_some(), needed && !next_one, "{place} {}: {refused:?}", when.shown());
            assert!(refused.is_none_or(|why| why.contains(&when.shown()) && why.contains("--t0")));
            plan.start = Start::At { wall: BEGUN.wall, zone: "UTC".into() };
            assert!(start(&plan, "UTC").is_ok(), "{place} {}: T0 is said", when.shown());
        }
    }
}

#[test]
fn a_doubtful_time_begins_no_run_and_the_refusal_names_both_readings() {
    let cases = [
        ("Europe/Berlin", (2026, 10, 24), clock(Day::FromT0(1), 2, 30), ["02:30 CEST", "02:30 CET"]),
        ("Europe/Berlin", (2026, 10, 25), clock(Day::NotSaid, 2, 30), ["00:30 UTC", "01:30 UTC"]),
        ("Europe/Berlin", (2026, 1, 1), clock(Day::Date(2027, 3, 28), 2, 30), ["03:30 CEST", "01:30 CET"]),
        ("America/New_York", (2027, 3, 21), clock(Day::FromT0(-7), 2, 30), ["03:30 EDT", "01:30 EST"]),
        ("Australia/Lord_Howe", (2026, 10, 3), clock(Day::FromT0(1), 2, 15), ["15:45 UTC", "15:15 UTC"]),
        // T0 itself is at noon, so a calendar day is never in doubt; its own time of day is, below.
    ];
    for (zone, t0, when, readings) in cases {
        for place in ["step", "phase", "hard_stop", "horizon"] {
            let mut build = Build::new();
            let one = build.step(0, "one", check(1));
            match place {
                "step" => build.at(one).at = Some(when.clone()),
                "phase" => build.plan.phases[0].by = Some(when.clone()),
                "hard_stop" => build.plan.hard_stop = Some(when.clone()),
                _horizon => build.plan.horizons.push(horizon(Some(when.clone()), None)),
            }
            let mut plan = build.done();
            plan.start = Start::At { wall: at(zone, t0, 12, 0), zone: zone.into() };
            let why = start(&plan, zone).expect_err("it is in doubt");
            assert!(why.contains(&when.shown()), "{why}");
            assert!(readings.iter().all(|reading| why.contains(reading)), "{zone} {place}: {why}");
        }
    }
    let mut build = Build::new();
    let one = build.step(0, "one", check(1));
    build.at(one).at = Some(days(1));
    let mut plan = build.done();
    for (zone, eve, hour, minute) in
        [("Europe/Berlin", (2027, 3, 27), 2, 30), ("America/New_York", (2026, 10, 31), 1, 30)]
    {
        plan.start = Start::At { wall: at(zone, eve, hour, minute), zone: zone.into() };
        let why = start(&plan, zone).expect_err("a day later that time is in doubt");
        assert!(why.contains("T+1d") && why.contains(" or "), "{why}");
    }
}

#[test]
fn a_time_of_the_clock_in_a_phase_with_a_date_is_on_that_date() {
    for (zone, day) in CHANGES {
        let mut build = Build::new();
        let one = build.step(0, "one", check(1));
        build.plan.phases[0].at = Some(days(-7));
        build.at(one).at = Some(clock(Day::OfPhase(0), 18, 0));
        let plan = build.done();
        let change = NaiveDate::from_ymd_opt(day.0, day.1, day.2).expect("a day");
        for moved in -1..=8 {
            let date = change + chrono::Duration::days(moved);
            let t0 = bind_clock(date, (12, 0, 0), zone).expect("noon");
            let wanted = bind_clock(date - chrono::Duration::days(7), (18, 0, 0), zone).expect("evening");
            let mut state = bound(&plan, zone, t0);
            assert_eq!(schedule::planned_at(&plan, &state, one), Some(wanted), "{zone}");
            // Late in the evening an hour's offset reaches into the next day, whatever holds there were.
            state.held = 20 * 60 * 60 * 1_000_000;
            assert_eq!(schedule::planned_at(&plan, &state, one), Some(wanted), "{zone}: a hold moves no date");
        }
    }
}

fn horizon(at: Option<When>, by: Option<When>) -> Horizon {
    Horizon {
        id: "day".into(),
        title: "A day".into(),
        at,
        by,
        every: None,
        until: None,
        role: None,
        why: None,
        steps: Vec::new(),
    }
}

#[test]
fn a_hold_moves_offsets_in_hours_and_minutes_and_nothing_else() {
    let held = 47 * MINUTE;
    for (zone, day) in CHANGES {
        let mut build = Build::new();
        let one = build.step(0, "one", check(1));
        let two = build.step(1, "two", check(1));
        build.at(two).at = Some(from_t0(90));
        build.plan.horizons.push(horizon(Some(from_t0(24 * 60)), Some(from_t0(30 * 60))));
        let plan = build.done();
        let date = NaiveDate::from_ymd_opt(day.0, day.1, day.2).expect("a day");
        // The evening before: an hour or a day later the clock has changed.
        let t0 = bind_clock(date.pred_opt().expect("a day before"), (23, 30, 0), zone).expect("a time");
        let mut before = bound(&plan, zone, t0);
        before.hard_stop = Some(t0 + 3 * HOUR);
        before.steps[one.0].first_started = Some(Stamp { wall: t0, mono: 0 });
        before.steps[one.0].ended = Some(Stamp { wall: t0 + MINUTE, mono: 0 });
        let mut after = before.clone();
        after.held = held.unsigned_abs();
        let anchored = |step: &str, from_start| {
            let offset = Offset { days: 0, micros: 6 * MINUTE };
            When::FromStep { step: step.into(), from_start, offset }
        };
        let table = [
            (from_t0(30), held),
            (from_t0(240), held),
            (from_t0(-15), held),
            (from_t0(0), held),
            (When::FromT0(Offset { days: 0, micros: 90_000_000 }), held),
            (days(1), 0),
            (days(-7), 0),
            (When::FromT0(Offset { days: 1, micros: 2 * HOUR }), 0),
            (clock(Day::NotSaid, 23, 45), 0),
            (clock(Day::FromT0(1), 9, 0), 0),
            (clock(Day::Date(2026, 12, 24), 9, 0), 0),
            (anchored("one", true), 0),
            (anchored("one", false), 0),
        ];
        for (when, moves) in table {
            let from = schedule::bind(&plan, &before, &when).expect("it is known");
            assert_eq!(schedule::bind(&plan, &after, &when), Some(from + moves), "{zone} {}", when.shown());
        }
        assert_eq!(after.hard_stop, before.hard_stop);
        let due = |state: &RunState| (schedule::horizon_due(&plan, state, 0), schedule::horizon_by(&plan, state, 0));
        assert_eq!(due(&after), due(&before), "{zone}: horizons count from T0 by the clock on the wall");
        assert_eq!(due(&after), (Some(t0 + 24 * HOUR), Some(t0 + 30 * HOUR)));
        let start = |state: &RunState| schedule::planned(&plan, state)[1].1.start.expect("it has a time");
        assert_eq!(start(&after) - start(&before), held);
        let ended = |mut state: RunState| {
            for own in &mut state.steps {
                own.status = tminus::model::state::StepStatus::Ok;
                own.ended = Some(Stamp { wall: t0 + 2 * HOUR, mono: 0 });
            }
            schedule::bind(&plan, &state, &When::FromEnd(Offset { days: 0, micros: HOUR }))
        };
        assert_eq!((ended(before), ended(after)), (Some(t0 + 3 * HOUR), Some(t0 + 3 * HOUR)));
    }
}

#[test]
fn the_hard_stop_stays_where_the_start_bound_it_whatever_is_held() {
    let mut build = Build::new();
    build.step(0, "one", check(1));
    build.step(0, "two", check(1));
    build.plan.hard_stop = Some(from_t0(180));
    build.level("level-1", Undo::Nothing, vec![("back", run("back"))]);
    build.plan.levels[0].budget = Some(Duration::from_secs(600));
    let plan = build.done();
    let mut course = Course::started(&plan);
    let stop = course.book.state.hard_stop;
    let latest = schedule::latest_start(&plan, &course.book.state, LevelIx(0));
    assert!(stop.is_some() && latest.is_some());
    course.wish(Intent::Hold { reason: "wait".into() });
    course.now = later(course.now, 3600);
    course.wish(Intent::GoOn);
    assert!(course.book.state.held > 0);
    assert_eq!(course.book.state.hard_stop, stop);
    assert_eq!(schedule::latest_start(&plan, &course.book.state, LevelIx(0)), latest);
}

#[test]
fn a_wait_for_a_time_of_the_clock_ends_at_the_next_one_on_every_night() {
    let plan = Build::new().done();
    let wait = clock(Day::NotSaid, 2, 30);
    let until = |zone: &str, from: i64| {
        let state = bound(&plan, zone, from);
        schedule::wait_until(&plan, &state, &wait, Stamp { wall: from, mono: 0 }).expect("there is a next one") - from
    };
    let berlin = "Europe/Berlin";
    assert_eq!(until(berlin, at(berlin, (2026, 11, 3), 2, 0)), 30 * MINUTE);
    assert_eq!(until(berlin, at(berlin, (2026, 11, 3), 2, 30)), 24 * HOUR, "now is not the next one");
    let first = at(berlin, (2026, 10, 25), 1, 30);
    assert_eq!(until(berlin, first), HOUR, "the first of the two");
    assert_eq!(until(berlin, first + HOUR), HOUR, "the second of the two");
    assert_eq!(until(berlin, first + 2 * HOUR), 24 * HOUR);
    assert_eq!(until(berlin, at(berlin, (2027, 3, 28), 1, 30)), HOUR, "the clock jumps over it, the wait does not");
}

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

/// A plan in which the clock alone brings much: begins, ends, warnings; some of it at once.
pub fn by_the_clock(at_once: bool) -> Plan {
    let mut build = Build::new();
    let mut lanes = Vec::new();
    let how = if at_once { Together::AtOnce } else { Together::OneCard };
    let group = build.step(0, "group", Work::Group(Group { how, steps: Vec::new() }));
    for (place, minutes) in [3, 1, 8].into_iter().enumerate() {
        let lasting = run_with("tail", |command| command.lasts = Some(Duration::from_secs(90)));
        let work = if place == 1 { lasting } else { run("true") };
        let lane = build.loose(&format!("lane-{place}"), Place::Group(group), work);
        (build.at(lane).at, build.at(lane).auto) = (Some(from_t0(minutes)), true);
        build.at(lane).effect = Effect::Reads;
        lanes.push(lane);
    }
    build.at(group).work = Work::Group(Group { how, steps: lanes });
    build.step(1, "pause", Work::Wait(from_t0(12)));
    let auto = build.step(1, "auto", run("true"));
    (build.at(auto).auto, build.at(auto).effect) = (true, Effect::Reads);
    build.plan.phases[1].at = Some(from_t0(11));
    build.level("level-1", Undo::Nothing, vec![("back", run("back"))]);
    build.plan.levels[0].budget = Some(Duration::from_secs(300));
    build.plan.hard_stop = Some(from_t0(45));
    build.done()
}

/// Zone, T0, and steps with their planned offset in minutes and length: phases of two steps each.
fn timed() -> impl Strategy<Value = (usize, i64, Vec<(Option<i64>, Option<u64>)>)> {
    let step = (prop::option::of(-600..6000_i64), prop::option::of(0..300_u64));
    (0..CHANGES.len(), -3000..3000_i64, prop::collection::vec(step, 1..12))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn projected_is_never_before_now_nor_before_what_is_planned(
        (change, t0, steps) in timed(), held in 0..500_u64, passed in -3000..9000_i64, done in 0..12_usize,
    ) {
        let (zone, (year, month, day)) = CHANGES[change];
        let t0 = at(zone, (year, month, day), 12, 0) + t0 * MINUTE;
        let mut build = Build::new();
        for (place, (offset, takes)) in steps.iter().enumerate() {
            let ix = build.step(place / 2, &format!("step-{place}"), check(1));
            build.at(ix).at = offset.map(from_t0);
            build.at(ix).takes = takes.map(|minutes| Duration::from_secs(minutes * 60));
            if place % 4 == 0 {
                build.plan.phases[place / 2].at = offset.map(|offset| days(offset / 1440));
            }
        }
        let plan = build.done();
        let mut state = bound(&plan, zone, t0);
        for own in state.steps.iter_mut().take(done) {
            own.status = tminus::model::state::StepStatus::Ok;
        }
        let now = Stamp { wall: t0 + passed * MINUTE, mono: 0 };
        let before = schedule::finish(&plan, &state, now);
        let early = schedule::planned(&plan, &state);
        state.held = held * 60_000_000;
        let after = schedule::finish(&plan, &state, now);
        prop_assert!(before <= after, "a hold never makes it earlier");
        for ((ix, one), (_, other)) in early.iter().zip(schedule::planned(&plan, &state)) {
            prop_assert!(one.start <= other.start && one.end <= other.end, "{ix:?} is not moved back in time");
            prop_assert!(other.start.zip(one.start).is_none_or(|(late, early)| late - early <= held as i64 * MINUTE));
        }
        if let Some(finish) = after {
            prop_assert!(finish >= now.wall);
            for (ix, own) in state.steps.iter().enumerate().filter(|(_, own)| !own.status.settled()) {
                let takes = plan.steps[ix].takes.map_or(0, |takes| i64::try_from(micros(takes)).expect("hours"));
                let planned = schedule::planned_at(&plan, &state, tminus::model::ids::StepIx(ix));
                prop_assert!(planned.is_none_or(|at| finish >= at + takes), "{ix} {own:?}");
            }
        }
    }

    #[test]
    fn nothing_becomes_due_between_two_instants_that_follow_names(
        which in crate::plans(), moves in crate::moves(), share in 0..1000_u64,
    ) {
        let plan = crate::plan(which);
        let mut course = Course::new(&plan);
        course.follow_all(&moves);
        let (state, now) = (&course.book.state, course.now);
        if follow::due(&plan, state, now).is_none() {
            // Weeks where nothing is to come: what the clock alone brings must have been named.
            let wake = follow::wake_after(&plan, state, now.wall).unwrap_or(now.wall + 600 * HOUR);
            let span = u64::try_from(wake - now.wall - 1).expect("it is to come");
            let then = Stamp { wall: now.wall + (span / 1000 * share) as i64, mono: now.mono + span / 1000 * share };
            let last = Stamp { wall: wake - 1, mono: now.mono + span };
            prop_assert_eq!(follow::due(&plan, state, then), None);
            prop_assert_eq!(follow::due(&plan, state, last), None);
        }
    }

    #[test]
    fn a_calendar_day_keeps_the_time_of_day_or_is_one_that_the_clock_does_not_show_once(
        zone in 0..CHANGES.len(), t0 in 0..40_000_i64, away in -400..400_i64,
    ) {
        let (zone, (year, month, day)) = CHANGES[zone];
        let t0 = at(zone, (year, month, day), 12, 0) + (t0 - 20_000) * MINUTE;
        let of_day = |wall| schedule::format_wall(wall, zone, Some("%H:%M"));
        let moved = schedule::add_offset(t0, Offset { days: away, micros: 0 }, zone).expect("there is such a day");
        let mut build = Build::new();
        let one = build.step(0, "one", check(1));
        build.at(one).at = Some(days(away));
        let plan = build.done();
        let doubtful = !schedule::unbindable(&plan, &bound(&plan, zone, t0)).is_empty();
        prop_assert!(doubtful || of_day(moved) == of_day(t0), "{zone}");
        prop_assert!((moved - t0 - away * 24 * HOUR).abs() <= HOUR);
    }
}

#[test]
fn what_runs_no_command_of_its_own_cannot_be_stopped_and_its_members_can() {
    let plan = by_the_clock(true);
    let mut course = Course::started(&plan);
    assert!(course.run("group"));
    let stop = |step: &str| Intent::Stop { step: step.into(), how: StopHow::Interrupt };
    assert!(course.why_not(stop("group")).contains("runs no command of its own"));
    assert!(course.why_not(stop("pause")).contains("is not running"));
    course.follows();
    assert!(course.wish(stop("lane-0")));
}

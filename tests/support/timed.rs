//! When things are due: T0, holds, the clock's doubtful times. Part of `tests/model.rs`.

use crate::course::Course;
use crate::fabricate::{BEGUN, Build, check, from_t0, later, maya, run};
use chrono::NaiveDate;
use std::time::Duration;
use tminus::model::around::Horizon;
use tminus::model::decide::{Asked, decide};
use tminus::model::event::Event;
use tminus::model::ids::LevelIx;
use tminus::model::intent::Intent;
use tminus::model::plan::{Plan, Start, Undo};
use tminus::model::schedule::{self, bind_clock};
use tminus::model::state::RunState;
use tminus::model::step::Work;
use tminus::model::time::Stamp;
use tminus::model::when::{Day, Offset, When};

pub const MINUTE: i64 = 60_000_000;
pub const HOUR: i64 = 60 * MINUTE;

/// Zones, and the day of a change of their clocks in each direction.
pub const CHANGES: [(&str, (i32, u32, u32)); 6] = [
    ("Europe/Berlin", (2027, 3, 28)),
    ("Europe/Berlin", (2026, 10, 25)),
    ("America/New_York", (2027, 3, 14)),
    ("America/New_York", (2026, 11, 1)),
    ("Australia/Lord_Howe", (2026, 10, 4)),
    ("Australia/Lord_Howe", (2027, 4, 4)),
];

pub fn days(days: i64) -> When {
    When::FromT0(Offset { days, micros: 0 })
}

pub fn clock(day: Day, hour: u32, minute: u32) -> When {
    When::Clock { day, time: (hour, minute, 0) }
}

pub fn at(zone: &str, (year, month, day): (i32, u32, u32), hour: u32, minute: u32) -> i64 {
    let date = NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar");
    bind_clock(date, (hour, minute, 0), zone).expect("a time of the clock")
}

/// A state of a run whose T0 is this instant.
pub fn bound(plan: &Plan, zone: &str, t0: i64) -> RunState {
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
        let two = build.step(1, "two", check(1));
        build.plan.phases[0].at = Some(days(-7));
        build.at(one).at = Some(clock(Day::OfPhase(0), 18, 0));
        build.plan.phases[1].at = Some(from_t0(6 * 60));
        build.at(two).by = Some(clock(Day::OfPhase(1), 23, 0));
        let plan = build.done();
        let change = NaiveDate::from_ymd_opt(day.0, day.1, day.2).expect("a day");
        for moved in -1..=8 {
            let date = change + chrono::Duration::days(moved);
            let t0 = bind_clock(date, (12, 0, 0), zone).expect("noon");
            let wanted = bind_clock(date - chrono::Duration::days(7), (18, 0, 0), zone).expect("evening");
            let mut state = bound(&plan, zone, t0);
            assert_eq!(schedule::planned_at(&plan, &state, one), Some(wanted), "{zone}");
            let by = |state: &RunState| schedule::bind(&plan, state, plan.step(two).by.as_ref().expect("it has one"));
            assert_eq!(by(&state), bind_clock(date, (23, 0, 0), zone).ok(), "{zone}");
            // The second phase itself is moved into the next day by that.
            state.held = 20 * 60 * 60 * 1_000_000;
            assert_eq!(by(&state), bind_clock(date, (23, 0, 0), zone).ok(), "{zone}: a hold moves no date");
        }
    }
}

pub fn horizon(at: Option<When>, by: Option<When>) -> Horizon {
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

//! What the clock alone brings, for any plan and any time. Part of `tests/model.rs`.

use crate::course::Course;
use crate::fabricate::{Build, check, from_t0, run, run_with};
use crate::timed::{CHANGES, HOUR, MINUTE, at, bound, days};
use proptest::prelude::*;
use std::time::Duration;
use tminus::model::event::StopHow;
use tminus::model::follow;
use tminus::model::intent::Intent;
use tminus::model::plan::{Plan, Undo};
use tminus::model::schedule;
use tminus::model::step::{Effect, Group, Place, Together, Work};
use tminus::model::time::{Stamp, micros};
use tminus::model::when::Offset;

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

/// The planned offset of each step and its length, both in minutes.
type Times = Vec<(Option<i64>, Option<u64>)>;

/// Zone, T0, and steps with their times: phases of two steps each.
fn timed() -> impl Strategy<Value = (usize, i64, Times)> {
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

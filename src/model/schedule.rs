//! Planned, actual and projected times, and how long a way back still fits: arithmetic over plan and state, no clock.
//!
//! Instants are Unix microseconds. Calendar days (`d`) are counted at T0's wall time in T0's zone, `h m s` are elapsed time.
//! A hold moves what is planned after it and never the hard stop.

mod bound;

pub use bound::unbindable;

use crate::model::ids::{LevelIx, StepIx};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::Place;
use crate::model::time::{Stamp, micros};
use crate::model::when::{Offset, When};
use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeZone};
use chrono_tz::Tz;
use std::time::Duration;

/// When a step is planned to start and end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// Planned start.
    pub start: Option<i64>,
    /// Planned end, where its length is known.
    pub end: Option<i64>,
}

/// The zone of this name; UTC for a name that is not one.
pub fn zone_of(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// An instant in a zone by chrono's letters; `2026-11-21 15:00 EST` where no format is said. `None` for a bad format.
pub fn format_wall(wall: i64, zone: &str, format: Option<&str>) -> Option<String> {
    use std::fmt::Write as _;
    let local = zone_of(zone).timestamp_micros(wall).single()?;
    let mut text = String::new();
    write!(text, "{}", local.format(format.unwrap_or("%Y-%m-%d %H:%M %Z"))).ok()?;
    Some(text)
}

/// Binds a time of the clock in a zone. A gap or a fold of daylight saving is an error that names the readings.
pub fn bind_clock(date: NaiveDate, time: (u32, u32, u32), zone: &str) -> Result<i64, String> {
    let (hour, minute, second) = time;
    let naive =
        NaiveTime::from_hms_opt(hour, minute, second).map(|time| date.and_time(time)).ok_or("no such time of day")?;
    match zone_of(zone).from_local_datetime(&naive) {
        LocalResult::Single(at) => Ok(at.timestamp_micros()),
        LocalResult::Ambiguous(one, two) => {
            Err(format!("{naive} comes twice in {zone}: {one} and {two}; say which as UTC"))
        }
        LocalResult::None => Err(gap(naive, zone_of(zone))),
    }
}

/// What a time in a gap could mean: read by the offset before the jump, and by the one after it.
fn gap(naive: NaiveDateTime, zone: Tz) -> String {
    let around = chrono::Duration::hours(3);
    let before = zone.from_local_datetime(&(naive - around)).latest();
    let after = zone.from_local_datetime(&(naive + around)).earliest();
    let reading = |near: Option<DateTime<Tz>>| near.map(|near| zone.from_utc_datetime(&(naive - near.offset().fix())));
    let readings = reading(before).zip(reading(after));
    let readings = readings.map(|(one, two)| format!("; it could be {one} or {two}")).unwrap_or_default();
    format!("{naive} does not exist in {zone}: the clock jumps over it{readings}")
}

/// `wall` moved by an offset: calendar days in the zone first, then elapsed time.
pub fn add_offset(wall: i64, offset: Offset, zone: &str) -> Option<i64> {
    let mut moved = wall;
    if offset.days != 0 {
        let local: DateTime<Tz> = zone_of(zone).timestamp_micros(wall).single()?;
        let day = local.date_naive().checked_add_signed(chrono::Duration::days(offset.days))?;
        moved = zone_of(zone).from_local_datetime(&day.and_time(local.time())).earliest()?.timestamp_micros();
    }
    moved.checked_add(offset.micros)
}

/// When `when` is, as far as that is known: T0 must be bound, and for an anchor its step must have started or ended. Holds
/// that are over have moved what is planned so many hours, minutes or seconds after T0.
pub fn bind(plan: &Plan, state: &RunState, when: &When) -> Option<i64> {
    bind_after(plan, state, when, state.held)
}

/// The same for a run that had been held for so long, microseconds. Calendar days, times of the clock and anchors do not move.
fn bind_after(plan: &Plan, state: &RunState, when: &When, held: u64) -> Option<i64> {
    let t0 = state.t0?;
    match when {
        When::FromT0(offset) if offset.days == 0 => {
            add_offset(t0, *offset, &state.zone)?.checked_add(i64::try_from(held).ok()?)
        }
        When::FromT0(offset) => add_offset(t0, *offset, &state.zone),
        When::FromEnd(offset) => add_offset(end_of_phases(plan, state)?, *offset, &state.zone),
        When::FromStep { step, from_start, offset } => {
            add_offset(anchor(plan, state, step, *from_start)?, *offset, &state.zone)
        }
        When::Clock { date, time } => {
            let date = match date {
                Some((year, month, day)) => NaiveDate::from_ymd_opt(*year, *month, *day)?,
                None => zone_of(&state.zone).timestamp_micros(t0).single()?.date_naive(),
            };
            bind_clock(date, *time, &state.zone).ok()
        }
        When::After(_) => None,
    }
}

/// When the last phase ended: when the last of its steps did, once all phases are done.
fn end_of_phases(plan: &Plan, state: &RunState) -> Option<i64> {
    let mut steps = Vec::new();
    for step in plan.phases.iter().flat_map(|phase| &phase.steps) {
        state.push_with_choice(plan, *step, &mut steps);
    }
    let over = steps.iter().all(|step| state.is_passed(plan, *step));
    over.then(|| steps.iter().filter_map(|step| state.step(*step).ended).map(|at| at.wall).max()).flatten()
}

/// When a step, a phase or a way back of this name ended, or began.
fn anchor(plan: &Plan, state: &RunState, name: &crate::model::ids::StepId, from_start: bool) -> Option<i64> {
    if let Some(ix) = plan.find(name) {
        let own = state.step(ix);
        return (if from_start { own.first_started } else { own.ended }).map(|at| at.wall);
    }
    if let Some(phase) = plan.phases.iter().find(|phase| phase.id.as_str() == name.as_str()) {
        let steps: Vec<_> = phase.steps.iter().map(|step| state.step(*step)).collect();
        let began = steps.iter().filter_map(|own| own.first_started).map(|at| at.wall).min();
        let over = steps.iter().all(|own| own.status.settled());
        let ended = steps.iter().filter_map(|own| own.ended).map(|at| at.wall).max().filter(|_| over);
        return if from_start { began } else { ended };
    }
    let taken = state.rollback.as_ref().filter(|taken| plan.level(taken.level).id.as_str() == name.as_str())?;
    (if from_start { Some(taken.since) } else { taken.ended }).map(|at| at.wall)
}

/// Until when a `wait` counts down that begins at `now`. A bare clock time is the next one.
pub fn wait_until(plan: &Plan, state: &RunState, when: &When, now: Stamp) -> Option<i64> {
    match when {
        When::After(length) => now.wall.checked_add(i64::try_from(micros(*length)).ok()?),
        When::Clock { date: None, time } => {
            let zone = zone_of(&state.zone);
            let today = zone.timestamp_micros(now.wall).single()?.date_naive();
            (0..3)
                .filter_map(|days| today.checked_add_signed(chrono::Duration::days(days)))
                .filter_map(|day| bind_clock(day, *time, &state.zone).ok())
                .find(|at| *at > now.wall)
        }
        When::FromT0(_) | When::FromEnd(_) | When::FromStep { .. } | When::Clock { date: Some(_), .. } => {
            bind(plan, state, when)
        }
    }
}

/// When a step may begin without a reason: `at` of its phase or its own, whichever is later, as far as these are bound. `None`
/// for a step that has neither, and in a drill, which is held when people have time and not when the plan says.
pub fn planned_at(plan: &Plan, state: &RunState, ix: StepIx) -> Option<i64> {
    if state.is_drill() {
        return None;
    }
    let step = plan.step(ix);
    let around = match step.place {
        Place::Phase(phase) => plan.phases[phase].at.as_ref().and_then(|at| bind(plan, state, at)),
        Place::Choice { choose, .. } => planned_at(plan, state, choose),
        Place::Group(group) => planned_at(plan, state, group),
        Place::Criterion { .. }
        | Place::Undo(_)
        | Place::Level(_)
        | Place::Procedure(_)
        | Place::Horizon(_)
        | Place::Requirement(_) => None,
    };
    around.max(step.at.as_ref().and_then(|at| bind(plan, state, at)))
}

/// Planned start and end of every step of the phases and of the choices taken, in the order of the path.
pub fn planned(plan: &Plan, state: &RunState) -> Vec<(StepIx, Planned)> {
    let mut found = Vec::new();
    let mut cursor: Option<i64> = state.t0;
    for phase in &plan.phases {
        let mut path = Vec::new();
        for step in &phase.steps {
            state.push_with_choice(plan, *step, &mut path);
        }
        let mut phase_at = phase.at.as_ref();
        for ix in path {
            let (step, own) = (plan.step(ix), state.step(ix));
            // A step that has begun stays where its plan was then: a later hold does not make it look early.
            let held = if own.attempt > 0 { own.held_before } else { state.held };
            let bound = |when| bind_after(plan, state, when, held);
            cursor = phase_at.take().and_then(bound).or(cursor);
            let start = step.at.as_ref().and_then(bound).or(cursor);
            let end =
                start.zip(step.takes).and_then(|(start, takes)| start.checked_add(i64::try_from(micros(takes)).ok()?));
            cursor = end.or(start);
            found.push((ix, Planned { start, end }));
        }
    }
    found
}

/// Whether the plan says times at all: without, nothing is late.
pub fn is_timed(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.at.is_some() || step.takes.is_some())
        || plan.phases.iter().any(|phase| phase.at.is_some())
}

/// How far behind the plan the run is at `now`, microseconds; negative when it is ahead. `None` for an untimed plan.
pub fn slip(plan: &Plan, state: &RunState, now: Stamp) -> Option<i64> {
    if !is_timed(plan) || state.started.is_none() {
        return None;
    }
    let planned = planned(plan, state);
    let current = planned.iter().find(|(ix, _)| !state.step(*ix).status.settled());
    let Some((ix, times)) = current else {
        let (last, times) = planned.last()?;
        return Some(state.step(*last).ended?.wall - times.end?);
    };
    match state.step(*ix).first_started {
        Some(started) => {
            let behind = started.wall - times.start?;
            Some(times.end.map_or(behind, |end| behind.max(now.wall - end)))
        }
        None => {
            // T stands still in a hold, and with it what has not begun.
            let late = now.wall - on_hold(state, now) - times.start?;
            let before = planned.iter().take_while(|(each, _)| each != ix).last();
            let ahead = before.and_then(|(last, times)| Some(state.step(*last).ended?.wall - times.end?)).unwrap_or(0);
            Some(if late > 0 { late } else { ahead.min(0).max(late) })
        }
    }
}

/// When the run is likely to finish: now, or the next planned start, plus the planned lengths of what is left.
pub fn finish(plan: &Plan, state: &RunState, now: Stamp) -> Option<i64> {
    if !is_timed(plan) {
        return None;
    }
    let mut cursor = now.wall;
    for (ix, times) in planned(plan, state) {
        let step = state.step(ix);
        if step.status.settled() {
            continue;
        }
        let takes = plan.step(ix).takes.map(|takes| i64::try_from(micros(takes)).unwrap_or(i64::MAX)).unwrap_or(0);
        let begun = step.started.filter(|_| step.status.open()).map(|at| at.wall);
        let fixed = plan.step(ix).at.as_ref().and(times.start);
        let start = begun.unwrap_or_else(|| fixed.map_or(cursor, |fixed| fixed.max(cursor)));
        cursor = cursor.max(start.saturating_add(takes));
    }
    Some(cursor)
}

/// The level that is needed now, and the last moment at which it still ends inside the window:
/// hard stop − safety floor − budget − verify, rounded down to the minute.
pub fn decide_by(plan: &Plan, state: &RunState) -> Option<(LevelIx, Option<i64>)> {
    let level = (0..plan.levels.len()).map(LevelIx).find(|level| offered(plan, state, *level))?;
    Some((level, latest_start(plan, state, level)))
}

/// The last moment at which a level can start and still end inside the window.
pub fn latest_start(plan: &Plan, state: &RunState, level: LevelIx) -> Option<i64> {
    let level = plan.level(level);
    let spent = plan.safety_floor + level.budget.unwrap_or(Duration::ZERO) + level.verify;
    let at = state.hard_stop?.checked_sub(i64::try_from(micros(spent)).ok()?)?;
    Some(at - at.rem_euclid(60_000_000))
}

/// Whether a level is offered without an override: its point of no return is not passed, and no step that has begun needs
/// a stronger one.
pub fn offered(plan: &Plan, state: &RunState, level: LevelIx) -> bool {
    let not_passed = plan.level(level).until.is_none_or(|until| !state.effect_began(until));
    not_passed && needed_level(plan, state).is_none_or(|needed| level >= needed)
}

/// The level that the way so far needs: the `way_back` of the phase or step that began last among those that name one.
pub fn needed_level(plan: &Plan, state: &RunState) -> Option<LevelIx> {
    let began = |step: StepIx| Some(state.step(step).begun).filter(|_| state.effect_began(step));
    let by_step =
        (0..plan.steps.len()).map(StepIx).filter_map(|ix| Some((began(ix)?, plan.step(ix).way_back.as_ref()?)));
    let by_phase = plan.phases.iter().filter_map(|phase| {
        let first = phase.steps.iter().filter_map(|step| began(*step)).min()?;
        Some((first, phase.way_back.as_ref()?))
    });
    by_phase.chain(by_step).max_by_key(|(began, _)| *began).and_then(|(_, level)| plan.find_level(level))
}

/// When a horizon's present round is due.
pub fn horizon_due(plan: &Plan, state: &RunState, horizon: usize) -> Option<i64> {
    round_at(plan, state, horizon, state.rounds[horizon])
}

/// When a horizon's next round is due; `None` where it does not repeat or its last round is over.
pub fn next_round(plan: &Plan, state: &RunState, horizon: usize) -> Option<i64> {
    let wanted = &plan.horizons[horizon];
    wanted.every?;
    let next = round_at(plan, state, horizon, state.rounds[horizon] + 1)?;
    let until = wanted.until.as_ref().map(|until| bind(plan, state, until));
    match until {
        None => None,
        Some(until) => (next <= until?).then_some(next),
    }
}

fn round_at(plan: &Plan, state: &RunState, horizon: usize, round: u32) -> Option<i64> {
    let wanted = &plan.horizons[horizon];
    let first = bind(plan, state, wanted.at.as_ref()?)?;
    let Some(every) = wanted.every else { return Some(first) };
    let times = i64::from(round);
    let offset = Offset { days: every.days.checked_mul(times)?, micros: every.micros.checked_mul(times)? };
    add_offset(first, offset, &state.zone)
}

/// T at `now`: time since T0 without holds, microseconds; negative before T0.
pub fn t_clock(state: &RunState, now: Stamp) -> Option<i64> {
    Some(now.wall - state.t0? - i64::try_from(state.held).unwrap_or(i64::MAX) - on_hold(state, now))
}

/// How long the hold that is on has lasted, microseconds.
fn on_hold(state: &RunState, now: Stamp) -> i64 {
    let length = state.hold.as_ref().map_or(0, |hold| micros(now.since(hold.since)));
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// The date of an instant in a zone, for `T+1d 09:00`-like readings on screens.
pub fn day_of(wall: i64, zone: &str) -> Option<(i32, u32, u32)> {
    let local = zone_of(zone).timestamp_micros(wall).single()?;
    Some((local.year(), local.month(), local.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_calendar_day_in_the_zone_and_hours_are_elapsed() {
        // 2026-10-31 15:00 in New York; daylight saving ends on 1 November.
        let t0 = bind_clock(NaiveDate::from_ymd_opt(2026, 10, 31).unwrap(), (15, 0, 0), "America/New_York").unwrap();
        let day = add_offset(t0, Offset { days: 1, micros: 0 }, "America/New_York").unwrap();
        let hours = add_offset(t0, Offset { days: 0, micros: 24 * 3_600_000_000 }, "America/New_York").unwrap();
        assert_eq!((day - t0) / 3_600_000_000, 25);
        assert_eq!((hours - t0) / 3_600_000_000, 24);
    }

    #[test]
    fn a_time_that_comes_twice_or_not_at_all_is_an_error_with_both_readings() {
        let twice = bind_clock(NaiveDate::from_ymd_opt(2026, 10, 25).unwrap(), (2, 30, 0), "Europe/Paris").unwrap_err();
        assert!(twice.contains("CEST") && twice.contains("CET"), "{twice}");
        let never = bind_clock(NaiveDate::from_ymd_opt(2027, 3, 28).unwrap(), (2, 30, 0), "Europe/Paris").unwrap_err();
        assert!(never.contains("03:30:00 CEST") && never.contains("01:30:00 CET"), "{never}");
        // Half an hour, on Lord Howe Island.
        let never = bind_clock(NaiveDate::from_ymd_opt(2026, 10, 4).unwrap(), (2, 15, 0), "Australia/Lord_Howe");
        let never = never.unwrap_err();
        assert!(never.contains("02:45:00") && never.contains("01:45:00"), "{never}");
    }
}

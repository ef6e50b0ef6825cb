//! When a WHEN is: T0, the zone and what has happened make it an instant, or it is not known yet.
//!
//! `None` means "not known yet" and nothing else: what the clock of the zone cannot tell was refused at the start (`bound`), and
//! what comes to light later (an anchor, a round) is bound by `add_offset`, which always answers.

use super::clock::{add_offset, date_of, readings};
use crate::model::ids::{StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::Place;
use crate::model::time::{Stamp, micros};
use crate::model::when::{Day, When};
use chrono::NaiveDate;

/// When `when` is, as far as that is known: T0 must be bound, and for an anchor its step must have started or ended. Holds
/// that are over have moved what is planned so many hours, minutes or seconds after T0.
pub fn bind(plan: &Plan, state: &RunState, when: &When) -> Option<i64> {
    bind_after(plan, state, when, state.held)
}

/// The same for a run that had been held for so long, microseconds. Calendar days, times of the clock and anchors do not move.
pub(super) fn bind_after(plan: &Plan, state: &RunState, when: &When, held: u64) -> Option<i64> {
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
        When::Clock { day, time } => readings(date(plan, state, *day)?, *time, &state.zone).first().copied(),
        When::After(_) => None,
    }
}

/// The date that a time of the clock means.
pub(super) fn date(plan: &Plan, state: &RunState, day: Day) -> Option<NaiveDate> {
    let of_t0 = || date_of(state.t0?, &state.zone);
    match day {
        Day::NotSaid => of_t0(),
        Day::FromT0(days) => of_t0()?.checked_add_signed(chrono::Duration::try_days(days)?),
        Day::Date(year, month, day) => NaiveDate::from_ymd_opt(year, month, day),
        // A time of the clock does not move in a hold, so neither does its date.
        Day::OfPhase(phase) => date_of(bind_after(plan, state, plan.phases.get(phase)?.at.as_ref()?, 0)?, &state.zone),
    }
}

/// When the last phase ended: when the last of its steps did, once all phases are done. What is still to come stands at the end,
/// so that is looked at first.
fn end_of_phases(plan: &Plan, state: &RunState) -> Option<i64> {
    let mut last = None;
    let mut inside = Vec::new();
    for step in plan.phases.iter().rev().flat_map(|phase| phase.steps.iter().rev()) {
        inside.clear();
        state.push_with_choice(plan, *step, &mut inside);
        if !inside.iter().all(|step| state.is_passed(plan, *step)) {
            return None;
        }
        last = last.max(inside.iter().filter_map(|step| state.step(*step).ended).map(|at| at.wall).max());
    }
    last
}

/// When a step, a phase or a way back of this name ended, or began.
fn anchor(plan: &Plan, state: &RunState, name: &StepId, from_start: bool) -> Option<i64> {
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
        When::Clock { day: Day::NotSaid, time } => {
            let today = date_of(now.wall, &state.zone)?;
            (0..3)
                .filter_map(|days| today.checked_add_signed(chrono::Duration::days(days)))
                .flat_map(|day| readings(day, *time, &state.zone))
                .find(|at| *at > now.wall)
        }
        When::FromT0(_) | When::FromEnd(_) | When::FromStep { .. } | When::Clock { .. } => bind(plan, state, when),
    }
}

/// When a step may begin without a reason: `at` of its phase or its own, whichever is later, as far as these are bound. `None`
/// for a step that has neither, and in a drill, which is held when people have time and not when the plan says.
pub fn planned_at(plan: &Plan, state: &RunState, ix: StepIx) -> Option<i64> {
    if state.is_drill() {
        return None;
    }
    planned_after(plan, state, ix, state.held)
}

pub(super) fn planned_after(plan: &Plan, state: &RunState, ix: StepIx, held: u64) -> Option<i64> {
    let step = plan.step(ix);
    let around = match step.place {
        Place::Phase(phase) => plan.phases[phase].at.as_ref().and_then(|at| bind_after(plan, state, at, held)),
        Place::Choice { choose: owner, .. } | Place::Group(owner) => planned_after(plan, state, owner, held),
        Place::Horizon(horizon) => super::rounds::horizon_due(plan, state, horizon),
        Place::Criterion { .. } | Place::Undo(_) | Place::Level(_) | Place::Procedure(_) | Place::Requirement(_) => {
            None
        }
    };
    around.max(step.at.as_ref().and_then(|at| bind_after(plan, state, at, held)))
}

//! Times that the clock does not have, found before the first step: a day's gap or fold of daylight saving is said in words.
//!
//! `schedule::bind` answers `None` for such a time, which would leave a step without a plan and nobody told. `decide::start`
//! calls this with T0 bound and refuses. It must not refuse what is only not known yet: anchors to steps, phases and the end.

use super::{bind_clock, zone_of};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::Work;
use crate::model::when::When;
use chrono::{LocalResult, NaiveDate, TimeZone};

/// Why each time of the plan that cannot be bound cannot: `2.1 at 02:30: …`. T0 must be bound.
pub fn unbindable(plan: &Plan, state: &RunState) -> Vec<String> {
    times(plan)
        .into_iter()
        .filter_map(|(of, when)| Some(format!("{of} {}: {}", when.shown(), why_not(state, when)?)))
        .collect()
}

/// Every time of the plan that is bound to T0's date or to a date, and whose it is.
fn times(plan: &Plan) -> Vec<(String, &When)> {
    let mut found: Vec<(String, &When)> = Vec::new();
    found.extend(plan.hard_stop.iter().map(|when| ("hard_stop".into(), when)));
    for phase in &plan.phases {
        found.extend(phase.at.iter().map(|when| (format!("phase {} at", phase.id), when)));
        found.extend(phase.by.iter().map(|when| (format!("phase {} by", phase.id), when)));
    }
    for step in &plan.steps {
        found.extend(step.at.iter().map(|when| (format!("{} at", step.number), when)));
        found.extend(step.by.iter().map(|when| (format!("{} by", step.number), when)));
        // A wait for a bare clock time is for the next one, on whatever day the run comes to it.
        if let Work::Wait(when) = &step.work
            && !matches!(when, When::Clock { date: None, .. })
        {
            found.push((format!("{} wait", step.number), when));
        }
    }
    for horizon in &plan.horizons {
        let own = [("at", &horizon.at), ("by", &horizon.by), ("until", &horizon.until)];
        let own = own.into_iter().filter_map(|(key, when)| Some((key, when.as_ref()?)));
        found.extend(own.map(|(key, when)| (format!("horizon {} {key}", horizon.id), when)));
    }
    found
}

fn why_not(state: &RunState, when: &When) -> Option<String> {
    let zone = zone_of(&state.zone);
    let at_t0 = zone.timestamp_micros(state.t0?).single()?;
    match when {
        When::Clock { date, time } => {
            let date = match date {
                Some((year, month, day)) => NaiveDate::from_ymd_opt(*year, *month, *day),
                None => Some(at_t0.date_naive()),
            };
            date.map_or_else(|| Some("no such date".into()), |date| bind_clock(date, *time, &state.zone).err())
        }
        When::FromT0(offset) if offset.days != 0 => {
            let Some(day) = at_t0.date_naive().checked_add_signed(chrono::Duration::days(offset.days)) else {
                return Some("no such date".into());
            };
            match zone.from_local_datetime(&day.and_time(at_t0.time())) {
                LocalResult::None => Some(super::gap(day.and_time(at_t0.time()), zone)),
                // A day's offset that meets a fold is its earlier reading: `add_offset`.
                LocalResult::Single(_) | LocalResult::Ambiguous(..) => None,
            }
        }
        When::FromT0(_) | When::FromEnd(_) | When::FromStep { .. } | When::After(_) => None,
    }
}

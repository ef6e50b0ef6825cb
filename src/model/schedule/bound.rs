//! Times that cannot be bound to the clock, found before the first step: T0 that is not said, a day's gap or fold of daylight saving.
//!
//! `decide::start` calls these and refuses; `tminus run` and `tminus plan` say the same before there is a run. They must not
//! refuse what is only not known yet: anchors to steps, phases and the end.

use super::bind::date;
use super::clock::{bind_clock, days_later};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::Work;
use crate::model::when::{Day, When};

/// Why each time of the plan that cannot be bound cannot: `2.1 at 02:30: …`. T0 must be bound.
pub fn unbindable(plan: &Plan, state: &RunState) -> Vec<String> {
    times(plan)
        .into_iter()
        .filter_map(|(of, when)| Some(format!("{of} {}: {}", when.shown(), why_not(plan, state, when)?)))
        .collect()
}

/// Times that have no meaning while T0 is only the moment of the start: those before T0, and those of the clock. Each as
/// `2.1 at T-3d`.
pub fn needs_t0(plan: &Plan) -> Vec<String> {
    let wants = |when: &When| match when {
        When::FromT0(offset) => offset.days < 0 || offset.micros < 0,
        When::Clock { .. } => true,
        When::FromEnd(_) | When::FromStep { .. } | When::After(_) => false,
    };
    times(plan).into_iter().filter(|(_, when)| wants(when)).map(|(of, when)| format!("{of} {}", when.shown())).collect()
}

/// Every time of the plan, and whose it is.
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
            && !matches!(when, When::Clock { day: Day::NotSaid, .. })
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

fn why_not(plan: &Plan, state: &RunState, when: &When) -> Option<String> {
    match when {
        When::Clock { day, time } => match (date(plan, state, *day), day) {
            (Some(date), _) => bind_clock(date, *time, &state.zone).err(),
            // The phase waits for something that has not happened.
            (None, Day::OfPhase(_)) => None,
            (None, Day::NotSaid | Day::FromT0(_) | Day::Date(..)) => Some("the calendar has no such day".into()),
        },
        When::FromT0(offset) if offset.days != 0 => days_later(state.t0?, offset.days, &state.zone).err(),
        When::FromT0(offset) => state.t0?.checked_add(offset.micros).is_none().then(|| "there is no such time".into()),
        When::FromEnd(_) | When::FromStep { .. } | When::After(_) => None,
    }
}

//! What a gate may still wait: until the next time that the plan names after it, or the end of the window.
//!
//! Called by the screens. A hold is another thing: it moves what is planned in hours and minutes, and waiting does not.

use super::bind::planned_at;
use super::course::{finish, length};
use super::format_wall;
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::time::{Stamp, plan_length};
use std::time::Duration;

/// How long a step may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slack {
    /// The step that has a time; `None` for the hard stop.
    pub before: Option<StepIx>,
    /// That time.
    pub at: i64,
    /// Until when waiting costs nothing: less what is planned in between. It may have passed.
    pub until: i64,
}

/// How long a step of the phases may wait at `now`; `None` where nothing after it has a time and no hard stop is declared, or
/// the plan does not say how long anything takes.
pub fn slack(plan: &Plan, state: &RunState, ix: StepIx, now: Stamp) -> Option<Slack> {
    let mut path = Vec::new();
    plan.phases.iter().flat_map(|phase| &phase.steps).for_each(|step| state.push_with_choice(plan, *step, &mut path));
    let after = path.iter().position(|step| *step == ix)? + 1;
    let mut between = 0_i64;
    for step in path[after..].iter().copied().filter(|step| !state.step(*step).status.settled()) {
        if let Some(at) = planned_at(plan, state, step).filter(|at| *at > now.wall) {
            return Some(Slack { before: Some(step), at, until: at.saturating_sub(between) });
        }
        between = between.saturating_add(plan.step(step).takes.map_or(0, length));
    }
    let left = finish(plan, state, now)?.saturating_sub(now.wall);
    state.hard_stop.map(|at| Slack { before: None, at, until: at.saturating_sub(left) })
}

/// The same in words: `1h before 3.1 Pilot at 10:00. Waiting here costs nothing until 09:45.`
pub fn slack_words(plan: &Plan, state: &RunState, ix: StepIx, now: Stamp) -> Option<String> {
    let slack = slack(plan, state, ix, now)?;
    let today = super::day_of(now.wall, &state.zone);
    let clock = |wall: i64| {
        let format = if super::day_of(wall, &state.zone) == today { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        format_wall(wall, &state.zone, Some(format)).unwrap_or_else(|| "?".into())
    };
    let until = clock(slack.until);
    let minutes = (slack.until - now.wall).div_euclid(60_000_000);
    let long = u64::try_from(minutes).ok().filter(|minutes| *minutes > 0);
    let long = long.map(|minutes| plan_length(Duration::from_secs(minutes.saturating_mul(60))));
    let Some(step) = slack.before.map(|step| plan.step(step)) else {
        let stop = clock(slack.at);
        return Some(match long {
            Some(long) => format!("{long}. Begun after {until}, what is left ends past the hard stop {stop}."),
            None => format!("none: what is left ends past the hard stop {stop}, or just before."),
        });
    };
    let what = format!("{} {} at {}", step.number, state.fill(&step.title), clock(slack.at));
    Some(match long {
        Some(long) => format!("{long} before {what}. Waiting here costs nothing until {until}."),
        None => format!("none: what is planned before {what} should have begun by {until}."),
    })
}

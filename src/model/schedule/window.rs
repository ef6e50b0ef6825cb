//! The change window: which way back is needed, until when each still ends inside it, and what no longer does.

use crate::model::ids::{LevelIx, StepIx};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::time::{Stamp, micros};
use std::time::Duration;

const DECIDE_BY: &str = "decide by, ";

/// The level that is needed now, and the last moment at which it still ends inside the window:
/// hard stop − safety floor − budget − verify, rounded down to the minute.
pub fn decide_by(plan: &Plan, state: &RunState) -> Option<(LevelIx, Option<i64>)> {
    let level = *offered_levels(plan, state).first()?;
    Some((level, latest_start(plan, state, level)))
}

/// The last moment at which a level can start and still end inside the window.
pub fn latest_start(plan: &Plan, state: &RunState, level: LevelIx) -> Option<i64> {
    let spent = plan.safety_floor.saturating_add(length_of(plan, level)).saturating_add(plan.level(level).verify);
    let at = state.hard_stop?.checked_sub(i64::try_from(micros(spent)).ok()?)?;
    Some(at - at.rem_euclid(60_000_000))
}

/// How long a level takes: its budget, else what is planned for its steps.
pub fn length_of(plan: &Plan, level: LevelIx) -> Duration {
    let level = plan.level(level);
    let steps = || level.steps.iter().filter_map(|step| plan.step(*step).takes);
    level.budget.unwrap_or_else(|| steps().fold(Duration::ZERO, Duration::saturating_add))
}

/// Which levels can no longer finish inside the window, and which still can: `level-3 can no longer finish by 18:30. level-1 and
/// level-2 still can.` `None` while all can, and where no hard stop is declared.
pub fn in_time_words(plan: &Plan, state: &RunState, now: Stamp) -> Option<String> {
    let (can, cannot) = by_time(plan, state, now);
    (!cannot.is_empty()).then(|| no_longer(plan, state, &cannot, &can)).flatten()
}

/// The levels that still can finish inside the window, and those that cannot any more.
fn by_time(plan: &Plan, state: &RunState, now: Stamp) -> (Vec<LevelIx>, Vec<LevelIx>) {
    let levels = offered_levels(plan, state).into_iter();
    let in_time = |level: &LevelIx| latest_start(plan, state, *level).is_some_and(|at| now.wall <= at);
    levels.partition(in_time)
}

fn no_longer(plan: &Plan, state: &RunState, cannot: &[LevelIx], can: &[LevelIx]) -> Option<String> {
    let stop = super::format_wall(state.hard_stop?, &state.zone, Some("%H:%M"))?;
    let names = |of: &[LevelIx]| {
        let ids: Vec<&str> = of.iter().map(|level| plan.level(*level).id.as_str()).collect();
        match ids.as_slice() {
            [] => "none".to_owned(),
            [one] => (*one).to_owned(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    };
    let rest = match can {
        [] if cannot.len() == 1 && plan.levels.len() == 1 => String::new(),
        [] => " No other way back can.".to_owned(),
        can => format!(" {} still can.", names(can)),
    };
    Some(format!("{} can no longer finish by {stop}.{rest}", names(cannot)))
}

/// What is said of little time: `15 minutes left: decide by, level-1`, or that none is left.
pub fn warned_words(plan: &Plan, state: &RunState, of: (&str, u32), now: Stamp) -> String {
    let (of, minutes) = of;
    if minutes > 0 {
        return format!("{minutes} minutes left: {of}");
    }
    let level = of.strip_prefix(DECIDE_BY).and_then(|id| plan.find_level(&id.into()));
    let words = level.and_then(|level| no_longer(plan, state, &[level], &by_time(plan, state, now).0));
    words.unwrap_or_else(|| format!("the {of} has passed"))
}

/// What a warning is of, as recorded: `decide by, level-1`, or `hard stop`.
pub fn warned_of(plan: &Plan, level: Option<LevelIx>) -> String {
    level.map_or_else(|| "hard stop".into(), |level| format!("{DECIDE_BY}{}", plan.level(level).id))
}

/// Whether a level is offered without an override: its point of no return is not passed, and no step that has begun needs
/// a stronger one.
pub fn offered(plan: &Plan, state: &RunState, level: LevelIx) -> bool {
    offered_where(plan, state, level, needed_level(plan, state))
}

/// The levels that are offered without an override, mildest first.
pub fn offered_levels(plan: &Plan, state: &RunState) -> Vec<LevelIx> {
    let needed = needed_level(plan, state);
    (0..plan.levels.len()).map(LevelIx).filter(|level| offered_where(plan, state, *level, needed)).collect()
}

fn offered_where(plan: &Plan, state: &RunState, level: LevelIx, needed: Option<LevelIx>) -> bool {
    let not_passed = plan.level(level).until.is_none_or(|until| !state.effect_began(until));
    not_passed && needed.is_none_or(|needed| level >= needed)
}

/// The level that the way so far needs: the `way_back` of the phase or step that began last among those that name one.
pub fn needed_level(plan: &Plan, state: &RunState) -> Option<LevelIx> {
    let began = |step: StepIx| Some(state.step(step).begun).filter(|_| state.effect_began(step));
    let by_step = (0..plan.steps.len()).map(StepIx).filter_map(|ix| {
        let level = plan.step(ix).way_back.as_ref()?;
        Some((began(ix)?, level))
    });
    let by_phase = plan.phases.iter().filter_map(|phase| {
        let level = phase.way_back.as_ref()?;
        let first = phase.steps.iter().filter_map(|step| began(*step)).min()?;
        Some((first, level))
    });
    by_phase.chain(by_step).max_by_key(|(began, _)| *began).and_then(|(_, level)| plan.find_level(level))
}

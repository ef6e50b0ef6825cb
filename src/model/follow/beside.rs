//! What goes on beside the step that is next: groups, calls, `parallel`, commands in the background or for a time.
//!
//! Pure like the rest of `follow`. A group comes to its end when nothing inside is left; a background command when its
//! phase or group is over, or a step that names it is. `decide` asks here what keeps a step from starting.

use super::Due;
use crate::model::expect::Verdict;
use crate::model::ids::{ProcedureIx, StepIx};
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Place, Together, Work};
use crate::model::time::{Stamp, micros};

/// Why the plan ends a command, which is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ran for as long as it lasts.
    TimeIsOver,
    /// Its phase or group is over.
    PlaceIsOver,
    /// A step that names it in `stop:` is done.
    Stopped,
}

impl Ending {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Ending::TimeIsOver => "its time is over",
            Ending::PlaceIsOver => "its phase or group is over",
            Ending::Stopped => "a step of the plan ends it",
        }
    }
}

pub(super) fn due(plan: &Plan, state: &RunState, open: &[StepIx], now: Stamp) -> Option<Due> {
    let ending = open.iter().find_map(|ix| Some((*ix, ending(plan, state, *ix, now)?)));
    if let Some((ix, ending)) = ending {
        return Some(Due::EndCommand(ix, ending));
    }
    if let Some(over) = open.iter().find(|ix| is_over(plan, state, **ix)) {
        return Some(Due::Judge(*over, Verdict::Ok));
    }
    let called = state.calls.iter().rev().find(|called| nothing_left_of(plan, state, **called));
    if let Some(called) = called {
        return Some(Due::EndCall(*called));
    }
    (0..plan.horizons.len()).find(|at| begins_a_round(plan, state, *at)).map(Due::Round)
}

/// Instants at which a command's time is over.
pub(super) fn moments(plan: &Plan, state: &RunState, open: &[StepIx]) -> Vec<i64> {
    open.iter().filter_map(|ix| time_is_over_at(plan, state, *ix)).collect()
}

fn time_is_over_at(plan: &Plan, state: &RunState, ix: StepIx) -> Option<i64> {
    let lasts = plan.step(ix).command()?.lasts?;
    let own = state.step(ix);
    let runs = own.status == StepStatus::Running && own.ending.is_none() && !own.stopping;
    own.started.filter(|_| runs)?.wall.checked_add(i64::try_from(micros(lasts)).ok()?)
}

fn ending(plan: &Plan, state: &RunState, ix: StepIx, now: Stamp) -> Option<Ending> {
    let own = state.step(ix);
    if own.status != StepStatus::Running || own.process.is_none() || own.ending.is_some() || own.stopping {
        return None;
    }
    if time_is_over_at(plan, state, ix).is_some_and(|at| at <= now.wall) {
        return Some(Ending::TimeIsOver);
    }
    plan.step(ix).command()?.background.as_ref()?;
    let named = |step: &usize| {
        plan.steps[*step].stops.contains(&plan.step(ix).id)
            && state.steps[*step].status.settled()
            && state.steps[*step].begun > own.begun
    };
    if (0..plan.steps.len()).any(|at| named(&at)) {
        return Some(Ending::Stopped);
    }
    let around = neighbours(plan, state, ix);
    let over = around.iter().all(|step| *step == ix || state.is_passed(plan, *step));
    (over && !around.is_empty()).then_some(Ending::PlaceIsOver)
}

/// All steps of the group, phase, level, procedure or horizon that a step stands in.
fn neighbours(plan: &Plan, state: &RunState, ix: StepIx) -> Vec<StepIx> {
    let steps: Vec<StepIx> = match plan.step(ix).place {
        Place::Group(group) => plan.members(group),
        Place::Choice { choose, .. } => plan.members(choose),
        Place::Phase(phase) => plan.phases[phase].steps.clone(),
        Place::Level(level) => plan.levels[level].steps.clone(),
        Place::Procedure(procedure) => plan.procedures[procedure].steps.clone(),
        Place::Horizon(horizon) => plan.horizons[horizon].steps.clone(),
        Place::Criterion { .. } | Place::Undo(_) | Place::Requirement(_) => Vec::new(),
    };
    let mut all = Vec::new();
    steps.iter().for_each(|step| state.push_with_choice(plan, *step, &mut all));
    all
}

/// Whether an open group or call has nothing left inside.
fn is_over(plan: &Plan, state: &RunState, ix: StepIx) -> bool {
    if !state.is_open_container(plan, ix) {
        return false;
    }
    let mut inside = Vec::new();
    state.push_with_choice(plan, ix, &mut inside);
    inside.iter().all(|step| *step == ix || plan.step(ix).requires.contains(step) || state.is_passed(plan, *step))
}

fn nothing_left_of(plan: &Plan, state: &RunState, called: ProcedureIx) -> bool {
    let mut steps = Vec::new();
    plan.procedure(called).steps.iter().for_each(|step| state.push_with_choice(plan, *step, &mut steps));
    steps.iter().all(|step| state.step(*step).status.settled())
}

/// Whether a horizon's round is done and another is to come.
fn begins_a_round(plan: &Plan, state: &RunState, at: usize) -> bool {
    let horizon = &plan.horizons[at];
    let mut steps = Vec::new();
    horizon.steps.iter().for_each(|step| state.push_with_choice(plan, *step, &mut steps));
    let done = steps.iter().all(|step| state.step(*step).status.settled());
    done && schedule::next_round(plan, state, at).is_some()
}

/// The `parallel` that a step stands in, groups and options followed outwards.
pub fn at_once_of(plan: &Plan, ix: StepIx) -> Option<StepIx> {
    climb(plan, ix, |how| how == Together::AtOnce)
}

/// Whether a step stands in a group that was begun by one card.
pub(super) fn is_on_an_open_card(plan: &Plan, state: &RunState, ix: StepIx) -> bool {
    climb(plan, ix, |how| how != Together::InOrder).is_some_and(|group| state.step(group).status.open())
}

fn climb(plan: &Plan, ix: StepIx, wanted: impl Fn(Together) -> bool) -> Option<StepIx> {
    let mut at = ix;
    for _ in 0..=plan.steps.len() {
        at = match plan.step(at).place {
            Place::Group(group) => group,
            Place::Choice { choose, .. } => choose,
            _stands_in_no_group => return None,
        };
        if let Work::Group(group) = &plan.step(at).work
            && wanted(group.how)
        {
            return Some(at);
        }
    }
    None
}

/// What is next in each lane of each open `parallel`.
pub(super) fn members_at_once(plan: &Plan, state: &RunState, open: &[StepIx]) -> Vec<StepIx> {
    let at_once = |ix: &StepIx| matches!(&plan.step(*ix).work, Work::Group(group) if group.how == Together::AtOnce);
    let mut members = Vec::new();
    for group in open.iter().copied().filter(at_once) {
        let mut lanes = Vec::new();
        for lane in plan.members(group) {
            let mut steps = Vec::new();
            state.push_with_choice(plan, lane, &mut steps);
            lanes.extend(steps.into_iter().find(|step| !state.is_passed(plan, *step)));
        }
        members.extend(lanes);
    }
    members
}

/// A step whose command runs and that keeps this one from starting: one at a time, but for what runs beside.
pub fn blocking(plan: &Plan, state: &RunState, ix: StepIx) -> Option<StepIx> {
    let group = at_once_of(plan, ix);
    let beside = |other: &StepIx| {
        *other == ix || state.runs_beside(plan, *other) || group.is_some() && at_once_of(plan, *other) == group
    };
    state.running().into_iter().find(|other| !beside(other))
}

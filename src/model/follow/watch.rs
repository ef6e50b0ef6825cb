//! What follows from readings and from the clock: trips, monitors that come to their end, evidence that gets old, warnings.
//!
//! Nothing here reads a probe; `probes_to_read` says which are to be read and how often, and the conductor reads them.

use super::Due;
use crate::model::expect::Verdict;
use crate::model::ids::{LevelIx, ProbeIx, StepIx, TriggerIx};
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Evidence, Place, Work};
use crate::model::time::{Stamp, micros};
use crate::model::watch::{Monitor, Source};

/// A question that was answered with "go on" is asked again after so long, microseconds.
const ASK_AGAIN: i64 = 5 * 60 * 1_000_000;

/// Minutes left at which one is warned; none left is said too.
const WARN_AT: [u32; 4] = [30, 15, 5, 0];

/// Little time is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Until this level cannot end inside the window any more; `None` for the hard stop.
    pub level: Option<LevelIx>,
    /// Minutes left.
    pub minutes: u32,
}

impl Warning {
    /// What it is of, as recorded: `decide by, level-1` or `hard stop`.
    pub fn of(self, plan: &Plan) -> String {
        schedule::warned_of(plan, self.level)
    }
}

pub(super) fn due(plan: &Plan, state: &RunState, open: &[StepIx], now: Stamp) -> Option<Due> {
    for ix in (0..plan.triggers.len()).map(TriggerIx) {
        if let Some(due) = trigger_due(plan, state, ix, now) {
            return Some(due);
        }
    }
    for ix in open.iter().copied() {
        if let Work::Monitor(monitor) = &plan.step(ix).work
            && let Some(verdict) = monitor_verdict(plan, state, (ix, monitor), now)
        {
            return Some(Due::Judge(ix, verdict));
        }
        let old = |criterion: &StepIx| old_at(plan, state, *criterion).is_some_and(|at| at <= now.wall);
        if let Some(criterion) = criteria(plan, ix).find(old) {
            return Some(Due::Old(criterion));
        }
    }
    let warned = warnings(plan, state).into_iter().filter(|(at, _)| *at <= now.wall);
    warned.min_by_key(|(_, warning)| (warning.minutes, warning.level.is_none())).map(|(_, warning)| Due::Warn(warning))
}

/// Instants at which something of this file becomes due.
pub(super) fn moments(plan: &Plan, state: &RunState, open: &[StepIx]) -> Vec<i64> {
    let looks_on = |ix: &&StepIx| {
        state.step(**ix).status == StepStatus::Running && matches!(plan.step(**ix).work, Work::Monitor(_))
    };
    let ends = open.iter().filter(looks_on).filter_map(|ix| state.step(*ix).until);
    let old = open.iter().flat_map(|ix| criteria(plan, *ix)).filter_map(|ix| old_at(plan, state, ix));
    let asked = state.triggers.iter().filter_map(|own| own.went_on.as_ref()).map(|went_on| went_on.at.wall + ASK_AGAIN);
    let warned = warnings(plan, state).into_iter().map(|(at, _)| at);
    ends.chain(old).chain(asked).chain(warned).collect()
}

/// What a gate is decided by; nothing for a step of another kind.
fn criteria(plan: &Plan, ix: StepIx) -> impl Iterator<Item = StepIx> {
    let (go, no_go) = match &plan.step(ix).work {
        Work::Gate(gate) => (gate.go.as_slice(), gate.no_go.as_slice()),
        _decides_nothing => (&[][..], &[][..]),
    };
    go.iter().chain(no_go).copied()
}

fn trigger_due(plan: &Plan, state: &RunState, ix: TriggerIx, now: Stamp) -> Option<Due> {
    let (trigger, own) = (plan.trigger(ix), state.trigger(ix));
    let measured = trigger.trip.as_ref();
    let Some(tripped) = &own.tripped else {
        let lasted = measured.is_some_and(|trip| own.streak.lasted(trip.lasting));
        return (lasted && !own.answered && is_watched(plan, state, ix)).then_some(Due::Trip(ix));
    };
    let by_itself = tripped.by.known == crate::model::actor::Known::Program;
    if let (Some(went_on), true) = (&own.went_on, measured.is_none() || own.streak.holds)
        && now.wall >= went_on.at.wall + ASK_AGAIN
    {
        return Some(Due::Trip(ix));
    }
    let known = trigger.probe.as_ref().and_then(|id| plan.find_probe(id)).and_then(|probe| state.probe(probe).last());
    let clear = known.is_some_and(|sample| sample.unknown.is_none() && sample.at.wall > tripped.since.wall)
        && !own.streak.holds;
    (by_itself && measured.is_some() && clear).then_some(Due::Clear(ix))
}

/// Whether a trigger is watched now: while a phase of its is under way, and while the run goes back.
pub(crate) fn is_watched(plan: &Plan, state: &RunState, ix: TriggerIx) -> bool {
    if state.started.is_none() || state.ended.is_some() {
        return false;
    }
    let during = &plan.trigger(ix).during;
    let Some(phase) = state.phase_under_way(plan) else {
        return state.going_back();
    };
    during.is_empty() || state.going_back() || during.contains(&plan.phases[phase].id)
}

/// What a trigger's trip says: the last reading, or why it is asked about again.
pub(super) fn why(plan: &Plan, state: &RunState, ix: TriggerIx) -> String {
    let (trigger, own) = (plan.trigger(ix), state.trigger(ix));
    let sample = trigger.probe.as_ref().and_then(|id| plan.find_probe(id)).and_then(|probe| state.probe(probe).last());
    let Some(sample) = sample else {
        return own.tripped.as_ref().map_or_else(|| trigger.title.clone(), |tripped| tripped.why.clone());
    };
    let seen = sample.seen.iter().find(|seen| seen.by == trigger.id.as_str());
    let check = seen.and_then(|seen| seen.checks.first());
    let what = check.map(|check| format!("{} ({})", check.saw, check.want));
    let what = what.or_else(|| sample.value.clone()).unwrap_or_else(|| trigger.title.clone());
    let lasting = trigger.trip.as_ref().map(|trip| trip.lasting).filter(|lasting| !lasting.is_zero());
    let lasting = lasting.map(|lasting| format!(" for {}", crate::model::time::plan_length(lasting)));
    format!("{what}{}", lasting.unwrap_or_default())
}

/// What a monitor has come to; `None` while it looks on, and where a person must judge.
fn monitor_verdict(plan: &Plan, state: &RunState, of: (StepIx, &Monitor), now: Stamp) -> Option<Verdict> {
    let (ix, monitor) = of;
    let own = state.step(ix);
    if own.status != StepStatus::Running {
        return None;
    }
    let seen = &own.monitor;
    if monitor.trip.as_ref().is_some_and(|trip| seen.trip.lasted(trip.lasting)) {
        return Some(Verdict::Fail);
    }
    let read = monitor.checks.iter().all(|check| state.step(*check).status.settled());
    if monitor.until.is_some() && seen.until {
        return read.then_some(Verdict::Ok);
    }
    if !read || own.until.is_none_or(|until| until > now.wall) {
        return None;
    }
    let unknown = seen.samples == 0 || seen.unknown * 10 > seen.samples || seen.unknown_in_a_row >= 2;
    match (monitor.probe.is_some(), &monitor.until, &monitor.ok, &monitor.trip) {
        (true, _, _, _) if unknown => Some(Verdict::Unknown),
        (_, Some(_), _, _) => Some(Verdict::Time),
        (_, None, Some(_), _) => (seen.ok == Some(true)).then_some(Verdict::Ok),
        (_, None, None, Some(_)) => Some(Verdict::Ok),
        (false, None, None, None) if !plan_checks(plan, ix) => None,
        (false, None, None, None) => Some(Verdict::Ok),
        (true, None, None, None) => None,
    }
}

fn plan_checks(plan: &Plan, ix: StepIx) -> bool {
    !plan.members(ix).is_empty()
}

/// When the evidence of a gate's criterion gets old, while its gate is open.
fn old_at(plan: &Plan, state: &RunState, ix: StepIx) -> Option<i64> {
    let step = plan.step(ix);
    let Place::Criterion { gate, .. } = step.place else { return None };
    if state.step(gate).status != StepStatus::You || !state.step(ix).status.passed() {
        return None;
    }
    evidence_ended(plan, state, ix)?.checked_add(i64::try_from(micros(step.fresh?)).ok()?)
}

/// When what a criterion stands on was read.
fn evidence_ended(plan: &Plan, state: &RunState, ix: StepIx) -> Option<i64> {
    let own = match &plan.step(ix).work {
        Work::Evidence(Evidence::Step(step)) => state.step(plan.find(step)?),
        _own => state.step(ix),
    };
    own.ended.map(|ended| ended.wall)
}

pub(super) fn age_words(plan: &Plan, state: &RunState, ix: StepIx) -> String {
    let limit = plan.step(ix).fresh.map(crate::model::time::plan_length).unwrap_or_default();
    let read = evidence_ended(plan, state, ix).and_then(|at| schedule::format_wall(at, &state.zone, None));
    format!("read at {}, counts for {limit}", read.unwrap_or_default())
}

/// Warnings that were not given, and when they are due. Of those that are due together only the last is given.
fn warnings(plan: &Plan, state: &RunState) -> Vec<(i64, Warning)> {
    let mut found = Vec::new();
    let over = state.rollback.is_some() || state.aborted.is_some() || state.phases_are_done(plan);
    if state.hard_stop.is_none() || over {
        return found;
    }
    let began = state.started.map_or(i64::MIN, |started| started.wall);
    for (level, at, minutes) in deadlines(plan, state) {
        for minutes in minutes.iter().copied() {
            let warning = Warning { level, minutes };
            let due = at - i64::from(minutes) * 60_000_000;
            let given = WARN_AT.iter().filter(|less| **less <= minutes);
            let given = given.into_iter().any(|less| state.warned.contains(&(warning.of(plan), *less)));
            if !given && due > began {
                found.push((due, warning));
            }
        }
    }
    found.sort_by_key(|(at, warning)| (*at, warning.minutes));
    found
}

/// The hard stop and the deadline of each level that is offered, and how many minutes before each one is warned. Of a level that
/// is not the one that is needed one hears only that it cannot finish any more.
fn deadlines(plan: &Plan, state: &RunState) -> Vec<(Option<LevelIx>, i64, &'static [u32])> {
    let Some(stop) = state.hard_stop else { return Vec::new() };
    let offered = schedule::offered_levels(plan, state);
    // The mildest of them is the one that is needed.
    let needed = offered.first().copied();
    let levels = offered.into_iter().filter_map(|level| {
        let minutes = if needed == Some(level) { &WARN_AT[..] } else { &WARN_AT[3..] };
        Some((Some(level), schedule::latest_start(plan, state, level)?, minutes))
    });
    levels.chain([(None, stop, &WARN_AT[..])]).collect()
}

/// The probes that are to be read now that the run is live, and the time between two readings: those of triggers that are
/// watched, of monitors that look on, and every signal. Those that people read are not among them.
pub fn probes_to_read(plan: &Plan, state: &RunState) -> Vec<ProbeIx> {
    if state.started.is_none() || state.ended.is_some() || state.paused {
        return Vec::new();
    }
    let wanted = |at: &usize| {
        matches!(plan.probes[*at].source, Source::Command(_)) && is_probe_wanted(plan, state, ProbeIx(*at))
    };
    (0..plan.probes.len()).filter(wanted).map(ProbeIx).collect()
}

/// Whether somebody watches what a probe reads now: a trigger, a monitor that looks on, or everybody, as a signal.
pub fn is_probe_wanted(plan: &Plan, state: &RunState, probe: ProbeIx) -> bool {
    let probe = plan.probe(probe);
    let by_trigger = || {
        let mut of_it = (0..plan.triggers.len()).map(TriggerIx);
        of_it.any(|ix| plan.trigger(ix).probe.as_ref() == Some(&probe.id) && is_watched(plan, state, ix))
    };
    let by_monitor = || {
        plan.steps.iter().enumerate().any(|(ix, step)| {
            let looks_on = state.steps[ix].status == StepStatus::Running;
            looks_on && matches!(&step.work, Work::Monitor(monitor) if monitor.probe.as_ref() == Some(&probe.id))
        })
    };
    probe.is_signal || by_trigger() || by_monitor()
}

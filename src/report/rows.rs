//! The rows of a report: phases and steps, planned and actual, and whose time they were.
//!
//! Read off the last state and what the pass kept; called by `finish`. A drill has no planned times, since it keeps none.

use super::finish::is_end;
use super::take::{Taken, known};
use super::value::{Part, Phase, Step};
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::schedule::{self, Planned};
use crate::model::spent::Spent;
use crate::model::state::StepStatus;
use crate::model::step::{Owner, Place, Program, Side, Work};
use crate::model::time::micros;
use std::collections::{BTreeSet, HashMap};

/// Every step that the run goes through or that something happened to, in the order of the plan, a gate's criteria behind it,
/// ways back at the end.
pub(super) fn path(taken: &Taken) -> Vec<StepIx> {
    let (plan, state) = (&taken.plan, &taken.state);
    let mut path = Vec::with_capacity(plan.steps.len());
    let mut there = BTreeSet::new();
    let mut add = |ix: StepIx| {
        if there.insert(ix) {
            path.push(ix);
        }
    };
    let is_touched = |ix: StepIx| taken.attempts.contains_key(&ix) || is_moved(state.step(ix).status);
    for ix in state.forward_path(plan) {
        plan.step(ix).requires.iter().copied().for_each(&mut add);
        add(ix);
        let chooses = matches!(plan.step(ix).work, Work::Choose { .. });
        plan.members(ix).into_iter().filter(|member| !chooses || is_touched(*member)).for_each(&mut add);
    }
    state.rollback_path(plan).into_iter().for_each(&mut add);
    (0..plan.steps.len()).map(StepIx).filter(|ix| is_touched(*ix)).for_each(&mut add);
    path
}

fn is_moved(status: StepStatus) -> bool {
    !matches!(status, StepStatus::NotYet | StepStatus::Claim)
}

/// The steps' rows.
pub(super) fn steps(taken: &Taken, path: &[StepIx]) -> Vec<Step> {
    let planned = planned(taken);
    path.iter().map(|ix| step(taken, *ix, planned.get(ix).copied().unwrap_or_default())).collect()
}

fn planned(taken: &Taken) -> HashMap<StepIx, Planned> {
    let (plan, state) = (&taken.plan, &taken.state);
    if state.is_drill() || !schedule::is_timed(plan) {
        return HashMap::new();
    }
    // A step of which the plan says neither when nor how long stands where the one before it ends: no plan of its own.
    let said = |ix: &StepIx| plan.step(*ix).at.is_some() || plan.step(*ix).takes.is_some();
    schedule::planned(plan, state).into_iter().filter(|(ix, _)| said(ix)).collect()
}

fn step(taken: &Taken, ix: StepIx, planned: Planned) -> Step {
    let (plan, state) = (&taken.plan, &taken.state);
    let (step, own) = (plan.step(ix), state.step(ix));
    let started = own.first_started.map(|at| at.wall);
    let spent = state.spent_on(plan, ix, state.at);
    let invocation = own.invocation.as_ref();
    let chosen = match (&step.work, own.chosen) {
        (Work::Choose { options, .. }, Some(at)) => options.get(at).map(|option| option.title.clone()),
        _chooses_nothing => None,
    };
    Step {
        id: step.id.0.clone(),
        number: number(plan, ix),
        title: taken.title(ix),
        kind: step.work.word().into(),
        class: if step.command().is_some() { step.class().word().into() } else { String::new() },
        place: place(step.place).into(),
        phase: plan.phase_of(ix).map(|phase| plan.phases[phase].number.clone()),
        role: step.role.as_ref().map(|role| role.0.clone()),
        status: own.status.word().into(),
        planned_start: planned.start,
        planned_end: planned.end,
        takes_us: step.takes.map(micros),
        started,
        ended: own.ended.map(|at| at.wall),
        elapsed_us: state.elapsed(ix, state.at).map(micros),
        slip_us: started.zip(planned.start).map(|(started, planned)| started - planned),
        by: own.by.as_ref().map(known),
        reason: own.reason.clone().filter(|reason| !reason.is_empty()),
        command: command(plan, ix),
        runs_as: invocation.map(|runs| format!("{} in {}", runs.user, runs.cwd)),
        chosen,
        whose: parts(&spent),
        answers: taken.answers.get(&ix).cloned().unwrap_or_default(),
        attempts: taken.attempts.get(&ix).cloned().unwrap_or_default(),
    }
}

/// A step's number; a criterion's with its gate's, since each gate counts from 1.
pub(super) fn number(plan: &Plan, ix: StepIx) -> String {
    let step = plan.step(ix);
    match step.place {
        Place::Criterion { gate, .. } => format!("{} {}", plan.step(gate).number, step.number),
        Place::Phase(_)
        | Place::Choice { .. }
        | Place::Undo(_)
        | Place::Level(_)
        | Place::Group(_)
        | Place::Procedure(_)
        | Place::Horizon(_)
        | Place::Requirement(_) => step.number.clone(),
    }
}

/// What runs, in the author's words.
fn command(plan: &Plan, ix: StepIx) -> Option<String> {
    Some(match &plan.step(ix).command()?.program {
        Program::Text { text, .. } => text.trim_end().to_owned(),
        Program::Argv(words) => words.join(" "),
    })
}

/// The phases' rows.
pub(super) fn phases(taken: &Taken) -> Vec<Phase> {
    let (plan, state) = (&taken.plan, &taken.state);
    let planned = planned(taken);
    let row = |phase: &crate::model::plan::Phase| {
        let mut steps = Vec::new();
        phase.requires.iter().chain(&phase.steps).for_each(|step| state.push_with_choice(plan, *step, &mut steps));
        let times = || steps.iter().filter_map(|ix| planned.get(ix));
        let progress = state.progress(&steps);
        let ended = steps.iter().filter_map(|ix| state.step(*ix).ended).map(|at| at.wall).max();
        Phase {
            id: phase.id.0.clone(),
            number: phase.number.clone(),
            title: state.fill(&phase.title),
            goal: phase.goal.as_ref().map(|goal| state.fill(goal)),
            planned_start: times().filter_map(|times| times.start).min(),
            planned_end: times().filter_map(|times| times.end.or(times.start)).max(),
            started: steps.iter().filter_map(|ix| state.step(*ix).first_started).map(|at| at.wall).min(),
            ended: ended.filter(|_| progress.is_done()),
            steps: progress.total as u64,
            done: progress.done as u64,
        }
    };
    plan.phases.iter().map(row).collect()
}

/// Steps of the phases that were never done, of a run that is over.
pub(super) fn never_done(taken: &Taken) -> usize {
    let progress = taken.state.progress_of_run(&taken.plan);
    let over = is_end(taken.state.status());
    if over { progress.total - progress.done } else { 0 }
}

/// Whole seconds by whose they were, those of nobody left out.
pub(super) fn parts(spent: &Spent) -> Vec<Part> {
    let parts = spent.seconds().into_iter().filter(|(_, seconds)| *seconds > 0);
    parts.map(|(whose, seconds)| Part { whose: whose.word().into(), seconds }).collect()
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Phase(_) => "phase",
        Place::Choice { .. } => "option",
        Place::Criterion { side: Side::Go, .. } => "go",
        Place::Criterion { side: Side::NoGo, .. } => "no-go",
        Place::Undo(_) => "undo",
        Place::Level(_) => "way back",
        Place::Group(_) => "group",
        Place::Procedure(_) => "procedure",
        Place::Horizon(_) => "horizon",
        Place::Requirement(Owner::Runbook | Owner::Phase(_) | Owner::Step(_) | Owner::Level(_)) => "requirement",
    }
}

//! A runbook whose steps and probes stand at the places that they had in the one before; what is new comes after them.
//!
//! Records name steps by id, but states, screens and running commands hold places. What is no longer there leaves a step at
//! its place to which nothing leads. Every place inside a plan is moved here and nowhere else.

use super::gone;
use crate::model::ids::{StepId, StepIx};
use crate::model::plan::{Level, Phase, Plan, Undo};
use crate::model::step::{Owner, Place, PlannedStep, Work};
use crate::model::watch::Probe;
use std::collections::HashMap;

/// `new` with every step of `old` at its old place.
pub fn arranged(old: &Plan, mut new: Plan) -> Plan {
    let before: HashMap<&StepId, StepIx> =
        old.steps.iter().enumerate().map(|(at, step)| (&step.id, StepIx(at))).collect();
    let mut count = old.steps.len();
    let mut places = Vec::with_capacity(new.steps.len());
    for step in &new.steps {
        places.push(before.get(&step.id).copied().unwrap_or_else(|| {
            count += 1;
            StepIx(count - 1)
        }));
    }
    let mut slots: Vec<Option<PlannedStep>> = vec![None; count];
    for (at, mut step) in std::mem::take(&mut new.steps).into_iter().enumerate() {
        move_step(&mut step, &places);
        slots[places[at].0] = Some(step);
    }
    new.by_id.clear();
    for (at, slot) in slots.into_iter().enumerate() {
        if let Some(step) = &slot {
            new.by_id.insert(step.id.clone(), StepIx(at));
        }
        // A slot without a step is one of the old ones: new steps fill theirs.
        new.steps.push(slot.unwrap_or_else(|| gone(&old.steps[at], StepIx(at))));
    }
    new.phases.iter_mut().for_each(|phase| move_phase(phase, &places));
    new.levels.iter_mut().for_each(|level| move_level(level, &places));
    move_all(&mut new.requires, &places);
    new.procedures.iter_mut().for_each(|procedure| move_all(&mut procedure.steps, &places));
    new.horizons.iter_mut().for_each(|horizon| move_all(&mut horizon.steps, &places));
    new.probes = probes(&old.probes, std::mem::take(&mut new.probes));
    new.reader = new.reader.or(old.reader);
    new
}

fn probes(old: &[Probe], new: Vec<Probe>) -> Vec<Probe> {
    let mut kept: Vec<Probe> = old.iter().map(|probe| Probe { is_signal: false, ..probe.clone() }).collect();
    for probe in new {
        match old.iter().position(|before| before.id == probe.id) {
            Some(at) => kept[at] = probe,
            None => kept.push(probe),
        }
    }
    kept
}

fn move_one(step: &mut StepIx, places: &[StepIx]) {
    *step = places[step.0];
}

fn move_all(steps: &mut [StepIx], places: &[StepIx]) {
    steps.iter_mut().for_each(|step| move_one(step, places));
}

fn move_phase(phase: &mut Phase, places: &[StepIx]) {
    move_all(&mut phase.steps, places);
    move_all(&mut phase.requires, places);
    move_all(&mut phase.owes, places);
}

fn move_level(level: &mut Level, places: &[StepIx]) {
    move_all(&mut level.steps, places);
    move_all(&mut level.requires, places);
    move_all(&mut level.owes, places);
    level.until.iter_mut().for_each(|step| move_one(step, places));
    match &mut level.undo {
        Undo::Of(steps) => move_all(steps, places),
        Undo::Nothing | Undo::All => {}
    }
}

fn move_step(step: &mut PlannedStep, places: &[StepIx]) {
    move_all(&mut step.owes, places);
    move_all(&mut step.undo, places);
    move_all(&mut step.requires, places);
    match &mut step.place {
        Place::Choice { choose: owner, .. }
        | Place::Criterion { gate: owner, .. }
        | Place::Undo(owner)
        | Place::Group(owner)
        | Place::Requirement(Owner::Step(owner)) => move_one(owner, places),
        Place::Phase(_)
        | Place::Level(_)
        | Place::Procedure(_)
        | Place::Horizon(_)
        | Place::Requirement(Owner::Runbook | Owner::Phase(_) | Owner::Level(_)) => {}
    }
    match &mut step.work {
        Work::Choose { options, .. } => options.iter_mut().for_each(|option| move_all(&mut option.steps, places)),
        Work::Gate(gate) => {
            move_all(&mut gate.go, places);
            move_all(&mut gate.no_go, places);
        }
        Work::Monitor(monitor) => move_all(&mut monitor.checks, places),
        Work::Group(group) => move_all(&mut group.steps, places),
        Work::Run(_)
        | Work::Check(_)
        | Work::Measure(_)
        | Work::Ask(_)
        | Work::Wait(_)
        | Work::Sign(_)
        | Work::Notify(_)
        | Work::Call(_)
        | Work::Evidence(_) => {}
    }
}

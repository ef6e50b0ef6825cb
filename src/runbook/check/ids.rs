//! Ids and numbers: the author's own where given, else made from titles and places.
//!
//! Ids that an author wrote come first, so that a made one never takes the name that somebody chose. Steps of a level,
//! of a gate and of an undo carry their owner's id before their own.

use crate::model::ids::{LevelId, PhaseId, ProbeId, StepId, StepIx};
use crate::model::step::{Owner, Place, PlannedStep, Work};
use crate::runbook::bytes::line_of;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::names::{Taken, id_from};
use crate::runbook::read::{Located, Reader};
use std::collections::HashMap;
use std::ops::Range;

/// What each id of the file names.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub steps: HashMap<String, StepIx>,
    pub phases: HashMap<String, usize>,
    pub levels: HashMap<String, usize>,
}

struct Claims {
    taken: Taken,
    spans: HashMap<String, Range<usize>>,
}

impl Claims {
    /// Takes an id that the author wrote; a second one is an error that names the first.
    fn own(&mut self, reader: &mut Reader<'_>, full: &str, id: &Located) {
        if self.taken.claim(full) {
            self.spans.insert(full.to_owned(), id.span.clone());
            return;
        }
        let line = self
            .spans
            .get(full)
            .filter(|_| !reader.desk.findings.full())
            .map(|span| line_of(reader.desk.source, span.start));
        let first = line.map_or_else(String::new, |line| format!(" (line {line})"));
        let found = Diagnostic::error("RB0202", &id.span, format!("the id `{full}` is already taken{first}"))
            .label("a second time")
            .help("phases, steps and rollbacks share one set of ids");
        reader.desk.report(found);
    }
}

/// Gives every phase, level and step its id.
pub(super) fn assign(reader: &mut Reader<'_>) -> Names {
    let mut claims = Claims { taken: Taken::default(), spans: HashMap::new() };
    let mut names = Names::default();
    for at in 0..reader.phases.len() {
        if let Some(id) = reader.phases[at].own_id.clone() {
            claims.own(reader, &id.text, &id);
            reader.phases[at].phase.id = PhaseId(id.text);
        }
    }
    for at in 0..reader.levels.len() {
        if let Some(id) = reader.levels[at].own_id.clone() {
            claims.own(reader, &id.text, &id);
            reader.levels[at].level.id = LevelId(id.text);
        }
    }
    own_step_ids(reader, &mut claims);
    for at in 0..reader.levels.len() {
        if reader.levels[at].own_id.is_none() {
            reader.levels[at].level.id = LevelId(claims.taken.claim_free("", &format!("level-{}", at + 1)));
        }
        names.levels.insert(reader.levels[at].level.id.0.clone(), at);
    }
    made_step_ids(reader, &mut claims, false);
    for at in 0..reader.phases.len() {
        if reader.phases[at].own_id.is_none() {
            let made = id_from(&reader.phases[at].phase.title, "phase");
            reader.phases[at].phase.id = PhaseId(claims.taken.claim_free("", &made));
        }
        names.phases.insert(reader.phases[at].phase.id.0.clone(), at);
    }
    made_step_ids(reader, &mut claims, true);
    own_probes(reader);
    for (at, draft) in reader.steps.iter().enumerate() {
        names.steps.entry(draft.step.id.0.clone()).or_insert(StepIx(at));
    }
    names
}

/// Steps that the author named and that stand under no other name.
fn own_step_ids(reader: &mut Reader<'_>, claims: &mut Claims) {
    for at in 0..reader.steps.len() {
        let Some(id) = reader.steps[at].own_id.clone() else { continue };
        if prefix_of(reader, StepIx(at)) == Prefix::None {
            claims.own(reader, &id.text, &id);
            reader.steps[at].step.id = StepId(id.text);
        }
    }
}

/// Whose id stands before a step's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefix {
    None,
    Step(StepIx),
    Phase(usize),
    Level(usize),
    Required(usize),
    Procedure(usize),
    Horizon(usize),
    Runbook,
}

fn prefix_of(reader: &Reader<'_>, at: StepIx) -> Prefix {
    let mut at = at;
    loop {
        let draft = &reader.steps[at.0];
        at = match draft.step.place {
            Place::Phase(_) => return Prefix::None,
            Place::Criterion { gate: owner, .. } | Place::Undo(owner) => return Prefix::Step(owner),
            Place::Group(owner) if draft.is_criterion => return Prefix::Step(owner),
            Place::Group(owner) | Place::Choice { choose: owner, .. } => owner,
            Place::Level(level) => return Prefix::Level(level),
            Place::Procedure(procedure) => return Prefix::Procedure(procedure),
            Place::Horizon(horizon) => return Prefix::Horizon(horizon),
            Place::Requirement(Owner::Runbook) => return Prefix::Runbook,
            Place::Requirement(Owner::Phase(phase)) => return Prefix::Phase(phase),
            Place::Requirement(Owner::Step(owner)) => return Prefix::Step(owner),
            Place::Requirement(Owner::Level(level)) => return Prefix::Required(level),
        };
    }
}

/// What stands before a step's own id: `level-1.`, `go-no-go.`, or nothing.
pub(super) fn prefix(reader: &Reader<'_>, at: StepIx) -> String {
    let owner = match prefix_of(reader, at) {
        Prefix::None => return String::new(),
        Prefix::Step(owner) => reader.steps[owner.0].step.id.as_str(),
        Prefix::Phase(phase) => reader.phases.get(phase).map_or("", |draft| draft.phase.id.as_str()),
        // What a level requires is not among its steps: `level-1.requires.rehearsed`.
        Prefix::Required(level) => {
            let level = reader.levels.get(level).map_or("", |draft| draft.level.id.as_str());
            return format!("{level}.requires.");
        }
        Prefix::Level(level) => reader.levels.get(level).map_or("", |draft| draft.level.id.as_str()),
        Prefix::Procedure(at) => reader.procedures.get(at).map_or("", |one| one.id.as_str()),
        Prefix::Horizon(at) => reader.horizons.get(at).map_or("", |one| one.id.as_str()),
        Prefix::Runbook => "requires",
    };
    format!("{owner}.")
}

/// All others, owners before what they own; those of phases once the phases have their ids.
fn made_step_ids(reader: &mut Reader<'_>, claims: &mut Claims, of_phases: bool) {
    for at in 0..reader.steps.len() {
        let draft = &reader.steps[at];
        let waits = matches!(prefix_of(reader, StepIx(at)), Prefix::Phase(_)) && !of_phases;
        if !draft.step.id.0.is_empty() || waits {
            continue;
        }
        let prefix = prefix(reader, StepIx(at));
        let id = match (&draft.own_id, draft.step.place) {
            (Some(own), _) => {
                let (own, full) = (own.clone(), format!("{prefix}{}", own.text));
                claims.own(reader, &full, &own);
                full
            }
            (None, Place::Undo(_)) => claims.taken.claim_free(&prefix, "undo"),
            (None, _made_from_title) => claims.taken.claim_free(&prefix, &id_from(&draft.step.title, "step")),
        };
        reader.steps[at].step.id = StepId(id);
    }
}

/// Monitors that read for themselves have a probe of their own name.
fn own_probes(reader: &mut Reader<'_>) {
    for (at, mut probe) in std::mem::take(&mut reader.own_probes) {
        let step = &mut reader.steps[at.0].step;
        probe.id = ProbeId(step.id.0.clone());
        probe.title.clone_from(&step.title);
        if let Work::Monitor(monitor) = &mut step.work {
            monitor.probe = Some(probe.id.clone());
        }
        reader.probes.push(probe);
    }
}

/// Gives every step its number.
pub(super) fn number(reader: &mut Reader<'_>) {
    let mut numbers = vec![String::new(); reader.steps.len()];
    list(&mut numbers, &reader.requires, "R");
    for phase in &reader.phases {
        list(&mut numbers, &phase.phase.requires, &format!("{}.R", phase.phase.number));
        list(&mut numbers, &phase.phase.steps, &format!("{}.", phase.phase.number));
    }
    for (level, draft) in reader.levels.iter().enumerate() {
        list(&mut numbers, &draft.level.requires, &format!("L{}.R", level + 1));
        list(&mut numbers, &draft.level.steps, &format!("L{}.", level + 1));
    }
    for (procedure, one) in reader.procedures.iter().enumerate() {
        list(&mut numbers, &one.steps, &format!("Q{}.", procedure + 1));
    }
    for (horizon, one) in reader.horizons.iter().enumerate() {
        list(&mut numbers, &one.steps, &format!("H{}.", horizon + 1));
    }
    // Owners come before what they own.
    for at in 0..reader.steps.len() {
        let own = numbers[at].clone();
        number_inside(&reader.steps[at].step, &own, &mut numbers);
    }
    for (draft, number) in reader.steps.iter_mut().zip(numbers) {
        draft.step.number = number;
    }
}

/// `2.1`, `2.2` …
fn list(numbers: &mut [String], steps: &[StepIx], before: &str) {
    for (place, step) in steps.iter().enumerate() {
        numbers[step.0] = format!("{before}{}", place + 1);
    }
}

fn number_inside(step: &PlannedStep, own: &str, numbers: &mut [String]) {
    list(numbers, &step.requires, &format!("{own}.R"));
    match step.undo.as_slice() {
        [one] => numbers[one.0] = format!("U{own}"),
        several => list(numbers, several, &format!("U{own}.")),
    }
    match &step.work {
        Work::Choose { options, .. } => {
            for (option, choice) in options.iter().enumerate() {
                list(numbers, &choice.steps, &format!("{own}{}.", letters(option)));
            }
        }
        Work::Gate(gate) => {
            list(numbers, &gate.go, "");
            for (place, criterion) in gate.no_go.iter().enumerate() {
                numbers[criterion.0] = letters(place);
            }
        }
        Work::Monitor(monitor) => list(numbers, &monitor.checks, ""),
        Work::Group(group) => list(numbers, &group.steps, &format!("{own}.")),
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

/// `a` … `z`, `aa`, `ab` …
fn letters(mut place: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'a' + (place % 26) as u8));
        if place < 26 {
            return text;
        }
        place = place / 26 - 1;
    }
}

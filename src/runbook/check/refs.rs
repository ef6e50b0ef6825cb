//! Names that refer to something: duties, anchors of times, levels, undos and variables.
//!
//! Every unknown name is reported with the nearest that exists; a name that exists and comes too late is reported as
//! that.

use super::ids::Names;
use super::places;
use crate::model::ids::{StepId, StepIx};
use crate::model::plan::Undo;
use crate::model::step::Work;
use crate::model::when::When;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::names::BUILT_IN;
use crate::runbook::read::{AroundWhen, DraftUndo, Located, Owed, Reader, WhenOf};
use std::ops::Range;

pub(super) fn resolve(reader: &mut Reader<'_>, names: &Names) {
    let order = places::order(reader);
    owes(reader, names, &order);
    whens(reader, names, &order);
    levels(reader, names);
    super::wanted::resolve(reader, names);
    let before: Vec<String> = if reader.risks_before.is_empty() {
        Vec::new()
    } else {
        names.phases.keys().chain(names.steps.keys()).cloned().collect()
    };
    reader.place_risks(
        &|name| names.phases.contains_key(name),
        &|name| names.steps.contains_key(name).then(|| StepId(name.to_owned())),
        &before,
    );
    for wanted in std::mem::take(&mut reader.wanted_phases) {
        if !names.phases.contains_key(&wanted.text) {
            let known = names.phases.keys().map(String::as_str);
            let help = reader.desk.suggest(&wanted.text, known).unwrap_or_else(|| "name a phase by its `id`".into());
            let text = format!("there is no phase `{}`", wanted.text);
            reader.desk.report(Diagnostic::error("RB0215", &wanted.span, text).help(help));
        }
    }
    for wanted in std::mem::take(&mut reader.wanted_vars) {
        if let Some(found) = unknown_variable(reader, &wanted.text, &wanted.span) {
            reader.desk.report(found);
        }
    }
}

/// The complaint about a variable that nothing declares or sets.
pub(super) fn unknown_variable(reader: &Reader<'_>, name: &str, span: &Range<usize>) -> Option<Diagnostic> {
    if is_variable(reader, name) {
        return None;
    }
    let known = reader.known_vars.keys().map(String::as_str).chain(BUILT_IN);
    Some(
        Diagnostic::error("RB0204", span, format!("there is no variable `{name}`")).help(
            reader
                .desk
                .suggest(name, known)
                .unwrap_or_else(|| "declare it under `vars:`, or set it with `into` or `capture`".into()),
        ),
    )
}

pub(super) fn is_variable(reader: &Reader<'_>, name: &str) -> bool {
    BUILT_IN.contains(&name) || reader.known_vars.contains_key(name)
}

/// The step of this name as seen from `near`: its full id, or a sibling's in the same level, gate or undo.
pub(super) fn find(names: &Names, reader: &Reader<'_>, near: Option<StepIx>, name: &str) -> Option<StepIx> {
    let sibling = || {
        let prefix = super::ids::prefix(reader, near?);
        let among = |prefix: &str| names.steps.get(&format!("{prefix}{name}")).copied();
        // What a level requires may name a step of the level, too.
        let around = prefix.strip_suffix("requires.").filter(|around| !around.is_empty());
        (!prefix.is_empty()).then(|| among(&prefix).or_else(|| among(around?))).flatten()
    };
    sibling().or_else(|| names.steps.get(name).copied())
}

pub(super) fn unknown_step(reader: &Reader<'_>, names: &Names, wanted: &Located) -> Diagnostic {
    let known = names.steps.keys().map(String::as_str);
    // Nobody reads the help of what is no longer listed, and titles are looked through one by one.
    let titled = (!reader.desk.findings.full())
        .then(|| reader.steps.iter().find(|draft| draft.step.title == wanted.text))
        .flatten()
        .map(|draft| format!("that is a title: name the step by its id, `{}`", draft.step.id.as_str()));
    Diagnostic::error("RB0206", &wanted.span, format!("there is no step `{}`", wanted.text)).help(
        titled.unwrap_or_else(|| {
            reader
                .desk
                .suggest(&wanted.text, known)
                .unwrap_or_else(|| "name a step by its `id`; a step of a rollback is `level-1.disable`".into())
        }),
    )
}

fn owes(reader: &mut Reader<'_>, names: &Names, order: &[Option<usize>]) {
    for at in 0..reader.steps.len() {
        let duties = std::mem::take(&mut reader.steps[at].owes);
        reader.steps[at].step.owes =
            duties.into_iter().filter_map(|duty| owed(reader, (names, order), Some(StepIx(at)), duty)).collect();
    }
    for at in 0..reader.phases.len() {
        // What a phase owes comes after its first step.
        let first = reader.phases[at].phase.steps.first().copied();
        let duties = std::mem::take(&mut reader.phases[at].owes);
        reader.phases[at].phase.owes =
            duties.into_iter().filter_map(|duty| owed(reader, (names, order), first, duty)).collect();
    }
    for at in 0..reader.levels.len() {
        let duties = std::mem::take(&mut reader.levels[at].owes);
        reader.levels[at].level.owes =
            duties.into_iter().filter_map(|duty| owed(reader, (names, order), None, duty)).collect();
    }
}

/// The step that is owed by `ower`.
fn owed(
    reader: &mut Reader<'_>,
    known: (&Names, &[Option<usize>]),
    ower: Option<StepIx>,
    duty: Owed,
) -> Option<StepIx> {
    let (names, order) = known;
    let wanted = match duty {
        Owed::Inline(step) => return Some(step),
        Owed::Named(wanted) => wanted,
    };
    let Some(step) = find(names, reader, ower, &wanted.text) else {
        let found = unknown_step(reader, names, &wanted);
        reader.desk.report(found);
        return None;
    };
    let too_early = ower
        .is_some_and(|ower| step == ower || order[step.0].zip(order[ower.0]).is_some_and(|(owed, ower)| owed < ower));
    if too_early {
        let text = format!("`{}` does not come after this step, so it cannot be owed by it", wanted.text);
        reader.desk.report(Diagnostic::error("RB0206", &wanted.span, text));
        return None;
    }
    Some(step)
}

fn whens(reader: &mut Reader<'_>, names: &Names, order: &[Option<usize>]) {
    for (of, span) in std::mem::take(&mut reader.whens) {
        let near = match of {
            WhenOf::StepAt(at) | WhenOf::Wait(at) | WhenOf::StepBy(at) => Some(at),
            WhenOf::PhaseAt(_) | WhenOf::PhaseBy(_) | WhenOf::Around(_) | WhenOf::HardStop => None,
        };
        let Some((wanted, from_start)) = anchor(reader, of) else {
            continue;
        };
        let located = Located { text: wanted.clone(), span: reader.desk.inside(&span, &wanted) };
        let step = find(names, reader, near, &wanted);
        let is_edge = names.phases.contains_key(&wanted) || names.levels.contains_key(&wanted);
        if step.is_none() && !is_edge {
            let found = unknown_step(reader, names, &located);
            reader.desk.report(found);
            continue;
        }
        if let Some(step) = step {
            let id = reader.steps[step.0].step.id.clone();
            set_anchor(reader, of, id);
        }
        let first = match of {
            WhenOf::StepAt(at) | WhenOf::Wait(at) => Some(at),
            WhenOf::PhaseAt(phase) => reader.phases[phase].phase.steps.first().copied(),
            // What is due may be due after something that comes later.
            WhenOf::StepBy(_) | WhenOf::PhaseBy(_) | WhenOf::Around(_) | WhenOf::HardStop => None,
        };
        let anchor = step.or_else(|| edge(reader, names, &wanted, from_start));
        let too_late = first.zip(anchor).is_some_and(|(first, anchor)| {
            first == anchor || order[anchor.0].zip(order[first.0]).is_some_and(|(anchor, own)| anchor >= own)
        });
        if too_late {
            let found = Diagnostic::error(
                "RB0305",
                &located.span,
                format!("`{wanted}` does not come before this, so nothing can count from it"),
            );
            reader.desk.report(found);
        }
    }
}

fn when_of<'r>(reader: &'r mut Reader<'_>, of: WhenOf) -> Option<&'r mut When> {
    match of {
        WhenOf::StepAt(at) => reader.steps[at.0].step.at.as_mut(),
        WhenOf::StepBy(at) => reader.steps[at.0].step.by.as_mut(),
        WhenOf::Wait(at) => match &mut reader.steps[at.0].step.work {
            Work::Wait(when) => Some(when),
            Work::Run(_) | Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } | Work::Gate(_) => {
                None
            }
            Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
                None
            }
        },
        WhenOf::PhaseAt(phase) => reader.phases[phase].phase.at.as_mut(),
        WhenOf::PhaseBy(phase) => reader.phases[phase].phase.by.as_mut(),
        WhenOf::Around(AroundWhen::Message(at)) => reader.messages.get_mut(at)?.at.as_mut(),
        WhenOf::Around(AroundWhen::HorizonAt(at)) => reader.horizons.get_mut(at)?.at.as_mut(),
        WhenOf::Around(AroundWhen::HorizonBy(at)) => reader.horizons.get_mut(at)?.by.as_mut(),
        WhenOf::Around(AroundWhen::HorizonUntil(at)) => reader.horizons.get_mut(at)?.until.as_mut(),
        WhenOf::HardStop => reader.hard_stop.as_mut().map(|(when, _)| when),
    }
}

fn anchor(reader: &mut Reader<'_>, of: WhenOf) -> Option<(String, bool)> {
    match when_of(reader, of)? {
        When::FromStep { step, from_start, .. } => Some((step.0.clone(), *from_start)),
        When::FromT0(_) | When::FromEnd(_) | When::Clock { .. } | When::After(_) => None,
    }
}

fn set_anchor(reader: &mut Reader<'_>, of: WhenOf, id: StepId) {
    match when_of(reader, of) {
        Some(When::FromStep { step, .. }) => *step = id,
        Some(When::FromT0(_) | When::FromEnd(_) | When::Clock { .. } | When::After(_)) | None => {}
    }
}

/// A phase or a level stands for its first step's start or its last step's end.
fn edge(reader: &Reader<'_>, names: &Names, name: &str, from_start: bool) -> Option<StepIx> {
    let phase = names.phases.get(name).map(|at| &reader.phases[*at].phase.steps);
    let level = || names.levels.get(name).map(|at| &reader.levels[*at].level.steps);
    let steps = phase.or_else(level)?;
    if from_start { steps.first().copied() } else { steps.last().copied() }
}

fn levels(reader: &mut Reader<'_>, names: &Names) {
    for at in 0..reader.levels.len() {
        if let Some(until) = reader.levels[at].until.take() {
            match find(names, reader, None, &until.text) {
                Some(step) => reader.levels[at].level.until = Some(step),
                None => {
                    let found = unknown_step(reader, names, &until);
                    reader.desk.report(found)
                }
            }
        }
        let undo = match std::mem::replace(&mut reader.levels[at].undo, DraftUndo::Nothing) {
            DraftUndo::Nothing => Undo::Nothing,
            DraftUndo::All(span) => {
                if reader.steps.iter().all(|draft| draft.step.undo.is_empty()) {
                    let found = Diagnostic::error("RB0206", &span, "no step has an `undo`")
                        .help("add `undo:` to the steps that change something");
                    reader.desk.report(found);
                }
                Undo::All
            }
            DraftUndo::Of(wanted) => {
                Undo::Of(wanted.iter().filter_map(|wanted| undo_of(reader, names, wanted)).collect())
            }
        };
        reader.levels[at].level.undo = undo;
    }
}

fn undo_of(reader: &mut Reader<'_>, names: &Names, wanted: &Located) -> Option<StepIx> {
    let Some(step) = find(names, reader, None, &wanted.text) else {
        {
            let found = unknown_step(reader, names, wanted);
            reader.desk.report(found)
        };
        return None;
    };
    if reader.steps[step.0].step.undo.is_empty() {
        let found = Diagnostic::error("RB0206", &wanted.span, format!("`{}` has no `undo`", wanted.text))
            .help("add `undo:` to it, or take it out of this list");
        reader.desk.report(found);
    }
    Some(step)
}

//! What may not stand where: in a `parallel` block, in a procedure that calls itself, beside later steps.
//!
//! At once means that nobody answers in between: what decides, asks for a signature or cannot be undone has no place there.

use super::places::all_inside;
use crate::model::ids::StepIx;
use crate::model::step::{Callee, Effect, Place, PlannedStep, Together, Work};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::read::{Draft, Reader};
use std::collections::{HashMap, HashSet};

pub(super) fn check(reader: &mut Reader<'_>) {
    let mut found = Vec::new();
    for draft in &reader.steps {
        if let Work::Group(group) = &draft.step.work
            && group.how == Together::AtOnce
        {
            at_once(reader, &group.steps, &mut found);
        }
        found.extend(runs_on_nowhere(draft));
    }
    cycles(reader, &mut found);
    for one in found {
        reader.desk.report(one);
    }
}

fn at_once(reader: &Reader<'_>, members: &[StepIx], found: &mut Vec<Diagnostic>) {
    let mut writers: HashMap<&str, StepIx> = HashMap::new();
    for member in members {
        for at in with_called(reader, &[*member]) {
            let draft = &reader.steps[at.0];
            if let Some(what) = no_place(&draft.step) {
                let text = format!("{what} has no place in `parallel`");
                let help = "put it before or after the block: there nothing runs beside it";
                found.push(Diagnostic::error("RB0110", &draft.kind, text).help(help));
            }
            // One member after another may write a name again; two at once may not.
            for name in written(&draft.step) {
                if writers.insert(name, *member).is_some_and(|other| other != *member) {
                    let text =
                        format!("two steps of this `parallel` block write `{name}`: which is last, nobody knows");
                    found.push(Diagnostic::error("RB0110", &draft.kind, text).help("give each its own name"));
                }
            }
        }
    }
}

/// All that stands in these steps, and in what they call, however deep; each callee once.
fn with_called(reader: &Reader<'_>, steps: &[StepIx]) -> Vec<StepIx> {
    let mut all = all_inside(reader, steps);
    let mut seen: HashSet<&str> = HashSet::new();
    let mut next = 0;
    while let Some(at) = all.get(next).copied() {
        next += 1;
        let body = match &reader.steps[at.0].step.work {
            Work::Call(Callee::Procedure(id)) if seen.insert(id.as_str()) => {
                reader.procedures.iter().find(|one| one.id == *id).map(|one| one.steps.as_slice())
            }
            Work::Call(Callee::Level(id)) if seen.insert(id.as_str()) => {
                reader.levels.iter().find(|draft| draft.level.id == *id).map(|draft| draft.level.steps.as_slice())
            }
            _nothing_new_is_called => None,
        };
        all.extend(body.map(|steps| all_inside(reader, steps)).unwrap_or_default());
    }
    all
}

/// What a step is, where that is nothing to be done at once.
fn no_place(step: &PlannedStep) -> Option<&'static str> {
    let by_kind = match &step.work {
        Work::Gate(_) => Some("a `gate`"),
        Work::Choose { .. } => Some("a `choose`"),
        Work::Sign(_) => Some("a `sign`"),
        Work::Group(group) if group.how == Together::AtOnce => Some("another `parallel`"),
        Work::Run(command) if command.tty => Some("a command with a terminal of its own"),
        Work::Run(_)
        | Work::Check(_)
        | Work::Measure(_)
        | Work::Ask(_)
        | Work::Wait(_)
        | Work::Monitor(_)
        | Work::Notify(_)
        | Work::Call(_)
        | Work::Group(_)
        | Work::Evidence(_) => None,
    };
    let by_border = step.point_of_no_return.then_some("a `point_of_no_return`");
    let by_effect = (step.effect == Effect::Destroys).then_some("a step of `effect: destroys`");
    by_kind.or(by_border).or(by_effect)
}

/// Variables that a step sets.
fn written(step: &PlannedStep) -> Vec<&str> {
    match &step.work {
        Work::Run(command) => command.capture.iter().map(|(name, _)| name.as_str()).collect(),
        Work::Measure(question) | Work::Ask(question) => question.into.iter().map(|name| name.as_str()).collect(),
        Work::Check(_)
        | Work::Choose { .. }
        | Work::Wait(_)
        | Work::Gate(_)
        | Work::Monitor(_)
        | Work::Sign(_)
        | Work::Notify(_)
        | Work::Call(_)
        | Work::Group(_)
        | Work::Evidence(_) => Vec::new(),
    }
}

/// A command beside later steps ends with its phase, its group or its level; a criterion and an undo have none.
fn runs_on_nowhere(draft: &Draft) -> Option<Diagnostic> {
    let runs_on = draft.step.command().is_some_and(|command| command.background.is_some());
    let nowhere = draft.is_criterion || matches!(draft.step.place, Place::Undo(_));
    (runs_on && nowhere).then(|| {
        Diagnostic::error("RB0110", &draft.kind, "nothing ends this background command")
            .help("let it run in a phase or a rollback: it ends with that, or by `stop: [ID]`")
    })
}

/// Procedures and levels that call themselves, by however many others.
fn cycles(reader: &Reader<'_>, found: &mut Vec<Diagnostic>) {
    let mut bodies: HashMap<&str, &[StepIx]> = HashMap::new();
    bodies.extend(reader.procedures.iter().map(|one| (one.id.as_str(), one.steps.as_slice())));
    bodies.extend(reader.levels.iter().map(|draft| (draft.level.id.as_str(), draft.level.steps.as_slice())));
    let ids: Vec<&str> = bodies.keys().copied().collect();
    let place: HashMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let calls: Vec<Vec<(StepIx, usize)>> = ids
        .iter()
        .map(|id| {
            let all = called(reader, bodies[id]).into_iter();
            all.filter_map(|(at, callee)| Some((at, *place.get(callee)?))).collect()
        })
        .collect();
    let reached = reached(&calls);
    for (id, direct) in calls.iter().enumerate() {
        for (at, _) in direct.iter().filter(|(_, callee)| *callee == id || reached[*callee].contains(&id)) {
            let text = format!("`{}` calls itself by this, and would never end", ids[id]);
            found.push(Diagnostic::error("RB0216", &reader.steps[at.0].kind, text));
        }
    }
}

fn called<'r>(reader: &'r Reader<'_>, steps: &[StepIx]) -> Vec<(StepIx, &'r str)> {
    let callee = |at: StepIx| match &reader.steps[at.0].step.work {
        Work::Call(Callee::Procedure(id)) => Some((at, id.as_str())),
        Work::Call(Callee::Level(id)) => Some((at, id.as_str())),
        _nothing_called => None,
    };
    all_inside(reader, steps).into_iter().filter_map(callee).collect()
}

/// For each, all that its calls reach: once for each, since every one of three hundred may call all others.
fn reached(calls: &[Vec<(StepIx, usize)>]) -> Vec<HashSet<usize>> {
    let direct: Vec<HashSet<usize>> =
        calls.iter().map(|calls| calls.iter().map(|(_, callee)| *callee).collect()).collect();
    let from = |start: &HashSet<usize>| {
        let mut seen = start.clone();
        let mut stack: Vec<usize> = start.iter().copied().collect();
        while let Some(id) = stack.pop() {
            // As soon as all are seen, nothing more can come.
            if seen.len() == direct.len() {
                break;
            }
            stack.extend(direct[id].iter().copied().filter(|next| seen.insert(*next)));
        }
        seen
    };
    direct.iter().map(from).collect()
}

//! What may not stand where: in a `parallel` block, in a procedure that calls itself, beside later steps.
//!
//! At once means that nobody answers in between: what decides, asks for a signature or cannot be undone has no place there.

use super::places::all_inside;
use crate::model::ids::StepIx;
use crate::model::step::{Callee, Effect, Place, PlannedStep, Together, Work};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::read::{Draft, Reader};
use std::collections::{HashMap, HashSet};

/// More circles than this are not looked for: nobody reads them, and there may be as many as the file has room for.
const MOST: usize = 1_000;

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
    let mut through = Through::default();
    for member in members {
        for at in through.walk(reader, &[*member], Some(*member)) {
            let draft = &reader.steps[at.0];
            if let Some(what) = no_place(&draft.step) {
                let text = format!("{what} has no place in `parallel`");
                let help = "put it before or after the block: there nothing runs beside it";
                found.push(Diagnostic::error("RB0110", &draft.kind, text).help(help));
            }
            // One member after another may write a name again; two at once may not.
            for name in written(&draft.step) {
                if writers.insert(name, *member).is_some_and(|other| other != *member) {
                    found.push(written_twice(draft, name));
                }
            }
        }
    }
    for at in through.of_several(reader) {
        let draft = &reader.steps[at.0];
        found.extend(written(&draft.step).into_iter().map(|name| written_twice(draft, name)));
    }
}

fn written_twice(draft: &Draft, name: &str) -> Diagnostic {
    let text = format!("two steps of this `parallel` block write `{name}`: which is last, nobody knows");
    Diagnostic::error("RB0110", &draft.kind, text).help("give each its own name")
}

/// What a block goes through by calls: each callee is looked at once, since every one of hundreds may call all others.
#[derive(Default)]
struct Through<'r> {
    /// Callees, and the member that came to each first.
    first: HashMap<&'r str, Option<StepIx>>,
    /// Those to which several members come.
    several: HashSet<&'r str>,
}

impl<'r> Through<'r> {
    /// All that stands in these steps, and in what they call that nobody went through before.
    fn walk(&mut self, reader: &'r Reader<'_>, steps: &[StepIx], member: Option<StepIx>) -> Vec<StepIx> {
        let mut all = all_inside(reader, steps);
        let mut next = 0;
        while let Some(at) = all.get(next).copied() {
            next += 1;
            let Some(callee) = callee(&reader.steps[at.0].step) else { continue };
            match self.first.get(callee) {
                Some(first) if *first == member => {}
                Some(_another) => drop(self.several.insert(callee)),
                None => {
                    self.first.insert(callee, member);
                    all.extend(body(reader, callee).map(|steps| all_inside(reader, steps)).unwrap_or_default());
                }
            }
        }
        all
    }

    /// All that several members would go through at once.
    fn of_several(self, reader: &'r Reader<'_>) -> Vec<StepIx> {
        let steps: Vec<StepIx> = self.several.iter().filter_map(|id| body(reader, id)).flatten().copied().collect();
        let first = self.several.into_iter().map(|id| (id, None)).collect();
        Through { first, several: HashSet::new() }.walk(reader, &steps, None)
    }
}

fn callee(step: &PlannedStep) -> Option<&str> {
    match &step.work {
        Work::Call(Callee::Procedure(id)) => Some(id.as_str()),
        Work::Call(Callee::Level(id)) => Some(id.as_str()),
        _nothing_is_called => None,
    }
}

/// The steps of a procedure or a level.
fn body<'r>(reader: &'r Reader<'_>, id: &str) -> Option<&'r [StepIx]> {
    let procedure = reader.procedures.iter().find(|one| one.id.as_str() == id).map(|one| one.steps.as_slice());
    let level = || reader.levels.iter().find(|draft| draft.level.id.as_str() == id);
    procedure.or_else(|| level().map(|draft| draft.level.steps.as_slice()))
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
        let circular = direct.iter().filter(|(_, callee)| *callee == id || reached[*callee].contains(&id));
        for (at, _) in circular {
            if found.len() > MOST {
                return;
            }
            let text = format!("`{}` calls itself by this, and would never end", ids[id]);
            found.push(Diagnostic::error("RB0216", &reader.steps[at.0].kind, text));
        }
    }
}

fn called<'r>(reader: &'r Reader<'_>, steps: &[StepIx]) -> Vec<(StepIx, &'r str)> {
    let of = |at: StepIx| Some((at, callee(&reader.steps[at.0].step)?));
    all_inside(reader, steps).into_iter().filter_map(of).collect()
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

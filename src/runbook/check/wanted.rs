//! Names noted by `read::wanted`, resolved: each names something that exists, and steps get their full ids.
//!
//! Inside a level, a procedure, a gate or an undo a sibling may be named by its short id; in the plan every reference is
//! a full one, so that nobody after the parser needs to know where a name was written.

use super::ids::Names;
use super::refs::{find, unknown_step};
use crate::model::expect::Expect;
use crate::model::ids::{LevelId, StepId, StepIx};
use crate::model::step::{Callee, Evidence, PlannedStep, Work};
use crate::model::watch::Outcome;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::read::{Reader, Wanted, What};
use std::collections::{HashMap, HashSet};

/// Full ids of steps that were named by a short one, by the step in which they are named.
type Short = HashMap<(StepIx, String), StepId>;

pub(super) fn resolve(reader: &mut Reader<'_>, names: &Names) {
    let mut short = Short::new();
    let mut known = HashMap::new();
    for wanted in std::mem::take(&mut reader.wanted) {
        match wanted.what {
            What::Step | What::Background => step(reader, names, &wanted, &mut short),
            What::Level
            | What::Procedure
            | What::Callee
            | What::Message
            | What::Signal
            | What::Risk
            | What::Contact => {
                let known = known.entry(wanted.what).or_insert_with(|| Known::of(reader, wanted.what));
                other(reader, &wanted, known);
            }
        }
    }
    for at in 0..reader.steps.len() {
        let levels = &names.levels;
        let planned = &mut reader.steps[at].step;
        rewrite(planned, &|id| {
            if let Some(full) = short.get(&(StepIx(at), id.0.clone())) {
                id.clone_from(full);
            }
        });
        let called = match &planned.work {
            Work::Call(Callee::Procedure(id)) if levels.contains_key(id.as_str()) => Some(LevelId(id.0.clone())),
            _other => None,
        };
        if let Some(level) = called {
            planned.work = Work::Call(Callee::Level(level));
        }
    }
}

fn step(reader: &mut Reader<'_>, names: &Names, wanted: &Wanted, short: &mut Short) {
    let Some(found) = find(names, reader, wanted.near, &wanted.name.text) else {
        let found = unknown_step(reader, names, &wanted.name);
        reader.desk.report(found);
        return;
    };
    let draft = &reader.steps[found.0];
    let runs_on = draft.step.command().is_some_and(|command| command.background.is_some());
    if wanted.what == What::Background && !runs_on {
        let text = format!("`{}` does not run in the background", wanted.name.text);
        let found = Diagnostic::error("RB0206", &wanted.name.span, text);
        reader.desk.report(found.help("add `background: true` to it, or name the step that has it"));
    } else if let Some(near) = wanted.near.filter(|_| draft.step.id.0 != wanted.name.text) {
        short.insert((near, wanted.name.text.clone()), draft.step.id.clone());
    }
}

/// Everything but steps: `word` is what people call it, `where_` the key under which it is declared.
fn other(reader: &mut Reader<'_>, wanted: &Wanted, known: &Known) {
    let (code, word, key) = match wanted.what {
        What::Level => ("RB0205", "rollback", "rollbacks"),
        What::Procedure => ("RB0210", "procedure", "procedures"),
        What::Callee => ("RB0210", "procedure or rollback", "procedures"),
        What::Message => ("RB0211", "message", "messages"),
        What::Signal => ("RB0212", "signal", "signals"),
        What::Risk => ("RB0213", "risk", "risks"),
        What::Contact => ("RB0214", "contact", "contacts"),
        What::Step | What::Background => return,
    };
    let name = &wanted.name;
    if known.set.contains(&name.text) {
        return;
    }
    let help = reader.desk.suggest(&name.text, known.list.iter().map(String::as_str)).unwrap_or_else(|| {
        match known.list.as_slice() {
            [] => format!("the runbook has no `{key}:`"),
            _ if reader.desk.findings.full() => String::new(),
            all => format!("{key}: {}", all.join(", ")),
        }
    });
    let text = format!("there is no {word} `{}`", name.text);
    reader.desk.report(Diagnostic::error(code, &name.span, text).help(help));
}

/// The names of one kind: gathered once, since two hundred procedures may each call all others.
struct Known {
    set: HashSet<String>,
    /// In the file's order, for people.
    list: Vec<String>,
}

impl Known {
    fn of(reader: &Reader<'_>, what: What) -> Self {
        let list = names_of(reader, what);
        Self { set: list.iter().cloned().collect(), list }
    }
}

fn names_of(reader: &Reader<'_>, what: What) -> Vec<String> {
    let levels = || reader.levels.iter().map(|draft| draft.level.id.0.clone());
    let procedures = || reader.procedures.iter().map(|one| one.id.0.clone());
    match what {
        What::Level => levels().collect(),
        What::Procedure => procedures().collect(),
        What::Callee => procedures().chain(levels()).collect(),
        What::Message => reader.messages.iter().map(|one| one.id.0.clone()).collect(),
        What::Signal => reader.probes.iter().filter(|one| one.is_signal).map(|one| one.id.0.clone()).collect(),
        What::Risk => reader.risks.iter().map(|one| one.id.0.clone()).collect(),
        What::Contact => reader.contacts.iter().map(|one| one.name.clone()).collect(),
        What::Step | What::Background => Vec::new(),
    }
}

/// Every step that a step names, but for its duties and times, which `refs` resolves.
fn rewrite(step: &mut PlannedStep, full: &dyn Fn(&mut StepId)) {
    let outcome = |outcome: &mut Option<Outcome>| {
        if let Some(Outcome::Recycle(id)) = outcome {
            full(id);
        }
    };
    step.stops.iter_mut().for_each(full);
    if let Some(within) = &mut step.within {
        full(&mut within.of);
    }
    outcome(&mut step.if_fails);
    step.hints.iter_mut().for_each(|hint| outcome(&mut hint.then));
    match &mut step.work {
        Work::Evidence(Evidence::Step(id)) => full(id),
        Work::Choose { options, .. } => options.iter_mut().for_each(|option| outcome(&mut option.then)),
        Work::Gate(gate) => {
            if let Outcome::Recycle(id) = &mut gate.otherwise {
                full(id);
            }
        }
        Work::Run(command) => of(&mut command.expect, full),
        Work::Evidence(Evidence::Risk(_) | Evidence::Signal { .. })
        | Work::Check(_)
        | Work::Measure(_)
        | Work::Ask(_)
        | Work::Wait(_)
        | Work::Monitor(_)
        | Work::Sign(_)
        | Work::Notify(_)
        | Work::Call(_)
        | Work::Group(_) => {}
    }
}

fn of(expect: &mut Expect, full: &dyn Fn(&mut StepId)) {
    if let Some(id) = &mut expect.of {
        full(id);
    }
    expect.any_of.iter_mut().for_each(|inner| of(inner, full));
}

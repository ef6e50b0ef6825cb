//! From the draft to the plan: names resolved, commands looked at, times compared. Everything that needs the whole
//! runbook.
//!
//! The order matters only in one way: ids come first, since all else refers to them. Nothing here stops at a mistake,
//! and no plan comes out where an error was reported.

mod commands;
mod groups;
mod ids;
mod places;
mod refs;
mod sense;
mod shell;
mod texts;
mod times;
mod wanted;

use super::ExampleJudge;
use super::diagnostic::Diagnostic;
use super::read::Reader;
use crate::model::ids::StepIx;
use crate::model::plan::{Environment, EnvironmentKind, Plan, Start};
use crate::model::step::Effect;

/// The plan, where nothing is wrong with it; complaints stay on the reader's desk.
pub(crate) fn plan(reader: &mut Reader<'_>, judge: Option<ExampleJudge<'_>>) -> Option<Plan> {
    if reader.is_foreign {
        return None;
    }
    reader.index_variables();
    let names = ids::assign(reader);
    ids::number(reader);
    refs::resolve(reader, &names);
    texts::check(reader);
    commands::check(reader, judge);
    groups::check(reader);
    times::check(reader);
    ways_back(reader);
    sense::check(reader);
    if reader.desk.findings.has_errors() {
        return None;
    }
    Some(built(reader).indexed())
}

/// What a runbook should have and need not.
fn ways_back(reader: &mut Reader<'_>) {
    let no_way = |text: &str| {
        let mut found = Diagnostic::whole("RB0501", text);
        found.level = super::Level::Warning;
        found
    };
    if !reader.has_hard_stop {
        let found = no_way("there is no hard stop: tminus cannot say how long a way back is still possible")
            .help("add `hard_stop: T+3h30m`, the end of the change window");
        reader.desk.report(found);
    }
    if !reader.has_environment {
        let mut found = no_way("there is no `environment`: the run counts as local")
            .help("add `environment: { name: …, kind: production }`");
        found.code = "RB0511";
        reader.desk.report(found);
    }
    let alone: Vec<Diagnostic> = reader
        .steps
        .iter()
        .enumerate()
        .filter(|(_, draft)| draft.step.undo.is_empty() && reader.levels.is_empty())
        .filter(|(at, _)| places::is_forward(reader, StepIx(*at)))
        .filter_map(|(_, draft)| {
            let word = match draft.step.effect {
                Effect::Production | Effect::Destroys => draft.step.effect.word(),
                Effect::Reads | Effect::Changes => return None,
            };
            let text = format!(
                "a step of `effect: {word}` without a way back: it has no `undo`, and there are no `rollbacks`"
            );
            Some(Diagnostic::warning("RB0504", &draft.kind, text))
        })
        .collect();
    for found in alone {
        reader.desk.report(found);
    }
}

fn built(reader: &mut Reader<'_>) -> Plan {
    let environment = reader.environment.take();
    let environment = environment.unwrap_or(Environment { name: "this machine".into(), kind: EnvironmentKind::Local });
    Plan {
        summary: reader.summary.take(),
        owner: reader.owner.take(),
        zone: match &reader.start {
            Start::At { zone, .. } => Some(zone.clone()),
            Start::AtStart => None,
        },
        start: std::mem::replace(&mut reader.start, Start::AtStart),
        hard_stop: reader.hard_stop.take().map(|(when, _)| when),
        safety_floor: reader.safety_floor,
        same_operator: reader.same_operator,
        signing_required: reader.signing_required,
        decider: reader.decider.take(),
        roles: std::mem::take(&mut reader.roles),
        vars: std::mem::take(&mut reader.vars),
        phases: std::mem::take(&mut reader.phases).into_iter().map(|draft| draft.phase).collect(),
        levels: std::mem::take(&mut reader.levels).into_iter().map(|draft| draft.level).collect(),
        requires: std::mem::take(&mut reader.requires),
        targets: std::mem::take(&mut reader.targets),
        probes: std::mem::take(&mut reader.probes),
        triggers: std::mem::take(&mut reader.triggers),
        procedures: std::mem::take(&mut reader.procedures),
        messages: std::mem::take(&mut reader.messages),
        horizons: std::mem::take(&mut reader.horizons),
        risks: std::mem::take(&mut reader.risks),
        contacts: std::mem::take(&mut reader.contacts),
        steps: std::mem::take(&mut reader.steps).into_iter().map(|draft| draft.step).collect(),
        ..Plan::new(std::mem::take(&mut reader.title), environment)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_faulty_is_not_missing_as_well() {
        let head = "tminus: 1\ntitle: T\nenvironment: { name: n, kind: prod }\nhard_stop: soon\n";
        let text = format!("{head}phases:\n  - title: P\n    steps:\n      - run: make\n");
        let loaded = crate::runbook::parse("t.yaml", text.as_bytes());
        let said: Vec<String> = loaded.diagnostics.iter().map(|found| found.message.clone()).collect();
        assert!(said.iter().any(|said| said.contains("`prod` is not one of")), "{said:?}");
        assert!(!said.iter().any(|said| said.starts_with("there is no")), "{said:?}");
    }
}

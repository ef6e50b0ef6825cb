//! A runbook of every kind and class, built by hand, for tests of this floor.
//!
//! Nobody else calls it.

use crate::model::ids::{LevelId, PhaseId, RoleId, StepIx};
use crate::model::plan::{Environment, EnvironmentKind, Level, Phase, Plan, Role as Station, Undo};
use crate::model::step::*;
use crate::model::watch::Outcome;
use crate::model::when::When;
use std::collections::HashMap;
use std::time::Duration;

fn step(id: &str, number: &str, place: Place, work: Work) -> PlannedStep {
    PlannedStep {
        effect: Effect::Reads,
        ..PlannedStep::new(id.into(), number.into(), format!("Title of {id}"), place, work)
    }
}

fn command(text: &str) -> Work {
    Work::Run(Box::new(Command {
        timeout: Some(Duration::from_secs(300)),
        ..Command::new(Program::Text { shell: Shell::Sh, strict: true, text: text.into() })
    }))
}

fn check(text: &str, evidence: bool) -> Work {
    Work::Check(vec![Item { expect: None, evidence, ..Item::new(text.into()) }])
}

fn phase(number: &str, steps: &[usize]) -> Phase {
    Phase::new(
        PhaseId(format!("p{number}")),
        number.into(),
        format!("Phase title {number}"),
        steps.iter().copied().map(StepIx).collect(),
    )
}

fn level(id: &str, loses: &str, steps: &[usize]) -> Level {
    Level {
        budget: Some(Duration::from_secs(60)),
        loses: Some(loses.into()),
        undo: Undo::All,
        ..Level::new(LevelId(id.into()), format!("Title of {id}"), steps.iter().copied().map(StepIx).collect())
    }
}

fn question(text: &str, secret: bool) -> Question {
    Question { text: text.into(), expect: None, out_of: None, into: None, secret }
}

/// A runbook with every kind, every class and two ways back.
#[allow(clippy::too_many_lines, reason = "one runbook, read from top to bottom")]
pub fn flight() -> Plan {
    let phase_of = |phase: usize| Place::Phase(phase);
    let mut steps = vec![
        step("look", "1.1", phase_of(0), command("echo look")),
        step("listed", "1.2", phase_of(0), check("The backup is listed", true)),
        step("change", "1.3", phase_of(0), command("echo change")),
        step("switch", "2.1", phase_of(1), command("ln -sfn new live\necho done")),
        step("sent", "2.2", phase_of(1), Work::Measure(question("How many were sent?", false))),
        step("token", "2.3", phase_of(1), Work::Ask(question("Token?", true))),
        step(
            "way",
            "2.4",
            phase_of(1),
            Work::Choose {
                text: "Which way?".into(),
                options: vec![
                    Choice::new("short".into(), "The short one".into(), Vec::new()),
                    Choice::new("long".into(), "The long one".into(), vec![StepIx(7)]),
                ],
            },
        ),
        step("extra", "2.4.1", Place::Choice { choose: StepIx(6), option: 1 }, command("echo extra")),
        step("soak", "2.5", phase_of(1), Work::Wait(When::After(Duration::from_secs(600)))),
        step(
            "go-no-go",
            "3.1",
            phase_of(2),
            Work::Gate(Gate {
                text: "Go on?".into(),
                go: vec![StepIx(10), StepIx(11)],
                no_go: Vec::new(),
                poll: vec![RoleId("lead".into()), RoleId("ops".into())],
                otherwise: Outcome::RollBack(LevelId("level-1".into())),
            }),
        ),
        step("go-no-go.healthy", "3.1a", Place::Criterion { gate: StepIx(9), side: Side::Go }, command("true")),
        step(
            "twilio",
            "3.1b",
            Place::Criterion { gate: StepIx(9), side: Side::Go },
            check("Credentials verified", false),
        ),
        step("drop", "3.2", phase_of(2), command("rm -r old")),
        step("switch.undo", "U2.1", Place::Undo(StepIx(3)), command("ln -sfn old live")),
        step("level-1.check", "L1.1", Place::Level(0), check("The old site answers", false)),
        step("level-2.restore", "L2.1", Place::Level(1), command("restore")),
    ];
    steps[2].effect = Effect::Changes;
    steps[3].effect = Effect::Production;
    steps[3].undo = vec![StepIx(13)];
    steps[7].effect = Effect::Changes;
    steps[12].effect = Effect::Destroys;
    steps[12].phrase = Some("drop the old site".into());
    steps[12].second_person = true;
    steps[13].effect = Effect::Production;
    steps[15].effect = Effect::Destroys;
    Plan {
        summary: Some("Moves readers to the new release.".into()),
        roles: vec![
            Station { id: RoleId("lead".into()), title: "Technical lead".into(), signers: Vec::new() },
            Station { id: RoleId("ops".into()), title: "Operations".into(), signers: Vec::new() },
        ],
        phases: vec![phase("1", &[0, 1, 2]), phase("2", &[3, 4, 5, 6, 8]), phase("3", &[9, 12])],
        levels: vec![level("level-1", "nothing", &[14]), level("level-2", "all orders", &[15])],
        steps,
        by_id: HashMap::new(),
        ..Plan::new(
            "Switch of the site".into(),
            Environment { name: "site.example".into(), kind: EnvironmentKind::Local },
        )
    }
    .indexed()
}

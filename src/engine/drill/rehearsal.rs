//! The plan that a drill is conducted by: the runbook's own, less all that only a real command could answer.
//!
//! What cannot be known from an `example` is not judged; a value that would come from the
//! environment, a command or a file is a stand-in whose name says so. Ids, order, classes, gates and times are untouched, so
//! the screens fold the same journal over the runbook itself. The conductor calls it, for drills only.

use crate::engine::judge::judge_example;
use crate::model::expect::{CaptureFrom, ExitWanted, Expect, Measured, Of};
use crate::model::plan::{Plan, Source as VarSource, Var};
use crate::model::step::{Command, PlannedStep, Program, Shell, Work};
use crate::model::watch::Source;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// What is said of an attempt that the runbook has no example for.
pub const NO_EXAMPLE: &str =
    "DRILL: no example stands in the runbook for this, so nothing was printed and nothing judged";
/// The plan as a drill goes through it.
pub fn rehearsed(mut plan: Plan) -> Plan {
    plan.vars.iter_mut().for_each(stand_in);
    plan.steps.iter_mut().for_each(step);
    for probe in &mut plan.probes {
        match &mut probe.source {
            Source::Command(read) => command(read),
            Source::Measure(_) => {}
        }
    }
    plan
}

/// A variable is never read from where it comes from in a live run. What the runbook itself says stays.
fn stand_in(var: &mut Var) {
    let read = match &var.source {
        VarSource::Given => return,
        VarSource::Default(text) | VarSource::Env { default: Some(text), .. } if !var.secret => Some(text.clone()),
        VarSource::Default(_) | VarSource::Env { .. } | VarSource::Command(_) => None,
    };
    let value = match read {
        Some(text) => text,
        None if var.secret => secret_of(var.name.as_str()),
        None => var.one_of.first().cloned().unwrap_or_else(|| stand_in_for(var.name.as_str())),
    };
    var.source = VarSource::Default(value);
    var.matches = None;
}

/// Twelve characters that are no secret and are masked like one: another for each name.
fn secret_of(name: &str) -> String {
    let hash = Sha256::digest(name.as_bytes());
    let hex: String = hash.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    format!("drill-{hex}")
}

/// A plain value that nobody takes for a real one.
pub(super) fn stand_in_for(name: &str) -> String {
    format!("DRILL-{name}")
}

fn step(step: &mut PlannedStep) {
    match &mut step.work {
        Work::Run(run) => command(run),
        Work::Notify(notice) => notice.via.as_deref_mut().into_iter().for_each(command),
        Work::Check(_)
        | Work::Measure(_)
        | Work::Ask(_)
        | Work::Choose { .. }
        | Work::Wait(_)
        | Work::Gate(_)
        | Work::Monitor(_)
        | Work::Sign(_)
        | Work::Call(_)
        | Work::Group(_)
        | Work::Evidence(_) => {}
    }
}

/// How long a command goes on at most that is ended by time: there is nothing to see in it but its example.
const LASTS: Duration = Duration::from_secs(1);

/// Leaves of a command what its example can answer.
fn command(command: &mut Command) {
    command.lasts = command.lasts.map(|lasts| lasts.min(LASTS));
    (command.target, command.tty, command.stdin, command.cwd) = (None, false, None, None);
    if command.example.is_none() || judge_example(command).is_err() {
        // An example that its own expectation refuses is an error of the runbook, which `check` names.
        command.example = None;
        (command.expect, command.trip) = (anything(), None);
        command.capture.iter_mut().for_each(|(name, capture)| {
            capture.from = CaptureFrom::Variable(name.as_str().to_owned());
        });
        keeping(command);
        if let Some(background) = &mut command.background {
            background.ready = None;
        }
        return;
    }
    for (name, capture) in &mut command.capture {
        if matches!(capture.from, CaptureFrom::File(_)) {
            capture.from = CaptureFrom::Variable(name.as_str().to_owned());
        }
    }
    keeping(command);
    command.expect = answered(&command.expect);
    // A trip that an example can only answer in part would hold for the part: it is not asked at all.
    command.trip = command.trip.take().filter(|trip| answered(trip) == *trip);
}

/// Only a shell keeps a variable: where the stand-in for a value is kept as one, the command is shown as a shell's.
fn keeping(command: &mut Command) {
    let keeps = command.capture.iter().any(|(_, capture)| matches!(capture.from, CaptureFrom::Variable(_)));
    if let (true, Program::Argv(argv)) = (keeps, &command.program) {
        command.program = Program::Text { shell: Shell::Sh, strict: true, text: argv.join(" ") };
    }
}

/// What an example, taken for standard output with exit 0, can answer.
fn answered(expect: &Expect) -> Expect {
    if expect.of.is_some() {
        return anything();
    }
    let from_output = |one: &Measured| !matches!(one.of, Of::Vars(_));
    let mut kept = expect.clone();
    if !matches!(&kept.exit, ExitWanted::Codes(codes) if codes.contains(&0)) {
        kept.exit = ExitWanted::Any;
    }
    (kept.took, kept.stderr) = (None, None);
    kept.number.retain(from_output);
    kept.ratio.retain(from_output);
    kept.any_of = expect.any_of.iter().map(answered).collect();
    kept
}

fn anything() -> Expect {
    Expect { exit: ExitWanted::Any, ..Expect::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_for_hours_lasts_a_second_and_what_has_no_limit_gets_none() {
        let step = |id: &str, more: &str| {
            format!("      - {{ id: {id}, title: Log, run: tail -f log, effect: reads, example: quiet{more} }}\n")
        };
        let head = "tminus: 1\ntitle: T\nenvironment: { name: here, kind: local }\nhard_stop: none\nphases:\n  \
                    - id: one\n    title: One\n    steps:\n";
        let text = format!("{head}{}{}", step("long", ", lasts: 3h"), step("short", ""));
        let loaded = crate::runbook::parse("t.yaml", text.as_bytes());
        let plan = rehearsed(loaded.plan.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics)));
        let lasts: Vec<_> = plan.steps.iter().filter_map(PlannedStep::command).map(|command| command.lasts).collect();
        assert_eq!(lasts, [Some(LASTS), None]);
    }
}

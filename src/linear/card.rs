//! What a step is, line by line, before anything of it is asked: the command as it will run, what it must give, what it asks.
//!
//! Pure. A command is shown whole, never cut, with the variables that it gets; a secret's value is not in the state and so
//! cannot be shown. Called by `prompt`.

use super::words::{named, wall};
use crate::model::decide::{asked_class, invocation};
use crate::model::expect::{ExitWanted, Expect, JsonWanted, Measured, Of};
use crate::model::ids::StepIx;
use crate::model::place;
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::RunState;
use crate::model::step::{Command, Gate, PlannedStep, Program, Work};
use crate::model::time::plan_length;
use crate::model::watch::{Monitor, Source};

/// Procedures that call procedures are followed so deep; what lies deeper is named.
const DEEPEST: usize = 8;

/// A step's lines.
pub(super) fn card(plan: &Plan, state: &RunState, ix: StepIx) -> Vec<String> {
    card_within(plan, state, ix, DEEPEST)
}

fn card_within(plan: &Plan, state: &RunState, ix: StepIx, deeper: usize) -> Vec<String> {
    let step = plan.step(ix);
    let asked = asked_class(plan, state, ix);
    // What something else of it asks for is no word for the step's own effect.
    let effect = if asked == step.class() { format!(" {}", step.effect.word()) } else { String::new() };
    let mut lines = vec![format!("{} [{}{effect}]", named(plan, state, ix), asked.word())];
    if let Some(why) = &step.why {
        lines.extend(why.lines().map(|line| format!("  {}", state.fill(line))));
    }
    match &step.work {
        Work::Run(command) => lines.extend(command_lines(plan, state, ix, command)),
        Work::Check(items) => {
            for (place, item) in items.iter().enumerate() {
                lines.push(format!("  {}  {}", place + 1, state.fill(&item.text)));
            }
        }
        Work::Measure(question) | Work::Ask(question) => {
            lines.push(format!("  asks  {}", state.fill(&question.text)));
            if let Some(expect) = &question.expect {
                lines.extend(needs(expect).map(|needs| format!("  needs {needs}")));
            }
        }
        Work::Choose { text, options } => {
            lines.push(format!("  {}", state.fill(text)));
            for option in options {
                lines.push(format!("  {}  {}", option.id, state.fill(&option.title)));
            }
        }
        Work::Wait(when) => lines.push(format!("  counts down until {}", when.shown())),
        Work::Gate(gate) => lines.extend(gate_lines(plan, state, ix, gate)),
        Work::Notify(crate::model::step::Notice { via: Some(command), .. }) => {
            lines.extend(command_lines(plan, state, ix, command))
        }
        Work::Monitor(monitor) => lines.extend(monitor_lines(plan, state, monitor)),
        // One card is agreed to for all of them, so all of them stand on it.
        Work::Group(group) => {
            for inner in &group.steps {
                lines.extend(card_within(plan, state, *inner, deeper).into_iter().map(|line| format!("  {line}")));
            }
        }
        // A way back runs what it calls without asking again: what runs stands here.
        Work::Call(callee) => {
            for inner in state.called_steps(plan, callee) {
                match deeper.checked_sub(1) {
                    Some(deeper) => {
                        let inside = card_within(plan, state, inner, deeper);
                        lines.extend(inside.into_iter().map(|line| format!("  {line}")));
                    }
                    None => lines.push(format!("   {}", named(plan, state, inner))),
                }
            }
        }
        Work::Sign(_) | Work::Notify(_) | Work::Evidence(_) => {}
    }
    lines.extend(facts(plan, state, step));
    lines
}

fn facts(plan: &Plan, state: &RunState, step: &PlannedStep) -> Vec<String> {
    let undo = if step.undo.is_empty() {
        None
    } else {
        let names: Vec<String> = step.undo.iter().map(|undo| named(plan, state, *undo)).collect();
        Some(format!("its own: {}", names.join("; ")))
    };
    let owed: Vec<String> = step.owes.iter().map(|owed| named(plan, state, *owed)).collect();
    let rows = [
        ("changes", step.changes.clone()),
        ("loses", step.loses.clone()),
        ("undo", undo),
        ("owes", Some(owed.join("; ")).filter(|owed| !owed.is_empty())),
        ("risk", step.risk.map(|risk| risk.word().to_owned())),
        ("planned", step.takes.map(plan_length)),
        ("more", step.link.clone()),
    ];
    rows.into_iter().filter_map(|(word, text)| Some(format!("  {word}  {}", state.fill(&text?)))).collect()
}

fn command_lines(plan: &Plan, state: &RunState, ix: StepIx, command: &Command) -> Vec<String> {
    let invocation = match invocation(plan, state, ix, command) {
        Ok(invocation) => invocation,
        Err(why) => return vec![format!("  Cannot run now: {why}.")],
    };
    let limit = command.timeout.map_or("no limit".into(), |limit| format!("limit {}", plan_length(limit)));
    let retry = command
        .retry
        .map_or("no retry".into(), |retry| format!("{} tries, {} apart", retry.times, plan_length(retry.every)));
    let place = place::words(plan, state, command, &invocation);
    let terminal = if command.tty { ", with a terminal of its own" } else { "" };
    let head = if state.is_drill() {
        "  A drill: nothing of this runs, its example is shown:".to_owned()
    } else {
        format!("  Will run, {place}{terminal}, {limit}, {retry}:")
    };
    let mut lines = vec![head];
    lines.extend(runs(&invocation.argv));
    let (named, others): (Vec<_>, Vec<_>) = invocation.env.iter().partition(|name| command.names(name.as_str()));
    for name in named {
        let known = state.vars.get(name.as_str()).and_then(|bound| bound.value.as_deref());
        lines.push(format!("  with  {name}={}", known.unwrap_or("******")));
    }
    if !others.is_empty() {
        let others: Vec<&str> = others.iter().map(|name| name.as_str()).collect();
        lines.push(format!("  also set, and named nowhere in it: {}", others.join(", ")));
    }
    for (name, value) in &command.env {
        lines.push(format!("  with  {name}={}", state.fill(value)));
    }
    if let Some(stdin) = &command.stdin {
        lines.extend(state.fill(stdin).lines().map(|line| format!("  stdin {line}")));
    }
    lines.push(format!("  passes  {}", expectation(&command.expect).join(", ")));
    lines
}

/// A shell's text by numbered lines after the shell's own words; other arguments one a line.
fn runs(argv: &[String]) -> Vec<String> {
    let is_shell = argv.len() > 2 && argv.get(argv.len() - 2).is_some_and(|word| word == "-c");
    let (head, text) = argv.split_at(if is_shell { argv.len() - 1 } else { 0 });
    let mut lines = Vec::new();
    if is_shell {
        lines.push(format!("   {}", head.join(" ")));
    }
    for (place, line) in text.iter().flat_map(|text| text.lines()).enumerate() {
        lines.push(format!("   {:>2}  {line}", place + 1));
    }
    lines
}

fn monitor_lines(plan: &Plan, state: &RunState, monitor: &Monitor) -> Vec<String> {
    let mut lines: Vec<String> = monitor.text.iter().map(|text| format!("  {}", state.fill(text))).collect();
    let probe = monitor.probe.as_ref().and_then(|id| plan.find_probe(id)).map(|ix| (plan.probe(ix), state.probe(ix)));
    if let Some((probe, own)) = probe {
        lines.push(format!("  reads  {}, every {}", state.fill(&probe.title), plan_length(probe.every)));
        if let Source::Command(command) = &probe.source {
            lines.extend(match &command.program {
                Program::Text { text, .. } => text.lines().map(|line| format!("    $ {line}")).collect(),
                Program::Argv(words) => vec![format!("    $ {words:?}")],
            });
        }
        lines.extend(own.last().map(|last| {
            let known = last.value.as_deref().filter(|_| last.unknown.is_none());
            let why = last.unknown.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
            format!("  last  {}{why}", known.unwrap_or("?"))
        }));
    }
    let trip = monitor.trip.as_ref().map(|trip| &trip.expect);
    for (word, expect) in [("ok", monitor.ok.as_ref()), ("trip", trip), ("until", monitor.until.as_ref())] {
        lines.extend(expect.and_then(needs).map(|needs| format!("  {word}  {needs}")));
    }
    lines.extend(monitor.lasts.map(|lasts| format!("  for  {}", plan_length(lasts))));
    lines.extend(
        monitor
            .checks
            .iter()
            .map(|check| format!("   - {} [{}]", named(plan, state, *check), state.step(*check).status)),
    );
    lines
}

fn gate_lines(plan: &Plan, state: &RunState, ix: StepIx, gate: &Gate) -> Vec<String> {
    let mut lines = vec![format!("  {}", state.fill(&gate.text))];
    for (title, criteria, met, bad) in [
        ("GO needs every one of these:", &gate.go, "ok", "NOT MET"),
        ("NO-GO if any one of these:", &gate.no_go, "clear", "HOLDS"),
    ] {
        if !criteria.is_empty() {
            lines.push(format!("  {title}"));
        }
        for criterion in criteria {
            let own = state.step(*criterion);
            let word = match (own.status.settled(), own.status.bad()) {
                (true, _) => met,
                (false, true) => bad,
                (false, false) => "no answer",
            };
            let saw = own.answers.values().next().map(|answered| answered.saw.clone());
            let saw = saw.or_else(|| own.checks.first().map(|check| check.saw.clone()));
            let saw = saw.filter(|saw| !saw.is_empty()).map(|saw| format!(" ({saw})"));
            lines.push(format!("   {}: {word}{}", named(plan, state, *criterion), saw.unwrap_or_default()));
        }
    }
    // What is written here stays on the page: it says when it was true.
    let slack = schedule::slack_words(plan, state, ix, state.at);
    lines.extend(slack.map(|words| format!("  Slack at {}: {words}", wall(state, state.at.wall))));
    let open = state.open_points(plan, ix);
    lines.push(if open.is_empty() { "  Advice: GO.".into() } else { format!("  Advice: HOLD. {}.", open.join(", ")) });
    lines
}

/// What must be seen, for a person: who reads a value off has no exit code. `None` where nothing is left to need.
pub(super) fn needs(expect: &Expect) -> Option<String> {
    let words = expectation(expect).split_off(1).join(", ");
    (!words.is_empty()).then_some(words)
}

/// An expectation in words, what is wanted of the exit first.
fn expectation(expect: &Expect) -> Vec<String> {
    let mut words = match &expect.exit {
        ExitWanted::Codes(codes) => {
            let codes: Vec<String> = codes.iter().map(i32::to_string).collect();
            vec![format!("exit {}", codes.join(" or "))]
        }
        ExitWanted::Any => vec!["any exit".into()],
    };
    words.extend(expect.contains.iter().map(|text| format!("contains {text:?}")));
    words.extend(expect.lacks.iter().map(|text| format!("lacks {text:?}")));
    words.extend(expect.matches.iter().map(|text| format!("matches {text}")));
    words.extend(expect.equals.iter().map(|text| format!("equals {text:?}")));
    words.extend(expect.json.iter().map(|(path, wanted)| match wanted {
        JsonWanted::Equals(value) => format!("{path} is {value}"),
        JsonWanted::Cmp(cmp) => format!("{path} {}", cmp.source),
    }));
    for (word, measured) in [("number", &expect.number), ("ratio", &expect.ratio), ("count", &expect.count)] {
        words.extend(measured.iter().map(|each| one(word, each)));
    }
    words.extend(expect.took.iter().map(|each| one("took", each)));
    if let Some(stderr) = &expect.stderr {
        let inner = expectation(stderr);
        words.push(format!("standard error {}", inner.get(1..).unwrap_or_default().join(" and ")));
    }
    words
}

fn one(word: &str, measured: &Measured) -> String {
    let of = match &measured.of {
        Of::Output => String::new(),
        Of::Regex(regex) => format!(" of {regex}"),
        Of::Vars(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            format!(" of {}", names.join(", "))
        }
    };
    let is = measured.is.as_ref().map_or("all", |cmp| cmp.source.as_str());
    format!("{word}{of} {is}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::testing::flight;
    use crate::model::around::Procedure;
    use crate::model::ids::ProcedureId;
    use crate::model::step::Callee;

    #[test]
    fn a_step_that_calls_a_procedure_shows_every_command_of_it() {
        let mut plan = flight();
        let place = |id: &str| plan.find(&id.into()).unwrap_or_else(|| panic!("{id} is in the flight"));
        let (caller, called) = (place("look"), place("change"));
        let repair = ProcedureId("repair".into());
        let procedure = Procedure { id: repair.clone(), title: "Repair".into(), why: None, steps: vec![called] };
        plan.procedures.push(procedure);
        plan.steps[caller.0].work = Work::Call(Callee::Procedure(repair));
        // Without genesis a command says why it cannot run, and a card that names the step only says nothing.
        let lines = card(&plan, &RunState::of(&plan), caller).join("\n");
        assert!(lines.contains("Title of change") && lines.contains("Cannot run now"), "{lines}");
    }
}

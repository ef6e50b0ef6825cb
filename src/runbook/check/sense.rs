//! What a runbook says and does not mean, or means and does not say: endless commands, unmeasured words, other hosts,
//! counts that do not add up, ways back that nobody tried.
//!
//! All of these are warnings, and each is silent where it is not sure: a false alarm costs more than a miss. `check::plan`
//! calls it once for the whole runbook.

mod blockers;
mod ways_back;
mod words;

use super::places::is_forward;
use crate::model::ids::StepIx;
use crate::model::plan::EnvironmentKind;
use crate::model::step::{Command, Effect, Place, Program, Work};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::read::{Draft, Reader};
use crate::runbook::reader::first_line;
use words::{cost, count_said, endless, foreign_host, paused, summer_zone, temporary, unmeasured, without_zone};

pub(super) fn check(reader: &mut Reader<'_>) {
    let mut found = Vec::new();
    for (at, draft) in reader.steps.iter().enumerate() {
        found.extend(of_step(reader, StepIx(at), draft));
    }
    for draft in &reader.phases {
        let own =
            draft.phase.steps.iter().filter(|at| matches!(reader.steps[at.0].step.place, Place::Phase(_))).count();
        if let Some(said) = miscounted(&draft.phase.title, "steps", own) {
            found.push(Diagnostic::warning("RB0520", &draft.head, said));
        }
    }
    ways_back::check(reader, &mut found);
    blockers::check(reader, &mut found);
    triggers(reader, &mut found);
    zones(reader, &mut found);
    for one in found {
        reader.desk.report(one);
    }
}

fn of_step(reader: &Reader<'_>, at: StepIx, draft: &Draft) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some(command) = draft.step.command() {
        found.extend(never_ends(reader, draft, command));
        found.extend(costs_twice(draft, command));
        found.extend(elsewhere(reader, draft, command));
    }
    found.extend(not_put_back(reader, at, draft));
    found.extend(not_measured(reader, draft));
    found.extend(counts(draft));
    found
}

/// A command that follows a log never ends by itself, and its timeout would fail the step.
fn never_ends(reader: &Reader<'_>, draft: &Draft, command: &Command) -> Option<Diagnostic> {
    let bounded = command.lasts.is_some() || command.background.is_some() || command.tty;
    let Program::Text { text, .. } = &command.program else { return None };
    let follows = endless(text).filter(|_| !bounded)?;
    let at = first_line(reader.desk.source, reader.desk.inside(&draft.text, follows));
    let text = format!("`{}` does not end by itself, and the timeout would fail the step", follows.trim());
    Some(Diagnostic::warning("RB0515", &at, text).help("say `lasts: 10m`, or `background: true` beside later steps"))
}

/// What must happen once, or costs money, is not tried again by itself. Of what changes production the reader asks more.
fn costs_twice(draft: &Draft, command: &Command) -> Option<Diagnostic> {
    command.retry?;
    let step = &draft.step;
    if step.once {
        let text = "`once: true` and `retry`: what must happen once is tried again by itself";
        let found = Diagnostic::warning("RB0516", &draft.kind, text);
        return Some(found.help("leave `retry` out; a person decides about a second attempt"));
    }
    let said = [Some(&step.title), step.changes.as_ref()].into_iter().flatten().find_map(|text| cost(text))?;
    (step.effect == Effect::Changes).then(|| {
        let text = format!("`{said}`: what costs money is tried again by itself");
        let help = "leave `retry` out, or say `effect: production` and accept it there";
        Diagnostic::warning("RB0516", &draft.kind, text).help(help)
    })
}

/// A host that is named for another kind of environment than the step acts in.
fn elsewhere(reader: &Reader<'_>, draft: &Draft, command: &Command) -> Option<Diagnostic> {
    let own = draft.step.environment.as_ref().or(reader.environment.as_ref())?;
    let text = match &command.program {
        Program::Text { text, .. } => text.clone(),
        Program::Argv(words) => words.join(" "),
    };
    let (host, kind) = foreign_host(&text, own.kind)?;
    let at = first_line(reader.desk.source, reader.desk.inside(&draft.text, host));
    let text = format!("`{host}` is named for {kind}, and this step acts in {} ({})", own.name, own.kind.word());
    let help = "declare `environments:` and say which one this step means: `environment: staging`";
    Some(Diagnostic::warning("RB0517", &at, text).help(help))
}

/// Something is set for a while, and nothing sets it back.
fn not_put_back(reader: &Reader<'_>, at: StepIx, draft: &Draft) -> Option<Diagnostic> {
    let step = &draft.step;
    let changes = step.command().is_some() && step.effect > Effect::Reads;
    let texts = || [Some(&step.title), step.changes.as_ref()].into_iter().flatten();
    let said = texts().find_map(|text| temporary(text));
    let said = said.or_else(|| texts().find_map(|text| paused(text, reader.desk.source)))?;
    let silent = changes && step.owes.is_empty() && draft.owes.is_empty() && step.undo.is_empty();
    (silent && is_forward(reader, at)).then(|| {
        Diagnostic::warning("RB0518", &draft.kind, format!("this step says `{said}`, and nothing is owed for it"))
            .help("`owes: [ID]` names the step that puts it back, which then also stands after an abort")
    })
}

/// Words that need a number, in a statement that has none.
fn not_measured(reader: &Reader<'_>, draft: &Draft) -> Option<Diagnostic> {
    let Work::Check(items) = &draft.step.work else { return None };
    let item = items.iter().find(|item| {
        let asked = item.expect.is_some() || item.evidence || item.judged;
        !asked && unmeasured(&item.text).is_some()
    })?;
    let word = unmeasured(&item.text)?;
    let at = first_line(reader.desk.source, reader.desk.inside(&draft.text, word));
    let text = format!("`{word}` says no number and nobody's judgement");
    let help = "use `judge:`, which asks what was seen, or `measure:` with `expect: { number: \"< 1\" }`";
    Some(Diagnostic::warning("RB0519", &at, text).help(help))
}

/// A number in a title, and another number of things below it.
fn counts(draft: &Draft) -> Option<Diagnostic> {
    let title = &draft.step.title;
    let said = match &draft.step.work {
        Work::Check(items) if items.len() > 1 => {
            miscounted(title, "items", items.len()).or_else(|| miscounted(title, "checks", items.len()))
        }
        Work::Group(group) => miscounted(title, "steps", group.steps.len()),
        Work::Gate(gate) => miscounted(&gate.text, "criteria", gate.go.len() + gate.no_go.len()),
        Work::Choose { text, options } => miscounted(text, "options", options.len()),
        Work::Run(_)
        | Work::Check(_)
        | Work::Measure(_)
        | Work::Ask(_)
        | Work::Wait(_)
        | Work::Monitor(_)
        | Work::Sign(_)
        | Work::Notify(_)
        | Work::Call(_)
        | Work::Evidence(_) => None,
    };
    said.map(|said| Diagnostic::warning("RB0520", &draft.kind, said))
}

fn miscounted(text: &str, noun: &str, count: usize) -> Option<String> {
    let said = count_said(text, noun)?;
    (said != count).then(|| format!("the text says {said} {noun}, and there are {count}"))
}

/// "Sustained", and one reading is enough to trip.
fn triggers(reader: &Reader<'_>, found: &mut Vec<Diagnostic>) {
    for (trigger, head) in reader.triggers.iter().zip(&reader.trigger_heads) {
        let at_once = trigger.trip.as_ref().is_some_and(|trip| trip.lasting.is_zero());
        if at_once && trigger.title.to_lowercase().contains("sustained") {
            let text = "the title says `sustained`, and one reading trips it";
            found.push(Diagnostic::warning("RB0519", head, text).help("trip: { number: \"> 1\", for: 5m }"));
        }
    }
}

/// A time for people without a zone, and the standard time of a zone on a day of its summer time.
fn zones(reader: &Reader<'_>, found: &mut Vec<Diagnostic>) {
    let t0 = match &reader.start {
        crate::model::plan::Start::At { wall, .. } => Some(*wall),
        crate::model::plan::Start::AtStart => None,
    };
    for (message, head) in reader.messages.iter().zip(&reader.message_heads) {
        let whole = head.start..reader.desk.source.len();
        let at = |said: &str| {
            let at = reader.desk.inside(&whole, said);
            if at == whole { head.clone() } else { at }
        };
        let id = message.id.as_str();
        if let Some((said, now)) = t0.and_then(|t0| summer_zone(&message.text, t0)) {
            let text = format!("the message `{id}` says {said}, and on that day it is {now}");
            let help = "let tminus write it: ${T0:%H:%M %Z}";
            found.push(Diagnostic::warning("RB0522", &at(said), text).help(help));
        }
        if let Some(said) = without_zone(&message.text) {
            let text = format!("the message `{id}` says {said}, and its readers do not know in which zone");
            let help = "let tminus write it: ${T0:%H:%M %Z}; or write the zone after it";
            found.push(Diagnostic::warning("RB0524", &at(said), text).help(help));
        }
    }
}

/// What people call a kind of environment.
const fn kind_word(kind: EnvironmentKind) -> &'static str {
    match kind {
        EnvironmentKind::Production => "production",
        EnvironmentKind::Staging => "staging",
        EnvironmentKind::Local => "local work",
    }
}

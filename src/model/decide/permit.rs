//! What a class asks for before a step starts, and what exactly would run.

use super::{Asked, early, refuse};
use crate::model::actor::Known;
use crate::model::event::{Event, Invocation};
use crate::model::expect::CaptureFrom;
use crate::model::fill;
use crate::model::follow;
use crate::model::ids::{Attempt, ProbeIx, StepIx, VarName};
use crate::model::intent::{Refusal, Typed};
use crate::model::plan::{Plan, Source};
use crate::model::schedule;
use crate::model::signoff;
use crate::model::state::{RunState, VarsBound};
use crate::model::step::{Class, Command, Effect, Place, Program, Shell, Work};
use crate::model::time::micros;
use std::borrow::Cow;

/// No command text or argument list is longer, in bytes: a record is one line of at most 65,535.
const COMMAND_LIMIT: usize = 16 * 1024;

/// How much is asked before this step starts now: its class, at least C2 out of order, and no more than C1 inside a level
/// that loses nothing (undo must be faster than do), unless the step destroys.
pub fn asked_class(plan: &Plan, state: &RunState, ix: StepIx) -> Class {
    let step = plan.step(ix);
    let class = step.class().max(class_inside(plan, ix));
    if in_harmless_rollback(plan, state, ix) && step.effect != Effect::Destroys {
        return class.min(Class::C1);
    }
    let expected = state.to_start(plan).or(state.next(plan));
    let in_order = expected == Some(ix)
        || matches!(step.place, Place::Criterion { .. })
        || follow::at_once_of(plan, ix).is_some_and(|group| state.step(group).status.open())
        || is_read_beside(plan, state, ix)
        || state.owing(plan).contains(&ix);
    let class = if step.once && state.step(ix).attempt > 0 { Class::C3 } else { class };
    if in_order { class } else { class.max(Class::C2) }
}

/// What one card for all asks: as much as any step that then begins by itself. One that destroys asks by itself all the same.
fn class_inside(plan: &Plan, ix: StepIx) -> Class {
    let Work::Group(group) = &plan.step(ix).work else { return Class::C0 };
    let of = |member: &StepIx| {
        let step = plan.step(*member);
        let asks = step.effect == Effect::Destroys || step.point_of_no_return || step.second_person;
        if asks { Class::C0 } else { step.class().max(class_inside(plan, *member)) }
    };
    // A group in order is never begun itself: its steps count where it stands inside another.
    group.steps.iter().map(of).max().unwrap_or(Class::C0)
}

/// Whether a step is read while a monitor looks on.
fn is_read_beside(plan: &Plan, state: &RunState, ix: StepIx) -> bool {
    let Place::Group(owner) = plan.step(ix).place else { return false };
    matches!(plan.step(owner).work, Work::Monitor(_)) && state.step(owner).status.open()
}

fn in_harmless_rollback(plan: &Plan, state: &RunState, ix: StepIx) -> bool {
    let harmless = state.rollback.as_ref().is_some_and(|rollback| plan.level(rollback.level).loses_nothing());
    harmless && state.is_on_way_back(plan, ix)
}

/// Checks what was typed against what the class asks for.
pub(super) fn permit(plan: &Plan, state: &RunState, ix: StepIx, typed: &Typed, asked: &Asked) -> Result<(), Refusal> {
    let step = plan.step(ix);
    let early = early::early_start(plan, state, ix, asked.now.wall);
    early::explained(state, early, &step.number, typed.reason.as_deref().unwrap_or_default())?;
    match asked_class(plan, state, ix) {
        Class::C0 | Class::C1 => Ok(()),
        Class::C2 if typed.text.as_deref() == Some(step.number.as_str()) => Ok(()),
        Class::C2 => refuse(format!("type {} to run it", step.number)),
        Class::C3 => {
            if typed.text.as_deref() != Some(step.phrase()) {
                return refuse(format!("type  {}  to run it", step.phrase()));
            }
            super::needs_reason(typed.reason.as_deref().unwrap_or_default(), &step.number)?;
            if let Some(role) = signoff::seconds(plan, ix) {
                return super::second::seconded(plan, state, (ix, role)).map(drop);
            }
            let second = typed.second.as_deref().unwrap_or_default().trim();
            if step.second_person && (second.is_empty() || second == asked.by.name) {
                return refuse(format!("{} needs a second person, not {}", step.number, asked.by.name));
            }
            Ok(())
        }
    }
}

/// Whether a message still has blanks that nobody filled in.
pub fn has_blanks(plan: &Plan, state: &RunState, ix: StepIx) -> bool {
    match &plan.step(ix).work {
        Work::Notify(notice) if state.step(ix).filled.is_none() => {
            !fill::blanks(&state.message(plan.message_text(&notice.message))).is_empty()
        }
        _says_nothing => false,
    }
}

/// The events that begin a step, with what exactly runs. A message is recorded as it is said; what is looked up comes to its
/// verdict at once.
pub(crate) fn begin(
    plan: &Plan,
    state: &RunState,
    ix: StepIx,
    typed: &Typed,
    asked: &Asked,
) -> Result<Vec<Event>, Refusal> {
    let step = plan.step(ix);
    let mut events = Vec::new();
    if let Work::Notify(notice) = &step.work
        && state.step(ix).filled.is_none()
    {
        if has_blanks(plan, state, ix) {
            return refuse(format!("{} has blanks: fill them in first", step.number));
        }
        let text = state.message(plan.message_text(&notice.message));
        events.push(Event::MessageFilled { step: step.id.clone(), text, by: asked.by.clone() });
    }
    events.push(started(plan, state, ix, typed, asked)?);
    if let Work::Sign(wanted) = &step.work {
        events.push(super::signed::asked_to_sign(plan, state, ix, wanted)?);
    }
    if let Work::Gate(gate) = &step.work {
        events.extend(super::signed::asked_to_vote(plan, state, ix, gate)?);
    }
    if let Work::Evidence(evidence) = &step.work {
        events.push(super::evidence::judged(plan, state, (ix, evidence), asked.now));
    }
    Ok(events)
}

fn started(plan: &Plan, state: &RunState, ix: StepIx, typed: &Typed, asked: &Asked) -> Result<Event, Refusal> {
    let step = plan.step(ix);
    let attempt = state.step(ix).attempt + 1;
    let until =
        match &step.work {
            Work::Monitor(monitor) => {
                let lasts = monitor.lasts.map(|lasts| i64::try_from(micros(lasts)).unwrap_or(i64::MAX));
                lasts.map(|lasts| asked.now.wall.saturating_add(lasts))
            }
            Work::Wait(when) => Some(schedule::wait_until(plan, state, when, asked.now).ok_or_else(|| {
                Refusal(format!("{} waits until {}, which is not known yet", step.number, when.shown()))
            })?),
            _counts_nothing_down => None,
        };
    let invocation = step.command().map(|command| invocation(plan, state, ix, command)).transpose()?;
    // Who agreed by key is who agreed, whatever was typed.
    let by_key = signoff::seconds(plan, ix).filter(|_| asked.by.known != Known::Program);
    let seconded = by_key.and_then(|role| super::second::seconded(plan, state, (ix, role)).ok());
    Ok(Event::StepStarted {
        step: step.id.clone(),
        attempt,
        by: asked.by.clone(),
        typed: typed.text.clone(),
        reason: typed.reason.clone(),
        second: seconded.or_else(|| typed.second.clone()),
        invocation,
        until,
    })
}

/// What exactly would run for this step now. Refused where a variable that it names has no value, or where it is too long.
pub fn invocation(plan: &Plan, state: &RunState, ix: StepIx, command: &Command) -> Result<Invocation, Refusal> {
    let step = plan.step(ix);
    resolved(plan, state, (&step.number, step.id.as_str(), state.step(ix).attempt + 1), command)
}

/// What exactly would run for a probe now.
pub fn probe_invocation(
    plan: &Plan,
    state: &RunState,
    probe: ProbeIx,
    command: &Command,
) -> Result<Invocation, Refusal> {
    let id = plan.probe(probe).id.as_str();
    let count = u32::try_from(state.probe(probe).count).unwrap_or(u32::MAX);
    resolved(plan, state, (id, id, count.saturating_add(1)), command)
}

fn resolved(
    plan: &Plan,
    state: &RunState,
    of: (&str, &str, Attempt),
    command: &Command,
) -> Result<Invocation, Refusal> {
    let (number, id, attempt) = of;
    let facts = state.facts.as_ref().ok_or_else(|| Refusal::because("the run has not begun"))?;
    let filled = |text: &str| {
        fill::fill(text, &|name, format| match name {
            "STEP_ID" => Some(id.to_owned()),
            "ATTEMPT" => Some(attempt.to_string()),
            _ => state.builtin(name, format).or_else(|| state.var(name).map(str::to_owned)),
        })
    };
    if let Some(missing) = missing_var(plan, state, command) {
        return refuse(format!("{number} names {missing}, which has no value yet"));
    }
    let argv = match &command.program {
        Program::Text { shell, strict, text } => {
            shell_argv(*shell, *strict, &command.script().unwrap_or(Cow::Borrowed(text)))
        }
        Program::Argv(words) => words.iter().map(|word| filled(word)).collect(),
    };
    if argv.iter().map(String::len).sum::<usize>() > COMMAND_LIMIT {
        return refuse(format!("{number} is longer than 16 KiB: put it into a script beside the runbook"));
    }
    if let Some(unknown) = command.target.as_ref().filter(|id| plan.targets.iter().all(|target| target.id != **id)) {
        return refuse(format!("{number} runs on {unknown}, which is no target of this runbook"));
    }
    let elsewhere = plan.elsewhere(command);
    let cwd = command.cwd.as_deref().map(filled).unwrap_or_default();
    let cwd = if cwd.starts_with('/') || elsewhere.is_some() {
        // On another machine what is not absolute is below its login folder, which has no name here.
        cwd
    } else {
        format!("{}/{cwd}", facts.runbook_dir).trim_end_matches('/').to_owned()
    };
    Ok(Invocation {
        argv,
        cwd,
        env: env_names(plan, state, command),
        user: elsewhere
            .and_then(|target| target.ssh.clone())
            .unwrap_or_else(|| format!("{}@{}", facts.user, facts.host)),
        // What runs until the plan ends it has no limit of its own.
        timeout: command.timeout.filter(|_| command.lasts.is_none() && command.background.is_none()).map(micros),
    })
}

fn shell_argv(shell: Shell, strict: bool, text: &str) -> Vec<String> {
    let words: &[&str] = match (shell, strict) {
        (Shell::Bash, true) => &["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c"],
        (Shell::Bash, false) => &["bash", "--noprofile", "--norc", "-c"],
        (Shell::Sh, true) => &["sh", "-eu", "-c"],
        (Shell::Sh, false) => &["sh", "-c"],
    };
    words.iter().map(|word| (*word).to_owned()).chain([text.to_owned()]).collect()
}

/// Variables that a command gets: every one that has a plain value, and a secret only where the command names it.
fn env_names(plan: &Plan, state: &RunState, command: &Command) -> Vec<VarName> {
    let secret = |name: &str| plan.vars.iter().any(|var| var.secret && var.name.0 == name);
    let of_state = state.vars.values().filter(|bound| bound.value.is_some() || command.names(&bound.name.0));
    let mut names: Vec<VarName> = of_state.map(|bound| bound.name.clone()).collect();
    names.retain(|name| !secret(&name.0) || command.names(&name.0));
    names.sort();
    names
}

/// A variable that the runbook knows, that the command names and that has no value. While the variables cannot be read, a
/// secret has none, whatever the journal knows of it.
fn missing_var(plan: &Plan, state: &RunState, command: &Command) -> Option<String> {
    let unread = matches!(state.vars_bound, VarsBound::Failed(_));
    let declared = plan.vars.iter().filter(|var| unread || !matches!(var.source, Source::Default(_)));
    let kept = plan.steps.iter().flat_map(|step| match &step.work {
        Work::Run(command) => command.capture.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        Work::Measure(question) | Work::Ask(question) => question.into.iter().map(VarName::as_str).collect(),
        _keeps_nothing => Vec::new(),
    });
    // What the shell itself sets, and what is kept of it at the end, has its value there.
    let sets = |name: &str| {
        command.capture.iter().any(|(own, how)| own.as_str() == name && matches!(how.from, CaptureFrom::Variable(_)))
    };
    let has = |name: &str| sets(name) || state.vars.get(name).is_some_and(|bound| bound.value.is_some() || !unread);
    let mut names = declared.map(|var| var.name.as_str()).chain(kept);
    names.find(|name| !has(name) && !command.sets(name) && expands(command, name)).map(str::to_owned)
}

/// Whether the command takes the variable's value (`$NAME`, `${NAME}`), without a default of its own (`${NAME:-…}`).
fn expands(command: &Command, name: &str) -> bool {
    let braced = format!("${{{name}}}");
    let set_here = command.env.iter().any(|(key, _)| key == name);
    let program = match &command.program {
        Program::Text { text, .. } => !set_here && (text.contains(&braced) || has_dollar(text, name)),
        Program::Argv(words) => words.iter().any(|word| word.contains(&braced)),
    };
    let filled = command.env.iter().map(|(_, value)| value).chain(&command.stdin).chain(&command.cwd);
    let connects = command.connect.as_ref().is_some_and(|var| var.as_str() == name);
    program || connects || filled.into_iter().any(|text| text.contains(&braced))
}

fn has_dollar(text: &str, name: &str) -> bool {
    text.match_indices(&format!("${name}")).any(|(at, found)| {
        let next = text[at + found.len()..].chars().next();
        !next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '_')
    })
}

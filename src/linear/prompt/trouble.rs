//! Choices while a command runs or is to be tried again, for a step that nobody saw end, and for settling one by word.
//!
//! Stopping takes two numbers, never one; what is said of a step costs a reason.

use super::{Prompt, only};
use crate::feed::Role;
use crate::linear::ask::{Ask, Choice, Question, Slot};
use crate::linear::words::{ended, named, wall};
use crate::model::event::{Resolution, StopHow};
use crate::model::ids::{LevelIx, StepIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{PlannedStep, Skip};

/// The journal cannot be written: another folder for it, the commands to run by hand, and what ends something. tminus
/// itself runs nothing that it cannot record.
pub(super) fn no_journal(plan: &Plan, state: &RunState, role: Role) -> Prompt {
    let mut choices = Vec::new();
    if role == Role::Drives {
        let asked = Question::text("In which folder, from the root:", Slot::Text);
        let intent = Intent::Journal { dir: String::new() };
        let words = "what was acknowledged is copied and checked, then the run goes on there";
        choices.push(Choice::noted("journal", words, Ask::Wish { card: Vec::new(), questions: vec![asked], intent }));
    }
    let mut lines = vec!["To run by hand, in a shell of your own; record each as done by hand afterwards:".to_owned()];
    for level in 0..plan.levels.len() {
        lines.extend(crate::model::script::level(plan, state, LevelIx(level)));
    }
    if !plan.levels.is_empty() {
        choices.push(Choice::noted("roll back by hand", "the commands of every way back", Ask::Show(lines)));
    }
    if let (Some(running), Role::Drives | Role::Beside) = (state.running().first(), role) {
        choices.push(Choice { note: "what runs".into(), ..stop(plan, *running) });
    }
    if role == Role::Drives && state.running().is_empty() {
        let words = "Type y to end the conductor here; tminus resume goes on when there is room:";
        let ask = Ask::Wish { card: Vec::new(), questions: vec![Question::yes(words)], intent: Intent::Pause };
        choices.push(Choice::noted("pause", "end the conductor", ask));
    }
    choices.push(Choice::noted("leave", "you leave, the run waits", Ask::Leave));
    only("The journal cannot be written. Nothing starts.".into(), choices)
}

/// A command runs.
pub(super) fn running(plan: &Plan, state: &RunState, ix: StepIx) -> Prompt {
    let own = state.step(ix);
    let mut heading = format!("Wait. {} is running", named(plan, state, ix));
    if own.stopping {
        heading.push_str(" and is being ended. Asking again skips the grace");
    } else if own.timed_out {
        heading.push_str(" and is being ended: it reached its time limit");
    }
    match state.running().len() {
        0 | 1 => {
            let mut choices = vec![stop(plan, ix)];
            if plan.step(ix).command().is_some_and(|command| command.tty) {
                choices.push(Choice::new("terminal", Ask::Terminal(b"")));
                choices.push(Choice::new("terminal, typing ^]", Ask::Terminal(b"\x1d")));
            }
            only(ended(&heading), choices)
        }
        _several => all_running(plan, state),
    }
}

/// Several commands run, or some beside what is next: each is stopped for itself.
pub(super) fn all_running(plan: &Plan, state: &RunState) -> Prompt {
    let running = state.running();
    let names: Vec<String> = running.iter().map(|ix| named(plan, state, *ix)).collect();
    let stops = running.iter().map(|ix| {
        let (card, choices) = ways_to_stop(plan, *ix);
        Choice::new(&format!("stop {}", plan.step(*ix).number), Ask::Menu { card, choices })
    });
    only(format!("Running: {}.", names.join("; ")), stops.collect())
}

/// The same ways to stop it, and the ways not to.
pub(super) fn stop_or_not(plan: &Plan, state: &RunState, ix: StepIx) -> Ask {
    let (card, mut choices) = ways_to_stop(plan, ix);
    choices.extend(
        super::general::hold(state).map(|hold| Choice { note: "it goes on, nothing new starts".into(), ..hold }),
    );
    let goes_on = format!("{} goes on.", plan.step(ix).number);
    choices.push(Choice::noted("leave it", "nothing is stopped", Ask::Show(vec![goes_on])));
    choices.push(Choice::noted("leave", "you leave, the run goes on", Ask::Leave));
    Ask::Menu { card, choices }
}

fn stop(plan: &Plan, ix: StepIx) -> Choice {
    let (card, choices) = ways_to_stop(plan, ix);
    Choice::new("stop", Ask::Menu { card, choices })
}

fn ways_to_stop(plan: &Plan, ix: StepIx) -> (Vec<String>, Vec<Choice>) {
    let way = |label: &str, note: &str, how: StopHow| {
        let intent = Intent::Stop { step: plan.step(ix).id.clone(), how };
        Choice::noted(label, note, Ask::Wish { card: Vec::new(), questions: Vec::new(), intent })
    };
    let choices = vec![
        way("interrupt", "INT to its processes, as ^C does", StopHow::Interrupt),
        way("terminate", "TERM, 5 s grace, then KILL; again: no grace", StopHow::Terminate),
        way("kill", "KILL at once", StopHow::Kill),
    ];
    (vec![format!("Stop {}:", plan.step(ix).number)], choices)
}

/// A failed attempt that is tried again by itself.
pub(super) fn retrying(plan: &Plan, state: &RunState, ix: StepIx) -> Prompt {
    let at = state.step(ix).retry_at.map(|at| wall(state, at)).unwrap_or_default();
    let intent = Intent::Stop { step: plan.step(ix).id.clone(), how: StopHow::Terminate };
    let end = Ask::Wish { card: Vec::new(), questions: Vec::new(), intent };
    only(
        format!("Wait. {} failed and is tried again by itself at {at}.", named(plan, state, ix)),
        vec![Choice::new("end the retries", end)],
    )
}

/// A step that nobody saw end.
pub(super) fn unknown(plan: &Plan, state: &RunState, ix: StepIx) -> Prompt {
    let (step, own) = (plan.step(ix), state.step(ix));
    let resolve = |label: &str, how: Resolution| {
        let intent = Intent::Resolve { step: step.id.clone(), how, reason: String::new() };
        let asked = Question::text("How do you know:", Slot::Reason);
        Choice::new(label, Ask::Wish { card: Vec::new(), questions: vec![asked], intent })
    };
    let mut choices = vec![resolve("it finished", Resolution::Finished), resolve("it did not", Resolution::DidNot)];
    let lost = own.checks.first().filter(|_| own.verdict.is_some());
    let how = lost.map_or("was running when the program died".to_owned(), |why| format!("has no end: {}", why.saw));
    let mut heading = ended(&format!("{} {how}", named(plan, state, ix)));
    heading.push_str(" Nobody knows if it finished. Look, then say.");
    if let Some(why) = &own.unseen {
        heading.push_str(&format!(" Whether it still runs cannot be seen: {}", ended(why)));
    }
    if !own.holders.is_empty() {
        let names: Vec<String> = own.holders.iter().map(|held| format!("{} (pid {})", held.comm, held.pid)).collect();
        heading.push_str(&format!(" Still running: {}.", names.join(", ")));
        let intent = Intent::EndSurvivors { step: step.id.clone() };
        let questions = vec![Question::yes(format!("Type y to end {}:", names.join(", ")))];
        choices.push(Choice::new("end what still runs", Ask::Wish { card: Vec::new(), questions, intent }));
    }
    only(heading, choices)
}

/// Settling a step without tminus doing it, each with a reason.
pub(super) fn leave_out(plan: &Plan, state: &RunState, ix: StepIx) -> Vec<Choice> {
    let (step, status) = (plan.step(ix), state.step(ix).status);
    let orphan = state.step(ix).is_orphan();
    if status.settled() || status == StepStatus::Running || orphan {
        return Vec::new();
    }
    let (id, reason) = (|| step.id.clone(), String::new);
    let mut choices = Vec::new();
    match step.skip {
        Skip::Never => {}
        Skip::WithReason | Skip::Free => {
            let intent = Intent::Skip { step: id(), reason: reason() };
            choices.push(settle(step, "skip", "is left out", intent));
        }
    }
    let intent = Intent::NotApplicable { step: id(), reason: reason() };
    choices.push(settle(step, "not applicable", "does not apply", intent));
    let intent = Intent::Hand { step: id(), reason: reason() };
    choices.push(settle(step, "done outside", "was done by hand", intent));
    if step.command().is_none() && !status.bad() {
        let intent = Intent::Fail { step: id(), reason: reason() };
        choices.push(settle(step, "failed", "failed, by your word", intent));
    }
    choices
}

fn settle(step: &PlannedStep, label: &str, note: &str, intent: Intent) -> Choice {
    let words = format!("{} {note}. Why:", step.number);
    let questions = vec![Question::text(words, Slot::Reason)];
    Choice::noted(label, note, Ask::Wish { card: Vec::new(), questions, intent })
}

//! Sentences of records about one step.
//!
//! Never says more than the record: what was wanted and what came stands in its checks. Called by `sentences` only.

use crate::linear::words::{cut, ended, named, took, wall};
use crate::model::actor::{Actor, Known};
use crate::model::event::{Answer, AskedFor, Decision, Event, Resolution, Settled, SigningRole, StopHow, Vote};
use crate::model::expect::{Check, Verdict};
use crate::model::ids::{Attempt, StepIx};
use crate::model::output::Holder;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::signed::SignedText;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Place, PlannedStep, Side, Work};
use crate::model::time::{clock_length, plan_length};

/// A checked value is not said longer than this, in characters.
const SAW: usize = 160;

/// A sentence about a command, or what a person answered; `by_person` has the rest.
pub(super) fn of_step(plan: &Plan, after: &RunState, record: &Record) -> Option<String> {
    let ix = super::step_of(&record.event).and_then(|step| plan.find(step))?;
    let step = plan.step(ix);
    let number = &step.number;
    match &record.event {
        Event::StepStarted { attempt, by, .. } => acts(step).then(|| started(plan, after, ix, (*attempt, by))),
        Event::OutputLost { bytes, .. } => Some(format!("{number}: {bytes} bytes of its output were not kept.")),
        Event::StepExited { holders, .. } if !holders.is_empty() => Some(format!(
            "{number} has ended, but {} still holds its output; what comes now is not kept.",
            holder_names(holders)
        )),
        Event::StepNotStarted { why, .. } => Some(format!("{number} FAILED: it could not be started: {}", ended(why))),
        Event::StepJudged { verdict, checks, hints, .. } => {
            let mut text = judged(after, ix, step, (*verdict, checks));
            hints.iter().for_each(|hint| text.push_str(&format!(" The plan says: {}", ended(hint))));
            if let (Some(then), true) = (&step.if_fails, after.step(ix).status.bad()) {
                text.push_str(&format!(" The plan proposes: {}.", super::watched::outcome(plan, then)));
            }
            Some(text)
        }
        Event::StepReady { .. } => Some(format!("{number} is ready; it runs on beside what comes next.")),
        Event::StepEnding { why, .. } => Some(format!("{number} is being ended: {}", ended(why))),
        Event::StepOld { why, .. } => Some(format!("{number} is old and is to be read again: {}", ended(why))),
        Event::MessageFilled { text, by, .. } => {
            Some(format!("{number} says, filled in by {}: {}", by.shown(), cut(&text.replace('\n', " / "), 400)))
        }
        Event::SignAsked { asked_for, roles, .. } => asked(plan, number, *asked_for, roles),
        Event::StepSigned { .. } => signed(plan, number, &record.event),
        Event::StepTimeout { .. } => {
            let limit = step.command().and_then(|command| command.timeout);
            let limit = limit.map_or(String::new(), |limit| format!(" of {}", plan_length(limit)));
            Some(format!("{number} reached its time limit{limit} and is being ended."))
        }
        Event::StopAsked { how, by, .. } => Some(format!("{number} {}, by {}.", stop_words(*how), by.shown())),
        Event::StepReached { target, group, place, .. } => {
            Some(format!("{number} runs on {target}: {place}, process group {group} there."))
        }
        Event::Survivors { unseen: Some(why), .. } => {
            Some(format!("Whether {number} still runs cannot be seen: {}", ended(why)))
        }
        Event::Survivors { holders, .. } if holders.is_empty() => {
            Some(format!("Nothing of {number} is running any more."))
        }
        Event::Survivors { holders, .. } => Some(format!("{} of {number} is still running.", holder_names(holders))),
        other => by_person(plan, after, ix, other),
    }
}

/// Whether its beginning is told: that a step by hand was opened is told by its answer, or by the prompt.
fn acts(step: &PlannedStep) -> bool {
    match &step.work {
        Work::Run(_)
        | Work::Wait(_)
        | Work::Gate(_)
        | Work::Monitor(_)
        | Work::Call(_)
        | Work::Group(_)
        | Work::Sign(_) => true,
        Work::Notify(notice) => notice.via.is_some(),
        Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } | Work::Evidence(_) => false,
    }
}

/// A second person is asked before anything of the step is seen; what else is asked stands on its card.
fn asked(plan: &Plan, number: &str, asked_for: AskedFor, roles: &[SigningRole]) -> Option<String> {
    match asked_for {
        AskedFor::Statement | AskedFor::Poll => None,
        AskedFor::Second => {
            let of =
                |role: &SigningRole| format!("{} ({})", role_title(plan, role.role.as_str()), role.signers.join(", "));
            let who: Vec<String> = roles.iter().map(of).collect();
            Some(format!("{number} waits for a second person's signature: {}.", who.join(", ")))
        }
    }
}

fn signed(plan: &Plan, number: &str, event: &Event) -> Option<String> {
    let Event::StepSigned { role, principal, comment, text, sig, by, decision, .. } = event else { return None };
    let title = role_title(plan, role.as_str());
    let said = if comment.trim().is_empty() { String::new() } else { format!(": {}", comment.trim()) };
    let key = SignedText::decode(text).filter(|_| sig != "-");
    let how = match key.as_ref().and_then(|text| text.get("key")) {
        Some(key) => format!("signed {key}"),
        None => format!("by name only, typed by {}", by.shown()),
    };
    let what = match decision {
        Decision::Signed => "signed for",
        Decision::Go => "says GO for",
        Decision::NoGo => "says NO-GO for",
        Decision::Approved => "agrees as the second person for",
    };
    Some(format!("{number} {principal} {what} {title}, {how}{}", ended(&said)))
}

fn by_person(plan: &Plan, after: &RunState, ix: StepIx, event: &Event) -> Option<String> {
    let step = plan.step(ix);
    let number = &step.number;
    match event {
        Event::StepAnswered { item, answer, saw, checks, by, .. } => {
            let said = Said { item: *item, answer: *answer, saw, checks, by };
            Some(answered(after, ix, step, &said))
        }
        Event::StepSettled { how, reason, by, .. } => Some(settled(step, *how, reason, by)),
        Event::StepConditions { hold: false, saw, .. } => {
            Some(format!("{} does not apply: {}", named(plan, after, ix), ended(saw)))
        }
        Event::StepChosen { option, by, .. } => {
            Some(format!("{number} ok. {} chose {}.", by.shown(), chosen(step, option)))
        }
        other => at_a_stand(plan, after, ix, other),
    }
}

/// Countdowns, unknown steps and gates.
fn at_a_stand(plan: &Plan, after: &RunState, ix: StepIx, event: &Event) -> Option<String> {
    let step = plan.step(ix);
    let number = &step.number;
    match event {
        Event::WaitEnded { early: Some(why), by, .. } => {
            Some(format!("{number} was ended early by {}: {}", by.shown(), ended(why)))
        }
        Event::WaitEnded { early: None, .. } => Some(format!("{number} ok. The countdown is over.")),
        Event::StepResolved { how, reason, by, .. } => {
            let what = match how {
                Resolution::Finished => "finished",
                Resolution::DidNot => "did not finish",
            };
            Some(format!("{number} {what}, says {}: {}", by.shown(), ended(reason)))
        }
        Event::GateVoted { role, vote, by, .. } => {
            let word = match vote {
                Vote::Go => "GO",
                Vote::NoGo => "NO-GO",
            };
            let title = role_title(plan, role.as_str());
            Some(format!("{number} {title} says {word}, by {}.", by.shown()))
        }
        Event::GateDecided { go, over, reason, by, .. } => {
            let status = after.step(ix).status;
            Some(decided(step, status, (*go, over, reason, by)))
        }
        // `told` hands over events of a step only; the rest of them need no sentence.
        _ => None,
    }
}

fn role_title<'a>(plan: &'a Plan, role: &'a str) -> &'a str {
    let found = plan.roles.iter().find(|each| each.id.as_str() == role);
    found.map_or(role, |role| role.title.as_str())
}

fn started(plan: &Plan, after: &RunState, ix: StepIx, said: (Attempt, &Actor)) -> String {
    let (step, own) = (plan.step(ix), after.step(ix));
    let (attempt, by) = said;
    let mut text = named(plan, after, ix);
    text.push_str(match &step.work {
        Work::Run(_) => ": running",
        Work::Wait(_) => ": counts down",
        Work::Gate(_) => ": the gate is open",
        Work::Monitor(_) => ": looking on",
        Work::Call(_) | Work::Group(_) => ": begun",
        Work::Evidence(_) => ": looked up",
        Work::Notify(notice) if notice.via.is_some() => ": sending",
        Work::Sign(_) => ": waits for its signatures",
        Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } | Work::Notify(_) => ": yours to answer",
    });
    if attempt > 1 {
        text.push_str(&format!(", attempt {attempt}"));
    }
    if let Some(until) = own.until {
        text.push_str(&format!(" until {}", wall(after, until)));
    }
    if let Some(takes) = step.takes.filter(|_| step.command().is_some()) {
        text.push_str(&format!(", budget {}", clock_length(takes)));
    }
    if by.known != Known::Program {
        text.push_str(&format!(", started by {}", by.shown()));
    }
    text.push('.');
    text
}

fn judged(after: &RunState, ix: StepIx, step: &PlannedStep, said: (Verdict, &[Check])) -> String {
    let (own, number) = (after.step(ix), &step.number);
    let (verdict, checks) = said;
    let passed = matches!(verdict, Verdict::Ok) && checks.is_empty() && own.exit.is_none();
    let seen = match &step.work {
        Work::Group(_) | Work::Call(_) if passed => "all of it is done".into(),
        _judged_itself => saw(checks, own.exit.map(|exit| exit.shown())),
    };
    let took_words = took(own.took, step.takes);
    let spent = own.took.map(|took| format!(" after {}", clock_length(took))).unwrap_or_default();
    let text = match verdict {
        Verdict::Ok if own.status == StepStatus::Late => {
            return format!("{number} late: passed, over its budget. {}{took_words}", ended(&seen));
        }
        Verdict::Ok if no_go(step) => return format!("{number} clear. {}{took_words}", ended(&seen)),
        Verdict::Ok => return format!("{number} ok. {}{took_words}", ended(&seen)),
        Verdict::Fail if no_go(step) => format!("{number} HOLDS{spent}: {}", ended(&wanted(checks, &seen))),
        Verdict::Fail => format!("{number} FAILED{spent}: {}", ended(&wanted(checks, &seen))),
        Verdict::Time => format!("{number} ran out of time{spent}: {}", ended(&seen)),
        Verdict::Stop => format!("{number} was stopped{spent}: {}", ended(&seen)),
        Verdict::Unknown => format!("{number} is unknown: nobody can tell{spent}. {}", ended(&seen)),
    };
    match own.retry_at {
        Some(at) => format!("{text} It is tried again at {}.", wall(after, at)),
        None => text,
    }
}

/// What came, for a step that passed.
fn saw(checks: &[Check], exit: Option<String>) -> String {
    let lines: Vec<String> = checks.iter().take(4).map(|check| cut(&check.saw, SAW)).collect();
    match (lines.is_empty(), exit) {
        (true, Some(exit)) => exit,
        (true, None) => "nothing was checked".into(),
        (false, _) => lines.join(", "),
    }
}

/// What did not come, for a step that failed.
fn wanted(checks: &[Check], otherwise: &str) -> String {
    let missed: Vec<String> = checks
        .iter()
        .filter(|check| !check.ok)
        .take(4)
        .map(|check| format!("{} (wanted {})", cut(&check.saw, SAW), cut(&check.want, SAW)))
        .collect();
    if missed.is_empty() { otherwise.to_owned() } else { missed.join(", ") }
}

struct Said<'a> {
    item: usize,
    answer: Answer,
    saw: &'a str,
    checks: &'a [Check],
    by: &'a Actor,
}

fn answered(after: &RunState, ix: StepIx, step: &PlannedStep, said: &Said<'_>) -> String {
    let word = match (said.answer, no_go(step)) {
        (Answer::Ok, true) => "clear",
        (Answer::Ok, false) => "ok",
        (Answer::Failed, true) => "HOLDS",
        (Answer::Failed, false) => "FAILED",
        (Answer::NotApplicable, _) => "not applicable",
    };
    let number = &step.number;
    let mut text = match &step.work {
        Work::Check(items) if items.len() > 1 => format!("{number} item {} {word}", said.item + 1),
        Work::Check(_)
        | Work::Measure(_)
        | Work::Ask(_)
        | Work::Run(_)
        | Work::Choose { .. }
        | Work::Wait(_)
        | Work::Gate(_)
        | Work::Monitor(_)
        | Work::Sign(_)
        | Work::Notify(_)
        | Work::Call(_)
        | Work::Group(_)
        | Work::Evidence(_) => format!("{number} {word}"),
    };
    let missed = wanted(said.checks, "");
    let came = if said.answer == Answer::Failed && !missed.is_empty() {
        missed
    } else {
        saw(said.checks, Some(said.saw.to_owned()))
    };
    if !came.is_empty() {
        text.push_str(&format!(": {}", cut(&came, 400)));
    }
    text.push_str(&format!(", by {}.", said.by.shown()));
    let whole = after.step(ix).status;
    if let Work::Check(items) = &step.work
        && items.len() > 1
        && (whole.settled() || whole.bad())
    {
        text.push_str(&format!(" {number} is {whole}."));
    }
    text
}

/// A criterion that speaks against going on: `ok` of it would read as its opposite.
fn no_go(step: &PlannedStep) -> bool {
    matches!(step.place, Place::Criterion { side: Side::NoGo, .. })
}

fn settled(step: &PlannedStep, how: Settled, reason: &str, by: &Actor) -> String {
    let what = match how {
        Settled::Skipped => "is left out",
        Settled::NotApplicable => "does not apply, by a person's word",
        Settled::Hand => "was done outside, by a person's word",
        Settled::Over => "failed and is accepted",
        Settled::Failed => "FAILED, by a person's word",
    };
    let reason = if reason.trim().is_empty() { String::new() } else { format!(": {}", reason.trim()) };
    format!("{} {what}{reason} ({}).", step.number, by.shown())
}

fn chosen(step: &PlannedStep, option: &str) -> String {
    match &step.work {
        Work::Choose { options, .. } => {
            let title = options.iter().find(|each| each.id == option);
            title.map_or(option.to_owned(), |each| format!("{option}, {}", each.title))
        }
        Work::Run(_) | Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Wait(_) | Work::Gate(_) => {
            option.to_owned()
        }
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
            option.to_owned()
        }
    }
}

fn decided(step: &PlannedStep, status: StepStatus, said: (bool, &[String], &str, &Actor)) -> String {
    let (go, over, reason, by) = said;
    let word = if go { "GO" } else { "NO-GO" };
    let mut text = format!("{} {word}, decided by {}", step.number, by.shown());
    if !reason.trim().is_empty() {
        text.push_str(&format!(": {}", reason.trim()));
    }
    text = ended(&text);
    if status == StepStatus::Over {
        text.push_str(&format!(" Against the advice: {}.", over.join(", ")));
    }
    text
}

fn stop_words(how: StopHow) -> &'static str {
    match how {
        StopHow::Interrupt => "is asked to end (INT)",
        StopHow::Terminate => "is being ended (TERM, then KILL after a grace)",
        StopHow::Kill => "is being killed",
    }
}

fn holder_names(holders: &[Holder]) -> String {
    let names: Vec<String> = holders.iter().map(|held| format!("{} (pid {})", held.comm, held.pid)).collect();
    names.join(", ")
}

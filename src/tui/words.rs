//! What the screens say in plain words: the NEXT line, and short readings of times and people.
//!
//! Pure: plan, state and an instant in, a sentence out. Linear mode says the same sentences. Every foreign text in them has
//! passed `model::text`. No sentence promises what the fold does not show.

use crate::model::decide::{asked_class, early_start};
use crate::model::event::EndState;
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::{RunState, StepState, StepStatus, VarsBound};
use crate::model::step::{Class, Effect, PlannedStep, Work};
use crate::model::text::shown;
use crate::model::time::{Stamp, clock_length, plan_length};
use std::time::Duration;

/// The NEXT line: what happens now, or what the operator can do, in one or two short sentences.
pub fn next_line(plan: &Plan, state: &RunState, now: Stamp) -> String {
    next_line_of(plan, state, Frame { now, asks: &|_| false })
}

/// When the line is said, and which steps that only read ask by a card all the same: those whose command was not all to see.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// The instant.
    pub now: Stamp,
    /// Whether a step asks for a `y` before it runs.
    pub asks: &'a dyn Fn(StepIx) -> bool,
}

/// The NEXT line below a frame.
pub fn next_line_of(plan: &Plan, state: &RunState, frame: Frame<'_>) -> String {
    let now = frame.now;
    if let Some(how) = state.ended {
        return ended(state, how);
    }
    let Some(facts) = &state.facts else {
        return "Wait. The run's records are being read.".into();
    };
    if state.paused {
        return format!("Nobody conducts this run. tminus resume {} takes it up again.", facts.run.short());
    }
    if let Some(open) = &state.handover {
        let from = shown(&open.from.name).into_owned();
        return format!("{from} conducted this run. Nothing goes on before it is taken over. Enter takes it over.");
    }
    if state.started.is_none() {
        return "Nothing has started. Enter opens the start card.".into();
    }
    if !state.old_decisions().is_empty() {
        return "GO was decided under another operator. Enter lists what is old, to stand by it.".into();
    }
    match &state.vars_bound {
        VarsBound::NotYet => return "Wait. The variables are being read.".into(),
        VarsBound::Failed(why) => {
            return format!("No step can start: {}. Mend that, then resume.", shown(why).trim_end_matches('.'));
        }
        VarsBound::Yes => {}
    }
    if let Some(unknown) = orphan(state) {
        return unknown_line(plan, state, unknown);
    }
    let line = under_way(plan, state, now).unwrap_or_else(|| waits_for_a_person(plan, state, frame));
    match state.rollback.as_ref().filter(|rollback| rollback.ended.is_none()) {
        Some(rollback) => format!("Going back by {}. {line}", shown(plan.level(rollback.level).id.as_str())),
        None => line,
    }
}

/// A step that was running when nobody watched, so that nobody knows what became of it.
fn orphan(state: &RunState) -> Option<StepIx> {
    state.orphan()
}

fn ended(state: &RunState, how: EndState) -> String {
    let at = clock(state, state.at.wall);
    let what = match how {
        EndState::Completed => "Plan finished",
        EndState::RolledBack => "Rolled back",
        EndState::Aborted => "Ended before its end",
        EndState::Failed => "The way back did not come through",
    };
    let seal = if state.closed { "The journal is closed. q leaves." } else { "Wait. The journal is being closed." };
    format!("{what} {at}. Nothing left to run. {seal}")
}

fn unknown_line(plan: &Plan, state: &RunState, ix: StepIx) -> String {
    let (step, own) = (plan.step(ix), state.step(ix));
    let number = shown(&step.number);
    let target = step.command().and_then(|command| plan.elsewhere(command)).map(|target| target.id.as_str());
    let how = match (own.verdict, target) {
        (None, _) => format!("{number} was running when the program died."),
        (Some(_), Some(target)) => format!("The line to {target} was lost while {number} ran."),
        (Some(_), None) => format!("Nobody saw the end of {number}."),
    };
    let living = match (own.holders.len(), &own.unseen, target) {
        (0, Some(_), Some(target)) => {
            format!("Whether it still runs on {target} cannot be seen. Check what it changed")
        }
        (0, _, _) => "Check what it changed".to_owned(),
        (1, _, _) => "A process of it still lives. Check what it changed".to_owned(),
        (some, _, _) => format!("{some} of its processes still live. Check what it changed"),
    };
    format!("{how} Nobody knows if it finished. {living}, then Enter says which.")
}

/// What goes on by itself: a command, a retry that is due, a countdown.
fn under_way(plan: &Plan, state: &RunState, now: Stamp) -> Option<String> {
    let running_now: Vec<StepIx> = state.running().into_iter().filter(|ix| !state.runs_beside(plan, *ix)).collect();
    if let Some(ix) = running_now.first().copied() {
        let line = match running_now.as_slice() {
            [_one] => running(plan.step(ix), state.step(ix), now),
            more => at_once(plan, more),
        };
        return Some(match &state.hold {
            Some(_) => format!("{line} Held: nothing new starts."),
            None => line,
        });
    }
    if let Some(hold) = &state.hold {
        let why =
            if hold.reason.trim().is_empty() { String::new() } else { format!(": {}", shown(hold.reason.trim())) };
        return Some(format!("Held by {}{why}. Nothing new starts. p, then y, goes on.", shown(&hold.by.shown())));
    }
    if let Some((place, at)) = state.steps.iter().enumerate().find_map(|(place, own)| Some((place, own.retry_at?))) {
        let (step, own) = (plan.step(StepIx(place)), state.step(StepIx(place)));
        let of = step
            .command()
            .and_then(|command| command.retry)
            .map_or(String::new(), |retry| format!(" of {}", retry.times));
        let left = until(at, now);
        return Some(format!(
            "Wait. {} failed and is tried again in {left} (try {}{of}). ^C ends the retries.",
            shown(&step.number),
            own.attempt + 1
        ));
    }
    // A countdown of the plan that was left by a way back or an abort holds nobody up.
    let left = state.rollback.is_some() || state.aborted.is_some();
    let path = if left { state.path(plan) } else { Vec::new() };
    let stands = |place: usize| !left || path.contains(&StepIx(place));
    let counting =
        |(place, own): &(usize, &StepState)| own.status == StepStatus::Running && own.until.is_some() && stands(*place);
    let monitor = |ix: &StepIx| state.next(plan) == Some(*ix);
    if let Some(ix) = crate::tui::watched::monitors(plan, state).into_iter().find(monitor) {
        return Some(looks_on(plan, state, ix, now));
    }
    let (place, own) = state.steps.iter().enumerate().find(counting)?;
    let at = own.until?;
    let number = shown(&plan.step(StepIx(place)).number).into_owned();
    Some(format!(
        "Wait. {number} counts down to {} ({} left). s ends it early, with a reason.",
        second(state, at),
        until(at, now)
    ))
}

/// Several commands run: all of them are said.
fn at_once(plan: &Plan, running: &[StepIx]) -> String {
    let names: Vec<String> = running.iter().map(|ix| shown(&plan.step(*ix).number).into_owned()).collect();
    let (last, rest) = names.split_last().map(|(last, rest)| (last.clone(), rest.join(", "))).unwrap_or_default();
    format!("Wait. {rest} and {last} run at once and pass or fail by themselves. ^C stops one or all.")
}

fn looks_on(plan: &Plan, state: &RunState, ix: StepIx, now: Stamp) -> String {
    let number = shown(&plan.step(ix).number);
    let (stands, _) = crate::tui::watched::monitor(plan, state, ix, now);
    let open = plan.members(ix).iter().any(|check| !state.step(*check).status.settled());
    let what = if open { "Enter answers its checks; v there ends it" } else { "Enter, then v, ends it early" };
    format!("Wait. {number} looks on: {stands}. {what} with a verdict.")
}

fn running(step: &PlannedStep, own: &StepState, now: Stamp) -> String {
    let number = shown(&step.number);
    if own.stopping {
        return format!("Wait. {number} was asked to stop and has not ended yet. ^C again offers more.");
    }
    if own.timed_out {
        return format!("Wait. {number} reached its time limit and is being ended.");
    }
    if own.exit.is_some() {
        return format!("Wait. {number} has ended; it is being judged.");
    }
    let ran = own.started.map(|at| now.since(at)).unwrap_or_default();
    let budget = match step.takes.map(|takes| (takes, takes.checked_sub(ran))) {
        Some((takes, Some(left))) => format!(" ({} of its {} budget left)", clock_length(left), plan_length(takes)),
        Some((takes, None)) => {
            format!(" ({} over its {} budget; ^C stops it)", clock_length(ran - takes), plan_length(takes))
        }
        None => String::new(),
    };
    if step.command().is_some_and(|command| command.tty) {
        return format!(
            "{number} runs in a terminal of its own and may be asking for something: ^] goes there{budget}."
        );
    }
    format!("Wait. {number} is running and will pass or fail by itself{budget}.")
}

fn waits_for_a_person(plan: &Plan, state: &RunState, frame: Frame<'_>) -> String {
    let Some(ix) = state.next(plan) else {
        let what = if state.aborted.is_some() { "Aborted: nothing more begins." } else { "Nothing left to run." };
        return format!("{what} Enter closes the run and seals its journal.");
    };
    let (step, own) = (plan.step(ix), state.step(ix));
    match own.status {
        StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped => {
            failed(step, own, &plan_says(plan, state, ix))
        }
        StepStatus::Unknown => format!(
            "{} could not be judged. R tries again, v accepts it with a reason, ! goes back.",
            shown(&step.number)
        ),
        StepStatus::You => yours(plan, state, ix),
        StepStatus::NotYet | StepStatus::Old | StepStatus::Claim => to_start(plan, state, ix, frame),
        StepStatus::Running
        | StepStatus::Ok
        | StepStatus::Late
        | StepStatus::Skipped
        | StepStatus::NotApplicable
        | StepStatus::Hand
        | StepStatus::Over
        | StepStatus::Back => format!("Wait. {} is {}.", shown(&step.number), own.status),
    }
}

/// What the runbook knows of a failure, and what it proposes; nothing where it is silent.
fn plan_says(plan: &Plan, state: &RunState, ix: StepIx) -> String {
    let hints: String = state
        .step(ix)
        .hints
        .iter()
        .map(|hint| format!(" The plan says: {}", stopped(shown(hint.trim()).into_owned())))
        .collect();
    let proposed: Vec<String> = crate::tui::proposals::of_failed(plan, state, ix)
        .iter()
        .map(|outcome| {
            let (words, key) = (crate::tui::proposals::words(plan, outcome), crate::tui::proposals::key(plan, outcome));
            format!("{words} ({key})")
        })
        .collect();
    if proposed.is_empty() { hints } else { format!("{hints} It proposes: {}.", proposed.join(", or ")) }
}

fn failed(step: &PlannedStep, own: &StepState, says: &str) -> String {
    let number = shown(&step.number);
    let after = own.took.map_or(String::new(), |took| format!(" after {}", clock_length(took)));
    let word = match own.status {
        StepStatus::TimedOut => "ran into its time limit",
        StepStatus::Stopped => "was stopped",
        _ => "failed",
    };
    let why = own
        .checks
        .iter()
        .find(|check| !check.ok)
        .map(|check| format!(": wants {}, saw {}", shown(&check.want), shown(&check.saw)))
        .or_else(|| own.exit.map(|exit| format!(": {}", exit.shown())))
        .or_else(|| own.reason.as_ref().map(|why| format!(": {}", shown(why))))
        .unwrap_or_default();
    let again = match &step.work {
        Work::Gate(_) => "R opens it again",
        _ => "R tries again",
    };
    format!("{number} {word}{after}{why}.{says} {again}, v accepts it, p holds, ! goes back.")
}

fn yours(plan: &Plan, state: &RunState, ix: StepIx) -> String {
    let (step, own) = (plan.step(ix), state.step(ix));
    let number = shown(&step.number);
    match &step.work {
        Work::Check(items) => {
            let item = (0..items.len()).find(|item| !own.answers.contains_key(item)).unwrap_or(0);
            let text = items.get(item).map(|item| said(state, &item.text)).unwrap_or_default();
            let place = if items.len() > 1 { format!(" ({} of {})", item + 1, items.len()) } else { String::new() };
            format!("Look, then Enter answers {number}{place}: {text}")
        }
        Work::Measure(question) | Work::Ask(question) => {
            format!("Enter answers {number}: {}", said(state, &question.text))
        }
        Work::Choose { text, .. } => format!("Enter chooses in {number}: {}", said(state, text)),
        Work::Gate(gate) => {
            let open = state.open_points(plan, ix).len();
            let advice = if open == 0 { "every point is met".into() } else { format!("{open} open") };
            format!("Enter opens the gate {number}: {} ({advice})", said(state, &gate.text))
        }
        Work::Notify(notice) => format!("Say it, then Enter: {}", message(state, plan.message_text(&notice.message))),
        Work::Sign(sign) => format!("{number} waits for its signatures: {}", said(state, &sign.text)),
        Work::Run(_) | Work::Wait(_) => format!("{number} waits for you."),
        Work::Monitor(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => format!("{number} waits for you."),
    }
}

fn to_start(plan: &Plan, state: &RunState, ix: StepIx, frame: Frame<'_>) -> String {
    let now = frame.now;
    let step = plan.step(ix);
    let name = format!("{} {}", shown(&step.number), said(state, &step.title));
    let planned = schedule::planned_at(plan, state, ix).filter(|at| *at > now.wall);
    let by_itself = matches!(step.work, Work::Gate(_) | Work::Wait(_)) || (step.auto && step.class() == Class::C0);
    if let (Some(at), true) = (planned, by_itself) {
        return format!("Wait. {name} begins by itself at {} (in {}).", day_second(state, at, now), until(at, now));
    }
    let how = match (&step.work, asked_class(plan, state, ix)) {
        (Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. }, Class::C0 | Class::C1) => {
            let planned = planned.map(|at| format!(" Planned for {} (in {}).", day(state, at, now), until(at, now)));
            return stopped(format!("Enter opens {name}")) + &planned.unwrap_or_default();
        }
        (Work::Notify(_), _) => return stopped(format!("Enter opens the message {name}")),
        (Work::Sign(_), Class::C0) => return format!("r asks for the signatures of {name}."),
        (Work::Gate(_), Class::C0) => return format!("r opens the gate {name}."),
        (Work::Wait(_), Class::C0) => return format!("r begins the countdown {name}."),
        (_, Class::C0) if !(frame.asks)(ix) => format!("r runs {name} ({}).", effect_words(effect(plan, ix))),
        (_, Class::C0 | Class::C1) => format!("r, then y, runs {name} ({}).", effect_words(effect(plan, ix))),
        (_, Class::C2) => format!("r, then its number typed, runs {name} ({}).", effect_words(effect(plan, ix))),
        (_, Class::C3) => format!("r, then its own words typed, runs {name} ({}).", effect_words(effect(plan, ix))),
    };
    let asks = if early_start(plan, state, ix, now.wall).is_some() { ": before that it asks why" } else { "" };
    match planned {
        Some(at) => format!("{how} Planned for {} (in {}){asks}.", day(state, at, now), until(at, now)),
        None => how,
    }
}

/// A sentence with its full stop, where the runbook's own words have not ended it.
pub fn stopped(mut text: String) -> String {
    if !text.ends_with(['.', '?', '!', ':']) {
        text.push('.');
    }
    text
}

/// What a step does to the world, with all that begins with it: a group's steps.
pub fn effect(plan: &Plan, ix: StepIx) -> Effect {
    let own = plan.step(ix).effect;
    match &plan.step(ix).work {
        Work::Group(group) => group.steps.iter().map(|member| effect(plan, *member)).max().unwrap_or(own).max(own),
        _alone => own,
    }
}

/// What an effect means, in words.
pub fn effect_words(effect: Effect) -> &'static str {
    match effect {
        Effect::Reads => "reads only",
        Effect::Changes => "changes what can be changed back",
        Effect::Production => "acts on production",
        Effect::Destroys => "cannot be taken back",
    }
}

/// A text of the runbook for people: filled in, one safe line.
pub fn said(state: &RunState, text: &str) -> String {
    shown(state.fill(text).trim()).into_owned()
}

/// A message's text, filled in, safe to draw.
pub fn message(state: &RunState, text: &str) -> String {
    shown(state.message(text).trim()).into_owned()
}

/// Time of day in T0's zone: `15:04`.
pub fn clock(state: &RunState, wall: i64) -> String {
    schedule::format_wall(wall, &state.zone, Some("%H:%M")).unwrap_or_else(|| "?".into())
}

/// Time of day, with the date where that is not today: `15:45`, `2026-11-22 15:00`.
pub fn day(state: &RunState, wall: i64, now: Stamp) -> String {
    let format = if is_today(state, wall, now) { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    schedule::format_wall(wall, &state.zone, Some(format)).unwrap_or_else(|| "?".into())
}

fn day_second(state: &RunState, wall: i64, now: Stamp) -> String {
    if is_today(state, wall, now) { second(state, wall) } else { day(state, wall, now) }
}

fn is_today(state: &RunState, wall: i64, now: Stamp) -> bool {
    schedule::day_of(wall, &state.zone) == schedule::day_of(now.wall, &state.zone)
}

/// Time of day with seconds in T0's zone: `15:04:09`.
pub fn second(state: &RunState, wall: i64) -> String {
    schedule::format_wall(wall, &state.zone, Some("%H:%M:%S")).unwrap_or_else(|| "?".into())
}

/// How long until an instant of the wall: `4:12`; `0:00` when it is over.
pub fn until(wall: i64, now: Stamp) -> String {
    clock_length(Duration::from_micros(u64::try_from(wall.saturating_sub(now.wall)).unwrap_or(0)))
}

/// T as people say it: `T+34m`, `T-2h05m`, `T+1d 03h`, `T+12s` near T0.
pub fn t_words(micros: i64) -> String {
    let sign = if micros < 0 { '-' } else { '+' };
    let total = micros.unsigned_abs() / 1_000_000;
    let (days, hours, minutes) = (total / 86_400, total / 3600 % 24, total / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("T{sign}{total}s"),
        (0, 0, _) => format!("T{sign}{minutes}m"),
        (0, _, _) => format!("T{sign}{hours}h{minutes:02}m"),
        _ => format!("T{sign}{days}d {hours:02}h"),
    }
}

/// A length in whole minutes, as slack and slip are said: `4m`, `2h43`, `0m`.
pub fn minutes(micros: i64) -> String {
    let total = micros.unsigned_abs() / 60_000_000;
    match total / 60 {
        0 => format!("{total}m"),
        hours => format!("{hours}h{:02}", total % 60),
    }
}

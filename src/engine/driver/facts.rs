//! What processes say, as records: begun, not begun, ended and judged in one batch.
//!
//! A fact of an attempt that is not the one under way is dropped; nothing that is secret gets into a record here.
#![allow(missing_docs, reason = "a variant says what its fields are")]

use super::Driver;
use crate::engine::exec::NOBODY_SAW;
use crate::engine::secrets::{LEAST, check_value};
use crate::model::event::{Bound, Event};
use crate::model::expect::{Check, Verdict};
use crate::model::ids::{Attempt, StepIx, VarName};
use crate::model::output::{Drained, Exit, Holder};
use crate::model::secret::Secret;
use crate::model::state::StepStatus;
use crate::model::time::Stamp;
use std::time::Duration;

/// How often an effect is looked for where the runbook does not say.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// A value that was found in output.
#[derive(Clone, Debug)]
pub struct Captured {
    /// The variable.
    pub name: VarName,
    /// Its value; in memory only where it is secret.
    pub value: Secret,
    /// Whether it is.
    pub secret: bool,
}

/// What the pump of an attempt says.
#[derive(Clone, Debug)]
pub enum StepFact {
    /// The process exists.
    Spawned { pid: i32, start: u64 },
    /// Its session on another machine exists.
    Reached { group: u32, place: String },
    /// It could not be made.
    NotStarted { why: String },
    /// Output could not be kept.
    Lost { bytes: u64 },
    /// It has printed what it must before the next step may start.
    Ready { checks: Vec<Check> },
    /// What must not come has come: it is not waited for any longer.
    Spoilt { why: String },
    /// It ended, all of its output is with the writer, and it was judged.
    Ended(Box<Ended>),
}

/// An attempt's end.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How the process ended.
    pub exit: Exit,
    /// How long it ran.
    pub took: Duration,
    /// How the end of its output was reached.
    pub drained: Drained,
    /// Who still held its output, or lives on.
    pub holders: Vec<Holder>,
    /// What its expectation came to.
    pub verdict: Verdict,
    /// Line by line, masked.
    pub checks: Vec<Check>,
    /// What was captured.
    pub captured: Vec<Captured>,
    /// Some of its output could not be kept.
    pub lost: bool,
    /// What the runbook says of what was printed.
    pub hints: Vec<String>,
}

impl Driver {
    /// Records a fact of an attempt that is under way; one that comes for another is dropped.
    pub(super) fn record_fact(&mut self, of: (StepIx, Attempt), fact: StepFact, now: Stamp) {
        let (ix, attempt) = of;
        let own = self.state.step(ix);
        if own.attempt != attempt || own.status != StepStatus::Running {
            return;
        }
        let step = self.plan.step(ix).id.clone();
        let events = match fact {
            StepFact::Spawned { pid, start } => vec![Event::StepSpawned { step, attempt, pid, start }],
            StepFact::Reached { group, place } => {
                let target = self.plan.step(ix).command().and_then(|command| command.target.clone());
                let reached = target.map(|target| Event::StepReached { step, attempt, target, group, place });
                reached.into_iter().collect()
            }
            StepFact::NotStarted { why } => vec![Event::StepNotStarted { step, attempt, why }],
            StepFact::Ready { checks } => vec![Event::StepReady { step, attempt, checks }],
            StepFact::Spoilt { why } => vec![Event::StepEnding { step, attempt, why }],
            StepFact::Lost { bytes } => vec![Event::OutputLost { step, attempt, bytes }],
            StepFact::Ended(ended) => self.ended(ix, *ended, now),
        };
        self.append(now, events);
    }

    fn ended(&mut self, ix: StepIx, ended: Ended, now: Stamp) -> Vec<Event> {
        let own = self.state.step(ix);
        let (step, attempt) = (self.plan.step(ix).id.clone(), own.attempt);
        let mut checks = ended.checks;
        let short =
            ended.captured.iter().find(|each| self.is_secret(each) && check_value(each.value.reveal()).is_err());
        if let Some(short) = short {
            let want = format!("{} is a secret of at least {LEAST} characters", short.name);
            checks.push(Check { want, saw: "(hidden)".into(), ok: false });
        }
        let planned = self.plan.step(ix);
        self.beside(ix, ended.exit, now, &mut checks);
        let endless = planned.command().is_some_and(|command| command.lasts.is_some() || command.background.is_some());
        let all_hold = checks.iter().all(|check| check.ok);
        let lost = own.lost > 0 || ended.lost;
        let verdict = match ended.verdict {
            // Also of one that was told to stop: whether that reached it is just what nobody saw. It is never tried again.
            _unseen if ended.exit == NOBODY_SAW => Verdict::Unknown,
            // Facts come in order: a process that had ended before it was told to stop was judged before that wish.
            _stopped if own.stopping => Verdict::Stop,
            _ended if own.timed_out => Verdict::Time,
            _ended_by_the_plan if own.ending.is_some() && all_hold && lost => Verdict::Unknown,
            _ended_by_the_plan if own.ending.is_some() && all_hold => Verdict::Ok,
            _ended_by_the_plan if own.ending.is_some() || endless => Verdict::Fail,
            Verdict::Ok if !all_hold && short.is_none() => Verdict::Fail,
            Verdict::Ok if lost => Verdict::Unknown,
            Verdict::Ok if short.is_some() => Verdict::Fail,
            verdict => verdict,
        };
        let bound = if verdict == Verdict::Ok { self.bind_captured(&ended.captured) } else { Vec::new() };
        let retry = self.retry_at(ix, verdict, now);
        let hints = if verdict == Verdict::Fail { ended.hints } else { Vec::new() };
        self.steered.remove(&ix);
        vec![
            Event::StepExited {
                step: step.clone(),
                attempt,
                exit: ended.exit,
                took: ended.took,
                drained: ended.drained,
                holders: ended.holders,
            },
            Event::StepJudged { step, attempt, verdict, checks, bound, retry, hints },
        ]
    }

    fn bind_captured(&mut self, captured: &[Captured]) -> Vec<Bound> {
        let mut bound = Vec::new();
        for each in captured {
            if self.is_secret(each) {
                bound.push(self.secrets.bound(&self.state, &each.name, each.value.reveal()));
                self.secrets.keep(each.name.0.clone(), each.value.clone());
            } else {
                let value = Some(each.value.reveal().to_owned());
                bound.push(Bound { name: each.name.clone(), value, hash: None });
            }
        }
        bound
    }

    /// What a step found is secret where it says so, where the variable is, and where it holds a secret.
    fn is_secret(&self, captured: &Captured) -> bool {
        captured.secret || self.plan.is_secret(captured.name.as_str()) || self.secrets.stand_in(captured.value.reveal())
    }

    /// When a failed attempt is tried again by itself: where the runbook says so, tries are left, and nobody stopped it.
    fn retry_at(&self, ix: StepIx, verdict: Verdict, now: Stamp) -> Option<i64> {
        let again = matches!(verdict, Verdict::Fail | Verdict::Time) && self.state.step(ix).ending.is_none();
        let command = self.plan.step(ix).command()?;
        if let Some(limit) = self.within_until(ix) {
            let every = command.retry.map_or(LOOK_AGAIN, |retry| retry.every);
            let next = now.wall.saturating_add(i64::try_from(crate::model::time::micros(every)).ok()?);
            return (again && next <= limit).then_some(next);
        }
        let retry = command.retry?;
        let tries = self.tries_since_started_by_a_person(ix);
        let every = i64::try_from(crate::model::time::micros(retry.every)).ok()?;
        (again && tries < retry.times).then(|| now.wall.saturating_add(every))
    }

    /// Until when the effect of a step must have shown, where it is timed from the end of another.
    fn within_until(&self, ix: StepIx) -> Option<i64> {
        let within = self.plan.step(ix).within.as_ref()?;
        let from = self.state.step(self.plan.find(&within.of)?).ended?;
        from.wall.checked_add(i64::try_from(crate::model::time::micros(within.limit)).ok()?)
    }

    /// What is judged beside the output: a command that was to run on and did not, an effect that came too late. How a command
    /// exits that the plan ends is no failure.
    fn beside(&self, ix: StepIx, exit: Exit, now: Stamp, checks: &mut Vec<Check>) {
        let (planned, own) = (self.plan.step(ix), self.state.step(ix));
        if own.ending.is_some() {
            checks.retain(|check| !check.want.starts_with("exit "));
        } else if let Some(command) = planned.command()
            && (command.lasts.is_some() || command.background.is_some())
            && !own.stopping
        {
            let want = "runs until the plan ends it".to_owned();
            checks.push(Check { want, saw: format!("ended early, {}", exit.shown()), ok: false });
        }
        if let (Some(until), Some(within)) = (self.within_until(ix), &planned.within) {
            let limit = crate::model::time::plan_length(within.limit);
            let late = now.wall > until;
            let saw = if late { "later than that" } else { "in time" };
            checks.push(Check { want: format!("within {limit} of {}", within.of), saw: saw.into(), ok: !late });
        }
    }

    /// A person who retries gets the whole count again.
    fn tries_since_started_by_a_person(&self, ix: StepIx) -> u32 {
        let own = self.state.step(ix);
        own.attempt.saturating_sub(own.person_began.unwrap_or(1)) + 1
    }
}

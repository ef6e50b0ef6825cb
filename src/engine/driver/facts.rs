//! What processes say, as records: begun, not begun, ended and judged in one batch.
//!
//! A fact of an attempt that is not the one under way is dropped; nothing that is secret gets into a record here.
#![allow(missing_docs, reason = "a variant says what its fields are")]

use super::Driver;
use crate::engine::secrets::{LEAST, check_value};
use crate::model::event::{Bound, Event};
use crate::model::expect::{Check, Verdict};
use crate::model::ids::{Attempt, StepIx, VarName};
use crate::model::output::{Drained, Exit, Holder};
use crate::model::secret::Secret;
use crate::model::state::StepStatus;
use crate::model::time::Stamp;
use std::time::Duration;

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
    /// It could not be made.
    NotStarted { why: String },
    /// Output could not be kept.
    Lost { bytes: u64 },
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
            StepFact::NotStarted { why } => vec![Event::StepNotStarted { step, attempt, why }],
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
        let verdict = match ended.verdict {
            // Facts come in order: a process that had ended before it was told to stop was judged before that wish.
            _stopped if own.stopping => Verdict::Stop,
            _ended if own.timed_out => Verdict::Time,
            Verdict::Ok if own.lost > 0 => Verdict::Unknown,
            Verdict::Ok if short.is_some() => Verdict::Fail,
            verdict => verdict,
        };
        let bound = if verdict == Verdict::Ok { self.bind_captured(&ended.captured) } else { Vec::new() };
        let retry = self.retry_at(ix, verdict, now);
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
            Event::StepJudged { step, attempt, verdict, checks, bound, retry, hints: Vec::new() },
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
        let retry = self.plan.step(ix).command()?.retry?;
        let again = matches!(verdict, Verdict::Fail | Verdict::Time);
        let tries = self.tries_since_started_by_a_person(ix);
        let every = i64::try_from(crate::model::time::micros(retry.every)).ok()?;
        (again && tries < retry.times).then(|| now.wall.saturating_add(every))
    }

    /// A person who retries gets the whole count again.
    fn tries_since_started_by_a_person(&self, ix: StepIx) -> u32 {
        let own = self.state.step(ix);
        own.attempt.saturating_sub(own.person_began.unwrap_or(1)) + 1
    }
}

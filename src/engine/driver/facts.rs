//! What processes say, as records: begun, not begun, ended and judged in one batch.
#![allow(missing_docs, reason = "a variant says what its fields are")]

use super::Driver;
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
        let verdict = if own.stopping || self.steered.contains_key(&ix) && !own.timed_out {
            Verdict::Stop
        } else if own.timed_out {
            Verdict::Time
        } else if own.lost > 0 && ended.verdict == Verdict::Ok {
            Verdict::Unknown
        } else {
            ended.verdict
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
            Event::StepJudged { step, attempt, verdict, checks: ended.checks, bound, retry },
        ]
    }

    fn bind_captured(&mut self, captured: &[Captured]) -> Vec<Bound> {
        let mut bound = Vec::new();
        for each in captured {
            if each.secret {
                bound.push(self.secrets.bound(&self.state, &each.name, each.value.reveal()));
                self.secrets.keep(each.name.0.clone(), each.value.clone());
            } else {
                bound.push(Bound { name: each.name.clone(), value: Some(each.value.reveal().to_owned()), hash: None });
            }
        }
        bound
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

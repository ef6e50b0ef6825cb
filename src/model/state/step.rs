//! What is true of one step: where it stands, what was tried, answered, printed and kept.

use crate::model::actor::{Actor, Known};
use crate::model::event::{Answer, Decision, Invocation, Vote};
use crate::model::expect::{Check, Verdict};
use crate::model::ids::{Attempt, RoleId, Seq, StepIx};
use crate::model::output::{Drained, Exit, Holder};
use crate::model::spent::Meter;
use crate::model::state::{MonitorState, StepStatus};
use crate::model::step::PlannedStep;
use crate::model::time::Stamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// A person's answer to one statement or question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Which.
    pub answer: Answer,
    /// What was seen.
    pub saw: String,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Stamp,
}

/// An attempt that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastAttempt {
    /// Its number.
    pub attempt: Attempt,
    /// What it came to.
    pub status: StepStatus,
    /// When it began.
    pub started: Option<Stamp>,
    /// When it ended.
    pub ended: Option<Stamp>,
    /// Bytes printed and kept.
    pub bytes: u64,
    /// Lines printed and kept.
    pub lines: u64,
    /// What was wanted and what came.
    pub checks: Vec<Check>,
}

/// What is true of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepState {
    /// Where it stands.
    pub status: StepStatus,
    /// The present attempt, 0 before the first.
    pub attempt: Attempt,
    /// How many attempts it had when it was last to be gone through anew: with more, a person tries it again.
    pub before_again: Attempt,
    /// The record that began the present attempt, or that said it was done outside; 0 before.
    pub begun: Seq,
    /// The last record that moved it: a wish of a screen that had not seen it was meant for another card.
    pub changed: Seq,
    /// How long the run had been held in all when the present attempt began, microseconds: later holds do not move its plan.
    pub held_before: u64,
    /// When the first attempt began.
    pub first_started: Option<Stamp>,
    /// When the present attempt began.
    pub started: Option<Stamp>,
    /// When it ended.
    pub ended: Option<Stamp>,
    /// Who began it.
    pub by: Option<Actor>,
    /// The last attempt that a person began; retries that follow by themselves do not change it.
    pub person_began: Option<Attempt>,
    /// What runs.
    pub invocation: Option<Invocation>,
    /// Process id and start time in clock ticks.
    pub process: Option<(i32, u64)>,
    /// Its session on another machine.
    pub there: Option<There>,
    /// Bytes that were typed into its terminal.
    pub typed: u64,
    /// Bytes printed and kept.
    pub bytes: u64,
    /// Lines printed and kept.
    pub lines: u64,
    /// Bytes that were printed and could not be kept.
    pub lost: u64,
    /// How often secrets were replaced.
    pub masked: u64,
    /// How the process ended.
    pub exit: Option<Exit>,
    /// How long it ran.
    pub took: Option<Duration>,
    /// How the end of its output was reached.
    pub drained: Option<Drained>,
    /// Who held its output, or lives on after its conductor.
    pub holders: Vec<Holder>,
    /// It was looked for what of it lives on.
    pub looked: bool,
    /// Why nobody could look for that.
    pub unseen: Option<String>,
    /// Its verdict.
    pub verdict: Option<Verdict>,
    /// What was wanted and what came.
    pub checks: Vec<Check>,
    /// When the next attempt begins by itself, Unix microseconds.
    pub retry_at: Option<i64>,
    /// A stop that was asked for and has not come through.
    pub stopping: bool,
    /// Its time limit was reached.
    pub timed_out: bool,
    /// For a countdown: until when, Unix microseconds.
    pub until: Option<i64>,
    /// Answers by item.
    pub answers: BTreeMap<usize, Answered>,
    /// What was chosen.
    pub chosen: Option<usize>,
    /// Votes of a gate's present attempt.
    pub votes: BTreeMap<RoleId, (Vote, Actor)>,
    /// Whether its conditions hold; `None` before they were looked at.
    pub conditions: Option<bool>,
    /// The reason that a person gave, or why it could not start.
    pub reason: Option<String>,
    /// A background command has printed what it must before the next step may start.
    pub ready: bool,
    /// Why the plan is ending it, which is no failure.
    pub ending: Option<String>,
    /// What is said, its blanks filled in.
    pub filled: Option<String>,
    /// What is asked to be signed: a sign-off or a poll of the present attempt, or a second person's word for the next.
    pub asked: Option<crate::model::signoff::Asked>,
    /// Who signed what is asked, for a step that has not begun too.
    pub signed: Vec<SignedOff>,
    /// What a monitor has seen in the present attempt.
    pub monitor: MonitorState,
    /// What the runbook says of its failure.
    pub hints: Vec<String>,
    /// Attempts that are over, the present one not among them.
    pub past: Vec<PastAttempt>,
    /// Whose time it was, all attempts together.
    pub meter: Meter,
    /// The run's own time when the present attempt began, microseconds.
    pub began_at: u64,
}

/// Where an attempt runs on another machine, by that machine's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct There {
    /// The number of its process group there.
    pub group: u32,
    /// `user@host:folder`.
    pub place: String,
}

/// A sign-off that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOff {
    /// For which role.
    pub role: RoleId,
    /// Whose it is.
    pub principal: String,
    /// `SHA256:…` of the key that proves it; `None` where a name is all there is.
    pub key: Option<String>,
    /// What was said with it.
    pub comment: String,
    /// What it decides.
    pub decision: Decision,
    /// When.
    pub at: Stamp,
}

/// A signature by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// At which step.
    pub step: StepIx,
    /// In which of its attempts.
    pub attempt: Attempt,
    /// For which role.
    pub role: RoleId,
    /// Whose.
    pub principal: String,
    /// `SHA256:…`.
    pub key: String,
    /// SHA-256 of what was signed, hex: it counts once.
    pub text: String,
}

impl StepState {
    /// The state of a step before any record: `claim` where the source ticked it, else `-`.
    pub fn of(step: &PlannedStep) -> Self {
        let status = if step.claim.is_some() { StepStatus::Claim } else { StepStatus::NotYet };
        Self { status, ..Self::default() }
    }

    /// Whether it was running when its conductor died, or the line to where it runs, and nobody has said yet what became of it.
    pub fn is_orphan(&self) -> bool {
        self.status == StepStatus::Unknown && (self.verdict.is_none() || self.exit == Some(Exit::UNSEEN))
    }

    /// Moves the present attempt to `past` and clears what belongs to an attempt.
    pub(super) fn begin(&mut self, attempt: Attempt, at: Stamp, by: Actor) {
        if self.attempt > 0 {
            self.past.push(PastAttempt {
                attempt: self.attempt,
                status: self.status,
                started: self.started,
                ended: self.ended,
                bytes: self.bytes,
                lines: self.lines,
                checks: std::mem::take(&mut self.checks),
            });
        }
        let by_itself = by.known == Known::Program && self.retry_at.is_some();
        *self = Self {
            attempt,
            person_began: if by_itself { self.person_began } else { Some(attempt) },
            first_started: self.first_started.or(Some(at)),
            started: Some(at),
            by: Some(by),
            conditions: self.conditions,
            filled: self.filled.take(),
            past: std::mem::take(&mut self.past),
            meter: self.meter,
            ..Self::default()
        };
    }

    /// What was asked and signed about a step as it stood counts no more; a sign-off keeps who signed it.
    pub(super) fn void_signatures(&mut self) {
        if self.asked.as_ref().is_some_and(|asked| !asked.asked_for.is_statement()) {
            self.asked = None;
            self.signed.clear();
        }
    }

    /// Ends the present attempt.
    pub(super) fn end(&mut self, status: StepStatus, at: Stamp) {
        self.status = status;
        self.ended = Some(at);
        self.stopping = false;
    }
}

//! How far a journal can be trusted, which is said of one that does not pass: up to which record, when that was, and at which step.
//!
//! A record counts only if a checkpoint covers it that holds, and nothing wrong stands before it. Whose word it is, is another
//! question: that is what the signatures say. Reads lines only to count them, and only where something is wrong.

use super::Verified;
use crate::journal::dir::{RunDir, part_name};
use crate::journal::error::JournalError;
use crate::journal::facts::Facts;
use crate::journal::head::Head;
use crate::journal::reader::lines::Lines;
use crate::journal::reader::walk::Walk;
use crate::model::ids::{Attempt, StepId};
use crate::model::time::Stamp;

/// How far a journal can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// Up to this record, a checkpoint; 0 for none.
    pub record: u64,
    /// Of so many lines that stand there.
    pub of: u64,
    /// When that record was made, by the recorder's clocks.
    pub at: Option<Stamp>,
    /// The step that had begun last.
    pub step: Option<(StepId, Attempt)>,
    /// The head code there.
    pub head: Option<String>,
    /// T there, microseconds; filled in by whoever knows the plan.
    pub t: Option<i64>,
    /// The step's number and title; filled in by whoever knows the plan.
    pub place: Option<String>,
}

/// Judges it.
pub(super) fn judge(dir: &RunDir, (walked, facts): (&Walk, &Facts), found: &Verified) -> Trusted {
    // What is wrong with a file beside the journal says nothing against the records.
    let wrong = found.problems.iter().filter(|problem| problem.file.is_none()).filter_map(|problem| problem.seq);
    let limit = wrong.map(|seq| seq.0.saturating_sub(1)).min().unwrap_or(facts.records);
    let held = facts.ckpts.partition_point(|(seq, _)| seq.0 <= limit);
    let ckpt = held.checked_sub(1).map(|last| facts.ckpts[last]);
    let record = ckpt.map_or(0, |(seq, _)| seq.0);
    let head = ckpt.map(|(seq, ckpt)| Head { part: 0, seq, bytes: 0, ckpt }.code());
    let at = held.checked_sub(1).and_then(|last| facts.times.get(last).copied());
    let begun = facts.begun.iter().rev().find(|(seq, _, _)| seq.0 <= record);
    let step = begun.map(|(_, step, attempt)| (step.clone(), *attempt));
    let broken = walked.problem.is_some() || walked.tail.0 > 0;
    let of = if broken { lines(dir).unwrap_or(0).max(facts.records) } else { facts.records };
    Trusted { record, of, at, step, head, t: None, place: None }
}

/// How many lines stand in all parts.
fn lines(dir: &RunDir) -> Result<u64, JournalError> {
    let mut count = 0;
    for part in dir.parts()? {
        let name = part_name(part);
        let mut lines = Lines::new(dir.read(&name)?, &name, u64::MAX);
        while lines.next()?.is_some() {
            count += 1;
        }
    }
    Ok(count)
}

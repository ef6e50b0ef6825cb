//! How far a journal that does not pass can still be trusted: up to which record, when that was, and at which step.
//!
//! A record counts only if a checkpoint covers it that holds, and nothing wrong stands before it. Whose word it is, is another
//! question: that is what the signatures say. Reads the journal once more, and only where something is to be said.

use super::{Verdict, Verified};
use crate::journal::dir::{RunDir, part_name};
use crate::journal::error::JournalError;
use crate::journal::facts::Facts;
use crate::journal::head::Head;
use crate::journal::reader::lines::Lines;
use crate::journal::reader::walk::{Walk, walk};
use crate::model::event::Event;
use crate::model::ids::{Attempt, Seq, StepId};
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

/// Judges it, for a run that does not pass.
pub(super) fn judge(dir: &RunDir, (walked, facts): (&Walk, &Facts), found: &Verified) -> Option<Trusted> {
    if found.problems.is_empty() && found.all.iter().all(|verdict| *verdict == Verdict::Verified) {
        return None;
    }
    // What is wrong with a file beside the journal says nothing against the records.
    let wrong = found.problems.iter().filter(|problem| problem.file.is_none()).filter_map(|problem| problem.seq);
    let limit = wrong.map(|seq| seq.0.saturating_sub(1)).min().unwrap_or(facts.records);
    let ckpt = facts.ckpts.iter().rev().find(|(seq, _)| seq.0 <= limit);
    let record = ckpt.map_or(0, |(seq, _)| seq.0);
    let head = ckpt.map(|(seq, ckpt)| Head { part: 0, seq: *seq, bytes: 0, ckpt: *ckpt }.code());
    let broken = walked.problem.is_some() || walked.tail.0 > 0;
    let of = if broken { lines(dir).unwrap_or(0).max(facts.records) } else { facts.records };
    let mut trusted = Trusted { record, of, at: None, step: None, head, t: None, place: None };
    look(dir, &mut trusted);
    Some(trusted)
}

/// When, and at which step, the last record is that can be trusted.
fn look(dir: &RunDir, trusted: &mut Trusted) {
    let last = Seq(trusted.record);
    let mut take = |record: crate::model::record::Record| {
        if record.seq > last {
            return;
        }
        trusted.at = Some(record.at);
        if let Event::StepStarted { step, attempt, .. } = record.event {
            trusted.step = Some((step, attempt));
        }
    };
    // It was walked over just now; a directory that changes meanwhile only loses these words.
    let _ = walk(dir, &mut |record, _| take(record));
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

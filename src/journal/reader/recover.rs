//! What of a run holds, after whatever ended its conductor.
//!
//! Everything up to the last checkpoint that holds; a torn tail is reported and kept, damage before it and a cut below a
//! head that was acknowledged are said and never repaired. Writes nothing. Resume and reports call it.

use crate::journal::dir::RunDir;
use crate::journal::error::JournalError;
use crate::journal::hash::Hash;
use crate::journal::head::{Head, Heads};
use crate::journal::reader::walk::walk;
use crate::journal::reader::{Broken, StartPoint, Valid};
use crate::journal::texts::Dead;
use crate::model::ids::{RunId, Seq};
use crate::model::record::Record;
use crate::model::signed::Realm;
use std::fmt;
use std::path::Path;

/// A journal that is shorter than, or other than, what was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The last record that is left.
    pub after: Seq,
    /// What was acknowledged.
    pub head: Head,
}

impl fmt::Display for Cut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "after {} of {} {}", self.after, self.head.seq, self.head.ckpt)
    }
}

/// What of a run holds.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// Live or drill.
    pub realm: Realm,
    /// The run, as its first record says.
    pub run: RunId,
    /// Its records, up to the last checkpoint that holds.
    pub records: Vec<Record>,
    /// Where the next part begins.
    pub start: StartPoint,
    /// The last checkpoint that holds.
    pub valid: Valid,
    /// Bytes behind it in its part.
    pub tail_bytes: u64,
    /// Their hash.
    pub tail_sha256: Hash,
    /// Later parts that never came to hold anything.
    pub dead: Vec<Dead>,
    /// Whether the run ended: it can be sealed, not resumed.
    pub ended: bool,
    /// Whether something was being written when the conductor ended.
    pub torn: bool,
    /// Damage that is not a torn write: a resume is refused.
    pub problem: Option<Broken>,
    /// The format of a part that is newer than this program's: nothing may be added to it.
    pub newer: Option<String>,
    /// Whether it is shorter than what was acknowledged: a resume needs a reason.
    pub cut: Option<Cut>,
}

/// Reads a run to take it up again. `heads` is where acknowledged heads are kept, outside the run directory.
pub fn recover(dir: &RunDir, heads: Option<&Path>) -> Result<Recovered, JournalError> {
    let mut records = Vec::new();
    let mut ckpts = Vec::new();
    let walk = walk(dir, &mut |record, valid| {
        if record.seq == valid.seq {
            ckpts.push((valid.part, valid.bytes, valid.ckpt));
        }
        records.push(record);
    })?;
    let newer = walk.chain.newer;
    let (Some((realm, run)), Some(valid)) = (walk.chain.who, walk.chain.valid) else {
        let why = match walk.problem {
            Some(broken) => broken.why,
            None => "no checkpoint holds".to_owned(),
        };
        return Err(JournalError::Broken { seq: 1, why });
    };
    let mut problem = walk.problem;
    if problem.is_none() && run != *dir.id() {
        let why = format!("the directory is called {}, its journal is that of {run}", dir.id());
        problem = Some(Broken { seq: Seq(1), why });
    }
    let head = heads.and_then(|heads| Heads::of(heads, &run));
    let is_there = |head: &Head| ckpts.contains(&(head.part, head.bytes, head.ckpt));
    let cut = head.filter(|head| !is_there(head)).map(|head| Cut { after: valid.seq, head });
    let highest = dir.parts()?.last().copied().unwrap_or(0);
    Ok(Recovered {
        realm,
        run,
        records,
        start: StartPoint { part: highest + 1, seq: valid.seq, prev: valid.ckpt, ckpt: Some(valid.ckpt) },
        valid,
        tail_bytes: walk.tail.0,
        tail_sha256: walk.tail.1,
        torn: walk.tail.0 > 0 || !walk.dead.is_empty(),
        dead: walk.dead,
        ended: walk.chain.ended,
        problem,
        newer,
        cut,
    })
}

/// The records of a run up to the last checkpoint that holds.
pub fn read_all(dir: &RunDir) -> Result<Vec<Record>, JournalError> {
    let mut records = Vec::new();
    let walk = walk(dir, &mut |record, _| records.push(record))?;
    match walk.problem {
        Some(broken) => Err(JournalError::Broken { seq: broken.seq.0, why: broken.why }),
        None => Ok(records),
    }
}

/// Hands every record that holds to `take`, in order, one at a time. `Some` is the first thing that does not hold; nothing
/// behind it was handed on.
pub fn read_each(dir: &RunDir, take: &mut dyn FnMut(&Record)) -> Result<Option<Broken>, JournalError> {
    Ok(walk(dir, &mut |record, _| take(&record))?.problem)
}

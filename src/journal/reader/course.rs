//! A journal read from its beginning to its end, with places to come back to: for a replay.
//!
//! `read_through` judges as `recover` does and hands on what a checkpoint covers; `Watched` goes on from there while the
//! journal grows, and takes nothing that no checkpoint covers either. A `Tail` that was kept reads the same records again, and
//! sees where they were changed meanwhile. Nothing here writes, connects or starts anything; `feed::replay` calls it.

use crate::journal::dir::{RunDir, part_name};
use crate::journal::error::JournalError;
use crate::journal::hash::Hash;
use crate::journal::line::{self, Minor};
use crate::journal::reader::chain::Chain;
use crate::journal::reader::lines::Lines;
use crate::journal::reader::walk::walk;
use crate::journal::reader::{Broken, Tail, Valid};
use crate::model::event::Event;
use crate::model::ids::Seq;
use crate::model::record::Record;
use std::io::{Seek, SeekFrom};

/// What a journal was found to be.
pub struct Judged {
    /// The place behind the last record that holds.
    pub end: Tail,
    /// The first thing that does not hold.
    pub problem: Option<Broken>,
    /// Whether something was being written when it ended.
    pub torn: bool,
    /// Goes on from here.
    pub watched: Watched,
}

/// Reads all that holds of a run: each record, and the place behind it where `keep` says that one is wanted.
pub fn read_through(
    dir: &RunDir,
    keep: &mut dyn FnMut(Seq) -> bool,
    take: &mut dyn FnMut(Record, Option<Tail>),
) -> Result<Judged, JournalError> {
    let mut places = Places { at: Tail::open(dir)?, lines: None };
    let mut failed = None;
    let walk = walk(dir, &mut |record, valid| {
        let wanted = keep(record.seq);
        match places.step_over(&record, valid, wanted || record.seq == valid.seq) {
            Ok(()) => take(record, wanted.then(|| places.at.clone())),
            Err(why) => failed = failed.take().or(Some(why)),
        }
    })?;
    if let Some(why) = failed {
        return Err(why);
    }
    let problem = match (walk.problem, walk.chain.valid) {
        (None, None) => Some(Broken { seq: Seq(1), why: "no checkpoint holds".into() }),
        (problem, _) => problem,
    };
    let watched = Watched { chain: walk.chain, at: places.at.clone() };
    Ok(Judged { end: places.at, problem, torn: walk.tail.0 > 0 || !walk.dead.is_empty(), watched })
}

/// Goes over the same lines as a walk, to know where they stand.
struct Places {
    at: Tail,
    lines: Option<Lines>,
}

impl Places {
    fn step_over(&mut self, record: &Record, valid: &Valid, hashed: bool) -> Result<(), JournalError> {
        if self.lines.is_none() || self.at.part != valid.part {
            let name = part_name(valid.part);
            self.lines = Some(Lines::new(self.at.dir.read(&name)?, &name, u64::MAX));
            (self.at.part, self.at.offset) = (valid.part, 0);
        }
        let gone = || JournalError::Broken { seq: record.seq.0, why: "it was there a moment ago".into() };
        let line = self.lines.as_mut().ok_or_else(gone)?.next()?.ok_or_else(gone)?;
        if self.at.offset == 0 {
            self.at.minor = line::format_of(line).unwrap_or(Minor::Ours);
        }
        self.at.offset += line.len() as u64;
        self.at.seq = record.seq;
        // Only where somebody comes back does it matter what is before: a hash for each line would double the time.
        self.at.prev = hashed.then(|| Hash::of(line));
        Ok(())
    }
}

/// A journal that may still be written.
pub struct Watched {
    chain: Chain,
    at: Tail,
}

impl Watched {
    /// The last record that a checkpoint covers by now.
    pub fn look(&mut self) -> Result<Seq, Broken> {
        let unread = |chain: &Chain, why: &JournalError| Broken { seq: chain.next_seq(), why: why.chain() };
        loop {
            self.read_part()?;
            let next = self.at.next_part().map_err(|why| unread(&self.chain, &why))?;
            match next.filter(|(_, valid)| *valid == self.at.offset) {
                Some((part, _)) => {
                    // Nothing is entered before its first record is covered: a part may come to nothing.
                    let before = (self.chain.clone(), self.at.clone());
                    self.chain.enter(part);
                    (self.at.part, self.at.offset) = (part, 0);
                    self.read_part()?;
                    if self.at.offset == 0 {
                        (self.chain, self.at) = before;
                        return Ok(self.at.seq);
                    }
                }
                None => return Ok(self.at.seq),
            }
        }
    }

    /// Reads on in this part, up to its last checkpoint.
    fn read_part(&mut self) -> Result<(), Broken> {
        let mut chain = self.chain.clone();
        let broken = |chain: &Chain, why: JournalError| Broken { seq: chain.next_seq(), why: why.chain() };
        let name = part_name(self.at.part);
        let mut file = self.at.dir.read(&name).map_err(|why| broken(&chain, why))?;
        file.seek(SeekFrom::Start(self.at.offset))
            .map_err(|why| broken(&chain, JournalError::io("read", &name)(why)))?;
        let mut lines = Lines::new(file, &name, u64::MAX);
        let mut offset = self.at.offset;
        while let Some(line) = lines.next().map_err(|why| broken(&chain, why))? {
            let record = chain.take(line)?;
            offset += line.len() as u64;
            if matches!(record.event, Event::Ckpt { .. }) {
                (self.at.offset, self.at.seq) = (offset, record.seq);
                self.chain = chain.clone();
            }
        }
        Ok(())
    }
}

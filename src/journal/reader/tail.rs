//! A journal that is being written, followed by a client.
//!
//! Reads up to a number that the conductor says is durable and not a byte further into meaning; checks that each line
//! follows the one before, and leaves signatures to `recover` and `verify`. Goes over to the next part where that part says.

use crate::journal::dir::{RunDir, part_name};
use crate::journal::error::JournalError;
use crate::journal::hash::Hash;
use crate::journal::line::{self, FMT, LineError, Minor};
use crate::journal::reader::carry::carry;
use crate::journal::reader::first_prev;
use crate::journal::reader::lines::Lines;
use crate::journal::reader::walk::opening;
use crate::model::event::Event;
use crate::model::ids::Seq;
use crate::model::record::Record;
use crate::model::signed::SignedText;
use std::collections::BTreeSet;
use std::io::{Seek, SeekFrom};

/// A place in a journal.
#[derive(Clone)]
pub struct Tail {
    pub(super) dir: RunDir,
    pub(super) part: u32,
    pub(super) offset: u64,
    pub(super) seq: Seq,
    pub(super) prev: Option<Hash>,
    pub(super) minor: Minor,
    /// After this record nothing is known to hold: what stands there is read as it stands, for people to look at.
    holds_to: Seq,
    /// What of a newer format is not known here, and whether that was told.
    foreign: BTreeSet<String>,
    told: usize,
}

impl Tail {
    /// At the beginning.
    pub fn open(dir: &RunDir) -> Result<Self, JournalError> {
        let dir = dir.clone();
        let (seq, prev, minor) = (Seq(0), None, Minor::Ours);
        Ok(Self {
            dir,
            part: 1,
            offset: 0,
            seq,
            prev,
            minor,
            holds_to: Seq(u64::MAX),
            foreign: BTreeSet::new(),
            told: 0,
        })
    }

    /// The same place in a journal of which nothing holds after this record: lines behind it need not follow each other.
    #[must_use]
    pub fn holding_to(mut self, seq: Seq) -> Self {
        self.holds_to = seq;
        self
    }

    /// Where it stands, so that what was read can be said: the part and how much of it.
    pub fn place(&self) -> (u32, u64) {
        (self.part, self.offset)
    }

    /// The number of the last record that was read.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// What a newer tminus wrote that this one does not know, in words; `None` where nothing of it is new.
    pub fn not_known(&mut self) -> Option<String> {
        if self.foreign.len() == std::mem::replace(&mut self.told, self.foreign.len()) {
            return None;
        }
        let names: Vec<&str> = self.foreign.iter().map(String::as_str).collect();
        Some(format!("A newer tminus writes this journal; not known here, and not interpreted: {}.", names.join("; ")))
    }

    /// The records after the last that was read, up to `seq`, which the conductor has acknowledged. A journal that does not
    /// have it is an error.
    pub fn read_to(&mut self, seq: Seq) -> Result<Vec<Record>, JournalError> {
        let mut records = Vec::new();
        while self.seq < seq {
            // Looked for before reading on: what an abandoned part holds behind its valid end was never acknowledged.
            let next = self.next_part()?;
            let limit = next.map(|(_, valid)| valid);
            self.read_part(seq, limit, &mut records)?;
            match next {
                _ if self.seq >= seq => break,
                Some((part, _)) => (self.part, self.offset) = (part, 0),
                None => {
                    let why = "it is acknowledged and not there".to_owned();
                    return Err(JournalError::Broken { seq: self.seq.0 + 1, why });
                }
            }
        }
        Ok(records)
    }

    /// The part that takes this one up, and how much of this one is valid.
    pub(super) fn next_part(&self) -> Result<Option<(u32, u64)>, JournalError> {
        if !self.dir.has(&part_name(self.part + 1)) {
            return Ok(None);
        }
        let parts = self.dir.parts()?;
        for part in parts.into_iter().rev().take_while(|part| *part > self.part) {
            let text = opening(&self.dir, part)?;
            let number = |text: &SignedText, key: &str| text.get(key)?.parse::<u64>().ok();
            let parent = text.as_ref().and_then(|text| number(text, "parent"));
            if parent == Some(u64::from(self.part)) {
                let valid = text.as_ref().and_then(|text| number(text, "valid bytes"));
                return Ok(valid.map(|valid| (part, valid)));
            }
        }
        Ok(None)
    }

    fn read_part(&mut self, seq: Seq, limit: Option<u64>, records: &mut Vec<Record>) -> Result<(), JournalError> {
        let name = part_name(self.part);
        let mut file = self.dir.read(&name)?;
        file.seek(SeekFrom::Start(self.offset)).map_err(JournalError::io("read", &name))?;
        let left = limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.offset));
        let mut lines = Lines::new(file, &name, left);
        while self.seq < seq
            && let Some(bytes) = lines.next()?
        {
            records.push(self.take(bytes)?);
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Record, JournalError> {
        let seq = self.seq.0 + 1;
        let wrong = |source| JournalError::Line { seq, source };
        if self.offset == 0 {
            self.minor = match line::format_of(bytes) {
                Err(LineError::Newer(found)) => {
                    return Err(JournalError::Newer { found, ours: FMT });
                }
                Ok(minor) => minor,
                Err(error) => return Err(wrong(error)),
            };
        }
        let mut line = line::decode(bytes, self.minor).map_err(wrong)?;
        carry(&self.dir, &mut line.record);
        let broken = |why: &str| JournalError::Broken { seq, why: why.to_owned() };
        if line.record.seq.0 != seq {
            return Err(broken("a record with another number stands in its place"));
        }
        let expected = match (&self.prev, &line.record.event) {
            (Some(prev), _) => *prev,
            (None, Event::Genesis { text, .. }) => {
                let text = SignedText::decode(text);
                let text = text.ok_or_else(|| broken("its signed text is not written as one is"))?;
                first_prev(text.realm, &text.run)
            }
            (None, _) => return Err(broken("a run begins with genesis")),
        };
        if line.prev != expected && line.record.seq <= self.holds_to {
            return Err(broken("it does not follow the record before it"));
        }
        let more = line::MOST_FOREIGN.saturating_sub(self.foreign.len());
        self.foreign.extend(line.foreign.into_iter().take(more));
        self.prev = Some(Hash::of(bytes));
        self.seq = line.record.seq;
        self.offset += bytes.len() as u64;
        Ok(line.record)
    }
}

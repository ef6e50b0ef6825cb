//! The chain: judges line after line, and says which one does not follow.
//!
//! Numbers and hashes go on from line to line and from part to part; a checkpoint states what is before it and is signed by
//! the key that the text before it named. Fed with bytes, it opens no file and remembers no record. `walk` drives it.

use crate::journal::ckpt::{self, Ckpt, Next};
use crate::journal::hash::{Hash, Running};
use crate::journal::line::{self, Minor};
use crate::journal::reader::{Broken, Valid, first_prev};
use crate::journal::texts;
use crate::model::event::Event;
use crate::model::ids::{RunId, Seq};
use crate::model::record::Record;
use crate::model::signed::{Realm, SignedText};
use std::collections::BTreeSet;

/// What was judged up to here.
#[derive(Clone)]
pub(crate) struct Chain {
    /// Live or drill, and which run; known after the first line.
    pub(crate) who: Option<(Realm, RunId)>,
    /// The last checkpoint that held.
    pub(crate) valid: Option<Valid>,
    /// Whether a checkpoint said that no key signs after it.
    pub(crate) ended: bool,
    /// The format of a part that is newer than this program's.
    pub(crate) newer: Option<String>,
    /// What of it is not known here, by name.
    pub(crate) foreign: BTreeSet<String>,
    part: u32,
    minor: Minor,
    seq: Seq,
    prev: Hash,
    key: [u8; 32],
    prefix: Running,
    bytes: u64,
    lines: u64,
}

impl Chain {
    /// Before the first line of a run.
    pub(crate) fn new() -> Self {
        Self {
            who: None,
            valid: None,
            ended: false,
            newer: None,
            foreign: BTreeSet::new(),
            part: 0,
            minor: Minor::Ours,
            seq: Seq(0),
            prev: Hash([0; 32]),
            key: [0; 32],
            prefix: Running::new(),
            bytes: 0,
            lines: 0,
        }
    }

    /// Goes on in another part.
    pub(crate) fn enter(&mut self, part: u32) {
        self.part = part;
        self.prefix = Running::new();
        self.bytes = 0;
        self.lines = 0;
    }

    /// The part that is walked over, and the number of the record in its first line.
    pub(crate) fn here(&self) -> (u32, Seq) {
        (self.part, Seq(self.seq.0 - self.lines + 1))
    }

    /// The number that the next line has to have.
    pub(crate) fn next_seq(&self) -> Seq {
        Seq(self.seq.0 + 1)
    }

    /// Judges the next line. After an error the chain is where it was.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Record, Broken> {
        let next = self.next_seq();
        self.judge(bytes).map_err(|fault| match fault {
            Fault::Here(why) => Broken { seq: next, why },
            // What a checkpoint covers is as it was, so then it is this line that lies about it.
            Fault::Link if self.seq.0 == 0 || self.valid.is_some_and(|valid| valid.seq == self.seq) => {
                let why = "it does not follow the record before it: its prev is another hash";
                Broken { seq: next, why: why.into() }
            }
            Fault::Link => {
                let why = "it was changed: the record after it has another hash of it";
                Broken { seq: self.seq, why: why.into() }
            }
        })
    }

    fn judge(&mut self, bytes: &[u8]) -> Result<Record, Fault> {
        if self.ended {
            return Err(Fault::Here("it stands after the checkpoint that ended the run".into()));
        }
        let first = self.lines == 0;
        let minor = if first { line::format_of(bytes) } else { Ok(self.minor) };
        let minor = minor.map_err(|error| error.to_string())?;
        let line = line::decode(bytes, minor).map_err(|error| error.why())?;
        let record = line.record;
        if record.seq != self.next_seq() {
            let why = format!("a record with the number {} stands in its place", record.seq);
            return Err(Fault::Here(why));
        }
        let opening = self.opening(&record.event, first)?;
        let expected = match (&opening, self.part) {
            (Some(opening), 1) => first_prev(opening.realm, &opening.run),
            (Some(_) | None, _) => self.prev,
        };
        if line.prev != expected {
            return Err(Fault::Link);
        }
        let hash = Hash::of(bytes);
        if let Event::Ckpt { text, sig } = &record.event {
            self.checkpoint(&record, line.prev, (text, sig))?;
        }
        if let Some(opening) = opening {
            self.who = Some((opening.realm, opening.run));
            self.key = opening.key;
            self.minor = minor;
            self.newer = opening.newer.filter(|_| minor == Minor::Newer).or(self.newer.take());
        }
        let more = line::MOST_FOREIGN.saturating_sub(self.foreign.len());
        self.foreign.extend(line.foreign.into_iter().take(more));
        self.step_over(bytes, hash);
        if matches!(record.event, Event::Ckpt { .. }) {
            self.valid = Some(Valid {
                part: self.part,
                seq: record.seq,
                bytes: self.bytes,
                sha256: Hash::so_far(&self.prefix),
                ckpt: hash,
            });
        }
        Ok(record)
    }

    fn step_over(&mut self, bytes: &[u8], hash: Hash) {
        self.prefix.update(bytes);
        self.bytes += bytes.len() as u64;
        self.lines += 1;
        self.seq = self.next_seq();
        self.prev = hash;
    }

    /// Judges the first record of a part; that it is first, and that no other is of its kind.
    fn opening(&self, event: &Event, first: bool) -> Result<Option<Opening>, String> {
        let Some((kind, text)) = texts::of(event) else {
            let why = "a part begins with genesis, resume or continue";
            return if first { Err(why.into()) } else { Ok(None) };
        };
        if !first {
            return Err(format!("a {kind} stands in the middle of a part"));
        }
        if (kind == "genesis") != (self.part == 1) {
            return Err(format!("part {} begins with {kind}", self.part));
        }
        let text = SignedText::decode(text).ok_or("its signed text is not written as one is")?;
        if text.kind != kind {
            return Err(format!("its signed text is one of {}", text.kind));
        }
        let key = text.get("run key").and_then(Hash::parse).ok_or("it names no run key")?.0;
        if let Some((realm, run)) = &self.who {
            if (text.realm, &text.run) != (*realm, run) {
                return Err("its signed text is one of another run".into());
            }
            self.continues(&text)?;
            if kind == "continue" && key != self.key {
                return Err("it goes on with another run key than the one in force".into());
            }
        }
        let newer = text.get("fmt").map(str::to_owned);
        Ok(Some(Opening { realm: text.realm, run: text.run, key, newer }))
    }

    fn continues(&self, text: &SignedText) -> Result<(), String> {
        let valid = self.valid.as_ref().ok_or("nothing valid is before it")?;
        let said = |key: &str| text.get(key).unwrap_or_default();
        for (key, is) in [
            ("part", self.part.to_string()),
            ("parent", valid.part.to_string()),
            ("valid bytes", valid.bytes.to_string()),
            ("valid sha256", valid.sha256.hex()),
            ("last ckpt", valid.ckpt.hex()),
        ] {
            if said(key) != is {
                return Err(format!("it says {key} {}, but it is {is}", said(key)));
            }
        }
        Ok(())
    }

    fn checkpoint(&mut self, record: &Record, prev: Hash, (text, sig): (&str, &str)) -> Result<(), String> {
        let (realm, run, ckpt) = Ckpt::read(text).ok_or("its text is not a checkpoint's")?;
        if self.who.as_ref() != Some(&(realm, run)) {
            return Err("its checkpoint is one of another run".into());
        }
        let place = (ckpt.part, ckpt.seq, ckpt.at, ckpt.prev);
        if place != (self.part, record.seq, record.at, prev) {
            return Err("its checkpoint was signed for another place".into());
        }
        if (ckpt.records, ckpt.bytes) != (self.lines, self.bytes) {
            let (records, bytes, lines, length) = (ckpt.records, ckpt.bytes, self.lines, self.bytes);
            let what = "what is before it in this part is not what was there when it was signed";
            return Err(format!(
                "{what}: it counts {records} records and {bytes} bytes, and there are {lines} and {length}"
            ));
        }
        if ckpt.sha256 != Hash::so_far(&self.prefix) {
            return Err("its checkpoint has another hash of what is before it".into());
        }
        if ckpt.before != self.valid.as_ref().map(|valid| valid.ckpt) {
            return Err("its checkpoint follows another checkpoint".into());
        }
        if ckpt.key != self.key {
            return Err("its checkpoint is by a key that is not in force".into());
        }
        if !ckpt::signed_by(&self.key, text, sig) {
            return Err("the signature of its checkpoint does not hold".into());
        }
        match ckpt.next {
            Next::Same => {}
            Next::Key(key) => self.key = key,
            Next::End => self.ended = true,
        }
        Ok(())
    }
}

/// What is wrong with a line.
enum Fault {
    /// It is this line.
    Here(String),
    /// This line and the one before it do not fit each other.
    Link,
}

impl From<String> for Fault {
    fn from(why: String) -> Self {
        Self::Here(why)
    }
}

/// What a part's first record says of the run.
struct Opening {
    realm: Realm,
    run: RunId,
    key: [u8; 32],
    newer: Option<String>,
}

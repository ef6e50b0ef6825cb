//! The present part: facts that wait, and how they become durable records.
//!
//! Facts get their numbers when they are written, never earlier, so a batch that could not be made durable can be written
//! again elsewhere under the same ones. One commit is one write of lines and a signed checkpoint, then a sync. The place moves
//! on only after that. Only the writer's thread comes here.

use crate::journal::ckpt::{Ckpt, Next};
use crate::journal::dir::part_name;
use crate::journal::error::JournalError;
use crate::journal::hash::{Hash, Running};
use crate::journal::keys::RunKey;
use crate::journal::line;
use crate::journal::reader::{StartPoint, Valid};
use crate::journal::storage::{FileNo, Storage};
use crate::model::event::Event;
use crate::model::ids::{RunId, Seq};
use crate::model::record::Record;
use crate::model::signed::Realm;
use crate::model::time::Stamp;

/// Where the next line stands.
#[derive(Clone)]
struct Place {
    seq: Seq,
    prev: Hash,
    ckpt: Option<Hash>,
    prefix: Running,
    bytes: u64,
    lines: u64,
}

/// What the next checkpoint says of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyMove {
    /// It stays.
    Stay,
    /// Another is drawn.
    Move,
    /// None follows.
    End,
}

/// The part that is written.
pub(super) struct Book {
    pub(super) realm: Realm,
    pub(super) run: RunId,
    pub(super) part: u32,
    /// Facts that are not durable yet.
    pub(super) waiting: Vec<(Stamp, Event)>,
    /// Up to where it is acknowledged; none before the first commit.
    pub(super) valid: Option<Valid>,
    file: FileNo,
    place: Place,
    key: Option<RunKey>,
}

impl Book {
    /// Makes the part and writes its first record with a checkpoint. Nothing is in it unless this returns.
    pub(super) fn begin(
        storage: &mut dyn Storage,
        (realm, run): (Realm, RunId),
        (start, key): (&StartPoint, RunKey),
        (at, first): (Stamp, Event),
    ) -> Result<(Self, Vec<Record>), JournalError> {
        let name = part_name(start.part);
        let file = storage.create(&name).map_err(JournalError::io("make", &name))?;
        let place =
            Place { seq: start.seq, prev: start.prev, ckpt: start.ckpt, prefix: Running::new(), bytes: 0, lines: 0 };
        let part = start.part;
        let waiting = vec![(at, first)];
        let key = Some(key);
        let mut book = Self { realm, run, part, waiting, valid: None, file, place, key };
        let records = book.commit(storage, at, KeyMove::Stay)?;
        storage.sync_names("").map_err(JournalError::io("sync", "the run directory"))?;
        Ok((book, records))
    }

    /// Goes on in another part under the same key, after something could not be made durable in this one. What waits, waits
    /// on; `dead` are parts in between that came to nothing.
    pub(super) fn go_on(
        &mut self,
        storage: &mut dyn Storage,
        at: Stamp,
        (part, first): (u32, Event),
    ) -> Result<Vec<Record>, JournalError> {
        let valid = self.valid.expect("a book has a checkpoint from its first commit on");
        let name = part_name(part);
        let file = storage.create(&name).map_err(JournalError::io("make", &name))?;
        let before = self.place.clone();
        let was = (self.file, self.part, std::mem::take(&mut self.waiting));
        self.place = Place {
            seq: valid.seq,
            prev: valid.ckpt,
            ckpt: Some(valid.ckpt),
            prefix: Running::new(),
            bytes: 0,
            lines: 0,
        };
        (self.file, self.part) = (file, part);
        self.waiting.push((at, first));
        let begun = self.commit(storage, at, KeyMove::Stay).and_then(|records| {
            storage.sync_names("").map_err(JournalError::io("sync", "the run directory"))?;
            Ok(records)
        });
        self.waiting = was.2;
        if begun.is_err() {
            // Whatever came of that part, nothing in it was acknowledged: the part before stays the one to go on from.
            storage.close(file);
            (self.file, self.part, self.place, self.valid) = (was.0, was.1, before, Some(valid));
        } else {
            storage.close(was.0);
        }
        begun
    }

    /// Nothing is written to this part's file any more: another storage takes the place of this one.
    pub(super) fn leave(&mut self, storage: &mut dyn Storage) {
        storage.close(std::mem::replace(&mut self.file, FileNo::NONE));
    }

    /// Makes everything that waits durable, with a checkpoint, and gives the records. After an error what waited still waits.
    pub(super) fn commit(
        &mut self,
        storage: &mut dyn Storage,
        at: Stamp,
        moves: KeyMove,
    ) -> Result<Vec<Record>, JournalError> {
        let name = part_name(self.part);
        let mut place = self.place.clone();
        let mut bytes = Vec::with_capacity(1024 + 320 * self.waiting.len());
        let mut records = Vec::with_capacity(self.waiting.len() + 1);
        for (at, event) in &self.waiting {
            let seq = Seq(place.seq.0 + 1);
            let record = Record { seq, at: *at, event: event.clone() };
            place.write(&record, &mut bytes)?;
            records.push(record);
        }
        let drawn = (moves == KeyMove::Move).then(RunKey::generate);
        let next = match (moves, &drawn) {
            (KeyMove::End, _) => Next::End,
            (KeyMove::Move, Some(key)) => Next::Key(key.public()),
            (KeyMove::Stay, _) | (KeyMove::Move, None) => Next::Same,
        };
        records.push(self.checkpoint(&mut place, (at, next), &mut bytes)?);
        storage.append(self.file, &bytes).map_err(JournalError::io("write", &name))?;
        storage.sync(self.file).map_err(JournalError::io("sync", &name))?;
        // Only now is the former key wiped: until the sync it is the one that can still say what went wrong.
        match moves {
            KeyMove::End => self.key = None,
            KeyMove::Move => self.key = drawn,
            KeyMove::Stay => {}
        }
        self.valid = Some(Valid {
            part: self.part,
            seq: place.seq,
            bytes: place.bytes,
            sha256: Hash::so_far(&place.prefix),
            ckpt: place.prev,
        });
        self.place = place;
        self.waiting.clear();
        Ok(records)
    }

    /// Writes a checkpoint over everything up to `place`.
    fn checkpoint(
        &self,
        place: &mut Place,
        (at, next): (Stamp, Next),
        bytes: &mut Vec<u8>,
    ) -> Result<Record, JournalError> {
        let key = self.key.as_ref().ok_or(JournalError::Superseded)?;
        let ckpt = Ckpt {
            part: self.part,
            seq: Seq(place.seq.0 + 1),
            prev: place.prev,
            at,
            records: place.lines,
            bytes: place.bytes,
            sha256: Hash::so_far(&place.prefix),
            before: place.ckpt,
            key: key.public(),
            next,
        };
        let event = ckpt.sign(self.realm, &self.run, key);
        let record = Record { seq: ckpt.seq, at, event };
        place.write(&record, bytes)?;
        place.ckpt = Some(place.prev);
        Ok(record)
    }

    /// The public half of the key in force, hex; none after the end.
    pub(super) fn key_hex(&self) -> Option<String> {
        self.key.as_ref().map(RunKey::public_hex)
    }
}

impl Place {
    fn write(&mut self, record: &Record, bytes: &mut Vec<u8>) -> Result<(), JournalError> {
        let line =
            line::encode(record, &self.prev).map_err(|source| JournalError::Line { seq: record.seq.0, source })?;
        self.prefix.update(&line);
        self.bytes += line.len() as u64;
        self.lines += 1;
        self.prev = Hash::of(&line);
        self.seq = record.seq;
        bytes.extend_from_slice(&line);
        Ok(())
    }
}

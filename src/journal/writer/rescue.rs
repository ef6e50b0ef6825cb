//! What becomes of a journal that could not be written or synced.
//!
//! A failed sync is never tried again on the same file: another part goes on, and everything that was not acknowledged is
//! written again. If that fails too, or the disk is full, the kept room is freed and takes the records without the output,
//! and the run is told to start nothing more. Output is held meanwhile, and records too where even that fails: all of it is
//! written when the disk has room again, or in another directory. What is not durable is never said to be.

use crate::journal::dir::part_name;
use crate::journal::error::JournalError;
use crate::journal::texts;
use crate::journal::writer::Report;
use crate::journal::writer::book::KeyMove;
use crate::journal::writer::thread::{AGAIN, HELD, Health, RESERVE, RESERVE_NAME, Writer};
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepId};
use crate::model::time::Stamp;
use std::io::ErrorKind;

/// What is known of a failure that lasts.
#[derive(Default)]
pub(super) struct Failure {
    /// Why, in words.
    pub(super) why: String,
    /// It may pass by itself: the disk was full.
    pub(super) may_pass: bool,
    /// A record of it is written, or waits.
    pub(super) said: bool,
    /// When it was last tried again.
    pub(super) tried: Stamp,
    /// Extents of output that is only held.
    pub(super) extents: Vec<(Stamp, Event)>,
    /// Nothing is written until another directory is ready or came to nothing.
    pub(super) frozen: bool,
}

impl Writer {
    /// Goes on after `error`, as well as can be.
    pub(super) fn rescue(&mut self, error: &JournalError) {
        if matches!(error, JournalError::Superseded | JournalError::Line { .. }) {
            return self.die(words(error));
        }
        match self.health {
            Health::Well => {
                // Another file does not help against a full disk.
                if is_full(error) || self.go_on_elsewhere(&error.chain()).is_err() {
                    self.hold_back(error);
                }
            }
            Health::Reserve => {
                self.health = Health::Dead;
                self.say_failed();
            }
            Health::Dead | Health::Gone => {}
        }
    }

    fn go_on_elsewhere(&mut self, why: &str) -> Result<(), JournalError> {
        self.next_part(why)?;
        self.write_all_again()?;
        let records = self.try_commit(self.now(), KeyMove::Stay)?;
        self.report_durable(records);
        Ok(())
    }

    fn write_all_again(&mut self) -> Result<(), JournalError> {
        self.outputs.write_again(&mut *self.storage).map_err(JournalError::io("write", "output"))?;
        let closed = self.outputs.close_extents(&mut *self.storage, &mut self.book.waiting);
        closed.map_err(JournalError::io("write", "output"))
    }

    /// From here on output is held, and records go to the room that was kept, where they can.
    pub(super) fn hold_back(&mut self, error: &JournalError) {
        let at = self.now();
        self.failure.why = words(error);
        self.failure.may_pass = is_full(error);
        self.failure.tried = at;
        self.outputs.hold(HELD);
        // What commits to output that is not there waits with it.
        let (extents, later) = std::mem::take(&mut self.book.waiting)
            .into_iter()
            .partition(|(_, event)| matches!(event, Event::Output { .. }));
        let extents: Vec<_> = extents;
        self.failure.extents.extend(extents);
        if !std::mem::replace(&mut self.failure.said, true) {
            self.book.waiting.push((at, Event::JournalFailed { why: error.chain() }));
        }
        let freed = self.storage.remove(RESERVE_NAME).map_err(JournalError::io("free", RESERVE_NAME));
        let why = error.chain();
        let went_on = freed.and_then(|()| self.next_part(&why)).and_then(|()| self.try_commit(at, KeyMove::Stay));
        let later: Vec<_> = later;
        self.health = match went_on {
            Ok(records) => {
                self.report_durable(records);
                Health::Reserve
            }
            Err(JournalError::Superseded) => return self.die(why),
            Err(_) => Health::Dead,
        };
        self.say_failed();
        self.book.waiting.extend(later);
        self.again_urgent();
    }

    pub(super) fn say_failed(&self) {
        let (why, records) = (self.failure.why.clone(), self.can_record());
        let _ = self.reports.send(Report::Failed { why, records });
    }

    fn die(&mut self, why: String) {
        if self.health != Health::Gone {
            self.health = Health::Gone;
            self.failure.why = why;
            self.outputs.hold(0);
            self.give_up(None);
            self.book.waiting.clear();
            self.say_failed();
        }
    }

    /// Whether a record can come to the disk.
    pub(super) fn can_record(&self) -> bool {
        match self.health {
            Health::Well | Health::Reserve => true,
            Health::Dead | Health::Gone => false,
        }
    }

    /// Whether nothing can be written now: at all, or since the end of an attempt waits whose output is only held.
    pub(super) fn is_stalled(&self) -> bool {
        let waits_for_output = |event: &Event| match event {
            Event::StepExited { step, attempt, .. } => self.outputs.holds(step, *attempt),
            _anything_else => false,
        };
        match self.health {
            Health::Well => false,
            Health::Reserve => {
                self.failure.frozen || self.book.waiting.iter().any(|(_, event)| waits_for_output(event))
            }
            Health::Dead | Health::Gone => true,
        }
    }

    /// Tries a full disk again, now and then: somebody may have made room.
    pub(super) fn try_again(&mut self) {
        let now = self.now();
        let broken = matches!(self.health, Health::Reserve | Health::Dead);
        if !broken || !self.failure.may_pass || self.failure.frozen || now.since(self.failure.tried) < AGAIN {
            return;
        }
        self.failure.tried = now;
        let wanted = RESERVE + self.outputs.to_write();
        let room = self.storage.remove(RESERVE_NAME).and_then(|()| self.storage.reserve(RESERVE_NAME, wanted));
        // Only to see whether there is room for what is to be written again and for the reserve itself.
        let _ = self.storage.remove(RESERVE_NAME);
        if room.is_ok() {
            self.mend("the disk has room again");
        }
    }

    /// Writes everything that is held into another part. After an error it is held on, and not more than before.
    pub(super) fn mend(&mut self, why: &str) {
        let room = self.outputs.room().unwrap_or(HELD);
        if let Err(error) = self.try_to_mend(why) {
            self.outputs.hold(room);
            self.hold_back(&error);
        }
    }

    fn try_to_mend(&mut self, why: &str) -> Result<(), JournalError> {
        self.storage
            .remove(RESERVE_NAME)
            .and_then(|()| self.storage.reserve(RESERVE_NAME, RESERVE))
            .map_err(JournalError::io("keep 8 MiB of room in", self.dir.path().display().to_string()))?;
        self.next_part(why)?;
        // In order: what was said of the failure, what was printed meanwhile, what was lost of it, what came after.
        let waiting = std::mem::take(&mut self.book.waiting);
        let (first, later): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, event)| matches!(event, Event::JournalFailed { .. }));
        self.book.waiting = first;
        // Only held, so nothing is written and nothing can fail.
        let _ = self.outputs.close_extents(&mut *self.storage, &mut self.failure.extents);
        self.book.waiting.append(&mut self.failure.extents);
        self.say_dropped(None);
        self.book.waiting.extend(later);
        self.outputs.release();
        self.outputs.write_again(&mut *self.storage).map_err(JournalError::io("write", "output"))?;
        let records = self.try_commit(self.now(), KeyMove::Stay)?;
        self.health = Health::Well;
        self.failure = Failure::default();
        self.report_durable(records);
        let _ = self.reports.send(Report::Mended);
        Ok(())
    }

    /// Gives up what is held of an attempt, or of all, and counts it.
    pub(super) fn give_up(&mut self, of: Option<(&StepId, Attempt)>) {
        let is_it = |event: &Event| match event {
            Event::Output { step, attempt, .. } => of.is_none_or(|of| of == (step, *attempt)),
            _anything_else => false,
        };
        self.failure.extents.retain(|(_, event)| !is_it(event));
        for (step, attempt, bytes) in self.outputs.give_up(&mut *self.storage, of) {
            self.drop_output(step, attempt, bytes);
        }
    }

    /// The journal is closed: what is only held is lost, and what waited for it is not said, since it is not so any more.
    pub(super) fn give_up_held(&mut self) {
        self.failure.frozen = false;
        if self.outputs.room().is_some() {
            if self.is_stalled() {
                self.book.waiting.clear();
            }
            self.give_up(None);
            self.outputs.release();
        }
    }

    fn next_part(&mut self, why: &str) -> Result<(), JournalError> {
        if self.is_superseded() {
            return Err(JournalError::Superseded);
        }
        let valid = self.book.valid.expect("a book has a checkpoint from its first commit on");
        let key = self.book.key_hex().ok_or(JournalError::Superseded)?;
        let newest = self.newest;
        let dead: Vec<u32> = (valid.part + 1..=newest).collect();
        let who = (self.book.realm, &self.book.run);
        let moved = self.moved_from.as_ref().map(|(from, to)| (from.as_str(), to.as_str()));
        let text = texts::go_on(who, newest + 1, &valid, &key, (&dead, moved, why)).encode();
        let (fmt, sig) = (crate::journal::line::FMT.to_owned(), "-".to_owned());
        let first = Event::Continue { fmt, text, sig };
        let at = self.now();
        let begun = self.book.go_on(&mut *self.storage, at, (newest + 1, first));
        // A part that was made and came to nothing is left behind; the next one names it.
        if self.dir.has(&part_name(newest + 1)) {
            self.newest = newest + 1;
        }
        self.report_durable(begun?);
        self.moved_from = None;
        Ok(())
    }

    /// Counts output that is not kept, and says so.
    pub(super) fn drop_output(&mut self, step: StepId, attempt: Attempt, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let report = Report::NotKept { step: step.clone(), attempt, bytes };
        let _ = self.reports.send(report);
        let is_it = |dropped: &&mut (StepId, Attempt, u64)| dropped.0 == step && dropped.1 == attempt;
        match self.dropped.iter_mut().find(is_it) {
            Some(dropped) => dropped.2 += bytes,
            None => self.dropped.push((step, attempt, bytes)),
        }
    }

    /// Records what was dropped, of one attempt or of all.
    pub(super) fn say_dropped(&mut self, of: Option<(&StepId, Attempt)>) {
        let at = self.now();
        let is_it = |step: &StepId, attempt| of.is_none_or(|of| of == (step, attempt));
        let (said, left) =
            std::mem::take(&mut self.dropped).into_iter().partition(|(step, attempt, _)| is_it(step, *attempt));
        self.dropped = left;
        let lost = |(step, attempt, bytes)| (at, Event::OutputLost { step, attempt, bytes });
        let said: Vec<(StepId, Attempt, u64)> = said;
        self.book.waiting.extend(said.into_iter().map(lost));
    }
}

/// Why, in the fewest words.
fn words(error: &JournalError) -> String {
    if is_full(error) { "disk full".into() } else { error.chain() }
}

/// Whether there is no room.
fn is_full(error: &JournalError) -> bool {
    let JournalError::Io { source, .. } = error else {
        return false;
    };
    let kinds = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
    kinds.contains(&source.kind())
}

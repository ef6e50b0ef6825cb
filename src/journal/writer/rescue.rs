//! What becomes of a journal that could not be written or synced.
//!
//! A failed sync is never tried again on the same file: another part goes on, and everything that was not acknowledged is
//! written again. If that fails too, or the disk is full, the kept room is freed and takes the records without the output,
//! and the run is told to start nothing more. If even that fails, nothing is durable any more and nothing is said to be.

use crate::journal::dir::part_name;
use crate::journal::error::JournalError;
use crate::journal::texts;
use crate::journal::writer::Report;
use crate::journal::writer::book::KeyMove;
use crate::journal::writer::thread::{Health, RESERVE_NAME, Writer};
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepId};
use std::io::ErrorKind;

impl Writer {
    /// Goes on after `error`, as well as can be.
    pub(super) fn rescue(&mut self, error: &JournalError) {
        let why = error.chain();
        if matches!(error, JournalError::Superseded | JournalError::Line { .. }) {
            return self.die(why);
        }
        match self.health {
            Health::Well => {}
            Health::Reserve => return self.die(why),
            Health::Dead => return,
        }
        // Another file does not help against a full disk.
        if is_full(error) || self.go_on_elsewhere(&why).is_err() {
            self.go_on_in_reserve(why);
        }
    }

    fn go_on_elsewhere(&mut self, why: &str) -> Result<(), JournalError> {
        self.next_part(why)?;
        self.outputs
            .write_again(&mut *self.storage, &mut self.book.waiting)
            .map_err(JournalError::io("write", "output"))?;
        let closed = self.outputs.close_extents(&mut *self.storage, &mut self.book.waiting);
        closed.map_err(JournalError::io("write", "output"))?;
        let records = self.try_commit(self.now(), KeyMove::Stay)?;
        self.report_durable(records);
        Ok(())
    }

    fn go_on_in_reserve(&mut self, why: String) {
        self.health = Health::Reserve;
        let at = self.now();
        // What was to be committed of output is not there: the count of it takes its place.
        self.book.waiting.retain(|(_, event)| !matches!(event, Event::Output { .. }));
        for (step, attempt, bytes) in self.outputs.give_up(&mut *self.storage) {
            self.drop_output(step, attempt, bytes);
        }
        self.say_dropped(None);
        let said = why.clone();
        self.book.waiting.push((at, Event::JournalFailed { why: said }));
        let freed = self.storage.remove(RESERVE_NAME);
        let went_on = freed
            .map_err(JournalError::io("free", RESERVE_NAME))
            .and_then(|()| self.next_part(&why))
            .and_then(|()| self.try_commit(at, KeyMove::Stay));
        match went_on {
            Ok(records) => {
                self.report_durable(records);
                let _ = self.reports.send(Report::Failed { why });
            }
            Err(_) => self.die(why),
        }
    }

    fn die(&mut self, why: String) {
        if self.health != Health::Dead {
            self.health = Health::Dead;
            for (step, attempt, bytes) in self.outputs.give_up(&mut *self.storage) {
                self.drop_output(step, attempt, bytes);
            }
            self.book.waiting.clear();
            let _ = self.reports.send(Report::Failed { why });
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
        let text = texts::go_on(who, newest + 1, &valid, &key, (&dead, why)).encode();
        let (fmt, sig) = (crate::journal::line::FMT.to_owned(), "-".to_owned());
        let first = Event::Continue { fmt, text, sig };
        let at = self.now();
        let begun = self.book.go_on(&mut *self.storage, at, (newest + 1, first));
        // A part that was made and came to nothing is left behind; the next one names it.
        if self.dir.has(&part_name(newest + 1)) {
            self.newest = newest + 1;
        }
        self.report_durable(begun?);
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

/// Whether there is no room.
fn is_full(error: &JournalError) -> bool {
    let JournalError::Io { source, .. } = error else {
        return false;
    };
    let kinds = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
    kinds.contains(&source.kind())
}

//! The loop: takes orders, commits in time, reports what became durable.
//!
//! A barrier is committed at once; anything else within a second, sooner where syncs are quick; a quiet journal gets a
//! checkpoint and another run key every minute. Orders are taken to the end even when nothing can be written any more, so
//! that a process that prints is never blocked by a broken disk.

use crate::journal::dir::{Lock, RunDir, part_name};
use crate::journal::error::JournalError;
use crate::journal::head::Head;
use crate::journal::storage::Storage;
use crate::journal::texts;
use crate::journal::writer::book::{Book, KeyMove};
use crate::journal::writer::outputs::Outputs;
use crate::journal::writer::rescue::Failure;
use crate::journal::writer::{Beginning, Chunk, Closing, Now, Order, Report, weight};
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepId};
use crate::model::record::Record;
use crate::model::signed::SignedText;
use crate::model::time::Stamp;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

/// So long a fact that nobody waits for may wait, where a sync is quick.
const SOON: Duration = Duration::from_millis(200);
/// And so long at most.
const LATE: Duration = Duration::from_secs(1);
/// A sync under this is quick.
const QUICK: Duration = Duration::from_millis(20);
/// A run key lives no longer, and a quiet journal gets a checkpoint this often.
const KEY_LIFE: Duration = Duration::from_secs(60);
/// So much output may be without a sync.
const UNSYNCED: u64 = 16 << 20;
/// Room kept so that a full disk can be said in the journal.
pub(super) const RESERVE: u64 = 8 << 20;
pub(super) const RESERVE_NAME: &str = "reserve";

/// So much output is held in memory while it cannot be written, beside what was not acknowledged when it failed.
pub(super) const HELD: u64 = 8 << 20;
/// How often a full disk is tried again.
pub(super) const AGAIN: Duration = Duration::from_secs(2);

/// How well the journal can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// As it should.
    Well,
    /// Records only, in the room that was kept for it; output is held, then dropped and counted.
    Reserve,
    /// Not at all; records wait.
    Dead,
    /// Not at all and never again: another conductor has the run, or what is to be written is no record.
    Gone,
}

/// The writer's thread.
pub(super) struct Writer {
    pub(super) storage: Box<dyn Storage>,
    pub(super) book: Book,
    pub(super) outputs: Outputs,
    pub(super) health: Health,
    pub(super) failure: Failure,
    /// The directory that the journal left and the one that it is in, until a part says so.
    pub(super) moved_from: Option<(String, String)>,
    /// Locks of directories that the journal left: nobody takes the run up there.
    pub(super) left: Vec<Arc<Lock>>,
    /// What was dropped of attempts that still print.
    pub(super) dropped: Vec<(StepId, Attempt, u64)>,
    /// The highest part that was made, or tried.
    pub(super) newest: u32,
    pub(super) reports: UnboundedSender<Report>,
    pub(super) dir: RunDir,
    pub(super) lock: Arc<Lock>,
    room: Arc<Semaphore>,
    now: Now,
    /// A barrier waits.
    urgent: bool,
    move_asked: bool,
    moved: Stamp,
    committed: Stamp,
    /// When the first fact or byte came that is not committed.
    since: Option<Stamp>,
    /// How long the last commit took.
    took: Duration,
}

impl Writer {
    /// Begins the part; its first record is durable, and reported, when this returns.
    pub(super) fn begin(
        mut storage: Box<dyn Storage>,
        beginning: Beginning,
        now: Now,
        (reports, room): (UnboundedSender<Report>, Arc<Semaphore>),
    ) -> Result<Self, JournalError> {
        let Beginning { dir, lock, first, start, key } = beginning;
        let opening = texts::of(&first).and_then(|(_, text)| SignedText::decode(text));
        let text = opening.ok_or_else(|| JournalError::Broken {
            seq: start.seq.0 + 1,
            why: "a part begins with a signed genesis or resume".into(),
        })?;
        if !lock.still_ours() || dir.has(&part_name(start.part)) {
            return Err(JournalError::Superseded);
        }
        storage
            .remove(RESERVE_NAME)
            .and_then(|()| storage.reserve(RESERVE_NAME, RESERVE))
            .map_err(JournalError::io("keep 8 MiB of room in", dir.id().as_str()))?;
        let at = now();
        let who = (text.realm, text.run);
        let (book, records) = Book::begin(&mut *storage, who, (&start, key), (at, first))?;
        let writer = Self {
            storage,
            book,
            outputs: Outputs::default(),
            health: Health::Well,
            failure: Failure::default(),
            moved_from: None,
            left: Vec::new(),
            dropped: Vec::new(),
            newest: start.part,
            reports,
            dir,
            lock,
            room,
            now,
            urgent: false,
            move_asked: false,
            moved: at,
            committed: at,
            since: None,
            took: Duration::ZERO,
        };
        writer.report_durable(records);
        Ok(writer)
    }

    /// Takes orders until the journal is closed or nobody can give one.
    pub(super) fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            let mut next = match inbox.recv_timeout(self.patience()) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    let at = (self.now)();
                    return self.close(at, Closing::Left);
                }
            };
            while let Some(order) = next {
                match order {
                    Order::Close { at, how } => return self.close(at, how),
                    Order::Batch { .. }
                    | Order::Output(_)
                    | Order::EndOutput { .. }
                    | Order::Freeze
                    | Order::Thaw
                    | Order::Elsewhere(_)
                    | Order::MoveKey => self.obey(order),
                }
                next = if self.is_due() { None } else { inbox.try_recv().ok() };
            }
            if self.is_due() {
                self.commit(KeyMove::Stay);
            }
            self.try_again();
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Batch { events, barrier } => {
                self.close_extents();
                self.book.waiting.extend(events);
                self.urgent |= barrier;
                self.waits();
            }
            Order::Output(chunk) => {
                let weight = weight(&chunk.bytes) as usize;
                self.output(chunk);
                self.room.add_permits(weight);
            }
            Order::EndOutput { step, attempt, lost } => {
                let some = self.end_output(&step, attempt);
                // Whoever asked may be gone with its run.
                let _ = lost.map(|lost| lost.send(some));
            }
            Order::Freeze => self.freeze(),
            Order::Thaw => self.thaw(),
            Order::Elsewhere(to) => self.go_elsewhere(to),
            Order::MoveKey => self.move_asked = true,
            Order::Close { .. } => {}
        }
    }

    fn output(&mut self, chunk: Chunk) {
        self.waits();
        let Some(room) = self.outputs.room() else {
            let written = self.outputs.write(&mut *self.storage, chunk, &mut self.book.waiting);
            if let Err(error) = written {
                self.rescue(&JournalError::io("write", "output")(error));
            }
            return;
        };
        let (kept, over) = self.fit(chunk, room);
        if let Some(chunk) = kept {
            // Held: nothing is written, so nothing can fail.
            let _ = self.outputs.write(&mut *self.storage, chunk, &mut self.failure.extents);
        }
        if let Some((step, attempt, bytes)) = over {
            self.drop_output(step, attempt, bytes);
        }
    }

    /// What of a chunk is held, and how much of it is too much. Once some of an attempt was dropped, all that follows is.
    fn fit(&self, mut chunk: Chunk, room: u64) -> (Option<Chunk>, Option<(StepId, Attempt, u64)>) {
        let is_it = |dropped: &(StepId, Attempt, u64)| dropped.0 == chunk.step && dropped.1 == chunk.attempt;
        let room = if self.health == Health::Gone || self.dropped.iter().any(is_it) { 0 } else { room };
        let fits = chunk.bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let over = (chunk.bytes.len() - fits) as u64;
        let over = (over > 0).then(|| (chunk.step.clone(), chunk.attempt, over));
        chunk.bytes.truncate(fits);
        ((fits > 0).then_some(chunk), over)
    }

    /// The attempt prints no more. Whether some of what it printed is lost.
    fn end_output(&mut self, step: &StepId, attempt: Attempt) -> bool {
        self.close_extents();
        let is_it = |dropped: &(StepId, Attempt, u64)| dropped.0 == *step && dropped.1 == attempt;
        let some = self.dropped.iter().any(is_it);
        if some && self.health == Health::Reserve {
            // The loss is final, so the attempt can be recorded as what it is: what was held of it goes with the rest.
            self.give_up(Some((step, attempt)));
        }
        self.outputs.end(step, attempt);
        self.say_dropped(Some((step, attempt)));
        self.waits();
        some
    }

    fn close_extents(&mut self) {
        let facts = if self.outputs.room().is_some() { &mut self.failure.extents } else { &mut self.book.waiting };
        let closed = self.outputs.close_extents(&mut *self.storage, facts);
        if let Err(error) = closed {
            self.rescue(&JournalError::io("write", "output")(error));
        }
    }

    /// Makes everything durable that was ordered so far, and reports it.
    fn commit(&mut self, moves: KeyMove) {
        if self.is_stalled() {
            return;
        }
        let begun = (self.now)();
        let moves = match moves {
            KeyMove::Stay if self.move_asked || begun.since(self.moved) >= KEY_LIFE => KeyMove::Move,
            KeyMove::Stay | KeyMove::Move | KeyMove::End => moves,
        };
        (self.urgent, self.since, self.committed) = (false, None, begun);
        self.close_extents();
        if self.is_stalled() {
            return;
        }
        match self.try_commit(begun, moves) {
            Ok(records) => self.report_durable(records),
            Err(error) => {
                self.rescue(&error);
                return;
            }
        }
        if moves == KeyMove::Move {
            (self.move_asked, self.moved) = (false, begun);
        }
        self.took = (self.now)().since(begun);
    }

    pub(super) fn try_commit(&mut self, at: Stamp, moves: KeyMove) -> Result<Vec<Record>, JournalError> {
        if self.is_superseded() {
            return Err(JournalError::Superseded);
        }
        let held = self.outputs.room().is_some();
        if !held {
            self.outputs.sync(&mut *self.storage).map_err(JournalError::io("sync", "output"))?;
        }
        let records = self.book.commit(&mut *self.storage, at, moves)?;
        if !held {
            self.outputs.committed(&mut *self.storage);
        }
        Ok(records)
    }

    /// Whether another conductor has this run: the lock file is another one, or a part is there that this one did not make.
    pub(super) fn is_superseded(&self) -> bool {
        !self.lock.still_ours() || self.dir.has(&part_name(self.newest + 1))
    }

    fn close(mut self, at: Stamp, how: Closing) {
        self.close_extents();
        self.give_up_held();
        self.say_dropped(None);
        let closed = match how {
            Closing::Left => KeyMove::Stay,
            Closing::Ended => {
                let (output_files, output_bytes) = self.count_output();
                let closed = Event::Closed { output_files, output_bytes };
                self.book.waiting.push((at, closed));
                KeyMove::End
            }
        };
        if how == Closing::Ended || !self.book.waiting.is_empty() {
            self.commit(closed);
        }
        // The last checkpoint may have come in another part, after a failed sync, and then it named the next key as ever.
        if how == Closing::Ended && self.can_record() && self.book.key_hex().is_some() {
            self.commit(closed);
        }
        // A reserve that stays behind harms nothing; the seal takes it away.
        let _ = self.storage.remove(RESERVE_NAME);
        let whole = match how {
            Closing::Ended => self.book.key_hex().is_none(),
            Closing::Left => self.can_record(),
        };
        let head = self.book.valid.filter(|_| whole).map(|valid| valid.head());
        // Who hears it may take the lock at once, so it is let go of before.
        let reports = self.reports.clone();
        drop(self);
        let _ = reports.send(Report::Closed { head });
    }

    /// How many output files there are, and their bytes, those of earlier parts too.
    fn count_output(&self) -> (u64, u64) {
        let names = self.dir.names("out").unwrap_or_default();
        let logs = names.iter().filter(|name| name.ends_with(".log"));
        let length = |name: &String| self.dir.read(&format!("out/{name}")).ok()?.metadata().ok();
        let lengths: Vec<u64> = logs.filter_map(|name| Some(length(name)?.len())).collect();
        (lengths.len() as u64, lengths.iter().sum())
    }

    pub(super) fn report_durable(&self, records: Vec<Record>) {
        if let Some(valid) = self.book.valid {
            let head: Head = valid.head();
            let _ = self.reports.send(Report::Durable { records, head });
        }
    }

    /// What waits is to be written as soon as it can.
    pub(super) fn again_urgent(&mut self) {
        self.urgent |= !self.book.waiting.is_empty();
        self.waits();
    }

    pub(super) fn now(&self) -> Stamp {
        (self.now)()
    }

    fn waits(&mut self) {
        if self.since.is_none() {
            self.since = Some((self.now)());
        }
    }

    fn is_due(&self) -> bool {
        if self.is_stalled() {
            return false;
        }
        self.urgent || self.outputs.unsynced() >= UNSYNCED || self.until_commit().is_zero()
    }

    /// How long until something has to be committed.
    fn patience(&self) -> Duration {
        if self.health != Health::Well {
            let commit = if self.is_stalled() { AGAIN } else { self.until_commit() };
            return commit.min(AGAIN);
        }
        self.until_commit()
    }

    fn until_commit(&self) -> Duration {
        let quick = self.took < QUICK;
        let (from, length) = match self.since {
            Some(since) => (since, if quick { SOON } else { LATE }),
            None => (self.committed, KEY_LIFE),
        };
        length.saturating_sub((self.now)().since(from))
    }
}

//! A journal that cannot be written: the run holds, every screen says so, and the ways on.
//!
//! Nothing starts that cannot be recorded; what runs is left to end. The journal goes on when the disk has room again, or in
//! another directory that a person names. What is acknowledged is copied there by a thread of its own, so that the loop
//! waits for no disk.

use super::room::{Happening, Room};
use super::startup::accept;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::driver::{Input, StepFact};
use crate::journal::RunDir;
use crate::journal::elsewhere::{ElsewhereError, Prepared, prepare};
use crate::journal::reader::Valid;
use crate::journal::writer::{Closing, Elsewhere, Order};
use crate::model::actor::Actor;
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepIx};
use crate::model::intent::Intent;
use crate::model::time::Stamp;
use crate::model::wire::{JOURNAL_FAILED, ToClient};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixListener;

/// So long the last records may take to come to a broken disk before the conductor ends without them.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The screens are told how much is lost this often.
const EACH: Duration = Duration::from_secs(1);

/// What is wrong with the journal, and what is done about it.
#[derive(Default)]
pub(super) struct Failing {
    /// Why it cannot be written, and whether records alone still can.
    pub failed: Option<(String, bool)>,
    /// Bytes of output that could not be kept.
    pub not_kept: u64,
    /// The screens do not know yet how much that is, and when they were last told.
    unsaid: bool,
    said: Stamp,
    /// Who wished it elsewhere, by which wish, and where.
    moving: Option<(u32, u64, PathBuf)>,
    /// The directories that the run went to, the present one last.
    pub moved: Vec<RunDir>,
    /// Variables are to be bound once it can be written.
    bind: bool,
    /// Since when the conductor waits for its last records.
    closing: Option<Stamp>,
}

impl Room {
    /// The writer says that the journal cannot be written as it should.
    pub(super) async fn journal_failed(&mut self, why: String, records: bool) {
        tracing::error!(%why, records, "journal failed");
        let first = self.failing.failed.is_none();
        let now = (why, records);
        let changed = self.failing.failed.as_ref() != Some(&now);
        self.failing.failed = Some(now);
        self.driver.journal_failed();
        if changed {
            self.say_trouble();
        }
        if first {
            let reason = "the journal could not be written".to_owned();
            self.step(Input::Note(vec![Event::Held { reason, by: Actor::program() }])).await;
        }
        if let Some((client, id, _)) = self.failing.moving.take() {
            let why = "another conductor has this run: it cannot go on elsewhere".into();
            self.hall.tell(client, ToClient::Refused { id, why });
        }
        self.leave_if_failed();
    }

    /// It can be written again.
    pub(super) async fn journal_mended(&mut self) {
        if let Some((client, id, _)) = self.failing.moving.take() {
            let why = "the journal can be written where it is".into();
            self.hall.tell(client, ToClient::Refused { id, why });
        }
        self.failing.failed = None;
        self.driver.journal_mended();
        self.say_trouble();
        if std::mem::take(&mut self.failing.bind) {
            self.bind_vars();
        }
        self.step(Input::Tick).await;
    }

    /// Output could not be kept. The writer records it as soon as it can; the screens are told at once.
    pub(super) fn output_not_kept(&mut self, bytes: u64) {
        self.failing.not_kept += bytes;
        self.failing.unsaid = true;
        self.say_lost(SystemClock.now());
    }

    /// Says how much is lost by now, once a second: a flood loses many pieces.
    pub(super) fn say_lost(&mut self, now: Stamp) {
        if self.failing.unsaid && now.since(self.failing.said) >= EACH {
            self.failing.said = now;
            self.say_trouble();
        }
    }

    pub(super) fn say_trouble(&mut self) {
        self.failing.unsaid = false;
        let words = self.trouble().unwrap_or_default();
        self.hall.tell_all(&ToClient::Trouble { words });
    }

    /// What every screen must say.
    pub fn trouble(&self) -> Option<String> {
        let lost = match self.failing.not_kept {
            0 => String::new(),
            bytes => format!(" {bytes} bytes not kept."),
        };
        match &self.failing.failed {
            Some((why, _)) => Some(format!(
                "{JOURNAL_FAILED} ({why}). Holding. No step starts until this is fixed.{lost} ! shows the ways on."
            )),
            None if !lost.is_empty() => Some(format!("Output is not whole:{lost}")),
            None => self.signatures.words().or_else(|| self.not_vouched()).or_else(|| self.mirroring.words()),
        }
    }

    /// Why a wish cannot be taken while the journal cannot be written; `None` where it can.
    pub(super) fn refused_by_failure(&self, intent: &Intent) -> Option<String> {
        let (why, records) = self.failing.failed.as_ref()?;
        match intent {
            Intent::Stop { .. } | Intent::Journal { .. } | Intent::Drive | Intent::Pause => None,
            Intent::Hand { .. } | Intent::Note { .. } | Intent::Hold { .. } | Intent::Resolve { .. }
                if *records && !self.driver.is_writing() =>
            {
                None
            }
            Intent::Hand { .. } | Intent::Note { .. } | Intent::Hold { .. } | Intent::Resolve { .. } => {
                Some(format!("nothing can be recorded now ({why}): :journal DIR first, then say it again"))
            }
            _starts_something => Some(format!(
                "the journal cannot be written ({why}): nothing starts until that is mended. ! shows the ways on"
            )),
        }
    }

    /// A person wants the journal to go on in another folder.
    pub(super) fn journal_elsewhere(&mut self, (client, id): (u32, u64), dir: &str) {
        let refusal = if self.failing.failed.is_none() {
            Some("the journal is written as it should: it stays where it is".to_owned())
        } else if self.failing.moving.is_some() {
            Some("it is being brought elsewhere already".to_owned())
        } else if !Path::new(dir).is_absolute() {
            Some("name the folder from the root: :journal /media/stick/runs".to_owned())
        } else {
            None
        };
        if let Some(why) = refusal {
            return self.hall.tell(client, ToClient::Refused { id, why });
        }
        self.failing.moving = Some((client, id, PathBuf::from(dir)));
        self.order(Order::Freeze);
    }

    /// Nothing is written now: what is acknowledged is copied.
    pub(super) fn copy_elsewhere(&mut self, valid: Valid) {
        let Some((_, _, folder)) = self.failing.moving.clone() else { return self.order(Order::Thaw) };
        let (old, heads, happenings) = (self.dir.clone(), self.commission.heads.clone(), self.happenings.clone());
        let copying = move || {
            // The room may have ended meanwhile; then the copy is only a copy, and the pointer says where it lies.
            let _ = happenings.send(Happening::Prepared(prepare(&old, &valid, &folder, &heads)));
        };
        if let Err(why) = std::thread::Builder::new().name("copy".into()).spawn(copying) {
            self.not_elsewhere(&format!("no thread could be made to copy it: {why}"));
        }
    }

    /// The copy is there, or came to nothing.
    pub(super) fn prepared(&mut self, prepared: Result<Prepared, ElsewhereError>) {
        match prepared {
            Ok(prepared) => self.order(Order::Elsewhere(Elsewhere::new(prepared))),
            Err(why) => self.not_elsewhere(&why.chain()),
        }
    }

    fn not_elsewhere(&mut self, why: &str) {
        self.order(Order::Thaw);
        if let Some((client, id, dir)) = self.failing.moving.take() {
            let why = format!("{} cannot hold this run: {why}", dir.display());
            self.hall.tell(client, ToClient::Refused { id, why });
        }
    }

    /// The run is in another directory from here on.
    pub(super) fn moved_to(&mut self, dir: RunDir) {
        self.dir = dir.clone();
        match dir.remove_socket().map_err(std::io::Error::other).and_then(|()| UnixListener::bind(dir.socket_path())) {
            Ok(listener) => drop(tokio::task::spawn_local(accept(listener, self.happenings.clone()))),
            // The socket in the directory that was left is still listened on.
            Err(why) => tracing::error!(%why, "no socket in the new directory"),
        }
        self.failing.moved.push(dir);
        if let Some(frame) = self.where_it_is() {
            self.hall.tell_all(&frame);
        }
        if let Some((client, id, _)) = self.failing.moving.take() {
            self.hall.tell(client, ToClient::Taken { id });
        }
    }

    /// Where the run's files are, where that is not where it began.
    pub(super) fn where_it_is(&self) -> Option<ToClient> {
        let dir = self.failing.moved.last()?.path().display().to_string();
        Some(ToClient::Moved { dir })
    }

    /// A start whose process must not come to be, since nothing that it does could be recorded.
    pub(super) async fn not_started(&mut self, step: StepIx, attempt: Attempt) {
        let why = "the journal cannot be written".to_owned();
        Box::pin(self.step(Input::Fact(step, attempt, StepFact::NotStarted { why }))).await;
    }

    /// Variables are bound, now or when the journal can be written.
    pub(super) fn bind_when_written(&mut self) {
        if self.failing.failed.is_some() {
            self.failing.bind = true;
        } else {
            self.bind_vars();
        }
    }

    /// When the journal cannot be written, nothing runs any more and nobody is there to say where it goes on, the conductor
    /// ends: `tminus resume` goes on.
    pub(super) fn leave_if_failed(&mut self) {
        let nobody = self.commission.answers.is_some() && !self.hall.is_attended();
        if self.failing.failed.is_some() && self.controls.is_empty() && nobody {
            self.end_failed();
        }
    }

    /// Ends with what can still be recorded.
    pub(super) fn end_failed(&mut self) {
        if self.failing.closing.is_none() {
            let now = SystemClock.now();
            self.failing.closing = Some(now);
            self.order(Order::Close { at: now, how: Closing::Left });
        }
    }

    /// Whether the journal was closed since it failed, or takes too long for it.
    pub(super) fn over_if_closed(&mut self, closed: bool) {
        let Some(since) = self.failing.closing else { return };
        if closed || SystemClock.now().since(since) >= LAST_WORDS {
            let why = self.failing.failed.as_ref().map(|(why, _)| why.clone()).unwrap_or_default();
            self.over = Some(Some(format!("the journal cannot be written: {why}")));
        }
    }

    /// Whether its last words are on their way.
    pub(super) fn is_closing_failed(&self) -> bool {
        self.failing.closing.is_some()
    }
}

//! What both clients of lines share: the fold of what they were told, and the one place that writes.
//!
//! `Voice` is the door: every line that leaves it went through `model::text::shown`, so no control byte of a runbook, a
//! command or another person reaches the terminal. `Teller` applies records and says their sentences and output.

use super::echo::Echo;
use super::sentences::{Before, sentence};
use super::{Left, LinearError};
use crate::feed::Port;
use crate::model::event::{EndState, Event};
use crate::model::ids::{Attempt, Seq, StepId};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::schedule;
use crate::model::state::RunState;
use crate::model::text::shown;
use crate::model::time::Stamp;
use std::io::{self, Write};
use std::sync::Arc;

/// Writes whole lines.
pub(super) struct Voice<W> {
    output: W,
    failed: Option<io::Error>,
}

impl<W: Write> Voice<W> {
    /// Speaks to `output`.
    pub fn new(output: W) -> Self {
        Self { output, failed: None }
    }

    /// One line. After a failure nothing more is tried.
    pub fn say(&mut self, line: &str) {
        if self.failed.is_none() {
            let line = format!("{}\n", shown(line).trim_end());
            self.failed = self.output.write_all(line.as_bytes()).err();
        }
    }

    /// Bytes for the terminal as they are; they came through `passage`.
    pub fn pass(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.output.write_all(bytes).err();
        }
    }

    /// Hands what was said over. `Some` is how it ends when nobody listens any more.
    pub fn flush(&mut self) -> Result<Option<Left>, LinearError> {
        let failed = match self.failed.take() {
            Some(failed) => Some(failed),
            None => self.output.flush().err(),
        };
        match failed {
            None => Ok(None),
            Some(gone) if gone.kind() == io::ErrorKind::BrokenPipe => Ok(Some(Left::Leaving)),
            Some(source) => Err(LinearError::Write(source)),
        }
    }
}

/// Folds what it is told and says it.
pub(super) struct Teller<W> {
    /// The runbook in force.
    pub plan: Arc<Plan>,
    /// What is true of the run, as far as it was told.
    pub state: RunState,
    /// Where it is said.
    pub voice: Voice<W>,
    /// It was said already that the answers file has no answer: its record says nothing new.
    pub said_no_answer: bool,
    echo: Echo,
    /// It was said that acts are not signed, and which is the first.
    said_unsigned: Option<Seq>,
    /// While a program has the terminal: whose output is not echoed, and the sentences that wait.
    held: Option<((StepId, Attempt), Vec<String>)>,
}

impl<W: Write> Teller<W> {
    /// Knows nothing of the run yet.
    pub fn new(plan: &Plan, output: W) -> Self {
        Self {
            plan: Arc::new(plan.clone()),
            state: RunState::of(plan),
            voice: Voice::new(output),
            said_no_answer: false,
            echo: Echo::default(),
            said_unsigned: None,
            held: None,
        }
    }

    /// Takes durable records over, in order. `Some` where they cannot be understood.
    pub fn records(&mut self, records: &[Record], port: &dyn Port, now: Stamp) -> Option<Left> {
        for record in records {
            let before = Before::of(&self.plan, &self.state, record);
            if let Err(illegal) = self.state.apply(&self.plan, record) {
                return Some(Left::Lost(format!("the journal cannot be read: {illegal}")));
            }
            if let (Event::Amended { .. }, Some(plan)) = (&record.event, &self.state.in_force.0) {
                self.plan = plan.clone();
            }
            let lines = self.echo.lines(record, port, now);
            if !self.is_of_terminal(&record.event) {
                lines.iter().for_each(|line| self.voice.say(line));
            }
            if self.said_no_answer && matches!(record.event, Event::AnswersEnded { .. }) {
                continue;
            }
            if let Some(line) = sentence(&self.plan, &before, &self.state, record) {
                self.tell(line, &record.event);
            }
        }
        None
    }

    /// Says once that the operator's key does not sign what is done, and once that it does again.
    pub fn unsigned(&mut self, now: Stamp) {
        let barriers = &self.state.barriers;
        let since = barriers.unsigned_since(now).filter(|_| self.state.ended.is_none());
        let first = barriers.oldest().map(|barrier| (barrier.seq, barrier.what.clone()));
        match (since, first, self.said_unsigned) {
            (Some(since), Some((seq, what)), None) => {
                self.said_unsigned = Some(seq);
                let at = schedule::format_wall(since, &self.state.zone, Some("%H:%M")).unwrap_or_default();
                let key = self.state.barriers.key().unwrap_or_default();
                self.voice.say(&format!(
                    "Unsigned since {at} ({what}): the operator's key has not signed since. tminus attach with {key} signs it."
                ));
            }
            (None, None, Some(_)) => {
                self.said_unsigned = None;
                let signed = self.state.barriers.signed().map(|seq| format!(" up to record {seq}")).unwrap_or_default();
                if self.state.ended.is_none() {
                    self.voice.say(&format!("Signed by the operator's key again{signed}."));
                }
            }
            _nothing_new => {}
        }
    }

    /// Says a sentence, or keeps it until the terminal is back; one that needs a person comes at once.
    fn tell(&mut self, line: String, event: &Event) {
        let urgent = matches!(
            event,
            Event::TriggerTripped { .. } | Event::Warned { .. } | Event::Aborted { .. } | Event::JournalFailed { .. }
        );
        match &mut self.held {
            None => self.voice.say(&line),
            Some((_, waiting)) if !urgent => waiting.push(line),
            Some(_) => {
                // On lines of its own, whatever the program has drawn there, with a ring.
                self.voice.pass(b"\x07\r\n");
                self.voice.say(&format!("{line} (^] comes back to these lines)"));
                self.voice.pass(b"\r");
            }
        }
    }

    /// Keeps sentences back while a program has the terminal; with `None` says what waited.
    pub fn hold_back(&mut self, from: Option<(StepId, Attempt)>) {
        let waited = std::mem::replace(&mut self.held, from.map(|from| (from, Vec::new())));
        for line in waited.map(|(_, lines)| lines).unwrap_or_default() {
            self.voice.say(&line);
        }
    }

    /// Whether a record is about output that the terminal itself showed.
    fn is_of_terminal(&self, event: &Event) -> bool {
        let (Event::Output { step, attempt, .. }
        | Event::StepExited { step, attempt, .. }
        | Event::StepJudged { step, attempt, .. }) = event
        else {
            return false;
        };
        self.held.as_ref().is_some_and(|((of, which), _)| of == step && which == attempt)
    }

    /// The conductor ended.
    pub fn over(&mut self, sealed: bool, why: Option<String>) -> Left {
        if let Some(ended) = self.state.ended {
            let seal = if sealed { "sealed" } else { "not sealed" };
            let key = self.state.facts.as_ref().and_then(|facts| facts.key_word());
            let key = key.map(|word| format!(" {word}.")).unwrap_or_default();
            self.voice.say(&format!("The run is {} and {seal}.{key}", ended.word()));
            return Left::Ended { completed: ended == EndState::Completed };
        }
        match why {
            Some(why) if why.contains("the journal cannot be written") => Left::JournalFailed(why),
            Some(why) => Left::Lost(why),
            None if self.state.paused => Left::Lost("The run is paused.".into()),
            None => Left::Lost("the conductor ended".into()),
        }
    }
}

//! What both clients of lines share: the fold of what they were told, and the one place that writes.
//!
//! `Voice` is the door: every line that leaves it went through `model::text::shown`, so no control byte of a runbook, a
//! command or another person reaches the terminal. `Teller` applies records and says their sentences and output.

use super::echo::Echo;
use super::sentences::{Before, sentence};
use super::{Left, LinearError};
use crate::feed::Port;
use crate::model::event::{EndState, Event};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::RunState;
use crate::model::text::shown;
use crate::model::time::Stamp;
use std::io::{self, Write};

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
pub(super) struct Teller<'a, W> {
    /// The runbook.
    pub plan: &'a Plan,
    /// What is true of the run, as far as it was told.
    pub state: RunState,
    /// Where it is said.
    pub voice: Voice<W>,
    /// It was said already that the answers file has no answer: its record says nothing new.
    pub said_no_answer: bool,
    echo: Echo,
}

impl<'a, W: Write> Teller<'a, W> {
    /// Knows nothing of the run yet.
    pub fn new(plan: &'a Plan, output: W) -> Self {
        Self {
            plan,
            state: RunState::of(plan),
            voice: Voice::new(output),
            said_no_answer: false,
            echo: Echo::default(),
        }
    }

    /// Takes durable records over, in order. `Some` where they cannot be understood.
    pub fn records(&mut self, records: &[Record], port: &dyn Port, now: Stamp) -> Option<Left> {
        for record in records {
            let before = Before::of(self.plan, &self.state, record);
            if let Err(illegal) = self.state.apply(self.plan, record) {
                return Some(Left::Lost(format!("the journal cannot be read: {illegal}")));
            }
            for line in self.echo.lines(record, port, now) {
                self.voice.say(&line);
            }
            if self.said_no_answer && matches!(record.event, Event::AnswersEnded { .. }) {
                continue;
            }
            if let Some(line) = sentence(self.plan, &before, &self.state, record) {
                self.voice.say(&line);
            }
        }
        None
    }

    /// The conductor ended.
    pub fn over(&mut self, sealed: bool, why: Option<String>) -> Left {
        if let Some(ended) = self.state.ended {
            let seal = if sealed { "sealed" } else { "not sealed" };
            self.voice.say(&format!("The run is {} and {seal}.", ended.word()));
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

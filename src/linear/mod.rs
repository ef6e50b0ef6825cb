//! FLOOR 4: the run as lines of text: `--linear` for a person, `--answers` for nobody.
//!
//! A client like the screens: it reads `News`, sends intents through a `Port` and decides nothing. What it writes is only
//! ever appended: no colour, no cursor movement, no frame, so that a screen reader, a serial line and a log read it alike.
//! Every line passes the one door for foreign text (`model::text::shown`). `commands` calls `run` and `fly`.

mod amend;
pub mod answers;
mod answers_file;
mod answers_read;
pub mod ask;
mod card;
mod echo;
mod fly;
mod handed;
mod hush;
mod input;
pub mod passage;
mod prompt;
mod replay;
mod run;
pub mod sentences;
mod sign_off;
mod talk;
mod teller;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod words;

pub use answers::Answers;
pub use answers_file::AnswersError;
pub use fly::fly;
pub use replay::{Replayed, ReplayedError, replay};
pub use run::run;

use crate::model::intent::Intent;
use crate::model::plan::Plan;
use std::io;

/// What lines of text could not do.
#[derive(Debug, thiserror::Error)]
pub enum LinearError {
    /// Standard output takes nothing more, and not because its reader went away.
    #[error("cannot write to standard output")]
    Write(#[source] io::Error),
    /// A thread could not be made.
    #[error("cannot start a thread for {what}")]
    Thread {
        /// What it was for.
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// How a run was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// It ended; `completed` is false after an abort or a way back.
    #[allow(missing_docs, reason = "said above")]
    Ended { completed: bool },
    /// An answers file had no answer: the run is held.
    NoAnswer,
    /// The client left and the run goes on.
    Leaving,
    /// The conductor ended before the run did, or cannot be reached.
    Lost(String),
    /// The journal cannot be written.
    JournalFailed(String),
}

/// Why lines that nobody types at a terminal cannot start this: it has a terminal of its own.
fn needs_hands(plan: &Plan, intent: &Intent) -> Option<String> {
    let Intent::Run { step, .. } = intent else { return None };
    let step = plan.step(plan.find(step)?);
    let needs = step.command().is_some_and(|command| command.tty);
    needs.then(|| {
        format!("{} has a terminal of its own, and nobody is here to type to it; start it from one", step.number)
    })
}

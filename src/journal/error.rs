//! What could not be done with a journal, as one type for the whole floor.
//!
//! Names in it are foreign text (they may come from a hostile directory): whoever prints them sends them through the one
//! door for untrusted text. Hints and exit codes are added at the edge, never here.

use crate::journal::line::LineError;
use std::io;

/// What could not be done.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refused something.
    #[error("cannot {what} {name}")]
    Io {
        /// What was tried, as a verb: `open`, `make`, `write`.
        what: &'static str,
        /// On what.
        name: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A directory that others may change, or a thing that is not a plain file.
    #[error("{name} is not to be trusted: {why}")]
    Untrusted {
        /// Which.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// A directory without a journal.
    #[error("{0} is not a run directory")]
    NotARun(String),
    /// The run was written by a newer tminus.
    #[error("the journal has format {found}; this tminus reads {ours}")]
    Newer {
        /// The format that it names.
        found: String,
        /// The one that is understood.
        ours: &'static str,
    },
    /// A line that does not hold.
    #[error("record {seq} cannot be read")]
    Line {
        /// The number that it should have.
        seq: u64,
        /// Why.
        #[source]
        source: LineError,
    },
    /// Something other than a line does not hold.
    #[error("the journal does not hold at record {seq}: {why}")]
    Broken {
        /// The first record that is wrong.
        seq: u64,
        /// Why.
        why: String,
    },
    /// The parts are not those of one journal.
    #[error("the parts of the journal do not follow each other: {0}")]
    Parts(String),
    /// Another conductor took the run over.
    #[error("another conductor has taken this run over")]
    Superseded,
    /// A file is not what was written.
    #[error("{name} changed on disk: {why}")]
    Changed {
        /// Which file, relative to the run directory.
        name: String,
        /// How.
        why: String,
    },
}

impl JournalError {
    /// For `map_err`: what was tried, on what.
    pub(crate) fn io<E: Into<io::Error>>(what: &'static str, name: impl Into<String>) -> impl FnOnce(E) -> Self {
        let name = name.into();
        move |source| Self::Io { what, name, source: source.into() }
    }

    /// The error with its causes, as one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(next) = cause {
            text.push_str(": ");
            text.push_str(&next.to_string());
            cause = next.source();
        }
        text
    }
}

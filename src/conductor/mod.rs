//! FLOOR 3: the process that holds a run: its lock, its socket, its journal, its commands.
//!
//! One process of its own session a run. Screens are clients: they send intents and are told the number of the last
//! durable record. Nothing here draws, and nothing here reads a terminal. `commands` starts it with a `Commission`.

mod amending;
pub mod commission;
mod failing;
mod first_signature;
mod genesis;
mod hall;
mod hearing;
mod mirror;
mod opened;
mod peer;
mod room;
mod sealing;
mod signatures;
mod signers;
mod startup;
mod strays;
mod sweep;
mod typing;
mod vouching;
mod wheel;
mod work;

pub use peer::user_name;
pub use startup::conduct;

use crate::journal::JournalError;

/// What a conductor could not do.
#[derive(Debug, thiserror::Error)]
pub enum ConductorError {
    /// The commission could not be read.
    #[error("the conductor was not told what to do")]
    Commission(#[source] std::io::Error),
    /// The runbook in the commission or in the run does not parse.
    #[error("the runbook has errors: {0}")]
    Runbook(String),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Another conductor holds the run.
    #[error("run {run} is conducted already by process {pid}; tminus attach {run} shows it")]
    Held {
        /// The run.
        run: String,
        /// Its conductor.
        pid: i32,
    },
    /// The run cannot be taken up again.
    #[error("run {run} cannot be taken up again: {why}")]
    NotResumable {
        /// The run.
        run: String,
        /// Why.
        why: String,
    },
    /// The socket.
    #[error("cannot open the run's socket")]
    Socket(#[source] std::io::Error),
    /// By whose keys sign-offs count is not known.
    #[error("cannot read the list of allowed signers {}: {source}", path.display())]
    Signers {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The first record is not signed.
    #[error("the run was not signed: {0}")]
    NotSigned(String),
    /// Threads, signals, the runtime.
    #[error("the system refused what a conductor needs")]
    System(#[source] std::io::Error),
}

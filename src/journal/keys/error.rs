//! What could not be done with a key, and why a signature does not hold.
//!
//! One enum for finding and using keys, one for judging signatures. The words are for a person; paths and what other
//! programs said are foreign text, so whoever prints them sends them through `model::text::shown`.

use std::io;
use std::path::PathBuf;

/// What could not be done with a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key was named that only an agent could use, and no agent is set.
    #[error("no ssh-agent is running for this session")]
    NoAgent,
    /// The socket is there (or not) and nobody answers on it.
    #[error("no ssh-agent answers at {socket}")]
    DeadAgent {
        /// The socket that was tried.
        socket: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The agent did not answer in time; a touch or a confirmation may be what it waits for.
    #[error("the ssh-agent at {socket} did not answer in {seconds} s")]
    SlowAgent {
        /// The socket.
        socket: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The agent said no: not confirmed, locked, or the key is gone.
    #[error("the ssh-agent refused to sign with {fingerprint}")]
    AgentRefused {
        /// The key asked for.
        fingerprint: String,
    },
    /// The agent refused to list its keys.
    #[error("the ssh-agent at {socket} refused to list its keys")]
    AgentRefusedList {
        /// The socket.
        socket: PathBuf,
    },
    /// What came back is not the agent protocol, or more of it than is taken.
    #[error("the ssh-agent at {socket} gave an answer that is not understood")]
    GarbledAgent {
        /// The socket.
        socket: PathBuf,
    },
    /// The private half of a public key file is not in the agent.
    #[error("the private half of {path} is not in the ssh-agent")]
    NotInAgent {
        /// The public key file.
        path: PathBuf,
    },
    /// A key file could not be read.
    #[error("cannot read the key {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is a directory, a pipe, a device, or longer than any key.
    #[error("{path} is not a key file")]
    NotAKeyFile {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged or of a format that is not known here.
    #[error("{path} holds no key that can be read")]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// OpenSSH refuses such a file too.
    #[error("the key {path} can be read by others (mode {mode:04o}); chmod 600 it")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key is of a kind that is not signed with.
    #[error("keys of the kind {algorithm} are not used for signing")]
    Unsupported {
        /// The kind, as OpenSSH names it.
        algorithm: String,
    },
    /// The file is encrypted in a way that only OpenSSH opens.
    #[error("the key {path} is encrypted in a form that only ssh-add opens; add it to the ssh-agent")]
    NeedsAgent {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase does not open the key.
    #[error("wrong passphrase for {path}")]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// `ssh-keygen` could not be started or spoken to.
    #[error("cannot run ssh-keygen")]
    Keygen {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// `ssh-keygen` ended badly.
    #[error("ssh-keygen failed: {said}")]
    KeygenFailed {
        /// The last line that it printed; foreign text.
        said: String,
    },
    /// No list of revoked keys.
    #[error("{why}")]
    NotRevocations {
        /// Why it is none.
        why: String,
    },
    /// `ssh-keygen` waited for something that did not come.
    #[error("ssh-keygen did not finish in {seconds} s")]
    KeygenSlow {
        /// How long it was waited for.
        seconds: u64,
    },
    /// This user's own key could not be made.
    #[error("cannot make a key at {path}")]
    Make {
        /// The file or directory that failed.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The directory of this user's own key is not this user's alone.
    #[error("{path} does not belong to this user alone, so no key is kept there")]
    NotOurs {
        /// The directory or file.
        path: PathBuf,
    },
    /// The signature that came back does not hold, so it was thrown away.
    #[error("the signature made with {fingerprint} does not hold")]
    BadSignature {
        /// The key.
        fingerprint: String,
        /// Why.
        #[source]
        source: SigError,
    },
}

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigError {
    /// Not the one text that this signature can have: white space, padding, line lengths, other bytes.
    #[error("the signature is not in its canonical form")]
    Form,
    /// A version of SSHSIG other than 1.
    #[error("the signature is of version {0}, not 1")]
    Version(u32),
    /// Made for something else.
    #[error("the signature is for {found:?}, not for {wanted:?}")]
    Namespace {
        /// What it is for; foreign text.
        found: String,
        /// What it is needed for.
        wanted: String,
    },
    /// The reserved field says something.
    #[error("the reserved field of the signature is not empty")]
    Reserved,
    /// Made over another hash than sha512.
    #[error("the signature is over the hash {0:?}, not sha512")]
    Hash(String),
    /// The key in the signature is of a kind that is not taken: DSA, a certificate, unknown.
    #[error("the signature is by a key of the kind {0:?}, which is not taken{hint}", hint = instead(.0))]
    Kind(String),
    /// Nothing is wrong with it that can be seen here, but only `ssh-keygen` can tell whether it holds.
    #[error("a signature by a key of the kind {0} cannot be checked here: use ssh-keygen")]
    CannotCheckHere(&'static str),
    /// `ssh-keygen` was asked and could not be run.
    #[error("ssh-keygen could not be asked: {0}")]
    Unasked(String),
    /// The key did not sign this message.
    #[error("the signature does not match the text and the key")]
    Mismatch,
}

/// What a person can do about a kind that is not taken.
fn instead(kind: &str) -> &'static str {
    if kind.contains("-cert-v") { ": it is a certificate; sign with the key itself" } else { "" }
}

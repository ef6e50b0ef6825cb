//! What a client tells the conductor that it starts, over the conductor's standard input, and what comes back.
//!
//! One JSON document each way. The runbook's bytes travel along, so that what was checked is what runs.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What to conduct.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Commission {
    /// The runs folder.
    pub runs: PathBuf,
    /// The folder of the heads that clients and conductors remember.
    pub heads: PathBuf,
    /// A new run, or one to take up again.
    pub what: What,
    /// `maya`, or what `--as` said.
    pub operator: String,
    /// `agent`, `file`, `self-made`, `none`.
    pub key_origin: String,
    /// `SHA256:…` of the operator's key.
    pub fingerprint: Option<String>,
    /// The list of keys by which sign-offs are judged; read once, when the conductor begins.
    pub allowed_signers: PathBuf,
    /// An answers file speaks: its sha256.
    pub answers: Option<String>,
    /// `tminus`'s own arguments, for the journal.
    pub argv: Vec<String>,
    /// `--var NAME=VALUE`, never secrets.
    pub vars: Vec<(String, String)>,
    /// IANA name of the machine's zone.
    pub zone: String,
    /// Where checkpoint lines are copied to.
    pub mirror: Option<Mirror>,
    /// What nobody could know before the run began; empty where nothing was given.
    pub beacon: String,
}

/// A place for checkpoint lines that the operator does not control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mirror {
    /// Lines at the end of this file, absolute.
    File(PathBuf),
    /// The system's log.
    Syslog,
    /// This shell text, with the line on standard input.
    Command(String),
}

/// A new run or an old one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A new run of this runbook.
    New {
        /// The runbook's path, absolute.
        path: PathBuf,
        /// Its text, as it was checked.
        text: String,
        /// T0 by `--t0`, Unix microseconds.
        t0: Option<i64>,
        /// Nothing of it is executed: a drill. A run that is taken up again is what its first record says.
        drill: bool,
    },
    /// This run, whose conductor is gone.
    Resume {
        /// Its directory.
        dir: PathBuf,
        /// A reason to go on although the journal is shorter than what was acknowledged.
        over_cut: Option<String>,
    },
}

/// What the conductor answers, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ready {
    /// Its socket is open.
    Open {
        /// The run directory.
        dir: PathBuf,
        /// The run's id.
        run: String,
    },
    /// It could not begin.
    Refused {
        /// In words.
        why: String,
        /// 2, or 3 where the journal is the reason.
        code: u8,
    },
}

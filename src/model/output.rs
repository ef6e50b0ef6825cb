//! What a command printed, as records commit to it: streams, extents, and what became of the process.
//!
//! The bytes themselves lie in plain files; a record says which bytes of which file, when, and their salted hash.

use serde::{Deserialize, Serialize};

/// Which of a command's streams bytes came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One run of bytes of one stream in an attempt's output file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The stream.
    pub stream: Stream,
    /// Byte offset in `out/<step>.<attempt>.log`.
    pub off: u64,
    /// Length in bytes, at most 1 MiB.
    pub len: u64,
    /// Lines that end in it (bytes 0x0A).
    pub lines: u64,
    /// `sha256(salt ‖ bytes)`, hex; the salt is the same-numbered line of `out/<step>.<attempt>.salt`.
    pub sha256: String,
    /// Secrets that were replaced in it: name and how often.
    pub masked: Vec<Masked>,
}

/// How often a secret was replaced in an extent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masked {
    /// The variable's name.
    pub name: String,
    /// How many times.
    pub count: u64,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exit {
    /// It returned this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

impl Exit {
    /// Stands for the end of a process whose end nobody saw; no process ends so.
    pub const UNSEEN: Self = Exit::Signal(0);

    /// `exit 7`, `ended by signal 15`.
    pub fn shown(self) -> String {
        match self {
            Exit::UNSEEN => "its end was not seen".into(),
            Exit::Code(code) => format!("exit {code}"),
            Exit::Signal(signal) => format!("ended by signal {signal}"),
        }
    }
}

/// How the end of an attempt's output was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drained {
    /// Both streams ended.
    Eof,
    /// Something still held a stream when the grace was over; what it prints later is not kept.
    Grace,
}

/// A process that outlived its step or holds its output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: i32,
    /// Start time in clock ticks since boot, field 22 of `/proc/PID/stat`: with the pid it names one process only.
    pub start: u64,
    /// The program's short name, as in `/proc/PID/comm`.
    pub comm: String,
}

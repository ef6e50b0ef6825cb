//! FLOOR 3: what screens may ask for and what they are told: records, output, wishes, lists.
//!
//! A screen never opens a socket or a journal: it reads `News` from a `Session` and sends intents through a `Port`. Live,
//! observed and replayed runs look alike from above. Nothing here decides anything.

pub mod frames;
mod keyring;
pub mod live;
pub mod replay;

use crate::model::amend::Proposal;
use crate::model::ids::{Attempt, Seq, StepId};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::RunState;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What a screen is told.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// Records that are durable, in order.
    Records(Vec<Record>),
    /// A wish was taken; its records follow.
    Taken(u64),
    /// A wish came to nothing, in words.
    Refused(u64, String),
    /// The wheel moved.
    #[allow(missing_docs, reason = "who drives, and whether that is this screen")]
    Driver { name: String, you: bool },
    /// Something that every screen must say; empty when it is over.
    Trouble(String),
    /// The conductor ended; why, where it was not at the run's end.
    #[allow(missing_docs, reason = "whether a seal stands, and the reason")]
    Over { sealed: bool, why: Option<String> },
    /// The conductor cannot be reached any more.
    Lost(String),
}

/// What a screen may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its wishes are asked.
    Drives,
    /// It may hold, stop and roll back, and ask for the wheel.
    Beside,
    /// It only looks.
    Watches,
}

/// A key that may sign off for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Whose it is, by the list that the run judges by.
    pub principal: String,
    /// `SHA256:…`.
    pub fingerprint: String,
    /// Whether it can sign from here.
    pub here: bool,
}

/// The way from a screen to a run.
pub trait Port {
    /// Sends a wish; the number comes back in `Taken` or `Refused`. `Err` says in words why it was not even sent.
    fn wish(&mut self, intent: Intent, seen: Seq) -> Result<u64, String>;

    /// Bytes of an attempt's output, exactly as they are on disk; shorter where the file is.
    fn output(&self, step: &StepId, attempt: Attempt, range: Range<u64>) -> io::Result<Vec<u8>>;

    /// What was amended after the seal, in words: all of it, or what is about one output. Nothing of a run that is not sealed.
    fn amended(&self, of: Option<(&StepId, Attempt)>) -> Vec<String> {
        let _ = of;
        Vec::new()
    }

    /// Types to the terminal of an attempt. The number comes back in `Refused` if it reached nothing, and not at all if it
    /// did; `Err` says in words why it was not even sent. Several frames where it is long: all in order.
    fn type_in(&mut self, step: &StepId, attempt: Attempt, keys: &[u8]) -> Result<u64, String> {
        let _ = (step, attempt, keys);
        Err("Nothing can be typed here.".into())
    }

    /// The same for what the screen's own terminal answers to a program that asks something of it: nobody typed that.
    fn answer(&mut self, step: &StepId, attempt: Attempt, answer: &[u8]) -> Result<u64, String> {
        let _ = (step, attempt, answer);
        Err("Nothing can be typed here.".into())
    }

    /// Says in what size the terminal of an attempt is drawn: at its first drawing and whenever that changes.
    fn resize(&mut self, step: &StepId, attempt: Attempt, rows: u16, cols: u16) {
        let _ = (step, attempt, rows, cols);
    }

    /// The keys that the run's list of allowed signers has for these people in this namespace. Never waits for an agent.
    fn signing_keys(&self, people: &[String], namespace: &str) -> Vec<SigningKey> {
        let _ = (people, namespace);
        Vec::new()
    }

    /// Keeps a text under this name where somebody can sign it with `ssh-keygen`, and says where.
    fn save_text(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let _ = (name, text);
        Err("Nothing is kept here.".into())
    }

    /// The signature that lies beside a text which was kept.
    fn signature_beside(&self, text: &Path) -> Result<String, String> {
        let _ = text;
        Err("Nothing is kept here.".into())
    }

    /// A signature that was pasted, as it must be written; `None` for what is none.
    fn signature_of(&self, pasted: &str) -> Option<String> {
        crate::journal::keys::sshsig::rearmored(pasted)
    }

    /// Reads a runbook's file and compares it with the one in force. Every reason why it may not take its place, in words.
    fn proposal(&self, path: &str, plan: &Plan, state: &RunState) -> Result<Proposal, Vec<String>> {
        let _ = (path, plan, state);
        Err(vec!["Nothing is amended here.".into()])
    }

    /// Says that an answers file has no answer for where the run stands: the run is held and its conductor ends.
    fn give_up(&mut self, at: String);

    /// What this screen may do.
    fn role(&self) -> Role;
}

/// A number that no other wish has: random, so that two screens need not agree on one.
pub fn fresh_id() -> u64 {
    use rand_core::RngCore;
    rand_core::OsRng.next_u64()
}

//! Reading a journal back: for the fold, for a resume, for a verification, for a screen.
//!
//! `walk` goes over all parts and hands on only what a checkpoint covers; `recover` and `read_all` are that walk with a
//! purpose; `Tail` follows a journal that is being written. Nothing here writes, and nothing here trusts a file's size, kind
//! or spelling.

mod carry;
mod chain;
mod course;
pub(crate) mod lines;
mod recover;
mod tail;
pub(crate) mod walk;

pub use course::{Judged, Watched, read_through};
pub use recover::{Cut, Recovered, read_all, read_each, recover};
pub use tail::Tail;
pub use walk::newer_format;

use crate::journal::hash::Hash;
use crate::journal::head::Head;
use crate::model::ids::{RunId, Seq};
use crate::model::signed::Realm;

/// A part up to a checkpoint that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valid {
    /// The part.
    pub part: u32,
    /// The checkpoint's number.
    pub seq: Seq,
    /// How many bytes of the part, the checkpoint's line included.
    pub bytes: u64,
    /// Their hash.
    pub sha256: Hash,
    /// The hash of the checkpoint's line.
    pub ckpt: Hash,
}

impl Valid {
    /// The same as a head.
    pub fn head(&self) -> Head {
        Head { part: self.part, seq: self.seq, bytes: self.bytes, ckpt: self.ckpt }
    }
}

/// Where something does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq}: {why}")]
pub struct Broken {
    /// The number of the first record that is wrong.
    pub seq: Seq,
    /// Why.
    pub why: String,
}

/// Where a writer begins: the part that it makes, and what the first record in it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartPoint {
    /// The number of the part to make.
    pub part: u32,
    /// The last number that was given.
    pub seq: Seq,
    /// What the first line says of the line before it.
    pub prev: Hash,
    /// The last checkpoint line of the run; none at its beginning.
    pub ckpt: Option<Hash>,
}

impl StartPoint {
    /// The beginning of a run.
    pub fn first(realm: Realm, run: &RunId) -> Self {
        Self { part: 1, seq: Seq(0), prev: first_prev(realm, run), ckpt: None }
    }
}

/// What the first line of a run says of the line before it, which does not exist: the realm and the run, so that no chain
/// passes for one of another run.
pub(crate) fn first_prev(realm: Realm, run: &RunId) -> Hash {
    Hash::of(format!("tminus/1 chain {} {run} 1\n", realm.word()).as_bytes())
}

//! A record: one fact with its number and its instant; one line of the journal.
//!
//! `journal` turns a record into bytes and back; the fold takes records only.

use crate::model::event::Event;
use crate::model::ids::Seq;
use crate::model::time::Stamp;

/// One fact of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number, from 1.
    pub seq: Seq,
    /// When it was made.
    pub at: Stamp,
    /// What happened.
    pub event: Event,
}

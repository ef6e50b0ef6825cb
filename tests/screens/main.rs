//! What the screens show and what keys do on them: whole frames with a fixed clock, and the app from outside.
//!
//! Snapshots are in `mono`, so that what they show is carried by words alone.

#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

mod around;
mod drill;
mod keys;
#[path = "../support/recorded.rs"]
mod recorded;
mod replay;
mod safe;
mod says;
mod shots;
mod signed;
mod speed;
mod stage;
mod states;

//! A simulated drill: the runbook's `example`s stand in for what its commands would print.
//!
//! `rehearsed` makes of a plan the one that a drill is conducted by; `Examples` is the executor that plays its commands and starts
//! none. Nothing in here can start a process or open a connection, and nothing of the environment is read. The conductor of a
//! drill uses both, and no other executor.

mod examples;
mod rehearsal;

pub use examples::Examples;
pub use rehearsal::{NO_EXAMPLE, rehearsed};

//! FLOOR 1: the journal, which is what is left of a run and what proves it.
//!
//! Records as lines, their chain, their signatures, the files beside them, and how all of it is read back and judged.
//! Nothing here decides what a run does next, and nothing here draws. The conductor writes through it, everything else reads.

pub mod amend;
pub mod ckpt;
mod content;
pub mod dir;
pub mod elsewhere;
pub mod error;
mod facts;
pub mod hash;
pub mod head;
pub mod keys;
pub mod line;
pub mod reader;
pub mod seal;
mod signoffs;
pub mod storage;
pub mod texts;
pub mod verify;
pub mod writer;

pub use dir::{FindError, Lock, LockError, RunDir};
pub use error::JournalError;
pub use hash::Hash;
pub use head::{Head, Heads};

//! FLOOR 2: what makes things happen: processes, clocks, signals, judging, and the masking of what is printed.
//!
//! The driver and the executors live here. Nothing in here decides what a run may do (that is `model::decide`) and
//! nothing in here draws. Only this floor starts a process on behalf of a runbook.

pub mod clock;
pub mod connect;
pub mod drill;
pub mod driver;
pub mod environment;
pub mod exec;
pub mod judge;
pub mod keep;
pub mod listen;
pub mod look;
pub mod mask;
pub mod probe;
pub mod pump;
pub mod secrets;
pub mod signoff;
pub mod survivors;
pub mod tail;
pub mod vars;

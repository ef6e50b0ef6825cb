//! FLOOR 2: what makes things happen: processes, clocks, signals, and the masking of what they print.
//!
//! The driver and the executors live here. Nothing in here decides what a run may do (that is `model::decide`) and
//! nothing in here draws. Only this floor starts a process on behalf of a runbook.

pub mod clock;
pub mod exec;
pub mod mask;
pub mod survivors;

//! FLOOR 2: what makes a run happen. `judge` decides what came of a command or a reading.
//!
//! It uses model, journal and runbook, and never a screen or a socket.

pub mod judge;

//! tminus runs a cutover: a runbook, a clock, real commands, people's answers, and a journal that proves what happened.

pub mod feed;
pub mod linear;
pub mod model;
pub mod tui;

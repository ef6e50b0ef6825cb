//! tminus runs a cutover: a runbook, a clock, real commands, people's answers, and a journal that proves what happened.

pub mod cli;
pub mod commands;
pub mod conductor;
pub mod engine;
pub mod feed;
pub mod journal;
pub mod linear;
pub mod model;
pub mod runbook;
pub mod tui;

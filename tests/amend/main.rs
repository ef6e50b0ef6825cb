//! Amendments after the seal: notes and redactions, what verify makes of them, and of everything that only looks like one.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic in a test is the report")]

#[path = "../journal_kit/mod.rs"]
mod journal_kit;
#[path = "../support/signing.rs"]
mod signing;
#[path = "../support/mod.rs"]
mod support;

mod chain;
mod commands;
mod crash;
mod two;

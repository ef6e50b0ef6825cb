//! The fuzz target of `bodies/runbook.rs`.
#![no_main]

#[path = "../bodies/runbook.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::try_one(bytes));

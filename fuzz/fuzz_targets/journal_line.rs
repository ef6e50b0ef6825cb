//! The fuzz target of `bodies/journal_line.rs`.
#![no_main]

#[path = "../bodies/journal_line.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::try_one(bytes));

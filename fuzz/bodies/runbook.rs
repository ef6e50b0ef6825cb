//! Any bytes as a runbook: a plan or diagnostics, in bounded time and memory, and never a panic.
//!
//! Diagnostics are rendered too, since a position that lies outside of the file would only show there.
//!
//! The fuzz target of this name and `tests/fuzzed.rs` call it.

/// One try.
pub fn try_one(bytes: &[u8]) {
    let loaded = tminus::runbook::parse("fuzz.yaml", bytes);
    let _ = tminus::runbook::render(&loaded, false);
    assert!(loaded.plan.is_some() || !loaded.diagnostics.is_empty(), "refused without a word");
}

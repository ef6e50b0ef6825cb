//! Another runbook for a run that is under way: what may differ, what every fold makes of the record, and the real program.
//!
//! The model is tried without a disk, the rest with the real binary on a terminal and by lines: amended, killed, resumed,
//! replayed, reported, verified, and its copy in `attach/` and its record tampered with.
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

#[path = "inflight/flown.rs"]
mod flown;
#[path = "inflight/model.rs"]
mod model;
mod support;

/// A runbook of two phases; every difference that a test wants is made in its text.
pub const BOOK: &str = "\
tminus: 1
title: Amended
environment: { name: here, kind: local }
hard_stop: T+4h
defaults: { shell: sh }
phases:
  - id: one
    title: One
    steps:
      - { id: first, title: First, run: \"echo first >> count\", effect: reads }
      - { id: asked, title: Asked, confirm: Go on }
  - id: two
    title: Two
    steps:
      - { id: broken, title: Broken, run: \"echo wrong >> count; false\", effect: reads }
      - { id: last, title: Last, confirm: It is over }
rollbacks:
  - { id: level-1, title: Back, budget: 1m, loses: nothing, steps: [{ id: off, title: 'Off', run: 'true', effect: changes }] }
";

/// The same with its third step mended and a step more.
pub fn mended() -> String {
    BOOK.replace("echo wrong >> count; false", "echo right >> count").replace(
        "      - { id: last,",
        "      - { id: more, title: More, run: \"echo more >> count\", effect: reads }\n      - { id: last,",
    )
}

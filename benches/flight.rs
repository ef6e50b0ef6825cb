//! How fast a flight is: beside what the same machine does without us, in the same run, as ratios.
//!
//! `cargo bench` runs all; `cargo bench -- flood` those whose name holds the word. Each line says what was measured, what it is
//! measured beside, and the aim. Nothing here fails when a number is bad: a benchmark is no test.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and a panic in it is the report")]

#[path = "support/course.rs"]
mod course;
#[path = "support/disk.rs"]
mod disk;
#[path = "../tests/support/fabricate.rs"]
mod fabricate;
#[path = "support/flood.rs"]
mod flood;
#[path = "../tests/journal_kit/mod.rs"]
mod journal_kit;
#[path = "support/large.rs"]
mod large;
#[path = "support/mask.rs"]
mod mask;
#[path = "support/measure.rs"]
mod measure;
#[path = "../tests/support/recorded.rs"]
mod recorded;
#[path = "support/replayed.rs"]
mod replayed;
#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    if replayed::looked() {
        return;
    }
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    measure::machine(&words);
    let all: [(&str, fn()); 9] = [
        ("steps of a large runbook", large::steps),
        ("follow a large runbook", course::course),
        ("masking", mask::masking),
        ("append and sync", disk::append_and_sync),
        ("attach", flood::attach),
        ("flood", flood::flood),
        ("keypress in a flood", flood::keypress),
        ("verify", disk::verify),
        ("replay of a million records", replayed::seek),
    ];
    for (name, run) in all {
        if wanted(name) {
            println!("\n{name}");
            run();
        }
    }
}

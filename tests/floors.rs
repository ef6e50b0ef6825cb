//! The floors of docs/ARCHITECTURE.md, read from the source: each may name only those below it, and only the crates it needs.
//!
//! Tests inside a file may reach up to fabricate what they need, so code under `#[cfg(test)]` is left out. The reading
//! itself is tried on planted text at the end: a scanner that sees nothing would keep every floor.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::path::{Path, PathBuf};

/// Every module of the crate with what else it may name. `linear` is a client as the screens are, and bound as they are.
const FLOORS: [(&str, &[&str]); 11] = [
    ("model", &[]),
    ("journal", &["model"]),
    ("runbook", &["model"]),
    ("engine", &["model", "journal", "runbook"]),
    ("feed", &["model", "journal", "runbook", "engine"]),
    ("conductor", &["model", "journal", "runbook", "engine", "feed"]),
    ("tui", &["model", "feed"]),
    ("linear", &["model", "feed"]),
    // It tells a run in the words of linear mode, and draws what programs printed as the screens do.
    ("report", &["model", "journal", "engine", "tui", "linear"]),
    ("cli", &[]),
    ("commands", &["model", "journal", "runbook", "engine", "feed", "conductor", "tui", "linear", "report", "cli"]),
];

/// Floors that may name only these crates of the dependencies.
const CRATES: [(&str, &[&str]); 3] =
    [("model", &["serde", "chrono", "chrono_tz", "sha2", "thiserror"]), ("tui", &SCREENS), ("cli", &["clap"])];
/// tokio is for the thread that reads keys alone (crossterm's `EventStream`), base64 for the terminal's clipboard,
/// alacritty_terminal for the screen of a step that has a terminal of its own.
const SCREENS: [&str; 12] = [
    "alacritty_terminal",
    "ratatui",
    "crossterm",
    "rustix",
    "tokio",
    "base64",
    "serde",
    "toml",
    "thiserror",
    "unicode_segmentation",
    "unicode_width",
    "zeroize",
];

/// What the model may not touch even of the standard library and chrono.
const OUTSIDE: [&str; 10] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::env",
    "Utc::now",
    "Local::now",
    "Instant",
    "SystemTime",
];

/// One source file: its path from `src` on, its floor, and its whole text.
struct Source {
    path: String,
    floor: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let inside = path.strip_prefix(&root).unwrap();
                let floor = inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
                found.push(Source { path: inside.display().to_string(), floor, text });
            }
        }
    }
    assert!(found.len() > 100, "found only {} files below {}", found.len(), root.display());
    found
}

/// Files that are all test: their `mod` line has the `#[cfg(test)]`.
fn is_test_file(path: &str) -> bool {
    let path = PathBuf::from(path);
    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
    stem.ends_with("tests") || stem == "testing" || path.iter().any(|part| part == "tests" || part == "testing")
}

/// The numbered lines of code: no comments, no item under `#[cfg(test)]`. It leans on `cargo fmt`: an item that opens a brace
/// ends at the next `}` of its own indentation.
fn code(text: &str) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim_start() == "#[cfg(test)]" {
            let indent = &line[..line.len() - line.trim_start().len()];
            let mut opened = false;
            for (_, inner) in lines.by_ref() {
                opened |= inner.trim_end().ends_with('{');
                let closed = inner.strip_prefix(indent).is_some_and(|rest| rest.starts_with('}'));
                if (opened && closed) || (!opened && inner.trim_end().ends_with([';', '}', ','])) {
                    break;
                }
            }
        } else if !line.trim_start().starts_with("//") {
            kept.push((number + 1, line.split(" // ").next().unwrap_or(line)));
        }
    }
    kept
}

/// The word that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    &text[..end]
}

/// The modules that a line names by `crate::…`, one or a list in braces.
fn named(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, path) in line.match_indices("crate::") {
        let rest = &line[at + path.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                found.extend(list.split([',', '}']).map(|one| word(one.trim())).filter(|one| !one.is_empty()))
            }
            None => found.push(word(rest)),
        }
    }
    found
}

/// Whether a line names this crate as the root of a path.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_' && letter != ':')
    })
}

fn floor(name: &str) -> Option<&'static [&'static str]> {
    FLOORS.iter().find(|(floor, _)| *floor == name).map(|(_, below)| *below)
}

/// What runs up in a file of this floor, by line.
fn arrows(of: &str, text: &str) -> Vec<String> {
    let Some(below) = floor(of) else { return Vec::new() };
    let up = |name: &&str| *name != of && floor(name).is_some() && !below.contains(name);
    let lines = code(text).into_iter();
    lines
        .flat_map(|(number, line)| named(line).into_iter().filter(up).map(move |name| format!("{number}: {name}")))
        .collect()
}

/// Asserts that `look` finds nothing in any file, and says where it did.
fn nowhere(what: &str, look: impl Fn(&Source) -> Vec<String>) {
    let mut found = Vec::new();
    for source in sources() {
        found.extend(look(&source).into_iter().map(|hit| format!("src/{}:{hit}", source.path)));
    }
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// Lines of code (tests left out) for which `hit` says what is wrong.
fn hits(source: &Source, hit: impl Fn(&str) -> Option<String>) -> Vec<String> {
    if is_test_file(&source.path) {
        return Vec::new();
    }
    code(&source.text).into_iter().filter_map(|(number, line)| Some(format!("{number}: {}", hit(line)?))).collect()
}

fn dependencies() -> Vec<String> {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let part = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap().to_owned();
    let names = part.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim().replace('-', "_"));
    let names: Vec<String> = names.collect();
    assert!(names.iter().any(|name| name == "tokio"), "{names:?}");
    names
}

#[test]
fn every_module_stands_on_a_floor() {
    nowhere("no floor is known for it", |source| {
        let known = floor(&source.floor).is_some() || ["lib", "main"].contains(&source.floor.as_str());
        if known { Vec::new() } else { vec![source.floor.clone()] }
    });
}

#[test]
fn no_floor_names_one_above_it() {
    nowhere("arrows that run up", |source| {
        if is_test_file(&source.path) { Vec::new() } else { arrows(&source.floor, &source.text) }
    });
}

#[test]
fn the_model_and_the_screens_know_only_the_crates_that_they_need() {
    let dependencies = dependencies();
    for (floor, may) in CRATES {
        let foreign: Vec<&String> = dependencies.iter().filter(|name| !may.contains(&name.as_str())).collect();
        nowhere(&format!("{floor} may name only {}", may.join(", ")), |source| {
            if source.floor != floor {
                return Vec::new();
            }
            hits(source, |line| foreign.iter().find(|name| names_crate(line, name)).map(|name| (*name).clone()))
        });
    }
}

#[test]
fn the_model_knows_no_clock_no_file_no_terminal_and_no_runtime() {
    nowhere("the model is pure", |source| {
        if source.floor != "model" {
            return Vec::new();
        }
        hits(source, |line| {
            OUTSIDE.iter().find(|outside| line.contains(**outside)).map(|outside| (*outside).to_owned())
        })
    });
}

#[test]
fn only_the_start_of_a_process_and_the_page_of_the_run_key_are_unsafe() {
    nowhere("`unsafe` has its two places", |source| {
        if ["engine/exec/spawn.rs", "journal/keys/page.rs"].contains(&source.path.as_str()) {
            return Vec::new();
        }
        let unsafe_word = |line: &str| {
            line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == "unsafe")
        };
        let lines = source.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        lines
            .filter(|(_, line)| unsafe_word(line) || line.contains("allow(unsafe_code"))
            .map(|(number, line)| format!("{}: {line}", number + 1))
            .collect()
    });
}

#[test]
fn the_library_prints_nothing_by_itself() {
    nowhere("output goes through a writer that can fail", |source| {
        if source.floor == "main" {
            return Vec::new();
        }
        hits(source, |line| {
            ["println!", "print!(", "dbg!("].iter().find(|word| line.contains(**word)).map(|word| (*word).to_owned())
        })
    });
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    nowhere("the module doc is missing", |source| {
        if source.text.starts_with("//! ") { Vec::new() } else { vec!["1: no `//!`".to_owned()] }
    });
}

#[test]
fn no_source_names_a_registry_a_machine_s_path_or_a_secret() {
    // Put together here, so that this file does not name them itself.
    let words = [
        ["index", ".crates", ".io"].concat(),
        ["static", ".crates", ".io"].concat(),
        ["pypi", ".org"].concat(),
        ["registry", ".npmjs"].concat(),
        ["deb.", "debian", ".org"].concat(),
        ["/", "work/"].concat(),
        ["/", "root/"].concat(),
        ["BEGIN OPENSSH ", "PRIVATE KEY-----\nb3Blb"].concat(),
        ["gh", "p_"].concat(),
        ["AK", "IA"].concat(),
        ["xox", "b-"].concat(),
    ];
    nowhere("not for a public repository", |source| {
        words.iter().filter(|word| source.text.contains(word.as_str())).map(|word| format!(" {word}")).collect()
    });
}

#[test]
fn the_reading_sees_what_runs_up_and_leaves_tests_out() {
    let planted = "\
//! Planted.
#[cfg(test)]
mod tests;
use crate::tui::app;
use crate::{engine::clock, model::ids};
// use crate::tui::never;
fn f(x: &crate::conductor::Hall) {} // crate::tui
#[cfg(test)]
impl Hall {
    fn g() -> crate::commands::Run {}
}
use crate::feed::News;
";
    assert_eq!(arrows("journal", planted), ["4: tui", "5: engine", "7: conductor", "12: feed"]);
    assert_eq!(arrows("tui", planted), ["5: engine", "7: conductor"]);
    assert!(names_crate("use tokio::sync;", "tokio") && names_crate("x(tokio::spawn)", "tokio"));
    assert!(!names_crate("use my_tokio::x; crate::tokio::y", "tokio"));
}

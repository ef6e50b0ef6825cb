//! The floors of docs/ARCHITECTURE.md, read from the `use` lines: each may use only those below it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every module of the crate with what it may name. Higher floors first.
fn floors() -> BTreeMap<&'static str, Vec<&'static str>> {
    let model = vec!["model"];
    let journal = vec!["model", "journal"];
    let runbook = vec!["model", "runbook"];
    let engine = vec!["model", "journal", "runbook", "engine"];
    let feed = vec!["model", "journal", "runbook", "engine", "feed"];
    let conductor = vec!["model", "journal", "runbook", "engine", "feed", "conductor"];
    let tui = vec!["model", "feed", "tui"];
    let linear = vec!["model", "feed", "linear"];
    let commands = vec!["model", "journal", "runbook", "engine", "feed", "conductor", "tui", "linear", "commands", "cli"];
    BTreeMap::from([
        ("model", model),
        ("journal", journal),
        ("runbook", runbook),
        ("engine", engine),
        ("feed", feed),
        ("conductor", conductor),
        ("tui", tui),
        ("linear", linear),
        ("commands", commands),
        ("cli", vec!["cli"]),
    ])
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("src can be read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file is UTF-8");
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 100, "found only {} files", found.len());
    found
}

fn floor_of(path: &Path) -> String {
    let inside = path.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).expect("below src");
    let first = inside.components().next().expect("a component").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The part of a file that is not its tests: tests may reach up to fabricate what they need.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

fn is_test_file(path: &Path) -> bool {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    name.ends_with("tests") || name == "testing" || path.components().any(|part| part.as_os_str() == "tests")
}

#[test]
fn no_floor_names_one_above_it() {
    let floors = floors();
    let mut arrows = Vec::new();
    for (path, text) in sources() {
        let floor = floor_of(&path);
        let Some(may) = floors.get(floor.as_str()) else { continue };
        if is_test_file(&path) {
            continue;
        }
        for (number, line) in without_tests(&text).lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for (at, _) in line.match_indices("crate::") {
                let named: String = line[at + 7..].chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
                if !named.is_empty() && floors.contains_key(named.as_str()) && !may.contains(&named.as_str()) {
                    arrows.push(format!("{}:{}: {floor} names {named}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(arrows.is_empty(), "arrows that run up:\n{}", arrows.join("\n"));
}

#[test]
fn the_model_knows_no_clock_no_file_no_terminal_and_no_runtime() {
    let foreign = ["tokio::", "ratatui", "crossterm", "duct::", "rustix", "std::fs", "std::io", "std::net", "std::process", "std::thread", "std::env", "Utc::now", "Local::now", "Instant", "SystemTime"];
    let mut found = Vec::new();
    for (path, text) in sources() {
        if floor_of(&path) != "model" || is_test_file(&path) {
            continue;
        }
        for (number, line) in without_tests(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(word) = foreign.iter().find(|word| code.contains(**word)) {
                found.push(format!("{}:{}: {word}", path.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let bare: Vec<String> = sources().iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path.display().to_string()).collect();
    assert!(bare.is_empty(), "no module doc:\n{}", bare.join("\n"));
}

#[test]
fn only_the_start_of_a_process_is_unsafe() {
    let found: Vec<String> = sources()
        .iter()
        .filter(|(path, text)| text.contains("allow(unsafe_code") && !path.to_string_lossy().contains("engine/exec"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_source_names_a_registry_or_a_machine_s_path() {
    let registries = [["index", ".crates", ".io"].concat(), ["static", ".crates", ".io"].concat(), ["pypi", ".org"].concat(), ["registry", ".npmjs"].concat(), ["deb.", "debian", ".org"].concat()];
    let places = [["/", "work/"].concat(), ["/", "root/"].concat()];
    let mut found = Vec::new();
    for (path, text) in sources() {
        for word in registries.iter().chain(&places).filter(|word| text.contains(word.as_str())) {
            found.push(format!("{}: {word}", path.display()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

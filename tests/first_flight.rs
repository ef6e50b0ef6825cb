//! The runbook that we ship, flown whole by its answers file: straight through, and back by either way.
//!
//! It promises to need only a shell and coreutils, to leave nothing behind, and to keep its secret; each is tried here.

mod support;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;
use support::{User, said};

const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/first-flight.yaml");
const ANSWERS: &str = include_str!("../runbooks/first-flight.answers.yaml");

/// Every program that the runbook may call: `sh`, and what coreutils has.
const PROGRAMS: [&str; 15] = [
    "sh", "cat", "cp", "cut", "date", "id", "ln", "ls", "mkdir", "mv", "readlink", "rm", "sha256sum", "uname", "wc",
];

/// The shipped answers with one of them changed.
fn answers(step: &str, answer: &str) -> String {
    let line = ANSWERS.lines().find(|line| line.trim_start().starts_with(&format!("{step}:"))).expect("it is answered");
    ANSWERS.replace(line, &format!("  {step}: {answer}"))
}

/// Flies with these answers and a PATH that has nothing but `PROGRAMS`.
fn flown(user: &User, answers: &str) -> Output {
    let programs = user.home.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for program in PROGRAMS {
        let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists());
        symlink(found.unwrap_or_else(|| panic!("this machine has no {program}")), programs.join(program)).unwrap();
    }
    user.write("answers.yaml", answers);
    user.tminus(&["run", RUNBOOK, "--answers", "answers.yaml"]).env("PATH", &programs).output().unwrap()
}

/// How the only run stands, and what is left of the place that it worked in.
fn state_and_rest(user: &User) -> (String, Vec<PathBuf>) {
    let rest = std::fs::read_dir(user.home.path()).unwrap().flatten().map(|entry| entry.path());
    let rest = rest.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("tminus-")).collect();
    (user.listed()[0]["state"].as_str().unwrap().to_owned(), rest)
}

fn done(state: &str) -> (String, Vec<PathBuf>) {
    (state.to_owned(), Vec::new())
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let is_folder = entry.file_type().unwrap().is_dir();
        files.extend(if is_folder { files_below(&path) } else { vec![path] });
    }
    files
}

#[test]
fn a_flight_needs_only_a_shell_and_coreutils_and_leaves_nothing() {
    let user = User::new();
    let flight = flown(&user, ANSWERS);
    assert_eq!(flight.status.code(), Some(0), "{}", said(&flight));
    assert_eq!(state_and_rest(&user), done("completed"), "{}", said(&flight));
}

#[test]
fn the_deploy_key_is_nowhere_in_the_run() {
    let user = User::new();
    // Back at once: the key has been used by then, and the flight is short.
    let flight = flown(&user, &answers("build-blue", "{ rollback: level-1 }"));
    let shell = "{ uname -n; id -u; } | sha256sum | cut -c 1-32";
    let key = std::process::Command::new("sh").args(["-c", shell]).output().unwrap().stdout;
    let key = String::from_utf8(key).unwrap().trim().to_owned();
    assert_eq!(key.len(), 32);
    let files = files_below(&user.only_run());
    assert!(files.len() > 3, "{files:?}");
    for file in files.iter().filter(|file| file.is_file()) {
        let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
        assert!(!text.contains(&key), "{} has the key", file.display());
    }
    assert!(!said(&flight).contains(&key));
}

#[test]
fn a_way_back_before_anything_is_live_tidies_up() {
    let user = User::new();
    let flight = flown(&user, &answers("build-blue", "{ rollback: level-1 }"));
    assert_eq!(flight.status.code(), Some(1), "{}", said(&flight));
    assert_eq!(state_and_rest(&user), done("rolled-back"), "{}", said(&flight));
}

#[test]
fn the_quick_way_back_still_owes_the_maintenance_page() {
    let user = User::new();
    let flight = flown(&user, &answers("maintenance-down", "[ { rollback: level-1 }, run ]"));
    assert_eq!(flight.status.code(), Some(1), "{}", said(&flight));
    assert_eq!(state_and_rest(&user), done("rolled-back"), "{}", said(&flight));
    let text = String::from_utf8_lossy(&flight.stdout).into_owned();
    assert!(text.contains("visitors read blue"), "{text}");
    assert!(text.contains("3.6 ok"), "{text}");
}

#[test]
fn the_backup_is_a_way_back_when_blue_is_gone() {
    let user = User::new();
    let back = answers("handed-over", "{ rollback: level-2, type: level-2, reason: wrong pages }\n  level-2.said: ok");
    let flight = flown(&user, &back);
    assert_eq!(flight.status.code(), Some(1), "{}", said(&flight));
    assert_eq!(state_and_rest(&user), done("rolled-back"), "{}", said(&flight));
    let text = String::from_utf8_lossy(&flight.stdout).into_owned();
    assert!(text.contains("4.3b.1 ok"), "blue was removed first: {text}");
}

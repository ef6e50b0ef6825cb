//! kill -9 of the conductor at every record of a flight, then resume: nothing acknowledged is lost and nothing runs twice.
//!
//! Real conductors, sockets, shells and files. The side effects are the witness: each command adds a line to a counter of its
//! own, and that counter, not the journal, says whether it ran.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic here is the report of a test")]

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use support::aboard::Aboard;
use support::{Reaped, events, records, said, until};
use tminus::engine::clock::wait_until;
use tminus::feed::News;
use tminus::feed::live::{Coming, connect};
use tminus::journal::RunDir;
use tminus::journal::reader::read_all;
use tminus::model::record::Record;

const BOOK: &str = "\
tminus: 1
title: Counted
environment: { name: here, kind: local }
defaults: { shell: sh }
phases:
  - id: one
    title: One
    steps:
      - { id: look, title: Look, run: \"echo look >> count; echo seen\", effect: reads, expect: { contains: [seen] } }
      - { id: mark, title: Mark, run: \"echo mark >> count; echo some; sleep 0.05; echo more\", undo: \"true\" }
      - { id: sent, title: Sent, measure: How many of 20, expect: { ratio: \">= 95%\" } }
  - id: two
    title: Two
    steps:
      - { id: move, title: Move, run: \"echo move >> count\", undo: \"true\" }
      - { id: seen, title: Seen, confirm: It is there }
rollbacks:
  - { id: level-1, title: Back, budget: 1m, loses: nothing, undo: all }
";
const ANSWERS: &str = "operator: ci\nstart: yes\nsteps:\n  look: run\n  mark: run\n  sent: \"20/20\"\n  move: run\n  seen: { ok: \"yes\" }\n";
const COMMANDS: [&str; 3] = ["look", "mark", "move"];
/// More records than a straight flight of the book has.
const MANY: usize = 200;

#[test]
fn a_conductor_killed_at_any_record_loses_nothing_acknowledged_and_runs_nothing_twice() {
    let next = AtomicUsize::new(1);
    let left = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(lines) = killed_at(at) else { break };
                    left.lock().unwrap().push(lines);
                }
            });
        }
    });
    let mut left = left.into_inner().unwrap();
    left.sort_unstable();
    left.dedup();
    println!("journals were left with so many records: {left:?}");
    assert!(left.len() > 10, "the kills hit too few places to mean anything: {left:?}");
}

/// A flight whose conductor is killed when record `at` is written, and what comes after. How many records the kill left, or
/// `None` where the flight ended before that record.
fn killed_at(at: usize) -> Option<usize> {
    assert!(at < MANY, "the flight does not end");
    let aboard = Aboard::with(&[("book.yaml", BOOK), ("answers.yaml", ANSWERS)]);
    let log = std::fs::File::create(aboard.path("client.log")).unwrap();
    let mut client = aboard.user.tminus(&["run", "book.yaml", "--answers", "answers.yaml"]);
    let mut client = Reaped(client.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
    let dir = first_run(&aboard, &mut client);
    let conductor = aboard.conductor();
    let watching = std::thread::spawn({
        let dir = dir.clone();
        move || watched(&dir)
    });
    let part = dir.path().join("events-0001.jsonl");
    let mut ended = false;
    wait_until(Duration::from_secs(30), Duration::ZERO, || {
        ended = client.0.try_wait().unwrap().is_some();
        ended || lines(&part) >= at
    });
    if ended && lines(&part) < at {
        check_end(&aboard, &dir, &[], "a flight that nobody disturbed");
        return None;
    }
    // One that has ended by itself just now was not killed; the rest must hold all the same.
    let _ = rustix::process::kill_process(conductor, rustix::process::Signal::KILL);
    until(60, "the client to leave", || client.0.try_wait().unwrap().is_some());
    let seen = watching.join().unwrap();
    let on_disk = read_all(&dir).unwrap_or_else(|why| panic!("killed at {at}: {why}"));
    assert_eq!(
        on_disk.get(..seen.len()),
        Some(seen.as_slice()),
        "killed at {at}: what a screen was told is in the journal"
    );
    land(&aboard, at);
    check_end(&aboard, &dir, &on_disk, &format!("killed at {at} with {} records", on_disk.len()));
    Some(on_disk.len())
}

/// The run's directory, as soon as it has a journal.
fn first_run(aboard: &Aboard, client: &mut Reaped) -> RunDir {
    let mut found = None;
    wait_until(Duration::from_secs(30), Duration::ZERO, || {
        found = aboard.runs().into_iter().find(|run| run.path().join("events-0001.jsonl").exists());
        found.is_some() || client.0.try_wait().unwrap().is_some()
    });
    found.unwrap_or_else(|| panic!("no run began: {}", aboard.text("client.log")))
}

/// Every record that a second screen is told of until the conductor is gone.
fn watched(dir: &RunDir) -> Vec<Record> {
    let coming = Coming { watch: true, unattended: false, name: None, signer: None, ..Coming::default() };
    let Ok((_port, news)) = connect(dir.clone(), coming) else { return Vec::new() };
    let mut seen = Vec::new();
    while let Ok(heard) = news.recv() {
        match heard {
            News::Records(records) => seen.extend(records),
            News::Over { .. } | News::Lost(_) => break,
            News::Taken(_) | News::Refused(..) | News::Driver { .. } | News::Trouble(_) => {}
        }
    }
    seen
}

/// Takes the run up again until it has ended; where a step is unknown, a person looks at the counter and says what it shows.
fn land(aboard: &Aboard, at: usize) {
    for _ in 0..4 {
        let resumed = aboard.user.run(&["resume", "1", "--answers", "answers.yaml"]);
        let state = aboard.user.listed()[0]["state"].as_str().unwrap_or_default().to_owned();
        if state == "completed" {
            return;
        }
        assert_eq!(
            resumed.status.code(),
            Some(1),
            "killed at {at}, now {state}: {}\n{}",
            said(&resumed),
            aboard.text("client.log")
        );
        if state == "unknown" {
            decide(aboard, at);
        }
    }
    panic!("killed at {at}: the run does not come to its end: {:?}", aboard.user.listed());
}

/// The person's part: what the counter says, said in a linear session.
fn decide(aboard: &Aboard, at: usize) {
    let all = records(&run_path(aboard));
    let step = events(&all, "step.started").last().unwrap()["step"].as_str().unwrap().to_owned();
    // Nobody says that it did not while it may still be about to.
    until(60, "what outlived the conductor to end", || aboard.processes().is_empty());
    let words = if aboard.text("count").lines().any(|line| line == step) { "it finished" } else { "it did not" };
    let mut session = aboard.user.tminus(&["resume", "1", "--linear"]);
    let mut session =
        Reaped(session.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut typing = session.0.stdin.take().unwrap();
    typing.write_all(format!("{words}\nthe counter says so\n").as_bytes()).unwrap();
    let resolved = || !events(&records(&run_path(aboard)), "step.resolved").is_empty();
    until(60, &format!("{step} to be resolved as {words:?}, killed at {at}"), resolved);
    drop(typing);
    until(60, "the session to leave", || session.0.try_wait().unwrap().is_some());
    let flown = aboard.user.run(&["attach", "1", "--answers", "answers.yaml"]);
    assert!(matches!(flown.status.code(), Some(0 | 1)), "killed at {at}: {}", said(&flown));
}

/// What must hold at the end of every flight.
fn check_end(aboard: &Aboard, dir: &RunDir, before: &[Record], what: &str) {
    let after = read_all(dir).unwrap_or_else(|why| panic!("{what}: {why}"));
    assert_eq!(after.get(..before.len()), Some(before), "{what}: nothing that was on disk is lost or changed");
    let count = aboard.text("count");
    for command in COMMANDS {
        assert_eq!(
            count.lines().filter(|line| *line == command).count(),
            1,
            "{what}: {command} ran once, got {count:?}"
        );
    }
    let all = records(dir.path());
    let mut started: Vec<String> =
        events(&all, "step.started").iter().map(|record| format!("{} {}", record["step"], record["attempt"])).collect();
    let begun = started.len();
    started.sort_unstable();
    started.dedup();
    assert_eq!(started.len(), begun, "{what}: no attempt begins twice");
    let verified = aboard.user.run(&["verify", "1"]);
    assert_eq!(verified.status.code(), Some(0), "{what}: {}", said(&verified));
}

fn run_path(aboard: &Aboard) -> PathBuf {
    aboard.runs().first().expect("there is a run").path().to_owned()
}

fn lines(part: &Path) -> usize {
    std::fs::read(part).map_or(0, |bytes| bytes.iter().filter(|byte| **byte == b'\n').count())
}

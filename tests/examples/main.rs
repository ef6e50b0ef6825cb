//! Drills with the real binary: runbooks flown by their own examples, with nothing executed. `strace` is the witness.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "../support/mod.rs"]
mod support;

mod plans;

use std::process::Command;
use support::{User, records, said};

/// A runbook whose every way to the world is there: a variable's command, the environment, a secret, files, an undo.
const WORLDLY: &str = "\
tminus: 1
title: Worldly
environment: { name: here, kind: production }
defaults: { shell: sh }
hard_stop: T+1h
vars:
  NAME: { command: \"touch made-by-a-variable; echo real\", matches: '^real$' }
  HOST: { env: LIVE_HOST }
  TOKEN: { env: LIVE_TOKEN, secret: true }
phases:
  - id: one
    title: One
    steps:
      - { id: shown, title: Shown, run: \"touch made-by-a-step; echo $HOST\", effect: reads, expect: { contains: [ready] }, example: it is ready }
      - { id: unshown, title: Unshown, run: touch made-by-another, effect: changes, undo: rm made-by-another, expect: { contains: [ready] } }
      - { id: kept, title: Kept, run: touch made-file, effect: reads, capture: { FILE: { file: 'made-*' } }, example: done }
rollbacks:
  - { id: level-1, title: Back, budget: 1m, loses: nothing, undo: all }
";
const STRAIGHT: &str = "operator: ci\nstart: yes\nsteps:\n  shown: run\n  unshown: run\n  kept: run\n";

#[test]
fn a_drill_does_nothing_to_the_world_and_says_of_each_step_what_it_did_not_judge() {
    let user = User::new();
    user.write("worldly.yaml", WORLDLY);
    user.write("answers.yaml", STRAIGHT);
    let live = [("LIVE_HOST", "db.production"), ("LIVE_TOKEN", "hunter22-of-production")];
    let drill = ["drill", "worldly.yaml", "--answers", "answers.yaml"];
    let flown = user.tminus(&drill).envs(live).output().unwrap();
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    let made = |file: &str| user.home.path().join(file).exists();
    assert!(!made("made-by-a-variable") && !made("made-by-a-step") && !made("made-by-another") && !made("made-file"));
    let run = user.only_run();
    let all = records(&run);
    let text = serde_json::to_string(&all).unwrap();
    assert!(!text.contains("db.production") && !text.contains("hunter22"), "the environment was read");
    assert!(text.contains("DRILL-NAME") && text.contains("DRILL-HOST") && text.contains("DRILL-FILE"));
    let told = String::from_utf8_lossy(&flown.stdout).into_owned();
    assert_eq!(told.matches("no example stands in the runbook").count(), 1, "{told}");
    let clock = told.lines().filter(|line| line.contains(" T+"));
    assert!(clock.clone().count() > 5 && clock.clone().all(|line| line.starts_with("DRILL ")), "{told}");
    assert_eq!(user.listed()[0]["kind"], "drill");
    let verified = user.run(&["verify", run.to_str().unwrap()]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    assert!(String::from_utf8_lossy(&verified.stdout).starts_with("drill "), "{}", said(&verified));
}

#[test]
fn a_drill_that_is_taken_up_again_is_still_a_drill() {
    let user = User::new();
    user.write("worldly.yaml", WORLDLY);
    user.write("answers.yaml", STRAIGHT);
    user.write("some.yaml", "operator: ci\nstart: yes\nsteps:\n  shown: run\n");
    let flown = user.run(&["drill", "worldly.yaml", "--answers", "some.yaml"]);
    assert_eq!(flown.status.code(), Some(1), "{}", said(&flown));
    let flown = user.run(&["resume", "1", "--answers", "answers.yaml"]);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    assert!(!user.home.path().join("made-by-another").exists());
    let verified = user.run(&["verify", "0001"]);
    assert!(String::from_utf8_lossy(&verified.stdout).starts_with("drill "), "{}", said(&verified));
}

/// Flies a shipped runbook by its own answers under `strace`, which sees nothing executed or connected to but tminus itself.
fn executes_nothing(name: &str) {
    let user = User::new();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks");
    let (runbook, answers) = (format!("{root}/{name}.yaml"), format!("{root}/{name}.answers.yaml"));
    let own = user.tminus(&["drill", &runbook, "--answers", &answers]);
    let trace = user.home.path().join("trace");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-s", "300", "-e", "trace=execve,execveat,connect", "-o"]).arg(&trace);
    traced.arg(own.get_program()).args(own.get_args()).env_clear().current_dir(user.home.path());
    traced.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let flown = traced.output().unwrap();
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    assert!(user.only_run().join("SEAL").exists());
    let trace = std::fs::read_to_string(trace).unwrap();
    let executed: Vec<&str> = trace.lines().filter(|line| line.contains("execve")).collect();
    assert_eq!(executed.len(), 2, "the client and its conductor: {executed:#?}");
    assert!(executed[1].contains("[\"") && executed[1].contains("\"conduct\"]"), "{executed:#?}");
    let connected: Vec<&str> = trace.lines().filter(|line| line.contains("connect(")).collect();
    assert!(!connected.is_empty(), "the trace sees a connection where there is one");
    assert!(
        connected.iter().all(|line| line.contains("AF_UNIX") && line.contains("\"/proc/self/fd/")),
        "{connected:#?}"
    );
}

#[test]
fn first_flight_flies_by_its_examples_and_nothing_but_tminus_is_executed_or_connected_to() {
    executes_nothing("first-flight");
}

#[test]
fn a_plan_of_every_kind_of_step_flies_by_its_examples_and_nothing_is_executed_or_connected_to() {
    executes_nothing("fan-privacy-calls");
}

//! What is gone through again: after a NO-GO, in the rounds of a horizon, and what must not be.

use crate::{flown, with};

const GATED: &str = "\
phases:
  - id: one
    title: One
    steps:
      - { id: build, run: \"echo build >> done\" }
      - gate: Good?
        id: good
        go: [ { id: looks, confirm: It looks good } ]
        otherwise: { recycle: build }
      - { id: last, run: \"echo last >> done\" }
rollbacks:
  - { id: level-1, title: Back, budget: 1m, loses: nothing, steps: [ { id: undo, run: \"echo back >> done\" } ] }
";

#[test]
fn a_no_go_begins_again_and_each_step_is_gone_through_anew() {
    let flown = flown(
        GATED,
        "steps:
  build: run
  good:
    - { looks: { fail: a crack }, decide: no-go, reason: a crack, then: { recycle: build, reason: once more } }
    - { looks: ok, decide: go }
  last: run
",
    );
    let flown = flown.ends(0).is("completed");
    assert_eq!(flown.file("done"), "build\nbuild\nlast\n");
    assert_eq!(flown.events("recycled").len(), 1);
}

#[test]
fn a_no_go_goes_back_and_the_program_says_so_by_its_exit_code() {
    let flown = flown(
        GATED,
        "steps:
  build: run
  good: { looks: { fail: a crack }, decide: no-go, reason: a crack, then: { rollback: level-1 } }
",
    );
    let flown = flown.ends(1).is("rolled-back");
    assert_eq!(flown.file("done"), "build\nback\n");
}

#[test]
fn a_step_that_runs_once_asks_for_more_the_second_time() {
    let once = GATED.replace("echo build >> done\" }", "echo build >> done\", once: true }");
    let again = "steps:
  build: BUILD
  good:
    - { looks: { fail: a crack }, decide: no-go, reason: a crack, then: { recycle: build, reason: once more } }
    - { looks: ok, decide: go }
  last: run
";
    let refused = flown(&once, &again.replace("BUILD", "run")).ends(1).is("held");
    assert_eq!(refused.file("done"), "build\n");
    let typed = flown(&once, &again.replace("BUILD", "[ run, { run: true, type: \"1.1\", reason: the crack } ]"));
    assert_eq!(typed.ends(0).file("done"), "build\nbuild\nlast\n");
}

#[test]
fn the_rounds_of_a_horizon_that_are_due_are_all_gone_through() {
    let runbook = "\
phases:
  - { id: one, title: One, steps: [ { id: build, run: \"echo build >> done\" } ] }
horizons:
  - { id: days, title: Each day, at: T+1d, every: 1d, until: T+3d, steps: [ { id: day, run: \"echo day >> done\" } ] }
";
    let flown = with(runbook, "steps: { build: run, days.day: run }\n", &["--t0", "2020-01-01 09:00"]);
    let flown = flown.ends(0).is("completed");
    assert_eq!(flown.file("done"), "build\nday\nday\nday\n");
}

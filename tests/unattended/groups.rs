//! Groups, steps side by side, commands in the background or for a time, calls.

use crate::flown;

fn one(steps: &str) -> String {
    format!("phases:\n  - id: one\n    title: One\n    steps:\n{steps}")
}

#[test]
fn a_parallel_runs_all_at_once_and_fails_when_one_does() {
    let runbook = one("      - id: both
        parallel:
          - { id: left, run: \"touch left; while [ ! -e right ]; do sleep 0.05; done\" }
          - { id: right, run: \"touch right; while [ ! -e left ]; do sleep 0.05; done\" }
          - { id: bad, run: \"false\" }
      - { id: last, run: touch last }
");
    let accepted = flown(&runbook, "steps: { both: run, bad: { accept: known, name: Ana }, last: run }\n");
    let accepted = accepted.ends(0).is("completed");
    assert!(accepted.user.home.path().join("last").exists());
    let silent = flown(&runbook, "steps: { both: run, last: run }\n");
    let silent = silent.ends(1).is("held").says("no answer for bad");
    assert!(silent.user.home.path().join("right").exists(), "the first failure lets the others end");
}

#[test]
fn together_runs_in_order_by_one_answer_up_to_the_first_that_fails() {
    let runbook = one("      - id: block
        title: Two at a go
        together: true
        steps:
          - { id: a, run: \"echo a >> done\" }
          - { id: b, run: \"echo b >> done; test -e mended || { touch mended; false; }\" }
          - { id: c, run: \"echo c >> done\" }
");
    let flown = flown(&runbook, "steps: { block: run, b: { retry: true } }\n").ends(0).is("completed");
    assert_eq!(flown.file("done"), "a\nb\nb\nc\n");
}

#[test]
fn the_steps_under_a_title_are_answered_one_by_one() {
    let runbook = one("      - id: titled
        title: Two under a title
        steps:
          - { id: a, run: \"echo a >> done\" }
          - { id: b, confirm: It is there }
");
    let flown = flown(&runbook, "steps: { a: run, b: ok }\n").ends(0);
    assert_eq!(flown.began(), ["a", "b"]);
    crate::flown(&runbook, "steps: { titled: run, a: run, b: ok }\n").ends(2);
}

#[test]
fn what_runs_in_the_background_is_waited_for_until_ready_and_ends_by_a_later_step() {
    let runbook = one("      - id: listen
        run: \"echo $$ > pid; sleep 0.3; echo listening; while :; do sleep 0.05; done\"
        background: true
        ready: { contains: listening }
      - { id: send, run: \"kill -0 $(cat pid)\" }
      - gate: Go on?
        id: go-on
        go: [ The sound is good ]
      - { id: close, run: touch closed, stop: listen }
      - { id: gone, run: \"true\" }
");
    let flown = flown(
        &runbook,
        "steps: { listen: run, send: run, go-on: { go-on.the-sound-is-good: ok, decide: go }, close: run, gone: run }\n",
    );
    let flown = flown.ends(0).is("completed");
    assert_eq!(flown.events("step.ready").len(), 1);
    assert_eq!(flown.events("step.ending")[0]["step"], "listen");
}

#[test]
fn what_runs_in_the_background_to_the_end_of_its_phase_keeps_no_run_from_closing() {
    let runbook = one("      - { id: tail, run: \"while :; do echo line; sleep 0.05; done\", background: true }
      - { id: work, run: \"true\" }
      - { id: for-a-while, run: \"while :; do sleep 0.05; done\", lasts: 500ms }
");
    flown(&runbook, "steps: { tail: run, work: run, for-a-while: run }\n").ends(0).is("completed");
    let silent = flown(&runbook, "steps: { tail: run, work: run }\n");
    let silent = silent.ends(1).is("held");
    assert!(silent.events("stop.asked").iter().any(|one| one["step"] == "tail"), "what runs is stopped");
}

#[test]
fn a_procedure_is_called_by_a_step_and_on_the_way_to_one() {
    let runbook = format!(
        "{}procedures:
  - id: flush
    title: Results look stale
    steps: [ {{ id: empty, run: \"echo flushed >> done\" }} ]
",
        one("      - { id: fix, call: flush }
      - { id: last, run: \"echo last >> done\" }
")
    );
    let by_step = flown(&runbook, "steps: { fix: run, flush.empty: run, last: run }\n").ends(0).is("completed");
    assert_eq!(by_step.file("done"), "flushed\nlast\n");
    let twice =
        flown(&runbook, "steps: { fix: run, flush.empty: run, last: [ { call: flush, reason: stale again }, run ] }\n");
    let twice = twice.ends(0).is("completed");
    assert_eq!(twice.file("done"), "flushed\nflushed\nlast\n");
    assert_eq!(twice.events("procedure.called")[0]["reason"], "stale again");
}

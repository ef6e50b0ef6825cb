//! Whole flights with the real binary: conductor, socket, shells, journal, key. Nobody is there; an answers file speaks.

mod support;

use support::{User, events, records, said, until};

const SMALL: &str = "\
tminus: 1
title: Small
environment: { name: here, kind: local }
defaults: { shell: sh }
hard_stop: T+1h
phases:
  - id: one
    title: One
    steps:
      - { id: hello, title: Say hello, run: \"echo hello; echo oops >&2\", effect: reads, expect: { contains: [hello] } }
      - { id: mark, title: Make a mark, run: \"echo x >> mark\", undo: \"rm mark\" }
      - { id: seen, title: Seen, confirm: The mark is there }
rollbacks:
  - { id: level-1, title: Back, budget: 1m, loses: nothing, undo: all }
";

const STRAIGHT: &str = "operator: ci\nstart: yes\nsteps:\n  hello: run\n  mark: run\n  seen: { ok: \"yes\" }\n";

#[test]
fn a_flight_by_answers_ends_sealed_and_verifies() {
    let user = User::new();
    user.write("small.yaml", SMALL);
    user.write("answers.yaml", STRAIGHT);
    let flown = user.run(&["run", "small.yaml", "--answers", "answers.yaml"]);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    assert_eq!(std::fs::read_to_string(user.home.path().join("mark")).unwrap(), "x\n");
    let run = user.only_run();
    assert!(run.join("SEAL").exists());
    let listed = user.listed();
    assert_eq!((listed[0]["state"].as_str(), listed[0]["sealed"].as_bool()), (Some("completed"), Some(true)));
    let verified = user.run(&["verify", run.to_str().unwrap()]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

#[test]
fn a_step_is_durable_before_its_process_exists() {
    let user = User::new();
    // The step itself looks into the journal of its own run.
    user.write(
        "look.yaml",
        &SMALL.replace(
            "echo x >> mark",
            "grep -c '\\\"ev\\\":\\\"step.started\\\",\\\"step\\\":\\\"mark\\\"' $RUN_DIR/events-0001.jsonl > mark",
        ),
    );
    user.write("answers.yaml", STRAIGHT);
    let flown = user.run(&["run", "look.yaml", "--answers", "answers.yaml"]);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    assert_eq!(std::fs::read_to_string(user.home.path().join("mark")).unwrap(), "1\n");
}

#[test]
fn a_run_without_an_answer_left_is_held_and_can_be_resumed() {
    let user = User::new();
    user.write("small.yaml", SMALL);
    user.write("some.yaml", "operator: ci\nstart: yes\nsteps:\n  hello: run\n");
    user.write("rest.yaml", STRAIGHT);
    let flown = user.run(&["run", "small.yaml", "--answers", "some.yaml"]);
    assert_eq!(flown.status.code(), Some(1), "{}", said(&flown));
    assert!(String::from_utf8_lossy(&flown.stdout).contains("tminus resume"), "{}", said(&flown));
    let run = user.only_run();
    assert_eq!(user.listed()[0]["state"], "held");
    let flown = user.run(&["resume", "1", "--answers", "rest.yaml"]);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    let all = records(&run);
    assert_eq!(
        events(&all, "step.started").iter().filter(|record| record["step"] == "hello").count(),
        1,
        "hello does not run twice"
    );
    let verified = user.run(&["verify", "0001"]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

#[test]
fn the_way_back_undoes_what_was_done() {
    let user = User::new();
    user.write("small.yaml", SMALL);
    user.write(
        "back.yaml",
        "operator: ci\nstart: yes\nsteps:\n  hello: run\n  mark: run\n  seen: { rollback: level-1 }\n",
    );
    let flown = user.run(&["run", "small.yaml", "--answers", "back.yaml"]);
    assert_eq!(flown.status.code(), Some(1), "{}", said(&flown));
    assert!(!user.home.path().join("mark").exists());
    assert_eq!(user.listed()[0]["state"], "rolled-back");
}

#[test]
fn a_conductor_that_is_killed_leaves_a_step_that_is_unknown_and_runs_nothing_twice() {
    let user = User::new();
    user.write("slow.yaml", &SMALL.replace("echo x >> mark", "echo x >> mark; while :; do sleep 0.1; done"));
    user.write("answers.yaml", STRAIGHT);
    let mut client = support::Reaped(
        user.tminus(&["run", "slow.yaml", "--answers", "answers.yaml"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap(),
    );
    until(60, "the step's mark", || user.home.path().join("mark").exists());
    let conductor = user.listed()[0]["conductor"].as_i64().expect("a conductor") as i32;
    let pid = rustix::process::Pid::from_raw(conductor).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    until(60, "the client to leave", || client.0.try_wait().unwrap().is_some());
    let resumed = user.run(&["resume", "1", "--answers", "answers.yaml"]);
    assert_eq!(resumed.status.code(), Some(1), "{}", said(&resumed));
    assert_eq!(user.listed()[0]["state"], "unknown");
    assert_eq!(std::fs::read_to_string(user.home.path().join("mark")).unwrap(), "x\n");
    let all = records(&user.only_run());
    assert!(!events(&all, "survivors").is_empty(), "the loop that lives on is named");
    let survivors = events(&all, "survivors");
    for holder in survivors.last().unwrap()["holders"].as_array().unwrap() {
        let pid = rustix::process::Pid::from_raw(holder["pid"].as_i64().unwrap() as i32).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

#[test]
fn bad_input_gets_one_clear_message_and_leaves_no_run() {
    let user = User::new();
    user.write("small.yaml", SMALL);
    user.write("not.yaml", "a: [");
    user.write("version.yaml", &SMALL.replace("tminus: 1", "tminus: 9"));
    user.write("key.yaml", &SMALL.replace("title: Small", "titel: Small"));
    user.write("var.yaml", &SMALL.replace("phases:", "vars:\n  TAG: { env: NOT_SET_ANYWHERE }\nphases:"));
    user.write("answers.yaml", STRAIGHT);
    for (file, word) in [
        ("none.yaml", "none.yaml"),
        ("not.yaml", "not.yaml"),
        ("version.yaml", "version"),
        ("key.yaml", "titel"),
        ("var.yaml", "NOT_SET_ANYWHERE"),
    ] {
        let output = user.run(&["run", file, "--answers", "answers.yaml"]);
        assert_eq!(output.status.code(), Some(2), "{file}: {}", said(&output));
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(complaint.contains(word), "{file}: {complaint}");
    }
    let no_terminal = user.run(&["run", "small.yaml"]);
    assert_eq!(no_terminal.status.code(), Some(2), "{}", said(&no_terminal));
    assert!(user.listed().is_empty());
}

#[test]
fn an_interrupt_stops_an_unattended_run_holds_it_and_says_how_to_go_on() {
    use rustix::process::{Pid, Signal, kill_process};
    let book = "tminus: 1\ntitle: T\nenvironment: { name: here, kind: local }\ndefaults: { shell: sh }\nphases:\n  - id: one\n    title: One\n    steps:\n      - { id: nap, title: Nap, run: \"echo napping; sleep 600\", effect: reads }\n";
    let aboard = support::aboard::Aboard::with(&[("book.yaml", book), ("a.yaml", "start: yes\nsteps: { nap: run }\n")]);
    let mut command = aboard.user.tminus(&["run", "book.yaml", "--answers", "a.yaml", "--no-key"]);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_raw(child.id() as i32).unwrap();
    support::until(60, "the step to run", || {
        aboard.runs().first().is_some_and(|run| !events(&records(run.path()), "step.spawned").is_empty())
    });
    kill_process(pid, Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("^C: what runs is stopped and the run is held") && said.contains("tminus resume 0001"),
        "{said}"
    );
    let run = aboard.runs().remove(0);
    let all = records(run.path());
    assert_eq!(events(&all, "step.judged")[0]["verdict"], "stop", "{all:?}");
    let held = events(&all, "held");
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(held[0]["reason"], "interrupted by ^C");
}

#[test]
fn a_second_interrupt_leaves_an_unattended_run_at_once() {
    use rustix::process::{Pid, Signal, kill_process};
    let book = "tminus: 1\ntitle: T\nenvironment: { name: here, kind: local }\ndefaults: { shell: sh }\nphases:\n  - id: one\n    title: One\n    steps:\n      - { id: nap, title: Nap, run: \"trap '' TERM; echo napping; while :; do sleep 1; done\", effect: reads }\n";
    let aboard = support::aboard::Aboard::with(&[("book.yaml", book), ("a.yaml", "start: yes\nsteps: { nap: run }\n")]);
    let mut command = aboard.user.tminus(&["run", "book.yaml", "--answers", "a.yaml", "--no-key"]);
    let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_raw(child.id() as i32).unwrap();
    let has = |event: &str| aboard.runs().first().is_some_and(|run| !events(&records(run.path()), event).is_empty());
    support::until(60, "the step to print", || has("output"));
    kill_process(pid, Signal::INT).unwrap();
    support::until(60, "the stop to be asked", || has("stop.asked"));
    kill_process(pid, Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!has("step.judged"), "it left before the step had ended: {}", said(&output));
    assert!(said(&output).contains("^C again: leaving at once") && said(&output).contains("tminus attach 0001"));
}

//! Runs on other machines with the real binary: conductor, journal, screens, and a real sshd that the tests start.
//!
//! What the executors promise alone is in `targets.rs`; here it is what an operator sees and what the journal keeps.
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

#[path = "support/sshd.rs"]
mod sshd;
mod support;

use rustix::process::{Pid, Signal, kill_process};
use sshd::Sshd;
use std::time::Duration;
use support::aboard::Aboard;
use support::screen::Screen;
use support::{events, records, said, until};

/// A card that opens by itself takes no keys until it has been silent for 350 ms.
const SILENCE: Duration = Duration::from_millis(450);

/// A runbook with two targets and these steps.
fn book(steps: &str) -> String {
    format!(
        "tminus: 1
title: Elsewhere
environment: {{ name: here, kind: local }}
hard_stop: T+1h
targets:
  db1: {{ ssh: db1 }}
  db2: {{ ssh: db2 }}
  silent: {{ ssh: silent }}
  changed: {{ ssh: changed }}
  keyless: {{ ssh: keyless }}
phases:
  - id: one
    title: One
    steps:
{steps}
rollbacks:
  - {{ id: level-1, title: Back, budget: 1m, loses: nothing, steps: [ {{ confirm: It is as before }} ] }}
"
    )
}

/// A user, a server and what runs there, all of which end with the test.
struct World {
    aboard: Aboard,
    sshd: Sshd,
    /// Stands in the command line of everything that the test starts on a target.
    length: String,
}

impl World {
    fn with(number: u32, steps: &str, files: &[(&str, &str)]) -> Self {
        let length = format!("{number}.{}", std::process::id());
        let text = book(&steps.replace("LENGTH", &length));
        let aboard = Aboard::with(&[&[("book.yaml", text.as_str())], files].concat());
        Self { aboard, sshd: Sshd::start(), length }
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.aboard.user.tminus(args);
        command.env("PATH", self.sshd.path());
        command
    }

    fn fly(&self) -> std::process::Output {
        self.command(&["run", "book.yaml", "--answers", "answers.yaml"]).output().unwrap()
    }

    fn screen(&self, args: &[&str], columns: u16, rows: u16) -> Screen {
        Screen::start(&self.command(args), columns, rows)
    }

    /// A screen on a run that was started.
    fn started(&self, columns: u16, rows: u16) -> Screen {
        let mut screen = self.screen(&["run", "book.yaml", "--no-key"], columns, rows);
        screen.wait_for("local");
        screen.wait_quiet(SILENCE);
        screen.keys("local\r");
        screen.wait_for("next 1.1");
        screen.wait_quiet(SILENCE);
        screen
    }

    fn records(&self) -> Vec<serde_json::Value> {
        records(self.aboard.runs()[0].path())
    }

    fn until_event(&self, event: &str) {
        until(90, event, || {
            self.aboard.runs().first().is_some_and(|run| !events(&records(run.path()), event).is_empty())
        });
    }

    fn printed(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.aboard.runs()[0].path().join("out").join(file)).unwrap_or_default()
    }

    /// What runs on the targets of what this test started there.
    fn there(&self) -> Vec<Pid> {
        with_argument(&self.length)
    }

    /// Every `ssh` of the run: they carry its id in their environment.
    fn masters(&self) -> Vec<Pid> {
        let run = self.aboard.runs()[0].id().0.clone();
        processes("environ", &format!("TMINUS_STEP={run}/"))
            .into_iter()
            .filter(|pid| {
                std::fs::read(format!("/proc/{}/comm", pid.as_raw_nonzero())).is_ok_and(|comm| comm == b"ssh\n")
            })
            .collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for pid in self.there() {
            // It may have ended by itself meanwhile.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn with_argument(word: &str) -> Vec<Pid> {
    processes("cmdline", word)
}

/// Processes with a word of this beginning in that file of `/proc`.
fn processes(file: &str, word: &str) -> Vec<Pid> {
    let listed = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = listed.filter_map(|entry| entry.file_name().to_string_lossy().parse::<i32>().ok());
    let holds = |pid: &i32| {
        std::fs::read(format!("/proc/{pid}/{file}"))
            .is_ok_and(|bytes| bytes.split(|byte| *byte == 0).any(|part| part.starts_with(word.as_bytes())))
    };
    numbers.filter(holds).filter_map(Pid::from_raw).collect()
}

#[test]
fn a_run_on_two_targets_flies_by_answers_and_leaves_no_connection() {
    let world = World::with(
        3701,
        "      - { id: first, title: First, target: db1, run: 'echo \"[${RUN_DIR:-}${RUNBOOK_DIR:-}]\"; echo tag-7; echo err >&2', capture: { TAG: { line: -1 } }, effect: reads }
      - { id: second, title: Second, target: db2, cwd: /usr, env: { COLOUR: blue }, run: 'pwd; echo \"$COLOUR $TAG\"' , undo: { run: 'echo undone', target: db1 } }
      - { id: third, title: Third, run: 'echo \"here ${RUN_DIR:+is one}\"', effect: reads }",
        &[("answers.yaml", "operator: ci\nstart: yes\nsteps:\n  first: run\n  second: run\n  third: run\n")],
    );
    let flown = world.fly();
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    // sshd reads a command's two streams apart: in which order what was printed on both arrives is nobody's promise.
    let printed = String::from_utf8(world.printed("first.1.log")).unwrap();
    let of_stdout: Vec<&str> = printed.lines().filter(|line| *line != "err").collect();
    assert_eq!(of_stdout, ["[]", "tag-7"], "RUN_DIR or RUNBOOK_DIR is set there, or something was lost: {printed:?}");
    assert_eq!(printed.lines().count(), 3, "{printed:?}");
    assert_eq!(world.printed("second.1.log"), b"/usr\nblue tag-7\n");
    assert_eq!(world.printed("third.1.log"), b"here is one\n");
    let all = world.records();
    let reached = events(&all, "step.reached");
    assert_eq!(reached.len(), 2, "{reached:?}");
    assert_eq!((reached[0]["target"].as_str(), reached[1]["target"].as_str()), (Some("db1"), Some("db2")));
    assert!(reached[0]["group"].as_u64().unwrap() > 1);
    assert!(reached[1]["place"].as_str().unwrap().ends_with(":/usr"), "{reached:?}");
    let text = said(&flown);
    assert!(text.contains("1.2 runs on db2: ") && text.contains(":/usr, process group "), "{text}");
    until(90, "the connections to be gone", || world.masters().is_empty() && world.sshd.serving().is_empty());
    let verified = world.command(&["verify", world.aboard.runs()[0].path().to_str().unwrap()]).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

#[test]
fn the_plan_says_on_which_machine_and_in_which_folder_each_command_runs() {
    let world = World::with(
        3702,
        "      - { id: first, title: First, target: db1, run: date, effect: reads }
      - { id: second, title: Second, target: db2, cwd: /srv, run: date, effect: reads }
      - { id: third, title: Third, target: db2, cwd: app, tty: true, run: date, effect: reads }",
        &[],
    );
    let page = said(&world.command(&["plan", "book.yaml"]).output().unwrap());
    for line in [
        "on db1 (ssh db1), in its login folder\n",
        "on db2 (ssh db2), in /srv\n",
        "on db2 (ssh db2), in app, below its login folder, with a terminal of its own",
    ] {
        assert!(page.contains(line), "{line:?} is not in\n{page}");
    }
}

#[test]
fn what_a_command_on_a_target_prints_is_kept_to_the_byte_however_much_it_is() {
    let world = World::with(
        3703,
        "      - { id: big, title: Big, target: db1, run: 'head -c 9000000 /dev/zero | tr \"\\000\" x', effect: reads }
      - { id: raw, title: Raw, target: db1, run: 'for i in 0 1 2 3; do for j in 0 1 2 3 4 5 6 7; do for k in 0 1 2 3 4 5 6 7; do printf \"\\\\$i$j$k\"; done; done; done', effect: reads }
      - { id: watch, title: Watch, target: db1, run: 'echo begun; exec sleep LENGTH', lasts: 1s, expect: { contains: [begun] } }",
        &[("answers.yaml", "operator: ci\nstart: yes\nsteps:\n  big: run\n  raw: run\n  watch: run\n")],
    );
    let flown = world.fly();
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    let big = world.printed("big.1.log");
    assert!(big.len() == 9_000_000 && big.iter().all(|byte| *byte == b'x'), "{} bytes", big.len());
    assert_eq!(world.printed("raw.1.log"), (0..=255).collect::<Vec<u8>>());
    until(90, "what has lasted to be gone there", || world.there().is_empty());
}

#[test]
fn a_target_that_cannot_be_reached_fails_its_step_and_says_what_to_do() {
    let cases = [
        ("silent", "nothing listens there", "Connection refused"),
        ("changed", "find out why before anything else", "Host key verification failed"),
        ("keyless", "no key was accepted", "Permission denied"),
    ];
    let steps: Vec<String> = cases
        .iter()
        .map(|(name, ..)| {
            format!("      - {{ id: {name}, title: On {name}, target: {name}, run: date, effect: reads }}")
        })
        .collect();
    let world = World::with(
        3704,
        &steps.join("\n"),
        &[(
            "answers.yaml",
            "operator: ci\nstart: yes\nsteps:\n  silent: [run, { accept: tested, name: ana }]\n  changed: [run, { accept: tested, name: ana }]\n  keyless: [run, { accept: tested, name: ana }]\n",
        )],
    );
    let flown = world.fly();
    let text = said(&flown);
    for (place, (name, what, ssh)) in cases.iter().enumerate() {
        let line = text.lines().find(|line| line.contains(&format!("1.{} FAILED", place + 1)));
        let line = line.unwrap_or_else(|| panic!("no end of {name} in\n{text}"));
        for word in ["could not be started", &format!("target {name}"), &format!("ssh {name}"), what, ssh] {
            assert!(line.contains(word), "{word:?} is not in {line}");
        }
    }
}

#[test]
fn an_ssh_that_would_ask_for_a_password_does_not_hang_a_step() {
    let world = World::with(
        3705,
        "      - { id: first, title: First, target: db1, run: date, effect: reads }",
        &[("answers.yaml", "operator: ci\nstart: yes\nsteps:\n  first: run\n")],
    );
    let asks = "#!/bin/sh\ncase \"$*\" in *BatchMode=yes*) echo 'ana@db1: Permission denied (publickey,password).' >&2; exit 255 ;; esac\n\
                printf 'password: ' >&2; exec sleep 100000\n";
    std::fs::write(world.sshd.folder.path().join("bin/ssh"), asks).unwrap();
    let flown = world.fly();
    assert!(said(&flown).contains("1.1 FAILED: it could not be started: target db1"), "{}", said(&flown));
}

#[test]
fn the_run_card_names_the_target_and_a_stop_from_the_stop_card_reaches_its_process_group() {
    let world = World::with(
        3706,
        "      - { id: look, title: Look, target: db1, run: date, effect: reads }
      - { id: long, title: Long, target: db1, cwd: /usr, run: 'sleep LENGTH | sleep LENGTH & echo under way; wait' }",
        &[],
    );
    let mut screen = world.started(100, 34);
    screen.keys("r");
    screen.wait_for("next 1.2");
    screen.wait_quiet(SILENCE);
    screen.keys("r");
    screen.wait_for("on db1 (ssh db1), in /usr; last seen there: ");
    screen.wait_quiet(SILENCE);
    screen.keys("y");
    world.until_event("step.reached");
    until(90, "both to run there", || world.there().len() >= 2);
    screen.keys("\x03");
    screen.wait_for("STOP");
    screen.keys("t");
    until(90, "its group there to be gone", || world.there().is_empty());
    screen.wait_for("1.2 was stopped");
    let all = world.records();
    let judged = events(&all, "step.judged");
    assert_eq!(judged.last().unwrap()["verdict"], "stop", "{judged:?}");
}

#[test]
fn a_lost_connection_leaves_a_step_unknown_and_what_lives_on_there_is_named_and_can_be_ended() {
    let world = World::with(
        3707,
        "      - { id: long, title: Long, target: db1, run: 'echo under way; sleep LENGTH', retry: { times: 3, every: 1s } }",
        &[],
    );
    let mut screen = world.started(100, 34);
    screen.keys("r");
    screen.wait_for("on db1 (ssh db1), in its login folder");
    screen.wait_quiet(SILENCE);
    screen.keys("y");
    world.until_event("step.reached");
    until(90, "it to run there", || !world.there().is_empty());
    world.sshd.cut();
    screen.wait_for("Nobody knows if it finished");
    screen.wait_quiet(SILENCE);
    screen.keys("\r");
    screen.wait_for("was lost after the command was sent");
    screen.wait_for("Still running: sleep on db1");
    let all = world.records();
    assert_eq!(events(&all, "step.judged")[0]["verdict"], "unknown");
    assert_eq!(events(&all, "step.started").len(), 1, "it was tried again by itself");
    screen.wait_quiet(SILENCE);
    screen.keys("2");
    screen.wait_for("still runs: wait for it, or s stops it");
    screen.keys("s");
    screen.wait_for("Nothing of it runs on db1 any more.");
    assert!(world.there().is_empty());
    screen.wait_quiet(SILENCE);
    screen.keys("2");
    screen.wait_for("How do you know?");
    screen.keys("it was killed\r");
    until(90, "a person's word", || !events(&world.records(), "step.resolved").is_empty());
}

#[test]
fn after_a_conductor_was_killed_what_runs_on_a_target_is_found_by_a_new_connection() {
    let world = World::with(
        3708,
        "      - { id: long, title: Long, target: db1, run: 'trap \"\" TERM; echo under way; sleep LENGTH & wait; sleep LENGTH' }",
        &[],
    );
    let mut screen = world.started(100, 34);
    screen.keys("r");
    screen.wait_for("on db1 (ssh db1)");
    screen.wait_quiet(SILENCE);
    screen.keys("y");
    world.until_event("step.reached");
    until(90, "it to run there", || !world.there().is_empty());
    world.aboard.kill_conductor();
    until(90, "its connections to be gone", || world.masters().is_empty() && world.sshd.serving().is_empty());
    drop(screen);
    let run = world.aboard.runs()[0].id().short().to_owned();
    let mut screen = world.screen(&["resume", &run, "--no-key"], 100, 34);
    screen.wait_for("Nobody knows if it finished");
    screen.wait_quiet(SILENCE);
    screen.keys("\r");
    screen.wait_for("Still running: ");
    screen.wait_for("on db1 (pid");
    screen.wait_quiet(SILENCE);
    // It is deaf to TERM: asked again it is killed.
    screen.keys("s");
    until(90, "the errand to be over", || events(&world.records(), "survivors").len() >= 2 || world.there().len() <= 1);
    screen.wait_quiet(SILENCE);
    screen.keys("s");
    screen.wait_for("Nothing of it runs on db1 any more.");
    assert!(world.there().is_empty());
}

#[test]
fn a_target_that_cannot_be_asked_after_a_resume_is_said_and_a_person_may_still_decide() {
    let world =
        World::with(3709, "      - { id: long, title: Long, target: db1, run: 'echo under way; sleep LENGTH' }", &[]);
    let mut screen = world.started(100, 34);
    screen.keys("r");
    screen.wait_for("on db1 (ssh db1)");
    screen.wait_quiet(SILENCE);
    screen.keys("y");
    world.until_event("step.reached");
    world.aboard.kill_conductor();
    drop(screen);
    std::fs::copy(world.sshd.folder.path().join("changed"), world.sshd.folder.path().join("known")).unwrap();
    let run = world.aboard.runs()[0].id().short().to_owned();
    let mut screen = world.screen(&["resume", &run, "--no-key"], 100, 34);
    screen.wait_for("Nobody knows if it finished");
    screen.wait_quiet(SILENCE);
    screen.keys("\r");
    screen.wait_for("Whether it still runs on db1 cannot be seen");
    screen.wait_for("its host key is not the one that is known");
    screen.wait_quiet(SILENCE);
    screen.keys("2");
    screen.wait_for("How do you know?");
    screen.keys("the machine was switched off\r");
    until(90, "a person's word", || !events(&world.records(), "step.resolved").is_empty());
}

#[test]
fn a_terminal_on_a_target_is_drawn_here_and_has_the_size_that_it_is_drawn_in() {
    let world = World::with(
        3710,
        "      - { id: talk, title: Talk, target: db1, tty: true, effect: reads, run: \"read -r -s -p 'Word: ' w; echo; echo ${#w}; trap 'stty size' WINCH; stty size; while [ ! -e DONE ]; do sleep 0.05; done\" }",
        &[],
    );
    let done = world.aboard.path("done");
    let text = world.aboard.text("book.yaml").replace("DONE", done.to_str().unwrap());
    world.aboard.user.write("book.yaml", &text);
    let mut screen = world.started(80, 24);
    screen.keys("r");
    screen.wait_for("^] ^]");
    screen.wait_for("\nWord:");
    screen.wait_quiet(SILENCE);
    screen.keys("hunter22!\r");
    screen.wait_for("9\n");
    screen.wait_for("22 80");
    screen.resize(100, 30);
    screen.wait_for("28 100");
    std::fs::write(&done, "").unwrap();
    screen.wait_for("ok: exit 0");
    assert!(!String::from_utf8_lossy(&world.printed("talk.1.log")).contains("hunter22"));
    let all = world.records();
    let typed = events(&all, "step.typed");
    assert_eq!(typed.iter().map(|each| each["bytes"].as_u64().unwrap()).sum::<u64>(), 10, "{typed:?}");
}

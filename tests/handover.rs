//! A run that somebody else takes up, with the real binary and real keys: what is refused until it is taken over, what becomes
//! old, what is shown and recorded; and what is never taken up at all.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "support/in_hands.rs"]
mod in_hands;
#[path = "support/signing.rs"]
mod signing;
mod support;

use signing::{Desk, Seat, has};
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;
use support::screen::Screen;
use support::{events, records, said};
use tminus::journal::RunDir;
use tminus::model::event::Answer;
use tminus::model::intent::{Intent, Typed};

const PLAN: &str = "\
tminus: 1
title: Handed on
environment: { name: here, kind: local }
defaults: { shell: sh }
hard_stop: T+8h
vars:
  TOKEN: { command: \"echo bound >> bound; echo s3cr3t-t0ken-value\", secret: true }
phases:
  - id: one
    title: One
    steps:
      - { id: first, gate: Go on?, go: [ { id: ready, confirm: All is ready } ] }
      - { id: hello, title: Say hello, run: \"echo hello >> hello\", effect: reads }
      - { id: long, title: Take long, run: \"echo began >> long; exec sleep 600\", effect: reads }
      - { id: last, title: The last, confirm: It is over }
";

/// A runbook that only whoever began it takes up.
fn same_operator() -> String {
    PLAN.replace("hard_stop: T+8h\n", "hard_stop: T+8h\nresume: same-operator\n")
}

/// A run of `op` that went past its gate, and whose conductor died while `long` ran.
fn orphaned(plan: &str) -> Desk {
    let desk = Desk::new(plan);
    let mut seat = desk.started();
    seat.until_records("the gate", |records| has(records, "step.started", 1));
    let answer = Intent::Answer { step: "first.ready".into(), item: 0, answer: Answer::Ok, saw: "seen".into() };
    seat.wish(answer).unwrap();
    seat.until_records("the criterion", |records| has(records, "step.answered", 1));
    let decide = Intent::Decide { step: "first".into(), go: true, typed: String::new(), reason: "all set".into() };
    seat.wish(decide).unwrap();
    seat.until_records("the decision", |records| has(records, "gate.decided", 1));
    seat.run("hello");
    seat.until_records("hello", |records| has(records, "step.judged", 1));
    seat.run("long");
    seat.until_records("long", |records| has(records, "step.spawned", 2));
    drop(seat);
    desk.aboard.kill_conductor();
    for pid in desk.aboard.processes() {
        // What the dead conductor left running: a test of its own looks at that.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
    desk
}

fn dir(desk: &Desk) -> RunDir {
    desk.aboard.runs().remove(0)
}

/// `tminus resume 1 --linear` with this key and these lines, to its end.
fn by_lines(desk: &Desk, key: &str, lines: &str) -> Output {
    let key = format!("keys/{key}");
    let args = ["resume", "1", "--linear", "--key", &key, "--allowed-signers", "signers"];
    let mut child = desk.aboard.user.tminus(&args);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn by_answers(desk: &Desk, key: &str, answers: &str) -> Output {
    desk.aboard.user.write("again.yaml", answers);
    let key = format!("keys/{key}");
    desk.run(&["resume", "1", "--answers", "again.yaml", "--key", &key, "--allowed-signers", "signers"])
}

fn names(run: &Path) -> Vec<String> {
    records(run).iter().map(|record| record["ev"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn whoever_takes_a_run_over_sees_what_is_open_and_gives_a_name_and_a_reason() {
    let desk = orphaned(PLAN);
    let lines = "take over\nAna\nop went home\nstand by\nstand by\nleave\n";
    let left = by_lines(&desk, "ana", lines);
    let told = said(&left);
    assert_eq!(left.status.code(), Some(4), "{told}");
    assert!(told.contains("Another key than before"), "{told}");
    assert!(told.contains("1.3 Take long: nobody knows whether it finished"), "{told}");
    assert!(told.contains("GO  1.1 Go on?, by ") && told.contains(": all set"), "{told}");
    let run = dir(&desk);
    let all = records(run.path());
    let [over] = events(&all, "handover")[..] else { panic!("no handover\n{told}") };
    assert_eq!((&over["name"], &over["reason"]), (&"Ana".into(), &"op went home".into()));
    assert_eq!(over["old"], serde_json::json!(["first"]));
    let [stood] = events(&all, "decisions.acknowledged")[..] else { panic!("not acknowledged\n{told}") };
    assert_eq!(stood["steps"], serde_json::json!(["first"]));
    // Between the resume and the handover nothing happened but that screens came.
    let names = names(run.path());
    let (from, to) = (names.iter().position(|name| name == "resume"), names.iter().position(|name| name == "handover"));
    let between = &names[from.unwrap() + 1..to.unwrap()];
    let quiet = |name: &String| ["ckpt", "client.joined", "survivors", "barrier.signed"].contains(&name.as_str());
    assert!(between.iter().all(quiet), "{between:?}");
    // The report says whose each part was, and what deviated.
    let report = said(&desk.run(&["report", "1", "--allowed-signers", "signers"]));
    assert!(report.contains("Ana took the run over from"), "{report}");
    assert!(report.contains("GO of another operator was acknowledged"), "{report}");
    assert!(report.contains("taken up again by"), "{report}");
}

#[test]
fn before_a_run_is_taken_over_nothing_of_it_goes_on_whatever_a_client_wishes() {
    let desk = orphaned(PLAN);
    let left = by_lines(&desk, "ana", "leave\n");
    assert_eq!(left.status.code(), Some(4), "{}", said(&left));
    assert_eq!(desk.aboard.text("bound"), "bound\n", "its secrets are read again once it is taken over");
    let mut seat = Seat::of(&desk, "ana");
    let resolve = || Intent::Resolve {
        step: "long".into(),
        how: tminus::model::event::Resolution::DidNot,
        reason: "it is gone".into(),
    };
    let run = |step: &str| Intent::Run { step: step.into(), typed: Typed::default() };
    let go_back = Intent::Recycle { to: "first".into(), reason: "again".into() };
    for refused in [run("long"), run("last"), resolve(), go_back, Intent::Close] {
        let why = seat.wish(refused.clone()).expect_err("it is refused");
        assert!(why.contains("whoever takes it over gives a name and a reason first"), "{refused:?}: {why}");
    }
    let over = |name: &str, reason: &str| Intent::HandOver { name: name.into(), reason: reason.into() };
    assert!(seat.wish(over(" ", "because")).unwrap_err().contains("gives a name"));
    assert!(seat.wish(over("Ana", "")).unwrap_err().contains("needs a reason"));
    seat.wish(Intent::Note { text: "looking at it".into(), step: None }).unwrap();
    seat.wish(Intent::Hold { reason: "not yet".into() }).unwrap();
    seat.wish(over("Ana", "op went home")).unwrap();
    seat.until_records("the handover", |records| has(records, "handover", 1));
    seat.until_records("the variables again", |records| has(records, "vars", 2));
    assert_eq!(desk.aboard.text("bound"), "bound\nbound\n");
    assert!(seat.wish(over("Ana", "op went home")).unwrap_err().contains("nothing to take over"));
    // What others decided is old: what rests on it is refused, what leads elsewhere is not.
    seat.wish(resolve()).unwrap();
    seat.wish(Intent::GoOn).unwrap();
    for refused in [run("long"), run("last"), Intent::Close] {
        let why = seat.wish(refused.clone()).expect_err("it is refused");
        assert!(why.contains("GO at 1.1 was decided under another operator"), "{refused:?}: {why}");
    }
    let why = seat.wish(Intent::StandBy { steps: vec!["hello".into()] }).unwrap_err();
    assert!(why.contains("look at the list again"), "{why}");
    seat.wish(Intent::StandBy { steps: vec!["first".into()] }).unwrap();
    seat.until_records("the decisions to stand", |records| has(records, "decisions.acknowledged", 1));
    assert!(seat.wish(Intent::StandBy { steps: vec!["first".into()] }).is_err());
    seat.wish(run("last")).unwrap_or_else(|why| assert!(!why.contains("another operator"), "{why}"));
}

#[test]
fn the_way_back_is_one_key_away_for_whoever_took_the_run_up_and_takes_it_over() {
    let level = "rollbacks:\n  - id: level-1\n    title: As it was\n    steps:\n      - { id: put-back, title: Put it back, run: \"echo back >> back\" }\n";
    let desk = orphaned(&format!("{PLAN}{level}"));
    let left = by_lines(&desk, "ana", "leave\n");
    assert_eq!(left.status.code(), Some(4), "{}", said(&left));
    let mut seat = Seat::of(&desk, "ana");
    let typed = Typed { reason: Some("it is worse now".into()), ..Typed::default() };
    seat.wish(Intent::RollBack { level: "level-1".into(), typed }).unwrap();
    seat.until_records("the way back", |records| has(records, "rollback.started", 1));
    let all = names(dir(&desk).path());
    let at = all.iter().position(|name| name == "rollback.started").unwrap();
    assert_eq!(all[at - 1], "handover", "{all:?}");
    let over = records(dir(&desk).path()).remove(at - 1);
    assert_eq!((&over["reason"], &over["old"]), (&"takes the way back level-1".into(), &serde_json::json!(["first"])));
    seat.until_records("its step", |records| has(records, "rollback.ended", 1));
    assert_eq!(desk.aboard.text("back"), "back\n");
}

#[test]
fn that_a_run_may_start_does_not_stand_for_taking_it_over() {
    let desk = orphaned(PLAN);
    let plain = "operator: night\nstart: yes\nsteps:\n  long: { hand: it was done }\n  last: { ok: seen }\n";
    let flown = by_answers(&desk, "ana", plain);
    assert_eq!(flown.status.code(), Some(1), "{}", said(&flown));
    assert!(said(&flown).contains("no answer for handover"), "{}", said(&flown));
    let handover = "handover: { name: Ana, reason: the night shift }\n";
    let flown = by_answers(&desk, "ana", &format!("{plain}{handover}"));
    assert_eq!(flown.status.code(), Some(1), "{}", said(&flown));
    assert!(said(&flown).contains("no answer for old decisions"), "{}", said(&flown));
    let all = records(dir(&desk).path());
    assert_eq!(events(&all, "handover").len(), 1);
    assert_eq!(events(&all, "step.settled").len(), 0);
    // What is taken over stays so for the same operator; and the file stands by what was decided.
    let stands = plain.to_owned() + "handover: { name: Ana, reason: the night shift, decisions: stand }\n";
    let flown = by_answers(&desk, "ana", &stands);
    let all = records(dir(&desk).path());
    assert_eq!(events(&all, "decisions.acknowledged").len(), 1, "{}", said(&flown));
    assert_eq!(events(&all, "handover").len(), 1, "{}", said(&flown));
    // What became of `long` is for a person to say.
    assert!(said(&flown).contains("no answer for long"), "{}", said(&flown));
    for (file, why) in [
        ("handover: yes\n", "who takes the run over, and why"),
        ("handover: { name: Ana }\n", "both a name and a reason"),
        ("handover: { name: Ana, reason: x, decisions: fall }\n", "decisions: stand"),
        ("handover: { name: Ana, reason: x, when: now }\n", "there is no key when"),
    ] {
        let refused = by_answers(&desk, "ana", &format!("start: yes\n{file}"));
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains(why), "{}", said(&refused));
    }
}

#[test]
fn the_operator_who_comes_back_takes_nothing_over() {
    let desk = orphaned(PLAN);
    let left = by_lines(&desk, "op", "leave\n");
    assert_eq!(left.status.code(), Some(4), "{}", said(&left));
    assert!(!said(&left).contains("take over"), "{}", said(&left));
    // Somebody else looked in and took nothing over: there is nothing for op to take back.
    desk.aboard.kill_conductor();
    by_lines(&desk, "ana", "leave\n");
    desk.aboard.kill_conductor();
    let left = by_lines(&desk, "op", "leave\n");
    assert!(!said(&left).contains("take over"), "{}", said(&left));
    let mut seat = Seat::take(&desk);
    seat.wish(Intent::HandOver { name: "op".into(), reason: "x".into() }).unwrap_err();
    assert!(!names(dir(&desk).path()).contains(&"handover".to_owned()));
    // Once somebody did, op takes it over too, and what op decided needs nobody's word.
    desk.aboard.kill_conductor();
    by_lines(&desk, "ana", "take over\nAna\nop went home\nleave\n");
    drop(seat);
    desk.aboard.kill_conductor();
    by_lines(&desk, "op", "take over\nop\nback again\nleave\n");
    let all = records(dir(&desk).path());
    let over: Vec<_> = events(&all, "handover").into_iter().map(|record| record["old"].clone()).collect();
    assert_eq!(over, [serde_json::json!(["first"]), serde_json::json!([])]);
}

#[test]
fn a_runbook_may_say_that_no_run_of_it_begins_or_goes_on_without_a_key() {
    let plan = PLAN.replace("hard_stop: T+8h\n", "hard_stop: T+8h\nsigning: required\n");
    let desk = orphaned(&plan);
    let before = names(dir(&desk).path());
    for args in [["resume", "1", "--linear", "--no-key"], ["run", "plan.yaml", "--detach", "--no-key"]] {
        let refused = desk.run(&args);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains("this runbook says `signing: required`"), "{}", said(&refused));
    }
    assert_eq!(names(dir(&desk).path()), before, "nothing was written, and there is one run");
    let left = by_lines(&desk, "op", "leave\n");
    assert_eq!(left.status.code(), Some(4), "{}", said(&left));
    let drilled = desk.run(&["drill", "plan.yaml", "--no-key", "--linear"]);
    assert!(!said(&drilled).contains("signing: required"), "a drill is no run: {}", said(&drilled));
}

#[test]
fn a_runbook_may_say_that_only_whoever_began_it_takes_it_up() {
    let desk = orphaned(&same_operator());
    let before = names(dir(&desk).path());
    let refused = by_lines(&desk, "ana", "leave\n");
    let told = said(&refused);
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("its runbook says `resume: same-operator`, and it was begun by"), "{told}");
    assert!(told.contains("not by"), "{told}");
    let unsigned = desk.run(&["resume", "1", "--linear", "--no-key"]);
    assert_eq!(unsigned.status.code(), Some(2), "{}", said(&unsigned));
    assert_eq!(names(dir(&desk).path()), before, "nothing was written");
    let left = by_lines(&desk, "op", "leave\n");
    assert_eq!(left.status.code(), Some(4), "{}", said(&left));
    assert!(names(dir(&desk).path()).contains(&"resume".to_owned()));
}

#[test]
fn a_run_goes_by_its_own_copy_of_the_runbook_and_is_taken_up_in_its_own_place_only() {
    let desk = orphaned(PLAN);
    // The file on disk says something else by now.
    desk.aboard.user.write("plan.yaml", &PLAN.replace("It is over", "Something else"));
    let left = by_lines(&desk, "op", "leave\n");
    assert_eq!(left.status.code(), Some(4), "{}", said(&left));
    assert!(said(&left).contains("changed since the run began. The run goes by its own copy"), "{}", said(&left));
    let mut told = said(&desk.run(&["report", "1", "--format", "text", "--allowed-signers", "signers"]));
    told.push_str(&said(&desk.run(&["report", "1", "--allowed-signers", "signers"])));
    assert!(!told.contains("Something else"), "{told}");
    desk.aboard.kill_conductor();
    // A directory from elsewhere is looked at, and never taken up.
    let elsewhere = desk.path("ticket");
    std::fs::create_dir(&elsewhere).unwrap();
    let run = dir(&desk);
    let copy = elsewhere.join(run.id().as_str());
    assert!(std::process::Command::new("cp").arg("-a").arg(run.path()).arg(&copy).status().unwrap().success());
    let refused = desk.run(&["resume", copy.to_str().unwrap(), "--linear", "--key", "keys/op"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("a run from elsewhere is never taken up"), "{}", said(&refused));
    // The copy in `attach/` is what genesis names, or the run is not taken up.
    let attach = std::fs::read_dir(run.path().join("attach")).unwrap().flatten().next().unwrap().path();
    std::fs::write(&attach, PLAN.replace("echo hello", "echo evil")).unwrap();
    let before = names(run.path());
    let refused = by_lines(&desk, "op", "leave\n");
    assert!(matches!(refused.status.code(), Some(2 | 3)), "{}", said(&refused));
    assert_eq!(names(run.path()), before);
}

#[test]
fn a_run_that_ended_can_only_be_sealed() {
    let desk = Desk::new(PLAN);
    let mut seat = desk.started();
    seat.wish(Intent::Abort { reason: "no use".into() }).unwrap();
    seat.until_records("the abort", |records| has(records, "aborted", 1));
    seat.wish(Intent::Close).unwrap();
    let run = dir(&desk);
    support::until(60, "the seal and the conductor's end", || {
        run.path().join("SEAL").is_file() && tminus::feed::live::conductor_of(&run).is_none()
    });
    drop(seat);
    for file in std::fs::read_dir(run.path()).unwrap().flatten() {
        if file.file_name().to_string_lossy().starts_with("SEAL") {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    let before = names(run.path());
    assert!(before.contains(&"ended".to_owned()) && before.contains(&"closed".to_owned()));
    // Also by somebody else: nothing is left to take over.
    let sealed = by_lines(&desk, "ana", "1\n");
    assert!(run.path().join("SEAL").is_file(), "{}", said(&sealed));
    assert_eq!(names(run.path()), before, "{}", said(&sealed));
}

#[test]
fn on_the_screens_a_run_is_taken_over_by_a_card_and_no_key_gets_past_it() {
    let desk = orphaned(PLAN);
    let args = ["resume", "1", "--key", "keys/ana", "--allowed-signers", "signers"];
    let mut screen = Screen::start(&desk.aboard.user.tminus(&args), 100, 40);
    screen.wait_for("TAKE OVER");
    screen.wait_for("1.3 Take long: nobody knows whether it finished");
    screen.wait_quiet(Duration::from_millis(500));
    // Closed, it is what every key leads back to.
    screen.keys("\u{1b}");
    screen.wait_gone("TAKE OVER");
    screen.wait_quiet(Duration::from_millis(500));
    if screen.contents().contains("SINCE YOU LEFT") {
        screen.keys(" ");
    }
    screen.wait_for("Nothing goes on before it is taken over");
    screen.wait_quiet(Duration::from_millis(500));
    screen.keys("r");
    screen.wait_for("Your name:");
    screen.wait_quiet(Duration::from_millis(500));
    screen.keys("Ana\r");
    screen.wait_for("Why:");
    screen.keys("\r");
    screen.wait_for("It takes a reason");
    screen.keys("op went home\r");
    screen.wait_for("OLD DECISIONS");
    screen.wait_for("GO  1.1 Go on?");
    screen.wait_quiet(Duration::from_millis(500));
    screen.keys("stand by\r");
    screen.wait_gone("OLD DECISIONS");
    support::until(60, "the record", || names(dir(&desk).path()).contains(&"decisions.acknowledged".to_owned()));
    let all = records(dir(&desk).path());
    assert_eq!(events(&all, "handover")[0]["reason"], "op went home");
}

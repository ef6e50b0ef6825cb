//! What stations of a poll and second persons say, where their roles have signers: by key only, with the real binary.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "support/signing.rs"]
mod signing;
mod support;

use signing::{Desk, Seat, agent, assert_refused, by_hand, has};
use std::process::Stdio;
use support::screen::Screen;
use support::{Reaped, events, records, said, until};
use tminus::model::event::{Decision, Vote};
use tminus::model::intent::{Intent, Typed};

const PLAN: &str = "\
tminus: 1
title: Keyed words
environment: { name: here, kind: local }
defaults: { shell: sh }
hard_stop: T+8h
roles:
  lead: { title: Technical lead, signers: [ana@example.com] }
  ops: { title: Operations, signers: [ben@example.com] }
  guest: { title: A guest }
vars:
  WHAT: { default: the old rows }
phases:
  - id: one
    title: One
    steps:
      - { id: hello, title: Say hello, run: \"echo hello\", effect: reads }
      - id: go
        title: Shall we
        gate: Shall we go on
        go:
          - { id: seen, confirm: Somebody looked, critical: true, fresh: 8h }
        poll: [lead, ops, guest]
      - id: wipe
        title: Wipe it
        run: echo wiping $WHAT
        effect: destroys
        phrase: wipe it
        loses: The old rows
        role: ops
        second_person: true
        skip: never
      - { id: after, title: After, confirm: It is over }
";

const ANSWERS: &str = "\
operator: ci
start: yes
steps:
  hello: run
  go: { seen: { ok: I did }, poll: { lead: go, ops: go, guest: go }, decide: go }
  wipe: { run: true, type: wipe it, reason: planned }
  after: { ok: \"yes\" }
";

/// The gate is open, and what it asks its stations is on disk.
fn at_the_gate(desk: &Desk) -> Seat {
    let mut seat = desk.started();
    seat.run("hello");
    seat.until_records("the stations to be asked", |records| has(records, "sign.asked", 1) && has(records, "ckpt", 4));
    seat
}

fn vote(role: &str, vote: Vote) -> Intent {
    Intent::Vote { step: "go".into(), role: role.into(), vote }
}

/// The gate is behind, and the step that destroys is next.
fn at_the_wipe(desk: &Desk) -> Seat {
    let mut seat = at_the_gate(desk);
    let typed = "GO ANYWAY".to_owned();
    seat.wish(Intent::Decide { step: "go".into(), go: true, typed, reason: "a test".into() }).unwrap();
    seat.until_records("the decision", |records| has(records, "gate.decided", 1));
    seat
}

fn wipe(second: Option<&str>) -> Intent {
    let (text, reason, second) = (Some("wipe it".into()), Some("planned".into()), second.map(str::to_owned));
    Intent::Run { step: "wipe".into(), typed: Typed { text, reason, second } }
}

fn words(desk: &Desk) -> Vec<(String, String, String)> {
    let all = records(&desk.dir());
    let of = |record: &&serde_json::Value, key: &str| record[key].as_str().unwrap_or("signed").to_owned();
    let signed = events(&all, "step.signed");
    signed.iter().map(|one| (of(one, "role"), of(one, "decision"), of(one, "principal"))).collect()
}

fn word(role: &str, decision: &str, principal: &str) -> (String, String, String) {
    (role.into(), decision.into(), principal.into())
}

#[test]
fn a_station_with_signers_votes_by_key_only_and_may_change_its_mind_but_no_signature_counts_twice() {
    let desk = Desk::new(PLAN);
    let mut seat = at_the_gate(&desk);
    let typed = seat.wish(vote("lead", Vote::Go)).unwrap_err();
    assert!(typed.contains("lead has signers (ana@example.com): a name alone does not sign for it"), "{typed}");
    seat.wish(vote("guest", Vote::Go)).unwrap();
    assert_refused(&desk.sign("ana", &[]), "--vote go or --vote no-go");
    // What is no vote is no answer to a gate.
    let sign = |decision| Intent::Sign {
        step: "go".into(),
        role: "lead".into(),
        name: "ana@example.com".into(),
        comment: String::new(),
        text: None,
        sig: None,
        decision,
    };
    let refused = seat.wish(sign(Decision::Approved)).unwrap_err();
    assert!(refused.contains("is not asked what is signed: approved"), "{refused}");
    assert!(seat.wish(sign(Decision::Go)).unwrap_err().contains("a name alone"));
    // Another's key, the operator's key, and the other role's are refused with the reason.
    let refused = desk.sign("cleo", &["--vote", "go"]);
    assert_refused(&refused, "no key that is at hand here may sign");
    assert_refused(&refused, "that of cleo@example.com, who is not asked here");
    assert_refused(&refused, "ssh-keygen -Y sign -n signoff@tminus -f KEY TEXT");

    let go = desk.run(&["sign", "1", "--write", "go.txt", "--vote", "go", "--key", "keys/ana.pub"]);
    assert!(go.status.success(), "{}", said(&go));
    desk.keygen("go.txt", "ana", "signoff@tminus");
    assert!(desk.hand_in("go.txt").status.success());
    assert!(desk.sign("ana", &["--vote", "no-go", "--comment", "the disk is full"]).status.success());
    // Whoever kept her GO cannot bring it again.
    assert_refused(&desk.hand_in("go.txt"), "counts once");
    let no = "decision: no-go";
    let text = std::fs::read_to_string(desk.path("go.txt")).unwrap();
    desk.aboard.user.write("no.txt", &text.replace("decision: go", no));
    std::fs::copy(desk.path("go.txt.sig"), desk.path("no.txt.sig")).unwrap();
    assert_refused(&desk.hand_in("no.txt"), "another text was signed, or it was changed");
    let open = seat.wish(Intent::Decide { step: "go".into(), go: true, typed: String::new(), reason: String::new() });
    let open = open.unwrap_err();
    assert!(open.contains("lead says NO-GO") && open.contains("ops is silent"), "{open}");
    assert!(desk.sign("ana", &["--vote", "go", "--comment", "mended"]).status.success());
    let lead = |decision| word("lead", decision, "ana@example.com");
    assert_eq!(words(&desk), [lead("go"), lead("no-go"), lead("go")]);
}

#[test]
fn a_vote_is_void_when_a_critical_answer_gets_old_and_what_was_signed_before_does_not_come_back() {
    let desk = Desk::new(&PLAN.replace("fresh: 8h", "fresh: 1s"));
    let mut seat = at_the_gate(&desk);
    let go = desk.run(&["sign", "1", "--write", "go.txt", "--vote", "go", "--key", "keys/ana.pub"]);
    assert!(go.status.success(), "{}", said(&go));
    desk.keygen("go.txt", "ana", "signoff@tminus");
    assert!(desk.hand_in("go.txt").status.success());
    let (step, saw) = ("go.seen".into(), "I did".to_owned());
    seat.wish(Intent::Answer { step, item: 0, answer: tminus::model::event::Answer::Ok, saw }).unwrap();
    seat.until_records("the answer to get old, and the stations asked anew", |records| {
        has(records, "step.old", 1) && has(records, "sign.asked", 2)
    });
    let refused = desk.hand_in("go.txt");
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert_eq!(words(&desk).len(), 1);
    until(60, "another vote", || desk.sign("ana", &["--vote", "go"]).status.success());
}

#[test]
fn a_step_whose_second_person_has_a_key_begins_only_with_that_signature_over_what_would_run() {
    let desk = Desk::new(PLAN);
    let mut seat = at_the_wipe(&desk);
    for second in [None, Some("ben@example.com"), Some("Ben")] {
        let refused = seat.wish(wipe(second)).unwrap_err();
        assert!(refused.contains("ops has signers (ben@example.com)"), "{refused}");
        assert!(refused.contains("is to be asked first"), "{refused}");
    }
    seat.wish(Intent::AskSecond { step: "wipe".into() }).unwrap();
    seat.until_records("the second person to be asked", |records| has(records, "sign.asked", 2));
    assert!(seat.wish(Intent::AskSecond { step: "wipe".into() }).unwrap_err().contains("is asked already"));
    assert!(seat.wish(wipe(Some("ben@example.com"))).unwrap_err().contains("is asked and has not signed"));
    assert_refused(&desk.sign("ana", &[]), "who is not asked here");
    let signed = desk.sign("ben", &["--comment", "go on"]);
    assert!(signed.status.success(), "{}", said(&signed));
    for shown in
        ["1.3 Wipe it may begin on", "- loses: The old rows", "- runs: echo wiping $WHAT", "- WHAT: the old rows"]
    {
        assert!(said(&signed).contains(shown), "{shown}\n{}", said(&signed));
    }
    // The start stays the operator's, with all that its class asks.
    let bare = Intent::Run { step: "wipe".into(), typed: Typed::default() };
    assert!(seat.wish(bare).unwrap_err().contains("wipe it"));
    seat.wish(wipe(Some("somebody else"))).unwrap();
    seat.until_records("the step", |records| has(records, "step.judged", 2));
    let all = records(&desk.dir());
    let started = events(&all, "step.started").into_iter().find(|one| one["step"] == "wipe").unwrap();
    assert_eq!(started["second"], "ben@example.com");
    seat.finish();
    let seal = std::fs::read_to_string(desk.dir().join("SEAL")).unwrap();
    assert!(seal.contains("\n# required sign-offs: wipe.1:1/ops\n"), "{seal}");
    assert!(seal.contains("\n# present sign-offs: wipe.1/ops/"), "{seal}");
    let verified = desk.verify("signers");
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

#[test]
fn the_second_person_is_neither_the_operators_key_nor_the_operator_by_another_key() {
    let desk = Desk::new(PLAN);
    // The list has a second key for ben, and the operator flies with the first.
    let list = std::fs::read_to_string(desk.path("signers")).unwrap();
    let other = desk.key("ben2", "ben@example.com");
    let op = desk.public("op");
    desk.aboard.user.write("signers", &format!("{list}{other}ben@example.com {op}"));
    let mut seat = at_the_wipe(&desk);
    seat.wish(Intent::AskSecond { step: "wipe".into() }).unwrap();
    seat.until_records("the second person to be asked", |records| has(records, "sign.asked", 2));
    assert_refused(&desk.sign("op", &[]), "needs a second person, and this is the operator's key");
    assert_refused(&desk.sign("ben2", &[]), "ben@example.com is the operator, by the list");
    assert!(words(&desk).is_empty());
}

#[test]
fn what_a_second_person_agreed_to_is_void_after_a_resume_and_for_the_next_attempt() {
    let desk = Desk::new(&PLAN.replace("echo wiping $WHAT", "exit 3"));
    let mut seat = at_the_wipe(&desk);
    let ask = || Intent::AskSecond { step: "wipe".into() };
    seat.wish(ask()).unwrap();
    seat.until_records("the second person to be asked", |records| has(records, "sign.asked", 2));
    assert!(desk.sign("ben", &[]).status.success());
    seat.until_records("the signature", |records| has(records, "step.signed", 1));
    desk.aboard.kill_conductor();
    drop(seat);
    // A client takes it up and goes; its conductor stays.
    let mut resume =
        desk.aboard.user.tminus(&["resume", "1", "--linear", "--key", "keys/op", "--allowed-signers", "signers"]);
    let resumed = Reaped(resume.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    until(60, "the resume", || !events(&records(&desk.dir()), "resume").is_empty());
    drop(resumed);
    let mut seat = Seat::take(&desk);
    seat.until_records("the resume", |records| has(records, "resume", 1));
    let again = seat.wish(wipe(None)).unwrap_err();
    assert!(again.contains("is to be asked first"), "{again}");
    seat.wish(ask()).unwrap();
    seat.until_records("the second person to be asked again", |records| has(records, "sign.asked", 3));
    assert!(desk.sign("ben", &[]).status.success());
    seat.until_records("the signature", |records| has(records, "step.signed", 2));
    seat.wish(wipe(None)).unwrap();
    seat.until_records("it to fail", |records| has(records, "step.judged", 2));
    let again = seat.wish(wipe(None)).unwrap_err();
    assert!(again.contains("is to be asked first"), "{again}");
}

#[test]
fn keys_that_an_answers_file_names_vote_and_agree_and_without_them_the_file_is_refused() {
    let desk = Desk::new(PLAN);
    desk.aboard.user.write("bare.yaml", ANSWERS);
    let args = ["run", "plan.yaml", "--key", "keys/op", "--allowed-signers", "signers", "--answers"];
    let flown = desk.run(&[&args[..], &["bare.yaml"]].concat());
    assert_refused(&flown, "an answers file cannot speak for it");

    desk.aboard.user.write("keys.yaml", &(ANSWERS.to_owned() + "on:\n  sign-off: { ops: keys/ben, lead: keys/ana }\n"));
    let flown = desk.run(&[&args[..], &["keys.yaml"]].concat());
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    let ben = |decision| word("ops", decision, "ben@example.com");
    assert_eq!(words(&desk), [word("lead", "go", "ana@example.com"), ben("go"), ben("approved")]);
    let verified = desk.verify("signers");
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let (good, told) = by_hand(&desk, "signers");
    assert!(good, "{told}");

    // The judge's list is what counts, of votes too.
    let list = std::fs::read_to_string(desk.path("signers")).unwrap();
    let without: String =
        list.lines().filter(|line| !line.starts_with("ana@")).map(|line| format!("{line}\n")).collect();
    desk.aboard.user.write("without", &without);
    let verified = desk.verify("without");
    assert!(verified.status.code() == Some(1) && said(&verified).contains("unknown key"), "{}", said(&verified));
}

#[test]
fn in_lines_a_station_says_its_word_over_the_text_that_is_shown() {
    let desk = Desk::new(PLAN);
    drop(at_the_gate(&desk));
    let (_agent, socket) = agent(&desk, &["ana"]);
    let mut attach = desk.aboard.user.tminus(&["attach", "1", "--key", "keys/op", "--linear"]);
    attach.env("SSH_AUTH_SOCK", &socket).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = attach.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // What the agent holds is looked up beside: an answer that came too early offers a paste, and is asked for again.
    for line in ["speak for a station", "lead NO-GO", "not yet", "sign"] {
        std::io::Write::write_all(&mut stdin, format!("{line}\n").as_bytes()).unwrap();
    }
    until(60, "her word", || !words(&desk).is_empty());
    assert_eq!(words(&desk), [word("lead", "no-go", "ana@example.com")]);
    drop(stdin);
    let lines = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&lines.stdout).into_owned();
    assert!(told.contains("  | decision: no-go"), "{told}");
    assert!(told.contains("ana@example.com says NO-GO for Technical lead, signed SHA256:"), "{told}");
}

#[test]
fn on_the_screens_a_station_signs_what_its_card_shows() {
    let desk = Desk::new(PLAN);
    drop(at_the_gate(&desk));
    let (_agent, socket) = agent(&desk, &["ana", "ben"]);
    let mut command = desk.aboard.user.tminus(&["attach", "1", "--key", "keys/op"]);
    command.env("SSH_AUTH_SOCK", &socket).env("TERM", "xterm-256color");
    let mut screen = Screen::start(&command, 120, 50);
    let quiet = std::time::Duration::from_millis(800);
    screen.wait_for("Shall we");
    screen.wait_for("Poll");
    screen.wait_quiet(quiet);
    screen.keys("g");
    screen.wait_for("GO of which station?");
    screen.keys("1");
    screen.wait_for("What do you say with it");
    screen.keys("seen\r");
    screen.wait_for("decision: go");
    screen.wait_for("Type  sign  to sign it with");
    screen.keys("sign\r");
    screen.wait_for("ana@example.com (signed)");
    assert_eq!(words(&desk), [word("lead", "go", "ana@example.com")]);
}

#[test]
fn on_the_screens_a_second_person_is_asked_signs_and_only_then_the_phrase_is() {
    let desk = Desk::new(PLAN);
    drop(at_the_wipe(&desk));
    let (_agent, socket) = agent(&desk, &["ben"]);
    let mut command = desk.aboard.user.tminus(&["attach", "1", "--key", "keys/op"]);
    command.env("SSH_AUTH_SOCK", &socket).env("TERM", "xterm-256color");
    let mut screen = Screen::start(&command, 120, 50);
    let quiet = std::time::Duration::from_millis(800);
    screen.wait_for("Wipe it");
    screen.wait_quiet(quiet);
    screen.keys("r");
    screen.wait_for("A second person signs first: s asks ops (ben@example.com)");
    screen.wait_quiet(quiet);
    screen.keys("s");
    screen.wait_for("is asked: s signs here");
    screen.keys("s");
    screen.wait_for("What do you say with it");
    screen.keys("seen\r");
    screen.wait_for("decision: approved");
    screen.wait_for("Type  sign  to sign it with");
    screen.keys("sign\r");
    screen.wait_for("Second person: ben@example.com agreed, by key.");
    assert_eq!(words(&desk), [word("ops", "approved", "ben@example.com")]);
    screen.wait_for("Type  wipe it  to run it");
}

//! Sign-offs with keys, with the real binary, the real ssh-keygen and a real ssh-agent.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "support/signing.rs"]
mod signing;
mod support;

use signing::{Desk, agent, assert_refused, by_hand, has, signed};
use std::process::{Command, Stdio};
use std::time::Duration;
use support::screen::Screen;
use support::{events, records, said, until};
use tminus::model::event::Decision;
use tminus::model::intent::Intent;

const PLAN: &str = "\
tminus: 1
title: Signed
environment: { name: here, kind: local }
defaults: { shell: sh }
hard_stop: T+8h
roles:
  lead: { title: Technical lead, signers: [ana@example.com] }
  ops: { title: Operations, signers: [ben@example.com, ben@home] }
  product: { title: Product, signers: [cleo@example.com] }
  guest: { title: A guest }
phases:
  - id: one
    title: One
    steps:
      - { id: hello, title: Say hello, run: \"echo hello\", effect: reads }
      - id: off
        title: Sign it off
        sign: The data is whole
        roles: [lead, ops, product]
        count: 2
        statements: [\"All 20 rows are there\"]
      - { id: after, title: After, confirm: It is over }
";

const ANSWERS: &str = "operator: ci\nstart: yes\nsteps:\n  hello: run\n  after: { ok: \"yes\" }\n";

#[test]
fn keys_that_an_answers_file_names_sign_for_their_roles_and_no_other_key_does() {
    let desk = Desk::new(PLAN);
    let args = ["run", "plan.yaml", "--key", "keys/op", "--allowed-signers", "signers", "--answers"];
    desk.aboard
        .user
        .write("wrong.yaml", &(ANSWERS.to_owned() + "on:\n  sign-off: { ops: keys/cleo, lead: keys/ana }\n"));
    let flown = desk.run(&[&args[..], &["wrong.yaml"]].concat());
    assert_eq!(flown.status.code(), Some(1), "{}", said(&flown));
    assert!(said(&flown).contains("has no key SHA256:"), "{}", said(&flown));
    assert_eq!(signed(&desk.dir()), []);

    let desk = Desk::new(PLAN);
    desk.aboard.user.write("keys.yaml", &(ANSWERS.to_owned() + "on:\n  sign-off: { ops: keys/ben, lead: keys/ana }\n"));
    let flown = desk.run(&[&args[..], &["keys.yaml"]].concat());
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    let by = signed(&desk.dir());
    assert_eq!(by, [("ops".into(), "ben@example.com".into()), ("lead".into(), "ana@example.com".into())]);
    let seal = std::fs::read_to_string(desk.dir().join("SEAL")).unwrap();
    assert!(seal.contains("\n# required sign-offs: off.1:2/lead,ops,product\n"), "{seal}");
    assert!(seal.contains("\n# present sign-offs: off.1/ops/") && seal.contains(" off.1/lead/"), "{seal}");
    let verified = desk.verify("signers");
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    assert!(said(&verified).contains("signed off: off ops: ben@example.com SHA256:"), "{}", said(&verified));

    // The judge's own list is what counts: one without ana, and one in which her key is over.
    let list = std::fs::read_to_string(desk.path("signers")).unwrap();
    let without: String =
        list.lines().filter(|line| !line.starts_with("ana@")).map(|line| format!("{line}\n")).collect();
    desk.aboard.user.write("without", &without);
    desk.aboard.user.write("over", &list.replace("ana@example.com ", "ana@example.com valid-before=\"20200101Z\" "));
    // So does the script that does without tminus.
    let (good, said_good) = by_hand(&desk, "signers");
    assert!(good && said_good.starts_with("GOOD: "), "{said_good}");
    let (good, said_bad) = by_hand(&desk, "without");
    assert!(!good && said_bad.contains("no signature of ana@example.com"), "{said_bad}");
    for (list, why) in [("without", "unknown key"), ("over", "key not valid")] {
        let verified = desk.verify(list);
        assert!(verified.status.code() == Some(1) && said(&verified).contains(why), "{}", said(&verified));
    }
}

#[test]
fn two_of_three_roles_sign_from_other_terminals_each_with_a_key_of_its_own() {
    let desk = Desk::new(PLAN);
    let seat = desk.waiting();
    assert_refused(&desk.sign("op", &[]), "no key that is at hand here may sign");
    assert_refused(&desk.sign("ana", &["--role", "ops"]), "no key that is at hand here may sign");
    let refused = desk.run(&["sign", "1", "--key", "keys/ben"]);
    assert_refused(&refused, "nobody is there to say");
    let one = desk.sign("ben", &["--comment", "looks right"]);
    assert!(
        one.status.success() && said(&one).contains("statement: The data is whole%0A- All 20 rows are there"),
        "{}",
        said(&one)
    );
    assert_refused(&desk.sign("ben", &[]), "no key that is at hand here may sign");
    let two = desk.sign("ana", &[]);
    assert!(two.status.success() && said(&two).contains("ana@example.com signed for lead at"), "{}", said(&two));
    // Two of three are enough.
    assert_refused(&desk.sign("cleo", &[]), "no sign-off waits");
    seat.finish();
    assert_eq!(desk.verify("signers").status.code(), Some(0), "{}", said(&desk.verify("signers")));
    let all = records(&desk.dir());
    let first = events(&all, "step.signed")[0].clone();
    let text = first["text"].as_str().unwrap();
    let fingerprint = desk.signer("ben").fingerprint();
    assert!(text.contains(&format!("\nkey: {fingerprint}\ncomment: looks right\n")), "{text}");
}

#[test]
fn what_was_signed_for_another_attempt_namespace_or_text_is_refused_with_the_reason() {
    let desk = Desk::new(PLAN);
    let mut seat = desk.waiting();
    desk.signed_elsewhere("drill.txt", ("ben", "ops"), "signoff.drill@tminus");
    assert_refused(&desk.hand_in("drill.txt"), "signoff.drill@tminus");
    desk.signed_elsewhere("other.txt", ("ben", "ops"), "signoff@tminus");
    desk.keygen("other.txt", "cleo", "signoff@tminus");
    assert_refused(&desk.hand_in("other.txt"), "it says key");
    desk.signed_elsewhere("changed.txt", ("ben", "ops"), "signoff@tminus");
    let good = std::fs::read_to_string(desk.path("changed.txt")).unwrap();
    let changes = [
        ("decision: signed", "decision: no-go", "is not asked what is signed: no-go"),
        ("attempt: 1", "attempt: 2", "signed at attempt 2"),
        ("step: off", "step: after", "1.3 asks for no signature"),
        ("20 rows", "19 rows", "another question"),
        ("signoff live 0001", "signoff live 0002", "signed for run 0002"),
        ("signoff live", "signoff drill", "signed for a drill run"),
        ("records: ", "records: 1", "another journal"),
    ];
    for (from, to, why) in changes {
        assert!(good.contains(from), "{good}");
        desk.aboard.user.write("changed.txt", &good.replacen(from, to, 1));
        desk.keygen("changed.txt", "ben", "signoff@tminus");
        assert_refused(&desk.hand_in("changed.txt"), why);
    }
    // A good signature of another text than the one that it comes with.
    desk.aboard.user.write("changed.txt", &good);
    assert_refused(&desk.hand_in("changed.txt"), "does not hold for what is asked");
    assert_eq!(signed(&desk.dir()), []);

    // Of the first attempt, and handed in at the second.
    desk.signed_elsewhere("old.txt", ("ben", "ops"), "signoff@tminus");
    desk.signed_elsewhere("good.txt", ("ana", "lead"), "signoff@tminus");
    assert!(desk.hand_in("good.txt").status.success());
    seat.wish(Intent::Recycle { to: "off".into(), reason: "once more".into() }).unwrap();
    seat.until_records("the recycle", |records| has(records, "recycled", 1));
    seat.run("off");
    seat.until_records("the second question", |records| has(records, "sign.asked", 2));
    for old in ["old.txt", "good.txt"] {
        assert_refused(&desk.hand_in(old), "it was signed at attempt 1, and this is attempt 2");
    }
    for key in ["ben", "ana"] {
        assert!(desk.sign(key, &[]).status.success());
    }
    // What was signed once is not signed twice.
    assert_refused(&desk.hand_in("good.txt"), "does not wait for a signature");
    seat.finish();
    assert_eq!(desk.verify("signers").status.code(), Some(0), "{}", said(&desk.verify("signers")));
}

#[test]
fn one_key_is_one_person_and_a_second_person_is_not_the_operator() {
    let desk = Desk::new(&PLAN.replace("        count: 2\n", "        count: 2\n        second_person: true\n"));
    // Ben's key speaks for cleo too, and the operator's for ana; ana's own is over.
    let (ben, op) = (desk.public("ben"), desk.public("op"));
    let list = format!(
        "op {op}ana@example.com {op}ben@example.com {ben}cleo@example.com {ben}ben@home valid-before=\"20200101Z\" {}",
        desk.public("cleo")
    );
    desk.aboard.user.write("signers", &list);
    let mut seat = desk.waiting();
    assert_refused(&desk.sign("op", &["--role", "lead"]), "needs a second person, and this is the operator's key");
    assert!(desk.sign("ben", &["--role", "ops"]).status.success());
    assert_refused(&desk.sign("ben", &["--role", "product"]), "this key has signed for ops");
    let name = |name: &str| Intent::Sign {
        step: "off".into(),
        role: "lead".into(),
        name: name.into(),
        comment: String::new(),
        text: None,
        sig: None,
        decision: Decision::Signed,
    };
    let typed = seat.wish(name("ana@example.com")).unwrap_err();
    assert!(typed.contains("a name alone does not sign for it"), "{typed}");
    assert_eq!(signed(&desk.dir()), [("ops".to_owned(), "ben@example.com".to_owned())]);
}

#[test]
fn a_key_that_is_no_longer_valid_does_not_sign_however_old_its_signature_says_it_is() {
    let desk = Desk::new(PLAN);
    let list = std::fs::read_to_string(desk.path("signers")).unwrap();
    desk.aboard.user.write("signers", &list.replace("ben@example.com ", "ben@example.com valid-before=\"20200101Z\" "));
    let seat = desk.waiting();
    assert_refused(&desk.sign("ben", &[]), "no key that is at hand here may sign");
    // A client that goes by another list brings the signature all the same.
    desk.signed_elsewhere("ana.txt", ("ana", "lead"), "signoff@tminus");
    let text = std::fs::read_to_string(desk.path("ana.txt")).unwrap();
    let (ana, ben) = (desk.signer("ana").fingerprint(), desk.signer("ben").fingerprint());
    let text =
        text.replace(&ana, &ben).replace("ana@example.com", "ben@example.com").replace("role: lead", "role: ops");
    desk.aboard.user.write("ben.txt", &text);
    desk.keygen("ben.txt", "ben", "signoff@tminus");
    assert_refused(&desk.hand_in("ben.txt"), "is not valid now");
    drop(seat);
}

#[test]
fn a_sign_off_that_was_left_out_keeps_the_run_from_passing() {
    let desk = Desk::new(PLAN);
    let mut seat = desk.waiting();
    assert!(desk.sign("ben", &[]).status.success());
    seat.wish(Intent::Skip { step: "off".into(), reason: "no time".into() }).unwrap();
    seat.finish();
    let (good, said_bad) = by_hand(&desk, "signers");
    assert!(!good && said_bad.contains("sign-offs missing at off.1"), "{said_bad}");
    let verified = desk.verify("signers");
    assert_eq!(verified.status.code(), Some(1), "{}", said(&verified));
    assert!(
        said(&verified).contains("sign-offs missing")
            && said(&verified).contains("off asked for 2 sign-offs, and 1 are there"),
        "{}",
        said(&verified)
    );
}

#[test]
fn a_sign_off_that_was_never_even_opened_keeps_the_run_from_passing_too() {
    let desk = Desk::new(PLAN);
    let skips = ANSWERS.replace("  after:", "  off: { skip: no time }\n  after:");
    desk.aboard.user.write("skips.yaml", &skips);
    let args = ["run", "plan.yaml", "--key", "keys/op", "--allowed-signers", "signers", "--answers", "skips.yaml"];
    let flown = desk.run(&args);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    let verified = desk.verify("signers");
    assert!(verified.status.code() == Some(1) && said(&verified).contains("sign-offs missing"), "{}", said(&verified));
}

#[test]
fn a_text_from_another_machine_is_signed_there_and_pasted_into_the_lines_of_the_run() {
    let desk = Desk::new(PLAN);
    drop(desk.waiting());
    let args = ["attach", "1", "--key", "keys/op", "--linear"];
    let mut child = desk.aboard.user.tminus(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut tell = |line: &str| std::io::Write::write_all(&mut stdin, format!("{line}\n").as_bytes()).unwrap();
    for line in ["sign", "ops", "from afar"] {
        tell(line);
    }
    let folder = desk.path(".local/state/tminus/sign-offs");
    let mut text = None;
    until(60, "the text to be kept", || {
        let mut all = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        text = all.find(|path| std::fs::read_to_string(path).is_ok_and(|text| text.ends_with("comment: from afar\n")));
        text.is_some()
    });
    // The other machine has the text, its key and a home of its own.
    let text = text.unwrap();
    let path = text.display().to_string();
    let refused = desk.run(&["sign", "--text", &path, "--yes", "--key", "keys/cleo"]);
    assert_refused(&refused, "which is not at hand");
    let elsewhere = desk.run(&["sign", "--text", &path, "--yes", "--key", "keys/ben"]);
    assert!(elsewhere.status.success(), "{}", said(&elsewhere));
    let armored = String::from_utf8(elsewhere.stdout).unwrap();
    for line in armored.lines() {
        tell(line);
    }
    until(60, "the signature", || signed(&desk.dir()).len() == 1);
    drop(stdin);
    let lines = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&lines.stdout).into_owned();
    assert!(said.contains("ssh-keygen -Y sign -n signoff@tminus -f KEY ") && said.contains("  | role: ops"), "{said}");
    assert!(
        said.contains(&format!(
            "ben@example.com signed for Operations, signed {}: from afar",
            desk.signer("ben").fingerprint()
        )),
        "{said}"
    );
}

#[test]
fn on_the_screen_a_key_of_the_agent_signs_what_is_shown_and_a_paste_brings_what_was_signed_elsewhere() {
    let desk = Desk::new(PLAN);
    drop(desk.waiting());
    let (_agent, socket) = agent(&desk, &["ana"]);
    let mut command = desk.aboard.user.tminus(&["attach", "1", "--key", "keys/op"]);
    command.env("SSH_AUTH_SOCK", &socket).env("TERM", "xterm-256color");
    let mut screen = Screen::start(&command, 120, 50);
    screen.wait_for("Sign it off");
    screen.wait_quiet(Duration::from_millis(500));
    screen.keys("r");
    screen.wait_for("not signed");
    screen.wait_quiet(Duration::from_millis(500));
    screen.keys("1");
    screen.wait_for("What do you say with it");
    screen.keys("seen\r");
    screen.wait_for("comment: seen");
    screen.wait_for(&format!("Type  sign  to sign it with {}", desk.signer("ana").fingerprint()));
    screen.paste("sign");
    screen.wait_for("Paste is refused here");
    screen.keys("sign\r");
    screen.wait_for("ana@example.com at");
    assert_eq!(signed(&desk.dir()), [("lead".to_owned(), "ana@example.com".to_owned())]);

    screen.wait_quiet(Duration::from_millis(500));
    screen.keys("2");
    screen.wait_for("What do you say with it");
    screen.keys("too\r");
    screen.wait_for("Paste the signature");
    screen.wait_for("in another terminal: tminus sign 0001 off --key FILE");
    screen.wait_for("on that text: ssh-keygen -Y sign -n signoff@tminus -f KEY");
    let text = desk.path(".local/state/tminus/sign-offs");
    let text = std::fs::read_dir(text).unwrap().flatten().map(|entry| entry.path()).next().unwrap();
    let key = desk.path("keys/ben");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-Y", "sign", "-n", "signoff@tminus", "-f"]).arg(&key).arg(&text).stderr(Stdio::null());
    assert!(keygen.status().unwrap().success());
    screen.paste("nonsense");
    screen.keys("\r");
    screen.wait_for("that is no SSH signature");
    screen.keys("\u{15}");
    let armored = std::fs::read_to_string(text.with_extension("txt.sig")).unwrap();
    screen.paste(&armored);
    screen.keys("\r");
    until(60, "both signatures", || signed(&desk.dir()).len() == 2);
    let fingerprint = desk.signer("ben").fingerprint();
    let text = records(&desk.dir());
    assert!(events(&text, "step.signed")[1]["text"].as_str().unwrap().contains(&fingerprint));
}

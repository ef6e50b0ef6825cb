//! `tminus amend` and `tminus redact`, with the real binary and keys that the real ssh-keygen made.

use crate::signing::{Desk, assert_refused, by_hand};
use crate::support::{said, until};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use tminus::journal::RunDir;

const PLAN: &str = "\
tminus: 1
title: Amended
environment: { name: here, kind: local }
defaults: { shell: sh }
phases:
  - id: one
    title: One
    steps:
      - { id: leak, title: Print a token, run: \"printf 'token-%s\\\\n' hunter2\", effect: reads }
      - { id: fine, title: Say hello, run: \"echo hello\", effect: reads }
";

const ANSWERS: &str = "operator: ci\nstart: yes\nsteps:\n  leak: run\n  fine: run\n";

/// A sealed run of the operator's, and a list that knows three people.
fn sealed() -> Desk {
    let desk = Desk::new(PLAN);
    desk.aboard.user.write("answers.yaml", ANSWERS);
    let args = ["--key", "keys/op", "--allowed-signers", "signers", "--answers", "answers.yaml"];
    let flown = desk.run(&[&["run", "plan.yaml"][..], &args].concat());
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    let dir = RunDir::open(&desk.dir()).unwrap();
    until(60, "the conductor to be gone", || dir.lock().is_ok());
    desk
}

fn on(desk: &Desk, command: &str, more: &[&str]) -> Output {
    desk.run(&[&[command, "1", "--allowed-signers", "signers"], more].concat())
}

/// Every file of the run, but the lock.
fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let dir = RunDir::open(path).unwrap();
    let names = dir.everything().unwrap().into_iter().map(|found| found.name).filter(|name| name != "lock");
    names.map(|name| (name.clone(), std::fs::read(path.join(name)).unwrap())).collect()
}

const LEAK: [&str; 6] = ["--step", "leak", "--extents", "1", "--reason", "it printed a token"];

fn keys(keys: &[&'static str]) -> Vec<&'static str> {
    keys.iter().flat_map(|key| ["--key", key]).collect()
}

/// Takes the token out.
fn redact(desk: &Desk) -> Output {
    on(desk, "redact", &[&LEAK[..], &["--yes"], &keys(&["keys/op", "keys/ben"])].concat())
}

#[test]
fn what_may_not_be_taken_out_is_refused_and_nothing_is_touched() {
    let desk = sealed();
    let before = files(&desk.dir());
    let listed = on(&desk, "redact", &["--step", "leak"]);
    assert!(said(&listed).contains("1  out  bytes 0-14, from line 1"), "{}", said(&listed));
    let refused: [(Vec<&str>, &str); 8] = [
        ([&LEAK[..], &keys(&["keys/op", "keys/ben"])].concat(), "nobody is there to say redact"),
        ([&LEAK[..], &["--yes"], &keys(&["keys/op"])].concat(), "the keys of two people"),
        ([&LEAK[..], &["--yes"], &keys(&["keys/ben"])].concat(), "the keys of two people"),
        ([&LEAK[..], &["--yes"], &keys(&["keys/op", "keys/op"])].concat(), "each once"),
        ([&LEAK[..], &["--yes"], &keys(&["keys/op", "keys/none"])].concat(), "keys/none"),
        (
            [&["--step", "fine.2", "--extents", "1", "--reason", "x", "--yes"], &keys(&["keys/op", "keys/ben"])[..]]
                .concat(),
            "no step fine.2",
        ),
        (
            [&["--step", "1.1", "--extents", "2", "--reason", "x", "--yes"], &keys(&["keys/op", "keys/ben"])[..]]
                .concat(),
            "extent 2 is not there",
        ),
        (
            [&["--step", "leak", "--extents", "1", "--yes"], &keys(&["keys/op", "keys/ben"])[..]].concat(),
            "nothing is said of why",
        ),
    ];
    for (args, why) in refused {
        assert_refused(&on(&desk, "redact", &args), why);
    }
    let stranger = desk.run(&[&["redact", "1", "--yes"], &LEAK[..], &keys(&["keys/op", "keys/ben"])].concat());
    assert_refused(&stranger, "the run does not hold as it is");
    assert_eq!(files(&desk.dir()), before, "nothing was touched");
    assert!(redact(&desk).status.success());
    assert_refused(&redact(&desk), "extent 1 was redacted before");
}

#[test]
fn output_that_two_people_sign_away_is_gone_everywhere_and_each_place_says_why() {
    let desk = sealed();
    let before = files(&desk.dir());
    let done = redact(&desk);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let after = files(&desk.dir());
    let changed: Vec<&String> =
        after.iter().filter(|(name, bytes)| before.get(*name) != Some(bytes)).map(|(name, _)| name).collect();
    assert_eq!(changed, ["amendments.jsonl", "out/leak.1.log", "out/leak.1.salt"]);
    assert_eq!(after["out/leak.1.log"], b"##############");
    let holds = |bytes: &Vec<u8>| bytes.windows(13).any(|window| window == b"token-hunter2");
    assert!(before.values().any(holds));
    let kept: Vec<&String> = after.iter().filter(|(_, bytes)| holds(bytes)).map(|(name, _)| name).collect();
    assert!(kept.is_empty(), "{kept:?}");

    let verified = desk.verify("signers");
    assert_eq!(verified.status.code(), Some(1), "{}", said(&verified));
    let words = "extent 1 of out/leak.1.log, 14 bytes: it printed a token (by op, ben";
    for wanted in [": redacted, consistent; 1 redaction; ", words] {
        assert!(said(&verified).contains(wanted), "{}", said(&verified));
    }
    for (format, wanted) in
        [("md", words), ("html", words), ("text", words), ("json", "\"reason\": \"it printed a token\"")]
    {
        let report = desk.run(&["report", "1", "--format", format, "--allowed-signers", "signers"]);
        let text = said(&report);
        let at = text.find(wanted).unwrap_or_else(|| panic!("{format}: {text}"));
        // In the first section: before the deviations.
        let heading = if format == "html" { "<section id=\"deviations\"" } else { "Deviations" };
        let next = text.find(heading).unwrap_or_else(|| text.len() * usize::from(format == "json"));
        assert!(format == "json" || at < next, "{format}: {text}");
        assert!(!text.contains("token-hunter2"), "{format}");
    }
    let told = said(&desk.run(&["replay", "1", "--linear"]));
    assert!(told.contains("redacted: 1 of out/leak.1.log: it printed a token (by op, ben@example.com)"), "{told}");
    assert!(told.contains("redacted: it p"), "as much of it as there is room for: {told}");
}

#[test]
fn the_script_for_checking_by_hand_says_what_was_taken_out_and_refuses_what_was_only_changed() {
    let desk = sealed();
    assert!(redact(&desk).status.success());
    let (good, words) = by_hand(&desk, "signers");
    assert!(
        !good && words.contains("redaction 1: out/leak.1.log: it printed a token") && words.contains("REDACTED: "),
        "{words}"
    );
    // What the script takes from nobody: another byte, another reason, a line less.
    let log = desk.dir().join("out/leak.1.log");
    std::fs::write(&log, "#############x").unwrap();
    assert!(by_hand(&desk, "signers").1.contains("REFUSED"));
    std::fs::write(&log, "##############").unwrap();
    let lines = desk.dir().join("amendments.jsonl");
    let text = std::fs::read_to_string(&lines).unwrap();
    std::fs::write(&lines, text.replace("it printed", "It printed")).unwrap();
    let (good, words) = by_hand(&desk, "signers");
    assert!(!good && words.contains("REFUSED"), "{words}");
    std::fs::remove_file(&lines).unwrap();
    assert!(by_hand(&desk, "signers").1.contains("REFUSED: a file is not the one that was sealed"));
    assert_eq!(desk.verify("signers").status.code(), Some(1));
}

#[test]
fn a_note_and_a_redaction_are_signed_on_other_machines() {
    let desk = sealed();
    let noted = on(&desk, "amend", &["--note", "the token was revoked", "--key", "keys/cleo", "--yes"]);
    assert_eq!(noted.status.code(), Some(0), "{}", said(&noted));
    let verified = desk.verify("signers");
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    assert!(said(&verified).contains("; 1 late note; "), "{}", said(&verified));
    assert!(said(&verified).contains("late note: the token was revoked (by cleo@example.com, "), "{}", said(&verified));
    let (good, words) = by_hand(&desk, "signers");
    assert!(good && words.contains("late note 1: the token was revoked") && words.contains("1 late notes"), "{words}");

    // Nobody's private key is here: the text goes to both, their signatures come back.
    let people = ["--write", "text", "--key", "keys/ana.pub", "--key", "keys/ben.pub"];
    let written = on(&desk, "redact", &[&LEAK[..], &people].concat());
    assert_eq!(written.status.code(), Some(0), "{}", said(&written));
    assert!(desk.verify("signers").status.success(), "nothing was amended yet");
    let mut sigs = Vec::new();
    for who in ["ana", "ben"] {
        desk.keygen("text", who, "amend@tminus");
        std::fs::rename(desk.path("text.sig"), desk.path(&format!("{who}.sig"))).unwrap();
        sigs.extend(["--sig".to_owned(), format!("{who}.sig")]);
    }
    let sigs: Vec<&str> = sigs.iter().map(String::as_str).collect();
    assert_refused(
        &on(&desk, "redact", &["--text", "text", "--yes", "--sig", "ana.sig"]),
        "nothing of ben@example.com is here",
    );
    assert_refused(&on(&desk, "amend", &[&["--text", "text", "--yes"], &sigs[..]].concat()), "takes something out");
    let done = on(&desk, "redact", &[&["--text", "text", "--yes"], &sigs[..]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let verified = desk.verify("signers");
    assert!(said(&verified).contains("; 1 redaction; 1 late note; "), "{}", said(&verified));
    // The text names what was there then; it is good for once.
    let again = on(&desk, "redact", &[&["--text", "text", "--yes"], &sigs[..]].concat());
    assert_refused(&again, "redacted before");
}

#[test]
fn a_redaction_that_was_cut_off_is_finished_by_the_same_command_without_a_key() {
    let desk = sealed();
    let (log, salt) = (desk.dir().join("out/leak.1.log"), desk.dir().join("out/leak.1.salt"));
    let before = [std::fs::read(&log).unwrap(), std::fs::read(&salt).unwrap()];
    let keys = ["--key", "keys/op", "--key", "keys/ben", "--yes"];
    assert!(on(&desk, "redact", &[&LEAK[..], &keys].concat()).status.success());
    std::fs::write(&log, &before[0]).unwrap();
    std::fs::write(&salt, &before[1]).unwrap();
    let verified = desk.verify("signers");
    assert!(said(&verified).contains("redaction not finished, redacted, consistent"), "{}", said(&verified));
    let other = on(&desk, "redact", &[&["--step", "fine", "--extents", "1", "--reason", "x"], &keys[..]].concat());
    assert_refused(&other, "redaction 1 is written down and was not carried out");
    assert_refused(&on(&desk, "amend", &["--note", "x", "--key", "keys/ben", "--yes"]), "was not carried out");
    let finished = on(&desk, "redact", &["--step", "leak.1", "--extents", "1"]);
    assert_eq!(finished.status.code(), Some(0), "{}", said(&finished));
    assert_eq!(std::fs::read(&log).unwrap(), b"##############");
    assert!(said(&desk.verify("signers")).contains(": redacted, consistent; 1 redaction; "));
}

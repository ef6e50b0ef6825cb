//! A sealed run passes, and nothing that was changed in it does.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic in a test is the report")]

mod journal_kit;

use journal_kit::changes::{CHANGES, Change, lines};
use journal_kit::{Person, Rig, chunk, copy, exited, note, now, runs};
use std::path::Path;
use tminus::journal::dir::RunDir;
use tminus::journal::reader::recover;
use tminus::journal::seal::{SealError, finish, prepare};
use tminus::journal::verify::{Verdict, Verified, verify};
use tminus::journal::writer::{Closing, Order};
use tminus::model::signed::Realm;

fn look(path: &Path, person: &Person) -> Verified {
    verify(&RunDir::open(path).unwrap(), &person.with())
}

fn problems(found: &Verified) -> String {
    let each: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    each.join("\n")
}

#[test]
fn a_sealed_run_passes_and_says_by_whose_rules() {
    let (runs, person) = (runs(), Person::new());
    let dir = person.sealed(&runs);
    let found = verify(&dir, &person.with());
    assert!(found.passes(), "{}\n{}", found.first_line(), problems(&found));
    let line = found.first_line();
    assert!(line.contains(": verified: sealed by maya") && line.contains("not checked against yours"), "{line}");
    assert_eq!(found.to_json()["passes"], true);
    let signed: Vec<&str> = found.signed.iter().map(|by| by.what.as_str()).collect();
    assert!(
        matches!(signed[..], ["genesis", barrier, "seal"] if barrier.starts_with("barrier at record ")),
        "{signed:?}"
    );
    assert_eq!(found.to_json()["signed"][2]["what"], "seal");
    assert_eq!(found.outputs, 1);
}

#[test]
fn a_run_passes_over_a_resume_and_a_torn_tail() {
    let (runs, person) = (runs(), Person::new());
    let mut rig = person.begin(&runs, Realm::Live);
    rig.output(chunk("build", b"hello\n"));
    rig.note("one");
    rig.finish(Closing::Left);
    let dir = rig.dir.clone();
    drop(rig);
    let part = dir.path().join("events-0001.jsonl");
    let bytes = std::fs::read(&part).unwrap();
    std::fs::write(&part, [&bytes[..], b"{\"seq\":9,\"pr"].concat()).unwrap();
    std::fs::write(dir.path().join("events-0002.jsonl"), b"{\"seq\"").unwrap();
    let log = dir.path().join("out/build.1.log");
    std::fs::write(&log, b"hello\nnever recorded").unwrap();
    let recovered = recover(&dir, None).unwrap();
    assert_eq!((recovered.start.part, recovered.tail_bytes, recovered.dead.len()), (3, 12, 1));
    let mut rig = person.resume(&dir, &recovered);
    rig.note("two");
    let said = rig.finish(Closing::Ended);
    let found = verify(&dir, &person.with());
    assert_eq!(found.verdict, Verdict::Unsealed, "{}", problems(&found));
    person.seal(&dir, &said);
    let found = verify(&dir, &person.with());
    assert!(found.passes(), "{}\n{}", found.first_line(), problems(&found));
    assert!(found.notes.iter().any(|note| note.contains("14 bytes were printed and never recorded")));
    for (file, change) in [("events-0001.jsonl", &b"x"[..]), ("events-0002.jsonl", b"x"), ("out/build.1.log", b"x")] {
        let (_into, path) = copy(&dir);
        let mut bytes = std::fs::read(path.join(file)).unwrap();
        bytes.extend_from_slice(change);
        std::fs::write(path.join(file), bytes).unwrap();
        assert_eq!(look(&path, &person).verdict, Verdict::Tampered, "{file}");
    }
}

#[test]
fn no_changed_run_passes_and_what_is_wrong_is_named() {
    let (runs, person) = (runs(), Person::new());
    let dir = person.sealed(&runs);
    for (what, change) in CHANGES {
        let (_into, path) = copy(&dir);
        change(&path);
        let found = look(&path, &person);
        assert!(!found.passes(), "{what}");
        let unsigned = what == "SEAL without its signature";
        assert_eq!(found.verdict == Verdict::Tampered, !unsigned, "{what}: {}", found.first_line());
        println!("{what}: {}\n  {}", found.first_line(), problems(&found).replace('\n', "\n  "));
    }
    let (_into, path) = copy(&dir);
    lines(&path, |lines| lines[2] = lines[2].replace("one", "two"));
    let found = look(&path, &person);
    assert_eq!(found.problems[0].seq.map(|seq| seq.0), Some(3), "the record itself is named, not its follower");
    // A seal by somebody who rewrote the journal: the checkpoints still say no.
    std::fs::remove_file(path.join("SEAL")).unwrap();
    assert_eq!(look(&path, &person).verdict, Verdict::Tampered);
}

#[test]
fn a_key_that_the_judge_does_not_list_is_never_a_pass() {
    let (runs, person) = (runs(), Person::new());
    let dir = person.sealed(&runs);
    let other = Person::new();
    let found = verify(&dir, &other.with());
    assert_eq!(found.verdict, Verdict::UnknownKey, "{}", found.first_line());
    let mut none = person.with();
    none.allowed = Default::default();
    assert_eq!(verify(&dir, &none).verdict, Verdict::UnknownKey);
}

#[test]
fn an_unsigned_run_is_said_to_be_unsigned() {
    let (runs, person) = (runs(), Person::new());
    let mut rig = Rig::new(&runs);
    rig.note("one");
    let said = rig.finish(Closing::Ended);
    let seal = prepare(&rig.dir, said.closed.as_ref().unwrap()).unwrap();
    finish(&rig.dir, &seal, None).unwrap();
    let found = verify(&rig.dir, &person.with());
    assert_eq!(found.all, [Verdict::Unsigned], "{}", problems(&found));
}

#[test]
fn a_drill_is_never_taken_for_a_live_run() {
    let (runs, person) = (runs(), Person::new());
    let mut rig = person.begin(&runs, Realm::Drill);
    rig.note("one");
    let said = rig.finish(Closing::Ended);
    person.seal(&rig.dir, &said);
    let found = verify(&rig.dir, &person.with());
    assert!(found.passes() && found.first_line().starts_with("drill "), "{}", found.first_line());
    let part = rig.dir.path().join("events-0001.jsonl");
    let text = std::fs::read_to_string(&part).unwrap();
    std::fs::write(&part, text.replace("tminus/1 genesis drill", "tminus/1 genesis live")).unwrap();
    assert_eq!(verify(&rig.dir, &person.with()).verdict, Verdict::Tampered);
}

#[test]
fn a_head_code_that_was_written_down_shows_a_cut_of_an_unsealed_run() {
    let (runs, person) = (runs(), Person::new());
    let mut rig = person.begin(&runs, Realm::Live);
    rig.note("one");
    rig.note("two");
    let said = rig.finish(Closing::Left);
    let mut with = person.with();
    let heads = &said.heads;
    for head in [&heads[1], heads.last().unwrap()] {
        with.head = Some(head.code());
        assert_eq!(verify(&rig.dir, &with).all, [Verdict::Unsealed]);
    }
    let part = rig.dir.path().join("events-0001.jsonl");
    let bytes = std::fs::read(&part).unwrap();
    std::fs::write(&part, &bytes[..heads[1].bytes as usize]).unwrap();
    let found = verify(&rig.dir, &with);
    assert_eq!(found.verdict, Verdict::Tampered, "{}", found.first_line());
    with.head = None;
    assert_eq!(verify(&rig.dir, &with).verdict, Verdict::Unsealed);
}

#[test]
fn a_resume_over_a_cut_stays_visible() {
    let (runs, person) = (runs(), Person::new());
    let heads = tempfile::tempdir().unwrap();
    let mut rig = person.begin(&runs, Realm::Live);
    rig.note("one");
    rig.note("two");
    let said = rig.finish(Closing::Left);
    let kept = tminus::journal::Heads::open(heads.path(), rig.dir.id()).unwrap();
    kept.keep(said.heads.last().unwrap()).unwrap();
    let dir = rig.dir.clone();
    drop(rig);
    let part = dir.path().join("events-0001.jsonl");
    let bytes = std::fs::read(&part).unwrap();
    std::fs::write(&part, &bytes[..said.heads[1].bytes as usize]).unwrap();
    let recovered = recover(&dir, Some(heads.path())).unwrap();
    assert!(recovered.cut.is_some());
    let mut rig = person.resume(&dir, &recovered);
    let said = rig.finish(Closing::Ended);
    person.seal(&dir, &said);
    assert_eq!(verify(&dir, &person.with()).all, [Verdict::ResumedOverCut]);
}

/// Changes before the seal, and the file that is named.
const REFUSED: [(Change, &str); 8] = [
    (|path| std::fs::write(path.join("out/build.1.log"), "hullo\n").unwrap(), "out/build.1.log"),
    (|path| std::fs::write(path.join("out/build.1.log"), "hello\n\n").unwrap(), "out/build.1.log"),
    (|path| std::fs::remove_file(path.join("out/build.1.salt")).unwrap(), "out/build.1.salt"),
    (|path| std::fs::write(path.join("out/x"), "").unwrap(), "out/x"),
    (|path| std::fs::write(path.join("notes.txt"), "").unwrap(), "notes.txt"),
    (|path| std::os::unix::fs::symlink("/etc", path.join("out/etc")).unwrap(), "out/etc"),
    (|path| lines(path, |lines| drop(lines.pop())), "events-0001.jsonl"),
    (CHANGES[16].1, "attach/"),
];

#[test]
fn what_changed_on_disk_before_the_seal_is_not_sealed() {
    let (runs, person) = (runs(), Person::new());
    let mut rig = person.begin(&runs, Realm::Live);
    rig.output(chunk("build", b"hello\n"));
    rig.end_output("build");
    let events = vec![(now(), exited("build")), (now(), note("one"))];
    rig.tell(Order::Batch { events, barrier: true });
    let said = rig.finish(Closing::Ended);
    let head = said.closed.unwrap();
    for (change, name) in REFUSED {
        let (_into, path) = copy(&rig.dir);
        change(&path);
        let dir = RunDir::open(&path).unwrap();
        match prepare(&dir, &head) {
            Err(SealError::Changed { name: said, .. } | SealError::Foreign(said)) => {
                assert!(said.starts_with(name), "{said} for {name}");
            }
            Err(other) => panic!("{name}: {other}"),
            Ok(_) => panic!("{name} was sealed"),
        }
        assert!(!path.join("SEAL").exists());
    }
    let seal = prepare(&rig.dir, &head).unwrap();
    let wrong = person.signer.sign("genesis@tminus", seal.text.as_bytes()).unwrap();
    assert!(matches!(finish(&rig.dir, &seal, Some(&wrong)), Err(SealError::Signature(_))));
    let sig = person.signer.sign(seal.namespace, seal.text.as_bytes()).unwrap();
    finish(&rig.dir, &seal, Some(&sig)).unwrap();
    finish(&rig.dir, &seal, Some(&sig)).unwrap();
    assert!(verify(&rig.dir, &person.with()).passes());
}

#[test]
fn a_run_that_has_not_ended_is_not_sealed() {
    let (runs, person) = (runs(), Person::new());
    let mut rig = person.begin(&runs, Realm::Live);
    let said = rig.finish(Closing::Left);
    let head = said.closed.unwrap();
    assert!(matches!(prepare(&rig.dir, &head), Err(SealError::NotEnded)));
}

#[test]
fn a_newer_format_is_said_and_is_no_pass() {
    let (runs, person) = (runs(), Person::new());
    let dir = person.sealed(&runs);
    let ours = format!("\"fmt\":\"{}\"", tminus::journal::line::FMT);
    lines(dir.path(), |lines| lines[0] = lines[0].replace(&ours, "\"fmt\":\"2.1\""));
    let found = verify(&dir, &person.with());
    assert_eq!(found.verdict, Verdict::UnknownFormat, "{}", found.first_line());
}

#[test]
fn a_checkpoint_that_the_run_key_did_not_sign_covers_nothing() {
    let (runs, person) = (runs(), Person::new());
    let mut rig = person.begin(&runs, Realm::Live);
    rig.note("one");
    rig.note("two");
    rig.finish(Closing::Left);
    let before = recover(&rig.dir, None).unwrap();
    lines(rig.dir.path(), |lines| {
        let last = lines.pop().unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&last).unwrap();
        let text = value["text"].as_str().unwrap().to_owned();
        let sig = tminus::journal::keys::RunKey::generate().sign(text.as_bytes());
        value["sig"] = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, sig).into();
        lines.push(format!("{value}\n"));
    });
    assert_cut_before(&rig, &before);
    // Nor does one whose own line was touched.
    let mut rig = person.begin(&runs, Realm::Live);
    rig.note("two");
    rig.finish(Closing::Left);
    let before = recover(&rig.dir, None).unwrap();
    lines(rig.dir.path(), |lines| {
        let last = lines.last_mut().unwrap();
        let at = last.find("\"m\":").unwrap() + 4;
        let digit = if &last[at..=at] == "1" { "2" } else { "1" };
        last.replace_range(at..=at, digit);
    });
    assert_cut_before(&rig, &before);
}

fn assert_cut_before(rig: &Rig, before: &tminus::journal::reader::Recovered) {
    let after = recover(&rig.dir, None).unwrap();
    assert!(after.torn && after.valid.seq < before.valid.seq, "{:?}", after.valid);
    assert!(!journal_kit::notes(&after.records).contains(&"two".to_owned()));
}

#[test]
fn a_history_that_was_rewritten_with_its_chain_still_has_no_checkpoint() {
    let (runs, person) = (runs(), Person::new());
    let mut rig = person.begin(&runs, Realm::Live);
    for text in ["one", "two", "three"] {
        rig.note(text);
    }
    rig.finish(Closing::Left);
    lines(rig.dir.path(), |lines| {
        lines[2] = lines[2].replace("one", "ONE");
        for at in 3..lines.len() {
            let hash = tminus::journal::Hash::of(lines[at - 1].as_bytes()).hex();
            let from = lines[at].find("\"prev\":\"").unwrap() + 8;
            lines[at].replace_range(from..from + 64, &hash);
        }
    });
    let found = verify(&rig.dir, &person.with());
    assert_eq!(found.verdict, Verdict::Tampered, "{}", found.first_line());
    assert_eq!(found.problems[0].seq.map(|seq| seq.0), Some(4), "the checkpoint over it: {}", problems(&found));
}

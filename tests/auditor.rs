//! What the auditor brings to `tminus verify`: the runbook that should have been flown, and the keys that are revoked. With the real
//! binary, the real ssh-keygen and its own revocation lists.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod journal_kit;
#[path = "support/signing.rs"]
mod signing;
mod support;

use journal_kit::{Person, Rig, runs};
use serde_json::Value;
use signing::{Desk, assert_refused, err};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::{said, until};
use tminus::journal::dir::RunDir;
use tminus::journal::keys::revoked::RevokedKeys;
use tminus::journal::keys::{PublicKey, RunKey};
use tminus::journal::reader::recover;
use tminus::journal::verify::{At, OwnRunbook, Verdict, Verified, verify};
use tminus::journal::writer::Closing;
use tminus::model::event::Event;
use tminus::model::signed::Realm;

const PLAN: &str = "\
tminus: 1
title: Signed
environment: { name: here, kind: local }
defaults: { shell: sh }
roles:
  lead: { title: Technical lead, signers: [ana@example.com] }
  ops: { title: Operations, signers: [ben@example.com] }
  product: { title: Product, signers: [cleo@example.com] }
phases:
  - title: One
    steps:
      - { id: hello, title: Say hello, run: \"echo hello\", effect: reads }
      - { id: off, title: Sign it off, sign: The data is whole, roles: [lead, ops, product], count: 2 }
      - { id: after, title: After, confirm: It is over }
";
const ANSWERS: &str = "operator: ci\nstart: yes\nsteps:\n  hello: run\n  after: { ok: \"yes\" }\n\
                       on:\n  sign-off: { ops: keys/ben, lead: keys/ana }\n";

/// A sealed run, flown by op and signed off by ben and ana; cleo has a key and signed nothing.
fn flown() -> Desk {
    let desk = Desk::new(PLAN);
    desk.aboard.user.write("keys.yaml", ANSWERS);
    let args = ["run", "plan.yaml", "--key", "keys/op", "--allowed-signers", "signers", "--answers", "keys.yaml"];
    let run = desk.run(&args);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    desk
}

fn judged(desk: &Desk, more: &[&str]) -> Output {
    desk.run(&[&["verify", "1", "--allowed-signers", "signers"], more].concat())
}

fn json(desk: &Desk, more: &[&str]) -> Value {
    let verified = judged(desk, &[&["--format", "json"], more].concat());
    serde_json::from_slice(&verified.stdout).unwrap_or_else(|why| panic!("{why}: {}", said(&verified)))
}

/// What the system's own program says the hash is.
fn sha256sum(path: &Path) -> String {
    let said = Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(said.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

/// Has ssh-keygen write a KRL.
fn krl(desk: &Desk, name: &str, keys: &[&str]) {
    let keys = keys.iter().map(|key| desk.path(&format!("keys/{key}.pub")));
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-k", "-f"]).arg(desk.path(name)).args(keys).stdin(Stdio::null());
    assert!(keygen.status().unwrap().success());
}

fn fingerprint(desk: &Desk, key: &str) -> String {
    PublicKey::from_openssh(&desk.public(key)).unwrap().fingerprint()
}

fn lines(found: &Verified) -> String {
    found.lines().join("\n")
}

#[test]
fn a_run_that_was_flown_by_the_auditors_runbook_passes_by_the_auditors_rules() {
    let desk = flown();
    desk.aboard.user.write("mine.yaml", PLAN);
    let verified = judged(&desk, &["--runbook", "mine.yaml"]);
    let text = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert_eq!((verified.status.code(), text.lines().count()), (Some(0), 1), "{}", said(&verified));
    let policy = format!("policy: mine.yaml (sha256 {})", sha256sum(&desk.path("mine.yaml")));
    assert!(text.contains(&policy) && !text.contains("the run's own"), "{text}");
    let json = json(&desk, &["--runbook", "mine.yaml"]);
    assert_eq!((json["policy"].as_str(), json["passes"].as_bool()), (Some(policy.as_str()), Some(true)), "{json}");
    assert!(json["trusted"].is_null(), "{json}");
}

#[test]
fn a_run_that_was_flown_by_another_runbook_does_not_pass_and_says_which_and_what_to_compare() {
    let desk = flown();
    desk.aboard.user.write("mine.yaml", &PLAN.replace("count: 2", "count: 3"));
    let (mine, flown_by) = (sha256sum(&desk.path("mine.yaml")), sha256sum(&desk.path("plan.yaml")));
    let verified = judged(&desk, &["--runbook", "mine.yaml"]);
    assert_eq!(verified.status.code(), Some(1), "{}", said(&verified));
    let text = String::from_utf8_lossy(&verified.stdout).into_owned();
    let copy = format!("attach/{}-plan.yaml", &flown_by[..16]);
    assert!(desk.dir().join(&copy).is_file(), "{copy}");
    for words in [
        ": another runbook; completed; ".to_owned(),
        format!("policy: mine.yaml (sha256 {mine})"),
        format!(
            "note: another runbook: record 1 names a runbook of sha256 {flown_by}, and mine.yaml has sha256 {mine}"
        ),
        format!("the run's copy is {copy}"),
        format!("next: compare (diff) mine.yaml with {copy} of the run"),
    ] {
        assert!(text.contains(&words), "{words}: {text}");
    }
    let json = json(&desk, &["--runbook", "mine.yaml"]);
    assert_eq!(json["verdict"], "another runbook");
    assert_eq!((&json["all"], json["passes"].as_bool()), (&serde_json::json!(["another runbook"]), Some(false)));
    assert!(json["trusted"]["record"].as_u64() == json["records"].as_u64(), "all of its journal holds: {json}");
    assert!(json["next"][0].as_str().unwrap().contains(&copy), "{json}");
}

/// A sealed run that `second` took up, by a runbook of which the resume says this is the hash.
fn resumed(runs: &tempfile::TempDir, (first, second): (&Person, &Person), runbook: &str) -> RunDir {
    let mut rig = first.begin(runs, Realm::Live);
    rig.note("one");
    rig.finish(Closing::Left);
    let dir = rig.dir.clone();
    drop(rig);
    let recovered = recover(&dir, None).unwrap();
    let key = RunKey::generate();
    let text = second.opening(&key, runbook).resume(&recovered, "the host fell").encode();
    let sig = second.signer.sign("resume@tminus", text.as_bytes()).unwrap();
    let event = Event::Resume { fmt: tminus::journal::line::FMT.into(), text, sig };
    let disk = Box::new(tminus::journal::storage::Disk::new(dir.clone()));
    // Other tests of this process start programs, which inherit its lock for the moment until they run.
    let mut lock = None;
    until(60, "the lock of the run", || {
        lock = dir.lock().ok();
        lock.is_some()
    });
    let opening = (event, recovered.start, key);
    let mut rig = Rig::holding(lock.unwrap(), dir.clone(), (disk, Box::new(journal_kit::now)), opening).unwrap();
    let said = rig.finish(Closing::Ended);
    first.seal(&dir, &said);
    dir
}

#[test]
fn a_run_that_was_taken_up_by_another_runbook_than_the_auditors_was_not_flown_by_it() {
    let person = Person::new();
    let yours = OwnRunbook::new("mine.yaml".into(), b"steps: []\n");
    let other = OwnRunbook::new("other.yaml".into(), b"steps: [other]\n");
    for (runbook, holds) in [(yours.sha256.as_str(), true), (other.sha256.as_str(), false), ("", false)] {
        let runs = runs();
        let dir = resumed(&runs, (&person, &person), runbook);
        let mut found = verify(&dir, &person.with());
        assert!(found.passes(), "{}", lines(&found));
        found.by_runbook(&dir, &yours);
        assert_eq!(found.passes(), holds, "{runbook:?}: {}", lines(&found));
        if !holds {
            assert_eq!(found.all, [Verdict::AnotherRunbook], "{}", lines(&found));
            assert!(!lines(&found).contains("record 1 names") && lines(&found).contains("the run has no copy of it"));
        }
    }
}

#[test]
fn each_key_that_signed_anything_and_is_revoked_is_named_with_its_person_and_all_that_it_signed() {
    let desk = flown();
    let all = json(&desk, &[]);
    let signed = all["signed"].as_array().unwrap();
    // The newest act covers those before it, so how many signatures of acts there are is a matter of how fast they came.
    let acts = std::fs::read_to_string(desk.dir().join("events-0001.jsonl")).unwrap();
    let acts = acts.lines().filter(|line| line.contains(r#""ev":"barrier.signed""#)).count();
    assert!(acts > 0, "{all}");
    for (key, who) in [("op", "op"), ("ana", "ana@example.com"), ("ben", "ben@example.com")] {
        krl(&desk, "revoked", &["cleo", key]);
        let verified = judged(&desk, &["--revoked", "revoked"]);
        let text = String::from_utf8_lossy(&verified.stdout).into_owned();
        assert_eq!(verified.status.code(), Some(1), "{}", said(&verified));
        let fingerprint = fingerprint(&desk, key);
        assert!(text.contains(": revoked key; completed; "), "{text}");
        let note = format!("note: revoked: the key {fingerprint} of {who}, which signed ");
        let places = text.lines().find_map(|line| line.trim().strip_prefix(&note)).unwrap_or_else(|| panic!("{text}"));
        let theirs: Vec<&Value> = signed.iter().filter(|by| by["fingerprint"] == fingerprint.as_str()).collect();
        assert_eq!(theirs.len(), if key == "op" { 2 + acts } else { 1 }, "genesis, acts and the seal; or a sign-off");
        for by in theirs {
            let place = match by["record"].as_u64() {
                Some(record) => format!("record {record} ("),
                None => by["file"].as_str().unwrap().to_owned(),
            };
            assert!(places.contains(&place), "{place}: {text}");
        }
        let json = json(&desk, &["--revoked", "revoked"]);
        assert_eq!((&json["verdict"], &json["all"]), (&"revoked key".into(), &serde_json::json!(["revoked key"])));
        for by in json["signed"].as_array().unwrap() {
            let revoked = by["fingerprint"] == fingerprint.as_str();
            assert_eq!((by["standing"] == "revoked key", by["known"] == false), (revoked, revoked), "{json}");
        }
    }
    krl(&desk, "revoked", &["cleo"]);
    let verified = judged(&desk, &["--revoked", "revoked"]);
    assert_eq!(verified.status.code(), Some(0), "her key signed nothing in it: {}", said(&verified));
    krl(&desk, "revoked", &[]);
    assert_eq!(judged(&desk, &["--revoked", "revoked"]).status.code(), Some(0), "a whole KRL with no key on it");
}

#[test]
fn a_plain_list_of_public_keys_revokes_all_of_them_and_only_them() {
    let desk = flown();
    let (cleo, ben, ana) = (desk.public("cleo"), desk.public("ben"), desk.public("ana"));
    let not_theirs = format!("# gone\n\n{cleo}");
    for (list, code) in [
        (not_theirs.clone(), 0),
        (format!("{not_theirs}{}", ben.trim_end()), 1),
        (format!("{ana}{not_theirs}").replace('\n', "\r\n"), 1),
    ] {
        desk.aboard.user.write("revoked", &list);
        let verified = judged(&desk, &["--revoked", "revoked"]);
        assert_eq!(verified.status.code(), Some(code), "{list}{}", said(&verified));
        assert_eq!(said(&verified).contains(": revoked key; "), code == 1, "{}", said(&verified));
    }
}

#[test]
fn a_revoked_key_that_only_took_the_run_up_is_found_whatever_else_is_wrong() {
    let (runs, maya, lee) = (runs(), Person::new(), Person::new());
    let yours = OwnRunbook::new("mine.yaml".into(), b"steps: []\n");
    let dir = resumed(&runs, (&maya, &lee), &yours.sha256);
    let list = RevokedKeys::read(lee.signer.public_openssh().as_bytes()).unwrap();
    let mut found = verify(&dir, &maya.with());
    assert_eq!(found.all, [Verdict::UnknownKey], "maya's list does not have lee: {}", lines(&found));
    found.by_revoked(&list).unwrap();
    assert_eq!(found.all, [Verdict::RevokedKey, Verdict::UnknownKey], "{}", lines(&found));
    let by = found.signed.iter().find(|by| by.standing == Verdict::RevokedKey).unwrap();
    let At::Record(seq) = &by.at else { panic!("{by:?}") };
    let words = format!("{} of maya, which signed record {seq} (resume)", lee.signer.fingerprint());
    assert!(lines(&found).contains(&words), "{words}: {}", lines(&found));
}

#[test]
fn a_list_of_revoked_keys_that_cannot_be_read_whole_is_no_empty_list() {
    let desk = flown();
    krl(&desk, "good", &["cleo", "op"]);
    let good = std::fs::read(desk.path("good")).unwrap();
    let (ana, op) = (desk.public("ana"), desk.public("op"));
    let cut = |at: usize| good[..at].to_vec();
    let cases: [(&str, Vec<u8>, &str); 11] = [
        ("empty", Vec::new(), "no key stands in it"),
        ("comments", b"# none yet\n\n".to_vec(), "no key stands in it"),
        ("cut KRL", cut(good.len() - 9), "ssh-keygen failed: Invalid KRL file"),
        ("KRL cut to its first word", cut(8), "ssh-keygen failed: Invalid KRL file"),
        ("KRL cut within it", cut(5), "ssh-keygen failed: line 1: invalid key"),
        ("KRL and more", [&good[..], b"x"].concat(), "ssh-keygen failed: Invalid KRL file"),
        ("a line that is no key", format!("{ana}gone\n").into_bytes(), "ssh-keygen failed: line 2: invalid key"),
        ("a key that is cut off", op[..40].into(), "ssh-keygen failed: line 1: invalid key"),
        ("fingerprints", format!("{}\n", fingerprint(&desk, "op")).into_bytes(), "line 1: invalid key"),
        ("bytes behind a NUL", format!("{}\0\n{op}", ana.trim_end()).into_bytes(), "neither a KRL nor lines"),
        ("one line to some", format!("{ana}{op}").replace('\n', "\r").into_bytes(), "neither a KRL nor lines"),
    ];
    for (what, bytes, why) in cases {
        std::fs::write(desk.path("list"), bytes).unwrap();
        let verified = judged(&desk, &["--revoked", "list"]);
        assert!(verified.stdout.is_empty(), "{what}: {}", said(&verified));
        assert_refused(&verified, why);
        assert!(
            err(&verified).contains("tminus: cannot read the revoked keys in list: "),
            "{what}: {}",
            err(&verified)
        );
        assert!(!err(&verified).contains("/proc/"), "{what}: {}", err(&verified));
    }
    assert_refused(&judged(&desk, &["--revoked", "none"]), "cannot read the revoked keys in none: No such file");
    assert_refused(&judged(&desk, &["--revoked", "keys"]), "cannot read the revoked keys in keys: Is a directory");
    let verified = judged(&desk, &["--runbook", "none"]);
    assert!(verified.stdout.is_empty(), "{}", said(&verified));
    assert_refused(&verified, "cannot read the runbook none: No such file");
}

#[test]
fn without_an_answer_of_ssh_keygen_no_key_is_taken_for_one_that_is_not_revoked() {
    let desk = flown();
    krl(&desk, "revoked", &["op"]);
    std::fs::create_dir(desk.path("bin")).unwrap();
    let args = ["verify", "1", "--allowed-signers", "signers", "--revoked", "revoked"];
    let with_path = |path: &Path| desk.aboard.user.tminus(&args).env("PATH", path).output().unwrap();
    let verified = with_path(&desk.path("bin"));
    assert!(verified.stdout.is_empty(), "{}", said(&verified));
    assert_refused(&verified, "cannot read the revoked keys in revoked: cannot run ssh-keygen");
    assert!(err(&verified).contains("--revoked needs ssh-keygen"), "{}", err(&verified));
    // One that answers once, and then says nothing, or something else than it does.
    for then in ["exit 0", "exit 1", "echo ok", "echo \"$4: perhaps\"", "echo \"$4: ok\"; exit 1"] {
        let used = desk.path("used");
        let _ = std::fs::remove_file(&used);
        let script =
            format!("#!/bin/sh\nif [ -e '{0}' ]; then {then}; else : > '{0}'; echo \"$4: ok\"; fi\n", used.display());
        // Made by a process of its own: while this one has it open to write, another test's child could inherit that.
        let program = desk.aboard.user.write("script", &script);
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(Command::new("cp").arg(&program).arg(desk.path("bin/ssh-keygen")).status().unwrap().success());
        let verified = with_path(&desk.path("bin"));
        assert!(verified.stdout.is_empty() && used.exists(), "{then}: {}", said(&verified));
        assert_refused(&verified, "whether a key is revoked cannot be told: ssh-keygen failed");
    }
}

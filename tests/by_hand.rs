//! The script of `docs/verify-by-hand.md` says what `verify` says.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic in a test is the report")]

mod journal_kit;

use journal_kit::changes::{CHANGES, swap_outputs};
use journal_kit::{Person, copy, gate, now, runs, tried};
use std::path::Path;
use tminus::journal::dir::RunDir;
use tminus::journal::keys::PublicKey;
use tminus::journal::reader::recover;
use tminus::journal::verify::{Verdict, verify};
use tminus::journal::writer::{Closing, Order};
use tminus::model::barrier::Barriers;
use tminus::model::event::Event;
use tminus::model::signed::Realm;

/// The script of `docs/verify-by-hand.md` that begins so.
fn script(first: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify-by-hand.md");
    let text = std::fs::read_to_string(path).unwrap();
    let start = text.find(first).expect("the script is there");
    let end = text[start..].find("```").unwrap();
    text[start..start + end].to_owned()
}

fn by_hand(path: &Path, person: &Person, into: &Path) -> (bool, String) {
    by_list(path, &person.list, into)
}

fn by_list(path: &Path, list: &Path, into: &Path) -> (bool, String) {
    let file = into.join("verify-by-hand.sh");
    std::fs::write(&file, script("#!/bin/sh")).unwrap();
    let done = std::process::Command::new("sh").arg(file).arg(path).arg(list).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn the_script_for_checking_by_hand_accepts_the_good_run_and_refuses_every_change() {
    let (runs, person) = (runs(), Person::new());
    let home = tempfile::tempdir().unwrap();
    let dir = person.sealed(&runs);
    let (good, said) = by_hand(dir.path(), &person, home.path());
    assert!(good && said.starts_with("GOOD: "), "{said}");
    for (what, change) in CHANGES {
        let (_into, path) = copy(&dir);
        change(&path);
        let (good, said) = by_hand(&path, &person, home.path());
        assert!(!good && said.contains("REFUSED"), "{what}: {said}");
    }
    let (good, said) = by_hand(dir.path(), &Person::new(), home.path());
    assert!(!good && said.contains("unknown key"), "{said}");
}

#[test]
fn the_script_looks_behind_a_seal_over_a_changed_journal() {
    let (runs, person) = (runs(), Person::new());
    let home = tempfile::tempdir().unwrap();
    let dir = person.sealed(&runs);
    let mut said = Vec::new();
    for (what, change) in CHANGES {
        let (_into, path) = copy(&dir);
        change(&path);
        // The operator himself seals again what he changed.
        let text = std::fs::read_to_string(path.join("SEAL")).unwrap();
        let head: Vec<&str> = text.lines().filter(|line| line.starts_with("# ")).collect();
        let mut lines = head.join("\n") + "\n";
        for found in RunDir::open(&path).unwrap().everything().unwrap() {
            let bytes = std::fs::read(path.join(&found.name)).unwrap();
            if found.name != "lock" && !found.name.starts_with("SEAL") {
                let hash = tminus::journal::Hash::of(&bytes);
                lines.push_str(&format!("{hash}  {}\n", found.name));
            }
        }
        for entry in std::fs::read_dir(&path).unwrap() {
            let entry = entry.unwrap().path();
            if entry.extension().is_some_and(|end| end == "sig") {
                std::fs::remove_file(entry).unwrap();
            }
        }
        std::fs::write(path.join("SEAL"), &lines).unwrap();
        let sig = person.signer.sign("seal@tminus", lines.as_bytes()).unwrap();
        let key = PublicKey::from_openssh(&person.signer.public_openssh()).unwrap();
        let name = &tminus::journal::Hash::of(key.blob()).hex()[..16];
        std::fs::write(path.join(format!("SEAL.{name}.sig")), sig).unwrap();
        // Taking the seal or its signature away, or naming a file outside, is mended by sealing again.
        let mended = matches!(what, "SEAL names a file outside" | "SEAL without its signature");
        let (good, words) = by_hand(&path, &person, home.path());
        assert_eq!(good, mended, "{what}: {words}");
        let found = verify(&RunDir::open(&path).unwrap(), &person.with());
        let expected = if mended { Verdict::Verified } else { Verdict::Tampered };
        assert_eq!(found.verdict, expected, "{what}: {}", found.first_line());
        said.push(words);
    }
    println!("{}", said.concat());
}

#[test]
fn the_script_accepts_a_run_over_a_resume_with_a_torn_tail() {
    let (runs, person) = (runs(), Person::new());
    let home = tempfile::tempdir().unwrap();
    let mut rig = person.begin(&runs, Realm::Live);
    rig.note("one");
    rig.finish(Closing::Left);
    let dir = rig.dir.clone();
    drop(rig);
    let part = dir.path().join("events-0001.jsonl");
    let bytes = std::fs::read(&part).unwrap();
    std::fs::write(&part, [&bytes[..], b"{\"seq\":9,\"pr"].concat()).unwrap();
    let recovered = recover(&dir, None).unwrap();
    let mut rig = person.resume(&dir, &recovered);
    rig.note("two");
    let said = rig.finish(Closing::Ended);
    person.seal(&dir, &said);
    let (good, words) = by_hand(dir.path(), &person, home.path());
    assert!(good, "{words}");
}

#[test]
fn the_script_refuses_a_signature_of_an_act_that_the_journal_does_not_lead_to() {
    let (maya, lee) = (Person::new(), Person::new());
    let home = tempfile::tempdir().unwrap();
    // A judge who knows both, so that only whose act it is tells them apart.
    let both =
        [&maya, &lee].map(|person| format!("{} {}\n", person.signer.fingerprint(), person.signer.public_openssh()));
    std::fs::write(home.path().join("both"), both.concat()).unwrap();
    let changed = |text: String, from: &str, to: &str| vec![maya.vouch(text.replacen(from, to, 1))];
    type Forge<'a> = Box<dyn Fn(String) -> Vec<Event> + 'a>;
    let cases: [(&str, Forge<'_>); 4] = [
        ("something else than record", Box::new(|text| changed(text, "GO at", "NO-GO at"))),
        ("over another journal", Box::new(|text| changed(text, "bytes: ", "bytes: 1"))),
        ("signs no act that waits", Box::new(|text| vec![maya.vouch(text.clone()), maya.vouch(text)])),
        (
            "not the operator's key",
            Box::new(|text| vec![lee.vouch(text.replace(&maya.signer.fingerprint(), &lee.signer.fingerprint()))]),
        ),
    ];
    for (word, forge) in cases {
        let runs = runs();
        let mut rig = maya.begin(&runs, Realm::Live);
        let tell =
            |rig: &journal_kit::Rig, event| rig.tell(Order::Batch { events: vec![(now(), event)], barrier: true });
        tell(&rig, gate("go"));
        let text = rig.wanted(&mut Barriers::default());
        forge(text).into_iter().for_each(|event| tell(&rig, event));
        let said = rig.finish(Closing::Ended);
        maya.seal(&rig.dir, &said);
        let mut judge = Person::new();
        judge.list = home.path().join("both");
        let (good, said) = by_hand(rig.dir.path(), &judge, home.path());
        assert!(!good && said.contains(word), "{word}: {said}");
    }
}

#[test]
fn the_script_refuses_bits_and_cuts_of_every_file_outputs_that_were_swapped_and_keys_that_were_not_valid() {
    let (runs, person) = (runs(), Person::new());
    let home = tempfile::tempdir().unwrap();
    let dir = person.smallest(&runs);
    assert!(by_hand(dir.path(), &person, home.path()).0);
    let files: Vec<String> =
        dir.everything().unwrap().into_iter().map(|found| found.name).filter(|name| name != "lock").collect();
    let mut cases = 0;
    for name in &files {
        let whole = std::fs::read(dir.path().join(name)).unwrap();
        let middle = whole.len() / 2;
        let flip = |at: usize, bit: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            bytes
        };
        for bytes in [flip(0, 1), flip(middle, cases % 7), flip(whole.len() - 2, 3), whole[..middle].to_vec()] {
            let (_into, path) = copy(&dir);
            std::fs::write(path.join(name), &bytes).unwrap();
            let (good, said) = by_hand(&path, &person, home.path());
            assert!(!good && said.contains("REFUSED"), "{name}: {said}");
            cases += 1;
        }
    }
    tried(&format!("{cases} bits and cuts of every file of a sealed run, by hand with stock tools: each is refused"));
    let (_into, path) = copy(&person.two_steps(&runs));
    assert!(by_hand(&path, &person, home.path()).0);
    swap_outputs(&path);
    let (good, said) = by_hand(&path, &person, home.path());
    assert!(!good && said.contains("REFUSED"), "{said}");
    for options in ["namespaces=\"genesis@tminus\"", "valid-before=\"20200101\"", "valid-after=\"20990101\""] {
        let list = home.path().join("list");
        std::fs::write(&list, format!("maya {options} {}\n", person.signer.public_openssh())).unwrap();
        let (good, said) = by_list(dir.path(), &list, home.path());
        assert!(!good && said.contains("REFUSED"), "{options}: {said}");
    }
}

#[test]
fn head_codes_by_hand_are_those_that_tminus_says_and_one_of_a_journal_that_was_cut_is_missing() {
    let (runs, person) = (runs(), Person::new());
    let home = tempfile::tempdir().unwrap();
    let mut rig = person.begin(&runs, Realm::Live);
    rig.note("one");
    rig.note("two");
    let said = rig.finish(Closing::Left);
    let file = home.path().join("head-codes.sh");
    std::fs::write(&file, script("# head-codes.sh")).unwrap();
    let codes = || {
        let done = std::process::Command::new("sh").arg(&file).arg(rig.dir.path()).output().unwrap();
        String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let expected: Vec<String> = said.heads.iter().map(|head| head.code().replace('-', "")).collect();
    assert_eq!(codes(), expected);
    let part = rig.dir.path().join("events-0001.jsonl");
    let bytes = std::fs::read(&part).unwrap();
    std::fs::write(&part, &bytes[..said.heads[1].bytes as usize]).unwrap();
    assert!(!codes().contains(expected.last().unwrap()));
}

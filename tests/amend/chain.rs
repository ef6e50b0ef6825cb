//! What verify makes of amendments, and of what only looks like one.

use crate::journal_kit::{Person, tried};
use crate::two::{Two, assert_all, assert_tampered, begin, sign};
use std::os::unix::fs::FileExt;
use std::path::Path;
use tminus::journal::amend::{self, AmendError, Written};
use tminus::journal::dir::RunDir;
use tminus::journal::keys::sshsig;
use tminus::journal::verify::{Verdict, VerifyWith, verify};
use tminus::model::signed::Realm;

const FILE: &str = "amendments.jsonl";
const LOG: &str = "out/build.1.log";
const SALT: &str = "out/build.1.salt";

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path.join(FILE)).unwrap().split_inclusive('\n').map(str::to_owned).collect()
}

fn put(path: &Path, lines: &[String]) {
    std::fs::write(path.join(FILE), lines.concat()).unwrap();
}

#[test]
fn a_redaction_lets_go_of_what_it_names_and_of_nothing_else() {
    let two = Two::new();
    let (_into, path) = two.copy();
    two.redact(&path, &[2], &[&two.op, &two.ben], true);
    assert_eq!(std::fs::read(path.join(LOG)).unwrap(), b"hello\n##");
    let salts = std::fs::read_to_string(path.join(SALT)).unwrap();
    assert!(salts.lines().next().unwrap().bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(salts.lines().nth(1), Some("#".repeat(64).as_str()));
    let found = two.verify(&path);
    assert_all(&found, &[Verdict::Redacted], "carried out");
    assert!(!found.passes() && found.problems.is_empty());
    let said = found.lines().join("\n");
    assert!(said.contains(": redacted, consistent; 1 redaction; "), "{said}");
    let words = "redaction: extent 2 of out/build.1.log, 2 bytes: it held a token (by op, ben, ";
    assert!(said.contains(words), "{said}");
    let json = found.to_json();
    let own = &json["amendments"][0];
    assert_eq!((&own["what"], &own["reason"]), (&"redaction".into(), &"it held a token".into()));
    assert_eq!(own["by"], serde_json::json!(["op", "ben"]));
    assert_eq!((&own["bytes"], &own["carried_out"]), (&2.into(), &true.into()));

    // Every byte of both files that it does not name, and every one that it overwrote, still counts.
    for name in [LOG, SALT] {
        let whole = std::fs::read(path.join(name)).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(path.join(name), &changed).unwrap();
            assert_tampered(&two.verify(&path), name, &format!("byte {at} of {name}"));
        }
        std::fs::write(path.join(name), &whole).unwrap();
    }
    assert_all(&two.verify(&path), &[Verdict::Redacted], "as it was");
    // A second one, of the rest; the first left a file that this one goes on from.
    two.redact(&path, &[1], &[&two.ben, &two.op], true);
    assert_eq!(std::fs::read(path.join(LOG)).unwrap(), b"########");
    assert_all(&two.verify(&path), &[Verdict::Redacted], "both");
    // The file after the first is not what the second leaves, nor is the sealed one; both together are where that one began.
    std::fs::copy(two.dir.path().join(LOG), path.join(LOG)).unwrap();
    assert_tampered(&two.verify(&path), LOG, "the sealed file is put back");
}

#[test]
fn a_late_note_is_counted_and_changes_no_verdict() {
    let two = Two::new();
    let (_into, path) = two.copy();
    two.note(&path, "the outage of 14:05 was the\nprovider's");
    two.note(&path, "so it says itself");
    let found = two.verify(&path);
    assert!(found.passes(), "{:?}", found.lines());
    let [line] = &found.lines()[..] else { panic!("{:?}", found.lines()) };
    assert!(line.contains("; 2 late notes; ") && line.contains("late note: so it says itself (by ben, "), "{line}");
    assert_eq!(found.to_json()["amendments"].as_array().unwrap().len(), 2);
    // By a key that nobody lists it is that, and no pass.
    let with = VerifyWith { allowed: two.list(&[("op", &two.op)]), ..two.with() };
    assert_all(&verify(&RunDir::open(&path).unwrap(), &with), &[Verdict::UnknownKey], "unknown");
}

#[test]
fn what_two_people_did_not_sign_is_tampering() {
    let two = Two::new();
    let stranger = Person::new();
    let cases: [(&str, &[&Person]); 4] = [
        ("the operator alone", &[&two.op]),
        ("somebody else alone", &[&two.ben]),
        ("a stranger", &[&two.op, &stranger]),
        ("two strangers' keys", &[&stranger]),
    ];
    for (what, people) in cases {
        let (_into, path) = two.copy();
        two.redact(&path, &[2], people, true);
        let found = two.verify(&path);
        assert_tampered(&found, FILE, what);
        assert_tampered(&found, LOG, what);
        assert!(found.amendments.is_empty());
    }
    // Two keys of one person are one person, by whichever name; and both of operators are no witness.
    let (_into, path) = two.copy();
    two.redact(&path, &[2], &[&two.op, &two.ben], true);
    let lists: [&[(&str, &Person)]; 4] = [
        &[("op", &two.op), ("op", &two.ben)],
        &[("op,also", &two.op), ("also", &two.ben)],
        &[("op", &two.op), ("ben", &two.ben), ("ben", &two.op)],
        &[("op", &two.op)],
    ];
    for list in lists {
        let with = VerifyWith { allowed: two.list(list), ..two.with() };
        assert_tampered(&verify(&RunDir::open(&path).unwrap(), &with), FILE, "one person");
    }
}

#[test]
fn a_chain_that_was_cut_reordered_repeated_or_swapped_is_tampering() {
    let two = Two::new();
    let (_into, path) = two.copy();
    two.note(&path, "one");
    two.redact(&path, &[2], &[&two.op, &two.ben], true);
    two.note(&path, "three");
    let whole = lines(&path);
    assert_all(&two.verify(&path), &[Verdict::Redacted], "whole");
    let (one, redaction, three) = (whole[0].clone(), whole[1].clone(), whole[2].clone());
    let unsigned = |line: &str| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        value["sigs"] = serde_json::json!([]);
        format!("{{\"text\":{},\"sigs\":[]}}\n", value["text"])
    };
    let swapped = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let sigs = value["sigs"].as_array().unwrap();
        format!("{{\"text\":{},\"sigs\":[{},{}]}}\n", value["text"], sigs[1], sigs[0])
    };
    assert_eq!(swapped(&swapped(&redaction)), redaction);
    let (_fork, elsewhere) = two.copy();
    two.note(&elsewhere, "another");
    let another = lines(&elsewhere)[0].clone();
    let cases: [(&str, Vec<String>); 10] = [
        ("the first is another one, signed as well", vec![another, redaction.clone(), three.clone()]),
        ("the first is gone", vec![redaction.clone(), three.clone()]),
        ("one in the middle is gone", vec![one.clone(), three.clone()]),
        ("the end is gone", vec![one.clone()]),
        ("in another order", vec![one.clone(), three.clone(), redaction.clone()]),
        ("one stands there again", vec![one.clone(), redaction.clone(), redaction.clone(), three.clone()]),
        ("a line of nothing", vec![one.clone(), "\n".into(), redaction.clone()]),
        ("unsigned", vec![one.clone(), unsigned(&redaction)]),
        ("an unsigned note", vec![one.clone(), redaction.clone(), unsigned(&three)]),
        ("signatures in each other's place", vec![one.clone(), swapped(&redaction)]),
    ];
    for (what, lines) in cases {
        put(&path, &lines);
        let found = two.verify(&path);
        let named = |problem: &tminus::journal::verify::Problem| {
            [FILE, LOG, SALT].contains(&problem.file.as_deref().unwrap_or_default())
        };
        assert!(found.verdict == Verdict::Tampered && found.problems.iter().all(named), "{what}: {:#?}", found.lines());
        let gone = "the end is gone";
        assert!(what == gone || found.problems.iter().any(|one| one.file.as_deref() == Some(FILE)), "{what}");
    }
    // The last note is gone: nothing else depends on it, and so nothing shows it.
    put(&path, &[one, redaction]);
    assert_all(&two.verify(&path), &[Verdict::Redacted], "the last note is gone");
    let text = whole.concat();
    // Of another run, whoever signed it.
    let other = Two::new();
    let (_other, there) = other.copy();
    std::fs::write(there.join(FILE), &text).unwrap();
    let with = two.with();
    let found = verify(&RunDir::open(&there).unwrap(), &VerifyWith { allowed: with.allowed, ..other.with() });
    assert_eq!(found.verdict, Verdict::Tampered);
    // Where there is no seal there is nothing to amend.
    put(&path, &whole);
    std::fs::remove_file(path.join("SEAL")).unwrap();
    assert_tampered(&two.verify(&path), FILE, "no seal");
}

/// Whether a run's amendments read, follow each other and are signed as they say.
fn stand(dir: &RunDir, seal: &[u8]) -> bool {
    let read = amend::read(dir, (Realm::Live, dir.id()), seal).unwrap();
    let fits = |sig: &String, text: &str| sshsig::check(sig.as_bytes(), "amend@tminus", text.as_bytes()).is_ok();
    let holds =
        |one: &Written| one.sigs.len() == one.amendment.hands.len() && one.sigs.iter().all(|sig| fits(sig, &one.text));
    read.broken.is_none() && read.all.iter().all(holds)
}

#[test]
fn every_single_bit_of_the_amendments_counts() {
    // All of a note's bits, and one of each byte of a redaction. A flip is found where the line does not read, does not follow, or a
    // signature of it does not hold; that `verify` says each of these is tried at every 29th.
    let mut tried_out = 0;
    for bits in [8, 1] {
        let two = Two::smallest(bits == 1);
        let path = two.dir.path();
        let (whole, seal) = (std::fs::read(path.join(FILE)).unwrap(), std::fs::read(path.join("SEAL")).unwrap());
        assert!(stand(&two.dir, &seal));
        // In place: a file that is written anew each time waits for the disk.
        let file = std::fs::OpenOptions::new().write(true).open(path.join(FILE)).unwrap();
        for (at, byte) in whole.iter().enumerate() {
            for bit in (at..at + bits).map(|bit| bit % 8) {
                file.write_all_at(&[byte ^ (1 << bit)], at as u64).unwrap();
                assert!(!stand(&two.dir, &seal), "byte {at}, bit {bit}");
                tried_out += 1;
                if tried_out % 29 == 0 {
                    assert_tampered(&two.verify(path), FILE, &format!("byte {at}, bit {bit}"));
                }
            }
            file.write_all_at(&[*byte], at as u64).unwrap();
        }
        assert!(stand(&two.dir, &seal), "as it was");
        for at in (0..whole.len()).rev() {
            file.set_len(at as u64).unwrap();
            assert!(!stand(&two.dir, &seal), "cut to {at} bytes");
        }
        assert_tampered(&two.verify(path), FILE, "cut to nothing");
    }
    tried(&format!("{tried_out} flips of bits of a run's amendments: each is found"));
}

#[test]
fn what_cannot_be_amended_is_refused_before_anything_is_touched() {
    let two = Two::new();
    let (_into, path) = two.copy();
    let both = [&two.op, &two.ben];
    let amending = begin(&path);
    let said = two.said("why", &both);
    let build = "build".into();
    let of = |numbers: &[u64]| amending.redaction((&build, 1), numbers, &said);
    assert!(matches!(of(&[3]), Err(AmendError::NoExtent { number: 3, of: 2 })));
    assert!(matches!(of(&[0, 1]), Err(AmendError::NoExtent { number: 0, .. })));
    assert!(matches!(of(&[]), Err(AmendError::NoExtent { .. })));
    assert!(matches!(amending.redaction((&build, 2), &[1], &said), Err(AmendError::Nothing(..))));
    assert!(matches!(amending.redaction((&"none".into(), 1), &[1], &said), Err(AmendError::Nothing(..))));
    assert!(matches!(amending.note(&two.said(" \n", &both)), Err(AmendError::NoReason)));
    assert!(matches!(amending.note(&two.said("x", &[])), Err(AmendError::Hands)));
    assert!(matches!(amending.note(&two.said("x", &[&two.op, &two.op])), Err(AmendError::Hands)));
    assert!(matches!(amending.note(&two.said(&"x".repeat(60_000), &both)), Err(AmendError::TooLong(_))));
    drop(amending);
    // A signature of another text, or by another key, is not written down.
    let mut amending = begin(&path);
    let (one, other) =
        (amending.note(&two.said("one", &both)).unwrap(), amending.note(&two.said("other", &both)).unwrap());
    for sigs in [sign(&other, &both), sign(&one, &[&two.ben, &two.op]), sign(&one, &[&two.op])] {
        let refused = amending.declare(&one, &sigs);
        assert!(matches!(refused, Err(AmendError::Signature { .. } | AmendError::Hands)), "{refused:?}");
    }
    assert!(!path.join(FILE).exists());
    amending.declare(&one, &sign(&one, &both)).unwrap();
    assert!(matches!(amending.declare(&other, &sign(&other, &both)), Err(AmendError::Hands)), "it follows nothing now");
    drop(amending);
    two.redact(&path, &[2], &both, true);
    assert!(matches!(begin(&path).redaction((&build, 1), &[1, 2], &said), Err(AmendError::Already(2))));
    assert_all(&two.verify(&path), &[Verdict::Redacted], "in the end");
    let unsealed = two.copy();
    std::fs::remove_file(unsealed.1.join("SEAL")).unwrap();
    let refused = tminus::journal::amend::Amending::begin(&RunDir::open(&unsealed.1).unwrap());
    assert!(matches!(refused, Err(AmendError::NotSealed)));
}

//! Each way in which a journal is changed behind its back, by its own sentence: it is found, and what is said is what was done,
//! where, and how far the journal still holds.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod journal_kit;

use journal_kit::changes::{lines, swap_outputs};
use journal_kit::{Person, Said, copy, runs};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tminus::journal::Hash;
use tminus::journal::dir::RunDir;
use tminus::journal::keys::allowed::AllowedSigners;
use tminus::journal::verify::{Problem, Verdict, Verified, VerifyWith, What, verify};
use tminus::journal::writer::Closing;
use tminus::model::event::Event;
use tminus::model::ids::RunId;
use tminus::model::signed::Realm;
use tminus::model::signoff::{Place, Prefix, Signatory, of};

const PART: &str = "events-0001.jsonl";

/// A sealed run in a copy, changed.
fn changed(change: impl FnOnce(&Path)) -> Verified {
    let (runs, person) = (runs(), Person::new());
    let (_into, path) = copy(&person.sealed(&runs));
    change(&path);
    let found = verify(&RunDir::open(&path).unwrap(), &person.with());
    assert_eq!(found.verdict, Verdict::Tampered, "{}", said(&found));
    found
}

fn said(found: &Verified) -> String {
    found.lines().join("\n")
}

/// The heaviest problem is this one.
fn is(found: &Verified, what: What, seq: Option<u64>, file: &str) -> Problem {
    let first = found.problems[0].clone();
    let place = (first.what, first.seq.map(|seq| seq.0), first.file.as_deref());
    assert_eq!(place, (what, seq, Some(file)), "{}", said(found));
    first
}

/// Of a journal whose third record is the first that does not hold: records 1 and 2 do.
fn holds_up_to_two(found: &Verified) {
    let trusted = found.trusted.as_ref().unwrap();
    assert!(trusted.record == 2 && trusted.at.is_some() && trusted.head.is_some(), "{}", said(found));
    assert!(said(found).contains("since: after record 2, which was made at 20"), "{}", said(found));
}

#[test]
fn a_changed_byte_is_named_with_its_record_its_line_and_its_byte() {
    let mut at = 0;
    let found = changed(|path| {
        lines(path, |lines| {
            at = (lines[0].len() + lines[1].len()) as u64;
            lines[2] = lines[2].replace("one", "two");
        });
    });
    let first = is(&found, What::Changed, Some(3), PART);
    assert_eq!((first.line, first.byte), (Some(3), Some(at)));
    holds_up_to_two(&found);
    assert!(said(&found).contains(&format!("wrong: record 3, {PART} line 3 from byte {at}: it was changed")));
    assert!(said(&found).contains("tampered at record 3 (changed)"), "{}", said(&found));
}

#[test]
fn a_removed_record_is_said_to_be_removed() {
    let found = changed(|path| lines(path, |lines| drop(lines.remove(2))));
    assert!(is(&found, What::Removed, Some(3), PART).why.starts_with("record 3 was removed"), "{}", said(&found));
    holds_up_to_two(&found);
    let found = changed(|path| lines(path, |lines| drop(lines.drain(2..4))));
    assert!(is(&found, What::Removed, Some(3), PART).why.starts_with("records 3 to 4 were removed"));
}

/// A note that nobody made, with the number and the hash that belong in the third place.
fn forged(lines: &[String]) -> String {
    let prev = Hash::of(lines[1].as_bytes()).hex();
    let from = lines[2].find("\"prev\":\"").unwrap() + 8;
    let mut line = lines[2].replace("\"one\"", "\"all is well\"");
    line.replace_range(from..from + 64, &prev);
    line
}

#[test]
fn an_added_record_is_said_to_be_added() {
    let found = changed(|path| {
        lines(path, |lines| {
            let line = forged(lines);
            lines.insert(2, line);
        });
    });
    assert!(is(&found, What::Added, Some(4), PART).why.contains("a line was added"), "{}", said(&found));
    holds_up_to_two(&found);
    let found = changed(|path| lines(path, |lines| lines.insert(2, "all is well\n".into())));
    is(&found, What::Added, Some(3), PART);
}

#[test]
fn an_added_record_that_the_rest_was_chained_and_numbered_after_has_no_checkpoint() {
    let found = changed(|path| {
        lines(path, |lines| {
            let line = forged(lines);
            lines.insert(2, line);
            for at in 3..lines.len() {
                let rest = lines[at].split_once(',').unwrap().1.to_owned();
                lines[at] = format!("{{\"seq\":{},{rest}", at + 1);
                let hash = Hash::of(lines[at - 1].as_bytes()).hex();
                let from = lines[at].find("\"prev\":\"").unwrap() + 8;
                lines[at].replace_range(from..from + 64, &hash);
            }
        });
    });
    let why = found.problems[0].why.clone();
    assert!(why.contains("signed for another place") || why.contains("it counts"), "{}", said(&found));
    holds_up_to_two(&found);
}

#[test]
fn swapped_records_are_said_to_be_swapped() {
    let found = changed(|path| lines(path, |lines| lines.swap(2, 4)));
    let first = is(&found, What::Swapped, Some(3), PART);
    assert!(first.why.contains("record 3 stands in line 5"), "{}", said(&found));
    holds_up_to_two(&found);
}

#[test]
fn a_repeated_record_is_said_to_be_repeated() {
    let found = changed(|path| {
        lines(path, |lines| {
            let again = lines[2].clone();
            lines.insert(3, again);
        });
    });
    assert!(is(&found, What::Repeated, Some(4), PART).why.contains("record 3 stands there again"));
    holds_up_to_two(&found);
}

#[test]
fn a_sealed_run_whose_end_was_cut_off_says_which_records_are_gone() {
    let records = |path: &Path| std::fs::read_to_string(path.join(PART)).unwrap().lines().count();
    let (mut all, mut left) = (0, 0);
    let found = changed(|path| {
        all = records(path);
        lines(path, |lines| {
            let at = lines.iter().rposition(|line| line.contains("\"ev\":\"closed\"")).unwrap();
            lines.truncate(at);
        });
        left = records(path);
    });
    let first = is(&found, What::Cut, None, PART);
    assert!(first.why.starts_with(&format!("it ends with record {left}, and {all} were sealed")), "{}", said(&found));
    assert_eq!(found.trusted.as_ref().map(|trusted| trusted.record), Some(left as u64));
    // In the middle of a line it is the same, with the record that is torn.
    let found = changed(|path| {
        let bytes = std::fs::read(path.join(PART)).unwrap();
        std::fs::write(path.join(PART), &bytes[..bytes.len() - 9]).unwrap();
    });
    assert!(
        found.problems.iter().any(|problem| problem.seq.is_some_and(|seq| seq.0 == all as u64)),
        "{}",
        said(&found)
    );
    assert!(found.problems.iter().any(|problem| problem.what == What::Cut), "{}", said(&found));
}

/// An unsealed run, and a copy that was made after its first note.
struct Older {
    _runs: TempDir,
    person: Person,
    dir: RunDir,
    path: PathBuf,
    older: Vec<u8>,
    said: Said,
}

impl Older {
    fn new() -> Self {
        let (runs, person) = (runs(), Person::new());
        let mut rig = person.begin(&runs, Realm::Live);
        for text in ["one", "two", "three"] {
            rig.note(text);
        }
        let said = rig.finish(Closing::Left);
        let (dir, path) = (rig.dir.clone(), rig.dir.path().join(PART));
        let older = std::fs::read(&path).unwrap()[..said.heads[1].bytes as usize].to_vec();
        Self { _runs: runs, person, dir, path, older, said }
    }

    fn verify(&self, head: Option<String>) -> Verified {
        verify(&self.dir, &VerifyWith { head, ..self.person.with() })
    }

    fn older_in_its_place(&self) {
        std::fs::write(&self.path, &self.older).unwrap();
    }
}

#[test]
fn an_older_copy_of_an_unsealed_journal_is_valid_until_a_head_code_says_otherwise() {
    let older = Older::new();
    let code = older.said.heads.last().unwrap().code();
    let whole = older.verify(Some(code.clone()));
    assert_eq!(whole.all, [Verdict::Unsealed], "{}", said(&whole));
    older.older_in_its_place();
    let alone = older.verify(None);
    assert_eq!(alone.all, [Verdict::Unsealed], "alone it cannot be told");
    assert!(said(&alone).contains("next: valid, not sealed"), "{}", said(&alone));
    for code in [code.clone(), code.to_uppercase().replace('-', " "), code[..9].to_owned()] {
        let found = older.verify(Some(code));
        assert_eq!(found.verdict, Verdict::Tampered, "{}", said(&found));
        assert!(is(&found, What::Cut, None, PART).why.contains("it was cut back after record 4"), "{}", said(&found));
    }
    let earlier = older.verify(Some(older.said.heads[0].code()));
    assert_eq!(earlier.all, [Verdict::Unsealed], "a head that is in it says nothing against it: {}", said(&earlier));
    let none = older.verify(Some("three".into()));
    assert!(none.verdict == Verdict::Tampered && said(&none).contains("no head code"), "{}", said(&none));
}

#[test]
fn an_older_copy_of_an_unsealed_journal_contradicts_the_sign_off_that_somebody_kept() {
    let older = Older::new();
    let ckpt = |records: &[tminus::model::record::Record]| {
        let text = records.iter().rev().find_map(|record| match &record.event {
            Event::Ckpt { text, .. } => Some(text.clone()),
            _no_checkpoint => None,
        });
        text.unwrap()
    };
    let text = ckpt(&older.said.records);
    let prefix = Prefix::of_ckpt(&text).unwrap();
    let kept = |run: &RunId| {
        let (step, role, realm, question) = ("off".into(), "lead".into(), Realm::Live, "Is it whole?");
        let place = Place { realm, run, step: &step, attempt: 1, prefix: &prefix, question };
        of(
            &place,
            &Signatory { role: &role, principal: "ana", key: "SHA256:x", comment: "", decision: Default::default() },
        )
        .encode()
    };
    let sign_off = kept(older.dir.id());
    for kept in [&sign_off, &text] {
        assert_eq!(older.verify(Some(kept.clone())).all, [Verdict::Unsealed], "{kept}");
    }
    // Another history of the same length: only its hash can tell.
    let another = older.verify(Some(sign_off.replace(&prefix.sha256, &Hash::of(b"another").hex())));
    assert!(is(&another, What::Changed, None, PART).why.contains("over other bytes"), "{}", said(&another));
    let other = older.verify(Some(kept(&RunId::from("0002-other"))));
    assert!(other.verdict == Verdict::Tampered && said(&other).contains("of another run"), "{}", said(&other));
    older.older_in_its_place();
    for kept in [&sign_off, &text] {
        let found = older.verify(Some(kept.clone()));
        assert!(is(&found, What::Cut, None, PART).why.contains("cut back after record 4"), "{}", said(&found));
    }
}

#[test]
fn output_that_was_changed_cut_or_swapped_between_steps_is_named_with_its_file() {
    let (runs, person) = (runs(), Person::new());
    let dir = person.two_steps(&runs);
    type Change = fn(&Path);
    let cases: [(Change, What, &str); 3] = [
        (|path| std::fs::write(path.join("out/build.1.log"), "BUILT\n").unwrap(), What::Changed, "were recorded"),
        (|path| std::fs::write(path.join("out/build.1.log"), "built").unwrap(), What::Changed, "it has 5 bytes"),
        (swap_outputs, What::Swapped, "the bytes of out/check.1.log stand there: files were swapped"),
    ];
    for (change, what, words) in cases {
        let (_into, path) = copy(&dir);
        change(&path);
        let found = verify(&RunDir::open(&path).unwrap(), &person.with());
        assert_eq!(found.verdict, Verdict::Tampered, "{}", said(&found));
        let named = |problem: &&Problem| problem.file.as_deref() == Some("out/build.1.log");
        assert!(found.problems.iter().filter(named).any(|problem| problem.what == what), "{}", said(&found));
        assert!(said(&found).contains(words), "{}", said(&found));
        let trusted = found.trusted.clone().unwrap();
        assert_eq!(trusted.record, trusted.of, "what was recorded still holds: {}", said(&found));
    }
}

#[test]
fn output_that_was_swapped_in_an_unsealed_run_is_not_what_its_records_say() {
    let (runs, person) = (runs(), Person::new());
    let dir = person.two_steps(&runs);
    let (_into, path) = copy(&dir);
    for entry in std::fs::read_dir(&path).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("SEAL") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    assert_eq!(verify(&RunDir::open(&path).unwrap(), &person.with()).all, [Verdict::Unsealed]);
    let (build, check) = (path.join("out/build.1.log"), path.join("out/check.1.log"));
    let built = std::fs::read(&build).unwrap();
    std::fs::copy(&check, &build).unwrap();
    std::fs::write(&check, built).unwrap();
    let found = verify(&RunDir::open(&path).unwrap(), &person.with());
    let named: Vec<_> = found.problems.iter().map(|problem| (problem.file.as_deref(), problem.byte)).collect();
    assert_eq!(named, [(Some("out/build.1.log"), Some(0)), (Some("out/check.1.log"), Some(0))], "{}", said(&found));
}

#[test]
fn a_runbook_that_was_exchanged_is_named() {
    let found = changed(|path| {
        let attach = std::fs::read_dir(path.join("attach")).unwrap().next().unwrap().unwrap();
        std::fs::write(attach.path(), "steps: [other]\n").unwrap();
    });
    assert!(said(&found).contains("the runbook that the first record names is not there"), "{}", said(&found));
    let named = |problem: &Problem| problem.file.as_deref().is_some_and(|file| file.ends_with("-site.yaml"));
    assert!(found.problems.iter().any(named), "{}", said(&found));
}

#[test]
fn a_file_that_was_added_is_named() {
    let found = changed(|path| std::fs::write(path.join("out/more.1.log"), "").unwrap());
    let added = |problem: &Problem| (problem.what, problem.file.as_deref()) == (What::Added, Some("out/more.1.log"));
    assert!(found.problems.iter().any(added), "{}", said(&found));
    let found = changed(|path| std::fs::remove_file(path.join("out/build.1.salt")).unwrap());
    let gone = |problem: &Problem| (problem.what, problem.file.as_deref()) == (What::Removed, Some("out/build.1.salt"));
    assert!(found.problems.iter().any(gone), "{}", said(&found));
}

#[test]
fn a_seal_by_a_key_that_is_not_allowed_or_was_not_then_says_which_and_why() {
    let (runs, person, other) = (runs(), Person::new(), Person::new());
    let dir = person.sealed(&runs);
    let list = |options: &str, person: &Person| format!("maya {options} {}\n", person.signer.public_openssh());
    let cases = [
        (list("", &other), Verdict::UnknownKey, "which no line of the list vouches for"),
        (list("namespaces=\"genesis@tminus\"", &person), Verdict::UnknownKey, "seal: signed by SHA256:"),
        (
            list("valid-after=\"20990101Z\"", &person),
            Verdict::KeyNotValid,
            "which the list has, and which was not valid then, at 20",
        ),
        (list("valid-before=\"20200101Z\"", &person), Verdict::KeyNotValid, "which was not valid then, at 20"),
    ];
    for (list, verdict, words) in cases {
        let allowed = AllowedSigners::parse(list.as_bytes());
        let found = verify(&dir, &VerifyWith { allowed, ..person.with() });
        assert_eq!(found.all, [verdict], "{list}{}", said(&found));
        assert!(said(&found).contains(words), "{list}{}", said(&found));
        assert!(found.problems.is_empty(), "a key that is not known is no tampering: {}", said(&found));
    }
    let namespaces = AllowedSigners::parse(list("namespaces=\"genesis@tminus\"", &person).as_bytes());
    let found = verify(&dir, &VerifyWith { allowed: namespaces, ..person.with() });
    assert!(said(&found).contains("which the list has, and not for seal@tminus"), "{}", said(&found));
    // Valid when it signed and no longer now: nothing anchors that it did sign then.
    let soon = person.with().now + 86_400;
    let day = chrono::DateTime::from_timestamp(soon, 0).unwrap().format("%Y%m%d%H%M%SZ").to_string();
    let allowed = AllowedSigners::parse(list(&format!("valid-before=\"{day}\""), &person).as_bytes());
    let later = VerifyWith { allowed, now: soon + 86_400, ..person.with() };
    let found = verify(&dir, &later);
    assert_eq!(found.all, [Verdict::KeyNotValid], "{}", said(&found));
    assert!(
        said(&found).contains("as valid then, at 20") && said(&found).contains("no longer now"),
        "{}",
        said(&found)
    );
    // Nobody's list at all.
    let found = verify(&dir, &VerifyWith { allowed: AllowedSigners::default(), own: true, ..person.with() });
    assert!(said(&found).contains("next: you have no list of keys"), "{}", said(&found));
}

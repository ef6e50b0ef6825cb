//! Every point at which a redaction can be cut off: verify says what it is, and the same command again finishes it.
//!
//! Each file gets its bytes by one rename, so these are all the states that a crash can leave.

use crate::two::{Two, assert_all, assert_tampered, begin, sign};
use std::path::Path;
use tminus::journal::amend::AmendError;
use tminus::journal::verify::Verdict;

const LOG: &str = "out/build.1.log";
const SALT: &str = "out/build.1.salt";

fn finish(path: &Path) {
    let amending = begin(path);
    assert!(amending.unfinished().unwrap().is_some());
    assert_eq!(amending.carry_out().unwrap(), Some(1));
    assert_eq!(amending.carry_out().unwrap(), None, "twice is once");
    assert_eq!(std::fs::read(path.join(LOG)).unwrap(), b"hello\n##");
}

#[test]
fn a_redaction_that_was_cut_off_is_said_to_be_that_and_is_finished() {
    let two = Two::new();
    let both = [&two.op, &two.ben];
    let unfinished = [Verdict::Unfinished, Verdict::Redacted];
    // While the line was written: nothing happened yet.
    let (_into, path) = two.copy();
    for left in ["", "{\"text\":\"tminus/1 am"] {
        std::fs::write(path.join("amendments.new"), left).unwrap();
        assert_all(&two.verify(&path), &[Verdict::Unfinished], "the line");
    }
    begin(&path).clear();
    assert!(two.verify(&path).passes());
    // After the line, before the output: with and without a part of its new file.
    for left in [None, Some("hel")] {
        let (_into, path) = two.copy();
        two.redact(&path, &[2], &both, false);
        if let Some(left) = left {
            std::fs::write(path.join("amendments.new"), left).unwrap();
        }
        let found = two.verify(&path);
        assert_all(&found, &unfinished, "after the line");
        let said = found.lines().join("\n");
        assert!(said.contains("NOT CARRIED OUT") && said.contains("next: what a redaction takes out"), "{said}");
        assert!(!found.amendments[0].carried_out);
        let amending = begin(&path);
        let refused = amending.note(&two.said("later", &both));
        assert!(matches!(refused, Err(AmendError::Unfinished(1))), "{refused:?}");
        drop(amending);
        finish(&path);
        assert_all(&two.verify(&path), &[Verdict::Redacted], "finished");
    }
    // After the output, before its salts.
    let (_into, path) = two.copy();
    two.redact(&path, &[2], &both, true);
    let done = std::fs::read(path.join(SALT)).unwrap();
    std::fs::copy(two.dir.path().join(SALT), path.join(SALT)).unwrap();
    assert_all(&two.verify(&path), &unfinished, "before the salts");
    finish(&path);
    assert_eq!(std::fs::read(path.join(SALT)).unwrap(), done);
    assert_all(&two.verify(&path), &[Verdict::Redacted], "finished");
}

#[test]
fn what_is_put_back_shows_and_a_redaction_that_is_taken_away_with_it_does_not() {
    let two = Two::new();
    let (_into, path) = two.copy();
    two.redact(&path, &[2], &[&two.op, &two.ben], true);
    let put_back = |name: &str| std::fs::copy(two.dir.path().join(name), path.join(name)).unwrap();
    put_back(LOG);
    assert_tampered(&two.verify(&path), LOG, "the output is put back, and its salt is gone");
    put_back(SALT);
    assert_all(&two.verify(&path), &[Verdict::Unfinished, Verdict::Redacted], "all is put back");
    std::fs::remove_file(path.join("amendments.jsonl")).unwrap();
    assert!(two.verify(&path).passes(), "byte for byte what was sealed");
}

#[test]
fn a_file_that_is_not_the_one_that_was_signed_for_is_not_rewritten() {
    let two = Two::new();
    let (_into, path) = two.copy();
    two.redact(&path, &[2], &[&two.op, &two.ben], false);
    std::fs::write(path.join(SALT), "another\n").unwrap();
    let before = std::fs::read(path.join(LOG)).unwrap();
    assert!(begin(&path).carry_out().is_err());
    assert_eq!(std::fs::read(path.join(LOG)).unwrap(), before);
    assert!(!path.join("amendments.new").exists());
}

#[test]
fn one_at_a_time_amends_a_run() {
    let two = Two::new();
    let (_into, path) = two.copy();
    let mut first = begin(&path);
    let dir = tminus::journal::dir::RunDir::open(&path).unwrap();
    assert!(matches!(tminus::journal::amend::Amending::begin(&dir), Err(AmendError::Lock(_))));
    let draft = first.note(&two.said("one", &[&two.ben])).unwrap();
    first.declare(&draft, &sign(&draft, &[&two.ben])).unwrap();
    drop(first);
    two.note(&path, "two");
    assert_eq!(begin(&path).written().len(), 2);
}

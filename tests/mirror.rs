//! Checkpoints in a place that the operator does not control, and what they prove of a run.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod journal_kit;
mod support;

use journal_kit::{Person, copy, runs};
use std::path::Path;
use support::aboard::Aboard;
use support::{events, records, said};
use tminus::journal::RunDir;
use tminus::journal::reader::recover;
use tminus::journal::verify::{Verdict, Verified, VerifyWith, verify};
use tminus::journal::writer::Closing;
use tminus::model::signed::Realm;

const PLAN: &str = "\
tminus: 1
title: Mirrored
environment: { name: here, kind: local }
defaults: { shell: sh }
phases:
  - id: one
    title: One
    steps:
      - { id: hello, title: Say hello, run: \"echo hello\", effect: reads }
      - { id: bye, title: Say bye, run: \"echo bye\", effect: reads }
";
const ANSWERS: &str = "operator: ci\nstart: yes\nsteps:\n  hello: run\n  bye: run\n";

fn flown(mirror: &str) -> (Aboard, String) {
    let aboard = Aboard::with(&[("plan.yaml", PLAN), ("answers.yaml", ANSWERS)]);
    let flown = aboard.user.run(&["run", "plan.yaml", "--no-key", "--answers", "answers.yaml", "--mirror", mirror]);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    (aboard, said(&flown))
}

/// The checkpoint lines of a journal's first part.
fn checkpoints(run: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(run.join("events-0001.jsonl")).unwrap();
    text.split_inclusive('\n').filter(|line| line.contains("\"ev\":\"ckpt\"")).map(str::to_owned).collect()
}

fn why(verified: &Verified) -> String {
    verified.problems.iter().map(|problem| format!("{problem}\n")).collect::<String>() + &verified.notes.join("\n")
}

#[test]
fn a_file_has_checkpoints_of_the_run_up_to_its_last_and_verify_holds_the_run_to_them() {
    let (aboard, _) = flown("mirror.jsonl");
    let (mirrored, run) = (aboard.text("mirror.jsonl"), aboard.user.only_run());
    let all = checkpoints(&run);
    let held: Vec<&str> = mirrored.split_inclusive('\n').collect();
    assert!(held.len() > 1 && held.iter().all(|line| all.iter().any(|own| own == line)), "{mirrored}");
    assert_eq!(held.last().copied(), all.last().map(String::as_str), "the end is in it");
    let verified = aboard.user.run(&["verify", "1", "--mirror", "mirror.jsonl"]);
    let words = said(&verified);
    assert!(words.contains("checkpoints of this run") && !words.contains("wrong:"), "{words}");
    // What the run never had.
    aboard.user.write("none.jsonl", "nothing\n");
    let words = said(&aboard.user.run(&["verify", "1", "--mirror", "none.jsonl"]));
    assert!(words.contains("tampered") && words.contains("the mirror has no checkpoint of this run"), "{words}");
}

#[test]
fn a_command_gets_checkpoints_on_its_input_and_no_secret_and_nothing_of_the_run_in_its_arguments() {
    let (aboard, _) = flown("| cat >>lines; tr '\\0' '\\n' </proc/$$/cmdline >>arguments");
    let all = checkpoints(&aboard.user.only_run());
    let got = aboard.text("lines");
    assert!(!got.is_empty() && got.split_inclusive('\n').all(|line| all.iter().any(|own| own == line)), "{got}");
    let arguments = aboard.text("arguments");
    assert!(arguments.starts_with("sh\n-c\ncat") && !arguments.contains("ckpt"), "{arguments}");
}

#[test]
fn a_mirror_that_fails_is_shown_and_recorded_once_and_stops_nothing() {
    let (aboard, words) = flown("| exit 3");
    assert!(words.contains("Alarm: the mirror failed: its command ended with exit status: 3"), "{words}");
    assert!(words.contains("completed"), "{words}");
    let all = records(&aboard.user.only_run());
    let failed = events(&all, "mirror.failed");
    assert_eq!(failed.len(), 1, "{failed:?}");
    let (aboard, words) = flown("/nowhere/at/all");
    assert!(words.contains("/nowhere/at/all: No such file"), "{words}");
    assert_eq!(events(&records(&aboard.user.only_run()), "mirror.failed").len(), 1);
    // What names no place is refused before anything exists.
    let refused = aboard.user.run(&["run", "plan.yaml", "--no-key", "--detach", "--mirror", "|"]);
    assert!(
        refused.status.code() == Some(2) && said(&refused).contains("--mirror names nothing"),
        "{}",
        said(&refused)
    );
}

#[test]
fn a_run_that_was_cut_back_or_exchanged_for_an_older_copy_is_not_the_one_in_the_mirror() {
    let (runs, maya) = (runs(), Person::new());
    let mut rig = maya.begin(&runs, Realm::Live);
    rig.note("one");
    let _ = rig.finish(Closing::Left);
    let dir = rig.dir.clone();
    drop(rig);
    let (_older, older) = copy(&dir);
    let mut rig = maya.resume(&dir, &recover(&dir, None).unwrap());
    rig.note("two");
    let said = rig.finish(Closing::Ended);
    maya.seal(&dir, &said);
    drop(rig);
    let second = std::fs::read_to_string(dir.path().join("events-0002.jsonl")).unwrap();
    let second = second.split_inclusive('\n').filter(|line| line.contains("\"ev\":\"ckpt\""));
    let lines: Vec<String> = checkpoints(dir.path()).into_iter().chain(second.map(str::to_owned)).collect();
    let judged = |path: &Path, mirror: &str| {
        let with = VerifyWith { mirror: Some(mirror.into()), ..maya.with() };
        verify(&RunDir::open(path).unwrap(), &with)
    };
    // Behind what a log puts before it, among other lines, one of them torn.
    let log = lines.iter().map(|line| format!("Nov 21 19:00:00 host tminus[7]: {line}other\n")).collect::<String>();
    for mirror in [lines.concat(), log.clone(), format!("{log}{}", &lines[0][..40])] {
        let verified = judged(dir.path(), &mirror);
        assert_eq!(verified.verdict, Verdict::Verified, "{}", why(&verified));
        assert!(why(&verified).contains(&format!("{} checkpoints of this run", lines.len())), "{}", why(&verified));
    }
    // An older copy of it, whole in itself.
    let verified = judged(&older, &lines.concat());
    assert_eq!(verified.verdict, Verdict::Tampered, "{}", why(&verified));
    assert!(
        why(&verified).contains("that this run has not") && why(&verified).contains("cut back"),
        "{}",
        why(&verified)
    );
    assert!(!judged(&older, &checkpoints(&older).concat()).all.contains(&Verdict::Tampered));
    // The mirror of another run says nothing of this one, and a line that was changed on its way is no checkpoint.
    let other = maya.sealed(&runs);
    let verified = judged(dir.path(), &checkpoints(other.path()).concat());
    assert!(why(&verified).contains("no checkpoint of this run"), "{}", why(&verified));
    let changed = lines.concat().replace("bytes: ", "bytes: 1");
    assert!(why(&judged(dir.path(), &changed)).contains("no checkpoint of this run"));
}

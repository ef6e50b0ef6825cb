//! What `tminus verify` says, and with which exit code: one line of a run that holds; of another what, where, since when, how
//! far, and what next; and JSON as `docs/verify.md` has it.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod support;

use serde_json::Value;
use std::process::Output;
use support::aboard::Aboard;
use support::said;

const BOOK: &str = "\
tminus: 1
title: Small
environment: { name: here, kind: local }
defaults: { shell: sh }
phases:
  - title: One
    steps:
      - { id: look, title: Look, run: \"echo seen\", effect: reads }
      - { id: mark, title: Mark it, run: \"echo x > mark\", undo: \"true\" }
";
const ANSWERS: &str = "operator: ci\nstart: yes\nsteps:\n  look: run\n  mark: run\n";

fn flown(args: &[&str]) -> Aboard {
    let aboard = Aboard::with(&[("book.yaml", BOOK), ("answers.yaml", ANSWERS)]);
    let run = aboard.user.run(&[&["run", "book.yaml", "--answers", "answers.yaml"], args].concat());
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    aboard
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(aboard: &Aboard, args: &[&str]) -> Value {
    let verified = aboard.user.run(&[&["verify", "1", "--format", "json"], args].concat());
    serde_json::from_slice(&verified.stdout).unwrap_or_else(|why| panic!("{why}: {}", said(&verified)))
}

#[test]
fn a_run_that_holds_is_one_line_which_says_what_holds_and_what_was_not_checked() {
    let aboard = flown(&[]);
    let verified = aboard.user.run(&["verify", "1"]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let text = out(&verified);
    assert_eq!(text.lines().count(), 1, "{text}");
    let json = json(&aboard, &[]);
    let head = json["head"].as_str().unwrap().to_owned();
    let id = aboard.runs()[0].id().to_string();
    for word in [&id, ": verified: sealed by ", "; completed; ", " records, 1 outputs; head ", &head, "SELF-MADE KEY"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(text.contains("policy: the run's own (runbook sha256 ") && text.contains("not checked against yours"));
    let with = aboard.user.run(&["verify", "1", "--head", &head]);
    assert_eq!((with.status.code(), out(&with).lines().count()), (Some(0), 1), "{}", said(&with));
    assert!(out(&with).contains("the head code is that of record "), "{}", said(&with));
}

#[test]
fn a_changed_record_is_said_with_its_place_the_time_t_and_step_before_it_and_what_to_do() {
    let aboard = flown(&[]);
    let part = aboard.runs()[0].path().join("events-0001.jsonl");
    let text = std::fs::read_to_string(&part).unwrap();
    let at = text.find("\"ev\":\"step.exited\",\"step\":\"mark\"").unwrap();
    let line = text[..at].lines().count();
    std::fs::write(&part, format!("{}{}", &text[..at], text[at..].replacen("mark", "work", 1))).unwrap();
    let verified = aboard.user.run(&["verify", "1"]);
    assert_eq!(verified.status.code(), Some(1), "{}", said(&verified));
    let said = out(&verified);
    for word in [
        format!("tampered at record {line} (changed)"),
        format!("  wrong: record {line}, events-0001.jsonl line {line} from byte "),
        "  since: after record ".into(),
        " UTC (T+0:0".into(),
        ", at step 1.2 Mark it".into(),
        "; the journal holds up to there; head ".into(),
        "  next: leave this directory as it is".into(),
    ] {
        assert!(said.contains(&word), "{word}: {said}");
    }
    let json = json(&aboard, &[]);
    assert_eq!((json["passes"].as_bool(), json["verdict"].as_str()), (Some(false), Some("tampered")));
    let first = &json["problems"][0];
    assert_eq!((first["what"].as_str(), first["record"].as_u64()), (Some("changed"), Some(line as u64)));
    assert_eq!(
        (json["trusted"]["step"].as_str(), json["trusted"]["place"].as_str()),
        (Some("mark"), Some("1.2 Mark it"))
    );
    assert!(json["trusted"]["t"].as_i64().is_some_and(|t| t >= 0), "{json}");
    assert!(json["trusted"]["of"].as_u64() > json["trusted"]["record"].as_u64(), "{json}");
}

#[test]
fn an_unsigned_run_and_one_by_an_unknown_key_say_so_and_what_to_do() {
    let aboard = flown(&["--no-key"]);
    let verified = aboard.user.run(&["verify", "1"]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(said(&verified).contains(": unsigned; completed; ") && said(&verified).contains("next: no key proves who"));
    let aboard = flown(&[]);
    aboard.user.write("nobody", "");
    let verified = aboard.user.run(&["verify", "1", "--allowed-signers", "nobody"]);
    assert_eq!(verified.status.code(), Some(1));
    let text = said(&verified);
    assert!(text.contains(": unknown key; completed; ") && text.contains("--allowed-signers FILE"), "{text}");
    assert!(text.contains("SELF-MADE KEY"), "{text}");
}

#[test]
fn of_several_runs_one_that_does_not_hold_is_enough_and_one_that_is_not_there_keeps_no_other_from_being_judged() {
    let aboard = flown(&[]);
    let again = aboard.user.run(&["run", "book.yaml", "--answers", "answers.yaml"]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    let both = aboard.user.run(&["verify", "1", "2"]);
    assert_eq!((both.status.code(), out(&both).lines().count()), (Some(0), 2), "{}", said(&both));
    let missing = aboard.user.run(&["verify", "7", "2"]);
    assert_eq!((missing.status.code(), out(&missing).lines().count()), (Some(2), 1), "{}", said(&missing));
    let mut runs = aboard.runs();
    runs.sort_by_key(|run| run.id().to_string());
    std::fs::write(runs[0].path().join("more"), "").unwrap();
    let verified = aboard.user.run(&["verify", "1", "2", "--format", "json"]);
    assert_eq!(verified.status.code(), Some(1));
    let passes: Vec<bool> = out(&verified)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["passes"].as_bool().unwrap())
        .collect();
    assert_eq!(passes, [false, true]);
}

#[test]
fn every_field_of_the_json_stands_in_its_document() {
    let aboard = flown(&[]);
    std::fs::write(aboard.runs()[0].path().join("more"), "").unwrap();
    let json = json(&aboard, &[]);
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.md")).unwrap();
    let document = &document[document.find("## JSON").unwrap()..];
    let nested = ["problems", "signed"].map(|name| &json[name][0]);
    let all = [&json, nested[0], nested[1], &json["trusted"]];
    let keys: Vec<&String> = all.iter().flat_map(|value| value.as_object().unwrap().keys()).collect();
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        assert!(document.contains(&format!("`{key}`")), "{key} is not in docs/verify.md");
    }
}

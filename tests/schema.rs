//! `tminus schema`: kept in docs/ as it is made, of one mind with the parser on what is right and on what is wrong.
//!
//! The parser knows more (names, times, commands): what the schema refuses it refuses too, and never the other way round
//! where a key, a kind or a type is wrong.

#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

#[path = "support/json_schema.rs"]
mod json_schema;

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tminus::runbook::{parse, render, schema, schema_keys};

const KEPT: &str = "docs/runbook.schema.json";
const FORMAT: &str = "docs/runbook-format.md";

fn runbooks(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(Path::new(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml") && !path.ends_with("answers.yaml"));
    files.retain(|path| !path.to_string_lossy().contains(".answers."));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// A document as an editor hands it to a validator.
fn document(text: &str) -> Value {
    serde_json::to_value(serde_yaml::from_str::<serde_yaml::Value>(text).unwrap()).unwrap()
}

#[test]
fn the_schema_in_docs_is_the_one_that_is_printed() {
    let made = format!("{:#}\n", schema());
    if std::env::var_os("TMINUS_BLESS").is_some() {
        std::fs::write(KEPT, &made).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    assert!(kept == made, "{KEPT} is not current: TMINUS_BLESS=1 cargo test --test schema");
}

#[test]
fn every_good_runbook_is_accepted() {
    let schema = schema();
    for file in runbooks("runbooks").into_iter().chain(runbooks("tests/good")) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(parse("x.yaml", text.as_bytes()).plan.is_some(), "{}", file.display());
        let found = json_schema::complaints(&schema, &document(&text));
        assert!(found.is_empty(), "{}: {found:#?}", file.display());
    }
}

/// What is wrong by its keys, kinds and types alone, in a step or at the top.
const WRONG: &[(&str, &str)] = &[
    ("step", "{ run: make, timeuot: 5m }"),
    ("step", "{ run: make, confirm: done }"),
    ("step", "{ title: nothing }"),
    ("step", "{ run: make, timeout: 5 }"),
    ("step", "{ run: make, timeout: 5w }"),
    ("step", "{ run: make, expect: { contians: x } }"),
    ("step", "{ run: make, expect: { exit: none } }"),
    ("step", "{ run: make, expect: { http: created } }"),
    ("step", "{ run: make, expect: { except: [ { matches: x } ] } }"),
    ("step", "{ run: make, effect: writes }"),
    ("step", "{ run: make, tty: maybe }"),
    ("step", "{ run: make, output: none }"),
    ("step", "{ run: make, id: Not An Id }"),
    ("step", "{ run: make, options: [] }"),
    ("step", "{ confirm: done, capture: { A: stdout } }"),
    ("step", "{ confirm: done, retry: { times: 2, every: 1s } }"),
    ("step", "{ run: make, retry: { times: 2 } }"),
    ("step", "{ run: make, capture: { A: all } }"),
    ("step", "{ run: make, capture: { A: { jsn: $.a } } }"),
    ("step", "{ run: make, within: { of: x } }"),
    ("step", "{ run: make, hints: [ { say: x } ] }"),
    ("step", "{ run: make, if_fails: give-up }"),
    ("step", "{ run: make, if_fails: { rollback: a, call: b } }"),
    ("step", "{ gate: Go?, go: [ { confirm: a, measure: b } ] }"),
    ("step", "{ gate: Go?, go: [ { why: x } ] }"),
    ("step", "{ gate: Go?, go: All is well }"),
    ("step", "{ checklist: [] }"),
    ("step", "{ parallel: [] }"),
    ("step", "{ sign: Yes, roles: [] }"),
    ("step", "{ confirm: { Pods: 2 } }"),
    ("step", "{ confirm: }"),
    ("step", "{ monitor: ./p, lasts: 5m }"),
    ("step", "{ notify: started, poll: [lead] }"),
    ("step", "{ choose: Which?, options: [ { steps: [] } ] }"),
    ("top", "titel: T"),
    ("top", "environment: { name: x }"),
    ("top", "environment: { name: x, kind: prod }"),
    ("top", "roles: [lead]"),
    ("top", "vars: { A: { deflaut: x } }"),
    ("top", "targets: { db1: { shh: x } }"),
    ("top", "triggers: [ { title: X, trips: { number: 1 } } ]"),
    ("top", "messages: { a: { to: x } }"),
    ("top", "horizons: [ { title: X, steps: [ { confirm: x } ] } ]"),
    ("top", "risks: [ { title: X, level: bad } ]"),
    ("top", "rollbacks: [ { steps: [ { confirm: x } ] } ]"),
    ("top", "procedures: [ { title: X, steps: [] } ]"),
    ("top", "defaults: { shell: zsh }"),
    ("top", "defaults: { runners: { sql: [psql] } }"),
    ("top", "hard_stop: [T+1h]"),
];

#[test]
fn what_is_wrong_by_its_keys_is_refused_by_both() {
    let schema = schema();
    let head = "tminus: 1\ntitle: T\n";
    for (place, wrong) in WRONG {
        let text = match *place {
            "step" => format!("{head}phases: [ {{ title: P, steps: [ {wrong} ] }} ]\n"),
            _ => format!("{head}phases: [ {{ title: P, steps: [ {{ confirm: x }} ] }} ]\n{wrong}\n"),
        };
        let loaded = parse("x.yaml", text.as_bytes());
        assert!(loaded.plan.is_none(), "the parser accepts {wrong}");
        let found = json_schema::complaints(&schema, &document(&text));
        assert!(!found.is_empty(), "the schema accepts {wrong}");
    }
    for whole in
        ["tminus: 2\ntitle: T\nphases: [ { title: P, steps: [ { confirm: x } ] } ]", "tminus: 1\ntitle: T", "[]"]
    {
        assert!(parse("x.yaml", whole.as_bytes()).plan.is_none());
        assert!(!json_schema::complaints(&schema, &document(whole)).is_empty(), "{whole}");
    }
}

/// Every broken file that the schema refuses is one that the parser refuses.
#[test]
fn the_schema_is_never_stricter_than_the_parser() {
    let schema = schema();
    for file in runbooks("tests/broken") {
        let text = std::fs::read(&file).unwrap();
        let Ok(value) = serde_yaml::from_slice::<serde_yaml::Value>(&text) else { continue };
        let Ok(value) = serde_json::to_value(value) else { continue };
        let found = json_schema::complaints(&schema, &value);
        let loaded = parse("x.yaml", &text);
        assert!(
            found.is_empty() || loaded.plan.is_none(),
            "{}: {found:#?}\n{}",
            file.display(),
            render(&loaded, false)
        );
    }
}

#[test]
fn the_reference_names_every_key() {
    let text = std::fs::read_to_string(FORMAT).unwrap();
    let words: std::collections::HashSet<&str> =
        text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
    let missing: Vec<_> = schema_keys().into_iter().filter(|(_, key)| !words.contains(key)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Codes that a text holds: `"RB0102"` in the source, `| 0102 |` in the reference.
fn codes(text: &str, before: &str, after: &str) -> BTreeSet<String> {
    let from = |(at, _): (usize, &str)| text[at + before.len()..].get(..4);
    let whole = |code: &&str| code.bytes().all(|digit| digit.is_ascii_digit());
    let ended = |code: &&str| text.contains(&format!("{before}{code}{after}"));
    text.match_indices(before).filter_map(from).filter(whole).filter(ended).map(str::to_owned).collect()
}

fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            all += &sources(&entry);
        } else {
            all += &std::fs::read_to_string(entry).unwrap();
        }
    }
    all
}

#[test]
fn the_reference_lists_every_code_and_no_other() {
    let made = codes(&sources(Path::new("src")), "\"RB", "\"");
    let mut listed = codes(&std::fs::read_to_string(FORMAT).unwrap(), "\n| ", " |");
    listed.insert("0000".into());
    assert_eq!(made, listed);
}

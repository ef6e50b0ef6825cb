//! The table and the reader say the same.

#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

use super::super::scope::Scope;
use super::{ASKED, FOUND, all};
use crate::runbook::{parse, render};
use std::collections::HashSet;

#[test]
fn the_reader_asks_for_every_key_of_the_table() {
    ASKED.take();
    for file in std::fs::read_dir("tests/good").unwrap() {
        let loaded = crate::runbook::load(&file.unwrap().path());
        assert!(loaded.plan.is_some(), "{}", crate::runbook::render(&loaded, false));
    }
    let asked = ASKED.take();
    let missing: Vec<(Scope, &str)> = Scope::ALL
        .into_iter()
        .flat_map(|scope| all(scope).map(move |key| (scope, key.name)))
        .filter(|key| !asked.contains(key))
        .collect();
    assert!(missing.is_empty(), "in the table, and never asked for: {missing:?}");
}

#[test]
fn no_key_is_listed_twice() {
    for scope in Scope::ALL {
        let mut names: Vec<&str> = all(scope).map(|key| key.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{scope:?}");
    }
}

/// The YAML blocks of the reference, each made a whole runbook.
fn examples_of_the_reference() -> Vec<String> {
    let text = std::fs::read_to_string("docs/runbook-format.md").unwrap();
    let blocks = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let rest = "roles: { lead: , ops: }\nrollbacks: [ { id: level-1, title: B, steps: [ { confirm: x } ] } ]\n";
    let steps = |body: &str| body.lines().fold(String::new(), |text, line| format!("{text}      {line}\n"));
    blocks
        .map(|block| match block.split([' ', ':']).next().unwrap() {
            "tminus" => block.to_owned(),
            "vars" => format!("tminus: 1\ntitle: T\n{block}phases: [ {{ title: P, steps: [ {{ confirm: x }} ] }} ]\n"),
            _ => format!(
                "tminus: 1\ntitle: T\n{rest}vars: {{ DB_PASSWORD: {{ env: A, secret: true }}, TOKEN: {{ env: B, secret: true }} }}\nphases:\n  - title: P\n    steps:\n{}",
                steps(block)
            ),
        })
        .collect()
}

#[test]
fn every_key_has_an_example_in_the_reference_and_it_parses() {
    FOUND.take();
    let examples = examples_of_the_reference();
    assert!(examples.len() > 4);
    for example in examples {
        let loaded = parse("docs/runbook-format.md", example.as_bytes());
        assert!(loaded.plan.is_some(), "{}", render(&loaded, false));
    }
    let found = FOUND.take();
    // A key that says the same of itself in several mappings needs one example among them.
    let everywhere: Vec<(Scope, &super::Key)> =
        Scope::ALL.into_iter().flat_map(|scope| all(scope).map(move |key| (scope, key))).collect();
    let shown: HashSet<(&str, &str)> = everywhere
        .iter()
        .filter(|(scope, key)| found.contains(&(*scope, key.name)))
        .map(|(_, key)| (key.name, key.about))
        .collect();
    let wanted = everywhere.iter().filter(|(_, key)| !key.about.starts_with("not for a criterion"));
    let unseen = wanted.filter(|(_, key)| !shown.contains(&(key.name, key.about)));
    let missing: Vec<(&str, &str)> = unseen.map(|(scope, key)| (scope.owner(), key.name)).collect();
    assert!(missing.is_empty(), "keys without an example in the reference: {missing:?}");
}

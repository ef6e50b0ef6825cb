//! The table and the reader say the same.

#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

use super::super::scope::Scope;
use super::{ASKED, all};

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

//! The whole runbook language flown by answers files, with the real binary and real shells.
//!
//! Each flight is a runbook of a few lines and what a file says to it; nothing is faked and nobody is there.

#[path = "../support/mod.rs"]
mod support;

mod by_lines;
mod groups;
mod people;
mod recycled;
mod watched;

use serde_json::Value;
use std::process::Output;
use support::{User, records, said};

const HEAD: &str = "\
tminus: 1
title: Small
environment: { name: here, kind: local }
defaults: { shell: sh }
hard_stop: T+9h
";

/// A run that came to rest.
pub struct Flown {
    /// Whose home it flew in.
    pub user: User,
    /// How the program ended.
    pub output: Output,
}

/// Flies this runbook by these answers.
pub fn flown(runbook: &str, answers: &str) -> Flown {
    with(runbook, answers, &[])
}

/// The same with more arguments.
pub fn with(runbook: &str, answers: &str, more: &[&str]) -> Flown {
    let user = User::new();
    user.write("plan.yaml", &format!("{HEAD}{runbook}"));
    user.write("answers.yaml", &format!("operator: ci\nstart: yes\n{answers}"));
    let args: Vec<&str> = ["run", "plan.yaml", "--answers", "answers.yaml"].iter().chain(more).copied().collect();
    let output = user.run(&args);
    Flown { user, output }
}

impl Flown {
    /// It ended with this exit code.
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(code), "{}", said(&self.output));
        self
    }

    /// What it said.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// What it said has this in it.
    pub fn says(self, wanted: &str) -> Self {
        assert!(self.out().contains(wanted), "{wanted}: {}", said(&self.output));
        self
    }

    /// What it said has this nowhere.
    pub fn keeps_quiet_of(self, unwanted: &str) -> Self {
        assert!(!self.out().contains(unwanted), "{unwanted}: {}", said(&self.output));
        self
    }

    /// The run is listed in this state.
    pub fn is(self, state: &str) -> Self {
        assert_eq!(self.user.listed()[0]["state"], state, "{}", said(&self.output));
        self
    }

    /// A file in the runbook's folder.
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.user.home.path().join(name)).unwrap_or_default()
    }

    /// Its records of one event.
    pub fn events(&self, name: &str) -> Vec<Value> {
        records(&self.user.only_run()).into_iter().filter(|record| record["ev"] == name).collect()
    }

    /// Ids of the steps that began, in order.
    pub fn began(&self) -> Vec<String> {
        let began = self.events("step.started");
        began.iter().map(|record| record["step"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

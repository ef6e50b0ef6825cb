//! What the tests of the whole program share: a home of its own for each, the real binary, and waiting for named conditions.
#![allow(dead_code, reason = "each test file uses its own part of this")]

pub mod aboard;
pub mod screen;
pub mod small_disk;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// A user of tminus with an empty home, an own runs folder and no agent.
pub struct User {
    /// Its home.
    pub home: tempfile::TempDir,
}

impl User {
    /// A new user.
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        Self { home }
    }

    /// `tminus` with these arguments, in this user's home, with nothing of ours in its environment.
    pub fn tminus(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tminus"));
        command.args(args).env_clear().current_dir(self.home.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.home.path()).env("TMPDIR", self.home.path()).env("LANG", "C.UTF-8").env("TZ", "UTC");
        command.env("TMINUS_RUNS", self.runs());
        command.stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.tminus(args).output().expect("tminus can be started")
    }

    /// The runs folder.
    pub fn runs(&self) -> PathBuf {
        self.home.path().join("runs")
    }

    /// Writes a file into the home.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).expect("the home can be written");
        path
    }

    /// `tminus runs --format json`, one object a run.
    pub fn listed(&self) -> Vec<serde_json::Value> {
        let output = self.run(&["runs", "--format", "json"]);
        assert!(output.status.success(), "{}", said(&output));
        let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }

    /// The only run's directory.
    pub fn only_run(&self) -> PathBuf {
        let listed = self.listed();
        assert_eq!(listed.len(), 1, "{listed:?}");
        PathBuf::from(listed[0]["dir"].as_str().expect("a run has a directory"))
    }
}

/// All that a program said, for the message of a failed assertion.
pub fn said(output: &Output) -> String {
    format!(
        "status {:?}\n--- out\n{}\n--- err\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Waits until `what` holds; after `seconds` the test fails and says what it waited for.
pub fn until(seconds: u64, waited_for: &str, what: impl FnMut() -> bool) {
    let held = tminus::engine::clock::wait_until(Duration::from_secs(seconds), Duration::from_millis(20), what);
    assert!(held, "waited {seconds} s for {waited_for}");
}

/// All records of a run, as JSON, over all parts.
pub fn records(run: &Path) -> Vec<serde_json::Value> {
    let mut parts: Vec<PathBuf> = std::fs::read_dir(run)
        .expect("the run directory can be read")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("events-")))
        .collect();
    parts.sort();
    let mut records = Vec::new();
    for part in parts {
        let text = String::from_utf8_lossy(&std::fs::read(part).expect("a part can be read")).into_owned();
        records.extend(text.lines().filter_map(|line| serde_json::from_str(line).ok()));
    }
    records
}

/// Records of one event.
pub fn events<'a>(records: &'a [serde_json::Value], name: &str) -> Vec<&'a serde_json::Value> {
    records.iter().filter(|record| record["ev"] == name).collect()
}

/// A child that is killed when the test ends, however it ends.
pub struct Reaped(pub Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

//! Reports of runs: what stands in each format, that nothing in one is alive, and that writing one changes no run.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod browser;
#[path = "../support/fabricate.rs"]
mod fabricate;
mod flown;
mod golden;
mod hostile;
#[path = "../support/mod.rs"]
mod support;

use std::process::{Command, Output, Stdio};
use std::time::Duration;
use support::Reaped;

/// Whether this machine has a program; in CI it must, elsewhere a line says what is left out.
fn has(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&paths).any(|folder| folder.join(program).is_file());
    assert!(there || std::env::var_os("CI").is_none(), "{program} is missing; tests/needs installs it");
    if !there {
        #[allow(clippy::print_stderr, reason = "this is how a test says what it left out")]
        {
            eprintln!("left out: {program} is not here (tests/needs installs it)");
        }
    }
    there
}

/// Runs a program of the system to its end; one that hangs is ended and has a second try.
fn finished(make: impl Fn() -> Command) -> Output {
    for _ in 0..2 {
        let (out, err) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
        let mut command = make();
        command.stdin(Stdio::null()).stdout(out.reopen().unwrap()).stderr(err.reopen().unwrap());
        let mut child = Reaped(command.spawn().unwrap());
        let mut status = None;
        tminus::engine::clock::wait_until(Duration::from_secs(120), Duration::from_millis(20), || {
            status = child.0.try_wait().unwrap();
            status.is_some()
        });
        if let Some(status) = status {
            let read = |file: &tempfile::NamedTempFile| std::fs::read(file.path()).unwrap();
            return Output { status, stdout: read(&out), stderr: read(&err) };
        }
    }
    panic!("it did not end in 120 s, twice: {:?}", make());
}

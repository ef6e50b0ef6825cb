//! The conductor's memory is closed to the steps that it runs: a step looks at its parent, as a hostile one would.
//!
//! Real conductors. Root may look everywhere, so there the program runs without the capabilities that say so.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod support;

use rustix::process::{Resource, getrlimit, getuid};
use std::process::{Command, Stdio};
use support::aboard::Aboard;
use support::{Reaped, said, until};

/// `closed` looks as a child of the conductor does; a sleeper of its own shows that it can look at all. It ends when told to.
const BOOK: &str = r#"tminus: 1
title: Closed
environment: { name: here, kind: local }
defaults: { shell: sh }
phases:
  - id: one
    title: One
    steps:
      - { id: first, title: First, run: "true", effect: reads }
      - id: closed
        title: Look at the conductor
        effect: reads
        run: |
          opens() { if cat < "$1" > /dev/null 2>&1; then echo open; else echo shut; fi; }
          sleep 600 & sleeper=$!
          {
            echo "sleeper $(opens /proc/$sleeper/environ)"
            echo "environ $(opens /proc/$PPID/environ)"
            echo "maps $(opens /proc/$PPID/maps)"
            if (exec 3< /proc/$PPID/mem) 2> /dev/null; then echo "mem open"; else echo "mem shut"; fi
            echo "core $(ulimit -S -c) of $(ulimit -H -c)"
            echo "conductor $PPID"
          } > looked.new
          kill $sleeper
          mv looked.new looked
          until [ -e go ]; do sleep 0.1; done
"#;
const ANSWERS: &str = "operator: ci\nstart: yes\nsteps:\n  first: run\n  closed: run\n";

/// The conductor as it was while the step ran.
struct Seen {
    /// What the step found.
    step: String,
    /// Its `/proc/PID/status` and `limits`.
    status: String,
    limits: String,
    /// Its `smaps`; none where this test may not read it.
    smaps: Option<String>,
    log: String,
}

/// What goes before a command so that even root is a user like any other; none where root cannot be made one here.
fn plainly() -> Option<Vec<String>> {
    if !getuid().is_root() {
        return Some(Vec::new());
    }
    let words = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"].map(str::to_owned).to_vec();
    let tried = Command::new(&words[0]).args(&words[1..]).arg("true").output();
    tried.is_ok_and(|output| output.status.success()).then_some(words)
}

/// Flies the book with this said in the shell before, and looks at the conductor from outside and from its step.
fn flown(before: &str, prefix: &[String]) -> Seen {
    let aboard = Aboard::with(&[("book.yaml", BOOK), ("answers.yaml", ANSWERS)]);
    let tminus = aboard.user.tminus(&[]);
    let mut command = Command::new("sh");
    command.env_clear().envs(tminus.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(aboard.user.home.path()).args(["-c", &format!("{before}; exec \"$@\""), "sh"]).args(prefix);
    command.arg(tminus.get_program()).args([
        "run",
        "book.yaml",
        "--answers",
        "answers.yaml",
        "--no-key",
        "--log",
        "log",
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = Reaped(command.spawn().unwrap());
    until(120, "the step to have looked", || aboard.path("looked").exists());
    let proc = format!("/proc/{}", aboard.conductor().as_raw_nonzero());
    let read = |name: &str| std::fs::read_to_string(format!("{proc}/{name}"));
    // Where a key moves on there are two for as long as a sync takes.
    until(120, "no more than one key", || locked(&read("status").unwrap()) <= page());
    let (status, limits, smaps) = (read("status").unwrap(), read("limits").unwrap(), read("smaps").ok());
    let conductor = format!("conductor {}", aboard.conductor().as_raw_nonzero());
    let step = aboard.text("looked");
    assert!(step.contains(&conductor), "{conductor} is not the parent of the step: {step}");
    aboard.user.write("go", "");
    assert!(child.0.wait().unwrap().success(), "{}", said(&aboard.user.run(&["runs"])));
    // Its log is whole when it is gone, though whoever it was left to may not have reaped it.
    until(120, "the conductor to be gone", || !read("status").is_ok_and(|status| !status.contains("\nState:\tZ")));
    let log = aboard.text("log");
    Seen { step, status, limits, smaps, log }
}

/// Kilobytes that a process locked in memory, by its `status`.
fn locked(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmLck:")).expect("the kernel counts locked memory");
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Kilobytes of a page.
fn page() -> u64 {
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let line = smaps.lines().find_map(|line| line.strip_prefix("KernelPageSize:")).expect("each mapping has pages");
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_step_cannot_read_the_conductor_that_started_it_and_neither_leaves_a_core_file() {
    let Some(prefix) = plainly() else { return };
    let seen = flown("ulimit -S -c $(ulimit -H -c)", &prefix);
    assert!(seen.step.starts_with("sleeper open\nenviron shut\nmaps shut\nmem shut\n"), "{}", seen.step);
    let hard = getrlimit(Resource::Core).maximum;
    // `ulimit` counts in blocks of 512 bytes.
    let hard = hard.map_or("unlimited".into(), |bytes| (bytes / 512).to_string());
    assert!(seen.step.contains(&format!("\ncore 0 of {hard}\n")), "{hard}: {}", seen.step);
    let core = seen.limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}

#[test]
fn the_run_key_lies_in_a_page_that_is_locked_undumped_and_empty_in_a_fork() {
    let seen = flown(":", &[]);
    if getrlimit(Resource::Memlock).current.is_none_or(|limit| limit >= 1 << 16) {
        assert_eq!(locked(&seen.status), page(), "{}", seen.status);
        assert!(!seen.log.contains("the run key"), "{}", seen.log);
    }
    let Some(smaps) = &seen.smaps else {
        assert!(!getuid().is_root(), "root can read the map of any process");
        return;
    };
    let flags = smaps.lines().filter_map(|line| line.strip_prefix("VmFlags:"));
    let is = |line: &str, flag: &str| line.split_whitespace().any(|word| word == flag);
    let pages: Vec<&str> = flags.filter(|line| is(line, "wf")).collect();
    assert!(!pages.is_empty() && pages.iter().all(|page| is(page, "lo") && is(page, "dd")), "{pages:?}");
}

#[test]
fn a_key_that_cannot_be_locked_is_said_once_and_fails_no_run() {
    let Some(prefix) = plainly() else { return };
    let seen = flown("ulimit -l 0", &prefix);
    assert_eq!(locked(&seen.status), 0, "{}", seen.status);
    // Three keys at least: one to begin with, and another at the border of each step.
    assert_eq!(seen.log.matches("the run key may be written to the swap space").count(), 1, "{}", seen.log);
}

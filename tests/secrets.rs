//! Planted secrets are nowhere: not in a file, a frame of the socket, a log, a screen, an output, or the list of processes.
//!
//! One run has a secret of every source (the environment, a command, a person's keys, a captured output) and prints each in every
//! form that the format names. What is hunted are the values and their forms, made here by other means than the program's.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod support;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::aboard::Aboard;
use support::screen::Screen;
use support::{events, records, said, until};
use tminus::engine::clock::wait_until;
use tminus::feed::frames::write_frame;
use tminus::model::wire::{ToConductor, WIRE};

const PLAN: &str = r##"tminus: 1
title: Keeps its secrets
environment: { name: here, kind: local }
defaults: { shell: sh }
hard_stop: T+8h
vars:
  FROM_ENV: { env: PLANTED, secret: true }
  FROM_COMMAND: { command: "cat vault/command", secret: true }
phases:
  - id: one
    title: One
    steps:
      - { id: typed, title: Give it, ask: The third secret, into: TYPED, secret: true }
      - { id: mint, title: Mint one, auto: true, run: cat vault/minted, effect: reads, capture: { MINTED: { line: 1, secret: true } } }
      - id: bystander
        title: Needs none
        auto: true
        effect: reads
        run: |
          tr '\0' '\n' < /proc/self/environ > bystander.environ
          cat /proc/[0-9]*/cmdline > bystander.cmdlines 2>/dev/null || true
      - { id: env, title: Print it, auto: true, effect: reads, run: "V=$FROM_ENV; SPOKEN" }
      - { id: command, title: Print it, auto: true, effect: reads, run: "V=$FROM_COMMAND; SPOKEN" }
      - { id: asked, title: Print it, auto: true, effect: reads, run: "V=$TYPED; SPOKEN" }
      - { id: minted, title: Print it, auto: true, effect: reads, run: "V=$MINTED; SPOKEN" }
      - { id: fail, title: Fail with it, auto: true, effect: reads, run: "printf 'no such host: %s\\n' \"$FROM_COMMAND\" >&2; exit 7", expect: { exit: 7 } }
      - { id: after, title: After, confirm: It is over }
"##;

/// Each form, on one stream or the other, whole and in two writes; then who runs.
const SPOKEN: &str = "printf '%s\\\\n' \\\"$V\\\"; printf '%s' \\\"$V\\\" | cut -c 1-9 | tr -d '\\\\n'; printf '%s' \\\"$V\\\" | cut -c 10-; \
printf '%s' \\\"$V\\\" | base64; printf 'user:%s' \\\"$V\\\" | base64 -w 7 >&2; printf 'x%s' \\\"$V\\\" | base64 -w 0 | tr '+/' '-_'; echo; \
printf '%s' \\\"$V\\\" | od -An -v -tx1 | tr -d ' \\\\n'; echo; printf '%s' \\\"$V\\\" | od -An -v -tx1 | tr -d ' \\\\n' | tr a-f A-F; echo; \
cat /proc/[0-9]*/cmdline > $STEP_ID.cmdlines 2>/dev/null || true";

const VALUES: [(&str, &str); 4] = [
    ("PLANTED", "Pl4nt&d/env Q+7x~zz"),
    ("command", "C0mm'nd/vault?9=Kq"),
    ("typed", "Typ3d/by+hand%W8qqz"),
    ("minted", "M1nt\"d/out put{V5}w"),
];

/// What a value may look like anywhere: itself, hex, and at each alignment of base64 what does not depend on its neighbours.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let url: String = value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let json = serde_json::to_string(value).unwrap();
    let mut all = vec![value.to_owned(), hex.to_uppercase(), hex, url, json[1..json.len() - 1].to_owned()];
    for before in ["", "x", "xx"] {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(format!("{before}{value}"));
            let sure = (before.len() + value.len()) * 8 / 6;
            all.push(text[(before.len() * 8).div_ceil(6)..sure].to_owned());
        }
    }
    all.into_iter().map(String::into_bytes).collect()
}

/// Which value's form stands in these bytes, however they are broken into lines.
fn found(bytes: &[u8]) -> Option<String> {
    let joined: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    for (name, value) in VALUES {
        for form in forms(value) {
            for text in [bytes, &joined] {
                if memchr::memmem::find(text, &form).is_some() {
                    return Some(format!("{name} as {}", String::from_utf8_lossy(&form)));
                }
            }
        }
    }
    None
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files_below(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}

/// Watches the run, and gives every byte that the conductor says to a client.
fn overheard(aboard: &Aboard) -> std::thread::JoinHandle<Vec<u8>> {
    let mut stream = UnixStream::connect(aboard.runs()[0].socket_path()).unwrap();
    let hello = ToConductor::Hello {
        program: env!("CARGO_PKG_VERSION").into(),
        wire: WIRE,
        watch: true,
        unattended: false,
        name: None,
        tty: "-".into(),
        key: None,
    };
    write_frame(&mut stream, &hello).unwrap();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // The conductor's end ends it.
        let _ = stream.read_to_end(&mut bytes);
        bytes
    })
}

/// Ends the sampling, however the test ends.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Every command line there is, while a test runs; and the environments of this user's tminus processes. How often, and what is wrong.
fn sampled(aboard: &Aboard, over: &AtomicBool) -> (usize, Vec<String>) {
    let (mut samples, mut wrong) = (0, Vec::new());
    wait_until(Duration::from_secs(600), Duration::from_millis(50), || {
        let listed = std::fs::read_dir("/proc").unwrap().flatten();
        for entry in
            listed.filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        {
            // One that ended meanwhile has none.
            let cmdline = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let of = || format!("in the command line of {}", entry.path().display());
            wrong.extend(found(&cmdline).map(|what| format!("{what}, {}", of())));
        }
        for process in aboard.processes() {
            let of = PathBuf::from(format!("/proc/{}", process.as_raw_nonzero()));
            if !std::fs::read_link(of.join("exe")).is_ok_and(|exe| exe.ends_with("tminus")) {
                continue;
            }
            let environ = std::fs::read(of.join("environ")).unwrap_or_default();
            // The operator's own environment has what was put into it.
            let rest = environ.split(|byte| *byte == 0).filter(|pair| !pair.starts_with(b"PLANTED="));
            let rest: Vec<u8> = rest.flatten().copied().collect();
            wrong.extend(found(&rest).map(|what| format!("{what}, in the environment of {}", of.display())));
        }
        samples += 1;
        over.load(Ordering::SeqCst)
    });
    (samples, wrong)
}

fn desk() -> Aboard {
    let plan = PLAN.replace("SPOKEN", SPOKEN);
    let aboard = Aboard::with(&[("plan.yaml", &plan)]);
    std::fs::create_dir(aboard.path("vault")).unwrap();
    for (name, value) in &VALUES[1..] {
        aboard.user.write(&format!("vault/{name}"), value);
    }
    aboard
}

#[test]
#[allow(clippy::too_many_lines, reason = "one run, and everywhere that it leaves something")]
fn planted_secrets_are_in_no_file_frame_log_screen_output_or_command_line() {
    let aboard = desk();
    let log = aboard.path("log.txt").display().to_string();
    let plan = aboard.user.tminus(&["plan", "plan.yaml"]).env("PLANTED", VALUES[0].1).output().unwrap();
    assert!(plan.status.success(), "{}", said(&plan));
    let mut command = aboard.user.tminus(&["run", "plan.yaml", "--no-key", "--log", &log]);
    command.env("PLANTED", VALUES[0].1).env("TMINUS_LOG", "trace").env("TERM", "xterm-256color");
    let mut screen = Screen::start(&command, 120, 40);
    let over = AtomicBool::new(false);
    let (frames, samples, wrong) = std::thread::scope(|scope| {
        let sampler = scope.spawn(|| sampled(&aboard, &over));
        let ends = Ends(&over);
        let quiet = Duration::from_millis(500);
        screen.wait_for("local");
        screen.wait_quiet(quiet);
        screen.keys("local\r");
        screen.wait_until("the first step", |_| aboard.runs().first().is_some_and(|run| has(run.path(), "vars")));
        let frames = overheard(&aboard);
        // A key that came too early is swallowed, and pressed again.
        for _ in 0..60 {
            screen.wait_quiet(quiet);
            if screen.contents().contains("ASK 1.1") {
                break;
            }
            screen.keys("\r");
        }
        screen.wait_for("ASK 1.1");
        screen.wait_quiet(quiet);
        screen.keys(VALUES[2].1);
        screen.keys("\r");
        let dir = aboard.runs()[0].path().to_owned();
        until(60, "it to be given", || has(&dir, "step.answered"));
        // The rest runs by itself.
        until(60, "the steps to be done", || events(&records(&dir), "step.judged").len() >= 7);
        screen.wait_for("It is over");
        screen.hang_up();
        aboard.kill_conductor();
        drop(ends);
        let (samples, wrong) = sampler.join().unwrap();
        (frames.join().unwrap(), samples, wrong)
    });
    assert!(samples > 0 && wrong.is_empty(), "{samples} samples: {wrong:?}");
    let dir = aboard.runs()[0].path().to_owned();
    // They were there to be found: each was printed in every form, and masked.
    for (id, name) in [("env", "FROM_ENV"), ("command", "FROM_COMMAND"), ("asked", "TYPED"), ("minted", "MINTED")] {
        let out = std::fs::read_to_string(dir.join(format!("out/{id}.1.log"))).unwrap();
        let count = out.matches(&format!("[secret {name}]")).count();
        assert!(count >= 7, "{id} has {count}: {out}");
    }
    assert!(frames.len() > 200, "the socket was overheard: {} bytes", frames.len());
    assert_eq!(found(&frames), None, "in the frames of the socket");
    assert_eq!(found(&screen.written), None, "on the screen");
    let mut outputs = vec![("plan", plan)];
    for args in [&["runs", "--format", "json"][..], &["verify", "1"], &["verify", "1", "--format", "json"]] {
        outputs.push((args[0], aboard.user.run(args)));
    }
    for (what, output) in &outputs {
        assert_eq!(found(&[&output.stdout[..], &output.stderr].concat()), None, "tminus {what}");
    }
    let mut files = Vec::new();
    files_below(aboard.user.home.path(), &mut files);
    let logged = std::fs::metadata(aboard.path("log.txt")).map_or(0, |facts| facts.len());
    assert!(files.len() > 20 && logged > 0, "{} files, {logged} bytes of log", files.len());
    let vault = aboard.path("vault");
    for file in files.iter().filter(|file| !file.starts_with(&vault)) {
        assert_eq!(found(&std::fs::read(file).unwrap()), None, "in {}", file.display());
    }
}

fn has(dir: &Path, event: &str) -> bool {
    !events(&records(dir), event).is_empty()
}

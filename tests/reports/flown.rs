//! Reports of real runs by the real binary: of a sealed one, a broken one, one that is under way, and a hostile directory.

use crate::support::aboard::Aboard;
use crate::support::{records, said, until};
use crate::{finished, has};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const PLAN: &str = r#"
tminus: 1
title: Say hello
environment: { name: here, kind: local }
defaults: { shell: sh }
hard_stop: T+8h
vars:
  HOST: { default: db1.internal.example }
phases:
  - id: one
    title: One
    steps:
      - id: hello
        title: Say hello to ${HOST}
        run: |
          printf '%s\n' "to $HOST"
          printf %s "$HOST" | base64
          printf '\033]0;evil\007\033[2J\033[31mred\033[0m <script>alert(1)</script>\n'
        literal: true
        effect: reads
      - { id: flood, title: Flood, run: "seq 1 6000", effect: reads }
      - { id: after, title: After, confirm: It is over }
"#;
const ANSWERS: &str = "operator: ci\nstart: yes\nsteps:\n  hello: run\n  flood: run\n  after: { ok: \"yes\" }\n";
const FORMATS: [&str; 8] = ["md", "html", "json", "csv", "junit", "text", "cast2", "cast3"];

fn flown() -> Aboard {
    let aboard = Aboard::with(&[("plan.yaml", PLAN), ("answers.yaml", ANSWERS)]);
    let flown = aboard.user.run(&["run", "plan.yaml", "--answers", "answers.yaml", "--beacon", BEACON]);
    assert_eq!(flown.status.code(), Some(0), "{}", said(&flown));
    aboard
}

const BEACON: &str = "head of the public log, <21 Nov>: 7f3a";

#[test]
fn a_beacon_stands_in_the_first_record_and_on_the_reports_first_page() {
    let aboard = flown();
    let first = records(&aboard.user.only_run()).remove(0);
    assert!(first["text"].as_str().unwrap().contains(&format!("\nbeacon: {BEACON}\n")), "{first}");
    assert!(reported(&aboard, &[]).contains(BEACON.split('<').next().unwrap()));
    let json: serde_json::Value = serde_json::from_str(&reported(&aboard, &["--format", "json"])).unwrap();
    assert_eq!(json["run"]["beacon"], BEACON);
    for (wrong, says) in [("", "says nothing"), ("two\nlines", "one line"), (&"x".repeat(201), "200 characters")] {
        let refused = aboard.user.run(&["run", "plan.yaml", "--answers", "answers.yaml", "--beacon", wrong]);
        assert!(refused.status.code() == Some(2) && said(&refused).contains(says), "{}", said(&refused));
    }
    assert_eq!(
        aboard.user.runs().read_dir().unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count(),
        1
    );
}

fn reported(aboard: &Aboard, args: &[&str]) -> String {
    let output = aboard.user.run(&[&["report", "1"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Every file of a directory with its bytes and when it was written.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let written = path.metadata().unwrap().modified().unwrap();
                    found.push((path.clone(), std::fs::read(&path).unwrap_or_default(), written));
                }
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_sealed_run_is_reported_in_every_format_without_being_touched() {
    let aboard = flown();
    let run = aboard.user.only_run();
    let before = files(&run);
    for format in FORMATS {
        let page = reported(&aboard, &["--format", format]);
        assert!(page.contains("db1.internal.example") && page.len() > 400, "{format}");
    }
    // The others are written from the same value; golden files hold them.
    for format in ["json", "html", "cast2"] {
        let (one, other) = (reported(&aboard, &["--format", format]), reported(&aboard, &["--format", format]));
        assert!(one == other, "{format} is not the same twice");
        let redacted = reported(&aboard, &["--format", format, "--redact", "HOST"]);
        // printf %s db1.internal.example | base64
        for value in ["db1.internal", "ZGIxLmludGVybmFsLmV4YW1wbGU"] {
            assert!(!redacted.contains(value), "{format} has {value}");
        }
    }
    assert!(before == files(&run), "a report changed the run");
    let json: serde_json::Value = serde_json::from_str(&reported(&aboard, &["--format", "json"])).unwrap();
    assert_eq!((&json["verification"]["passes"], &json["run"]["state"]), (&true.into(), &"completed".into()));
    let flood = json["outputs"].as_array().unwrap().iter().find(|own| own["step"] == "flood").unwrap();
    assert!(flood["head"].as_str().unwrap().starts_with("1\n2\n"));
    assert!(flood["tail"].as_str().unwrap().ends_with("\n6000\n"));
    let bytes = std::fs::read(run.join("out/flood.1.log")).unwrap();
    assert_eq!(flood["bytes"], bytes.len());
    assert_eq!(flood["sha256"], tminus::model::signoff::sha256(&String::from_utf8(bytes).unwrap()).as_str());
    let kept = flood["head"].as_str().unwrap().len() + flood["tail"].as_str().unwrap().len();
    assert_eq!(flood["left_out"].as_u64().unwrap() as usize + kept, flood["bytes"].as_u64().unwrap() as usize);
    let command = json["verification"]["command"].as_str().unwrap();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(aboard.user.run(&words).status.code(), Some(0), "the reader repeats it: {command}");
    let unknown = aboard.user.run(&["report", "1", "--redact", "NOBODY"]);
    assert!(unknown.status.code() == Some(2) && said(&unknown).contains("HOST"), "{}", said(&unknown));
}

#[test]
fn a_report_is_kept_whole_or_not_at_all_and_never_among_the_runs() {
    let aboard = flown();
    let run = aboard.user.only_run();
    let before = files(&aboard.user.runs());
    std::fs::write(aboard.path("old.html"), "old").unwrap();
    reported(&aboard, &["--format", "html", "--out", "old.html"]);
    assert!(aboard.text("old.html").starts_with("<!doctype html>"));
    symlink(&run, aboard.path("link")).unwrap();
    let inside =
        [run.join("x.md"), run.join("SEAL"), aboard.user.runs().join("x.md"), aboard.path("link").join("x.md")];
    for out in inside {
        let refused = aboard.user.run(&["report", "1", "--out", out.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    }
    assert!(before == files(&aboard.user.runs()));
    let nowhere = aboard.user.run(&["report", "1", "--out", "no/such/folder/x.md"]);
    assert_eq!(nowhere.status.code(), Some(2), "{}", said(&nowhere));
    let left: Vec<PathBuf> = files(aboard.user.home.path()).into_iter().map(|(path, ..)| path).collect();
    assert!(!left.iter().any(|path| path.to_string_lossy().ends_with(".new")), "{left:?}");
}

#[test]
fn a_broken_journal_is_reported_up_to_what_holds_and_says_so_first() {
    let aboard = flown();
    let run = aboard.user.only_run();
    let part = run.join("events-0001.jsonl");
    let text = std::fs::read_to_string(&part).unwrap();
    let at = text.find("\"step\":\"flood\"").unwrap();
    std::fs::write(&part, format!("{}\"step\":\"Flood\"{}", &text[..at], &text[at + 14..])).unwrap();
    for (format, first) in
        [("md", "> **BROKEN**"), ("html", "class=\"banner bad\"><strong>BROKEN"), ("text", "BROKEN:")]
    {
        let output = aboard.user.run(&["report", "1", "--format", format]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let page = String::from_utf8(output.stdout).unwrap();
        let (banner, hello) = (page.find(first).unwrap(), page.find("Say hello to db1.internal.example").unwrap());
        assert!(banner < hello, "{format}: what holds is there, behind the warning");
        assert!(!page.contains("sealed by"), "{format}");
    }
}

#[test]
fn a_hostile_directory_gives_nothing_of_what_its_links_and_pipes_lead_to() {
    let aboard = flown();
    let run = aboard.user.only_run();
    std::fs::write(aboard.path("private"), "the-private-text-of-somebody\n".repeat(40_000)).unwrap();
    let (hello, flood) = (run.join("out/hello.1.log"), run.join("out/flood.1.log"));
    std::fs::remove_file(&hello).unwrap();
    symlink(aboard.path("private"), &hello).unwrap();
    std::fs::remove_file(&flood).unwrap();
    assert!(Command::new("mkfifo").arg(&flood).status().unwrap().success());
    for format in FORMATS {
        let output = finished(|| aboard.user.tminus(&["report", "1", "--format", format]));
        let page = said(&output);
        assert!(!page.contains("the-private-text"), "{format}");
        assert!(matches!(format, "csv" | "cast2" | "cast3") || page.contains("tampered"), "{format}: {page}");
    }
}

#[test]
fn a_run_that_is_under_way_is_reported_as_not_ended() {
    let aboard = Aboard::with(&[("plan.yaml", PLAN)]);
    let began = aboard.user.run(&["run", "plan.yaml", "--no-key", "--detach"]);
    assert_eq!(began.status.code(), Some(4), "{}", said(&began));
    aboard.conductor();
    let mut page = String::new();
    until(60, "a report of a run under way", || {
        let output = aboard.user.run(&["report", "1"]);
        page = said(&output);
        output.status.code() == Some(0)
    });
    for word in ["**NOT ENDED**: the run is preparing; a conductor is at work.", "**UNSIGNED**", "not started"] {
        assert!(page.contains(word), "no {word:?} in\n{page}");
    }
}

#[test]
fn asciinema_plays_the_cast_and_nothing_in_it_steers_a_terminal() {
    let aboard = flown();
    let (two, three) = (reported(&aboard, &["--format", "cast2"]), reported(&aboard, &["--format", "cast3"]));
    let events = |cast: &str| -> Vec<(f64, String, String)> {
        cast.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let header = |cast: &str| -> serde_json::Value { serde_json::from_str(cast.lines().next().unwrap()).unwrap() };
    assert_eq!((&header(&two)["version"], &header(&two)["width"]), (&2.into(), &100.into()));
    assert_eq!((&header(&three)["version"], &header(&three)["term"]["cols"]), (&3.into(), &100.into()));
    let (two_events, three_events) = (events(&two), events(&three));
    assert_eq!(two_events.len(), three_events.len());
    let mut at = 0.0;
    for (one, other) in two_events.iter().zip(&three_events) {
        at += other.0;
        assert!((one.0 - at).abs() < 0.001 && one.1 == other.1 && one.2 == other.2, "{one:?} is not {other:?} at {at}");
    }
    // What is left without the moves, colours and cleared rows of ours has no escape.
    let ours = regex::Regex::new(r"\x1b\[(\d+;1H|2K|[0-9;]*m)").unwrap();
    for (_, _, data) in &two_events {
        let rest = ours.replace_all(data, "");
        assert!(rest.chars().all(tminus::model::text::is_plain), "{rest:?}");
    }
    assert!(two.contains("^[]0;evil^G"), "what was printed is visible");
    if !has("asciinema") {
        return;
    }
    std::fs::write(aboard.path("run.cast"), &two).unwrap();
    let played = finished(|| {
        let mut command = Command::new("asciinema");
        command.args(["play", "-s", "1000", "-i", "0.001"]).arg(aboard.path("run.cast"));
        command.env("HOME", aboard.user.home.path()).env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        command
    });
    assert!(played.status.success(), "{}", said(&played));
    let written: String =
        two_events.iter().filter(|(_, kind, _)| kind == "o").map(|(_, _, data)| data.as_str()).collect();
    let seen = String::from_utf8(played.stdout).unwrap();
    assert!(seen.contains(&written), "it plays what was written, to the byte");
    assert!(written.contains("Say hello to db1.internal.example") && written.contains("The run has ended: completed"));
}

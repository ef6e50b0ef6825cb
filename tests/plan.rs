//! `tminus plan`: the paper copy says what a run does, and no more of what it reads than a run would show.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod support;

use support::{User, events, records, said};

const RUNBOOK: &str = "\
tminus: 1
title: Paper ${TAG}
environment: { name: PROD here, kind: production }
environments: { staging: { name: STAGING there, kind: staging } }
targets: { db1: { ssh: deploy@db1.internal } }
start: 2026-11-21 15:00 UTC
hard_stop: none
vars:
  TAG: { default: \"index-${T0:%Y%m%d}\" }
  HOST: { env: PAPER_HOST }
  URL: { env: PAPER_URL, show: host }
  TOKEN: { env: PAPER_TOKEN, secret: true }
  MADE: { command: \"touch made; echo made\" }
phases:
  - title: One
    steps:
      - { id: link, title: Link, run: [echo, \"${TAG}\", \"of ${HOST}\", \"$${TAG}\"], effect: reads }
      - id: told
        title: Told
        run: |
          test -n \"$TOKEN\"
          echo \"$TAG for $HOST\"
        effect: reads
        env: { AUTH: \"Bearer ${TOKEN}\" }
        stdin: \"at ${HOST}, try ${ATTEMPT}\"
        cwd: /
      - { id: gate, gate: Go?, go: [ { run: \"./probe of the gate\" } ] }
  - title: Two
    steps:
      - title: A group
        target: db1
        environment: staging
        cwd: /srv/app
        env: { SHARED: \"1\" }
        steps: [ { title: Far, run: ./far, requires: [ { confirm: It is up } ] } ]
";

fn paper(user: &User, more: &[&str]) -> (Option<i32>, String) {
    let args: Vec<&str> = ["plan", "paper.yaml"].into_iter().chain(more.iter().copied()).collect();
    let environment = [
        ("PAPER_HOST", "web1"),
        ("PAPER_URL", "postgresql://app:hunter2-of-the-url@db/orders"),
        ("PAPER_TOKEN", "hunter2-of-production"),
    ];
    let output = user.tminus(&args).envs(environment).output().unwrap();
    (output.status.code(), said(&output))
}

#[test]
fn what_stands_on_paper_is_what_runs() {
    let user = User::new();
    user.write("paper.yaml", RUNBOOK);
    user.write("answers.yaml", "operator: ci\nstart: yes\nsteps: { link: run, told: run }\n");
    let (code, text) = paper(&user, &["--commands"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(!user.home.path().join("made").exists(), "a plan on paper runs nothing");
    let environment =
        [("PAPER_HOST", "web1"), ("PAPER_URL", "postgresql://db/orders"), ("PAPER_TOKEN", "hunter2-of-production")];
    let run = ["run", "paper.yaml", "--answers", "answers.yaml"];
    let flown = user.tminus(&run).envs(environment).output().unwrap();
    let all = records(&user.only_run());
    let started = events(&all, "step.started");
    let invocation = |step: &str| {
        let found = started.iter().find(|event| event["step"] == step).unwrap_or_else(|| panic!("{}", said(&flown)));
        found["invocation"].clone()
    };
    let argv: Vec<String> = serde_json::from_value(invocation("link")["argv"].clone()).unwrap();
    assert_eq!(argv, ["echo", "index-20261121", "of web1", "${TAG}"]);
    assert!(text.contains(&format!("$ {argv:?}")), "{text}");
    let told: Vec<String> = serde_json::from_value(invocation("told")["argv"].clone()).unwrap();
    for line in told.last().unwrap().trim_end().lines() {
        assert!(text.contains(&format!("$ {line}\n")), "{line}: {text}");
    }
    assert!(text.contains(&format!("in {},", invocation("told")["cwd"].as_str().unwrap())), "{text}");
}

#[test]
fn secrets_stay_out_of_the_paper_and_what_is_inherited_stands_there() {
    let user = User::new();
    user.write("paper.yaml", RUNBOOK);
    let (_, text) = paper(&user, &["--commands"]);
    assert!(!text.contains("hunter2"), "{text}");
    for wanted in [
        "Paper index-20261121\n",
        "TOKEN=******  (from the environment's PAPER_TOKEN)",
        "URL=postgresql://db/orders  ",
        "MADE=${MADE}  (printed by, after the start: touch made; echo made)",
        "with AUTH='Bearer ******' TAG=index-20261121 HOST=web1 TOKEN=******\n",
        "< at web1, try ${ATTEMPT}\n",
        "$ ./probe of the gate\n",
        "on db1 (ssh deploy@db1.internal), in /srv/app, in STAGING there (staging)\n",
        "in /srv/app, at most 10m\n",
        "with SHARED=1\n",
        "requires 2.1.1.R1 It is up\n",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let (_, short) = paper(&user, &[]);
    assert!(short.contains("on db1 (ssh deploy@db1.internal), in /srv/app, in STAGING there (staging)\n"), "{short}");
    assert!(!short.contains("$ ./probe") && !short.contains("TOKEN"), "{short}");
    let (_, document) = paper(&user, &["--commands", "--format", "md"]);
    assert!(document.contains("```\n./far\n```") && !document.contains("hunter2"), "{document}");
}

#[test]
fn a_time_that_the_clock_does_not_have_is_said_on_paper() {
    let user = User::new();
    let head = "tminus: 1\ntitle: Night\nenvironment: { name: here, kind: local }\nhard_stop: none\n";
    user.write(
        "paper.yaml",
        &format!("{head}phases: [ {{ title: P, steps: [ {{ confirm: x, at: \"02:30\" }} ] }} ]\n"),
    );
    let (code, text) = paper(&user, &["--t0", "2027-03-28 01:00 Europe/Berlin"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("cannot start: 1.1 at 02:30: ") && text.contains("does not exist"), "{text}");
    let (code, text) = paper(&user, &["--t0", "2027-03-27 01:00 Europe/Berlin"]);
    assert!(code == Some(0) && !text.contains("cannot start"), "{text}");
    let (code, text) = paper(&user, &[]);
    assert!(code == Some(0) && text.contains("says nothing without T0"), "{text}");
}

//! Steps with a terminal of their own in linear mode: the operator's terminal is handed through, and is as it was afterwards.
//!
//! The real program on a real terminal, and from a pipe and an answers file, where such a step is refused in words.
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

mod support;

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;
use support::aboard::Aboard;
use support::screen::Screen;
use support::{events, records, said, until};

/// Lines and keys that come so soon after a prompt are not taken: 350 ms.
const SILENCE: Duration = Duration::from_millis(450);

fn aboard(text: &str) -> Aboard {
    let book = format!(
        "tminus: 1
title: Typed
environment: {{ name: here, kind: local }}
hard_stop: T+1h
phases:
  - id: one
    title: One
    steps:
      - id: talk
        title: Talk to it
        run: |
{}
        effect: reads
        tty: true
      - {{ id: seen, title: It was seen, confirm: It is there }}
",
        text.lines().map(|line| format!("          {line}\n")).collect::<String>()
    );
    Aboard::with(&[("book.yaml", &book), ("answers.yaml", "operator: ci\nstart: yes\nsteps:\n  talk: run\n")])
}

/// Types a line when the prompt has stood long enough.
fn line(screen: &mut Screen, prompt: &str, text: &str) {
    screen.wait_for(prompt);
    screen.wait_quiet(SILENCE);
    screen.send(format!("{text}\n").as_bytes());
}

/// A run by lines, its first step begun.
fn begun(aboard: &Aboard) -> (Screen, String) {
    let mut screen = Screen::start(&aboard.user.tminus(&["run", "book.yaml", "--linear", "--no-key"]), 100, 40);
    let before = screen.termios();
    line(&mut screen, "1 start", "1");
    line(&mut screen, "Type  local", "local");
    line(&mut screen, "Next: 1.1", "1");
    screen.wait_for("1.1 has this terminal now");
    (screen, before)
}

#[test]
fn the_terminal_is_handed_through_and_is_as_it_was_when_the_program_ends() {
    let aboard = aboard(
        "read -r -s -p 'Password: ' word; echo; stty size; printf '\\033[31mred\\033[0m \\033]0;title\\007\\n'; [ ${#word} = 9 ] && echo it fits",
    );
    let (mut screen, before) = begun(&aboard);
    screen.wait_for("\nPassword:");
    screen.wait_quiet(SILENCE);
    screen.send(b"hunter22!\r");
    screen.wait_for("it fits");
    screen.wait_for("40 100");
    screen.wait_for("1.1 ok.");
    screen.wait_for("1.2 It was seen");
    assert_eq!(screen.termios(), before);
    let written = String::from_utf8_lossy(&screen.written).into_owned();
    assert!(written.contains("\x1b[31mred") && !written.contains("\x1b]0;title") && !written.contains("hunter22"));
    let run = aboard.runs()[0].path().to_owned();
    let kept = std::fs::read_to_string(run.join("out/talk.1.log")).unwrap();
    assert!(kept.contains("it fits") && !kept.contains("hunter22"), "{kept:?}");
    let all = records(&run);
    assert_eq!(events(&all, "step.typed").iter().map(|each| each["bytes"].as_u64().unwrap()).sum::<u64>(), 10);
}

#[test]
fn the_way_out_leads_to_the_lines_and_back_and_a_full_screen_program_is_cleared_away() {
    let aboard = aboard(
        "stty raw -echo; printf '\\033[?1049h\\033[?25lfull'; while k=$(dd bs=1 count=1 2>/dev/null | od -An -tx1); do printf '\\033[2;1Hgot%s.' \"$k\"; [ \"$k\" = ' 71' ] && break; done",
    );
    let (mut screen, before) = begun(&aboard);
    screen.wait_for("full");
    screen.wait_quiet(SILENCE);
    screen.send(b"\x03");
    screen.wait_for("got 03.");
    screen.send(b"\x1d");
    screen.wait_for("1.1 goes on.");
    screen.wait_gone("got 03.");
    assert_eq!(screen.termios(), before);
    assert!(screen.modes().is_empty(), "{:?}", screen.modes());
    line(&mut screen, "Wait. 1.1", "terminal, typing ^]");
    screen.wait_for("got 1d.");
    screen.wait_quiet(SILENCE);
    screen.send(b"q");
    screen.wait_for("1.1 ok.");
    screen.wait_gone("got 1d.");
    assert_eq!(screen.termios(), before);
    assert!(screen.modes().is_empty(), "{:?}", screen.modes());
}

#[test]
fn a_program_learns_of_another_size() {
    let aboard = aboard("trap 'stty size' WINCH; echo waits; while [ ! -e done ]; do sleep 0.05; done");
    let (mut screen, _) = begun(&aboard);
    screen.wait_for("\nwaits");
    screen.resize(90, 33);
    screen.wait_for("33 90");
    aboard.user.write("done", "");
    screen.wait_for("1.1 ok.");
}

#[test]
fn from_a_pipe_and_by_an_answers_file_it_is_not_started_and_that_is_said() {
    let by_answers = aboard("read -r word");
    let flown = by_answers.user.run(&["run", "book.yaml", "--answers", "answers.yaml"]);
    let text = said(&flown);
    assert!(text.contains("1.1 has a terminal of its own, and nobody is here to type to it"), "{text}");
    assert!(
        !flown.status.success() && events(&records(by_answers.runs()[0].path()), "step.started").is_empty(),
        "{text}"
    );

    let by_lines = aboard("read -r word");
    let mut command = by_lines.user.tminus(&["run", "book.yaml", "--linear", "--no-key"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"1\nlocal\n1\nleave\n").unwrap();
    let text = said(&child.wait_with_output().unwrap());
    assert!(text.contains("Not sent: 1.1 has a terminal of its own"), "{text}");
    until(90, "a run", || !by_lines.runs().is_empty());
    assert!(events(&records(by_lines.runs()[0].path()), "step.started").is_empty(), "{text}");
}

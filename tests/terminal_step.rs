//! Steps with a terminal of their own, in the real program on a real terminal: prompts, sizes, full-screen programs, the way
//! out, and that nothing typed for a program does anything else.
//!
//! Waits are for what a person would see.
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

mod support;

use std::time::Duration;
use support::aboard::Aboard;
use support::screen::Screen;
use support::until;

/// A terminal that is new takes no keys until it has been silent for 350 ms.
const SILENCE: Duration = Duration::from_millis(450);

/// A run whose first step has a terminal, at its start.
fn aboard(text: &str) -> Aboard {
    let book = format!(
        "tminus: 1
title: Typed
environment: {{ name: here, kind: local }}
defaults: {{ shell: bash }}
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
      - {{ id: mark, title: Mark, run: touch mark, undo: rm mark }}
rollbacks:
  - {{ id: level-1, title: Back, budget: 1m, loses: nothing, undo: all }}
",
        text.lines().map(|line| format!("          {line}\n")).collect::<String>()
    );
    Aboard::with(&[("book.yaml", &book)])
}

fn started(aboard: &Aboard, columns: u16, rows: u16) -> Screen {
    let mut screen = Screen::start(&aboard.user.tminus(&["run", "book.yaml", "--no-key"]), columns, rows);
    screen.wait_for("local");
    screen.wait_quiet(SILENCE);
    screen.keys("local\r");
    screen.wait_for("next 1.1");
    screen.wait_quiet(SILENCE);
    screen.keys("r");
    screen
}

/// Waits until the program printed this, and until the terminal takes keys.
fn prompted(screen: &mut Screen, sign: &str) {
    screen.wait_for("^]");
    screen.wait_for(sign);
    screen.wait_quiet(SILENCE);
}

/// What the step's files in the journal say.
fn recorded(aboard: &Aboard) -> String {
    let run = aboard.runs().into_iter().next().unwrap();
    let mut all = String::new();
    for part in [run.path().to_owned(), run.path().join("out")] {
        for entry in std::fs::read_dir(part).unwrap().flatten() {
            if entry.file_type().unwrap().is_file() {
                all.push_str(&String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()));
            }
        }
    }
    all
}

#[test]
fn a_password_is_typed_to_its_prompt_and_stands_nowhere() {
    let aboard = aboard("read -r -s -p 'Password: ' word </dev/tty; echo; [ ${#word} = 9 ] && echo it fits");
    let mut screen = started(&aboard, 80, 24);
    prompted(&mut screen, "Password:");
    screen.keys("hunter22!\r");
    screen.wait_for("it fits");
    screen.wait_for("ok: exit 0");
    screen.wait_quiet(SILENCE);
    assert!(!screen.contents().contains("hunter22"), "{}", screen.shown());
    screen.keys("\r");
    screen.wait_for("next 1.2");
    let all = recorded(&aboard);
    assert!(all.contains("it fits") && !all.contains("hunter22"), "{all}");
}

#[test]
fn the_program_has_the_size_that_it_is_drawn_in_and_learns_of_another() {
    let aboard = aboard("trap 'stty size' WINCH; echo waits; while [ ! -e done ]; do sleep 0.05; done");
    let mut screen = started(&aboard, 80, 24);
    screen.wait_for("22 80");
    screen.resize(100, 30);
    screen.wait_for("28 100");
    aboard.user.write("done", "");
    screen.wait_for("ok: exit 0");
}

#[test]
fn control_c_reaches_the_program_and_nothing_else() {
    let aboard =
        aboard("trap 'echo caught; exit 0' INT; exec 3<> <(:); echo waits; while :; do read -rt 100 -u 3 || :; done");
    let mut screen = started(&aboard, 80, 24);
    prompted(&mut screen, "waits");
    screen.keys("\x03");
    screen.wait_for("caught");
    screen.wait_for("ok: exit 0");
    assert!(!screen.contents().contains("interrupt"), "{}", screen.shown());
}

#[test]
fn the_way_out_leads_to_the_screens_where_the_way_back_works_and_twice_it_is_sent() {
    let aboard = aboard(
        "stty raw -echo; echo waits; while k=$(dd bs=1 count=1 2>/dev/null | od -An -tx1); do echo \"got$k.\"; [ \"$k\" = ' 71' ] && break; done",
    );
    let mut screen = started(&aboard, 80, 24);
    prompted(&mut screen, "waits");
    screen.keys("!");
    screen.wait_for("got 21.");
    screen.send(b"\x1d");
    screen.wait_for("RUN  1.1");
    screen.keys("!");
    screen.wait_for("ROLL BACK");
    screen.wait_quiet(SILENCE);
    screen.keys("\x1b");
    screen.wait_gone("ROLL BACK");
    // It was not the last key, so that it only goes back.
    screen.send(b"\x1d");
    screen.wait_for("got 21.");
    screen.wait_quiet(SILENCE);
    assert!(!screen.contents().contains("got 1d."), "{}", screen.shown());
    screen.send(b"\x1d");
    screen.wait_for("RUN  1.1");
    screen.send(b"\x1d");
    screen.wait_for("got 1d.");
    screen.keys("q");
    screen.wait_for("ok: exit 0");
}

#[test]
fn a_large_paste_arrives_whole_between_its_marks() {
    let aboard = aboard("stty raw -echo; printf '\\033[?2004h'; echo waits; head -c 10012 >marked; echo again");
    let mut screen = started(&aboard, 80, 24);
    prompted(&mut screen, "waits");
    let text = letters();
    screen.paste(&text);
    screen.wait_for("again");
    assert_eq!(aboard.text("marked"), format!("\x1b[200~{text}\x1b[201~"));
}

#[test]
fn ten_thousand_single_keys_all_arrive_in_order() {
    let aboard = aboard("stty raw -echo; echo waits; head -c 10000 >plain; echo all");
    let mut screen = started(&aboard, 80, 24);
    prompted(&mut screen, "waits");
    let text = letters();
    screen.send(text.as_bytes());
    screen.wait_for("all");
    assert_eq!(aboard.text("plain"), text);
}

fn letters() -> String {
    (0..10_000_u32).map(|at| char::from(b'a' + (at % 26) as u8)).collect()
}

#[test]
fn a_tripped_trigger_shows_above_a_terminal_and_its_keys_are_one_way_out_away() {
    let aboard =
        aboard("stty raw -echo; echo waits; while k=$(dd bs=1 count=1 2>/dev/null); do [ \"$k\" = q ] && break; done");
    let trigger = "triggers:\n  - { id: bad, title: Too many, run: cat bad, every: 1s, trip: { number: '> 5' }, then: { rollback: level-1 } }\nrollbacks:";
    let book = aboard.text("book.yaml").replace("rollbacks:", trigger);
    aboard.user.write("book.yaml", &book);
    aboard.user.write("bad", "1\n");
    let mut screen = started(&aboard, 80, 24);
    prompted(&mut screen, "waits");
    aboard.user.write("bad", "9\n");
    screen.wait_for("TRIPPED Too many");
    screen.wait_for("waits");
    // No card took the keys of the program away.
    screen.keys("v");
    screen.wait_quiet(SILENCE);
    screen.wait_for("^] ^]");
    screen.send(b"\x1d");
    screen.wait_for("TRIPPED Too many");
    screen.wait_quiet(SILENCE);
    screen.keys("!");
    screen.wait_for("ROLL BACK");
}

#[test]
fn an_editor_is_drawn_typed_to_and_left_and_the_terminal_is_as_it_was() {
    let aboard = aboard("printf 'first\\nsecond\\n' >note; vi -u NONE note; tail -n 1 note");
    let mut screen = started(&aboard, 80, 24);
    let before_modes = screen.modes();
    prompted(&mut screen, "second");
    screen.keys("Gothird");
    screen.send(b"\x1b");
    screen.wait_quiet(SILENCE);
    screen.keys(":wq\r");
    screen.wait_for("ok: exit 0");
    assert_eq!(aboard.text("note"), "first\nsecond\nthird\n");
    assert_eq!(screen.modes(), before_modes);
    screen.wait_quiet(SILENCE);
    screen.keys("\r");
    screen.wait_for("next 1.2");
}

#[test]
fn what_a_program_asks_of_its_terminal_is_answered_and_the_clipboard_is_not_reached() {
    let aboard = aboard(
        "stty raw -echo; printf '\\033]52;c;aGVsbG8=\\007\\033]0;mine\\007\\033[5;7H\\033[6n'; IFS= read -r -d R answer; printf '\\r\\n%s' \"${answer#?}\"",
    );
    let mut screen = started(&aboard, 80, 24);
    screen.wait_for("[5;7");
    screen.wait_for("ok: exit 0");
    let written = String::from_utf8_lossy(&screen.written).into_owned();
    assert!(!written.contains("\x1b]52;") && !written.contains("\x1b]0;mine"));
}

#[test]
fn a_screen_that_watches_sees_it_and_types_nothing() {
    let aboard = aboard("read -r -p 'Name: ' word; echo \"it is $word\"");
    let mut screen = started(&aboard, 80, 24);
    prompted(&mut screen, "Name:");
    let run = aboard.runs()[0].id().short().to_owned();
    let mut second = Screen::start(&aboard.user.tminus(&["attach", &run, "--watch"]), 80, 24);
    second.wait_for("Name:");
    second.wait_quiet(SILENCE);
    second.keys("mallory\r");
    second.wait_for("cannot type");
    screen.keys("maya\r");
    screen.wait_for("it is maya");
    second.wait_for("it is maya");
    until(60, "the end", || recorded(&aboard).contains("it is maya"));
    assert!(!recorded(&aboard).contains("mallory"));
}

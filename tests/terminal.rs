//! The screens of the real program on a real terminal: what keys do, what they never do, and that the terminal is as it was after
//! every way out.
//!
//! Waits are for what a person would see. Steps wait for files, never for time.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic here is the report of a test")]

mod support;

use rustix::process::Signal;
use std::process::Command;
use std::time::Duration;
use support::aboard::Aboard;
use support::screen::Screen;
use support::{events, records, until};
use tminus::feed::live::conductor_of;

const BOOK: &str = "\
tminus: 1
title: Small
environment: { name: here, kind: local }
defaults: { shell: sh }
hard_stop: T+1h
phases:
  - id: one
    title: One
    steps:
      - { id: look, title: Look around, run: \"echo seen it\", effect: reads, expect: { contains: [seen] } }
      - { id: mark, title: Make a mark, run: \"echo x >> mark; i=0; while [ -e slow ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done; echo marked\", undo: \"rm mark\" }
      - { id: seen, title: The mark is seen, confirm: The mark is there }
rollbacks:
  - { id: level-1, title: Take the mark away, budget: 1m, loses: nothing, undo: all }
";
/// A card swallows keys until it has been silent for 350 ms.
const SILENCE: Duration = Duration::from_millis(400);

fn aboard() -> Aboard {
    Aboard::with(&[("book.yaml", BOOK)])
}

/// A run that was started from its start card, on a screen of this size.
fn started(aboard: &Aboard, columns: u16, rows: u16) -> Screen {
    let mut screen = Screen::start(&aboard.user.tminus(&["run", "book.yaml", "--no-key"]), columns, rows);
    start(&mut screen);
    screen
}

fn start(screen: &mut Screen) {
    screen.wait_for("local");
    screen.wait_quiet(SILENCE);
    screen.keys("local\r");
    screen.wait_for("next 1.1");
}

/// A card that is new takes no keys; waits until it does.
fn card(screen: &mut Screen, words: &str) {
    screen.wait_for(words);
    screen.wait_quiet(SILENCE);
}

/// Starts step 1.2 and waits until it runs; it ends when the file `slow` goes.
fn slow_step(aboard: &Aboard, screen: &mut Screen) {
    aboard.user.write("slow", "");
    screen.keys("r");
    // The same key again within 60 ms is a key that is held down, and starts nothing.
    card(screen, "ok   1.1");
    screen.keys("r");
    card(screen, "y runs it");
    screen.keys("y");
    screen.wait_for("RUN  1.2");
}

fn is_as_it_was(screen: &mut Screen, before: &str) {
    // What the screen wrote last may still be on its way through the terminal when its process is gone.
    screen.wait_until("modes that are given back", |screen| {
        screen.pump();
        screen.modes().is_empty()
    });
    assert_eq!(screen.termios(), before, "{}", screen.shown());
}

fn started_steps(aboard: &Aboard) -> Vec<String> {
    let all = aboard.runs().first().map(|run| records(run.path())).unwrap_or_default();
    events(&all, "step.started").iter().filter_map(|record| Some(record["step"].as_str()?.to_owned())).collect()
}

#[test]
fn a_run_is_started_flown_rolled_back_and_closed_by_its_keys() {
    let aboard = aboard();
    let mut screen = Screen::start(&aboard.user.tminus(&["run", "book.yaml", "--no-key"]), 80, 24);
    let before = screen.termios();
    start(&mut screen);
    screen.keys("r");
    // The same key again within 60 ms is a key that is held down, and starts nothing.
    card(&mut screen, "ok   1.1");
    screen.keys("r");
    card(&mut screen, "y runs it");
    screen.keys("y");
    screen.wait_for("ok   1.2");
    assert_eq!(aboard.text("mark"), "x\n");
    // The three keys that everybody knows by heart, in one go.
    screen.keys("!1y");
    screen.wait_for("back 1.2");
    until(60, "the mark to go", || !aboard.path("mark").exists());
    screen.wait_for("Enter closes the run");
    screen.keys("\r");
    card(&mut screen, "y ");
    screen.keys("y");
    until(60, "a seal", || aboard.user.listed()[0]["sealed"] == true);
    screen.wait_quiet(SILENCE);
    if !screen.has_ended() {
        screen.keys("q");
        screen.wait_quiet(SILENCE);
        screen.keys("y");
    }
    assert_eq!(screen.wait_exit(), (1, None), "{}", screen.shown());
    is_as_it_was(&mut screen, &before);
}

#[test]
fn enter_alone_never_runs_a_change() {
    let aboard = aboard();
    let mut screen = started(&aboard, 80, 24);
    screen.keys("r");
    screen.wait_for("ok   1.1");
    for _ in 0..5 {
        screen.keys("\r");
        screen.wait_quiet(SILENCE);
    }
    screen.keys("\x1b");
    screen.wait_quiet(SILENCE);
    screen.keys("r");
    card(&mut screen, "y runs it");
    for _ in 0..5 {
        screen.keys("\r \r");
        screen.wait_quiet(SILENCE);
    }
    assert_eq!(started_steps(&aboard), ["look"]);
    assert!(!aboard.path("mark").exists());
}

#[test]
fn keys_that_were_typed_before_a_card_is_there_do_not_answer_it() {
    let aboard = aboard();
    let mut screen = started(&aboard, 80, 24);
    screen.keys("r");
    screen.wait_for("ok   1.1");
    screen.keys("ry");
    card(&mut screen, "y runs it");
    assert_eq!(started_steps(&aboard), ["look"]);
    screen.keys("y");
    screen.wait_for("ok   1.2");
}

#[test]
fn the_stop_card_opens_on_interrupt_and_nothing_ever_quits_by_it() {
    let aboard = aboard();
    let mut screen = started(&aboard, 80, 24);
    slow_step(&aboard, &mut screen);
    screen.keys("\x03");
    card(&mut screen, "STOP  1.2");
    for _ in 0..10 {
        screen.keys("\x03");
    }
    screen.wait_quiet(SILENCE);
    assert!(!screen.has_ended() && screen.contents().contains("STOP  1.2"), "{}", screen.shown());
    screen.keys("\x1b");
    screen.wait_gone("STOP  1.2");
    assert!(screen.contents().contains("RUN  1.2"), "leaving the card leaves the step\n{}", screen.shown());
    // In a field for text too.
    screen.keys("c");
    card(&mut screen, "Note:");
    screen.keys("a thought\x03");
    card(&mut screen, "STOP  1.2");
    screen.keys("t");
    screen.wait_for("stop 1.2");
    assert!(!screen.has_ended());
}

#[test]
fn three_keys_roll_back_from_every_place() {
    // In a field for text `!` is text: `^C` comes first there.
    let places = [
        ("the run card", "r", "!1y"),
        ("the log", "5", "!1y"),
        ("the step", "2", "!1y"),
        ("the output", "ko", "!1y"),
        ("the stop card", "\x03", "!1y"),
        ("help", "?", "\x03!1y"),
        ("a note", "c", "\x03!1y"),
        ("the palette", ":", "\x03!1y"),
    ];
    for (place, keys, three) in places {
        let aboard = aboard();
        let mut screen = started(&aboard, 80, 24);
        slow_step(&aboard, &mut screen);
        std::fs::remove_file(aboard.path("slow")).unwrap();
        screen.wait_for("ok   1.2");
        for key in keys.chars() {
            screen.keys(key.encode_utf8(&mut [0; 4]));
            screen.wait_quiet(Duration::from_millis(100));
        }
        screen.keys(three);
        until(60, &format!("the mark to go, from {place}\n{}", screen.contents()), || !aboard.path("mark").exists());
    }
}

#[test]
fn a_paste_runs_nothing_wherever_it_lands() {
    let aboard = aboard();
    let mut screen = Screen::start(&aboard.user.tminus(&["run", "book.yaml", "--no-key"]), 80, 24);
    card(&mut screen, "to start");
    screen.paste("local\r");
    screen.wait_quiet(SILENCE);
    assert!(screen.contents().contains("not started"), "a typed confirmation is typed\n{}", screen.shown());
    screen.keys("\x7f\x7f\x7f\x7f\x7f\x7f");
    start(&mut screen);
    for text in ["r\ry\r!1y\r", "ry", "\x03t", "!1y", &"y".repeat(100_000)] {
        screen.paste(text);
        screen.wait_quiet(SILENCE);
    }
    assert_eq!(started_steps(&aboard), Vec::<String>::new(), "{}", screen.shown());
    screen.keys("r");
    // The same key again within 60 ms is a key that is held down, and starts nothing.
    card(&mut screen, "ok   1.1");
    screen.keys("r");
    card(&mut screen, "y runs it");
    screen.paste("y");
    screen.wait_quiet(SILENCE);
    screen.paste("y\r\ny\r\n");
    screen.wait_quiet(SILENCE);
    assert_eq!(started_steps(&aboard), ["look"], "{}", screen.shown());
    screen.keys("y");
    screen.wait_for("ok   1.2");
}

#[test]
fn every_size_is_drawn_without_a_panic_with_and_without_a_card() {
    let aboard = aboard();
    let mut screen = started(&aboard, 80, 24);
    slow_step(&aboard, &mut screen);
    for keys in ["", "?", "\x1b", "!", "\x1b", "\x03"] {
        screen.keys(keys);
        for columns in [240, 151, 150, 149, 100, 99, 80, 79, 59, 41, 40, 39, 21, 20] {
            for rows in [70, 48, 25, 24, 12, 9, 8, 7, 6, 5] {
                screen.resize(columns, rows);
                let drawn = screen.written.len();
                screen.wait_until(&format!("a frame at {columns}x{rows}"), |screen| {
                    screen.written.len() > drawn || screen.has_ended()
                });
                assert!(!screen.has_ended(), "it ended at {columns}x{rows}\n{}", screen.shown());
            }
        }
    }
    screen.keys("\x1b");
    screen.resize(80, 24);
    screen.wait_for("RUN  1.2");
    assert!(!String::from_utf8_lossy(&screen.written).contains("panicked"));
}

#[test]
fn the_smallest_window_says_the_state_and_what_to_do() {
    let aboard = aboard();
    let mut screen = started(&aboard, 80, 24);
    slow_step(&aboard, &mut screen);
    screen.resize(20, 5);
    screen.wait_for("RUN 1.2");
    screen.wait_until("what to do", |screen| screen.contents().replace('\n', " ").contains("bigger"));
    screen.resize(80, 24);
    screen.wait_for("RUN  1.2");
}

#[test]
fn a_step_goes_on_when_the_line_drops_and_attach_says_what_happened_since() {
    let aboard = aboard();
    let mut screen = started(&aboard, 80, 24);
    slow_step(&aboard, &mut screen);
    screen.hang_up();
    screen.wait_exit();
    let run = aboard.runs().remove(0);
    assert!(conductor_of(&run).is_some(), "the conductor outlives the line");
    std::fs::remove_file(aboard.path("slow")).unwrap();
    until(60, "the step to end without a screen", || events(&records(run.path()), "step.judged").len() == 2);
    let mut screen = Screen::start(&aboard.user.tminus(&["attach", "--no-key"]), 80, 24);
    card(&mut screen, "SINCE YOU LEFT");
    assert!(screen.contents().contains("1.2"), "{}", screen.shown());
    screen.keys(" ");
    screen.wait_for("ok   1.2");
    assert_eq!(aboard.text("mark"), "x\n", "nothing ran twice");
}

#[test]
fn a_terminated_screen_leaves_the_terminal_as_it_was_and_the_run_going() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let aboard = aboard();
        let mut screen = Screen::start(&aboard.user.tminus(&["run", "book.yaml", "--no-key"]), 80, 24);
        let before = screen.termios();
        start(&mut screen);
        slow_step(&aboard, &mut screen);
        screen.signal(signal);
        if signal == Signal::INT {
            // Outside of a terminal ^C is a signal; it must not end what ^C does not end.
            screen.wait_quiet(SILENCE);
            if !screen.has_ended() {
                continue;
            }
        }
        screen.wait_exit();
        is_as_it_was(&mut screen, &before);
        assert!(conductor_of(&aboard.runs()[0]).is_some(), "{signal:?}");
    }
}

#[test]
fn a_screen_that_panics_leaves_the_terminal_as_it_was_and_names_the_way_back() {
    let aboard = aboard();
    let fault = aboard.path("fault");
    let mut command = aboard.user.tminus(&["run", "book.yaml", "--no-key"]);
    command.env("TMINUS_FAULT_FILE", &fault);
    let mut screen = Screen::start(&command, 80, 24);
    let before = screen.termios();
    start(&mut screen);
    slow_step(&aboard, &mut screen);
    std::fs::write(&fault, "now").unwrap();
    screen.wait_exit();
    is_as_it_was(&mut screen, &before);
    screen.wait_for("tminus attach 0001");
    assert!(conductor_of(&aboard.runs()[0]).is_some(), "the run goes on");
}

#[test]
fn leaving_the_screen_gives_the_terminal_back_and_says_how_to_come_back() {
    let aboard = aboard();
    let mut screen = Screen::start(&aboard.user.tminus(&["run", "book.yaml", "--no-key"]), 80, 24);
    let before = screen.termios();
    start(&mut screen);
    screen.keys("q");
    card(&mut screen, "tminus attach");
    screen.keys("y");
    assert_eq!(screen.wait_exit(), (4, None));
    screen.wait_for("tminus attach 0001");
    is_as_it_was(&mut screen, &before);
}

#[test]
fn a_suspended_screen_leaves_the_shell_a_sane_terminal_and_comes_back() {
    let aboard = aboard();
    let mut shell = aboard.user.tminus(&[]);
    shell = {
        let mut bash = Command::new("bash");
        bash.args(["--norc", "--noprofile", "--noediting", "-i"]).current_dir(aboard.user.home.path());
        for (name, value) in shell.get_envs() {
            bash.env(name, value.expect("set"));
        }
        bash.env("PS1", "shell> ");
        bash
    };
    let mut screen = Screen::start(&shell, 80, 24);
    screen.wait_for("shell>");
    let before = screen.termios();
    screen.keys(&format!("{} run book.yaml --no-key\r", env!("CARGO_BIN_EXE_tminus")));
    start(&mut screen);
    slow_step(&aboard, &mut screen);
    for _ in 0..3 {
        screen.keys("\x1a");
        screen.wait_for("fg brings the screen back");
        screen.wait_until("the shell", |screen| screen.contents().trim_end().ends_with("shell>"));
        is_as_it_was(&mut screen, &before);
        screen.keys("fg\r");
        screen.wait_for("RUN  1.2");
        screen.wait_quiet(SILENCE);
    }
    screen.keys("\x1a");
    screen.wait_for("fg brings the screen back");
    std::fs::remove_file(aboard.path("slow")).unwrap();
    until(60, "the step to end while the screen is stopped", || {
        events(&records(aboard.runs()[0].path()), "step.judged").len() == 2
    });
    screen.keys("fg\r");
    card(&mut screen, "SINCE YOU LEFT");
    screen.keys(" ");
    screen.wait_for("ok   1.2");
}

#[test]
fn without_a_shell_to_go_back_to_the_screen_stays() {
    let aboard = aboard();
    let mut screen = started(&aboard, 80, 24);
    screen.keys("\x1a");
    screen.wait_for("no shell");
    screen.keys("r");
    screen.wait_for("ok   1.1");
}

#[test]
fn no_colour_is_written_where_none_is_wanted() {
    for variable in ["NO_COLOR", "COLORTERM"] {
        let aboard = aboard();
        let mut command = aboard.user.tminus(&["run", "book.yaml", "--no-key"]);
        let mut screen = Screen::start(command.env(variable, "1"), 80, 24);
        start(&mut screen);
        screen.keys("r");
        screen.wait_for("ok   1.1");
        assert_eq!(screen.has_colour(), variable != "NO_COLOR", "with {variable}");
    }
}

#[test]
fn a_terminal_that_cannot_draw_gets_lines_and_no_control_sequence() {
    let aboard = aboard();
    let mut command = aboard.user.tminus(&["run", "book.yaml", "--no-key"]);
    let mut screen = Screen::start(command.env("TERM", "dumb"), 80, 24);
    let before = screen.termios();
    screen.wait_for("UNSIGNED");
    screen.wait_for("1 start");
    assert!(!screen.written.contains(&0x1b), "{:?}", String::from_utf8_lossy(&screen.written));
    is_as_it_was(&mut screen, &before);
}

#[test]
fn without_a_terminal_and_without_a_flag_nothing_starts() {
    let aboard = aboard();
    let refused = aboard.user.run(&["run", "book.yaml", "--no-key"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--linear"));
    assert!(aboard.runs().is_empty());
}

#[test]
fn one_screen_drives_the_other_watches_and_the_wheel_goes_over() {
    let aboard = aboard();
    let mut maya = started(&aboard, 80, 24);
    let mut bob = Screen::start(&aboard.user.tminus(&["attach", "--no-key", "--as", "bob"]), 80, 24);
    bob.wait_for("1.1");
    bob.wait_quiet(SILENCE);
    bob.keys(" ");
    bob.keys("r");
    bob.wait_for("is driving");
    assert_eq!(started_steps(&aboard), Vec::<String>::new());
    maya.keys("r");
    maya.wait_for("ok   1.1");
    bob.wait_for("ok   1.1");
    bob.keys(":");
    bob.wait_quiet(SILENCE);
    bob.keys("drive\r");
    maya.wait_for("asks for the wheel");
    maya.hang_up();
    maya.wait_exit();
    bob.wait_quiet(SILENCE);
    bob.keys(":");
    bob.wait_quiet(SILENCE);
    bob.keys("drive\r");
    bob.wait_quiet(SILENCE);
    bob.keys("r");
    card(&mut bob, "y runs it");
    bob.keys("y");
    bob.wait_for("ok   1.2");
}

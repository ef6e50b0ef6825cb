//! The screens of the real program on a real terminal: what keys do, what they never do, and that the terminal is as it was after
//! every way out.
//!
//! Waits are for what a person would see. Steps wait for files, never for time.

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
    screen.wait_gone("to start");
}

#[test]
fn explore() {
    let aboard = aboard();
    let mut screen = Screen::start(&aboard.user.tminus(&["run", "book.yaml", "--no-key"]), 80, 24);
    screen.wait_for("local");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("local\r");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("r");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("y");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("r");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("y");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("\x03");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("\x1b");
    screen.keys("!");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("1");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("y");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("q");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    screen.keys("y");
    screen.wait_quiet(SILENCE);
    println!("{}", screen.shown());
    println!("{:?}", screen.wait_exit());
    println!("{}", screen.shown());
}

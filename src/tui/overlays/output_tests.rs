//! What must stay true of the output pager: by the window only, nothing cut, nothing raw, follow until scrolled.

use crate::feed::{Port, Role};
use crate::model::event::Event;
use crate::model::ids::{Attempt, Seq, StepId, StepIx};
use crate::model::intent::Intent;
use crate::model::output::{Drained, Exit, Extent, Stream};
use crate::model::text::is_plain;
use crate::tui::context::{Card, Context, Reply};
use crate::tui::overlays::Overlay;
use crate::tui::overlays::stage::{Stage, maya, step};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::cell::Cell;
use std::io;
use std::ops::Range;
use std::time::Duration;

const CARD: Card = Card::Output(StepIx(0));

fn printed(bytes: &[u8]) -> Stage {
    let mut stage = Stage::of(vec![step("build", "1.1", "Build")]).started(&[]);
    let id = StepId("build".into());
    stage.tell(Event::StepStarted {
        step: id.clone(),
        attempt: 1,
        by: maya(),
        typed: None,
        reason: None,
        second: None,
        invocation: None,
        until: None,
    });
    stage.disk.0.insert(("build".into(), 1), bytes.to_vec());
    more(&mut stage, bytes.len() as u64);
    stage
}

fn more(stage: &mut Stage, len: u64) {
    let off = stage.state.step(StepIx(0)).bytes;
    stage.tell(Event::Output {
        step: StepId("build".into()),
        attempt: 1,
        extent: Extent { stream: Stream::Out, off, len, lines: 0, sha256: String::new(), masked: Vec::new() },
    });
}

fn numbered(count: usize) -> Vec<u8> {
    (1..=count).map(|line| format!("line {line}\n")).collect::<String>().into_bytes()
}

#[test]
fn it_follows_the_end_until_it_is_scrolled_and_again_after_f() {
    let mut stage = printed(&numbered(1000));
    let mut card = stage.open(CARD);
    assert!(stage.picture(&card, 80, 24).contains("line 1000\n"));
    stage.letter(&mut card, 'k');
    stage.disk.0.get_mut(&("build".into(), 1)).unwrap().extend(b"line 1001\n");
    more(&mut stage, 10);
    let seen = stage.picture(&card, 80, 24);
    assert!(!seen.contains("line 1001") && seen.contains("line 999"), "{seen}");
    stage.letter(&mut card, 'F');
    assert!(stage.picture(&card, 80, 24).contains("line 1001\n"));
}

#[test]
fn every_row_is_reached_once_going_down_and_up() {
    let mut stage = printed(&numbered(300));
    let mut card = stage.open(CARD);
    stage.letter(&mut card, 'g');
    let mut seen = stage.picture(&card, 80, 24);
    assert!(seen.starts_with("line 1\n"));
    for top in 2..=279 {
        stage.letter(&mut card, 'j');
        seen = stage.picture(&card, 80, 24);
        assert!(seen.starts_with(&format!("line {top}\n")), "{seen}");
    }
    stage.letter(&mut card, 'j');
    assert_eq!(stage.picture(&card, 80, 24), seen, "the end stays at the foot");
    for top in (1..279).rev() {
        stage.letter(&mut card, 'k');
        assert!(stage.picture(&card, 80, 24).starts_with(&format!("line {top}\n")));
    }
}

#[test]
fn a_long_line_wraps_and_nothing_of_it_is_lost() {
    let text: String = (0..8_500).map(|at| char::from(b'a' + (at % 26) as u8)).collect();
    let mut stage = printed(text.as_bytes());
    let mut card = stage.open(CARD);
    stage.letter(&mut card, 'g');
    let mut read = String::new();
    loop {
        let seen = stage.picture(&card, 160, 24);
        let first = seen.lines().next().unwrap().to_owned();
        read.push_str(&first);
        let before = seen.clone();
        stage.letter(&mut card, 'j');
        if stage.picture(&card, 160, 24) == before {
            read.push_str(&seen.lines().skip(1).take(21).collect::<String>());
            break;
        }
    }
    assert_eq!(read.len(), text.len());
    assert_eq!(read, text);
}

#[test]
fn a_search_finds_letters_of_either_case_forwards_and_backwards() {
    let mut bytes = numbered(400);
    bytes.extend(b"the ERROR is here\n");
    bytes.extend(numbered(400));
    bytes.extend(b"another error\n");
    bytes.extend(numbered(50));
    let mut stage = printed(&bytes);
    let mut card = stage.open(CARD);
    stage.letter(&mut card, '/');
    assert!(card.takes_text(&stage.ctx()));
    stage.submit(&mut card, "error");
    assert!(stage.picture(&card, 80, 24).starts_with("the ERROR is here\n"));
    stage.letter(&mut card, 'n');
    assert!(stage.picture(&card, 80, 24).starts_with("another error\n"));
    assert!(matches!(stage.letter(&mut card, 'n'), Reply::Say(_)), "no third one");
    stage.letter(&mut card, 'N');
    assert!(stage.picture(&card, 80, 24).starts_with("the ERROR is here\n"));
}

#[test]
fn bytes_that_are_not_text_reach_the_terminal_readable() {
    let hostile =
        b"caf\xe9\n\x1b]52;c;eA==\x07title\n\x1b[2J\x1b[1;31mred\x1b[0m\r\nprogress 1\rprogress 2\n\xff\xfe\x00";
    let mut stage = printed(hostile);
    let card = stage.open(CARD);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.chars().all(|letter| letter == '\n' || is_plain(letter)), "{seen:?}");
    for wanted in ["caf\\xe9", "title", "red", "progress 1\nprogress 2", "\\xff\\xfe^@"] {
        assert!(seen.contains(wanted), "{wanted}: {seen}");
    }
}

#[test]
fn a_step_that_printed_nothing_says_so() {
    let mut stage = printed(b"");
    assert!(
        {
            let card = stage.open(CARD);
            stage.picture(&card, 80, 24)
        }
        .contains("has printed nothing so far")
    );
    stage.tell(Event::StepExited {
        step: StepId("build".into()),
        attempt: 1,
        exit: Exit::Code(0),
        took: Duration::from_millis(400),
        drained: Drained::Eof,
        holders: Vec::new(),
    });
    let card = stage.open(CARD);
    assert!(stage.picture(&card, 80, 24).contains("This step printed nothing. exit 0 in 0.4s."));
}

/// A file of a gigabyte that counts what is read of it.
#[derive(Default)]
struct Vast(Cell<u64>);

const VAST: u64 = 1 << 30;

impl Port for Vast {
    fn wish(&mut self, _: Intent, _: Seq) -> Result<u64, String> {
        Err("this is a test".into())
    }

    fn output(&self, _: &StepId, _: Attempt, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.0.set(self.0.get() + range.end - range.start);
        Ok((range.start..range.end).map(|at| if at % 64 == 63 { b'\n' } else { b'x' }).collect())
    }

    fn give_up(&mut self, _: String) {}

    fn role(&self) -> Role {
        Role::Watches
    }
}

#[test]
fn only_the_window_of_a_gigabyte_is_read() {
    let mut stage = printed(b"");
    more(&mut stage, VAST);
    let vast = Vast::default();
    let ctx = Context { port: &vast, ..stage.ctx() };
    let mut card = Overlay::open(CARD, &ctx);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    for code in [KeyCode::PageUp, KeyCode::PageUp, KeyCode::Char('g'), KeyCode::PageDown, KeyCode::Char('G')] {
        terminal.draw(|frame| card.draw(frame, frame.area(), &ctx)).unwrap();
        card.key(KeyEvent::from(code), &ctx);
    }
    assert!(vast.0.get() < 4 << 20, "{} bytes read", vast.0.get());
}

#[test]
fn an_output_that_cannot_be_read_says_why() {
    struct Broken;
    impl Port for Broken {
        fn wish(&mut self, _: Intent, _: Seq) -> Result<u64, String> {
            Err("this is a test".into())
        }
        fn output(&self, _: &StepId, _: Attempt, _: Range<u64>) -> io::Result<Vec<u8>> {
            Err(io::Error::other("disk\x1b gone"))
        }
        fn give_up(&mut self, _: String) {}
        fn role(&self) -> Role {
            Role::Watches
        }
    }
    let stage = printed(b"text");
    let ctx = Context { port: &Broken, ..stage.ctx() };
    let card = Overlay::open(CARD, &ctx);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let drawn = terminal.draw(|frame| card.draw(frame, frame.area(), &ctx)).unwrap();
    let seen: String = drawn.buffer.content().iter().map(|cell| cell.symbol()).collect();
    assert!(seen.contains("The output cannot be read: disk^[ gone"), "{seen}");
}

#[test]
fn y_copies_what_is_on_the_screen() {
    let mut stage = printed(b"one\ntwo\n");
    let mut card = stage.open(CARD);
    assert_eq!(stage.letter(&mut card, 'y'), Reply::Copy("one\ntwo".into()));
}

#[test]
fn the_pager_as_it_looks() {
    let mut stage = printed(b"cloning\n\x1b[32mbuilding\x1b[0m release 42\nwarning: unused\n");
    let card = stage.open(CARD);
    insta::assert_snapshot!("output_80x24", stage.picture(&card, 80, 24));
}

/// One attempt that printed on both streams, and a second one that is under way.
fn tried_twice() -> Stage {
    let mut stage = printed(b"all well\n");
    let id = || StepId("build".into());
    let oops = b"oops\n";
    stage.disk.0.get_mut(&("build".into(), 1)).unwrap().extend(oops);
    stage.tell(Event::Output {
        step: id(),
        attempt: 1,
        extent: Extent {
            stream: Stream::Err,
            off: 9,
            len: oops.len() as u64,
            lines: 1,
            sha256: String::new(),
            masked: Vec::new(),
        },
    });
    let (checks, bound) = (Vec::new(), Vec::new());
    let verdict = crate::model::expect::Verdict::Fail;
    stage.tell(Event::StepJudged { step: id(), attempt: 1, verdict, checks, bound, retry: None, hints: Vec::new() });
    stage.tell(Event::StepStarted {
        step: id(),
        attempt: 2,
        by: maya(),
        typed: None,
        reason: None,
        second: None,
        invocation: None,
        until: None,
    });
    stage.disk.0.insert(("build".into(), 2), b"second try\n".to_vec());
    stage.tell(Event::Output {
        step: id(),
        attempt: 2,
        extent: Extent { stream: Stream::Out, off: 0, len: 11, lines: 1, sha256: String::new(), masked: Vec::new() },
    });
    stage
}

#[test]
fn earlier_attempts_are_paged_and_the_key_line_says_how() {
    let mut stage = tried_twice();
    let mut card = stage.open(CARD);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("second try") && seen.contains("attempt 2 of 2") && seen.contains("[ ] attempt"), "{seen}");
    assert!(matches!(stage.letter(&mut card, ']'), Reply::Say(_)));
    assert_eq!(stage.letter(&mut card, '['), Reply::Stay);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("all well") && !seen.contains("second try"), "{seen}");
    assert!(seen.contains("FAIL") && seen.contains("attempt 1 of 2") && seen.contains("14 bytes"), "{seen}");
    assert!(matches!(stage.letter(&mut card, '['), Reply::Say(_)), "there is none before the first");
    stage.letter(&mut card, ']');
    assert!(stage.picture(&card, 80, 24).contains("second try"));
    let mut once = printed(b"x\n");
    let card = once.open(CARD);
    assert!(!once.picture(&card, 80, 24).contains("[ ]"));
}

#[test]
fn a_line_of_standard_error_has_its_word_and_a_copy_has_none() {
    let mut stage = tried_twice();
    let mut card = stage.open(CARD);
    stage.letter(&mut card, '[');
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.starts_with("all well\nerr oops\n"), "{seen}");
    assert_eq!(stage.letter(&mut card, 'y'), Reply::Copy("all well\noops".into()));
}

//! What is said of a command that still runs: once that it is ready, once that it is spoilt.

use super::*;
use crate::model::step::{Background, Program};

fn contains(text: &str) -> Expect {
    Expect { contains: vec![text.into()], ..Expect::default() }
}

fn lacks(text: &str) -> Expect {
    Expect { lacks: vec![text.into()], ..Expect::default() }
}

fn background(ready: Option<Expect>, expect: Expect) -> Look {
    Look::at(&Command { background: Some(Background { ready }), expect, ..Command::new(Program::Argv(Vec::new())) })
}

fn feed(look: &mut Look, stream: Stream, bytes: &[u8]) -> Option<StepFact> {
    look.feed(stream, bytes, &|_| None, &|text| text.replace("opensesame", "***"))
}

#[test]
fn ready_is_said_once_though_it_came_in_pieces() {
    let mut look = background(Some(contains("listening")), Expect::default());
    assert!(feed(&mut look, Stream::Out, b"starting\nlist").is_none());
    let Some(StepFact::Ready { checks }) = feed(&mut look, Stream::Out, b"ening\n") else { panic!("not ready") };
    assert_eq!(checks.len(), 1);
    assert_eq!((checks[0].want.as_str(), checks[0].ok), ("contains \"listening\"", true));
    assert!(feed(&mut look, Stream::Out, b"listening\n").is_none());
}

#[test]
fn ready_by_a_status_or_by_errors_counts_too() {
    let ways = Expect {
        any_of: vec![Expect { stderr: Some(Box::new(contains("up"))), ..Expect::default() }, contains("ready")],
        ..Expect::default()
    };
    let mut look = background(Some(ways), Expect::default());
    assert!(feed(&mut look, Stream::Out, b"up\n").is_none());
    assert!(matches!(feed(&mut look, Stream::Err, b"up\n"), Some(StepFact::Ready { .. })));
}

#[test]
fn what_must_not_come_is_said_at_once_and_masked_and_only_once() {
    let errors = Expect { stderr: Some(Box::new(lacks("panic"))), ..lacks("ERROR") };
    let mut look = background(None, errors.clone());
    assert!(feed(&mut look, Stream::Out, b"fine\nERR").is_none());
    let Some(StepFact::Spoilt { why }) = feed(&mut look, Stream::Out, b"OR opensesame\n") else { panic!("not said") };
    assert!(why.starts_with("lacks \"ERROR\"") && !why.contains("opensesame"), "{why}");
    assert!(feed(&mut look, Stream::Out, b"ERROR\n").is_none());
    let mut look = background(None, errors);
    assert!(matches!(feed(&mut look, Stream::Err, b"panic\n"), Some(StepFact::Spoilt { .. })));
}

#[test]
fn lines_that_are_known_spoil_nothing() {
    let known = crate::model::expect::Except { matches: "^ERROR 41".into(), because: "ticket 41".into() };
    let mut look = background(None, Expect { except: vec![known], ..lacks("ERROR") });
    assert!(feed(&mut look, Stream::Out, b"ERROR 41\n").is_none());
    assert!(matches!(feed(&mut look, Stream::Out, b"ERROR 42\n"), Some(StepFact::Spoilt { .. })));
}

#[test]
fn a_line_is_known_only_when_it_is_whole() {
    let known = crate::model::expect::Except { matches: "^ERROR 41$".into(), because: "ticket 41".into() };
    let mut look = background(None, Expect { except: vec![known], ..lacks("ERROR") });
    assert!(feed(&mut look, Stream::Out, b"ERROR 4").is_none());
    assert!(feed(&mut look, Stream::Out, b"1\n").is_none());
}

#[test]
fn a_command_that_is_waited_for_is_judged_at_its_end_alone() {
    let mut look = Look::at(&Command { expect: lacks("ERROR"), ..Command::new(Program::Argv(Vec::new())) });
    assert!(feed(&mut look, Stream::Out, b"ERROR\n").is_none());
    assert!(look.printed.is_empty());
}

#[test]
fn a_flood_is_looked_at_in_its_newest_part_and_kept_small() {
    let mut look = background(Some(contains("ready")), Expect::default());
    for _ in 0..8 {
        assert!(feed(&mut look, Stream::Out, &[b'x'; 100_000]).is_none());
        assert!(look.printed.len() <= KEPT);
    }
    assert!(matches!(feed(&mut look, Stream::Out, b"ready"), Some(StepFact::Ready { .. })));
}

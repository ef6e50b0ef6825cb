//! The card of `:amend FILE`: what it shows before it asks, what it refuses, and the wish that it makes.

use super::Overlay;
use super::stage::{Stage, step};
use crate::model::amend::{DiffLine, Proposal};
use crate::model::intent::{Intent, Typed};
use crate::tui::context::{Amending, Card, Reply};
use crossterm::event::{KeyCode, KeyEvent};

fn proposal(second: bool) -> Proposal {
    let lines = (0..60).map(|at| DiffLine::In(format!("line {at} \u{1b}[31m"))).collect();
    Proposal {
        path: "/srv/mended.yaml".into(),
        sha256: "ab".repeat(32),
        counted: "step: 1 changed".into(),
        steps: vec!["changed: 2.1 Broken [C0]".into()],
        lines,
        second,
    }
}

fn open(stage: &Stage, found: Result<Proposal, Vec<String>>) -> Overlay {
    let card = Card::Amend(Box::new(Amending { file: "mended.yaml".into(), found }));
    Overlay::open(card, &stage.ctx())
}

fn typed(card: &mut Overlay, stage: &Stage, text: &str) -> Reply {
    for letter in text.chars() {
        card.key(KeyEvent::from(KeyCode::Char(letter)), &stage.ctx());
    }
    card.key(KeyEvent::from(KeyCode::Enter), &stage.ctx())
}

#[test]
fn nothing_is_asked_before_the_last_line_was_on_the_screen() {
    let stage = Stage::of(vec![step("a", "1.1", "A")]).started(&[]);
    let mut card = open(&stage, Ok(proposal(false)));
    let drawn = stage.picture(&card, 80, 24);
    assert!(drawn.contains("Read to the last line first") && drawn.contains("line 0"), "{drawn}");
    assert!(!drawn.contains('\u{1b}'), "{drawn}");
    assert!(!card.takes_text(&stage.ctx()));
    let reply = typed(&mut card, &stage, "amend");
    assert!(matches!(reply, Reply::Say(_)), "{reply:?}");
    card.key(KeyEvent::from(KeyCode::Char('G')), &stage.ctx());
    let drawn = stage.picture(&card, 80, 24);
    assert!(drawn.contains("line 59") && drawn.contains("Type  amend  to amend the runbook"), "{drawn}");
}

#[test]
fn the_wish_has_the_hash_that_was_shown_the_word_why_and_whose_word_it_is() {
    let stage = Stage::of(vec![step("a", "1.1", "A")]).started(&[]);
    let mut card = open(&stage, Ok(proposal(true)));
    stage.picture(&card, 80, 24);
    card.key(KeyEvent::from(KeyCode::Char('G')), &stage.ctx());
    stage.picture(&card, 80, 24);
    assert_eq!(typed(&mut card, &stage, "amen"), Reply::Stay, "not the word");
    card.key(KeyEvent::from(KeyCode::Char('d')), &stage.ctx());
    card.key(KeyEvent::from(KeyCode::Enter), &stage.ctx());
    assert_eq!(typed(&mut card, &stage, "the mirror moved"), Reply::Stay);
    assert_eq!(typed(&mut card, &stage, "ana"), Reply::Stay, "a second person is asked for");
    let reply = typed(&mut card, &stage, "jlee");
    let Reply::Wish(Intent::Amend { path, sha256, name, typed }) = reply else { panic!("{reply:?}") };
    assert_eq!((path.as_str(), sha256, name.as_str()), ("/srv/mended.yaml", "ab".repeat(32), "ana"));
    let (text, reason, second) = (Some("amend".into()), Some("the mirror moved".into()), Some("jlee".into()));
    assert_eq!(typed, Typed { text, reason, second });
}

#[test]
fn what_may_not_be_taken_says_every_reason_and_asks_nothing() {
    let stage = Stage::of(vec![step("a", "1.1", "A")]).started(&[]);
    let reasons = vec!["1.1 A has an attempt (ok): it would be another".into(), "a role would be another".into()];
    let mut card = open(&stage, Err(reasons));
    let drawn = stage.picture(&card, 80, 24);
    assert!(drawn.contains("1.1 A has an attempt") && drawn.contains("a role would be another"), "{drawn}");
    assert!(!card.takes_text(&stage.ctx()));
    assert_eq!(typed(&mut card, &stage, "amend"), Reply::Stay);
    assert_eq!(card.key(KeyEvent::from(KeyCode::Esc), &stage.ctx()), Reply::Close);
}

//! What must stay true of typing on a card: what was typed can be mended, cleared, and is not lost to one key.

use crate::model::ids::StepIx;
use crate::model::step::Effect;
use crate::tui::context::{Card, Reply};
use crate::tui::overlays::Overlay;
use crate::tui::overlays::stage::{Stage, run, step};
use crossterm::event::KeyCode;

const CARD: Card = Card::Run(StepIx(0));

/// A step that takes its number.
fn production() -> Stage {
    let mut planned = step("switch", "4b.1", "Switch reads to the new index");
    planned.work = run("./switch new");
    planned.effect = Effect::Production;
    Stage::of(vec![planned]).started(&[])
}

#[test]
fn control_u_clears_the_typed_text_on_a_card() {
    let mut stage = production();
    let mut card = stage.open(CARD);
    stage.submit(&mut card, "4b.2 no");
    assert!(stage.picture(&card, 80, 24).contains("That is not  4b.1"));
    stage.control(&mut card, 'w');
    stage.control(&mut card, 'u');
    assert!(matches!(stage.submit(&mut card, "4b.1"), Reply::Wish(_)));
    let mut card = stage.open(CARD);
    for letter in "xb.1".chars() {
        stage.letter(&mut card, letter);
    }
    stage.key(&mut card, KeyCode::Home);
    stage.key(&mut card, KeyCode::Delete);
    stage.letter(&mut card, '4');
    stage.key(&mut card, KeyCode::End);
    assert!(matches!(stage.key(&mut card, KeyCode::Enter), Reply::Wish(_)));
}

#[test]
fn escape_asks_once_before_it_drops_what_was_typed() {
    let mut stage = production();
    let mut card = stage.open(CARD);
    stage.letter(&mut card, '4');
    let asked = stage.key(&mut card, KeyCode::Esc);
    assert_eq!(asked, Reply::Say("esc again drops what was typed.".into()));
    assert!(stage.picture(&card, 80, 24).contains("esc again drops"));
    stage.letter(&mut card, 'b');
    assert!(matches!(stage.key(&mut card, KeyCode::Esc), Reply::Say(_)), "typed on: asked anew");
    assert_eq!(stage.key(&mut card, KeyCode::Esc), Reply::Close);
    let mut empty = stage.open(CARD);
    assert_eq!(stage.key(&mut empty, KeyCode::Esc), Reply::Close, "nothing to lose");
}

#[test]
fn every_card_that_takes_text_asks_before_it_drops_it() {
    use crate::tui::context::ReasonFor;
    for card in
        [Card::Start, Card::Note(None), Card::Reason(ReasonFor::Abort), Card::Reason(ReasonFor::Skip(StepIx(0)))]
    {
        let mut stage = production();
        let mut overlay: Overlay = stage.open(card.clone());
        stage.letter(&mut overlay, 'x');
        assert!(matches!(stage.key(&mut overlay, KeyCode::Esc), Reply::Say(_)), "{card:?}");
        assert_eq!(stage.key(&mut overlay, KeyCode::Esc), Reply::Close, "{card:?}");
    }
}

//! What must stay true of answering: a bare tick only where nothing can be read off, values judged by the conductor, secrets
//! never on the screen.

use crate::model::decide::Reading;
use crate::model::event::{Answer, Event};
use crate::model::expect::Check;
use crate::model::ids::{StepId, StepIx, VarName};
use crate::model::intent::Intent;
use crate::model::step::{Choice, Item, Place, Question, Work};
use crate::tui::context::{Card, ReasonFor, Reply};
use crate::tui::overlays::stage::{Stage, maya, step};
use crossterm::event::KeyCode;

const CARD: Card = Card::Answer { step: StepIx(0), item: 0 };

fn items(evidence: [bool; 3]) -> Stage {
    let mut planned = step("look", "3.2", "Soft auth still works");
    let item = |(place, evidence): (usize, &bool)| Item {
        expect: None,
        evidence: *evidence,
        ..Item::new(format!("Statement {}", place + 1))
    };
    planned.work = Work::Check(evidence.iter().enumerate().map(item).collect());
    Stage::of(vec![planned]).started(&[])
}

fn question(secret: bool) -> Stage {
    let mut planned = step("sent", "4.1", "Messages sent");
    let asked = Question {
        text: "How many of 20 were sent?".into(),
        expect: None,
        out_of: Some(20),
        into: Some(VarName("SENT".into())),
        secret,
    };
    planned.work = if secret { Work::Ask(asked) } else { Work::Measure(asked) };
    Stage::of(vec![planned]).started(&[])
}

fn reading(ok: bool) -> Reading {
    Reading {
        saw: "18/20".into(),
        checks: vec![Check { want: ">= 95%".into(), saw: "18/20 = 90.0 %".into(), ok }],
        ok,
        bound: Vec::new(),
    }
}

#[test]
fn a_value_that_was_refused_is_asked_again_with_the_reason() {
    let mut stage = question(false);
    let mut card = stage.open(CARD);
    assert!(matches!(stage.submit(&mut card, "o5"), Reply::Ask(_)));
    assert!(stage.picture(&card, 80, 24).contains("Asked, writing"));
    card.not_taken("\"o5\" is not a whole number");
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("Not taken: \"o5\" is not a whole number.") && !seen.contains("writing"), "{seen}");
    assert!(matches!(stage.submit(&mut card, "5"), Reply::Ask(_)), "the field is there again");
}

#[test]
fn a_statement_is_ticked_by_space_and_the_next_one_is_marked() {
    let mut stage = items([false, false, false]);
    let mut card = stage.open(CARD);
    assert!(matches!(stage.key(&mut card, KeyCode::Enter), Reply::Say(_)), "enter ticks nothing");
    for place in 0..3 {
        let reply = stage.letter(&mut card, ' ');
        let (Reply::Ask(Intent::Answer { item, .. }) | Reply::Wish(Intent::Answer { item, .. })) = &reply else {
            panic!("{reply:?}")
        };
        assert_eq!(*item, place);
        assert_eq!(matches!(reply, Reply::Wish(_)), place == 2, "the last one closes the card");
        stage.take(&reply);
    }
    assert!(card.is_over(&stage.ctx()));
}

#[test]
fn where_evidence_is_asked_a_bare_tick_is_not_taken() {
    let mut stage = items([true, false, false]);
    let mut card = stage.open(CARD);
    assert_eq!(stage.letter(&mut card, ' '), Reply::Stay);
    assert!(card.takes_text(&stage.ctx()));
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "nothing is typed");
    assert_eq!(card.paste("status: active\n", &stage.ctx()), Reply::Stay);
    let reply = stage.key(&mut card, KeyCode::Enter);
    let Reply::Ask(Intent::Answer { saw, answer, .. }) = &reply else { panic!("{reply:?}") };
    assert_eq!((saw.as_str(), *answer), ("status: active", Answer::Ok));
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn failed_and_not_applicable_cost_a_reason() {
    for (letter, wanted) in [('f', Answer::Failed), ('n', Answer::NotApplicable)] {
        let mut stage = items([false, false, false]);
        let mut card = stage.open(CARD);
        stage.letter(&mut card, letter);
        assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay);
        let reply = stage.submit(&mut card, "login page is down");
        let Reply::Ask(Intent::Answer { answer, .. }) = &reply else { panic!("{reply:?}") };
        assert_eq!(*answer, wanted);
        assert!(stage.decide(&reply, None).is_ok());
    }
}

#[test]
fn escape_leaves_the_typing_first_and_the_card_then() {
    let mut stage = items([false, false, false]);
    let mut card = stage.open(CARD);
    stage.letter(&mut card, 'f');
    assert_eq!(stage.key(&mut card, KeyCode::Esc), Reply::Stay);
    assert_eq!(stage.key(&mut card, KeyCode::Esc), Reply::Close);
}

#[test]
fn a_value_that_does_not_hold_is_shown_as_judged_and_can_be_read_again_or_accepted() {
    let mut stage = question(false);
    let mut card = stage.open(CARD);
    assert!(stage.picture(&card, 80, 24).contains("How many of 20 were sent?  _"));
    let reply = stage.submit(&mut card, "18");
    let Reply::Ask(Intent::Value { value, .. }) = &reply else { panic!("{reply:?}") };
    assert_eq!(value.reveal(), "18");
    assert!(stage.picture(&card, 80, 24).contains("Asked, writing"), "not judged before its record");
    for event in stage.decide(&reply, Some(reading(false))).unwrap() {
        stage.tell(event);
    }
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("18/20 = 90.0 %, needs >= 95%: FAIL"), "{seen}");
    let accept = Card::Reason(ReasonFor::Accept(StepIx(0)));
    assert_eq!(stage.letter(&mut card, 'v'), Reply::Open(accept));
    stage.letter(&mut card, 'e');
    let reply = stage.submit(&mut card, "19");
    for event in stage.decide(&reply, Some(reading(true))).unwrap() {
        stage.tell(event);
    }
    assert!(card.is_over(&stage.ctx()));
}

#[test]
fn a_secret_is_never_on_the_screen() {
    let mut stage = question(true);
    let mut card = stage.open(CARD);
    for letter in "hunter22".chars() {
        stage.letter(&mut card, letter);
        assert!(!stage.picture(&card, 80, 24).contains("hun"));
    }
    assert!(stage.picture(&card, 80, 24).contains("********_"));
    assert!(!format!("{card:?}").contains("hunter"));
    let reply = stage.key(&mut card, KeyCode::Enter);
    let Reply::Ask(Intent::Value { value, .. }) = &reply else { panic!("{reply:?}") };
    assert_eq!(value.reveal(), "hunter22");
    assert!(!stage.picture(&card, 80, 24).contains("****"), "the field is empty again");
}

#[test]
fn an_exclamation_mark_in_a_text_is_text() {
    let mut stage = items([true, false, false]);
    let mut card = stage.open(CARD);
    assert_eq!(stage.letter(&mut card, '!'), Reply::Open(Card::RollBack));
    stage.letter(&mut card, ' ');
    assert_eq!(stage.letter(&mut card, '!'), Reply::Stay);
}

fn choice() -> Stage {
    let mut choose = step("way", "2.2", "How to move reads");
    let mut slow = step("slow", "2.2a.1", "Ten percent first");
    slow.place = Place::Choice { choose: StepIx(0), option: 0 };
    choose.work = Work::Choose {
        text: "All at once, or slowly?".into(),
        options: vec![
            Choice::new("slowly".into(), "Slowly".into(), vec![StepIx(1)]),
            Choice::new("at-once".into(), "At once".into(), Vec::new()),
        ],
    };
    let mut stage = Stage::of(vec![choose, slow]).started(&[]);
    stage.tell(Event::StepStarted {
        step: StepId("way".into()),
        attempt: 1,
        by: maya(),
        typed: None,
        reason: None,
        second: None,
        invocation: None,
        until: None,
    });
    stage
}

#[test]
fn nothing_is_chosen_until_a_way_is_marked_and_y_takes_it() {
    let mut stage = choice();
    let mut card = stage.open(Card::Choose(StepIx(0)));
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)));
    stage.letter(&mut card, '2');
    assert!(matches!(stage.key(&mut card, KeyCode::Enter), Reply::Say(_)));
    assert!(matches!(stage.letter(&mut card, '3'), Reply::Say(_)));
    let reply = stage.letter(&mut card, 'y');
    let Reply::Wish(Intent::Choose { option, .. }) = &reply else { panic!("{reply:?}") };
    assert_eq!(option, "at-once");
    stage.take(&reply);
    assert!(card.is_over(&stage.ctx()));
}

#[test]
fn answers_as_they_look() {
    let mut stage = items([false, true, false]);
    let mut card = stage.open(CARD);
    let reply = stage.letter(&mut card, 'y');
    stage.take(&reply);
    insta::assert_snapshot!("answer_80x24", stage.picture(&card, 80, 24));
    let mut stage = choice();
    let mut card = stage.open(Card::Choose(StepIx(0)));
    stage.letter(&mut card, '1');
    insta::assert_snapshot!("choose_80x24", stage.picture(&card, 80, 24));
}

#[test]
fn an_example_of_an_answer_is_within_its_range() {
    for (of, wanted) in [(5, "4 and 4/5 are the same"), (20, "19 and 19/20 are the same"), (1, "1 and 1/1 are")] {
        let mut stage = question(false);
        let Work::Measure(asked) = &mut stage.plan.steps[0].work else { panic!() };
        asked.out_of = Some(of);
        let card = stage.open(CARD);
        let seen = stage.picture(&card, 80, 24);
        assert!(seen.contains(wanted), "{seen}");
    }
}

//! What must stay true of the stop and roll-back cards: three keys for what loses nothing, words and reasons for the rest.
//!
//! The levels run what `RunState::level_path` says of a run in which something was really done.

use crate::model::event::{Event, StopHow};
use crate::model::ids::{StepId, StepIx};
use crate::model::intent::Intent;
use crate::model::plan::Undo;
use crate::model::state::StepStatus;
use crate::model::step::{Effect, Place};
use crate::tui::context::{Card, Reply};
use crate::tui::overlays::Overlay;
use crate::tui::overlays::stage::{Stage, level, maya, run, step};
use crossterm::event::KeyCode;

/// `2.1` was started; `level-1` switches back, `level-2` loses data and is barred by `2.1`.
fn switched() -> Stage {
    let mut switch = step("switch", "2.1", "Switch reads");
    switch.effect = Effect::Production;
    switch.work = run("./switch new");
    switch.undo = vec![StepIx(1)];
    let mut undo = step("switch.undo", "2.1u", "Switch reads back");
    undo.place = Place::Undo(StepIx(0));
    undo.work = run("./switch old");
    let mut restore = step("level-2.restore", "L2.1", "Restore the database");
    restore.place = Place::Level(1);
    restore.work = run("pg_restore --clean backup.dump");
    let mut mild = level("level-1", "Reads back to the old index", Vec::new());
    mild.undo = Undo::All;
    let mut hard = level("level-2", "Restore", vec![StepIx(2)]);
    hard.loses = Some("all calls since 15:00".into());
    hard.until = Some(StepIx(0));
    let mut stage = Stage::of(vec![switch, undo, restore]).with_levels(vec![mild, hard]).started(&[]);
    stage.tell(started("switch"));
    stage.pass(120_000);
    stage
}

fn started(id: &str) -> Event {
    Event::StepStarted {
        step: StepId(id.into()),
        attempt: 1,
        by: maya(),
        typed: None,
        reason: None,
        second: None,
        invocation: None,
        until: None,
    }
}

#[test]
fn three_keys_take_a_level_that_loses_nothing_at_once_and_in_order() {
    let stage = switched();
    let mut card = Overlay::open(Card::RollBack, &stage.ctx());
    assert_eq!(stage.letter(&mut card, '1'), Reply::Stay);
    let reply = stage.letter(&mut card, 'y');
    let Reply::Wish(Intent::RollBack { level, .. }) = &reply else { panic!("{reply:?}") };
    assert_eq!(level.as_str(), "level-1");
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn y_without_a_level_and_enter_take_nothing() {
    let mut stage = switched();
    let mut card = stage.open(Card::RollBack);
    assert_eq!(stage.letter(&mut card, 'y'), Reply::Stay);
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay);
    stage.letter(&mut card, '1');
    assert!(matches!(stage.key(&mut card, KeyCode::Enter), Reply::Say(_)));
    assert!(matches!(stage.letter(&mut card, '7'), Reply::Say(_)), "no such level");
}

#[test]
fn a_level_that_loses_something_takes_its_name_and_a_reason_after_three_seconds() {
    let mut stage = switched();
    let mut card = stage.open(Card::RollBack);
    stage.letter(&mut card, '2');
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("DESTRUCTIVE: loses all calls since 15:00"), "{seen}");
    assert!(seen.contains("pg_restore --clean backup.dump"));
    stage.pass(2_900);
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)), "its 3 s");
    stage.pass(200);
    assert_eq!(stage.submit(&mut card, "level-1"), Reply::Stay, "another level's name");
    for _ in 0..7 {
        stage.key(&mut card, KeyCode::Backspace);
    }
    assert_eq!(stage.submit(&mut card, "level-2"), Reply::Stay);
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "no reason");
    assert!(stage.picture(&card, 80, 24).contains("Past its point of no return"));
    let reply = stage.submit(&mut card, "data is corrupt");
    assert!(stage.decide(&reply, None).is_ok(), "{reply:?}");
}

#[test]
fn a_level_that_destroys_is_not_taken_before_its_last_command_was_on_the_screen() {
    let mut stage = switched();
    let lines: Vec<String> = (1..60).map(|line| format!("restore part-{line}")).collect();
    stage.plan.steps[2].work = run(&lines.join("\n"));
    let mut card = stage.open(Card::RollBack);
    stage.letter(&mut card, '2');
    stage.picture(&card, 80, 24);
    stage.pass(5_000);
    assert!(matches!(stage.letter(&mut card, 'l'), Reply::Say(_)));
    for _ in 0..6 {
        stage.key(&mut card, KeyCode::PageDown);
        stage.picture(&card, 80, 24);
    }
    assert!(card.takes_text(&stage.ctx()));
}

#[test]
fn a_level_that_is_not_offered_asks_its_name_and_why_and_a_y_too_many_is_no_reason() {
    let mut stage = switched();
    stage.plan.levels[1].loses = Some("nothing".into());
    let id = stage.plan.levels[1].id.0.clone();
    let mut card = stage.open(Card::RollBack);
    stage.letter(&mut card, '2');
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)));
    assert!(!matches!(stage.key(&mut card, KeyCode::Enter), Reply::Wish(_)));
    for _ in 0..6 {
        stage.key(&mut card, KeyCode::PageDown);
        stage.picture(&card, 80, 24);
    }
    stage.pass(4_000);
    assert!(!matches!(stage.submit(&mut card, "y"), Reply::Wish(_)), "its name is asked first");
    let mut card = stage.open(Card::RollBack);
    stage.letter(&mut card, '2');
    for _ in 0..6 {
        stage.key(&mut card, KeyCode::PageDown);
        stage.picture(&card, 80, 24);
    }
    stage.pass(4_000);
    assert!(!matches!(stage.submit(&mut card, &id), Reply::Wish(_)));
    let reply = stage.submit(&mut card, "the only way left");
    let Reply::Wish(Intent::RollBack { typed, .. }) = &reply else { panic!("{reply:?}") };
    assert_eq!((typed.text.as_deref(), typed.reason.as_deref()), (Some(id.as_str()), Some("the only way left")));
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn a_level_that_no_longer_fits_says_so() {
    let mut stage = switched();
    stage.pass(12_600_000);
    let card = stage.open(Card::RollBack);
    assert!(stage.picture(&card, 80, 24).contains("can no longer finish by 18:30"));
}

#[test]
fn a_plan_without_levels_says_what_is_left() {
    let mut stage = Stage::of(vec![step("a", "1.1", "A")]).started(&[]);
    let mut card = stage.open(Card::RollBack);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("This plan names no rollback. ^C stops the step; p holds."), "{seen}");
    let reply = stage.letter(&mut card, 'p');
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn a_level_with_nothing_to_undo_is_not_taken() {
    let mut stage = switched();
    stage.state.steps[0].status = StepStatus::Skipped;
    let mut card = stage.open(Card::RollBack);
    assert!(stage.picture(&card, 80, 24).contains("Nothing to undo"));
    assert!(matches!(stage.letter(&mut card, '1'), Reply::Say(_)));
    assert_eq!(stage.letter(&mut card, 'y'), Reply::Stay);
}

#[test]
fn the_stop_card_takes_its_keys_at_once_and_a_second_control_c_does_nothing() {
    let stage = switched();
    for (letter, wanted) in [('i', StopHow::Interrupt), ('t', StopHow::Terminate), ('k', StopHow::Kill)] {
        let mut card = Overlay::open(Card::Stop, &stage.ctx());
        assert_eq!(stage.control(&mut card, 'c'), Reply::Stay);
        let reply = stage.letter(&mut card, letter);
        let Reply::Wish(Intent::Stop { how, .. }) = &reply else { panic!("{reply:?}") };
        assert_eq!(*how, wanted);
        assert!(stage.decide(&reply, None).is_ok());
    }
    let mut card = Overlay::open(Card::Stop, &stage.ctx());
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay);
    assert_eq!(stage.letter(&mut card, '!'), Reply::Open(Card::RollBack));
}

#[test]
fn the_stop_card_says_when_a_second_request_skips_the_grace() {
    let mut stage = switched();
    let mut card = stage.open(Card::Stop);
    assert!(stage.picture(&card, 80, 24).contains("5 s grace"));
    let reply = stage.letter(&mut card, 't');
    stage.take(&reply);
    let card = stage.open(Card::Stop);
    assert!(stage.picture(&card, 80, 24).contains("terminate again: no more grace, KILL now"));
}

#[test]
fn a_stop_with_nothing_running_stops_nothing() {
    let mut stage = Stage::of(vec![step("a", "1.1", "A")]).started(&[]);
    let mut card = stage.open(Card::Stop);
    assert!(matches!(stage.letter(&mut card, 'k'), Reply::Say(_)));
}

#[test]
fn stop_and_roll_back_as_they_look() {
    let mut stage = switched();
    let card = stage.open(Card::Stop);
    insta::assert_snapshot!("stop_80x24", stage.picture(&card, 80, 24));
    let mut card = stage.open(Card::RollBack);
    insta::assert_snapshot!("roll_back_80x24", stage.picture(&card, 80, 24));
    insta::assert_snapshot!("roll_back_160x48", stage.picture(&card, 160, 30));
    stage.letter(&mut card, '2');
    stage.picture(&card, 80, 24);
    stage.pass(3_000);
    insta::assert_snapshot!("roll_back_level_80x24", stage.picture(&card, 80, 24));
}

#[test]
fn the_t_of_the_card_is_the_headers() {
    let mut stage = Stage::of(vec![step("a", "1.1", "A")]);
    let card = stage.open(Card::RollBack);
    assert!(!stage.picture(&card, 80, 24).contains("T+"), "the header says: not started");
    let mut stage = stage.started(&[]);
    for (passed, wanted) in [(12_000_u64, "T+12s"), (50 * 60_000, "T+50m"), (26 * 3_600_000, "T+1d 02h")] {
        stage.pass(passed);
        let t = crate::model::schedule::t_clock(&stage.state, stage.now).map(crate::tui::words::t_words).unwrap();
        assert!(t.starts_with(wanted), "{t}");
        let seen = stage.picture(&card, 80, 24);
        assert!(seen.contains(&format!(" {t}\n")), "{t}: {seen}");
    }
}

#[test]
fn what_was_done_without_a_way_back_is_listed_only_where_that_matters() {
    let bare = |undo: Undo, owes: bool| {
        let mut change = step("change", "2.1", "Change");
        change.effect = Effect::Changes;
        change.work = run("./change");
        let mut tidy = step("tidy", "2.2", "Tidy up");
        tidy.effect = Effect::Changes;
        if owes {
            change.owes = vec![StepIx(1)];
        }
        let mut back = step("level-1.back", "L1.1", "Back");
        back.place = Place::Level(0);
        let mut mild = level("level-1", "Back", vec![StepIx(2)]);
        mild.undo = undo;
        let mut stage = Stage::of(vec![change, tidy, back]).with_levels(vec![mild]).started(&[]);
        stage.tell(started("change"));
        let card = stage.open(Card::RollBack);
        stage.picture(&card, 80, 24).contains("without a way back")
    };
    assert!(bare(Undo::All, false), "a level that undoes all leaves it as it is");
    assert!(!bare(Undo::All, true), "what is owed puts it right");
    assert!(!bare(Undo::Nothing, false), "the level's own commands say what they take back");
}

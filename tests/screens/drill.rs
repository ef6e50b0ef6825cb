//! A drill on the screens: each of them says that it is one, and nothing claims that something runs or asks why it is early.

use crate::stage::*;
use crossterm::event::KeyCode;
use tminus::model::signed::Realm;
use tminus::tui::words::next_line;

fn drill() -> Stage {
    Stage { realm: Realm::Drill, ..Stage::new() }
}

#[test]
fn every_screen_and_card_of_a_drill_says_that_it_is_one_in_whatever_room() {
    let opened: [(&str, &[KeyCode]); 10] = [
        ("the list", &[]),
        ("a step in full", &[KeyCode::Char('2')]),
        ("the log", &[KeyCode::Char('5')]),
        ("what is watched", &[KeyCode::Char('w')]),
        ("a run card", &[KeyCode::Char('r')]),
        ("the ways back", &[KeyCode::Char('!')]),
        ("help", &[KeyCode::Char('?')]),
        ("the palette", &[KeyCode::Char(':')]),
        ("a note", &[KeyCode::Char('c')]),
        ("an output", &[KeyCode::Home, KeyCode::Down, KeyCode::Char('o')]),
    ];
    for (what, keys) in opened {
        let mut stage = drill().in_phase_two();
        keys.iter().for_each(|key| drop(stage.key(*key)));
        for (width, height) in [(160, 48), (120, 40), (80, 24), (58, 20), (40, 10), (30, 6), (20, 3)] {
            let seen = stage.picture(width, height);
            assert!(seen.contains("DRILL"), "{what}, {width}x{height}:\n{seen}");
        }
    }
}

#[test]
fn the_start_card_of_a_drill_says_that_nothing_is_executed() {
    let stage = drill().begun();
    for (width, height) in [(160, 48), (80, 24)] {
        let seen = stage.picture(width, height);
        let flat: String = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(seen.contains("A drill of") && flat.contains("nothing is executed"), "{seen}");
        assert!(!seen.contains("This will run") && !seen.contains("commands run as"), "{seen}");
    }
}

#[test]
fn in_a_drill_nothing_is_early_late_or_said_to_run() {
    let mut stage = drill().in_phase_two();
    let next = next_line(&stage.plan, stage.app.state(), stage.now);
    assert_eq!(next, "r, then its number typed, runs 2.1 Deploy backend with flags OFF (acts on production).");
    assert!(Stage::new().in_phase_two().picture(120, 40).contains("slip"), "a run has one");
    let seen = stage.picture(120, 40);
    assert!(!seen.contains("slip") && !seen.contains("maya@jump2"), "{seen}");
    stage.letters("r");
    let card = stage.picture(120, 40);
    assert!(card.contains("A drill: nothing of this runs") && !card.contains("Will run"), "{card}");
}

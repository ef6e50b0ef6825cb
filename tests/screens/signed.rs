//! Every screen says who signs: that nobody does, that the key proves little, that acts are not signed since when.

use crate::stage::*;
use crossterm::event::KeyCode;
use tminus::model::event::Event;

fn stage(signed: (&'static str, &'static str)) -> Stage {
    Stage { signed, ..Stage::new() }.in_phase_two()
}

#[test]
fn every_screen_says_that_nobody_signs_or_that_the_key_was_made_by_tminus() {
    let opened: [(&str, &[KeyCode]); 9] = [
        ("the list", &[]),
        ("a step in full", &[KeyCode::Char('2')]),
        ("the log", &[KeyCode::Char('5')]),
        ("what is watched", &[KeyCode::Char('w')]),
        ("a run card", &[KeyCode::Char('r')]),
        ("the ways back", &[KeyCode::Char('!')]),
        ("help", &[KeyCode::Char('?')]),
        ("the palette", &[KeyCode::Char(':')]),
        ("an output", &[KeyCode::Home, KeyCode::Down, KeyCode::Char('o')]),
    ];
    for (origin, word) in [("none", "UNSIGNED"), ("self-made", "SELF-MADE KEY")] {
        for (what, keys) in opened {
            let mut stage = stage((origin, "-"));
            keys.iter().for_each(|key| drop(stage.key(*key)));
            for (width, height) in [(160, 48), (120, 40), (80, 24), (58, 20), (40, 10)] {
                let seen = stage.picture(width, height);
                assert!(seen.contains(word), "{what}, {width}x{height}:\n{seen}");
            }
        }
    }
    assert!(!stage(("agent", "-")).picture(120, 40).contains("UNSIGNED"));
}

#[test]
fn the_header_says_since_when_acts_are_not_signed_until_they_are() {
    let mut stage = stage(("agent", "armored"));
    let seen = stage.picture(120, 40);
    assert!(seen.contains("journal ok"), "{seen}");
    stage.pass(60);
    stage.tell(Event::Paused { by: person("maya") });
    assert!(stage.picture(120, 40).contains("journal ok"), "a signature takes its moment");
    stage.pass(5);
    let at = "unsigned since 15:09";
    for (width, height) in [(160, 48), (120, 40), (80, 24), (58, 20), (40, 10)] {
        let seen = stage.picture(width, height);
        assert!(seen.contains(at) && !seen.contains("journal ok"), "{width}x{height}:\n{seen}");
    }
    // The signature comes with the next checkpoint behind it.
    let run = stage.app.state().facts.as_ref().unwrap().run.clone();
    let text = tminus::model::signed::SignedText::new("ckpt", stage.realm, &run);
    let text = text.with("part", 1).with("records", 9).with("bytes", 99).with("sha256", "aa").encode();
    stage.tell(Event::Ckpt { text, sig: "x".into() });
    let (_, text) = stage.app.state().barriers.wanted().unwrap();
    stage.tell(Event::BarrierSigned { text, sig: "x".into() });
    let seen = stage.picture(120, 40);
    assert!(seen.contains("journal ok") && !seen.contains("unsigned"), "{seen}");
}

//! Every state by its word: in `mono`, where colour says nothing, no two states read the same.

use crate::stage::*;
use std::collections::HashMap;
use tminus::model::event::{Event, Settled};
use tminus::model::expect::{Check, Verdict};
use tminus::tui::theme::Glyphs;

/// A stage in which 2.1 stands as its name says.
fn standing(word: &str, glyphs: Glyphs) -> Stage {
    let mut stage = Stage::of(RUNBOOK, theme("mono", glyphs)).in_phase_two();
    let settle = |stage: &mut Stage, how: Settled, attempt: u32| {
        stage.tell(Event::StepSettled {
            step: "deploy".into(),
            attempt,
            how,
            reason: "because".into(),
            by: person("maya"),
        });
    };
    let judge = |stage: &mut Stage, verdict: Verdict| {
        stage.start("deploy");
        stage.pass(5);
        let checks = vec![Check { want: "exit 0".into(), saw: "exit 0".into(), ok: true }];
        stage.tell(Event::StepJudged {
            step: "deploy".into(),
            attempt: 1,
            verdict,
            checks,
            bound: Vec::new(),
            retry: None,
            hints: Vec::new(),
        });
    };
    match word {
        "next" => {}
        "HOLD" => stage.tell(Event::Held { reason: String::new(), by: person("maya") }),
        "RUN" => stage.start("deploy"),
        "ok" => judge(&mut stage, Verdict::Ok),
        "late" => stage.ran("deploy", 700, "deployed\n"),
        "FAIL" => judge(&mut stage, Verdict::Fail),
        "time" => judge(&mut stage, Verdict::Time),
        "stop" => judge(&mut stage, Verdict::Stop),
        "?" => judge(&mut stage, Verdict::Unknown),
        "skip" => settle(&mut stage, Settled::Skipped, 0),
        "n/a" => settle(&mut stage, Settled::NotApplicable, 0),
        "hand" => settle(&mut stage, Settled::Hand, 0),
        "over" => {
            judge(&mut stage, Verdict::Fail);
            settle(&mut stage, Settled::Over, 1);
        }
        "back" => {
            judge(&mut stage, Verdict::Ok);
            stage.start("deploy.undo");
            let checks = Vec::new();
            stage.tell(Event::StepJudged {
                step: "deploy.undo".into(),
                attempt: 1,
                verdict: Verdict::Ok,
                checks,
                bound: Vec::new(),
                retry: None,
                hints: Vec::new(),
            });
        }
        other => panic!("no way to {other}"),
    }
    stage
}

#[test]
fn no_two_states_read_the_same_without_colour() {
    let words =
        ["next", "HOLD", "RUN", "ok", "late", "FAIL", "time", "stop", "?", "skip", "n/a", "hand", "over", "back"];
    for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
        for (width, height) in [(160, 48), (80, 24), (40, 10)] {
            let mut seen: HashMap<String, &str> = HashMap::new();
            for word in words {
                let stage = standing(word, glyphs);
                let picture = stage.picture(width, height);
                let list = picture.lines().map(|line| line.split(['│', '|']).next().unwrap());
                let row = list
                    .into_iter()
                    .find(|line| line.contains(" 2.1 "))
                    .unwrap_or_else(|| panic!("{word}:\n{picture}"));
                let (before, _) = row.split_once(" 2.1 ").unwrap();
                let said = before.trim_start_matches('>').trim().to_owned();
                assert!(said.split_whitespace().any(|each| each == word), "{word} is not said: {row}");
                if let Some(other) = seen.insert(said, word) {
                    panic!("{word} reads as {other} at {width}x{height}: {row}");
                }
            }
        }
    }
}

#[test]
fn a_person_who_is_waited_for_is_a_state_of_its_own() {
    let mut stage = Stage::new().started();
    stage.ran("backup", 1, "x\n");
    stage.ran("migrate", 1, "x\n");
    stage.start("look");
    let picture = stage.picture(80, 24);
    assert!(picture.lines().any(|line| line.contains("◌ you  1.3")), "{picture}");
}

#[test]
fn the_environment_is_a_word_in_the_first_line_of_every_screen() {
    let mut stage = Stage::new().in_phase_two();
    for key in ['1', '2', '3', '5'] {
        stage.letters(&key.to_string());
        for (width, height) in [(160, 48), (80, 24), (40, 10), (20, 4)] {
            let picture = stage.picture(width, height);
            assert!(picture.lines().next().unwrap().contains("PROD"), "{picture}");
        }
    }
}

#[test]
fn the_band_of_each_environment_has_a_style_of_its_own() {
    for name in tminus::tui::theme::BUILT_IN {
        let band = |kind: &str| {
            let yaml = RUNBOOK
                .replace("kind: production", &format!("kind: {kind}"))
                .replace("PROD search.example", "search.example");
            let stage = Stage::of(&yaml, theme(name, Glyphs::Unicode)).begun();
            let buffer = stage.buffer(80, 24);
            (buffer[(2, 0)].style(), buffer[(70, 0)].style())
        };
        let (left, right) = band("production");
        assert_eq!(left, right, "{name}: the band is as wide as the screen");
        assert_ne!(band("production"), band("staging"), "{name}");
    }
}

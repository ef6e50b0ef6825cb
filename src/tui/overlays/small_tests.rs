//! What must stay true of the small cards: start, resolve, reasons, notes, going on, closing, leaving, what came since, help,
//! palette; and of every card at every size.

use crate::model::event::{Event, Resolution};
use crate::model::ids::{StepId, StepIx};
use crate::model::intent::Intent;
use crate::model::output::Holder;
use crate::model::plan::Source;
use crate::model::state::StepStatus;
use crate::model::step::{Effect, Work};
use crate::model::text::is_plain;
use crate::tui::context::{ActionLine, Card, ReasonFor, Reply};
use crate::tui::overlays::Overlay;
use crate::tui::overlays::stage::{Stage, command, maya, run, step, too_early};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn plain() -> Stage {
    let mut switch = step("switch", "2.1", "Switch reads");
    switch.effect = Effect::Destroys;
    switch.work = run("./switch new");
    let mut stage = Stage::of(vec![switch, step("check", "2.2", "Check")]);
    stage.actions = vec![
        ActionLine { name: "run", key: "r", does: "run the next step", here: true },
        ActionLine { name: "output", key: "o", does: "output full screen", here: false },
        ActionLine { name: "hold", key: "p", does: "hold at once", here: true },
    ];
    stage
}

fn started(stage: &mut Stage) {
    stage.tell(Event::StepStarted {
        step: StepId("switch".into()),
        attempt: 1,
        by: maya(),
        typed: None,
        reason: None,
        second: None,
        invocation: None,
        until: None,
    });
}

#[test]
fn the_start_card_counts_names_the_clock_and_takes_the_environments_word() {
    let mut stage = plain().with_var("TOKEN", Source::Command("vault read -field=token secret/ops".into()), true);
    let mut card = stage.open(Card::Start);
    let seen = stage.picture(&card, 80, 24);
    for wanted in [
        "This will run 2 steps against PROD search.example. 1 can destroy data",
        "15:00 EST = 20:00 UTC",
        "vault read -field=token secret/ops",
        "no deadline declared",
        "this plan names no rollback",
        "Type  production  to start",
    ] {
        assert!(seen.contains(wanted), "{wanted}: {seen}");
    }
    card.paste("production", &stage.ctx());
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "pasted");
    assert_eq!(stage.submit(&mut card, "prod"), Reply::Stay);
    let reply = stage.submit(&mut card, "uction");
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn the_start_is_not_taken_before_every_command_of_a_variable_was_on_the_screen() {
    let long: Vec<String> = (0..40).map(|line| format!("fetch part-{line}")).collect();
    let mut stage = plain().with_var("TOKEN", Source::Command(long.join("\n")), false);
    let mut card = stage.open(Card::Start);
    assert!(matches!(stage.letter(&mut card, 'p'), Reply::Say(_)));
    for _ in 0..8 {
        stage.letter(&mut card, ' ');
        stage.picture(&card, 80, 24);
    }
    assert!(stage.picture(&card, 80, 24).contains("fetch part-39"));
    assert!(matches!(stage.submit(&mut card, "production"), Reply::Wish(Intent::Start { .. })));
}

fn died() -> Stage {
    let mut stage = plain().started(&[]);
    started(&mut stage);
    stage.state.steps[0].status = StepStatus::Unknown;
    stage
}

#[test]
fn an_unknown_step_is_resolved_with_a_reason_and_never_by_enter() {
    for (letter, wanted) in [('1', Resolution::Finished), ('2', Resolution::DidNot)] {
        let mut stage = died();
        let mut card = stage.open(Card::Resolve(StepIx(0)));
        assert!(stage.picture(&card, 80, 24).contains("Nobody knows if it finished"));
        assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay);
        stage.letter(&mut card, letter);
        assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "no reason");
        let reply = stage.submit(&mut card, "the link points there");
        let Reply::Wish(Intent::Resolve { how, .. }) = &reply else { panic!("{reply:?}") };
        assert_eq!(*how, wanted);
        stage.take(&reply);
        assert!(card.is_over(&stage.ctx()));
    }
}

#[test]
fn it_did_not_is_not_taken_while_a_process_of_the_step_lives() {
    let mut stage = died();
    stage.state.steps[0].holders = vec![Holder { pid: 4711, start: 1, comm: "switch".into() }];
    let mut card = stage.open(Card::Resolve(StepIx(0)));
    assert!(stage.picture(&card, 80, 24).contains("Still running: switch (pid 4711)"));
    assert!(matches!(stage.letter(&mut card, '2'), Reply::Say(_)));
    assert!(!card.takes_text(&stage.ctx()));
    assert!(matches!(stage.letter(&mut card, 's'), Reply::Ask(Intent::EndSurvivors { .. })));
}

#[test]
fn unsure_holds() {
    let mut stage = died();
    let mut card = stage.open(Card::Resolve(StepIx(0)));
    let reply = stage.letter(&mut card, '3');
    assert!(matches!(reply, Reply::Wish(Intent::Hold { .. })));
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn every_card_that_opens_by_itself_swallows_early_keys() {
    for card in
        [Card::Start, Card::Resolve(StepIx(0)), Card::CloseRun, Card::SinceYouLeft { from: 1 }, Card::Run(StepIx(0))]
    {
        let mut stage = died();
        let mut overlay = Overlay::open(card.clone(), &stage.ctx());
        for _ in 0..3 {
            stage.pass(349);
            for code in [KeyCode::Char('y'), KeyCode::Char(' '), KeyCode::Char('1'), KeyCode::Esc, KeyCode::Enter] {
                assert_eq!(stage.key(&mut overlay, code), too_early(), "{card:?}");
            }
        }
        assert!(!overlay.takes_text(&stage.ctx()) || matches!(card, Card::Run(_)), "{card:?}");
    }
}

#[test]
fn every_reason_is_required_and_taken_by_the_conductor() {
    for why in
        [ReasonFor::Skip(StepIx(1)), ReasonFor::NotApplicable(StepIx(1)), ReasonFor::Hand(StepIx(1)), ReasonFor::Abort]
    {
        let mut stage = plain().started(&[]);
        let mut card = stage.open(Card::Reason(why));
        assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "{why:?}");
        assert_eq!(card.paste("ticket 41\n", &stage.ctx()), Reply::Stay);
        let reply = stage.key(&mut card, KeyCode::Enter);
        assert!(stage.decide(&reply, None).is_ok(), "{why:?} {reply:?}");
    }
}

#[test]
fn accepting_a_failure_asks_a_name_too() {
    let mut stage = plain().started(&[]);
    stage.state.steps[0].status = StepStatus::Failed;
    let mut card = stage.open(Card::Reason(ReasonFor::Accept(StepIx(0))));
    assert_eq!(stage.submit(&mut card, "known noise"), Reply::Stay);
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "no name");
    let reply = stage.submit(&mut card, "jlee");
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn going_on_closing_and_leaving_take_y_and_never_enter() {
    let mut stage = plain().started(&[]);
    stage.tell(Event::Held { reason: "coffee".into(), by: maya() });
    stage.pass(195_000);
    let mut card = stage.open(Card::GoOn);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("Held since 15:00 (3:15) by maya: coffee."), "{seen}");
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay);
    assert_eq!(stage.letter(&mut card, 'y'), Reply::Wish(Intent::GoOn));
    let mut card = stage.open(Card::LeaveScreen);
    assert!(stage.picture(&card, 80, 24).contains("tminus attach 0007"));
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay);
    assert_eq!(stage.letter(&mut card, 'y'), Reply::Leave);
    let mut card = stage.open(Card::CloseRun);
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay);
    assert_eq!(stage.letter(&mut card, 'y'), Reply::Wish(Intent::Close));
}

#[test]
fn a_note_is_taken_with_its_place_and_pasted_text_is_harmless() {
    let mut stage = plain().started(&[]);
    let mut card = stage.open(Card::Note(Some(StepIx(1))));
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "empty");
    card.paste("CDN purge\nok \x1b[31m", &stage.ctx());
    let reply = stage.key(&mut card, KeyCode::Enter);
    let Reply::Wish(Intent::Note { text, step }) = &reply else { panic!("{reply:?}") };
    assert_eq!((text.as_str(), step.as_ref().map(StepId::as_str)), ("CDN purge ok [31m", Some("check")));
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn what_came_since_names_the_place_what_happened_and_what_is_next() {
    let mut stage = plain().started(&[]);
    started(&mut stage);
    let from = stage.state.last.0;
    stage.pass(1_620_000);
    stage.tell(Event::Noted { text: "p95 rose".into(), step: None, by: maya() });
    let mut card = stage.open(Card::SinceYouLeft { from });
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("You were at 2.1 at 15:00. Now 15:27. Since:"), "{seen}");
    assert!(seen.contains("maya: p95 rose") && seen.contains("Next is 2.1"), "{seen}");
    assert_eq!(stage.letter(&mut card, ' '), Reply::Close);
}

#[test]
fn help_tells_the_way_out_of_a_terminal_where_the_plan_has_one() {
    let mut bare = plain();
    let help = bare.open(Card::Help);
    assert!(!bare.picture(&help, 80, 24).contains("^]"));
    let mut edit = step("edit", "1.1", "Edit");
    let mut command = command("vi notes");
    command.tty = true;
    edit.work = Work::Run(Box::new(command));
    let mut stage = Stage::of(vec![edit]);
    let mut help = stage.open(Card::Help);
    assert!(stage.picture(&help, 80, 24).contains("^] leads out of a step's own terminal"));
    stage.letter(&mut help, 'z');
    assert!(!stage.picture(&help, 80, 24).contains("^]"), "it is searched like the rest");
}

#[test]
fn help_is_searched_by_typing_and_acts_on_enter_only_where_something_was_asked_for() {
    let mut stage = plain().started(&[]);
    let mut card = stage.open(Card::Help);
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Close);
    assert_eq!(stage.submit(&mut card, "full screen"), Reply::Act("output".into()));
    let mut card = stage.open(Card::Help);
    assert_eq!(stage.submit(&mut card, "nothing like it"), Reply::Close);
}

#[test]
fn the_palette_finds_by_letters_and_takes_what_follows_a_command() {
    for (typed, wanted) in [
        ("otp", Reply::Act("output".into())),
        ("theme high", Reply::Act("theme high".into())),
        ("log", Reply::Act("log".into())),
        ("hold waiting for ops", Reply::Wish(Intent::Hold { reason: "waiting for ops".into() })),
        ("note p95 ok", Reply::Wish(Intent::Note { text: "p95 ok".into(), step: None })),
        ("abort", Reply::Open(Card::Reason(ReasonFor::Abort))),
        ("drive", Reply::Wish(Intent::Drive)),
        ("pause", Reply::Wish(Intent::Pause)),
    ] {
        let mut stage = plain().started(&[]);
        let mut card = stage.open(Card::Palette);
        assert_eq!(stage.submit(&mut card, typed), wanted, "{typed}");
    }
    let mut stage = plain().started(&[]);
    for typed in ["", "pau", "zzz"] {
        let mut card = stage.open(Card::Palette);
        assert!(matches!(stage.submit(&mut card, typed), Reply::Say(_)), "{typed}");
    }
}

fn every_card() -> Vec<Card> {
    vec![
        Card::Start,
        Card::Run(StepIx(0)),
        Card::Answer { step: StepIx(0), item: 7 },
        Card::Choose(StepIx(0)),
        Card::Gate(StepIx(0)),
        Card::Decide { step: StepIx(0), go: false },
        Card::Stop,
        Card::RollBack,
        Card::Reason(ReasonFor::Fail(StepIx(0))),
        Card::GoOn,
        Card::Resolve(StepIx(0)),
        Card::Note(None),
        Card::Output(StepIx(0)),
        Card::Help,
        Card::Palette,
        Card::LeaveScreen,
        Card::CloseRun,
        Card::SinceYouLeft { from: 0 },
    ]
}

#[test]
fn every_card_fits_every_size_and_no_key_breaks_it() {
    let keys = "yn12!gGjk/ :vrftepcos\u{301}漢";
    for card in every_card() {
        for (width, height) in [(80, 24), (40, 10), (160, 48), (20, 5), (3, 2), (1, 1), (200, 3)] {
            let mut stage = died();
            stage.plan.title = "\x1b[2J\u{202e}evil".into();
            stage.plan.steps[0].title = "\u{9b}31m\x07".into();
            let mut overlay = stage.open(card.clone());
            for letter in keys.chars() {
                stage.letter(&mut overlay, letter);
                if width > 100 && letter != 'g' {
                    continue;
                }
                let seen = stage.picture(&overlay, width, height);
                assert!(seen.chars().all(|letter| letter == '\n' || is_plain(letter)), "{card:?} {seen:?}");
            }
            for code in [KeyCode::Up, KeyCode::PageDown, KeyCode::Enter, KeyCode::Tab, KeyCode::BackTab, KeyCode::Esc] {
                stage.key(&mut overlay, code);
                stage.picture(&overlay, width, height);
            }
            assert_eq!(overlay.card(), &card);
            assert!(!overlay.keys(&stage.ctx()).is_empty());
        }
    }
}

#[test]
fn no_chord_acts_on_any_card() {
    for card in every_card() {
        let stage = &mut died();
        let mut overlay = stage.open(card.clone());
        stage.pass(4_000);
        for letter in ('a'..='z').chain('0'..='9') {
            for modifiers in [KeyModifiers::CONTROL, KeyModifiers::ALT, KeyModifiers::CONTROL | KeyModifiers::SHIFT] {
                let key = KeyEvent::new(KeyCode::Char(letter), modifiers);
                let reply = overlay.key(key, &stage.ctx());
                assert!(matches!(reply, Reply::Stay | Reply::Close), "{card:?} {letter} {reply:?}");
            }
        }
    }
}

#[test]
fn what_a_key_was_answered_is_on_the_card_until_the_next_key() {
    let mut stage = plain().started(&[]);
    let mut card = stage.open(Card::Stop);
    stage.letter(&mut card, 'k');
    assert!(stage.picture(&card, 80, 24).contains("Nothing runs that could be stopped."));
    stage.letter(&mut card, 'x');
    assert!(!stage.picture(&card, 80, 24).contains("Nothing runs that could be stopped."));
}

#[test]
fn every_card_names_the_environment_in_its_first_line() {
    for card in every_card() {
        let mut stage = died();
        let overlay = stage.open(card.clone());
        if matches!(card, Card::Output(_)) {
            continue;
        }
        for (width, height) in [(80, 24), (40, 10), (160, 48)] {
            let seen = stage.picture(&overlay, width, height);
            assert!(seen.contains("PROD"), "{card:?} {width}x{height}: {seen}");
        }
    }
}

#[test]
fn small_cards_as_they_look() {
    let mut stage = plain().with_var("TOKEN", Source::Command("vault read -field=token secret/ops".into()), true);
    let card = stage.open(Card::Start);
    insta::assert_snapshot!("start_80x24", stage.picture(&card, 80, 24));
    let mut stage = died();
    let card = stage.open(Card::Resolve(StepIx(0)));
    insta::assert_snapshot!("resolve_80x24", stage.picture(&card, 80, 24));
    let mut card = stage.open(Card::Palette);
    stage.letter(&mut card, 'h');
    insta::assert_snapshot!("palette_80x24", stage.picture(&card, 80, 24));
    let card = stage.open(Card::LeaveScreen);
    insta::assert_snapshot!("leave_80x24", stage.picture(&card, 80, 24));
}

#[test]
fn a_step_that_was_taken_back_is_not_counted_as_done_when_the_run_is_closed() {
    let mut stage = plain().started(&[]);
    stage.state.steps[0].status = StepStatus::Back;
    stage.state.steps[1].status = StepStatus::Ok;
    let card = stage.open(Card::CloseRun);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("1 of 2 steps done, 1 undone."), "{seen}");
}

#[test]
fn sentences_of_cards_end_once() {
    let mut stage = plain();
    stage.plan.title = "Ready to switch?".into();
    stage.plan.zone = Some("Etc/UTC".into());
    stage.state.zone = "Etc/UTC".into();
    let card = stage.open(Card::Start);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("20:00 UTC.") && !seen.contains("UTC = "), "{seen}");
    let mut stage = stage.started(&[]);
    stage.tell(Event::Held { reason: "  ".into(), by: maya() });
    stage.plan.steps[0].title = "Is it up?".into();
    let card = stage.open(Card::GoOn);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("by maya.") && seen.contains("Is it up?") && !seen.contains("up?."), "{seen}");
    let card = stage.open(Card::CloseRun);
    assert!(stage.picture(&card, 80, 24).contains("Close Ready to switch? "));
}

//! What keys lead to: which card or wish, and what they can never do.

use crate::shots::{at_the_gate, running};
use crate::stage::*;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tminus::feed::{News, Role};
use tminus::model::event::Event;
use tminus::model::intent::Intent;
use tminus::tui::{Effect, Msg};

/// At 2.2, which only reads and is next.
fn at_smoke() -> Stage {
    let mut stage = Stage::new().in_phase_two();
    stage.ran("deploy", 60, "deployed\n");
    stage
}

#[test]
fn a_step_that_only_reads_runs_by_r_alone_once_its_whole_command_was_on_the_screen() {
    let mut stage = at_smoke();
    stage.letters("r");
    assert!(stage.wishes.is_empty(), "nothing was drawn yet, so nothing was read");
    stage.key(KeyCode::Esc);
    stage.picture(80, 24);
    stage.letters("r");
    assert!(matches!(&stage.wishes[..], [Intent::Run { step, .. }] if step.as_str() == "smoke"), "{:?}", stage.wishes);
}

#[test]
fn a_command_that_was_not_all_on_the_screen_asks_by_its_card() {
    let long = RUNBOOK.replace("curl -fsS https://search.example/health", &format!("echo {}", "x".repeat(900)));
    let mut stage = Stage::of(&long, theme("mono", tminus::tui::theme::Glyphs::Unicode)).in_phase_two();
    stage.ran("deploy", 60, "deployed\n");
    stage.picture(80, 24);
    stage.letters("r");
    assert!(stage.wishes.is_empty());
    assert!(stage.picture(80, 24).contains("RUN 2.2"));
    // Without a step pane nothing is ever whole on the screen.
    let mut stage = at_smoke();
    stage.picture(40, 10);
    stage.letters("r");
    assert!(stage.wishes.is_empty());
}

#[test]
fn enter_space_and_movement_never_start_a_step() {
    for code in [
        KeyCode::Enter,
        KeyCode::Char(' '),
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Tab,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Char('j'),
        KeyCode::Char('k'),
        KeyCode::Char('G'),
    ] {
        let mut stage = at_smoke();
        for _ in 0..6 {
            stage.picture(80, 24);
            stage.key(code);
        }
        let acts = stage.wishes.iter().filter(|wish| !matches!(wish, Intent::SeePhase { .. })).count();
        assert_eq!(acts, 0, "{code:?}: {:?}", stage.wishes);
    }
}

#[test]
fn production_is_never_one_key() {
    let mut stage = Stage::new().in_phase_two();
    stage.picture(80, 24);
    stage.letters("r");
    stage.picture(80, 24);
    stage.letters("ryyy\n");
    stage.key(KeyCode::Enter);
    assert!(stage.wishes.is_empty(), "{:?}", stage.wishes);
}

#[test]
fn hold_is_at_once_and_going_on_takes_two_keys() {
    let mut stage = running();
    stage.letters("p");
    assert!(matches!(&stage.wishes[..], [Intent::Hold { .. }]));
    assert!(!stage.picture(80, 24).contains("HOLD"), "nothing of the run changes before its record");
    stage.tell(Event::Held { reason: String::new(), by: person("maya") });
    assert!(stage.picture(80, 24).contains("HOLD"));
    stage.letters("p");
    assert_eq!(stage.wishes.len(), 1);
    stage.letters("y");
    assert!(matches!(stage.wishes[1], Intent::GoOn), "{:?}", stage.wishes);
}

#[test]
fn a_wish_that_was_asked_says_so_and_a_refusal_says_why() {
    let mut stage = running();
    stage.letters("p");
    stage.msg(Msg::Sent(Ok(7)));
    assert!(stage.picture(80, 24).contains("Asked, writing"));
    stage.msg(Msg::News(News::Refused(7, "it is held already".into())));
    let picture = stage.picture(80, 24);
    assert!(picture.contains("Not done: it is held already.") && !picture.contains("Asked"), "{picture}");
    stage.key(KeyCode::Char('j'));
    assert!(!stage.picture(80, 24).contains("Not done"), "the next key puts it away");
}

#[test]
fn roll_back_and_stop_open_from_every_screen_and_card() {
    for before in ["", "1", "2", "3", "5", "o", "?", "R"] {
        for (key, word) in [('!', "ROLL BACK"), ('c', "STOP")] {
            // Help is a text field: what is typed there is searched for.
            if (before, key) == ("?", '!') {
                continue;
            }
            let mut stage = running();
            stage.letters(before);
            if key == 'c' {
                stage.ctrl('c');
            } else {
                stage.letters("!");
            }
            let picture = stage.picture(80, 24);
            assert!(picture.contains(word), "{key} after {before:?}:\n{picture}");
        }
    }
    let mut stage = at_the_gate();
    stage.letters("!");
    assert!(stage.picture(80, 24).contains("ROLL BACK"));
}

#[test]
fn in_a_text_field_an_exclamation_mark_is_text_and_control_c_still_works() {
    let mut stage = running();
    stage.letters("c!");
    let picture = stage.picture(80, 24);
    assert!(!picture.contains("ROLL BACK") && picture.contains('!'), "{picture}");
    stage.ctrl('c');
    assert!(stage.picture(80, 24).contains("STOP"));
    stage.letters("!");
    assert!(stage.picture(80, 24).contains("ROLL BACK"));
    let mut stage = running();
    stage.letters("/!");
    let picture = stage.picture(80, 24);
    assert!(picture.contains("/!") && !picture.contains("ROLL BACK"), "{picture}");
}

#[test]
fn a_second_control_c_does_nothing() {
    let mut stage = running();
    stage.ctrl('c');
    let first = stage.picture(80, 24);
    stage.ctrl('c');
    assert_eq!(stage.picture(80, 24), first);
    stage.key(KeyCode::Esc);
    assert!(!stage.picture(80, 24).contains("STOP"), "one card, not two");
    assert!(stage.wishes.is_empty());
}

#[test]
fn only_presses_count_and_a_key_that_is_held_down_does_nothing_twice() {
    let mut stage = running();
    let mut key = KeyEvent::from(KeyCode::Char('p'));
    key.kind = KeyEventKind::Release;
    stage.msg(Msg::Key(key));
    key.kind = KeyEventKind::Repeat;
    stage.msg(Msg::Key(key));
    assert!(stage.wishes.is_empty());
    for _ in 0..20 {
        stage.now.mono += 30_000;
        stage.msg(Msg::Key(KeyEvent::from(KeyCode::Char('p'))));
    }
    assert_eq!(stage.wishes.len(), 1, "held down for 600 ms");
}

#[test]
fn a_paste_outside_a_text_field_is_dropped() {
    let mut stage = at_smoke();
    stage.picture(80, 24);
    let before = stage.picture(80, 24);
    stage.msg(Msg::Paste("r\ny!p:close\n".into()));
    assert!(stage.wishes.is_empty());
    assert_eq!(stage.picture(80, 24), before);
}

#[test]
fn a_resize_keeps_what_was_typed() {
    let mut stage = running();
    stage.letters("cp95 is rising");
    for size in [(80, 24), (40, 10), (20, 4), (160, 48), (80, 24)] {
        stage.msg(Msg::Resize);
        stage.picture(size.0, size.1);
    }
    assert!(stage.picture(80, 24).contains("p95 is rising"));
}

#[test]
fn who_watches_may_look_and_not_touch() {
    let mut stage = at_smoke();
    stage.disk.role = Some(Role::Beside);
    stage.msg(Msg::News(News::Driver { name: "jlee".into(), you: false }));
    stage.picture(80, 24);
    stage.letters("r");
    assert!(stage.wishes.is_empty());
    assert!(stage.picture(80, 24).contains("jlee is driving"));
    stage.letters("p");
    assert!(matches!(&stage.wishes[..], [Intent::Hold { .. }]), "anybody beside may hold");
    stage.disk.role = Some(Role::Watches);
    stage.letters("p");
    assert_eq!(stage.wishes.len(), 1, "who only watches may not");
}

#[test]
fn leaving_asks_first_and_a_run_that_is_over_is_left_at_once() {
    let mut stage = running();
    assert_eq!(stage.letters("q"), []);
    assert!(stage.picture(80, 24).contains("Leave the run going"));
    assert_eq!(stage.letters("y"), [Effect::Quit]);
    let mut stage = running();
    stage.msg(Msg::News(News::Lost("the socket closed".into())));
    assert!(stage.picture(80, 24).contains("tminus resume 0007 takes the run up"));
    assert_eq!(stage.letters("q"), [Effect::Quit]);
    assert!(matches!(stage.app.left(), tminus::tui::Left::Lost(_)));
}

#[test]
fn the_selection_follows_the_run_until_it_is_moved_and_again_after_gn() {
    let mut stage = Stage::new().in_phase_two();
    let selected = |stage: &Stage| stage.picture(80, 24).lines().find(|line| line.starts_with('>')).unwrap().to_owned();
    assert!(selected(&stage).contains("2.1"));
    stage.letters("kk");
    let here = selected(&stage);
    stage.ran("deploy", 8, "deployed\n");
    assert_eq!(selected(&stage)[..16], here[..16], "the row that was chosen stays chosen");
    stage.letters("gn");
    assert!(selected(&stage).contains("2.2"));
    stage.ran("smoke", 8, "ok\n");
    assert!(selected(&stage).contains("2.3"));
}

#[test]
fn a_selection_that_was_moved_long_ago_goes_on_with_the_next_step() {
    let mut stage = Stage::new().in_phase_two();
    let selected = |stage: &Stage| stage.picture(80, 24).lines().find(|line| line.starts_with('>')).unwrap().to_owned();
    stage.letters("kk");
    let here = selected(&stage);
    stage.pass(60);
    stage.msg(Msg::Tick);
    assert_eq!(selected(&stage), here, "time alone moves nothing");
    stage.ran("deploy", 1, "deployed\n");
    assert!(selected(&stage).contains("2.2"), "{}", selected(&stage));
}

#[test]
fn enter_closes_a_run_in_which_nothing_is_left_wherever_the_mark_is() {
    for before in ["", "gg", "kkk", "2"] {
        let mut stage = Stage::new().in_phase_two();
        for step in ["deploy", "smoke", "routes", "settle", "go", "flag", "drop", "tell"] {
            let how = tminus::model::event::Settled::Skipped;
            let by = person("maya");
            stage.tell(Event::StepSettled { step: step.into(), attempt: 0, how, reason: "no".into(), by });
        }
        stage.letters(before);
        stage.key(KeyCode::Enter);
        assert!(stage.picture(80, 24).contains("CLOSE"), "after {before:?}:\n{}", stage.picture(80, 24));
    }
}

#[test]
fn the_hint_after_g_never_holds_the_second_key_up() {
    let mut stage = running();
    stage.letters("g");
    assert!(!stage.picture(80, 24).contains("g top"));
    stage.now.mono += 300_000;
    assert!(stage.picture(80, 24).contains("g top"), "{}", stage.picture(80, 24));
    stage.letters("g");
    assert!(stage.picture(80, 24).lines().any(|line| line.starts_with(">Phase 1")));
}

#[test]
fn a_search_goes_from_match_to_match() {
    let mut stage = running();
    stage.letters("/deploy");
    assert!(stage.picture(80, 24).contains("/deploy_"));
    stage.key(KeyCode::Enter);
    let selected = |stage: &Stage| stage.picture(80, 24).lines().find(|line| line.starts_with('>')).unwrap().to_owned();
    assert!(selected(&stage).contains("Deploy"), "{}", selected(&stage));
    let first = selected(&stage);
    stage.letters("n");
    assert!(selected(&stage).contains("Deploy") && selected(&stage) != first);
    stage.letters("N");
    assert_eq!(selected(&stage), first);
    stage.key(KeyCode::Esc);
    assert!(!stage.picture(80, 24).contains("Leave"), "esc drops the search first");
}

#[test]
fn a_gate_that_was_closed_by_hand_does_not_open_again_by_itself() {
    let mut stage = at_the_gate();
    assert!(stage.picture(80, 24).contains("GATE 3.1"));
    stage.key(KeyCode::Esc);
    stage.tell(Event::Noted { text: "waiting".into(), step: None, by: person("jlee") });
    assert!(!stage.picture(80, 24).contains("GATE 3.1"));
    stage.key(KeyCode::Enter);
    assert!(stage.picture(80, 24).contains("GATE 3.1"));
}

#[test]
fn copying_and_suspending_are_effects_and_nothing_else() {
    let mut stage = running();
    assert_eq!(stage.letters("y"), [Effect::Copy("RUN 2.3 Verify new routes respond".into())]);
    assert!(matches!(&stage.letters("Y")[..], [Effect::Copy(text)] if text.starts_with("curl ")));
    assert_eq!(stage.ctrl('z'), [Effect::Suspend]);
    assert_eq!(stage.msg(Msg::Back), [Effect::Redraw]);
    assert_eq!(stage.ctrl('l'), [Effect::Redraw]);
    let alt = KeyEvent::new(KeyCode::Char('p'), KeyModifiers::ALT);
    assert_eq!(stage.msg(Msg::Key(alt)), []);
}

#[test]
fn it_rings_once_when_the_run_begins_to_wait_for_a_person() {
    let mut stage = running();
    stage.pass(1);
    let attempt = stage.attempt("routes");
    let exited = Event::StepJudged {
        step: "routes".into(),
        attempt,
        verdict: tminus::model::expect::Verdict::Fail,
        checks: Vec::new(),
        bound: Vec::new(),
        retry: None,
        hints: Vec::new(),
    };
    let record = stage.record(exited);
    assert_eq!(stage.msg(Msg::News(News::Records(vec![record]))), [Effect::Bell]);
    assert_eq!(stage.msg(Msg::Tick), []);
}

#[test]
fn a_screen_whose_conductor_is_gone_says_so_and_offers_nothing_that_acts() {
    let gone = [
        News::Lost("the link to the conductor broke: Connection reset by peer".into()),
        News::Over { sealed: false, why: Some("the journal cannot be written: disk full".into()) },
    ];
    for news in gone {
        let mut stage = running();
        stage.letters("!");
        stage.msg(Msg::News(news));
        let picture = stage.picture(80, 24);
        for words in ["GONE", "tminus resume 0007 takes the run up again", "q leave"] {
            assert!(picture.contains(words), "{words}:\n{picture}");
        }
        for words in ["LIVE", "Wait.", "RUN", "p hold", "! roll back", "c note", "ROLL BACK"] {
            assert!(!picture.contains(words), "{words}:\n{picture}");
        }
        for keys in ["p", "r", "!", "c", "R", "s", ":close"] {
            stage.letters(keys);
            if keys.starts_with(':') {
                stage.key(KeyCode::Enter);
            }
            let picture = stage.picture(80, 24);
            assert_eq!(picture.matches("The conductor is gone. tminus resume 0007").count(), 2, "{keys}:\n{picture}");
            assert!(stage.wishes.is_empty(), "{keys}:\n{picture}");
        }
        stage.ctrl('c');
        assert!(!stage.picture(80, 24).contains("STOP"));
    }
}

#[test]
fn next_says_that_a_reading_step_asks_where_its_command_was_not_all_to_see() {
    let mut stage = at_smoke();
    stage.letters("k");
    assert!(stage.picture(80, 24).contains("r, then y, runs 2.2"), "{}", stage.picture(80, 24));
    stage.letters("j");
    assert!(stage.picture(80, 24).contains("r runs 2.2"), "{}", stage.picture(80, 24));
}

#[test]
fn what_happened_meanwhile_is_told_once_and_never_only_that_screens_came_and_went() {
    let joined = |client| Event::ClientJoined {
        client,
        who: person("maya"),
        drives: true,
        host: "jump2".into(),
        tty: "pts/1".into(),
    };
    let mut stage = running();
    stage.app.update(Msg::News(News::Driver { name: "maya".into(), you: true }), &stage.disk, stage.now);
    stage.tell(Event::ClientLeft { client: 1 });
    stage.tell(joined(2));
    assert!(!stage.picture(80, 24).contains("SINCE YOU LEFT"), "nothing but this screen came");
    let mut stage = running();
    stage.tell(Event::ClientLeft { client: 1 });
    stage.end("routes", 0, Vec::new());
    stage.tell(joined(2));
    assert!(stage.picture(80, 24).contains("SINCE YOU LEFT"));
    stage.pass(5);
    stage.letters(" ");
    stage.tell(Event::ClientLeft { client: 2 });
    stage.failed("settle", 1);
    stage.tell(joined(3));
    assert!(!stage.picture(80, 24).contains("SINCE YOU LEFT"), "once");
}

#[test]
fn a_screen_that_watches_is_told_why_and_copies_nothing_by_a_y_that_was_for_a_card() {
    let mut stage = at_smoke();
    stage.disk.role = Some(Role::Beside);
    stage.msg(Msg::News(News::Driver { name: "jlee".into(), you: false }));
    let picture = stage.picture(80, 24);
    let next = picture.split("NEXT").nth(1).unwrap();
    assert!(next.contains("You are watching") && !next.contains(" run ") && next.contains("p hold"), "{picture}");
    stage.letters("r");
    assert!(stage.picture(80, 24).contains("Not done. jlee is driving"), "{}", stage.picture(80, 24));
    assert_eq!(stage.letters("y"), [], "refused, so not copied");
    assert!(stage.picture(80, 24).contains("Not done. jlee is driving"));
    stage.letters("j");
    assert!(matches!(&stage.letters("y")[..], [Effect::Copy(_)]));
    stage.tell(Event::Held { reason: String::new(), by: person("jlee") });
    stage.letters("p");
    assert!(stage.picture(80, 24).contains("Not done."), "going on is for the one who drives");
    assert!(stage.wishes.is_empty());
    stage.letters("!");
    assert!(stage.picture(80, 24).contains("ROLL BACK"));
}

#[test]
fn a_wish_for_the_wheel_says_what_to_do_first_and_goes_when_it_is_over() {
    let mut stage = running();
    stage.msg(Msg::News(News::Trouble(
        "root (typed) asks for the wheel: any key of yours that does something keeps it, else it goes over in 20 s"
            .into(),
    )));
    let picture = stage.picture(80, 24);
    assert!(picture.contains("Any key keeps the wheel: root (typed) asks for the wheel (20 s)."), "{picture}");
    assert!(picture.contains("journal ok"), "{picture}");
    stage.letters("j");
    assert!(matches!(&stage.wishes[..], [Intent::Drive]), "a key that only moves keeps the wheel: {:?}", stage.wishes);
    assert!(!stage.picture(80, 24).contains("asks for the wheel"));
    stage.msg(Msg::News(News::Trouble("root asks for the wheel: any key of yours keeps it".into())));
    stage.msg(Msg::News(News::Driver { name: "root".into(), you: false }));
    assert!(!stage.picture(80, 24).contains("Any key keeps"));
}

#[test]
fn a_run_key_between_the_start_and_its_record_is_refused_in_words_and_opens_nothing() {
    let mut stage = Stage::new().begun();
    stage.key(KeyCode::Enter);
    stage.picture(80, 24);
    stage.letters("production");
    let wished = stage.key(KeyCode::Enter);
    assert!(wished.iter().any(|effect| matches!(effect, Effect::Wish(Intent::Start { .. }))), "{wished:?}");
    for key in [KeyCode::Char('r'), KeyCode::Enter] {
        assert_eq!(stage.key(key), Vec::new());
        let seen = stage.picture(80, 24);
        assert!(
            seen.contains("The run is being started. Press it again") && !seen.contains("Type  production"),
            "{seen}"
        );
    }
    stage.tell(Event::Started {
        by: person("maya"),
        typed: "production".into(),
        t0: T0,
        zone: "America/New_York".into(),
        hard_stop: None,
    });
    assert_eq!(stage.key(KeyCode::Char('r')), Vec::new());
    let seen = stage.picture(80, 24);
    assert!(seen.contains("The variables are being read"), "{seen}");
    stage.tell(Event::VarsBound { values: Vec::new() });
    stage.picture(80, 24);
    stage.key(KeyCode::Char('r'));
    let seen = stage.picture(80, 24);
    assert!(seen.contains("RUN 1.1") || !stage.wishes.is_empty(), "now it is taken: {seen}");
}

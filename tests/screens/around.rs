//! The whole language on the screens: triggers, signals, monitors, messages, sign-offs, groups, quick fixes, risks.

use crate::shots::shot;
use crate::stage::*;
use crossterm::event::KeyCode;
use tminus::model::actor::Actor;
use tminus::model::event::{Event, Seen};
use tminus::model::expect::{Check, Verdict};
use tminus::model::intent::Intent;
use tminus::model::output::Stream;
use tminus::model::watch::Aspect;
use tminus::tui::theme::Glyphs;

const RUNBOOK: &str = include_str!("around.yaml");

fn stage() -> Stage {
    Stage::of(RUNBOOK, theme("mono", Glyphs::Unicode)).started()
}

pub fn looking_on() -> Stage {
    stage().looking_on()
}

pub fn tripped() -> Stage {
    let mut stage = stage();
    stage.trip();
    stage
}

pub fn at_once() -> Stage {
    let mut stage = stage();
    stage.at_the_monitor();
    stage.container("both", None);
    stage.start("left");
    stage.start("right");
    stage
}

impl Stage {
    fn sampled(&mut self, value: Option<&str>, trips: bool) {
        let seen = |by: &str, aspect, holds| Seen {
            by: by.into(),
            aspect,
            holds,
            checks: vec![Check { want: "> 1".into(), saw: format!("{}%", value.unwrap_or("?")), ok: holds }],
        };
        let seen = match value {
            Some(_) => vec![
                seen("rate", Aspect::Trip, trips),
                seen("look", Aspect::Trip, false),
                seen("look", Aspect::Ok, !trips),
            ],
            None => Vec::new(),
        };
        self.tell(Event::Sampled {
            probe: "error-rate".into(),
            value: value.map(str::to_owned),
            unknown: value.is_none().then(|| "exit 7: could not connect".to_owned()),
            seen,
            by: Actor::program(),
            asked: None,
        });
    }

    /// Readings half a minute apart.
    fn readings(&mut self, values: &[&str]) {
        for value in values {
            self.pass(30);
            self.sampled(Some(value), value.parse::<f64>().unwrap() > 1.0);
        }
    }

    fn trip(&mut self) {
        self.readings(&["0.04", "0.06", "0.04", "0.9", "1.4", "1.9", "1.8", "1.7", "1.8"]);
        self.tell(Event::TriggerTripped {
            trigger: "rate".into(),
            why: "1.8% (> 1) for 2m".into(),
            by: Actor::program(),
        });
    }

    /// The last wish.
    fn wished(&self) -> &Intent {
        self.wishes.last().expect("something was wished")
    }

    /// Everything before the monitor is done.
    fn at_the_monitor(&mut self) {
        for step in ["webhook", "traffic"] {
            self.answered(step, "as it should be");
        }
        self.tell(Event::MessageFilled {
            step: "say".into(),
            text: "Started at 15:01, by maya.".into(),
            by: person("maya"),
        });
        self.answered("say", "");
        self.start("listen");
        self.tell(Event::StepSpawned { step: "listen".into(), attempt: 1, pid: 7, start: 9 });
    }

    fn container(&mut self, step: &str, until: Option<i64>) {
        let attempt = self.attempt(step) + 1;
        self.tell(Event::StepStarted {
            step: step.into(),
            attempt,
            by: person("maya"),
            typed: None,
            reason: None,
            second: None,
            invocation: None,
            until,
        });
    }

    fn judged(&mut self, step: &str, verdict: Verdict) {
        let attempt = self.attempt(step);
        self.tell(Event::StepJudged {
            step: step.into(),
            attempt,
            verdict,
            checks: Vec::new(),
            bound: Vec::new(),
            retry: None,
            hints: Vec::new(),
        });
    }

    fn looking_on(mut self) -> Self {
        self.at_the_monitor();
        self.container("both", None);
        for step in ["left", "right"] {
            self.ran(step, 4, "on\n");
        }
        self.judged("both", Verdict::Ok);
        self.ran("switch", 12, "switched\n");
        let until = self.now.wall + 900_000_000;
        self.container("look", Some(until));
        self.readings(&["0.04", "0.05", "0.3", "0.1", "0.04"]);
        self
    }
}

#[test]
fn a_trigger_that_trips_opens_its_card_and_every_screen_says_so() {
    let mut stage = stage();
    stage.trip();
    let picture = stage.picture(80, 24);
    for words in [
        "TRIPPED",
        "Error rate",
        "1.8% (> 1) for 2m",
        "The plan says roll back level-1: ! does it",
        "reason and a name",
    ] {
        assert!(picture.contains(words), "{words}\n{picture}");
    }
    shot("tripped", &stage);
    stage.key(KeyCode::Esc);
    for key in ['1', '2', '3', '5', '6', '7', 'o', '?', '!'] {
        stage.key(KeyCode::Char(key));
        for (width, height) in [(160, 48), (120, 40), (80, 24), (40, 10)] {
            let picture = stage.picture(width, height);
            assert!(picture.contains("TRIPPED Error rate"), "after {key} at {width}x{height}:\n{picture}");
        }
        stage.key(KeyCode::Esc);
    }
}

#[test]
fn keys_typed_before_the_trigger_card_was_there_do_not_answer_it() {
    let mut stage = stage();
    stage.trip();
    stage.picture(80, 24);
    for key in ['a', 'v', 'a'] {
        stage.now.mono += 100_000;
        stage.msg(tminus::tui::Msg::Key(crossterm::event::KeyEvent::from(KeyCode::Char(key))));
    }
    assert!(stage.wishes.is_empty(), "{:?}", stage.wishes);
    assert!(!stage.picture(80, 24).contains("Why is it safe to go on?"));
    stage.key(KeyCode::Char('a'));
    assert!(matches!(stage.wished(), Intent::Ack { trigger } if trigger.as_str() == "rate"));
}

#[test]
fn going_on_takes_a_reason_and_a_name_and_is_asked_again() {
    let mut stage = stage();
    stage.trip();
    stage.picture(80, 24);
    stage.key(KeyCode::Char('v'));
    stage.letters("only one region");
    stage.key(KeyCode::Enter);
    assert!(stage.wishes.is_empty(), "a name is asked too");
    stage.letters("jlee");
    stage.key(KeyCode::Enter);
    let Intent::GoOnDespite { trigger, reason, name } = stage.wished().clone() else { panic!("{:?}", stage.wished()) };
    assert_eq!((trigger.as_str(), reason.as_str(), name.as_str()), ("rate", "only one region", "jlee"));
    stage.tell(Event::TriggerOver { trigger, reason, name, by: person("maya") });
    let picture = stage.picture(120, 40);
    assert!(picture.contains("jlee goes on: only one region. Asked again at 15:09."), "{picture}");
    assert!(!picture.contains("Plan says"), "the card is gone:\n{picture}");
    stage.pass(300);
    stage.tell(Event::TriggerTripped { trigger: "rate".into(), why: "1.9% (> 1)".into(), by: Actor::program() });
    let picture = stage.picture(80, 24);
    assert!(picture.contains("Plan says") && picture.contains("1.9%"), "{picture}");
}

#[test]
fn a_trigger_card_that_was_closed_stays_closed_until_it_trips_anew() {
    let mut stage = stage();
    stage.trip();
    stage.picture(80, 24);
    stage.key(KeyCode::Esc);
    stage.pass(1);
    stage.msg(tminus::tui::Msg::Tick);
    assert!(!stage.picture(80, 24).contains("Plan says"));
    stage.key(KeyCode::Char('v'));
    assert!(stage.picture(80, 24).contains("Plan says"), "v decides it");
}

#[test]
fn the_roll_back_card_marks_the_level_that_the_plan_names() {
    let mut stage = stage();
    stage.trip();
    stage.picture(80, 24);
    stage.key(KeyCode::Char('!'));
    let picture = stage.picture(120, 40);
    assert!(picture.contains("level-1 Turn calls off  <- the plan says this one"), "{picture}");
    assert!(!picture.contains("Old release  <-"), "{picture}");
    shot("rollback-tripped", &stage);
    stage.key(KeyCode::Char('0'));
    assert!(stage.picture(80, 24).contains("Why is it safe to go on?"));
}

#[test]
fn a_trigger_that_a_person_judges_is_tripped_by_hand() {
    let mut stage = stage();
    stage.key(KeyCode::Char(':'));
    stage.letters("trip calm");
    stage.key(KeyCode::Enter);
    let picture = stage.picture(80, 24);
    assert!(picture.contains("What did you see?"), "{picture}");
    stage.letters("three calls to the desk");
    stage.key(KeyCode::Enter);
    let Intent::Trip { trigger, reason } = stage.wished() else { panic!("{:?}", stage.wished()) };
    assert_eq!((trigger.as_str(), reason.as_str()), ("calm", "three calls to the desk"));
}

#[test]
fn watch_shows_values_with_their_age_and_never_an_old_one_as_fresh() {
    let mut stage = stage().looking_on();
    stage.tell(Event::Sampled {
        probe: "queue".into(),
        value: Some("41".into()),
        unknown: None,
        seen: Vec::new(),
        by: person("maya"),
        asked: None,
    });
    stage.key(KeyCode::Char('w'));
    let picture = stage.picture(120, 40);
    assert!(picture.contains("0.04 %") && picture.contains("0:00 ago") && picture.contains('▁'), "{picture}");
    shot("watch-signals", &stage);
    stage.sampled(None, false);
    let picture = stage.picture(120, 40);
    assert!(picture.contains("exit 7: could not connect"), "{picture}");
    assert!(!picture.contains("0.04 %"), "the last good value is not shown as if it were fresh:\n{picture}");
    stage.pass(200);
    stage.sampled(Some("0.07"), false);
    stage.pass(200);
    let picture = stage.picture(120, 40);
    assert!(picture.contains("no reading for 3:20, it was 0.07 %"), "{picture}");
}

#[test]
fn a_trigger_says_for_how_long_of_how_long_it_has_held() {
    let mut stage = stage();
    stage.readings(&["0.1", "1.4", "1.5", "1.6"]);
    stage.key(KeyCode::Char('w'));
    let picture = stage.picture(80, 24);
    assert!(picture.contains("trips") && picture.contains("for 1:00 of 2m"), "{picture}");
}

#[test]
fn what_people_read_is_typed_on_watch() {
    let mut stage = stage();
    stage.key(KeyCode::Char('w'));
    stage.letters("jjj");
    stage.key(KeyCode::Enter);
    stage.letters("41");
    stage.key(KeyCode::Enter);
    let Intent::Reading { probe, value } = stage.wished() else { panic!("{:?}", stage.wished()) };
    assert_eq!((probe.as_str(), value.reveal()), ("queue", "41"));
}

#[test]
fn a_monitor_shows_how_it_stands_and_its_checks_and_verdict_are_given_on_its_card() {
    let mut stage = stage().looking_on();
    shot("monitor", &stage);
    let picture = stage.picture(120, 40);
    assert!(picture.contains("looks on: ok so far, 5 readings, 0 of 2 checks, 12:30 left"), "{picture}");
    stage.key(KeyCode::Enter);
    shot("monitor-card", &stage);
    stage.key(KeyCode::Enter);
    assert!(stage.picture(80, 24).contains("Logins work"));
    stage.key(KeyCode::Char(' '));
    assert!(matches!(stage.wished(), Intent::Answer { .. }), "{:?}", stage.wished());
    stage.letters("vf");
    stage.letters("calls drop");
    stage.key(KeyCode::Enter);
    let Intent::EndMonitor { step, ok, reason } = stage.wished() else { panic!("{:?}", stage.wished()) };
    assert_eq!((step.as_str(), *ok, reason.as_str()), ("look", false, "calls drop"));
}

#[test]
fn a_message_asks_its_blanks_one_by_one_and_counts_as_said_only_by_a_persons_word() {
    let mut stage = stage();
    stage.answered("webhook", "as it should be");
    stage.key(KeyCode::Enter);
    shot("message", &stage);
    stage.letters("15:01");
    stage.key(KeyCode::Enter);
    assert!(stage.wishes.is_empty());
    stage.letters("maya");
    stage.key(KeyCode::Enter);
    let Intent::Fill { blanks, .. } = stage.wished().clone() else { panic!("{:?}", stage.wished()) };
    assert_eq!(blanks, ["15:01", "maya"]);
    let text = "Started at 15:01, by maya. Watch the rate.";
    stage.tell(Event::MessageFilled { step: "say".into(), text: text.into(), by: person("maya") });
    let picture = stage.picture(80, 24);
    assert!(picture.contains(text) && picture.contains("Copied (y)? Said?"), "{picture}");
    let copied = stage.key(KeyCode::Char('y'));
    assert!(copied.contains(&tminus::tui::Effect::Copy(text.into())), "{copied:?}");
    stage.key(KeyCode::Enter);
    assert!(matches!(stage.wished(), Intent::Answer { step, item: 0, .. } if step.as_str() == "say"));
}

#[test]
fn one_signs_for_a_role_with_a_name_and_a_comment() {
    let mut stage = stage().looking_on();
    stage.judged("look", Verdict::Ok);
    stage.container("signed", None);
    stage.key(KeyCode::Enter);
    shot("sign", &stage);
    stage.key(KeyCode::Char('2'));
    stage.letters("olga");
    stage.key(KeyCode::Enter);
    stage.letters("looks right");
    stage.key(KeyCode::Enter);
    let Intent::Sign { role, name, comment, sig, .. } = stage.wished() else { panic!("{:?}", stage.wished()) };
    assert_eq!((role.as_str(), name.as_str(), comment.as_str(), sig), ("ops", "olga", "looks right", &None));
    stage.tell(Event::StepSigned {
        step: "signed".into(),
        attempt: 1,
        role: "ops".into(),
        principal: "olga".into(),
        comment: "looks right".into(),
        text: String::new(),
        sig: "-".into(),
        by: person("maya"),
        decision: Default::default(),
    });
    let picture = stage.picture(80, 24);
    assert!(
        picture.contains("Operations lead: olga at 15:") && picture.contains("(typed), \"looks right\""),
        "{picture}"
    );
}

#[test]
fn a_quick_fix_is_shown_before_it_is_called_and_says_what_comes_after_it() {
    let mut stage = stage();
    stage.key(KeyCode::Char('Q'));
    shot("quick-fixes", &stage);
    stage.key(KeyCode::Char('1'));
    let picture = stage.picture(80, 24);
    assert!(picture.contains("./flush") && picture.contains("y calls it"), "{picture}");
    assert!(stage.wishes.is_empty());
    stage.key(KeyCode::Char('y'));
    assert!(matches!(stage.wished(), Intent::Call { procedure, .. } if procedure.as_str() == "stale-cache"));
    stage.tell(Event::ProcedureCalled { procedure: "stale-cache".into(), reason: String::new(), by: person("maya") });
    stage.msg(tminus::tui::Msg::Tick);
    let picture = stage.picture(120, 40);
    assert!(picture.contains("Quick fix stale-cache: Results look stale"), "{picture}");
    assert!(picture.contains("then back to 1.2"), "a claim is gone past:\n{picture}");
    shot("called", &stage);
}

#[test]
fn several_run_at_once_and_one_or_all_are_stopped() {
    let mut stage = stage();
    stage.at_the_monitor();
    stage.container("both", None);
    stage.start("left");
    stage.start("right");
    stage.print("right", Stream::Out, "turning on\n");
    stage.pass(9);
    shot("parallel", &stage);
    let picture = stage.picture(120, 40);
    assert!(picture.contains("run at once and pass or fail by themselves"), "{picture}");
    assert!(picture.contains("beside: Log tail, 0:09"), "{picture}");
    stage.key(KeyCode::Char('o'));
    assert!(!stage.picture(80, 24).contains("turning on"), "the one that is selected prints nothing");
    stage.key(KeyCode::Char('3'));
    let picture = stage.picture(80, 24);
    assert!(picture.contains("turning on") && picture.contains("2.2.2"), "a digit reads another that runs:\n{picture}");
    stage.key(KeyCode::Esc);
    stage.ctrl('c');
    shot("stop-which", &stage);
    stage.key(KeyCode::Char('t'));
    assert!(stage.wishes.is_empty(), "none was picked");
    stage.key(KeyCode::Char('2'));
    stage.key(KeyCode::Char('t'));
    assert!(
        matches!(stage.wishes.as_slice(), [Intent::Stop { step, .. }] if step.as_str() == "right"),
        "{:?}",
        stage.wishes
    );
    stage.ctrl('c');
    stage.letters("ak");
    assert_eq!(stage.wishes.len(), 1 + 3, "{:?}", stage.wishes);
}

#[test]
fn a_known_failure_says_what_the_plan_says_and_which_key_leads_there() {
    let mut stage = stage();
    stage.at_the_monitor();
    stage.container("both", None);
    for step in ["left", "right"] {
        stage.ran(step, 4, "on\n");
    }
    stage.judged("both", Verdict::Ok);
    stage.start("switch");
    stage.print("switch", Stream::Err, "401 unauthorized\n");
    stage.pass(3);
    let attempt = stage.attempt("switch");
    stage.tell(Event::StepExited {
        step: "switch".into(),
        attempt,
        exit: tminus::model::output::Exit::Code(22),
        took: std::time::Duration::from_secs(3),
        drained: tminus::model::output::Drained::Eof,
        holders: Vec::new(),
    });
    stage.tell(Event::StepJudged {
        step: "switch".into(),
        attempt,
        verdict: Verdict::Fail,
        checks: vec![Check { want: "exit 0".into(), saw: "exit 22".into(), ok: false }],
        bound: Vec::new(),
        retry: None,
        hints: vec!["webhook secret is not configured".into()],
    });
    let picture = stage.picture(160, 48).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(picture.contains("The plan says: webhook secret is not configured."), "{picture}");
    assert!(picture.contains("It proposes: quick fix stale-cache (Q), or roll back level-1 (!)."), "{picture}");
    shot("known-failure", &stage);
    stage.key(KeyCode::Char('Q'));
    assert!(stage.picture(80, 24).contains("Results look stale"), "the one that is proposed is shown");
    stage.key(KeyCode::Esc);
    stage.key(KeyCode::Esc);
    stage.key(KeyCode::Char(':'));
    stage.letters("recycle 1.3");
    stage.key(KeyCode::Enter);
    stage.letters("traffic changed");
    stage.key(KeyCode::Enter);
    assert!(matches!(stage.wished(), Intent::Recycle { to, .. } if to.as_str() == "traffic"), "{:?}", stage.wished());
}

#[test]
fn open_blockers_stand_first_and_a_risk_is_closed_with_a_reason() {
    let mut stage = stage();
    stage.key(KeyCode::Char('7'));
    shot("risks", &stage);
    let picture = stage.picture(80, 24);
    assert!(picture.contains("Risks: 1 blocker is open"), "{picture}");
    stage.key(KeyCode::Enter);
    stage.letters("configured by hand");
    stage.key(KeyCode::Enter);
    let Intent::CloseRisk { risk, reason } = stage.wished().clone() else { panic!("{:?}", stage.wished()) };
    assert_eq!((risk.as_str(), reason.as_str()), ("h1", "configured by hand"));
    stage.tell(Event::RiskClosed { risk, reason, by: person("maya") });
    assert!(stage.picture(80, 24).contains("Risks: no blocker is open"));
}

#[test]
fn messages_contacts_and_horizons_have_a_screen() {
    let mut stage = stage();
    stage.key(KeyCode::Char('6'));
    shot("messages", &stage);
    let picture = stage.picture(120, 40);
    for words in [
        "Started at <time>, by <who>.",
        "to #ops",
        "Calls are live.",
        "the database people",
        "A day after",
        "2026-11-22",
    ] {
        assert!(picture.contains(words), "{words}\n{picture}");
    }
}

#[test]
fn what_has_no_number_asks_what_was_seen() {
    let mut stage = stage();
    stage.answered("webhook", "yes");
    stage.tell(Event::MessageFilled { step: "say".into(), text: "x".into(), by: person("maya") });
    stage.answered("say", "");
    stage.key(KeyCode::Enter);
    let picture = stage.picture(80, 24);
    assert!(picture.contains("What did you see, and is it normal?"), "{picture}");
    stage.key(KeyCode::Char(' '));
    stage.letters("a few 403");
    stage.key(KeyCode::Enter);
    assert!(matches!(stage.wished(), Intent::Answer { saw, .. } if saw == "a few 403"), "{:?}", stage.wished());
}

#[test]
fn little_time_left_is_said_and_rung_for_once() {
    let mut stage = stage();
    let record = stage.record(Event::Warned { of: "decide by, level-1".into(), minutes: 15 });
    let effects = stage.msg(tminus::tui::Msg::News(tminus::feed::News::Records(vec![record])));
    assert!(effects.contains(&tminus::tui::Effect::Bell), "{effects:?}");
    assert!(stage.picture(80, 24).contains("15 minutes left: decide by, level-1."));
    assert!(stage.msg(tminus::tui::Msg::Tick).is_empty());
}

#[test]
fn every_action_of_the_table_can_be_typed_in_the_palette() {
    let mut stage = stage();
    for (name, words) in [("risks", "Risks:"), ("messages", "Contacts"), ("watch", "Signals"), ("call", "QUICK FIX")] {
        stage.key(KeyCode::Char(':'));
        stage.letters(name);
        stage.key(KeyCode::Enter);
        let picture = stage.picture(80, 24);
        assert!(picture.contains(words), "{name}\n{picture}");
    }
}

#[test]
fn what_must_come_first_stands_before_its_step_and_blocks_it_in_words() {
    let yaml =
        RUNBOOK.replace("        run: ./switch\n", "        run: ./switch\n        requires: [ { step: traffic } ]\n");
    let mut stage = Stage::of(&yaml, theme("mono", Glyphs::Ascii)).started();
    stage.letters("jjjjjj");
    stage.key(KeyCode::Char('2'));
    let picture = stage.picture(120, 40);
    assert!(picture.contains("blocked"), "{picture}");
}

#[test]
fn one_card_for_all_shows_every_command_before_it_begins() {
    let yaml = RUNBOOK.replace("parallel:", "together: true\n        steps:");
    let mut stage = Stage::of(&yaml, theme("mono", Glyphs::Unicode)).started();
    stage.at_the_monitor();
    stage.key(KeyCode::Char('r'));
    let picture = stage.picture(120, 40);
    for words in ["./on west", "./on east", "up to the first that fails"] {
        assert!(picture.contains(words), "{words}\n{picture}");
    }
    assert!(!picture.contains("is not next"), "what runs beside is gone past:\n{picture}");
    shot("together", &stage);
}

#[test]
fn one_card_for_all_asks_as_much_as_any_of_its_commands() {
    let yaml = RUNBOOK.replace("run: ./on east, effect: changes", "run: ./on east, effect: production");
    let mut stage = Stage::of(&yaml, theme("mono", Glyphs::Unicode)).started();
    stage.at_the_monitor();
    stage.key(KeyCode::Char('r'));
    let picture = stage.picture(120, 40);
    assert!(picture.contains("[C2]") && picture.contains("Type  2.2  to run it"), "{picture}");
    stage.letters("y");
    stage.key(KeyCode::Enter);
    assert!(stage.wishes.is_empty(), "y is not the number");
}

#[test]
fn what_stands_below_the_last_thing_of_a_screen_is_scrolled_to_and_back() {
    let mut stage = stage();
    stage.key(KeyCode::Char('w'));
    let first = stage.picture(80, 24);
    assert!(first.contains("Error rate") && !first.contains("Screens"), "{first}");
    for _ in 0..60 {
        stage.key(KeyCode::Char('j'));
        stage.picture(80, 24);
    }
    let last = stage.picture(80, 24);
    assert!(last.contains("Notes") && last.contains("Screens"), "{last}");
    stage.key(KeyCode::Enter);
    assert!(stage.wishes.is_empty() && stage.picture(80, 24).contains("in view again"), "{}", stage.picture(80, 24));
    for _ in 0..60 {
        stage.key(KeyCode::Char('k'));
        stage.picture(80, 24);
    }
    assert!(stage.picture(80, 24).contains("Triggers"), "{}", stage.picture(80, 24));
}

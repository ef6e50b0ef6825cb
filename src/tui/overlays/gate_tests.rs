//! What must stay true of the gate and its decision: silent is HOLD, GO is locked while a point is open, NO-GO never acts.

use crate::model::event::{Answer, Event, Vote};
use crate::model::ids::{LevelId, RoleId, StepId, StepIx};
use crate::model::intent::Intent;
use crate::model::step::{Effect, Gate, Item, Place, PlannedStep, Side, Work};
use crate::model::watch::Outcome;
use crate::tui::context::{Card, ReasonFor, Reply};
use crate::tui::overlays::Overlay;
use crate::tui::overlays::stage::{Stage, level, maya, run, step, too_early};
use crossterm::event::KeyCode;

fn criterion(id: &str, number: &str, text: &str, side: Side) -> PlannedStep {
    let mut planned = step(id, number, text);
    planned.place = Place::Criterion { gate: StepIx(0), side };
    planned.work = Work::Check(vec![Item { expect: None, evidence: false, ..Item::new(text.into()) }]);
    planned
}

/// A gate that is open, with a probe, a statement on each side, and two stations.
fn gate() -> Stage {
    let mut gate = step("go", "2.5", "Go/No-Go");
    gate.work = Work::Gate(Gate {
        text: "Enable calls for everyone?".into(),
        go: vec![StepIx(1), StepIx(2)],
        no_go: vec![StepIx(3)],
        poll: vec![RoleId("lead".into()), RoleId("ops".into())],
        otherwise: Outcome::RollBack(LevelId("level-1".into())),
    });
    let mut probe = criterion("go.healthy", "2.5.1", "All services healthy", Side::Go);
    probe.work = run("./probe all");
    let mut credentials = criterion("go.credentials", "2.5.2", "Twilio credentials verified", Side::Go);
    credentials.critical = true;
    let issues = criterion("go.issues", "2.5.a", "Database migration issues", Side::NoGo);
    let mut back = step("level-1.off", "L1.1", "Switch off");
    back.place = Place::Level(0);
    let mut stage = Stage::of(vec![gate, probe, credentials, issues, back])
        .with_levels(vec![level("level-1", "Disable feature", vec![StepIx(4)])])
        .started(&[]);
    stage.tell(Event::StepStarted {
        step: StepId("go".into()),
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

const GATE: Card = Card::Gate(StepIx(0));

fn answer(stage: &mut Stage, step: usize, answer: Answer, saw: &str) {
    let intent = Intent::Answer { step: stage.plan.steps[step].id.clone(), item: 0, answer, saw: saw.into() };
    stage.take(&Reply::Wish(intent));
}

fn all_clear(stage: &mut Stage) {
    stage.state.steps[1].status = crate::model::state::StepStatus::Ok;
    answer(stage, 2, Answer::Ok, "console shows active");
    answer(stage, 3, Answer::Ok, "");
    for role in ["lead", "ops"] {
        stage.tell(Event::GateVoted {
            step: StepId("go".into()),
            attempt: 1,
            role: RoleId(role.into()),
            vote: Vote::Go,
            by: maya(),
        });
    }
}

#[test]
fn a_gate_opens_by_itself_and_swallows_early_keys() {
    let mut stage = gate();
    let mut card = Overlay::open(GATE, &stage.ctx());
    stage.picture(&card, 80, 24);
    assert_eq!(stage.key(&mut card, KeyCode::Enter), too_early());
    assert!(stage.picture(&card, 80, 24).contains("did nothing"), "it is said");
    stage.pass(350);
    stage.letter(&mut card, 'j');
    let reply = stage.key(&mut card, KeyCode::Enter);
    assert_eq!(reply, Reply::Over(Card::Answer { step: StepIx(2), item: 0 }));
}

#[test]
fn a_criterion_that_reads_runs_on_r_and_one_that_changes_opens_its_card() {
    let mut stage = gate();
    let mut card = stage.open(GATE);
    let reply = stage.letter(&mut card, 'r');
    assert!(matches!(reply, Reply::Ask(Intent::Run { .. })), "{reply:?}");
    assert!(stage.decide(&reply, None).is_ok());
    stage.plan.steps[1].effect = Effect::Changes;
    assert_eq!(stage.letter(&mut card, 'r'), Reply::Over(Card::Run(StepIx(1))));
}

#[test]
fn a_station_speaks_through_a_list_and_a_wrong_digit_says_nothing() {
    let mut stage = gate();
    let mut card = stage.open(GATE);
    stage.letter(&mut card, 'n');
    assert!(stage.picture(&card, 80, 24).contains("NO-GO of which station?  1 Technical lead   2 Operations lead"));
    let reply = stage.letter(&mut card, '2');
    let Reply::Ask(Intent::Vote { role, vote, .. }) = &reply else { panic!("{reply:?}") };
    assert_eq!((role.as_str(), *vote), ("ops", Vote::NoGo));
    assert!(stage.decide(&reply, None).is_ok());
    stage.letter(&mut card, 'g');
    assert!(matches!(stage.letter(&mut card, '9'), Reply::Say(_)));
    assert!(matches!(stage.letter(&mut card, '1'), Reply::Say(_)), "the list is closed");
}

#[test]
fn go_is_locked_while_a_point_is_open_and_the_advice_names_it() {
    let mut stage = gate();
    let card = stage.open(GATE);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("HOLD. 2.5.1 has no answer.") && seen.contains("ops is silent"), "{seen}");
    assert!(seen.contains("GO locked"));
    let mut card = stage.open(Card::Decide { step: StepIx(0), go: true });
    assert_eq!(stage.letter(&mut card, 'y'), Reply::Stay, "typed, not taken");
    assert!(!matches!(stage.key(&mut card, KeyCode::Enter), Reply::Wish(_)));
}

#[test]
fn go_anyway_is_typed_with_a_reason_for_each_open_point() {
    let mut stage = gate();
    let open = stage.state.open_points(&stage.plan, StepIx(0));
    let mut card = stage.open(Card::Decide { step: StepIx(0), go: true });
    assert!(matches!(card.paste("GO ANYWAY", &stage.ctx()), Reply::Say(_)));
    let mut reply = stage.submit(&mut card, "GO ANYWAY");
    for point in 0..open.len() {
        assert_eq!(reply, Reply::Stay, "point {point}");
        reply = stage.submit(&mut card, &format!("because {point}"));
    }
    let Reply::Wish(Intent::Decide { reason, .. }) = &reply else { panic!("{reply:?}") };
    assert!(reason.starts_with("2.5.1 has no answer: because 0; "), "{reason}");
    assert!(stage.decide(&reply, None).is_ok());
}

#[test]
fn a_clear_gate_goes_on_y_and_never_on_enter() {
    let mut stage = gate();
    all_clear(&mut stage);
    let mut card = stage.open(GATE);
    assert!(stage.picture(&card, 80, 24).contains("GO. Every point is clear."));
    stage.letter(&mut card, 'v');
    assert_eq!(stage.letter(&mut card, 'g'), Reply::Over(Card::Decide { step: StepIx(0), go: true }));
    let mut card = stage.open(Card::Decide { step: StepIx(0), go: true });
    assert!(matches!(stage.key(&mut card, KeyCode::Enter), Reply::Say(_)));
    let reply = stage.letter(&mut card, 'y');
    stage.take(&reply);
    assert!(card.is_over(&stage.ctx()));
}

#[test]
fn a_decision_whose_open_points_changed_is_read_again() {
    let mut stage = gate();
    all_clear(&mut stage);
    let mut card = stage.open(Card::Decide { step: StepIx(0), go: true });
    stage.tell(Event::GateVoted {
        step: StepId("go".into()),
        attempt: 1,
        role: RoleId("ops".into()),
        vote: Vote::NoGo,
        by: maya(),
    });
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(_)));
    assert!(card.takes_text(&stage.ctx()), "now it takes GO ANYWAY");
}

#[test]
fn no_go_proposes_the_plans_way_first_and_acts_only_on_a_key() {
    let mut stage = gate();
    let mut card = stage.open(Card::Decide { step: StepIx(0), go: false });
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "no reason");
    let reply = stage.submit(&mut card, "p95 is rising");
    stage.take(&reply);
    let mut card = stage.open(GATE);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("1  roll back by level-1 (what the plan says)"), "{seen}");
    assert!(seen.contains("Nothing happens by itself"));
    assert_eq!(stage.letter(&mut card, '1'), Reply::Over(Card::RollBack));
    let hold = stage.letter(&mut card, '2');
    assert!(stage.decide(&hold, None).is_ok());
    assert_eq!(stage.letter(&mut card, '3'), Reply::Over(Card::Reason(ReasonFor::Abort)));
}

#[test]
fn on_the_no_go_side_good_news_reads_clear_and_bad_news_holds() {
    let mut stage = gate();
    let card = stage.open(Card::Answer { step: StepIx(3), item: 0 });
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("clear, it does not hold") && seen.contains("f it holds"), "{seen}");
    assert!(!seen.contains("space y"), "{seen}");
    answer(&mut stage, 3, Answer::Failed, "two failed rows");
    let card = stage.open(GATE);
    let seen = stage.picture(&card, 80, 24);
    assert!(seen.contains("HOLDS") && seen.contains("2.5.a holds"), "{seen}");
}

#[test]
fn the_marked_criterion_stays_in_view() {
    let mut stage = gate();
    let Work::Gate(gate) = &mut stage.plan.steps[0].work else { panic!() };
    gate.go = vec![StepIx(1); 40];
    let mut card = stage.open(GATE);
    for _ in 0..40 {
        stage.letter(&mut card, 'j');
        for (width, height) in [(80, 24), (40, 14)] {
            stage.picture(&card, width, height);
            assert!(stage.picture(&card, width, height).contains("\n  > "), "{}", stage.picture(&card, width, height));
        }
    }
}

#[test]
fn what_stands_below_the_last_criterion_can_be_reached_in_a_small_window() {
    for keys in [&[KeyCode::Char('G')][..], &[KeyCode::PageDown, KeyCode::PageDown], &[KeyCode::Down; 6]] {
        let mut stage = gate();
        let mut card = stage.open(GATE);
        stage.pass(1_000);
        let all = stage.picture(&card, 80, 60);
        let last =
            all.lines().rfind(|line| line.contains("Carried")).expect("what was skipped stands there").to_owned();
        let height =
            (10..40).rfind(|height| !stage.picture(&card, 80, *height).contains(&last)).expect("a small window");
        for key in keys {
            stage.key(&mut card, *key);
            stage.picture(&card, 80, height);
        }
        let seen = stage.picture(&card, 80, height);
        assert!(seen.contains(&last), "{keys:?} at {height} rows: {seen}");
    }
}

#[test]
fn the_gate_as_it_looks() {
    let mut stage = gate();
    answer(&mut stage, 3, Answer::Ok, "none seen in 20 minutes");
    stage.pass(240_000);
    let card = stage.open(GATE);
    insta::assert_snapshot!("gate_80x24", stage.picture(&card, 80, 24));
    insta::assert_snapshot!("gate_40x10", stage.picture(&card, 40, 10));
    let card = stage.open(Card::Decide { step: StepIx(0), go: true });
    insta::assert_snapshot!("go_anyway_80x24", stage.picture(&card, 80, 24));
}

#[test]
fn a_gate_shows_its_state_before_the_statement_and_never_the_opposite() {
    let mut stage = gate();
    let Work::Gate(gate) = &mut stage.plan.steps[0].work else { panic!() };
    gate.text = String::new();
    stage.plan.steps[3].title = "Abcdefghij klmnopqrst uvwxyzabcd efghijklmn opqrstuvwx yzabcdefgh".into();
    answer(&mut stage, 3, Answer::Ok, "");
    let card = stage.open(GATE);
    let seen = stage.picture(&card, 80, 24);
    let row = seen.lines().find(|row| row.contains("Abcdefghij")).unwrap();
    assert!(row.starts_with("    a    clear  Abcdefghij") && row.contains("  not so "), "{seen}");
    for words in ["ticked", "klmnopqrstnot", "uvwxyzabcdnot"] {
        assert!(!seen.contains(words), "{words}: {seen}");
    }
}

#[test]
fn keys_of_a_text_that_was_being_typed_never_answer_a_gate_that_opens() {
    let mut stage = gate();
    let mut card = Overlay::open(GATE, &stage.ctx());
    // Queued before any frame held the gate, however late they are read.
    stage.pass(5000);
    for letter in "vgn".chars() {
        assert_eq!(stage.letter(&mut card, letter), too_early());
    }
    stage.picture(&card, 80, 24);
    for letter in "p, then v g and n, then r!".chars() {
        stage.pass(200);
        assert_eq!(stage.letter(&mut card, letter), too_early(), "{letter}");
        assert_eq!(stage.key(&mut card, KeyCode::Enter), too_early());
        assert!(!stage.picture(&card, 80, 24).contains("of which station"));
    }
    stage.pass(350);
    assert!(matches!(stage.letter(&mut card, 'r'), Reply::Ask(_)));
}

#[test]
fn a_gate_is_decided_before_its_planned_time_with_a_reason_only() {
    use crate::model::when::{Offset, When};
    let mut stage = gate();
    all_clear(&mut stage);
    stage.plan.phases[0].at = Some(When::FromT0(Offset { days: 0, micros: 600_000_000 }));
    let mut card = stage.open(Card::Decide { step: StepIx(0), go: true });
    assert!(stage.picture(&card, 80, 24).contains("Planned for 2026-11-21 15:10 EST"));
    assert_eq!(stage.letter(&mut card, 'y'), Reply::Stay, "y is a letter of the reason here");
    stage.key(&mut card, KeyCode::Backspace);
    assert_eq!(stage.key(&mut card, KeyCode::Enter), Reply::Stay, "no reason yet");
    let reply = stage.submit(&mut card, "everybody is here");
    assert!(stage.decide(&reply, None).is_ok(), "{reply:?}");
}

#[test]
fn yes_is_no_answer_to_what_must_not_hold() {
    let mut stage = gate();
    let mut card = stage.open(Card::Answer { step: StepIx(3), item: 0 });
    assert!(matches!(stage.letter(&mut card, 'y'), Reply::Say(words) if words.contains("could mean either")));
    let field = stage.letter(&mut card, ' ');
    assert!(!matches!(field, Reply::Say(_)), "space is clear");
}

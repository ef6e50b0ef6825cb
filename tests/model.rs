//! The fold and what may happen in it: any legal course of a run, cut anywhere, taken up again, ended.
//!
//! A random operator, a random world and a clock drive `decide` and `follow` over fabricated plans; every record that they
//! lead to must fold. Nothing here starts a process or waits.

#[path = "support/fabricate.rs"]
mod fabricate;

#[path = "support/course.rs"]
mod course;

#[path = "support/early.rs"]
mod early;

#[path = "support/rules.rs"]
mod rules;

#[path = "support/timed.rs"]
mod timed;

#[path = "support/window.rs"]
mod window;

#[path = "support/clocked.rs"]
mod clocked;

#[path = "support/language.rs"]
mod language;

#[path = "support/run_of_days.rs"]
mod run_of_days;

#[path = "support/whose_time.rs"]
mod whose_time;

use course::{Course, Move};
use fabricate::{by_hand, by_itself, everything, plain, resume};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::collections::HashSet;
use tminus::model::decide::Review;
use tminus::model::event::Event;
use tminus::model::follow::{self, Due};
use tminus::model::ids::StepIx;
use tminus::model::plan::Plan;
use tminus::model::record::Record;
use tminus::model::state::{RunState, StepStatus};
use tminus::model::step::Place;

fn plans() -> impl Strategy<Value = usize> {
    0..6usize
}

fn plan(which: usize) -> Plan {
    match which {
        0 => plain(),
        1 => everything(),
        2 => by_itself(),
        3 => by_hand(),
        groups => clocked::by_the_clock(groups == 4),
    }
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec((0..100u8, any::<u16>()).prop_map(|(kind, pick)| Move { kind, pick }), 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_resumed_and_replayed_states_agree(which in plans(), moves in moves()) {
        let plan = plan(which);
        let mut course = Course::new(&plan);
        course.follow_all(&moves);
        let replayed = RunState::fold(&plan, &course.book.records).expect("what was recorded folds");
        prop_assert_eq!(&replayed, &course.book.state);
        for record in &course.book.records {
            let line = serde_json::to_string(&record.event).expect("an event is JSON");
            let read: Event = serde_json::from_str(&line).expect("an event is read back");
            prop_assert_eq!(&read, &record.event);
            prop_assert!(!line.contains(fabricate::SECRET), "a secret stands in {}", line);
        }
    }

    #[test]
    fn no_step_starts_twice_and_one_command_runs_at_a_time(which in plans(), moves in moves()) {
        let plan = plan(which);
        let mut course = Course::new(&plan);
        let mut state = RunState::of(&plan);
        let mut begun = HashSet::new();
        course.follow_all(&moves);
        for record in &course.book.records {
            if let Event::StepStarted { step, attempt, .. } = &record.event {
                prop_assert!(begun.insert((step.clone(), *attempt)), "{} {} twice", step, attempt);
                let ix = plan.find(step).expect("a step of the plan");
                let own = state.step(ix);
                prop_assert!(!own.is_orphan() && !own.status.open(), "{} was {}", step, own.status);
                if let Place::Criterion { gate, .. } = plan.step(ix).place {
                    prop_assert_eq!(state.step(gate).status, StepStatus::You, "{} is read at a gate that is not open", step);
                } else {
                    prop_assert!(state.path(&plan).contains(&ix), "{} is not on the way", step);
                }
                let lost = state.lost_secret(&plan, ix).is_some();
                prop_assert!(!own.status.settled() || lost, "{} was {}", step, own.status);
            }
            state.apply(&plan, record).expect("what was recorded folds");
            // What stands in one `parallel` counts as one.
            let together = |ix: StepIx| follow::at_once_of(&plan, ix).unwrap_or(ix);
            prop_assert!(state.running().into_iter().map(together).collect::<HashSet<_>>().len() <= 1);
        }
    }

    #[test]
    fn whoever_judges_a_run_afterwards_finds_nothing_in_what_the_conductor_decided(which in plans(), moves in moves()) {
        let plan = plan(which);
        let mut course = Course::new(&plan);
        course.follow_all(&moves);
        let (mut state, mut review) = (RunState::of(&plan), Review::default());
        for record in &course.book.records {
            prop_assert_eq!(review.look(&plan, &state, &record.event), Ok(()), "record {}", record.seq);
            state.apply(&plan, record).expect("what was recorded folds");
        }
    }

    #[test]
    fn a_journal_cut_at_any_record_resumes_in_a_legal_state(which in plans(), moves in moves()) {
        let plan = plan(which);
        let mut course = Course::new(&plan);
        course.follow_all(&moves);
        for cut in 1..=course.book.records.len() {
            let kept = &course.book.records[..cut];
            let before = RunState::fold(&plan, kept).expect("a cut journal folds");
            if before.closed || before.ended.is_some() {
                continue;
            }
            let last = kept.last().expect("genesis is there");
            let record = Record { seq: tminus::model::ids::Seq(before.last.0 + 1), at: last.at, event: resume("boot-2") };
            let mut after = before.clone();
            after.apply(&plan, &record).expect("a resume can follow");
            prop_assert!(after.running().is_empty());
            prop_assert!(after.steps.iter().all(|own| own.retry_at.is_none() && !own.stopping));
            for was in before.running() {
                prop_assert_eq!(after.step(was).status, StepStatus::Unknown);
                prop_assert!(after.step(was).is_orphan());
                let far = fabricate::later(last.at, 86_400);
                prop_assert_ne!(follow::due(&plan, &after, far), Some(Due::Begin(was)));
            }
        }
    }

    #[test]
    fn there_is_always_a_way_to_the_end(which in plans(), moves in moves()) {
        let plan = plan(which);
        let mut course = Course::new(&plan);
        course.follow_all(&moves);
        course.end();
        prop_assert!(course.book.state.ended.is_some());
    }

    #[test]
    fn a_record_that_is_refused_leaves_the_state_as_it_was(which in plans(), moves in moves(), other in moves()) {
        let plan = plan(which);
        let (mut course, mut foreign) = (Course::new(&plan), Course::new(&plan));
        course.follow_all(&moves);
        foreign.follow_all(&other);
        for record in foreign.book.records {
            let state = &course.book.state;
            let mut after = state.clone();
            let out_of_place = Record { seq: tminus::model::ids::Seq(state.last.0 + 1), ..record };
            if after.apply(&plan, &out_of_place).is_err() {
                prop_assert_eq!(&after, state);
            }
        }
    }
}

#[test]
fn random_courses_reach_every_kind_of_event_that_a_run_has() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = HashSet::new();
    let mut ended = 0;
    for which in (0..4).cycle().take(200) {
        let plan = plan(which);
        let mut course = Course::new(&plan);
        let made = moves().new_tree(&mut runner).expect("moves can be made").current();
        course.follow_all(&made);
        ended += usize::from(course.book.state.ended.is_some());
        for record in &course.book.records {
            let event = serde_json::to_value(&record.event).expect("an event is JSON");
            seen.insert(event["ev"].as_str().expect("an event has a name").to_owned());
        }
    }
    let wanted = [
        "genesis",
        "resume",
        "started",
        "vars",
        "vars.failed",
        "step.started",
        "step.exited",
        "step.not-started",
        "step.judged",
        "step.answered",
        "step.settled",
        "step.conditions",
        "step.chosen",
        "wait.ended",
        "stop.asked",
        "step.timeout",
        "step.resolved",
        "gate.voted",
        "gate.decided",
        "held",
        "released",
        "rollback.started",
        "rollback.ended",
        "phase.seen",
        "noted",
        "aborted",
        "paused",
        "ended",
        "survivors",
        "step.spawned",
        "output",
    ];
    let missing: Vec<_> = wanted.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "never came: {missing:?}");
    assert!(ended > 0, "no course came to its end by itself");
}

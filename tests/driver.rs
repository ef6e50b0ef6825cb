//! What stands between a wish and its effect: a journal in memory that answers when the test says so, and a clock that
//! stands still.
//!
//! The driver is pure, so a test can stop at any point between a record that is on its way and one that is durable.

#[path = "support/fabricate.rs"]
mod fabricate;

#[path = "support/desk.rs"]
mod desk;

#[path = "support/kept.rs"]
mod kept;

#[path = "support/woken.rs"]
mod woken;

use desk::{Desk, ended, refused, spawns, steers};
use fabricate::{Build, check, later, maya, plain, run};
use tminus::engine::driver::{Input, Output, StepFact, Wish};
use tminus::engine::exec::{Control, NOBODY_SAW};
use tminus::model::event::{Answer, Event, StopHow};
use tminus::model::expect::Verdict;
use tminus::model::ids::Seq;
use tminus::model::intent::{Intent, Request, Typed};
use tminus::model::plan::Undo;
use tminus::model::record::Record;
use tminus::model::state::{RunState, StepStatus};
use tminus::model::step::Condition;

#[test]
fn a_step_has_no_process_and_no_screen_shows_it_before_its_start_is_durable() {
    let mut desk = Desk::started(plain());
    let asked = desk.run("one");
    assert!(spawns(&asked) == 0 && !asked.contains(&Output::Publish), "{asked:?}");
    assert_eq!(desk.status("one"), StepStatus::NotYet);
    let durable = desk.durable();
    let at = |wanted: &dyn Fn(&Output) -> bool| durable.iter().position(wanted).expect("it is said");
    assert!(at(&|out| *out == Output::Publish) < at(&|out| matches!(out, Output::Spawn(_, 1))));
    assert_eq!(desk.status("one"), StepStatus::Running);
}

#[test]
fn a_journal_that_never_answers_leaves_no_effect() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    for outputs in [desk.run("two"), desk.wish(Intent::Hold { reason: "x".into() }), desk.send(Input::Tick)] {
        assert!(outputs.is_empty(), "{outputs:?}");
    }
    assert_eq!(desk.status("one"), StepStatus::NotYet);
}

#[test]
fn what_waits_is_decided_in_order_once_the_batch_before_it_is_durable() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    desk.run("three");
    let outputs = desk.durable();
    assert!(refused(&outputs).expect("only one step runs").contains("n-one is running"), "{outputs:?}");
}

#[test]
fn records_that_the_writer_adds_end_no_batch() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    desk.settle();
    desk.ends("one", 1, Verdict::Ok);
    assert!(desk.driver.is_writing());
    let lost = Event::OutputLost { step: "one".into(), attempt: 1, bytes: 3 };
    let ckpt = Event::Ckpt { text: "x".into(), sig: "-".into() };
    for (more, event) in [lost, ckpt, Event::JournalFailed { why: "full".into() }].into_iter().enumerate() {
        let seq = Seq(desk.driver.state.last.0 + 1);
        desk.records.push(Record { seq, at: desk.now, event: event.clone() });
        let outputs = desk.send(Input::Durable(vec![Record { seq, at: desk.now, event }]));
        assert!(desk.driver.is_writing(), "{more}: {outputs:?}");
    }
    desk.settle();
    assert!(!desk.driver.is_writing());
}

#[test]
fn a_wish_is_taken_once() {
    let mut desk = Desk::started(plain());
    let request = Request { id: 77, seen: desk.driver.state.last, intent: Intent::Hold { reason: "x".into() } };
    let wish = Wish { client: 1, by: maya(), request, asked: None };
    desk.send(Input::Wish(wish.clone()));
    desk.settle();
    let again = desk.send(Input::Wish(wish));
    assert_eq!(refused(&again).as_deref(), Some("that was asked before"));
    assert!(desk.on_its_way.is_none());
}

#[test]
fn a_key_for_a_card_that_has_changed_is_refused() {
    let mut desk = Desk::started(plain());
    let seen = desk.driver.state.last;
    desk.run("one");
    desk.settle();
    desk.ends("one", 1, Verdict::Fail);
    desk.settle();
    let intent = Intent::Run { step: "one".into(), typed: Typed::default() };
    let request = Request { id: 99, seen, intent };
    let outputs = desk.send(Input::Wish(Wish { client: 2, by: maya(), request, asked: None }));
    assert!(refused(&outputs).expect("it is refused").contains("has changed"), "{outputs:?}");
}

#[test]
fn a_stop_overtakes_a_hung_disk_and_is_sent_once() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    desk.settle();
    desk.wish(Intent::Note { text: "hangs".into(), step: None });
    let outputs = desk.wish(Intent::Stop { step: "one".into(), how: StopHow::Terminate });
    assert_eq!(steers(&outputs), [Control::Terminate]);
    let outputs = desk.settle();
    assert_eq!(steers(&outputs), [], "a stop that was sent would lose its grace if it were sent again");
    desk.ends("one", 1, Verdict::Ok);
    desk.settle();
    assert_eq!(desk.status("one"), StepStatus::Stopped);
}

#[test]
fn an_interrupt_and_a_stop_on_a_hung_disk_are_each_sent_once_and_in_order() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    desk.settle();
    desk.wish(Intent::Note { text: "hangs".into(), step: None });
    let mut sent = steers(&desk.wish(Intent::Stop { step: "one".into(), how: StopHow::Interrupt }));
    sent.extend(steers(&desk.wish(Intent::Stop { step: "one".into(), how: StopHow::Terminate })));
    sent.extend(steers(&desk.settle()));
    assert_eq!(sent, [Control::Interrupt, Control::Terminate]);
}

#[test]
fn a_step_that_ended_before_it_was_told_to_stop_keeps_its_own_verdict() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    desk.settle();
    desk.wish(Intent::Note { text: "hangs".into(), step: None });
    desk.ends("one", 1, Verdict::Ok);
    desk.wish(Intent::Stop { step: "one".into(), how: StopHow::Terminate });
    let outputs = desk.settle();
    assert_eq!(desk.status("one"), StepStatus::Ok);
    assert!(refused(&outputs).expect("nothing is left to stop").contains("not running"));
}

#[test]
fn a_limit_is_kept_while_the_disk_hangs_and_recorded_after() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    desk.settle();
    desk.ends("one", 1, Verdict::Ok);
    desk.settle();
    desk.run("two");
    desk.settle();
    desk.wish(Intent::Note { text: "hangs".into(), step: None });
    desk.now = later(desk.now, 59);
    assert_eq!(steers(&desk.send(Input::Tick)), []);
    desk.now = later(desk.now, 1);
    assert_eq!(steers(&desk.send(Input::Tick)), [Control::Terminate]);
    assert_eq!(steers(&desk.send(Input::Tick)), [], "the clock asks once");
    desk.ends("two", 1, Verdict::Fail);
    assert_eq!(steers(&desk.settle()), []);
    assert_eq!(desk.status("two"), StepStatus::TimedOut);
}

#[test]
fn an_end_that_nobody_saw_is_unknown_after_a_stop_and_after_a_limit_and_is_never_tried_again() {
    for asked in ["nothing", "stop", "limit"] {
        let mut desk = Desk::started(plain());
        desk.run("one");
        desk.settle();
        desk.ends("one", 1, Verdict::Ok);
        desk.settle();
        desk.run("two");
        desk.settle();
        match asked {
            "stop" => drop(desk.wish(Intent::Stop { step: "two".into(), how: StopHow::Terminate })),
            "limit" => {
                desk.now = later(desk.now, 61);
                desk.send(Input::Tick);
            }
            _nothing => {}
        }
        desk.settle();
        let StepFact::Ended(mut end) = ended(Verdict::Unknown, Vec::new()) else { panic!("an end") };
        end.exit = NOBODY_SAW;
        desk.fact("two", 1, StepFact::Ended(end));
        desk.settle();
        assert_eq!(desk.status("two"), StepStatus::Unknown, "after {asked}");
        desk.now = later(desk.now, 1000);
        let mut outputs = desk.send(Input::Tick);
        outputs.extend(desk.settle());
        assert_eq!(spawns(&outputs), 0, "after {asked}");
    }
}

#[test]
fn a_limit_does_not_take_away_the_grace_of_a_stop() {
    let mut desk = Desk::started(plain());
    desk.run("two");
    assert!(desk.on_its_way.is_none(), "two is not next: its number must be typed");
    let typed = Typed { text: Some("n-two".into()), ..Typed::default() };
    desk.wish(Intent::Run { step: "two".into(), typed });
    desk.settle();
    desk.now = later(desk.now, 59);
    desk.wish(Intent::Stop { step: "two".into(), how: StopHow::Terminate });
    desk.settle();
    desk.now = later(desk.now, 2);
    let mut outputs = desk.send(Input::Tick);
    outputs.extend(desk.settle());
    assert_eq!(steers(&outputs), []);
}

#[test]
fn a_failed_step_is_tried_again_as_often_as_the_runbook_says_and_a_person_gets_the_whole_count_again() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    desk.settle();
    desk.ends("one", 1, Verdict::Ok);
    desk.settle();
    desk.run("two");
    for attempt in [1, 2, 3, 4, 5, 6] {
        if attempt == 4 {
            assert_eq!(desk.driver.state.step(desk.ix("two")).retry_at, None, "three tries are over");
            desk.run("two");
        }
        desk.settle();
        assert_eq!(desk.driver.state.step(desk.ix("two")).attempt, attempt);
        assert_eq!(desk.status("two"), StepStatus::Running);
        desk.ends("two", attempt, Verdict::Fail);
        desk.settle();
        assert_eq!(desk.send(Input::Tick), [], "it waits for its time");
        desk.now = later(desk.now, 10);
        desk.send(Input::Tick);
    }
    assert_eq!(desk.driver.state.step(desk.ix("two")).retry_at, None);
}

#[test]
fn a_stop_between_two_tries_ends_the_tries_and_touches_no_process() {
    let mut desk = Desk::started(plain());
    desk.wish(Intent::Run { step: "two".into(), typed: Typed { text: Some("n-two".into()), ..Typed::default() } });
    desk.settle();
    desk.ends("two", 1, Verdict::Fail);
    desk.settle();
    let mut outputs = desk.wish(Intent::Stop { step: "two".into(), how: StopHow::Terminate });
    outputs.extend(desk.settle());
    assert_eq!(steers(&outputs), []);
    desk.now = later(desk.now, 60);
    assert_eq!(spawns(&desk.send(Input::Tick)), 0);
    assert!(desk.on_its_way.is_none());
}

#[test]
fn a_condition_that_cannot_be_told_holds_the_run_and_never_passes_for_no() {
    let mut build = Build::new();
    let step = build.step(0, "maybe", run("true"));
    build.at(step).when = vec![Condition { var: "TAG".into(), is: "new".into() }];
    let mut desk = Desk::started(build.done());
    desk.settle();
    assert_eq!(desk.status("maybe"), StepStatus::NotYet);
    let hold = desk.driver.state.hold.clone().expect("it is held");
    assert!(hold.reason.contains("TAG has no value"), "{}", hold.reason);
    desk.wish(Intent::Hand { step: "maybe".into(), reason: "did it".into() });
    desk.settle();
    assert_eq!(desk.status("maybe"), StepStatus::Hand);
}

#[test]
fn a_way_back_stops_what_runs_and_then_runs_up_to_the_first_failure() {
    let mut build = Build::new();
    let change = build.step(0, "change", run("change"));
    build.undo(change, "change-undo", run("back"));
    build.level("level-1", Undo::All, vec![("tidy", run("tidy")), ("look", check(1))]);
    let mut desk = Desk::started(build.done());
    desk.run("change");
    desk.settle();
    desk.wish(Intent::RollBack { level: "level-1".into(), typed: Typed::default() });
    let outputs = desk.settle();
    assert_eq!((steers(&outputs), spawns(&outputs)), (vec![Control::Terminate], 0));
    let mut outputs = desk.ends("change", 1, Verdict::Fail);
    outputs.extend(desk.settle());
    assert_eq!((desk.status("change"), desk.status("change-undo")), (StepStatus::Stopped, StepStatus::Running));
    assert_eq!(spawns(&outputs), 1);
    desk.ends("change-undo", 1, Verdict::Fail);
    assert_eq!(spawns(&desk.settle()), 0, "a failed undo waits for a person");
    desk.run("change-undo");
    desk.settle();
    desk.ends("change-undo", 2, Verdict::Ok);
    desk.settle();
    assert_eq!((desk.status("change"), desk.status("level-1.tidy")), (StepStatus::Back, StepStatus::Running));
    desk.ends("level-1.tidy", 1, Verdict::Ok);
    desk.settle();
    desk.wish(Intent::Answer { step: "level-1.look".into(), item: 0, answer: Answer::Ok, saw: String::new() });
    desk.settle();
    desk.wish(Intent::Close);
    assert!(desk.settle().contains(&Output::Close));
    assert_eq!(desk.driver.state.ended.map(|how| how.word()), Some("rolled-back"));
}

#[test]
fn nothing_is_appended_after_the_end() {
    let mut desk = Desk::started(plain());
    desk.wish(Intent::Abort { reason: "enough".into() });
    desk.settle();
    desk.wish(Intent::Close);
    desk.send(Input::Note(vec![Event::ClientLeft { client: 1 }]));
    desk.settle();
    desk.wish(Intent::Note { text: "late".into(), step: None });
    desk.send(Input::Note(vec![Event::ClientLeft { client: 2 }]));
    assert!(desk.on_its_way.is_none());
    assert!(matches!(desk.records.last(), Some(Record { event: Event::Ended { .. }, .. })));
}

#[test]
fn a_wish_that_waits_behind_a_pause_starts_nothing() {
    let mut desk = Desk::started(plain());
    desk.wish(Intent::Pause);
    desk.run("one");
    let outputs = desk.settle();
    assert!(outputs.contains(&Output::Leave) && refused(&outputs).is_some(), "{outputs:?}");
    assert_eq!(spawns(&outputs), 0);
}

#[test]
fn after_a_record_that_cannot_follow_nothing_is_done_any_more() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    let odd = Record { seq: Seq(4_000), at: desk.now, event: Event::Paused { by: maya() } };
    assert!(desk.driver.handle(Input::Durable(vec![odd]), desk.now).is_err());
    desk.on_its_way = None;
    assert_eq!(desk.send(Input::Tick), []);
}

#[test]
fn lost_output_makes_a_pass_unknown() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    desk.settle();
    desk.fact("one", 1, StepFact::Lost { bytes: 9 });
    desk.ends("one", 1, Verdict::Ok);
    desk.settle();
    assert_eq!(desk.status("one"), StepStatus::Unknown);
}

#[test]
fn a_fact_of_another_attempt_is_dropped() {
    let mut desk = Desk::started(plain());
    desk.run("one");
    desk.settle();
    assert_eq!(desk.ends("one", 2, Verdict::Ok), []);
    assert_eq!(desk.status("one"), StepStatus::Running);
}

#[test]
fn the_state_that_a_driver_came_to_is_the_fold_of_its_journal() {
    let mut desk = Desk::started(plain());
    for (step, verdict) in [("one", Verdict::Ok), ("two", Verdict::Ok), ("three", Verdict::Fail)] {
        desk.run(step);
        desk.settle();
        desk.ends(step, 1, verdict);
        desk.settle();
    }
    let folded = RunState::fold(&desk.driver.plan, &desk.records).expect("it folds");
    assert_eq!(folded, desk.driver.state);
}

#[test]
fn no_variable_is_read_before_the_start_is_durable() {
    let mut desk = Desk::new(plain());
    assert!(desk.send(Input::Tick).is_empty());
    let asked = desk.wish(Intent::Start { typed: "local".into() });
    assert!(!asked.contains(&Output::BindVars), "{asked:?}");
    assert!(desk.durable().contains(&Output::BindVars));
    assert!(refused(&desk.run("one")).is_some_and(|why| why.contains("still being read")));
}

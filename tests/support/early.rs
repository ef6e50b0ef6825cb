//! What may begin before its planned time, and for what a reason is asked. Part of `tests/model.rs`.

use crate::course::Course;
use crate::fabricate::{BEGUN, Build, check, choose, from_t0, gate, later, run};
use tminus::model::decide::{Asked, decide, early_start};
use tminus::model::event::{Answer, Event};
use tminus::model::ids::StepIx;
use tminus::model::intent::{Intent, Typed};
use tminus::model::plan::{Plan, Undo};
use tminus::model::step::Effect;

fn changes_in_phase_at(minutes: i64) -> (Build, StepIx) {
    let mut build = Build::new();
    let change = build.step(0, "change", run("change"));
    build.at(change).effect = Effect::Changes;
    build.plan.phases[0].at = Some(from_t0(minutes));
    (build, change)
}

fn course(plan: &Plan) -> Course<'_> {
    let mut course = Course::new(plan);
    course.follow_all(&[]);
    course
}

fn wish(step: &str, reason: Option<&str>) -> Intent {
    let typed = Typed { reason: reason.map(str::to_owned), ..Typed::default() };
    Intent::Run { step: step.into(), typed }
}

fn refused(course: &Course<'_>, intent: &Intent) -> String {
    let asked = Asked::plain(crate::fabricate::maya(), course.now);
    decide(course.plan, &course.book.state, intent, &asked).expect_err("it is refused").0
}

#[test]
fn what_changes_something_takes_a_reason_before_its_planned_time_and_keeps_it() {
    let plan = changes_in_phase_at(10).0.done();
    let mut early = course(&plan);
    for blank in [None, Some(""), Some(" \t")] {
        let why = refused(&early, &wish("change", blank));
        assert!(why.contains("n-change is planned for") && why.contains("needs a reason"), "{why}");
    }
    assert!(early.wish(wish("change", Some("the team is here"))));
    let kept = early.book.records.iter().any(
        |record| matches!(&record.event, Event::StepStarted { reason: Some(why), .. } if why == "the team is here"),
    );
    assert!(kept, "the reason stands in the record");
    let mut on_time = course(&plan);
    on_time.now = later(on_time.now, 10 * 60);
    assert!(on_time.wish(wish("change", None)), "at its time it is free");
}

#[test]
fn the_later_of_phase_and_step_is_the_planned_time() {
    let (mut build, change) = changes_in_phase_at(10);
    build.at(change).at = Some(from_t0(20));
    let later_step = build.done();
    let (mut build, change) = changes_in_phase_at(20);
    build.at(change).at = Some(from_t0(10));
    let later_phase = build.done();
    for plan in [later_step, later_phase] {
        let mut course = course(&plan);
        course.now = later(BEGUN, 15 * 60);
        assert!(refused(&course, &wish("change", None)).contains("planned for"));
        course.now = later(BEGUN, 21 * 60);
        assert!(course.wish(wish("change", None)));
    }
}

#[test]
fn what_only_reads_and_what_people_answer_is_free_before_its_time() {
    let mut build = Build::new();
    build.step(0, "say", check(1));
    build.step(0, "read", run("true"));
    build.plan.phases[0].at = Some(from_t0(10));
    let plan = build.done();
    let mut course = course(&plan);
    let answer = Intent::Answer { step: "say".into(), item: 0, answer: Answer::Ok, saw: String::new() };
    assert!(course.wish(answer));
    assert!(course.wish(Intent::Run { step: "read".into(), typed: Typed::default() }));
}

#[test]
fn a_step_by_hand_that_changes_something_is_opened_with_a_reason_and_then_answered() {
    let mut build = Build::new();
    let hand = build.step(0, "hand", check(1));
    build.at(hand).effect = Effect::Changes;
    build.at(hand).at = Some(from_t0(10));
    let plan = build.done();
    let mut course = course(&plan);
    let answer = Intent::Answer { step: "hand".into(), item: 0, answer: Answer::Ok, saw: String::new() };
    assert!(refused(&course, &answer).contains("too early"));
    assert!(course.wish(wish("hand", Some("nobody else is free later"))));
    assert!(course.wish(answer));
}

#[test]
fn a_gate_opens_freely_before_its_time_and_is_decided_with_a_reason() {
    let mut build = Build::new();
    let go = build.step(0, "go", gate(&[]));
    build.at(go).at = Some(from_t0(10));
    let plan = build.done();
    let mut course = course(&plan);
    assert!(course.wish(Intent::Run { step: "go".into(), typed: Typed::default() }));
    let decided =
        |reason: &str| Intent::Decide { step: "go".into(), go: true, typed: String::new(), reason: reason.into() };
    assert!(refused(&course, &decided("")).contains("planned for"));
    assert!(course.wish(decided("everyone is ready")));
}

#[test]
fn nothing_begins_by_itself_before_the_time_of_its_phase() {
    let mut build = Build::new();
    let auto = build.step(0, "auto", run("true"));
    build.at(auto).auto = true;
    build.plan.phases[0].at = Some(from_t0(10));
    let plan = build.done();
    let course = course(&plan);
    let state = &course.book.state;
    assert_eq!(tminus::model::follow::due(&plan, state, course.now), None);
    let at = tminus::model::follow::wake(&plan, state).expect("it wakes at the phase's time");
    assert!((590..=600).contains(&((at - course.now.wall) / 1_000_000)));
}

#[test]
fn an_option_of_a_choice_is_as_early_as_its_phase_and_a_way_back_never_is() {
    let mut build = Build::new();
    let way = build.step(0, "way", choose());
    let inner = build.option(way, &[("inner", run("inner"))]);
    build.at(inner[0]).effect = Effect::Changes;
    let undo = build.undo(inner[0], "inner-undo", run("back"));
    build.level("level-1", Undo::All, vec![("tidy", run("tidy"))]);
    build.plan.phases[0].at = Some(from_t0(10));
    let plan = build.done();
    let mut course = course(&plan);
    assert!(course.wish(Intent::Choose { step: "way".into(), option: "way-0".into() }));
    let early = |course: &Course<'_>, ix| early_start(&plan, &course.book.state, ix, course.now.wall).is_some();
    assert!(early(&course, inner[0]));
    assert!(!early(&course, undo));
    assert!(course.wish(Intent::RollBack { level: "level-1".into(), typed: Typed::default() }));
    assert!(!early(&course, inner[0]) && !early(&course, undo));
}

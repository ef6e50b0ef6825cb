//! When the driver's loop is to look again, and what it must not miss until then. Part of `tests/driver.rs`.

use crate::desk::{Desk, steers};
use crate::fabricate::{Build, later, plain};
use std::time::Duration;
use tminus::engine::driver::{Input, Output};
use tminus::engine::exec::Control;
use tminus::model::event::Event;
use tminus::model::expect::Verdict;
use tminus::model::ids::Seq;
use tminus::model::intent::{Intent, Typed};
use tminus::model::record::Record;
use tminus::model::state::StepStatus;
use tminus::model::step::Work;
use tminus::model::when::When;

#[test]
fn the_loop_is_not_woken_for_what_was_due_and_waits_for_a_person() {
    let mut desk = Desk::started(plain());
    desk.wish(Intent::Run { step: "two".into(), typed: Typed { text: Some("n-two".into()), ..Typed::default() } });
    desk.settle();
    desk.ends("two", 1, Verdict::Fail);
    desk.settle();
    let due = desk.driver.wake().expect("the next try has its time");
    assert_eq!(due, desk.now.wall + 10_000_000);
    desk.wish(Intent::Hold { reason: "lunch".into() });
    desk.settle();
    desk.now = later(desk.now, 60);
    desk.send(Input::Tick);
    assert_eq!(desk.driver.wake(), None, "a held try is not asked for at every turn of the loop");
}

#[test]
fn the_loop_is_woken_at_a_limit_and_not_again_after_it() {
    let mut desk = Desk::started(plain());
    desk.wish(Intent::Run { step: "two".into(), typed: Typed { text: Some("n-two".into()), ..Typed::default() } });
    desk.settle();
    assert_eq!(desk.driver.wake(), Some(desk.now.wall + 60_000_000));
    // The wall clock was set forward: the limit by the monotonic clock is still to come, and is looked at when idle.
    desk.now.wall += 120_000_000;
    assert_eq!(steers(&desk.send(Input::Tick)), []);
    assert_eq!(desk.driver.wake(), None);
    desk.now.mono += 60_000_000;
    assert_eq!(steers(&desk.send(Input::Tick)), [Control::Terminate]);
}

#[test]
fn a_flood_of_output_hides_nothing_that_becomes_due() {
    let mut build = Build::new();
    build.step(0, "pause", Work::Wait(When::After(Duration::from_secs(30))));
    let mut desk = Desk::started(build.done());
    desk.settle();
    let until = desk.driver.state.steps[0].until.expect("it counts down");
    // What the writer adds of its own while a command prints.
    let flood = |desk: &mut Desk, seconds: u64| {
        desk.now = later(desk.now, seconds);
        let event = Event::Ckpt { text: String::new(), sig: "-".into() };
        let record = Record { seq: Seq(desk.driver.state.last.0 + 1), at: desk.now, event };
        desk.send(Input::Durable(vec![record])).iter().any(|output| matches!(output, Output::Append(..)))
    };
    for _ in 0..29 {
        assert!(!flood(&mut desk, 1));
        assert_eq!(desk.driver.wake(), Some(until), "it is still named");
    }
    // The clock of the machine was set back: the countdown is named all the same.
    desk.now.wall -= 3_600_000_000;
    assert!(!flood(&mut desk, 0));
    assert_eq!(desk.driver.wake(), Some(until));
    desk.now.wall += 3_600_000_000;
    assert!(flood(&mut desk, 2), "the countdown ends with whatever comes next");
    desk.settle();
    assert_eq!(desk.status("pause"), StepStatus::Ok);
}

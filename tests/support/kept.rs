//! Secrets that come to the driver, and the journal that must not hold one. Part of `tests/driver.rs`.

use crate::desk::{Desk, ended, refused};
use crate::fabricate::{Build, SECRET, ask, check, everything, run_with};
use tminus::engine::driver::Captured;
use tminus::model::event::Answer;
use tminus::model::expect::{Capture, CaptureFrom, Verdict};
use tminus::model::intent::{Intent, Typed};
use tminus::model::secret::Secret;
use tminus::model::state::StepStatus;
use tminus::model::step::Work;

#[test]
fn no_secret_that_is_typed_captured_or_quoted_reaches_a_record() {
    let mut build = Build::new();
    build.step(0, "pass", Work::Ask(ask("PASS", true)));
    let capture = |name: &str, secret| (name.into(), Capture { from: CaptureFrom::Stdout, secret });
    build.step(
        0,
        "mint",
        run_with("mint", |command| command.capture = vec![capture("MINTED", true), capture("URL", false)]),
    );
    build.step(0, "say", Work::Ask(ask("WORD", false)));
    build.step(0, "look", check(1));
    let mut desk = Desk::started(build.done());
    desk.wish(Intent::Value { step: "pass".into(), value: Secret::new(SECRET.into()) });
    desk.settle();
    desk.run("mint");
    desk.settle();
    let found = |name: &str, value: String, secret| Captured { name: name.into(), value: Secret::new(value), secret };
    let captured =
        vec![found("MINTED", "s3cr3t-minted".into(), true), found("URL", format!("http://x:{SECRET}@y"), false)];
    desk.fact("mint", 1, ended(Verdict::Ok, captured));
    desk.settle();
    assert_eq!(desk.status("mint"), StepStatus::Ok);
    let outputs = desk.wish(Intent::Value { step: "say".into(), value: Secret::new(format!("it is {SECRET}")) });
    assert!(refused(&outputs).is_some_and(|why| !why.contains(SECRET)), "{outputs:?}");
    desk.wish(Intent::Skip { step: "say".into(), reason: format!("it is {SECRET}") });
    desk.settle();
    let saw = format!("s3cr3t-minted and {SECRET}");
    desk.wish(Intent::Answer { step: "look".into(), item: 0, answer: Answer::Ok, saw });
    desk.settle();
    desk.wish(Intent::Note { text: SECRET.into(), step: None });
    desk.settle();
    let journal = desk.journal();
    assert!(!journal.contains(SECRET) && !journal.contains("s3cr3t-minted"), "{journal}");
    assert!(journal.contains("[secret PASS]") && journal.contains("[secret MINTED]"), "{journal}");
    assert_eq!(
        desk.driver.secrets.get("MINTED").map(|value| value.reveal().to_owned()).as_deref(),
        Some("s3cr3t-minted")
    );
}

#[test]
fn a_captured_secret_that_is_too_short_to_mask_fails_its_step() {
    let mut desk = Desk::started(everything());
    desk.wish(Intent::Run { step: "mint".into(), typed: Typed { text: Some("n-mint".into()), ..Typed::default() } });
    assert!(desk.on_its_way.is_none(), "it names TOKEN, which has no value");
    let mut build = Build::new();
    let minted = ("MINTED".into(), Capture { from: CaptureFrom::Stdout, secret: true });
    build.step(0, "mint", run_with("mint", |command| command.capture = vec![minted]));
    let mut desk = Desk::started(build.done());
    desk.run("mint");
    desk.settle();
    let short = Captured { name: "MINTED".into(), value: Secret::new("abc".into()), secret: true };
    desk.fact("mint", 1, ended(Verdict::Ok, vec![short]));
    desk.settle();
    assert_eq!(desk.status("mint"), StepStatus::Failed);
    assert!(desk.driver.state.vars.is_empty());
}

//! What the fold says of a run in other hands: who is another operator, and what may not happen before a run was taken over.

#[path = "fabricate.rs"]
mod fabricate;

use fabricate::{BEGUN, Book, later, maya};
use tminus::model::event::Event;
use tminus::model::ids::{RunId, Seq};
use tminus::model::signed::{Realm, SignedText};
use tminus::model::state::Operator;

/// The text of a part's first record, by this operator.
fn opening(kind: &str, operator: &[(&str, &str)]) -> SignedText {
    let text = SignedText::new(kind, Realm::Live, &RunId::from("0001-20260921T1313Z-x-0123456789abcdef"));
    let of = |key: &str, else_: &'static str| {
        operator.iter().find(|(name, _)| *name == key).map_or(else_.to_owned(), |(_, value)| (*value).to_owned())
    };
    let fields = [
        ("operator", of("operator", "maya")),
        ("key", of("key", "SHA256:one")),
        ("mode", of("mode", "attended")),
        ("uid", of("uid", "1000")),
        ("host", of("host", "jump2")),
        ("user", of("user", "maya")),
        ("runbook dir", "/srv".into()),
        ("runbook name", "x.yaml".into()),
        ("runbook", "00".into()),
        ("run dir", "/runs/1".into()),
        ("key origin", "file".into()),
        ("zone", "UTC".into()),
        ("boot", "boot-1".into()),
    ];
    fields.into_iter().fold(text, |text, (key, value)| text.with(key, value))
}

#[test]
fn another_key_user_host_or_name_is_another_operator_and_an_answers_file_has_no_name() {
    let read = |operator: &[(&str, &str)]| Operator::read(&opening("resume", operator), Seq(9));
    let before = read(&[]);
    assert!(read(&[]).other_than(&before).is_empty() && read(&[]).is_surely(&before));
    for (key, value, what) in [
        ("key", "SHA256:two", "key"),
        ("key", "", "key"),
        ("uid", "1001", "user id"),
        ("host", "jump3", "host"),
        ("operator", "lee", "name"),
    ] {
        assert_eq!(read(&[(key, value)]).other_than(&before), [what], "{key} {value}");
    }
    let nobody = read(&[("operator", "ci"), ("mode", "unattended")]);
    assert!(nobody.other_than(&before).is_empty() && before.other_than(&nobody).is_empty());
    // Who it surely is, is a matter of the key; without any, of the user and the host.
    assert!(!read(&[("key", "SHA256:two")]).is_surely(&before) && read(&[("host", "jump3")]).is_surely(&before));
    let unsigned = read(&[("key", "")]);
    assert!(!unsigned.is_surely(&before) && unsigned.is_surely(&unsigned));
    assert!(!read(&[("key", ""), ("uid", "0")]).is_surely(&unsigned));
}

#[test]
fn a_journal_in_which_something_begins_before_the_run_was_taken_over_cannot_be_folded() {
    let plan = fabricate::plain();
    let begin = |book: &Book| Event::StepStarted {
        step: plan.steps[0].id.clone(),
        attempt: book.state.steps[0].attempt + 1,
        by: maya(),
        typed: None,
        reason: None,
        second: None,
        invocation: None,
        until: None,
    };
    let resumed = |fmt: &str| {
        let mut book = Book { records: Vec::new(), state: tminus::model::state::RunState::of(&plan) };
        let (text, sig) = (opening("genesis", &[]).encode(), "-".to_owned());
        book.write(&plan, BEGUN, Event::Genesis { fmt: fmt.into(), text, sig }).unwrap();
        let started =
            Event::Started { by: maya(), typed: "local".into(), t0: BEGUN.wall, zone: "UTC".into(), hard_stop: None };
        book.write(&plan, later(BEGUN, 1), started).unwrap();
        let (text, sig) = (opening("resume", &[("key", "SHA256:two")]).encode(), "-".to_owned());
        book.write(&plan, later(BEGUN, 2), Event::Resume { fmt: fmt.into(), text, sig }).unwrap();
        book
    };
    // What was written before there was such a record is read as it was.
    let mut old = resumed("1.1");
    let event = begin(&old);
    old.write(&plan, later(BEGUN, 3), event).unwrap();
    let mut book = resumed("1.2");
    let event = begin(&book);
    let refused = book.write(&plan, later(BEGUN, 3), event).unwrap_err();
    assert!(refused.why.contains("nobody took the run over"), "{refused}");
    let over = |from: &str, reason: &str, old: &[&str]| Event::HandedOver {
        from: from.into(),
        name: "Lee".into(),
        reason: reason.into(),
        old: old.iter().map(|step| (*step).into()).collect(),
        by: maya(),
    };
    let first = plan.steps[0].id.as_str();
    for wrong in
        [over("lee", "x", &[]), over("maya", " ", &[]), over("maya", "x", &[first]), over("maya", "x", &["no"])]
    {
        assert!(book.write(&plan, later(BEGUN, 3), wrong.clone()).is_err(), "{wrong:?}");
    }
    book.write(&plan, later(BEGUN, 3), over("maya", "x", &[])).unwrap();
    assert!(book.write(&plan, later(BEGUN, 3), over("maya", "x", &[])).is_err(), "once");
    let event = begin(&book);
    book.write(&plan, later(BEGUN, 4), event).unwrap();
}

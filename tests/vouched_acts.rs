//! The operator's signature covers every act of weight, with the real binary: a GO ANYWAY, a sign-off, a pause, a way back and its end.
//!
//! The newest act covers those before it, so how many signatures there are is nobody's business: that no act is left uncovered is.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "support/signing.rs"]
mod signing;
mod support;

use serde_json::Value;
use signing::{Desk, Seat, has};
use support::{events, records, said, until};
use tminus::journal::reader::read_all;
use tminus::model::barrier::Barriers;
use tminus::model::event::Event;
use tminus::model::intent::{Intent, Typed};

const PLAN: &str = "\
tminus: 1
title: Vouched
environment: { name: here, kind: local }
defaults: { shell: sh }
roles:
  lead: { title: Technical lead, signers: [ana@example.com] }
phases:
  - id: one
    title: One
    steps:
      - { id: hello, title: Say hello, run: \"echo hello\", effect: reads }
      - { id: go, gate: Go on?, go: [ { id: ready, confirm: All is ready, critical: true } ] }
      - { id: off, title: Sign it off, sign: The data is whole, roles: [lead] }
      - { id: mark, title: Make a mark, run: \"echo x >> mark\", undo: \"rm mark\" }
      - { id: after, title: After, confirm: It is over }
rollbacks:
  - { id: level-1, title: Back, budget: 1m, loses: nothing, undo: all }
";

/// The first act that no signature of the operator's covers, of what is on disk; an error while that cannot be read.
fn uncovered(desk: &Desk) -> Result<Option<String>, String> {
    let records = read_all(&desk.aboard.runs()[0]).map_err(|why| why.to_string())?;
    let mut barriers = Barriers::default();
    for record in &records {
        barriers.note(record);
        if let Event::BarrierSigned { text, .. } = &record.event {
            barriers.sign(text)?;
        }
    }
    Ok(barriers.oldest().map(|act| act.what.clone()))
}

/// Waits until an act is recorded and the operator's key covers everything.
fn until_covered(desk: &Desk, event: &str) {
    let recorded = || !events(&records(&desk.dir()), event).is_empty();
    until(60, &format!("{event}, and no act that is not signed"), || recorded() && uncovered(desk) == Ok(None));
}

/// What the texts say that the operator's key signed.
fn signed_words(desk: &Desk) -> Vec<String> {
    let all = records(&desk.dir());
    let what = |one: &&Value| {
        let text = one["text"].as_str().unwrap().to_owned();
        text.lines().find_map(|line| line.strip_prefix("what: ")).unwrap().to_owned()
    };
    events(&all, "barrier.signed").iter().map(what).collect()
}

/// A run that came over a gate against the advice and over a sign-off, each signed before the next act.
fn signed_off() -> (Desk, Seat) {
    let desk = Desk::new(PLAN);
    let mut seat = desk.started();
    seat.run("hello");
    seat.until_records("the gate", |records| has(records, "step.started", 2));
    let (typed, reason) = ("GO ANYWAY".to_owned(), "a test".to_owned());
    seat.wish(Intent::Decide { step: "go".into(), go: true, typed, reason }).unwrap();
    until_covered(&desk, "gate.decided");
    seat.run("off");
    seat.until_records("the question", |records| has(records, "sign.asked", 1));
    let signed = desk.sign("ana", &[]);
    assert!(signed.status.success(), "{}", said(&signed));
    until_covered(&desk, "step.signed");
    (desk, seat)
}

/// The fingerprint of each key that signed an act, as `verify` says it, with who that is.
fn verified(desk: &Desk) -> (Value, Vec<String>) {
    let judged = desk.run(&["verify", "1", "--allowed-signers", "signers", "--format", "json"]);
    let found: Value = serde_json::from_slice(&judged.stdout).unwrap_or_else(|why| panic!("{why}: {}", said(&judged)));
    let acts = found["signed"].as_array().unwrap().iter();
    let acts = acts.filter(|by| by["what"].as_str().unwrap().starts_with("barrier at record "));
    let who = acts.map(|by| format!("{} {}", by["who"].as_str().unwrap(), by["standing"].as_str().unwrap())).collect();
    (found, who)
}

#[test]
fn a_go_anyway_a_sign_off_and_a_pause_are_signed_by_the_operators_key() {
    let (desk, mut seat) = signed_off();
    let words = signed_words(&desk);
    let off = "off, attempt 1, for lead by ana@example.com";
    assert!(["GO ANYWAY at go, attempt 1", off].iter().all(|act| words.iter().any(|word| word == act)), "{words:?}");
    seat.wish(Intent::Pause).unwrap();
    until_covered(&desk, "paused");
    assert!(signed_words(&desk).iter().any(|word| word == "paused"));
    let (found, who) = verified(&desk);
    assert_eq!(found["verdict"], "unsealed", "{found}");
    assert!(!who.is_empty() && who.iter().all(|by| by == "op verified"), "{found}");
}

#[test]
fn a_way_back_and_its_end_are_signed_by_the_operators_key_before_the_seal() {
    let (desk, mut seat) = signed_off();
    seat.run("mark");
    seat.until_records("the mark", |records| has(records, "step.judged", 2));
    let typed = Typed { text: None, reason: Some("a test".into()), second: None };
    seat.wish(Intent::RollBack { level: "level-1".into(), typed }).unwrap();
    until_covered(&desk, "rollback.ended");
    let words = signed_words(&desk);
    assert!(words.iter().any(|word| word == "way back level-1 at its end"), "{words:?}");
    seat.wish(Intent::Close).unwrap();
    until(60, "the seal", || {
        desk.dir().join("SEAL").exists()
            && desk.aboard.runs().iter().all(|run| tminus::feed::live::conductor_of(run).is_none())
    });
    assert_eq!(uncovered(&desk), Ok(None));
    let (found, who) = verified(&desk);
    assert_eq!((&found["verdict"], &found["ended"]), (&"verified".into(), &"rolled-back".into()), "{found}");
    assert!(!who.is_empty() && who.iter().all(|by| by == "op verified"), "{found}");
}

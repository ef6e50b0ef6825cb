//! The operator's signatures after acts of weight, in journals that are as they should be and in ones that a hostile operator
//! wrote: chained, checkpointed and sealed, and not signed so.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod journal_kit;

use journal_kit::{Person, Rig, actor, gate, note, now, runs};
use tminus::journal::reader::recover;
use tminus::journal::verify::{Verdict, Verified, verify};
use tminus::journal::writer::{Closing, Order};
use tminus::model::barrier::Barriers;
use tminus::model::event::Event;
use tminus::model::signed::Realm;

fn tell(rig: &Rig, event: Event) {
    rig.tell(Order::Batch { events: vec![(now(), event)], barrier: true });
}

fn why(verified: &Verified) -> String {
    verified.problems.iter().map(|problem| format!("{problem}\n")).collect::<String>() + &verified.notes.join("\n")
}

/// A sealed run in which a gate was decided, and what `forge` makes of the text that it leads to is recorded.
fn judged(maya: &Person, forge: impl Fn(&Rig, String) -> Vec<Event>) -> Verified {
    let runs = runs();
    let mut rig = maya.begin(&runs, Realm::Live);
    tell(&rig, note("before"));
    tell(&rig, gate("go"));
    let text = rig.wanted(&mut Barriers::default());
    for event in forge(&rig, text) {
        tell(&rig, event);
    }
    let said = rig.finish(Closing::Ended);
    maya.seal(&rig.dir, &said);
    verify(&rig.dir, &maya.with())
}

#[test]
fn each_signature_of_an_act_is_judged_and_named() {
    let maya = Person::new();
    let verified = judged(&maya, |_, text| vec![maya.vouch(text)]);
    assert_eq!(verified.verdict, Verdict::Verified, "{}", why(&verified));
    let named: Vec<&str> = verified.signed.iter().map(|by| by.what.as_str()).collect();
    assert!(named.iter().any(|what| what.starts_with("barrier at record ")), "{named:?}");
    // By a list that has the key for other things only, it is nobody's.
    let (runs, lee) = (runs(), Person::new());
    let dir = maya.sealed(&runs);
    let list = std::fs::read_to_string(&maya.list).unwrap();
    let without = list.replace("barrier@tminus,", "");
    assert_ne!(list, without);
    let with = |list: &str| tminus::journal::verify::VerifyWith {
        allowed: tminus::journal::keys::allowed::AllowedSigners::parse(list.as_bytes()),
        ..lee.with()
    };
    assert_eq!(verify(&dir, &with(&list)).verdict, Verdict::Verified);
    assert_eq!(verify(&dir, &with(&without)).verdict, Verdict::UnknownKey);
}

#[test]
fn what_a_hostile_operator_writes_down_as_his_signature_is_tampering_at_that_record() {
    let (maya, lee) = (Person::new(), Person::new());
    type Forge<'a> = Box<dyn Fn(&Rig, String) -> Vec<Event> + 'a>;
    let changed = |from: &'static str, to: &'static str| -> Forge<'_> {
        let maya = &maya;
        Box::new(move |_, text| {
            assert!(text.contains(from), "{text}");
            vec![maya.vouch(text.replacen(from, to, 1))]
        })
    };
    let of_another = |_: &Rig, text: String| vec![lee.vouch(text)];
    let other_namespace = |_: &Rig, text: String| {
        let sig = maya.signer.sign("signoff@tminus", text.as_bytes()).unwrap();
        vec![Event::BarrierSigned { text, sig }]
    };
    let none = |_: &Rig, text: String| vec![Event::BarrierSigned { text, sig: "-".into() }];
    let named =
        |_: &Rig, text: String| vec![lee.vouch(text.replace(&maya.signer.fingerprint(), &lee.signer.fingerprint()))];
    let twice = |_: &Rig, text: String| vec![maya.vouch(text.clone()), maya.vouch(text)];
    let cases: Vec<(&str, Forge<'_>)> = vec![
        ("another key signed it", Box::new(of_another)),
        ("another key than the operator's", Box::new(named)),
        ("signoff@tminus", Box::new(other_namespace)),
        ("", Box::new(none)),
        ("another journal", changed("records: ", "records: 1")),
        ("another journal", changed("sha256: ", "sha256: 0")),
        ("other words", changed("what: GO at", "what: NO-GO at")),
        ("other words", changed("act: gate", "act: pause")),
        ("no act that waits", changed("record: ", "record: 1")),
        ("for the drill run", changed("barrier live", "barrier drill")),
        ("no act that waits", Box::new(twice)),
    ];
    for (word, forge) in cases {
        let verified = judged(&maya, |rig, text| forge(rig, text));
        let said = why(&verified);
        assert!(verified.verdict == Verdict::Tampered && said.contains(word), "{word}: {said}");
        assert!(verified.problems[0].seq.is_some(), "{said}");
    }
}

#[test]
fn a_run_that_goes_on_says_from_which_record_on_it_is_not_signed() {
    let (runs, maya) = (runs(), Person::new());
    let mut rig = maya.begin(&runs, Realm::Live);
    tell(&rig, gate("one"));
    let mut barriers = Barriers::default();
    let text = rig.wanted(&mut barriers);
    tell(&rig, maya.vouch(text));
    tell(&rig, gate("two"));
    tell(&rig, Event::RollbackEnded { level: "level-1".into() });
    tell(&rig, Event::Paused { by: actor() });
    rig.finish(Closing::Left);
    let dir = rig.dir.clone();
    drop(rig);
    let verified = verify(&dir, &maya.with());
    assert_eq!(verified.verdict, Verdict::Unsealed, "{}", why(&verified));
    assert!(why(&verified).contains("(GO at two, attempt 1) on, no act of weight is signed"), "{}", why(&verified));
    // A resume that is signed signs all before it.
    let recovered = recover(&dir, None).unwrap();
    let mut rig = maya.resume(&dir, &recovered);
    rig.finish(Closing::Left);
    let verified = verify(&dir, &maya.with());
    assert!(!why(&verified).contains("no act of weight"), "{}", why(&verified));
}

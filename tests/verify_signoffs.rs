//! Sign-offs in journals that a hostile operator wrote: chained, checkpointed and sealed as they should be, and not signed so.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod journal_kit;

use journal_kit::cast::{Cast, prefix_after, why};
use journal_kit::{Person, Rig, actor, now, runs};
use tminus::journal::verify::{Verdict, Verified, verify};
use tminus::journal::writer::{Closing, Order};
use tminus::model::event::{EndState, Event, SigningRole};
use tminus::model::ids::{RoleId, StepId};
use tminus::model::signed::Realm;
use tminus::model::signoff::{Place, Prefix, Signatory, of};

const QUESTION: &str = "The data is whole";

/// One signature as somebody wrote it down.
struct Forged {
    role: &'static str,
    principal: &'static str,
    comment: &'static str,
    text: String,
    sig: String,
}

/// A run that asks lead and ops, in which what `forge` makes of the place is recorded.
fn judged(cast: &Cast, list: &str, forge: impl Fn(&Rig, &Prefix, &Prefix) -> Vec<Forged>) -> Verified {
    let runs = runs();
    let mut rig = cast.maya.begin(&runs, Realm::Live);
    let before = prefix_after(&mut rig, |_| true);
    let role = |role: &str, signer: &str| SigningRole { role: role.into(), signers: vec![signer.into()] };
    let asked = Event::SignAsked {
        step: "off".into(),
        attempt: 1,
        question: QUESTION.into(),
        count: 2,
        roles: vec![role("lead", "ana"), role("ops", "ben")],
        same_person: false,
        second_person: true,
        asked_for: Default::default(),
    };
    rig.tell(Order::Batch { events: vec![(now(), asked)], barrier: true });
    let after = prefix_after(&mut rig, |event| matches!(event, Event::SignAsked { .. }));
    for Forged { role, principal, comment, text, sig } in forge(&rig, &before, &after) {
        let (step, role, principal, comment) = ("off".into(), role.into(), principal.into(), comment.into());
        let signed = Event::StepSigned {
            step,
            attempt: 1,
            role,
            principal,
            comment,
            text,
            sig,
            by: actor(),
            decision: Default::default(),
        };
        rig.tell(Order::Batch { events: vec![(now(), signed)], barrier: true });
    }
    let ended = Event::Ended { how: EndState::Completed, by: actor() };
    rig.tell(Order::Batch { events: vec![(now(), ended)], barrier: true });
    let said = rig.finish(Closing::Ended);
    cast.maya.seal(&rig.dir, &said);
    verify(&rig.dir, &cast.with(list))
}

fn text(rig: &Rig, prefix: &Prefix, (role, principal, person): (&'static str, &'static str, &Person)) -> String {
    let (step, role) = (StepId::from("off"), RoleId::from(role));
    let (realm, run, question) = (Realm::Live, rig.dir.id(), QUESTION);
    let place = Place { realm, run, step: &step, attempt: 1, prefix, question };
    let key = person.signer.fingerprint();
    of(&place, &Signatory { role: &role, principal, key: &key, comment: "", decision: Default::default() }).encode()
}

fn signed(text: String, (role, principal, person): (&'static str, &'static str, &Person)) -> Forged {
    let sig = person.signer.sign("signoff@tminus", text.as_bytes()).unwrap();
    Forged { role, principal, comment: "", text, sig }
}

fn good(rig: &Rig, prefix: &Prefix, by: (&'static str, &'static str, &Person)) -> Forged {
    signed(text(rig, prefix, by), by)
}

#[test]
fn sign_offs_that_hold_verify_and_each_is_named() {
    let cast = Cast::new();
    let both = |rig: &Rig, _: &Prefix, at: &Prefix| {
        vec![good(rig, at, ("lead", "ana", &cast.ana)), good(rig, at, ("ops", "ben", &cast.ben))]
    };
    let verified = judged(&cast, &cast.list(), both);
    assert_eq!(verified.verdict, Verdict::Verified, "{}", why(&verified));
    let named = verified.signed.iter().filter(|by| by.what.starts_with("signoff off ")).count();
    assert_eq!(named, 2);
    let without: String =
        cast.list().lines().filter(|line| !line.starts_with("ben")).map(|line| format!("{line}\n")).collect();
    assert_eq!(judged(&cast, &without, both).verdict, Verdict::UnknownKey);
    let other = cast.list().replace("ben ", "carl ");
    assert_eq!(judged(&cast, &other, both).verdict, Verdict::UnknownKey, "the key of somebody else");
    let over = cast.list().replace("ben ", "ben valid-before=\"20200101Z\" ");
    assert_eq!(judged(&cast, &over, both).verdict, Verdict::KeyNotValid);
    let seals_only = cast.list().replace("ben ", "ben namespaces=\"seal@tminus\" ");
    assert_eq!(judged(&cast, &seals_only, both).verdict, Verdict::UnknownKey);
}

#[test]
fn fewer_than_were_asked_are_missing() {
    let cast = Cast::new();
    let verified = judged(&cast, &cast.list(), |rig, _, at| vec![good(rig, at, ("ops", "ben", &cast.ben))]);
    assert_eq!(verified.verdict, Verdict::SignOffsMissing, "{}", why(&verified));
    assert!(why(&verified).contains("off asked for 2 sign-offs, and 1 are there"), "{}", why(&verified));
}

#[test]
fn what_a_hostile_operator_writes_down_as_a_sign_off_is_tampering() {
    let cast = Cast::new();
    let ben = ("ops", "ben", &cast.ben);
    type Forge<'a> = Box<dyn Fn(&Rig, &Prefix, &Prefix) -> Vec<Forged> + 'a>;
    let changed = |from: &'static str, to: &'static str| -> Forge<'_> {
        Box::new(move |rig, _, at| {
            let text = text(rig, at, ben);
            assert!(text.contains(from), "{text}");
            vec![signed(text.replacen(from, to, 1), ben)]
        })
    };
    let name = |_: &Rig, _: &Prefix, _: &Prefix| {
        vec![Forged { role: "ops", principal: "ben", comment: "", text: QUESTION.into(), sig: "-".into() }]
    };
    let drill = |rig: &Rig, _: &Prefix, at: &Prefix| {
        let text = text(rig, at, ben);
        let sig = cast.ben.signer.sign("signoff.drill@tminus", text.as_bytes()).unwrap();
        vec![Forged { text, sig, ..good(rig, at, ben) }]
    };
    let swapped = |rig: &Rig, _: &Prefix, at: &Prefix| {
        vec![Forged { sig: good(rig, at, ("lead", "ana", &cast.ana)).sig, ..good(rig, at, ben) }]
    };
    let cases: Vec<(&str, Forge<'_>)> = vec![
        ("a name alone signs for it", Box::new(name)),
        ("signed over another journal", Box::new(|rig, before, _| vec![good(rig, before, ben)])),
        ("signed at attempt 2", changed("attempt: 1", "attempt: 2")),
        ("signed for another question", changed("whole", "hole")),
        ("it says decision no-go", changed("decision: signed", "decision: no-go")),
        ("signed for a drill run", changed("signoff live", "signoff drill")),
        ("signed for step on", changed("step: off", "step: on")),
        ("signoff.drill@tminus", Box::new(drill)),
        ("does not", Box::new(swapped)),
        ("maya does not speak for ops", Box::new(|rig, _, at| vec![good(rig, at, ("ops", "maya", &cast.maya))])),
        ("qa is not asked", Box::new(|rig, _, at| vec![good(rig, at, ("qa", "ben", &cast.ben))])),
        ("it says comment", Box::new(|rig, _, at| vec![Forged { comment: "yes", ..good(rig, at, ben) }])),
        ("has signed there before", Box::new(|rig, _, at| vec![good(rig, at, ben), good(rig, at, ben)])),
    ];
    for (word, forge) in cases {
        let verified = judged(&cast, &cast.list(), |rig, before, at| forge(rig, before, at));
        assert!(verified.verdict == Verdict::Tampered && why(&verified).contains(word), "{word}: {}", why(&verified));
    }
    // One key that the list has under two names is one person.
    let list = format!("{}ana {}\n", cast.list(), cast.ben.signer.public_openssh());
    let twice =
        |rig: &Rig, _: &Prefix, at: &Prefix| vec![good(rig, at, ben), good(rig, at, ("lead", "ana", &cast.ben))];
    let verified = judged(&cast, &list, twice);
    assert!(why(&verified).contains("the same person or key signed for ops"), "{}", why(&verified));
}

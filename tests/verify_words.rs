//! Votes by key and second persons in journals that a hostile operator wrote: chained, checkpointed and sealed as they should be,
//! with other words in them than were said, or without those that were.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod journal_kit;

use journal_kit::cast::{Cast, prefix_after, why};
use journal_kit::{Person, Rig, actor, exited, now, runs};
use tminus::journal::keys::revoked::RevokedKeys;
use tminus::journal::reader::read_all;
use tminus::journal::verify::{Verdict, Verified, verify};
use tminus::journal::writer::{Closing, Order};
use tminus::model::actor::{Actor, Known};
use tminus::model::event::{AskedFor, Decision, EndState, Event, Invocation, SigningRole, Vote};
use tminus::model::expect::Verdict as Judged;
use tminus::model::ids::{Attempt, RoleId, StepId};
use tminus::model::plan::Plan;
use tminus::model::signed::Realm;
use tminus::model::signoff::{Place, Prefix, Signatory, of};

const PLAN: &str = "\
tminus: 1
title: Keyed words
environment: { name: here, kind: local }
roles:
  lead: { title: Technical lead, signers: [ana] }
  ops: { title: Operations, signers: [ben] }
phases:
  - title: One
    steps:
      - { id: go, gate: Shall we, go: [{ id: seen, confirm: Somebody looked }], poll: [lead, ops] }
      - id: wipe
        title: Wipe it
        run: echo wiping
        effect: destroys
        phrase: wipe it
        loses: The old rows
        role: ops
        second_person: true
";
const POLL: &str = "GO or NO-GO at 1.1: Shall we\n- GO needs: 1 Somebody looked";
const WIPE: &str = "1.2 Wipe it may begin on LOCAL here\n- loses: The old rows\n- runs: echo wiping";

/// A key's word at a gate, a second person's before a step.
#[derive(Clone, Copy)]
struct Word<'a> {
    step: &'static str,
    role: &'static str,
    principal: &'static str,
    by: &'a Person,
    decision: Decision,
}

/// Where a hostile operator stands: the run so far, and the journal up to its beginning and to each question.
struct Here {
    rig: Rig,
    prefixes: Vec<Prefix>,
}

impl Here {
    fn text(&self, word: Word<'_>, prefix: &Prefix) -> String {
        let question = if word.step == "go" { POLL } else { WIPE };
        self.text_of(word, prefix, question)
    }

    fn text_of(&self, word: Word<'_>, prefix: &Prefix, question: &str) -> String {
        let (step, role) = (StepId::from(word.step), RoleId::from(word.role));
        let place = Place { realm: Realm::Live, run: self.rig.dir.id(), step: &step, attempt: 1, prefix, question };
        let (key, principal, decision) = (word.by.signer.fingerprint(), word.principal, word.decision);
        of(&place, &Signatory { role: &role, principal, key: &key, comment: "", decision }).encode()
    }

    fn last(&self) -> &Prefix {
        self.prefixes.last().unwrap()
    }

    /// The word as it should be.
    fn said(&self, word: Word<'_>) -> Event {
        signed(word, self.text(word, self.last()))
    }

    /// Another text than that, well signed.
    fn instead(&self, word: Word<'_>, from: &str, to: &str) -> Event {
        let text = self.text(word, self.last());
        assert!(text.contains(from), "{text}");
        signed(word, text.replacen(from, to, 1))
    }
}

fn signed(word: Word<'_>, text: String) -> Event {
    let sig = word.by.signer.sign("signoff@tminus", text.as_bytes()).unwrap();
    written(word, text, sig)
}

fn written(Word { step, role, principal, decision, .. }: Word<'_>, text: String, sig: String) -> Event {
    let (step, role, principal, by) = (step.into(), role.into(), principal.into(), actor());
    Event::StepSigned { step, attempt: 1, role, principal, comment: String::new(), text, sig, by, decision }
}

fn go<'a>(role: &'static str, principal: &'static str, by: &'a Person) -> Word<'a> {
    Word { step: "go", role, principal, by, decision: Decision::Go }
}

fn agreed(by: &Person) -> Word<'_> {
    Word { step: "wipe", role: "ops", principal: "ben", by, decision: Decision::Approved }
}

fn begins(step: &str, attempt: Attempt, by: Actor, second: Option<&str>) -> Event {
    let invocation = (step == "wipe").then(|| Invocation {
        argv: vec!["sh".into()],
        cwd: "/".into(),
        env: Vec::new(),
        user: "maya@here".into(),
        timeout: None,
    });
    let (step, second, until) = (step.into(), second.map(str::to_owned), None);
    Event::StepStarted { step, attempt, by, typed: None, reason: None, second, invocation, until }
}

fn asks(step: &str, asked_for: AskedFor) -> Event {
    let role = |role: &str, signer: &str| SigningRole { role: role.into(), signers: vec![signer.into()] };
    let poll = asked_for == AskedFor::Poll;
    let ops = role("ops", "ben");
    Event::SignAsked {
        step: step.into(),
        attempt: 1,
        question: if poll { POLL } else { WIPE }.into(),
        count: usize::from(!poll),
        roles: if poll { vec![role("lead", "ana"), ops] } else { vec![ops] },
        same_person: false,
        second_person: !poll,
        asked_for,
    }
}

fn decides(over: &[&str]) -> Event {
    let over = over.iter().map(|point| (*point).to_owned()).collect();
    Event::GateDecided { step: "go".into(), attempt: 1, go: true, over, reason: String::new(), by: actor() }
}

fn judged_ok(attempt: Attempt, verdict: Judged) -> Event {
    let (step, checks, bound, hints) = ("wipe".into(), Vec::new(), Vec::new(), Vec::new());
    Event::StepJudged { step, attempt, verdict, checks, bound, retry: None, hints }
}

/// What happens, part by part: what an honest conductor writes down, of which each part may be written otherwise.
const PARTS: [&str; 10] = ["start", "gate", "asked", "lead", "ops", "decided", "second", "agreed", "wipe", "end"];

fn honest(cast: &Cast, here: &Here, part: &str) -> Vec<Event> {
    let program = Actor::program();
    match part {
        "start" => vec![
            Event::Started { by: actor(), typed: "local".into(), t0: now().wall, zone: "UTC".into(), hard_stop: None },
            Event::VarsBound { values: Vec::new() },
        ],
        "gate" => vec![begins("go", 1, program, None)],
        "asked" => vec![asks("go", AskedFor::Poll), begins("go.seen", 1, actor(), None), seen()],
        "lead" => vec![here.said(go("lead", "ana", &cast.ana))],
        "ops" => vec![here.said(go("ops", "ben", &cast.ben))],
        "decided" => vec![decides(&[])],
        "second" => vec![asks("wipe", AskedFor::Second)],
        "agreed" => vec![here.said(agreed(&cast.ben))],
        "wipe" => vec![begins("wipe", 1, actor(), Some("ben")), exited("wipe"), judged_ok(1, Judged::Ok)],
        "end" => vec![Event::Ended { how: EndState::Completed, by: actor() }],
        other => panic!("no part is called {other}"),
    }
}

fn seen() -> Event {
    let (step, answer, saw, by) = ("go.seen".into(), tminus::model::event::Answer::Ok, "yes".into(), actor());
    Event::StepAnswered { step, attempt: 1, item: 0, answer, saw, checks: Vec::new(), bound: Vec::new(), by }
}

fn plan() -> Plan {
    let loaded = tminus::runbook::parse("site.yaml", PLAN.as_bytes());
    loaded.plan.clone().unwrap_or_else(|| panic!("{}", tminus::runbook::render(&loaded, false)))
}

/// What a hostile operator writes down instead of a part; `None` for what an honest one would.
type Forge<'a> = Box<dyn Fn(&Here) -> Vec<Event> + 'a>;

/// A sealed run in which these parts are written otherwise, judged by a list.
fn judged(cast: &Cast, list: &str, forged: &[(&str, Forge<'_>)]) -> Verified {
    let runs = runs();
    let mut rig = cast.maya.begin(&runs, Realm::Live);
    let prefixes = vec![prefix_after(&mut rig, |_| true)];
    let mut here = Here { rig, prefixes };
    for part in PARTS {
        let events = match forged.iter().find(|(name, _)| *name == part) {
            Some((_, forge)) => forge(&here),
            None => honest(cast, &here, part),
        };
        let asks = events.iter().any(|event| matches!(event, Event::SignAsked { .. }));
        if !events.is_empty() {
            let events = events.into_iter().map(|event| (now(), event)).collect();
            here.rig.tell(Order::Batch { events, barrier: true });
        }
        if asks {
            let prefix = prefix_after(&mut here.rig, |event| matches!(event, Event::SignAsked { .. }));
            here.prefixes.push(prefix);
        }
    }
    let said = here.rig.finish(Closing::Ended);
    // What cannot be read is sealed by nobody, and judged all the same.
    cast.maya.sealed_if_it_can_be(&here.rig.dir, &said);
    let mut verified = verify(&here.rig.dir, &cast.with(list));
    if let Ok(records) = read_all(&here.rig.dir) {
        verified.by_rules(&plan(), &records);
    }
    verified
}

/// Each of these is found, and named with the record where it stands.
fn each_is_found(cast: &Cast, cases: Vec<(&str, Vec<(&str, Forge<'_>)>)>) {
    for (word, forged) in cases {
        let verified = judged(cast, &cast.list(), &forged);
        let said = why(&verified);
        assert!(verified.verdict == Verdict::Tampered && said.contains(word), "{word}: {said}");
        let named = verified.problems.iter().any(|problem| problem.seq.is_some()) || said.contains("record ");
        assert!(named, "{word}: {said}");
    }
}

fn nothing<'a>() -> Forge<'a> {
    Box::new(|_| Vec::new())
}

fn other<'a>(events: Vec<Event>) -> Forge<'a> {
    Box::new(move |_| events.clone())
}

#[test]
fn words_that_were_said_verify_and_each_is_named_with_its_key() {
    let cast = Cast::new();
    let verified = judged(&cast, &cast.list(), &[]);
    assert_eq!(verified.verdict, Verdict::Verified, "{}", why(&verified));
    let mut named: Vec<(&str, &str)> =
        verified.signed.iter().map(|by| (by.what.as_str(), by.who.as_str())).filter(|by| by.1 != "maya").collect();
    named.sort_unstable();
    assert_eq!(named, [("signoff go lead", "ana"), ("signoff go ops", "ben"), ("signoff wipe ops", "ben")]);
    // A GO over what is open is what it says, and so is one after a station changed its mind.
    let no_go = |here: &Here| vec![here.said(Word { decision: Decision::NoGo, ..go("lead", "ana", &cast.ana) })];
    let verified = judged(
        &cast,
        &cast.list(),
        &[
            ("lead", Box::new(no_go)),
            ("ops", nothing()),
            ("decided", other(vec![decides(&["lead says NO-GO", "ops is silent"])])),
        ],
    );
    assert_eq!(verified.verdict, Verdict::Verified, "{}", why(&verified));
}

#[test]
fn a_vote_that_no_key_gave_for_this_question_is_tampering() {
    let cast = Cast::new();
    let (ana, ben) = (go("lead", "ana", &cast.ana), go("ops", "ben", &cast.ben));
    let instead = |from: &'static str, to: &'static str| -> Vec<(&str, Forge<'_>)> {
        vec![("lead", Box::new(move |here: &Here| vec![here.instead(ana, from, to)]))]
    };
    let lead = |forge: Forge<'static>| vec![("lead", forge)];
    let cases: Vec<(&str, Vec<(&str, Forge<'_>)>)> = vec![
        ("a name alone signs for it", lead(Box::new(|_| vec![written_by_name()]))),
        ("only a name speaks for it", lead(other(vec![voted(actor())]))),
        (
            "another key signed than the one that its text names",
            vec![(
                "lead",
                Box::new(|here| {
                    let text = here.text(ana, here.last());
                    let sig = cast.ben.signer.sign("signoff@tminus", text.as_bytes()).unwrap();
                    vec![written(ana, text, sig)]
                }),
            )],
        ),
        (
            "does not",
            vec![(
                "lead",
                Box::new(|here| {
                    let Event::StepSigned { sig, .. } = here.said(ben) else { panic!("not signed") };
                    vec![written(ana, here.text(ana, here.last()), sig)]
                }),
            )],
        ),
        (
            "signed over another journal",
            vec![("lead", Box::new(|here| vec![signed(ana, here.text(ana, &here.prefixes[0]))]))],
        ),
        ("signed for another question", instead("Shall we", "Have we lunch")),
        ("signed for step wipe", instead("step: go", "step: wipe")),
        ("signed at attempt 2", instead("attempt: 1", "attempt: 2")),
        ("signed for a drill run", instead("signoff live", "signoff drill")),
        ("signed for run ", instead("signoff live 0001-", "signoff live 0002-")),
        ("it says decision no-go", instead("decision: go", "decision: no-go")),
        ("it says role ops", instead("role: lead", "role: ops")),
        ("it signs what was never asked", instead_decision(ana)),
        (
            "this one counted before",
            vec![(
                "lead",
                Box::new(|here| {
                    let no = Word { decision: Decision::NoGo, ..ana };
                    vec![here.said(ana), here.said(no), here.said(ana)]
                }),
            )],
        ),
        ("ben does not speak for lead", vec![("lead", Box::new(|here| vec![here.said(go("lead", "ben", &cast.ben))]))]),
    ];
    each_is_found(&cast, cases);
}

fn instead_decision(word: Word<'_>) -> Vec<(&'static str, Forge<'_>)> {
    let word = Word { decision: Decision::Approved, ..word };
    vec![("lead", Box::new(move |here: &Here| vec![here.said(word)]))]
}

fn written_by_name() -> Event {
    let (step, role, principal, by) = ("go".into(), "lead".into(), "ana".into(), actor());
    let (comment, text, sig, decision) = (String::new(), POLL.into(), "-".into(), Decision::Go);
    Event::StepSigned { step, attempt: 1, role, principal, comment, text, sig, by, decision }
}

fn voted(by: Actor) -> Event {
    Event::GateVoted { step: "go".into(), attempt: 1, role: "lead".into(), vote: Vote::Go, by }
}

#[test]
fn no_record_says_of_itself_that_a_key_signed_it() {
    let cast = Cast::new();
    let ana = Actor { name: "ana".into(), known: Known::Signed };
    let cases: Vec<(&str, Vec<(&str, Forge<'_>)>)> = vec![
        ("unknown variant `signed`", vec![("lead", other(vec![voted(ana.clone())]))]),
        ("unknown variant `signed`", vec![("wipe", other(vec![begins("wipe", 1, ana, Some("ben"))]))]),
    ];
    each_is_found(&cast, cases);
}

#[test]
fn one_key_is_one_person_and_a_key_of_nobody_or_a_revoked_one_is_said_to_be_that() {
    let cast = Cast::new();
    // The list has ben's key under ana's name too: what he signs as ana is his.
    let twice = format!("{}ana {}\n", cast.list(), cast.ben.signer.public_openssh());
    let as_ana = |here: &Here| vec![here.said(go("lead", "ana", &cast.ben))];
    let verified = judged(&cast, &twice, &[("lead", Box::new(as_ana))]);
    assert!(verified.verdict == Verdict::Tampered, "{}", why(&verified));
    assert!(why(&verified).contains("the same person or key signed for lead"), "{}", why(&verified));
    let stranger = Person::new();
    let as_ana = |here: &Here| vec![here.said(go("lead", "ana", &stranger))];
    let verified = judged(&cast, &cast.list(), &[("lead", Box::new(as_ana))]);
    assert_eq!(verified.verdict, Verdict::UnknownKey, "{}", why(&verified));
    for (line, verdict) in [
        ("", Verdict::UnknownKey),
        ("namespaces=\"seal@tminus\" ", Verdict::UnknownKey),
        ("valid-before=\"20200101Z\" ", Verdict::KeyNotValid),
    ] {
        let key = cast.ana.signer.public_openssh();
        let changed = if line.is_empty() { String::new() } else { format!("ana {line}{key}\n") };
        let list = cast.list().replace(&format!("ana {key}\n"), &changed);
        let verified = judged(&cast, &list, &[]);
        assert_eq!(verified.verdict, verdict, "{line}: {}", why(&verified));
        assert!(why(&verified).contains("sign-off go of ana: signed by SHA256:"), "{}", why(&verified));
    }
    let revoked = RevokedKeys::read(cast.ben.signer.public_openssh().as_bytes()).unwrap();
    let mut verified = judged(&cast, &cast.list(), &[]);
    verified.by_revoked(&revoked).unwrap();
    assert_eq!(verified.verdict, Verdict::RevokedKey);
    let said = why(&verified);
    assert!(said.contains("signoff go ops") && said.contains("signoff wipe ops"), "{said}");
}

#[test]
fn a_gate_is_decided_over_what_its_stations_said_and_they_were_asked_the_runbooks_question() {
    let cast = Cast::new();
    let no_go = |here: &Here| vec![here.said(Word { decision: Decision::NoGo, ..go("lead", "ana", &cast.ana) })];
    let lunch = |here: &Here| {
        let text = here.text_of(go("lead", "ana", &cast.ana), here.last(), "Have we lunch");
        vec![signed(go("lead", "ana", &cast.ana), text)]
    };
    let asked = |change: &dyn Fn(&mut Event)| {
        let mut event = asks("go", AskedFor::Poll);
        change(&mut event);
        other(vec![event, begins("go.seen", 1, actor(), None), seen()])
    };
    let question = |event: &mut Event| {
        if let Event::SignAsked { question, .. } = event {
            *question = "Have we lunch".into();
        }
    };
    let mine = |event: &mut Event| {
        if let Event::SignAsked { roles, .. } = event {
            roles[0].signers = vec!["maya".into()];
        }
    };
    let unasked = || other(vec![begins("go.seen", 1, actor(), None), seen()]);
    let silent = ["lead is silent", "ops is silent"];
    let cases: Vec<(&str, Vec<(&str, Forge<'_>)>)> = vec![
        ("go is GO over nothing, and open there is lead is silent", vec![("lead", nothing())]),
        ("go is GO over nothing, and open there is lead says NO-GO", vec![("lead", Box::new(no_go))]),
        (
            "go is GO over ops is silent, and open there is nothing",
            vec![("decided", other(vec![decides(&["ops is silent"])]))],
        ),
        (
            "go is decided, and lead was never asked",
            vec![
                ("asked", unasked()),
                ("lead", nothing()),
                ("ops", nothing()),
                ("decided", other(vec![decides(&silent)])),
            ],
        ),
        (
            "go asks another question than the runbook's",
            vec![
                ("asked", asked(&question)),
                ("lead", Box::new(lunch)),
                ("ops", nothing()),
                ("decided", other(vec![decides(&silent[1..])])),
            ],
        ),
        ("go asks others than the runbook names", vec![("asked", asked(&mine))]),
    ];
    each_is_found(&cast, cases);
}

#[test]
fn a_step_that_takes_two_began_with_the_second_persons_key_over_what_ran() {
    let cast = Cast::new();
    let instead = |from: &'static str, to: &'static str| -> Vec<(&str, Forge<'_>)> {
        let ben = agreed(&cast.ben);
        vec![("agreed", Box::new(move |here: &Here| vec![here.instead(ben, from, to)]))]
    };
    let asked = |change: &dyn Fn(&mut String, &mut bool)| {
        let mut event = asks("wipe", AskedFor::Second);
        if let Event::SignAsked { question, second_person, .. } = &mut event {
            change(question, second_person);
        }
        other(vec![event])
    };
    let harmless = WIPE.replace("wiping", "hello");
    let of_harmless =
        |here: &Here| vec![signed(agreed(&cast.ben), here.text_of(agreed(&cast.ben), here.last(), &harmless))];
    let over = || vec![exited("wipe"), judged_ok(1, Judged::Ok)];
    let began = |by: Actor, second: Option<&str>| other([vec![begins("wipe", 1, by, second)], over()].concat());
    let again = || {
        let failed = vec![begins("wipe", 1, actor(), Some("ben")), exited("wipe"), judged_ok(1, Judged::Fail)];
        other([failed, vec![begins("wipe", 2, actor(), Some("ben"))]].concat())
    };
    let old_word = |here: &Here| vec![signed(agreed(&cast.ben), here.text(agreed(&cast.ben), &here.prefixes[1]))];
    let cases: Vec<(&str, Vec<(&str, Forge<'_>)>)> = vec![
        ("wipe begins without its second person", vec![("second", nothing()), ("agreed", nothing())]),
        ("wipe begins without its second person", vec![("agreed", nothing())]),
        ("wipe begins without its second person", vec![("wipe", began(actor(), None))]),
        ("wipe begins without its second person", vec![("wipe", began(actor(), Some("carl")))]),
        ("wipe begins without its second person", vec![("wipe", again())]),
        (
            "wipe begins by itself, and ops has to sign before",
            vec![("second", nothing()), ("agreed", nothing()), ("wipe", began(Actor::program(), None))],
        ),
        ("signed for another question", instead("echo wiping", "echo hello")),
        ("it says decision signed", instead("decision: approved", "decision: signed")),
        ("signed for step go", instead("step: wipe", "step: go")),
        ("signed over another journal", vec![("agreed", Box::new(old_word))]),
        (
            "wipe asks another question than the runbook's",
            vec![("second", asked(&|question, _| question.clone_from(&harmless))), ("agreed", Box::new(of_harmless))],
        ),
        ("wipe does not ask by the runbook's rule", vec![("second", asked(&|_, second| *second = false))]),
    ];
    each_is_found(&cast, cases);
    // The operator's key stays the operator's, whatever name the list gives it too.
    let twice = format!("{}ben {}\n", cast.list(), cast.maya.signer.public_openssh());
    let by_maya = |here: &Here| vec![here.said(agreed(&cast.maya))];
    let verified = judged(&cast, &twice, &[("agreed", Box::new(by_maya))]);
    assert!(verified.verdict == Verdict::Tampered, "{}", why(&verified));
    assert!(why(&verified).contains("the operator's key signed"), "{}", why(&verified));
}

#[test]
fn a_run_that_says_it_is_complete_went_through_all_that_is_asked() {
    let cast = Cast::new();
    let end = || ("end", other(vec![Event::Ended { how: EndState::Completed, by: actor() }]));
    let without_wipe = vec![("second", nothing()), ("agreed", nothing()), ("wipe", nothing()), end()];
    let mut without_gate: Vec<(&str, Forge<'_>)> =
        ["gate", "asked", "lead", "ops", "decided"].map(|part| (part, nothing())).into();
    without_gate.push(end());
    each_is_found(
        &cast,
        vec![
            ("it says completed, and the run ends aborted", without_wipe),
            ("it says completed, and the run ends aborted", without_gate),
        ],
    );
}

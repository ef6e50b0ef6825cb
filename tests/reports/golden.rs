//! A fabricated run in which much goes wrong, in every format: golden files, and the same bytes from the same journal.

use crate::fabricate::{self, BEGUN, Book, Build, ask, check, choose, gate, later, maya, run};
use std::time::Duration;
use tminus::model::actor::{Actor, Known};
use tminus::model::event::{
    Answer, AskedFor, Bound, Decision, EndState, Event, Invocation, Settled, SigningRole, Vote,
};
use tminus::model::expect::{Check, Verdict};
use tminus::model::ids::{RoleId, StepId};
use tminus::model::output::{Drained, Exit, Extent, Stream};
use tminus::model::plan::{Plan, Undo};
use tminus::model::step::{Effect, Side, SignOff, Work};
use tminus::model::watch::{Outcome, Trigger};
use tminus::report::value::{Output, SignedBy, Verification};
use tminus::report::{Form, Outside, Redactor, Report, Taken, write};

fn jlee() -> Actor {
    Actor { name: "jlee".into(), known: Known::Typed }
}

fn plan() -> Plan {
    let mut build = Build::new();
    build.plan.summary = Some("Traffic goes from blue to green.".into());
    let one = build.step(0, "copy", run("copy --to \"$HOST\""));
    build.at(one).takes = Some(Duration::from_secs(5));
    build.step(0, "look", check(2));
    build.step(0, "extra", run("extra"));
    let go = build.step(1, "go", gate(&["lead"]));
    let criterion = build.criterion(go, Side::Go, "go-look", check(1));
    build.at(criterion).critical = true;
    let sign = SignOff {
        text: "The data is whole".into(),
        statements: vec!["All rows are there".into()],
        roles: vec!["lead".into()],
        count: 1,
        same_person: false,
    };
    build.step(1, "off", Work::Sign(sign));
    build.step(1, "count", Work::Measure(ask("COUNT", false)));
    let way = build.step(1, "way", choose());
    build.option(way, &[("way-a", run("a"))]);
    build.option(way, &[("way-b", run("b"))]);
    build.level("level-1", Undo::Nothing, vec![("back", run("back"))]);
    build.plan.triggers.push(Trigger {
        id: "errors".into(),
        title: "Errors climb".into(),
        why: None,
        probe: None,
        trip: None,
        during: Vec::new(),
        then: Some(Outcome::RollBack("level-1".into())),
        role: None,
    });
    build.done()
}

/// Writes events at seconds after the beginning.
struct Pen<'a> {
    plan: &'a Plan,
    book: Book,
    at: u64,
}

impl Pen<'_> {
    fn write(&mut self, after: u64, event: Event) {
        self.at += after;
        let said = format!("{event:?}");
        let written = self.book.write(self.plan, later(BEGUN, self.at), event);
        written.unwrap_or_else(|why| panic!("{why}: {said}"));
    }

    fn start(&mut self, step: &str, attempt: u32, by: Actor, runs: bool) {
        let invocation = runs.then(|| Invocation {
            argv: vec!["sh".into(), "-c".into(), step.into()],
            cwd: "/srv".into(),
            env: Vec::new(),
            user: "maya@jump2".into(),
            timeout: None,
        });
        let (step, typed, reason, second, until) = (StepId::from(step), None, None, None, None);
        self.write(1, Event::StepStarted { step, attempt, by, typed, reason, second, invocation, until });
    }

    fn ends(&mut self, step: &str, attempt: u32, code: i32, retry: Option<i64>) {
        let (step, took) = (StepId::from(step), Duration::from_secs(4));
        let extent =
            Extent { stream: Stream::Out, off: 0, len: 6, lines: 1, sha256: "0".repeat(64), masked: Vec::new() };
        self.write(1, Event::StepSpawned { step: step.clone(), attempt, pid: 7, start: 1 });
        self.write(1, Event::Output { step: step.clone(), attempt, extent });
        let (exit, drained, holders) = (Exit::Code(code), Drained::Eof, Vec::new());
        self.write(3, Event::StepExited { step: step.clone(), attempt, exit, took, drained, holders });
        let checks = vec![Check { want: "exit 0".into(), saw: format!("exit {code}"), ok: code == 0 }];
        let verdict = if code == 0 { Verdict::Ok } else { Verdict::Fail };
        let (bound, hints) = (Vec::new(), Vec::new());
        self.write(0, Event::StepJudged { step, attempt, verdict, checks, bound, retry, hints });
    }

    fn answer(&mut self, (step, item): (&str, usize), answer: Answer, saw: &str, by: Actor) {
        let (step, saw) = (step.into(), saw.into());
        let (checks, bound) = (Vec::new(), Vec::new());
        self.write(2, Event::StepAnswered { step, attempt: 1, item, answer, saw, checks, bound, by });
    }
}

/// Asked for, and signed by a typed name.
fn signed_off(pen: &mut Pen<'_>) {
    pen.start("off", 1, maya(), false);
    let roles = vec![SigningRole { role: "lead".into(), signers: Vec::new() }];
    let question = "The data is whole\n- All rows are there".into();
    let (same_person, second_person, asked_for) = (false, false, AskedFor::Statement);
    pen.write(
        0,
        Event::SignAsked {
            step: "off".into(),
            attempt: 1,
            question,
            count: 1,
            roles,
            same_person,
            second_person,
            asked_for,
        },
    );
    let (step, role, principal) = (StepId::from("off"), RoleId::from("lead"), "ana".to_owned());
    let (comment, text, sig) = ("counted twice".into(), String::new(), "-".into());
    pen.write(
        20,
        Event::StepSigned {
            step,
            attempt: 1,
            role,
            principal,
            comment,
            text,
            sig,
            by: jlee(),
            decision: Decision::Signed,
        },
    );
}

fn flown(plan: &Plan) -> Book {
    let mut pen = Pen { plan, book: Book::new(plan), at: 60 };
    let t0 = later(BEGUN, 60).wall;
    let hard_stop = Some(t0 + 3_600_000_000);
    pen.write(0, Event::Started { by: maya(), typed: "local".into(), t0, zone: "UTC".into(), hard_stop });
    let value = Bound { name: "HOST".into(), value: Some("db1.internal.example".into()), hash: None };
    pen.write(0, Event::VarsBound { values: vec![value] });
    pen.start("copy", 1, maya(), true);
    let retry = Some(later(BEGUN, pen.at + 10).wall);
    pen.ends("copy", 1, 7, retry);
    pen.at += 8;
    pen.start("copy", 2, Actor::program(), true);
    pen.ends("copy", 2, 0, None);
    pen.start("look", 1, maya(), false);
    pen.answer(("look", 0), Answer::Ok, "", maya());
    pen.answer(("look", 1), Answer::Ok, "19 of 20 on db1.internal.example", jlee());
    let (how, reason) = (Settled::Skipped, "no need: nothing is left of it".into());
    pen.write(5, Event::StepSettled { step: "extra".into(), attempt: 0, how, reason, by: jlee() });
    pen.write(1, Event::Held { reason: "the phone rings".into(), by: maya() });
    pen.write(90, Event::Released { by: maya() });
    pen.start("go", 1, Actor::program(), false);
    pen.start("go-look", 1, maya(), false);
    pen.answer(("go-look", 0), Answer::Ok, "quiet", maya());
    let (step, role, vote) = (StepId::from("go"), RoleId::from("lead"), Vote::Go);
    pen.write(3, Event::GateVoted { step: step.clone(), attempt: 1, role, vote, by: jlee() });
    let over = Vec::new();
    let reason = "all is quiet".into();
    pen.write(2, Event::GateDecided { step, attempt: 1, go: true, over, reason, by: maya() });
    signed_off(&mut pen);
    let text = "ana called: go on".to_owned();
    pen.write(1, Event::Noted { text, step: Some("off".into()), by: maya() });
    pen.start("count", 1, maya(), false);
    let (trigger, why) = ("errors".into(), "support has 3 calls".into());
    pen.write(30, Event::TriggerTripped { trigger, why, by: maya() });
    let (level, path, over) = ("level-1".into(), vec![StepId::from("level-1.back")], false);
    let (from, reason) = (Some(StepId::from("count")), "too many errors".into());
    pen.write(40, Event::RollbackStarted { level, from, path, over, reason, by: maya() });
    pen.start("level-1.back", 1, maya(), true);
    pen.ends("level-1.back", 1, 0, None);
    pen.write(0, Event::RollbackEnded { level: "level-1".into() });
    pen.write(4, Event::Ended { how: EndState::RolledBack, by: maya() });
    pen.book
}

/// What a verification of it would have said.
fn outside() -> Outside {
    let signed = |what: &str| SignedBy {
        what: what.into(),
        who: "maya".into(),
        fingerprint: "SHA256:abc".into(),
        standing: "verified".into(),
    };
    let verification = Verification {
        verdict: "verified".into(),
        passes: true,
        line: "x: verified: sealed by maya; 60 records".into(),
        all: vec!["verified".into()],
        signed: vec![signed("genesis"), signed("seal")],
        head: Some("abcd-efgh-ijkl-mnop-qrst".into()),
        command: "tminus verify x --head abcd-efgh-ijkl-mnop-qrst".into(),
        ..Verification::default()
    };
    Outside { verification, sealed: true, dir: "/runs/x".into(), ..Outside::default() }
}

fn taken(plan: &Plan, book: &Book) -> Taken {
    let mut taken = Taken::new(plan);
    book.records.iter().for_each(|record| taken.record(record));
    assert_eq!(taken.illegal, None);
    taken
}

/// The report of the fabricated run.
pub(crate) fn report() -> Report {
    let plan = plan();
    let output = Output {
        step: "copy".into(),
        number: "n-copy".into(),
        attempt: 1,
        file: "out/copy.1.log".into(),
        bytes: 6,
        lines: 1,
        sha256: Some("0".repeat(64)),
        head: "hello\n".into(),
        ..Output::default()
    };
    taken(&plan, &flown(&plan)).finish(outside(), vec![output])
}

#[test]
fn a_way_back_is_run_to_its_last_act_and_verified_by_what_only_looks_after_it() {
    let mut build = Build::new();
    let steps = vec![("back", run("back")), ("seen", run("look")), ("quiet", run("look again"))];
    build.level("level-1", Undo::Nothing, steps);
    for look in ["level-1.seen", "level-1.quiet"] {
        let step = build.plan.steps.iter_mut().find(|step| step.id == StepId::from(look)).unwrap();
        step.effect = Effect::Reads;
    }
    build.step(0, "copy", run("copy"));
    let plan = build.done();
    let mut pen = Pen { plan: &plan, book: Book::new(&plan), at: 60 };
    let t0 = later(BEGUN, 60).wall;
    let (typed, zone) = ("local".into(), "UTC".into());
    pen.write(0, Event::Started { by: maya(), typed, t0, zone, hard_stop: None });
    pen.write(0, Event::VarsBound { values: Vec::new() });
    let path: Vec<StepId> = ["back", "seen", "quiet"].map(|step| format!("level-1.{step}").as_str().into()).into();
    let (level, from, reason, over) = ("level-1".into(), None, "a test".into(), false);
    pen.write(1, Event::RollbackStarted { level, from, path: path.clone(), over, reason, by: maya() });
    for step in &path {
        pen.start(step.as_str(), 1, maya(), true);
        pen.ends(step.as_str(), 1, 0, None);
    }
    pen.write(1, Event::RollbackEnded { level: "level-1".into() });
    let report = taken(&plan, &pen.book).finish(outside(), Vec::new());
    let own = &report.ways_back[0];
    // One act of 5 s, two looks that begin 1 s after it and each other and take 5 s, and the end 1 s later.
    let micros = |seconds: i64| Some(seconds * 1_000_000);
    assert_eq!(own.last_act.zip(own.first_act).map(|(last, first)| last - first), micros(5));
    assert_eq!(own.ended.zip(own.last_act).map(|(end, last)| end - last), micros(13));
    let page = write(&report, Form::Md);
    assert!(page.contains("| Run | Verify | Total |") && page.contains("| 5s | 13s |"), "{page}");
}

#[test]
fn the_same_journal_gives_the_same_report_in_every_format() {
    let golden = |name: &str, form: Form| {
        let (one, other) = (write(&report(), form), write(&report(), form));
        assert_eq!(one, other, "{name}");
        let version = concat!("tminus ", env!("CARGO_PKG_VERSION"));
        insta::with_settings!({ snapshot_path => "../snapshots/reports", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, one.replace(version, "tminus VERSION").replace('\r', ""));
        });
    };
    golden("md", Form::Md);
    golden("json", Form::Json);
    golden("csv", Form::Csv);
    golden("junit", Form::Junit);
    golden("text", Form::Text);
}

#[test]
fn what_went_otherwise_than_planned_is_all_there_and_in_order() {
    let report = report();
    let kinds: Vec<(&str, &str)> =
        report.deviations.iter().map(|own| (own.kind.as_str(), own.number.as_deref().unwrap_or_default())).collect();
    let wanted = [
        ("failed", "n-copy"),
        ("over its time", "n-copy"),
        ("skipped", "n-extra"),
        ("held", "n-go"),
        ("typed only", "n-off"),
        ("trigger", ""),
        ("way back", "n-count"),
        ("typed only", ""),
    ];
    assert_eq!(kinds, wanted);
    let held = report.totals.held_us;
    assert_eq!(held, 90_000_000);
    let back = &report.ways_back[0];
    assert_eq!((back.detected, back.shown), (back.shown, Some(report.triggers[0].at)), "who tripped it had seen it");
    assert_eq!(back.decided - back.detected.unwrap(), 40_000_000);
    assert_eq!((back.steps, back.done, back.budget_us), (1, 1, Some(60_000_000)));
    assert_eq!(report.gates[0].decision, "GO");
    assert_eq!(report.gates[0].polls[0].by.as_ref().unwrap().known, "typed");
    assert_eq!(report.signoffs[0].signatures[0].key, None);
    let copy = report.steps.iter().find(|step| step.id == "copy").unwrap();
    let attempts: Vec<&str> = copy.attempts.iter().map(|own| own.status.as_str()).collect();
    assert_eq!((attempts, copy.attempts[0].bytes), (vec!["FAIL", "ok"], 6));
    let seconds: u64 = report.totals.whose.iter().map(|part| part.seconds).sum();
    assert_eq!(seconds, report.totals.elapsed_us / 1_000_000, "whose time it was adds up to all of it");
}

#[test]
fn a_run_cut_short_at_any_record_has_a_report_that_says_so() {
    let plan = plan();
    let whole = flown(&plan);
    for end in 1..whole.records.len() {
        let book = Book { records: whole.records[..end].to_vec(), state: whole.state.clone() };
        let report = taken(&plan, &book).finish(Outside { sealed: false, ..outside() }, Vec::new());
        assert!(report.banners.iter().any(|banner| banner.word == "NOT ENDED"), "after {end} records");
        for form in [Form::Md, Form::Html, Form::Json, Form::Csv, Form::Junit, Form::Text] {
            assert!(write(&report, form).len() > 100, "{form:?} after {end} records");
        }
    }
}

#[test]
fn a_record_that_cannot_follow_ends_the_report_before_it_and_stands_first() {
    let plan = plan();
    let mut book = flown(&plan);
    let again = book.records[2].clone();
    book.records.insert(9, again);
    let mut taken = Taken::new(&plan);
    book.records.iter().for_each(|record| taken.record(record));
    let report = taken.finish(outside(), Vec::new());
    assert_eq!(report.banners[0].word, "BROKEN");
    assert!(report.verification.broken.is_some());
    assert!(report.ways_back.is_empty(), "what stands behind it is not reported");
    let page = write(&report, Form::Md);
    assert!(page.find("BROKEN").unwrap() < page.find("## Summary").unwrap());
}

#[test]
fn a_redacted_value_is_in_no_format_and_each_says_that_it_was_taken_out() {
    let plan = plan();
    let taken = taken(&plan, &flown(&plan));
    let mut redactor = Redactor::new(&["HOST".into()], &taken.values);
    let report = redactor.report(taken.finish(outside(), Vec::new()));
    assert_eq!(report.redacted.len(), 1);
    assert!(report.redacted[0].places > 2, "{:?}", report.redacted);
    for form in [Form::Md, Form::Html, Form::Json, Form::Csv, Form::Junit, Form::Text] {
        let page = write(&report, form);
        assert!(!page.contains("db1.internal"), "{form:?}");
        let says = page.contains("redacted") || page.contains("taken out");
        assert!(says || matches!(form, Form::Csv | Form::Junit), "{form:?}");
    }
    let _ = fabricate::SECRET;
}

//! What may differ, and what the fold makes of it. No disk, no process.

use crate::{BOOK, mended};
use tminus::model::actor::{Actor, Known};
use tminus::model::amend::{Carried, Kind, Proposal, propose, sha256};
use tminus::model::event::{Answer, Event};
use tminus::model::ids::{RunId, Seq, StepIx};
use tminus::model::plan::Plan;
use tminus::model::record::Record;
use tminus::model::signed::{Realm, SignedText};
use tminus::model::state::{RunState, StepStatus};
use tminus::model::time::Stamp;
use tminus::runbook;

fn plan(text: &str) -> Plan {
    let loaded = runbook::parse("book.yaml", text.as_bytes());
    loaded.plan.clone().unwrap_or_else(|| panic!("{}", runbook::render(&loaded, false)))
}

fn maya() -> Actor {
    Actor { name: "maya".into(), known: Known::Peer }
}

fn genesis(text: &str) -> Event {
    let run = RunId::from("0001-20260921T1313Z-x-0123456789abcdef");
    let signed = SignedText::new("genesis", Realm::Live, &run);
    let hash = sha256(text.as_bytes());
    let fields = [
        ("operator", "maya"),
        ("host", "jump2"),
        ("user", "maya"),
        ("runbook dir", "/srv"),
        ("runbook name", "book.yaml"),
        ("runbook", &hash),
        ("run dir", "/runs/1"),
        ("key origin", "file"),
        ("zone", "UTC"),
        ("boot", "boot-1"),
    ];
    let text = fields.into_iter().fold(signed, |text, (key, value)| text.with(key, value)).encode();
    Event::Genesis { fmt: "1.2".into(), text, sig: "-".into() }
}

fn amended(from: &str, to: &str, second: Option<&str>) -> Event {
    Event::Amended {
        file: "book.yaml".into(),
        from: sha256(from.as_bytes()),
        to: sha256(to.as_bytes()),
        reason: "the mirror moved".into(),
        name: "maya".into(),
        second: second.map(str::to_owned),
        by: maya(),
        text: Carried::of(to.as_bytes()),
    }
}

/// A run by a book in memory.
struct Run {
    plan: Plan,
    state: RunState,
    records: Vec<Record>,
}

impl Run {
    /// Begun, its first step done and its second one open.
    fn begun(text: &str) -> Self {
        let plan = plan(text);
        let mut run = Self { state: RunState::of(&plan), plan, records: Vec::new() };
        run.write(genesis(text)).unwrap();
        let (typed, zone) = ("local".into(), "UTC".into());
        run.write(Event::Started { by: maya(), typed, t0: 1_790_000_000_000_000, zone, hard_stop: None }).unwrap();
        run.write(Event::VarsBound { values: Vec::new() }).unwrap();
        run.by_hand("first");
        run.start("asked");
        run
    }

    fn start(&mut self, step: &str) {
        let (by, step) = (maya(), tminus::model::ids::StepId::from(step));
        let (typed, reason, second, invocation, until) = (None, None, None, None, None);
        self.write(Event::StepStarted { step, attempt: 1, by, typed, reason, second, invocation, until }).unwrap();
    }

    fn by_hand(&mut self, step: &str) {
        let (step, how, reason) = (step.into(), tminus::model::event::Settled::Hand, "seen".into());
        self.write(Event::StepSettled { step, attempt: 0, how, reason, by: maya() }).unwrap();
    }

    fn write(&mut self, event: Event) -> Result<(), String> {
        let seq = Seq(self.state.last.0 + 1);
        let at = Stamp { wall: 1_790_000_000_000_000 + seq.0 as i64 * 1_000_000, mono: seq.0 * 1_000_000 };
        let record = Record { seq, at, event };
        self.state.apply(&self.plan, &record).map_err(|why| why.to_string())?;
        self.records.push(record);
        Ok(())
    }

    fn in_force(&self) -> &Plan {
        self.state.plan(&self.plan)
    }

    fn refused(&self, text: &str) -> String {
        propose(self.in_force(), &self.state, plan(text)).expect_err("it may not").join("; ")
    }
}

/// Steps of a plan by its phases, by id.
fn path(plan: &Plan) -> Vec<String> {
    plan.phases.iter().flat_map(|phase| &phase.steps).map(|step| plan.step(*step).id.0.clone()).collect()
}

#[test]
fn steps_without_an_attempt_may_differ_be_added_moved_and_taken_out() {
    let run = Run::begun(BOOK);
    let found = propose(&run.plan, &run.state, plan(&mended())).unwrap();
    assert_eq!(found.counts(), (2, 1, 0), "the last one has another number");
    assert_eq!(path(&found.plan), ["first", "asked", "broken", "more", "last"]);
    for id in ["first", "asked", "broken", "last"] {
        assert_eq!(found.plan.find(&id.into()), run.plan.find(&id.into()), "{id} keeps its place");
    }
    assert_eq!(found.plan.find(&"more".into()), Some(StepIx(run.plan.steps.len())), "what is new comes after all");
    let without = BOOK.replace("      - { id: last, title: Last, confirm: It is over }\n", "");
    let found = propose(&run.plan, &run.state, plan(&without)).unwrap();
    assert_eq!(found.changes.iter().map(|change| change.kind).collect::<Vec<_>>(), [Kind::TakenOut]);
    assert_eq!(found.plan.find(&"last".into()), None);
    assert_eq!(found.plan.steps.len(), run.plan.steps.len(), "its place stays, and nothing leads there");
}

#[test]
fn a_step_with_an_attempt_may_not_differ_and_is_named() {
    let run = Run::begun(BOOK);
    for (from, to) in [
        ("echo first", "echo other"),
        ("title: First", "title: Other"),
        ("confirm: Go on", "confirm: Stop"),
        ("      - { id: asked, title: Asked, confirm: Go on }\n", ""),
    ] {
        let said = run.refused(&BOOK.replace(from, to));
        assert!(said.contains("has an attempt"), "{from:?} to {to:?}: {said}");
    }
    let said = run.refused(&BOOK.replace("title: Asked", "title: Other"));
    assert!(said.contains("1.2 Asked has an attempt (you): it would be another"), "{said}");
}

#[test]
fn what_the_run_was_bound_to_at_its_start_stays() {
    let run = Run::begun(BOOK);
    for (from, to, what) in [
        ("kind: local", "kind: staging", "environment"),
        ("hard_stop: T+4h", "hard_stop: T+5h", "change window"),
        ("hard_stop:", "vars:\n  X: { default: y }\nhard_stop:", "variable"),
        ("hard_stop:", "targets:\n  db1: { ssh: deploy@db1 }\nhard_stop:", "target"),
        ("hard_stop:", "roles:\n  ops: { title: Ops }\nhard_stop:", "role"),
        ("hard_stop:", "resume: same-operator\nhard_stop:", "who may take the run up"),
        ("hard_stop:", "signing: required\nhard_stop:", "whether it takes a key"),
        ("budget: 1m", "budget: 2m", "way back"),
        ("rollbacks:", "triggers:\n  - { id: bad, title: Bad, judged: true, then: hold }\nrollbacks:", "trigger"),
    ] {
        let text = BOOK.replace(from, to);
        let loaded = runbook::parse("book.yaml", text.as_bytes());
        let Some(new) = loaded.plan.clone() else { panic!("{}", runbook::render(&loaded, false)) };
        let said = propose(&run.plan, &run.state, new).expect_err(what).join("; ");
        assert!(said.contains(what), "{what}: {said}");
    }
    assert!(run.refused(BOOK).contains("nothing in it differs"));
}

#[test]
fn every_fold_takes_the_new_runbook_at_its_record_and_at_no_other() {
    let mut run = Run::begun(BOOK);
    let broken = run.plan.find(&"broken".into()).unwrap();
    run.write(amended(BOOK, &mended(), None)).unwrap();
    assert_eq!(path(run.in_force()), ["first", "asked", "broken", "more", "last"]);
    let answer = Event::StepAnswered {
        step: "asked".into(),
        attempt: 1,
        item: 0,
        answer: Answer::Ok,
        saw: String::new(),
        checks: Vec::new(),
        bound: Vec::new(),
        by: maya(),
    };
    run.write(answer).unwrap();
    run.by_hand("more");
    let more = run.in_force().find(&"more".into()).unwrap();
    assert_eq!(run.state.step(more).status, StepStatus::Hand);
    assert_eq!(run.state.step(broken).changed, run.state.amendments[0].seq, "a card of the old one acts on nothing");
    // The same records again: whole, and cut at every place and gone on with, as a resume does.
    assert_eq!(RunState::fold(&run.plan, &run.records).unwrap(), run.state);
    for cut in 1..run.records.len() {
        let mut state = RunState::fold(&run.plan, &run.records[..cut]).unwrap();
        let words = if cut < run.state.amendments[0].seq.0 as usize { 4 } else { 5 };
        assert_eq!(path(state.plan(&run.plan)).len(), words, "after {cut} records");
        for record in &run.records[cut..] {
            state.apply(&run.plan, record).unwrap();
        }
        assert_eq!(state, run.state, "cut after {cut} records");
    }
}

#[test]
fn a_record_that_may_not_be_is_refused_and_leaves_the_state_as_it_was() {
    let mut run = Run::begun(BOOK);
    let before = run.state.clone();
    let other = BOOK.replace("echo first", "echo other");
    let said = run.write(amended(BOOK, &other, None)).unwrap_err();
    assert!(said.contains("1.1 First has an attempt"), "{said}");
    let said = run.write(amended(&other, &mended(), None)).unwrap_err();
    assert!(said.contains("not in force"), "{said}");
    let Event::Amended { file, from, to, reason, name, second, by, .. } = amended(BOOK, &mended(), None) else {
        panic!()
    };
    let with = |text: Carried| Event::Amended {
        file: file.clone(),
        from: from.clone(),
        to: to.clone(),
        reason: reason.clone(),
        name: name.clone(),
        second: second.clone(),
        by: by.clone(),
        text,
    };
    assert!(run.write(with(Carried::default())).unwrap_err().contains("not in attach/"));
    assert!(run.write(with(Carried::of(BOOK.as_bytes()))).unwrap_err().contains("not the one that it names"));
    assert_eq!(run.state, before);
    assert!(run.state.in_force.0.is_none());
}

#[test]
fn a_step_that_differs_and_wants_a_second_person_asks_for_one() {
    let destroys = "run: \"rm -f x\", effect: destroys, phrase: gone, loses: x, second_person: true }";
    let two = mended().replace("run: \"echo more >> count\", effect: reads }", destroys);
    let mut run = Run::begun(BOOK);
    let proposal = Proposal::of("/srv/book.yaml", (BOOK.as_bytes(), two.as_bytes()), &run.plan, &run.state).unwrap();
    assert!(proposal.second);
    assert!(proposal.steps.iter().any(|step| step.contains("added: 2.2 More [C3, a second person]")), "{proposal:?}");
    for second in [None, Some("maya"), Some(" ")] {
        assert!(run.write(amended(BOOK, &two, second)).unwrap_err().contains("second person"), "{second:?}");
    }
    run.write(amended(BOOK, &two, Some("jlee"))).unwrap();
    assert!(run.state.amendments[0].words().contains("second jlee (steps: 2 changed, 1 added)"));
}

#[test]
fn amendments_follow_each_other_and_a_step_that_comes_back_has_its_place_again() {
    let mut run = Run::begun(BOOK);
    let without = BOOK.replace("      - { id: last, title: Last, confirm: It is over }\n", "");
    let last = run.plan.find(&"last".into());
    run.write(amended(BOOK, &mended(), None)).unwrap();
    run.write(amended(&mended(), &without, None)).unwrap();
    assert_eq!(path(run.in_force()), ["first", "asked", "broken"]);
    run.write(amended(&without, BOOK, None)).unwrap();
    assert_eq!(path(run.in_force()), ["first", "asked", "broken", "last"]);
    assert_eq!(run.in_force().find(&"last".into()), last);
    assert_eq!(run.state.amended_word().as_deref(), Some("amended 3x"));
    assert_eq!(RunState::fold(&run.plan, &run.records).unwrap(), run.state);
}

/// Every place inside a plan, named by the step that stands there.
fn by_names(plan: &Plan) -> Vec<String> {
    let named = |text: String| {
        let mut parts = text.split("StepIx(");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (at, rest) = part.split_once(')').unwrap();
            out.push_str(plan.step(StepIx(at.trim().trim_end_matches(',').parse().unwrap())).id.as_str());
            out.push_str(rest);
        }
        out
    };
    let mut steps: Vec<String> =
        plan.steps.iter().filter(|step| plan.find(&step.id).is_some()).map(|step| named(format!("{step:?}"))).collect();
    steps.sort();
    let around = (&plan.phases, &plan.levels, &plan.requires, &plan.procedures, &plan.horizons);
    steps.push(named(format!("{around:?}")));
    steps
}

#[test]
fn no_place_inside_a_plan_is_forgotten_when_steps_keep_their_places() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks");
    let mut tried = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != "yaml") {
            continue;
        }
        let Some(new) = runbook::load(&path).plan else { continue };
        // The same steps in the opposite order, so that every place moves.
        let mut old = Plan::new(new.title.clone(), new.environment.clone());
        old.steps = new.steps.iter().rev().cloned().collect();
        let old = old.indexed();
        let state = RunState::of(&old);
        // What may differ is not the subject here: refusals are about lists that the made-up old plan has not.
        let arranged = tminus::model::amend::arranged(&old, new.clone());
        assert_eq!(state.steps.len(), arranged.steps.len());
        for (at, step) in arranged.steps.iter().enumerate() {
            assert_eq!(step.id, old.steps[at].id, "{}", path.display());
        }
        assert_eq!(by_names(&arranged), by_names(&new), "{}", path.display());
        tried += usize::from(arranged.steps.len() > 3);
    }
    assert!(tried >= 5, "only {tried} runbooks were tried");
}

#[test]
fn what_is_inserted_before_a_step_with_an_attempt_would_renumber_it_and_is_refused() {
    let run = Run::begun(BOOK);
    let text =
        BOOK.replace("      - { id: asked,", "      - { id: early, title: Early, confirm: x }\n      - { id: asked,");
    let said = run.refused(&text);
    assert!(said.contains("1.2 Asked has an attempt (you): it would have another number"), "{said}");
}

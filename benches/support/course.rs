//! A run in the middle of 10,000 steps with five keys each: what is looked at with every fact, every key and every second.
//!
//! Nothing here runs a command. Each number stands beside the same one for a tenth of the steps: ten times is what it should be at most.

use super::fabricate::genesis;
use super::journal_kit::now;
use super::measure::{line, timed};
use std::fmt::Write;
use tminus::model::decide::{Asked, decide};
use tminus::model::event::Event;
use tminus::model::follow;
use tminus::model::ids::Seq;
use tminus::model::intent::{Intent, Typed};
use tminus::model::plan::Plan;
use tminus::model::record::Record;
use tminus::model::schedule;
use tminus::model::state::{RunState, StepStatus, VarsBound};

/// A runbook of so many steps: plain commands, groups, commands beside others, what is owed, ways back, horizons.
fn plan(steps: usize) -> Plan {
    let mut book = String::from(
        "tminus: 1\ntitle: Large\nenvironment: { name: here, kind: local }\nhard_stop: T+9h\n\
         defaults: { shell: sh }\nrollbacks:\n  - { id: level-1, title: Back, budget: 5m, undo: all, steps: [ { id: back, run: \"true\" } ] }\n\
         horizons:\n  - { id: day, at: END+1d, title: A day, steps: [ { id: look, confirm: All is well } ] }\n\
         \x20 - { id: week, at: END+7d, by: END+8d, title: A week, steps: [ { id: look-again, confirm: All is well } ] }\nphases:\n",
    );
    for at in 0..steps {
        if at % 50 == 0 {
            let _ = write!(book, "  - id: p{at}\n    title: Phase {at}\n    at: T+{at}s\n    steps:\n");
        }
        let tie = match at % 10 {
            3 => format!(", undo: \"echo back {at}\""),
            5 => format!(", owes: [s{}]", at + 1),
            7 => ", way_back: level-1".to_owned(),
            _ => ", timeout: 5m".to_owned(),
        };
        let _ = writeln!(
            book,
            "      - {{ id: s{at}, title: Step {at}, run: \"echo {at}\", at: T+{at}s, takes: 5s, by: T+9h, effect: reads{tie} }}"
        );
    }
    tminus::runbook::parse("large.yaml", book.as_bytes()).plan.expect("the large runbook is right")
}

/// The run half-way: all before the middle is done.
fn half_way(plan: &Plan, steps: usize) -> RunState {
    let first = Record { seq: Seq(1), at: now(), event: genesis() };
    let mut state = RunState::fold(plan, [&first]).expect("genesis is the first record");
    state.vars_bound = VarsBound::Yes;
    let asked = Asked::plain(super::fabricate::maya(), now());
    let started = decide(plan, &state, &Intent::Start { typed: "local".into() }, &asked).expect("it can start");
    for event in started {
        apply(plan, &mut state, event);
    }
    for ix in 0..steps / 2 {
        let ix = plan.find(&format!("s{ix}").as_str().into()).expect("a step");
        let own = &mut state.steps[ix.0];
        (own.status, own.attempt) = (StepStatus::Ok, 1);
        (own.first_started, own.started, own.ended) = (Some(now()), Some(now()), Some(now()));
    }
    state
}

fn apply(plan: &Plan, state: &mut RunState, event: Event) {
    let record = Record { seq: Seq(state.last.0 + 1), at: now(), event };
    state.apply(plan, &record).expect("it can follow");
}

/// The best of a few: what else the machine does is not what is asked.
fn best<T>(what: impl Fn() -> T) -> f64 {
    (0..9).map(|_| timed(&what).0).fold(f64::MAX, f64::min)
}

/// One look of each kind, microseconds.
fn looks(steps: usize) -> Vec<(&'static str, f64)> {
    let plan = plan(steps);
    let mut state = half_way(&plan, steps);
    let asked = Asked::plain(super::fabricate::maya(), now());
    let next = state.next(&plan).expect("half is left");
    let run = Intent::Run { step: plan.step(next).id.clone(), typed: Typed::default() };
    let mut found = vec![
        ("what is due", best(|| follow::due(&plan, &state, now()))),
        ("when to look again", best(|| follow::wake_after(&plan, &state, now().wall))),
        ("what is next", best(|| state.next(&plan))),
        ("decide `run`", best(|| decide(&plan, &state, &run, &asked).is_ok())),
        ("planned", best(|| schedule::planned(&plan, &state).len())),
        ("slip", best(|| schedule::slip(&plan, &state, now()))),
        ("finish", best(|| schedule::finish(&plan, &state, now()))),
        ("decide by", best(|| schedule::decide_by(&plan, &state))),
        ("late", best(|| schedule::late(&plan, &state, now()).len())),
        ("owing", best(|| state.owing(&plan).len())),
        ("a way back's path", best(|| state.level_path(&plan, tminus::model::ids::LevelIx(0)).len())),
    ];
    let events = decide(&plan, &state, &run, &asked).expect("the next step can run");
    let (fold, ()) = timed(|| events.into_iter().for_each(|event| apply(&plan, &mut state, event)));
    found.push(("fold a start", fold));
    found.push(("what is due while it runs", best(|| follow::due(&plan, &state, now()))));
    found
}

/// All of them, side by side.
pub fn course() {
    for ((name, few), (_, many)) in looks(1_000).into_iter().zip(looks(10_000)) {
        let text = format!("{:.2} ms, {:.1} times 1,000 steps", many / 1000.0, many / few.max(0.1));
        line(name, &text, "aim < 12 times");
    }
}

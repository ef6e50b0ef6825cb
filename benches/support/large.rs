//! A runbook of 10,000 steps: read, folded, drawn. What stands between a keypress and the first frame of a very long run.

use super::fabricate::genesis;
use super::journal_kit::{note, now};
use super::measure::{line, timed};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::fmt::Write;
use std::io;
use std::ops::Range;
use tminus::feed::{Port, Role};
use tminus::model::ids::{Attempt, Seq, StepId};
use tminus::model::intent::Intent;
use tminus::model::record::Record;
use tminus::model::state::RunState;
use tminus::tui::App;
use tminus::tui::theme::choose_for;

const STEPS: usize = 10_000;

/// A run that nobody conducts.
struct Nobody;

impl Port for Nobody {
    fn wish(&mut self, _: Intent, _: Seq) -> Result<u64, String> {
        Err("nobody".into())
    }
    fn output(&self, _: &StepId, _: Attempt, _: Range<u64>) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }
    fn give_up(&mut self, _: String) {}
    fn role(&self) -> Role {
        Role::Watches
    }
}

fn book() -> String {
    let mut book = String::from(
        "tminus: 1\ntitle: Large\nenvironment: { name: here, kind: local }\ndefaults: { shell: sh }\nphases:\n",
    );
    for at in 0..STEPS {
        if at % 50 == 0 {
            let _ = write!(book, "  - id: p{at}\n    title: Phase {at}\n    steps:\n");
        }
        let _ = writeln!(
            book,
            "      - {{ id: s{at}, title: Step {at}, run: \"echo {at}\", undo: \"true\", expect: {{ contains: [\"{at}\"] }} }}"
        );
    }
    book
}

/// Parse, fold, first frame, another frame.
pub fn steps() {
    let book = book();
    let (parse, loaded) = timed(|| tminus::runbook::parse("large.yaml", book.as_bytes()));
    let plan = loaded.plan.expect("the large runbook is right");
    let events = std::iter::once(genesis()).chain((1..STEPS).map(|at| note(&format!("note {at}"))));
    let records: Vec<Record> =
        (1..).zip(events).map(|(seq, event)| Record { seq: Seq(seq), at: now(), event }).collect();
    let (fold, _) = timed(|| RunState::fold(&plan, &records).expect("notes can always be taken"));
    let look = choose_for(&tminus::tui::theme::Surroundings::default(), Some("dark"), false).expect("dark is a theme");
    let mut terminal = Terminal::new(TestBackend::new(160, 48)).unwrap();
    let (open, app) = timed(|| App::new(plan, look));
    let (first, _) = timed(|| terminal.draw(|frame| app.draw(frame, &Nobody, now())).map(drop));
    let (last, _) = timed(|| terminal.draw(|frame| app.draw(frame, &Nobody, now())).map(drop));
    let millis = |micros: f64| format!("{:.1} ms", micros / 1000.0);
    line("parse 10,000 steps", &millis(parse), "");
    line("fold 10,000 records over 10,000 steps", &millis(fold), "");
    line("app takes the plan", &millis(open), "");
    line("first frame, 160x48", &millis(first), "");
    line("a second frame", &millis(last), "aim < 16 ms");
    line("open in all", &millis(parse + fold + open + first), "aim < 200 ms");
}

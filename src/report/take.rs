//! One pass over the records: the same fold as every screen's, and beside it what a report keeps of each record.
//!
//! Pure: plan and records in, `Taken` out; opens nothing and judges nothing. What can be read off the last state is left to
//! `finish`; here stands only what a later record would hide: attempts, answers, decisions, who signed, what was said.

use super::value::{Answer, Attempt, By, Check, Decision, Deviation, Gate, Line, Said, SignOff, Trigger, WayBack};
use crate::linear::sentences::{Before, sentence};
use crate::model::actor::{Actor, Known};
use crate::model::event::{Bound, Event};
use crate::model::expect::Check as Checked;
use crate::model::ids::{Attempt as Number, StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::RunState;
use crate::model::time::micros;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An extent of output in the course of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printed {
    pub(super) seq: u64,
    pub(super) at: i64,
    pub(super) step: StepIx,
    pub(super) attempt: Number,
    pub(super) len: u64,
}

/// The first sign that all is not well, until that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// The id of the step or trigger that showed it.
    pub of: String,
    /// When it showed.
    pub shown: i64,
    /// When somebody saw it.
    pub seen: Option<i64>,
}

/// What a pass over the records keeps.
pub struct Taken {
    /// The runbook in force.
    pub plan: Arc<Plan>,
    /// What is true of the run after the last record that was taken.
    pub state: RunState,
    /// The first record that cannot follow; nothing behind it was taken.
    pub illegal: Option<(u64, String)>,
    pub(super) records: u64,
    pub(super) resumes: u64,
    pub(super) began: Option<i64>,
    pub(super) started_by: Option<By>,
    pub(super) ended: Option<(i64, By)>,
    pub(super) attempts: BTreeMap<StepIx, Vec<Attempt>>,
    pub(super) answers: BTreeMap<StepIx, Vec<Answer>>,
    pub(super) deviations: Vec<Deviation>,
    pub(super) decisions: Vec<Decision>,
    pub(super) gates: Vec<Gate>,
    pub(super) signoffs: Vec<SignOff>,
    pub(super) triggers: Vec<Trigger>,
    pub(super) messages: Vec<Said>,
    pub(super) notes: Vec<Said>,
    pub(super) ways_back: Vec<WayBack>,
    pub(super) course: Vec<Line>,
    /// Every value that a variable ever had, for whoever must take it out.
    pub values: Vec<(String, String)>,
    /// Where each printed byte belongs in the course, where a cast is wanted: kept apart, since a flood has many.
    pub printed: Option<Vec<Printed>>,
    /// What is measured towards a way back that is not taken yet.
    pub(super) trouble: Option<Trouble>,
}

impl Taken {
    /// Before any record.
    pub fn new(plan: &Plan) -> Self {
        Self {
            plan: Arc::new(plan.clone()),
            state: RunState::of(plan),
            illegal: None,
            records: 0,
            resumes: 0,
            began: None,
            started_by: None,
            ended: None,
            attempts: BTreeMap::new(),
            answers: BTreeMap::new(),
            deviations: Vec::new(),
            decisions: Vec::new(),
            gates: Vec::new(),
            signoffs: Vec::new(),
            triggers: Vec::new(),
            messages: Vec::new(),
            notes: Vec::new(),
            ways_back: Vec::new(),
            course: Vec::new(),
            values: Vec::new(),
            printed: None,
            trouble: None,
        }
    }

    /// Takes the next record. Behind one that cannot follow nothing counts any more.
    pub fn record(&mut self, record: &Record) {
        if self.illegal.is_some() {
            return;
        }
        let told = !matches!(record.event, Event::Output { .. } | Event::Ckpt { .. });
        let before = told.then(|| Before::of(&self.plan, &self.state, record));
        self.before(record);
        if let Err(why) = self.state.apply(&self.plan, record) {
            self.illegal = Some((record.seq.0, why.to_string()));
            return;
        }
        if let (Event::Amended { .. }, Some(plan)) = (&record.event, &self.state.in_force.0) {
            self.plan = plan.clone();
        }
        self.records = record.seq.0;
        if let Some(text) = before.and_then(|before| sentence(&self.plan, &before, &self.state, record)) {
            self.course.push(Line { seq: record.seq.0, at: record.at.wall, text });
        }
        self.keep(record);
        self.of_attempts(record);
        self.of_people(record);
        self.deviate(record);
    }

    /// What only the state before the record can tell.
    fn before(&mut self, record: &Record) {
        let Event::StepStarted { step, attempt: 1, reason: Some(reason), by, .. } = &record.event else { return };
        let Some(ix) = self.plan.find(step) else { return };
        let expected = self.state.to_start(&self.plan);
        if expected != Some(ix) && by.known != Known::Program {
            self.deviation(record, ("out of order", Some(ix)), format!("started before its turn: {reason}"), Some(by));
        }
    }

    fn keep(&mut self, record: &Record) {
        let at = record.at.wall;
        match &record.event {
            Event::Genesis { .. } => self.began = Some(at),
            Event::Resume { .. } => self.resumes += 1,
            Event::Started { by, .. } => self.started_by = Some(known(by)),
            Event::Ended { by, .. } => self.ended = Some((at, known(by))),
            Event::VarsBound { values } => self.values(values),
            Event::StepJudged { bound, .. } | Event::StepAnswered { bound, .. } => self.values(bound),
            _else_is_kept_elsewhere => {}
        }
    }

    fn values(&mut self, bound: &[Bound]) {
        for bound in bound {
            let Some(value) = &bound.value else { continue };
            let pair = (bound.name.0.clone(), value.clone());
            if !self.values.contains(&pair) {
                self.values.push(pair);
            }
        }
    }

    /// Keeps what an event says of an attempt.
    fn of_attempts(&mut self, record: &Record) {
        match &record.event {
            Event::StepStarted { step, attempt, by, .. } => {
                let Some(ix) = self.plan.find(step) else { return };
                let (started, by) = (record.at.wall, known(by));
                let new = Attempt { attempt: *attempt, started, by, ..Attempt::default() };
                self.attempts.entry(ix).or_default().push(new);
                self.stands(step, *attempt);
            }
            Event::Output { step, attempt, extent } => {
                if let (Some(printed), Some(ix)) = (&mut self.printed, self.plan.find(step)) {
                    let (seq, at, attempt, len) = (record.seq.0, record.at.wall, *attempt, extent.len);
                    printed.push(Printed { seq, at, step: ix, attempt, len });
                }
                let masked: u64 = extent.masked.iter().map(|masked| masked.count).sum();
                self.attempt(step, *attempt, |own| {
                    own.bytes += extent.len;
                    own.lines += extent.lines;
                    own.masked += masked;
                });
            }
            Event::OutputLost { step, attempt, bytes } => self.attempt(step, *attempt, |own| own.lost += bytes),
            Event::StepTyped { step, attempt, bytes, .. } => self.attempt(step, *attempt, |own| own.typed += bytes),
            Event::StepExited { step, attempt, exit, took, .. } => self.attempt(step, *attempt, |own| {
                own.exit = Some(exit.shown());
                own.took_us = Some(micros(*took));
            }),
            Event::StepNotStarted { step, attempt, why } => {
                self.attempt(step, *attempt, |own| own.why = Some(why.clone()));
                self.stands(step, *attempt);
            }
            Event::StepJudged { step, attempt, checks: seen, hints, .. } => {
                self.attempt(step, *attempt, |own| {
                    own.checks = checks(seen);
                    own.hints.clone_from(hints);
                });
                self.stands(step, *attempt);
            }
            Event::StepAnswered { step, attempt, checks: seen, .. } => {
                self.attempt(step, *attempt, |own| own.checks.extend(checks(seen)));
                self.stands(step, *attempt);
            }
            Event::StepSettled { step, attempt, .. }
            | Event::StepChosen { step, attempt, .. }
            | Event::WaitEnded { step, attempt, .. }
            | Event::StepResolved { step, attempt, .. }
            | Event::GateDecided { step, attempt, .. }
            | Event::StepSigned { step, attempt, .. } => self.stands(step, *attempt),
            _says_nothing_of_an_attempt => {}
        }
    }

    /// Changes an attempt that is kept.
    fn attempt(&mut self, step: &StepId, attempt: Number, change: impl FnOnce(&mut Attempt)) {
        let Some(ix) = self.plan.find(step) else { return };
        let kept = self.attempts.get_mut(&ix).and_then(|all| all.iter_mut().rev().find(|own| own.attempt == attempt));
        if let Some(own) = kept {
            change(own);
        }
    }

    /// Keeps where an attempt stands now.
    fn stands(&mut self, step: &StepId, attempt: Number) {
        let Some(ix) = self.plan.find(step) else { return };
        let own = self.state.step(ix);
        let (status, ended) = (own.status.word().to_owned(), own.ended.map(|at| at.wall));
        self.attempt(step, attempt, |kept| (kept.status, kept.ended) = (status, ended));
    }

    /// Keeps something that went otherwise than planned.
    pub(super) fn deviation(
        &mut self,
        record: &Record,
        (kind, ix): (&str, Option<StepIx>),
        text: String,
        by: Option<&Actor>,
    ) {
        let (step, number) = self.names(ix);
        let (seq, at) = (Some(record.seq.0), Some(record.at.wall));
        self.deviations.push(Deviation { seq, at, kind: kind.into(), step, number, text, by: by.map(known) });
    }

    /// A step's id and number.
    pub(super) fn names(&self, ix: Option<StepIx>) -> (Option<String>, Option<String>) {
        (ix.map(|ix| self.plan.step(ix).id.0.clone()), ix.map(|ix| super::rows::number(&self.plan, ix)))
    }

    /// A step's title for people, as far as its variables are known now.
    pub(super) fn title(&self, ix: StepIx) -> String {
        self.state.fill(&self.plan.step(ix).title)
    }
}

/// Who, as a report says it.
pub(super) fn known(by: &Actor) -> By {
    let known = match by.known {
        Known::Peer => "peer",
        Known::Signed => "signed",
        Known::Typed => "typed",
        Known::Unattended => "unattended",
        Known::Program => "program",
    };
    By { name: by.name.clone(), known: known.into() }
}

/// What was wanted and what came.
pub(super) fn checks(seen: &[Checked]) -> Vec<Check> {
    seen.iter().map(|check| Check { want: check.want.clone(), saw: check.saw.clone(), ok: check.ok }).collect()
}

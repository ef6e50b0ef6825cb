//! The thread that reads a journal for a replay: judges it, folds it, keeps states on the way, and tells what it knows.
//!
//! It reads to the end once; where it follows, it looks again a few times a second for what checkpoints cover by then. It ends
//! when nobody holds the course any more. Writes nothing anywhere.

use super::marks::{self, Mark};
use super::{Course, Index, Verdict};
use crate::engine::clock::wait_until;
use crate::journal::RunDir;
use crate::journal::reader::{Broken, Judged, Tail, Watched, read_through};
use crate::model::event::Event;
use crate::model::ids::Seq;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::RunState;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// How often a journal that is followed is looked at.
pub(super) const LOOK: Duration = Duration::from_millis(200);
/// The first time that what was read is told; later ever twice as far, up to `FAR`.
const SOON: u64 = 32;
const FAR: u64 = 16_384;

pub(super) struct Indexer {
    dir: RunDir,
    plan: Arc<Plan>,
    index: Weak<Mutex<Index>>,
    follow: bool,
    state: RunState,
    marks: Vec<Mark>,
    told_marks: Arc<Vec<Mark>>,
    phases: Vec<Option<(u64, u64)>>,
    begun: Vec<Option<Seq>>,
    told: u64,
    tell_after: u64,
    /// The first record that cannot be folded.
    stuck: Option<Broken>,
}

impl Indexer {
    pub fn of(course: &Course, follow: bool) -> Self {
        Self {
            dir: course.dir.clone(),
            plan: Arc::clone(&course.plan),
            index: Arc::downgrade(&course.index),
            follow,
            state: RunState::of(&course.plan),
            marks: Vec::new(),
            told_marks: Arc::default(),
            phases: vec![None; course.plan.phases.len()],
            begun: vec![None; course.plan.steps.len()],
            told: 0,
            tell_after: SOON,
            stuck: None,
        }
    }

    pub fn run(mut self) {
        let dir = self.dir.clone();
        let wants = self.index.clone();
        let judged = {
            let this = &mut self;
            let mut keep = |seq| with(&wants, |index| index.frames.wants(seq)).unwrap_or(false);
            read_through(&dir, &mut keep, &mut |record, tail| this.take(&record, tail))
        };
        match judged {
            Ok(judged) => self.judged(judged),
            Err(why) => {
                let broken = Broken { seq: Seq(self.state.last.0 + 1), why: why.chain() };
                self.broken(broken, None);
            }
        }
    }

    /// Folds one record in. One that cannot follow ends the fold: what is later is not shown.
    fn take(&mut self, record: &Record, tail: Option<Tail>) {
        if self.stuck.is_some() {
            return;
        }
        if let Err(illegal) = self.state.apply(&self.plan, record) {
            self.stuck = Some(Broken { seq: illegal.seq, why: illegal.why });
            return;
        }
        if let (Event::Amended { .. }, Some(plan)) = (&record.event, &self.state.in_force.0) {
            self.take_plan(Arc::clone(plan));
        }
        let phase = self.phase_of(record);
        self.marks.extend(marks::of(&self.plan, &self.state, record, phase));
        if let Some(tail) = tail {
            with(&self.index, |index| index.frames.keep(&self.state, tail));
        }
        if self.state.last.0 >= self.told + self.tell_after {
            self.tell(Verdict::Reading(self.state.last.0));
            self.tell_after = (self.tell_after * 2).min(FAR);
        }
    }

    /// Another runbook is in force: steps keep their places, phases may have moved.
    fn take_plan(&mut self, plan: Arc<Plan>) {
        let moved = |phase: &crate::model::plan::Phase| {
            let before = self.plan.phases.iter().position(|before| before.id == phase.id);
            before.and_then(|at| self.phases[at])
        };
        self.phases = plan.phases.iter().map(moved).collect();
        self.begun.resize(plan.steps.len(), None);
        self.plan = plan;
    }

    /// Notes when a phase began and when something of it last happened; whether this record began it.
    fn phase_of(&mut self, record: &Record) -> bool {
        let lived = self.state.lived;
        let begun = marks::begun(&self.plan, &record.event);
        if let Some(ix) = begun {
            self.begun[ix.0].get_or_insert(record.seq);
        }
        let Some(place) = begun.and_then(|ix| self.plan.phase_of(ix)) else {
            if let Some(place) = touched(&self.plan, record)
                && let Some(Some((_, to))) = self.phases.get_mut(place)
            {
                *to = lived;
            }
            return false;
        };
        let Some(span) = self.phases.get_mut(place) else { return false };
        let first = span.is_none();
        *span = Some((span.map_or(lived, |(from, _)| from), lived));
        first
    }

    fn tell(&mut self, verdict: Verdict) {
        self.told = self.state.last.0;
        if self.told_marks.len() != self.marks.len() {
            self.told_marks = Arc::new(self.marks.clone());
        }
        let (end, marks) = (Arc::new(self.state.clone()), Arc::clone(&self.told_marks));
        let (phases, begun) = (Arc::new(self.phases.clone()), Arc::new(self.begun.clone()));
        with(&self.index, move |index| {
            let version = index.known.version + 1;
            index.known = super::Known { verdict, end, marks, phases, begun, version };
        });
    }

    fn judged(mut self, judged: Judged) {
        let Judged { end, problem, torn, watched } = judged;
        if let Some(stuck) = self.stuck.take() {
            return self.broken(stuck, None);
        }
        if let Some(problem) = problem {
            return self.broken(problem, Some(end));
        }
        let records = self.state.last.0;
        match (self.follow && self.state.ended.is_none(), torn) {
            (true, _) => {
                self.tell(Verdict::Whole { records, followed: true });
                self.watch(watched, end);
            }
            (false, true) => self.tell(Verdict::Torn { good: records }),
            (false, false) => self.tell(Verdict::Whole { records, followed: false }),
        }
    }

    /// What is behind the last record that holds is shown as it stands, as far as it can be folded at all.
    fn broken(&mut self, broken: Broken, end: Option<Tail>) {
        let good = self.state.last;
        let at = self.state.at.wall;
        if let Some(mut tail) = end.map(|end| end.holding_to(good)) {
            while let Ok(records) = tail.read_to(Seq(tail.seq().0 + 1)) {
                let kept = with(&self.index, |index| index.frames.wants(tail.seq())).unwrap_or(false);
                match records.first() {
                    Some(record) => self.take(record, kept.then(|| tail.clone())),
                    None => break,
                }
                if self.stuck.is_some() {
                    break;
                }
            }
        }
        let later = self.state.last.0 - good.0;
        self.tell(Verdict::Broken { seq: broken.seq.0, good: good.0, at, why: broken.why, later });
    }

    fn watch(mut self, mut watched: Watched, mut tail: Tail) {
        while self.index.strong_count() > 0 {
            let seq = match watched.look() {
                Ok(seq) => seq,
                Err(broken) => return self.broken(broken, None),
            };
            while tail.seq() < seq {
                let to = Seq(seq.0.min(tail.seq().0 + 256));
                let records = match tail.read_to(to) {
                    Ok(records) => records,
                    Err(why) => return self.broken(Broken { seq: to, why: why.chain() }, None),
                };
                let last = records.len();
                for (at, record) in records.iter().enumerate() {
                    let kept = at + 1 == last && with(&self.index, |index| index.frames.wants(to)).unwrap_or(false);
                    self.take(record, kept.then(|| tail.clone()));
                }
            }
            if let Some(stuck) = self.stuck.take() {
                return self.broken(stuck, None);
            }
            let records = self.state.last.0;
            let followed = !self.state.closed;
            if records > self.told || !followed {
                self.tell(Verdict::Whole { records, followed });
            }
            if !followed {
                return;
            }
            wait_until(LOOK, LOOK, || false);
        }
    }
}

/// The phase of a step that something happened to.
fn touched(plan: &Plan, record: &Record) -> Option<usize> {
    let step = match &record.event {
        Event::StepJudged { step, .. }
        | Event::StepAnswered { step, .. }
        | Event::WaitEnded { step, .. }
        | Event::GateDecided { step, .. }
        | Event::StepSigned { step, .. }
        | Event::StepChosen { step, .. } => step,
        _moves_no_phase => return None,
    };
    plan.phase_of(plan.find(step)?)
}

fn with<T>(index: &Weak<Mutex<Index>>, take: impl FnOnce(&mut Index) -> T) -> Option<T> {
    let index = index.upgrade()?;
    let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
    Some(take(&mut index))
}

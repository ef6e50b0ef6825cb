//! A random operator, world and clock over one plan: each move is a wish, a fact of a process, time, or a crash.
//!
//! Whatever `decide` or `follow` lead to must fold; a move that is refused changes nothing. Included with `#[path]`.

use crate::fabricate::{BEGUN, Book, SECRET, later, maya, resume};
use std::time::Duration;
use tminus::model::decide::{Asked, GO_ANYWAY, Reading, decide};
use tminus::model::event::{Answer, Bound, Event, Resolution, StopHow, Vote};
use tminus::model::expect::Verdict;
use tminus::model::follow::{self, Due};
use tminus::model::ids::StepIx;
use tminus::model::intent::{Intent, Typed};
use tminus::model::output::{Drained, Exit, Extent, Stream};
use tminus::model::plan::Plan;
use tminus::model::secret::Secret;
use tminus::model::state::VarsBound;
use tminus::model::step::Work;
use tminus::model::time::Stamp;

/// One move: of which kind, and which of the many of that kind.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    pub kind: u8,
    pub pick: u16,
}

/// A run under way.
pub struct Course<'a> {
    pub plan: &'a Plan,
    pub book: Book,
    pub now: Stamp,
}

impl<'a> Course<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, book: Book::new(plan), now: BEGUN }
    }

    pub fn follow_all(&mut self, moves: &[Move]) {
        // Most courses begin: a run that is never started shows little.
        self.wish(Intent::Start { typed: "local".into() });
        self.bind();
        for each in moves {
            self.step(*each);
        }
    }

    fn step(&mut self, each: Move) {
        match each.kind {
            0..=44 => {
                let wishes = self.wishes_for_next(each.pick);
                self.wish(wishes[usize::from(each.pick) % wishes.len()].clone());
            }
            45..=57 => {
                let wish = self.any_wish(each.pick);
                self.wish(wish);
            }
            58..=84 => self.fact(each.pick),
            85..=93 => self.now = later(self.now, u64::from(each.pick % 400)),
            94..=95 => self.crash(each.pick),
            96..=97 => {
                let bad = self.book.state.started.is_some() && each.pick.is_multiple_of(3);
                if bad && self.book.state.ended.is_none() {
                    self.write(Event::VarsFailed { why: "no such variable".into() });
                } else {
                    self.bind();
                }
            }
            _ => self.survivors(),
        }
        self.let_follow(each.pick);
    }

    /// Writes what must fold.
    fn write(&mut self, event: Event) {
        let said = format!("{event:?}");
        self.now = later(self.now, 1);
        if let Err(illegal) = self.book.write(self.plan, self.now, event) {
            panic!("{illegal}: {said}");
        }
    }

    pub fn wish(&mut self, intent: Intent) -> bool {
        let reading = match &intent {
            Intent::Value { step, .. } => self.reading(step.as_str()),
            _other => None,
        };
        let asked = Asked { reading, ..Asked::plain(maya(), self.now) };
        let Ok(events) = decide(self.plan, &self.book.state, &intent, &asked) else { return false };
        assert!(!events.is_empty(), "a wish was taken and led to nothing: {intent:?}");
        events.into_iter().for_each(|event| self.write(event));
        true
    }

    fn reading(&self, step: &str) -> Option<Result<Reading, String>> {
        let (Work::Ask(question) | Work::Measure(question)) = &self.plan.step(self.plan.find(&step.into())?).work
        else {
            return None;
        };
        let value = if question.secret { None } else { Some("19".to_owned()) };
        let hash = question.secret.then(|| "ab".repeat(32));
        let bound =
            question.into.iter().map(|name| Bound { name: name.clone(), value: value.clone(), hash: hash.clone() });
        Some(Ok(Reading {
            saw: value.clone().unwrap_or_default(),
            checks: Vec::new(),
            ok: true,
            bound: bound.collect(),
        }))
    }

    /// What follows by itself, which must come to rest while nothing else happens.
    fn let_follow(&mut self, pick: u16) {
        for _ in 0..4 * self.plan.steps.len() + 8 {
            let Some(due) = follow::due(self.plan, &self.book.state, self.now) else { return };
            let events = match due {
                Due::Conditions(ix) => Ok(vec![Event::StepConditions {
                    step: self.plan.step(ix).id.clone(),
                    hold: pick.is_multiple_of(2),
                    saw: "TAG is x".into(),
                }]),
                _follows_from_the_plan => follow::enact(self.plan, &self.book.state, due, self.now),
            };
            let events = events.unwrap_or_else(|why| vec![Event::Held { reason: why.0, by: maya() }]);
            events.into_iter().for_each(|event| self.write(event));
        }
        panic!("it follows for ever: {:?}", follow::due(self.plan, &self.book.state, self.now));
    }

    fn bind(&mut self) {
        if self.book.state.started.is_some() && self.book.state.ended.is_none() {
            let secret = Bound { name: "TOKEN".into(), value: None, hash: Some("cd".repeat(32)) };
            self.write(Event::VarsBound { values: vec![secret] });
        }
    }

    fn crash(&mut self, pick: u16) {
        if self.book.state.ended.is_some() {
            return;
        }
        self.now.mono = if pick.is_multiple_of(2) { self.now.mono } else { 1_000_000 };
        self.write(resume(if pick.is_multiple_of(2) { "boot-1" } else { "boot-2" }));
        if !pick.is_multiple_of(5) {
            self.bind();
        }
    }

    fn survivors(&mut self) {
        if let Some(ix) = self.book.state.orphan() {
            let (step, attempt) = (self.plan.step(ix).id.clone(), self.book.state.step(ix).attempt);
            self.write(Event::Survivors { step, attempt, holders: Vec::new(), unseen: None });
        }
    }

    /// Something happens to the command that runs.
    fn fact(&mut self, pick: u16) {
        let Some(ix) = self.book.state.running().first().copied() else { return };
        let own = self.book.state.step(ix).clone();
        let (step, attempt) = (self.plan.step(ix).id.clone(), own.attempt);
        match pick % 12 {
            0 => self.write(Event::StepSpawned { step, attempt, pid: 7, start: 9 }),
            1 => {
                let extent = Extent {
                    stream: Stream::Out,
                    off: own.bytes,
                    len: 5,
                    lines: 1,
                    sha256: "ef".into(),
                    masked: vec![],
                };
                self.write(Event::Output { step, attempt, extent });
            }
            2 => self.write(Event::StepTimeout { step, attempt }),
            3 => self.write(Event::StepNotStarted { step, attempt, why: "no such program".into() }),
            4 => self.finish(ix, Verdict::Unknown),
            5 | 6 => self.finish(ix, Verdict::Fail),
            _ => self.finish(ix, Verdict::Ok),
        }
    }

    fn finish(&mut self, ix: StepIx, verdict: Verdict) {
        let own = self.book.state.step(ix).clone();
        let (step, attempt) = (self.plan.step(ix).id.clone(), own.attempt);
        let verdict = if own.stopping { Verdict::Stop } else { verdict };
        let command = self.plan.step(ix).command().expect("what runs is a command");
        let again = command.retry.filter(|retry| verdict == Verdict::Fail && attempt < retry.times);
        let retry = again.map(|retry| self.now.wall + retry.every.as_micros() as i64);
        let captured = command.capture.iter().map(|(name, how)| Bound {
            name: name.clone(),
            value: (!how.secret).then(|| "new".to_owned()),
            hash: how.secret.then(|| "01".repeat(32)),
        });
        let bound = if verdict == Verdict::Ok { captured.collect() } else { Vec::new() };
        let (exit, took) = (Exit::Code(i32::from(verdict != Verdict::Ok)), Duration::from_secs(1));
        let exited = Event::StepExited { step, attempt, exit, took, drained: Drained::Eof, holders: Vec::new() };
        let step = self.plan.step(ix).id.clone();
        self.write(exited);
        self.write(Event::StepJudged { step, attempt, verdict, checks: Vec::new(), bound, retry, hints: Vec::new() });
    }

    fn typed(&self, ix: StepIx) -> Typed {
        let step = self.plan.step(ix);
        let word = if step.class() == tminus::model::step::Class::C3 { step.phrase() } else { &step.number };
        Typed { text: Some(word.to_owned()), reason: Some("because".into()), second: Some("jlee".into()) }
    }

    /// What an operator would wish of what is next.
    fn wishes_for_next(&self, pick: u16) -> Vec<Intent> {
        let state = &self.book.state;
        if let Some(orphan) = state.orphan() {
            let how = if pick.is_multiple_of(2) { Resolution::Finished } else { Resolution::DidNot };
            return vec![Intent::Resolve { step: self.plan.step(orphan).id.clone(), how, reason: "looked".into() }];
        }
        if state.hold.is_some() && !pick.is_multiple_of(4) {
            return vec![Intent::GoOn];
        }
        let Some(next) = state.next(self.plan) else { return vec![Intent::Close] };
        let mut wishes = self.wishes_of(next, pick);
        if let Work::Gate(gate) = &self.plan.step(next).work {
            gate.go.iter().chain(&gate.no_go).for_each(|each| wishes.extend(self.wishes_of(*each, pick)));
        }
        wishes
    }

    fn wishes_of(&self, ix: StepIx, pick: u16) -> Vec<Intent> {
        let step = self.plan.step(ix).id.clone();
        let (saw, answer) = ("seen".to_owned(), if pick.is_multiple_of(7) { Answer::Failed } else { Answer::Ok });
        let mut wishes = vec![Intent::Run { step: step.clone(), typed: self.typed(ix) }];
        match &self.plan.step(ix).work {
            Work::Run(_)
            | Work::Monitor(_)
            | Work::Sign(_)
            | Work::Notify(_)
            | Work::Call(_)
            | Work::Group(_)
            | Work::Evidence(_) => {}
            Work::Check(items) => wishes.extend((0..items.len()).map(|item| {
                let (step, saw) = (step.clone(), saw.clone());
                Intent::Answer { step, item, answer, saw }
            })),
            Work::Measure(_) | Work::Ask(_) => {
                wishes.push(Intent::Value { step: step.clone(), value: Secret::new(SECRET.into()) });
            }
            Work::Choose { options, .. } => wishes.extend(options.iter().map(|option| {
                let (step, option) = (step.clone(), option.id.clone());
                Intent::Choose { step, option }
            })),
            Work::Wait(_) => wishes.push(Intent::Release { step: step.clone(), reason: saw }),
            Work::Gate(_) => {
                let vote = if pick.is_multiple_of(5) { Vote::NoGo } else { Vote::Go };
                wishes.push(Intent::Vote { step: step.clone(), role: "lead".into(), vote });
                let (typed, reason) = (GO_ANYWAY.to_owned(), "we must".to_owned());
                wishes.push(Intent::Decide { step, go: !pick.is_multiple_of(4), typed, reason });
            }
        }
        wishes
    }

    /// Any wish of any step, also one that nobody in their right mind would have.
    fn any_wish(&self, pick: u16) -> Intent {
        let ix = StepIx(usize::from(pick / 32) % self.plan.steps.len());
        let (step, reason) = (self.plan.step(ix).id.clone(), "because".to_owned());
        let level = usize::from(pick / 32) % self.plan.levels.len().max(1);
        match pick % 24 {
            0 => Intent::Skip { step, reason },
            1 => Intent::NotApplicable { step, reason },
            2 => Intent::Hand { step, reason },
            3 => Intent::Fail { step, reason },
            4 => Intent::Accept { step, reason, name: "ana".into() },
            5 => Intent::Resolve { step, how: Resolution::Finished, reason },
            6 | 7 => Intent::Hold { reason },
            8 => Intent::GoOn,
            9 => Intent::Abort { reason },
            10 => Intent::Pause,
            11 | 12 => Intent::Close,
            13 | 14 => Intent::Note { text: reason, step: Some(step) },
            15 => {
                Intent::SeePhase { phase: self.plan.phases[usize::from(pick / 32) % self.plan.phases.len()].id.clone() }
            }
            16..=18 => match (self.book.state.running().first(), self.plan.levels.get(level)) {
                (Some(running), _) if pick % 24 < 18 => {
                    Intent::Stop { step: self.plan.step(*running).id.clone(), how: StopHow::Terminate }
                }
                (_, Some(level)) => {
                    let typed = Typed { text: Some(level.id.0.clone()), reason: Some(reason), second: None };
                    Intent::RollBack { level: level.id.clone(), typed }
                }
                (_, None) => Intent::Stop { step, how: StopHow::Kill },
            },
            19 => Intent::Stop { step, how: StopHow::Interrupt },
            _ => {
                let wishes = self.wishes_of(ix, pick);
                wishes[usize::from(pick / 7) % wishes.len()].clone()
            }
        }
    }

    /// Ends the run by what an operator can do at any time.
    pub fn end(&mut self) {
        for _ in 0..10 * self.plan.steps.len() + 20 {
            let state = &self.book.state;
            if state.ended.is_some() {
                return;
            }
            let reason = "to the end".to_owned();
            let id = |ix: StepIx| self.plan.step(ix).id.clone();
            if state.paused || matches!(state.vars_bound, VarsBound::Failed(_)) && state.started.is_some() {
                self.crash(2);
            } else if state.started.is_some() && state.vars_bound == VarsBound::NotYet {
                self.bind();
            } else if let Some(ix) = state.running().first().copied() {
                self.finish(ix, Verdict::Ok);
            } else if let Some(ix) = state.orphan() {
                self.wish(Intent::Resolve { step: id(ix), how: Resolution::Finished, reason });
            } else if state.hold.is_some() {
                self.wish(Intent::GoOn);
            } else if state.aborted.is_none() {
                self.wish(Intent::Abort { reason });
            } else if let Some(owed) = state.owing(self.plan).first().copied() {
                self.wish(Intent::Hand { step: id(owed), reason });
            } else {
                self.wish(Intent::Close);
            }
            self.let_follow(0);
        }
        panic!("there is no way to the end: {:#?}", self.book.state);
    }
}

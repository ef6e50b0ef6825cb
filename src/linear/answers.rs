//! What an answers file says, and what it says now: a pure function from plan, state and answers to the next wish.
//!
//! It only ever wishes what the file says, each part of an answer once for each attempt, so that a record that is slow to
//! come never leads to a second wish. A step without an answer is `NoAnswer`; nothing is made up. `fly` sends the wishes.

mod by_hand;
mod gate;

use crate::model::actor::Known;
use crate::model::decide::{asked_class, early_decision};
use crate::model::event::Answer;
use crate::model::ids::{LevelId, RoleId, StepIx};
use crate::model::intent::{Intent, Typed};
use crate::model::plan::Plan;
use crate::model::secret::Secret;
use crate::model::state::{RunState, StepStatus, VarsBound};
use crate::model::step::{Class, Effect, Work};
use std::collections::{BTreeMap, HashMap, HashSet};

/// An answers file that was read and fits its runbook.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// Who speaks: recorded as `NAME (unattended)`.
    pub operator: Option<String>,
    /// The run may be started.
    pub start: bool,
    /// What to do where there is no answer.
    pub otherwise: Otherwise,
    /// Answers by step; of several the first is for the first time that the step waits, and so on.
    pub steps: HashMap<StepIx, Vec<Given>>,
}

/// What to do where there is no answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// Stop what runs and leave the run held.
    #[default]
    Stop,
    /// Also run commands that only read; all else as `Stop`.
    Proceed,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Start it, or try it again, with what its class asks for.
    Run(Typed),
    /// These answers to its statements; one alone is for every one of them.
    Items(Vec<ItemGiven>),
    /// This value.
    Value(Secret),
    /// This way.
    Choose(String),
    /// Leave it out.
    Skip(String),
    /// It does not apply.
    NotApplicable(String),
    /// It was done outside.
    Hand(String),
    /// It failed.
    Fail(String),
    /// End its countdown early.
    Release(String),
    /// It failed and is accepted.
    #[allow(missing_docs, reason = "why, and by whom")]
    Accept { reason: String, name: String },
    /// Take this way back.
    #[allow(missing_docs, reason = "which, and what it asks to be typed")]
    RollBack { level: LevelId, typed: Typed },
    /// Answer, poll and decide a gate.
    Gate(Box<GateGiven>),
}

/// An answer to one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemGiven {
    /// Which.
    pub answer: Answer,
    /// What was seen; empty for a bare tick.
    pub saw: String,
}

/// Answers to a gate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GateGiven {
    /// Its criteria's answers.
    pub criteria: BTreeMap<StepIx, Given>,
    /// What stations say; true is GO.
    pub poll: Vec<(RoleId, bool)>,
    /// GO or not.
    pub decide: Option<bool>,
    /// Why.
    pub reason: String,
    /// `GO ANYWAY`, where the file says that.
    pub typed: String,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Todo {
    /// Send this.
    Wish(Intent),
    /// Wait for more records.
    Wait,
    /// Nothing is left to do: close the run.
    Close,
    /// The file has no answer.
    #[allow(missing_docs, reason = "for what")]
    NoAnswer { at: String },
}

/// Which answers were used, and which parts of them were sent.
#[derive(Clone, Debug, Default)]
pub struct Used {
    /// Answers used up, by step.
    count: HashMap<StepIx, usize>,
    /// The answer in use, with the attempt that it is for.
    current: HashMap<StepIx, (usize, u32)>,
    sent: HashSet<(Option<StepIx>, u32, Part)>,
    /// Whether this is not the first look at the run.
    was_here: bool,
}

/// A part of an answer that is sent once for each attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Start,
    Whole,
    Item(usize),
    Vote(RoleId),
    Decide,
}

impl Used {
    /// The wish, the first time; `Wait` while its records are on their way.
    fn once(&mut self, step: Option<StepIx>, attempt: u32, part: Part, intent: Intent) -> Todo {
        if self.sent.insert((step, attempt, part)) { Todo::Wish(intent) } else { Todo::Wait }
    }

    /// The answer for a step's present turn: the one in use, else the next of its list.
    fn answer<'a>(&mut self, answers: &'a Answers, ix: StepIx, turn: u32) -> Option<&'a Given> {
        let list = answers.steps.get(&ix)?;
        if let Some((at, _)) = self.current.get(&ix).filter(|(_, of)| *of == turn) {
            return list.get(*at);
        }
        let count = self.count.entry(ix).or_default();
        let given = list.get(*count)?;
        self.current.insert(ix, (*count, turn));
        *count += 1;
        Some(given)
    }

    /// The next answer of a step's list, in place of the one that is in use.
    fn following<'a>(&mut self, answers: &'a Answers, ix: StepIx, turn: u32) -> Option<&'a Given> {
        self.current.remove(&ix);
        // What was sent of the one before is no part of this one.
        self.sent.retain(|(step, of, _)| (*step, *of) != (Some(ix), turn));
        self.answer(answers, ix, turn)
    }
}

/// The attempt that an answer given now is for. A step that is owed after a way back was taken waits a second time, though
/// it was never started: without that, the answer which took the way back would be looked at for ever.
fn turn(state: &RunState, ix: StepIx) -> u32 {
    const GOING_BACK: u32 = 1 << 16;
    let own = state.step(ix);
    let attempt = if own.status.open() { own.attempt } else { own.attempt + 1 };
    if state.rollback.is_some() { attempt | GOING_BACK } else { attempt }
}

/// What the file says to do now.
pub fn next_answer(plan: &Plan, state: &RunState, answers: &Answers, used: &mut Used) -> Todo {
    if state.facts.is_none() || state.ended.is_some() || state.paused {
        return Todo::Wait;
    }
    // Whoever takes a held run up with an answers file says by that that it goes on; a hold that comes later is somebody's
    // wish and stays theirs, and one that tminus put on has no answer.
    let was_here = std::mem::replace(&mut used.was_here, true);
    if let Some(hold) = &state.hold {
        return match (was_here, hold.by.known) {
            (false, _) => Todo::Wish(Intent::GoOn),
            (true, Known::Program) => Todo::NoAnswer { at: hold.reason.clone() },
            (true, Known::Peer | Known::Typed | Known::Unattended) => Todo::Wait,
        };
    }
    if state.started.is_none() {
        if !answers.start {
            return Todo::NoAnswer { at: "start".into() };
        }
        let typed = plan.environment.kind.word().to_owned();
        return used.once(None, 0, Part::Start, Intent::Start { typed });
    }
    match &state.vars_bound {
        VarsBound::NotYet => return Todo::Wait,
        VarsBound::Failed(_) => {
            return Todo::NoAnswer { at: "variables".into() };
        }
        VarsBound::Yes => {}
    }
    let busy = !state.running().is_empty() || state.steps.iter().any(|own| own.retry_at.is_some());
    if busy {
        return Todo::Wait;
    }
    match state.next(plan) {
        None if state.nothing_left(plan) => {
            // A way back that came to its last step still has its end to be recorded.
            let ending = state.rollback.as_ref().is_some_and(|back| back.ended.is_none());
            if ending { Todo::Wait } else { Todo::Close }
        }
        None => Todo::NoAnswer { at: "what is owed".into() },
        Some(ix) => at_step(plan, state, answers, (ix, used)),
    }
}

fn no_answer(plan: &Plan, ix: StepIx) -> Todo {
    Todo::NoAnswer { at: plan.step(ix).id.0.clone() }
}

fn at_step(plan: &Plan, state: &RunState, answers: &Answers, rest: (StepIx, &mut Used)) -> Todo {
    let (ix, used) = rest;
    let (step, own) = (plan.step(ix), state.step(ix));
    if !step.when.is_empty() && own.conditions.is_none() {
        return Todo::Wait;
    }
    if own.status == StepStatus::Unknown && own.verdict.is_none() {
        return no_answer(plan, ix);
    }
    if begins_by_itself(plan, state, ix) && !opened_early(plan, state, (answers, used), ix) {
        return Todo::Wait;
    }
    let turn = turn(state, ix);
    let Some(given) = used.answer(answers, ix, turn) else {
        let reads = step.command().is_some() && asked_class(plan, state, ix) == Class::C0;
        if answers.otherwise == Otherwise::Proceed && reads && own.status == StepStatus::NotYet {
            let intent = Intent::Run { step: step.id.clone(), typed: Typed::default() };
            return used.once(Some(ix), turn, Part::Whole, intent);
        }
        return unanswered(plan, state, ix);
    };
    let given = given.clone();
    match &given {
        Given::Gate(gate) => gate::next(plan, state, (ix, gate), used),
        // It opened the step; what stands behind it in the list answers it.
        Given::Run(_) if own.status.open() => match used.following(answers, ix, turn).cloned() {
            Some(given) => by_hand::next(plan, state, (ix, &given), used),
            None => unanswered(plan, state, ix),
        },
        Given::Run(_)
        | Given::Items(_)
        | Given::Value(_)
        | Given::Choose(_)
        | Given::Skip(_)
        | Given::NotApplicable(_)
        | Given::Hand(_)
        | Given::Fail(_)
        | Given::Release(_)
        | Given::Accept { .. }
        | Given::RollBack { .. } => by_hand::next(plan, state, (ix, &given), used),
    }
}

/// Whether the answer to a gate says why it is decided before its planned time: it is opened then, not waited for.
fn opened_early(plan: &Plan, state: &RunState, (answers, used): (&Answers, &Used), ix: StepIx) -> bool {
    let next = used.count.get(&ix).copied().unwrap_or(0);
    let said = answers.steps.get(&ix).and_then(|list| list.get(next));
    let explained = matches!(said, Some(Given::Gate(gate)) if !gate.reason.trim().is_empty());
    explained && early_decision(plan, state, ix, state.at.wall).is_some()
}

/// A countdown under way and a gate that is yet to open need no answer yet.
fn unanswered(plan: &Plan, state: &RunState, ix: StepIx) -> Todo {
    let counts = matches!(plan.step(ix).work, Work::Wait(_));
    if counts && !state.step(ix).status.bad() { Todo::Wait } else { no_answer(plan, ix) }
}

/// What the conductor starts without a wish: commands of a way back, countdowns, gates, `auto` steps.
fn begins_by_itself(plan: &Plan, state: &RunState, ix: StepIx) -> bool {
    let (step, own) = (plan.step(ix), state.step(ix));
    if own.status != StepStatus::NotYet {
        return false;
    }
    let back = state.rollback.as_ref();
    let back = back.is_some_and(|back| back.ended.is_none() && back.path.contains(&ix));
    match &step.work {
        Work::Wait(_) => false,
        Work::Gate(_) => true,
        Work::Run(_) if own.attempt > 0 => false,
        Work::Run(_) if back => step.effect != Effect::Destroys,
        Work::Run(_) => step.auto && step.class() == Class::C0,
        Work::Evidence(_) => true,
        Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } => false,
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) => false,
    }
}

//! Which answers were used, for which time that a step waits, and which parts of them were sent.
//!
//! A step waits anew after each attempt, and where it is gone through again: after a round, a call, a beginning anew. What was
//! sent once is never sent twice for the same time, so that a record that is slow to come never leads to a second wish.

use super::{Answers, Given, Todo};
use crate::model::ids::{ProbeIx, RoleId, StepIx, TriggerIx};
use crate::model::intent::Intent;
use crate::model::state::{RunState, StepStatus};
use crate::model::time::Stamp;
use std::collections::{HashMap, HashSet};

/// Bits of a turn: the attempt, whether the run goes back, how often the step was gone through before.
const GOING_BACK: u32 = 1 << 16;
const PASS: u32 = 17;

/// Which answers were used, and which parts of them were sent.
#[derive(Clone, Debug, Default)]
pub struct Used {
    /// Answers used up, by step.
    pub(super) count: HashMap<StepIx, usize>,
    /// The answer in use, with the turn that it is for.
    current: HashMap<StepIx, (usize, u32)>,
    sent: HashSet<(Option<StepIx>, u32, Part)>,
    /// How steps stood when they were last looked at.
    stood: Vec<StepStatus>,
    /// How often each step was gone through before.
    passes: HashMap<StepIx, u32>,
    /// Whether this is not the first look at the run.
    pub(super) was_here: bool,
    /// Answers used up, by trigger, with the trip that the last one is for.
    pub(super) tripped: HashMap<TriggerIx, (usize, Stamp)>,
    /// Readings given, and how many the probe had then.
    pub(super) read: HashMap<ProbeIx, (usize, u64)>,
    /// What the file holds the run for.
    pub(super) held: Option<String>,
    /// The clock of whoever asks; the last record's where that is later.
    pub now: Stamp,
}

/// A part of an answer that is sent once for each turn.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Start,
    HandOver(usize),
    StandBy(usize),
    Whole,
    Item(usize),
    Vote(RoleId),
    Decide,
    Second,
    Fill,
    Sign(RoleId),
    Stop(u32),
    Seen(TriggerIx, i64),
    Tripped(TriggerIx, i64),
    Risk(usize),
}

impl Used {
    /// The wish, the first time; `Wait` while its records are on their way.
    pub(super) fn once(&mut self, step: Option<StepIx>, turn: u32, part: Part, intent: Intent) -> Todo {
        if self.sent.insert((step, turn, part)) { Todo::Wish(intent) } else { Todo::Wait }
    }

    /// Whether this part was sent before.
    pub(super) fn was_sent(&self, step: Option<StepIx>, turn: u32, part: Part) -> bool {
        self.sent.contains(&(step, turn, part))
    }

    /// Sees which steps are to be gone through anew since the last look.
    pub(super) fn look(&mut self, state: &RunState) {
        let anew = |status: StepStatus| matches!(status, StepStatus::NotYet | StepStatus::Old);
        for (at, own) in state.steps.iter().enumerate() {
            let before = self.stood.get(at).copied().unwrap_or(own.status);
            if anew(own.status) && before != own.status && before != StepStatus::NotYet {
                *self.passes.entry(StepIx(at)).or_default() += 1;
            }
        }
        self.stood = state.steps.iter().map(|own| own.status).collect();
        self.now.wall = self.now.wall.max(state.at.wall);
    }

    /// The time that a step waits for now. A step that is owed after a way back was taken waits a second time, though it was
    /// never started: without that, the answer which took the way back would be looked at for ever.
    pub(super) fn turn(&self, state: &RunState, ix: StepIx) -> u32 {
        let own = state.step(ix);
        let attempt = if own.status.open() { own.attempt } else { own.attempt + 1 };
        let back = if state.rollback.is_some() { GOING_BACK } else { 0 };
        attempt & (GOING_BACK - 1) | back | self.passes.get(&ix).copied().unwrap_or(0) << PASS
    }

    /// The answer for a step's present turn: the one in use, else the next of its list. A sole answer begins anew with the
    /// step; it never answers a failure.
    pub(super) fn answer<'a>(&mut self, answers: &'a Answers, ix: StepIx, turn: u32) -> Option<&'a Given> {
        let list = answers.steps.get(&ix)?;
        let current = self.current.get(&ix).copied();
        if let Some((at, _)) = current.filter(|(_, of)| *of == turn) {
            return list.get(at);
        }
        let count = self.count.entry(ix).or_default();
        let anew = current.is_some_and(|(_, of)| of >> PASS != turn >> PASS);
        if anew && answers.sole.contains(&ix) && list.first().is_some_and(Given::may_be_said_again) {
            *count = 0;
        }
        let given = list.get(*count)?;
        self.current.insert(ix, (*count, turn));
        *count += 1;
        Some(given)
    }

    /// The next answer of a step's list, in place of the one that is in use.
    pub(super) fn following<'a>(&mut self, answers: &'a Answers, ix: StepIx, turn: u32) -> Option<&'a Given> {
        let next = self.count.get(&ix).copied().unwrap_or(0);
        answers.steps.get(&ix)?.get(next)?;
        self.current.remove(&ix);
        // What was sent of the one before is no part of this one.
        self.sent.retain(|(step, of, _)| (*step, *of) != (Some(ix), turn));
        self.answer(answers, ix, turn)
    }
}

//! What is owed, whose effect began, and what each way back would run; how a gate and a run stand at their end.
//!
//! Computed from plan and state like the path, never stored.

use crate::model::event::{EndState, Vote};
use crate::model::ids::StepIx;
use crate::model::plan::{Plan, Undo};
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Place, Side, Work};
use std::collections::BTreeSet;

impl RunState {
    /// Steps that are owed: some step that owes them has started or was done outside, and they are not settled.
    pub fn owing(&self, plan: &Plan) -> Vec<StepIx> {
        let mut owed = Vec::new();
        for (at, step) in plan.steps.iter().enumerate() {
            if self.steps[at].attempt > 0 || self.steps[at].status == StepStatus::Hand {
                owed.extend(step.owes.iter().copied().filter(|step| !self.step(*step).status.settled()));
            }
        }
        let unsettled = |step: &StepIx| !self.step(*step).status.settled();
        for level in &self.levels_taken {
            owed.extend(plan.level(*level).owes.iter().copied().filter(unsettled));
        }
        for phase in plan.phases.iter().filter(|phase| self.has_begun(&phase.steps)) {
            owed.extend(phase.owes.iter().copied().filter(unsettled));
        }
        owed.sort();
        owed.dedup();
        owed
    }

    pub(super) fn has_begun(&self, steps: &[StepIx]) -> bool {
        steps.iter().any(|step| self.step(*step).attempt > 0 || self.step(*step).status == StepStatus::Hand)
    }

    /// Steps whose effect began: started, whatever came of it.
    pub fn effect_began(&self, step: StepIx) -> bool {
        let state = self.step(step);
        match state.status {
            StepStatus::NotYet
            | StepStatus::NotApplicable
            | StepStatus::Skipped
            | StepStatus::Back
            | StepStatus::Claim => false,
            StepStatus::Hand => true,
            StepStatus::Running
            | StepStatus::You
            | StepStatus::Ok
            | StepStatus::Late
            | StepStatus::Failed
            | StepStatus::TimedOut
            | StepStatus::Stopped
            | StepStatus::Over
            | StepStatus::Old
            | StepStatus::Unknown => state.attempt > 0,
        }
    }

    /// What a level would run now, in order: the undos of what was done, newest first, then its own steps.
    pub fn level_path(&self, plan: &Plan, level: crate::model::ids::LevelIx) -> Vec<StepIx> {
        let level = plan.level(level);
        let mut done: Vec<StepIx> = match &level.undo {
            Undo::Nothing => Vec::new(),
            Undo::All => (0..plan.steps.len()).map(StepIx).collect(),
            Undo::Of(steps) => steps.clone(),
        };
        done.retain(|step| self.effect_began(*step) && !plan.step(*step).undo.is_empty());
        if level.undo == Undo::All {
            // By record, not by the wall clock, which may have jumped.
            done.sort_by_key(|step| std::cmp::Reverse((self.step(*step).begun, *step)));
        }
        let undos = done.iter().flat_map(|step| plan.step(*step).undo.iter().copied());
        undos.chain(level.steps.iter().copied()).filter(|step| !self.step(*step).status.settled()).collect()
    }

    /// Steps that were done and have no way back of their own, though a level undoes all. What is owed, or puts something
    /// owed right, has its way back in that; where no level undoes all, a level's own commands say what they take back.
    pub fn no_way_back_known(&self, plan: &Plan) -> Vec<StepIx> {
        if plan.levels.iter().all(|level| level.undo != Undo::All) {
            return Vec::new();
        }
        let owed: BTreeSet<StepIx> = plan.steps.iter().flat_map(|step| step.owes.iter().copied()).collect();
        (0..plan.steps.len())
            .map(StepIx)
            .filter(|at| {
                let step = plan.step(*at);
                let changes = step.command().is_some() && step.effect > crate::model::step::Effect::Reads;
                changes
                    && matches!(step.place, Place::Phase(_) | Place::Choice { .. } | Place::Group(_))
                    && step.undo.is_empty()
                    && step.owes.is_empty()
                    && !owed.contains(at)
                    && self.effect_began(*at)
            })
            .collect()
    }

    /// The open points of a gate, in words; empty means that the advice is GO.
    pub fn open_points(&self, plan: &Plan, gate: StepIx) -> Vec<String> {
        let Work::Gate(work) = &plan.step(gate).work else {
            return Vec::new();
        };
        let mut open = Vec::new();
        for (side, criteria) in [(Side::Go, &work.go), (Side::NoGo, &work.no_go)] {
            for criterion in criteria {
                open.extend(self.open_point(plan, *criterion, side));
            }
        }
        for risk in self.blockers_at(plan, gate) {
            open.push(format!("risk {} is open: {}", plan.risks[risk].id, plan.risks[risk].title));
        }
        for role in &work.poll {
            match self.vote(gate, role) {
                None => open.push(format!("{role} is silent")),
                Some((Vote::NoGo, _)) => open.push(format!("{role} says NO-GO")),
                Some((Vote::Go, _)) => {}
            }
        }
        open
    }

    /// What keeps this criterion from being clear. One that is critical is not cleared by leaving it out.
    fn open_point(&self, plan: &Plan, criterion: StepIx, side: Side) -> Option<String> {
        let (step, status) = (plan.step(criterion), self.step(criterion).status);
        let left_out = matches!(status, StepStatus::Skipped | StepStatus::NotApplicable);
        if status.settled() {
            return (step.critical && left_out).then(|| format!("{} is critical and has no answer", step.number));
        }
        match status {
            StepStatus::Old => return Some(format!("{} is old", step.number)),
            StepStatus::Claim => return Some(format!("{} is only claimed", step.number)),
            _other => {}
        }
        Some(match (side, status.bad()) {
            (Side::Go, true) => format!("{} is not met", step.number),
            (Side::NoGo, true) => format!("{} holds", step.number),
            (Side::Go | Side::NoGo, false) => format!("{} has no answer", step.number),
        })
    }

    /// Whether nothing is left to do: the path is done and nothing is owed.
    pub fn nothing_left(&self, plan: &Plan) -> bool {
        self.started.is_some() && self.ended.is_none() && self.next(plan).is_none() && self.owing(plan).is_empty()
    }

    /// How the run would end if it were closed now.
    pub fn end_state(&self, plan: &Plan) -> EndState {
        match &self.rollback {
            Some(rollback) => {
                let path = self.rollback_path(plan);
                let came_through = path.iter().all(|step| self.step(*step).status.settled());
                let skipped = path.iter().any(|step| self.step(*step).status == StepStatus::Skipped);
                if came_through && !skipped && rollback.ended.is_some() {
                    EndState::RolledBack
                } else {
                    EndState::Failed
                }
            }
            None if self.aborted.is_some() || !self.nothing_left(plan) => EndState::Aborted,
            None => EndState::Completed,
        }
    }
}

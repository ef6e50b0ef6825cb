//! The order of a run: which steps it goes through, which is next, what is owed, and what a way back would run.
//!
//! Computed from plan and state each time it is asked, never stored, so that no second truth can drift from the first.
//! `decide`, `follow`, the schedule and the screens all ask here.

use crate::model::event::{EndState, Vote};
use crate::model::expect::{Capture, Verdict};
use crate::model::ids::{StepIx, VarName};
use crate::model::plan::{Plan, Undo};
use crate::model::state::{RunState, StepState, StepStatus};
use crate::model::step::{Place, Side, Work};
use std::collections::BTreeSet;

/// How far a list of steps has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Settled steps.
    pub done: usize,
    /// All steps.
    pub total: usize,
    /// Left out.
    pub skipped: usize,
}

impl RunState {
    /// The steps that the run goes through as it stands, in order: the phases with the chosen options, then, once a way
    /// back was taken, that instead; after an abort only what is owed.
    pub fn path(&self, plan: &Plan) -> Vec<StepIx> {
        if self.aborted.is_some() {
            // A way back that begins later takes the abort's place, so an abort that is there is the last word.
            return self.owing(plan);
        }
        if self.rollback.is_some() {
            let mut path = self.rollback_path(plan);
            let owed = self.owing(plan).into_iter().filter(|step| !path.contains(step)).collect::<Vec<_>>();
            path.extend(owed);
            return path;
        }
        let mut path = Vec::with_capacity(plan.steps.len());
        for phase in &plan.phases {
            for step in &phase.steps {
                self.push_with_choice(plan, *step, &mut path);
            }
        }
        path
    }

    /// The steps of the way back that was taken last, with the chosen options; empty before one was taken.
    pub fn rollback_path(&self, plan: &Plan) -> Vec<StepIx> {
        let mut path = Vec::new();
        for step in self.rollback.iter().flat_map(|rollback| &rollback.path) {
            self.push_with_choice(plan, *step, &mut path);
        }
        path
    }

    /// Whether a way back is under way.
    pub fn going_back(&self) -> bool {
        self.aborted.is_none() && self.rollback.as_ref().is_some_and(|rollback| rollback.ended.is_none())
    }

    /// Whether the run goes back and this step is of its way back, or is read at a gate that is.
    pub fn is_on_way_back(&self, plan: &Plan, step: StepIx) -> bool {
        let at = match plan.step(step).place {
            Place::Criterion { gate, .. } => gate,
            Place::Phase(_) | Place::Choice { .. } | Place::Undo(_) | Place::Level(_) => step,
        };
        self.going_back() && self.rollback_path(plan).contains(&at)
    }

    /// The first step that was running when its conductor died and of which nobody has said yet what became of it.
    pub fn orphan(&self) -> Option<StepIx> {
        self.steps.iter().position(StepState::is_orphan).map(StepIx)
    }

    /// A secret that this step once gave and that died with a conductor: the step may run again to give it anew.
    pub fn lost_secret<'a>(&self, plan: &'a Plan, step: StepIx) -> Option<&'a VarName> {
        let command = plan.step(step).command()?;
        let secret = |(name, how): &&(VarName, Capture)| how.secret || plan.is_secret(name.as_str());
        let lost = |(name, _): &&(VarName, Capture)| !self.vars.contains_key(name.as_str());
        let passed = self.step(step).attempt > 0 && self.step(step).verdict == Some(Verdict::Ok);
        command.capture.iter().filter(secret).find(lost).filter(|_| passed).map(|(name, _)| name)
    }

    /// A step, and after a choice the steps of the option that was taken.
    pub fn push_with_choice(&self, plan: &Plan, step: StepIx, path: &mut Vec<StepIx>) {
        path.push(step);
        if let (Work::Choose { options, .. }, Some(taken)) = (&plan.step(step).work, self.step(step).chosen) {
            for inner in options.get(taken).map(|option| option.steps.as_slice()).unwrap_or_default() {
                self.push_with_choice(plan, *inner, path);
            }
        }
    }

    /// The step that is to be done or answered now: the first of the path that is not settled.
    pub fn next(&self, plan: &Plan) -> Option<StepIx> {
        if self.ended.is_some() {
            return None;
        }
        self.path(plan).into_iter().find(|step| !self.step(*step).status.settled())
    }

    /// The first step of the path that is neither settled nor under way.
    pub fn to_start(&self, plan: &Plan) -> Option<StepIx> {
        self.next(plan).filter(|step| !self.step(*step).status.open())
    }

    /// Commands whose processes run.
    pub fn running(&self) -> Vec<StepIx> {
        let runs =
            |state: &crate::model::state::StepState| state.status == StepStatus::Running && state.until.is_none();
        self.steps.iter().enumerate().filter(|(_, state)| runs(state)).map(|(at, _)| StepIx(at)).collect()
    }

    /// Steps that are owed: some step that owes them has started or was done outside, and they are not settled.
    pub fn owing(&self, plan: &Plan) -> Vec<StepIx> {
        let mut owed = Vec::new();
        for (at, step) in plan.steps.iter().enumerate() {
            if self.steps[at].attempt > 0 || self.steps[at].status == StepStatus::Hand {
                owed.extend(step.owes.iter().copied().filter(|step| !self.step(*step).status.settled()));
            }
        }
        owed.sort();
        owed.dedup();
        owed
    }

    /// Steps whose effect began: started, whatever came of it.
    pub fn effect_began(&self, step: StepIx) -> bool {
        let state = self.step(step);
        match state.status {
            StepStatus::NotYet | StepStatus::NotApplicable | StepStatus::Skipped | StepStatus::Back => false,
            StepStatus::Hand => true,
            StepStatus::Running
            | StepStatus::You
            | StepStatus::Ok
            | StepStatus::Late
            | StepStatus::Failed
            | StepStatus::TimedOut
            | StepStatus::Stopped
            | StepStatus::Over
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
                    && matches!(step.place, Place::Phase(_) | Place::Choice { .. })
                    && step.undo.is_empty()
                    && step.owes.is_empty()
                    && !owed.contains(at)
                    && self.effect_began(*at)
            })
            .collect()
    }

    /// How far these steps have come.
    pub fn progress(&self, steps: &[StepIx]) -> Progress {
        let mut progress = Progress { total: steps.len(), ..Progress::default() };
        for step in steps {
            let status = self.step(*step).status;
            progress.done += usize::from(status.settled());
            progress.skipped += usize::from(status == StepStatus::Skipped);
        }
        progress
    }

    /// How far the phases have come, chosen options included.
    pub fn progress_of_run(&self, plan: &Plan) -> Progress {
        let mut path = Vec::with_capacity(plan.steps.len());
        for step in plan.phases.iter().flat_map(|phase| &phase.steps) {
            self.push_with_choice(plan, *step, &mut path);
        }
        self.progress(&path)
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

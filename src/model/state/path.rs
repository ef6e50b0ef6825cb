//! The order of a run: which steps it goes through, which is next, and how far it is.
//!
//! Computed from plan and state each time it is asked, never stored, so that no second truth can drift from the first.
//! `decide`, `follow`, the schedule and the screens all ask here.

use crate::model::expect::{Capture, Verdict};
use crate::model::ids::{ProcedureIx, StepIx, VarName};
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepState, StepStatus};
use crate::model::step::{Callee, Place, Together, Work};
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
    /// Settled, and nothing that this run saw says so: left out, or on somebody's word.
    pub unchecked: usize,
}

impl Progress {
    /// Whether nothing of it is left.
    pub fn is_done(self) -> bool {
        self.done == self.total
    }
}

impl RunState {
    /// The steps that the run goes through as it stands, in order: the phases with the chosen options, then, once a way
    /// back was taken, that instead; after an abort only what is owed.
    pub fn path(&self, plan: &Plan) -> Vec<StepIx> {
        let mut path = Vec::new();
        let all = |steps: &[StepIx]| {
            path.extend_from_slice(steps);
            None::<()>
        };
        let _ = self.along(plan, all);
        path
    }

    /// Goes along the path, a step and what stands inside it at a time, until `found` finds something.
    fn along<T>(&self, plan: &Plan, mut found: impl FnMut(&[StepIx]) -> Option<T>) -> Option<T> {
        let called = self.calls.iter().rev().flat_map(|called| &plan.procedure(*called).steps);
        let mut inside = Vec::new();
        let mut each = |step: &StepIx| {
            inside.clear();
            self.push_with_choice(plan, *step, &mut inside);
            found(&inside)
        };
        if let Some(here) = called.copied().find_map(|step| each(&step)) {
            return Some(here);
        }
        if self.aborted.is_some() {
            // A way back that begins later takes the abort's place, so an abort that is there is the last word.
            return found(&self.owing(plan));
        }
        if self.rollback.is_some() {
            let mut path = self.rollback_path(plan);
            let there: BTreeSet<StepIx> = path.iter().copied().collect();
            path.extend(self.owing(plan).into_iter().filter(|step| !there.contains(step)));
            return found(&path);
        }
        self.along_forward(plan, found)
    }

    /// The steps that the run goes through when nothing goes wrong: what must be met first, the phases with the chosen
    /// options and what is called, then the horizons in the order in which they are due.
    pub fn forward_path(&self, plan: &Plan) -> Vec<StepIx> {
        let mut path = Vec::with_capacity(plan.steps.len());
        let all = |steps: &[StepIx]| {
            path.extend_from_slice(steps);
            None::<()>
        };
        let _ = self.along_forward(plan, all);
        path
    }

    fn along_forward<T>(&self, plan: &Plan, mut found: impl FnMut(&[StepIx]) -> Option<T>) -> Option<T> {
        let mut inside = Vec::new();
        let mut each = |step: StepIx| {
            inside.clear();
            self.push_with_choice(plan, step, &mut inside);
            found(&inside)
        };
        let first = plan.requires.iter().chain(plan.levels.iter().flat_map(|level| &level.requires));
        let in_phases = plan.phases.iter().flat_map(|phase| phase.requires.iter().chain(&phase.steps));
        if let Some(here) = first.chain(in_phases).copied().find_map(&mut each) {
            return Some(here);
        }
        let mut horizons: Vec<usize> = (0..plan.horizons.len()).collect();
        horizons.sort_by_cached_key(|at| crate::model::schedule::horizon_due(plan, self, *at).unwrap_or(i64::MAX));
        horizons.into_iter().flat_map(|at| &plan.horizons[at].steps).copied().find_map(each)
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
            Place::Phase(_)
            | Place::Choice { .. }
            | Place::Undo(_)
            | Place::Level(_)
            | Place::Group(_)
            | Place::Procedure(_)
            | Place::Horizon(_)
            | Place::Requirement(_) => step,
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

    /// What must be met before a step, the step, and after it what stands inside: the steps of the option that was taken,
    /// of its group, of what it calls while the call is open. A group in order is only a title: its steps stand for it.
    pub fn push_with_choice(&self, plan: &Plan, step: StepIx, path: &mut Vec<StepIx>) {
        let planned = plan.step(step);
        path.extend(planned.requires.iter().copied());
        let inner: Vec<StepIx> = match &planned.work {
            Work::Choose { options, .. } => {
                let taken = self.step(step).chosen.and_then(|taken| options.get(taken));
                taken.map(|option| option.steps.clone()).unwrap_or_default()
            }
            Work::Group(group) => group.steps.clone(),
            Work::Call(callee) if self.step(step).status.open() => self.called_steps(plan, callee),
            Work::Call(_)
            | Work::Run(_)
            | Work::Check(_)
            | Work::Measure(_)
            | Work::Ask(_)
            | Work::Wait(_)
            | Work::Gate(_)
            | Work::Monitor(_)
            | Work::Sign(_)
            | Work::Notify(_)
            | Work::Evidence(_) => Vec::new(),
        };
        if !is_title(plan, step) {
            path.push(step);
        }
        for inner in inner {
            self.push_with_choice(plan, inner, path);
        }
    }

    /// The steps that a call goes through.
    pub fn called_steps(&self, plan: &Plan, callee: &Callee) -> Vec<StepIx> {
        match callee {
            Callee::Procedure(procedure) => {
                plan.find_procedure(procedure).map(|ix| plan.procedure(ix).steps.clone()).unwrap_or_default()
            }
            Callee::Level(level) => plan.find_level(level).map(|ix| self.level_path(plan, ix)).unwrap_or_default(),
        }
    }

    /// Whether a procedure is under way, called on demand or by a step.
    pub fn is_called(&self, plan: &Plan, procedure: ProcedureIx) -> bool {
        let by_step = plan.steps.iter().enumerate().any(|(at, step)| {
            let own = &self.steps[at];
            own.status.open()
                && matches!(&step.work, Work::Call(Callee::Procedure(id)) if plan.find_procedure(id) == Some(procedure))
        });
        by_step || self.calls.contains(&procedure)
    }

    /// Whether a step is open only for what stands inside it: a group, a call.
    pub fn is_open_container(&self, plan: &Plan, step: StepIx) -> bool {
        matches!(plan.step(step).work, Work::Group(_) | Work::Call(_)) && self.step(step).status.open()
    }

    /// Whether the run goes on past a step: it is settled, runs on beside later steps, or was ticked in the source.
    pub fn is_passed(&self, plan: &Plan, step: StepIx) -> bool {
        let own = self.step(step);
        let claimed = own.status == StepStatus::Claim && plan.phase_of(step).is_some();
        own.status.settled() || claimed || self.runs_beside(plan, step)
    }

    /// Whether a background command runs and is ready: later steps may start.
    pub fn runs_beside(&self, plan: &Plan, step: StepIx) -> bool {
        let background = plan.step(step).command().and_then(|command| command.background.as_ref());
        let own = self.step(step);
        let ready = background.is_some_and(|background| background.ready.is_none() || own.ready);
        own.status == StepStatus::Running && own.process.is_some() && ready
    }

    /// The step that is to be done or answered now: the first of the path that the run does not go past. What stands inside an
    /// open group or call comes before it.
    pub fn next(&self, plan: &Plan) -> Option<StepIx> {
        if self.ended.is_some() {
            return None;
        }
        let mut container = None;
        let found = self.along(plan, |steps| {
            for step in steps.iter().copied().filter(|step| !self.is_passed(plan, *step)) {
                if self.is_open_container(plan, step) {
                    container = container.or(Some(step));
                    continue;
                }
                // A group that is open and whose own steps are done is next itself, until its end is recorded.
                return match container {
                    Some(container) if !self.stands_in(plan, step, container) => Some(container),
                    _inside => Some(step),
                };
            }
            None
        });
        found.or(container)
    }

    /// Whether a step stands somewhere inside a group or call that is open.
    pub fn stands_in(&self, plan: &Plan, step: StepIx, container: StepIx) -> bool {
        let mut inside = Vec::new();
        self.push_with_choice(plan, container, &mut inside);
        inside.contains(&step) && step != container
    }

    /// The first step of the path that is neither settled nor under way.
    pub fn to_start(&self, plan: &Plan) -> Option<StepIx> {
        self.next(plan).filter(|step| !self.step(*step).status.open())
    }

    /// Commands whose processes run.
    pub fn running(&self) -> Vec<StepIx> {
        let runs =
            |state: &crate::model::state::StepState| state.status == StepStatus::Running && state.invocation.is_some();
        self.steps.iter().enumerate().filter(|(_, state)| runs(state)).map(|(at, _)| StepIx(at)).collect()
    }

    /// How far these steps have come.
    pub fn progress(&self, steps: &[StepIx]) -> Progress {
        let mut progress = Progress { total: steps.len(), ..Progress::default() };
        for step in steps {
            let status = self.step(*step).status;
            progress.done += usize::from(status.settled());
            progress.skipped += usize::from(status == StepStatus::Skipped);
            let word = matches!(status, StepStatus::Hand | StepStatus::Over | StepStatus::Claim | StepStatus::Skipped);
            progress.unchecked += usize::from(word && status.settled());
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

    /// Whether all phases are done. What is left of a run stands at the end, so that is looked at first.
    pub fn phases_are_done(&self, plan: &Plan) -> bool {
        let mut inside = Vec::new();
        let settled = |step: &StepIx| {
            inside.clear();
            self.push_with_choice(plan, *step, &mut inside);
            inside.iter().all(|step| self.step(*step).status.settled())
        };
        plan.phases.iter().rev().flat_map(|phase| phase.steps.iter().rev()).all(settled)
    }

    /// The steps of which an attempt is under way.
    pub fn open(&self) -> Vec<StepIx> {
        let open = self.steps.iter().enumerate().filter(|(_, own)| own.status.open());
        open.map(|(at, _)| StepIx(at)).collect()
    }

    /// The phase that is under way: that of the next step, else, while something else comes first, the last that has begun and
    /// is not at its end. `None` before the start and after the last phase.
    pub fn phase_under_way(&self, plan: &Plan) -> Option<usize> {
        self.started?;
        let next = self.next(plan).and_then(|next| plan.phase_of(next));
        let open = |at: &usize| self.has_begun(&plan.phases[*at].steps) && !self.is_over(plan, *at);
        next.or_else(|| (0..plan.phases.len()).rev().find(open))
    }

    /// Whether nothing of a phase is left to do.
    pub fn is_over(&self, plan: &Plan, phase: usize) -> bool {
        let mut steps = Vec::new();
        plan.phases[phase].steps.iter().for_each(|step| self.push_with_choice(plan, *step, &mut steps));
        steps.iter().all(|step| self.is_passed(plan, *step))
    }
}

/// Whether a step is only a title over others and is never begun itself.
pub fn is_title(plan: &Plan, step: StepIx) -> bool {
    matches!(&plan.step(step).work, Work::Group(group) if group.how == Together::InOrder)
}

//! Which risks are open, and which of them keep a step from starting.

use crate::model::around::{Before, KnownRisk};
use crate::model::ids::{StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::state::RunState;

impl RunState {
    /// Whether a risk, by its place in `Plan::risks`, is open: nobody closed it, and not all steps that close it are passed.
    pub fn is_risk_open(&self, plan: &Plan, at: usize) -> bool {
        let risk = &plan.risks[at];
        let passed = |step| plan.find(step).is_some_and(|ix| self.step(ix).status.passed());
        let by_steps = !risk.closed_by.is_empty() && risk.closed_by.iter().all(passed);
        !self.risks_closed.contains_key(&risk.id) && !by_steps
    }

    /// The first open blocker that stands before this step, by its place in `Plan::risks`. A step that closes the risk, or
    /// that comes before what the risk stands before, is not kept.
    pub fn blocking_risk(&self, plan: &Plan, ix: StepIx) -> Option<usize> {
        let closes = |risk: &KnownRisk| risk.closed_by.contains(&plan.step(ix).id);
        (0..plan.risks.len()).find(|at| {
            let risk = &plan.risks[*at];
            risk.blocker
                && !closes(risk)
                && self.is_risk_open(plan, *at)
                && self.stands_before(plan, risk.before.as_ref(), ix)
        })
    }

    /// Open blockers that speak against a GO at this gate: all but those that steps still to come are there to close.
    pub fn blockers_at(&self, plan: &Plan, gate: StepIx) -> Vec<usize> {
        let path = self.forward_path(plan);
        let place = |wanted: StepIx| path.iter().position(|each| *each == wanted);
        let at = place(gate);
        let ahead = |step: &StepId| plan.find(step).and_then(place).zip(at).is_some_and(|(step, gate)| step > gate);
        let to_come = |risk: &KnownRisk| !risk.closed_by.is_empty() && risk.closed_by.iter().all(ahead);
        self.open_blockers(plan).into_iter().filter(|risk| !to_come(&plan.risks[*risk])).collect()
    }

    /// Open blockers, by their places.
    pub fn open_blockers(&self, plan: &Plan) -> Vec<usize> {
        (0..plan.risks.len()).filter(|at| plan.risks[*at].blocker && self.is_risk_open(plan, *at)).collect()
    }

    fn stands_before(&self, plan: &Plan, before: Option<&Before>, ix: StepIx) -> bool {
        match before {
            None => plan.phase_of(ix).is_some(),
            Some(Before::Phase(phase)) => {
                let first = plan.phases.iter().position(|each| each.id == *phase);
                // What comes after the phases comes after this one too.
                let own = plan.phase_of(ix).or(self.is_after_the_phases(plan, ix).then_some(usize::MAX));
                first.zip(own).is_some_and(|(first, own)| own >= first)
            }
            Some(Before::Step(step)) => {
                let path = self.forward_path(plan);
                let place = |wanted: StepIx| path.iter().position(|each| *each == wanted);
                let first = plan.find(step).and_then(place);
                first.zip(place(ix)).is_some_and(|(first, own)| own >= first)
            }
        }
    }

    fn is_after_the_phases(&self, plan: &Plan, ix: StepIx) -> bool {
        matches!(plan.step(ix).place, crate::model::step::Place::Horizon(_))
    }
}

//! Where a step stands, as the checks ask it.

use crate::model::ids::StepIx;
use crate::model::step::{Place, PlannedStep, Work};
use crate::runbook::read::Reader;

/// Whether a step goes forward (it stands in a phase, in a group or an option there), and is not a criterion or a way
/// back.
pub(super) fn is_forward(reader: &Reader<'_>, at: StepIx) -> bool {
    let mut at = at;
    loop {
        let draft = &reader.steps[at.0];
        at = match draft.step.place {
            Place::Phase(_) => return true,
            Place::Choice { choose: owner, .. } => owner,
            Place::Group(owner) if !draft.is_criterion => owner,
            Place::Group(_)
            | Place::Criterion { .. }
            | Place::Undo(_)
            | Place::Level(_)
            | Place::Procedure(_)
            | Place::Horizon(_)
            | Place::Requirement(_) => return false,
        };
    }
}

/// Steps that stand inside a step and are begun for themselves, in order.
pub(super) fn inner(step: &PlannedStep) -> Vec<StepIx> {
    match &step.work {
        Work::Choose { options, .. } => options.iter().flat_map(|option| option.steps.iter().copied()).collect(),
        Work::Group(group) => group.steps.clone(),
        Work::Run(_)
        | Work::Check(_)
        | Work::Measure(_)
        | Work::Ask(_)
        | Work::Wait(_)
        | Work::Gate(_)
        | Work::Monitor(_)
        | Work::Sign(_)
        | Work::Notify(_)
        | Work::Call(_)
        | Work::Evidence(_) => Vec::new(),
    }
}

/// A step and all that stand inside it, however deep.
pub(super) fn all_inside(reader: &Reader<'_>, steps: &[StepIx]) -> Vec<StepIx> {
    let mut found = Vec::new();
    let mut stack: Vec<StepIx> = steps.iter().rev().copied().collect();
    while let Some(at) = stack.pop() {
        found.push(at);
        stack.extend(inner(&reader.steps[at.0].step).iter().rev());
    }
    found
}

/// Each step's place in the order of the phases, options and members in the place of what holds them; `None` for all
/// others.
pub(super) fn order(reader: &Reader<'_>) -> Vec<Option<usize>> {
    let mut order = vec![None; reader.steps.len()];
    let mut next = 0;
    for phase in &reader.phases {
        for at in all_inside(reader, &phase.phase.steps) {
            order[at.0] = Some(next);
            next += 1;
        }
    }
    order
}

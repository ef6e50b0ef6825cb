//! Where a step stands, as the checks ask it.

use crate::model::ids::StepIx;
use crate::model::step::{Place, Work};
use crate::runbook::read::Reader;

/// Whether a step of this place goes forward (a phase's, or an option's), and is not a criterion or a way back.
pub(super) fn is_forward(place: Place) -> bool {
    match place {
        Place::Phase(_) | Place::Choice { .. } | Place::Group(_) => true,
        Place::Criterion { .. }
        | Place::Undo(_)
        | Place::Level(_)
        | Place::Procedure(_)
        | Place::Horizon(_)
        | Place::Requirement(_) => false,
    }
}

/// Each step's place in the order of the phases, options in the place of their choice; `None` for all others.
pub(super) fn order(reader: &Reader<'_>) -> Vec<Option<usize>> {
    let mut order = vec![None; reader.steps.len()];
    let mut next = 0;
    for phase in &reader.phases {
        let mut stack: Vec<StepIx> = phase.phase.steps.iter().rev().copied().collect();
        while let Some(at) = stack.pop() {
            order[at.0] = Some(next);
            next += 1;
            if let Work::Choose { options, .. } = &reader.steps[at.0].step.work {
                stack.extend(options.iter().rev().flat_map(|option| option.steps.iter().rev()));
            }
        }
    }
    order
}

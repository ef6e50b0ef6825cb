//! The next wish of an answer to anything that is one wish, or one a statement.
//!
//! Called by `next_answer`, and by `gate` and `watch` for criteria.

use super::{Given, ItemGiven, Part, Todo, Used, no_answer};
use crate::model::decide::asked_class;
use crate::model::ids::{StepId, StepIx};
use crate::model::intent::{Intent, Typed};
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Class, Work};

/// The next wish of this answer to this step.
pub(super) fn next(plan: &Plan, state: &RunState, at: (StepIx, &Given), used: &mut Used) -> Todo {
    let (ix, given) = at;
    if let Given::Items(items) = given {
        return statements(plan, state, (ix, items), used);
    }
    let turn = used.turn(state, ix);
    match wish(&plan.step(ix).id, given) {
        Some(intent) => used.once(Some(ix), turn, Part::Whole, intent),
        None => no_answer(plan, ix),
    }
}

/// The wish of an answer that is exactly one.
pub(super) fn wish(step: &StepId, given: &Given) -> Option<Intent> {
    let step = step.clone();
    Some(match given {
        Given::Run(typed) => run(&step, typed),
        Given::Value(value) => Intent::Value { step, value: value.clone() },
        Given::Choose(option) => Intent::Choose { step, option: option.clone() },
        Given::Skip(reason) => Intent::Skip { step, reason: reason.clone() },
        Given::NotApplicable(reason) => Intent::NotApplicable { step, reason: reason.clone() },
        Given::Hand(reason) => Intent::Hand { step, reason: reason.clone() },
        Given::Fail(reason) => Intent::Fail { step, reason: reason.clone() },
        Given::Release(reason) => Intent::Release { step, reason: reason.clone() },
        Given::Accept { reason, name } => Intent::Accept { step, reason: reason.clone(), name: name.clone() },
        Given::RollBack { level, typed } => Intent::RollBack { level: level.clone(), typed: typed.clone() },
        Given::Recycle { to, reason } => Intent::Recycle { to: to.clone(), reason: reason.clone() },
        Given::Call { procedure, reason } => Intent::Call { procedure: procedure.clone(), reason: reason.clone() },
        Given::Trip { trigger, reason } => Intent::Trip { trigger: trigger.clone(), reason: reason.clone() },
        Given::CloseRisk { risk, reason } => Intent::CloseRisk { risk: risk.clone(), reason: reason.clone() },
        Given::Abort(reason) => Intent::Abort { reason: reason.clone() },
        Given::Hold(reason) => Intent::Hold { reason: reason.clone() },
        Given::Items(_) | Given::Gate(_) | Given::Watch(_) | Given::Say(_) | Given::Sign(_) | Given::GoOn { .. } => {
            return None;
        }
    })
}

/// Starts a step with what its class asks for.
pub(super) fn run(step: &StepId, typed: &Typed) -> Intent {
    Intent::Run { step: step.clone(), typed: typed.clone() }
}

/// The first statement that is not answered yet; one answer alone is for every statement.
fn statements(plan: &Plan, state: &RunState, at: (StepIx, &[ItemGiven]), used: &mut Used) -> Todo {
    let (ix, items) = at;
    let own = state.step(ix);
    let Work::Check(wanted) = &plan.step(ix).work else {
        return no_answer(plan, ix);
    };
    let turn = used.turn(state, ix);
    let fresh = !own.status.open();
    // A statement behind a number or a phrase is opened with that first, which this answer does not carry.
    if fresh && asked_class(plan, state, ix) > Class::C1 {
        return no_answer(plan, ix);
    }
    let Some(item) = (0..wanted.len()).find(|item| fresh || !own.answers.contains_key(item)) else {
        return Todo::Wait;
    };
    let said = match items {
        [one] => Some(one),
        several => several.get(item),
    };
    let Some(said) = said else {
        return no_answer(plan, ix);
    };
    let intent = Intent::Answer { step: plan.step(ix).id.clone(), item, answer: said.answer, saw: said.saw.clone() };
    used.once(Some(ix), turn, Part::Item(item), intent)
}

/// Whether a step came to a bad end that its present answer led to.
pub(super) fn is_bad(state: &RunState, ix: StepIx) -> bool {
    let status = state.step(ix).status;
    status.bad() || status == StepStatus::Unknown
}

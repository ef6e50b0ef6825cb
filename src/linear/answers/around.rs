//! The next wish of a message and of a sign-off, and what came of a call, a trip or a closed risk on the way to a step.
//!
//! A role with signers is never spoken for by a name from a file: the reader refuses it, and so does the conductor. A key that the
//! file names signs for it.

use super::{Answers, Given, Part, SayGiven, SignGiven, Todo, Used, by_hand, no_answer};
use crate::model::decide::{Second, asked_class, early_start, has_blanks, second_person};
use crate::model::event::{Answer, Decision};
use crate::model::ids::{RoleId, StepIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::signoff;
use crate::model::state::RunState;
use crate::model::step::{Class, Work};

/// Fills a message's blanks in, then has it sent, or says that a person said it.
pub(super) fn say(plan: &Plan, state: &RunState, at: (StepIx, &SayGiven), used: &mut Used) -> Todo {
    let (ix, given) = at;
    let (step, turn) = (plan.step(ix), used.turn(state, ix));
    let open = state.step(ix).status.open();
    if !open && has_blanks(plan, state, ix) {
        if given.blanks.is_empty() {
            return no_answer(plan, ix);
        }
        let intent = Intent::Fill { step: step.id.clone(), blanks: given.blanks.clone() };
        return used.once(Some(ix), turn, Part::Fill, intent);
    }
    let sends = step.command().is_some();
    let asks = asked_class(plan, state, ix) > Class::C1 || early_start(plan, state, ix, used.now.wall).is_some();
    if sends || !open && asks {
        return used.once(Some(ix), turn, Part::Whole, by_hand::run(&step.id, &given.typed));
    }
    let saw = given.saw.clone();
    let intent = Intent::Answer { step: step.id.clone(), item: 0, answer: Answer::Ok, saw };
    used.once(Some(ix), turn, Part::Item(0), intent)
}

/// Opens a sign-off, then signs by name for each role that the file names, and by key for each role that has signers.
pub(super) fn sign(
    plan: &Plan,
    state: &RunState,
    at: (StepIx, &SignGiven),
    (answers, used): (&Answers, &mut Used),
) -> Todo {
    let (ix, given) = at;
    let (step, own) = (plan.step(ix), state.step(ix));
    let Work::Sign(wanted) = &step.work else {
        return no_answer(plan, ix);
    };
    let turn = used.turn(state, ix);
    if !own.status.open() {
        return used.once(Some(ix), turn, Part::Whole, by_hand::run(&step.id, &given.typed));
    }
    let open = |role: &RoleId| wanted.roles.contains(role) && own.signed.iter().all(|signed| signed.role != *role);
    let by_name = given.names.iter().find(|(role, _, _)| open(role));
    let by_name = by_name.map(|(role, name, comment)| (role, name.clone(), comment.clone()));
    let by_key = answers.keys.iter().find(|key| open(&key.role) && !signoff::signers(plan, &key.role).is_empty());
    // Whose the key is, and what it signs, the client says: it has the key.
    let by_key = by_key.map(|key| (&key.role, String::new(), String::new()));
    if by_name.is_none() && by_key.is_some() && own.asked.as_ref().is_some_and(|asked| asked.prefix.is_none()) {
        return Todo::Wait;
    }
    let Some((role, name, comment)) = by_name.or(by_key) else {
        return no_answer(plan, ix);
    };
    let (step, role) = (step.id.clone(), role.clone());
    let part = Part::Sign(role.clone());
    used.once(
        Some(ix),
        turn,
        part,
        Intent::Sign { step, role, name, comment, text: None, sig: None, decision: Decision::Signed },
    )
}

/// What a role says by its key, once it can be signed: `None` where the file names no key for it.
pub(super) fn by_key(
    plan: &Plan,
    state: &RunState,
    said: (StepIx, &RoleId, Decision),
    with: (&Answers, &mut Used),
) -> Option<Todo> {
    let ((ix, role, decision), (answers, used)) = (said, with);
    answers.keys.iter().find(|key| key.role == *role)?;
    let asked = state.step(ix).asked.as_ref();
    if asked.is_none_or(|asked| asked.prefix.is_none()) {
        return Some(Todo::Wait);
    }
    let (step, role, turn) = (plan.step(ix).id.clone(), role.clone(), used.turn(state, ix));
    let (name, comment) = (String::new(), String::new());
    let intent = Intent::Sign { step, role: role.clone(), name, comment, text: None, sig: None, decision };
    Some(used.once(Some(ix), turn, Part::Sign(role), intent))
}

/// Has the second person agree by the key that the file names, before the step is started; `None` where there is nothing to do.
pub(super) fn second(plan: &Plan, state: &RunState, ix: StepIx, with: (&Answers, &mut Used)) -> Option<Todo> {
    let role = signoff::seconds(plan, ix)?;
    let (answers, used) = with;
    answers.keys.iter().find(|key| key.role == *role)?;
    match second_person(plan, state, ix)? {
        Second::Agreed(_) => None,
        Second::Asked => by_key(plan, state, (ix, role, Decision::Approved), (answers, used)),
        Second::Unasked => {
            let turn = used.turn(state, ix);
            Some(used.once(Some(ix), turn, Part::Second, Intent::AskSecond { step: plan.step(ix).id.clone() }))
        }
    }
}

/// Whether what was wished on the way has come true, so that the step itself goes on.
pub(super) fn came_of(plan: &Plan, state: &RunState, given: &Given) -> bool {
    match given {
        Given::Call { procedure, .. } => {
            // The call's own steps stand before this one: that this one is next again says that the call is over.
            let called = plan.find_procedure(procedure);
            called.is_some_and(|called| {
                let begun = |step: &StepIx| state.step(*step).attempt > 0 || state.step(*step).status.settled();
                !state.is_called(plan, called) && plan.procedure(called).steps.iter().all(begun)
            })
        }
        Given::Trip { trigger, .. } => plan.find_trigger(trigger).is_some_and(|ix| state.trigger(ix).tripped.is_some()),
        Given::CloseRisk { risk, .. } => state.risks_closed.contains_key(risk),
        _takes_the_turn => false,
    }
}

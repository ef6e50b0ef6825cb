//! The next wish of an answer to a monitor: it is started, what is checked meanwhile is answered, a verdict ends it.
//!
//! Without a verdict in the file it comes to its own end; where it has none, or its time is over and nothing that was read
//! says how it went, a person's verdict is needed. Called by `next_answer`.

use super::{Answers, Part, Todo, Used, WatchGiven, by_hand, no_answer};
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::{Class, Work};
use crate::model::time::{Stamp, micros};

pub(super) fn next(plan: &Plan, state: &RunState, at: (StepIx, &WatchGiven), with: (&Answers, &mut Used)) -> Todo {
    let (ix, given) = at;
    let (answers, used) = with;
    let (step, own) = (plan.step(ix), state.step(ix));
    let Work::Monitor(monitor) = &step.work else {
        return no_answer(plan, ix);
    };
    let turn = used.turn(state, ix);
    if !own.status.open() {
        return used.once(Some(ix), turn, Part::Whole, by_hand::run(&step.id, &given.typed));
    }
    for check in &monitor.checks {
        let (planned, of) = (plan.step(*check), state.step(*check));
        let by_itself =
            planned.command().is_some() && planned.class() == Class::C0 || matches!(planned.work, Work::Evidence(_));
        if of.status.settled() || by_hand::is_bad(state, *check) || by_itself {
            continue;
        }
        let check_turn = used.turn(state, *check);
        let said = given.checks.get(check).cloned();
        let said = said.or_else(|| used.answer(answers, *check, check_turn).cloned());
        match said {
            Some(said) => return by_hand::next(plan, state, (*check, &said), used),
            None if given.verdict.is_some() => {}
            None => return no_answer(plan, *check),
        }
    }
    match &given.verdict {
        Some((ok, saw)) => {
            let intent = Intent::EndMonitor { step: step.id.clone(), ok: *ok, reason: saw.clone() };
            used.once(Some(ix), turn, Part::Decide, intent)
        }
        None if needs_a_person(plan, state, ix, used.now) => no_answer(plan, ix),
        None => Todo::Wait,
    }
}

/// Whether an open monitor will not end without a person's verdict. The conductor's own verdict was looked for before.
pub(super) fn needs_a_person(plan: &Plan, state: &RunState, ix: StepIx, now: Stamp) -> bool {
    let Work::Monitor(monitor) = &plan.step(ix).work else {
        return false;
    };
    // Without a length only `until` ends it well: what only looks for trouble looks on until a person has seen enough.
    let Some(until) = state.step(ix).until else {
        return monitor.until.is_none();
    };
    // The last reading may still be on its way.
    let every = monitor.probe.as_ref().and_then(|probe| plan.find_probe(probe)).map(|probe| plan.probe(probe).every);
    let every = every.map_or(0, |every| i64::try_from(micros(every)).unwrap_or(i64::MAX));
    now.wall > until.saturating_add(every)
}

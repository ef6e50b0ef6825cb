//! What an answers file does beside the step that is next: triggers that tripped, readings that people give, risks.
//!
//! Looked at before anything else and also while a step runs: a trigger that trips is answered at once. One that nothing is
//! said about has no answer, but in a way back, which nothing may hold up, it is only seen. Called by `next_answer`.

use super::{Answers, Given, Part, Todo, Used, by_hand, stopped_first};
use crate::model::follow;
use crate::model::ids::{ProbeIx, StepId, TriggerIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::time::{Stamp, micros};

/// The next wish about what is watched; `None` where nothing is to be done.
pub(super) fn next(plan: &Plan, state: &RunState, answers: &Answers, used: &mut Used) -> Option<Todo> {
    for ix in (0..plan.triggers.len()).map(TriggerIx) {
        if let Some(todo) = trigger(plan, state, (answers, ix), used) {
            return Some(todo);
        }
    }
    for (at, (risk, reason)) in answers.risks.iter().enumerate() {
        let open = plan.find_risk(risk).is_some_and(|place| state.is_risk_open(plan, place));
        if open && !used.was_sent(None, 0, Part::Risk(at)) {
            let intent = Intent::CloseRisk { risk: risk.clone(), reason: reason.clone() };
            return Some(used.once(None, 0, Part::Risk(at), intent));
        }
    }
    (0..plan.probes.len()).map(ProbeIx).find_map(|probe| reading(plan, state, (answers, probe), used))
}

/// What the file says of a trigger that tripped and that nobody decided about.
fn trigger(plan: &Plan, state: &RunState, of: (&Answers, TriggerIx), used: &mut Used) -> Option<Todo> {
    let (answers, ix) = of;
    let own = state.trigger(ix);
    let trip = own.tripped.as_ref().filter(|_| own.went_on.is_none())?;
    let id = plan.trigger(ix).id.clone();
    let back = state.rollback.is_some() || state.aborted.is_some();
    let given = answer(answers, ix, trip.since, used).filter(|given| !is_under_way(plan, state, given));
    let Some(given) = given else {
        if !back && !answered(used, (ix, trip.since), answers) {
            return Some(Todo::NoAnswer { at: format!("trigger {id}") });
        }
        return seen(state, ix, trip.since, used)
            .map(|intent| used.once(None, 0, Part::Seen(ix, trip.since.wall), intent(id)));
    };
    let part = Part::Tripped(ix, trip.since.wall);
    if used.was_sent(None, 0, part.clone()) {
        return None;
    }
    if let Some(seen) = seen(state, ix, trip.since, used) {
        return Some(used.once(None, 0, Part::Seen(ix, trip.since.wall), seen(id)));
    }
    if matches!(given, Given::Abort(_) | Given::Recycle { .. })
        && let Some(stop) = stopped_first(plan, state, used)
    {
        return Some(stop);
    }
    if let Given::Hold(_) = given {
        used.held = Some(format!("trigger {id}"));
    }
    let intent = match given {
        Given::GoOn { reason, name } => {
            Some(Intent::GoOnDespite { trigger: id.clone(), reason: reason.clone(), name: name.clone() })
        }
        other => by_hand::wish(&StepId(String::new()), other),
    };
    Some(match intent {
        Some(intent) => used.once(None, 0, part, intent),
        None => Todo::NoAnswer { at: format!("trigger {id}") },
    })
}

/// The answer for this trip: the one in use, else the next.
fn answer<'a>(answers: &'a Answers, ix: TriggerIx, since: Stamp, used: &mut Used) -> Option<&'a Given> {
    let list = answers.on.get(&ix)?;
    let next = match used.tripped.get(&ix) {
        Some((at, of)) if *of == since => *at,
        Some((at, _)) => at + 1,
        None => 0,
    };
    let given = list.get(next)?;
    used.tripped.insert(ix, (next, since));
    Some(given)
}

/// Whether this trip was answered already.
fn answered(used: &Used, trip: (TriggerIx, Stamp), answers: &Answers) -> bool {
    answers.on.contains_key(&trip.0) && used.tripped.get(&trip.0).is_some_and(|(_, of)| *of == trip.1)
}

/// Whether the way back that is meant is taken already.
fn is_under_way(plan: &Plan, state: &RunState, given: &Given) -> bool {
    let Given::RollBack { level, .. } = given else { return state.aborted.is_some() };
    let taken = plan.find_level(level).is_some_and(|level| state.levels_taken.contains(&level));
    taken && state.rollback.is_some()
}

fn seen(
    state: &RunState,
    ix: TriggerIx,
    since: Stamp,
    used: &Used,
) -> Option<impl FnOnce(crate::model::ids::TriggerId) -> Intent + use<>> {
    let sent = used.was_sent(None, 0, Part::Seen(ix, since.wall));
    (state.trigger(ix).acked.is_none() && !sent).then_some(|trigger| Intent::Ack { trigger })
}

/// The next reading that a person would give: at once when it is wanted, then as often as the plan says.
fn reading(plan: &Plan, state: &RunState, of: (&Answers, ProbeIx), used: &mut Used) -> Option<Todo> {
    let (answers, ix) = of;
    let (list, probe) = (answers.readings.get(&ix)?, plan.probe(ix));
    let (given, count) = used.read.get(&ix).copied().unwrap_or((0, u64::MAX));
    let own = state.probe(ix);
    let every = i64::try_from(micros(probe.every)).unwrap_or(i64::MAX);
    let has_come = own.last().is_none_or(|last| last.at.wall.saturating_add(every) <= used.now.wall);
    if !has_come || own.count == count || !follow::is_probe_wanted(plan, state, ix) {
        return None;
    }
    let value = list.get(given)?.clone();
    used.read.insert(ix, (given + 1, own.count));
    Some(Todo::Wish(Intent::Reading { probe: probe.id.clone(), value }))
}

//! Taking a run over from another operator, and standing by what that one decided.
//!
//! Until both are done nothing of the run goes on; what only holds, stops or notes is taken before the first. A way back is never
//! waited for: taking one takes the run over. Only `decide` calls it.

use super::{Asked, Decided, find, needs_reason, refuse};
use crate::model::event::Event;
use crate::model::ids::{LevelId, StepId, StepIx};
use crate::model::intent::{Intent, Refusal};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::Place;

/// Whether the run is in the hands of whoever conducts it, as far as this wish needs it.
pub(super) fn in_hand(plan: &Plan, state: &RunState, intent: &Intent) -> Result<(), Refusal> {
    if let Some(open) = &state.handover {
        return match before_hand_over(intent) {
            true => Ok(()),
            false => refuse(format!(
                "{} conducted this run before: whoever takes it over gives a name and a reason first",
                open.from.name
            )),
        };
    }
    let old = state.old_decisions();
    // A command of a way back that a person ran by hand leads back.
    let back = |ix: &StepIx| matches!(plan.step(*ix).place, Place::Undo(_) | Place::Level(_));
    let leads_back = intent.moves().and_then(|step| plan.find(step)).as_ref().is_some_and(back);
    if old.is_empty() || leads_back || !leads_on(intent) {
        return Ok(());
    }
    let numbers: Vec<&str> = old.iter().map(|ix| plan.step(*ix).number.as_str()).collect();
    refuse(format!(
        "GO at {} was decided under another operator and is old: stand by it first, or begin again from there",
        numbers.join(", ")
    ))
}

/// What may be wished before a run was taken over: nothing that leads on, decides or answers anything.
fn before_hand_over(intent: &Intent) -> bool {
    matches!(
        intent,
        Intent::HandOver { .. }
            | Intent::RollBack { .. }
            | Intent::Hold { .. }
            | Intent::Stop { .. }
            | Intent::Note { .. }
            | Intent::Pause
            | Intent::Drive
            | Intent::EndSurvivors { .. }
            | Intent::Journal { .. }
    )
}

/// Whether a wish takes the run on from where others decided that it goes on.
fn leads_on(intent: &Intent) -> bool {
    match intent {
        Intent::Run { .. }
        | Intent::Answer { .. }
        | Intent::Value { .. }
        | Intent::Choose { .. }
        | Intent::Skip { .. }
        | Intent::NotApplicable { .. }
        | Intent::Hand { .. }
        | Intent::Fail { .. }
        | Intent::Accept { .. }
        | Intent::Release { .. }
        | Intent::Vote { .. }
        | Intent::Decide { .. }
        | Intent::Fill { .. }
        | Intent::Sign { .. }
        | Intent::AskSecond { .. }
        | Intent::EndMonitor { .. }
        | Intent::GoOnDespite { .. }
        | Intent::Call { .. }
        | Intent::CloseRisk { .. }
        | Intent::SeePhase { .. }
        | Intent::Close => true,
        Intent::HandOver { .. }
        | Intent::Amend { .. }
        | Intent::StandBy { .. }
        | Intent::Start { .. }
        | Intent::Resolve { .. }
        | Intent::Stop { .. }
        | Intent::Reading { .. }
        | Intent::Trip { .. }
        | Intent::Ack { .. }
        | Intent::Recycle { .. }
        | Intent::Hold { .. }
        | Intent::GoOn
        | Intent::RollBack { .. }
        | Intent::Note { .. }
        | Intent::Abort { .. }
        | Intent::Pause
        | Intent::Drive
        | Intent::EndSurvivors { .. }
        | Intent::Journal { .. } => false,
    }
}

/// The run is taken over.
pub(super) fn hand_over(plan: &Plan, state: &RunState, (name, reason): (&str, &str), asked: &Asked) -> Decided {
    let Some(open) = &state.handover else {
        return refuse("there is nothing to take over: nobody else conducted this run before");
    };
    if name.trim().is_empty() {
        return refuse("whoever takes the run over gives a name");
    }
    needs_reason(reason, "taking a run over")?;
    let old = state.decided_before(&open.to);
    Ok(vec![Event::HandedOver {
        from: open.from.name.clone(),
        name: name.trim().to_owned(),
        reason: reason.to_owned(),
        old: ids(plan, &old),
        by: asked.by.clone(),
    }])
}

/// The way back is one key away: whoever takes it takes the run over by that, under the name that is known.
pub(super) fn by_going_back(plan: &Plan, state: &RunState, level: &LevelId, asked: &Asked) -> Option<Event> {
    let open = state.handover.as_ref()?;
    Some(Event::HandedOver {
        from: open.from.name.clone(),
        name: asked.by.name.clone(),
        reason: format!("takes the way back {level}"),
        old: ids(plan, &state.decided_before(&open.to)),
        by: asked.by.clone(),
    })
}

/// Decisions of others stand: exactly those that are old now, so that nobody stands by what no screen listed.
pub(super) fn stand_by(plan: &Plan, state: &RunState, steps: &[StepId], asked: &Asked) -> Decided {
    let old = state.old_decisions();
    if old.is_empty() {
        return refuse("no decision of another operator is open");
    }
    let named = steps.iter().map(|step| find(plan, step)).collect::<Result<Vec<StepIx>, _>>()?;
    if named != old {
        return refuse("other decisions are old than were listed: look at the list again");
    }
    Ok(vec![Event::DecisionsAcknowledged { steps: ids(plan, &old), by: asked.by.clone() }])
}

fn ids(plan: &Plan, steps: &[StepIx]) -> Vec<StepId> {
    steps.iter().map(|ix| plan.step(*ix).id.clone()).collect()
}

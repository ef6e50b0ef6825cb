//! What can be marked on Watch, Messages and Risks, in the order of the screen.
//!
//! Views draw these and nothing else with a mark; keys act on the marked one. Pure: plan and state in.

use crate::model::ids::{ProbeIx, ProcedureIx, StepIx, TriggerIx};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::step::Work;
use crate::tui::eye::Screen;
use crate::tui::watched;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A trigger.
    Trigger(TriggerIx),
    /// A probe.
    Probe(ProbeIx),
    /// A step: a monitor that looks on, one that runs beside, a message or a sign-off of the plan.
    Step(StepIx),
    /// A message that no step says, by its place.
    Message(usize),
    /// A risk, by its place.
    Risk(usize),
    /// A quick fix.
    Procedure(ProcedureIx),
}

/// All that can be marked on a screen.
pub fn of(plan: &Plan, state: &RunState, screen: Screen) -> Vec<Thing> {
    match screen {
        Screen::Live | Screen::Step | Screen::Log => Vec::new(),
        Screen::Watch => watch(plan, state),
        Screen::Messages => messages(plan),
        Screen::Risks => risks(plan, state),
    }
}

fn watch(plan: &Plan, state: &RunState) -> Vec<Thing> {
    let triggers = (0..plan.triggers.len()).map(|at| Thing::Trigger(TriggerIx(at)));
    let probes = probes(plan, state).into_iter().map(Thing::Probe);
    let monitors = watched::monitors(plan, state).into_iter().map(Thing::Step);
    let beside = beside(plan, state).into_iter().map(Thing::Step);
    triggers.chain(probes).chain(monitors).chain(beside).collect()
}

/// Probes that are shown: every signal, and what triggers read; a monitor shows its own.
pub fn probes(plan: &Plan, state: &RunState) -> Vec<ProbeIx> {
    let by_trigger = |id| plan.triggers.iter().any(|trigger| trigger.probe.as_ref() == Some(id));
    let read =
        |at: &usize| plan.probes[*at].is_signal || by_trigger(&plan.probes[*at].id) || state.probes[*at].count > 0;
    (0..plan.probes.len()).filter(read).map(ProbeIx).collect()
}

/// Commands that run on beside the step that is next.
pub fn beside(plan: &Plan, state: &RunState) -> Vec<StepIx> {
    state.running().into_iter().filter(|ix| state.runs_beside(plan, *ix)).collect()
}

/// Steps that say a message, in the order of the plan, then messages that no step says.
fn messages(plan: &Plan) -> Vec<Thing> {
    let mut found: Vec<Thing> = Vec::new();
    let mut said = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        match &step.work {
            Work::Notify(notice) => {
                said.extend(plan.find_message(&notice.message));
                found.push(Thing::Step(StepIx(at)));
            }
            Work::Sign(_) => found.push(Thing::Step(StepIx(at))),
            _other => {}
        }
    }
    found.extend((0..plan.messages.len()).filter(|at| !said.contains(at)).map(Thing::Message));
    found
}

/// Open blockers first, then other open risks, then closed ones; then the quick fixes.
fn risks(plan: &Plan, state: &RunState) -> Vec<Thing> {
    let mut places: Vec<usize> = (0..plan.risks.len()).collect();
    places.sort_by_key(|at| {
        let risk = &plan.risks[*at];
        (!state.is_risk_open(plan, *at), !risk.blocker, std::cmp::Reverse(risk.level))
    });
    let risks = places.into_iter().map(Thing::Risk);
    risks.chain((0..plan.procedures.len()).map(|at| Thing::Procedure(ProcedureIx(at)))).collect()
}

//! Voting at a gate and deciding it.

use super::{Asked, Decided, early, needs_reason, refuse};
use crate::model::event::{Event, Vote};
use crate::model::ids::{RoleId, StepIx};
use crate::model::intent::Refusal;
use crate::model::plan::Plan;
use crate::model::signoff;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::Work;

/// What a GO against the advice must be typed as.
pub const GO_ANYWAY: &str = "GO ANYWAY";

fn open_gate<'a>(plan: &'a Plan, state: &RunState, ix: StepIx) -> Result<&'a crate::model::step::Gate, Refusal> {
    let step = plan.step(ix);
    let Work::Gate(gate) = &step.work else {
        return refuse(format!("{} is not a gate", step.number));
    };
    if state.step(ix).status != StepStatus::You {
        return refuse(format!("gate {} is not open", step.number));
    }
    super::start::reachable(plan, state, ix)?;
    Ok(gate)
}

/// A station speaks.
pub(super) fn vote(plan: &Plan, state: &RunState, said: (StepIx, &RoleId, Vote), asked: &Asked) -> Decided {
    let (ix, role, vote) = said;
    let gate = open_gate(plan, state, ix)?;
    if !signoff::signers(plan, role).is_empty() {
        return Err(super::signed::typed_only(plan, role));
    }
    if !gate.poll.contains(role) {
        return refuse(format!("{role} is not polled at {}", plan.step(ix).number));
    }
    Ok(vec![Event::GateVoted {
        step: plan.step(ix).id.clone(),
        attempt: state.step(ix).attempt,
        role: role.clone(),
        vote,
        by: asked.by.clone(),
    }])
}

/// GO or NO-GO. Silent is HOLD, never GO: a GO over open points is typed in full and carries a reason.
pub(super) fn decide_gate(
    plan: &Plan,
    state: &RunState,
    said: (StepIx, bool, &String, &String),
    asked: &Asked,
) -> Decided {
    let (ix, go, typed, reason) = said;
    open_gate(plan, state, ix)?;
    if let Some(hold) = &state.hold {
        return refuse(format!("held by {}: {}. p, then y, goes on", hold.by.shown(), hold.reason));
    }
    let busy = state.running();
    if let Some(other) = busy.iter().find(|other| !state.runs_beside(plan, **other)) {
        return refuse(format!("{} is still being read", plan.step(*other).number));
    }
    let open = state.open_points(plan, ix);
    let over = if go { open } else { Vec::new() };
    if !over.is_empty() {
        if typed != GO_ANYWAY {
            return refuse(format!(
                "HOLD: {}. GO is locked; the decider may type {GO_ANYWAY} with a reason",
                over.join(", ")
            ));
        }
        needs_reason(reason, "GO against the advice")?;
    }
    if !go {
        needs_reason(reason, "NO-GO")?;
    }
    early::explained(state, early::early_decision(plan, state, ix, asked.now.wall), &plan.step(ix).number, reason)?;
    Ok(vec![Event::GateDecided {
        step: plan.step(ix).id.clone(),
        attempt: state.step(ix).attempt,
        go,
        over,
        reason: reason.clone(),
        by: asked.by.clone(),
    }])
}

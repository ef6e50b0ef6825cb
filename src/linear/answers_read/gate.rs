//! An answer to a gate: its criteria by id, its stations, the decision.
//!
//! Called by `answers_read` only.

use super::given;
use super::texts::{Read, nearest, word, words, wrong};
use crate::linear::answers::{GateGiven, Given};
use crate::model::ids::{RoleId, StepIx};
use crate::model::plan::Plan;
use crate::model::step::Gate;
use serde_yaml::{Mapping, Value};

pub(super) fn gate_given(plan: &Plan, at: (StepIx, &Gate), map: &Mapping) -> Read<Given> {
    let (ix, gate) = at;
    let id = plan.step(ix).id.as_str();
    let mut read = GateGiven::default();
    for (key, value) in map {
        let key = word(key, id)?;
        match key.as_str() {
            "poll" => read.poll = poll((id, gate), value)?,
            "decide" => read.decide = Some(go(&key, value)?),
            "reason" => read.reason = words(value, id)?,
            "type" => read.typed = words(value, id)?,
            name => {
                let Some(criterion) = criterion(plan, (ix, gate), name) else {
                    let mut known: Vec<&str> =
                        gate.go.iter().chain(&gate.no_go).map(|each| plan.step(*each).id.as_str()).collect();
                    known.extend(["poll", "decide", "reason", "type"]);
                    return wrong(name, format!("{id} has no criterion {name}{}", nearest(name, &known)));
                };
                read.criteria.insert(criterion, given(plan, criterion, value)?);
            }
        }
    }
    Ok(Given::Gate(Box::new(read)))
}

/// A criterion by its id, or by what follows its gate's id.
fn criterion(plan: &Plan, at: (StepIx, &Gate), name: &str) -> Option<StepIx> {
    let (ix, gate) = at;
    let full = format!("{}.{name}", plan.step(ix).id);
    let named = |each: &&StepIx| plan.step(**each).id.as_str() == name || plan.step(**each).id.as_str() == full;
    gate.go.iter().chain(&gate.no_go).find(named).copied()
}

fn poll((id, gate): (&str, &Gate), value: &Value) -> Read<Vec<(RoleId, bool)>> {
    let Value::Mapping(map) = value else {
        return wrong(id, format!("{id}: poll is a mapping from a role to go or no-go"));
    };
    let mut votes = Vec::new();
    for (key, value) in map {
        let role = RoleId(word(key, id)?);
        if !gate.poll.contains(&role) {
            let known: Vec<&str> = gate.poll.iter().map(RoleId::as_str).collect();
            return wrong(role.as_str(), format!("{id} does not poll {role}{}", nearest(role.as_str(), &known)));
        }
        let vote = go(role.as_str(), value)?;
        votes.push((role, vote));
    }
    Ok(votes)
}

fn go(near: &str, value: &Value) -> Read<bool> {
    match word(value, near)?.to_ascii_lowercase().as_str() {
        "go" => Ok(true),
        "no-go" => Ok(false),
        other => wrong(near, format!("{near} is go or no-go, not {other}")),
    }
}

//! `on`, `readings` and `risks` of an answers file: what is done when a trigger trips, what people would read off, what is
//! closed.
//!
//! Called by `answers_read` only.

use super::texts::{Read, keys, nearest, reason, unknown_key, word, words, wrong};
use super::{around, roll_back};
use crate::linear::answers::{Answers, Given, RoleKey};
use crate::model::ids::{ProbeId, RiskId, RoleId, StepId, TriggerId};
use crate::model::plan::Plan;
use crate::model::secret::Secret;
use crate::model::signoff;
use crate::model::watch::Source;
use serde_yaml::{Mapping, Value};

const DEEDS: [&str; 6] = ["rollback", "go_on", "hold", "abort", "call", "recycle"];
/// Under `on`: whose keys sign off.
const SIGN_OFF: &str = "sign-off";
const WITH: [&str; 3] = ["type", "reason", "name"];

/// `on: { TRIGGER: { rollback: LEVEL } }`.
pub(super) fn on(value: &Value, plan: &Plan, read: &mut Answers) -> Read<()> {
    for (key, value) in mapping(value, "on", "a trigger's id to what is done when it trips")? {
        let id = word(key, "on")?;
        let names_keys = id == SIGN_OFF && plan.find_trigger(&TriggerId(id.clone())).is_none();
        if names_keys {
            read.keys = role_keys(plan, value)?;
            continue;
        }
        let Some(ix) = plan.find_trigger(&TriggerId(id.clone())) else {
            if plan.find(&StepId(id.clone())).is_some() {
                return wrong(&id, format!("{id} is a step: its answer stands under `steps`"));
            }
            let known: Vec<&str> = plan.triggers.iter().map(|each| each.id.as_str()).collect();
            return wrong(&id, format!("there is no trigger {id} in this runbook{}", nearest(&id, &known)));
        };
        let list = match value {
            Value::Sequence(list) => list.iter().map(|each| deed(plan, &id, each)).collect::<Read<Vec<_>>>()?,
            one => vec![deed(plan, &id, one)?],
        };
        read.on.insert(ix, list);
    }
    Ok(())
}

/// `on: { sign-off: { ROLE: KEY FILE } }`.
fn role_keys(plan: &Plan, value: &Value) -> Read<Vec<RoleKey>> {
    let mut keys = Vec::new();
    for (role, file) in mapping(value, SIGN_OFF, "a role to the file of the key that signs for it")? {
        let role = RoleId(word(role, SIGN_OFF)?);
        let known: Vec<&str> = plan.roles.iter().map(|each| each.id.as_str()).collect();
        if !known.contains(&role.as_str()) {
            return wrong(role.as_str(), format!("there is no role {role}{}", nearest(role.as_str(), &known)));
        }
        if signoff::signers(plan, &role).is_empty() {
            return wrong(role.as_str(), format!("{role} has no signers: a name signs for it, at its step"));
        }
        keys.push(RoleKey { role, file: words(file, SIGN_OFF)?, fingerprint: String::new() });
    }
    Ok(keys)
}

fn deed(plan: &Plan, id: &str, value: &Value) -> Read<Given> {
    let Value::Mapping(map) = value else {
        return match words(value, id)?.as_str() {
            "hold" => Ok(Given::Hold(format!("{id} tripped"))),
            "abort" => Ok(Given::Abort(format!("{id} tripped"))),
            _ => wrong(id, format!("{id}: write {{ rollback: LEVEL }}, {{ go_on: reason, name: WHO }}, hold or abort")),
        };
    };
    let keys = keys(map, id)?;
    for key in &keys {
        if !DEEDS.contains(&key.as_str()) && !WITH.contains(&key.as_str()) {
            let known: Vec<&str> = DEEDS.iter().chain(&WITH).copied().collect();
            return unknown_key(key, &known);
        }
    }
    let deeds: Vec<&str> = keys.iter().map(String::as_str).filter(|key| DEEDS.contains(key)).collect();
    let [deed] = deeds[..] else {
        return wrong(id, format!("{id}: one thing is done when it trips, one of {}", DEEDS.join(", ")));
    };
    let said = map.get(deed).unwrap_or(&Value::Null);
    match deed {
        "rollback" => roll_back(plan, id, said, map),
        "go_on" => match map.get("name").map(|name| words(name, id)).transpose()? {
            Some(name) if !name.trim().is_empty() => Ok(Given::GoOn { reason: reason(said, id)?, name }),
            Some(_) | None => {
                wrong(id, format!("{id}: going on is a named person's word: {{ go_on: reason, name: WHO }}"))
            }
        },
        "hold" => Ok(Given::Hold(reason(said, id)?)),
        "abort" => Ok(Given::Abort(reason(said, id)?)),
        "call" => around::call(plan, id, said, map),
        "recycle" => around::recycle(plan, id, said, map),
        other => unknown_key(other, &DEEDS),
    }
}

/// `readings: { PROBE: ["0.2", "1.8"] }`.
pub(super) fn readings(value: &Value, plan: &Plan, read: &mut Answers) -> Read<()> {
    for (key, value) in mapping(value, "readings", "a probe's id to its values")? {
        let id = word(key, "readings")?;
        let Some(ix) = plan.find_probe(&ProbeId(id.clone())) else {
            let known: Vec<&str> = plan.probes.iter().map(|each| each.id.as_str()).collect();
            return wrong(&id, format!("there is nothing to read called {id} in this runbook{}", nearest(&id, &known)));
        };
        if matches!(plan.probe(ix).source, Source::Command(_)) {
            return wrong(&id, format!("{id} is read by a command, not by hand"));
        }
        let list = match value {
            Value::Sequence(list) => list.iter().map(|each| words(each, &id)).collect::<Read<Vec<_>>>()?,
            one => vec![words(one, &id)?],
        };
        read.readings.insert(ix, list.into_iter().map(Secret::new).collect());
    }
    Ok(())
}

/// `risks: { H1: reason }`.
pub(super) fn risks(value: &Value, plan: &Plan, read: &mut Answers) -> Read<()> {
    for (key, value) in mapping(value, "risks", "a risk's id to why it is closed")? {
        let id = RiskId(word(key, "risks")?);
        if plan.find_risk(&id).is_none() {
            let known: Vec<&str> = plan.risks.iter().map(|each| each.id.as_str()).collect();
            return wrong(
                id.as_str(),
                format!("there is no risk {id} in this runbook{}", nearest(id.as_str(), &known)),
            );
        }
        let why = reason(value, id.as_str())?;
        read.risks.push((id, why));
    }
    Ok(())
}

fn mapping<'a>(value: &'a Value, key: &str, from: &str) -> Read<&'a Mapping> {
    match value {
        Value::Mapping(map) => Ok(map),
        _other => wrong(key, format!("{key} is a mapping from {from}")),
    }
}

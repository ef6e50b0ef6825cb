//! Answers to monitors, messages and sign-offs, and what leads elsewhere: beginning again, calls, trips, risks.
//!
//! Called by `answers_read`, and by `watched` for what leads elsewhere when a trigger trips.

use super::given;
use super::texts::{Read, nearest, reason, typed, unknown_key, word, words, wrong, yes};
use crate::linear::answers::{Given, HandOverGiven, SayGiven, SignGiven, WatchGiven};
use crate::model::ids::{ProcedureId, RiskId, RoleId, StepId, StepIx, TriggerId};
use crate::model::plan::Plan;
use crate::model::step::{Notice, Work};
use serde_yaml::{Mapping, Value};

/// Keys that answer a monitor; any other that is no deed names what is checked meanwhile.
pub(super) const WATCH: [&str; 4] = ["run", "retry", "ok", "fail"];
/// Keys that answer a message.
pub(super) const SAY: [&str; 4] = ["run", "retry", "ok", "blanks"];

/// `{ name: WHO, reason: WHY }`, with `decisions: stand` where the GO decisions of others hold.
pub(super) fn hand_over(value: &Value) -> Read<HandOverGiven> {
    let Value::Mapping(map) = value else {
        return wrong("handover", "handover says who takes the run over, and why: { name: …, reason: … }");
    };
    let (mut name, mut why, mut stands) = (String::new(), String::new(), false);
    for (key, value) in map {
        match word(key, "handover")?.as_str() {
            "name" => name = reason(value, "name")?,
            "reason" => why = reason(value, "reason")?,
            "decisions" if words(value, "decisions")? == "stand" => stands = true,
            "decisions" => return wrong("decisions", "decisions: stand, or leave it out"),
            other => return unknown_key(other, &["name", "reason", "decisions"]),
        }
    }
    if name.is_empty() || why.is_empty() {
        return wrong("handover", "handover needs both a name and a reason");
    }
    Ok(HandOverGiven { name, reason: why, stands })
}

/// `{ ok: what was seen }`, `{ fail: … }`, `{ run: true }`, each with the monitor's checks by id.
pub(super) fn watch(plan: &Plan, ix: StepIx, map: &Mapping) -> Read<Given> {
    let id = plan.step(ix).id.as_str();
    let mut read = WatchGiven { typed: typed(map)?, ..WatchGiven::default() };
    for (key, value) in map {
        let key = word(key, id)?;
        match key.as_str() {
            "type" | "reason" | "second" | "name" => {}
            "run" | "retry" => drop(yes(value, &key)?),
            "ok" | "fail" if read.verdict.is_some() => {
                return wrong(id, format!("{id}: one verdict, ok or fail"));
            }
            "ok" | "fail" => read.verdict = Some((key == "ok", reason(value, id)?)),
            name => {
                let checks = plan.members(ix);
                let full = format!("{id}.{name}");
                let named = |each: &&StepIx| [name, &full].contains(&plan.step(**each).id.as_str());
                let Some(check) = checks.iter().find(named) else {
                    let mut known: Vec<&str> = checks.iter().map(|each| plan.step(*each).id.as_str()).collect();
                    known.extend(WATCH);
                    return wrong(name, format!("{id} has no check {name}{}", nearest(name, &known)));
                };
                read.checks.insert(*check, given(plan, *check, value)?);
            }
        }
    }
    Ok(Given::Watch(Box::new(read)))
}

/// `run` where a command sends a message, `ok` where a person says it.
pub(super) fn said(id: &str, notice: &Notice, said: &str) -> Read<Given> {
    match (said, notice.via.is_some()) {
        ("run", true) | ("ok", false) => Ok(Given::Say(SayGiven::default())),
        (_, true) => {
            wrong(id, format!("{id} is sent by a command: write run, {{ run: true, blanks: […] }} or the like"))
        }
        (_, false) => {
            wrong(id, format!("{id} is said by a person: write ok, {{ ok: where, blanks: […] }} or the like"))
        }
    }
}

/// `{ blanks: [a, b], run: true }`, `{ blanks: [a], ok: where it was said }`.
pub(super) fn say(plan: &Plan, at: (StepIx, &Notice), map: &Mapping) -> Read<Given> {
    let (ix, notice) = at;
    let id = plan.step(ix).id.as_str();
    let mut read = SayGiven { typed: typed(map)?, ..SayGiven::default() };
    for (key, value) in map {
        let key = word(key, id)?;
        match key.as_str() {
            "type" | "reason" | "second" | "name" => {}
            "run" | "retry" if notice.via.is_some() => drop(yes(value, &key)?),
            "ok" if notice.via.is_none() => read.saw = words(value, id)?,
            "blanks" => read.blanks = blanks(id, value)?,
            other => return said(id, notice, other),
        }
    }
    Ok(Given::Say(read))
}

fn blanks(id: &str, value: &Value) -> Read<Vec<String>> {
    match value {
        Value::Sequence(list) => list.iter().map(|each| reason(each, id)).collect(),
        one => Ok(vec![reason(one, id)?]),
    }
}

/// `{ sign: { ROLE: NAME } }`, `{ sign: { ROLE: { name: NAME, comment: … } } }`.
pub(super) fn sign(plan: &Plan, ix: StepIx, value: &Value, map: &Mapping) -> Read<Given> {
    let id = plan.step(ix).id.as_str();
    let Work::Sign(wanted) = &plan.step(ix).work else {
        return wrong(id, format!("{id} asks for no signature"));
    };
    let Value::Mapping(names) = value else {
        return wrong(id, format!("{id}: write {{ sign: {{ ROLE: NAME }} }}"));
    };
    let mut read = SignGiven { typed: typed(map)?, ..SignGiven::default() };
    for (role, said) in names {
        let role = RoleId(word(role, id)?);
        if !wanted.roles.contains(&role) {
            let known: Vec<&str> = wanted.roles.iter().map(RoleId::as_str).collect();
            return wrong(role.as_str(), format!("{role} does not sign at {id}{}", nearest(role.as_str(), &known)));
        }
        unsigned(plan, &role)?;
        let (name, comment) = match said {
            Value::Mapping(both) => {
                let get = |key: &str| both.get(key).map(|said| words(said, id)).transpose();
                (get("name")?.unwrap_or_default(), get("comment")?.unwrap_or_default())
            }
            name => (words(name, id)?, String::new()),
        };
        if name.trim().is_empty() {
            return wrong(role.as_str(), format!("{id}: who signs for {role}, by name?"));
        }
        read.names.push((role, name, comment));
    }
    Ok(Given::Sign(Box::new(read)))
}

/// A role with signers is spoken for by a key, never by a file.
pub(super) fn unsigned(plan: &Plan, role: &RoleId) -> Read<()> {
    let signers = plan.roles.iter().find(|each| each.id == *role).map_or(&[][..], |role| role.signers.as_slice());
    if signers.is_empty() {
        return Ok(());
    }
    let words = format!("{role} has signers ({}): an answers file cannot speak for it", signers.join(", "));
    wrong(role.as_str(), words)
}

/// `{ recycle: STEP, reason: … }`.
pub(super) fn recycle(plan: &Plan, id: &str, value: &Value, map: &Mapping) -> Read<Given> {
    let to = StepId(words(value, id)?);
    if plan.find(&to).is_none() {
        let known: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
        return wrong(id, format!("{id}: there is no step {to} to begin again from{}", nearest(to.as_str(), &known)));
    }
    Ok(Given::Recycle { to, reason: needed(id, map)? })
}

/// `{ call: PROCEDURE, reason: … }`.
pub(super) fn call(plan: &Plan, id: &str, value: &Value, map: &Mapping) -> Read<Given> {
    let procedure = ProcedureId(words(value, id)?);
    if plan.find_procedure(&procedure).is_none() {
        let known: Vec<&str> = plan.procedures.iter().map(|each| each.id.as_str()).collect();
        let near = nearest(procedure.as_str(), &known);
        return wrong(id, format!("{id}: there is no procedure {procedure}{near}"));
    }
    let why = map.get("reason").map(|why| words(why, id)).transpose()?;
    Ok(Given::Call { procedure, reason: why.unwrap_or_default() })
}

/// `{ trip: TRIGGER, reason: … }`.
pub(super) fn trip(plan: &Plan, id: &str, value: &Value, map: &Mapping) -> Read<Given> {
    let trigger = TriggerId(words(value, id)?);
    if plan.find_trigger(&trigger).is_none() {
        let known: Vec<&str> = plan.triggers.iter().map(|each| each.id.as_str()).collect();
        return wrong(id, format!("{id}: there is no trigger {trigger}{}", nearest(trigger.as_str(), &known)));
    }
    Ok(Given::Trip { trigger, reason: needed(id, map)? })
}

/// `{ close: RISK, reason: … }`.
pub(super) fn close(plan: &Plan, id: &str, value: &Value, map: &Mapping) -> Read<Given> {
    let risk = RiskId(words(value, id)?);
    if plan.find_risk(&risk).is_none() {
        let known: Vec<&str> = plan.risks.iter().map(|each| each.id.as_str()).collect();
        return wrong(id, format!("{id}: there is no risk {risk}{}", nearest(risk.as_str(), &known)));
    }
    Ok(Given::CloseRisk { risk, reason: needed(id, map)? })
}

fn needed(id: &str, map: &Mapping) -> Read<String> {
    match map.get("reason") {
        Some(why) => reason(why, id),
        None => wrong(id, format!("{id}: a reason is wanted")),
    }
}

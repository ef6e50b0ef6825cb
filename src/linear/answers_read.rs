//! YAML to `Answers`: the grammar of an answers file, checked against the runbook.
//!
//! Every name must be one of the runbook's, every key one of the grammar's, and an answer must fit its step's kind: an
//! unattended run finds its mistakes before it starts. Pure; called by `answers_file`.

use super::answers::{Answers, GateGiven, Given, ItemGiven, Otherwise};
use crate::model::event::Answer;
use crate::model::ids::{LevelId, RoleId, StepId, StepIx};
use crate::model::intent::Typed;
use crate::model::plan::Plan;
use crate::model::secret::Secret;
use crate::model::step::{Gate, Place, Work};
use serde_yaml::{Mapping, Value};

/// A mistake: what, and a key near which it stands.
#[derive(Debug)]
pub(super) struct Wrong {
    pub near: Option<String>,
    pub what: String,
}

type Read<T> = Result<T, Wrong>;

fn wrong<T>(near: &str, what: impl Into<String>) -> Read<T> {
    Err(Wrong {
        near: Some(near.to_owned()),
        what: what.into(),
    })
}

/// The whole file.
pub(super) fn answers(root: &Value, plan: &Plan) -> Read<Answers> {
    let mut read = Answers::default();
    let Value::Mapping(root) = root else {
        return Err(Wrong {
            near: None,
            what: "an answers file is a mapping: start, steps, otherwise".into(),
        });
    };
    for (key, value) in root {
        let key = word(key, "the file")?;
        match key.as_str() {
            "operator" => read.operator = Some(word(value, "operator")?),
            "start" => read.start = yes(value, "start")?,
            "otherwise" => read.otherwise = otherwise(value)?,
            "steps" => steps(value, plan, &mut read)?,
            "on" => {
                return wrong(
                    "on",
                    "`on` answers triggers and sign-offs, which this version does not have yet",
                );
            }
            other => return unknown_key(other, &["operator", "start", "steps", "otherwise"]),
        }
    }
    Ok(read)
}

fn otherwise(value: &Value) -> Read<Otherwise> {
    match word(value, "otherwise")?.as_str() {
        "stop" => Ok(Otherwise::Stop),
        "proceed" => Ok(Otherwise::Proceed),
        other => wrong(
            "otherwise",
            format!("otherwise is stop or proceed, not {other}"),
        ),
    }
}

fn steps(value: &Value, plan: &Plan, read: &mut Answers) -> Read<()> {
    let Value::Mapping(steps) = value else {
        return wrong("steps", "steps is a mapping from a step's id to its answer");
    };
    for (key, value) in steps {
        let id = word(key, "steps")?;
        let Some(ix) = plan.find(&StepId(id.clone())) else {
            let known: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
            return wrong(
                &id,
                format!(
                    "there is no step {id} in this runbook{}",
                    nearest(&id, &known)
                ),
            );
        };
        if matches!(plan.step(ix).place, Place::Criterion { .. }) {
            return wrong(
                &id,
                format!("{id} is a criterion: answer it inside its gate"),
            );
        }
        let list = match value {
            Value::Sequence(list) => list
                .iter()
                .map(|each| given(plan, ix, each))
                .collect::<Read<Vec<_>>>()?,
            one => vec![given(plan, ix, one)?],
        };
        read.steps.insert(ix, list);
    }
    Ok(())
}

/// Keys that say what is done; the others go with one of them.
const DEEDS: [&str; 14] = [
    "run", "retry", "ok", "fail", "n/a", "items", "value", "choose", "skip", "hand", "release",
    "accept", "rollback", "open",
];
const WITH: [&str; 4] = ["type", "reason", "second", "name"];

fn given(plan: &Plan, ix: StepIx, value: &Value) -> Read<Given> {
    let step = plan.step(ix);
    let id = step.id.as_str();
    let Value::Mapping(map) = value else {
        return scalar(plan, ix, value);
    };
    let keys = keys(map, id)?;
    let deeds: Vec<&str> = keys
        .iter()
        .map(String::as_str)
        .filter(|key| DEEDS.contains(key))
        .collect();
    if let (Work::Gate(gate), false) = (
        &step.work,
        deeds
            .iter()
            .any(|deed| !matches!(*deed, "ok" | "fail" | "value")),
    ) {
        return gate_given(plan, (ix, gate), map);
    }
    for key in &keys {
        if !DEEDS.contains(&key.as_str()) && !WITH.contains(&key.as_str()) {
            let known: Vec<&str> = DEEDS.iter().chain(&WITH).copied().collect();
            return unknown_key(key, &known);
        }
    }
    match deeds[..] {
        [deed] => one_deed(plan, ix, deed, map),
        [] => wrong(
            id,
            format!("{id}: say what is done, one of {}", DEEDS.join(", ")),
        ),
        [..] => wrong(
            id,
            format!(
                "{id}: one answer does one thing, not {}",
                deeds.join(" and ")
            ),
        ),
    }
}

fn one_deed(plan: &Plan, ix: StepIx, deed: &str, map: &Mapping) -> Read<Given> {
    let step = plan.step(ix);
    let id = step.id.as_str();
    let value = map.get(deed).unwrap_or(&Value::Null);
    let by_statement = |answer: Answer| {
        fits(plan, ix, deed, matches!(step.work, Work::Check(_)))?;
        Ok(Given::Items(vec![ItemGiven {
            answer,
            saw: words(value, id)?,
        }]))
    };
    match deed {
        "run" | "retry" | "open" => {
            yes(value, deed)?;
            Ok(Given::Run(typed(map)?))
        }
        "ok" => by_statement(Answer::Ok),
        "fail" if matches!(step.work, Work::Check(_)) => by_statement(Answer::Failed),
        "fail" => Ok(Given::Fail(reason(value, id)?)),
        "n/a" => Ok(Given::NotApplicable(reason(value, id)?)),
        "items" => {
            fits(plan, ix, deed, matches!(step.work, Work::Check(_)))?;
            items(plan, ix, value)
        }
        "value" => {
            fits(
                plan,
                ix,
                deed,
                matches!(step.work, Work::Measure(_) | Work::Ask(_)),
            )?;
            Ok(Given::Value(Secret::new(words(value, id)?)))
        }
        "choose" => choose(plan, ix, value),
        "skip" => Ok(Given::Skip(reason(value, id)?)),
        "hand" => Ok(Given::Hand(reason(value, id)?)),
        "release" => {
            fits(plan, ix, deed, matches!(step.work, Work::Wait(_)))?;
            Ok(Given::Release(reason(value, id)?))
        }
        "accept" => {
            let name = map.get("name").map(|name| words(name, id)).transpose()?;
            match name {
                Some(name) if !name.trim().is_empty() => Ok(Given::Accept {
                    reason: reason(value, id)?,
                    name,
                }),
                _ => wrong(
                    id,
                    format!("{id}: accept names who accepts: {{ accept: reason, name: … }}"),
                ),
            }
        }
        "rollback" => {
            let level = LevelId(words(value, id)?);
            if plan.find_level(&level).is_none() {
                let known: Vec<&str> = plan.levels.iter().map(|level| level.id.as_str()).collect();
                return wrong(
                    id,
                    format!(
                        "{id}: there is no level {level}{}",
                        nearest(level.as_str(), &known)
                    ),
                );
            }
            Ok(Given::RollBack {
                level,
                typed: typed(map)?,
            })
        }
        other => unknown_key(other, &DEEDS),
    }
}

fn fits(plan: &Plan, ix: StepIx, deed: &str, fits: bool) -> Read<()> {
    let id = plan.step(ix).id.as_str();
    if fits {
        Ok(())
    } else {
        wrong(
            id,
            format!(
                "{id} is {}: `{deed}` does not answer it",
                kind(&plan.step(ix).work)
            ),
        )
    }
}

fn kind(work: &Work) -> &'static str {
    match work {
        Work::Run(_) => "a command",
        Work::Check(_) => "a list of statements",
        Work::Measure(_) => "a measure",
        Work::Ask(_) => "a question",
        Work::Choose { .. } => "a choice",
        Work::Wait(_) => "a countdown",
        Work::Gate(_) => "a gate",
    }
}

fn scalar(plan: &Plan, ix: StepIx, value: &Value) -> Read<Given> {
    let step = plan.step(ix);
    let id = step.id.as_str();
    let said = words(value, id)?;
    match &step.work {
        Work::Measure(_) | Work::Ask(_) => Ok(Given::Value(Secret::new(said))),
        Work::Check(_) if said == "ok" => Ok(Given::Items(vec![ItemGiven {
            answer: Answer::Ok,
            saw: String::new(),
        }])),
        Work::Check(_) => wrong(id, format!("{id}: write ok, or {{ ok: what was seen }}")),
        Work::Run(_) if said == "run" => Ok(Given::Run(Typed::default())),
        Work::Run(_) => wrong(
            id,
            format!("{id}: write run, or {{ skip: reason }} and the like"),
        ),
        Work::Choose { .. } => wrong(id, format!("{id}: write {{ choose: OPTION }}")),
        Work::Wait(_) => wrong(
            id,
            format!(
                "{id}: a countdown ends by itself; write {{ release: reason }} to end it early"
            ),
        ),
        Work::Gate(_) => wrong(
            id,
            format!("{id}: write {{ CRITERION: ok, poll: {{ ROLE: go }}, decide: go }}"),
        ),
    }
}

fn choose(plan: &Plan, ix: StepIx, value: &Value) -> Read<Given> {
    let id = plan.step(ix).id.as_str();
    let option = words(value, id)?;
    let Work::Choose { options, .. } = &plan.step(ix).work else {
        fits(plan, ix, "choose", false)?;
        return Ok(Given::Choose(option));
    };
    let known: Vec<&str> = options.iter().map(|each| each.id.as_str()).collect();
    if known.contains(&option.as_str()) {
        Ok(Given::Choose(option))
    } else {
        wrong(
            id,
            format!("{id} has no option {option}{}", nearest(&option, &known)),
        )
    }
}

fn items(plan: &Plan, ix: StepIx, value: &Value) -> Read<Given> {
    let id = plan.step(ix).id.as_str();
    let wanted = match &plan.step(ix).work {
        Work::Check(items) => items.len(),
        Work::Run(_)
        | Work::Measure(_)
        | Work::Ask(_)
        | Work::Choose { .. }
        | Work::Wait(_)
        | Work::Gate(_) => 0,
    };
    let Value::Sequence(list) = value else {
        return wrong(id, format!("{id}: items is a list, one answer a statement"));
    };
    if list.len() != wanted {
        return wrong(
            id,
            format!("{id} has {wanted} statements and {} answers", list.len()),
        );
    }
    let mut read = Vec::with_capacity(list.len());
    for each in list {
        match given(plan, ix, each)? {
            Given::Items(mut one) if one.len() == 1 => read.append(&mut one),
            Given::NotApplicable(saw) => read.push(ItemGiven {
                answer: Answer::NotApplicable,
                saw,
            }),
            _ => {
                return wrong(
                    id,
                    format!("{id}: a statement is answered by ok, fail or n/a"),
                );
            }
        }
    }
    Ok(Given::Items(read))
}

fn gate_given(plan: &Plan, at: (StepIx, &Gate), map: &Mapping) -> Read<Given> {
    let (ix, gate) = at;
    let id = plan.step(ix).id.as_str();
    let mut read = GateGiven::default();
    for (key, value) in map {
        let key = word(key, id)?;
        match key.as_str() {
            "poll" => read.poll = poll(id, gate, value)?,
            "decide" => read.decide = Some(go(&key, value)?),
            "reason" => read.reason = words(value, id)?,
            "type" => read.typed = words(value, id)?,
            name => {
                let Some(criterion) = criterion(plan, (ix, gate), name) else {
                    let mut known: Vec<&str> = gate
                        .go
                        .iter()
                        .chain(&gate.no_go)
                        .map(|each| plan.step(*each).id.as_str())
                        .collect();
                    known.extend(["poll", "decide", "reason", "type"]);
                    return wrong(
                        name,
                        format!("{id} has no criterion {name}{}", nearest(name, &known)),
                    );
                };
                read.criteria
                    .insert(criterion, given(plan, criterion, value)?);
            }
        }
    }
    Ok(Given::Gate(Box::new(read)))
}

/// A criterion by its id, or by what follows its gate's id.
fn criterion(plan: &Plan, at: (StepIx, &Gate), name: &str) -> Option<StepIx> {
    let (ix, gate) = at;
    let full = format!("{}.{name}", plan.step(ix).id);
    let named = |each: &&StepIx| {
        plan.step(**each).id.as_str() == name || plan.step(**each).id.as_str() == full
    };
    gate.go.iter().chain(&gate.no_go).find(named).copied()
}

fn poll(id: &str, gate: &Gate, value: &Value) -> Read<Vec<(RoleId, bool)>> {
    let Value::Mapping(map) = value else {
        return wrong(
            id,
            format!("{id}: poll is a mapping from a role to go or no-go"),
        );
    };
    let mut votes = Vec::new();
    for (key, value) in map {
        let role = RoleId(word(key, id)?);
        if !gate.poll.contains(&role) {
            let known: Vec<&str> = gate.poll.iter().map(RoleId::as_str).collect();
            return wrong(
                role.as_str(),
                format!(
                    "{id} does not poll {role}{}",
                    nearest(role.as_str(), &known)
                ),
            );
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

fn typed(map: &Mapping) -> Read<Typed> {
    let get = |key: &str| map.get(key).map(|value| words(value, key)).transpose();
    Ok(Typed {
        text: get("type")?,
        reason: get("reason")?,
        second: get("second")?,
    })
}

fn keys(map: &Mapping, near: &str) -> Read<Vec<String>> {
    map.keys().map(|key| word(key, near)).collect()
}

/// Text that may be empty.
fn words(value: &Value, near: &str) -> Read<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) if number.is_f64() => wrong(
            near,
            format!("{near}: put {number} in quotes, so that it stays as it is written"),
        ),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(_) => wrong(near, format!("{near}: put true and false in quotes")),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => {
            wrong(near, format!("{near}: a text is wanted here"))
        }
    }
}

fn word(value: &Value, near: &str) -> Read<String> {
    words(value, near)
}

fn reason(value: &Value, near: &str) -> Read<String> {
    let reason = words(value, near)?;
    if reason.trim().is_empty() {
        wrong(near, format!("{near}: a reason is wanted"))
    } else {
        Ok(reason)
    }
}

fn yes(value: &Value, near: &str) -> Read<bool> {
    match value {
        Value::Bool(true) => Ok(true),
        Value::String(text) if text == "yes" => Ok(true),
        Value::Bool(false) if near == "start" => Ok(false),
        Value::String(text) if near == "start" && text == "no" => Ok(false),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Sequence(_)
        | Value::Mapping(_)
        | Value::Tagged(_) => wrong(near, format!("{near} is yes or true")),
    }
}

fn unknown_key<T>(key: &str, known: &[&str]) -> Read<T> {
    wrong(key, format!("there is no key {key}{}", nearest(key, known)))
}

/// `; did you mean X?` where one of the known names is near, else what there is.
fn nearest(name: &str, known: &[&str]) -> String {
    let near = known.iter().map(|each| (distance(name, each), each)).min();
    match near {
        Some((far, each)) if far <= 2.max(name.len() / 3) => format!("; did you mean {each}?"),
        _ if known.is_empty() => String::new(),
        _ if known.len() <= 20 => format!("; it has {}", known.join(", ")),
        _ => String::new(),
    }
}

/// How many letters must be changed, added or left out. Names are short: a runbook's ids have at most 48 letters.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for place in 0..other.len() {
            let change = diagonal + usize::from(letter != other[place]);
            diagonal = row[place + 1];
            row[place + 1] = change.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

//! YAML to `Answers`: the grammar of an answers file, checked against the runbook.
//!
//! Every name must be one of the runbook's, every key one of the grammar's, and an answer must fit its step's kind: an
//! unattended run finds its mistakes before it starts. Pure; called by `answers_file`.

mod around;
mod gate;
mod texts;
mod watched;

pub(super) use texts::Wrong;

use super::answers::{Answers, Given, ItemGiven, Otherwise};
use crate::model::event::Answer;
use crate::model::ids::{LevelId, StepId, StepIx};
use crate::model::intent::Typed;
use crate::model::plan::Plan;
use crate::model::secret::Secret;
use crate::model::state::is_title;
use crate::model::step::{Place, Work};
use gate::gate_given;
use serde_yaml::{Mapping, Value};
use texts::{Read, keys, nearest, reason, typed, unknown_key, word, words, wrong, yes};

/// The whole file.
pub(super) fn answers(root: &Value, plan: &Plan) -> Read<Answers> {
    let mut read = Answers::default();
    let Value::Mapping(root) = root else {
        return Err(Wrong { near: None, what: "an answers file is a mapping: start, steps, otherwise".into() });
    };
    for (key, value) in root {
        let key = word(key, "the file")?;
        match key.as_str() {
            "operator" => read.operator = Some(word(value, "operator")?),
            "start" => read.start = yes(value, "start")?,
            "handover" => read.hand_over = Some(around::hand_over(value)?),
            "otherwise" => read.otherwise = otherwise(value)?,
            "steps" => steps(value, plan, &mut read)?,
            "on" => watched::on(value, plan, &mut read)?,
            "readings" => watched::readings(value, plan, &mut read)?,
            "risks" => watched::risks(value, plan, &mut read)?,
            other => {
                let known = ["operator", "start", "handover", "steps", "on", "readings", "risks", "otherwise"];
                return unknown_key(other, &known);
            }
        }
    }
    // A station with signers is spoken for by a key that the file names, wherever in it that stands.
    let votes = read.steps.values().flatten().filter_map(|given| match given {
        Given::Gate(gate) => Some(gate.poll.iter().map(|(role, _)| role)),
        _polls_nobody => None,
    });
    for role in votes.flatten().filter(|role| read.keys.iter().all(|key| key.role != **role)) {
        around::unsigned(plan, role)?;
    }
    Ok(read)
}

fn otherwise(value: &Value) -> Read<Otherwise> {
    match word(value, "otherwise")?.as_str() {
        "stop" => Ok(Otherwise::Stop),
        "proceed" => Ok(Otherwise::Proceed),
        other => wrong("otherwise", format!("otherwise is stop or proceed, not {other}")),
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
            return wrong(&id, format!("there is no step {id} in this runbook{}", nearest(&id, &known)));
        };
        if matches!(plan.step(ix).place, Place::Criterion { .. }) {
            return wrong(&id, format!("{id} is a criterion: answer it inside its gate"));
        }
        if is_title(plan, ix) {
            return wrong(&id, format!("{id} is only a title: answer the steps under it"));
        }
        let mut list = Vec::new();
        match value {
            Value::Sequence(several) => {
                for each in several {
                    with_then(plan, ix, each, &mut list)?;
                }
            }
            one => with_then(plan, ix, one, &mut list)?,
        }
        if list.len() == 1 && !value.is_sequence() {
            read.sole.insert(ix);
        }
        read.steps.insert(ix, list);
    }
    Ok(())
}

/// An answer, and behind it what its `then` says: the answer to the step's next turn.
fn with_then(plan: &Plan, ix: StepIx, value: &Value, list: &mut Vec<Given>) -> Read<()> {
    let mut value = value.clone();
    let then = value.as_mapping_mut().and_then(|map| map.remove("then"));
    list.push(given(plan, ix, &value)?);
    match then {
        Some(then) => with_then(plan, ix, &then, list),
        None => Ok(()),
    }
}

/// Keys that say what is done; the others go with one of them.
const DEEDS: [&str; 21] = [
    "run", "retry", "ok", "fail", "n/a", "items", "value", "choose", "skip", "hand", "release", "accept", "rollback",
    "open", "blanks", "sign", "recycle", "call", "trip", "close", "abort",
];
const WITH: [&str; 4] = ["type", "reason", "second", "name"];

fn given(plan: &Plan, ix: StepIx, value: &Value) -> Read<Given> {
    let step = plan.step(ix);
    let id = step.id.as_str();
    let Value::Mapping(map) = value else {
        return scalar(plan, ix, value);
    };
    let keys = keys(map, id)?;
    let deeds: Vec<&str> = keys.iter().map(String::as_str).filter(|key| DEEDS.contains(key)).collect();
    if let (Work::Gate(gate), false) = (&step.work, deeds.iter().any(|deed| !matches!(*deed, "ok" | "fail" | "value")))
    {
        return gate_given(plan, (ix, gate), map);
    }
    match &step.work {
        Work::Monitor(_) if deeds.iter().all(|deed| around::WATCH.contains(deed)) => {
            return around::watch(plan, ix, map);
        }
        Work::Notify(notice) if deeds.iter().all(|deed| around::SAY.contains(deed)) && !deeds.is_empty() => {
            return around::say(plan, (ix, notice), map);
        }
        _other => {}
    }
    for key in &keys {
        if !DEEDS.contains(&key.as_str()) && !WITH.contains(&key.as_str()) {
            let known: Vec<&str> = DEEDS.iter().chain(&WITH).copied().collect();
            return unknown_key(key, &known);
        }
    }
    match deeds[..] {
        [deed] => one_deed(plan, ix, deed, map),
        [] => wrong(id, format!("{id}: say what is done, one of {}", DEEDS.join(", "))),
        [..] => wrong(id, format!("{id}: one answer does one thing, not {}", deeds.join(" and "))),
    }
}

fn one_deed(plan: &Plan, ix: StepIx, deed: &str, map: &Mapping) -> Read<Given> {
    let step = plan.step(ix);
    let id = step.id.as_str();
    let value = map.get(deed).unwrap_or(&Value::Null);
    let statements = matches!(step.work, Work::Check(_));
    match deed {
        "run" | "retry" | "open" => {
            yes(value, deed)?;
            Ok(Given::Run(typed(map)?))
        }
        "ok" => {
            fits(plan, ix, deed, statements)?;
            Ok(one_item(Answer::Ok, words(value, id)?))
        }
        "fail" if statements => Ok(one_item(Answer::Failed, words(value, id)?)),
        "fail" => Ok(Given::Fail(reason(value, id)?)),
        "n/a" => Ok(Given::NotApplicable(reason(value, id)?)),
        "items" => {
            fits(plan, ix, deed, statements)?;
            items(plan, ix, value)
        }
        "value" => {
            let asks = matches!(step.work, Work::Measure(_) | Work::Ask(_));
            fits(plan, ix, deed, asks)?;
            Ok(Given::Value(Secret::new(words(value, id)?)))
        }
        "choose" => choose(plan, ix, value),
        "skip" => Ok(Given::Skip(reason(value, id)?)),
        "hand" => Ok(Given::Hand(reason(value, id)?)),
        "release" => {
            fits(plan, ix, deed, matches!(step.work, Work::Wait(_)))?;
            Ok(Given::Release(reason(value, id)?))
        }
        "accept" => accept(id, value, map),
        "rollback" => roll_back(plan, id, value, map),
        "sign" => around::sign(plan, ix, value, map),
        "recycle" => around::recycle(plan, id, value, map),
        "call" => around::call(plan, id, value, map),
        "trip" => around::trip(plan, id, value, map),
        "close" => around::close(plan, id, value, map),
        "abort" => Ok(Given::Abort(reason(value, id)?)),
        "blanks" => wrong(id, format!("{id} is {}: only a message has blanks", kind(&step.work))),
        other => unknown_key(other, &DEEDS),
    }
}

fn one_item(answer: Answer, saw: String) -> Given {
    Given::Items(vec![ItemGiven { answer, saw }])
}

fn accept(id: &str, value: &Value, map: &Mapping) -> Read<Given> {
    let name = map.get("name").map(|name| words(name, id)).transpose()?;
    let reason = reason(value, id)?;
    match name {
        Some(name) if !name.trim().is_empty() => Ok(Given::Accept { reason, name }),
        Some(_) | None => wrong(id, format!("{id}: accept names who accepts: {{ accept: reason, name: … }}")),
    }
}

fn roll_back(plan: &Plan, id: &str, value: &Value, map: &Mapping) -> Read<Given> {
    let level = LevelId(words(value, id)?);
    if plan.find_level(&level).is_none() {
        let known: Vec<&str> = plan.levels.iter().map(|each| each.id.as_str()).collect();
        let near = nearest(level.as_str(), &known);
        return wrong(id, format!("{id}: there is no level {level}{near}"));
    }
    Ok(Given::RollBack { level, typed: typed(map)? })
}

fn fits(plan: &Plan, ix: StepIx, deed: &str, fits: bool) -> Read<()> {
    let id = plan.step(ix).id.as_str();
    if fits { Ok(()) } else { wrong(id, format!("{id} is {}: `{deed}` does not answer it", kind(&plan.step(ix).work))) }
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
        Work::Monitor(_) => "a monitor",
        Work::Sign(_) => "a sign-off",
        Work::Notify(_) => "a message",
        Work::Call(_) => "a call",
        Work::Group(_) => "a group",
        Work::Evidence(_) => "a criterion that is looked up",
    }
}

fn scalar(plan: &Plan, ix: StepIx, value: &Value) -> Read<Given> {
    let step = plan.step(ix);
    let id = step.id.as_str();
    let said = words(value, id)?;
    match &step.work {
        Work::Measure(_) | Work::Ask(_) => Ok(Given::Value(Secret::new(said))),
        Work::Check(_) if said == "ok" => Ok(Given::Items(vec![ItemGiven { answer: Answer::Ok, saw: String::new() }])),
        Work::Check(_) => wrong(id, format!("{id}: write ok, or {{ ok: what was seen }}")),
        Work::Run(_) if said == "run" => Ok(Given::Run(Typed::default())),
        Work::Run(_) => wrong(id, format!("{id}: write run, or {{ skip: reason }} and the like")),
        Work::Choose { .. } => wrong(id, format!("{id}: write {{ choose: OPTION }}")),
        Work::Wait(_) => {
            wrong(id, format!("{id}: a countdown ends by itself; write {{ release: reason }} to end it early"))
        }
        Work::Gate(_) => wrong(id, format!("{id}: write {{ CRITERION: ok, poll: {{ ROLE: go }}, decide: go }}")),
        Work::Monitor(_) if said == "run" => Ok(Given::Watch(Box::default())),
        Work::Call(_) | Work::Group(_) if said == "run" => Ok(Given::Run(Typed::default())),
        Work::Monitor(_) | Work::Call(_) | Work::Group(_) => {
            wrong(id, format!("{id}: write run, or {{ skip: reason }} and the like"))
        }
        Work::Notify(notice) => around::said(id, notice, &said),
        Work::Sign(_) => wrong(id, format!("{id}: write {{ sign: {{ ROLE: NAME }} }}")),
        Work::Evidence(_) => wrong(id, format!("{id} is looked up by itself")),
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
        wrong(id, format!("{id} has no option {option}{}", nearest(&option, &known)))
    }
}

fn items(plan: &Plan, ix: StepIx, value: &Value) -> Read<Given> {
    let id = plan.step(ix).id.as_str();
    let wanted = match &plan.step(ix).work {
        Work::Check(items) => items.len(),
        Work::Run(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => 0,
        Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => 0,
    };
    let Value::Sequence(list) = value else {
        return wrong(id, format!("{id}: items is a list, one answer a statement"));
    };
    if list.len() != wanted {
        return wrong(id, format!("{id} has {wanted} statements and {} answers", list.len()));
    }
    let mut read = Vec::with_capacity(list.len());
    for each in list {
        match given(plan, ix, each)? {
            Given::Items(mut one) if one.len() == 1 => read.append(&mut one),
            Given::NotApplicable(saw) => read.push(ItemGiven { answer: Answer::NotApplicable, saw }),
            _ => {
                return wrong(id, format!("{id}: a statement is answered by ok, fail or n/a"));
            }
        }
    }
    Ok(Given::Items(read))
}

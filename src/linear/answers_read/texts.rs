//! Texts, words, reasons and mistakes of an answers file.
//!
//! A number with a fraction must stand in quotes: YAML would make `1.10` into `1.1`. Called by `answers_read` only.

use crate::model::intent::Typed;
use serde_yaml::{Mapping, Value};

/// A mistake: what, and a key near which it stands.
#[derive(Debug)]
pub(in crate::linear) struct Wrong {
    pub near: Option<String>,
    pub what: String,
}

pub(super) type Read<T> = Result<T, Wrong>;

pub(super) fn wrong<T>(near: &str, what: impl Into<String>) -> Read<T> {
    Err(Wrong { near: Some(near.to_owned()), what: what.into() })
}

pub(super) fn typed(map: &Mapping) -> Read<Typed> {
    let get = |key: &str| map.get(key).map(|value| words(value, key)).transpose();
    Ok(Typed { text: get("type")?, reason: get("reason")?, second: get("second")? })
}

pub(super) fn keys(map: &Mapping, near: &str) -> Read<Vec<String>> {
    map.keys().map(|key| word(key, near)).collect()
}

/// Text that may be empty.
pub(super) fn words(value: &Value, near: &str) -> Read<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) if number.is_f64() => {
            wrong(near, format!("{near}: put {number} in quotes, so that it stays as it is written"))
        }
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(_) => wrong(near, format!("{near}: put true and false in quotes")),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => {
            wrong(near, format!("{near}: a text is wanted here"))
        }
    }
}

pub(super) fn word(value: &Value, near: &str) -> Read<String> {
    words(value, near)
}

pub(super) fn reason(value: &Value, near: &str) -> Read<String> {
    let reason = words(value, near)?;
    if reason.trim().is_empty() { wrong(near, format!("{near}: a reason is wanted")) } else { Ok(reason) }
}

pub(super) fn yes(value: &Value, near: &str) -> Read<bool> {
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

pub(super) fn unknown_key<T>(key: &str, known: &[&str]) -> Read<T> {
    wrong(key, format!("there is no key {key}{}", nearest(key, known)))
}

/// `; did you mean X?` where one of the known names is near, else what there is.
pub(super) fn nearest(name: &str, known: &[&str]) -> String {
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

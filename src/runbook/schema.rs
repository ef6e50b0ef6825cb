//! The JSON Schema of a runbook, made from the table of keys: `tminus schema` prints it, docs/runbook.schema.json keeps it.
//!
//! It says what an editor can use: which keys there are and what each takes. What needs the whole file (names, times,
//! commands) is for `tminus check`; what this refuses, that refuses too, and tests hold both to it.

use super::keys::{self, Key, Kind};
use super::scope::Scope;
use serde_json::{Map, Value, json};

/// The schema of the format.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    definitions.insert("text".into(), json!({ "type": ["string", "number", "boolean"], "pattern": r"\S" }));
    definitions.insert("any-text".into(), json!({ "type": ["string", "number", "boolean"] }));
    definitions.insert("id".into(), json!({ "type": ["string", "integer"], "pattern": "^[a-z0-9][a-z0-9-]{0,47}$" }));
    definitions
        .insert("length".into(), json!({ "type": "string", "pattern": r"^\s*([0-9][0-9.]*\s*(ms|s|m|min|h|d)\s*)+$" }));
    for scope in Scope::ALL {
        definitions.insert(scope.definition(), mapping(scope));
    }
    let mut whole = Map::new();
    whole.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    whole.insert("title".into(), "A runbook of tminus, format version 1".into());
    whole.insert("$ref".into(), reference(&Scope::Top.definition())["$ref"].clone());
    whole.insert("$defs".into(), Value::Object(definitions));
    Value::Object(whole)
}

/// Every key of the format, by the mapping it stands in.
pub fn keys() -> Vec<(&'static str, &'static str)> {
    Scope::ALL.into_iter().flat_map(|scope| keys::all(scope).map(move |key| (scope.owner(), key.name))).collect()
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn mapping(scope: Scope) -> Value {
    let mut properties = Map::new();
    for key in keys::all(scope) {
        properties.insert(key.name.into(), described(key));
    }
    let mut object = Map::new();
    object.insert("type".into(), "object".into());
    object.insert("description".into(), scope.owner().into());
    object.insert("properties".into(), Value::Object(properties));
    if scope == Scope::Language {
        // The one key more is the language's name.
        object.insert("additionalProperties".into(), reference("text"));
        object.insert("minProperties".into(), 1.into());
    } else {
        object.insert("additionalProperties".into(), false.into());
    }
    let required: Vec<&str> = keys::all(scope).filter(|key| key.required).map(|key| key.name).collect();
    if !required.is_empty() {
        object.insert("required".into(), json!(required));
    }
    let kinds: Vec<Value> = keys::one_of(scope).iter().map(|key| json!({ "required": [key.name] })).collect();
    if !kinds.is_empty() {
        object.insert("oneOf".into(), Value::Array(kinds));
    }
    let limited: Map<String, Value> = keys::all(scope)
        .filter(|key| !key.only.is_empty())
        .map(|key| (key.name.to_owned(), json!({ "anyOf": only(key) })))
        .collect();
    if !limited.is_empty() {
        object.insert("dependentSchemas".into(), Value::Object(limited));
    }
    Value::Object(object)
}

fn only(key: &Key) -> Vec<Value> {
    key.only.iter().map(|kind| json!({ "required": [kind] })).collect()
}

fn described(key: &Key) -> Value {
    let mut value = of_kind(&key.kind);
    if let Value::Object(object) = &mut value {
        object.insert("description".into(), key.about.into());
    }
    value
}

fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Text | Kind::When | Kind::Cmp | Kind::Name => reference("text"),
        Kind::AnyText => reference("any-text"),
        Kind::Truth => json!({ "type": "boolean" }),
        Kind::Whole(i64::MIN) => json!({ "type": "integer" }),
        Kind::Whole(least) => json!({ "type": "integer", "minimum": least }),
        Kind::Length => reference("length"),
        Kind::Id => reference("id"),
        Kind::Anything => json!({}),
        Kind::Nothing => json!({ "type": "null" }),
        Kind::Exactly(number) => json!({ "const": number }),
        Kind::Words(words) => json!({ "enum": words }),
        Kind::List(of) => json!({ "type": "array", "items": of_kind(of) }),
        Kind::Full(of) => json!({ "type": "array", "items": of_kind(of), "minItems": 1 }),
        Kind::OneOrMore(of) => json!({ "anyOf": [of_kind(of), { "type": "array", "items": of_kind(of) }] }),
        Kind::Named(of) => json!({ "type": "object", "additionalProperties": of_kind(of) }),
        Kind::Any(kinds) => json!({ "anyOf": kinds.iter().map(of_kind).collect::<Vec<_>>() }),
        Kind::Of(scope) => reference(&scope.definition()),
    }
}

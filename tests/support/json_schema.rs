//! A validator for the part of JSON Schema that `tminus schema` uses.
//!
//! It panics on a keyword that it does not know, so that no part of the schema goes unchecked. The validators that can be
//! had bring three dozen crates with them.

use regex::Regex;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::HashMap;

/// What is wrong with a value, each with its place; nothing where the schema accepts it.
pub fn complaints(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Validator { root: schema, patterns: RefCell::default() }.check(schema, value, "$", &mut found);
    found
}

struct Validator<'a> {
    root: &'a Value,
    patterns: RefCell<HashMap<String, Regex>>,
}

impl Validator<'_> {
    fn matches(&self, pattern: &str, text: &str) -> bool {
        let mut known = self.patterns.borrow_mut();
        known.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).unwrap()).is_match(text)
    }

    fn accepts(&self, schema: &Value, value: &Value) -> bool {
        let mut found = Vec::new();
        self.check(schema, value, "", &mut found);
        found.is_empty()
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
            let fits = match keyword.as_str() {
                "$schema" | "title" | "description" | "$defs" => true,
                "$ref" => {
                    let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                    self.check(self.root.pointer(pointer).expect("the definition exists"), value, at, found);
                    true
                }
                "type" => types(wanted, value),
                "const" => wanted == value,
                "enum" => wanted.as_array().unwrap().contains(value),
                "pattern" => value.as_str().is_none_or(|text| self.matches(wanted.as_str().unwrap(), text)),
                "minimum" => value.as_i64().is_none_or(|number| number >= wanted.as_i64().unwrap()),
                "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= wanted.as_u64().unwrap()),
                "minProperties" => value.as_object().is_none_or(|all| all.len() as u64 >= wanted.as_u64().unwrap()),
                "anyOf" => wanted.as_array().unwrap().iter().any(|schema| self.accepts(schema, value)),
                "oneOf" => wanted.as_array().unwrap().iter().filter(|schema| self.accepts(schema, value)).count() == 1,
                "items" => {
                    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}[{place}]"), found);
                    }
                    true
                }
                "properties" | "additionalProperties" | "required" | "dependentSchemas" => {
                    value.as_object().is_none_or(|all| self.of_object(keyword, (schema, wanted), all, (at, found)))
                }
                other => panic!("the validator does not know `{other}`"),
            };
            if !fits {
                let said: String = value.to_string().chars().take(60).collect();
                found.push(format!("{at}: {keyword}: {said}"));
            }
        }
    }

    fn of_object(
        &self,
        keyword: &str,
        (schema, wanted): (&Value, &Value),
        all: &Map<String, Value>,
        (at, found): (&str, &mut Vec<String>),
    ) -> bool {
        let known = |key: &String| schema["properties"].get(key).is_some();
        match keyword {
            "properties" => {
                for (key, value) in all.iter().filter(|(key, _)| known(key)) {
                    self.check(&wanted[key], value, &format!("{at}.{key}"), found);
                }
                true
            }
            "additionalProperties" if *wanted == Value::Bool(false) => all.keys().all(known),
            "additionalProperties" => {
                for (key, value) in all.iter().filter(|(key, _)| !known(key)) {
                    self.check(wanted, value, &format!("{at}.{key}"), found);
                }
                true
            }
            "required" => wanted.as_array().unwrap().iter().all(|key| all.contains_key(key.as_str().unwrap())),
            _dependent => wanted
                .as_object()
                .unwrap()
                .iter()
                .filter(|(key, _)| all.contains_key(*key))
                .all(|(_, schema)| self.accepts(schema, &Value::Object(all.clone()))),
        }
    }
}

fn types(wanted: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("there is no type `{other}`"),
    };
    wanted.as_array().map_or_else(|| is(wanted), |all| all.iter().any(is))
}

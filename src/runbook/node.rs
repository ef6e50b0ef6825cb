//! A value that serde_yaml read, with the place where it stands.
//!
//! The guard's shape and serde_yaml's value come from two parsers. `agree` compares them once: where two readers of the
//! same bytes see different things, a reviewer may too, and the file is refused. `read` walks nodes; nothing else sees
//! YAML.

use super::shape::{Kind, Shape};
use serde_yaml::Value;
use std::ops::Range;

/// A value and its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    /// What serde_yaml read.
    pub value: &'a Value,
    /// Where it stands.
    pub shape: &'a Shape,
}

/// One key of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Field<'a> {
    /// The key.
    pub key: &'a str,
    /// Where the key stands.
    pub key_span: Range<usize>,
    /// Its value.
    pub node: Node<'a>,
}

impl<'a> Node<'a> {
    /// Its bytes.
    pub fn span(self) -> Range<usize> {
        self.shape.span.clone()
    }

    /// The items of a list.
    pub fn items(self) -> Option<Vec<Node<'a>>> {
        match (self.value, &self.shape.kind) {
            (Value::Sequence(values), Kind::List(shapes)) => {
                Some(values.iter().zip(shapes).map(|(value, shape)| Node { value, shape }).collect())
            }
            (_, Kind::Scalar | Kind::List(_) | Kind::Map(_)) => None,
        }
    }

    /// The keys of a mapping, in order.
    pub fn entries(self) -> Option<Vec<Field<'a>>> {
        match (self.value, &self.shape.kind) {
            (Value::Mapping(values), Kind::Map(entries)) => Some(
                values
                    .iter()
                    .zip(entries)
                    .map(|((_, value), entry)| Field {
                        key: &entry.key,
                        key_span: entry.key_span.clone(),
                        node: Node { value, shape: &entry.value },
                    })
                    .collect(),
            ),
            (_, Kind::Scalar | Kind::List(_) | Kind::Map(_)) => None,
        }
    }

    /// What it is, for "a number stands here".
    pub fn what(self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
            Value::Tagged(_) => "a tagged value",
        }
    }
}

/// The first place where the two parsers disagree about the structure.
pub(crate) fn agree(value: &Value, shape: &Shape) -> Result<(), Range<usize>> {
    match (value, &shape.kind) {
        (Value::Sequence(values), Kind::List(shapes)) if values.len() == shapes.len() => {
            values.iter().zip(shapes).try_for_each(|(value, shape)| agree(value, shape))
        }
        (Value::Mapping(values), Kind::Map(entries)) if values.len() == entries.len() => {
            values.iter().zip(entries).try_for_each(|((key, value), entry)| {
                // `1:` and `true:` are keys that serde_yaml gives a type; their text is in the shape.
                if key.as_str().is_some_and(|key| key != entry.key) {
                    return Err(entry.key_span.clone());
                }
                agree(value, &entry.value)
            })
        }
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), Kind::Scalar) => Ok(()),
        (_, Kind::Scalar | Kind::List(_) | Kind::Map(_)) => Err(shape.span.clone()),
    }
}

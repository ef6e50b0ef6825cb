//! Where everything of a YAML document stands: the tree of its byte ranges, without its values.
//!
//! `guard` builds it, `node` lays it over the values that serde_yaml read. An alias shares the shape of its anchor, so
//! that a mistake inside points at the text that has to be changed.

use granit_parser::ScalarStyle;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// One node of the document.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Its bytes.
    pub span: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A text, a number, a truth value or nothing.
    Scalar,
    /// A list.
    List(Vec<Rc<Shape>>),
    /// A mapping, in the file's order.
    Map(Vec<Entry>),
}

/// One line of a mapping.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The key as text.
    pub key: String,
    /// Its bytes.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Rc<Shape>,
}

/// Keys up to which a mapping is searched.
const SHORT: usize = 24;

/// The place of an earlier entry with this key. Short mappings are searched, and nearly all are short; a long one is
/// indexed.
pub(crate) fn earlier(entries: &[Entry], places: &mut HashMap<String, usize>, text: &str) -> Option<usize> {
    if entries.len() < SHORT {
        return entries.iter().position(|entry| entry.key == text);
    }
    for (at, entry) in entries.iter().enumerate().skip(places.len()) {
        places.entry(entry.key.clone()).or_insert(at);
    }
    places.get(text).copied()
}

/// A block scalar's range ends with the line break before the next key: the underline shall not.
pub(crate) fn trimmed(source: &str, range: Range<usize>, style: ScalarStyle) -> Range<usize> {
    if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
        let text = source.get(range.clone()).unwrap_or_default();
        return range.start..range.start + text.trim_end().len();
    }
    range
}

//! Where everything of a YAML document stands: the tree of its byte ranges, without its values.
//!
//! `guard` builds it, `node` lays it over the values that serde_yaml read. An alias shares the shape of its anchor, so that a
//! mistake inside points at the text that has to be changed.

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

//! `json`: every node that a path picks must match, and at least one must be picked.
//!
//! serde_json reads numbers as floats, which would round what a comparison must judge exactly, so the digits as printed are
//! looked up beside the tree. An output of more values than a tree of some 30 MiB holds is refused.

use super::error::JudgeError;
use super::finding::{Finding, Held, Saw};
use super::number::refused;
use crate::model::cmp::{Cmp, Quantity};
use crate::model::expect::JsonWanted;
use serde_json::Value;
use serde_json_path::{JsonPath, NormalizedPath};

/// Values in an output, an object counted as four: 72 bytes each, and some 400 for the smallest object (measured: 15 to 30 MB).
const MOST_VALUES: usize = 250_000;
const OBJECT: usize = 4;
/// Stands before the digits of a number that would not survive as a float.
const DIGITS: char = '\u{f8f0}';

/// Bytes of a path, and brackets open at once in it. The parser's time doubles with each filter in a filter (measured: 5 ms
/// for ten, 7 s for twenty), and its stack grows with every bracket.
const LONGEST_PATH: usize = 2_000;
const DEEPEST_PATH: usize = 10;

/// A parsed path.
pub(super) fn parse_path(path: &str) -> Result<JsonPath, JudgeError> {
    if path.len() > LONGEST_PATH || depth(path) > DEEPEST_PATH {
        return Err(JudgeError::LargePath { path: path.chars().take(60).collect() });
    }
    JsonPath::parse(path).map_err(|source| JudgeError::Path { path: path.to_owned(), source })
}

/// Brackets open at once. One that closes in quotation marks closes nothing; one that opens there counts all the same, since
/// no real path comes near the limit.
fn depth(path: &str) -> usize {
    let (mut open, mut most, mut quote) = (0_usize, 0, None);
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '[' | '(' => open += 1,
            ']' | ')' if quote.is_none() => open = open.saturating_sub(1),
            '\\' if quote.is_some() => drop(letters.next()),
            '\'' | '"' if quote.is_none() => quote = Some(letter),
            letter if quote == Some(letter) => quote = None,
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// An output as JSON: the tree that paths walk, and the tree that knows the exact digits.
pub(super) struct Document {
    tree: Value,
    exact: Option<Value>,
}

impl Document {
    /// Reads an output. `filtered` where a path has a filter. The error is for the operator.
    pub(super) fn parse(text: &str, filtered: bool) -> Result<Self, Saw> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(Saw::words("no output"));
        }
        let (values, exact) = scan(text);
        if values > MOST_VALUES {
            return Err(Saw::words(format!(
                "too large: {values} values, an object counted as {OBJECT}, where at most {MOST_VALUES} can be judged as JSON"
            )));
        }
        let read = |text: &str| serde_json::from_str(text).map_err(|error| Saw::words(format!("not JSON: {error}")));
        match exact {
            None => Ok(Self { tree: read(text)?, exact: None }),
            // Only a filter compares numbers on its way, so only then are both trees worth their memory.
            Some(digits) if filtered => Ok(Self { tree: read(text)?, exact: Some(read(&digits)?) }),
            Some(digits) => Ok(Self { tree: read(&digits)?, exact: None }),
        }
    }

    /// What a path picks, with its place, in order.
    pub(super) fn pick<'a>(&'a self, path: &JsonPath) -> Vec<(NormalizedPath<'a>, &'a Value)> {
        let located = path.query_located(&self.tree);
        located.iter().map(|found| (found.location().clone(), self.exact(found))).collect()
    }

    fn exact<'a>(&'a self, found: &serde_json_path::LocatedNode<'a>) -> &'a Value {
        self.exact.as_ref().and_then(|tree| tree.pointer(&found.location().to_json_pointer())).unwrap_or(found.node())
    }
}

/// What a node must be.
pub(super) enum Wanted {
    Equals { value: Value, text: String },
    Cmp(Cmp),
}

impl Wanted {
    /// Reads the author's JSON.
    pub(super) fn new(path: &str, wanted: &JsonWanted) -> Result<Self, JudgeError> {
        Ok(match wanted {
            JsonWanted::Cmp(cmp) => Wanted::Cmp(cmp.clone()),
            JsonWanted::Equals(text) => {
                let (_, exact) = scan(text);
                let value = serde_json::from_str(exact.as_deref().unwrap_or(text));
                Wanted::Equals {
                    value: value.map_err(|source| JudgeError::Json { path: path.to_owned(), source })?,
                    text: text.clone(),
                }
            }
        })
    }

    /// `json $.count >= 19`.
    pub(super) fn words_at(&self, path: &str) -> String {
        match self {
            Wanted::Equals { text, .. } => format!("json {path} = {text}"),
            Wanted::Cmp(cmp) => format!("json {path} {cmp}"),
        }
    }

    /// Whether a node matches; `Err` says why that cannot be told.
    fn holds(&self, node: &Value) -> Result<bool, Saw> {
        match self {
            Wanted::Equals { value, .. } => Ok(same(value, node)),
            Wanted::Cmp(cmp) => {
                let text = leaf(node).ok_or_else(|| Saw::value(&shown(node)).then(", not a number"))?;
                let judged = Quantity::parse(&text).and_then(|saw| cmp.judge(&saw));
                judged.map_err(|error| refused(&error, &text))
            }
        }
    }
}

/// One line of `json:`.
pub(super) fn judge(path: (&str, &JsonPath), wanted: &Wanted, document: &Document) -> Finding {
    let want = wanted.words_at(path.0);
    let nodes = document.pick(path.1);
    if nodes.is_empty() {
        return Finding::new(want, Saw::words("the path picks nothing"), Held::Unknown);
    }
    let mut bad = nodes
        .iter()
        .map(|(place, node)| (place, node, wanted.holds(node)))
        .filter(|(_, _, held)| !matches!(held, Ok(true)));
    let Some((place, node, held)) = bad.next() else {
        let saw = match nodes.as_slice() {
            [(_, only)] => Saw::value(&shown(only)),
            many => Saw::words(format!("all {} nodes", many.len())),
        };
        return Finding::new(want, saw, true);
    };
    let others = match nodes.len() {
        1 => String::new(),
        all => format!(" ({} of {all} nodes do not match)", bad.count() + 1),
    };
    let here = if nodes.len() == 1 { String::new() } else { format!("{place}: ") };
    match held {
        Ok(_) => {
            let saw = Saw::value(&format!("{here}{}", shown(node))).then(&others);
            Finding::new(want, saw, false)
        }
        Err(why) => Finding::new(want, why.then(&others), Held::Unknown),
    }
}

/// A node as JSON text, numbers with their digits as printed.
pub(super) fn shown(node: &Value) -> String {
    match node {
        Value::Null | Value::Bool(_) | Value::Number(_) => node.to_string(),
        Value::String(text) => match text.strip_prefix(DIGITS) {
            Some(digits) => digits.to_owned(),
            None => node.to_string(),
        },
        Value::Array(list) => {
            let parts: Vec<String> = list.iter().map(shown).collect();
            format!("[{}]", parts.join(","))
        }
        Value::Object(map) => {
            let name = |text: &String| Value::String(text.clone()).to_string();
            let parts: Vec<String> = map.iter().map(|(key, value)| format!("{}:{}", name(key), shown(value))).collect();
            format!("{{{}}}", parts.join(","))
        }
    }
}

/// The text of a number or string.
pub(super) fn leaf(node: &Value) -> Option<String> {
    match node {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.strip_prefix(DIGITS).unwrap_or(text).to_owned()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Equality of JSON: numbers by value (1 is 1.0), objects in any order.
fn same(left: &Value, right: &Value) -> bool {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => {
            // What does not fit an exact fraction is compared digit by digit.
            match (Quantity::parse(&left), Quantity::parse(&right)) {
                (Ok(a), Ok(b)) => a.same_as(&b).unwrap_or(false),
                (Ok(_) | Err(_), Ok(_) | Err(_)) => left == right,
            }
        }
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => match (left, right) {
            (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
            (Value::Object(a), Value::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
            }
            (a, b) => a == b,
        },
    }
}

fn number(node: &Value) -> Option<String> {
    match node {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => text.strip_prefix(DIGITS).map(str::to_owned),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// How many values a JSON text has, each object counted as several, and the text with each number that would lose digits as a
/// marked string; `None` where no number would. Text that is no JSON stays none: the parser refuses it.
fn scan(text: &str) -> (usize, Option<String>) {
    let bytes = text.as_bytes();
    let (mut values, mut at, mut copied) = (1, 0, 0);
    let mut exact: Option<String> = None;
    while at < bytes.len() {
        let start = at;
        at += 1;
        match bytes[start] {
            b'"' => {
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b',' | b'[' => values += 1,
            b'{' => values += OBJECT,
            b'-' | b'0'..=b'9' => {
                let more = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                at += bytes[at..].iter().take_while(more).count();
                let digits = &text[start..at];
                // As an object's name it is no JSON, and must not become any.
                let is_name = text[at..].trim_ascii_start().starts_with(':');
                if !is_name && loses_digits(digits) {
                    let out = exact.get_or_insert_default();
                    out.push_str(&text[copied..start]);
                    out.push_str(&format!("\"{DIGITS}{digits}\""));
                    copied = at;
                }
            }
            _ => {}
        }
    }
    if let Some(out) = &mut exact {
        out.push_str(&text[copied..]);
    }
    (values, exact)
}

fn loses_digits(digits: &str) -> bool {
    let short = digits.len() < 16 && digits.bytes().all(|byte| byte.is_ascii_digit());
    // An invalid number stays as it is, so that the parser refuses it.
    !short && serde_json::from_str::<serde_json::Number>(digits).is_ok_and(|number| number.to_string() != digits)
}

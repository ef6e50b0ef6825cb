//! Signed texts: what exactly a key signs, as ASCII lines `key: value`.
//!
//! The first line is `tminus/1 <kind> <live|drill> <run id>`, so that no signature passes for one of another kind, run or
//! realm. Values are percent-encoded outside 0x21-0x7E and space; an empty value is `-`. A verifier takes every value that
//! it relies on from the text.

use crate::model::ids::RunId;
use std::fmt::Write as _;

/// Whether a run touches the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Realm {
    /// It does.
    Live,
    /// It does not.
    Drill,
}

impl Realm {
    /// `live` or `drill`.
    pub fn word(self) -> &'static str {
        match self {
            Realm::Live => "live",
            Realm::Drill => "drill",
        }
    }
}

/// A text to sign, or one that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedText {
    /// `genesis`, `resume`, `continue`, `ckpt`, `seal`.
    pub kind: String,
    /// Live or drill.
    pub realm: Realm,
    /// The run.
    pub run: RunId,
    /// Keys and values in their fixed order.
    pub fields: Vec<(String, String)>,
}

impl SignedText {
    /// The namespace of an SSH signature over it: a drill's is one of its own, so that it passes for nothing live.
    pub fn namespace(&self) -> String {
        match self.realm {
            Realm::Live => format!("{}@tminus", self.kind),
            Realm::Drill => format!("{}.drill@tminus", self.kind),
        }
    }

    /// A text without fields yet.
    pub fn new(kind: &str, realm: Realm, run: &RunId) -> Self {
        Self { kind: kind.to_owned(), realm, run: run.clone(), fields: Vec::new() }
    }

    /// Adds a field; the order of calls is the order of lines.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.fields.push((key.to_owned(), value.to_string()));
        self
    }

    /// A field's value; `None` where it is `-` or not there.
    pub fn get(&self, key: &str) -> Option<&str> {
        let value = self.fields.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// The bytes that are signed.
    pub fn encode(&self) -> String {
        let mut text = format!("tminus/1 {} {} {}\n", self.kind, self.realm.word(), self.run);
        for (key, value) in &self.fields {
            text.push_str(key);
            text.push_str(": ");
            push_encoded(&mut text, value);
            text.push('\n');
        }
        text
    }

    /// Reads what `encode` wrote; `None` for anything that `encode` would not have written byte for byte.
    pub fn decode(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let head: Vec<&str> = lines.next()?.split(' ').collect();
        let ["tminus/1", kind, realm, run] = head[..] else {
            return None;
        };
        let realm = match realm {
            "live" => Realm::Live,
            "drill" => Realm::Drill,
            _ => return None,
        };
        let mut read = Self::new(kind, realm, &RunId(run.to_owned()));
        for line in lines {
            let (key, value) = line.split_once(": ")?;
            read.fields.push((key.to_owned(), decoded(value)?));
        }
        (read.encode() == text).then_some(read)
    }
}

fn push_encoded(text: &mut String, value: &str) {
    if value.is_empty() {
        text.push('-');
        return;
    }
    if value == "-" {
        text.push_str("%2D");
        return;
    }
    for byte in value.bytes() {
        match byte {
            b'%' => text.push_str("%25"),
            b' ' | 0x21..=0x7e => text.push(char::from(byte)),
            other => {
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
}

fn decoded(value: &str) -> Option<String> {
    if value == "-" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reads_back_as_it_was_written() {
        let text = SignedText::new("genesis", Realm::Live, &RunId::from("0001-x"))
            .with("operator", "maya\nlee: %")
            .with("beacon", "")
            .with("odd", "-")
            .with("host", "žluť");
        let bytes = text.encode();
        assert!(bytes.is_ascii() && bytes.lines().count() == 5, "{bytes}");
        assert_eq!(SignedText::decode(&bytes), Some(text));
    }

    #[test]
    fn a_text_that_encode_would_not_write_is_refused() {
        for odd in [
            "tminus/1 genesis live r\na: %41\n",
            "tminus/1 genesis live r\na: \n",
            "tminus/1 genesis dead r\n",
            "tminus/1 genesis live r",
        ] {
            assert_eq!(SignedText::decode(odd), None, "{odd:?}");
        }
    }
}

//! The forms in which a secret's value may turn up, and whether one stands at a given place.
//!
//! Exact; each line of 8 bytes or more of a value with several (LF or CRLF); JSON-escaped; shell-quoted; URL-encoded; hex;
//! base64 and base64url at all three alignments, also wrapped. What is looked for first are a form's *keys*, by a vector search
//! over at most 64 at a time; only near one the forms themselves are compared. A key is a form's first four bytes and, of one that
//! may be wrapped, the next four too: a line break spoils one of both, and two of them so close make a short line, which is
//! looked for as well. (Keys with a line break in them made the search six times slower.)

use crate::model::secret::Secret;
use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Length of a key.
const KEY: usize = 4;
/// A form that is there begins at most so many bytes before what of it is found first: the two keys of one that is wrapped after each
/// of its bytes, with two bytes a break.
pub(super) const REACH: usize = 2 * KEY * 3;
/// Where a wrapped form shows neither of its keys, two line breaks are at most so far from each other.
pub(super) const SHORT_LINE: usize = 2 * KEY + 1;
/// Keys in one finder: as many as the vector search takes (with more it falls back to a byte at a time).
const KEYS: usize = 64;
/// A line or value shorter than this is too common to be looked for inside other text.
const SHORT: usize = 8;

/// How a form is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Byte by byte.
    Plain,
    /// Byte by byte, and no letter, digit or underscore on either side.
    Word,
    /// With a line break allowed between any two bytes.
    Wrapped,
}

struct Form {
    bytes: Zeroizing<Vec<u8>>,
    kind: Kind,
    name: usize,
}

/// What stands at a place.
pub(super) enum Fit {
    /// No form.
    No,
    /// Perhaps one: the bytes that would tell are not there yet.
    Undecided,
    /// The longest one, up to `end`, of the secret `name`.
    Whole { end: usize, name: usize },
}

/// All forms of all secrets.
pub(super) struct Forms {
    pub(super) names: Vec<String>,
    /// Where a form may begin.
    pub(super) heads: Vec<AhoCorasick>,
    /// Where one that is wrapped may have begun shortly before.
    pub(super) nexts: Vec<AhoCorasick>,
    forms: Vec<Form>,
    /// Numbers of the forms that begin with each byte.
    by_first: Vec<Vec<usize>>,
    /// Whether one begins with it, and whether one that may be wrapped does.
    begins: [bool; 256],
    wraps: [bool; 256],
}

impl Forms {
    pub(super) fn of(secrets: &[(impl AsRef<str>, &Secret)]) -> Self {
        let names = secrets.iter().map(|(name, _)| name.as_ref().to_string()).collect();
        let mut forms = Vec::new();
        for (name, (_, secret)) in secrets.iter().enumerate() {
            let all = all_of(secret.reveal()).into_iter();
            forms.extend(all.map(|(bytes, kind)| Form { bytes: Zeroizing::new(bytes), kind, name }));
        }
        let mut by_first = vec![Vec::new(); 256];
        for (number, form) in forms.iter().enumerate() {
            by_first[usize::from(form.bytes[0])].push(number);
        }
        let heads: BTreeSet<&[u8]> = forms.iter().map(|form| &form.bytes[..form.bytes.len().min(KEY)]).collect();
        let wrapped = || forms.iter().filter(|form| form.kind == Kind::Wrapped);
        // The base64 of eight bytes is never shorter than two keys.
        let nexts: BTreeSet<&[u8]> = wrapped().filter_map(|form| form.bytes.get(KEY..2 * KEY)).collect();
        let (heads, nexts) = (finders(&heads), finders(&nexts));
        let (mut begins, mut wraps) = ([false; 256], [false; 256]);
        forms.iter().for_each(|form| begins[usize::from(form.bytes[0])] = true);
        wrapped().for_each(|form| wraps[usize::from(form.bytes[0])] = true);
        Self { names, heads, nexts, forms, by_first, begins, wraps }
    }

    pub(super) fn are_none(&self) -> bool {
        self.forms.is_empty()
    }

    pub(super) fn may_begin(&self, byte: u8) -> bool {
        self.begins[usize::from(byte)]
    }

    pub(super) fn may_begin_wrapped(&self, byte: u8) -> bool {
        self.wraps[usize::from(byte)]
    }

    /// Every form, for the tests that look for what must be gone.
    #[cfg(test)]
    pub(super) fn listed(&self) -> Vec<(Vec<u8>, Kind)> {
        self.forms.iter().map(|form| (form.bytes.to_vec(), form.kind)).collect()
    }

    /// What stands in `buffer` at `start`, after the byte `before`; nothing follows the buffer if it is the `last`.
    pub(super) fn fit(&self, buffer: &[u8], start: usize, before: Option<u8>, last: bool) -> Fit {
        let mut best: Option<(usize, usize)> = None;
        for number in &self.by_first[usize::from(buffer[start])] {
            let form = &self.forms[*number];
            match form.fit(&buffer[start..], before, last) {
                // One that is not decided may turn out to be the longest.
                Fit::Undecided => return Fit::Undecided,
                Fit::Whole { end, name } if best.is_none_or(|(longest, _)| end > longest) => best = Some((end, name)),
                Fit::Whole { .. } | Fit::No => {}
            }
        }
        best.map_or(Fit::No, |(end, name)| Fit::Whole { end: start + end, name })
    }
}

impl Form {
    fn fit(&self, text: &[u8], before: Option<u8>, last: bool) -> Fit {
        let mut end = 0;
        for (index, byte) in self.bytes.iter().enumerate() {
            if self.kind == Kind::Wrapped && index > 0 {
                end += line_break(&text[end..]);
            }
            match text.get(end) {
                Some(found) if found == byte => end += 1,
                Some(b'\r') if self.kind == Kind::Wrapped && index > 0 && end + 1 == text.len() && !last => {
                    return Fit::Undecided;
                }
                Some(_) => return Fit::No,
                None if last => return Fit::No,
                None => return self.if_before(before, Fit::Undecided),
            }
        }
        let whole = Fit::Whole { end, name: self.name };
        match (self.kind, text.get(end)) {
            (Kind::Plain | Kind::Wrapped, _) => whole,
            (Kind::Word, Some(next)) if is_word(*next) => Fit::No,
            (Kind::Word, None) if !last => self.if_before(before, Fit::Undecided),
            (Kind::Word, _) => self.if_before(before, whole),
        }
    }

    fn if_before(&self, before: Option<u8>, fit: Fit) -> Fit {
        if self.kind == Kind::Word && before.is_some_and(is_word) { Fit::No } else { fit }
    }
}

/// The length of the line break that `text` begins with.
fn line_break(text: &[u8]) -> usize {
    match text {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn finders(keys: &BTreeSet<&[u8]>) -> Vec<AhoCorasick> {
    let keys: Vec<&[u8]> = keys.iter().copied().collect();
    // Leftmost, since places are asked for in order; which key it is does not matter.
    let finder = |keys: &[&[u8]]| AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(keys);
    let all = keys.chunks(KEYS).map(finder).collect::<Result<_, _>>();
    all.expect("64 keys of four bytes make a few hundred states")
}

fn all_of(value: &str) -> BTreeSet<(Vec<u8>, Kind)> {
    let mut forms = BTreeSet::new();
    let distinct: BTreeSet<u8> = value.bytes().collect();
    if value.len() < SHORT || distinct.len() < 4 {
        if !value.is_empty() {
            forms.insert((value.as_bytes().to_vec(), Kind::Word));
        }
        return forms;
    }
    let trimmed = value.trim_end_matches(['\r', '\n']);
    let unix = value.replace("\r\n", "\n");
    let dos = unix.replace('\n', "\r\n");
    let values =
        BTreeSet::from([value, trimmed, &unix, unix.trim_end_matches('\n'), dos.trim_end_matches("\r\n"), &dos]);
    for value in values.into_iter().filter(|value| value.len() >= SHORT) {
        let mut plain = |form: String| forms.insert((form.into_bytes(), Kind::Plain));
        plain(value.into());
        json(value).into_iter().for_each(|form| _ = plain(form));
        shell(value).into_iter().for_each(|form| _ = plain(form));
        url(value).into_iter().for_each(|form| _ = plain(form));
        let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        plain(hex.to_uppercase());
        plain(hex);
        forms.extend(base64(value.as_bytes()).into_iter().map(|form| (form, Kind::Wrapped)));
    }
    let lines = value.lines().filter(|line| line.len() >= SHORT);
    forms.extend(lines.map(|line| (line.as_bytes().to_vec(), Kind::Plain)));
    forms
}

/// As serde writes it, as pure ASCII, and each with `\/` too.
fn json(value: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(value).to_string();
    let inner = quoted[1..quoted.len() - 1].to_string();
    let units = |letter: char| letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    let letter = |letter: char| {
        if letter.is_ascii() { letter.to_string() } else { units(letter) }
    };
    let ascii: String = inner.chars().map(letter).collect();
    let slashed = [inner.replace('/', "\\/"), ascii.replace('/', "\\/")];
    [inner, ascii].into_iter().chain(slashed).collect()
}

/// Between `'…'`, in two ways of writing a quote, and between `$'…'` as bash writes it and as UTF-8.
fn shell(value: &str) -> Vec<String> {
    let escaped = |ascii_only: bool| -> String {
        let mut text = String::new();
        for letter in value.chars() {
            match letter {
                '\'' | '\\' => text.extend(['\\', letter]),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\x1b' => text.push_str("\\E"),
                _ if letter.is_ascii_control() || (ascii_only && !letter.is_ascii()) => {
                    let mut bytes = [0; 4];
                    letter.encode_utf8(&mut bytes).bytes().for_each(|byte| text.push_str(&format!("\\{byte:03o}")));
                }
                _ => text.push(letter),
            }
        }
        text
    };
    vec![value.replace('\'', "'\\''"), value.replace('\'', "'\"'\"'"), escaped(true), escaped(false)]
}

/// With each usual choice of what stays as it is, upper and lower hex, and `+` for a blank as forms have it.
fn url(value: &str) -> Vec<String> {
    let encoded = |safe: &str, blank: &str, lower: bool| -> String {
        let byte = |byte: u8| match byte {
            b' ' => blank.to_string(),
            b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ if byte.is_ascii_alphanumeric() || safe.as_bytes().contains(&byte) => char::from(byte).to_string(),
            _ if lower => format!("%{byte:02x}"),
            _ => format!("%{byte:02X}"),
        };
        value.bytes().map(byte).collect()
    };
    let choices = [("", "%20"), ("", "+"), ("/", "%20"), ("!*'()", "%20"), ("*", "+")];
    choices.into_iter().flat_map(|(safe, blank)| [false, true].map(|lower| encoded(safe, blank, lower))).collect()
}

/// At each alignment the characters that do not depend on what stands around it, alone and with the one that follows at
/// the end of a text.
fn base64(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for shift in 0..3 {
        let padded = Zeroizing::new([&[0; 2][..shift], value].concat());
        let first = (shift * 8).div_ceil(6);
        let sure = padded.len() * 8 / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&*padded).into_bytes();
            forms.push(text[first..sure].to_vec());
            forms.push(text[first..].to_vec());
        }
    }
    forms
}

//! Amendments: what is said of a run, or taken out of it, after its seal.
//!
//! Each is a line of `amendments.jsonl` with a signed text and its signatures; a chain of its own that begins at the hash of SEAL.
//! A redaction is written down first and carried out then, so that whatever happens in between is seen and can be finished.
//! `commands` adds them, `verify` judges them, whoever shows output asks `shown` what was taken out. Nothing here judges a key.

mod blank;
mod change;
mod shown;

pub(crate) use blank::{Blanks, is_blank};
pub use change::{AmendError, Amending, Draft, Said};
pub use shown::{Removed, removed};

use crate::journal::dir::{RunDir, output_name, salt_name};
use crate::journal::error::JournalError;
use crate::journal::hash::Hash;
use crate::journal::line::LONGEST;
use crate::model::ids::{Attempt, RunId, StepId};
use crate::model::signed::{Realm, SignedText};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The file.
pub(crate) const FILE: &str = "amendments.jsonl";
/// What is written under this name gets its own by a rename; what is left of it was cut off.
pub(crate) const NEW: &str = "amendments.new";
/// No file of amendments is larger.
const MOST: u64 = 16 << 20;
/// The kind of the text.
const KIND: &str = "amend";

/// In which namespace an amendment is signed.
pub fn namespace(realm: Realm) -> &'static str {
    match realm {
        Realm::Live => "amend@tminus",
        Realm::Drill => "amend.drill@tminus",
    }
}

/// Whether a file is of amendments, and no part of what a seal lists.
pub(crate) fn is_of_amendments(name: &str) -> bool {
    name == FILE || name == NEW
}

/// Who signs, by name and key; the text says both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hand {
    /// As lists of allowed signers have the person.
    pub principal: String,
    /// `SHA256:…`.
    pub key: String,
}

/// An extent, and where it lies in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its number, from 1.
    pub number: u64,
    /// From this byte, to before that one.
    pub bytes: Range<u64>,
}

/// Extents of one attempt's output that were taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// The step.
    pub step: StepId,
    /// The attempt.
    pub attempt: Attempt,
    /// They, in order.
    pub extents: Vec<Taken>,
    /// The hash of the output file without them.
    pub log: Hash,
    /// The hash of the file of salts without theirs.
    pub salt: Hash,
}

impl Redaction {
    /// The output file.
    pub fn log_name(&self) -> String {
        output_name(&self.step, self.attempt)
    }

    /// The file of its salts.
    pub fn salt_name(&self) -> String {
        salt_name(&self.step, self.attempt)
    }
}

/// One amendment, as its text says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// Its number, from 1.
    pub sequence: u64,
    /// The hash of the line before it, or of SEAL.
    pub prev: Hash,
    /// What it takes out; a note takes nothing.
    pub redaction: Option<Redaction>,
    /// Why; of a note, what it says.
    pub reason: String,
    /// When, Unix microseconds.
    pub at: i64,
    /// Who signs: one or two.
    pub hands: Vec<Hand>,
}

impl Amendment {
    /// The text that is signed.
    pub fn text(&self, realm: Realm, run: &RunId) -> SignedText {
        let of = |pick: fn(&Redaction) -> String| self.redaction.as_ref().map(pick).unwrap_or_default();
        let hand = |at: usize| self.hands.get(at).cloned().unwrap_or_default();
        let (first, second) = (hand(0), hand(1));
        SignedText::new(KIND, realm, run)
            .with("sequence", self.sequence)
            .with("prev", self.prev)
            .with("what", if self.redaction.is_some() { "redaction" } else { "note" })
            .with("step", of(|own| own.step.0.clone()))
            .with("attempt", of(|own| own.attempt.to_string()))
            .with("file", of(Redaction::log_name))
            .with("extents", of(|own| words(&own.extents, |one| one.number.to_string())))
            .with("bytes", of(|own| words(&own.extents, |one| format!("{}-{}", one.bytes.start, one.bytes.end))))
            .with("sha256", of(|own| own.log.hex()))
            .with("salt sha256", of(|own| own.salt.hex()))
            .with("reason", &self.reason)
            .with("time", self.at)
            .with("principal", first.principal)
            .with("key", first.key)
            .with("second principal", second.principal)
            .with("second key", second.key)
    }

    /// Reads a text; `None` for one that this would not have been written as.
    fn read(text: &SignedText) -> Option<Self> {
        let hash = |key: &str| text.get(key).and_then(Hash::parse);
        let redaction = match text.get("what")? {
            "redaction" => Some(Redaction {
                step: StepId(text.get("step")?.to_owned()),
                attempt: text.get("attempt")?.parse().ok()?,
                extents: extents(text.get("extents")?, text.get("bytes")?)?,
                log: hash("sha256")?,
                salt: hash("salt sha256")?,
            }),
            "note" => None,
            _neither => return None,
        };
        let hand =
            |who: &str, key: &str| Some(Hand { principal: text.get(who)?.to_owned(), key: text.get(key)?.to_owned() });
        let hands = [hand("principal", "key"), hand("second principal", "second key")];
        let read = Self {
            sequence: text.get("sequence")?.parse().ok()?,
            prev: hash("prev")?,
            redaction,
            reason: text.get("reason").unwrap_or_default().to_owned(),
            at: text.get("time")?.parse().ok()?,
            hands: hands.into_iter().flatten().collect(),
        };
        (read.text(text.realm, &text.run) == *text).then_some(read)
    }
}

fn words(all: &[Taken], word: impl Fn(&Taken) -> String) -> String {
    all.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Numbers that rise, and as many ranges that do.
fn extents(numbers: &str, ranges: &str) -> Option<Vec<Taken>> {
    let (numbers, ranges): (Vec<&str>, Vec<&str>) = (numbers.split(' ').collect(), ranges.split(' ').collect());
    let one = |(number, range): (&&str, &&str)| {
        let (from, to) = range.split_once('-')?;
        let (from, to) = (from.parse().ok()?, to.parse().ok()?);
        Some(Taken { number: number.parse().ok()?, bytes: from..to })
    };
    let all: Vec<Taken> = numbers.iter().zip(&ranges).map(one).collect::<Option<_>>()?;
    let rises = |one: &Taken, two: &Taken| one.number < two.number && one.bytes.end <= two.bytes.start;
    let sound = all.iter().all(|one| one.number > 0 && !one.bytes.is_empty()) && all.is_sorted_by(rises);
    (sound && numbers.len() == ranges.len()).then_some(all)
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    text: String,
    sigs: Vec<String>,
}

/// An amendment as it stands in the file.
#[derive(Clone, Debug)]
pub struct Written {
    /// It.
    pub amendment: Amendment,
    /// The text, to the letter.
    pub text: String,
    /// Its signatures, in the order of the hands.
    pub sigs: Vec<String>,
}

/// Writes a line.
fn encode(text: &str, sigs: &[String]) -> Result<Vec<u8>, String> {
    let line = Line { text: text.to_owned(), sigs: sigs.to_vec() };
    let mut bytes = serde_json::to_vec(&line).map_err(|why| why.to_string())?;
    bytes.push(b'\n');
    match bytes.is_ascii() && bytes.len() <= LONGEST {
        true => Ok(bytes),
        false => Err(format!("an amendment is at most {LONGEST} bytes long, its signatures included")),
    }
}

/// Reads a line, its line feed included: exactly what `encode` would have written.
fn decode(line: &[u8], (realm, run): (Realm, &RunId)) -> Result<Written, &'static str> {
    const ODD: &str = "it is not written as an amendment is";
    if line.len() > LONGEST || line.last() != Some(&b'\n') {
        return Err("its line is not finished: it was cut off");
    }
    let read: Line = serde_json::from_slice(line).map_err(|_| ODD)?;
    if encode(&read.text, &read.sigs).ok().as_deref() != Some(line) {
        return Err(ODD);
    }
    let text = SignedText::decode(&read.text).filter(|text| text.kind == KIND).ok_or(ODD)?;
    if (text.realm, &text.run) != (realm, run) {
        return Err("it is the amendment of another run");
    }
    let amendment = Amendment::read(&text).ok_or(ODD)?;
    Ok(Written { amendment, text: read.text, sigs: read.sigs })
}

/// Where the chain of amendments breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// In which line, from 1.
    pub line: u64,
    /// At which byte of the file.
    pub byte: u64,
    /// The number that the line says it has, where it can be read.
    pub sequence: Option<u64>,
    /// Why.
    pub why: String,
}

/// The amendments of a run, as far as they follow each other from its seal on.
#[derive(Clone, Debug)]
pub struct Amendments {
    /// In order.
    pub all: Vec<Written>,
    /// The first line that does not follow.
    pub broken: Option<Break>,
    /// The hash that the next one names.
    pub head: Hash,
    /// The whole file.
    bytes: Vec<u8>,
}

/// Reads them; none where there is no such file.
pub fn read(dir: &RunDir, who: (Realm, &RunId), seal: &[u8]) -> Result<Amendments, JournalError> {
    let bytes = if dir.has(FILE) { dir.read_whole(FILE, MOST)? } else { Vec::new() };
    let mut read = Amendments { all: Vec::new(), broken: None, head: Hash::of(seal), bytes: Vec::new() };
    let mut at = 0;
    for (line, number) in bytes.split_inclusive(|byte| *byte == b'\n').zip(1..) {
        let broken = |sequence, why: &str| Break { line: number, byte: at, sequence, why: why.to_owned() };
        match decode(line, who) {
            Err(why) => read.broken = Some(broken(None, why)),
            Ok(Written { amendment, .. }) if (amendment.sequence, amendment.prev) != (number, read.head) => {
                let why =
                    if number == 1 { "it does not follow the seal" } else { "it does not follow the line before it" };
                read.broken = Some(broken(Some(amendment.sequence), why));
            }
            Ok(written) => read.all.push(written),
        }
        if read.broken.is_some() {
            break;
        }
        read.head = Hash::of(line);
        at += line.len() as u64;
    }
    if dir.has(FILE) && bytes.is_empty() {
        read.broken =
            Some(Break { line: 1, byte: 0, sequence: None, why: "it is empty: what it held was taken away".into() });
    }
    read.bytes = bytes;
    Ok(read)
}

#[cfg(test)]
mod tests;

//! One record, one line: the codec, strict both ways.
//!
//! `{"seq":…,"prev":"…","t":…,"m":…,"ev":"…",…}` and a line feed: ASCII, fixed key order, no spaces, integers below 2^53, at
//! most 65,535 bytes. What is read must come out again byte for byte, so a line has one spelling and no key twice. Nothing
//! here knows whether a line is true: the chain and the checkpoints say that. The writer and every reader go through it.

use crate::journal::hash::Hash;
use crate::model::event::Event;
use crate::model::ids::Seq;
use crate::model::record::Record;
use crate::model::time::Stamp;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use std::io::{self, Write};

/// The longest line, its line feed included.
pub const LONGEST: usize = 65_535;

/// The format that is written: major and minor.
pub const FMT: &str = "1.2";
const MAJOR: u32 = 1;
const MINOR: u32 = 2;

/// No more names of what is not known are kept.
pub(crate) const MOST_FOREIGN: usize = 32;

/// Integers from here on lose digits in readers that count in doubles.
const TOO_BIG: u64 = 1 << 53;

/// Why a line is none.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Longer than a line may be.
    #[error("the line is longer than {LONGEST} bytes")]
    TooLong,
    /// No line feed at its end.
    #[error("the line is not finished")]
    Unfinished,
    /// Not what a record begins with.
    #[error("the line does not begin as a record does")]
    Start,
    /// Not JSON, or not an event that is known.
    #[error("the line is not an event of this format")]
    Event(#[source] serde_json::Error),
    /// It means something, but this program would have written it otherwise.
    #[error("the line is not written as a record is: a key twice, another order, a space, an escape")]
    Spelling,
    /// The event cannot be written.
    #[error("the event cannot be written as a line")]
    Encode(#[source] serde_json::Error),
    /// A major format that is not known.
    #[error("format {0} is newer than {FMT}")]
    Newer(String),
}

impl LineError {
    /// In words, with the beginning of what the parser said, which may hold foreign text.
    pub fn why(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self}: {}", cause.to_string().chars().take(160).collect::<String>()),
            None => self.to_string(),
        }
    }
}

/// Which events a reader must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minor {
    /// This format: every event is known.
    Ours,
    /// A newer minor: what is not known is kept as `Event::Foreign`.
    Newer,
}

/// A line that was read: the record and the hash of the line before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The record.
    pub record: Record,
    /// What it says of the line before.
    pub prev: Hash,
    /// What of a newer minor this program does not know and did not interpret, by name: `event` or `event: field`.
    pub foreign: Vec<String>,
}

/// Writes a record as its line.
pub fn encode(record: &Record, prev: &Hash) -> Result<Vec<u8>, LineError> {
    let mut line = Vec::with_capacity(320);
    put(&mut line, record, prev, &record.event)?;
    Ok(line)
}

/// Reads a line, its line feed included.
pub fn decode(line: &[u8], minor: Minor) -> Result<Line, LineError> {
    if line.len() > LONGEST {
        return Err(LineError::TooLong);
    }
    if line.last() != Some(&b'\n') {
        return Err(LineError::Unfinished);
    }
    let (mut record, prev, rest) = start(line).ok_or(LineError::Start)?;
    let mut object = Vec::with_capacity(rest.len() + 1);
    object.push(b'{');
    object.extend_from_slice(rest);
    let mut foreign = Vec::new();
    let mut again = Vec::with_capacity(line.len());
    match minor {
        Minor::Ours => {
            record.event = serde_json::from_slice(&object).map_err(LineError::Event)?;
            put(&mut again, &record, &prev, &record.event)?;
        }
        Minor::Newer => {
            let value: Value = serde_json::from_slice(&object).map_err(LineError::Event)?;
            put(&mut again, &record, &prev, &value)?;
            let name = value.get("ev").and_then(Value::as_str).unwrap_or_default();
            let name = name.to_owned();
            record.event = match serde_json::from_value::<Event>(value.clone()) {
                Ok(event) => {
                    let known = serde_json::to_value(&event).map_err(LineError::Encode)?;
                    unknown(&value, &known, &name, &mut foreign);
                    event
                }
                Err(_) => {
                    foreign.push(name.clone());
                    Event::Foreign { name }
                }
            };
        }
    }
    if again != line {
        return Err(LineError::Spelling);
    }
    Ok(Line { record, prev, foreign })
}

/// The fields of what was read that what was understood does not have.
fn unknown(read: &Value, known: &Value, event: &str, foreign: &mut Vec<String>) {
    match (read, known) {
        (Value::Object(read), Value::Object(known)) => {
            for (key, value) in read {
                match known.get(key) {
                    Some(known) => unknown(value, known, event, foreign),
                    None => foreign.push(format!("{event}: {key}")),
                }
            }
        }
        (Value::Array(read), Value::Array(known)) => {
            read.iter().zip(known).for_each(|(read, known)| unknown(read, known, event, foreign));
        }
        _a_value => {}
    }
}

/// What the first line of a part says of its format: whether its events are all known. A newer major is an error.
pub fn format_of(line: &[u8]) -> Result<Minor, LineError> {
    let value: Value = serde_json::from_slice(line).map_err(LineError::Event)?;
    let fmt = value.get("fmt").and_then(Value::as_str).unwrap_or_default();
    let numbers =
        fmt.split_once('.').and_then(|(major, minor)| Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?)));
    match numbers {
        Some((MAJOR, ..=MINOR)) => Ok(Minor::Ours),
        Some((MAJOR, _)) => Ok(Minor::Newer),
        Some(_) => Err(LineError::Newer(fmt.to_owned())),
        None => Err(LineError::Start),
    }
}

/// Whether an event would fit a line, wherever it stands.
pub fn fits(event: &Event) -> Result<(), LineError> {
    let widest = Record {
        seq: Seq(TOO_BIG - 1),
        at: Stamp { wall: 1 - TOO_BIG as i64, mono: TOO_BIG - 1 },
        event: Event::Foreign { name: String::new() },
    };
    put(&mut Vec::new(), &widest, &Hash([0; 32]), event)
}

fn put(line: &mut Vec<u8>, record: &Record, prev: &Hash, event: &impl Serialize) -> Result<(), LineError> {
    let (seq, wall, mono) = (record.seq.0, record.at.wall, record.at.mono);
    if seq >= TOO_BIG || mono >= TOO_BIG || wall.unsigned_abs() >= TOO_BIG {
        return Err(LineError::Encode(too_big()));
    }
    let _ = write!(line, r#"{{"seq":{seq},"prev":"{}","t":{wall},"m":{mono}"#, prev.hex());
    // The event's own opening brace becomes the comma, so that it is written where it stands.
    let comma = line.len();
    event.serialize(&mut Serializer::with_formatter(&mut *line, Ascii)).map_err(LineError::Encode)?;
    line[comma] = b',';
    line.push(b'\n');
    if line.len() > LONGEST {
        return Err(LineError::TooLong);
    }
    Ok(())
}

fn too_big() -> serde_json::Error {
    serde::ser::Error::custom("a number of 2^53 or more")
}

/// Reads `{"seq":…,"prev":"…","t":…,"m":…,` and gives what follows.
fn start(line: &[u8]) -> Option<(Record, Hash, &[u8])> {
    let rest = line.strip_prefix(br#"{"seq":"#)?;
    let (seq, rest) = number(rest)?;
    let rest = rest.strip_prefix(br#","prev":""#)?;
    let prev = Hash::parse(std::str::from_utf8(rest.get(..64)?).ok()?)?;
    let rest = rest[64..].strip_prefix(br#"","t":"#)?;
    let (wall, rest) = number(rest)?;
    let rest = rest.strip_prefix(br#","m":"#)?;
    let (mono, rest) = number(rest)?;
    let rest = rest.strip_prefix(b",")?.strip_suffix(b"\n")?;
    if !rest.starts_with(br#""ev":""#) || !rest.is_ascii() {
        return None;
    }
    let at = Stamp { wall, mono };
    let event = Event::Foreign { name: String::new() };
    let record = Record { seq: Seq(seq), at, event };
    Some((record, prev, rest))
}

fn number<N: std::str::FromStr>(bytes: &[u8]) -> Option<(N, &[u8])> {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'-')?;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    Some((text.parse().ok()?, &bytes[end..]))
}

/// JSON in ASCII: everything else is `\uXXXX`, in lower case. Numbers that a double cannot hold are refused, floats too.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let plain = |byte: &u8| byte.is_ascii() && *byte != 0x7f;
        if fragment.as_bytes().iter().all(plain) {
            return out.write_all(fragment.as_bytes());
        }
        let mut units = [0u16; 2];
        for letter in fragment.chars() {
            if letter.is_ascii() && letter != '\u{7f}' {
                out.write_all(&[letter as u8])?;
            } else {
                for unit in letter.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn write_u64<W: ?Sized + Write>(&mut self, out: &mut W, value: u64) -> io::Result<()> {
        if value >= TOO_BIG {
            return Err(io::Error::other("a number of 2^53 or more"));
        }
        CompactFormatter.write_u64(out, value)
    }

    fn write_i64<W: ?Sized + Write>(&mut self, out: &mut W, value: i64) -> io::Result<()> {
        if value.unsigned_abs() >= TOO_BIG {
            return Err(io::Error::other("a number of 2^53 or more"));
        }
        CompactFormatter.write_i64(out, value)
    }

    fn write_f64<W: ?Sized + Write>(&mut self, _: &mut W, _: f64) -> io::Result<()> {
        Err(io::Error::other("a number with a fraction"))
    }

    fn write_f32<W: ?Sized + Write>(&mut self, _: &mut W, _: f32) -> io::Result<()> {
        Err(io::Error::other("a number with a fraction"))
    }
}

#[cfg(test)]
mod tests;

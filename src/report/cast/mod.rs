//! The run as an asciicast, v2 or v3: the course in linear mode's words, with what commands printed between.
//!
//! It is made of rows that were drawn here, never of bytes that a program printed: those of a step with a terminal of its own go
//! through the same emulator as on the screens, all others become visible lines. So nothing in it can steer the terminal of
//! whoever plays it. Of each attempt the beginning and the end are played. Gaps are real; players shorten them.

mod play;
mod stage;

use super::redact::Redactor;
use super::take::Taken;
use crate::journal::RunDir;
use crate::model::text::shown;
use play::{Frame, frames};
use std::fmt::Write as _;

/// The size of the terminal that is played.
pub(super) const COLS: u16 = 100;
/// Its rows.
pub(super) const ROWS: u16 = 30;
/// Players wait no longer than this, seconds.
const IDLE: u32 = 2;

/// Which asciicast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Instants since the beginning.
    V2,
    /// Lengths since the event before.
    V3,
}

/// The cast. `taken` must have kept what was `printed`.
pub fn cast(dir: &RunDir, taken: &Taken, redactor: &mut Redactor, version: Version) -> String {
    let frames = frames(dir, taken, redactor);
    let first = frames.first().map_or(0, |frame| frame.at);
    let title = redactor.text(&shown(&taken.state.fill(&taken.plan.title)));
    let title = ascii(&title);
    let (began, run) =
        (first.div_euclid(1_000_000), ascii(taken.state.facts.as_ref().map_or("", |facts| facts.run.as_str())));
    let size = match version {
        Version::V2 => format!("\"version\":2,\"width\":{COLS},\"height\":{ROWS}"),
        Version::V3 => {
            format!("\"version\":3,\"term\":{{\"cols\":{COLS},\"rows\":{ROWS},\"type\":\"xterm-256color\"}}")
        }
    };
    let mut text =
        format!("{{{size},\"timestamp\":{began},\"idle_time_limit\":{IDLE},\"title\":{title},\"command\":{run}}}\n");
    let mut before = first;
    for Frame { at, marker, data } in &frames {
        let since = match version {
            Version::V2 => first,
            Version::V3 => before,
        };
        // A wall clock that was set back must not play backwards.
        let at = (*at).max(before);
        for (at, kind, data) in [(at, "m", marker.as_deref()), (at, "o", Some(data.as_str()))] {
            let Some(data) = data else { continue };
            let base = if version == Version::V3 && kind == "o" && marker.is_some() { at } else { since };
            let _ = writeln!(text, "[{},\"{kind}\",{}]", seconds(at - base), ascii(data));
        }
        before = at;
    }
    text
}

/// `12.345678`: seconds without a float.
fn seconds(micros: i64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// A JSON string in ASCII: players read it alike, whatever their locale.
fn ascii(text: &str) -> String {
    let mut out = String::from("\"");
    let mut units = [0; 2];
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(letter),
            _escaped => {
                for unit in letter.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}

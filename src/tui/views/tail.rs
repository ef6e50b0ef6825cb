//! The last lines that an attempt printed, read from the end of its file and never whole.
//!
//! The file has the exact bytes; here control sequences are dropped, what a carriage return overwrote is left off, and all
//! else that is not plain is made visible. Which stream a line came from is said where the records of it are still at hand.

use super::Extents;
use crate::feed::Port;
use crate::model::ids::StepId;
use crate::model::output::Stream;
use crate::model::state::StepState;
use crate::model::text::shown_bytes;
use crate::tui::streams::stream_at;

/// At most so much of a file is read for a frame.
const READ: u64 = 16 * 1024;

/// A line that was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// Its text, safe to draw.
    pub text: String,
    /// Its stream, where that is known.
    pub stream: Option<Stream>,
}

/// The last `most` lines of the present attempt.
pub fn tail(port: &dyn Port, step: &StepId, own: &StepState, extents: Option<&Extents>, most: usize) -> Vec<Printed> {
    if own.bytes == 0 || most == 0 {
        return Vec::new();
    }
    let from = own.bytes.saturating_sub(READ);
    match port.output(step, own.attempt, from..own.bytes) {
        Ok(bytes) => last_lines(&bytes, from, extents, most),
        Err(why) => vec![Printed {
            text: format!("the output cannot be read: {}", crate::model::text::shown(&why.to_string())),
            stream: None,
        }],
    }
}

fn last_lines(bytes: &[u8], from: u64, extents: Option<&Extents>, most: usize) -> Vec<Printed> {
    let mut found = Vec::with_capacity(most);
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut end = body.len();
    loop {
        let start = body[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        // The first line of what was read is a piece of one, unless the file begins there.
        if start == 0 && from > 0 && !found.is_empty() {
            break;
        }
        let stream = extents.and_then(|extents| stream_at(extents, from + start as u64));
        found.push(Printed { text: readable(&body[start..end]), stream });
        if start == 0 || found.len() == most {
            break;
        }
        end = start - 1;
    }
    found.reverse();
    found
}

/// One line as people read it: what a carriage return overwrote and control sequences are left off.
pub fn readable(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.rsplit(|byte| *byte == b'\r').next().unwrap_or(line);
    shown_bytes(&without_sequences(line))
}

/// Drops CSI sequences and OSC strings; a lone ESC stays and is made visible.
fn without_sequences(line: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
        kept.extend_from_slice(&rest[..at]);
        let after = &rest[at + 1..];
        let skip = match after.first() {
            Some(b'[') => after.iter().skip(1).position(|byte| (0x40..=0x7e).contains(byte)).map(|end| end + 2),
            Some(b']') => after.iter().position(|byte| *byte == 0x07).map(|end| end + 1),
            _ => None,
        };
        match skip {
            Some(skip) => rest = &after[skip..],
            None => {
                kept.push(0x1b);
                rest = after;
            }
        }
    }
    kept.extend_from_slice(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8], from: u64, most: usize) -> Vec<String> {
        last_lines(bytes, from, None, most).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn the_last_lines_are_the_last_ones_and_a_piece_of_a_line_is_left_off() {
        assert_eq!(texts(b"one\ntwo\nthree\n", 0, 2), ["two", "three"]);
        assert_eq!(texts(b"one\ntwo\nthr", 0, 9), ["one", "two", "thr"]);
        assert_eq!(texts(b"ne\ntwo\nthree\n", 100, 9), ["two", "three"]);
        assert_eq!(texts(b"\n\n", 0, 9), ["", ""]);
        assert_eq!(texts(b"", 0, 9), [""]);
    }

    #[test]
    fn what_a_command_prints_cannot_steer_the_terminal() {
        assert_eq!(readable(b"\x1b[31mred\x1b[0m \x1b]0;title\x07x"), "red x");
        assert_eq!(readable(b"10%\r50%\r100%\r"), "100%");
        let hostile = readable(b"\x1b]52;c;no end \x1bPq \x9b31m caf\xe9");
        assert!(hostile.chars().all(crate::model::text::is_plain), "{hostile:?}");
    }

    #[test]
    fn a_line_knows_its_stream_where_the_records_are_at_hand() {
        let extents: Extents = [(0, 4, Stream::Out), (4, 5, Stream::Err)].into_iter().collect();
        let lines = last_lines(b"one\noops\n", 0, Some(&extents), 9);
        assert_eq!(lines.iter().map(|line| line.stream).collect::<Vec<_>>(), [Some(Stream::Out), Some(Stream::Err)]);
    }
}

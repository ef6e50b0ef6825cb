//! Lines of a stream as they come, for `matches` and `count`: one pattern against one line at a time.
//!
//! At most one unfinished line is kept. A line over 1 MiB is cut there and counted as cut, so that a stream without line
//! breaks costs no more. `Part` feeds it.

use super::tally::push;
use regex::bytes::Regex;
use std::ops::Range;

/// Bytes of a line that are judged.
pub(super) const LONGEST: usize = 1 << 20;

/// A pattern and how many lines it matched.
pub(super) struct Pattern {
    pub(super) source: String,
    pub(super) regex: Regex,
    pub(super) lines: u64,
    pub(super) need: Need,
    /// The first line that matched, where one is enough, and what of it did.
    pub(super) first: Option<(String, String)>,
}

/// Bytes of the first line that are kept before and behind what matched: a secret in it must be whole to be masked.
const AROUND: usize = 4 * 1024;

/// When a pattern has seen enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// At the first line that matches.
    One,
    /// Never: all lines count.
    All,
}

/// Patterns and the line that is not finished yet.
pub(super) struct Lines {
    pub(super) patterns: Vec<Pattern>,
    /// How many lines were longer than what is judged.
    pub(super) cut: u64,
    open: Vec<u8>,
    over: bool,
}

impl Lines {
    pub(super) fn new(patterns: Vec<Pattern>) -> Self {
        Self { patterns, cut: 0, open: Vec::new(), over: false }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        if self.settled() {
            return;
        }
        let mut from = 0;
        for at in memchr::memchr_iter(b'\n', chunk) {
            self.finish_line(&chunk[from..at]);
            from = at + 1;
        }
        self.push(&chunk[from..]);
    }

    /// Judges what stands after the last line break.
    pub(super) fn end(&mut self) {
        if !self.settled() && (!self.open.is_empty() || self.over) {
            self.finish_line(&[]);
        }
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        let first = |one: &Pattern| one.first.as_ref().map_or(0, |(line, part)| line.len() + part.len());
        self.open.capacity() + self.patterns.iter().map(first).sum::<usize>()
    }

    fn settled(&self) -> bool {
        self.patterns.iter().all(|one| one.need == Need::One && one.lines > 0)
    }

    fn finish_line(&mut self, rest: &[u8]) {
        if self.open.is_empty() && !self.over && rest.len() <= LONGEST {
            judge(&mut self.patterns, rest.strip_suffix(b"\r").unwrap_or(rest));
            return;
        }
        self.push(rest);
        if self.over {
            self.cut += 1;
            judge(&mut self.patterns, &self.open);
        } else {
            let line = self.open.strip_suffix(b"\r").unwrap_or(&self.open);
            judge(&mut self.patterns, line);
        }
        self.open.clear();
        self.over = false;
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = LONGEST - self.open.len();
        self.over |= bytes.len() > room;
        push(&mut self.open, &bytes[..bytes.len().min(room)], LONGEST);
    }
}

fn judge(patterns: &mut [Pattern], line: &[u8]) {
    for pattern in patterns {
        match pattern.need {
            Need::One if pattern.lines > 0 => {}
            Need::One => {
                if let Some(found) = pattern.regex.find(line) {
                    pattern.lines = 1;
                    pattern.first = Some(glimpse(line, found.range()));
                }
            }
            Need::All => pattern.lines += u64::from(pattern.regex.is_match(line)),
        }
    }
}

fn glimpse(line: &[u8], found: Range<usize>) -> (String, String) {
    let end = found.end.min(found.start + AROUND);
    let around = &line[found.start.saturating_sub(AROUND)..(end + AROUND).min(line.len())];
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(around), text(&line[found.start..end]))
}

//! Lines of a stream as they come, for `matches` and `count`: one pattern against one line at a time.
//!
//! At most one unfinished line is kept. A line over 1 MiB is cut there and counted as cut, so that a stream without line
//! breaks costs no more. `Part` feeds it.

use super::tally::push;
use regex::bytes::Regex;

/// Bytes of a line that are judged.
pub(super) const LONGEST: usize = 1 << 20;

/// A pattern and how many lines it matched.
pub(super) struct Pattern {
    pub(super) source: String,
    pub(super) regex: Regex,
    pub(super) lines: u64,
    pub(super) need: Need,
}

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
        self.open.capacity()
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
        let enough = pattern.need == Need::One && pattern.lines > 0;
        if !enough && pattern.regex.is_match(line) {
            pattern.lines += 1;
        }
    }
}

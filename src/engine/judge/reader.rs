//! What is looked for in one stream while it comes, for an expectation and all of its alternatives together.
//!
//! Alternatives share one tail and one unfinished line: ten of them cost no more memory than one. Each `Part` keeps the places
//! of its own texts and patterns. A `Flow` feeds it.

use super::error::{JudgeError, line_pattern};
use super::lines::{Lines, Need, Pattern};
use super::literal::{Literals, Wish};

/// Texts and patterns of one expectation on one stream.
pub(super) struct Reader {
    pub(super) literals: Literals,
    pub(super) lines: Lines,
    /// What is counted where the body of an answer is told apart from its headers; else empty.
    pub(super) body: Lines,
    apart: bool,
}

impl Reader {
    /// `apart` where what is counted is not all that is printed.
    pub(super) fn new(apart: bool) -> Self {
        let lines = || Lines::new(Vec::new());
        Self { literals: Literals::default(), lines: lines(), body: lines(), apart }
    }

    /// A text to look for; its place.
    pub(super) fn literal(&mut self, text: &str, wish: Wish) -> usize {
        self.literals.add(text, wish)
    }

    /// A pattern that one line must match; its place.
    pub(super) fn pattern(&mut self, source: &str) -> Result<usize, JudgeError> {
        add(&mut self.lines, source, Need::One)
    }

    /// A pattern whose lines count; its place.
    pub(super) fn count(&mut self, source: &str) -> Result<usize, JudgeError> {
        add(if self.apart { &mut self.body } else { &mut self.lines }, source, Need::All)
    }

    /// Lines that are counted.
    pub(super) fn counted(&self) -> &Lines {
        if self.apart { &self.body } else { &self.lines }
    }

    /// Takes what was printed.
    pub(super) fn feed(&mut self, chunk: &[u8]) {
        self.literals.feed(chunk);
        self.lines.feed(chunk);
    }

    /// Takes what is the body.
    pub(super) fn feed_body(&mut self, chunk: &[u8]) {
        if self.apart {
            self.body.feed(chunk);
        }
    }

    /// No more comes.
    pub(super) fn end(&mut self) {
        self.lines.end();
        self.body.end();
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.literals.held_bytes() + self.lines.held_bytes() + self.body.held_bytes()
    }
}

fn add(lines: &mut Lines, source: &str, need: Need) -> Result<usize, JudgeError> {
    lines.patterns.push(Pattern {
        source: source.to_owned(),
        regex: line_pattern(source)?,
        lines: 0,
        need,
        first: None,
    });
    Ok(lines.patterns.len() - 1)
}

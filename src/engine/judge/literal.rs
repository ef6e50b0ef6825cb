//! Literal texts in a stream: `contains` and `lacks`, found as the bytes come, across chunk borders and lines.
//!
//! Nothing is kept but a tail, so a flood costs a vectorised search and no memory. For `lacks` the line of the first hit is
//! collected for the operator. The answer is the same however the stream was cut. `Part` feeds it.

use super::finding::{CONTEXT, Saw};
use memchr::memmem::Finder;

/// What a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Contains,
    Lacks,
}

/// One text and what was found of it.
pub(super) struct Literal {
    pub(super) text: String,
    pub(super) wish: Wish,
    finder: Finder<'static>,
    hit: Option<Hit>,
}

/// The line around the first hit.
struct Hit {
    line: Vec<u8>,
    room: usize,
}

impl Literal {
    fn new(text: &str, wish: Wish) -> Self {
        Self { text: text.to_owned(), wish, finder: Finder::new(text.as_bytes()).into_owned(), hit: None }
    }

    /// Whether it was found.
    pub(super) fn found(&self) -> bool {
        self.hit.is_some()
    }

    /// The line that it stands in.
    pub(super) fn line(&self) -> Option<Saw> {
        let hit = self.hit.as_ref()?;
        let line = String::from_utf8_lossy(&hit.line);
        Some(Saw::quoted("found:", line.trim_end()).around(&self.text))
    }

    fn settled(&self) -> bool {
        self.hit.as_ref().is_some_and(|hit| hit.room == 0)
    }

    fn feed(&mut self, tail: &[u8], chunk: &[u8]) {
        if let Some(hit) = &mut self.hit {
            hit.collect(chunk);
        } else if let Some((before, from)) = self.find(tail, chunk) {
            let mut hit = Hit {
                line: before,
                room: match self.wish {
                    Wish::Contains => 0,
                    Wish::Lacks => CONTEXT,
                },
            };
            hit.line.extend_from_slice(self.text.as_bytes());
            if self.text.ends_with('\n') {
                hit.room = 0;
            }
            hit.collect(&chunk[from..]);
            self.hit = Some(hit);
        }
    }

    /// What stands before the first hit in its line, and where in `chunk` what follows it begins.
    fn find(&self, tail: &[u8], chunk: &[u8]) -> Option<(Vec<u8>, usize)> {
        let length = self.text.len();
        let old = tail.len().min(length - 1);
        let mut seam = tail[tail.len() - old..].to_vec();
        seam.extend_from_slice(&chunk[..chunk.len().min(length - 1)]);
        if let Some(at) = self.finder.find(&seam) {
            let before = line_end(&[], &tail[..tail.len() - old + at]);
            return Some((before, at + length - old));
        }
        let at = self.finder.find(chunk)?;
        Some((line_end(tail, &chunk[..at]), at + length))
    }
}

impl Hit {
    fn collect(&mut self, chunk: &[u8]) {
        let part = &chunk[..chunk.len().min(self.room)];
        let (part, over) = match memchr::memchr(b'\n', part) {
            Some(at) => (&part[..at], true),
            None => (part, false),
        };
        self.line.extend_from_slice(part);
        self.room = if over { 0 } else { self.room - part.len() };
    }
}

/// The last line of `first` and `second` together, at most `CONTEXT` bytes of it.
fn line_end(first: &[u8], second: &[u8]) -> Vec<u8> {
    if let Some(at) = memchr::memrchr(b'\n', second) {
        let line = &second[at + 1..];
        return line[line.len().saturating_sub(CONTEXT)..].to_vec();
    }
    let second = &second[second.len().saturating_sub(CONTEXT)..];
    let first = &first[first.len().saturating_sub(CONTEXT - second.len())..];
    let from = memchr::memrchr(b'\n', first).map_or(0, |at| at + 1);
    [&first[from..], second].concat()
}

/// All texts that are looked for in one stream.
#[derive(Default)]
pub(super) struct Literals {
    list: Vec<Literal>,
    tail: Vec<u8>,
    reach: usize,
}

impl Literals {
    /// Looks for one more text, which is not empty; its place.
    pub(super) fn add(&mut self, text: &str, wish: Wish) -> usize {
        let context = match wish {
            Wish::Contains => 0,
            Wish::Lacks => CONTEXT,
        };
        self.reach = self.reach.max(text.len() + context);
        self.list.push(Literal::new(text, wish));
        self.list.len() - 1
    }

    /// Each text in the order in which it was added.
    pub(super) fn list(&self) -> &[Literal] {
        &self.list
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        if self.list.iter().all(Literal::settled) {
            return;
        }
        let from = self.tail.len().saturating_sub(self.reach);
        let tail = &self.tail[from..];
        for literal in self.list.iter_mut().filter(|one| !one.settled()) {
            literal.feed(tail, chunk);
        }
        self.remember(chunk);
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.tail.capacity()
    }

    fn remember(&mut self, chunk: &[u8]) {
        if chunk.len() >= self.reach {
            self.tail.clear();
            self.tail.extend_from_slice(&chunk[chunk.len() - self.reach..]);
            return;
        }
        self.tail.extend_from_slice(chunk);
        // Only when twice the reach is there: moving the tail for every byte of a slow stream would cost more than the search.
        if self.tail.len() > 2 * self.reach {
            self.tail.drain(..self.tail.len() - self.reach);
        }
    }
}

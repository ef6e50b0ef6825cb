//! Keeps secrets out of everything that is written or shown: each form of a value becomes `[secret NAME]`.
//!
//! One `Masker` for each stream of each attempt sees all its bytes in order, in chunks of any size. What could be the
//! beginning of a form is held back until more bytes or the end of the stream decide it, never let go because time passed.
//! Where forms overlap all their bytes go. It does not find what was transformed in a way that `forms` does not list (colour
//! codes inside, encryption, reversal). Called by the driver before any byte reaches a file, a record, the socket or a screen.

mod forms;

use crate::model::output::Masked;
use crate::model::secret::Secret;
use aho_corasick::{AhoCorasick, Input};
use forms::{Fit, Forms};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Bytes that may be written and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaskedBytes {
    /// The bytes, with `[secret NAME]` where a secret stood.
    pub bytes: Vec<u8>,
    /// What was replaced, and how often.
    pub masked: Vec<Masked>,
}

/// Masks one stream.
pub struct Masker {
    forms: Arc<Forms>,
    /// What is not decided yet.
    held: Vec<u8>,
    /// So many bytes of `held` belong to a secret that was already replaced.
    covered: usize,
    /// Whose replacement was written last.
    last: usize,
    /// The byte before `held`.
    before: Option<u8>,
}

impl Masker {
    /// A masker for `secrets`, by name. An empty value has no form; one under 8 bytes or with under 4 distinct ones is
    /// replaced as a whole word only.
    pub fn new<N: AsRef<str>>(secrets: &[(N, &Secret)]) -> Self {
        Self::over(Arc::new(Forms::of(secrets)))
    }

    /// A masker for another stream, with the same secrets and nothing held.
    pub fn fresh(&self) -> Self {
        Self::over(Arc::clone(&self.forms))
    }

    fn over(forms: Arc<Forms>) -> Self {
        Self { forms, held: Vec::new(), covered: 0, last: 0, before: None }
    }

    /// Takes the next bytes of the stream and gives back what is decided. Owned bytes without a secret are not copied.
    pub fn push<'a>(&mut self, bytes: impl Into<Cow<'a, [u8]>>) -> MaskedBytes {
        let bytes = bytes.into();
        if self.forms.are_none() {
            return MaskedBytes { bytes: bytes.into_owned(), masked: Vec::new() };
        }
        let mut buffer = bytes.into_owned();
        // What is held is a few bytes, a chunk many: the chunk stays where it is.
        buffer.splice(0..0, self.held.drain(..));
        self.pass(buffer, false)
    }

    /// The stream has ended: gives back what was held. The masker can be used for another stream then.
    pub fn finish(&mut self) -> MaskedBytes {
        let held = std::mem::take(&mut self.held);
        let rest = self.pass(held, true);
        *self = self.fresh();
        rest
    }

    /// Masks a whole text at once, for a log line or an error.
    pub fn whole<'a>(&self, bytes: impl Into<Cow<'a, [u8]>>) -> MaskedBytes {
        let mut masker = self.fresh();
        if masker.forms.are_none() { masker.push(bytes) } else { masker.pass(bytes.into().into_owned(), true) }
    }

    /// Decides as much of `buffer` as can be decided; all of it if nothing follows.
    fn pass(&mut self, mut buffer: Vec<u8>, last: bool) -> MaskedBytes {
        let forms = Arc::clone(&self.forms);
        let mut search = Search::over(&forms, &buffer, last);
        let mut said = Said::new(&forms);
        // Input before `from` is dealt with; the part of it up to `covered` belongs to a secret.
        let (mut from, mut covered) = (self.covered, self.covered);
        let mut hold = buffer.len();
        while let Some(start) = search.next() {
            let before = start.checked_sub(1).map_or(self.before, |index| Some(buffer[index]));
            match forms.fit(&buffer, start, before, last) {
                Fit::No => {}
                Fit::Undecided => {
                    hold = start;
                    break;
                }
                Fit::Whole { end, name } => {
                    if start >= covered {
                        said.bytes.extend_from_slice(&buffer[from..start]);
                        said.replace(name);
                    } else if end > covered && name != self.last {
                        said.replace(name);
                    }
                    if end > covered || start >= covered {
                        self.last = name;
                    }
                    covered = covered.max(end);
                    from = covered;
                }
            }
        }
        if hold > 0 {
            self.before = Some(buffer[hold - 1]);
        }
        self.held = buffer[hold..].to_vec();
        self.covered = covered.saturating_sub(hold);
        if from == 0 {
            // Nothing was replaced: the buffer itself goes on.
            buffer.truncate(hold);
            return MaskedBytes { bytes: buffer, masked: Vec::new() };
        }
        said.bytes.extend_from_slice(buffer.get(from..hold).unwrap_or_default());
        said.done()
    }
}

/// Where a form may begin, in order.
struct Search<'a> {
    forms: &'a Forms,
    buffer: &'a [u8],
    /// Where forms begin.
    heads: Keys<'a>,
    /// What of a wrapped form is found where its beginning is broken: the key behind it, or a short line.
    nexts: Keys<'a>,
    short: Option<usize>,
    /// Where that form may begin: in `broken`, and nowhere before it that was not offered.
    broken: Range<usize>,
    /// Every place before this one was offered or begins nothing.
    at: usize,
    /// What the end of the buffer may cut begins here or later.
    cut: usize,
}

impl<'a> Search<'a> {
    fn over(forms: &'a Forms, buffer: &'a [u8], last: bool) -> Self {
        let (heads, nexts) = (Keys::over(&forms.heads, buffer), Keys::over(&forms.nexts, buffer));
        let short = if nexts.finders.is_empty() { None } else { short_line(buffer, 0) };
        let cut = if last { buffer.len() } else { buffer.len().saturating_sub(forms::REACH) };
        Self { forms, buffer, heads, nexts, short, broken: 0..0, at: 0, cut }
    }

    /// The next place where a form, or the beginning of one that the buffer's end cuts, may stand.
    fn next(&mut self) -> Option<usize> {
        let head = self.heads.next(self.buffer, self.at);
        // Behind `cut` every place is looked at, so nothing that ends there has to be found.
        let here = head.unwrap_or(self.buffer.len()).min(self.cut).max(self.at);
        let broken = self.broken_before(here);
        let cut = || (self.cut.max(self.at)..self.buffer.len()).find(|at| self.forms.may_begin(self.buffer[*at]));
        let found = broken.or_else(|| [head, cut()].into_iter().flatten().min())?;
        self.at = found + 1;
        Some(found)
    }

    /// The first place before `end` where a form whose beginning is broken may stand.
    fn broken_before(&mut self, end: usize) -> Option<usize> {
        while self.broken.start < end {
            let from = self.broken.start.max(self.at);
            let near = from..self.broken.end.min(end);
            if let Some(found) = near.clone().find(|at| self.forms.may_begin_wrapped(self.buffer[*at])) {
                self.broken.start = found + 1;
                return Some(found);
            }
            if near.end == end && end < self.broken.end {
                self.broken.start = end;
                return None;
            }
            let seen = self.broken.end;
            if self.short.is_some_and(|short| short < seen) {
                self.short = short_line(self.buffer, seen);
            }
            let next = [self.nexts.next(self.buffer, seen), self.short].into_iter().flatten().min()?;
            self.broken = seen.max(next.saturating_sub(forms::REACH))..next + 1;
        }
        None
    }
}

/// The places of some keys, in order.
struct Keys<'a> {
    finders: &'a [AhoCorasick],
    /// The next one by each finder; `None` where none is left.
    at: Vec<Option<usize>>,
}

impl<'a> Keys<'a> {
    fn over(finders: &'a [AhoCorasick], buffer: &[u8]) -> Self {
        Self { finders, at: finders.iter().map(|finder| key(finder, buffer, 0)).collect() }
    }

    /// The first key that begins at `from` or later.
    fn next(&mut self, buffer: &[u8], from: usize) -> Option<usize> {
        for (at, finder) in self.at.iter_mut().zip(self.finders) {
            if at.is_some_and(|at| at < from) {
                *at = key(finder, buffer, from);
            }
        }
        self.at.iter().flatten().min().copied()
    }
}

fn key(finder: &AhoCorasick, buffer: &[u8], from: usize) -> Option<usize> {
    finder.find(Input::new(buffer).range(from..)).map(|found| found.start())
}

/// The first line break from `from` on that stands so close behind another that a form between them may show no key.
fn short_line(buffer: &[u8], from: usize) -> Option<usize> {
    let start = from.saturating_sub(forms::SHORT_LINE);
    let mut before: Option<usize> = None;
    for at in memchr::memchr_iter(b'\n', &buffer[start..]).map(|at| start + at) {
        let close = before.is_some_and(|before| at - before <= forms::SHORT_LINE);
        if close && at >= from {
            return Some(at);
        }
        before = Some(at);
    }
    None
}

/// What comes out.
struct Said<'a> {
    forms: &'a Forms,
    bytes: Vec<u8>,
    counts: Vec<u64>,
}

impl<'a> Said<'a> {
    fn new(forms: &'a Forms) -> Self {
        Self { forms, bytes: Vec::new(), counts: vec![0; forms.names.len()] }
    }

    fn replace(&mut self, name: usize) {
        self.bytes.extend_from_slice(format!("[secret {}]", self.forms.names[name]).as_bytes());
        self.counts[name] += 1;
    }

    fn done(self) -> MaskedBytes {
        let counted = self.forms.names.iter().zip(self.counts).filter(|(_, count)| *count > 0);
        let masked = counted.map(|(name, count)| Masked { name: name.clone(), count }).collect();
        MaskedBytes { bytes: self.bytes, masked }
    }
}

#[cfg(test)]
mod tests;

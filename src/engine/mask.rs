//! Keeps secrets out of everything that is written or shown: each form of a value becomes `[secret NAME]`.
//!
//! One `Masker` for each stream of each attempt sees all its bytes in order, in chunks of any size. What could be the
//! beginning of a form is held back until more bytes or the end of the stream decide it, never let go because time passed.
//! Where forms overlap all their bytes go. It does not find what was transformed in a way that `forms` does not list (colour
//! codes inside, encryption, reversal). Called by the driver before any byte reaches a file, a record, the socket or a screen.

mod forms;

use crate::model::output::Masked;
use crate::model::secret::Secret;
use aho_corasick::Input;
use forms::{Fit, Forms};
use std::borrow::Cow;
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
        let buffer = if self.held.is_empty() {
            bytes.into_owned()
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(&bytes);
            held
        };
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
        let mut search = Search::over(&forms, last);
        let mut said = Said::new(&forms);
        // Input before `from` is dealt with; the part of it up to `covered` belongs to a secret.
        let (mut at, mut from, mut covered) = (0, self.covered, self.covered);
        let mut hold = buffer.len();
        while let Some(start) = search.next(&buffer, at) {
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
            at = start + 1;
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
    last: bool,
    /// The next hit of each finder, or the end.
    hits: Vec<Option<usize>>,
}

impl<'a> Search<'a> {
    fn over(forms: &'a Forms, last: bool) -> Self {
        Self { forms, last, hits: vec![Some(0); forms.finders.len()] }
    }

    /// The first place from `at` on where a form, or the beginning of one that the buffer's end cuts, may stand.
    fn next(&mut self, buffer: &[u8], at: usize) -> Option<usize> {
        for (hit, finder) in self.hits.iter_mut().zip(&self.forms.finders) {
            // `Some(0)` also stands for "not looked yet"; looking twice at 0 does no harm.
            if hit.is_some_and(|hit| hit < at || hit == 0) {
                *hit = (at <= buffer.len())
                    .then(|| finder.find(Input::new(buffer).range(at..)).map(|found| found.start()))
                    .flatten();
            }
        }
        let hit = self.hits.iter().flatten().min().copied();
        let tail = at.max(buffer.len().saturating_sub(forms::KEY - 1));
        let cut = (tail..buffer.len()).find(|index| !self.last && self.forms.may_begin(buffer[*index]));
        [hit, cut].into_iter().flatten().min()
    }
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

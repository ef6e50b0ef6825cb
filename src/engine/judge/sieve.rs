//! `except`: lines that are known are set aside before anything else is judged, and counted.
//!
//! At most one unfinished line is kept. A line over 256 KiB is judged by its beginning and said to be; what follows of it goes
//! the same way. Where nothing is excepted, chunks pass untouched and unread. A `Flow` feeds it.

use super::error::{JudgeError, line_pattern};
use super::finding::{Finding, Saw};
use super::tally::push;
use crate::model::expect::Except;
use regex::bytes::Regex;

/// Bytes of a line that are judged: less than elsewhere, so that all of a judge stays small.
pub(super) const LONGEST: usize = 256 * 1024;

struct Known {
    except: Except,
    regex: Regex,
    lines: u64,
}

/// What becomes of the rest of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Nobody knows yet.
    Open,
    Passes,
    SetAside,
}

/// Lines that pass, and lines that do not.
pub(super) struct Sieve {
    known: Vec<Known>,
    open: Vec<u8>,
    rest: Rest,
    cut: u64,
}

impl Sieve {
    pub(super) fn new<'a>(list: impl Iterator<Item = &'a Except>) -> Result<Self, JudgeError> {
        let known = list.map(|except| {
            if except.matches.is_empty() {
                return Err(JudgeError::EmptyText { key: "except" });
            }
            Ok(Known { except: except.clone(), regex: line_pattern(&except.matches)?, lines: 0 })
        });
        Ok(Self { known: known.collect::<Result<_, _>>()?, open: Vec::new(), rest: Rest::Open, cut: 0 })
    }

    /// Whether everything passes.
    pub(super) fn is_idle(&self) -> bool {
        self.known.is_empty()
    }

    /// Takes a chunk, cut anywhere; hands on what passes.
    pub(super) fn feed(&mut self, chunk: &[u8], pass: &mut dyn FnMut(&[u8])) {
        if self.is_idle() {
            return pass(chunk);
        }
        // What passes is handed on in the largest pieces: most lines do.
        let (mut from, mut at) = (0, 0);
        for end in memchr::memchr_iter(b'\n', chunk).map(|end| end + 1) {
            if !self.line(&chunk[at..end], &chunk[from..at], pass) {
                from = end;
            }
            at = end;
        }
        if from < at {
            pass(&chunk[from..at]);
        }
        self.piece(&chunk[at..], pass);
    }

    /// Judges what stands after the last line break.
    pub(super) fn end(&mut self, pass: &mut dyn FnMut(&[u8])) {
        if !self.open.is_empty() {
            let open = std::mem::take(&mut self.open);
            if !self.is_known(&open) {
                pass(&open);
            }
        }
        self.rest = Rest::Open;
    }

    /// One finding for each of `from` on: they are said, never held against anybody.
    pub(super) fn findings(&self, from: usize) -> Vec<Finding> {
        let note = match self.cut {
            0 => String::new(),
            1 => " (1 line over 256 KiB was judged by its beginning)".to_owned(),
            more => format!(" ({more} lines over 256 KiB were judged by their beginnings)"),
        };
        let said = |known: &Known| {
            let count = if known.lines == 0 { "none".to_owned() } else { known.lines.to_string() };
            let saw = Saw::words(format!("{count} set aside: {}{note}", known.except.because));
            Finding::new(format!("except {}", known.except.matches), saw, true)
        };
        self.known[from..].iter().map(said).collect()
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.open.capacity()
    }

    /// The end of a line, its break included. `waiting` passes before it. True where the line may wait in its turn.
    fn line(&mut self, end: &[u8], waiting: &[u8], pass: &mut dyn FnMut(&[u8])) -> bool {
        if self.rest == Rest::Open && self.open.is_empty() && end.len() <= LONGEST {
            if !self.is_known(end) {
                return true;
            }
            pass_some(waiting, pass);
            return false;
        }
        // A line that began in an earlier chunk is the first of this one: nothing waits.
        pass_some(waiting, pass);
        self.piece(end, pass);
        if self.rest == Rest::Open {
            self.end(pass);
        }
        self.rest = Rest::Open;
        false
    }

    /// A part of a line.
    fn piece(&mut self, bytes: &[u8], pass: &mut dyn FnMut(&[u8])) {
        if self.rest == Rest::Open {
            let room = (LONGEST - self.open.len()).min(bytes.len());
            push(&mut self.open, &bytes[..room], LONGEST);
            if room == bytes.len() {
                return;
            }
            self.cut += 1;
            let beginning = std::mem::take(&mut self.open);
            self.rest = if self.is_known(&beginning) { Rest::SetAside } else { Rest::Passes };
            if self.rest == Rest::Passes {
                pass(&beginning);
                pass(&bytes[room..]);
            }
        } else if self.rest == Rest::Passes {
            pass_some(bytes, pass);
        }
    }

    /// Whether a line is known; it counts for the first that says so.
    fn is_known(&mut self, line: &[u8]) -> bool {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let known = self.known.iter_mut().find(|known| known.regex.is_match(line));
        known.is_some_and(|known| {
            known.lines += 1;
            true
        })
    }
}

fn pass_some(bytes: &[u8], pass: &mut dyn FnMut(&[u8])) {
    if !bytes.is_empty() {
        pass(bytes);
    }
}

//! What the attempts printed, bounded: the beginning, the end, the size and the hash of the whole.
//!
//! Reads as a hostile directory must be read: plain files below its descriptor, never more than the records commit to, a block
//! at a time. What somebody wants taken out is masked over the whole stream before anything is cut, so that no half of a value
//! is left at a border; such an output has no hash, from which the value could be guessed.

use super::redact::Redactor;
use super::take::Taken;
use super::value::{Attempt, Output};
use crate::journal::amend::{Removed, removed};
use crate::journal::dir::output_name;
use crate::journal::hash::{Hash, Running};
use crate::journal::{JournalError, RunDir};
use crate::model::ids::StepIx;
use std::collections::VecDeque;
use std::io::Read;

/// What is kept of the beginning and of the end, bytes.
const HEAD: usize = 4 << 10;
const TAIL: usize = 12 << 10;
const BLOCK: usize = 128 << 10;

/// The outputs of every attempt that printed something, in the order of the plan's steps.
pub fn outputs(dir: &RunDir, taken: &Taken, redactor: &mut Redactor) -> Vec<Output> {
    let printed = taken.attempts.iter().flat_map(|(ix, all)| all.iter().map(move |own| (*ix, own)));
    let printed = printed.filter(|(_, own)| own.bytes > 0);
    let removed = removed(dir);
    let of = |(ix, own): (StepIx, &Attempt)| {
        output((dir, &removed), taken, (ix, own.attempt, own.bytes, own.lines), redactor)
    };
    printed.map(of).collect()
}

fn output(
    (dir, removed): (&RunDir, &Removed),
    taken: &Taken,
    (ix, attempt, bytes, lines): (StepIx, u32, u64, u64),
    redactor: &mut Redactor,
) -> Output {
    let step = taken.plan.step(ix);
    let file = output_name(&step.id, attempt);
    let mut own = Output {
        step: step.id.0.clone(),
        number: super::rows::number(&taken.plan, ix),
        attempt,
        file: file.clone(),
        bytes,
        lines,
        ..Output::default()
    };
    let over = |from: u64, block: &mut [u8]| removed.over(&step.id, attempt, from, block);
    match excerpt(dir, (&file, bytes), (redactor, &over)) {
        Ok(found) => found.into(&mut own),
        Err(why) => own.problem = Some(why.chain()),
    }
    own
}

/// The beginning and the end of a stream.
#[derive(Default)]
struct Excerpt {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    kept: u64,
    read: u64,
    hash: Option<Hash>,
}

/// Puts what was said of it over what was taken out after the seal, in bytes from a place on.
type Over<'a> = &'a dyn Fn(u64, &mut [u8]);

fn excerpt(
    dir: &RunDir,
    (file, bytes): (&str, u64),
    (redactor, over): (&mut Redactor, Over<'_>),
) -> Result<Excerpt, JournalError> {
    let mut from = dir.read(file)?.take(bytes);
    let (mut found, mut hash, mut block) = (Excerpt::default(), Running::new(), vec![0; BLOCK]);
    let mut masker = redactor.stream();
    loop {
        let count = from.read(&mut block).map_err(JournalError::io("read", file))?;
        if count == 0 {
            break;
        }
        hash.update(&block[..count]);
        over(found.read, &mut block[..count]);
        found.read += count as u64;
        found.keep(&masker.push(&block[..count]));
    }
    found.keep(&masker.end());
    let replaced = masker.replaced();
    redactor.count(&replaced);
    found.hash = replaced.is_empty().then(|| Hash::end(hash));
    Ok(found)
}

impl Excerpt {
    fn keep(&mut self, bytes: &[u8]) {
        self.kept += bytes.len() as u64;
        let (head, rest) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(head);
        // Of a large block only the end can be in the tail.
        let rest = &rest[rest.len().saturating_sub(TAIL)..];
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..over);
    }

    fn into(self, own: &mut Output) {
        let (mut head, mut tail) = (self.head, Vec::from(self.tail));
        if self.read < own.bytes {
            own.problem = Some(format!("the file has {} of {} bytes", self.read, own.bytes));
        }
        if self.kept <= (HEAD + TAIL) as u64 {
            head.append(&mut tail);
        } else {
            // Whole lines, where there are lines.
            let end = head.iter().rposition(|byte| *byte == b'\n').map_or(head.len(), |at| at + 1);
            head.truncate(end);
            let begin = tail.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            tail.drain(..if begin < tail.len() { begin } else { 0 });
        }
        own.left_out = self.kept - head.len() as u64 - tail.len() as u64;
        own.sha256 = self.hash.map(|hash| hash.hex());
        (own.head, own.tail) = (text(&head), text(&tail));
    }
}

/// Bytes as text: what is not UTF-8 as `\xNN`, colours left out, since they say nothing here; all else as it is.
fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    without_colours(&text)
}

/// Without `ESC [ … m`.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        plain.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let end = inside.find(|letter: char| !matches!(letter, '0'..='9' | ';' | ':')).unwrap_or(inside.len());
        match inside[end..].strip_prefix('m') {
            Some(behind) => rest = behind,
            None => {
                plain.push_str("\x1b[");
                rest = inside;
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pieces: &[&[u8]]) -> Output {
        let mut excerpt = Excerpt::default();
        for piece in pieces {
            excerpt.read += piece.len() as u64;
            excerpt.keep(piece);
        }
        let mut own = Output { bytes: excerpt.read, ..Output::default() };
        excerpt.into(&mut own);
        own
    }

    #[test]
    fn a_short_output_is_whole_and_a_long_one_keeps_both_ends_in_whole_lines() {
        let own = kept(&[b"one\n", b"two\n"]);
        assert_eq!((own.head.as_str(), own.tail.as_str(), own.left_out), ("one\ntwo\n", "", 0));
        let lines: String = (0..100_000).map(|at| format!("line {at}\n")).collect();
        let own = kept(&[&lines.as_bytes()[..777_777], &lines.as_bytes()[777_777..]]);
        assert!(own.head.starts_with("line 0\n") && own.head.ends_with('\n'));
        assert!(own.tail.starts_with("line ") && own.tail.ends_with("line 99999\n"));
        assert_eq!(own.left_out as usize, lines.len() - own.head.len() - own.tail.len());
        assert!(own.head.len() <= HEAD && own.tail.len() <= TAIL);
        let own = kept(&[&vec![b'x'; 100_000]]);
        assert_eq!((own.head.len(), own.tail.len()), (HEAD, TAIL));
    }

    #[test]
    fn colours_go_and_every_other_escape_stays_to_be_made_visible() {
        assert_eq!(text(b"\x1b[1;32mok\x1b[m \x1b[2J\xff\x1b["), "ok \x1b[2J\\xff\x1b[");
    }
}

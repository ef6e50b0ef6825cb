//! The log of a run: what stood out, in order, only ever appended to.
//!
//! Kept in shared pieces, so that a copy of a state costs no copy of its log: a replay keeps many states of one run, and a log
//! may have as many lines as the journal. `RunState::apply` appends; screens, lines and reports read.

use super::Entry;
use std::sync::Arc;

/// Lines of one piece.
const PIECE: usize = 1024;

/// Lines in order. A clone shares all but the last piece.
#[derive(Clone, Debug, Default)]
pub struct Log {
    full: Vec<Arc<Vec<Entry>>>,
    last: Vec<Entry>,
}

impl Log {
    /// How many lines.
    pub fn len(&self) -> usize {
        self.full.len() * PIECE + self.last.len()
    }

    /// Whether nothing stood out yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The line at a place.
    pub fn get(&self, at: usize) -> Option<&Entry> {
        match self.full.get(at / PIECE) {
            Some(piece) => piece.get(at % PIECE),
            None => self.last.get(at - self.full.len() * PIECE),
        }
    }

    /// The last line.
    pub fn last(&self) -> Option<&Entry> {
        self.last.last().or_else(|| self.full.last()?.last())
    }

    /// All lines, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> + Clone {
        self.full.iter().flat_map(|piece| piece.iter()).chain(&self.last)
    }

    /// The first so many lines, all where there are fewer.
    pub fn beginning(&self, len: usize) -> Self {
        let (pieces, rest) = (len / PIECE, len % PIECE);
        match self.full.get(pieces) {
            Some(piece) => Self { full: self.full[..pieces].to_vec(), last: piece[..rest].to_vec() },
            None => {
                let rest = len.saturating_sub(self.full.len() * PIECE).min(self.last.len());
                Self { full: self.full.clone(), last: self.last[..rest].to_vec() }
            }
        }
    }

    /// How many lines stand for records up to this one.
    pub fn up_to(&self, seq: u64) -> usize {
        let pieces = self.full.partition_point(|piece| piece.last().is_some_and(|entry| entry.seq.0 <= seq));
        let piece = self.full.get(pieces).map_or(&self.last, |piece| piece.as_ref());
        pieces * PIECE + piece.partition_point(|entry| entry.seq.0 <= seq)
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.last.push(entry);
        if self.last.len() == PIECE {
            let piece = std::mem::replace(&mut self.last, Vec::with_capacity(PIECE));
            self.full.push(Arc::new(piece));
        }
    }
}

impl PartialEq for Log {
    fn eq(&self, other: &Self) -> bool {
        let same = |(one, two): (&Arc<Vec<Entry>>, &Arc<Vec<Entry>>)| Arc::ptr_eq(one, two) || one == two;
        self.full.len() == other.full.len() && self.last == other.last && self.full.iter().zip(&other.full).all(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::Seq;
    use crate::model::time::Stamp;

    fn log(lines: u64) -> Log {
        let mut log = Log::default();
        for line in 0..lines {
            let text = format!("line {line}");
            log.push(Entry { seq: Seq(2 * line + 1), at: Stamp::default(), step: None, word: "note", text, who: None });
        }
        log
    }

    #[test]
    fn its_beginning_is_what_it_was_then_and_grows_as_it_did() {
        for lines in [0, 1, 1023, 1024, 1025, 2048, 3000] {
            let whole = log(3000);
            let mut then = whole.beginning(lines as usize);
            assert_eq!(then, log(lines), "at {lines}");
            assert_eq!(then.len(), lines as usize);
            for line in lines..3000 {
                then.push(whole.get(line as usize).expect("it is there").clone());
            }
            assert_eq!(then, whole);
        }
        assert_eq!(log(3000).beginning(9000), log(3000));
    }

    #[test]
    fn lines_are_found_by_their_place_and_by_their_record() {
        let log = log(3000);
        assert_eq!(
            log.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(),
            (0..3000).map(|n| 2 * n + 1).collect::<Vec<_>>()
        );
        assert_eq!(log.iter().next_back(), log.last());
        for (seq, lines) in [(0, 0), (1, 1), (2, 1), (3, 2), (2047, 1024), (2048, 1024), (2049, 1025), (9999, 3000)] {
            assert_eq!(log.up_to(seq), lines, "up to record {seq}");
        }
        assert!(log.get(2999).is_some() && log.get(3000).is_none());
    }
}

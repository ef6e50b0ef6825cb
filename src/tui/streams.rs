//! Which bytes of an attempt's output came from which stream: kept beside the state, which only counts them.
//!
//! Bounded: of an attempt that changes its stream very often the last runs are known, and of a long run its last attempts.
//! What is not known is not marked, never guessed. The app notes each record; the views and the pager ask.

use crate::model::ids::{Attempt, StepIx};
use crate::model::output::{Extent, Stream};
use std::collections::{BTreeMap, VecDeque};

/// So many runs of bytes are remembered of an attempt.
const RUNS: usize = 4096;
/// So many attempts are.
const ATTEMPTS: usize = 64;

/// Runs of bytes of one stream, in order: offset, length, stream.
pub type Extents = VecDeque<(u64, u64, Stream)>;

/// The streams of the attempts that printed last.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    of: BTreeMap<(usize, Attempt), Extents>,
    order: VecDeque<(usize, Attempt)>,
}

impl Streams {
    /// Takes a record of output over.
    pub fn note(&mut self, step: StepIx, attempt: Attempt, extent: &Extent) {
        let key = (step.0, attempt);
        if !self.of.contains_key(&key) {
            self.order.push_back(key);
        }
        while self.order.len() > ATTEMPTS {
            if let Some(oldest) = self.order.pop_front() {
                self.of.remove(&oldest);
            }
        }
        let runs = self.of.entry(key).or_default();
        match runs.back_mut() {
            Some((off, len, stream)) if *off + *len == extent.off && *stream == extent.stream => *len += extent.len,
            Some(_) | None => runs.push_back((extent.off, extent.len, extent.stream)),
        }
        while runs.len() > RUNS {
            runs.pop_front();
        }
    }

    /// What is known of an attempt.
    pub fn of(&self, step: StepIx, attempt: Attempt) -> Option<&Extents> {
        self.of.get(&(step.0, attempt))
    }
}

/// The stream that a byte came from, where that is known.
pub fn stream_at(extents: &Extents, byte: u64) -> Option<Stream> {
    let after = extents.partition_point(|(off, _, _)| *off <= byte);
    let (off, len, stream) = extents.get(after.checked_sub(1)?)?;
    (byte - off < *len).then_some(*stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(off: u64, len: u64, stream: Stream) -> Extent {
        Extent { stream, off, len, lines: 0, sha256: String::new(), masked: Vec::new() }
    }

    #[test]
    fn what_is_known_is_bounded_and_the_newest_is_kept() {
        let mut streams = Streams::default();
        for run in 0..10_000_u64 {
            let stream = if run % 2 == 0 { Stream::Out } else { Stream::Err };
            streams.note(StepIx(0), 1, &extent(run * 2, 2, stream));
        }
        let known = streams.of(StepIx(0), 1).expect("it printed");
        assert_eq!(known.len(), RUNS);
        assert_eq!(stream_at(known, 19_999), Some(Stream::Err));
        assert_eq!((stream_at(known, 0), stream_at(known, 20_000)), (None, None));
        for attempt in 2..200 {
            streams.note(StepIx(0), attempt, &extent(0, 1, Stream::Out));
        }
        assert_eq!(streams.of.len(), ATTEMPTS);
        assert!(streams.of(StepIx(0), 199).is_some() && streams.of(StepIx(0), 1).is_none());
    }
}

//! One stream on its way to those who judge it: known lines are set aside, then all else is looked through, counted and kept.
//!
//! Expectation and trip share a flow, and so one kept text, unless the trip sets lines aside of its own: what it does not want
//! to hear of must not be hidden from the expectation. `Judge` feeds it.

use super::error::JudgeError;
use super::reader::Reader;
use super::sieve::Sieve;
use super::tally::{Keep, Tally};
use crate::model::expect::Except;
use crate::model::output::Stream;

/// One stream for one or two readers.
pub(super) struct Flow {
    pub(super) on: Stream,
    /// Bytes that came, with what was set aside.
    pub(super) bytes: u64,
    pub(super) sieve: Sieve,
    pub(super) tally: Tally,
    pub(super) expect: Option<Reader>,
    pub(super) trip: Option<Reader>,
}

impl Flow {
    /// A flow that nobody reads yet. `apart` where a status of HTTP is told apart from the body.
    pub(super) fn new<'a>(
        on: Stream,
        except: impl Iterator<Item = &'a Except>,
        (keep, apart): (Keep, bool),
    ) -> Result<Self, JudgeError> {
        let tally = Tally::new(keep).with_http(apart);
        Ok(Self { on, bytes: 0, sieve: Sieve::new(except)?, tally, expect: None, trip: None })
    }

    /// Takes a chunk, cut anywhere.
    pub(super) fn feed(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        let Self { sieve, tally, expect, trip, .. } = self;
        sieve.feed(chunk, &mut |piece| take(tally, [expect, trip], piece));
    }

    /// No more comes.
    pub(super) fn end(&mut self) {
        let Self { sieve, tally, expect, trip, .. } = self;
        sieve.end(&mut |piece| take(tally, [expect, trip], piece));
        tally.end(&mut |piece| {
            for reader in expect.iter_mut().chain(trip.iter_mut()) {
                reader.feed_body(piece);
            }
        });
        expect.iter_mut().chain(trip).for_each(Reader::end);
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        let readers = self.expect.iter().chain(&self.trip).map(Reader::held_bytes).sum::<usize>();
        self.sieve.held_bytes() + self.tally.held_bytes() + readers
    }
}

fn take(tally: &mut Tally, mut readers: [&mut Option<Reader>; 2], piece: &[u8]) {
    tally.feed(piece, &mut |body| {
        for reader in readers.iter_mut().filter_map(|reader| reader.as_mut()) {
            reader.feed_body(body);
        }
    });
    for reader in readers.iter_mut().filter_map(|reader| reader.as_mut()) {
        reader.feed(piece);
    }
}

//! The hashes of extents: from the bytes that are held anyway, beside the sync of the same bytes.
//!
//! An extent waits without a hash for its commit and never longer: one that got none is an error, not a record. Nothing is
//! queued, so a slow hash makes the commit wait, and with it whoever prints. `Outputs` asks here, once for each commit.

use super::Output;
use crate::journal::hash::{Hash, of_next};
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepId};
use crate::model::time::Stamp;
use std::io::{self, Cursor, Read};

/// Less than this is hashed at once, without a thread beside: starting one takes as long.
const LITTLE: u64 = 64 << 10;

/// An extent that ended.
pub(super) struct Unhashed {
    pub(super) salt: [u8; 32],
    pub(super) off: u64,
    pub(super) len: u64,
}

/// What became of the extents of one attempt, in order.
pub(super) struct Hashed {
    step: StepId,
    attempt: Attempt,
    /// Where each begins, and its hash.
    extents: std::vec::IntoIter<(u64, Hash)>,
}

/// Hashes every extent that has no hash, and does something else meanwhile.
pub(super) fn hashed<T>(outputs: &[Output], meanwhile: impl FnOnce() -> T) -> (io::Result<Vec<Hashed>>, T) {
    let bytes: u64 = outputs.iter().flat_map(|output| &output.unhashed).map(|extent| extent.len).sum();
    if bytes < LITTLE {
        return (all(outputs), meanwhile());
    }
    std::thread::scope(|scope| {
        let hashing = std::thread::Builder::new().name("hash".into()).spawn_scoped(scope, || all(outputs));
        let done = meanwhile();
        let hashes = match hashing {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // No thread to be had: then one after the other.
            Err(_) => all(outputs),
        };
        (hashes, done)
    })
}

fn all(outputs: &[Output]) -> io::Result<Vec<Hashed>> {
    let mut messages = Vec::new();
    for output in outputs {
        let mut held = Held { chunks: &output.log.unsynced, at: 0 };
        let mut from = output.log.synced;
        for extent in &output.unhashed {
            let ahead = extent.off.checked_sub(from);
            held.skip(ahead.ok_or_else(|| io::Error::other("an extent is not held any more"))?);
            let salted = Cursor::new(extent.salt).chain(held.clone());
            messages.push((salted, extent.len + extent.salt.len() as u64));
            from = extent.off;
        }
    }
    let mut hashes = messages.into_iter().map(|(bytes, length)| of_next(bytes, length));
    let of = |output: &Output| {
        let extents: io::Result<Vec<(u64, Hash)>> =
            output.unhashed.iter().zip(&mut hashes).map(|(extent, hash)| Ok((extent.off, hash?))).collect();
        Ok(Hashed { step: output.step.clone(), attempt: output.attempt, extents: extents?.into_iter() })
    };
    outputs.iter().map(of).collect()
}

/// Puts each hash into the fact that waits for it.
pub(super) fn settle(mut hashes: Vec<Hashed>, facts: &mut [(Stamp, Event)]) -> io::Result<()> {
    for (_, fact) in facts {
        let Event::Output { step, attempt, extent } = fact else {
            continue;
        };
        if !extent.sha256.is_empty() {
            continue;
        }
        let of = hashes.iter_mut().find(|of| of.attempt == *attempt && of.step == *step);
        match of.and_then(|of| of.extents.next()) {
            Some((off, hash)) if off == extent.off => extent.sha256 = hash.hex(),
            Some(_) | None => return Err(io::Error::other("an extent has no hash")),
        }
    }
    Ok(())
}

/// Chunks as one run of bytes.
#[derive(Clone)]
struct Held<'a> {
    chunks: &'a [Vec<u8>],
    /// So much of the first is behind.
    at: usize,
}

impl Held<'_> {
    fn skip(&mut self, bytes: u64) {
        let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
        while let Some((first, later)) = self.chunks.split_first() {
            let here = first.len() - self.at;
            if left < here {
                self.at += left;
                return;
            }
            (self.chunks, self.at, left) = (later, 0, left - here);
        }
    }
}

impl Read for Held<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((first, later)) = self.chunks.split_first() else {
            return Ok(0);
        };
        let here = &first[self.at..];
        let count = here.len().min(buffer.len());
        buffer[..count].copy_from_slice(&here[..count]);
        self.at += count;
        if self.at == first.len() {
            (self.chunks, self.at) = (later, 0);
        }
        Ok(count)
    }
}

//! A file with some of its bytes overwritten: each by `#`, so that nothing moves and the length stays.
//!
//! Reads the file in blocks and hands on what it would be; whoever calls writes that somewhere, or only wants its hash. Never
//! touches the file itself.

use crate::journal::content::SALT;
use crate::journal::dir::RunDir;
use crate::journal::error::JournalError;
use crate::journal::hash::{Hash, Running};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::ops::Range;

/// Which extents were rightly taken out of which output file, by their numbers from 1.
pub(crate) type Blanks = BTreeMap<String, BTreeSet<u64>>;

const BLOCK: usize = 128 << 10;
/// What stands in place of every byte.
const FILL: u8 = b'#';

/// Whether all of this was overwritten.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == FILL)
}

/// Where the digits of a salt stand in its file; its line feed stays.
pub(super) fn salt_of(number: u64) -> Range<u64> {
    let from = (number - 1) * SALT as u64;
    from..from + SALT as u64 - 1
}

/// Hands a file on with these ranges overwritten, and gives the hash of that.
pub(super) fn blanked(
    dir: &RunDir,
    name: &str,
    ranges: &[Range<u64>],
    to: &mut impl Write,
) -> Result<Hash, JournalError> {
    let (mut file, mut block, mut at, mut hash) = (dir.read(name)?, vec![0; BLOCK], 0, Running::new());
    loop {
        let count = match file.read(&mut block) {
            Ok(count) => count,
            Err(why) if why.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(why) => return Err(JournalError::io("read", name)(why)),
        };
        if count == 0 {
            return Ok(Hash::end(hash));
        }
        fill(&mut block[..count], at, ranges);
        hash.update(&block[..count]);
        to.write_all(&block[..count]).map_err(JournalError::io("write", super::NEW))?;
        at += count as u64;
    }
}

/// Overwrites what of the ranges lies in a block that begins at `at`.
fn fill(block: &mut [u8], at: u64, ranges: &[Range<u64>]) {
    let end = at + block.len() as u64;
    for range in ranges {
        let (from, to) = (range.start.max(at), range.end.min(end));
        if from < to {
            block[(from - at) as usize..(to - at) as usize].fill(FILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_overwritten_wherever_the_blocks_are_cut() {
        let text: Vec<u8> = (0..100).collect();
        let ranges = [3..5, 20..21, 40..90];
        let mut whole = text.clone();
        fill(&mut whole, 0, &ranges);
        for (at, byte) in (0_u64..).zip(&whole) {
            let taken = ranges.iter().any(|range| range.contains(&at));
            assert_eq!(*byte, if taken { FILL } else { at as u8 });
        }
        for size in 1..60 {
            let mut pieces = text.clone();
            let mut at = 0;
            for block in pieces.chunks_mut(size) {
                fill(block, at, &ranges);
                at += block.len() as u64;
            }
            assert_eq!(pieces, whole, "{size}");
        }
    }
}

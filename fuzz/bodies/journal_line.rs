//! Any bytes as a line of a journal: never a panic, and a line that is read is written again as the same bytes.
//!
//! The second half is what makes a changed byte show: two spellings of one record would be a place to hide.
//!
//! The fuzz target of this name and `tests/fuzzed.rs` call it.

use tminus::journal::line::{Minor, decode, encode};

/// One try.
pub fn try_one(bytes: &[u8]) {
    let _ = decode(bytes, Minor::Newer);
    if let Ok(line) = decode(bytes, Minor::Ours) {
        let again = encode(&line.record, &line.prev).expect("what was read can be written");
        assert_eq!(again, bytes);
    }
}

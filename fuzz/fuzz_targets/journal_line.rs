//! Any bytes as a line of a journal: never a panic, and a line that is read is written again as the same bytes.
//!
//! The second half is what makes a changed byte show: two spellings of one record would be a place to hide.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tminus::journal::line::{Minor, decode, encode};

fuzz_target!(|bytes: &[u8]| {
    let _ = decode(bytes, Minor::Newer);
    if let Ok(line) = decode(bytes, Minor::Ours) {
        let again = encode(&line.record, &line.prev).expect("what was read can be written");
        assert_eq!(again, bytes);
    }
});

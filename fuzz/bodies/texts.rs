//! Any bytes as each of the small texts beside a journal: a signed text, a list of keys, a signature. Never a panic, and what
//! is read is written again as the same bytes.
//!
//! The fuzz target of this name and `tests/fuzzed.rs` call it.

use tminus::journal::ckpt::Ckpt;
use tminus::journal::keys::allowed::AllowedSigners;
use tminus::journal::keys::sshsig;
use tminus::model::signed::SignedText;
use tminus::model::text::shown_bytes;

/// One try.
pub fn try_one(bytes: &[u8]) {
    let _ = AllowedSigners::parse(bytes).refused().len();
    let _ = sshsig::named_key(bytes);
    assert!(sshsig::check(bytes, "seal@tminus", b"nobody signed this").is_err(), "any bytes pass for a signature");
    let _ = shown_bytes(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(signed) = SignedText::decode(text) {
        assert_eq!(signed.encode(), text, "two spellings of one text");
    }
    if let Some((realm, run, ckpt)) = Ckpt::read(text) {
        assert_eq!(ckpt.text(realm, &run), text, "two spellings of one checkpoint");
    }
}

//! Checkpoints: what the run key signs, over everything before it in its part.
//!
//! The text says where the line stands and what is before it, so that the line can be built again from text and signature
//! and nothing in it is free. Nothing here reads files; the writer makes checkpoints, `reader::chain` judges them.

use crate::journal::hash::{Hash, hex};
use crate::journal::keys::{RunKey, run_key};
use crate::model::event::Event;
use crate::model::ids::{RunId, Seq};
use crate::model::signed::{Realm, SignedText};
use crate::model::time::Stamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Which key signs after a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The same.
    Same,
    /// This one; the private half of the former is wiped once the checkpoint is on disk.
    Key([u8; 32]),
    /// None: the run ended.
    End,
}

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ckpt {
    /// The part that it stands in, from 1.
    pub part: u32,
    /// Its own number.
    pub seq: Seq,
    /// The hash of the line before it.
    pub prev: Hash,
    /// When it was made.
    pub at: Stamp,
    /// How many lines of this part are before it.
    pub records: u64,
    /// How many bytes of this part are before it.
    pub bytes: u64,
    /// Their hash.
    pub sha256: Hash,
    /// The hash of the line of the checkpoint before this one, of any part.
    pub before: Option<Hash>,
    /// The key that signs it.
    pub key: [u8; 32],
    /// The key that signs from here on.
    pub next: Next,
}

impl Ckpt {
    /// The text that is signed.
    pub fn text(&self, realm: Realm, run: &RunId) -> String {
        let next = match self.next {
            Next::Same => String::new(),
            Next::Key(key) => hex(&key),
            Next::End => "end".to_owned(),
        };
        SignedText::new("ckpt", realm, run)
            .with("part", self.part)
            .with("seq", self.seq)
            .with("prev", self.prev)
            .with("t", self.at.wall)
            .with("m", self.at.mono)
            .with("records", self.records)
            .with("bytes", self.bytes)
            .with("sha256", self.sha256)
            .with("ckpt", self.before.map_or(String::new(), |hash| hash.hex()))
            .with("key", hex(&self.key))
            .with("next", next)
            .encode()
    }

    /// The event: the text and its signature by `key`.
    pub fn sign(&self, realm: Realm, run: &RunId, key: &RunKey) -> Event {
        let text = self.text(realm, run);
        let sig = STANDARD.encode(key.sign(text.as_bytes()));
        Event::Ckpt { text, sig }
    }

    /// Reads a text; `None` for anything that `text` would not have written byte for byte.
    pub fn read(text: &str) -> Option<(Realm, RunId, Self)> {
        let signed = SignedText::decode(text)?;
        let number = |key: &str| signed.get(key)?.parse::<u64>().ok();
        let hash = |key: &str| Hash::parse(signed.get(key)?);
        let next = match signed.get("next") {
            None => Next::Same,
            Some("end") => Next::End,
            Some(key) => Next::Key(Hash::parse(key)?.0),
        };
        let before = match signed.get("ckpt") {
            None => None,
            Some(text) => Some(Hash::parse(text)?),
        };
        let ckpt = Self {
            part: signed.get("part")?.parse().ok()?,
            seq: Seq(number("seq")?),
            prev: hash("prev")?,
            at: Stamp { wall: signed.get("t")?.parse().ok()?, mono: number("m")? },
            records: number("records")?,
            bytes: number("bytes")?,
            sha256: hash("sha256")?,
            before,
            key: hash("key")?.0,
            next,
        };
        let (realm, run) = (signed.realm, signed.run);
        (ckpt.text(realm, &run) == text).then_some((realm, run, ckpt))
    }
}

/// Whether `key` signed this text.
pub fn signed_by(key: &[u8; 32], text: &str, sig: &str) -> bool {
    // The decoder refuses other spellings of the same bytes (padding, trailing bits), so a signature has one.
    let Ok(bytes) = STANDARD.decode(sig) else {
        return false;
    };
    <[u8; 64]>::try_from(bytes).is_ok_and(|bytes| run_key::verify(key, text.as_bytes(), &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ckpt(key: &RunKey) -> Ckpt {
        Ckpt {
            part: 2,
            seq: Seq(9),
            prev: Hash::of(b"p"),
            at: Stamp { wall: 5, mono: 6 },
            records: 3,
            bytes: 400,
            sha256: Hash::of(b"x"),
            before: None,
            key: key.public(),
            next: Next::Key([7; 32]),
        }
    }

    #[test]
    fn a_checkpoint_reads_back_and_every_bit_of_it_is_signed() {
        let key = RunKey::generate();
        let run = RunId::from("0001-x");
        for next in [Next::Same, Next::Key([7; 32]), Next::End] {
            let ckpt = Ckpt { next, ..ckpt(&key) };
            let Event::Ckpt { text, sig } = ckpt.sign(Realm::Live, &run, &key) else {
                panic!("not a checkpoint");
            };
            assert_eq!(Ckpt::read(&text), Some((Realm::Live, run.clone(), ckpt)));
            assert!(signed_by(&key.public(), &text, &sig));
            for bit in 0..sig.len() * 8 {
                let mut odd = sig.clone().into_bytes();
                odd[bit / 8] ^= 1 << (bit % 8);
                let odd = String::from_utf8_lossy(&odd).into_owned();
                assert!(!signed_by(&key.public(), &text, &odd), "bit {bit}");
            }
        }
    }

    #[test]
    fn a_text_with_a_field_more_or_less_is_none() {
        let key = RunKey::generate();
        let text = ckpt(&key).text(Realm::Drill, &RunId::from("0001-x"));
        assert!(Ckpt::read(&text).is_some());
        assert_eq!(Ckpt::read(&format!("{text}more: 1\n")), None);
        for line in text.lines() {
            assert_eq!(Ckpt::read(&text.replace(&format!("{line}\n"), "")), None, "{line}");
        }
    }
}

//! Heads: the last acknowledged checkpoint of a run, kept where the run directory's owner cannot cut it back unnoticed.
//!
//! A head is a part, a length and the hash of a checkpoint line; its code is what people read aloud. `Heads` keeps one small
//! file a run in a directory that the caller names. It is never synced: it is written after the journal was, so it can only
//! be behind. The conductor and each client update it; `recover` compares.

use crate::journal::error::JournalError;
use crate::journal::hash::Hash;
use crate::model::ids::{RunId, Seq};
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Where a journal is acknowledged up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The part.
    pub part: u32,
    /// The number of its last checkpoint.
    pub seq: Seq,
    /// The length of the part, that checkpoint's line included.
    pub bytes: u64,
    /// The hash of that line.
    pub ckpt: Hash,
}

impl Head {
    /// 20 base32 characters in groups of four: 100 bits, for reports and sign-offs.
    pub fn code(&self) -> String {
        let letters = base32(&self.ckpt.0);
        let groups: Vec<&str> = (0..5).map(|group| &letters[group * 4..group * 4 + 4]).collect();
        groups.join("-")
    }

    /// The first 8 of them, for the screen: against mistakes, not against the operator.
    pub fn short_code(&self) -> String {
        self.code()[..9].to_owned()
    }

    fn line(&self) -> String {
        format!("{} {} {} {}\n", self.part, self.seq, self.bytes, self.ckpt)
    }

    fn read(text: &str) -> Option<Self> {
        // The first line counts; what a longer former one left behind it does not.
        let words: Vec<&str> = text.split_once('\n')?.0.split(' ').collect();
        let [part, seq, bytes, ckpt] = words[..] else {
            return None;
        };
        Some(Self {
            part: part.parse().ok()?,
            seq: Seq(seq.parse().ok()?),
            bytes: bytes.parse().ok()?,
            ckpt: Hash::parse(ckpt)?,
        })
    }
}

fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bit = |at: usize| usize::from(bytes[at / 8] >> (7 - at % 8) & 1);
    let letter = |group: usize| (0..5).fold(0, |value, place| value << 1 | bit(group * 5 + place));
    (0..20).map(|group| char::from(LETTERS[letter(group)])).collect()
}

/// The file of one run's head.
pub struct Heads {
    file: File,
    name: String,
}

impl Heads {
    /// Opens or makes the file of `run` in `dir`, which must exist.
    pub fn open(dir: &Path, run: &RunId) -> Result<Self, JournalError> {
        let path = path(dir, run);
        let name = path.display().to_string();
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::open(&path, flags, Mode::from_raw_mode(0o600))
            .map_err(JournalError::io("open", name.clone()))?;
        let file = File::from(file);
        Ok(Self { file, name })
    }

    /// Keeps a head.
    pub fn keep(&self, head: &Head) -> Result<(), JournalError> {
        self.file.write_all_at(head.line().as_bytes(), 0).map_err(JournalError::io("write", self.name.clone()))
    }

    /// The head that was kept for `run`; `None` where there is none or its file cannot be understood.
    pub fn of(dir: &Path, run: &RunId) -> Option<Head> {
        let text = std::fs::read(path(dir, run)).ok()?;
        Head::read(std::str::from_utf8(text.get(..text.len().min(256))?).ok()?)
    }
}

fn path(dir: &Path, run: &RunId) -> PathBuf {
    dir.join(run.as_str().replace('/', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_kept_and_read_back_also_after_a_longer_one() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunId::from("0001-x");
        let heads = Heads::open(dir.path(), &run).unwrap();
        let mut head = Head { part: 12, seq: Seq(100), bytes: 123_456, ckpt: Hash::of(b"a") };
        for part in [12, 3] {
            head.part = part;
            heads.keep(&head).unwrap();
            assert_eq!(Heads::of(dir.path(), &run), Some(head.clone()));
        }
        assert_eq!(Heads::of(dir.path(), &RunId::from("0002-y")), None);
    }

    #[test]
    fn a_code_is_five_groups_of_base32() {
        let head = Head { part: 1, seq: Seq(1), bytes: 1, ckpt: Hash([0xff; 32]) };
        assert_eq!(head.code(), "7777-7777-7777-7777-7777");
        let head = Head { ckpt: Hash::of(b"abc"), ..head };
        // printf ba7816bf8f01cfea4141 | xxd -r -p | base32 | cut -c1-20
        assert_eq!(head.code().replace('-', ""), "xj4bnp4pahh6uqkbidpf");
        assert_eq!(head.short_code(), "xj4b-np4p");
    }
}

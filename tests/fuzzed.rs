//! The bodies of the fuzz targets, tried on what they begin with and on a bounded amount of garbage, so that no toolchain but ours
//! is needed to see that they still compile, that their seeds hold, and that nothing near at hand breaks them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic in a test is the report")]

#[path = "../fuzz/bodies/journal.rs"]
mod journal;
#[path = "../fuzz/bodies/journal_line.rs"]
mod journal_line;
#[path = "../fuzz/bodies/runbook.rs"]
mod runbook;
#[path = "../fuzz/bodies/texts.rs"]
mod texts;

use std::path::Path;

/// The same garbage each time.
struct Garbage(u64);

impl Garbage {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    /// Changes some bytes: another value, gone, twice, cut off.
    fn change(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(changed.len());
            match self.below(5) {
                _ if changed.is_empty() => changed.push(0),
                0 => changed[at] = u8::try_from(self.below(256)).unwrap(),
                1 => drop(changed.remove(at)),
                2 => changed.insert(at, changed[at]),
                3 => changed[at] ^= 1 << self.below(8),
                _ => changed.truncate(at),
            }
        }
        changed
    }
}

/// Every file below a folder, in order.
fn files(folder: &Path, found: &mut Vec<Vec<u8>>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() { files(&entry, found) } else { found.push(std::fs::read(entry).unwrap()) }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    files(Path::new("fuzz/seeds"), &mut found);
    assert!(found.len() > 5, "the seeds are gone");
    found
}

fn try_all(begin_with: &[Vec<u8>], each: usize, try_one: fn(&[u8])) {
    let mut garbage = Garbage(0x9e37_79b9_7f4a_7c15);
    for bytes in begin_with.iter().map(Vec::as_slice).chain([b"".as_slice(), b"\0", b"\xff\xfe"]) {
        try_one(bytes);
        for _ in 0..each {
            try_one(&garbage.change(bytes));
        }
    }
}

#[test]
fn garbage_in_the_place_of_a_runs_file_ends_in_words() {
    let seeds = seeds();
    // The first byte says which file of the run it is instead of.
    for which in 0..8u8 {
        let begin_with: Vec<Vec<u8>> = seeds.iter().map(|seed| [&[which], seed.as_slice()].concat()).collect();
        try_all(&begin_with, 1, journal::try_one);
    }
    // The target keeps its copy of the run for as long as its process lives.
    let _ = std::fs::remove_dir_all(std::env::temp_dir().join(format!("tminus-fuzz-{}", std::process::id())));
}

#[test]
fn garbage_as_a_line_or_a_small_text_ends_in_words() {
    let seeds = seeds();
    let lines = seeds.iter().flat_map(|seed| seed.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec));
    let lines: Vec<Vec<u8>> = lines.take(60).collect();
    try_all(&lines, 20, journal_line::try_one);
    try_all(&seeds, 60, texts::try_one);
    try_all(&lines, 10, texts::try_one);
}

#[test]
fn garbage_as_a_runbook_ends_in_words() {
    let mut books = Vec::new();
    files(Path::new("tests/good"), &mut books);
    assert!(!books.is_empty());
    books.sort_by_key(Vec::len);
    books.truncate(6);
    try_all(&books, 8, runbook::try_one);
}

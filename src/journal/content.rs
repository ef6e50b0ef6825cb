//! Bytes on disk against what was recorded of them: extents with their salts, and whole files.
//!
//! Work is cut into pieces that all cores take from one list: the largest whole files first, since a file's hash is one chain
//! that cannot be cut, and beside them extents, which can, and are hashed many at once. Files are read in blocks, none is
//! in memory. The seal and `verify` ask here; nothing is written.

use crate::journal::amend::{Blanks, is_blank};
use crate::journal::dir::{RunDir, output_name, salt_name};
use crate::journal::error::JournalError;
use crate::journal::facts::Printed;
use crate::journal::hash::{Hash, Running, of_next};
use crate::model::ids::{Attempt, Seq, StepId};
use crate::model::output::Extent;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::FileExt;
use std::sync::Mutex;

const BLOCK: usize = 256 << 10;
/// Not worth a second thread.
const LITTLE: u64 = 1 << 20;
/// How many extents one piece of work has: 32 MiB of a flood.
const EXTENTS: usize = 32;

/// What does not hold of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The record that commits to it, where one does.
    pub(crate) seq: Option<Seq>,
    /// The file.
    pub(crate) name: String,
    /// From which byte of it on.
    pub(crate) byte: Option<u64>,
    /// Why.
    pub(crate) why: String,
}

/// What is found of files.
#[derive(Default)]
pub(crate) struct Found {
    /// What does not hold.
    pub(crate) wrong: Vec<Wrong>,
    /// The hashes of the files that were asked for.
    pub(crate) whole: Vec<(String, Hash)>,
    /// Files that hold more than their records say, rightly: how many bytes.
    pub(crate) behind: Vec<(String, u64)>,
}

enum Job<'a> {
    Extents { name: String, extents: &'a [(Seq, Extent)], salts: Vec<u8>, gone: Vec<bool> },
    Whole(String),
}

impl Job<'_> {
    /// How many bytes of extents it is; whole files are counted by themselves.
    fn length(&self) -> u64 {
        match self {
            Job::Extents { extents, .. } => extents.iter().map(|(_, extent)| extent.len).sum(),
            Job::Whole(_) => 0,
        }
    }
}

/// Judges every attempt's output, and hashes `whole` files. Of extents in `blanks` it takes that they are overwritten, or there.
pub(crate) fn judge<'a>(
    dir: &RunDir,
    printed: impl Iterator<Item = (&'a (StepId, Attempt), &'a Printed)>,
    (whole, blanks): (&[String], &Blanks),
) -> Found {
    let mut found = Found::default();
    let mut jobs: Vec<Job> = Vec::new();
    for ((step, attempt), printed) in printed {
        if printed.extents.is_empty() {
            continue;
        }
        let name = output_name(step, *attempt);
        let lengths = lengths(dir, (&name, &salt_name(step, *attempt)), printed, &mut found);
        let Some(salts) = lengths else {
            continue;
        };
        let taken = blanks.get(&name);
        let gone: Vec<bool> = (1..=printed.extents.len() as u64)
            .map(|number| taken.is_some_and(|taken| taken.contains(&number)))
            .collect();
        let salts = salts.chunks(EXTENTS * SALT).zip(gone.chunks(EXTENTS));
        for (extents, (salts, gone)) in printed.extents.chunks(EXTENTS).zip(salts) {
            let (salts, gone) = (salts.to_vec(), gone.to_vec());
            jobs.push(Job::Extents { name: name.clone(), extents, salts, gone });
        }
    }
    let whole = by_length(dir, whole);
    let recorded: u64 = jobs.iter().map(Job::length).sum();
    let length = recorded + whole.iter().map(|(length, _)| length).sum::<u64>();
    jobs.extend(whole.into_iter().map(|(_, name)| Job::Whole(name)));
    let found = Mutex::new(found);
    let jobs = Mutex::new(jobs);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let all = || {
        // Taken from the end: whole files, the longest first, then many small pieces of extents.
        while let Some(job) = next(&jobs) {
            work(dir, job, &found);
        }
    };
    std::thread::scope(|scope| {
        // This thread is one of them; where there is little to do it is the only one.
        for _ in 1..if length < LITTLE { 1 } else { threads } {
            scope.spawn(all);
        }
        all();
    });
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.wrong.sort_by(|one, other| (&one.seq, &one.name).cmp(&(&other.seq, &other.name)));
    found.whole.sort();
    found
}

/// The shortest first; one that cannot be looked at says so when it is read.
fn by_length(dir: &RunDir, names: &[String]) -> Vec<(u64, String)> {
    let length = |name: &String| dir.read(name).ok().and_then(|file| Some(file.metadata().ok()?.len())).unwrap_or(0);
    let mut names: Vec<(u64, String)> = names.iter().map(|name| (length(name), name.clone())).collect();
    names.sort();
    names
}

/// A line of a salt file: 64 digits and a line feed.
pub(crate) const SALT: usize = 65;

fn next<'a>(jobs: &Mutex<Vec<Job<'a>>>) -> Option<Job<'a>> {
    jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop()
}

/// Whether log and salts are as long as their records say; gives the salts.
fn lengths(dir: &RunDir, (log, salt): (&str, &str), printed: &Printed, found: &mut Found) -> Option<Vec<u8>> {
    let (last, _) = *printed.extents.last().map(|(seq, extent)| (seq, extent)).as_ref()?;
    let mut say = |name: &str, why: String| {
        found.wrong.push(Wrong { seq: Some(*last), name: name.to_owned(), byte: None, why });
        None
    };
    let length = match dir.read(log).and_then(|file| file.metadata().map_err(JournalError::io("look at", log))) {
        Ok(stat) => stat.len(),
        Err(error) => return say(log, error.chain()),
    };
    let recorded = printed.length();
    if length < recorded {
        return say(log, format!("it has {length} bytes, its records say {recorded}"));
    }
    let needed = printed.extents.len() * SALT;
    let salts = match dir.read_whole(salt, (needed + (1 << 20)) as u64) {
        Ok(salts) => salts,
        Err(error) => return say(salt, error.chain()),
    };
    if salts.len() < needed {
        return say(salt, "it has fewer salts than its records say".into());
    }
    if length > recorded || salts.len() > needed {
        if !printed.may_be_longer() {
            let name = if length > recorded { log } else { salt };
            return say(name, "it holds more than its records say".into());
        }
        found.behind.push((log.to_owned(), length - recorded));
    }
    Some(salts[..needed].to_vec())
}

fn work(dir: &RunDir, job: Job, found: &Mutex<Found>) {
    let add = |change: &dyn Fn(&mut Found)| {
        change(&mut found.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    };
    let wrong = |seq, name: &str, byte, why: String| {
        let wrong = Wrong { seq, name: name.to_owned(), byte, why };
        add(&|found| found.wrong.push(wrong.clone()));
    };
    match job {
        Job::Whole(name) => match hash_file(dir, &name) {
            Ok(hash) => add(&|found| found.whole.push((name.clone(), hash))),
            Err(error) => wrong(None, &name, None, error.chain()),
        },
        Job::Extents { name, extents, salts, gone } => {
            if let Err(((seq, extent), why)) = judge_extents(dir, &name, extents, (&salts, &gone)) {
                wrong(Some(*seq), &name, Some(extent.off), why);
            }
        }
    }
}

/// A record, what it commits to, and why that is not so.
type NotSo<'a> = (&'a (Seq, Extent), String);

fn judge_extents<'a>(
    dir: &RunDir,
    name: &str,
    extents: &'a [(Seq, Extent)],
    (salts, gone): (&[u8], &[bool]),
) -> Result<(), NotSo<'a>> {
    let Some(first) = extents.first() else {
        return Ok(());
    };
    let file = dir.read(name).map_err(|error| (first, error.chain()))?;
    // An extent that was taken out proves itself by nothing but being overwritten; every other one by its salted hash.
    let blank = |extent: &Extent| overwritten(From { file: &file, at: extent.off }, extent.len);
    let there = extents.iter().zip(salts.chunks(SALT)).zip(gone);
    let there: Vec<(&(Seq, Extent), &[u8])> =
        there.filter(|((recorded, _), gone)| !(**gone && blank(&recorded.1))).map(|(there, _)| there).collect();
    let salted = |((_, extent), salt): &(&(Seq, Extent), &[u8])| {
        let salt = salt.strip_suffix(b"\n").and_then(|hex| Hash::parse(std::str::from_utf8(hex).ok()?))?;
        let bytes = Cursor::new(salt.0).chain(From { file: &file, at: extent.off });
        Some((bytes, extent.len.checked_add(salt.0.len() as u64)?))
    };
    // As far as there are salts; where one is missing is said after what stands before it.
    let messages: Vec<_> = there.iter().map_while(salted).collect();
    let readable = messages.len();
    for (recorded, (bytes, length)) in there.iter().map(|(recorded, _)| *recorded).zip(messages) {
        let extent = &recorded.1;
        let hash = of_next(bytes, length).map_err(|error| (recorded, error.to_string()))?;
        if hash.hex() != extent.sha256 {
            let (from, to) = (extent.off, extent.off + extent.len);
            return Err((recorded, format!("bytes {from} to {to} are not those that were recorded")));
        }
    }
    match there.get(readable) {
        Some((recorded, _)) => Err((recorded, "its salt is not written as one is".to_owned())),
        None => Ok(()),
    }
}

/// Whether the next bytes are all overwritten ones.
fn overwritten(bytes: impl Read, length: u64) -> bool {
    let (mut bytes, mut block, mut left) = (bytes, vec![0; BLOCK], length);
    while left > 0 {
        let most = usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK));
        match bytes.read(&mut block[..most]) {
            Ok(count) if count > 0 && is_blank(&block[..count]) => left -= count as u64,
            Ok(_) | Err(_) => return false,
        }
    }
    true
}

/// A file from a place on; several of one file are read in turns.
struct From<'a> {
    file: &'a File,
    at: u64,
}

impl Read for From<'_> {
    fn read(&mut self, block: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(block, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

fn hash_file(dir: &RunDir, name: &str) -> Result<Hash, JournalError> {
    let mut file = dir.read(name)?;
    let length = file.metadata().map_err(JournalError::io("look at", name))?.len();
    let most = usize::try_from(length + 1).map_or(BLOCK, |length| length.min(BLOCK));
    let (mut hash, mut block) = (Running::new(), vec![0; most]);
    loop {
        match file.read(&mut block).map_err(JournalError::io("read", name))? {
            0 => return Ok(Hash::end(hash)),
            count => hash.update(&block[..count]),
        }
    }
}

//! Bytes on disk against what was recorded of them: extents with their salts, and whole files.
//!
//! Work is cut into pieces that all cores take from one list; a large file is judged in several at once. Blocks of 256 KiB,
//! no file in memory. The seal and `verify` ask here; nothing is written.

use crate::journal::dir::{RunDir, output_name, salt_name};
use crate::journal::error::JournalError;
use crate::journal::facts::Printed;
use crate::journal::hash::Hash;
use crate::model::ids::{Attempt, Seq, StepId};
use crate::model::output::Extent;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Mutex;

const BLOCK: usize = 256 << 10;
/// How many extents one piece of work has: 32 MiB of a flood.
const EXTENTS: usize = 32;

/// What does not hold of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The record that commits to it, where one does.
    pub(crate) seq: Option<Seq>,
    /// The file.
    pub(crate) name: String,
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
    Extents { name: String, extents: &'a [(Seq, Extent)], salts: Vec<u8> },
    Whole(String),
}

/// Judges every attempt's output, and hashes `whole` files.
pub(crate) fn judge<'a>(
    dir: &RunDir,
    printed: impl Iterator<Item = (&'a (StepId, Attempt), &'a Printed)>,
    whole: &[String],
) -> Found {
    let mut found = Found::default();
    let mut jobs: Vec<Job> = whole.iter().map(|name| Job::Whole(name.clone())).collect();
    for ((step, attempt), printed) in printed {
        if printed.extents.is_empty() {
            continue;
        }
        let name = output_name(step, *attempt);
        let lengths = lengths(dir, (&name, &salt_name(step, *attempt)), printed, &mut found);
        let Some(salts) = lengths else {
            continue;
        };
        for (extents, salts) in printed.extents.chunks(EXTENTS).zip(salts.chunks(EXTENTS * SALT)) {
            jobs.push(Job::Extents { name: name.clone(), extents, salts: salts.to_vec() });
        }
    }
    let found = Mutex::new(found);
    let jobs = Mutex::new(jobs);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                // Taken from the end: many small pieces of extents, then whole files, which come first in the list.
                while let Some(job) = next(&jobs) {
                    work(dir, job, &found);
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.wrong.sort_by(|one, other| (&one.seq, &one.name).cmp(&(&other.seq, &other.name)));
    found.whole.sort();
    found
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
        found.wrong.push(Wrong { seq: Some(*last), name: name.to_owned(), why });
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
    let wrong = |seq, name: &str, why: String| {
        let wrong = Wrong { seq, name: name.to_owned(), why };
        add(&|found| found.wrong.push(wrong.clone()));
    };
    match job {
        Job::Whole(name) => match hash_file(dir, &name) {
            Ok(hash) => add(&|found| found.whole.push((name.clone(), hash))),
            Err(error) => wrong(None, &name, error.chain()),
        },
        Job::Extents { name, extents, salts } => {
            if let Err((seq, why)) = judge_extents(dir, &name, extents, &salts) {
                wrong(Some(seq), &name, why);
            }
        }
    }
}

fn judge_extents(dir: &RunDir, name: &str, extents: &[(Seq, Extent)], salts: &[u8]) -> Result<(), (Seq, String)> {
    let Some((first, start)) = extents.first() else {
        return Ok(());
    };
    let mut file = dir.read(name).map_err(|error| (*first, error.chain()))?;
    let gone = |error: std::io::Error| error.to_string();
    file.seek(SeekFrom::Start(start.off)).map_err(|error| (*first, gone(error)))?;
    let mut block = vec![0; BLOCK];
    for ((seq, extent), salt) in extents.iter().zip(salts.chunks(SALT)) {
        let salt = salt.strip_suffix(b"\n").and_then(|hex| Hash::parse(std::str::from_utf8(hex).ok()?));
        let salt = salt.ok_or_else(|| (*seq, "its salt is not written as one is".to_owned()))?;
        let mut hash = Sha256::new_with_prefix(salt.0);
        feed(&mut hash, &mut file, extent.len, &mut block).map_err(|error| (*seq, gone(error)))?;
        if Hash::end(hash).hex() != extent.sha256 {
            let (from, to) = (extent.off, extent.off + extent.len);
            return Err((*seq, format!("bytes {from} to {to} are not those that were recorded")));
        }
    }
    Ok(())
}

fn feed(hash: &mut Sha256, file: &mut File, bytes: u64, block: &mut [u8]) -> std::io::Result<()> {
    let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
    while left > 0 {
        let piece = left.min(block.len());
        file.read_exact(&mut block[..piece])?;
        hash.update(&block[..piece]);
        left -= piece;
    }
    Ok(())
}

fn hash_file(dir: &RunDir, name: &str) -> Result<Hash, JournalError> {
    let mut file = dir.read(name)?;
    let (mut hash, mut block) = (Sha256::new(), vec![0; BLOCK]);
    loop {
        match file.read(&mut block).map_err(JournalError::io("read", name))? {
            0 => return Ok(Hash::end(hash)),
            count => hash.update(&block[..count]),
        }
    }
}

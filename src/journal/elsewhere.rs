//! A run whose directory cannot be written goes on in another: the copy, and how the one is found from the other.
//!
//! The copy holds exactly what was acknowledged, and is judged as `verify` judges before anything is written behind it. A
//! pointer in the old directory, and one beside the remembered heads, say where the run went: a run that has one is never
//! taken up where it was, so nothing of it runs twice. The conductor makes both, every command that looks for a run follows.

use crate::journal::amend::Blanks;
use crate::journal::content;
use crate::journal::dir::{Lock, LockError, RunDir, output_name, part_name, salt_name};
use crate::journal::error::JournalError;
use crate::journal::facts::{Facts, gather};
use crate::journal::hash::Hash;
use crate::journal::reader::Valid;
use crate::model::ids::RunId;
use crate::model::signed::{Realm, SignedText};
use rustix::fs::{AtFlags, Mode, OFlags};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The pointer's name in the directory that was left.
pub(crate) const POINTER: &str = "moved";
/// A run is not followed through more directories.
const MOST_MOVES: usize = 64;

/// A directory that is ready to be written on.
#[derive(Debug)]
pub struct Prepared {
    /// Where.
    pub dir: RunDir,
    /// Its lock.
    pub lock: Lock,
}

/// Why a run cannot go on there.
#[derive(Debug, thiserror::Error)]
pub enum ElsewhereError {
    /// The directory is no place for a run, or what was acknowledged could not be brought there.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The copy is not what was acknowledged.
    #[error("what was acknowledged cannot be read back from {from}: {why}")]
    NotWhole {
        /// The directory that was to be left.
        from: String,
        /// What does not hold.
        why: String,
    },
    /// Nobody would find the run again.
    #[error(
        "that the run moved can be written neither in {dir} nor in {heads}: a resume would take it up where it was"
    )]
    NoPointer {
        /// The directory that was to be left.
        dir: String,
        /// The folder of heads.
        heads: String,
    },
}

impl ElsewhereError {
    /// The error with its causes, as one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(next) = cause {
            text.push_str(&format!(": {next}"));
            cause = next.source();
        }
        text
    }
}

/// Copies what is acknowledged of `old`, up to `valid`, to a directory of the same name in `folder`, judges the copy, and
/// leaves the pointers. Where it fails nothing is left there. Takes as long as the run is large.
pub fn prepare(old: &RunDir, valid: &Valid, folder: &Path, heads: &Path) -> Result<Prepared, ElsewhereError> {
    let dir = RunDir::create_as(folder, old.id())?;
    let made = dir.lock().map_err(ElsewhereError::from).and_then(|lock| {
        let realm = copy(old, valid, &dir)?;
        point((old, heads), &dir, realm)?;
        Ok(lock)
    });
    match made {
        Ok(lock) => Ok(Prepared { dir, lock }),
        Err(why) => {
            // Made a moment ago by this very call, so everything in it is a copy.
            let _ = std::fs::remove_dir_all(dir.path());
            Err(why)
        }
    }
}

fn copy(old: &RunDir, valid: &Valid, new: &RunDir) -> Result<Realm, ElsewhereError> {
    for part in old.parts()?.into_iter().filter(|part| *part <= valid.part) {
        let bytes = if part == valid.part { valid.bytes } else { u64::MAX };
        copy_file((old, new), &part_name(part), bytes)?;
    }
    let not_whole = |why: String| ElsewhereError::NotWhole { from: old.path().display().to_string(), why };
    let (walk, facts) = gather(new).map_err(|why| not_whole(why.chain()))?;
    if let Some(broken) = &walk.problem {
        return Err(not_whole(broken.to_string()));
    }
    if walk.chain.valid != Some(*valid) || walk.tail.0 > 0 {
        return Err(not_whole("its end is not the one that was acknowledged".into()));
    }
    for name in old.names("attach")? {
        copy_file((old, new), &format!("attach/{name}"), u64::MAX)?;
    }
    copy_output((old, new), &facts)?;
    let attached: Vec<String> = new.names("attach")?.into_iter().map(|name| format!("attach/{name}")).collect();
    let found = content::judge(new, facts.printed.iter(), (&attached, &Blanks::new()));
    if let Some(wrong) = found.wrong.into_iter().next() {
        return Err(not_whole(format!("{}: {}", wrong.name, wrong.why)));
    }
    let renamed = |(name, hash): &&(String, Hash)| !name.starts_with(&format!("attach/{}-", &hash.hex()[..16]));
    if let Some((name, _)) = found.whole.iter().find(renamed) {
        return Err(not_whole(format!("{name}: its bytes do not have the hash that its name says")));
    }
    for below in ["out", "attach", "."] {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(new, below, flags, Mode::empty()).map_err(JournalError::io("open", below))?;
        rustix::fs::fsync(fd).map_err(JournalError::io("sync", below))?;
    }
    walk.chain.who.map(|(realm, _)| realm).ok_or_else(|| not_whole("it does not say which run it is".into()))
}

fn copy_output(dirs: (&RunDir, &RunDir), facts: &Facts) -> Result<(), JournalError> {
    for ((step, attempt), printed) in &facts.printed {
        if !printed.extents.is_empty() {
            copy_file(dirs, &output_name(step, *attempt), printed.length())?;
            copy_file(dirs, &salt_name(step, *attempt), printed.extents.len() as u64 * content::SALT as u64)?;
        }
    }
    Ok(())
}

/// Copies the first `bytes` bytes, fewer where the file is shorter, and syncs them.
fn copy_file((old, new): (&RunDir, &RunDir), name: &str, bytes: u64) -> Result<(), JournalError> {
    let mut from = old.read(name)?.take(bytes);
    let mut to = new.make(name)?;
    let mut block = vec![0; 256 << 10];
    loop {
        let count = from.read(&mut block).map_err(JournalError::io("read", name))?;
        if count == 0 {
            return to.sync_all().map_err(JournalError::io("sync", name));
        }
        to.write_all(&block[..count]).map_err(JournalError::io("write", name))?;
    }
}

/// Says in both places where the run is now; one of them must hold.
fn point((old, heads): (&RunDir, &Path), new: &RunDir, realm: Realm) -> Result<(), ElsewhereError> {
    let text = SignedText::new("moved", realm, old.id()).with("run dir", new.path().display()).encode();
    let beside = in_old(old, &text);
    let kept = std::fs::create_dir_all(heads).and_then(|()| in_heads(heads, old.id(), &text));
    match (beside, kept) {
        (Err(_), Err(_)) => {
            Err(ElsewhereError::NoPointer { dir: old.path().display().to_string(), heads: heads.display().to_string() })
        }
        (Ok(()), _) | (_, Ok(())) => Ok(()),
    }
}

fn in_old(old: &RunDir, text: &str) -> Result<(), JournalError> {
    let new = format!("{POINTER}.new");
    let _ = rustix::fs::unlinkat(old, &new, AtFlags::empty());
    let write = |mut file: File| file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    write(old.make(&new)?).map_err(JournalError::io("write", &new))?;
    rustix::fs::renameat(old, &new, old, POINTER).map_err(JournalError::io("rename", &new))?;
    rustix::fs::fsync(old).map_err(JournalError::io("sync", old.id().as_str()))
}

fn in_heads(heads: &Path, run: &RunId, text: &str) -> std::io::Result<()> {
    let (path, new) = (pointer_in(heads, run), heads.join(format!("{run}.{POINTER}.new")));
    let mut file = std::fs::File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, &path)?;
    std::fs::File::open(heads)?.sync_all()
}

fn pointer_in(heads: &Path, run: &RunId) -> PathBuf {
    heads.join(format!("{}.{POINTER}", run.as_str().replace('/', "_")))
}

/// Where a run went that is not in this directory any more.
pub fn moved_to(dir: &RunDir, heads: &Path) -> Option<PathBuf> {
    let read = |bytes: Vec<u8>| {
        let text = SignedText::decode(std::str::from_utf8(&bytes).ok()?)?;
        let to = PathBuf::from(text.get("run dir")?);
        (text.kind == "moved" && text.run == *dir.id() && to.is_absolute()).then_some(to)
    };
    // A directory of somebody else says nothing that this user would follow.
    let own = dir.check_own().is_ok();
    let beside = dir.read_whole(POINTER, 1 << 16).ok().filter(|_| own).and_then(read);
    let kept = || std::fs::read(pointer_in(heads, dir.id())).ok().and_then(read);
    let here = |to: &PathBuf| RunDir::open_prepared(to).is_ok_and(|to| to.is(dir));
    beside.or_else(kept).filter(|to| !here(to))
}

/// The directory in which a run is now.
pub fn follow(dir: RunDir, heads: &Path) -> Result<RunDir, JournalError> {
    let mut at = dir;
    for _ in 0..MOST_MOVES {
        let Some(to) = moved_to(&at, heads) else { return Ok(at) };
        let next = RunDir::open(&to)?;
        if next.id() != at.id() {
            return Err(JournalError::NotARun(to.display().to_string()));
        }
        at = next;
    }
    Err(JournalError::NotARun(at.path().display().to_string()))
}

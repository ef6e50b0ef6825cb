//! The seal: a list of every file of a run that ended, with its hash, for people's keys to sign.
//!
//! What is listed is what was written: the journal must end in the checkpoint that the writer last made, every output file must
//! hold what its records commit to, every attachment what its name says. A file that is not so is named and nothing is sealed;
//! none is ever hashed as found. The conductor prepares, a client's key signs, the conductor finishes.

pub(crate) mod text;

use crate::journal::amend::{Blanks, is_of_amendments};
use crate::journal::content::{self, Wrong};
use crate::journal::dir::{RunDir, part_name};
use crate::journal::error::JournalError;
use crate::journal::facts::{Facts, gather};
use crate::journal::hash::{Hash, hex};
use crate::journal::head::Head;
use crate::journal::keys::{SigError, sshsig};
use crate::journal::reader::walk::Walk;
use crate::model::ids::RunId;
use crate::model::signed::Realm;
use std::io::Write;
use text::{Header, Listed};

/// What is to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealText {
    /// The bytes of SEAL.
    pub text: String,
    /// The namespace in which it is signed.
    pub namespace: &'static str,
}

/// Why a run was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Its files are not what was written.
    #[error("{name} changed on disk: {why}")]
    Changed {
        /// The first that is not.
        name: String,
        /// How.
        why: String,
    },
    /// It did not end, or its end is not on disk.
    #[error("the run has not ended")]
    NotEnded,
    /// Something lies in the directory that tminus did not write.
    #[error("{0} was not written by tminus; move it elsewhere before the run is sealed")]
    Foreign(String),
    /// The signature is none of this text.
    #[error("the signature of the seal does not hold")]
    Signature(#[source] SigError),
    /// The journal cannot be read, or the seal not written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Judges every file against what was recorded and gives the text to sign. `head` is the last head that the writer gave; in a
/// later process, the one that was kept.
pub fn prepare(dir: &RunDir, head: &Head) -> Result<SealText, SealError> {
    let (walk, facts) = gather(dir)?;
    let (realm, run) = ended(&walk, &facts, head)?;
    let files = files(dir, &walk)?;
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let found = content::judge(dir, facts.printed.iter(), (&names, &Blanks::new()));
    if let Some(Wrong { name, why, .. }) = found.wrong.into_iter().next() {
        return Err(SealError::Changed { name, why });
    }
    let mut listed = Vec::with_capacity(found.whole.len());
    for (name, sha256) in found.whole {
        let at = files.binary_search_by(|file| file.name.cmp(&name));
        let expected = at.ok().and_then(|at| files[at].starts.as_ref());
        if expected.is_some_and(|starts| !sha256.hex().starts_with(starts)) {
            let why = "its bytes do not have the hash that its name says".to_owned();
            return Err(SealError::Changed { name, why });
        }
        listed.push(Listed { sha256, name });
    }
    let header = header(&walk, &facts, listed.len());
    let text = text::write(realm, &run, &header, &listed);
    Ok(SealText { text, namespace: namespace(realm) })
}

/// Writes SEAL and, where there is one, the signature: each to a temporary file, synced, renamed, the directory synced. Doing
/// it again with the same text, or with another signer's signature, adds to it.
pub fn finish(dir: &RunDir, seal: &SealText, sig: Option<&str>) -> Result<(), SealError> {
    if let Some(sig) = sig {
        let key = match sshsig::check(sig.as_bytes(), seal.namespace, seal.text.as_bytes()) {
            Ok(key) => key,
            Err(SigError::CannotCheckHere(_)) => sshsig::named_key(sig.as_bytes()).map_err(SealError::Signature)?,
            Err(error) => return Err(SealError::Signature(error)),
        };
        replace(dir, &sig_name(key.blob()), sig.as_bytes())?;
    }
    match dir.read_whole("SEAL", MOST) {
        Ok(there) if there == seal.text.as_bytes() => Ok(()),
        Ok(_) => {
            let why = "another seal is there".to_owned();
            Err(SealError::Changed { name: "SEAL".into(), why })
        }
        Err(_) => Ok(replace(dir, "SEAL", seal.text.as_bytes())?),
    }
}

/// No seal is larger.
pub(crate) const MOST: u64 = 64 << 20;

/// `SEAL.<first 16 hex of the hash of the public key>.sig`.
pub(crate) fn sig_name(public: &[u8]) -> String {
    format!("SEAL.{}.sig", &hex(&Hash::of(public).0)[..16])
}

/// In which namespace a seal is signed.
pub(crate) fn namespace(realm: Realm) -> &'static str {
    match realm {
        Realm::Live => "seal@tminus",
        Realm::Drill => "seal.drill@tminus",
    }
}

/// Whether a file is listed in SEAL, by its name: these are not.
pub(crate) fn is_beside(name: &str) -> bool {
    name.starts_with("SEAL")
        || name.starts_with("anchors/")
        || is_of_amendments(name)
        || matches!(name, "lock" | "socket" | "reserve")
}

/// What the header of a seal over this journal says.
pub(crate) fn header(walk: &Walk, facts: &Facts, files: usize) -> Header {
    let part = |walked: &crate::journal::reader::walk::Walked| {
        let valid = walked.valid;
        format!("{}:{}:{}", valid.part, valid.bytes, valid.sha256)
    };
    let parts: Vec<String> = walk.parts.iter().map(part).collect();
    Header {
        end: facts.ended.map_or("unknown", |end| end.word()).to_owned(),
        parts: parts.join(" "),
        records: facts.records,
        ckpt: walk.chain.valid.map_or(String::new(), |valid| valid.ckpt.hex()),
        files: files as u64,
        required: facts.signoffs.required(facts.ended),
        present: facts.signoffs.present(facts.ended),
    }
}

fn ended(walk: &Walk, facts: &Facts, head: &Head) -> Result<(Realm, RunId), SealError> {
    let changed = |why: String| SealError::Changed { name: part_name(head.part), why };
    if let Some(broken) = &walk.problem {
        return Err(changed(broken.to_string()));
    }
    if let Some((seq, why)) = &facts.wrong {
        return Err(changed(format!("record {seq}: {why}")));
    }
    match (&walk.chain.valid, walk.tail.0) {
        (Some(valid), 0) if valid.head() == *head => {}
        _ => return Err(changed("its end is not the one that was written".into())),
    }
    match &walk.chain.who {
        Some(who) if walk.chain.ended && facts.closed.is_some() => Ok(who.clone()),
        Some(_) | None => Err(SealError::NotEnded),
    }
}

/// A file to list, and what its hash must start with where its name says it.
struct File {
    name: String,
    starts: Option<String>,
}

fn files(dir: &RunDir, walk: &Walk) -> Result<Vec<File>, SealError> {
    let mut files = Vec::new();
    for found in dir.everything()? {
        let name = found.name;
        if name == "reserve" {
            rustix::fs::unlinkat(dir, "reserve", rustix::fs::AtFlags::empty())
                .map_err(JournalError::io("remove", "reserve"))?;
        }
        // A run is amended after its seal, so before it these are somebody else's.
        if is_of_amendments(&name) && !dir.has("SEAL") {
            return Err(SealError::Foreign(name));
        }
        if is_beside(&name) {
            continue;
        }
        if !found.plain {
            let why = "it is not a plain file with one name".to_owned();
            return Err(SealError::Changed { name, why });
        }
        let starts = name.strip_prefix("attach/").map(|name| name.chars().take(16).collect());
        let part = walk.parts.iter().any(|walked| part_name(walked.valid.part) == name) || walk.is_known_dead(&name);
        let output = name.strip_prefix("out/").is_some_and(is_output);
        if !text::is_plain(&name) || !(part || output || starts.is_some()) {
            return Err(SealError::Foreign(name));
        }
        files.push(File { name, starts });
    }
    Ok(files)
}

fn is_output(name: &str) -> bool {
    let attempt = |name: &str| {
        let (step, attempt) = name.rsplit_once('.')?;
        (!step.is_empty() && attempt.parse::<u32>().is_ok()).then_some(())
    };
    [".log", ".salt"].iter().any(|end| name.strip_suffix(end).and_then(attempt).is_some())
}

fn replace(dir: &RunDir, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
    let new = format!("{name}.new");
    let _ = rustix::fs::unlinkat(dir, &new, rustix::fs::AtFlags::empty());
    let mut file = dir.make(&new)?;
    file.write_all(bytes).map_err(JournalError::io("write", &new))?;
    file.sync_all().map_err(JournalError::io("sync", &new))?;
    rustix::fs::renameat(dir, &new, dir, name).map_err(JournalError::io("rename", &new))?;
    rustix::fs::fsync(dir).map_err(JournalError::io("sync", "the run directory"))
}

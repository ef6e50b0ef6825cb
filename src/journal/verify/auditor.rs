//! What only the judge can bring: the runbook that should have been flown, and the keys that are revoked.
//!
//! The rules of a run are those of its runbook, so a run that was flown by another runbook than the judge's followed other rules.
//! A key that is revoked counts against everything that it signed, whatever the time says. Called after `verify`, only where
//! the judge gave one; takes nothing back that was found before.

use super::{At, SignedBy, Verdict, Verified};
use crate::journal::dir::RunDir;
use crate::journal::hash::Hash;
use crate::journal::keys::KeyError;
use crate::journal::keys::revoked::RevokedKeys;

/// So many places of one key are named.
const NAMED: usize = 12;

/// The judge's runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRunbook {
    /// How the judge calls it.
    pub name: String,
    /// Its hash.
    pub sha256: String,
    /// Where the run's copy lies in it, if the run was flown by another one.
    pub copy: Option<String>,
}

impl OwnRunbook {
    /// Of a file's name and bytes: exactly these are what a run keeps a copy of and signs the hash of.
    pub fn new(name: String, bytes: &[u8]) -> Self {
        Self { name, sha256: Hash::of(bytes).hex(), copy: None }
    }
}

impl Verified {
    /// Whether it was flown by exactly this runbook, from its first part to its last.
    pub fn by_runbook(&mut self, dir: &RunDir, yours: &OwnRunbook) {
        self.yours = Some(yours.clone());
        let is_yours = |of: &Option<String>| of.as_deref() == Some(yours.sha256.as_str());
        // What was amended keeps every step that was gone through: the last runbook is that of the whole run.
        match self.amended.last().cloned() {
            Some((seq, to)) if to == yours.sha256 => {
                self.notes.push(format!("flown by your runbook as amended at record {seq}"));
                return;
            }
            Some((seq, to)) => {
                return self.other_runbook(dir, yours, (&format!("record {seq} amends it to"), Some(to)));
            }
            None => {}
        }
        let other = self.flown_by.iter().find(|(_, of)| !is_yours(of));
        let (place, flown_by) = match other {
            Some((seq, of)) => (format!("record {seq} names"), of.clone()),
            // The first record is what says by which runbook the run began.
            None if !is_yours(&self.runbook) => ("its first record names".to_owned(), self.runbook.clone()),
            None => return,
        };
        self.other_runbook(dir, yours, (&place, flown_by));
    }

    fn other_runbook(&mut self, dir: &RunDir, yours: &OwnRunbook, (place, flown_by): (&str, Option<String>)) {
        let copy = flown_by.as_deref().and_then(|sha256| copy_of(dir, sha256));
        let lies = match &copy {
            Some(name) => format!("the run's copy is {name}"),
            None => "the run has no copy of it".into(),
        };
        let named = flown_by.map_or("no runbook".into(), |sha256| format!("a runbook of sha256 {sha256}"));
        let note = format!("another runbook: {place} {named}, and {} has sha256 {}; {lies}", yours.name, yours.sha256);
        self.yours = Some(OwnRunbook { copy, ..yours.clone() });
        self.also(Verdict::AnotherRunbook, note);
    }

    /// Whether a key that signed anything in it is revoked. Fails where one cannot be looked up: then it is not judged.
    pub fn by_revoked(&mut self, list: &RevokedKeys) -> Result<(), KeyError> {
        let mut asked: Vec<(String, bool)> = Vec::new();
        for by in &mut self.signed {
            let before = asked.iter().find(|(fingerprint, _)| *fingerprint == by.fingerprint);
            let revoked = match before {
                Some((_, revoked)) => *revoked,
                None => {
                    let revoked = list.has(&by.key)?;
                    asked.push((by.fingerprint.clone(), revoked));
                    revoked
                }
            };
            if revoked {
                by.standing = Verdict::RevokedKey;
            }
        }
        for (fingerprint, _) in asked.iter().filter(|(_, revoked)| *revoked) {
            let note = said_of(&self.signed, fingerprint);
            self.also(Verdict::RevokedKey, note);
        }
        Ok(())
    }
}

/// Whose the key is, and what it signed.
fn said_of(signed: &[SignedBy], fingerprint: &str) -> String {
    let by: Vec<&SignedBy> = signed.iter().filter(|by| by.fingerprint == fingerprint).collect();
    let mut people: Vec<&str> = by.iter().map(|by| by.who.as_str()).collect();
    people.sort_unstable();
    people.dedup();
    let place = |by: &&SignedBy| match &by.at {
        At::Record(seq) => format!("record {seq} ({})", by.what.split(" at record").next().unwrap_or_default()),
        At::File(name) => name.clone(),
    };
    let mut places: Vec<String> = by.iter().take(NAMED).map(place).collect();
    if by.len() > NAMED {
        places.push(format!("{} more", by.len() - NAMED));
    }
    format!("revoked: the key {fingerprint} of {}, which signed {}", people.join(", "), places.join(", "))
}

/// The attachment that has this hash in its name. A hash out of a journal may be anything.
fn copy_of(dir: &RunDir, sha256: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let hash = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    let start = format!("attach/{}-", sha256.get(..16).filter(|_| hash)?);
    let mut all = dir.everything().ok()?.into_iter();
    let found = all.find(|file| file.plain && file.name.starts_with(&start) && file.name.bytes().all(plain));
    found.map(|file| file.name)
}

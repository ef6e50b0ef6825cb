//! Adds amendments to a sealed run: what is to be signed, then the line, then what it takes out.
//!
//! Every file is written under another name, synced and renamed, and nothing is touched before all that can be wrong was looked
//! at. The line is durable before the first byte goes, so a crash leaves either nothing, or a redaction that says what it is and is
//! finished by `carry_out`. Whether the keys may is the caller's to ask (`verify::may_redact`).

use super::blank::{blanked, salt_of};
use super::{Amendment, Amendments, FILE, Hand, NEW, Redaction, Taken, Written, encode, namespace, read};
use crate::journal::dir::{Lock, LockError, RunDir};
use crate::journal::error::JournalError;
use crate::journal::facts::{Printed, gather};
use crate::journal::hash::Hash;
use crate::journal::keys::{SigError, sshsig};
use crate::model::ids::{Attempt, RunId, StepId};
use crate::model::output::Extent;
use crate::model::signed::{Realm, SignedText};
use std::collections::BTreeMap;
use std::io::{Write, sink};
use std::ops::Range;

/// Why nothing was amended.
#[derive(Debug, thiserror::Error)]
pub enum AmendError {
    /// There is no seal to follow.
    #[error("the run is not sealed: what is amended is a sealed run")]
    NotSealed,
    /// The amendments that are there do not hold.
    #[error("its amendments do not hold at line {line}: {why}")]
    Chain {
        /// In which line.
        line: u64,
        /// Why.
        why: String,
    },
    /// That attempt printed nothing.
    #[error("attempt {1} of {0} printed nothing that was recorded")]
    Nothing(StepId, Attempt),
    /// No such extent.
    #[error("extent {number} is not there: the output has {of}, counted from 1")]
    NoExtent {
        /// Which was named.
        number: u64,
        /// How many there are.
        of: usize,
    },
    /// It is gone.
    #[error("extent {0} was redacted before")]
    Already(u64),
    /// An earlier one was cut off.
    #[error("redaction {0} was not finished")]
    Unfinished(u64),
    /// Nothing is said.
    #[error("an amendment says why, and this says nothing")]
    NoReason,
    /// One or two sign.
    #[error("an amendment is signed by one key or two, and each once")]
    Hands,
    /// It does not fit a line.
    #[error("{0}")]
    TooLong(String),
    /// A text that is not what would be signed now.
    #[error("that text is not what would be amended now: {0}")]
    Another(&'static str),
    /// A signature that does not hold.
    #[error("the signature of {key} does not hold")]
    Signature {
        /// Whose.
        key: String,
        /// Why.
        #[source]
        source: SigError,
    },
    /// Somebody is at it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The run cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What is to be signed.
#[derive(Clone, Debug)]
pub struct Draft {
    amendment: Amendment,
    /// The text.
    pub text: String,
    /// In which namespace.
    pub namespace: &'static str,
}

impl Draft {
    /// What it says.
    pub fn amendment(&self) -> &Amendment {
        &self.amendment
    }
}

/// What is said with an amendment, when and by whom.
#[derive(Clone, Debug)]
pub struct Said {
    /// Why; of a note, its text.
    pub reason: String,
    /// Unix microseconds.
    pub at: i64,
    /// One or two.
    pub hands: Vec<Hand>,
}

/// A sealed run that is amended, locked.
pub struct Amending {
    dir: RunDir,
    _lock: Lock,
    who: (Realm, RunId),
    operators: Vec<String>,
    printed: BTreeMap<(StepId, Attempt), Printed>,
    there: Amendments,
    seal: Vec<u8>,
}

impl Amending {
    /// Locks the run and reads what is there. Whether it holds is `verify`'s to say, before.
    pub fn begin(dir: &RunDir) -> Result<Self, AmendError> {
        if !dir.has("SEAL") {
            return Err(AmendError::NotSealed);
        }
        dir.check_own()?;
        let lock = dir.lock()?;
        let seal = dir.read_whole("SEAL", crate::journal::seal::MOST)?;
        let (walk, facts) = gather(dir)?;
        let who = walk.chain.who.clone().ok_or(AmendError::NotSealed)?;
        let there = read(dir, (who.0, &who.1), &seal)?;
        let operators = facts.operators();
        Ok(Self { dir: dir.clone(), _lock: lock, who, operators, printed: facts.printed, there, seal })
    }

    /// Live or drill, and the run.
    pub fn who(&self) -> &(Realm, RunId) {
        &self.who
    }

    /// The fingerprints of the keys with which the run was begun and taken up.
    pub fn operators(&self) -> &[String] {
        &self.operators
    }

    /// Every attempt that printed something, with its extents in order.
    pub fn printed(&self) -> impl Iterator<Item = (&StepId, Attempt, Vec<&Extent>)> {
        self.printed.iter().filter(|(_, printed)| !printed.extents.is_empty()).map(|((step, attempt), printed)| {
            (step, *attempt, printed.extents.iter().map(|(_, extent)| extent).collect())
        })
    }

    /// The amendments that are there.
    pub fn written(&self) -> &[Written] {
        &self.there.all
    }

    /// The last redaction, where it was not carried out, and its number.
    pub fn unfinished(&self) -> Result<Option<(u64, &Redaction)>, AmendError> {
        let last = self.there.all.iter().rev().find_map(|written| {
            written.amendment.redaction.as_ref().map(|redaction| (written.amendment.sequence, redaction))
        });
        let Some((number, redaction)) = last else { return Ok(None) };
        let is = |name: &str, sha256| blanked(&self.dir, name, &[], &mut sink()).map(|there| there == sha256);
        let done = is(&redaction.log_name(), redaction.log)? && is(&redaction.salt_name(), redaction.salt)?;
        Ok((!done).then_some((number, redaction)))
    }

    /// A late note.
    pub fn note(&self, said: &Said) -> Result<Draft, AmendError> {
        self.draft(None, said)
    }

    /// A redaction of these extents, by number.
    pub fn redaction(
        &self,
        (step, attempt): (&StepId, Attempt),
        numbers: &[u64],
        said: &Said,
    ) -> Result<Draft, AmendError> {
        let printed = self.printed.get(&(step.clone(), attempt)).filter(|printed| !printed.extents.is_empty());
        let printed = printed.ok_or_else(|| AmendError::Nothing(step.clone(), attempt))?;
        let mut numbers = numbers.to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        let mut extents = Vec::with_capacity(numbers.len());
        for number in numbers {
            let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
            let there = at.and_then(|at| printed.extents.get(at));
            let of = printed.extents.len();
            let (_, extent) = there.ok_or(AmendError::NoExtent { number, of })?;
            if self.is_gone((step, attempt), number) {
                return Err(AmendError::Already(number));
            }
            extents.push(Taken { number, bytes: extent.off..extent.off + extent.len });
        }
        if extents.is_empty() {
            return Err(AmendError::NoExtent { number: 0, of: printed.extents.len() });
        }
        let none = Hash([0; 32]);
        let mut redaction = Redaction { step: step.clone(), attempt, extents, log: none, salt: none };
        let (log, salt) = ranges(&redaction);
        redaction.log = blanked(&self.dir, &redaction.log_name(), &log, &mut sink())?;
        redaction.salt = blanked(&self.dir, &redaction.salt_name(), &salt, &mut sink())?;
        self.draft(Some(redaction), said)
    }

    /// A text that was written down, where it is what would be signed now.
    pub fn taken_up(&self, text: &str) -> Result<Draft, AmendError> {
        let signed = SignedText::decode(text).and_then(|text| Amendment::read(&text));
        let amendment = signed.ok_or(AmendError::Another("it is no amendment"))?;
        let Amendment { reason, at, hands, redaction, .. } = amendment;
        let said = Said { reason, at, hands };
        let draft = match redaction {
            None => self.note(&said)?,
            Some(own) => {
                let numbers: Vec<u64> = own.extents.iter().map(|one| one.number).collect();
                self.redaction((&own.step, own.attempt), &numbers, &said)?
            }
        };
        match draft.text == text {
            true => Ok(draft),
            false => Err(AmendError::Another("the run was amended since, or it is another run")),
        }
    }

    fn is_gone(&self, (step, attempt): (&StepId, Attempt), number: u64) -> bool {
        let all = self.there.all.iter().filter_map(|written| written.amendment.redaction.as_ref());
        let mut own = all.filter(|own| own.step == *step && own.attempt == attempt);
        own.any(|own| own.extents.iter().any(|one| one.number == number))
    }

    fn draft(&self, redaction: Option<Redaction>, said: &Said) -> Result<Draft, AmendError> {
        if let Some(broken) = &self.there.broken {
            return Err(AmendError::Chain { line: broken.line, why: broken.why.clone() });
        }
        if let Some((number, _)) = self.unfinished()? {
            return Err(AmendError::Unfinished(number));
        }
        if said.reason.trim().is_empty() {
            return Err(AmendError::NoReason);
        }
        let twice = said.hands.iter().zip(said.hands.iter().skip(1)).any(|(one, two)| one.key == two.key);
        if twice || said.hands.is_empty() || said.hands.len() > 2 {
            return Err(AmendError::Hands);
        }
        let (sequence, prev) = (self.there.all.len() as u64 + 1, self.there.head);
        let Said { reason, at, hands } = said.clone();
        let amendment = Amendment { sequence, prev, redaction, reason, at, hands };
        let (realm, run) = (self.who.0, &self.who.1);
        let text = amendment.text(realm, run).encode();
        // Room for two signatures of the largest keys.
        encode(&text, &["x".repeat(8 << 10), "x".repeat(8 << 10)]).map_err(AmendError::TooLong)?;
        Ok(Draft { amendment, text, namespace: namespace(realm) })
    }

    /// Writes the line of an amendment, durable when this returns. What it takes out is still there: `carry_out`.
    pub fn declare(&mut self, draft: &Draft, sigs: &[String]) -> Result<(), AmendError> {
        let hands = &draft.amendment.hands;
        if hands.len() != sigs.len() || draft.amendment.prev != self.there.head {
            return Err(AmendError::Hands);
        }
        for (hand, sig) in hands.iter().zip(sigs) {
            let wrong = |source| AmendError::Signature { key: hand.key.clone(), source };
            let key = sshsig::check_asking_ssh_keygen(sig.as_bytes(), draft.namespace, draft.text.as_bytes());
            if key.map_err(wrong)?.fingerprint() != hand.key {
                return Err(wrong(SigError::Mismatch));
            }
        }
        let line = encode(&draft.text, sigs).map_err(AmendError::TooLong)?;
        let bytes = [self.there.bytes.as_slice(), &line].concat();
        put(&self.dir, FILE, |file| file.write_all(&bytes).map_err(JournalError::io("write", NEW)))?;
        self.there = read(&self.dir, (self.who.0, &self.who.1), &self.seal)?;
        Ok(())
    }

    /// Takes out what the last redaction says, where that is not done. Gives what it was, if anything was left to do.
    pub fn carry_out(&self) -> Result<Option<u64>, AmendError> {
        let Some((number, redaction)) = self.unfinished()? else {
            remove_new(&self.dir);
            return Ok(None);
        };
        let (log, salt) = ranges(redaction);
        let files = [(redaction.log_name(), log, redaction.log), (redaction.salt_name(), salt, redaction.salt)];
        // Both are looked at before one is touched.
        for (name, ranges, sha256) in &files {
            if blanked(&self.dir, name, ranges, &mut sink())? != *sha256 {
                let why = format!("it is not the file that amendment {number} is about; nothing was taken out");
                return Err(JournalError::Changed { name: name.clone(), why }.into());
            }
        }
        for (name, ranges, sha256) in &files {
            put(&self.dir, name, |file| {
                let written = blanked(&self.dir, name, ranges, file)?;
                let why = || "it changed while it was rewritten".to_owned();
                let changed = || JournalError::Changed { name: name.clone(), why: why() };
                (written == *sha256).then_some(()).ok_or_else(changed)
            })?;
        }
        Ok(Some(number))
    }

    /// Takes away what was written and never got its name; of nothing that counts.
    pub fn clear(&self) {
        remove_new(&self.dir);
    }
}

/// What of both files is overwritten.
fn ranges(redaction: &Redaction) -> (Vec<Range<u64>>, Vec<Range<u64>>) {
    let log = redaction.extents.iter().map(|one| one.bytes.clone()).collect();
    (log, redaction.extents.iter().map(|one| salt_of(one.number)).collect())
}

fn remove_new(dir: &RunDir) {
    // None there is as good.
    let _ = rustix::fs::unlinkat(dir, NEW, rustix::fs::AtFlags::empty());
}

/// Writes a file anew: under another name in the run directory, synced, renamed, both directories synced.
fn put(
    dir: &RunDir,
    name: &str,
    write: impl FnOnce(&mut std::fs::File) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    remove_new(dir);
    let mut file = dir.make(NEW)?;
    write(&mut file)?;
    file.sync_all().map_err(JournalError::io("sync", NEW))?;
    rustix::fs::renameat(dir, NEW, dir, name).map_err(JournalError::io("rename", NEW))?;
    dir.sync_folder_of(name)
}

//! What was added after the seal: does each amendment follow the one before it, who signed it, may they, and is what lies there
//! exactly what it leaves.
//!
//! An extent is let go only where a redaction that counts names it; everything else of that file is proved as ever. One that is not
//! signed, out of its chain, by keys that may not, or about another file counts for nothing, so what it excuses is tampering. Called
//! from `files`; reads, writes nothing.

use super::signatures::{Unknown, check, stand};
use super::{At, Problem, Verdict, Verified, VerifyWith, What};
use crate::journal::amend::{self, Amendment, Blanks, Break, FILE, NEW, Redaction, Written};
use crate::journal::dir::RunDir;
use crate::journal::facts::Facts;
use crate::journal::hash::Hash;
use crate::journal::keys::allowed::{AllowedSigners, Standing};
use crate::journal::keys::{PublicKey, sshsig};
use crate::journal::reader::walk::Walk;
use crate::journal::seal::MOST;
use std::collections::{BTreeMap, BTreeSet};

/// An amendment that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amended {
    /// It, as its text says it.
    pub amendment: Amendment,
    /// Who signed it, as the judge's list says; their own claim where it does not know the key.
    pub by: Vec<String>,
    /// Whether what it takes out is out; always so of a note.
    pub carried_out: bool,
}

/// What the redactions that count leave of the files of a run.
#[derive(Default)]
pub(super) struct Left {
    /// The extents that need not be there.
    pub(super) blanks: Blanks,
    /// Of each file the numbers of its redactions, and its hash after them, in order.
    files: BTreeMap<String, Vec<(u64, Hash)>>,
    /// Those that were not carried out.
    undone: BTreeSet<u64>,
}

/// Judges the amendments themselves.
pub(super) fn judge(dir: &RunDir, with: &VerifyWith, (walk, facts): (&Walk, &Facts), found: &mut Verified) -> Left {
    let mut left = Left::default();
    if dir.has(NEW) && dir.has("SEAL") {
        found.notes.push(format!("{NEW} is left of an amendment that was cut off while it was written"));
        found.all.push(Verdict::Unfinished);
    }
    if !dir.has(FILE) {
        return left;
    }
    let Some((realm, run)) = &walk.chain.who else { return left };
    let Ok(seal) = dir.read_whole("SEAL", MOST) else {
        found.say_of(FILE, "what it amends is a seal, and there is none");
        return left;
    };
    let read = match amend::read(dir, (*realm, run), &seal) {
        Ok(read) => read,
        Err(error) => {
            found.say_of(FILE, error.chain());
            return left;
        }
    };
    for (written, line) in read.all.iter().zip(1..) {
        let by = one(with, facts, (written, amend::namespace(*realm)), found)
            .and_then(|by| left.take(facts, &written.amendment).map(|()| by));
        match by {
            Ok(by) => {
                found.amendments.push(Amended { amendment: written.amendment.clone(), by, carried_out: true });
            }
            Err(why) => {
                let (file, line) = (Some(FILE.to_owned()), Some(line));
                found.problems.push(Problem { file, line, ..Problem::new(What::Wrong, why) });
            }
        }
    }
    found.problems.extend(read.broken.map(|broken| break_of(&broken)));
    left
}

/// Where the chain of amendments breaks, and what that looks like.
fn break_of(broken: &Break) -> Problem {
    let what = match broken.sequence {
        Some(number) if number > broken.line => What::Removed,
        Some(number) if number < broken.line => What::Repeated,
        Some(_) | None => What::Changed,
    };
    let (file, line, byte) = (Some(FILE.to_owned()), Some(broken.line), Some(broken.byte));
    Problem { file, line, byte, ..Problem::new(what, broken.why.clone()) }
}

/// Who signed an amendment, where it holds and they may.
fn one(
    with: &VerifyWith,
    facts: &Facts,
    (written, namespace): (&Written, &str),
    found: &mut Verified,
) -> Result<Vec<String>, String> {
    let Written { amendment, text, sigs } = written;
    if sigs.is_empty() || sigs.len() != amendment.hands.len() {
        return Err("it is not signed by those whom it names".into());
    }
    let (number, mut keys) = (amendment.sequence, Vec::new());
    for (sig, hand) in sigs.iter().zip(&amendment.hands) {
        let key = match check(with, sig.as_bytes(), namespace, text.as_bytes()) {
            Ok(key) => key,
            Err(Unknown::Wrong(why)) => return Err(why),
            Err(Unknown::Unchecked(why)) => {
                found.notes.push(format!("amendment {number}: {why}"));
                found.all.push(Verdict::UnknownKey);
                sshsig::named_key(sig.as_bytes()).map_err(|why| why.to_string())?
            }
        };
        if key.fingerprint() != hand.key {
            return Err("another key signed it than the one that its text names".into());
        }
        keys.push(key);
    }
    if amendment.redaction.is_some() {
        let times = (amendment.at.div_euclid(1_000_000), with.now);
        may_redact(&with.allowed, &facts.operators(), &keys, (namespace, times))?;
    }
    let at = amendment.at.div_euclid(1_000_000);
    let what = format!("amendment {number}");
    let first = found.signed.len();
    for (key, hand) in keys.into_iter().zip(&amendment.hands) {
        stand(with, (key, namespace, at), (&what, &hand.principal, At::File(FILE.to_owned())), found);
    }
    Ok(found.signed[first..].iter().map(|by| by.who.clone()).collect())
}

/// Whether these keys may take output out of a run: two people whom the list knows for that, and one of them not the operator.
/// `operators` are the fingerprints of the run's own keys; times are that of the signature and now, Unix seconds.
pub fn may_redact(
    allowed: &AllowedSigners,
    operators: &[String],
    keys: &[PublicKey],
    (namespace, (at, now)): (&str, (i64, i64)),
) -> Result<(), String> {
    let mut people: Vec<Vec<String>> = Vec::new();
    for key in keys {
        people.push(match allowed.check(key, namespace, at, now) {
            Standing::Known { principal } => principal.split(',').map(str::to_owned).collect(),
            Standing::NotValidThen | Standing::NotValidNow => Vec::new(),
            Standing::NotListed | Standing::WrongNamespace => {
                let key = key.fingerprint();
                return Err(format!("a redaction by {key}, whom the list does not know for {namespace}"));
            }
        });
    }
    let [one, two] = keys else {
        return Err("a redaction needs the keys of two people".into());
    };
    let has = |who: &[String], key: &PublicKey| who.iter().any(|who| allowed.all_keys_of(who).contains(&key));
    let same_name = people[0].iter().any(|name| people[1].contains(name));
    if one == two || same_name || has(&people[0], two) || has(&people[1], one) {
        return Err("a redaction needs the keys of two people, and both are of one".into());
    }
    let operates = |key: &PublicKey, who: &[String]| {
        let own = |key: &PublicKey| operators.contains(&key.fingerprint());
        own(key) || who.iter().any(|who| allowed.all_keys_of(who).into_iter().any(own))
    };
    match operates(one, &people[0]) && operates(two, &people[1]) {
        true => Err("a redaction needs somebody besides the operators of the run".into()),
        false => Ok(()),
    }
}

impl Left {
    /// Takes a redaction that may be, where it is about what records say.
    fn take(&mut self, facts: &Facts, amendment: &Amendment) -> Result<(), String> {
        let Some(redaction) = &amendment.redaction else { return Ok(()) };
        let Redaction { step, attempt, extents, log, salt } = redaction;
        let name = redaction.log_name();
        let gone = self.blanks.get(&name);
        for taken in extents {
            let at = usize::try_from(taken.number - 1).ok();
            let printed = facts.printed.get(&(step.clone(), *attempt));
            let recorded = printed.zip(at).and_then(|(printed, at)| printed.extents.get(at));
            let is = recorded.map(|(_, extent)| extent.off..extent.off + extent.len);
            if is.as_ref() != Some(&taken.bytes) {
                return Err(format!("it takes out extent {} of {name}, which no record has", taken.number));
            }
            if gone.is_some_and(|gone| gone.contains(&taken.number)) {
                return Err(format!("extent {} of {name} was taken out before", taken.number));
            }
        }
        self.blanks.entry(name.clone()).or_default().extend(extents.iter().map(|taken| taken.number));
        self.files.entry(name).or_default().push((amendment.sequence, *log));
        self.files.entry(redaction.salt_name()).or_default().push((amendment.sequence, *salt));
        Ok(())
    }

    /// Judges a file of which something was taken out by what the last redaction left of it; `false` for every other file.
    pub(super) fn file(&mut self, name: &str, (sealed, is): (Hash, Hash), found: &mut Verified) -> bool {
        let Some((last, before)) = self.files.get(name).and_then(|all| all.split_last()) else { return false };
        let before = before.last().map_or(sealed, |(_, before)| *before);
        let (number, after) = *last;
        if is == before && is != after {
            self.undone.insert(number);
        } else if is != after {
            let why = format!("its bytes are neither those that amendment {number} leaves nor those before it");
            found.say_what(name, What::Changed, why);
        }
        true
    }

    /// Says what all of it comes to.
    pub(super) fn end(self, found: &mut Verified) {
        for amended in found.amendments.iter_mut().filter(|own| self.undone.contains(&own.amendment.sequence)) {
            amended.carried_out = false;
        }
        if !self.undone.is_empty() {
            found.all.push(Verdict::Unfinished);
        }
        if !self.blanks.is_empty() {
            found.all.push(Verdict::Redacted);
        }
    }
}

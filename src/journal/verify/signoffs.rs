//! Every sign-off, by the judge's list: who signed what, over which journal, for which role, and whether enough did.
//!
//! The text is made anew from what the journal says was asked and must be the one that was signed, to the letter; the key must be
//! the list's for that person. A role with signers never counts by a name. What does not hold is named with its record.

use super::signatures::{Unknown, check, known};
use super::{At, SignedBy, Verdict, Verified, VerifyWith};
use crate::journal::facts::Facts;
use crate::journal::keys::PublicKey;
use crate::journal::reader::walk::Walk;
use crate::journal::signoffs::{Asking, SignedRecord};
use crate::model::event::{AskedFor, EndState};
use crate::model::ids::RunId;
use crate::model::signed::{Realm, SignedText};
use crate::model::signoff::{self, Place, Signatory};
use std::collections::BTreeSet;

/// A signature that holds, to compare later ones with.
struct Good<'a> {
    record: &'a SignedRecord,
    key: String,
}

/// Judges all sign-offs.
pub(super) fn judge(with: &VerifyWith, (walk, facts): (&Walk, &Facts), found: &mut Verified) {
    let Some((realm, run)) = &walk.chain.who else { return };
    let mut good: Vec<Good<'_>> = Vec::new();
    let mut count: BTreeSet<(u64, &str)> = BTreeSet::new();
    for one in &facts.signoffs.signed {
        let Some(asking) = facts.signoffs.asking_of(one) else {
            found.say(Some(one.seq), "it signs what was never asked".into());
            continue;
        };
        let signers = asking.roles.iter().find(|role| role.role == one.role).map(|role| role.signers.as_slice());
        let by_key = match (signers, one.sig.as_str()) {
            (None, _) => Err(format!("{} is not asked to sign there", one.role)),
            (Some([]), "-") => Ok(None),
            (Some([]), _) => Err(format!("{} has no signers, and a key signs for it", one.role)),
            (Some(_), "-") => Err(format!("{} has signers, and a name alone signs for it", one.role)),
            (Some(signers), _) if !signers.contains(&one.principal) => {
                Err(format!("{} does not speak for {}", one.principal, one.role))
            }
            (Some(_), _) => signature(with, (*realm, run), (asking, one), found),
        };
        let by_key = by_key.and_then(|key| rules(facts, asking, one, (key.as_ref(), &good)).map(|()| key));
        match by_key {
            Ok(key) => {
                if let Some(why) = key.as_ref().and_then(|key| of_the_operator(with, facts, asking, (one, key))) {
                    found.say(Some(one.seq), why);
                    continue;
                }
                count.insert((asking.seq.0, one.role.as_str()));
                good.extend(key.map(|key| Good { record: one, key: key.fingerprint() }));
            }
            Err(why) => found.say(Some(one.seq), why),
        }
    }
    missing(facts, &count, found);
}

/// The key that signed; `None` where this machine cannot tell whether it did, which was said then.
fn signature(
    with: &VerifyWith,
    (realm, run): (Realm, &RunId),
    (asking, one): (&Asking, &SignedRecord),
    found: &mut Verified,
) -> Result<Option<PublicKey>, String> {
    let text = SignedText::decode(&one.text).ok_or("its signed text is not written as one is")?;
    let prefix = asking.prefix.as_ref().ok_or("no checkpoint covers what was asked")?;
    let key = text.get("key").unwrap_or_default();
    let by =
        Signatory { role: &one.role, principal: &one.principal, key, comment: &one.comment, decision: one.decision };
    let place = Place { realm, run, step: &asking.step, attempt: asking.attempt, prefix, question: &asking.question };
    if let Some(why) = signoff::difference(&signoff::of(&place, &by), &one.text) {
        return Err(why);
    }
    let namespace = signoff::namespace(realm);
    let signed = match check(with, one.sig.as_bytes(), namespace, one.text.as_bytes()) {
        Ok(signed) => signed,
        Err(Unknown::Wrong(why)) => return Err(why),
        Err(Unknown::Unchecked(why)) => {
            found.notes.push(format!("record {}: {why}", one.seq));
            found.all.push(Verdict::UnknownKey);
            return Ok(None);
        }
    };
    if signed.fingerprint() != key {
        return Err("another key signed than the one that its text names".into());
    }
    let at = one.at.div_euclid(1_000_000);
    let said = with.allowed.check_principal(&one.principal, &signed, namespace, (at, with.now));
    let step = format!("sign-off {} of {}", one.step, one.principal);
    let standing = known(&said, (&step, key, namespace), at, found);
    let what = format!("signoff {} {}", one.step, one.role);
    let (at, who, fingerprint) = (At::Record(one.seq), one.principal.clone(), key.to_owned());
    found.signed.push(SignedBy { what, at, who, fingerprint, key: signed.clone(), standing });
    Ok(Some(signed))
}

/// One person, whatever the name, signs for one role, and once.
fn rules(
    facts: &Facts,
    asking: &Asking,
    one: &SignedRecord,
    (key, good): (Option<&PublicKey>, &[Good<'_>]),
) -> Result<(), String> {
    let earlier: Vec<&SignedRecord> = facts.signoffs.under(asking).filter(|other| other.seq < one.seq).collect();
    if asking.asked_for != AskedFor::Poll && earlier.iter().any(|other| other.role == one.role) {
        return Err(format!("{} has signed there before", one.role));
    }
    if facts.signoffs.signed.iter().any(|other| other.seq < one.seq && other.sig != "-" && other.text == one.text) {
        return Err("a signature counts once, and this one counted before".into());
    }
    let mut others = earlier.iter().filter(|other| other.role != one.role);
    if !asking.same_person && others.any(|other| other.principal == one.principal) {
        return Err(format!("{} has signed there for another role", one.principal));
    }
    let Some(fingerprint) = key.map(PublicKey::fingerprint) else { return Ok(()) };
    let same = |other: &&Good<'_>| other.key == fingerprint || other.record.principal == one.principal;
    let other = good.iter().filter(|other| other.record.role != one.role).find(same);
    if let (Some(other), false) = (other, asking.same_person) {
        return Err(format!("the same person or key signed for {} in record {}", other.record.role, other.record.seq));
    }
    let operators = facts.openings.iter().filter_map(|opened| SignedText::decode(&opened.text));
    if asking.second_person && operators.into_iter().any(|text| text.get("key") == Some(&fingerprint)) {
        return Err("a second person is asked, and the operator's key signed".into());
    }
    Ok(())
}

/// Why a second person is the operator by the judge's list: one of the operators' keys is listed for that name too.
fn of_the_operator(
    with: &VerifyWith,
    facts: &Facts,
    asking: &Asking,
    by: (&SignedRecord, &PublicKey),
) -> Option<String> {
    let (one, key) = by;
    let texts = facts.openings.iter().filter_map(|opened| SignedText::decode(&opened.text));
    let operators: Vec<String> = texts.filter_map(|text| text.get("key").map(str::to_owned)).collect();
    let theirs = with.allowed.all_keys_of(&one.principal);
    let other = |listed: &&PublicKey| *listed != key && operators.contains(&listed.fingerprint());
    (asking.second_person && theirs.iter().any(other))
        .then(|| format!("a second person is asked, and {} is the operator, by another key", one.principal))
}

/// Where fewer signed than were asked, in a run that says it was completed.
fn missing(facts: &Facts, count: &BTreeSet<(u64, &str)>, found: &mut Verified) {
    for asking in facts.signoffs.last_asked(facts.ended.filter(|end| *end == EndState::Completed)) {
        let signed = count.iter().filter(|(seq, _)| *seq == asking.seq.0 && !asking.void).count();
        if signed < asking.count {
            let (seq, step, wanted) = (asking.seq, &asking.step, asking.count);
            found.notes.push(format!("record {seq}: {step} asked for {wanted} sign-offs, and {signed} are there"));
            found.all.push(Verdict::SignOffsMissing);
        }
    }
}

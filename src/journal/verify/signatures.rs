//! The signatures under genesis and resumes, by the judge's list.
//!
//! Everything is taken from the signed text; what the record around it says twice must be the same. A signature that does not
//! hold is tampering; one by a key that is not listed is said to be that, and never a pass.

use super::{At, SignedBy, Verdict, Verified, VerifyWith};
use crate::journal::facts::{Facts, Opened};
use crate::journal::keys::allowed::Standing;
use crate::journal::keys::{PublicKey, SigError, sshsig};
use crate::model::schedule::format_wall;
use crate::model::signed::SignedText;

/// Judges the first record of every part.
pub(super) fn openings(with: &VerifyWith, facts: &Facts, found: &mut Verified) {
    runbooks(facts, found);
    for opened in &facts.openings {
        let Some(text) = SignedText::decode(&opened.text) else {
            found.say(Some(opened.seq), "its signed text is not written as one is".into());
            continue;
        };
        if text.get("fmt") != Some(&opened.fmt) {
            found.say(Some(opened.seq), "its format is not that of its signed text".into());
        }
        if let Some(cut) = text.get("cut") {
            found.notes.push(format!("record {} goes on over a cut: {cut}", opened.seq));
            found.all.push(Verdict::ResumedOverCut);
        }
        if text.get("key origin") == Some("self-made") {
            found.self_made = true;
        }
        if text.kind == "genesis" {
            found.runbook = text.get("runbook").map(str::to_owned);
        }
        if let Some(sig) = &opened.sig {
            found.flown_by.push((opened.seq, text.get("runbook").map(str::to_owned)));
            signature(with, opened, (&text, sig), found);
        }
    }
}

/// Each amendment takes the place of the runbook in force, and a part that is taken up goes on by that one.
fn runbooks(facts: &Facts, found: &mut Verified) {
    let named = |opened: &Opened| SignedText::decode(&opened.text)?.get("runbook").map(str::to_owned);
    let mut in_force = facts.openings.first().and_then(named);
    for (seq, from, to) in &facts.amended {
        if in_force.as_ref() != Some(from) {
            found.say(Some(*seq), "it takes the place of a runbook that is not in force".into());
        }
        in_force = Some(to.clone());
        found.amended.push((*seq, to.clone()));
    }
    for opened in facts.openings.iter().filter(|opened| opened.sig.is_some()) {
        let before = facts.amended.iter().rev().find(|(seq, ..)| *seq < opened.seq).map(|(.., to)| to.clone());
        if before.is_some() && named(opened) != before {
            found.say(Some(opened.seq), "it goes on by another runbook than the one in force".into());
        }
    }
}

fn signature(with: &VerifyWith, opened: &Opened, (text, sig): (&SignedText, &str), found: &mut Verified) {
    // `operator` is who flies, key or none; only the key's origin says whether there was one to sign with.
    let unsigned = matches!(text.get("operator"), None | Some("none")) || text.get("key origin") == Some("none");
    match (sig, unsigned) {
        ("-", true) => return found.all.push(Verdict::Unsigned),
        ("-", false) => {
            return found.say(Some(opened.seq), "its signature was taken away".into());
        }
        (_, true) => {
            return found.say(Some(opened.seq), "it is signed, and says that it is not".into());
        }
        (_, false) => {}
    }
    let namespace = text.namespace();
    match check(with, sig.as_bytes(), &namespace, opened.text.as_bytes()) {
        Ok(key) => {
            let claimed = text.get("operator").unwrap_or_default();
            let micros = text.get("started").and_then(|started| started.parse::<i64>().ok());
            let at = micros.map_or(with.now, |micros| micros.div_euclid(1_000_000));
            stand(with, (key, &namespace, at), (&text.kind, claimed, At::Record(opened.seq)), found);
        }
        Err(Unknown::Wrong(why)) => found.say(Some(opened.seq), why),
        Err(Unknown::Unchecked(why)) => {
            found.notes.push(format!("record {}: {why}", opened.seq));
            found.all.push(Verdict::UnknownKey);
        }
    }
}

/// Why a signature gives no key.
pub(super) enum Unknown {
    /// It does not hold.
    Wrong(String),
    /// It could not be judged here.
    Unchecked(String),
}

/// The key that signed.
pub(super) fn check(with: &VerifyWith, sig: &[u8], namespace: &str, message: &[u8]) -> Result<PublicKey, Unknown> {
    let checked = if with.ask_ssh_keygen {
        sshsig::check_asking_ssh_keygen(sig, namespace, message)
    } else {
        sshsig::check(sig, namespace, message)
    };
    checked.map_err(|error| match error {
        SigError::CannotCheckHere(_) | SigError::Unasked(_) => Unknown::Unchecked(error.to_string()),
        SigError::Form
        | SigError::Version(_)
        | SigError::Namespace { .. }
        | SigError::Reserved
        | SigError::Hash(_)
        | SigError::Kind(_)
        | SigError::Mismatch => Unknown::Wrong(error.to_string()),
    })
}

/// What the list says of a key that signed.
pub(super) fn stand(
    with: &VerifyWith,
    (key, namespace, at): (PublicKey, &str, i64),
    (what, claimed, place): (&str, &str, At),
    found: &mut Verified,
) {
    let said = with.allowed.check(&key, namespace, at, with.now);
    let fingerprint = key.fingerprint();
    let standing = known(&said, (what, &fingerprint, namespace), at, found);
    let who = match said {
        Standing::Known { principal } => principal,
        Standing::NotListed | Standing::WrongNamespace | Standing::NotValidThen | Standing::NotValidNow => {
            claimed.to_owned()
        }
    };
    let what = what.to_owned();
    found.signed.push(SignedBy { what, at: place, who, fingerprint, key, standing });
}

/// The verdict on a key of which the list says this; what keeps it from being known is noted.
pub(super) fn known(
    said: &Standing,
    (what, fingerprint, namespace): (&str, &str, &str),
    at: i64,
    found: &mut Verified,
) -> Verdict {
    let then = || {
        let when = at.checked_mul(1_000_000).and_then(|wall| format_wall(wall, "UTC", Some("%Y-%m-%d %H:%M:%S UTC")));
        when.unwrap_or_else(|| "an unknown time".into())
    };
    let (standing, why) = match said {
        Standing::Known { .. } => return Verdict::Verified,
        Standing::NotListed => (Verdict::UnknownKey, "which no line of the list vouches for".into()),
        Standing::WrongNamespace => (Verdict::UnknownKey, format!("which the list has, and not for {namespace}")),
        Standing::NotValidThen => {
            (Verdict::KeyNotValid, format!("which the list has, and which was not valid then, at {}", then()))
        }
        Standing::NotValidNow => {
            (Verdict::KeyNotValid, format!("which the list has as valid then, at {}, and no longer now", then()))
        }
    };
    found.notes.push(format!("{what}: signed by {fingerprint}, {why}"));
    found.all.push(standing);
    standing
}

//! The signatures under genesis and resumes, by the judge's list.
//!
//! Everything is taken from the signed text; what the record around it says twice must be the same. A signature that does not
//! hold is tampering; one by a key that is not listed is said to be that, and never a pass.

use super::{SignedBy, Verdict, Verified, VerifyWith};
use crate::journal::facts::{Facts, Opened};
use crate::journal::keys::allowed::Standing;
use crate::journal::keys::{PublicKey, SigError, sshsig};
use crate::model::signed::SignedText;

/// Judges the first record of every part.
pub(super) fn openings(with: &VerifyWith, facts: &Facts, found: &mut Verified) {
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
            signature(with, opened, (&text, sig), found);
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
            stand(with, (&key, &namespace, at), (&text.kind, claimed), found);
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
    (key, namespace, at): (&PublicKey, &str, i64),
    (what, claimed): (&str, &str),
    found: &mut Verified,
) {
    let (who, standing) = match with.allowed.check(key, namespace, at, with.now) {
        Standing::Known { principal } => (principal, Verdict::Verified),
        Standing::NotListed | Standing::WrongNamespace => (claimed.to_owned(), Verdict::UnknownKey),
        Standing::NotValidThen | Standing::NotValidNow => (claimed.to_owned(), Verdict::KeyNotValid),
    };
    if standing != Verdict::Verified {
        found.all.push(standing);
    }
    let (what, fingerprint) = (what.to_owned(), key.fingerprint());
    found.signed.push(SignedBy { what, who, fingerprint, standing });
}

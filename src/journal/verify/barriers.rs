//! The operator's signatures at acts of weight: is the text the one that the journal leads to, and did the operator's key sign it.
//!
//! That the text fits is found in the walk, record after record. Here the signature is judged by the judge's own list, and
//! must be of the key that signed the first record of its part. What does not hold is named with its record.

use super::signatures::{Unknown, check, stand};
use super::{At, Verdict, Verified, VerifyWith};
use crate::journal::facts::{Facts, Vouched};
use crate::journal::reader::walk::Walk;
use crate::model::barrier;

/// Judges all of them, and says what is not signed of a run that goes on.
pub(super) fn judge(with: &VerifyWith, (walk, facts): (&Walk, &Facts), found: &mut Verified) {
    let Some((realm, _)) = &walk.chain.who else { return };
    for one in &facts.vouched {
        if let Err(why) =
            one.fits.clone().and_then(|key| signature(with, one, (&key, barrier::namespace(*realm)), found))
        {
            found.say(Some(one.seq), why);
        }
    }
    if let Some(oldest) = facts.barriers.oldest().filter(|_| facts.ended.is_none()) {
        let (seq, what) = (oldest.seq, &oldest.what);
        found.notes.push(format!("from record {seq} ({what}) on, no act of weight is signed by the operator's key"));
    }
}

fn signature(
    with: &VerifyWith,
    one: &Vouched,
    (key, namespace): (&str, &str),
    found: &mut Verified,
) -> Result<(), String> {
    match check(with, one.sig.as_bytes(), namespace, one.text.as_bytes()) {
        Ok(signed) if signed.fingerprint() != key => Err("another key signed it than the operator's".into()),
        Ok(signed) => {
            let at = one.at.div_euclid(1_000_000);
            let what = format!("barrier at record {}", one.seq);
            stand(with, (signed, namespace, at), (&what, key, At::Record(one.seq)), found);
            Ok(())
        }
        Err(Unknown::Wrong(why)) => Err(why),
        Err(Unknown::Unchecked(why)) => {
            found.notes.push(format!("record {}: {why}", one.seq));
            found.all.push(Verdict::UnknownKey);
            Ok(())
        }
    }
}

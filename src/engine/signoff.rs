//! Whether a person's signature counts: the text that was asked for, a key that signed it, a list that names whose key it is.
//!
//! The conductor judges here before anything is recorded, by the list that it read when it began. Which roles, persons and keys
//! may then speak is `decide`'s. Every refusal says its reason; nothing here reads a file, starts a process or remembers. The driver
//! calls it, and `tminus sign` never does: whoever sends a signature cannot judge it for the run.

use crate::journal::keys::allowed::{AllowedSigners, Standing};
use crate::journal::keys::{SigError, sshsig};
use crate::model::decide::Signed;
use crate::model::event::Decision;
use crate::model::ids::{RoleId, StepIx};
use crate::model::plan::Plan;
use crate::model::signoff::{self, COMMENT_LIMIT, Signatory};
use crate::model::state::RunState;

/// A signature as it came.
#[derive(Clone, Copy, Debug)]
pub struct Came<'a> {
    /// For which role.
    pub role: &'a RoleId,
    /// Whose it is said to be.
    pub principal: &'a str,
    /// What is said with it.
    pub comment: &'a str,
    /// What it decides.
    pub decision: Decision,
    /// What was signed, where the client says it.
    pub text: Option<&'a str>,
    /// The armored signature.
    pub sig: &'a str,
}

/// Judges a signature at a step's present attempt; `now` is Unix seconds.
pub fn judge(
    plan: &Plan,
    state: &RunState,
    ix: StepIx,
    (came, allowed, now): (&Came<'_>, &AllowedSigners, i64),
) -> Result<Signed, String> {
    if came.comment.len() > COMMENT_LIMIT {
        return Err("what is said with a signature is at most 1 KiB".into());
    }
    let key =
        sshsig::named_key(came.sig.as_bytes()).map_err(|why| format!("that is no signature that counts: {why}"))?;
    let fingerprint = key.fingerprint();
    let by = Signatory {
        role: came.role,
        principal: came.principal,
        key: &fingerprint,
        comment: came.comment,
        decision: came.decision,
    };
    let text = signoff::text(plan, state, ix, &by)?;
    if let Some(why) = came.text.and_then(|signed| signoff::difference(&text, signed)) {
        return Err(why);
    }
    let (namespace, bytes) = (signoff::namespace(text.realm), text.encode());
    match sshsig::check(came.sig.as_bytes(), namespace, bytes.as_bytes()) {
        Ok(_) => {}
        Err(SigError::CannotCheckHere(kind)) => {
            return Err(format!(
                "{fingerprint} is of the kind {kind}, and of a size or curve that a conductor cannot judge: sign with ssh-ed25519, ecdsa-sha2-nistp256 or -nistp384, either of them in a token too, or ssh-rsa of 2048 to 8192 bits (ssh-keygen -t ed25519 makes one; its public half goes into the list of allowed signers)"
            ));
        }
        Err(SigError::Mismatch) => {
            return Err(format!(
                "the signature by {fingerprint} does not hold for what is asked here: another text was signed, or it was changed"
            ));
        }
        Err(why) => return Err(format!("the signature does not count: {why}")),
    }
    let principal = came.principal;
    if let Some(why) = is_operator(state, ix, (principal, &fingerprint), allowed) {
        return Err(why);
    }
    let why = match allowed.check_principal(principal, &key, namespace, (now, now)) {
        Standing::Known { .. } => {
            let sig = came.sig.to_owned();
            return Ok(Signed { principal: principal.to_owned(), key: fingerprint, text: bytes, sig });
        }
        Standing::NotListed => format!("the list of allowed signers has no key {fingerprint} for {principal}"),
        Standing::WrongNamespace => {
            format!("the list of allowed signers has {fingerprint} for {principal}, but not to sign in {namespace}")
        }
        Standing::NotValidThen | Standing::NotValidNow => {
            format!("the key {fingerprint} of {principal} is not valid now, by the list of allowed signers")
        }
    };
    Err(why)
}

/// Why a second person cannot sign under this name: the list has one of the operators' keys for it. That very key is `decide`'s.
fn is_operator(state: &RunState, ix: StepIx, by: (&str, &String), allowed: &AllowedSigners) -> Option<String> {
    let (principal, fingerprint) = by;
    let operators = Some(&state.facts.as_ref()?.operator_keys).filter(|keys| !keys.contains(fingerprint))?;
    let asked = state.step(ix).asked.as_ref().filter(|asked| asked.second_person)?;
    let theirs = allowed.all_keys_of(principal);
    theirs.iter().any(|key| operators.contains(&key.fingerprint())).then(|| {
        let role = asked.roles.first().map_or("the role", |role| role.role.as_str());
        format!("a second person signs for {role}, and {principal} is the operator, by the list of allowed signers")
    })
}

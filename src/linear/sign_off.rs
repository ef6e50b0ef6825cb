//! A sign-off by key, in lines: whose key, the text to the letter, then the word that signs it here or a signature from elsewhere.
//!
//! The text is what `model::signoff` makes and nothing else, so what is read is what is signed. Nothing is signed or sent here: the
//! wish that comes of it goes through the port like any. Called by `run`.

use super::ask::{Ask, Choice, Question, Rule, Slot};
use crate::feed::Port;
use crate::model::ids::{RoleId, StepId, StepIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::signoff::{self, Signatory};
use crate::model::state::RunState;
use std::path::PathBuf;

/// The word that takes the signature beside the text which was kept.
const FILE: &str = "file";

/// What a wish to sign leads to where the role has signers and nothing was signed yet; `None` for every other wish.
pub(super) fn ask(plan: &Plan, state: &RunState, port: &dyn Port, intent: &Intent) -> Option<Result<Ask, String>> {
    let Intent::Sign { step, role, comment, text: None, decision, .. } = intent else { return None };
    let people = signoff::signers(plan, role);
    let ix = plan.find(step).filter(|_| !people.is_empty())?;
    let keys = port.signing_keys(people, signoff::namespace_of(state));
    let ways: Result<Vec<Choice>, String> = keys
        .iter()
        .map(|key| {
            let by = Signatory { role, principal: &key.principal, key: &key.fingerprint, comment, decision: *decision };
            way(plan, state, port, (ix, by, key.here))
        })
        .collect();
    Some(ways.and_then(|mut ways| match ways.len() {
        0 => Err(format!("the run's list of allowed signers has no key for {}", people.join(", "))),
        1 => Ok(ways.remove(0).then),
        _ => Ok(Ask::Menu { card: vec!["Whose key signs:".into()], choices: ways }),
    }))
}

fn way(
    plan: &Plan,
    state: &RunState,
    port: &dyn Port,
    (ix, by, here): (StepIx, Signatory<'_>, bool),
) -> Result<Choice, String> {
    let (role, principal, fingerprint) = (by.role, by.principal, by.key);
    let intent = signoff::intent(plan, state, ix, &by)?;
    let Intent::Sign { step, text: Some(text), .. } = &intent else { return Err("there is nothing to sign".into()) };
    let mut card = vec!["What is signed, to the letter:".to_owned()];
    card.extend(text.lines().map(|line| format!("  | {line}")));
    let question = if here {
        let words = format!("Type  sign  to sign it as {principal} with {fingerprint}:");
        Question { words, rule: Rule::Exactly("sign".into()), slot: Slot::Consent }
    } else {
        let path = port.save_text(&name(step, role, principal), text)?;
        let path = path.display();
        card.push(format!("It is in {path} too."));
        let namespace = signoff::namespace_of(state);
        card.push(format!("Whoever has {fingerprint} signs it: ssh-keygen -Y sign -n {namespace} -f KEY {path}"));
        let words = format!("Paste the signature, or type  {FILE}  once {path}.sig is there:");
        Question { words, rule: Rule::Armor, slot: Slot::Signature }
    };
    let note = if here { "signs here" } else { "signs elsewhere" };
    let questions = vec![question];
    Ok(Choice::noted(format!("{principal} {fingerprint}"), note, Ask::Wish { card, questions, intent }))
}

/// A signature that was brought, as it must be written. Every other wish stays as it is.
pub(super) fn brought(port: &dyn Port, mut intent: Intent) -> Result<Intent, String> {
    if let Intent::Sign { step, role, name: principal, text: Some(text), sig: Some(sig), .. } = &mut intent {
        let armored = if sig.trim() == FILE {
            let path: PathBuf = port.save_text(&name(step, role, principal), text)?;
            port.signature_beside(&path)?
        } else {
            port.signature_of(sig).ok_or("that is no SSH signature")?
        };
        *sig = armored;
    }
    Ok(intent)
}

/// What a text is kept under.
fn name(step: &StepId, role: &RoleId, principal: &str) -> String {
    format!("{step}-{role}-{principal}.txt")
}

/// Whether a signature that is being pasted, line by line, is whole; `None` for what begins as none.
pub(super) fn is_whole(pasted: &str) -> Option<bool> {
    let begins = pasted.trim_start().starts_with("-----BEGIN SSH SIGNATURE-----");
    let short = pasted.len() < 32 * 1024;
    match (begins && short, pasted.trim() == FILE) {
        (_, true) => Some(true),
        (true, false) => Some(pasted.contains("-----END SSH SIGNATURE-----")),
        (false, false) => None,
    }
}

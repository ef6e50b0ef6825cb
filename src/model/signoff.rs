//! What exactly a person signs at a sign-off, a poll or as the second person: the question, where the journal stood when it was
//! asked, who signs for whom and what that decides.
//!
//! The text follows from plan, records and signatory alone, so every screen, the conductor, a resume and a verification make the
//! same bytes of it, and a signature of another run, step, attempt or question holds for none of them. Never judges a
//! signature: that is the conductor's and the verifier's. `docs/journal-format.md` has the fields.

use crate::model::event::{AskedFor, Decision, SigningRole};
use crate::model::ids::{Attempt, RoleId, RunId, Seq, StepId, StepIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::signed::{Realm, SignedText};
use crate::model::state::RunState;
use crate::model::step::{SignOff, Work};
use sha2::{Digest, Sha256};

/// The kind of the text.
pub const KIND: &str = "signoff";
/// No question and no comment is longer, bytes: the record of a signature is one line of at most 65,535.
pub const QUESTION_LIMIT: usize = 6 * 1024;
/// No comment of a signature by key is longer, bytes.
pub const COMMENT_LIMIT: usize = 1024;

/// A journal up to a checkpoint, as that checkpoint states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The part.
    pub part: u32,
    /// How many lines of it.
    pub records: u64,
    /// How many bytes of it.
    pub bytes: u64,
    /// Their hash, hex.
    pub sha256: String,
}

impl Prefix {
    /// What a checkpoint's text says is before it.
    pub fn of_ckpt(text: &str) -> Option<Self> {
        let text = SignedText::decode(text)?;
        Some(Self {
            part: text.get("part")?.parse().ok()?,
            records: text.get("records")?.parse().ok()?,
            bytes: text.get("bytes")?.parse().ok()?,
            sha256: text.get("sha256")?.to_owned(),
        })
    }
}

/// A question that stands: what was asked, and how far the journal went that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The record that asked.
    pub seq: Seq,
    /// For which attempt: the next one, where a second person is asked.
    pub attempt: Attempt,
    /// What for.
    pub asked_for: AskedFor,
    /// Of whom.
    pub roles: Vec<SigningRole>,
    /// Nobody answers with the operator's key.
    pub second_person: bool,
    /// The question as it was shown.
    pub question: String,
    /// Up to the first checkpoint after that record; `None` before it.
    pub prefix: Option<Prefix>,
}

/// Who signs for which role, with what.
#[derive(Clone, Copy, Debug)]
pub struct Signatory<'a> {
    /// For which role.
    pub role: &'a RoleId,
    /// Whose key it is, as allowed-signers files name people.
    pub principal: &'a str,
    /// `SHA256:…` of the key.
    pub key: &'a str,
    /// What is said with it.
    pub comment: &'a str,
    /// What it decides.
    pub decision: Decision,
}

/// The question of a sign-off as it is asked now: its text, then each statement on a line.
pub fn question(state: &RunState, wanted: &SignOff) -> String {
    let mut text = state.fill(&wanted.text);
    for statement in &wanted.statements {
        text.push_str("\n- ");
        text.push_str(&state.fill(statement));
    }
    text
}

/// The principals who alone speak for a role; none where a name is enough.
pub fn signers<'a>(plan: &'a Plan, role: &RoleId) -> &'a [String] {
    plan.roles.iter().find(|each| each.id == *role).map_or(&[], |role| role.signers.as_slice())
}

/// The role whose signature a step needs before a person starts it: that of its second person, where it has signers.
pub fn seconds(plan: &Plan, ix: StepIx) -> Option<&RoleId> {
    let step = plan.step(ix);
    step.role.as_ref().filter(|role| step.second_person && !signers(plan, role).is_empty())
}

/// The roles of a gate's poll that speak with a key.
pub fn polled<'a>(plan: &'a Plan, poll: &'a [RoleId]) -> impl Iterator<Item = &'a RoleId> {
    poll.iter().filter(|role| !signers(plan, role).is_empty())
}

/// SHA-256, hex.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text to sign at a step's present attempt, or why there is none.
pub fn text(plan: &Plan, state: &RunState, ix: StepIx, by: &Signatory<'_>) -> Result<SignedText, String> {
    let step = plan.step(ix);
    let facts = state.facts.as_ref().ok_or("the run has not begun")?;
    let asked = state.step(ix).asked.as_ref().ok_or_else(|| match &step.work {
        Work::Sign(_) => format!("{} does not wait for a signature", step.number),
        _asks_for_none => format!("{} asks for no signature", step.number),
    })?;
    if !asked.asked_for.takes(by.decision) {
        return Err(format!("{} is not asked what is signed: {}", step.number, by.decision.word()));
    }
    let prefix = asked.prefix.as_ref().ok_or("the question is not on disk yet")?;
    let (realm, run, question) = (facts.realm, &facts.run, asked.question.as_str());
    Ok(of(&Place { realm, run, step: &step.id, attempt: asked.attempt, prefix, question }, by))
}

/// Where a sign-off is asked for, and what.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Live or drill.
    pub realm: Realm,
    /// The run.
    pub run: &'a RunId,
    /// The step.
    pub step: &'a StepId,
    /// Its attempt.
    pub attempt: Attempt,
    /// The journal up to the question.
    pub prefix: &'a Prefix,
    /// The question.
    pub question: &'a str,
}

/// The text of a sign-off.
pub fn of(place: &Place<'_>, by: &Signatory<'_>) -> SignedText {
    SignedText::new(KIND, place.realm, place.run)
        .with("part", place.prefix.part)
        .with("records", place.prefix.records)
        .with("bytes", place.prefix.bytes)
        .with("sha256", &place.prefix.sha256)
        .with("step", place.step)
        .with("attempt", place.attempt)
        .with("question", sha256(place.question))
        .with("statement", place.question)
        .with("role", by.role)
        .with("decision", by.decision.word())
        .with("principal", by.principal)
        .with("key", by.key)
        .with("comment", by.comment)
}

/// The wish to sign so, not signed yet.
pub fn intent(plan: &Plan, state: &RunState, ix: StepIx, by: &Signatory<'_>) -> Result<Intent, String> {
    let text = text(plan, state, ix, by)?.encode();
    Ok(Intent::Sign {
        step: plan.step(ix).id.clone(),
        role: by.role.clone(),
        name: by.principal.to_owned(),
        comment: by.comment.to_owned(),
        text: Some(text),
        sig: None,
        decision: by.decision,
    })
}

/// In which namespace the sign-offs of a run are signed.
pub fn namespace_of(state: &RunState) -> &'static str {
    namespace(state.facts.as_ref().map_or(Realm::Live, |facts| facts.realm))
}

/// In which namespace a sign-off is signed.
pub fn namespace(realm: Realm) -> &'static str {
    match realm {
        Realm::Live => "signoff@tminus",
        Realm::Drill => "signoff.drill@tminus",
    }
}

/// Why a text that was signed is not the one that is asked for, in words.
pub fn difference(asked: &SignedText, signed: &str) -> Option<String> {
    if asked.encode() == signed {
        return None;
    }
    let Some(signed) = SignedText::decode(signed) else {
        return Some("what was signed is not written as a sign-off is".into());
    };
    if signed.kind != asked.kind {
        return Some(format!("what was signed is a {}, not a sign-off", signed.kind));
    }
    if signed.realm != asked.realm {
        return Some(format!(
            "it was signed for a {} run, and this is a {} one",
            signed.realm.word(),
            asked.realm.word()
        ));
    }
    if signed.run != asked.run {
        return Some(format!("it was signed for run {}, not for this one", signed.run));
    }
    let mut differ = asked.fields.iter().filter(|(key, value)| signed.get(key).unwrap_or_default() != value);
    // Another step or attempt says more than the other journal that it always comes with.
    let differs = differ.clone().find(|(key, _)| matches!(key.as_str(), "step" | "attempt")).or_else(|| differ.next());
    Some(match differs.map(|(key, value)| (key.as_str(), value, signed.get(key).unwrap_or("nothing"))) {
        Some(("step", is, was)) => format!("it was signed for step {was}, not for {is}"),
        Some(("attempt", is, was)) => format!("it was signed at attempt {was}, and this is attempt {is}"),
        Some(("question" | "statement", ..)) => "it was signed for another question than the one that stands".into(),
        Some(("part" | "records" | "bytes" | "sha256", ..)) => {
            "it was signed over another journal than this one".into()
        }
        Some((key, is, was)) => format!("it says {key} {was}, and here it is {is}"),
        None => "what was signed has other fields than a sign-off".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_differs_is_named() {
        let text = |realm, run: &str, fields: &[(&str, &str)]| {
            let text = SignedText::new(KIND, realm, &RunId::from(run));
            fields.iter().fold(text, |text, (key, value)| text.with(key, value))
        };
        let fields = [("sha256", "aa"), ("step", "ok"), ("attempt", "2"), ("question", "q"), ("role", "ops")];
        let asked = text(Realm::Live, "0001-x", &fields);
        assert_eq!(difference(&asked, &asked.encode()), None);
        let said = |signed: SignedText| difference(&asked, &signed.encode()).unwrap();
        assert!(said(text(Realm::Drill, "0001-x", &fields)).contains("signed for a drill run"));
        assert!(said(text(Realm::Live, "0002-x", &fields)).contains("run 0002-x"));
        let words = ["another journal", "step other", "attempt other", "another question", "role other"];
        for (at, word) in words.iter().enumerate() {
            let mut changed = fields;
            changed[at].1 = "other";
            let said = said(text(Realm::Live, "0001-x", &changed));
            assert!(said.contains(word), "{said}");
        }
        assert!(said(asked.clone().with("more", "1")).contains("other fields"));
        assert!(difference(&asked, "nothing").is_some());
    }
}

//! What `verify` found, for programs. `docs/verify.md` says what each field is; they are only ever added to.
//!
//! Text from the run stands in it as it is: JSON escapes it, and whoever prints it further sees to the rest.

use super::{Amended, At, Problem, SignedBy, Trusted, Verdict, Verified};
use crate::model::signed::Realm;
use serde_json::{Value, json};

impl Verified {
    /// One object.
    pub fn to_json(&self) -> Value {
        json!({
            "tminus_verify": 1,
            "run": self.run,
            "realm": self.realm.map(Realm::word),
            "verdict": self.verdict.word(),
            "all": self.all.iter().map(|verdict| verdict.word()).collect::<Vec<_>>(),
            "passes": self.passes(),
            "ended": self.ended.map(|end| end.word()),
            "records": self.records,
            "outputs": self.outputs,
            "head": self.head.as_ref().map(|head| head.code()),
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
            "trusted": self.trusted.as_ref().filter(|_| !self.passes()).map(trusted),
            "next": self.next_steps(),
            "notes": self.notes,
            "signed": self.signed.iter().map(signed).collect::<Vec<_>>(),
            "amendments": self.amendments.iter().map(amended).collect::<Vec<_>>(),
            "self_made_key": self.self_made,
            "runbook_sha256": self.runbook,
            "policy": self.policy(),
            "checked_against": self.checked_against(),
        })
    }
}

fn problem(problem: &Problem) -> Value {
    json!({
        "what": problem.what.word(),
        "record": problem.seq.map(|seq| seq.0),
        "file": problem.file,
        "line": problem.line,
        "byte": problem.byte,
        "why": problem.why,
    })
}

fn trusted(trusted: &Trusted) -> Value {
    let step = trusted.step.as_ref().map(|(step, _)| step.as_str());
    json!({
        "record": trusted.record,
        "of": trusted.of,
        "at": trusted.at.map(|at| at.wall),
        "t": trusted.t,
        "step": step,
        "attempt": trusted.step.as_ref().map(|(_, attempt)| attempt),
        "place": trusted.place,
        "head": trusted.head,
    })
}

fn amended(own: &Amended) -> Value {
    let amendment = &own.amendment;
    let redaction = amendment.redaction.as_ref();
    json!({
        "sequence": amendment.sequence,
        "what": if redaction.is_some() { "redaction" } else { "note" },
        "file": redaction.map(|own| own.log_name()),
        "step": redaction.map(|own| own.step.as_str()),
        "attempt": redaction.map(|own| own.attempt),
        "extents": redaction.map(|own| own.extents.iter().map(|taken| taken.number).collect::<Vec<_>>()),
        "bytes": redaction.map(|_| own.bytes()),
        "reason": amendment.reason,
        "at": amendment.at,
        "by": own.by,
        "carried_out": own.carried_out,
    })
}

fn signed(by: &SignedBy) -> Value {
    let (record, file) = match &by.at {
        At::Record(seq) => (Some(seq.0), None),
        At::File(name) => (None, Some(name)),
    };
    let known = by.standing == Verdict::Verified;
    json!({
        "what": by.what,
        "record": record,
        "file": file,
        "who": by.who,
        "fingerprint": by.fingerprint,
        "known": known,
        "standing": by.standing.word(),
    })
}

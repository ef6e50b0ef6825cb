//! What `verify` says: one line first, and JSON.
//!
//! Text from the run stands in both as it is: a terminal gets it through the one door for foreign text only. Decides nothing.

use super::{Problem, Verdict, Verified};
use crate::model::signed::Realm;
use serde_json::{Value, json};

impl Verdict {
    /// The word for it, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Tampered => "tampered",
            Verdict::UnknownFormat => "unknown format",
            Verdict::Unsigned => "unsigned",
            Verdict::UnknownKey => "unknown key",
            Verdict::KeyNotValid => "key not valid at an anchored time",
            Verdict::SignOffsMissing => "sign-offs missing",
            Verdict::ResumedOverCut => "resumed over a cut",
            Verdict::Unsealed => "unsealed",
            Verdict::Verified => "verified",
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.seq, &self.file) {
            (Some(seq), Some(file)) => write!(out, "record {seq}, {file}: {}", self.why),
            (Some(seq), None) => write!(out, "record {seq}: {}", self.why),
            (None, Some(file)) => write!(out, "{file}: {}", self.why),
            (None, None) => write!(out, "{}", self.why),
        }
    }
}

impl Verified {
    /// Whether it passes: sealed, signed by keys that are known, and nothing wrong.
    pub fn passes(&self) -> bool {
        self.verdict == Verdict::Verified
    }

    /// The one line that says it all.
    pub fn first_line(&self) -> String {
        let state = match (self.verdict, self.problems.first()) {
            (Verdict::Verified, _) => {
                let seal = self.signed.iter().find(|signed| signed.what == "seal");
                let who = seal.map_or("nobody", |signed| &signed.who);
                format!("verified: sealed by {who}")
            }
            (Verdict::Tampered, Some(problem)) => match (problem.seq, &problem.file) {
                (Some(seq), _) => format!("tampered at record {seq}"),
                (None, Some(file)) => format!("tampered: {file}"),
                (None, None) => "tampered".to_owned(),
            },
            (verdict, _) => {
                let all: Vec<&str> = self.all.iter().map(|verdict| verdict.word()).collect();
                if self.all.is_empty() { verdict.word().to_owned() } else { all.join(", ") }
            }
        };
        let drill = match self.realm {
            Some(Realm::Drill) => "drill ",
            Some(Realm::Live) | None => "",
        };
        let made = if self.self_made { "; SELF-MADE KEY" } else { "" };
        format!(
            "{drill}{}: {state}; {} records, {} outputs{made}; {}; {}",
            self.run,
            self.records,
            self.outputs,
            self.policy(),
            self.checked_against(),
        )
    }

    fn policy(&self) -> String {
        let runbook = self.runbook.as_deref().unwrap_or("not named");
        format!("policy: the run's own (runbook sha256 {runbook}), not checked against yours")
    }

    fn checked_against(&self) -> &'static str {
        if self.own { "checked against your own keys" } else { "checked against the keys given" }
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let problem = |problem: &Problem| {
            let seq = problem.seq.map(|seq| seq.0);
            json!({ "record": seq, "file": problem.file, "why": problem.why })
        };
        let signed: Vec<Value> = self
            .signed
            .iter()
            .map(|by| {
                let known = by.standing == Verdict::Verified;
                json!({
                    "what": by.what, "who": by.who, "fingerprint": by.fingerprint,
                    "known": known, "standing": by.standing.word(),
                })
            })
            .collect();
        json!({
            "run": self.run,
            "realm": self.realm.map(Realm::word),
            "verdict": self.verdict.word(),
            "all": self.all.iter().map(|verdict| verdict.word()).collect::<Vec<_>>(),
            "passes": self.passes(),
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
            "notes": self.notes,
            "signed": signed,
            "records": self.records,
            "outputs": self.outputs,
            "head": self.head.as_ref().map(|head| head.code()),
            "ended": self.ended.map(|end| end.word()),
            "self_made_key": self.self_made,
            "policy": self.policy(),
            "checked_against": self.checked_against(),
        })
    }
}

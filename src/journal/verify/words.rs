//! What `verify` says to people: one line if all holds, else what, where, since when, how far, and what to do next.
//!
//! Text from the run stands in it as it is: a terminal gets it through the one door for foreign text only. Decides nothing.

use super::{Amended, Problem, Trusted, Verdict, Verified};
use crate::model::schedule::format_wall;
use crate::model::signed::Realm;
use crate::model::time::clock_length;
use std::time::Duration;

/// So many problems stand in the text; JSON has all.
const SAID: usize = 10;

impl Verdict {
    /// The word for it, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Tampered => "tampered",
            Verdict::UnknownFormat => "unknown format",
            Verdict::RevokedKey => "revoked key",
            Verdict::Unsigned => "unsigned",
            Verdict::UnknownKey => "unknown key",
            Verdict::KeyNotValid => "key not valid at an anchored time",
            Verdict::AnotherRunbook => "another runbook",
            Verdict::SignOffsMissing => "sign-offs missing",
            Verdict::ResumedOverCut => "resumed over a cut",
            Verdict::Unsealed => "unsealed",
            Verdict::Unfinished => "redaction not finished",
            Verdict::Redacted => "redacted, consistent",
            Verdict::Verified => "verified",
        }
    }
}

impl Amended {
    /// `redaction` or `late note`.
    pub fn word(&self) -> &'static str {
        if self.amendment.redaction.is_some() { "redaction" } else { "late note" }
    }

    /// How many bytes it takes out.
    pub fn bytes(&self) -> u64 {
        let taken = self.amendment.redaction.iter().flat_map(|own| &own.extents);
        taken.map(|taken| taken.bytes.end - taken.bytes.start).sum()
    }

    /// Which output is gone, why, by whom and when; of a note what it says.
    pub fn said(&self) -> String {
        let amendment = &self.amendment;
        let by = self.by.join(", ");
        let at =
            format_wall(amendment.at, "UTC", Some("%Y-%m-%d %H:%M UTC")).unwrap_or_else(|| "an unknown time".into());
        let Some(own) = &amendment.redaction else {
            return format!("{} (by {by}, {at})", amendment.reason);
        };
        let numbers: Vec<String> = own.extents.iter().map(|taken| taken.number.to_string()).collect();
        let (one, numbers) = (if numbers.len() == 1 { "extent" } else { "extents" }, numbers.join(", "));
        let undone = if self.carried_out { "" } else { "; NOT CARRIED OUT, the bytes are there" };
        let (name, bytes, reason) = (own.log_name(), self.bytes(), &amendment.reason);
        format!("{one} {numbers} of {name}, {bytes} bytes: {reason} (by {by}, {at}){undone}")
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(seq) = self.seq {
            write!(out, "record {seq}{}", if self.file.is_some() { ", " } else { ": " })?;
        }
        let Some(file) = &self.file else { return write!(out, "{}", self.why) };
        let line = self.line.map_or(String::new(), |line| format!(" line {line}"));
        let byte = self.byte.map_or(String::new(), |byte| format!(" from byte {byte}"));
        write!(out, "{file}{line}{byte}: {}", self.why)
    }
}

impl Verified {
    /// Whether it passes: sealed, signed by keys that are known, and nothing wrong.
    pub fn passes(&self) -> bool {
        self.verdict == Verdict::Verified
    }

    /// The one line that says it all.
    pub fn first_line(&self) -> String {
        let drill = match self.realm {
            Some(Realm::Drill) => "drill ",
            Some(Realm::Live) | None => "",
        };
        let ended = match self.ended {
            Some(end) => end.word(),
            None => "no end recorded",
        };
        let made = if self.self_made { "; SELF-MADE KEY" } else { "" };
        let head = self.head.as_ref().map_or(String::new(), |head| format!("; head {}", head.code()));
        format!(
            "{drill}{}: {}; {ended}; {} records, {} outputs{head}{made}; {}; {}",
            self.run,
            self.state_and_count(),
            self.records,
            self.outputs,
            self.policy(),
            self.checked_against(),
        )
    }

    /// The verdict, and how much was amended after the seal.
    fn state_and_count(&self) -> String {
        let redactions = self.amendments.iter().filter(|own| own.amendment.redaction.is_some()).count();
        let mut state = self.state();
        for (count, one) in [(redactions, "redaction"), (self.amendments.len() - redactions, "late note")] {
            match count {
                0 => {}
                1 => state.push_str(&format!("; 1 {one}")),
                count => state.push_str(&format!("; {count} {one}s")),
            }
        }
        state
    }

    fn state(&self) -> String {
        match (self.verdict, self.problems.first()) {
            (Verdict::Verified, _) => {
                let seal = self.signed.iter().filter(|signed| signed.what == "seal");
                let who: Vec<&str> = seal.map(|signed| signed.who.as_str()).collect();
                format!("verified: sealed by {}", if who.is_empty() { "nobody".into() } else { who.join(", ") })
            }
            (Verdict::Tampered, Some(problem)) => {
                let what = problem.what.word();
                match (problem.seq, &problem.file) {
                    (Some(seq), _) => format!("tampered at record {seq} ({what})"),
                    (None, Some(file)) => format!("tampered: {file} ({what})"),
                    (None, None) => "tampered".to_owned(),
                }
            }
            (verdict, _) => {
                let all: Vec<&str> = self.all.iter().map(|verdict| verdict.word()).collect();
                if self.all.is_empty() { verdict.word().to_owned() } else { all.join(", ") }
            }
        }
    }

    /// All lines. Of a run that passes it is one.
    pub fn lines(&self) -> Vec<String> {
        if self.passes() {
            let mut line = self.first_line();
            let also = self.sign_offs().into_iter().chain(self.notes.iter().map(|note| format!("note: {note}")));
            let also = also.chain(self.amended());
            for words in also {
                line.push_str("; ");
                line.push_str(&words);
            }
            return vec![line];
        }
        let mut lines = vec![self.first_line()];
        let mut add = |line: String| lines.push(format!("  {line}"));
        for problem in self.problems.iter().take(SAID) {
            add(format!("wrong: {problem}"));
        }
        if self.problems.len() > SAID {
            add(format!("wrong: {} more; --format json has them all", self.problems.len() - SAID));
        }
        if let Some(trusted) = &self.trusted {
            self.how_far(trusted).into_iter().for_each(&mut add);
        }
        self.sign_offs().into_iter().for_each(&mut add);
        self.amended().into_iter().for_each(&mut add);
        self.notes.iter().map(|note| format!("note: {note}")).for_each(&mut add);
        self.next_steps().into_iter().map(|next| format!("next: {next}")).for_each(&mut add);
        lines
    }

    fn how_far(&self, trusted: &Trusted) -> Vec<String> {
        let (record, of) = (trusted.record, trusted.of);
        if record == 0 {
            return vec![format!("trusted: no record of {of}")];
        }
        let when = trusted.at.and_then(|at| format_wall(at.wall, "UTC", Some("%Y-%m-%d %H:%M:%S UTC")));
        let when = when.unwrap_or_else(|| "an unknown time".into());
        let t = trusted.t.map_or(String::new(), |t| {
            let sign = if t < 0 { '-' } else { '+' };
            format!(" (T{sign}{})", clock_length(Duration::from_micros(t.unsigned_abs())))
        });
        let step = trusted.step.as_ref().map(|(step, attempt)| format!("{step}, attempt {attempt}"));
        let place = trusted.place.clone().or(step).map_or(String::new(), |place| format!(", at step {place}"));
        let code = trusted.head.as_deref().unwrap_or("none");
        let mut lines = Vec::new();
        if self.verdict == Verdict::Tampered {
            lines.push(format!("since: after record {record}, which was made at {when}{t}"));
        }
        let rests =
            if record == of { "all that is here of the journal holds" } else { "the journal holds up to there" };
        lines.push(format!("trusted: records 1 to {record} of {of}, until {when}{t}{place}; {rests}; head {code}"));
        lines
    }

    /// What was amended: each with its reason, by whom and when.
    fn amended(&self) -> Vec<String> {
        self.amendments.iter().map(|own| format!("{}: {}", own.word(), own.said())).collect()
    }

    fn sign_offs(&self) -> Vec<String> {
        let of = self.signed.iter().filter(|by| by.what.starts_with("signoff "));
        of.map(|by| {
            let what = by.what.trim_start_matches("signoff ");
            format!(
                "signed off: {what}: {} {}, {}",
                by.who,
                by.fingerprint,
                if by.standing == Verdict::Verified { "known" } else { by.standing.word() }
            )
        })
        .collect()
    }

    /// What to do about each thing that keeps it from passing.
    pub fn next_steps(&self) -> Vec<String> {
        let said = |verdict: &&Verdict| self.verdict != Verdict::Tampered || **verdict != Verdict::Unsealed;
        self.all.iter().filter(said).filter_map(|verdict| self.next_of(*verdict)).collect()
    }

    fn next_of(&self, verdict: Verdict) -> Option<String> {
        let run = &self.run;
        Some(match verdict {
            Verdict::Tampered => {
                "leave this directory as it is, copy it, and compare it with a copy that somebody else \
                kept, from the first thing on that is wrong; nothing repairs it"
                    .into()
            }
            Verdict::UnknownFormat => "use the tminus that wrote it, or a newer one".into(),
            Verdict::RevokedKey => {
                "a revoked key proves nothing, whenever it signed: ask the person what they signed, and whoever keeps \
                the list since when and why the key is on it"
                    .into()
            }
            Verdict::Unsigned => {
                "no key proves who wrote it; only a head code, a mirror or a sign-off that somebody else \
                kept shows that it was not rewritten since (--head CODE|FILE)"
                    .into()
            }
            Verdict::UnknownKey if self.no_keys && self.own => format!(
                "you have no list of keys: get the public keys from the people themselves, not from the run, write \
                 `NAME KEY` in a line for each, and give it: tminus verify {run} --allowed-signers FILE"
            ),
            Verdict::UnknownKey => {
                "signed by nobody whom that list knows for this: ask the people themselves for their \
                public keys, not the run, and give a list that has them: --allowed-signers FILE"
                    .into()
            }
            Verdict::KeyNotValid => "ask whoever keeps the list why the key may not sign then and now (valid-after, \
                valid-before); nothing anchors when it did sign"
                .into(),
            Verdict::AnotherRunbook => self.compare_runbooks(),
            Verdict::SignOffsMissing => "ask those who did not sign, and why the run went on".into(),
            Verdict::ResumedOverCut => "ask whoever resumed it what was cut away; its reason is in that record".into(),
            Verdict::Unsealed if self.ended.is_some() => {
                format!("the run has ended and its seal is owed: tminus resume {run}")
            }
            Verdict::Unsealed => {
                "valid, not sealed: that nothing was cut off its end shows only by a head code, or the \
                text of a sign-off, that was kept elsewhere: --head CODE|FILE"
                    .into()
            }
            Verdict::Unfinished => format!(
                "what a redaction takes out is still there, or was put back: the same command again finishes it \
                (tminus redact {run} ...); leave the run as it is where that was not you"
            ),
            Verdict::Redacted => {
                "all but what was taken out is as it was sealed; ask those who signed for that why, each of them".into()
            }
            Verdict::Verified => return None,
        })
    }

    fn compare_runbooks(&self) -> String {
        let yours = self.yours.as_ref().map_or("yours", |yours| yours.name.as_str());
        match self.yours.as_ref().and_then(|yours| yours.copy.as_deref()) {
            Some(copy) => {
                format!("compare (diff) {yours} with {copy} of the run, and ask why it was flown by that one")
            }
            None => format!("ask those who flew it for its runbook, and compare (diff) it with {yours}"),
        }
    }

    pub(super) fn policy(&self) -> String {
        if let Some(yours) = &self.yours {
            return format!("policy: {} (sha256 {})", yours.name, yours.sha256);
        }
        let runbook = self.runbook.as_deref().unwrap_or("not named");
        let amended = self.amended.last().map(|(seq, to)| format!(", amended at record {seq} to {to}"));
        let amended = amended.unwrap_or_default();
        format!("policy: the run's own (runbook sha256 {runbook}{amended}), not checked against yours")
    }

    pub(super) fn checked_against(&self) -> &'static str {
        if self.own { "checked against your own keys" } else { "checked against the keys given" }
    }
}

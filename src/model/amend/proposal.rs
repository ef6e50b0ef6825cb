//! What a card and a line say of a runbook before it is taken: what differs in the text and in the steps, and who is asked.
//!
//! Made where the files can be read (`feed`), shown by the screens; the wish names the hash that is in it.

use super::{DiffLine, Kind, counted, diff, read, sha256};
use crate::model::intent::{Intent, Typed};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::text::shown;

/// A runbook's file, compared with the runbook in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The file, named from the root.
    pub path: String,
    /// SHA-256 of what was read, hex.
    pub sha256: String,
    /// How many steps differ, in words.
    pub counted: String,
    /// The steps that differ, one a line.
    pub steps: Vec<String>,
    /// What differs in the text.
    pub lines: Vec<DiffLine>,
    /// Whether a step that differs asks for a second person.
    pub second: bool,
}

impl Proposal {
    /// Compares a file's bytes with the runbook in force, of which `old` are the bytes. Every reason why it may not be taken.
    pub fn of(path: &str, (old, new): (&[u8], &[u8]), plan: &Plan, state: &RunState) -> Result<Self, Vec<String>> {
        let sha256 = sha256(new);
        if state.runbook_sha256() == Some(sha256.as_str()) {
            return Err(vec!["this is the runbook that the run goes by".into()]);
        }
        let file = path.rsplit('/').next().unwrap_or(path);
        let proposed = read(plan, state, file, new)?;
        let step = |change: &super::Change| {
            let (step, word) = match change.kind {
                Kind::Changed => (proposed.plan.step(change.step), "changed"),
                Kind::Added => (proposed.plan.step(change.step), "added"),
                Kind::TakenOut => (plan.step(change.step), "taken out"),
            };
            let was = plan.steps.get(change.step.0).filter(|_| change.kind == Kind::Changed);
            let was = was.filter(|was| was.number != step.number);
            let was = was.map(|was| format!(", was {}", shown(&was.number))).unwrap_or_default();
            let second = if step.second_person && change.kind != Kind::TakenOut { ", a second person" } else { "" };
            format!("{word}: {} {} [{}{second}{was}]", shown(&step.number), shown(&step.title), step.class().word())
        };
        Ok(Self {
            path: path.to_owned(),
            sha256,
            counted: counted(proposed.counts()),
            steps: proposed.changes.iter().map(step).collect(),
            lines: diff(&String::from_utf8_lossy(old), &String::from_utf8_lossy(new)),
            second: proposed.asks_second(),
        })
    }

    /// The wish to take it.
    pub fn intent(&self, name: String, typed: Typed) -> Intent {
        Intent::Amend { path: self.path.clone(), sha256: self.sha256.clone(), name, typed }
    }
}

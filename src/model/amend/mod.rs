//! Another runbook in place of the one that a run goes by, while it is under way.
//!
//! Only steps without an attempt may differ, and nothing that the run was bound to at its start. Steps keep their places
//! (`arrange`), so whatever names one by its place goes on naming the same. Pure: screens show with it what would differ,
//! `decide` refuses by it, and the fold refuses the record of what must not have been. Never touches what runs.

mod arrange;
mod diff;
mod proposal;
mod refuse;

pub use arrange::arranged;
pub use diff::{DiffLine, diff};
pub use proposal::Proposal;

use crate::model::actor::Actor;
use crate::model::ids::{Seq, StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepState, StepStatus};
use crate::model::step::{Place, PlannedStep};
use crate::model::time::Stamp;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// An amendment that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// Its record.
    pub seq: Seq,
    /// When.
    pub at: Stamp,
    /// The file's name.
    pub file: String,
    /// SHA-256 of the runbook before, hex.
    pub from: String,
    /// SHA-256 of the runbook from then on, hex.
    pub to: String,
    /// Why.
    pub reason: String,
    /// On whose screen.
    pub by: Actor,
    /// Whose word it is.
    pub name: String,
    /// And who else's, where a step that differs asks for a second person.
    pub second: Option<String>,
    /// How many steps differ, were added, were taken out.
    pub steps: (usize, usize, usize),
}

impl Amendment {
    /// In words: `the runbook was amended by maya, second jlee (steps: 2 changed, 1 added): the mirror moved`.
    pub fn words(&self) -> String {
        let second = self.second.as_ref().map(|second| format!(", second {second}")).unwrap_or_default();
        let (by, counted, reason) = (self.by.shown(), counted(self.steps), &self.reason);
        let word = if self.name == self.by.name { String::new() } else { format!(" on the word of {}", self.name) };
        format!("the runbook was amended by {by}{word}{second} ({counted}): {reason}")
    }
}

/// `2 steps changed, 1 added`; `no step` where only texts differ.
pub fn counted((changed, added, out): (usize, usize, usize)) -> String {
    let said = [(changed, "changed"), (added, "added"), (out, "taken out")];
    let said: Vec<String> =
        said.iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}")).collect();
    match (said.is_empty(), changed + added + out) {
        (true, _) => "no step".into(),
        (false, 1) => format!("step: {}", said.join(", ")),
        (false, _) => format!("steps: {}", said.join(", ")),
    }
}

/// The bytes of a runbook that a record names by hash: brought by whoever read the record, never part of it.
#[derive(Clone, Debug, Default)]
pub struct Carried(pub Option<Arc<[u8]>>);

impl Carried {
    /// These bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Some(bytes.into()))
    }
}

impl PartialEq for Carried {
    /// Records are the same by what stands in them.
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

/// The runbook in force, where it is not the one that whoever folds was given.
#[derive(Clone, Debug, Default)]
pub struct InForce(pub Option<Arc<Plan>>);

impl PartialEq for InForce {
    /// States are the same by the hashes that their amendments have.
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

/// How a step differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It says something else.
    Changed,
    /// It is new.
    Added,
    /// It is no longer there.
    TakenOut,
}

/// A step that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its place, in the runbook that would be in force.
    pub step: StepIx,
    /// How.
    pub kind: Kind,
}

/// A runbook that may take the place of the one in force.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// It, with every step at the place that it had.
    pub plan: Plan,
    /// The steps that differ.
    pub changes: Vec<Change>,
}

impl Proposed {
    /// Whether a step that differs asks for a second person.
    pub fn asks_second(&self) -> bool {
        self.changes.iter().any(|change| change.kind != Kind::TakenOut && self.plan.step(change.step).second_person)
    }

    /// How many steps differ, were added, were taken out.
    pub fn counts(&self) -> (usize, usize, usize) {
        let of = |kind: Kind| self.changes.iter().filter(|change| change.kind == kind).count();
        (of(Kind::Changed), of(Kind::Added), of(Kind::TakenOut))
    }
}

/// What `new` would change in a run that goes by `old`; or every reason why it may not.
pub fn propose(old: &Plan, state: &RunState, new: Plan) -> Result<Proposed, Vec<String>> {
    let plan = arrange::arranged(old, new);
    let mut changes = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let ix = StepIx(at);
        let is_there = plan.find(&step.id) == Some(ix);
        let was_there = old.steps.get(at).is_some_and(|before| old.find(&before.id) == Some(ix));
        let kind = match (was_there, is_there) {
            (false, true) => Kind::Added,
            (true, false) => Kind::TakenOut,
            (true, true) if !refuse::same_step((old, old.step(ix)), (&plan, step)) => Kind::Changed,
            (true, true) | (false, false) => continue,
        };
        changes.push(Change { step: ix, kind });
    }
    // As one goes through them; what stands in a way back or a procedure after that.
    let order: Vec<StepIx> = plan.phases.iter().flat_map(|phase| phase.steps.iter().copied()).collect();
    changes
        .sort_by_key(|change| (order.iter().position(|step| *step == change.step).unwrap_or(usize::MAX), change.step));
    let proposed = Proposed { plan, changes };
    let refused = refuse::refusals(old, state, &proposed);
    if refused.is_empty() { Ok(proposed) } else { Err(refused) }
}

/// What a text leads to: the runbook that it is, and what that would change.
pub fn read(old: &Plan, state: &RunState, file: &str, bytes: &[u8]) -> Result<Proposed, Vec<String>> {
    let reader = old.reader.ok_or_else(|| vec!["this runbook was not read from a text".to_owned()])?;
    let new = reader(file, bytes).map_err(|why| vec![why])?;
    propose(old, state, new)
}

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether this is the name of somebody else than these.
pub fn is_second(second: Option<&str>, but: [&String; 2]) -> bool {
    let second = second.unwrap_or_default().trim();
    !second.is_empty() && but.iter().all(|name| name.trim() != second)
}

/// Whether something was tried, done or said of a step, so that it stays as it is.
pub fn has_attempt(own: &StepState) -> bool {
    own.attempt > 0 || own.begun > Seq(0) || !matches!(own.status, StepStatus::NotYet | StepStatus::Claim)
}

/// What is left of a step that was taken out: its names, for what was recorded of it. Nothing leads there.
fn gone(step: &PlannedStep, at: StepIx) -> PlannedStep {
    let number = if step.number.starts_with('(') { step.number.clone() } else { format!("({})", step.number) };
    let nothing = crate::model::step::Work::Check(Vec::new());
    PlannedStep::new(StepId(step.id.0.clone()), number, step.title.clone(), Place::Undo(at), nothing)
}

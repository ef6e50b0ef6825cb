//! What stands around the steps of a plan: procedures, messages, horizons, risks, targets, named environments.
//!
//! Authors write these at the head or the foot of a runbook; steps name them. `runbook` builds them, nobody changes them.
#![allow(missing_docs, reason = "a variant says what its fields are")]

use crate::model::ids::{HorizonId, MessageId, PhaseId, ProcedureId, RiskId, RoleId, StepId, StepIx, TargetId};
use crate::model::plan::Environment;
use crate::model::step::{Command, Risk};
use crate::model::when::{Offset, When};

/// A place where commands run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its id: `db1`.
    pub id: TargetId,
    /// Where the system's OpenSSH goes: `deploy@db1.internal`; `None` for this machine.
    pub ssh: Option<String>,
    /// What kind of place it is, where it differs from the runbook's.
    pub environment: Option<Environment>,
    /// Whether the agent is forwarded; never by default.
    pub forward_agent: bool,
}

/// A quick fix: called by a step, or on demand from any screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// Its id.
    pub id: ProcedureId,
    /// What it is called: the issue.
    pub title: String,
    /// Why, for people.
    pub why: Option<String>,
    /// Its steps in order.
    pub steps: Vec<StepIx>,
}

/// A text for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who gets it: `#ops`.
    pub to: Option<String>,
    /// The text; `${…}` and `<blanks>` are filled in before it is said.
    pub text: String,
    /// The command that sends it, the text on its standard input.
    pub via: Option<Box<Command>>,
    /// When it is planned.
    pub at: Option<When>,
    /// When it is meant to be said, in words.
    pub moment: Option<String>,
}

/// What must be true so long after the event.
#[derive(Clone, Debug, PartialEq)]
pub struct Horizon {
    /// Its id.
    pub id: HorizonId,
    /// What it is called.
    pub title: String,
    /// When it is read first.
    pub at: Option<When>,
    /// Past it, it is late.
    pub by: Option<When>,
    /// Time from one round to the next.
    pub every: Option<Offset>,
    /// After it no round begins.
    pub until: Option<When>,
    /// Whose it is.
    pub role: Option<RoleId>,
    /// Why, for people.
    pub why: Option<String>,
    /// Its steps in order.
    pub steps: Vec<StepIx>,
}

/// Before what a risk must be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Before this phase.
    Phase(PhaseId),
    /// Before this step.
    Step(StepId),
}

/// A line of the risk register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRisk {
    /// Its id: `h1`.
    pub id: RiskId,
    /// What it is.
    pub title: String,
    /// How bad.
    pub level: Risk,
    /// Nothing that it stands before starts while it is open.
    pub blocker: bool,
    /// Before what it must be closed; the first phase where a blocker does not say.
    pub before: Option<Before>,
    /// What it would do.
    pub impact: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// What is done against it.
    pub mitigation: Option<String>,
    /// Where to read more.
    pub link: Option<String>,
    /// Steps that close it when all of them are ok.
    pub closed_by: Vec<StepId>,
}

/// Where to look or whom to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Its name.
    pub name: String,
    /// A text or a link.
    pub text: String,
}

//! What is polled while a run is live: probes, the triggers that watch them, and monitors.
//!
//! A probe is read once and judged for everybody who watches it (triggers, monitors, gates); what came is a `Sampled`
//! record. Whether a condition is sustained follows from those records alone, so that live, resume and replay agree.
#![allow(missing_docs, reason = "a variant says what its fields are")]

use crate::model::expect::Expect;
use crate::model::ids::{LevelId, PhaseId, ProbeId, ProcedureId, RoleId, StepId, StepIx, TriggerId};
use crate::model::step::{Command, Question};
use std::time::Duration;

/// What a trigger, an option, a hint, a gate or a failed step proposes. It never acts by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Hold.
    Hold,
    /// End the run.
    Abort,
    /// Go on.
    GoOn,
    /// Go back by this level.
    RollBack(LevelId),
    /// Begin again from this step: it and all after it become `old`.
    Recycle(StepId),
    /// Call this procedure.
    Call(ProcedureId),
}

/// How a probe is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// By this command, which only reads.
    Command(Box<Command>),
    /// By a person, who reads it off and types it.
    Measure(Box<Question>),
}

/// Something that is read again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Its id: the signal's, or that of the trigger or monitor that it belongs to.
    pub id: ProbeId,
    /// What it is called.
    pub title: String,
    /// How it is read.
    pub source: Source,
    /// Time between two readings.
    pub every: Duration,
    /// The unit of its value, for screens.
    pub unit: Option<String>,
    /// Declared under `signals:`, and so shown on Watch.
    pub is_signal: bool,
}

/// What trips, and for how long it must.
#[derive(Clone, Debug, PartialEq)]
pub struct Trip {
    /// What means that it trips.
    pub expect: Expect,
    /// All readings of so long must trip, and none of them be unknown; zero for the first that does.
    pub lasting: Duration,
}

/// An abort criterion that is watched while the run is live.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Its id.
    pub id: TriggerId,
    /// What it is called.
    pub title: String,
    /// Why, for people.
    pub why: Option<String>,
    /// What is read; `None` for one that a person judges.
    pub probe: Option<ProbeId>,
    /// What trips it; `None` for one that a person judges.
    pub trip: Option<Trip>,
    /// Phases in which it is watched; empty for all.
    pub during: Vec<PhaseId>,
    /// What the plan says to do then.
    pub then: Option<Outcome>,
    /// Whose it is.
    pub role: Option<RoleId>,
}

/// A step that looks on for a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    /// What is watched, in words, where no command says it.
    pub text: Option<String>,
    /// What is read.
    pub probe: Option<ProbeId>,
    /// For how long; without it until a person ends it with a verdict.
    pub lasts: Option<Duration>,
    /// What means that all is well.
    pub ok: Option<Expect>,
    /// What ends it as failed at once.
    pub trip: Option<Trip>,
    /// What ends it as ok, early.
    pub until: Option<Expect>,
    /// Criteria that people and probes read meanwhile.
    pub checks: Vec<StepIx>,
}

/// For which of a probe's watchers a reading was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// `trip` of a trigger or monitor.
    Trip,
    /// `ok` of a monitor, `expect` of a gate's criterion.
    Ok,
    /// `until` of a monitor.
    Until,
}

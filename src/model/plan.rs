//! A runbook after parsing: what is to be done, in what order, by which way back.
//!
//! Steps of every place (phases, options of a choice, gate criteria, undos, owed duties, rollback levels) stand in one list
//! and know their place, so that state, journal and screens treat them alike. `runbook` builds a `Plan`; nobody changes it.
#![allow(missing_docs, reason = "a variant says what its fields are")]

use crate::model::ids::{LevelId, LevelIx, PhaseId, RoleId, StepId, StepIx, VarName};
use crate::model::step::PlannedStep;
use crate::model::when::When;
use std::collections::HashMap;
use std::time::Duration;

/// What kind of place the runbook changes; its word is typed to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvironmentKind {
    /// The real thing.
    Production,
    /// Like the real thing.
    Staging,
    /// This machine.
    Local,
}

impl EnvironmentKind {
    /// The word that the operator types to start: `production`, `staging`, `local`.
    pub fn word(self) -> &'static str {
        match self {
            EnvironmentKind::Production => "production",
            EnvironmentKind::Staging => "staging",
            EnvironmentKind::Local => "local",
        }
    }

    /// The word in the header's band: `PROD`, `STAGING`, `LOCAL`.
    pub fn band(self) -> &'static str {
        match self {
            EnvironmentKind::Production => "PROD",
            EnvironmentKind::Staging => "STAGING",
            EnvironmentKind::Local => "LOCAL",
        }
    }
}

/// Where the runbook acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// As written: `PROD search.example`.
    pub name: String,
    /// Its kind.
    pub kind: EnvironmentKind,
}

/// Someone who has a part in the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// What people call it.
    pub title: String,
    /// Who may sign for it, as principals of an allowed-signers file; where there are any, an answers file never speaks for it.
    pub signers: Vec<String>,
}

/// Where a variable's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The operator's environment, by this name; `default` where it is not set.
    Env { name: String, default: Option<String> },
    /// This text, `${…}` filled in.
    Default(String),
    /// Standard output of this command, run once after the start.
    Command(String),
    /// Only `--var`, `ask`, `measure` or `capture` give it.
    Given,
}

/// A variable that the runbook declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Var {
    /// Its name.
    pub name: VarName,
    /// Where its value comes from.
    pub source: Source,
    /// Never shown, never stored.
    pub secret: bool,
    /// Values that it may have; empty means any.
    pub one_of: Vec<String>,
    /// A regular expression that a value must match.
    pub matches: Option<String>,
}

/// An ordered group of steps with one goal.
#[derive(Clone, Debug)]
pub struct Phase {
    /// Its id.
    pub id: PhaseId,
    /// `4b`, or its place.
    pub number: String,
    /// What it is called.
    pub title: String,
    /// What is true afterwards.
    pub goal: Option<String>,
    /// Planned start.
    pub at: Option<When>,
    /// Planned length.
    pub takes: Option<Duration>,
    /// Its steps in order, owed inline steps at the end.
    pub steps: Vec<StepIx>,
}

/// Which undos a level runs before its own steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// None.
    Nothing,
    /// Those of all that was really done, newest first.
    All,
    /// Those of these steps, in this order, where they were done.
    Of(Vec<StepIx>),
}

/// A named way back, with a time budget.
#[derive(Clone, Debug)]
pub struct Level {
    /// Its id: `level-1`.
    pub id: LevelId,
    /// What it is called.
    pub title: String,
    /// Why, for people.
    pub why: Option<String>,
    /// How long it may take.
    pub budget: Option<Duration>,
    /// How long its own verification takes; zero where not said.
    pub verify: Duration,
    /// What is lost by it: `nothing`, or what.
    pub loses: Option<String>,
    /// The step after which it is no longer offered without an override.
    pub until: Option<StepIx>,
    /// Which undos come first.
    pub undo: Undo,
    /// Its own steps.
    pub steps: Vec<StepIx>,
}

impl Level {
    /// Whether nothing is lost by it, which makes it one `y` even in production.
    pub fn loses_nothing(&self) -> bool {
        self.loses.as_deref().is_none_or(|what| what.trim().eq_ignore_ascii_case("nothing"))
    }
}

/// When T0 is, as the runbook says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At this instant, Unix microseconds, in this zone.
    At { wall: i64, zone: String },
    /// When the operator starts, unless `--t0` says otherwise.
    AtStart,
}

/// A runbook after parsing.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is called.
    pub title: String,
    /// One sentence.
    pub summary: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Where it acts.
    pub environment: Environment,
    /// T0.
    pub start: Start,
    /// IANA name of T0's zone where the runbook gives one.
    pub zone: Option<String>,
    /// End of the change window.
    pub hard_stop: Option<When>,
    /// Kept free before the hard stop.
    pub safety_floor: Duration,
    /// The role that decides.
    pub decider: Option<RoleId>,
    /// Who takes part.
    pub roles: Vec<Role>,
    /// Variables in the file's order.
    pub vars: Vec<Var>,
    /// Phases in order.
    pub phases: Vec<Phase>,
    /// Levels, mildest first.
    pub levels: Vec<Level>,
    /// Every step of every place.
    pub steps: Vec<PlannedStep>,
    /// `steps` by id; `Plan::indexed` fills it.
    pub by_id: HashMap<StepId, StepIx>,
}

impl Plan {
    /// Fills `by_id` from `steps`. A later step of the same id is not found; the parser refuses such a runbook.
    pub fn indexed(mut self) -> Self {
        for (place, step) in self.steps.iter().enumerate() {
            self.by_id.entry(step.id.clone()).or_insert(StepIx(place));
        }
        self
    }

    /// The step at a place of this plan.
    pub fn step(&self, at: StepIx) -> &PlannedStep {
        &self.steps[at.0]
    }

    /// The step with this id.
    pub fn find(&self, id: &StepId) -> Option<StepIx> {
        self.by_id.get(id).copied()
    }

    /// Whether a variable is declared as a secret.
    pub fn is_secret(&self, name: &str) -> bool {
        self.vars.iter().any(|var| var.secret && var.name.0 == name)
    }

    /// Whether a variable is declared with a source that it can be read from again.
    pub fn has_source(&self, name: &str) -> bool {
        self.vars.iter().any(|var| var.name.0 == name && var.source != Source::Given)
    }

    /// The level at a place of this plan.
    pub fn level(&self, at: LevelIx) -> &Level {
        &self.levels[at.0]
    }

    /// The level with this id.
    pub fn find_level(&self, id: &LevelId) -> Option<LevelIx> {
        self.levels.iter().position(|level| level.id == *id).map(LevelIx)
    }
}

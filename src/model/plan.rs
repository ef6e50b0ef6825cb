//! A runbook after parsing: what is to be done, in what order, by which way back.
//!
//! Steps of every place (phases, options of a choice, gate criteria, undos, owed duties, rollback levels) stand in one list
//! and know their place, so that state, journal and screens treat them alike. `runbook` builds a `Plan`; nobody changes it.
#![allow(missing_docs, reason = "a variant says what its fields are")]

mod find;

use crate::model::around::{Contact, Horizon, KnownRisk, Message, Procedure, Target};
use crate::model::ids::{LevelId, PhaseId, RoleId, StepId, StepIx, VarName};
use crate::model::step::PlannedStep;
use crate::model::text::shown;
use crate::model::watch::{Outcome, Probe, Trigger};
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

impl Environment {
    /// In words that are safe to draw: its kind, and its name where that says more.
    pub fn label(&self) -> String {
        let (word, name) = (self.kind.band(), shown(&self.name));
        if name.to_uppercase().contains(word) { name.into_owned() } else { format!("{word} {name}") }
    }
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
    /// Of a URL show scheme, host and path only.
    pub show_host: bool,
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
    /// Why, for people.
    pub why: Option<String>,
    /// Where to read more.
    pub link: Option<String>,
    /// Whose it is.
    pub role: Option<RoleId>,
    /// How risky, for people; its steps inherited it.
    pub risk: Option<crate::model::step::Risk>,
    /// Criteria that must be met before it begins; they stand before its steps.
    pub requires: Vec<StepIx>,
    /// From its start this level is the one that is needed.
    pub way_back: Option<LevelId>,
    /// Steps owed from the moment it starts.
    pub owes: Vec<StepIx>,
    /// When it should be over.
    pub by: Option<When>,
}

impl Phase {
    /// A phase with nothing but its names and steps.
    pub fn new(id: PhaseId, number: String, title: String, steps: Vec<StepIx>) -> Self {
        Self {
            id,
            number,
            title,
            goal: None,
            at: None,
            takes: None,
            steps,
            why: None,
            link: None,
            role: None,
            risk: None,
            requires: Vec::new(),
            way_back: None,
            owes: Vec::new(),
            by: None,
        }
    }
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
    /// Criteria that must be met for it to be possible; read before the first phase.
    pub requires: Vec<StepIx>,
    /// Steps owed from the moment it starts.
    pub owes: Vec<StepIx>,
    /// What the plan says to do at its end.
    pub then: Option<Outcome>,
    /// Whose it is.
    pub role: Option<RoleId>,
}

impl Level {
    /// A level with nothing but its names and steps.
    pub fn new(id: LevelId, title: String, steps: Vec<StepIx>) -> Self {
        Self {
            id,
            title,
            why: None,
            budget: None,
            verify: Duration::ZERO,
            loses: None,
            until: None,
            undo: Undo::Nothing,
            steps,
            requires: Vec::new(),
            owes: Vec::new(),
            then: None,
            role: None,
        }
    }

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
    /// Only the operator who began a run may take it up: `resume: same-operator`.
    pub same_operator: bool,
    /// No run of it begins or goes on without a key: `signing: required`.
    pub signing_required: bool,
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
    /// Criteria that must be met before anything begins; they stand before the first phase.
    pub requires: Vec<StepIx>,
    /// Where commands run, beside this machine.
    pub targets: Vec<Target>,
    /// What is polled.
    pub probes: Vec<Probe>,
    /// Abort criteria.
    pub triggers: Vec<Trigger>,
    /// Quick fixes.
    pub procedures: Vec<Procedure>,
    /// Texts for people.
    pub messages: Vec<Message>,
    /// What must be true after the event.
    pub horizons: Vec<Horizon>,
    /// The risk register.
    pub risks: Vec<KnownRisk>,
    /// Where to look and whom to call.
    pub contacts: Vec<Contact>,
    /// Every step of every place.
    pub steps: Vec<PlannedStep>,
    /// `steps` by id; `Plan::indexed` fills it.
    pub by_id: HashMap<StepId, StepIx>,
    /// How a text that takes the place of this one is read; `None` where this was not read from one.
    pub reader: Option<Reader>,
}

/// Reads a runbook: its name and bytes; or what is wrong with it, in words.
pub type Reader = fn(&str, &[u8]) -> Result<Plan, String>;

impl Plan {
    /// A plan with nothing but its names; what it holds is added by whoever builds it.
    pub fn new(title: String, environment: Environment) -> Self {
        Self {
            title,
            summary: None,
            owner: None,
            environment,
            start: Start::AtStart,
            zone: None,
            hard_stop: None,
            safety_floor: Duration::from_secs(300),
            same_operator: false,
            signing_required: false,
            decider: None,
            roles: Vec::new(),
            vars: Vec::new(),
            phases: Vec::new(),
            levels: Vec::new(),
            requires: Vec::new(),
            targets: Vec::new(),
            probes: Vec::new(),
            triggers: Vec::new(),
            procedures: Vec::new(),
            messages: Vec::new(),
            horizons: Vec::new(),
            risks: Vec::new(),
            contacts: Vec::new(),
            steps: Vec::new(),
            by_id: HashMap::new(),
            reader: None,
        }
    }

    /// Fills `by_id` from `steps`. A later step of the same id is not found; the parser refuses such a runbook.
    pub fn indexed(mut self) -> Self {
        for (place, step) in self.steps.iter().enumerate() {
            self.by_id.entry(step.id.clone()).or_insert(StepIx(place));
        }
        self
    }
}

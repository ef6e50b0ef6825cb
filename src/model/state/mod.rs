//! The fold from records to what is true of a run.
//!
//! Everything the operator sees is computed here, live, on resume and on replay alike. Nothing in this directory reads a
//! clock, a file or a terminal: give it the same records and it gives the same answer. `RunState::apply` is the only way
//! state changes; a record that cannot follow is an `IllegalEvent`, never a panic.

mod apply;
mod back;
mod facts;
mod handover;
mod log;
mod path;
mod risks;
mod spent;
mod status;
mod step;
mod watched;

pub use apply::IllegalEvent;
pub use facts::{Client, Entry, Hold, RollBack, RunFacts};
pub use handover::{HandOver, Operator};
pub use log::Log;
pub use path::{Progress, is_title};
pub use status::{RunStatus, StepStatus};
pub use step::{Answered, PastAttempt, Signature, SignedOff, StepState, There};
pub use watched::{MonitorState, ProbeState, Sample, Streak, TriggerState, Tripped, WentOn};

use crate::model::actor::Actor;
use crate::model::amend::{Amendment, InForce};
use crate::model::barrier::Barriers;
use crate::model::event::{Bound, EndState};
use crate::model::ids::{LevelIx, PhaseId, ProbeIx, ProcedureIx, RiskId, RoleId, Seq, StepIx, TriggerIx};
use crate::model::plan::{Environment, Plan};
use crate::model::record::Record;
use crate::model::signed::Realm;
use crate::model::spent::Meter;
use crate::model::time::Stamp;
use std::collections::{BTreeMap, BTreeSet};

/// What is true of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunState {
    /// What genesis says; `None` before it.
    pub facts: Option<RunFacts>,
    /// T0, Unix microseconds; known from the start on.
    pub t0: Option<i64>,
    /// IANA name of T0's zone.
    pub zone: String,
    /// End of the change window, Unix microseconds.
    pub hard_stop: Option<i64>,
    /// When the operator started it.
    pub started: Option<Stamp>,
    /// Each step's state, at its place in `Plan::steps`.
    pub steps: Vec<StepState>,
    /// Variables by name.
    pub vars: BTreeMap<String, Bound>,
    /// Whether the variables are bound, and if not why.
    pub vars_bound: VarsBound,
    /// The hold that is on.
    pub hold: Option<Hold>,
    /// How long holds took that are over, microseconds.
    pub held: u64,
    /// The way back that was taken last, under way or at its end.
    pub rollback: Option<RollBack>,
    /// The reason of an abort.
    pub aborted: Option<String>,
    /// How it ended.
    pub ended: Option<EndState>,
    /// The last record is there.
    pub closed: bool,
    /// The conductor ended on purpose, or died: nobody conducts.
    pub paused: bool,
    /// Each probe's state, at its place in `Plan::probes`.
    pub probes: Vec<ProbeState>,
    /// Each trigger's state, at its place in `Plan::triggers`.
    pub triggers: Vec<TriggerState>,
    /// Procedures that were called on demand and are not at their end, the last one first in line.
    pub calls: Vec<ProcedureIx>,
    /// Each horizon's round, 0 for the first.
    pub rounds: Vec<u32>,
    /// Levels that were taken, in order.
    pub levels_taken: Vec<LevelIx>,
    /// Every signature by key of the run, of attempts that are over too.
    pub signatures: Vec<Signature>,
    /// Steps that asked for a sign-off since the last checkpoint.
    pub prefix_wanted: Vec<StepIx>,
    /// Acts of weight, and how far the operator's key signed.
    pub barriers: Barriers,
    /// Another operator took the run up and did not take it over yet.
    pub handover: Option<HandOver>,
    /// Gates that were decided GO, by which record and whom.
    pub decided: BTreeMap<StepIx, (Seq, Actor)>,
    /// Of these, what was decided under another operator and is not acknowledged; `old_decisions` says which still count.
    pub inherited: BTreeSet<StepIx>,
    /// Amendments of the runbook, in order.
    pub amendments: Vec<Amendment>,
    /// The runbook in force, where it is not the one that whoever folds was given.
    pub in_force: InForce,
    /// Risks that people closed, why and who.
    pub risks_closed: BTreeMap<RiskId, (String, Actor)>,
    /// What was warned of, and at how many minutes.
    pub warned: BTreeSet<(String, u32)>,
    /// Phases whose end was acknowledged.
    pub seen_phases: BTreeSet<PhaseId>,
    /// Screens that are attached.
    pub clients: BTreeMap<u32, Client>,
    /// The screen that drives.
    pub driver: Option<u32>,
    /// What people did and what stood out, in order, for the log and for "since you left".
    pub log: Log,
    /// Number of the last record.
    pub last: Seq,
    /// Instant of the last record.
    pub at: Stamp,
    /// The run's own time at the last record, microseconds since the first: what a reboot does to the monotonic clock does
    /// nothing to it.
    pub lived: u64,
    /// Whose time it was since the start.
    pub meter: Meter,
    /// Steps whose own meters are on.
    pub metered: Vec<StepIx>,
    /// Checkpoints seen.
    pub checkpoints: u64,
}

/// Whether the runbook's variables have their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VarsBound {
    /// Not yet.
    NotYet,
    /// They have.
    Yes,
    /// It could not be done.
    Failed(String),
}

impl RunState {
    /// The state before any record.
    pub fn of(plan: &Plan) -> Self {
        Self {
            facts: None,
            t0: None,
            zone: plan.zone.clone().unwrap_or_else(|| "UTC".into()),
            hard_stop: None,
            started: None,
            steps: plan.steps.iter().map(StepState::of).collect(),
            vars: BTreeMap::new(),
            vars_bound: VarsBound::NotYet,
            hold: None,
            held: 0,
            rollback: None,
            aborted: None,
            ended: None,
            closed: false,
            paused: false,
            probes: vec![ProbeState::default(); plan.probes.len()],
            triggers: vec![TriggerState::default(); plan.triggers.len()],
            calls: Vec::new(),
            rounds: vec![0; plan.horizons.len()],
            levels_taken: Vec::new(),
            signatures: Vec::new(),
            prefix_wanted: Vec::new(),
            barriers: Barriers::default(),
            handover: None,
            decided: BTreeMap::new(),
            inherited: BTreeSet::new(),
            amendments: Vec::new(),
            in_force: InForce::default(),
            risks_closed: BTreeMap::new(),
            warned: BTreeSet::new(),
            seen_phases: BTreeSet::new(),
            clients: BTreeMap::new(),
            driver: None,
            log: Log::default(),
            last: Seq(0),
            at: Stamp::default(),
            lived: 0,
            meter: Meter::default(),
            metered: Vec::new(),
            checkpoints: 0,
        }
    }

    /// Folds records from the start.
    pub fn fold<'a>(plan: &Plan, records: impl IntoIterator<Item = &'a Record>) -> Result<Self, IllegalEvent> {
        let mut state = Self::of(plan);
        for record in records {
            state.apply(plan, record)?;
        }
        Ok(state)
    }

    /// The runbook in force: `first`, which the run began with, or what took its place.
    pub fn plan<'a>(&'a self, first: &'a Plan) -> &'a Plan {
        self.in_force.0.as_deref().unwrap_or(first)
    }

    /// SHA-256 of the runbook in force, hex.
    pub fn runbook_sha256(&self) -> Option<&str> {
        let first = self.facts.as_ref().map(|facts| facts.runbook_sha256.as_str());
        self.amendments.last().map(|amendment| amendment.to.as_str()).or(first)
    }

    /// What every screen says of a run that no longer goes by the runbook that it began with: `amended`, `amended 2x`.
    pub fn amended_word(&self) -> Option<String> {
        match self.amendments.len() {
            0 => None,
            1 => Some("amended".into()),
            times => Some(format!("amended {times}x")),
        }
    }

    /// Whether this is a drill; before genesis nothing is.
    pub fn is_drill(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.realm == Realm::Drill)
    }

    /// Where this acts, as every screen says it, and before it that nothing of it is executed: `DRILL PROD search.example`.
    pub fn band(&self, plan: &Plan) -> String {
        self.band_at(&plan.environment)
    }

    /// The same of a step, which may act elsewhere than its plan.
    pub fn band_at(&self, environment: &Environment) -> String {
        let drill = if self.is_drill() { "DRILL " } else { "" };
        format!("{drill}{}", environment.label())
    }

    /// The one word of it where there is no room for more: that it is a drill, else the environment's kind.
    pub fn band_word(&self, environment: &Environment) -> &'static str {
        if self.is_drill() { "DRILL" } else { environment.kind.band() }
    }

    /// A step's state.
    pub fn step(&self, at: StepIx) -> &StepState {
        &self.steps[at.0]
    }

    /// A trigger's state.
    pub fn trigger(&self, at: TriggerIx) -> &TriggerState {
        &self.triggers[at.0]
    }

    /// A probe's state.
    pub fn probe(&self, at: ProbeIx) -> &ProbeState {
        &self.probes[at.0]
    }

    /// A variable's value; `None` where it is unset or secret.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).and_then(|bound| bound.value.as_deref())
    }

    /// What a station said at the gate's present attempt.
    pub fn vote(
        &self,
        gate: StepIx,
        role: &RoleId,
    ) -> Option<&(crate::model::event::Vote, crate::model::actor::Actor)> {
        self.step(gate).votes.get(role)
    }

    /// A text for people with its `${…}` filled in; secrets stay `******`.
    pub fn fill(&self, text: &str) -> String {
        crate::model::fill::fill(text, &|name, format| self.builtin(name, format).or_else(|| self.shown_var(name)))
    }

    /// The text of a message for people. In a drill it says so in its first word, since people copy and send it.
    pub fn message(&self, text: &str) -> String {
        let exercise = if self.is_drill() { "EXERCISE: " } else { "" };
        format!("{exercise}{}", self.fill(text))
    }

    fn shown_var(&self, name: &str) -> Option<String> {
        let bound = self.vars.get(name)?;
        Some(bound.value.clone().unwrap_or_else(|| "******".into()))
    }

    /// `T0`, `NOW`, `RUN_ID`, `RUN_DIR`, `RUNBOOK_DIR`, `OPERATOR`.
    pub fn builtin(&self, name: &str, format: Option<&str>) -> Option<String> {
        let facts = self.facts.as_ref();
        match name {
            "T0" => crate::model::schedule::format_wall(self.t0?, &self.zone, format),
            "NOW" => crate::model::schedule::format_wall(self.at.wall, &self.zone, format),
            "RUN_ID" => facts.map(|facts| facts.run.to_string()),
            "RUN_DIR" => facts.map(|facts| facts.run_dir.clone()),
            "RUNBOOK_DIR" => facts.map(|facts| facts.runbook_dir.clone()),
            "OPERATOR" => facts.map(|facts| facts.operator.clone()),
            _ => None,
        }
    }
}

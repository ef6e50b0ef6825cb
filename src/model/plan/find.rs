//! What is looked up in a plan: its parts by place and by id, what stands inside a step, and where a step stands.
//!
//! Ids come from files and clients and may be unknown: those look-ups answer `None`. Places come from the plan itself.

use super::{Level, Plan, Source};
use crate::model::around::{Procedure, Target};
use crate::model::ids::{
    HorizonId, LevelId, LevelIx, MessageId, ProbeId, ProbeIx, ProcedureId, ProcedureIx, RiskId, StepId, StepIx,
    TriggerId, TriggerIx,
};
use crate::model::step::{Command, Owner, Place, PlannedStep, Work};
use crate::model::watch::{Probe, Trigger};

impl Plan {
    /// The other machine that `command` runs on; `None` where it is this one.
    pub fn elsewhere(&self, command: &Command) -> Option<&Target> {
        let id = command.target.as_ref()?;
        self.targets.iter().find(|target| target.id == *id && target.ssh.is_some())
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

    /// Steps that stand inside a step and are begun for themselves: those of a group or of an option, and what a gate or a
    /// monitor reads.
    pub fn members(&self, at: StepIx) -> Vec<StepIx> {
        match &self.step(at).work {
            Work::Gate(gate) => gate.go.iter().chain(&gate.no_go).copied().collect(),
            Work::Monitor(monitor) => monitor.checks.clone(),
            Work::Group(group) => group.steps.clone(),
            Work::Choose { options, .. } => options.iter().flat_map(|option| option.steps.iter().copied()).collect(),
            Work::Run(_)
            | Work::Check(_)
            | Work::Measure(_)
            | Work::Ask(_)
            | Work::Wait(_)
            | Work::Sign(_)
            | Work::Notify(_)
            | Work::Call(_)
            | Work::Evidence(_) => Vec::new(),
        }
    }

    /// The phase that a step stands in, groups and options followed outwards; `None` outside the phases.
    pub fn phase_of(&self, at: StepIx) -> Option<usize> {
        let mut at = at;
        // Places never lead in a circle; the bound only says so.
        for _ in 0..=self.steps.len() {
            match self.step(at).place {
                Place::Phase(phase) | Place::Requirement(Owner::Phase(phase)) => return Some(phase),
                Place::Choice { choose: owner, .. }
                | Place::Group(owner)
                | Place::Criterion { gate: owner, .. }
                | Place::Requirement(Owner::Step(owner)) => at = owner,
                Place::Undo(_)
                | Place::Level(_)
                | Place::Procedure(_)
                | Place::Horizon(_)
                | Place::Requirement(Owner::Runbook | Owner::Level(_)) => return None,
            }
        }
        None
    }

    /// The probe at a place of this plan.
    pub fn probe(&self, at: ProbeIx) -> &Probe {
        &self.probes[at.0]
    }

    /// The probe with this id.
    pub fn find_probe(&self, id: &ProbeId) -> Option<ProbeIx> {
        self.probes.iter().position(|probe| probe.id == *id).map(ProbeIx)
    }

    /// The trigger with this id.
    pub fn find_trigger(&self, id: &TriggerId) -> Option<TriggerIx> {
        self.triggers.iter().position(|trigger| trigger.id == *id).map(TriggerIx)
    }

    /// The trigger at a place of this plan.
    pub fn trigger(&self, at: TriggerIx) -> &Trigger {
        &self.triggers[at.0]
    }

    /// The procedure with this id.
    pub fn find_procedure(&self, id: &ProcedureId) -> Option<ProcedureIx> {
        self.procedures.iter().position(|procedure| procedure.id == *id).map(ProcedureIx)
    }

    /// The procedure at a place of this plan.
    pub fn procedure(&self, at: ProcedureIx) -> &Procedure {
        &self.procedures[at.0]
    }

    /// The place of the message with this id in `messages`.
    pub fn find_message(&self, id: &MessageId) -> Option<usize> {
        self.messages.iter().position(|message| message.id == *id)
    }

    /// The text of a message as written; empty for one that the runbook has not.
    pub fn message_text(&self, id: &MessageId) -> &str {
        self.find_message(id).map_or("", |at| self.messages[at].text.as_str())
    }

    /// The place of the horizon with this id in `horizons`.
    pub fn find_horizon(&self, id: &HorizonId) -> Option<usize> {
        self.horizons.iter().position(|horizon| horizon.id == *id)
    }

    /// The place of the risk with this id in `risks`.
    pub fn find_risk(&self, id: &RiskId) -> Option<usize> {
        self.risks.iter().position(|risk| risk.id == *id)
    }
}

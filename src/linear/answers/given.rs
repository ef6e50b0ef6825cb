//! What an answers file can say, as it was read: answers of steps, of triggers, of probes that people read, of risks.
//!
//! Only types; `answers_read` makes them, `answers` does what they say.

use crate::model::event::Answer;
use crate::model::ids::{LevelId, ProbeIx, ProcedureId, RiskId, RoleId, StepId, StepIx, TriggerId, TriggerIx};
use crate::model::intent::Typed;
use crate::model::secret::Secret;
use std::collections::{BTreeMap, HashMap, HashSet};

/// An answers file that was read and fits its runbook.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// Who speaks: recorded as `NAME (unattended)`.
    pub operator: Option<String>,
    /// The run may be started.
    pub start: bool,
    /// A run that another operator conducted may be taken over.
    pub hand_over: Option<HandOverGiven>,
    /// What to do where there is no answer.
    pub otherwise: Otherwise,
    /// Answers by step; of several the first is for the first time that the step waits, and so on.
    pub steps: HashMap<StepIx, Vec<Given>>,
    /// Steps whose answer is no list: it is for each time that the step is gone through anew.
    pub sole: HashSet<StepIx>,
    /// What to do when a trigger trips; of several the first is for the first time.
    pub on: HashMap<TriggerIx, Vec<Given>>,
    /// Keys that sign off for roles with signers: the files as the answers name them, and their fingerprints once they were read.
    pub keys: Vec<RoleKey>,
    /// What people would read off, one value a reading.
    pub readings: HashMap<ProbeIx, Vec<Secret>>,
    /// Risks that are closed once the run is started, and why.
    pub risks: Vec<(RiskId, String)>,
}

/// Who takes a run over from another operator, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOverGiven {
    /// Who.
    pub name: String,
    /// Why.
    pub reason: String,
    /// The GO decisions of others stand.
    pub stands: bool,
}

/// The key that signs for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleKey {
    /// Which role.
    pub role: RoleId,
    /// The key's file, as written.
    pub file: String,
    /// `SHA256:…`, empty before the file was read.
    pub fingerprint: String,
}

/// What to do where there is no answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// Stop what runs and leave the run held.
    #[default]
    Stop,
    /// Also run commands that only read; all else as `Stop`.
    Proceed,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Start it, or try it again, with what its class asks for.
    Run(Typed),
    /// These answers to its statements; one alone is for every one of them.
    Items(Vec<ItemGiven>),
    /// This value.
    Value(Secret),
    /// This way.
    Choose(String),
    /// Leave it out.
    Skip(String),
    /// It does not apply.
    NotApplicable(String),
    /// It was done outside.
    Hand(String),
    /// It failed.
    Fail(String),
    /// End its countdown early.
    Release(String),
    /// It failed and is accepted.
    #[allow(missing_docs, reason = "why, and by whom")]
    Accept { reason: String, name: String },
    /// Take this way back.
    #[allow(missing_docs, reason = "which, and what it asks to be typed")]
    RollBack { level: LevelId, typed: Typed },
    /// Answer, poll and decide a gate.
    Gate(Box<GateGiven>),
    /// Look on.
    Watch(Box<WatchGiven>),
    /// Say a message.
    Say(SayGiven),
    /// Sign off.
    Sign(Box<SignGiven>),
    /// Begin again from this step.
    #[allow(missing_docs, reason = "from where, and why")]
    Recycle { to: StepId, reason: String },
    /// Call this procedure first.
    #[allow(missing_docs, reason = "which, and why")]
    Call { procedure: ProcedureId, reason: String },
    /// Say that this trigger has tripped.
    #[allow(missing_docs, reason = "which, and why")]
    Trip { trigger: TriggerId, reason: String },
    /// Close this risk first.
    #[allow(missing_docs, reason = "which, and why")]
    CloseRisk { risk: RiskId, reason: String },
    /// End the run.
    Abort(String),
    /// Hold the run and leave it so.
    Hold(String),
    /// Go on though a trigger tripped.
    #[allow(missing_docs, reason = "why it is safe, and whose word that is")]
    GoOn { reason: String, name: String },
}

impl Given {
    /// Whether it is done on the way to the step's own answer, which stands behind it in the list.
    pub(super) fn is_on_the_way(&self) -> bool {
        matches!(self, Given::Call { .. } | Given::Trip { .. } | Given::CloseRisk { .. })
    }

    /// Whether it may be said again where the step is gone through anew, without standing twice in the file.
    pub(super) fn may_be_said_again(&self) -> bool {
        let leads_elsewhere = matches!(
            self,
            Given::RollBack { .. } | Given::Recycle { .. } | Given::Abort(_) | Given::Hold(_) | Given::GoOn { .. }
        );
        !leads_elsewhere && !self.is_on_the_way()
    }
}

/// An answer to one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemGiven {
    /// Which.
    pub answer: Answer,
    /// What was seen; empty for a bare tick.
    pub saw: String,
}

/// Answers to a gate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GateGiven {
    /// Its criteria's answers.
    pub criteria: BTreeMap<StepIx, Given>,
    /// What stations say; true is GO.
    pub poll: Vec<(RoleId, bool)>,
    /// GO or not.
    pub decide: Option<bool>,
    /// Why.
    pub reason: String,
    /// `GO ANYWAY`, where the file says that.
    pub typed: String,
}

/// Answers to a monitor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchGiven {
    /// What its start asks for.
    pub typed: Typed,
    /// Answers to what is checked meanwhile.
    pub checks: BTreeMap<StepIx, Given>,
    /// The verdict that ends it, and what was seen; without one it comes to its own end.
    pub verdict: Option<(bool, String)>,
}

/// How a message is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SayGiven {
    /// Its blanks, in order.
    pub blanks: Vec<String>,
    /// What its start asks for.
    pub typed: Typed,
    /// What a person who said it notes.
    pub saw: String,
}

/// A sign-off by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignGiven {
    /// What its start asks for.
    pub typed: Typed,
    /// For which role, whose name, and what is said with it.
    pub names: Vec<(RoleId, String, String)>,
}

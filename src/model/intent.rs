//! What a client wishes. Only `decide` turns a wish into facts, in the conductor.
//!
//! An intent names the step and attempt that its screen showed, so that a key pressed for one card can never act on
//! another. Secrets travel in `Value` only.
#![allow(missing_docs, reason = "each wish says what its fields are for")]

use crate::model::event::{Answer, Decision, Resolution, StopHow, Vote};
use crate::model::ids::{LevelId, PhaseId, ProbeId, ProcedureId, RiskId, RoleId, Seq, StepId, TriggerId};
use crate::model::secret::Secret;
use serde::{Deserialize, Serialize};

/// What a class asked for, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// The step's number, or the plan's phrase.
    pub text: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The second person's name.
    pub second: Option<String>,
}

/// A wish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "kebab-case")]
pub enum Intent {
    /// Start the run: the environment's word, as typed.
    Start { typed: String },
    /// Take over a run that another operator conducted: by whom, and why.
    HandOver { name: String, reason: String },
    /// Stand by these decisions of another operator, as the screen listed them.
    StandBy { steps: Vec<StepId> },
    /// Start a step, or try it again.
    Run { step: StepId, typed: Typed },
    /// Answer one statement.
    Answer { step: StepId, item: usize, answer: Answer, saw: String },
    /// Give a value.
    Value { step: StepId, value: Secret },
    /// Take one way of several.
    Choose { step: StepId, option: String },
    /// Leave a step out.
    Skip { step: StepId, reason: String },
    /// Say that a step does not apply.
    NotApplicable { step: StepId, reason: String },
    /// Say that it was done outside.
    Hand { step: StepId, reason: String },
    /// Say that a by-hand step failed.
    Fail { step: StepId, reason: String },
    /// Accept a failed step.
    Accept { step: StepId, reason: String, name: String },
    /// Say what became of an unknown step.
    Resolve { step: StepId, how: Resolution, reason: String },
    /// End a countdown early.
    Release { step: StepId, reason: String },
    /// Speak for a station.
    Vote { step: StepId, role: RoleId, vote: Vote },
    /// Decide a gate. GO against the advice needs `GO ANYWAY` in `typed` and a reason.
    Decide { step: StepId, go: bool, typed: String, reason: String },
    /// Stop what runs.
    Stop { step: StepId, how: StopHow },
    /// Fill in a message's blanks, in the order in which they stand.
    Fill { step: StepId, blanks: Vec<String> },
    /// Sign off for a role. Where it has signers, `name` is one of them, `text` the text that `model::signoff` makes and `sig` an
    /// SSHSIG over it; a client that is given a text without a signature signs it on its way.
    Sign {
        step: StepId,
        role: RoleId,
        name: String,
        comment: String,
        text: Option<String>,
        sig: Option<String>,
        #[serde(default)]
        decision: Decision,
    },
    /// Ask the second person of a step for a signature, where its role has signers.
    AskSecond { step: StepId },
    /// End a monitor with a verdict.
    EndMonitor { step: StepId, ok: bool, reason: String },
    /// Type in what a probe reads that people read off.
    Reading { probe: ProbeId, value: Secret },
    /// Say that a trigger which people judge has tripped.
    Trip { trigger: TriggerId, reason: String },
    /// Say that a tripped trigger was seen.
    Ack { trigger: TriggerId },
    /// Say why it is safe to go on though a trigger tripped.
    GoOnDespite { trigger: TriggerId, reason: String, name: String },
    /// Call a procedure.
    Call { procedure: ProcedureId, reason: String },
    /// Begin again from a step.
    Recycle { to: StepId, reason: String },
    /// Close a risk.
    CloseRisk { risk: RiskId, reason: String },
    /// Hold.
    Hold { reason: String },
    /// Go on after a hold.
    GoOn,
    /// Take a way back. `typed` is asked where a level loses something or is past its point of no return.
    RollBack { level: LevelId, typed: Typed },
    /// Acknowledge a phase's end.
    SeePhase { phase: PhaseId },
    /// Note something.
    Note { text: String, step: Option<StepId> },
    /// Go by another runbook from here on: its file, named from the root, and the SHA-256 of what was shown of it. `name` is whose
    /// word it is; `typed` has the words of the card, a reason, and a second person's name where a step that differs asks for one.
    Amend { path: String, sha256: String, name: String, typed: Typed },
    /// End the run before its end.
    Abort { reason: String },
    /// End the conductor between steps; `resume` goes on.
    Pause,
    /// Close a run in which nothing is left to do.
    Close,
    /// Take the wheel.
    Drive,
    /// End a process that outlived its conductor.
    EndSurvivors { step: StepId },
    /// The journal cannot be written: go on with it in this folder, named from the root.
    Journal { dir: String },
}

impl Intent {
    /// Every text in it that a person typed freely and that a record would keep; never a value.
    pub fn texts_mut(&mut self) -> Vec<&mut String> {
        match self {
            Intent::Amend { name, typed, .. } => {
                [Some(name), typed.text.as_mut(), typed.reason.as_mut(), typed.second.as_mut()]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Intent::Run { typed, .. } | Intent::RollBack { typed, .. } => {
                [&mut typed.text, &mut typed.reason, &mut typed.second].into_iter().flatten().collect()
            }
            Intent::Answer { saw, .. } => vec![saw],
            Intent::Start { typed } => vec![typed],
            Intent::Skip { reason, .. }
            | Intent::NotApplicable { reason, .. }
            | Intent::Hand { reason, .. }
            | Intent::Fail { reason, .. }
            | Intent::Resolve { reason, .. }
            | Intent::Release { reason, .. }
            | Intent::Hold { reason }
            | Intent::Abort { reason } => vec![reason],
            Intent::Accept { reason, name, .. } | Intent::HandOver { reason, name } => vec![reason, name],
            Intent::Decide { typed, reason, .. } => vec![typed, reason],
            Intent::Note { text, .. } => vec![text],
            Intent::Fill { blanks, .. } => blanks.iter_mut().collect(),
            Intent::Sign { name, comment, .. } => vec![name, comment],
            Intent::GoOnDespite { reason, name, .. } => vec![reason, name],
            Intent::EndMonitor { reason, .. }
            | Intent::Trip { reason, .. }
            | Intent::Call { reason, .. }
            | Intent::Recycle { reason, .. }
            | Intent::CloseRisk { reason, .. } => vec![reason],
            Intent::Value { .. }
            | Intent::Choose { .. }
            | Intent::Vote { .. }
            | Intent::Stop { .. }
            | Intent::GoOn
            | Intent::SeePhase { .. }
            | Intent::Reading { .. }
            | Intent::Ack { .. }
            | Intent::Pause
            | Intent::Close
            | Intent::Drive
            | Intent::AskSecond { .. }
            | Intent::EndSurvivors { .. }
            | Intent::StandBy { .. }
            | Intent::Journal { .. } => Vec::new(),
        }
    }

    /// The step that it moves, where it acts on one as its screen showed it: a screen that has not seen that step's last
    /// change meant another card. Answers, votes and stops are of an attempt that is under way, whatever came in between.
    pub fn moves(&self) -> Option<&StepId> {
        match self {
            Intent::Run { step, .. }
            | Intent::Skip { step, .. }
            | Intent::NotApplicable { step, .. }
            | Intent::Hand { step, .. }
            | Intent::Fail { step, .. }
            | Intent::Accept { step, .. }
            | Intent::Resolve { step, .. }
            | Intent::Fill { step, .. }
            | Intent::Decide { step, .. } => Some(step),
            Intent::Start { .. }
            | Intent::HandOver { .. }
            | Intent::StandBy { .. }
            | Intent::Answer { .. }
            | Intent::Value { .. }
            | Intent::Choose { .. }
            | Intent::Release { .. }
            | Intent::Vote { .. }
            | Intent::Stop { .. }
            | Intent::Sign { .. }
            | Intent::AskSecond { .. }
            | Intent::EndMonitor { .. }
            | Intent::Reading { .. }
            | Intent::Trip { .. }
            | Intent::Ack { .. }
            | Intent::GoOnDespite { .. }
            | Intent::Call { .. }
            | Intent::Recycle { .. }
            | Intent::CloseRisk { .. }
            | Intent::Hold { .. }
            | Intent::GoOn
            | Intent::RollBack { .. }
            | Intent::SeePhase { .. }
            | Intent::Note { .. }
            | Intent::Abort { .. }
            | Intent::Amend { .. }
            | Intent::Pause
            | Intent::Close
            | Intent::Drive
            | Intent::EndSurvivors { .. }
            | Intent::Journal { .. } => None,
        }
    }
}

/// A wish with what it was based on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Random; a conductor takes each only once.
    pub id: u64,
    /// The last record that the wisher's screen had applied.
    pub seen: Seq,
    /// The wish.
    pub intent: Intent,
}

/// Why a wish leads to nothing, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal(pub String);

impl Refusal {
    /// A refusal in these words.
    pub fn because(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}
impl std::error::Error for Refusal {}

//! What happened: facts, past tense, one shape live and on disk.
//!
//! The field order here is the key order on disk. A new event or an optional new field is a new minor format; anything
//! else is a new major. Nothing secret is ever in an event: a secret's value is a salted hash.
#![allow(missing_docs, reason = "the fields are named as on disk and described in docs/journal-format.md")]

use crate::model::actor::Actor;
use crate::model::amend::Carried;
use crate::model::expect::{Check, Verdict};
use crate::model::ids::{
    Attempt, HorizonId, LevelId, PhaseId, ProbeId, ProcedureId, RiskId, RoleId, StepId, TargetId, TriggerId, VarName,
};
use crate::model::output::{Drained, Exit, Extent, Holder};
use crate::model::time::as_micros;
use crate::model::watch::Aspect;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A variable's value as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The variable.
    pub name: VarName,
    /// Its value; `null` for a secret.
    pub value: Option<String>,
    /// For a secret `sha256(run id ‖ name ‖ value)`, hex, so that a resume can say that it changed; else `null`.
    pub hash: Option<String>,
}

/// A role that signs at a sign-off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningRole {
    /// Which.
    pub role: RoleId,
    /// Whose key signs for it; nobody's where a name is enough.
    pub signers: Vec<String>,
}

/// What runs, as it was resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The arguments, the shell's among them where a shell reads a text: what execve gets.
    pub argv: Vec<String>,
    /// Working directory; on another machine an empty one is the login folder.
    pub cwd: String,
    /// Names of the variables that it gets beside the operator's environment, of which another machine gets nothing.
    pub env: Vec<VarName>,
    /// Who runs it: `user@host`, or the address of an ssh target.
    pub user: String,
    /// Its hard limit, microseconds.
    pub timeout: Option<u64>,
}

/// A person's answer to one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It holds.
    Ok,
    /// It does not.
    Failed,
    /// It does not apply, by a person's word.
    NotApplicable,
}

impl Answer {
    /// `ok`, `failed`, `not applicable`.
    pub fn word(self) -> &'static str {
        match self {
            Answer::Ok => "ok",
            Answer::Failed => "failed",
            Answer::NotApplicable => "not applicable",
        }
    }
}

/// How a person settled a step without tminus doing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settled {
    /// Left out.
    Skipped,
    /// Does not apply, by a person's word.
    NotApplicable,
    /// Done outside, claimed by a person.
    Hand,
    /// Failed, accepted by a named person.
    Over,
    /// Failed, by a person's word.
    Failed,
}

/// What a station says at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vote {
    /// Go.
    Go,
    /// No go.
    NoGo,
}

/// What a signature is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskedFor {
    /// The statement of a sign-off.
    #[default]
    Statement,
    /// A station's word at a gate.
    Poll,
    /// A second person's word before a step begins.
    Second,
}

impl AskedFor {
    /// Whether it is a sign-off's statement, which is not written down.
    pub fn is_statement(&self) -> bool {
        *self == AskedFor::Statement
    }

    /// What such a signature may decide.
    pub fn takes(self, decision: Decision) -> bool {
        match (self, decision) {
            (AskedFor::Statement, Decision::Signed)
            | (AskedFor::Poll, Decision::Go | Decision::NoGo)
            | (AskedFor::Second, Decision::Approved) => true,
            (AskedFor::Statement | AskedFor::Poll | AskedFor::Second, _) => false,
        }
    }
}

/// What a signature decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The statement is signed.
    #[default]
    Signed,
    /// A station says GO.
    Go,
    /// A station says NO-GO.
    NoGo,
    /// A second person agrees that the step begins.
    Approved,
}

impl Decision {
    /// As it stands in what is signed: `signed`, `go`, `no-go`, `approved`.
    pub fn word(self) -> &'static str {
        match self {
            Decision::Signed => "signed",
            Decision::Go => "go",
            Decision::NoGo => "no-go",
            Decision::Approved => "approved",
        }
    }

    /// The decision of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Decision::Signed, Decision::Go, Decision::NoGo, Decision::Approved].into_iter().find(|one| one.word() == word)
    }

    /// The vote that it is, at a gate.
    pub fn vote(self) -> Option<Vote> {
        match self {
            Decision::Go => Some(Vote::Go),
            Decision::NoGo => Some(Vote::NoGo),
            Decision::Signed | Decision::Approved => None,
        }
    }

    /// Whether it is a sign-off's, which is not written down.
    pub fn is_signed(&self) -> bool {
        *self == Decision::Signed
    }
}

impl From<Vote> for Decision {
    fn from(vote: Vote) -> Self {
        match vote {
            Vote::Go => Decision::Go,
            Vote::NoGo => Decision::NoGo,
        }
    }
}

/// A reading as it was judged for one who watches the probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The trigger's or step's id.
    pub by: String,
    /// What of it was judged.
    pub aspect: Aspect,
    /// Whether it held.
    pub holds: bool,
    /// What was wanted and what came.
    pub checks: Vec<Check>,
}

/// How a run in which something was running is asked to end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopHow {
    /// INT to the group.
    Interrupt,
    /// TERM, grace, CONT, KILL.
    Terminate,
    /// KILL at once.
    Kill,
}

impl StopHow {
    /// `interrupt`, `terminate`, `kill`.
    pub fn word(self) -> &'static str {
        match self {
            StopHow::Interrupt => "interrupt",
            StopHow::Terminate => "terminate",
            StopHow::Kill => "kill",
        }
    }
}

/// What a person says of a step that was running when the program died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// It finished.
    Finished,
    /// It did not, or it left nothing behind.
    DidNot,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndState {
    /// Everything was done.
    Completed,
    /// A way back was taken to its end.
    RolledBack,
    /// Ended before its end, by a person's word.
    Aborted,
    /// A way back was taken and did not come through.
    Failed,
}

impl EndState {
    /// `completed`, `rolled-back`, `aborted`, `failed`.
    pub fn word(self) -> &'static str {
        match self {
            EndState::Completed => "completed",
            EndState::RolledBack => "rolled-back",
            EndState::Aborted => "aborted",
            EndState::Failed => "failed",
        }
    }
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ev")]
pub enum Event {
    /// The run began to exist: the signed text says by whom, from what, where. `sig` is an SSHSIG, `-` for an unsigned run.
    #[serde(rename = "genesis")]
    Genesis { fmt: String, text: String, sig: String },
    /// Another conductor took the run up after the former one ended.
    #[serde(rename = "resume")]
    Resume { fmt: String, text: String, sig: String },
    /// The same conductor went on in another part after a sync failed.
    #[serde(rename = "continue")]
    Continue { fmt: String, text: String, sig: String },
    /// A checkpoint by the run key over all before it in this part.
    #[serde(rename = "ckpt")]
    Ckpt { text: String, sig: String },
    /// The operator's key signed the journal as it stood after an act of weight: an SSHSIG over `text`.
    #[serde(rename = "barrier.signed")]
    BarrierSigned { text: String, sig: String },

    /// The operator started the run by typing the environment's word.
    #[serde(rename = "started")]
    Started { by: Actor, typed: String, t0: i64, zone: String, hard_stop: Option<i64> },
    /// A run that another operator took up was taken over: by this name, for this reason. `old` are the gates decided GO under
    /// other operators, which hold nothing until they are acknowledged.
    #[serde(rename = "handover")]
    HandedOver { from: String, name: String, reason: String, old: Vec<StepId>, by: Actor },
    /// The new operator stands by these decisions.
    #[serde(rename = "decisions.acknowledged")]
    DecisionsAcknowledged { steps: Vec<StepId>, by: Actor },
    /// Variables got their values.
    #[serde(rename = "vars")]
    VarsBound { values: Vec<Bound> },
    /// Variables could not be bound; the run waits for the reason to be mended.
    #[serde(rename = "vars.failed")]
    VarsFailed { why: String },

    /// A step began. For a command this is durable before its process exists.
    #[serde(rename = "step.started")]
    StepStarted {
        step: StepId,
        attempt: Attempt,
        by: Actor,
        /// What was typed to start it, where its class asked for it.
        typed: Option<String>,
        reason: Option<String>,
        second: Option<String>,
        /// What runs, where something does.
        invocation: Option<Invocation>,
        /// For a countdown: until when, Unix microseconds.
        until: Option<i64>,
    },
    /// The process of an attempt exists.
    #[serde(rename = "step.spawned")]
    StepSpawned { step: StepId, attempt: Attempt, pid: i32, start: u64 },
    /// Its session on another machine exists: the number of its process group there, and where it is, `user@host:folder`, by
    /// that machine's own word.
    #[serde(rename = "step.reached")]
    StepReached { step: StepId, attempt: Attempt, target: TargetId, group: u32, place: String },
    /// Somebody typed into its terminal: how many bytes, and the first and last instant of it, Unix microseconds. Never what.
    #[serde(rename = "step.typed")]
    StepTyped { step: StepId, attempt: Attempt, bytes: u64, from: i64, to: i64, by: Actor },
    /// It printed something.
    #[serde(rename = "output")]
    Output { step: StepId, attempt: Attempt, extent: Extent },
    /// Output that could not be kept.
    #[serde(rename = "output.lost")]
    OutputLost { step: StepId, attempt: Attempt, bytes: u64 },
    /// The process ended, and how its output did.
    #[serde(rename = "step.exited")]
    StepExited {
        step: StepId,
        attempt: Attempt,
        exit: Exit,
        #[serde(with = "as_micros")]
        took: Duration,
        drained: Drained,
        holders: Vec<Holder>,
    },
    /// The process could not be made.
    #[serde(rename = "step.not-started")]
    StepNotStarted { step: StepId, attempt: Attempt, why: String },
    /// An attempt was judged; `retry` is when the next begins by itself, Unix microseconds.
    #[serde(rename = "step.judged")]
    StepJudged {
        step: StepId,
        attempt: Attempt,
        verdict: Verdict,
        checks: Vec<Check>,
        bound: Vec<Bound>,
        retry: Option<i64>,
        /// What the runbook says of this failure.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hints: Vec<String>,
    },
    /// A person answered one statement, or gave a value.
    #[serde(rename = "step.answered")]
    StepAnswered {
        step: StepId,
        attempt: Attempt,
        item: usize,
        answer: Answer,
        /// What was seen or typed; empty for a bare tick, and for a secret.
        saw: String,
        checks: Vec<Check>,
        bound: Vec<Bound>,
        by: Actor,
    },
    /// A person settled a step without tminus doing it.
    #[serde(rename = "step.settled")]
    StepSettled { step: StepId, attempt: Attempt, how: Settled, reason: String, by: Actor },
    /// The conditions of a step were looked at when it became next.
    #[serde(rename = "step.conditions")]
    StepConditions { step: StepId, hold: bool, saw: String },
    /// One way of several was taken.
    #[serde(rename = "step.chosen")]
    StepChosen { step: StepId, attempt: Attempt, option: String, by: Actor },
    /// A countdown ended; early with a reason.
    #[serde(rename = "wait.ended")]
    WaitEnded { step: StepId, attempt: Attempt, early: Option<String>, by: Actor },
    /// Somebody asked for what runs to end.
    #[serde(rename = "stop.asked")]
    StopAsked { step: StepId, attempt: Attempt, how: StopHow, by: Actor },
    /// An attempt's time limit was reached and its process is being ended.
    #[serde(rename = "step.timeout")]
    StepTimeout { step: StepId, attempt: Attempt },
    /// A person said what became of a step that nobody saw end.
    #[serde(rename = "step.resolved")]
    StepResolved { step: StepId, attempt: Attempt, how: Resolution, reason: String, by: Actor },
    /// Processes of an attempt that still live after their conductor died, or all of them gone (an empty list). `unseen` is
    /// why nobody could look, on another machine.
    #[serde(rename = "survivors")]
    Survivors {
        step: StepId,
        attempt: Attempt,
        holders: Vec<Holder>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unseen: Option<String>,
    },

    /// A station spoke at a gate, whose role has no signers: one that has speaks by `step.signed`.
    #[serde(rename = "gate.voted")]
    GateVoted { step: StepId, attempt: Attempt, role: RoleId, vote: Vote, by: Actor },
    /// A gate was decided.
    #[serde(rename = "gate.decided")]
    GateDecided {
        step: StepId,
        attempt: Attempt,
        go: bool,
        /// For a GO against the advice: the open points with a reason each.
        over: Vec<String>,
        reason: String,
        by: Actor,
    },

    /// A background command printed what it must before the next step may start.
    #[serde(rename = "step.ready")]
    StepReady { step: StepId, attempt: Attempt, checks: Vec<Check> },
    /// An attempt is being ended by the plan, and that is no failure: its time is over, its phase or group is, or a step ends it.
    #[serde(rename = "step.ending")]
    StepEnding { step: StepId, attempt: Attempt, why: String },
    /// Evidence is older than it may be: it is to be read again.
    #[serde(rename = "step.old")]
    StepOld { step: StepId, why: String },
    /// A message's blanks were filled in; this is what is said.
    #[serde(rename = "message.filled")]
    MessageFilled { step: StepId, text: String, by: Actor },
    /// A sign-off is asked for, with what is known then: what is asked, of whom, how many of them must sign.
    #[serde(rename = "sign.asked")]
    SignAsked {
        step: StepId,
        attempt: Attempt,
        /// As it is shown; what is signed commits to it.
        question: String,
        count: usize,
        roles: Vec<SigningRole>,
        /// One person may sign for two of them.
        same_person: bool,
        /// Nobody signs with the operator's key.
        second_person: bool,
        /// What for.
        #[serde(default, rename = "for", skip_serializing_if = "AskedFor::is_statement")]
        asked_for: AskedFor,
    },
    /// A person signed off. `sig` is an SSHSIG over `text`, or `-` where the role has no signers and a name is all there is.
    #[serde(rename = "step.signed")]
    StepSigned {
        step: StepId,
        attempt: Attempt,
        role: RoleId,
        principal: String,
        comment: String,
        text: String,
        sig: String,
        by: Actor,
        /// What it decides.
        #[serde(default, skip_serializing_if = "Decision::is_signed")]
        decision: Decision,
    },

    /// A probe was read, and judged for each that watches it.
    #[serde(rename = "sampled")]
    Sampled {
        probe: ProbeId,
        /// What it printed or a person typed, cut to 200 characters; `null` where it is unknown.
        value: Option<String>,
        /// Why it is unknown: it failed, or was silent.
        unknown: Option<String>,
        seen: Vec<Seen>,
        by: Actor,
        /// When a command was asked to read, Unix microseconds: what began after that had no part in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked: Option<i64>,
    },
    /// A trigger tripped, by what was measured or by a person's word.
    #[serde(rename = "trigger.tripped")]
    TriggerTripped { trigger: TriggerId, why: String, by: Actor },
    /// Somebody saw it.
    #[serde(rename = "trigger.acked")]
    TriggerAcked { trigger: TriggerId, by: Actor },
    /// Somebody said why it is safe to go on.
    #[serde(rename = "trigger.over")]
    TriggerOver { trigger: TriggerId, reason: String, name: String, by: Actor },
    /// A trigger's condition no longer holds.
    #[serde(rename = "trigger.cleared")]
    TriggerCleared { trigger: TriggerId },

    /// A procedure was called on demand.
    #[serde(rename = "procedure.called")]
    ProcedureCalled { procedure: ProcedureId, reason: String, by: Actor },
    /// A procedure that was called on demand came to its end.
    #[serde(rename = "procedure.ended")]
    ProcedureEnded { procedure: ProcedureId },
    /// The run begins again from a step: it and all after it are `old`.
    #[serde(rename = "recycled")]
    Recycled { to: StepId, steps: Vec<StepId>, reason: String, by: Actor },
    /// A horizon's next round began.
    #[serde(rename = "horizon.round")]
    HorizonRound { horizon: HorizonId, round: u32 },
    /// A risk was closed by a person.
    #[serde(rename = "risk.closed")]
    RiskClosed { risk: RiskId, reason: String, by: Actor },
    /// Little time is left: `decide-by LEVEL` or `hard-stop`, and how many minutes.
    #[serde(rename = "warned")]
    Warned { of: String, minutes: u32 },

    /// The run waits on purpose.
    #[serde(rename = "held")]
    Held { reason: String, by: Actor },
    /// It goes on.
    #[serde(rename = "released")]
    Released { by: Actor },
    /// A way back began; `path` is what it runs, in order.
    #[serde(rename = "rollback.started")]
    RollbackStarted { level: LevelId, from: Option<StepId>, path: Vec<StepId>, over: bool, reason: String, by: Actor },
    /// It came to its end.
    #[serde(rename = "rollback.ended")]
    RollbackEnded { level: LevelId },
    /// A phase's end was acknowledged.
    #[serde(rename = "phase.seen")]
    PhaseSeen { phase: PhaseId, by: Actor },
    /// A note, with its place.
    #[serde(rename = "noted")]
    Noted { text: String, step: Option<StepId>, by: Actor },
    /// Another runbook took the place of the one in force; its text lies in `attach/` and comes with the record.
    #[serde(rename = "amended")]
    Amended {
        /// The file's name.
        file: String,
        /// SHA-256 of the runbook before, hex.
        from: String,
        /// SHA-256 of the runbook from here on, hex.
        to: String,
        reason: String,
        /// Whose word it is.
        name: String,
        /// And who else's, where a step that differs asks for a second person.
        second: Option<String>,
        by: Actor,
        /// Its bytes, brought by whoever reads the record.
        #[serde(skip)]
        text: Carried,
    },
    /// The run is to end before its end.
    #[serde(rename = "aborted")]
    Aborted { reason: String, by: Actor },
    /// The conductor ends on purpose between steps.
    #[serde(rename = "paused")]
    Paused { by: Actor },
    /// An answers file had no answer left.
    #[serde(rename = "answers.ended")]
    AnswersEnded { at: String },

    /// A screen came.
    #[serde(rename = "client.joined")]
    ClientJoined { client: u32, who: Actor, drives: bool, host: String, tty: String },
    /// A screen went.
    #[serde(rename = "client.left")]
    ClientLeft { client: u32 },
    /// Another screen drives.
    #[serde(rename = "wheel.taken")]
    WheelTaken { client: u32, who: Actor },
    /// A program that the run itself started tried to steer it.
    #[serde(rename = "intent.refused")]
    IntentRefused { pid: i32, exe: String },
    /// The wall clock jumped against the monotonic one, microseconds.
    #[serde(rename = "clock.jumped")]
    ClockJumped { micros: i64 },
    /// The journal could not be written for a time.
    #[serde(rename = "journal.failed")]
    JournalFailed { why: String },

    /// A copy of a checkpoint did not come to the mirror; said once until one does.
    #[serde(rename = "mirror.failed")]
    MirrorFailed { why: String },
    /// Copies come to the mirror again.
    #[serde(rename = "mirror.mended")]
    MirrorMended {},

    /// The run ended, and how; what is left is the last record and the seal.
    #[serde(rename = "ended")]
    Ended { how: EndState, by: Actor },
    /// The last record.
    #[serde(rename = "closed")]
    Closed { output_files: u64, output_bytes: u64 },
    /// An event of a newer minor format: shown, never interpreted.
    #[serde(skip)]
    Foreign { name: String },
}

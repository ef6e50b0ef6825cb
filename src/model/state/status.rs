//! The words for where a step and a run stand, and the rule by which a run has its word.
//!
//! Every state is a word; marks and colours are extras of the screens, which must never say another one.

use crate::model::event::EndState;
use crate::model::state::{RunState, VarsBound};
use std::fmt;

/// Where a step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StepStatus {
    /// `-`: not yet.
    #[default]
    NotYet,
    /// `RUN`: in progress.
    Running,
    /// `you`: waits for a person.
    You,
    /// `ok`: passed, shown by evidence.
    Ok,
    /// `late`: passed, over budget.
    Late,
    /// `FAIL`.
    Failed,
    /// `time`: its limit ended it.
    TimedOut,
    /// `stop`: a person ended it.
    Stopped,
    /// `skip`: left out, with a reason.
    Skipped,
    /// `n/a`: its condition is not met.
    NotApplicable,
    /// `hand`: done outside, claimed by a person.
    Hand,
    /// `over`: failed, accepted by a named person.
    Over,
    /// `back`: undone by a rollback.
    Back,
    /// `?`: nobody knows.
    Unknown,
    /// `old`: evidence past its age, or before a step from which the run began again.
    Old,
    /// `claim`: ticked in the source, no evidence.
    Claim,
}

impl StepStatus {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            StepStatus::NotYet => "-",
            StepStatus::Running => "RUN",
            StepStatus::You => "you",
            StepStatus::Ok => "ok",
            StepStatus::Late => "late",
            StepStatus::Failed => "FAIL",
            StepStatus::TimedOut => "time",
            StepStatus::Stopped => "stop",
            StepStatus::Skipped => "skip",
            StepStatus::NotApplicable => "n/a",
            StepStatus::Hand => "hand",
            StepStatus::Over => "over",
            StepStatus::Back => "back",
            StepStatus::Unknown => "?",
            StepStatus::Old => "old",
            StepStatus::Claim => "claim",
        }
    }

    /// Whether the run may go past it.
    pub fn settled(self) -> bool {
        match self {
            StepStatus::Ok
            | StepStatus::Late
            | StepStatus::Skipped
            | StepStatus::NotApplicable
            | StepStatus::Hand
            | StepStatus::Over
            | StepStatus::Back => true,
            StepStatus::NotYet
            | StepStatus::Running
            | StepStatus::You
            | StepStatus::Failed
            | StepStatus::TimedOut
            | StepStatus::Stopped
            | StepStatus::Unknown
            | StepStatus::Old
            | StepStatus::Claim => false,
        }
    }

    /// Whether it came to a bad end that a person must answer.
    pub fn bad(self) -> bool {
        matches!(self, StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped)
    }

    /// Whether an attempt is under way.
    pub fn open(self) -> bool {
        matches!(self, StepStatus::Running | StepStatus::You)
    }

    /// Whether it passed, by evidence or by a person's word.
    pub fn passed(self) -> bool {
        matches!(self, StepStatus::Ok | StepStatus::Late | StepStatus::Hand | StepStatus::Over)
    }
}

impl fmt::Display for StepStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunStatus {
    /// Not started yet.
    Preparing,
    /// Something runs.
    Running,
    /// It waits for a person.
    Waiting,
    /// Held.
    Held,
    /// A way back is under way.
    RollingBack,
    /// A step is `?`.
    Unknown,
    /// Its conductor ended on purpose.
    Paused,
    /// Ended: everything was done.
    Completed,
    /// Ended: went back.
    RolledBack,
    /// Ended before its end.
    Aborted,
    /// Ended: went back and did not come through.
    Failed,
}

impl RunStatus {
    /// The word in lists and JSON.
    pub fn word(self) -> &'static str {
        match self {
            RunStatus::Preparing => "preparing",
            RunStatus::Running => "running",
            RunStatus::Waiting => "waiting",
            RunStatus::Held => "held",
            RunStatus::RollingBack => "rolling-back",
            RunStatus::Unknown => "unknown",
            RunStatus::Paused => "paused",
            RunStatus::Completed => "completed",
            RunStatus::RolledBack => "rolled-back",
            RunStatus::Aborted => "aborted",
            RunStatus::Failed => "failed",
        }
    }
}

impl RunState {
    /// Where the run stands.
    pub fn status(&self) -> RunStatus {
        match self.ended {
            Some(EndState::Completed) => return RunStatus::Completed,
            Some(EndState::RolledBack) => return RunStatus::RolledBack,
            Some(EndState::Aborted) => return RunStatus::Aborted,
            Some(EndState::Failed) => return RunStatus::Failed,
            None => {}
        }
        if self.paused {
            RunStatus::Paused
        } else if self.orphan().is_some() {
            RunStatus::Unknown
        } else if self.hold.is_some() {
            RunStatus::Held
        } else if self.going_back() {
            RunStatus::RollingBack
        } else if self.started.is_none() || self.vars_bound != VarsBound::Yes {
            RunStatus::Preparing
        } else if self.steps.iter().any(|own| own.status == StepStatus::Running || own.retry_at.is_some()) {
            RunStatus::Running
        } else {
            RunStatus::Waiting
        }
    }
}

//! The words for where a step and a run stand. Every state is a word; marks and colours are extras of the screens.

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
            | StepStatus::Unknown => false,
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

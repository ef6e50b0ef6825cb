//! Names of things: steps, phases, levels, variables, runs, and the numbers of records and attempts.
//!
//! Each is its own type, so that a phase's name cannot be handed to what wants a step's. Ids that end up in file names are
//! checked when the runbook is read (`[a-z0-9][a-z0-9.-]*`), never here.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

name_type!(
    /// A step's id, unique in the runbook; a step of a level is `level-1.disable`.
    StepId
);
name_type!(
    /// A phase's id.
    PhaseId
);
name_type!(
    /// A rollback level's id.
    LevelId
);
name_type!(
    /// A probe's id: a signal's, or the trigger's or monitor's that reads it for itself.
    ProbeId
);
name_type!(
    /// A trigger's id.
    TriggerId
);
name_type!(
    /// A procedure's id.
    ProcedureId
);
name_type!(
    /// A message's id.
    MessageId
);
name_type!(
    /// A risk's id.
    RiskId
);
name_type!(
    /// A horizon's id.
    HorizonId
);
name_type!(
    /// A target's id, as in `targets:`.
    TargetId
);
name_type!(
    /// A role's id, as in `roles:`.
    RoleId
);
name_type!(
    /// A variable's name: `[A-Z][A-Z0-9_]{0,63}`.
    VarName
);
name_type!(
    /// A run's id: `NNNN-YYYYMMDDThhmmZ-FILESTEM-16 hex`.
    RunId
);

impl RunId {
    /// The number that people type: `0007`.
    pub fn short(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }
}

/// A record's number: 1 for genesis, one more for each record, across parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl fmt::Display for Seq {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// A step's place in `Plan::steps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepIx(pub usize);

/// A level's place in `Plan::levels`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LevelIx(pub usize);

/// A probe's place in `Plan::probes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProbeIx(pub usize);

/// A trigger's place in `Plan::triggers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TriggerIx(pub usize);

/// A procedure's place in `Plan::procedures`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcedureIx(pub usize);

/// Which try of a step: 1 for the first. 0 means that it was never tried.
pub type Attempt = u32;

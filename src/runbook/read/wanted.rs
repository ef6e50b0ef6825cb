//! Names that refer to something, noted while the file is read and resolved when all of it was: what they name may
//! stand further down.
//!
//! `check::refs` takes them and reports each that nothing bears, with the nearest that exists.

use super::{Located, Reader};
use crate::model::ids::StepIx;

/// What a name refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum What {
    /// A rollback level.
    Level,
    /// A step.
    Step,
    /// A background step.
    Background,
    /// A procedure.
    Procedure,
    /// A procedure or a rollback.
    Callee,
    /// A message.
    Message,
    /// A signal.
    Signal,
    /// A risk.
    Risk,
    /// One of `contacts`.
    Contact,
}

/// A name, and the step that says it.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub what: What,
    /// The step in which it stands; a sibling of it may be named by its short id.
    pub near: Option<StepIx>,
    pub name: Located,
}

impl Reader<'_> {
    /// Notes a name that must exist in the end.
    pub(super) fn want(&mut self, what: What, near: Option<StepIx>, name: Located) {
        self.wanted.push(Wanted { what, near, name });
    }
}

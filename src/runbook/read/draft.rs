//! What the reader makes: parts of the plan, each with the places that only the checks need.
//!
//! Nothing of it outlives `check::plan`, which takes the plan's parts out and drops the rest.

use super::AroundWhen;
use crate::model::ids::{StepIx, TargetId, VarName};
use crate::model::plan::{Level, Phase};
use crate::model::step::{Command, Effect, PlannedStep, Shell};
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

/// A text with the place where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub text: String,
    pub span: Range<usize>,
}

/// One entry of `owes:`.
#[derive(Clone, Debug)]
pub(crate) enum Owed {
    /// Written out there; it stands at the end of its phase.
    Inline(StepIx),
    /// The id of a later step.
    Named(Located),
}

/// A step, and what only the checks need to know of it.
#[derive(Debug)]
pub(crate) struct Draft {
    pub step: PlannedStep,
    /// The id that the author gave.
    pub own_id: Option<Located>,
    /// The key that names its kind.
    pub kind: Range<usize>,
    /// The kind's value: the command, the statement.
    pub text: Range<usize>,
    pub at: Option<Range<usize>>,
    pub takes: Option<Range<usize>>,
    pub example: Option<Range<usize>>,
    pub owes: Vec<Owed>,
    /// `literal: true`: what looks like a placeholder is meant.
    pub literal: bool,
    /// `argv_secret: accepted`.
    pub argv_secret: bool,
    /// The author's word for what it does, where there is one.
    pub effect: Option<Effect>,
    /// Where it runs: its own target, or the one it inherited.
    pub target: Option<TargetId>,
    /// It is read for a gate, a monitor, a requirement or a checklist, whose id it bears before its own.
    pub is_criterion: bool,
    /// Where it says until when it is due.
    pub by: Option<Range<usize>>,
}

/// A command that is no step's: a probe's, or one that sends a message.
#[derive(Debug)]
pub(crate) struct Loose {
    pub command: Command,
    /// The command as written.
    pub text: Range<usize>,
    pub literal: bool,
    pub argv_secret: bool,
}

/// A phase and its places.
#[derive(Debug)]
pub(crate) struct DraftPhase {
    pub phase: Phase,
    pub head: Range<usize>,
    pub own_id: Option<Located>,
    pub at: Option<Range<usize>>,
    pub takes: Option<Range<usize>>,
    pub owes: Vec<Owed>,
}

/// Which undos a level names.
#[derive(Debug)]
pub(crate) enum DraftUndo {
    Nothing,
    All(Range<usize>),
    Of(Vec<Located>),
}

/// A level and its places.
#[derive(Debug)]
pub(crate) struct DraftLevel {
    pub level: Level,
    pub own_id: Option<Located>,
    pub head: Range<usize>,
    pub until: Option<Located>,
    pub undo: DraftUndo,
    pub owes: Vec<Owed>,
}

/// What a text with `${…}` in it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// People read it.
    People,
    /// One argument of a command; `true` where a secret there is accepted.
    Argument { secret_accepted: bool },
    /// A command's environment or stdin: a secret may pass.
    Private,
    /// The working directory: shown.
    Directory,
    /// The default of the variable at this place.
    Default(usize),
    /// An expectation: never filled in.
    Never,
}

/// A text to be checked for the names in it.
#[derive(Debug)]
pub(crate) struct Filled {
    pub text: Located,
    pub used: Use,
}

/// Which WHEN names a step that is yet to be resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WhenOf {
    StepAt(StepIx),
    Wait(StepIx),
    PhaseAt(usize),
    PhaseBy(usize),
    StepBy(StepIx),
    Around(AroundWhen),
    HardStop,
}

/// What `defaults:` says.
#[derive(Debug)]
pub(crate) struct Defaults {
    pub shell: Shell,
    pub timeout: Duration,
    pub strict: bool,
    /// What runs a text in another language, and the variable that holds its connection URL.
    pub runners: HashMap<String, (Vec<String>, Option<VarName>)>,
}

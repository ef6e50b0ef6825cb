//! What the format has and this version of tminus has not: refused by name, never ignored.
//!
//! A key in here is no typing mistake, and the author must not be sent looking for one. Each entry goes when its key
//! arrives. `read` asks before it calls a key unknown.

use super::diagnostic::Diagnostic;
use std::ops::Range;

/// Which mapping a key stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The runbook itself.
    Top,
    /// `environment`.
    Environment,
    /// One of `roles`.
    Role,
    /// One of `vars`.
    Var,
    /// `defaults`.
    Defaults,
    /// One of `phases`.
    Phase,
    /// A step.
    Step,
    /// A gate's criterion.
    Criterion,
    /// One of a checklist's items.
    Item,
    /// One of `options`.
    Choice,
    /// `expect`, `trip`.
    Expect,
    /// `expect.stderr`.
    Stderr,
    /// `{ of, is, ideally }`.
    Measured,
    /// One of `capture`.
    Capture,
    /// `retry`.
    Retry,
    /// `otherwise`.
    Otherwise,
    /// One of `rollbacks`.
    Level,
    /// One of `hints`.
    Hint,
    /// `within`.
    Within,
    /// One of `expect.except`.
    Except,
    /// `monitor` as a mapping.
    Monitor,
    /// `trip` of a monitor or trigger.
    Trip,
    /// `run` in another language.
    Language,
    /// One of `targets`.
    Target,
    /// One of `signals`.
    Signal,
    /// One of `triggers`.
    Trigger,
    /// One of `procedures`.
    Procedure,
    /// One of `messages`.
    Message,
    /// One of `horizons`.
    Horizon,
    /// One of `risks`.
    Risk,
    /// One of `defaults.runners`.
    Runner,
}

impl Scope {
    /// "a step", for "`x` is not a key of a step".
    pub fn owner(self) -> &'static str {
        match self {
            Scope::Top => "a runbook",
            Scope::Environment => "the environment",
            Scope::Role => "a role",
            Scope::Var => "a variable",
            Scope::Defaults => "`defaults`",
            Scope::Phase => "a phase",
            Scope::Step => "a step",
            Scope::Criterion => "a criterion",
            Scope::Item => "a checklist's item",
            Scope::Choice => "an option",
            Scope::Expect => "`expect`",
            Scope::Stderr => "`expect.stderr`",
            Scope::Measured => "a judged value",
            Scope::Capture => "a capture",
            Scope::Retry => "`retry`",
            Scope::Otherwise => "`otherwise`",
            Scope::Level => "a rollback",
            Scope::Hint => "a hint",
            Scope::Within => "`within`",
            Scope::Except => "an exception",
            Scope::Monitor => "`monitor`",
            Scope::Trip => "`trip`",
            Scope::Language => "`run` in another language",
            Scope::Target => "a target",
            Scope::Signal => "a signal",
            Scope::Trigger => "a trigger",
            Scope::Procedure => "a procedure",
            Scope::Message => "a message",
            Scope::Horizon => "a horizon",
            Scope::Risk => "a risk",
            Scope::Runner => "a runner",
        }
    }

    /// Keys that are left for a later version.
    pub fn later(self) -> impl Iterator<Item = &'static str> {
        self.words().split(' ')
    }

    /// Whether this key is one of them.
    pub fn has_later(self, key: &str) -> bool {
        !key.is_empty() && self.later().any(|later| later == key)
    }

    fn words(self) -> &'static str {
        match self {
            Scope::Top => TOP,
            Scope::Role => "contact",
            Scope::Var => "show short ask",
            Scope::Defaults => "runners",
            Scope::Phase => PHASE,
            Scope::Level => "requires then owes by role at target environment",
            Scope::Environment
            | Scope::Measured
            | Scope::Capture
            | Scope::Retry
            | Scope::Criterion
            | Scope::Item
            | Scope::Choice
            | Scope::Expect
            | Scope::Stderr
            | Scope::Otherwise
            | Scope::Step
            | Scope::Hint
            | Scope::Within
            | Scope::Except
            | Scope::Monitor
            | Scope::Trip
            | Scope::Language
            | Scope::Target
            | Scope::Signal
            | Scope::Trigger
            | Scope::Procedure
            | Scope::Message
            | Scope::Horizon
            | Scope::Risk
            | Scope::Runner => "",
        }
    }
}

const TOP: &str = "triggers procedures messages horizons risks signals requires environments \
    targets contacts";
const PHASE: &str = "risk role when skip requires way_back environment target env cwd why link \
    owes by claim";

/// The diagnostic for what the format has and this version has not.
pub(crate) fn later(span: &Range<usize>, name: &str) -> Diagnostic {
    Diagnostic::error("RB0190", span, format!("`{name}` is part of the format but not of this version of tminus"))
        .label("not yet")
        .help("leave it out for now; docs/runbook-format.md lists what is there")
}

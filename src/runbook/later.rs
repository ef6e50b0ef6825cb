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
            Scope::Criterion => "a gate's criterion",
            Scope::Item => "a checklist's item",
            Scope::Choice => "an option",
            Scope::Expect => "`expect`",
            Scope::Stderr => "`expect.stderr`",
            Scope::Measured => "a judged value",
            Scope::Capture => "a capture",
            Scope::Retry => "`retry`",
            Scope::Otherwise => "`otherwise`",
            Scope::Level => "a rollback",
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
            Scope::Criterion => "signal step fresh claim role target environment tty when hints judge monitor",
            Scope::Item => "run measure signal step fresh claim role why link critical trip",
            Scope::Choice => "why takes loses effect then",
            Scope::Expect => "http any_of except of",
            Scope::Stderr => "except any_of",
            Scope::Otherwise => "recycle call go_on",
            Scope::Level => "requires then owes by role at target environment",
            Scope::Step => STEP,
            Scope::Environment | Scope::Measured | Scope::Capture | Scope::Retry => "",
        }
    }
}

/// Step kinds that are left for a later version.
pub(crate) const KINDS: [&str; 7] = ["judge", "monitor", "sign", "notify", "call", "parallel", "steps"];

const TOP: &str = "triggers procedures messages horizons risks signals requires environments \
    targets contacts";
const PHASE: &str = "risk role when skip requires way_back environment target env cwd why link \
    owes by claim";
const STEP: &str = "judge monitor sign notify call parallel steps together background lasts \
    ready stop within hints if_fails then by once fresh claim way_back requires environment \
    target contact runner connect output via to recycle signal roles statements count every for \
    checks ok forward_agent";

/// The diagnostic for what the format has and this version has not.
pub(crate) fn later(span: &Range<usize>, name: &str) -> Diagnostic {
    Diagnostic::error("RB0190", span, format!("`{name}` is part of the format but not of this version of tminus"))
        .label("not yet")
        .help("leave it out for now; docs/runbook-format.md lists what is there")
}

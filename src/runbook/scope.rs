//! The mappings of the format, each with its name for people.
//!
//! `keys` lists what may stand in each, the reader asks for nothing else, and the JSON Schema is made of the same.

/// Which mapping a key stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// All of them.
    pub const ALL: [Scope; 31] = [
        Scope::Top,
        Scope::Environment,
        Scope::Role,
        Scope::Var,
        Scope::Defaults,
        Scope::Phase,
        Scope::Step,
        Scope::Criterion,
        Scope::Item,
        Scope::Choice,
        Scope::Expect,
        Scope::Stderr,
        Scope::Measured,
        Scope::Capture,
        Scope::Retry,
        Scope::Otherwise,
        Scope::Level,
        Scope::Hint,
        Scope::Within,
        Scope::Except,
        Scope::Monitor,
        Scope::Trip,
        Scope::Language,
        Scope::Target,
        Scope::Signal,
        Scope::Trigger,
        Scope::Procedure,
        Scope::Message,
        Scope::Horizon,
        Scope::Risk,
        Scope::Runner,
    ];

    /// What its definition is called in the JSON Schema.
    pub fn definition(self) -> String {
        format!("{self:?}").to_lowercase()
    }

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
}

//! The one table of the language: which keys stand in which mapping, and what each takes.
//!
//! The reader asks for no key that is not in it (`Fields::take_field` checks in every build but a release), a test shows
//! that it asks for every key that is, and `schema` makes the JSON Schema of it. Prose stands in docs/runbook-format.md.

mod commands;
mod head;
mod judged;
mod work;

use super::scope::Scope;

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A text that says something; a bare number or truth is taken as it is written.
    Text,
    /// A text that may be empty.
    AnyText,
    /// `true` or `false`.
    Truth,
    /// A whole number of at least so much.
    Whole(i64),
    /// `90s`, `1h30m`.
    Length,
    /// `T+65m`, `END+72h`, `STEP +6m`, `09:00`.
    When,
    /// `[a-z0-9][a-z0-9-]{0,47}`.
    Id,
    /// The id of something else in the file.
    Name,
    /// A comparison.
    Cmp,
    /// A JSON value of any kind.
    Anything,
    /// Nothing: `qa:`.
    Nothing,
    /// Exactly this number.
    Exactly(i64),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list.
    List(&'static Kind),
    /// A list that is not empty.
    Full(&'static Kind),
    /// One, or a list of them.
    OneOrMore(&'static Kind),
    /// The author's own names, each with one of these.
    Named(&'static Kind),
    /// One of several.
    Any(&'static [Kind]),
    /// A mapping of the format.
    Of(Scope),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it says, for an editor.
    pub about: &'static str,
    /// The kinds of step (or criterion) that have it; empty for all.
    pub only: &'static [&'static str],
    /// It must be there.
    pub required: bool,
}

/// A key, what it takes, what it says.
const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, about, only: &[], required: false }
}

impl Key {
    /// It must be there.
    const fn must(self) -> Self {
        Self { required: true, ..self }
    }

    /// Only these kinds of step have it.
    const fn only(self, only: &'static [&'static str]) -> Self {
        Self { only, ..self }
    }
}

/// The keys of a mapping, in groups that several share.
pub(crate) fn of(scope: Scope) -> Vec<&'static [Key]> {
    match scope {
        Scope::Top => vec![head::TOP],
        Scope::Environment => vec![head::ENVIRONMENT],
        Scope::Role => vec![head::ROLE],
        Scope::Var => vec![head::VAR],
        Scope::Defaults => vec![head::DEFAULTS],
        Scope::Runner => vec![head::RUNNER],
        Scope::Target => vec![head::TARGET],
        Scope::Signal => vec![head::SIGNAL, commands::READ, commands::QUESTION],
        Scope::Trigger => vec![head::TRIGGER, commands::READ, commands::QUESTION],
        Scope::Procedure => vec![head::PROCEDURE, head::HANDED_ON],
        Scope::Message => vec![head::MESSAGE],
        Scope::Horizon => vec![head::HORIZON, head::HANDED_ON],
        Scope::Risk => vec![head::RISK],
        Scope::Phase => vec![head::PHASE, head::HANDED_ON],
        Scope::Level => vec![head::LEVEL, head::HANDED_ON],
        Scope::Step => vec![work::KINDS, work::PEOPLE, work::PLAN, commands::OF_STEP, work::OF_KINDS],
        Scope::Criterion => vec![work::CRITERIA, work::PEOPLE, work::OF_CRITERIA, commands::OF_CRITERION],
        Scope::Item => vec![work::ITEM],
        Scope::Choice => vec![work::CHOICE],
        Scope::Hint => vec![work::HINT],
        Scope::Within => vec![work::WITHIN],
        Scope::Otherwise => vec![work::OUTCOME],
        Scope::Monitor => vec![work::MONITOR, commands::READ, commands::QUESTION],
        Scope::Language => vec![commands::LANGUAGE],
        Scope::Retry => vec![commands::RETRY],
        Scope::Capture => vec![commands::CAPTURE],
        Scope::Expect => vec![judged::EXPECT],
        Scope::Trip => vec![judged::EXPECT, judged::TRIP],
        Scope::Stderr => vec![judged::STDERR],
        Scope::Measured => vec![judged::MEASURED_KEYS],
        Scope::Except => vec![judged::EXCEPT],
    }
}

/// All keys of a mapping.
pub(crate) fn all(scope: Scope) -> impl Iterator<Item = &'static Key> {
    of(scope).into_iter().flatten()
}

/// Whether a mapping has this key.
pub(crate) fn has(scope: Scope, name: &str) -> bool {
    all(scope).any(|key| key.name == name)
}

#[cfg(test)]
thread_local! {
    /// What the reader asked for, for the test that it asks for all there is.
    pub(crate) static ASKED: std::cell::RefCell<std::collections::HashSet<(Scope, &'static str)>> = Default::default();
    /// What of it was there, for the test that the reference has an example of each.
    pub(crate) static FOUND: std::cell::RefCell<std::collections::HashSet<(Scope, &'static str)>> = Default::default();
}

/// Keys of which exactly one must be there.
pub(crate) fn one_of(scope: Scope) -> &'static [Key] {
    match scope {
        Scope::Step => work::KINDS,
        Scope::Criterion => work::CRITERIA,
        Scope::Otherwise => work::OUTCOME,
        Scope::Top
        | Scope::Environment
        | Scope::Role
        | Scope::Var
        | Scope::Defaults
        | Scope::Runner
        | Scope::Target
        | Scope::Signal
        | Scope::Trigger
        | Scope::Procedure
        | Scope::Message
        | Scope::Horizon
        | Scope::Risk
        | Scope::Phase
        | Scope::Level
        | Scope::Item
        | Scope::Choice
        | Scope::Hint
        | Scope::Within
        | Scope::Monitor
        | Scope::Language
        | Scope::Retry
        | Scope::Capture
        | Scope::Expect
        | Scope::Trip
        | Scope::Stderr
        | Scope::Measured
        | Scope::Except => &[],
    }
}

#[cfg(test)]
mod tests;

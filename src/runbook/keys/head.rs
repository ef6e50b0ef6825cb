//! Keys of the runbook itself and of what is declared around its steps.
//!
//! `keys::of` says which of these groups a mapping has.

use super::Kind::{
    Any, AnyText, Exactly, Full, Id, Length, List, Name, Named, Nothing, Of, OneOrMore, Text, Truth, When, Words,
};
use super::{Key, Kind, key};
use crate::runbook::scope::Scope;

const STEPS: Kind = Full(&Of(Scope::Step));
const CRITERIA: Kind = List(&super::work::CRITERION);
const RISKS: Kind = Words(&["low", "medium", "high"]);
const NAMES: Kind = OneOrMore(&Name);
const ARGV: Kind = OneOrMore(&Text);
const OWES: Kind = List(&Any(&[Name, Of(Scope::Step)]));
const OUTCOME: Kind = super::work::OUTCOMES;

pub(super) const TOP: &[Key] = &[
    key("tminus", Exactly(1), "the format's version").must(),
    key("title", Text, "what is done").must(),
    key("summary", Text, "in a sentence or two"),
    key("owner", Text, "whose it is"),
    key("environment", Of(Scope::Environment), "where it acts; shown on every screen"),
    key("environments", Named(&Of(Scope::Environment)), "others that steps name"),
    key("targets", Named(&Any(&[Nothing, Of(Scope::Target)])), "where commands run, beside this machine"),
    key("start", Text, "T0: date, time and the zone's name"),
    key("hard_stop", When, "end of the change window, or `none`"),
    key("safety_floor", Length, "kept free before the hard stop"),
    key("resume", Words(&["anybody", "same-operator"]), "who may take up a run whose conductor is gone"),
    key("signing", Words(&["optional", "required"]), "whether a run may begin without a key"),
    key("roles", Named(&Any(&[Nothing, Text, Of(Scope::Role)])), "who takes part"),
    key("decider", Name, "the role that decides"),
    key("vars", Named(&Any(&[Nothing, AnyText, Of(Scope::Var)])), "variables"),
    key("defaults", Of(Scope::Defaults), "what commands do where they say nothing"),
    key("signals", Named(&Of(Scope::Signal)), "values that are read once for all who need them"),
    key("contacts", Named(&Text), "where to look and whom to call"),
    key("messages", Named(&Any(&[Text, Of(Scope::Message)])), "texts for people"),
    key("requires", CRITERIA, "what must be met before anything begins"),
    key("phases", Full(&Of(Scope::Phase)), "what is done, in order").must(),
    key("rollbacks", List(&Of(Scope::Level)), "ways back, mildest first"),
    key("procedures", List(&Of(Scope::Procedure)), "quick fixes, on demand"),
    key("horizons", List(&Of(Scope::Horizon)), "what must be true after the event"),
    key("triggers", List(&Of(Scope::Trigger)), "abort criteria, watched while the run is live"),
    key("risks", List(&Of(Scope::Risk)), "the risk register"),
];

pub(super) const ENVIRONMENT: &[Key] = &[
    key("name", Text, "what people call it"),
    key("kind", Words(&["production", "staging", "local"]), "how careful to be").must(),
];

pub(super) const ROLE: &[Key] = &[
    key("title", Text, "what people call it"),
    key("signers", Full(&Text), "principals of the allowed-signers file who alone speak for it"),
];

pub(super) const VAR: &[Key] = &[
    key("env", Text, "the operator's environment variable"),
    key("default", AnyText, "its value where none is given"),
    key("command", Text, "a command whose output it is, run after the start"),
    key("secret", Truth, "never shown, never stored"),
    key("one_of", OneOrMore(&Text), "the values it may have"),
    key("matches", Text, "a regular expression that it matches"),
    key("show", Words(&["host", "value"]), "of a URL: without user and password"),
];

pub(super) const DEFAULTS: &[Key] = &[
    key("shell", Words(&["bash", "sh"]), "what reads command texts"),
    key("timeout", Length, "limit of one attempt"),
    key("strict", Truth, "-euo pipefail"),
    key("target", Name, "where commands run"),
    key("runners", Named(&Of(Scope::Runner)), "what runs texts in other languages, by the language's name"),
];

pub(super) const RUNNER: &[Key] = &[
    key("argv", ARGV, "the program and its arguments; the text goes in on standard input").must(),
    key("connect", Name, "the variable with the connection URL"),
];

pub(super) const TARGET: &[Key] = &[
    key("ssh", Text, "user@host, or a name of your ssh configuration"),
    key("environment", Name, "where that is"),
    key("forward_agent", Truth, "lends it your ssh agent"),
];

pub(super) const SIGNAL: &[Key] = &[
    key("title", Text, "what people call it"),
    key("unit", Text, "shown beside the value"),
    key("show", Truth, "shown on Watch, as every signal is"),
    key("every", Length, "time between two readings"),
    key("target", Name, "where its command runs"),
];

pub(super) const TRIGGER: &[Key] = &[
    key("id", Id, "its name in the file"),
    key("title", Text, "what people call it"),
    key("why", Text, "the reason"),
    key("role", Name, "whose it is"),
    key("judged", Truth, "people say when it trips"),
    key("signal", Name, "the signal that it watches"),
    key("every", Length, "time between two readings"),
    key("target", Name, "where its command runs"),
    key("trip", Of(Scope::Trip), "what trips it, and for how long"),
    key("during", NAMES, "phases in which it is watched"),
    key("then", OUTCOME, "what is proposed; a person decides"),
];

pub(super) const PROCEDURE: &[Key] = &[
    key("id", Id, "its name in the file"),
    key("title", Text, "the issue"),
    key("why", Text, "the reason"),
    key("steps", STEPS, "what is done"),
];

pub(super) const MESSAGE: &[Key] = &[
    key("to", Text, "who reads it"),
    key("text", Text, "what they read").must(),
    key("via", super::commands::VIA, "the command that sends it; the text is on its standard input"),
    key("at", When, "when it is due"),
    key("when", Text, "the moment, in words"),
];

pub(super) const HORIZON: &[Key] = &[
    key("id", Id, "its name in the file"),
    key("title", Text, "what must be true then"),
    key("at", When, "when").must(),
    key("by", When, "past this it is late"),
    key("every", Text, "time from one round to the next"),
    key("until", When, "the last round"),
    key("why", Text, "the reason"),
    key("steps", STEPS, "how it is seen"),
];

pub(super) const RISK: &[Key] = &[
    key("id", Text, "what people call it, such as H1"),
    key("title", Text, "what could happen").must(),
    key("level", RISKS, "how bad"),
    key("blocker", Truth, "what it stands before does not begin while it is open"),
    key("before", Name, "the phase or step it stands before"),
    key("impact", Text, "what it would mean"),
    key("owner", Text, "whose it is"),
    key("mitigation", Text, "what is done about it"),
    key("link", Text, "where to read more"),
    key("closed_by", NAMES, "steps that close it when all are ok"),
];

pub(super) const PHASE: &[Key] = &[
    key("id", Id, "its name in the file"),
    key("number", AnyText, "shown instead of its place"),
    key("title", Text, "what is done in it"),
    key("goal", Text, "what is true afterwards"),
    key("at", When, "planned start"),
    key("takes", Length, "planned length"),
    key("why", Text, "the reason"),
    key("link", Text, "where to read more"),
    key("by", When, "past this it is late"),
    key("way_back", Name, "the rollback that is needed from here on"),
    key("requires", CRITERIA, "what must be met before it begins"),
    key("owes", OWES, "what is owed from its start, also after an abort"),
    key("steps", Full(&Of(Scope::Step)), "what is done, in order").must(),
];

pub(super) const LEVEL: &[Key] = &[
    key("id", Id, "its name in the file"),
    key("title", Text, "what it brings back").must(),
    key("why", Text, "the reason"),
    key("budget", Length, "how long it takes at most"),
    key("verify", Length, "how long it takes to see that it worked"),
    key("loses", Text, "what is lost by it"),
    key("until", Name, "the step after which it is offered only with an override"),
    key("undo", Any(&[Words(&["all"]), List(&Name)]), "undos that run before its own steps"),
    key("requires", CRITERIA, "what must be met before it begins; read before the start"),
    key("owes", OWES, "what is owed from its start"),
    key("then", OUTCOME, "what is proposed at its end"),
    key("steps", STEPS, "what is done"),
];

/// What steps take over from what they stand in.
pub(super) const HANDED_ON: &[Key] = &[
    key("cwd", Text, "working directory of its steps"),
    key("env", Named(&AnyText), "more environment for its commands"),
    key("target", Name, "where its commands run"),
    key("role", Name, "whose its steps are"),
    key("risk", RISKS, "how risky its steps are"),
    key("when", Named(&AnyText), "conditions under which its steps are done"),
    key("skip", Words(&["never", "with-reason", "free"]), "whether its steps may be left out"),
    key("environment", Name, "where its steps act"),
];

//! Keys of commands, wherever one stands, and of what people read off.
//!
//! `keys::of` says which of these groups a mapping has.

use super::Kind::{Any, AnyText, Length, List, Name, Named, Of, OneOrMore, Text, Truth, Whole, Words};
use super::{Key, Kind, key};
use crate::runbook::scope::Scope;

/// A text for the shell, a list without one, or another language.
pub(super) const COMMAND: Kind = Any(&[Text, List(&AnyText), Of(Scope::Language)]);
/// The command that sends a message.
pub(super) const VIA: Kind = Any(&[Text, List(&AnyText)]);
const ENV: Kind = Named(&AnyText);
const SHELLS: Kind = Words(&["bash", "sh"]);
const ACCEPTED: Kind = Words(&["accepted"]);
const RUNS: &[&str] = &["run", "monitor"];
const RUN: &[&str] = &["run"];

/// A probe's command: it only reads.
pub(super) const READ: &[Key] = &[
    key("run", COMMAND, "the command that reads"),
    key("shell", SHELLS, "what reads its text"),
    key("strict", Truth, "-euo pipefail"),
    key("cwd", Text, "its working directory"),
    key("env", ENV, "more environment"),
    key("stdin", AnyText, "its standard input"),
    key("connect", Name, "the variable with a connection URL; it arrives as PG* variables"),
    key("timeout", Length, "limit of one reading"),
    key("literal", Truth, "<word>, YYYYMMDD and ... are meant as they stand"),
    key("argv_secret", ACCEPTED, "a secret may stand in an argument"),
    key("example", AnyText, "output as it should look"),
];

/// What people read off.
pub(super) const QUESTION: &[Key] = &[
    key("measure", Text, "the value that people read off"),
    key("expect", Of(Scope::Expect), "what it must be"),
    key("of", Whole(1), "how many there are in all"),
    key("out_of", Whole(1), "how many there are in all"),
    key("into", Text, "the variable that keeps it"),
];

/// A command that is a step.
pub(super) const OF_STEP: &[Key] = &[
    key("expect", Of(Scope::Expect), "what must come of it").only(&["run", "confirm", "measure", "ask"]),
    key("capture", CAPTURES, "variables, and where in the output they are found").only(RUN),
    key("retry", Of(Scope::Retry), "tried again by itself").only(RUN),
    key("output", Words(&["private"]), "nothing of its output is kept but its length").only(RUN),
    key("tty", Truth, "a terminal of its own").only(RUN),
    key("lasts", Length, "it ends by time, and that is success").only(RUN),
    key("background", Truth, "it runs on beside later steps").only(RUN),
    key("ready", Of(Scope::Expect), "what it has printed before the next step may start").only(RUN),
    key("shell", SHELLS, "what reads its text").only(RUNS),
    key("strict", Truth, "-euo pipefail").only(RUNS),
    key("cwd", Text, "its working directory").only(WITH_CWD),
    key("env", ENV, "more environment").only(WITH_CWD),
    key("stdin", AnyText, "its standard input").only(RUNS),
    key("connect", Name, "the variable with a connection URL; it arrives as PG* variables").only(RUNS),
    key("timeout", Length, "limit of one attempt").only(RUNS),
    key("literal", Truth, "<word>, YYYYMMDD and ... are meant as they stand").only(RUNS),
    key("argv_secret", ACCEPTED, "a secret may stand in an argument").only(RUNS),
    key("example", AnyText, "output as it should look").only(RUNS),
];
const WITH_CWD: &[&str] = &["run", "monitor", "steps", "parallel"];
const CAPTURES: Kind = Named(&Any(&[Words(&["stdout", "variable"]), Of(Scope::Capture)]));

/// A command that is a criterion.
pub(super) const OF_CRITERION: &[Key] = &[
    key("expect", Of(Scope::Expect), "what must come of it").only(&["run", "confirm", "measure", "signal"]),
    key("trip", Of(Scope::Expect), "under `no_go`: what means NO-GO").only(RUN),
    key("capture", CAPTURES, "variables, and where in the output they are found").only(RUN),
    key("retry", Of(Scope::Retry), "tried again by itself").only(RUN),
    key("output", Words(&["private"]), "nothing of its output is kept but its length").only(RUN),
    key("tty", Truth, "a terminal of its own").only(RUN),
    key("lasts", Length, "it ends by time, and that is success").only(RUN),
    key("background", Truth, "not for a criterion: nothing ends it").only(RUN),
    key("ready", Of(Scope::Expect), "not for a criterion").only(RUN),
    key("shell", SHELLS, "what reads its text").only(RUN),
    key("strict", Truth, "-euo pipefail").only(RUN),
    key("cwd", Text, "its working directory").only(RUN),
    key("env", ENV, "more environment").only(RUN),
    key("stdin", AnyText, "its standard input").only(RUN),
    key("connect", Name, "the variable with a connection URL; it arrives as PG* variables").only(RUN),
    key("timeout", Length, "limit of one attempt").only(RUN),
    key("literal", Truth, "<word>, YYYYMMDD and ... are meant as they stand").only(RUN),
    key("argv_secret", ACCEPTED, "a secret may stand in an argument").only(RUN),
    key("example", AnyText, "output as it should look").only(RUN),
];

/// Beside these stands the one key that is the language's name.
pub(super) const LANGUAGE: &[Key] = &[
    key("runner", OneOrMore(&Text), "the program and its arguments"),
    key("connect", Name, "the variable with the connection URL"),
];

pub(super) const RETRY: &[Key] = &[
    key("times", Whole(1), "how often in all"),
    key("every", Length, "time between two attempts").must(),
    key("production", ACCEPTED, "also for what changes production"),
];

pub(super) const CAPTURE: &[Key] = &[
    key("json", Text, "a JSONPath"),
    key("regex", Text, "group 1 of it"),
    key("line", Any(&[Whole(i64::MIN)]), "counted from 1, or from the end with -1"),
    key("file", Text, "the one file that the step made"),
    key("stdout", Truth, "all of it"),
    key("variable", Any(&[Truth, Text]), "the shell's variable at the end"),
    key("secret", Truth, "nothing of the step's output is kept but its length"),
];

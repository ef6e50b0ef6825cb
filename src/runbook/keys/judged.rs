//! Keys of what output and readings must look like.
//!
//! `keys::of` says which of these groups a mapping has.

use super::Kind::{Any, AnyText, Anything, Cmp, Length, List, Name, Named, Of, OneOrMore, Text, Whole, Words};
use super::{Key, Kind, key};
use crate::runbook::scope::Scope;

const TEXTS: Kind = OneOrMore(&Text);
const MEASURED: Kind = OneOrMore(&Any(&[Cmp, Of(Scope::Measured)]));

pub(super) const EXPECT: &[Key] = &[
    key("exit", Any(&[Words(&["any"]), OneOrMore(&Whole(0))]), "the exit code; 0 where nothing is said"),
    key("contains", TEXTS, "stands in the output, letter by letter"),
    key("lacks", TEXTS, "does not stand in the output"),
    key("matches", TEXTS, "a regular expression, by line"),
    key("equals", AnyText, "all of the output"),
    key("except", List(&Of(Scope::Except)), "lines that are set aside first"),
    key("json", Named(&Anything), "JSONPaths, and the value or comparison for every node they pick"),
    key("number", MEASURED, "the one number"),
    key("ratio", MEASURED, "19/20, or two variables; exact, never rounded"),
    key("count", MEASURED, "lines, or those that match `of`"),
    key("took", Any(&[Cmp, Of(Scope::Measured)]), "how long it took"),
    key("stderr", Of(Scope::Stderr), "standard error"),
    key("http", OneOrMore(&Whole(100)), "the status code, from curl -w or -i"),
    key("of", Name, "the background step whose output is judged"),
    key("any_of", List(&Of(Scope::Expect)), "one of these must hold"),
];

pub(super) const TRIP: &[Key] = &[key("for", Length, "it must hold for so long")];

pub(super) const STDERR: &[Key] = &[
    key("contains", TEXTS, "stands in it, letter by letter"),
    key("lacks", TEXTS, "does not stand in it"),
    key("matches", TEXTS, "a regular expression, by line"),
    key("equals", AnyText, "all of it"),
    key("except", List(&Of(Scope::Except)), "lines that are set aside first"),
    key("count", MEASURED, "lines, or those that match `of`"),
];

pub(super) const MEASURED_KEYS: &[Key] = &[
    key("of", Any(&[Text, List(&Text)]), "a regular expression (group 1, or the lines), or variables"),
    key("is", Cmp, "the comparison, or `all`").must(),
    key("ideally", Cmp, "the stretch"),
];

pub(super) const EXCEPT: &[Key] =
    &[key("matches", Text, "the lines that are known").must(), key("because", Text, "why they may be there").must()];

//! Keys of steps and criteria: their kinds, and what any of them may have.
//!
//! `keys::of` says which of these groups a mapping has.

use super::Kind::{Any, AnyText, Full, Id, Length, List, Name, Named, Of, OneOrMore, Text, Truth, When, Whole, Words};
use super::commands::{COMMAND, VIA};
use super::{Key, Kind, key};
use crate::runbook::scope::Scope;

/// A text, or a mapping with one kind.
pub(super) const CRITERION: Kind = Any(&[Text, Of(Scope::Criterion)]);
/// What is proposed; a person decides.
pub(super) const OUTCOMES: Kind = Any(&[Words(&["hold", "abort", "go_on"]), Of(Scope::Otherwise)]);
const CRITERIA_LIST: Kind = List(&CRITERION);
const RISKS: Kind = Words(&["low", "medium", "high"]);
const EFFECTS: Kind = Words(&["reads", "changes", "production", "destroys"]);
const EVIDENCE: Kind = Any(&[Truth, Words(&["required"])]);
const STEPS: Kind = Full(&Of(Scope::Step));
const UNDO: Kind = Any(&[Text, Of(Scope::Step)]);

pub(super) const KINDS: &[Key] = &[
    key("run", COMMAND, "a command"),
    key("confirm", Text, "a statement to check by hand"),
    key("checklist", Full(&Any(&[Text, Of(Scope::Item), Of(Scope::Criterion)])), "statements to check one by one"),
    key("measure", Text, "a value to read off"),
    key("ask", Text, "a value to type in"),
    key("judge", Text, "a question without a number"),
    key("choose", Text, "one of several ways"),
    key("gate", Text, "go or no-go"),
    key("wait", When, "until a time, or for a length"),
    key("monitor", Any(&[Text, List(&AnyText), Of(Scope::Monitor)]), "looked at for a time"),
    key("sign", Text, "a sign-off"),
    key("notify", Name, "a message"),
    key("call", Name, "the steps of a procedure or rollback"),
    key("parallel", STEPS, "several at once"),
    key("steps", STEPS, "several under one title, in order"),
];

pub(super) const CRITERIA: &[Key] = &[
    key("confirm", Text, "a statement to check by hand"),
    key("measure", Text, "a value to read off"),
    key("run", COMMAND, "a command that reads"),
    key("judge", Text, "a question without a number"),
    key("signal", Name, "a signal's last reading"),
    key("step", Name, "that step is ok"),
    key("risk", Name, "that risk is closed"),
];

/// What people read of a step or criterion, and what it does to the world.
pub(super) const PEOPLE: &[Key] = &[
    key("id", Id, "its name in the file"),
    key("title", Text, "what people call it"),
    key("why", Text, "the reason"),
    key("link", Text, "where to read more"),
    key("effect", EFFECTS, "what it does to the world"),
    key("role", Name, "whose it is"),
    key("contact", Name, "whom to call"),
    key("fresh", Length, "how long its answer counts"),
    key("claim", Text, "where it was said to be done, without evidence"),
    key("target", Name, "where it runs"),
    key("environment", Name, "where it acts"),
];

/// What only a step of the plan has.
pub(super) const PLAN: &[Key] = &[
    key("at", When, "earliest start"),
    key("takes", Length, "planned length"),
    key("risk", RISKS, "how risky it is"),
    key("skip", Words(&["never", "with-reason", "free"]), "whether it may be left out"),
    key("changes", Text, "what is different afterwards"),
    key("loses", Text, "what is lost by it"),
    key("phrase", Text, "typed to start it"),
    key("when", Named(&AnyText), "conditions under which it is done"),
    key("point_of_no_return", Truth, "from here on there is no easy way back"),
    key("second_person", Truth, "another person must agree"),
    key("auto", Truth, "starts by itself; only what reads"),
    key("within", Of(Scope::Within), "in time after another step"),
    key("hints", List(&Of(Scope::Hint)), "what is probably wrong, by what is seen"),
    key("if_fails", OUTCOMES, "what is proposed when it fails"),
    key("by", When, "past this it is late"),
    key("once", Truth, "a second attempt asks like what destroys"),
    key("way_back", Name, "the rollback that is needed from here on"),
    key("stop", OneOrMore(&Name), "background steps that this one ends"),
    key("requires", CRITERIA_LIST, "what must be met before it"),
    key("owes", List(&Any(&[Name, Of(Scope::Step)])), "what is owed from its start, also after an abort"),
    key("undo", OneOrMore(&UNDO), "what makes it undone"),
];

/// What only some kinds have, beside the keys of commands.
pub(super) const OF_KINDS: &[Key] = &[
    key("evidence", EVIDENCE, "what was seen must be typed").only(&["confirm", "checklist", "judge"]),
    key("of", Whole(1), "how many there are in all").only(&["measure", "ask"]),
    key("out_of", Whole(1), "how many there are in all").only(&["measure", "ask"]),
    key("into", Text, "the variable that keeps it").only(&["measure", "ask"]),
    key("secret", Truth, "hidden while it is typed").only(&["ask"]),
    key("options", List(&Of(Scope::Choice)), "the ways there are").only(&["choose"]),
    key("go", CRITERIA_LIST, "all of these").only(&["gate"]),
    key("no_go", CRITERIA_LIST, "none of these").only(&["gate"]),
    key("poll", List(&Name), "roles that say go or no-go").only(&["gate"]),
    key("otherwise", OUTCOMES, "what NO-GO proposes").only(&["gate"]),
    key("every", Length, "time between two readings").only(&["monitor"]),
    key("for", Length, "how long").only(&["monitor"]),
    key("unit", Text, "shown beside the value").only(&["monitor"]),
    key("ok", Of(Scope::Expect), "what a good reading shows").only(&["monitor"]),
    key("trip", Of(Scope::Trip), "what fails it at once").only(&["monitor"]),
    key("until", Of(Scope::Expect), "what ends it early").only(&["monitor"]),
    key("checks", CRITERIA_LIST, "criteria that are looked at").only(&["monitor"]),
    key("roles", Full(&Name), "who signs").only(&["sign"]),
    key("count", Whole(1), "how many of them").only(&["sign"]),
    key("same_person", Words(&["allowed"]), "one person may sign for two roles").only(&["sign"]),
    key("statements", List(&Text), "what is signed").only(&["sign"]),
    key("via", VIA, "the command that sends it").only(&["notify"]),
    key("to", Text, "who reads it").only(&["notify"]),
    key("together", Truth, "one card for all").only(&["steps"]),
];

pub(super) const OF_CRITERIA: &[Key] = &[
    key("critical", Truth, "read first"),
    key("evidence", EVIDENCE, "what was seen must be typed").only(&["confirm", "judge"]),
    key("of", Whole(1), "how many there are in all").only(&["measure"]),
    key("out_of", Whole(1), "how many there are in all").only(&["measure"]),
    key("into", Text, "the variable that keeps it").only(&["measure"]),
];

pub(super) const ITEM: &[Key] = &[
    key("confirm", Text, "the statement"),
    key("judge", Text, "a question without a number"),
    key("text", Text, "the statement, as `confirm`"),
    key("expect", Of(Scope::Expect), "what must be seen"),
    key("evidence", EVIDENCE, "what was seen must be typed"),
    key("role", Name, "whose it is"),
    key("claim", Text, "where it was said to be done, without evidence"),
    key("link", Text, "where to read more"),
];

pub(super) const CHOICE: &[Key] = &[
    key("id", Id, "its name in answers"),
    key("title", Text, "the way").must(),
    key("why", Text, "the reason"),
    key("takes", Length, "how long it takes"),
    key("loses", Text, "what is lost by it"),
    key("effect", EFFECTS, "what it does to the world"),
    key("then", OUTCOMES, "what is proposed at its end"),
    key("steps", List(&Of(Scope::Step)), "what is done"),
];

pub(super) const HINT: &[Key] = &[
    key("when", Of(Scope::Expect), "what the failure looks like").must(),
    key("say", Text, "what is probably wrong").must(),
    key("then", OUTCOMES, "what is proposed"),
];

pub(super) const WITHIN: &[Key] =
    &[key("of", Name, "the step from whose end it counts").must(), key("limit", Length, "how long").must()];

pub(super) const OUTCOME: &[Key] =
    &[key("rollback", Name, "a way back"), key("recycle", Name, "back to this step"), key("call", Name, "a procedure")];

pub(super) const MONITOR: &[Key] = &[
    key("text", Text, "what is looked for"),
    key("signal", Name, "the signal that it watches"),
    key("checks", CRITERIA_LIST, "criteria that are looked at"),
];

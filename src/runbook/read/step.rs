//! One step: its kind, and the keys that any step may have.
//!
//! A step's place in the list is reserved before its children (options, criteria, undos) are read, so that they can
//! name it and always come after it.

use super::{Draft, Located, Reader};
use crate::model::ids::{StepId, StepIx, VarName};
use crate::model::step::{Condition, Effect, Place, PlannedStep, Risk, Skip, Work};
use crate::model::when::When;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::later::{self, Scope};
use crate::runbook::nearest::nearest;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use serde_yaml::Value;

/// The kinds of this version.
pub(super) const KINDS: [&str; 8] = ["run", "confirm", "checklist", "measure", "ask", "choose", "wait", "gate"];

pub(super) const EFFECTS: [(&str, Effect); 4] = [
    ("reads", Effect::Reads),
    ("changes", Effect::Changes),
    ("production", Effect::Production),
    ("destroys", Effect::Destroys),
];

/// Keys that are right for some kinds only, with those kinds.
const OF_KINDS: [(&str, &str); 25] = [
    ("expect", "`run`, `confirm`, `checklist` items, `measure` and `ask`"),
    ("capture", "`run`"),
    ("retry", "`run`"),
    ("timeout", "`run`"),
    ("stdin", "`run`"),
    ("cwd", "`run`"),
    ("env", "`run`"),
    ("shell", "`run`"),
    ("strict", "`run`"),
    ("example", "`run`"),
    ("literal", "`run`"),
    ("argv_secret", "`run`"),
    ("evidence", "`confirm` and `checklist`"),
    ("of", "`measure` and `ask`"),
    ("out_of", "`measure` and `ask`"),
    ("into", "`measure` and `ask`"),
    ("secret", "`ask`"),
    ("options", "`choose`"),
    ("go", "`gate`"),
    ("no_go", "`gate`"),
    ("poll", "`gate`"),
    ("otherwise", "`gate`"),
    ("trip", "a gate's `no_go` criterion"),
    ("critical", "a gate's criterion"),
    ("number", "a phase"),
];

impl<'a> Reader<'a> {
    /// Reads a step into a place; `None` where its kind is unknown.
    pub(super) fn step(&mut self, node: Node<'a>, place: Place) -> Option<StepIx> {
        let mut fields = self.desk.fields(node, Scope::Step, "a step (a mapping with one kind key, such as `run:`)")?;
        let Some(kind) = self.kind(&mut fields) else {
            // Its other keys are still worth a look, those of a kind that is not known are not.
            self.only_later(&fields);
            return None;
        };
        let at = self.reserve(place, &kind);
        let work = self.work(&kind, &mut fields, at);
        self.describe(&mut fields, at, &kind);
        self.plan_step(&mut fields, at, &kind);
        self.way_back(&mut fields, at);
        self.steps[at.0].step.work = work;
        self.check_classes(at);
        let name = kind.key;
        self.desk.finish(fields, &|key| match OF_KINDS.iter().find(|(known, _)| *known == key) {
            Some((_, kinds)) if (name == "ask") && matches!(key, "matches" | "one_of") => {
                Some(format!("`{key}` belongs to {kinds}"))
            }
            Some((_, kinds)) => Some(format!("`{key}` belongs to {kinds}, and this step is a `{name}`")),
            None if name == "ask" && matches!(key, "matches" | "one_of") => {
                Some(format!("`{key}` of an `ask` stands in its `expect`"))
            }
            None => None,
        });
        Some(at)
    }

    /// The one kind of a step.
    fn kind(&mut self, fields: &mut Fields<'a>) -> Option<Field<'a>> {
        let mut found: Vec<Field<'a>> = KINDS.iter().filter_map(|kind| fields.take_field(kind)).collect();
        found.sort_by_key(|field| field.key_span.start);
        let mut found = found.into_iter();
        let Some(first) = found.next() else {
            self.no_kind(fields);
            return None;
        };
        for second in found {
            let found = Diagnostic::error(
                "RB0106",
                &second.key_span,
                format!("a step has one kind, and this one is a `{}` and a `{}`", first.key, second.key),
            )
            .label("a second kind")
            .help("make two steps of it");
            self.desk.report(found);
        }
        Some(first)
    }

    fn no_kind(&mut self, fields: &Fields<'a>) {
        if fields.rest().any(|field| later::KINDS.contains(&field.key)) {
            return;
        }
        let close = fields.rest().find_map(|field| Some((field, nearest(field.key, KINDS)?)));
        let found = match close {
            Some((field, kind)) => {
                Diagnostic::error("RB0105", &field.key_span, format!("`{}` is not a kind of step", field.key))
                    .help(format!("did you mean `{kind}`?"))
            }
            None => Diagnostic::error("RB0105", &fields.head(), "the step has no kind")
                .help(format!("one of: {}", KINDS.join(", "))),
        };
        self.desk.report(found);
    }

    fn only_later(&mut self, fields: &Fields<'a>) {
        for field in fields.rest().filter(|field| Scope::Step.has_later(field.key)) {
            self.desk.report(later::later(&field.key_span, field.key));
        }
    }

    /// Takes the next place in the list of steps.
    pub(super) fn reserve(&mut self, place: Place, kind: &Field<'a>) -> StepIx {
        let at = StepIx(self.steps.len());
        self.steps.push(Draft {
            step: blank(place),
            own_id: None,
            kind: kind.key_span.clone(),
            text: kind.node.span(),
            at: None,
            takes: None,
            example: None,
            owes: Vec::new(),
            literal: false,
            argv_secret: false,
        });
        at
    }

    fn work(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        match kind.key {
            "run" => self.run(kind, fields, at),
            "confirm" => self.confirm(kind, fields),
            "checklist" => self.checklist(kind, fields),
            "measure" | "ask" => self.question(kind, fields),
            "choose" => self.choose(kind, fields, at),
            "gate" => self.gate(kind, fields, at),
            // `kind` takes only what KINDS lists, and `wait` is what is left.
            _ => self.wait(kind, at),
        }
    }

    /// What people read of it, and what it does to the world.
    pub(super) fn describe(&mut self, fields: &mut Fields<'a>, at: StepIx, kind: &Field<'a>) {
        let own_id = self.own_id(fields);
        let title = self.said_of(fields, "title");
        let why = self.said_of(fields, "why");
        let link = self.said_of(fields, "link");
        let effect = fields.take("effect").and_then(|node| self.desk.word(node, &EFFECTS));
        let title = title.unwrap_or_else(|| self.title_from(kind));
        let draft = &mut self.steps[at.0];
        draft.own_id = own_id;
        draft.step.title = title;
        draft.step.why = why;
        draft.step.link = link;
        let is_criterion = matches!(draft.step.place, Place::Criterion { .. });
        draft.step.effect =
            effect.unwrap_or(if kind.key == "run" && !is_criterion { Effect::Changes } else { Effect::Reads });
    }

    /// A title from the kind's own text: its first line that says something.
    pub(super) fn title_from(&mut self, kind: &Field<'a>) -> String {
        let text = match (kind.key, kind.node.value) {
            ("wait", Value::String(text))
                if text.starts_with(|letter: char| letter.is_ascii_digit()) && !text.contains(':') =>
            {
                format!("Wait {text}")
            }
            ("wait", Value::String(text)) => format!("Wait until {text}"),
            (_, Value::String(text)) => text.clone(),
            (_, Value::Sequence(items)) if kind.key == "run" => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
            }
            (_, Value::Sequence(items)) => match items.first() {
                Some(Value::String(text)) if items.len() > 1 => {
                    format!("{text} (and {} more)", items.len() - 1)
                }
                Some(Value::String(text)) => text.clone(),
                _ => format!("Checklist of {}", items.len()),
            },
            _ => self.desk.written(&kind.node.span()).to_owned(),
        };
        let line =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or(kind.key);
        let short: String = line.chars().take(80).collect();
        if kind.key == "run" { short.replace("${", "$${") } else { short }
    }

    /// What only a step of the plan has: its times, its people, its dangers.
    fn plan_step(&mut self, fields: &mut Fields<'a>, at: StepIx, kind: &Field<'a>) {
        let planned = fields.take_field("at");
        let when = planned.as_ref().and_then(|field| self.when(field.node, false));
        if let (Some(field), "wait") = (&planned, kind.key) {
            let found = Diagnostic::error("RB0109", &field.key_span, "`at` and `wait` say the same thing twice")
                .help("keep `wait`");
            self.desk.report(found);
        }
        if let (Some(field), Some(When::FromStep { .. })) = (&planned, &when) {
            self.whens.push((super::WhenOf::StepAt(at), field.node.span()));
        }
        let takes = fields.take("takes");
        let length = takes.and_then(|node| self.length(node));
        let role = fields.take("role").and_then(|node| self.role(node));
        let risks = [("low", Risk::Low), ("medium", Risk::Medium), ("high", Risk::High)];
        let risk = fields.take("risk").and_then(|node| self.desk.word(node, &risks));
        let skip = fields.take("skip").and_then(|node| self.skip(node));
        let changes = self.said_of(fields, "changes");
        let loses = self.said_of(fields, "loses");
        let phrase = fields.take("phrase").and_then(|node| self.phrase(node));
        let when_all = fields.take("when").map(|node| self.conditions(node)).unwrap_or_default();
        let border = self.desk.truth(fields.take("point_of_no_return"));
        let second_person = self.desk.truth(fields.take("second_person"));
        let auto = self.desk.truth(fields.take("auto"));
        let draft = &mut self.steps[at.0];
        draft.at = planned.map(|field| field.node.span());
        draft.takes = takes.map(Node::span);
        let step = &mut draft.step;
        (step.at, step.takes, step.role, step.risk) = (when, length, role, risk);
        step.skip = skip.unwrap_or(Skip::WithReason);
        (step.changes, step.loses, step.phrase, step.when) = (changes, loses, phrase, when_all);
        (step.point_of_no_return, step.second_person, step.auto) = (border, second_person, auto);
    }

    fn skip(&mut self, node: Node<'a>) -> Option<Skip> {
        if self.desk.written(&node.span()) == "no" {
            self.desk.report(
                Diagnostic::error("RB0108", &node.span(), "`no` is false to some readers of YAML")
                    .help("write `skip: never`"),
            );
            return None;
        }
        self.desk.word(node, &[("never", Skip::Never), ("with-reason", Skip::WithReason), ("free", Skip::Free)])
    }

    /// A phrase is typed: one line that a keyboard can make.
    fn phrase(&mut self, node: Node<'a>) -> Option<String> {
        let phrase = self.desk.full_text(node)?;
        let fits =
            phrase == phrase.trim() && phrase.chars().count() <= 60 && phrase.chars().all(crate::model::text::is_plain);
        if !fits {
            let found = Diagnostic::error(
                "RB0109",
                &node.span(),
                "a phrase is typed to start the step: one line, at most 60 letters, no space at its ends",
            );
            self.desk.report(found);
        }
        fits.then_some(phrase)
    }

    fn conditions(&mut self, node: Node<'a>) -> Vec<Condition> {
        let mut all = Vec::new();
        for field in self.desk.named(node, "a mapping of variables and what they must be") {
            self.wanted_vars.push(Located { text: field.key.to_owned(), span: field.key_span.clone() });
            let Some(is) = self.desk.text(field.node) else {
                continue;
            };
            if let Some(pattern) = is.strip_prefix("matches ") {
                self.check_pattern(pattern.trim(), field.node);
            }
            all.push(Condition { var: VarName(field.key.to_owned()), is });
        }
        all
    }
}

fn blank(place: Place) -> PlannedStep {
    let nothing = Work::Check(Vec::new());
    let blank = PlannedStep::new(StepId(String::new()), String::new(), String::new(), place, nothing);
    PlannedStep { effect: Effect::Reads, ..blank }
}

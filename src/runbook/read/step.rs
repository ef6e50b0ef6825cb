//! One step: its kind, and the keys that any step may have.
//!
//! A step's place in the list is reserved before its children (options, criteria, undos) are read, so that they can
//! name it and always come after it.

use super::{Draft, Located, Reader, What};
use crate::model::ids::{StepId, StepIx, TargetId, VarName};
use crate::model::plan::Environment;
use crate::model::step::{Condition, Effect, Place, PlannedStep, Risk, Skip, Work};
use crate::model::when::When;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::nearest::nearest;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;
use serde_yaml::Value;

/// The kinds of step.
pub(super) const KINDS: [&str; 15] = [
    "run",
    "confirm",
    "checklist",
    "measure",
    "ask",
    "judge",
    "choose",
    "gate",
    "wait",
    "monitor",
    "sign",
    "notify",
    "call",
    "parallel",
    "steps",
];

pub(super) const EFFECTS: [(&str, Effect); 4] = [
    ("reads", Effect::Reads),
    ("changes", Effect::Changes),
    ("production", Effect::Production),
    ("destroys", Effect::Destroys),
];

/// Keys that are right for some kinds only, with those kinds.
const OF_KINDS: [(&str, &str); 41] = [
    ("expect", "`run`, `confirm`, `checklist` items, `measure` and `ask`"),
    ("capture", "`run`"),
    ("retry", "`run`"),
    ("timeout", "`run` and `monitor`"),
    ("stdin", "`run` and `monitor`"),
    ("cwd", "`run`, `monitor` and groups"),
    ("env", "`run`, `monitor` and groups"),
    ("shell", "`run` and `monitor`"),
    ("strict", "`run` and `monitor`"),
    ("example", "`run` and `monitor`"),
    ("literal", "`run` and `monitor`"),
    ("argv_secret", "`run` and `monitor`"),
    ("connect", "`run` and `monitor`"),
    ("output", "`run`"),
    ("tty", "`run`"),
    ("background", "`run`"),
    ("ready", "`run` with `background: true`"),
    ("lasts", "`run`"),
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
    ("trip", "a `monitor`, a trigger and a gate's `no_go` criterion"),
    ("critical", "a gate's criterion"),
    ("number", "a phase"),
    ("every", "`monitor`"),
    ("for", "`monitor` (a `run` has `lasts`)"),
    ("ok", "`monitor`"),
    ("until", "`monitor`"),
    ("checks", "`monitor`"),
    ("roles", "`sign` (any step has `role`)"),
    ("statements", "`sign`"),
    ("via", "`notify` and messages"),
    ("together", "`steps`"),
    ("then", "an option, a hint, a trigger and a rollback (a step has `if_fails`)"),
];

/// Why a key is wrong in a step or criterion of this kind; `None` for one that is no key at all.
pub(super) fn belongs_to(key: &str, name: &str) -> Option<String> {
    match OF_KINDS.iter().find(|(known, _)| *known == key) {
        Some((_, kinds)) => Some(format!("`{key}` belongs to {kinds}, and this step is a `{name}`")),
        None if name == "ask" && matches!(key, "matches" | "one_of") => {
            Some(format!("`{key}` of an `ask` stands in its `expect`"))
        }
        None => None,
    }
}

/// Steps of all kinds that a runbook may have: ten thousand, each with its undo, are known to be quick.
const STEPS: usize = 20_000;

impl<'a> Reader<'a> {
    /// Reads a step into a place; `None` where its kind is unknown.
    pub(super) fn step(&mut self, node: Node<'a>, place: Place) -> Option<StepIx> {
        if self.too_many_steps(node) {
            return None;
        }
        let mut fields = self.desk.fields(node, Scope::Step, "a step (a mapping with one kind key, such as `run:`)")?;
        // The other keys of a kind that is not known cannot be judged.
        let kind = self.kind(&mut fields)?;
        let at = self.reserve(place, &kind);
        self.describe(&mut fields, at, &kind);
        self.plan_step(&mut fields, at, &kind);
        self.around_step(&mut fields, at);
        let work = self.work(&kind, &mut fields, at);
        self.steps[at.0].step.work = work;
        self.default_effect(&kind, at);
        self.way_back(&mut fields, at);
        self.check_classes(at);
        let name = kind.key;
        self.desk.finish(fields, &|key| belongs_to(key, name));
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

    /// Whether the runbook is full, which is said once.
    pub(super) fn too_many_steps(&mut self, node: Node<'a>) -> bool {
        let full = self.steps.len() >= STEPS;
        if full && !self.is_full {
            self.is_full = true;
            let text = format!("more than {STEPS} steps, criteria and undos");
            let at = crate::runbook::reader::first_line(self.desk.source, node.span());
            self.desk.report(Diagnostic::error("RB0010", &at, text).help("make several runbooks of it"));
        }
        full
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
            effect: None,
            target: None,
            is_criterion: false,
            by: None,
        });
        at
    }

    fn work(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        match kind.key {
            "run" => self.run(kind, fields, at),
            "confirm" => self.confirm(kind, fields),
            "checklist" => self.checklist(kind, fields, at),
            "judge" => self.judge(kind, fields),
            "measure" | "ask" => self.question(kind, fields),
            "choose" => self.choose(kind, fields, at),
            "gate" => self.gate(kind, fields, at),
            "monitor" => self.monitor(kind, fields, at),
            "sign" => self.sign(kind, fields),
            "notify" => self.notify(kind, fields, at),
            "call" => self.call(kind, at),
            "parallel" | "steps" => self.group(kind, fields, at),
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
        let role = fields.take("role").and_then(|node| self.role(node)).or_else(|| self.inherited.role.clone());
        let contact = fields.take("contact").and_then(|node| self.name_of(node, What::Contact, Some(at)));
        let fresh = self.length_of(fields, "fresh");
        let claim = self.claim(fields);
        let (target, environment) = self.where_of(fields);
        let draft = &mut self.steps[at.0];
        (draft.own_id, draft.effect, draft.target) = (own_id, effect, target);
        let step = &mut draft.step;
        (step.title, step.why, step.link, step.effect) = (title, why, link, effect.unwrap_or(Effect::Reads));
        (step.role, step.contact, step.fresh, step.claim) = (role, contact, fresh, claim);
        step.environment = environment;
    }

    /// Where it runs, and what kind of place that is where it differs from the runbook's.
    fn where_of(&mut self, fields: &mut Fields<'a>) -> (Option<TargetId>, Option<Environment>) {
        let own = fields.take("target").and_then(|node| self.target(node));
        let named = fields.take("environment").and_then(|node| self.environment_named(node));
        let of_target = own.as_ref().and_then(|id| self.targets.iter().find(|target| target.id == *id));
        let of_target = of_target.and_then(|target| target.environment.clone());
        let environment = named.or(of_target).or_else(|| self.inherited.environment.clone());
        let environment = environment.filter(|own| self.environment.as_ref() != Some(own));
        (own.or_else(|| self.inherited.target.clone()), environment)
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
            (_, Value::Sequence(items)) if matches!(kind.key, "run" | "monitor") => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
            }
            ("parallel", _) => "At once".to_owned(),
            ("steps", _) => "Steps".to_owned(),
            ("notify", Value::String(text)) => format!("Say {text}"),
            ("call", Value::String(text)) => format!("Call {text}"),
            ("step", Value::String(text)) => format!("{text} is ok"),
            ("risk", Value::String(text)) => format!("Risk {text} is closed"),
            ("signal", Value::String(text)) => format!("Signal {text}"),
            ("run" | "monitor", Value::Mapping(all)) => inner_text(all).unwrap_or_else(|| "Look on".to_owned()),
            (_, Value::String(text)) => text.clone(),
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
        if matches!(kind.key, "run" | "monitor") { short.replace("${", "$${") } else { short }
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
        let risks = [("low", Risk::Low), ("medium", Risk::Medium), ("high", Risk::High)];
        let risk = fields.take("risk").and_then(|node| self.desk.word(node, &risks)).or(self.inherited.risk);
        let skip = fields.take("skip").and_then(|node| self.skip(node)).or(self.inherited.skip);
        let changes = self.said_of(fields, "changes");
        let loses = self.said_of(fields, "loses");
        let phrase = fields.take("phrase").and_then(|node| self.phrase(node));
        let mut when_all = self.inherited.when.clone();
        when_all.extend(fields.take("when").map(|node| self.conditions(node)).unwrap_or_default());
        let border = self.desk.truth(fields.take("point_of_no_return"));
        let second_person = self.desk.truth(fields.take("second_person"));
        let auto = self.desk.truth(fields.take("auto"));
        let draft = &mut self.steps[at.0];
        draft.at = planned.map(|field| field.node.span());
        draft.takes = takes.map(Node::span);
        let step = &mut draft.step;
        (step.at, step.takes, step.risk) = (when, length, risk);
        step.skip = skip.unwrap_or(Skip::WithReason);
        (step.changes, step.loses, step.phrase, step.when) = (changes, loses, phrase, when_all);
        (step.point_of_no_return, step.second_person, step.auto) = (border, second_person, auto);
    }

    pub(super) fn skip(&mut self, node: Node<'a>) -> Option<Skip> {
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

    pub(super) fn conditions(&mut self, node: Node<'a>) -> Vec<Condition> {
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

/// The first text in a mapping: the sql, the signal's name.
fn inner_text(all: &serde_yaml::Mapping) -> Option<String> {
    all.values().find_map(Value::as_str).map(str::to_owned)
}

fn blank(place: Place) -> PlannedStep {
    let nothing = Work::Check(Vec::new());
    let blank = PlannedStep::new(StepId(String::new()), String::new(), String::new(), place, nothing);
    PlannedStep { effect: Effect::Reads, ..blank }
}

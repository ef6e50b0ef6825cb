//! Phases and rollback levels: what holds steps.
//!
//! A duty that a step owes and writes out in place stands at the end of the phase or level it belongs to.

use super::wanted::What;
use super::{DraftLevel, DraftPhase, DraftUndo, Located, Reader};
use crate::model::ids::{LevelId, PhaseId, StepIx};
use crate::model::plan::{Level, Phase};
use crate::model::step::{Owner, Place};
use crate::model::when::{Day, When};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::names;
use crate::runbook::node::Node;
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;
use serde_yaml::Value;
use std::time::Duration;

impl<'a> Reader<'a> {
    pub(super) fn phases(&mut self, node: Node<'a>) {
        let list = self.desk.list(node, "a list of phases");
        if list.is_empty() && node.items().is_some() {
            self.desk.missing(&node.span(), "the runbook has no phase".into(), "add `- { title: …, steps: [ … ] }`");
        }
        for node in self.desk.capped(list, 1000, &node.span(), "phases") {
            self.phase(node);
        }
    }

    fn phase(&mut self, node: Node<'a>) {
        let Some(mut fields) = self.desk.fields(node, Scope::Phase, "a mapping with `title` and `steps`") else {
            return;
        };
        let place = self.phases.len();
        self.home = Place::Phase(place);
        let head = fields.head();
        let own_id = self.own_id(&mut fields);
        let number = self.phase_number(&mut fields, place);
        let title = self.said_of(&mut fields, "title");
        let goal = self.said_of(&mut fields, "goal");
        let at = fields.take("at");
        let when = at.and_then(|node| self.when(node, false));
        if matches!(when, Some(When::FromStep { .. })) {
            self.whens.push((super::WhenOf::PhaseAt(place), at.map_or(0..0, Node::span)));
        }
        // A phase that is by the clock itself is on T0's date, as is what stands in it.
        let by_the_clock = matches!(when, None | Some(When::Clock { day: Day::NotSaid, .. }));
        self.dated = Some(place).filter(|_| !by_the_clock);
        let takes = fields.take("takes");
        let length = takes.and_then(|node| self.length(node));
        if title.is_none() && own_id.is_none() {
            self.desk.missing(&head, "the phase has no `title`".into(), "add `title: …`");
        }
        let title = title.or_else(|| own_id.as_ref().map(|id| id.text.clone())).unwrap_or_default();
        let mut phase =
            Phase { goal, at: when, takes: length, ..Phase::new(PhaseId(String::new()), number, title, Vec::new()) };
        phase.why = self.said_of(&mut fields, "why");
        phase.link = self.said_of(&mut fields, "link");
        phase.by = fields.take("by").and_then(|node| self.due_by(node, super::WhenOf::PhaseBy(place)));
        phase.way_back = fields.take("way_back").and_then(|node| self.name_of(node, What::Level, None)).map(LevelId);
        if let Some(node) = fields.take("requires") {
            phase.requires = self.requires(node, Owner::Phase(place));
        }
        let owes = fields.take("owes").map(|node| self.all_owed(node)).unwrap_or_default();
        let handed = self.handed_on(&mut fields);
        (phase.role, phase.risk) = (handed.role.clone(), handed.risk);
        phase.steps = self.within(handed, |reader| reader.steps_of(&mut fields, Place::Phase(place), "phase"));
        self.desk.finish(fields, &|_| None);
        self.dated = None;
        self.phases.push(DraftPhase {
            phase,
            head,
            own_id,
            at: at.map(Node::span),
            takes: takes.map(Node::span),
            owes,
        });
    }

    /// `by:` of a phase or step.
    pub(super) fn due_by(&mut self, node: Node<'a>, of: super::WhenOf) -> Option<When> {
        let when = self.when(node, false);
        if matches!(when, Some(When::FromStep { .. })) {
            self.whens.push((of, node.span()));
        }
        when
    }

    /// `id:`, where it can be one.
    pub(super) fn own_id(&mut self, fields: &mut Fields<'a>) -> Option<Located> {
        let node = fields.take("id")?;
        let id = self.located(node)?;
        if names::is_id(&id.text) {
            return Some(id);
        }
        self.bad_id(&id);
        None
    }

    fn phase_number(&mut self, fields: &mut Fields<'a>, place: usize) -> String {
        let by_place = (place + 1).to_string();
        let Some(node) = fields.take("number") else {
            return by_place;
        };
        let Some(number) = self.desk.text(node) else {
            return by_place;
        };
        let digits = number.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let fits = (1..=3).contains(&digits.len())
            && number.len() - digits.len() <= 1
            && digits.chars().all(|letter| letter.is_ascii_digit());
        if !fits {
            let found = Diagnostic::error("RB0201", &node.span(), format!("`{number}` cannot be a phase's number"))
                .help("write it like 4 or 4b");
            self.desk.report(found);
            return by_place;
        }
        if self.phases.iter().any(|earlier| earlier.phase.number == number) {
            let found = Diagnostic::error("RB0202", &node.span(), format!("another phase has the number `{number}`"))
                .help("step numbers are typed to confirm; give each phase its own");
            self.desk.report(found);
        }
        number
    }

    /// `steps:`, and after them what they owe.
    pub(super) fn steps_of(&mut self, fields: &mut Fields<'a>, place: Place, owner: &str) -> Vec<StepIx> {
        let mut steps = Vec::new();
        match fields.take_field("steps") {
            Some(field) => {
                let list = self.desk.list(field.node, "a list of steps");
                if list.is_empty() && field.node.items().is_some() {
                    self.desk.missing(
                        &field.key_span,
                        format!("the {owner} has no step"),
                        "add a step such as `- confirm: …`",
                    );
                }
                steps.extend(list.into_iter().filter_map(|node| self.step(node, place)));
            }
            None if owner == "phase" => {
                self.desk.missing(&fields.head(), "the phase has no `steps`".into(), "add `steps: [ … ]`");
            }
            None => {}
        }
        steps.append(&mut self.owed);
        steps
    }

    pub(super) fn levels(&mut self, node: Node<'a>) {
        let list = self.desk.list(node, "a list of rollbacks");
        for node in self.desk.capped(list, 100, &node.span(), "rollbacks") {
            self.one_level(node);
        }
    }

    fn one_level(&mut self, node: Node<'a>) {
        let Some(mut fields) = self.desk.fields(node, Scope::Level, "a mapping with `title` and `steps`") else {
            return;
        };
        let place = self.levels.len();
        self.home = Place::Level(place);
        let head = fields.head();
        let own_id = self.own_id(&mut fields);
        let title = self.said_of(&mut fields, "title");
        if title.is_none() {
            self.desk.missing(&head, "the rollback has no `title`".into(), "add `title: …`");
        }
        let budget = self.length_of(&mut fields, "budget");
        let verify = self.length_of(&mut fields, "verify").unwrap_or(Duration::ZERO);
        let loses = self.said_of(&mut fields, "loses");
        let why = self.said_of(&mut fields, "why");
        let until = fields.take("until").and_then(|node| self.located(node));
        let undo = fields.take("undo").map_or(DraftUndo::Nothing, |node| self.level_undo(node));
        let requires = fields.take("requires").map(|node| self.requires(node, Owner::Level(place))).unwrap_or_default();
        let owes = fields.take("owes").map(|node| self.all_owed(node)).unwrap_or_default();
        let then = self.outcome_of(&mut fields, "then", None);
        let handed = self.handed_on(&mut fields);
        let role = handed.role.clone();
        let steps = self.within(handed, |reader| reader.steps_of(&mut fields, Place::Level(place), "rollback"));
        if steps.is_empty() && matches!(undo, DraftUndo::Nothing) {
            self.desk.missing(&head, "the rollback does nothing".into(), "add `steps: [ … ]` or `undo: all`");
        }
        self.desk.finish(fields, &|_| None);
        let blank = Level::new(LevelId(String::new()), title.unwrap_or_default(), steps);
        let level = Level { why, budget, verify, loses, requires, then, role, ..blank };
        self.levels.push(DraftLevel { level, own_id, head, until, undo, owes });
    }

    fn level_undo(&mut self, node: Node<'a>) -> DraftUndo {
        match node.value {
            Value::String(word) if word == "all" => DraftUndo::All(node.span()),
            Value::Sequence(_) => {
                let items = node.items().unwrap_or_default();
                DraftUndo::Of(items.into_iter().filter_map(|node| self.located(node)).collect())
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Mapping(_)
            | Value::Tagged(_) => {
                self.desk.wrong_type(node, "`all` or a list of step ids");
                DraftUndo::Nothing
            }
        }
    }
}

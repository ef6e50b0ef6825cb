//! What people do by hand: statements, values, choices and waits.

use super::{Located, Reader};
use crate::model::ids::{StepIx, VarName};
use crate::model::step::{Choice, Item, Place, Question, Work};
use crate::model::when::When;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::names;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;
use serde_yaml::Value;
use std::time::Duration;

impl<'a> Reader<'a> {
    pub(super) fn confirm(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>) -> Work {
        let text = self.said(kind.node).unwrap_or_default();
        let expect = fields.take("expect").and_then(|node| self.expect_of_reading(node));
        let evidence = self.evidence(fields);
        Work::Check(vec![Item { expect, evidence, ..Item::new(text) }])
    }

    /// A question without a number: what was seen must be said.
    pub(super) fn judge(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>) -> Work {
        let text = self.said(kind.node).unwrap_or_default();
        // Saying `evidence: required` is right, and says nothing new.
        self.evidence(fields);
        Work::Check(vec![Item { evidence: true, judged: true, ..Item::new(text) }])
    }

    pub(super) fn checklist(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        let all = self.evidence(fields);
        let list = self.desk.list(kind.node, "a list of statements");
        if list.is_empty() && kind.node.items().is_some() {
            self.desk.missing(&kind.key_span, "the checklist has no item".into(), "add `- a statement to check`");
        }
        if let Some(steps) = self.checklist_of_steps(&list, at) {
            return steps;
        }
        let items = list.into_iter().filter_map(|node| self.item(node, all)).collect();
        Work::Check(items)
    }

    fn item(&mut self, node: Node<'a>, all: bool) -> Option<Item> {
        if node.entries().is_none() {
            let text = self.said(node)?;
            return Some(Item { evidence: all, ..Item::new(text) });
        }
        let mut fields = self.desk.fields(node, Scope::Item, "a text")?;
        let (confirm, judged) = (fields.take("confirm"), fields.take_field("judge"));
        let text = confirm.or_else(|| judged.as_ref().map(|field| field.node));
        let text = text.or_else(|| fields.take("text"));
        let is_sentence = fields.rest().count() == 1
            && text.is_none()
            && fields.rest().all(|field| field.key.contains(' ') || field.key.starts_with(char::is_uppercase));
        if is_sentence {
            let found = Diagnostic::error("RB0104", &fields.head(), "a text that holds `: ` is read as a mapping")
                .help("quote it, or use | and put it on the next line");
            self.desk.report(found);
            return None;
        }
        let item = match text {
            Some(node) => self.said(node).map(|text| Item { evidence: all, ..Item::new(text) }),
            None => {
                self.desk.missing(
                    &fields.head(),
                    "the item has no `confirm`".into(),
                    "write the statement: `confirm: …`",
                );
                None
            }
        };
        let expect = fields.take("expect").and_then(|node| self.expect_of_reading(node));
        let judged = judged.is_some();
        let evidence = self.evidence(&mut fields) || all || judged;
        let role = fields.take("role").and_then(|node| self.role(node));
        let claim = self.claim(&mut fields);
        let link = self.said_of(&mut fields, "link");
        self.desk.finish(fields, &|_| None);
        item.map(|item| Item { expect, evidence, judged, role, claim, link, ..item })
    }

    /// `evidence: required`.
    fn evidence(&mut self, fields: &mut Fields<'a>) -> bool {
        let Some(node) = fields.take("evidence") else {
            return false;
        };
        match node.value {
            Value::Bool(wanted) => *wanted,
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Sequence(_)
            | Value::Mapping(_)
            | Value::Tagged(_) => self.desk.word(node, &[("required", true)]).unwrap_or(false),
        }
    }

    /// `measure` and `ask`.
    pub(super) fn question(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>) -> Work {
        let asks = kind.key == "ask";
        let question = self.question_of(kind, fields, asks);
        if asks { Work::Ask(question) } else { Work::Measure(question) }
    }

    /// A value that a person reads off, or types in.
    pub(super) fn question_of(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, asks: bool) -> Question {
        let text = self.said(kind.node).unwrap_or_default();
        let expect = fields.take("expect").and_then(|node| self.expect_of_reading(node));
        let secret = asks && self.desk.truth(fields.take("secret"));
        let of = fields.take("of");
        let out_of = fields.take("out_of").or(of);
        let out_of = out_of.and_then(|node| self.desk.whole(node, 1)).and_then(|number| u64::try_from(number).ok());
        let into_field = fields.take("into");
        let into = into_field.and_then(|node| self.answer_var(node, secret));
        if asks && into_field.is_none() {
            self.desk.missing(
                &kind.key_span,
                "the answer goes nowhere".into(),
                "add `into: NAME`, or use `measure` for a value that is only judged",
            );
        }
        Question { text, expect, out_of, into, secret }
    }

    fn answer_var(&mut self, node: Node<'a>, secret: bool) -> Option<VarName> {
        let name = self.desk.full_text(node)?;
        if secret && let Some(var) = self.vars.iter_mut().find(|var| var.name.0 == name) {
            var.secret = true;
        }
        let declared = self.vars.iter().any(|var| var.name.0 == name && var.secret);
        self.sets(&name, &node.span(), secret || declared)
    }

    pub(super) fn choose(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        let text = self.said(kind.node).unwrap_or_default();
        let mut options = Vec::new();
        let list = match fields.take("options") {
            Some(node) => {
                let list = self.desk.list(node, "a list of options");
                self.desk.capped(list, 50, &node.span(), "options")
            }
            None => {
                self.desk.missing(
                    &kind.key_span,
                    "nothing can be chosen: there are no `options`".into(),
                    "add `options: [ { title: …, steps: [ … ] }, … ]`",
                );
                Vec::new()
            }
        };
        for (place, node) in list.into_iter().enumerate() {
            let taken: Vec<String> = options.iter().map(|option: &Choice| option.id.clone()).collect();
            if let Some(option) = self.option(node, Place::Choice { choose: at, option: place }, &taken) {
                options.push(option);
            }
        }
        Work::Choose { text, options }
    }

    fn option(&mut self, node: Node<'a>, place: Place, taken: &[String]) -> Option<Choice> {
        let mut fields = self.desk.fields(node, Scope::Choice, "a mapping with `title` and `steps`")?;
        let head = fields.head();
        let own_id = self.own_id(&mut fields);
        let title = self.said_of(&mut fields, "title");
        if title.is_none() {
            self.desk.missing(&head, "the option has no `title`".into(), "add `title: …`");
        }
        let why = self.said_of(&mut fields, "why");
        let takes = self.length_of(&mut fields, "takes");
        let loses = self.said_of(&mut fields, "loses");
        let effect = fields.take("effect").and_then(|node| self.desk.word(node, &super::step::EFFECTS));
        let choose = match place {
            Place::Choice { choose, .. } => Some(choose),
            _no_other_place_has_options => None,
        };
        let then = self.outcome_of(&mut fields, "then", choose);
        let mut steps = Vec::new();
        if let Some(node) = fields.take("steps") {
            steps =
                self.desk.list(node, "a list of steps").into_iter().filter_map(|node| self.step(node, place)).collect();
        }
        self.desk.finish(fields, &|_| None);
        let title = title.unwrap_or_default();
        let id = match own_id {
            Some(id) => self.option_id(id, taken),
            None => {
                let mut names = names::Taken::default();
                taken.iter().for_each(|id| {
                    names.claim(id);
                });
                names.claim_free("", &names::id_from(&title, "option"))
            }
        };
        Some(Choice { why, takes, loses, effect, then, ..Choice::new(id, title, steps) })
    }

    fn option_id(&mut self, id: Located, taken: &[String]) -> String {
        if taken.contains(&id.text) {
            let found =
                Diagnostic::error("RB0202", &id.span, format!("another option of this step has the id `{}`", id.text));
            self.desk.report(found);
        }
        id.text
    }

    pub(super) fn wait(&mut self, kind: &Field<'a>, at: StepIx) -> Work {
        let when = self.when(kind.node, true);
        if matches!(when, Some(When::FromStep { .. })) {
            self.whens.push((super::WhenOf::Wait(at), kind.node.span()));
        }
        Work::Wait(when.unwrap_or(When::After(Duration::ZERO)))
    }
}

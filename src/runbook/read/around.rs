//! What stands around the phases: procedures, messages, horizons, risks, and what must be met before anything begins.
//!
//! Names in here may point anywhere in the file; `check` resolves them when all was read.

use super::wanted::What;
use super::{Located, Reader};
use crate::model::around::{Before, Horizon, KnownRisk, Message, Procedure};
use crate::model::ids::{HorizonId, MessageId, PhaseId, ProcedureId, RiskId, StepId, StepIx};
use crate::model::step::{Owner, Place, Risk};
use crate::model::when::{Offset, When};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::names;
use crate::runbook::node::{Field, Node};
use crate::runbook::scope::Scope;
use std::ops::Range;

/// Where a WHEN of these stands, for anchors that are resolved later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AroundWhen {
    /// `at` of a message.
    Message(usize),
    /// `at` of a horizon.
    HorizonAt(usize),
    /// `by` of a horizon.
    HorizonBy(usize),
    /// `until` of a horizon.
    HorizonUntil(usize),
}

impl<'a> Reader<'a> {
    /// `requires:` of the runbook, a phase, a step or a level: criteria that stand before it.
    pub(super) fn requires(&mut self, node: Node<'a>, owner: Owner) -> Vec<StepIx> {
        let list = self.desk.list(node, "a list of criteria");
        let list = self.desk.capped(list, 200, &node.span(), "criteria");
        list.into_iter().filter_map(|node| self.criterion(node, Place::Requirement(owner))).collect()
    }

    pub(super) fn procedures(&mut self, node: Node<'a>) {
        let list = self.desk.list(node, "a list of procedures");
        for node in self.desk.capped(list, 200, &node.span(), "procedures") {
            let Some(mut fields) = self.desk.fields(node, Scope::Procedure, "a mapping with `title` and `steps`")
            else {
                continue;
            };
            let place = self.procedures.len();
            let (id, title) = self.named_thing(&mut fields, "procedure");
            self.home = Place::Procedure(place);
            let why = self.said_of(&mut fields, "why");
            // Taken up before its steps, so that they find it; filled in after them.
            self.procedures.push(Procedure { id: ProcedureId(id), title, why, steps: Vec::new() });
            let handed = self.handed_on(&mut fields);
            let steps =
                self.within(handed, |reader| reader.steps_of(&mut fields, Place::Procedure(place), "procedure"));
            self.procedures[place].steps = steps;
            self.desk.finish(fields, &|_| None);
        }
    }

    /// `id` and `title` of something; the id is made from the title where it is left out. Two of one id are an error.
    fn named_thing(&mut self, fields: &mut crate::runbook::reader::Fields<'a>, what: &str) -> (String, String) {
        let head = fields.head();
        let own_id = self.own_id(fields);
        let title = self.said_of(fields, "title");
        if title.is_none() && own_id.is_none() {
            self.desk.missing(&head, format!("the {what} has no `title`"), "add `title: …`");
        }
        let title = title.or_else(|| own_id.as_ref().map(|id| id.text.clone())).unwrap_or_default();
        let id = match own_id {
            Some(id) => {
                self.claimed(what, &id.text, &id.span);
                id.text
            }
            None => names::id_from(&title, what),
        };
        (id, title)
    }

    /// An id is taken once among its kind.
    fn claimed(&mut self, what: &str, id: &str, span: &Range<usize>) {
        if !self.around_ids.insert(format!("{what} {id}")) {
            self.desk.report(Diagnostic::error("RB0202", span, format!("another {what} has the id `{id}`")));
        }
    }

    pub(super) fn messages(&mut self, node: Node<'a>) {
        let list = self.desk.named(node, "a mapping of messages");
        for field in self.desk.capped(list, 200, &node.span(), "messages") {
            self.message(field);
        }
    }

    fn message(&mut self, field: Field<'a>) {
        if !names::is_id(field.key) {
            self.bad_id(&Located { text: field.key.to_owned(), span: field.key_span });
            return;
        }
        let id = MessageId(field.key.to_owned());
        let place = self.messages.len();
        let head = field.key_span.clone();
        if field.node.entries().is_none() {
            if let Some(text) = self.said(field.node) {
                self.messages.push(Message { id, to: None, text, via: None, at: None, moment: None });
                self.message_heads.push(head);
            }
            return;
        }
        let Some(mut fields) = self.desk.fields(field.node, Scope::Message, "`{ to: …, text: … }`") else {
            return;
        };
        let to = self.said_of(&mut fields, "to");
        let text = self.said_of(&mut fields, "text");
        if text.is_none() {
            self.desk.missing(&field.key_span, format!("the message `{}` has no `text`", field.key), "add `text: …`");
        }
        let via = fields.take("via").and_then(|node| self.via(node)).map(Box::new);
        let at = fields.take("at");
        let moment = self.said_of(&mut fields, "when");
        let when = at.and_then(|node| self.around_when(node, AroundWhen::Message(place)));
        self.desk.finish(fields, &|_| None);
        self.messages.push(Message { id, to, text: text.unwrap_or_default(), via, at: when, moment });
        self.message_heads.push(head);
    }

    fn around_when(&mut self, node: Node<'a>, of: AroundWhen) -> Option<When> {
        let when = self.when(node, false);
        if matches!(when, Some(When::FromStep { .. })) {
            self.whens.push((super::WhenOf::Around(of), node.span()));
        }
        when
    }

    pub(super) fn horizons(&mut self, node: Node<'a>) {
        let list = self.desk.list(node, "a list of horizons");
        for node in self.desk.capped(list, 200, &node.span(), "horizons") {
            self.horizon(node);
        }
    }

    fn horizon(&mut self, node: Node<'a>) {
        let Some(mut fields) = self.desk.fields(node, Scope::Horizon, "a mapping with `at`, `title` and `steps`")
        else {
            return;
        };
        let place = self.horizons.len();
        self.home = Place::Horizon(place);
        let head = fields.head();
        let (id, title) = self.named_thing(&mut fields, "horizon");
        let at_node = fields.take("at");
        if at_node.is_none() {
            self.desk.missing(&head, "the horizon does not say when it is".into(), "at: T+24h, or END+72h");
        }
        let at = at_node.and_then(|node| self.around_when(node, AroundWhen::HorizonAt(place)));
        let by = fields.take("by").and_then(|node| self.around_when(node, AroundWhen::HorizonBy(place)));
        let every = fields.take("every").and_then(|node| self.every_days(node));
        let until = fields.take("until").and_then(|node| self.around_when(node, AroundWhen::HorizonUntil(place)));
        if every.is_some() != until.is_some() {
            let found = Diagnostic::error("RB0109", &head, "`every` and `until` of a horizon go together")
                .help("every: 1d, until: T+6d");
            self.desk.report(found);
        }
        let why = self.said_of(&mut fields, "why");
        let handed = self.handed_on(&mut fields);
        let role = handed.role.clone();
        let steps = self.within(handed, |reader| reader.steps_of(&mut fields, Place::Horizon(place), "horizon"));
        self.desk.finish(fields, &|_| None);
        self.horizons.push(Horizon { id: HorizonId(id), title, at, by, every, until, role, why, steps });
    }

    /// `1d`, `12h`: time from one round to the next, in calendar days or elapsed time.
    fn every_days(&mut self, node: Node<'a>) -> Option<Offset> {
        let text = self.desk.full_text(node)?;
        match crate::runbook::times::when(&format!("T+{}", text.trim())) {
            Ok(When::FromT0(offset)) if offset != Offset::default() => Some(offset),
            _no_length => {
                let found =
                    Diagnostic::error("RB0302", &node.span(), format!("`{text}` is no time between two rounds"));
                self.desk.report(found.help("every: 1d"));
                None
            }
        }
    }

    pub(super) fn risks(&mut self, node: Node<'a>) {
        let list = self.desk.list(node, "a list of risks");
        for node in self.desk.capped(list, 200, &node.span(), "risks") {
            self.known_risk(node);
        }
    }

    fn known_risk(&mut self, node: Node<'a>) {
        let Some(mut fields) = self.desk.fields(node, Scope::Risk, "a mapping with `title` and `level`") else {
            return;
        };
        let head = fields.head();
        let (id, title) = self.risk_names(&mut fields);
        let levels = [("low", Risk::Low), ("medium", Risk::Medium), ("high", Risk::High)];
        let level = fields.take("level").and_then(|node| self.desk.word(node, &levels)).unwrap_or(Risk::Medium);
        let blocker = self.desk.truth(fields.take("blocker"));
        let before = fields.take("before").and_then(|node| self.located(node));
        let impact = self.said_of(&mut fields, "impact");
        let owner = self.said_of(&mut fields, "owner");
        let mitigation = self.said_of(&mut fields, "mitigation");
        let link = self.said_of(&mut fields, "link");
        let mut closed_by = Vec::new();
        if let Some(node) = fields.take("closed_by") {
            let list = node.items().unwrap_or_else(|| vec![node]);
            closed_by = list.into_iter().filter_map(|node| self.name_of(node, What::Step, None)).map(StepId).collect();
        }
        self.desk.finish(fields, &|_| None);
        let place = self.risks.len();
        if let Some(before) = before {
            self.risks_before.push((place, before));
        }
        self.risk_heads.push(head);
        let id = RiskId(id);
        self.risks.push(KnownRisk {
            id,
            title,
            level,
            blocker,
            before: None,
            impact,
            owner,
            mitigation,
            link,
            closed_by,
        });
    }

    /// A risk's id is what people call it, `H1` as well as `webhook`.
    fn risk_names(&mut self, fields: &mut crate::runbook::reader::Fields<'a>) -> (String, String) {
        let head = fields.head();
        let id = fields.take("id").and_then(|node| self.located(node));
        let title = self.said_of(fields, "title");
        if title.is_none() {
            self.desk.missing(&head, "the risk has no `title`".into(), "add `title: …`");
        }
        let title = title.unwrap_or_default();
        let plain = |id: &Located| id.text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
        if let Some(id) = id.as_ref().filter(|id| !plain(id)) {
            self.bad_id(id);
        }
        if let Some(id) = &id {
            self.claimed("risk", &id.text, &id.span);
        }
        (id.map_or_else(|| names::id_from(&title, "risk"), |id| id.text), title)
    }

    /// Which of phases and steps a risk stands before, when all names are known.
    pub(crate) fn place_risks(
        &mut self,
        phases: &dyn Fn(&str) -> bool,
        steps: &dyn Fn(&str) -> Option<StepId>,
        known: &[String],
    ) {
        for (place, before) in std::mem::take(&mut self.risks_before) {
            let found = if phases(&before.text) {
                Some(Before::Phase(PhaseId(before.text.clone())))
            } else {
                steps(&before.text).map(Before::Step)
            };
            if found.is_none() {
                let text = format!("there is no phase and no step `{}`", before.text);
                let near = self.desk.suggest(&before.text, known.iter().map(String::as_str));
                let help = near.unwrap_or_else(|| "name a phase or a step by its `id`".into());
                self.desk.report(Diagnostic::error("RB0206", &before.span, text).help(help));
            }
            self.risks[place].before = found;
        }
    }
}

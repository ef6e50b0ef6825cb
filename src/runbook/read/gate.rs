//! Gates: criteria on two sides, a poll, and what NO-GO proposes.
//!
//! A criterion is a step of its own kind of place, so that its attempts and answers are recorded like any other's. A
//! command there only reads unless it says otherwise: a gate that is due looks by itself.

use super::{Located, Reader};
use crate::model::expect::Expect;
use crate::model::ids::{LevelId, StepIx};
use crate::model::step::{Gate, Item, Place, Side, Work};
use crate::model::watch::Outcome;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::later::{Scope, later};
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use serde_yaml::Value;

const KINDS: [&str; 3] = ["confirm", "measure", "run"];

impl<'a> Reader<'a> {
    pub(super) fn gate(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        let text = self.said(kind.node).unwrap_or_default();
        let (go, no_go) = (fields.take_field("go"), fields.take_field("no_go"));
        let decides =
            [&go, &no_go].into_iter().flatten().any(|field| field.node.items().is_none_or(|items| !items.is_empty()));
        let go = self.side(go, at, Side::Go);
        let no_go = self.side(no_go, at, Side::NoGo);
        let mut poll = Vec::new();
        if let Some(node) = fields.take("poll") {
            poll = self.desk.list(node, "a list of roles").into_iter().filter_map(|node| self.role(node)).collect();
        }
        if !decides && poll.is_empty() {
            self.desk.missing(
                &kind.key_span,
                "the gate has nothing to decide by".into(),
                "add `go: [ … ]`, `no_go: [ … ]` or `poll: [ … ]`",
            );
        }
        let otherwise = fields.take("otherwise").and_then(|node| self.otherwise(node)).unwrap_or(Outcome::Hold);
        Work::Gate(Gate { text, go, no_go, poll, otherwise })
    }

    fn side(&mut self, field: Option<Field<'a>>, gate: StepIx, side: Side) -> Vec<StepIx> {
        let Some(field) = field else {
            return Vec::new();
        };
        let list = self.desk.list(field.node, "a list of criteria");
        let mut criteria: Vec<StepIx> = list.into_iter().filter_map(|node| self.criterion(node, gate, side)).collect();
        // Critical ones are read and answered first.
        criteria.sort_by_key(|step| !self.steps[step.0].step.critical);
        if criteria.len() > 9 {
            let found = Diagnostic::warning(
                "RB0508",
                &field.key_span,
                format!("{} criteria in one list: more than nine are not kept in mind", criteria.len()),
            )
            .help("put the rest into a checklist before the gate");
            self.desk.report(found);
        }
        criteria
    }

    fn criterion(&mut self, node: Node<'a>, gate: StepIx, side: Side) -> Option<StepIx> {
        let place = Place::Criterion { gate, side };
        let Some(_) = node.entries() else {
            let text = self.said(node)?;
            let field = Field { key: "confirm", key_span: node.span(), node };
            let at = self.reserve(place, &field);
            let step = &mut self.steps[at.0].step;
            step.title.clone_from(&text);
            step.work = Work::Check(vec![Item::new(text)]);
            return Some(at);
        };
        let mut fields = self.desk.fields(node, Scope::Criterion, "a criterion")?;
        let mut kinds: Vec<Field<'a>> = KINDS.iter().filter_map(|kind| fields.take_field(kind)).collect();
        if kinds.len() > 1 {
            let found = Diagnostic::error(
                "RB0106",
                &kinds[1].key_span,
                format!("a criterion has one kind, and this one is a `{}` and a `{}`", kinds[0].key, kinds[1].key),
            );
            self.desk.report(found);
        }
        if kinds.is_empty() {
            self.no_criterion(&fields);
            return None;
        }
        let kind = kinds.swap_remove(0);
        let at = self.reserve(place, &kind);
        let trip = fields.take_field("trip");
        let work = match kind.key {
            "confirm" => self.confirm(&kind, &mut fields),
            "measure" => self.question(&kind, &mut fields),
            _ => self.run(&kind, &mut fields, at),
        };
        self.describe(&mut fields, at, &kind);
        let critical = self.desk.truth(fields.take("critical"));
        let step = &mut self.steps[at.0].step;
        step.critical = critical;
        step.work = work;
        self.trip(trip, at, side, &kind);
        self.desk.finish(fields, &|_| None);
        Some(at)
    }

    fn no_criterion(&mut self, fields: &Fields<'a>) {
        let mut named = false;
        for field in fields.rest().filter(|field| Scope::Criterion.has_later(field.key)) {
            named = true;
            self.desk.report(later(&field.key_span, field.key));
        }
        if !named {
            let found = Diagnostic::error("RB0105", &fields.head(), "the criterion has no kind").help(
                "a criterion is a text, or has one of confirm, measure, run; a text that holds `: ` needs quotes",
            );
            self.desk.report(found);
        }
    }

    /// On the NO-GO side a command says with `trip` what means that the criterion holds.
    fn trip(&mut self, trip: Option<Field<'a>>, at: StepIx, side: Side, kind: &Field<'a>) {
        let fits = side == Side::NoGo && kind.key == "run";
        match trip {
            Some(field) if !fits => {
                let found = Diagnostic::error("RB0107", &field.key_span, "`trip` belongs to a `run` under `no_go`")
                    .help("use `expect`: what must be seen for the criterion to be met, or to be clear");
                self.desk.report(found);
            }
            Some(field) => {
                let wanted: Option<Expect> = self.expect(field.node);
                if let Work::Run(command) = &mut self.steps[at.0].step.work {
                    command.trip = wanted;
                }
            }
            None if fits => {
                self.desk.missing(
                    &kind.key_span,
                    "the command does not say what means NO-GO".into(),
                    "add `trip: { number: \"> 0\" }`; a command that fails is HOLD, never NO-GO",
                );
            }
            None => {}
        }
    }

    fn otherwise(&mut self, node: Node<'a>) -> Option<Outcome> {
        if node.entries().is_none() {
            if let Value::String(word) = node.value
                && Scope::Otherwise.has_later(word.as_str())
            {
                self.desk.report(later(&node.span(), word));
                return None;
            }
            return self.desk.word(node, &[("hold", Way::Hold), ("abort", Way::Abort)]).map(|way| match way {
                Way::Hold => Outcome::Hold,
                Way::Abort => Outcome::Abort,
            });
        }
        let mut fields = self.desk.fields(node, Scope::Otherwise, "`hold`, `abort` or `{ rollback: ID }`")?;
        let level = fields.take("rollback").and_then(|node| self.located(node));
        self.desk.finish(fields, &|_| None);
        let Located { text, span } = level?;
        self.wanted_levels.push(Located { text: text.clone(), span });
        Some(Outcome::RollBack(LevelId(text)))
    }
}

#[derive(Clone, Copy)]
enum Way {
    Hold,
    Abort,
}

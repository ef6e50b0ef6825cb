//! Gates: criteria on two sides, a poll, and what NO-GO proposes.
//!
//! What a criterion is, `criterion` reads; here they are sorted, and what is too much to keep in mind is said.

use super::Reader;
use crate::model::ids::StepIx;
use crate::model::step::{Gate, Place, Side, Work};
use crate::model::watch::Outcome;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::node::Field;
use crate::runbook::reader::Fields;

impl<'a> Reader<'a> {
    pub(super) fn gate(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        let text = self.said(kind.node).unwrap_or_default();
        let (go, no_go) = (fields.take_field("go"), fields.take_field("no_go"));
        let decides =
            [&go, &no_go].into_iter().flatten().any(|field| field.node.items().is_none_or(|items| !items.is_empty()));
        let (go, no_go) = self.beside(at, |reader| (reader.side(go, at, Side::Go), reader.side(no_go, at, Side::NoGo)));
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
        let otherwise = self.outcome_of(fields, "otherwise", Some(at)).unwrap_or(Outcome::Hold);
        Work::Gate(Gate { text, go, no_go, poll, otherwise })
    }

    fn side(&mut self, field: Option<Field<'a>>, gate: StepIx, side: Side) -> Vec<StepIx> {
        let Some(field) = field else {
            return Vec::new();
        };
        let list = self.desk.list(field.node, "a list of criteria");
        let mut criteria: Vec<StepIx> =
            list.into_iter().filter_map(|node| self.criterion(node, Place::Criterion { gate, side })).collect();
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
}

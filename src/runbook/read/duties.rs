//! What a step brings with it: duties, its own way back, and the class that its words add up to.

use super::{Owed, Reader};
use crate::model::ids::StepIx;
use crate::model::step::Place;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use serde_yaml::Value;

impl<'a> Reader<'a> {
    /// `owes` and `undo`: steps that belong to this one.
    pub(super) fn way_back(&mut self, fields: &mut Fields<'a>, at: StepIx) {
        if let Some(node) = fields.take("owes") {
            let owes = self
                .desk
                .list(node, "a list of step ids or steps")
                .into_iter()
                .filter_map(|node| self.owed(node))
                .collect();
            self.steps[at.0].owes = owes;
        }
        if let Some(field) = fields.take_field("undo") {
            let undo = self.beside(at, |reader| reader.undo(&field, at));
            self.steps[at.0].step.undo = undo;
        }
    }

    fn owed(&mut self, node: Node<'a>) -> Option<Owed> {
        if node.entries().is_none() {
            return self.located(node).map(Owed::Named);
        }
        // It stands at the end of its phase, outside the group in which it is written.
        let step = self.step(node, self.home)?;
        self.owed.push(step);
        Some(Owed::Inline(step))
    }

    fn undo(&mut self, field: &Field<'a>, of: StepIx) -> Vec<StepIx> {
        if let Place::Undo(_) = self.steps[of.0].step.place {
            self.desk.report(Diagnostic::error("RB0107", &field.key_span, "an undo has no undo of its own"));
            return Vec::new();
        }
        let place = Place::Undo(of);
        match field.node.value {
            Value::Sequence(_) => self
                .desk
                .list(field.node, "a list of steps")
                .into_iter()
                .filter_map(|node| self.undo_step(node, place))
                .collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Mapping(_)
            | Value::Tagged(_) => self.undo_step(field.node, place).into_iter().collect(),
        }
    }

    fn undo_step(&mut self, node: Node<'a>, place: Place) -> Option<StepIx> {
        match node.value {
            Value::String(_) => Some(self.bare_command(node, place)),
            Value::Mapping(_) => self.step(node, place),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Sequence(_) | Value::Tagged(_) => {
                self.desk.wrong_type(node, "a command text or a step");
                None
            }
        }
    }

    /// What contradicts the class of a step.
    pub(super) fn check_classes(&mut self, at: StepIx) {
        let draft = &self.steps[at.0];
        let class = draft.step.class();
        let at_kind = draft.kind.clone();
        if draft.step.auto && class != crate::model::step::Class::C0 {
            let found = Diagnostic::error(
                "RB0109",
                &at_kind,
                format!("`auto: true` on a step of class {}: only what reads starts by itself", class.word()),
            )
            .help("say `effect: reads` if it only reads, or leave `auto` out");
            self.desk.report(found);
        }
        let draft = &self.steps[at.0];
        if draft.step.phrase.is_some() && class != crate::model::step::Class::C3 {
            let found = Diagnostic::error(
                "RB0109",
                &at_kind,
                "`phrase` is typed only for a step that destroys, or that is the point of no return",
            )
            .help("add `effect: destroys`, or leave `phrase` out");
            self.desk.report(found);
        }
    }
}

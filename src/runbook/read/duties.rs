//! What a step brings with it: duties, its own way back, and the class that its words add up to.

use super::{Owed, Reader, What};
use crate::model::ids::{LevelId, StepId, StepIx};
use crate::model::step::{Owner, Place, Within};
use crate::model::when::When;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;
use serde_yaml::Value;

impl<'a> Reader<'a> {
    /// What ties a step to others: what must be true before it, what it watches over, what its failure proposes.
    pub(super) fn around_step(&mut self, fields: &mut Fields<'a>, at: StepIx) {
        let within = fields.take("within").and_then(|node| self.stopwatch(node, at));
        let hints = fields.take("hints").map(|node| self.hints(node, at)).unwrap_or_default();
        let if_fails = self.outcome_of(fields, "if_fails", Some(at));
        let by_node = fields.take("by");
        let by = by_node.and_then(|node| self.when(node, false));
        if let (Some(node), Some(When::FromStep { .. })) = (by_node, &by) {
            self.whens.push((super::WhenOf::StepBy(at), node.span()));
        }
        let once = self.desk.truth(fields.take("once"));
        let way_back = fields.take("way_back").and_then(|node| self.name_of(node, What::Level, Some(at)));
        let stops = fields.take("stop").map(|node| self.stops(node, at)).unwrap_or_default();
        let requires = fields.take("requires");
        let requires = requires.map(|node| self.beside(at, |reader| reader.requires(node, Owner::Step(at))));
        let draft = &mut self.steps[at.0];
        draft.by = by_node.map(Node::span);
        let step = &mut draft.step;
        (step.within, step.hints, step.if_fails, step.by) = (within, hints, if_fails, by);
        (step.once, step.way_back) = (once, way_back.map(LevelId));
        (step.stops, step.requires) = (stops, requires.unwrap_or_default());
    }

    /// `within: { of: STEP, limit: 60s }`.
    fn stopwatch(&mut self, node: Node<'a>, at: StepIx) -> Option<Within> {
        let mut fields = self.desk.fields(node, Scope::Within, "`{ of: STEP, limit: 60s }`")?;
        let (of_node, limit_node) = (fields.take("of"), fields.take("limit"));
        if of_node.is_none() || limit_node.is_none() {
            self.desk.missing(
                &fields.span.clone(),
                "`within` needs `of` and `limit`".into(),
                "within: { of: switch, limit: 60s }",
            );
        }
        self.desk.finish(fields, &|_| None);
        let of = of_node.and_then(|node| self.name_of(node, What::Step, Some(at)));
        let limit = limit_node.and_then(|node| self.length(node));
        Some(Within { of: StepId(of?), limit: limit? })
    }

    /// `stop: ID` or `stop: [ID…]`: background steps that this one ends.
    fn stops(&mut self, node: Node<'a>, at: StepIx) -> Vec<StepId> {
        let one_or_more = node.items().unwrap_or_else(|| vec![node]);
        let names = one_or_more.into_iter().filter_map(|node| self.name_of(node, What::Background, Some(at)));
        names.map(StepId).collect()
    }

    /// `owes` and `undo`: steps that belong to this one.
    pub(super) fn way_back(&mut self, fields: &mut Fields<'a>, at: StepIx) {
        if let Some(node) = fields.take("owes") {
            self.steps[at.0].owes = self.all_owed(node);
        }
        if let Some(field) = fields.take_field("undo") {
            let undo = self.beside(at, |reader| reader.undo(&field, at));
            self.steps[at.0].step.undo = undo;
        }
    }

    pub(super) fn all_owed(&mut self, node: Node<'a>) -> Vec<Owed> {
        let list = self.desk.list(node, "a list of step ids or steps");
        list.into_iter().filter_map(|node| self.owed(node)).collect()
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
            Value::String(_) if self.too_many_steps(node) => None,
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

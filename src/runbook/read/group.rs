//! Groups: steps under one title (`steps`, `parallel`), what their members inherit, and checklists whose items do more
//! than state.
//!
//! A member reads what it does not say itself from `Reader::inherited`; phases fill that too.

use super::{Inherited, Reader};
use crate::model::ids::StepIx;
use crate::model::step::{Group, Place, Together, Work};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;

impl<'a> Reader<'a> {
    pub(super) fn group(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        let together = fields.take_field("together");
        let one_card = together.as_ref().is_some_and(|field| self.desk.truth(Some(field.node)));
        let how = match (kind.key, &together) {
            ("parallel", Some(field)) => {
                let text = "`parallel` is begun with one card anyway: `together` belongs to `steps`";
                self.desk.report(Diagnostic::error("RB0107", &field.key_span, text));
                Together::AtOnce
            }
            ("parallel", None) => Together::AtOnce,
            _steps if one_card => Together::OneCard,
            _steps => Together::InOrder,
        };
        let inherited = self.inherited_from(at, fields);
        let list = self.desk.list(kind.node, "a list of steps");
        if list.is_empty() && kind.node.items().is_some() {
            self.desk.missing(&kind.key_span, "the group has no step".into(), "add a step such as `- confirm: …`");
        }
        let read =
            |reader: &mut Self| list.into_iter().filter_map(|node| reader.step(node, Place::Group(at))).collect();
        let steps = self.within(inherited, read);
        Work::Group(Group { how, steps })
    }

    /// What the members of a group go by: what it says itself, else what it inherited.
    fn inherited_from(&mut self, at: StepIx, fields: &mut Fields<'a>) -> Inherited {
        let cwd = self.cwd_of(fields);
        let env = self.env_of(fields);
        let draft = &self.steps[at.0];
        let step = &draft.step;
        Inherited {
            cwd,
            env,
            target: draft.target.clone(),
            role: step.role.clone(),
            risk: step.risk,
            environment: step.environment.clone(),
            when: step.when.clone(),
            skip: Some(step.skip),
        }
    }

    /// Reads what belongs to a step and is gone through for itself (an undo, a criterion): it acts where the step does,
    /// whatever the step's own conditions.
    pub(super) fn beside<T>(&mut self, at: StepIx, read: impl FnOnce(&mut Self) -> T) -> T {
        let draft = &self.steps[at.0];
        let inherited = Inherited {
            target: draft.target.clone(),
            role: draft.step.role.clone(),
            environment: draft.step.environment.clone(),
            when: Vec::new(),
            skip: None,
            risk: None,
            ..self.inherited.clone()
        };
        self.within(inherited, read)
    }

    /// A checklist with an item that runs, measures or looks up is a group of steps; else nothing.
    pub(super) fn checklist_of_steps(&mut self, list: &[Node<'a>], at: StepIx) -> Option<Work> {
        let more = |node: &Node<'a>| {
            node.entries().is_some_and(|all| {
                all.iter().any(|field| matches!(field.key, "run" | "measure" | "signal" | "step" | "risk"))
            })
        };
        if !list.iter().any(more) {
            return None;
        }
        let steps: Vec<StepIx> = self
            .beside(at, |reader| list.iter().filter_map(|node| reader.criterion(*node, Place::Group(at))).collect());
        Some(Work::Group(Group { how: Together::InOrder, steps }))
    }
}

//! Criteria: one reader for a gate's two sides, for `requires`, for a monitor's `checks` and for a checklist's items.
//!
//! A criterion is a step of its own kind of place, so that its attempts and answers are recorded like any other's. A
//! command there only reads unless it says otherwise: a gate that is due looks by itself. `step`, `risk` and `signal`
//! stand on what is known already, and nobody reads them anew.

use super::{Reader, Use, What};
use crate::model::expect::Expect;
use crate::model::ids::{ProbeId, RiskId, StepId, StepIx};
use crate::model::step::{Evidence, Item, Place, Side, Work};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;

/// The kinds of a criterion.
pub(super) const CRITERIA: [&str; 7] = ["confirm", "measure", "run", "judge", "signal", "step", "risk"];

impl<'a> Reader<'a> {
    /// A text, or a mapping with one kind.
    pub(super) fn criterion(&mut self, node: Node<'a>, place: Place) -> Option<StepIx> {
        if self.too_many_steps(node) {
            return None;
        }
        if node.entries().is_none() {
            return self.plain_criterion(node, place);
        }
        let mut fields = self.desk.fields(node, Scope::Criterion, "a criterion")?;
        let mut kinds: Vec<Field<'a>> = CRITERIA.iter().filter_map(|kind| fields.take_field(kind)).collect();
        kinds.sort_by_key(|field| field.key_span.start);
        if let [first, second, ..] = kinds.as_slice() {
            let text = format!("a criterion has one kind, and this one is a `{}` and a `{}`", first.key, second.key);
            self.desk.report(Diagnostic::error("RB0106", &second.key_span, text));
        }
        if kinds.is_empty() {
            let found = Diagnostic::error("RB0105", &fields.head(), "the criterion has no kind").help(format!(
                "a criterion is a text, or has one of {}; a text that holds `: ` needs quotes",
                CRITERIA.join(", ")
            ));
            self.desk.report(found);
            return None;
        }
        let kind = kinds.swap_remove(0);
        let at = self.reserve(place, &kind);
        self.steps[at.0].is_criterion = true;
        self.describe(&mut fields, at, &kind);
        let trip = fields.take_field("trip");
        let work = match kind.key {
            "confirm" => self.confirm(&kind, &mut fields),
            "judge" => self.judge(&kind, &mut fields),
            "measure" => self.question(&kind, &mut fields),
            "run" => self.run(&kind, &mut fields, at),
            _known_already => self.known_already(&kind, &mut fields, at),
        };
        let critical = self.desk.truth(fields.take("critical"));
        let step = &mut self.steps[at.0].step;
        step.critical = critical;
        step.work = work;
        self.default_effect(&kind, at);
        self.trip(trip, at, &kind);
        self.check_classes(at);
        let name = kind.key;
        self.desk.finish(fields, &|key| super::step::belongs_to(key, name));
        Some(at)
    }

    fn plain_criterion(&mut self, node: Node<'a>, place: Place) -> Option<StepIx> {
        let text = self.said(node)?;
        let at = self.reserve(place, &Field { key: "confirm", key_span: node.span(), node });
        self.steps[at.0].is_criterion = true;
        let step = &mut self.steps[at.0].step;
        step.title.clone_from(&text);
        step.work = Work::Check(vec![Item::new(text)]);
        Some(at)
    }

    fn known_already(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        let evidence = match kind.key {
            "step" => Evidence::Step(StepId(self.name_of(kind.node, What::Step, Some(at)).unwrap_or_default())),
            "risk" => Evidence::Risk(RiskId(self.name_of(kind.node, What::Risk, Some(at)).unwrap_or_default())),
            _signal => {
                let probe = ProbeId(self.name_of(kind.node, What::Signal, Some(at)).unwrap_or_default());
                let node = fields.take("expect");
                if node.is_none() {
                    self.desk.missing(
                        &kind.key_span,
                        "nothing says what the signal must show".into(),
                        "add `expect: { number: \"< 1\" }`; under `no_go` it says what clear looks like",
                    );
                }
                let expect = node.and_then(|node| self.expect_of_probe(node)).unwrap_or_default();
                Evidence::Signal { probe, expect: Box::new(expect) }
            }
        };
        Work::Evidence(evidence)
    }

    /// On the NO-GO side a command says with `trip` what means that the criterion holds.
    fn trip(&mut self, trip: Option<Field<'a>>, at: StepIx, kind: &Field<'a>) {
        let no_go = matches!(self.steps[at.0].step.place, Place::Criterion { side: Side::NoGo, .. });
        let fits = no_go && kind.key == "run";
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

    /// A claim: the source said done, and showed nothing.
    pub(super) fn claim(&mut self, fields: &mut Fields<'a>) -> Option<String> {
        let node = fields.take("claim")?;
        self.filled_text(node, Use::People)
    }
}

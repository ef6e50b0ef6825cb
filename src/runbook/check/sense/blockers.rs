//! Blockers that nothing in the plan closes, and those that lock the very steps that would close them.
//!
//! A blocker that does not say what it stands before stands before everything (`RunState::blocking_risk`). Warnings all: a
//! person can close any risk with a reason. `sense::check` calls it.

use crate::model::around::{Before, KnownRisk};
use crate::model::step::Work;
use crate::runbook::check::places::order;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::read::Reader;
use std::collections::HashMap;
use std::ops::Range;

pub(super) fn check(reader: &Reader<'_>, found: &mut Vec<Diagnostic>) {
    if reader.risks.iter().all(|risk| !risk.blocker) {
        return;
    }
    let order = order(reader);
    let places = Places {
        of: reader.steps.iter().zip(&order).map(|(draft, place)| (draft.step.id.as_str(), *place)).collect(),
        reader,
        order: &order,
    };
    for (risk, head) in reader.risks.iter().zip(&reader.risk_heads).filter(|(risk, _)| risk.blocker) {
        found.extend(if risk.closed_by.is_empty() { unclosed(risk, head) } else { places.locked(risk, head) });
    }
}

fn unclosed(risk: &KnownRisk, head: &Range<usize>) -> Option<Diagnostic> {
    let kept = match &risk.before {
        None => "nothing can begin".to_owned(),
        Some(Before::Phase(id)) => format!("`{id}` cannot begin"),
        Some(Before::Step(id)) => format!("`{id}` cannot begin"),
    };
    let text = format!("nothing in the plan closes this blocker: {kept} until a person closes it with a reason");
    let help = match &risk.before {
        None => "closed_by: [STEP], before: PHASE; without `before` it stands before everything",
        Some(_) => "closed_by: [STEP]",
    };
    Some(Diagnostic::warning("RB0514", head, text).help(help))
}

/// Where the steps stand on the way forward.
struct Places<'r> {
    reader: &'r Reader<'r>,
    order: &'r [Option<usize>],
    of: HashMap<&'r str, Option<usize>>,
}

impl Places<'_> {
    /// A step that the blocker keeps, and that comes before one that closes it.
    fn locked(&self, risk: &KnownRisk, head: &Range<usize>) -> Option<Diagnostic> {
        let from = match &risk.before {
            None => 0,
            Some(Before::Step(id)) => self.of.get(id.as_str()).copied().flatten()?,
            Some(Before::Phase(id)) => {
                let phase = self.reader.phases.iter().find(|draft| draft.phase.id == *id)?;
                self.order[phase.phase.steps.first()?.0]?
            }
        };
        let last = risk.closed_by.iter().filter_map(|id| Some((self.of.get(id.as_str()).copied()??, id))).max()?;
        let (_, kept) = self
            .reader
            .steps
            .iter()
            .zip(self.order)
            .filter(|(draft, _)| !matches!(draft.step.work, Work::Group(_) | Work::Choose { .. }))
            .filter(|(draft, _)| !risk.closed_by.contains(&draft.step.id))
            .filter_map(|(draft, place)| Some(((*place)?, draft.step.id.as_str())))
            .filter(|(place, _)| *place >= from && *place < last.0)
            .min()?;
        let text =
            format!("this blocker keeps `{kept}` from beginning, and `{}`, which closes it, comes later", last.1);
        Some(
            Diagnostic::warning("RB0523", head, text)
                .help("move the step that closes it up, or let the risk stand `before` something later"),
        )
    }
}

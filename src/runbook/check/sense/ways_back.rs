//! Ways back that nobody is known to have tried.
//!
//! One that destroys says itself, with `requires`, that it was tried. For the others one word about it anywhere in a
//! runbook for production is enough: what people rehearse they write down in many ways. `sense::check` calls it.

use crate::model::plan::{EnvironmentKind, Undo};
use crate::model::step::Effect;
use crate::runbook::check::places::all_inside;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::read::{DraftLevel, Reader};

pub(super) fn check(reader: &Reader<'_>, found: &mut Vec<Diagnostic>) {
    let asked_for = |draft: &DraftLevel| !draft.level.requires.is_empty() || !reader.requires.is_empty();
    let mut destroys = reader.levels.iter().filter(|draft| greatest(reader, draft) == Effect::Destroys).peekable();
    if destroys.peek().is_some() {
        for draft in destroys.filter(|draft| !asked_for(draft)) {
            let text = "this rollback destroys, and nothing says that it was ever tried";
            let help =
                "requires: [ { confirm: The script ran on a copy, evidence: required } ]; it is asked before the start";
            found.push(Diagnostic::warning("RB0521", &draft.head, text).help(help));
        }
        return;
    }
    let production = reader.environment.as_ref().is_some_and(|own| own.kind == EnvironmentKind::Production);
    let Some(first) = reader.levels.iter().find(|draft| greatest(reader, draft) > Effect::Reads) else { return };
    if production && !reader.levels.iter().any(asked_for) && !super::words::rehearsed(reader.desk.source) {
        let text = "nothing in this runbook says that a way back was ever rehearsed";
        let help = "requires: [ The rollback was rehearsed ] on a level or the runbook, or a step that rehearses it";
        found.push(Diagnostic::warning("RB0521", &first.head, text).help(help));
    }
}

/// The most that a level does.
fn greatest(reader: &Reader<'_>, draft: &DraftLevel) -> Effect {
    let own = all_inside(reader, &draft.level.steps).into_iter().map(|at| reader.steps[at.0].step.effect).max();
    let undoes = !matches!(draft.level.undo, Undo::Nothing);
    own.unwrap_or(Effect::Reads).max(if undoes { Effect::Changes } else { Effect::Reads })
}

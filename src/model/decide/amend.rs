//! Another runbook for a run that is under way: what is asked of whoever brings one.
//!
//! The bytes were read by the conductor, which knows that they are those that the wisher's screen showed. What may differ is
//! `model::amend`'s to say; here stand the words to type, the reason, and the second person.

use super::{Asked, Decided, needs_reason, refuse};
use crate::model::amend;
use crate::model::event::Event;
use crate::model::intent::Typed;
use crate::model::plan::Plan;
use crate::model::state::RunState;

/// What is typed to amend the runbook.
pub const AMEND: &str = "amend";

/// No file's name is longer in a record, in bytes.
const NAME_LIMIT: usize = 255;

/// Takes another runbook.
pub(super) fn amend(
    plan: &Plan,
    state: &RunState,
    (path, name, typed): (&str, &str, &Typed),
    asked: &Asked,
) -> Decided {
    let carried = match &asked.amended {
        Some(Ok(carried)) => carried,
        Some(Err(why)) => return refuse(why.clone()),
        None => return refuse("only a conductor can do that"),
    };
    let (Some(bytes), Some(from)) = (carried.0.as_deref(), state.runbook_sha256()) else {
        return refuse("only a conductor can do that");
    };
    let file = path.rsplit('/').next().unwrap_or(path).to_owned();
    if file.is_empty() || file.len() > NAME_LIMIT {
        return refuse("the file has no name that can be kept");
    }
    let to = amend::sha256(bytes);
    if to == from {
        return refuse("this is the runbook that the run goes by");
    }
    // The one that a drill is conducted by leaves out what only real commands could answer: what is amended is the text.
    let plan = state.plan(plan);
    let proposed = match amend::read(plan, state, &file, bytes) {
        Ok(proposed) => proposed,
        Err(why) => return refuse(why.join("; ")),
    };
    if typed.text.as_deref() != Some(AMEND) {
        return refuse(format!("type  {AMEND}  to amend the runbook"));
    }
    let reason = typed.reason.clone().unwrap_or_default();
    needs_reason(&reason, "an amendment")?;
    let second = typed.second.as_deref().map(str::trim).filter(|second| !second.is_empty()).map(str::to_owned);
    let name = name.trim().to_owned();
    if name.is_empty() {
        return refuse("an amendment needs the name of whose word it is");
    }
    if proposed.asks_second() && !amend::is_second(second.as_deref(), [&name, &asked.by.name]) {
        return refuse(format!("a step that differs asks for a second person, not {} nor {name}", asked.by.name));
    }
    let (from, by, text) = (from.to_owned(), asked.by.clone(), carried.clone());
    Ok(vec![Event::Amended { file, from, to, reason, name, second, by, text }])
}

//! `amend FILE` in lines: what another runbook would change, line by line, then the word, why, and whose word it is.
//!
//! Where it may not be taken every reason is said and nothing is asked. The conductor judges all of it again.

use super::ask::{Ask, Choice, Question, Slot};
use crate::feed::Port;
use crate::model::amend::{DiffLine, Proposal};
use crate::model::decide::AMEND;
use crate::model::intent::{Intent, Typed};
use crate::model::plan::Plan;
use crate::model::state::RunState;

/// The wish for a file that nobody has read yet.
pub(super) fn of_file(file: &str) -> Intent {
    Intent::Amend { path: file.to_owned(), sha256: String::new(), name: String::new(), typed: Typed::default() }
}

/// Asks for the file.
pub(super) fn choice() -> Choice {
    let questions = vec![Question::text("Amend the runbook. File:", Slot::Text)];
    Choice::new("amend", Ask::Wish { card: Vec::new(), questions, intent: of_file("") })
}

/// What is asked of a file that was named; `None` for what is no such wish, or was asked already.
pub(super) fn ask(plan: &Plan, state: &RunState, port: &dyn Port, intent: &Intent) -> Option<Ask> {
    let Intent::Amend { path, sha256, .. } = intent else { return None };
    if !sha256.is_empty() {
        return None;
    }
    Some(match port.proposal(path, plan, state) {
        Ok(proposal) => asked(path, &proposal),
        Err(reasons) => {
            let mut lines = vec![format!("{path} may not take the place of the runbook that this run goes by:")];
            lines.extend(reasons.iter().map(|reason| format!("  - {reason}")));
            lines.push("Nothing is amended. Only steps without an attempt may differ.".into());
            Ask::Show(lines)
        }
    })
}

fn asked(path: &str, proposal: &Proposal) -> Ask {
    let mut card = vec![format!(
        "Amend: {path} takes the place of the runbook that this run goes by ({}). What runs and what was done stays as it is.",
        proposal.counted
    )];
    card.extend(proposal.steps.iter().map(|step| format!("  {step}")));
    card.extend(proposal.lines.iter().map(DiffLine::text));
    let mut questions = vec![
        Question::exactly(format!("Type  {AMEND}  to amend the runbook:"), AMEND),
        Question::why(),
        Question::text("Whose word it is:", Slot::Name),
    ];
    if proposal.second {
        questions.push(Question::text("Second person, by name:", Slot::Second));
    }
    Ask::Wish { card, questions, intent: proposal.intent(String::new(), Typed::default()) }
}

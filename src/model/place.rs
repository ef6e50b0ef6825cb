//! Where a command runs, in words: as whom, on which machine, in which folder.
//!
//! One sentence for every card and list. Of another machine it says what `ssh` is given, since only `ssh` and its config know
//! whom and where that means; what that machine itself said, once something ran there, is said too. Quotes the runbook.

use crate::model::event::Invocation;
use crate::model::plan::Plan;
use crate::model::state::{RunState, There};
use crate::model::step::Command;

/// `as maya@jump2, in /srv/app`; `on db1 (ssh deploy@db1.internal), in its login folder; last seen there: deploy@db1a:/home/deploy`.
pub fn words(plan: &Plan, state: &RunState, command: &Command, runs: &Invocation) -> String {
    let Some(target) = plan.elsewhere(command) else {
        return format!("as {}, in {}", runs.user, runs.cwd);
    };
    let seen = last_there(plan, state, command).map(|there| format!("; last seen there: {}", there.place));
    format!("on {} (ssh {}), in {}{}", target.id, runs.user, folder(&runs.cwd), seen.unwrap_or_default())
}

/// A folder of another machine, where no name of it is known here.
pub fn folder(cwd: &str) -> String {
    match cwd {
        "" => "its login folder".into(),
        whole if whole.starts_with('/') => whole.into(),
        below => format!("{below}, below its login folder"),
    }
}

/// What a target said of itself last.
fn last_there<'a>(plan: &Plan, state: &'a RunState, command: &Command) -> Option<&'a There> {
    let same = plan.steps.iter().zip(&state.steps).filter(|(step, _)| {
        let other = step.command().and_then(|command| command.target.as_ref());
        other.is_some() && other == command.target.as_ref()
    });
    let seen = same.filter_map(|(_, own)| Some((own.started?, own.there.as_ref()?)));
    seen.max_by_key(|(started, _)| started.wall).map(|(_, there)| there)
}

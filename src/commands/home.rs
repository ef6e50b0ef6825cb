//! `tminus` alone: what is live, what is here, and what to type next. (The home screen comes with the screens' issue.)

use super::places::Places;
use super::{Outcome, Ran, print};
use crate::cli::Common;
use crate::feed::live::conductor_of;
use crate::journal::RunDir;
use crate::model::text::shown;

/// Says what there is and what to type.
pub(super) fn home(common: &Common) -> Ran {
    let places = Places::find(common)?;
    let runs = RunDir::list(&places.runs);
    let live: Vec<&RunDir> = runs.iter().filter(|dir| conductor_of(dir).is_some()).collect();
    let mut page = String::from("tminus runs a cutover from a runbook.\n\n");
    for dir in &live {
        page.push_str(&format!("  live   {}    tminus attach {}\n", dir.id(), dir.id().short()));
    }
    for path in runbooks_here() {
        page.push_str(&format!("  here   {}    tminus run {}\n", shown(&path), shown(&path)));
    }
    if live.is_empty() {
        page.push_str("  No run is live.\n");
    }
    page.push_str("\n  tminus check RUNBOOK   finds mistakes\n  tminus plan RUNBOOK    shows what would run when\n  tminus run RUNBOOK     runs it\n  tminus runs            lists past runs\n  tminus help            everything else\n");
    print(&page)?;
    Ok(Outcome::Done)
}

/// Files of this folder and of `runbooks/` that begin as a runbook does.
fn runbooks_here() -> Vec<String> {
    let mut found = Vec::new();
    for folder in [".", "runbooks"] {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
            if yaml && begins_as_a_runbook(&path) {
                found.push(path.strip_prefix("./").unwrap_or(&path).display().to_string());
            }
        }
    }
    found.sort();
    found
}

fn begins_as_a_runbook(path: &std::path::Path) -> bool {
    use std::io::Read;
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut start));
    read.is_ok() && String::from_utf8_lossy(&start).lines().any(|line| line.starts_with("tminus:"))
}

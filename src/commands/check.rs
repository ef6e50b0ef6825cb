//! `tminus check`: every mistake of a runbook at once, located, with what would be right. Runs nothing.

use super::{Failure, Outcome, Ran, print};
use crate::cli::{Common, Format};
use crate::engine::judge::judge_example;
use crate::runbook::{self, Level, Loaded};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Loads a runbook with everything that `check` looks at, the examples of its commands too.
pub(super) fn load(path: &Path) -> Loaded {
    runbook::load_with(path, Some(&judge_example))
}

/// Checks runbooks.
pub(super) fn check(common: &Common, paths: &[PathBuf], strict: bool, format: Format) -> Ran {
    let mut clean = true;
    let mut documents = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(Failure::because(format!("there is no file {}", path.display()))
                .hint("name a runbook: tminus check RUNBOOK"));
        }
        let loaded = load(path);
        let (errors, warnings) = (loaded.count(Level::Error), loaded.count(Level::Warning));
        clean &= errors == 0 && (!strict || warnings == 0);
        match format {
            Format::Text => {
                let colour =
                    std::io::stdout().is_terminal() && !common.no_color && super::places::var("NO_COLOR").is_none();
                print(&runbook::render(&loaded, colour))?;
                print(&format!(
                    "{}: {}\n",
                    crate::model::text::shown(&path.display().to_string()),
                    summary(errors, warnings)
                ))?;
            }
            Format::Json => documents.push(runbook::to_json(&loaded)),
        }
    }
    if format == Format::Json {
        let all = serde_json::Value::Array(documents);
        print(&format!("{all:#}\n"))?;
    }
    Ok(if clean { Outcome::Done } else { Outcome::NotSo })
}

fn summary(errors: usize, warnings: usize) -> String {
    let many = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => "no mistakes found".into(),
        (0, warnings) => many(warnings, "warning"),
        (errors, 0) => many(errors, "error"),
        (errors, warnings) => format!("{}, {}", many(errors, "error"), many(warnings, "warning")),
    }
}

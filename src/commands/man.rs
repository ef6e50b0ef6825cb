//! `tminus man`: the manual page, made from the same table as the help. Reads nothing.

use super::{Failure, Outcome, Ran, print};
use crate::cli::Cli;
use clap::CommandFactory;

/// Said after what the command line itself says.
const MORE: &str = r#".SH FILES
.TP
.I $XDG_STATE_HOME/tminus/runs
The runs, a folder each; or where --runs or TMINUS_RUNS says.
.TP
.I $XDG_CONFIG_HOME/tminus/themes/NAME.toml
Themes of your own.
.TP
.I $XDG_DATA_HOME/tminus
The key that was made for you where you had none, and whose keys count.
.SH EXIT STATUS
.TP
.B 0
It is as asked: the run completed, the journal verifies, the runbook is clean.
.TP
.B 1
It is not so: the run ended by abort, way back or failure; tampering was found; the runbook has errors.
.TP
.B 2
It could not be done: usage, no such file, refused, no terminal.
.TP
.B 3
The journal could not be written.
.TP
.B 4
The screen was left and the run goes on, or its conductor is gone and it can be resumed.
"#;

/// Prints the page, with every command's own part.
pub(super) fn man() -> Ran {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let failed = |why: std::io::Error| Failure::because(format!("cannot write the manual page: {why}"));
    let own = clap_mangen::Man::new(command.clone());
    own.render(&mut page).map_err(failed)?;
    for part in command.get_subcommands().filter(|part| !part.is_hide_set() && part.get_name() != "help") {
        page.extend(format!(".SH TMINUS {}\n", part.get_name().to_uppercase()).into_bytes());
        let part = clap_mangen::Man::new(part.clone());
        part.render_description_section(&mut page).map_err(failed)?;
        part.render_synopsis_section(&mut page).map_err(failed)?;
        part.render_options_section(&mut page).map_err(failed)?;
    }
    page.extend(MORE.as_bytes());
    print(&String::from_utf8_lossy(&page))?;
    Ok(Outcome::Done)
}

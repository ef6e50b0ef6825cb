//! `tminus completions SHELL`, and what a shell is offered: runs by their number and name, themes by theirs.
//!
//! A shell asks while somebody types: nothing here reads a journal, connects to anything, or says why it has nothing to offer.

use super::places::Places;
use super::{Failure, Outcome, Ran, print};
use crate::cli::{Cli, Common, Shell};
use crate::journal::dir::RunDir;
use crate::model::text::shown;
use crate::tui::theme;
use clap::{Arg, CommandFactory};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;

/// The variable in which a shell says that it asks.
const ASKS: &str = "COMPLETE";

/// The command line, with what each argument is offered.
pub fn completed() -> clap::Command {
    let of_run = |arg: Arg| if arg.get_id() == "run" { arg.add(ArgValueCandidates::new(runs)) } else { arg };
    let of_theme = |arg: Arg| arg.add(ArgValueCandidates::new(themes));
    Cli::command().mut_arg("theme", of_theme).mut_subcommands(|command| command.mut_args(of_run))
}

/// Prints what `shell` needs to ask this program.
pub(super) fn completions(shell: Shell) -> Ran {
    let name = match shell {
        Shell::Bash => "bash",
        Shell::Elvish => "elvish",
        Shell::Fish => "fish",
        Shell::Powershell => "powershell",
        Shell::Zsh => "zsh",
    };
    let known = Shells::builtins();
    let shell = known.completer(name).ok_or_else(|| Failure::because(format!("no completions for {name}")))?;
    let mut script = Vec::new();
    let written = shell.write_registration(ASKS, "tminus", "tminus", "tminus", &mut script);
    written.map_err(|why| Failure::because(format!("cannot write the completions: {why}")))?;
    print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}

/// The runs of the runs folder that is the default here: number, and the rest of the name beside it.
fn runs() -> Vec<CompletionCandidate> {
    // No command line was parsed, which would have read this variable.
    let common = Common { runs: std::env::var_os("TMINUS_RUNS").map(Into::into), ..Common::default() };
    let Ok(places) = Places::find(&common) else { return Vec::new() };
    let offered = |dir: RunDir| {
        let name = dir.id().0.clone();
        let (number, rest) = name.split_once('-').unwrap_or((&name, ""));
        CompletionCandidate::new(number).help(Some(shown(rest).into_owned().into()))
    };
    let mut dirs = RunDir::list(&places.runs);
    dirs.sort_by(|one, two| two.id().0.cmp(&one.id().0));
    dirs.into_iter().map(offered).collect()
}

/// The names of the themes.
fn themes() -> Vec<CompletionCandidate> {
    let ours = ["auto"].into_iter().chain(theme::BUILT_IN).map(str::to_owned);
    ours.chain(theme::own().into_iter().map(|(name, _)| name)).map(CompletionCandidate::new).collect()
}

//! The command line: clap structs, nothing else. `commands` gives them meaning; `tminus help` prints what stands here.

mod amend;

pub use amend::{AmendArgs, HandsArgs, RedactArgs};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Runs a cutover from a runbook: steps, commands, confirmations, go/no-go, the way back, and a signed journal.
#[derive(Debug, Parser)]
#[command(name = "tminus", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do; without it: what there is and what to type
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What every command takes
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// The runs folder [default: tminus/runs in the XDG state directory]
    #[arg(long, global = true, env = "TMINUS_RUNS", value_name = "DIR")]
    pub runs: Option<PathBuf>,
    /// A theme: auto, ansi, dark, light, cvd, high, mono, one of your own, or a TOML file
    #[arg(long, global = true, env = "TMINUS_THEME", value_name = "NAME|FILE")]
    pub theme: Option<String>,
    /// No colour (also NO_COLOR)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Frames and marks in ASCII
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Write a log there; TMINUS_LOG filters it
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

/// Which key signs.
#[derive(Clone, Debug, Args)]
pub struct KeyArgs {
    /// The SSH key that signs the run [default: the agent's, then ~/.ssh, then one made for you]
    #[arg(long, value_name = "FILE", conflicts_with = "no_key")]
    pub key: Option<PathBuf>,
    /// Do not sign; every screen and report says UNSIGNED
    #[arg(long)]
    pub no_key: bool,
}

/// Whose keys sign off.
#[derive(Clone, Debug, Args)]
pub struct SignersArgs {
    /// Whose keys count at sign-offs [default: your own list]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
}

/// What is signed off, with what.
#[derive(Clone, Debug, Args)]
pub struct SignArgs {
    /// The run
    pub run: Option<String>,
    /// The sign-off, by id or number; the only open one where left out
    pub step: Option<String>,
    /// What is said at a gate: go, or no-go
    #[arg(long, value_name = "WORD", value_parser = ["go", "no-go"])]
    pub vote: Option<String>,
    /// For which role, where the key could sign for several
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// Whose key it is, where the list has it for several people
    #[arg(long, value_name = "NAME")]
    pub principal: Option<String>,
    /// The SSH key [default: the one of the agent, ~/.ssh or tminus that may sign]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// What is said with it
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// Sign without being asked
    #[arg(long)]
    pub yes: bool,
    /// Write down what is to be signed, for another machine
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "sig"])]
    pub write: Option<PathBuf>,
    /// A text to sign; with --sig and a run, the text that was signed
    #[arg(long, value_name = "FILE")]
    pub text: Option<PathBuf>,
    /// Hand in a signature of --text
    #[arg(long, value_name = "FILE")]
    pub sig: Option<PathBuf>,
}

/// How a run is shown.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// Lines of text and numbered answers instead of screens (also ACCESSIBLE=1)
    #[arg(long, conflicts_with = "answers")]
    pub linear: bool,
    /// Run without anybody there: only ever do what this file says
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Your name, where the login is shared
    #[arg(long = "as", value_name = "NAME")]
    pub name: Option<String>,
}

/// Which run is seen again, and how.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// The run
    pub run: String,
    /// Play at once, so many times as fast: 4, 0.5
    #[arg(long, value_name = "N")]
    pub speed: Option<String>,
    /// Begin there: T+65m, 16:47, a step's number or id, #214, end
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Go along with a run that is under way; looks, and touches nothing
    #[arg(long)]
    pub follow: bool,
    /// Another run or drill of the same plan beside it, step by step
    #[arg(long, value_name = "RUN", conflicts_with = "follow")]
    pub beside: Option<String>,
    /// Count both runs from the start of this step [default: from T0]
    #[arg(long, value_name = "STEP", requires = "beside")]
    pub align: Option<String>,
    /// Lines of text instead of screens (also ACCESSIBLE=1, and where there is no terminal)
    #[arg(long)]
    pub linear: bool,
}

/// Text for people or JSON for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Text or Markdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For a terminal
    Text,
    /// For a document
    Md,
}

/// What is written of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Markdown
    Md,
    /// One page that needs nothing else
    Html,
    /// For programs
    Json,
    /// Timings, a row a step
    Csv,
    /// asciicast v2, for asciinema
    Cast2,
    /// asciicast v3
    Cast3,
    /// JUnit XML, a test case a step
    Junit,
    /// Lines, in order
    Text,
}

/// Of which run, how, where to.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// The run
    pub run: String,
    /// How it is written
    #[arg(long, value_enum, default_value = "md")]
    pub format: ReportFormat,
    /// A variable whose value is taken out of what is written; the run keeps it
    #[arg(long = "redact", value_name = "NAME")]
    pub redact: Vec<String>,
    /// Where to [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Whose keys count [default: your own list]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
}

/// A shell that completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "each is named as it is called")]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a runbook
    Run {
        /// The runbook
        runbook: PathBuf,
        /// T0: `2026-11-21 15:00`, `15:00`, or RFC 3339
        #[arg(long, value_name = "TIME")]
        t0: Option<String>,
        /// A variable's value; never a secret's
        #[arg(long = "var", value_name = "NAME=VALUE")]
        vars: Vec<String>,
        /// Which key signs
        #[command(flatten)]
        key: KeyArgs,
        /// Whose keys sign off
        #[command(flatten)]
        signers: SignersArgs,
        /// Copy checkpoints there, out of your own reach: a file, syslog, or '| COMMAND'
        #[arg(long, value_name = "FILE|syslog|'| COMMAND'")]
        mirror: Option<String>,
        /// Written into the first record: what nobody could know before, so that the run was not begun earlier
        #[arg(long, value_name = "TEXT")]
        beacon: Option<String>,
        /// How it is shown
        #[command(flatten)]
        show: ShowArgs,
        /// Start the conductor, print the run's id and leave
        #[arg(long, conflicts_with_all = ["linear", "answers"])]
        detach: bool,
    },
    /// Rehearse a runbook: its examples stand in for its commands, nothing is executed
    Drill {
        /// The runbook
        runbook: PathBuf,
        /// T0: `2026-11-21 15:00`, `15:00`, or RFC 3339
        #[arg(long, value_name = "TIME")]
        t0: Option<String>,
        /// Which key signs
        #[command(flatten)]
        key: KeyArgs,
        /// Whose keys sign off
        #[command(flatten)]
        signers: SignersArgs,
        /// How it is shown
        #[command(flatten)]
        show: ShowArgs,
    },
    /// Show a run that is under way
    Attach {
        /// The run; the only live one where left out
        run: Option<String>,
        /// Look, do not touch
        #[arg(long)]
        watch: bool,
        /// Which key signs
        #[command(flatten)]
        key: KeyArgs,
        /// How it is shown
        #[command(flatten)]
        show: ShowArgs,
    },
    /// Take up a run whose conductor is gone
    Resume {
        /// The run
        run: String,
        /// Go on although the journal is shorter than what was acknowledged, and why
        #[arg(long, value_name = "REASON")]
        over_cut: Option<String>,
        /// Which key signs
        #[command(flatten)]
        key: KeyArgs,
        /// Whose keys sign off
        #[command(flatten)]
        signers: SignersArgs,
        /// Copy checkpoints there, out of your own reach: a file, syslog, or '| COMMAND'
        #[arg(long, value_name = "FILE|syslog|'| COMMAND'")]
        mirror: Option<String>,
        /// How it is shown
        #[command(flatten)]
        show: ShowArgs,
    },
    /// See a run again, at any moment of it; nothing in it can run
    Replay(ReplayArgs),
    /// Sign off: in a run that is under way here, or a text from another machine
    Sign(SignArgs),
    /// Add a signed note to a sealed run
    Amend(AmendArgs),
    /// Take output out of a sealed run for good; the run says so, and who signed for it
    Redact(RedactArgs),
    /// Check runbooks for mistakes
    Check {
        /// The runbooks
        #[arg(required = true)]
        runbooks: Vec<PathBuf>,
        /// Warnings are errors
        #[arg(long)]
        strict: bool,
        /// For people or for programs
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Print the JSON Schema of runbooks, for editors
    Schema,
    /// Show what would run when; runs nothing
    Plan {
        /// The runbook
        runbook: PathBuf,
        /// T0
        #[arg(long, value_name = "TIME")]
        t0: Option<String>,
        /// Every command in full: the paper copy
        #[arg(long)]
        commands: bool,
        /// For a terminal or a document
        #[arg(long, value_enum, default_value = "text")]
        format: PlanFormat,
    },
    /// Prove that a run's journal is whole
    Verify {
        /// The runs
        #[arg(required = true, id = "run", value_name = "RUN")]
        runs: Vec<String>,
        /// Whose keys count [default: your own list]
        #[arg(long, value_name = "FILE")]
        allowed_signers: Option<PathBuf>,
        /// The runbook that it must have been flown by [default: whichever the run names]
        #[arg(long, value_name = "FILE")]
        runbook: Option<PathBuf>,
        /// Revoked keys, which count against all that they signed: a KRL, or a public key a line
        #[arg(long, value_name = "FILE")]
        revoked: Option<PathBuf>,
        /// A head code that was read aloud or written down, or a file with the text of a sign-off that was kept
        #[arg(long, value_name = "CODE|FILE")]
        head: Option<String>,
        /// What a mirror holds: each checkpoint of the run in it must be in the run
        #[arg(long, value_name = "FILE")]
        mirror: Option<PathBuf>,
        /// For people or for programs
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Write what happened in a run, for people who were not there
    Report(ReportArgs),
    /// List the runs
    Runs {
        /// For people or for programs
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// List the themes, ours and your own, with their faults
    Themes,
    /// Print what a shell needs to complete: `source <(tminus completions bash)`
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page: `tminus man > tminus.1`
    Man,
    /// The process that holds a run; started by run and resume
    #[command(hide = true)]
    Conduct,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runs_folder_and_the_runs_to_verify_do_not_get_in_each_others_way() {
        let cli = Cli::try_parse_from(["tminus", "verify", "0001", "0002", "--runs", "elsewhere"]).unwrap();
        assert_eq!(cli.common.runs, Some(PathBuf::from("elsewhere")));
        let Some(Command::Verify { runs, .. }) = cli.command else { panic!("not a verify") };
        assert_eq!(runs, ["0001", "0002"]);
    }
}

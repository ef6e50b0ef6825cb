//! One file a subcommand: wiring, no policy. The only floor that reads the environment and chooses exit codes.
//!
//! 0 it is as asked, 1 it is not so, 2 it could not be done, 3 the journal could not be written, 4 the screen was left or
//! the conductor is gone and the run can be taken up again.

mod amend;
mod attach;
mod check;
mod complete;
mod drill;
mod home;
mod keys;
mod launch;
mod man;
mod places;
mod plan;
mod replay;
mod report;
mod resume;
mod run;
mod runs;
mod schema;
mod show;
mod sign;
mod t0;
mod themes;
mod verify;

pub use complete::completed;

use crate::cli::{Cli, Command};
use std::io::{self, Write};
use std::process::ExitCode;

/// How a command came out, with its exit code.
#[derive(Debug)]
pub enum Outcome {
    /// As asked.
    Done,
    /// It is not so: errors were found, the run did not complete, tampering shows.
    NotSo,
    /// The run goes on without this screen, or can be taken up again.
    GoesOn,
    /// The journal could not be written.
    JournalFailed,
}

/// What could not be done, and what to do next.
#[derive(Debug)]
pub struct Failure {
    /// What, with what, why.
    pub what: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure in these words.
    pub fn because(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }

    /// With what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// An error and all its causes in one line.
    pub fn of(error: &dyn std::error::Error) -> Self {
        let mut what = error.to_string();
        let mut cause = error.source();
        while let Some(under) = cause {
            let words = under.to_string();
            if !what.contains(&words) {
                what = format!("{what}: {words}");
            }
            cause = under.source();
        }
        Self::because(what)
    }
}

/// What a command returns.
pub type Ran = Result<Outcome, Failure>;

/// Runs the command line. Complaints go to standard error, in one place.
pub fn main(cli: Cli) -> ExitCode {
    let _log = match start_log(&cli) {
        Ok(guard) => guard,
        Err(failure) => return complain(&failure),
    };
    let ran = match &cli.command {
        None => home::home(&cli.common),
        Some(Command::Run { .. }) => run::run(&cli),
        Some(Command::Drill { .. }) => drill::drill(&cli),
        Some(Command::Attach { .. }) => attach::attach(&cli),
        Some(Command::Replay(_)) => replay::replay(&cli),
        Some(Command::Resume { .. }) => resume::resume(&cli),
        Some(Command::Sign(_)) => sign::sign(&cli),
        Some(Command::Amend(args)) => amend::amend(&cli.common, args),
        Some(Command::Redact(args)) => amend::redact(&cli.common, args),
        Some(Command::Check { runbooks, strict, format }) => check::check(&cli.common, runbooks, *strict, *format),
        Some(Command::Schema) => schema::schema(),
        Some(Command::Plan { runbook, t0, commands, format }) => plan::plan(runbook, t0.as_deref(), *commands, *format),
        Some(Command::Verify { runs, allowed_signers, runbook, revoked, head, mirror, format }) => verify::verify(
            &cli.common,
            runs,
            &verify::Against {
                allowed: allowed_signers.clone(),
                runbook: runbook.clone(),
                revoked: revoked.clone(),
                head: head.clone(),
                mirror: mirror.clone(),
                format: *format,
            },
        ),
        Some(Command::Report(args)) => report::report(&cli.common, args),
        Some(Command::Runs { format }) => runs::runs(&cli.common, *format),
        Some(Command::Themes) => themes::themes(),
        Some(Command::Completions { shell }) => complete::completions(*shell),
        Some(Command::Man) => man::man(),
        Some(Command::Conduct) => {
            return ExitCode::from(crate::conductor::conduct());
        }
    };
    match ran {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NotSo) => ExitCode::from(1),
        Ok(Outcome::JournalFailed) => ExitCode::from(3),
        Ok(Outcome::GoesOn) => ExitCode::from(4),
        Err(failure) => complain(&failure),
    }
}

fn complain(failure: &Failure) -> ExitCode {
    let mut words = format!("tminus: {}\n", crate::model::text::shown_lines(&failure.what));
    if let Some(hint) = &failure.hint {
        words.push_str(&format!("        {}\n", crate::model::text::shown_lines(hint).replace('\n', "\n        ")));
    }
    // A closed standard error leaves nobody to tell.
    let _ = io::stderr().write_all(words.as_bytes());
    ExitCode::from(2)
}

/// Writes a result to standard output. A closed pipe, or a terminal that hung up, ends the program quietly, with what it had
/// to say half said.
fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Ok(()) => Ok(()),
        Err(closed) if nobody_reads(&closed) => Ok(()),
        Err(other) => Err(Failure::because(format!("cannot write to standard output: {other}"))),
    }
}

/// Whether a write failed because its reader is gone: a closed pipe, a terminal that hung up.
fn nobody_reads(why: &io::Error) -> bool {
    why.kind() == io::ErrorKind::BrokenPipe || why.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

fn start_log(cli: &Cli) -> Result<Option<tracing_appender::non_blocking::WorkerGuard>, Failure> {
    let Some(path) = &cli.common.log else { return Ok(None) };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let file = file.map_err(|why| Failure::because(format!("cannot open the log {}: {why}", path.display())))?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    let filter = tracing_subscriber::EnvFilter::try_from_env("TMINUS_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // A second subscriber in one process is a test's doing; the first one stays.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false).try_init();
    Ok(Some(guard))
}

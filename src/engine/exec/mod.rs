//! How a command is run: what to start, the facts that come back, and what may be asked of it while it runs.
//!
//! `Anywhere` runs it where it belongs: `Local` on this machine, over pipes or on a terminal of its own, `Ssh` on another
//! one; `fake::ScriptedExecutor` says what a test told it to. The driver calls them through `Executor` and writes every
//! fact to the journal. Nothing in here decides whether a command may run, judges what it printed, or masks it. This is
//! the only module that can start a process on behalf of a runbook.

mod anywhere;
pub mod fake;
mod keyboard;
mod left;
mod local;
mod pipes;
pub(crate) mod proc;
mod pty;
pub(crate) mod signals;
mod spawn;
mod ssh;
mod stop;
mod streams;
mod words;

pub use anywhere::{Anywhere, Live};
pub use keyboard::{Controls, NotTyped, Window};
pub use left::reap_adopted;
pub use local::Local;
pub use signals::become_subreaper;

use crate::model::output::{Drained, Exit, Holder, Stream};
use crate::model::time::Stamp;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use tokio::sync::mpsc;

/// The variable by which a step's processes are known, wherever they went: its value is `CommandSpec::marker`.
pub const MARKER: &str = "TMINUS_STEP";

/// How the marker of a connection goes on after the run's id and a slash; no step has such a name.
pub const CONNECTION: &str = "ssh.";

/// Stands for the end of a process whose end nobody saw; no process ends so.
pub const NOBODY_SAW: Exit = Exit::UNSEEN;

/// A command to be run, with everything that it will see of its surroundings.
#[derive(Clone)]
pub struct CommandSpec {
    /// What runs.
    pub program: Program,
    /// The working directory; it must exist. On an ssh target an empty one is the login folder.
    pub cwd: PathBuf,
    /// The whole environment: nothing is inherited. `MARKER` is added by the executor, and `TERM` where it has a terminal.
    /// On an ssh target these are added to what the login there gives; `RUN_DIR` and `RUNBOOK_DIR` must not be among them.
    pub env: Vec<(OsString, OsString)>,
    /// What it can read.
    pub stdin: StdinSource,
    /// Names run, step and attempt in the environment of all that it starts.
    pub marker: String,
    /// The size of its terminal, where it has one: a new one for each command. What it prints then comes as standard output
    /// alone, with lines that end in LF only (the screen expands them), and `stdin` must be `Null`: a person types.
    pub terminal: Option<Window>,
    /// Where it runs.
    pub target: Target,
}

/// Where a command runs.
#[derive(Clone, Default)]
pub enum Target {
    /// On this machine.
    #[default]
    Local,
    /// On another, through the system's `ssh`.
    Ssh(SshTarget),
}

/// Another machine.
#[derive(Clone)]
pub struct SshTarget {
    /// What the runbook calls it.
    pub name: String,
    /// What `ssh` is given: `deploy@db1`, a `Host` of its config, `ssh://…`.
    pub address: String,
    /// Whether what runs there may use the operator's agent, whatever `ssh`'s config says.
    pub forward_agent: bool,
    /// The environment of `ssh` itself: the operator's, for its agent, config and PATH. Nothing of it goes to the target.
    pub environment: Vec<(OsString, OsString)>,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A text for a shell.
    Shell {
        /// Which shell.
        shell: Shell,
        /// Whether the text ends at the first command that fails or variable that is not set.
        strict: bool,
        /// The text itself.
        text: String,
    },
    /// A program and its arguments, without a shell.
    Argv(Vec<String>),
}

/// A shell that a text can be written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// GNU bash, without the user's start-up files.
    Bash,
    /// The system's POSIX shell.
    Sh,
}

/// What a command can read.
#[derive(Clone)]
pub enum StdinSource {
    /// Nothing: end of file at once.
    Null,
    /// These bytes, then end of file.
    Bytes(Vec<u8>),
    /// What comes by `Controls::send`, until `Controls::end_input`.
    Typed,
}

/// What happened to a command, in the order in which it is said: `Spawned`, any `Output`, and `Exited` or `Lost`; or
/// `NotStarted` alone. For an ssh target `Spawned` tells of the `ssh` here, `Reached` of the session there, and `NotStarted` may
/// still follow either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecFact {
    /// A process exists.
    Spawned {
        /// Process id, which is its session's and its group's too.
        pid: i32,
        /// Start time in clock ticks since boot (field 22 of `/proc/PID/stat`).
        start: u64,
        /// When.
        at: Stamp,
    },
    /// Its session on an ssh target exists.
    Reached {
        /// The number of its process group there.
        group: u32,
        /// `user@host:folder`, by that machine's word.
        place: String,
        /// When.
        at: Stamp,
    },
    /// It printed something: at most 256 KiB at a time.
    Output {
        /// Where.
        stream: Stream,
        /// What, exactly.
        bytes: Vec<u8>,
        /// When it was read.
        at: Stamp,
    },
    /// It ended, and all of its output that there will be has been said.
    Exited {
        /// How.
        exit: Exit,
        /// Whether both streams ended.
        drained: Drained,
        /// What it left behind or what still holds its output.
        holders: Vec<Holder>,
        /// When the process ended, not when its output did.
        at: Stamp,
    },
    /// The connection to the target ended before the command did: it may run, have ended, or never have begun.
    Lost {
        /// Why, in words for the operator; it may quote the runbook and `ssh`.
        why: String,
        /// When.
        at: Stamp,
    },
    /// No process came to be.
    NotStarted {
        /// Why, in words for the operator; it may quote the runbook.
        why: String,
        /// When.
        at: Stamp,
    },
}

/// What may be asked of a running command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// INT to the group, as Ctrl-C would.
    Interrupt,
    /// TERM to the group, KILL after a grace of 5 s; asked again, KILL at once.
    Terminate,
    /// KILL at once, also to what left the session but still carries the marker.
    Kill,
}

/// What may live on of a command on a target that nobody follows any more.
#[derive(Clone, Debug)]
pub struct Stray {
    /// Where.
    pub target: SshTarget,
    /// Its marker, as it was in its `CommandSpec`.
    pub marker: String,
    /// Its process group there, where that is known.
    pub group: Option<u32>,
}

/// What still lives, or why nobody knows, in words for the operator.
pub type Living = Pin<Box<dyn Future<Output = Result<Vec<Holder>, String>> + Send>>;

/// Starts commands.
pub trait Executor: Send + Sync {
    /// Starts `spec`; returns at once. Called on a tokio runtime.
    fn spawn(&self, spec: CommandSpec) -> Running;

    /// Looks what lives on of `stray`, over a connection of now; with a `control`, asks that of it first. Never touches what
    /// does not carry its marker or share a session with what does. An executor that reaches no target finds nothing.
    fn look_there(&self, stray: Stray, control: Option<Control>) -> Living {
        let _ = (stray, control);
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// A command under way.
pub struct Running {
    /// What happens to it. Bounded: whoever does not read makes the command wait.
    pub facts: mpsc::Receiver<ExecFact>,
    controls: Controls,
}

impl Running {
    pub(crate) fn new(facts: mpsc::Receiver<ExecFact>, controls: Controls) -> Self {
        Self { facts, controls }
    }

    /// Asks for `control`, without waiting for its effect.
    pub fn control(&self, control: Control) {
        self.controls.ask(control);
    }

    /// A handle to ask with, which outlives the borrow of the facts.
    pub fn controls(&self) -> Controls {
        self.controls.clone()
    }
}

impl fmt::Debug for CommandSpec {
    /// Names of variables and lengths only: values and stdin may be secrets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.env.iter().map(|(name, _)| name).collect();
        out.debug_struct("CommandSpec")
            .field("program", &self.program)
            .field("cwd", &self.cwd)
            .field("env", &names)
            .field("stdin", &self.stdin)
            .field("marker", &self.marker)
            .field("terminal", &self.terminal)
            .field("target", &self.target)
            .finish()
    }
}

impl fmt::Debug for StdinSource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StdinSource::Null => out.write_str("Null"),
            StdinSource::Bytes(bytes) => write!(out, "Bytes({})", bytes.len()),
            StdinSource::Typed => out.write_str("Typed"),
        }
    }
}

impl fmt::Debug for SshTarget {
    /// Nothing of its environment, which may hold secrets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SshTarget({:?}, {:?})", self.name, self.address)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Local => out.write_str("Local"),
            Target::Ssh(target) => write!(out, "Ssh({:?}, {:?})", target.name, target.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_command_shows_no_value_of_a_variable_and_no_stdin() {
        let spec = CommandSpec {
            program: Program::Argv(vec!["true".into()]),
            cwd: "/".into(),
            env: vec![("TOKEN".into(), "hunter22".into())],
            stdin: StdinSource::Bytes(b"hunter22".to_vec()),
            marker: "run/step/1".into(),
            terminal: None,
            target: Target::Local,
        };
        let shown = format!("{spec:?}");
        assert!(shown.contains("TOKEN") && !shown.contains("hunter22") && !shown.contains("104, 117"), "{shown}");
    }
}

//! What runs: a program, what must come of it, what is kept of its output, and where and how long it runs.
//!
//! `runbook` builds commands, `engine` runs and judges them; nobody changes one.
#![allow(missing_docs, reason = "a variant says what its fields are")]

use crate::model::expect::{Capture, Expect};
use crate::model::fill;
use crate::model::ids::{TargetId, VarName};
use std::time::Duration;

/// Which shell reads a command text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// `bash --noprofile --norc -euo pipefail -c`.
    Bash,
    /// `sh -eu -c`.
    Sh,
}

impl Shell {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Sh => "sh",
        }
    }
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A text that a shell reads; variables reach it as environment.
    Text { shell: Shell, strict: bool, text: String },
    /// Arguments, no shell; `${…}` filled in inside each.
    Argv(Vec<String>),
}

/// How often a failed command is tried again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all, the first included.
    pub times: u32,
    /// Time between the end of one and the start of the next.
    pub every: Duration,
}

/// A command and how it is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What runs.
    pub program: Program,
    /// What must come of it.
    pub expect: Expect,
    /// For a criterion on the NO-GO side: what means that it holds.
    pub trip: Option<Expect>,
    /// What is kept of its output.
    pub capture: Vec<(VarName, Capture)>,
    /// Tried again by itself.
    pub retry: Option<Retry>,
    /// Hard limit for one attempt.
    pub timeout: Option<Duration>,
    /// Text for its standard input, `${…}` filled in; `/dev/null` without one.
    pub stdin: Option<String>,
    /// Working directory, `${…}` filled in; else the runbook's folder.
    pub cwd: Option<String>,
    /// More environment, `${…}` filled in.
    pub env: Vec<(String, String)>,
    /// Output as it should look.
    pub example: Option<String>,
    /// Where it runs; `None` for this machine.
    pub target: Option<TargetId>,
    /// It gets a terminal of its own.
    pub tty: bool,
    /// It ends by time after so long, and that is success.
    pub lasts: Option<Duration>,
    /// It runs on beside later steps.
    pub background: Option<Background>,
    /// A variable that holds a connection URL: it reaches the command as `PGHOST`, `PGUSER` and so on.
    pub connect: Option<VarName>,
    /// `output: private`: of what it prints nothing is kept but its length.
    pub private: bool,
}

/// How a command runs on beside later steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Background {
    /// What it must have printed before the next step may start.
    pub ready: Option<Expect>,
}

impl Command {
    /// Whether its text, arguments, environment or input name a variable.
    pub fn names(&self, name: &str) -> bool {
        let program = match &self.program {
            Program::Text { text, .. } => fill::mentions(text, name),
            Program::Argv(words) => words.iter().any(|word| fill::mentions(word, name)),
        };
        let env = self.env.iter().any(|(key, value)| key == name || fill::mentions(value, name));
        program || env || self.stdin.as_deref().is_some_and(|stdin| fill::mentions(stdin, name))
    }

    /// A command of which nothing but its program is said.
    pub fn new(program: Program) -> Self {
        Self {
            program,
            expect: Expect::default(),
            trip: None,
            capture: Vec::new(),
            retry: None,
            timeout: None,
            stdin: None,
            cwd: None,
            env: Vec::new(),
            example: None,
            target: None,
            tty: false,
            lasts: None,
            background: None,
            connect: None,
            private: false,
        }
    }
}

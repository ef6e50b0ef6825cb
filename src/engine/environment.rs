//! What a command sees: its environment, directory and input, from what was recorded plus the secrets that it names.

use crate::engine::connect;
use crate::engine::exec::{CommandSpec, Program, SshTarget, StdinSource, Target, Window};
use crate::engine::keep::{self, Keep};
use crate::engine::secrets::Secrets;
use crate::model::event::Invocation;
use crate::model::fill;
use crate::model::ids::{Attempt, StepIx};
use crate::model::plan::{Plan, Source};
use crate::model::state::RunState;
use crate::model::step::{Command, Work};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// Names of the operator's environment that no step gets: they belong to the terminal or would run code in a shell.
const NOT_FOR_STEPS: &[&str] = &[
    "TERM",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "TERMCAP",
    "TERMINFO",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TERM_SESSION_ID",
    "TMUX",
    "TMUX_PANE",
    "STY",
    "WINDOW",
    "WINDOWID",
    "SSH_TTY",
    "VTE_VERSION",
    "BASH_ENV",
    "ENV",
    "PROMPT_COMMAND",
    "PS1",
    "PS4",
    "SHLVL",
    "_",
    "OLDPWD",
];

/// What every command is told of the run.
const BUILTINS: &[&str] = &["T0", "RUN_ID", "RUN_DIR", "RUNBOOK_DIR", "OPERATOR"];
/// What it is told on another machine, where our directories mean nothing.
const BUILTINS_ELSEWHERE: &[&str] = &["T0", "RUN_ID", "OPERATOR"];
/// The size of a terminal until a screen says in what size it draws it.
const FIRST_WINDOW: Window = Window { rows: 24, cols: 80 };

/// The operator's environment as steps get it, taken once when the conductor starts.
#[derive(Clone, Debug, Default)]
pub struct Surroundings(BTreeMap<OsString, OsString>);

impl Surroundings {
    /// Takes the environment over, less `TMINUS_*`, the terminal's variables and what a secret of this runbook is read from.
    pub fn of(plan: &Plan, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let secret_source = |name: &str| {
            plan.vars
                .iter()
                .any(|var| var.secret && matches!(&var.source, Source::Env { name: from, .. } if from == name))
        };
        let keeps = |name: &str| {
            !name.starts_with("TMINUS_")
                && !name.starts_with("BASH_FUNC_")
                && !NOT_FOR_STEPS.contains(&name)
                && !secret_source(name)
        };
        Self(environment.into_iter().filter(|(name, _)| keeps(&name.to_string_lossy())).collect())
    }

    /// The variables as a child gets them.
    pub fn pairs(&self) -> Vec<(OsString, OsString)> {
        self.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// Everything that is needed to start an attempt.
pub struct Starting<'a> {
    /// The runbook.
    pub plan: &'a Plan,
    /// What is true.
    pub state: &'a RunState,
    /// Secrets.
    pub secrets: &'a Secrets,
    /// The operator's environment.
    pub surroundings: &'a Surroundings,
}

impl Starting<'_> {
    /// The command of an attempt whose `StepStarted` is durable: exactly what that record says, with the values filled in.
    pub fn spec(&self, ix: StepIx, attempt: Attempt, command: &Command, invocation: &Invocation) -> CommandSpec {
        let said = match &self.plan.step(ix).work {
            Work::Notify(_) => self.state.step(ix).filled.clone(),
            _says_nothing => None,
        };
        let id = self.plan.step(ix).id.as_str();
        let spec = self.spec_of((id, attempt), command, invocation);
        match said {
            Some(text) => CommandSpec { stdin: StdinSource::Bytes(text.into_bytes()), ..spec },
            None => spec,
        }
    }

    /// The command of anything that has a name and a count: an attempt, or a reading of a probe.
    pub fn spec_of(&self, of: (&str, Attempt), command: &Command, invocation: &Invocation) -> CommandSpec {
        let (id, attempt) = of;
        let target = self.target(command);
        // Another machine has surroundings of its own, and none of our directories.
        let (mut env, builtins) = match &target {
            Target::Local => (self.surroundings.0.clone(), BUILTINS),
            Target::Ssh(_) => (BTreeMap::new(), BUILTINS_ELSEWHERE),
        };
        for name in &invocation.env {
            if let Some(value) = self.value(name.as_str()) {
                env.insert(name.as_str().into(), value.into());
            }
        }
        for name in builtins {
            if let Some(value) = self.state.builtin(name, None) {
                env.insert((*name).into(), value.into());
            }
        }
        env.insert("STEP_ID".into(), id.into());
        env.insert("ATTEMPT".into(), attempt.to_string().into());
        let url = command.connect.as_ref().and_then(|var| self.value(var.as_str()));
        for (name, value) in url.iter().flat_map(|url| connect::variables(url)) {
            env.insert(name.into(), value.into());
        }
        for (name, value) in &command.env {
            env.insert(name.into(), self.filled(value).into());
        }
        let stdin =
            command.stdin.as_ref().map_or(StdinSource::Null, |text| StdinSource::Bytes(self.filled(text).into_bytes()));
        CommandSpec {
            program: Program::Argv(invocation.argv.clone()),
            cwd: invocation.cwd.clone().into(),
            env: env.into_iter().collect(),
            stdin,
            terminal: command.tty.then_some(FIRST_WINDOW),
            target,
            marker: marker(self.state, id, attempt),
        }
    }

    /// The same command, told where its shell keeps what is captured of it.
    pub fn keeping(spec: CommandSpec, keep: &Keep) -> CommandSpec {
        let mut env = spec.env;
        env.push((keep::VARIABLE.into(), keep.path().into()));
        CommandSpec { env, ..spec }
    }

    /// Where a command runs.
    pub fn target(&self, command: &Command) -> Target {
        let found = self.plan.elsewhere(command).and_then(|target| Some((target, target.ssh.clone()?)));
        found.map_or(Target::Local, |(target, address)| {
            let environment = self.surroundings.pairs();
            let (name, forward_agent) = (target.id.to_string(), target.forward_agent);
            Target::Ssh(SshTarget { name, address, forward_agent, environment })
        })
    }

    fn value(&self, name: &str) -> Option<String> {
        self.secrets
            .get(name)
            .map(|secret| secret.reveal().to_owned())
            .or_else(|| self.state.var(name).map(str::to_owned))
    }

    /// `${NAME}` filled in where the text goes to the command alone, so secrets too.
    fn filled(&self, text: &str) -> String {
        fill::fill(text, &|name, format| self.state.builtin(name, format).or_else(|| self.value(name)))
    }
}

/// Names a step's processes in their environment, wherever they went: `<run>/<step>.<attempt>`.
pub fn marker(state: &RunState, step: &str, attempt: Attempt) -> String {
    let run = state.facts.as_ref().map(|facts| facts.run.0.as_str()).unwrap_or_default();
    format!("{run}/{step}.{attempt}")
}

#[cfg(test)]
mod tests;

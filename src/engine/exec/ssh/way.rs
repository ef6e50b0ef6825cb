//! How a command gets to its target: over the run's one connection, or over one of its own where a person must answer.
//!
//! It starts the `ssh` that the command's streams go through, and never sends anything of the command. Called by `course`.

use super::Shared;
use super::bootstrap::COMMAND_LINE;
use super::master::Master;
use super::system::{Ssh, options};
use crate::engine::exec::pty::Modes;
use crate::engine::exec::{CommandSpec, Control, Program, Running, SshTarget, StdinSource, Target};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// How a target is reached.
pub(super) enum Way {
    /// Over the run's connection.
    Shared(Master),
    /// Over one of its own, since a person must answer what the login asks.
    Own(PathBuf),
}

impl Way {
    /// Where the connection listens for the second channel.
    pub(super) fn socket(&self) -> &Path {
        match self {
            Way::Shared(master) => &master.socket,
            Way::Own(socket) => socket,
        }
    }

    /// What `ssh` said of the connection, where that did not go to the terminal.
    pub(super) fn words(&self) -> String {
        match self {
            Way::Shared(master) => master.words(),
            Way::Own(_) => String::new(),
        }
    }
}

/// What is no address, in words; above all nothing that `ssh` would take for an option.
pub(super) fn no_address(target: &SshTarget) -> Option<String> {
    let bad = target.address.is_empty() || target.address.starts_with('-') || target.address.contains(char::is_control);
    bad.then(|| format!("target {}: {:?} is no address for ssh", target.name, target.address))
}

/// The way to `target`; a stop that comes meanwhile ends it. Where a connection needs a person's answer, a command with a
/// terminal gets one of its own, in that terminal.
pub(super) async fn reach(
    shared: &Shared,
    spec: &CommandSpec,
    target: &SshTarget,
    asked: &mut mpsc::UnboundedReceiver<Control>,
) -> Result<Way, String> {
    let connecting = shared.masters.connect(target, &spec.marker);
    tokio::pin!(connecting);
    loop {
        tokio::select! {
            master = &mut connecting => return match master {
                Ok(master) => Ok(Way::Shared(master)),
                Err(refusal) if refusal.person_might && spec.terminal.is_some() => {
                    let name = format!("t.{}", super::nonce().get(..8).unwrap_or_default());
                    shared.masters.place(target, &name).map(Way::Own)
                }
                Err(refusal) => Err(refusal.why),
            },
            Some(control) = asked.recv() => match control {
                Control::Interrupt => {}
                Control::Terminate | Control::Kill => {
                    return Err(format!("it was stopped before target {} was reached", target.name));
                }
            },
        }
    }
}

/// Starts the `ssh` for one command.
pub(super) fn begin(shared: &Shared, spec: &CommandSpec, target: &SshTarget, way: &Way) -> Running {
    let flag = if spec.terminal.is_some() { "-tt" } else { "-T" };
    let (ssh, modes) = match way {
        Way::Shared(master) => {
            let mut ssh = Ssh::new(target, &[flag, "-o", "BatchMode=yes"]);
            ssh.socket(&master.socket).options(options::USING).options(options::CONNECTING);
            // `ssh` makes our terminal raw only after the target may have greeted, and what is sent then must not be echoed.
            (ssh, Modes::Raw)
        }
        Way::Own(socket) => {
            let mut ssh = Ssh::new(target, &[flag, "-M", "-o", "LogLevel=ERROR"]);
            ssh.socket(socket).options(options::CONNECTING);
            (ssh, Modes::Lines)
        }
    };
    let stdin = if spec.terminal.is_some() { StdinSource::Null } else { StdinSource::Typed };
    let here = CommandSpec {
        program: Program::Argv(ssh.argv(COMMAND_LINE)),
        cwd: "/".into(),
        env: target.environment.clone(),
        stdin,
        marker: spec.marker.clone(),
        terminal: spec.terminal,
        target: Target::Local,
    };
    shared.local.spawn_in(here, modes)
}

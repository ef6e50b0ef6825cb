//! The command line of the system's `ssh`.
//!
//! Its own config, agent, jump hosts and known_hosts count; what is set here is what supervision rests on, and nothing
//! weakens a check of a key. No word of a runbook but the address is ever in it. Called by `master` and `course`.

use crate::engine::exec::SshTarget;
use std::path::Path;

/// What is set, whatever the config says.
pub(super) mod options {
    /// For every `ssh`: one command and nothing beside it, no escapes in what is typed, its own talk not in the output.
    pub(in super::super) const ALWAYS: &[&str] =
        &["RemoteCommand=none", "ClearAllForwardings=yes", "ControlPersist=no", "EscapeChar=none"];
    /// For the one that makes the connection: a dead one is noticed within 45 s.
    pub(in super::super) const CONNECTING: &[&str] =
        &["ConnectTimeout=20", "ServerAliveInterval=15", "ServerAliveCountMax=3"];
    /// For those that use it: "Shared connection closed" is no output of the command.
    pub(in super::super) const USING: &[&str] = &["ControlMaster=no", "LogLevel=ERROR"];
}

/// An `ssh` to be.
pub(super) struct Ssh<'a> {
    target: &'a SshTarget,
    argv: Vec<String>,
}

impl<'a> Ssh<'a> {
    pub(super) fn new(target: &'a SshTarget, flags: &[&str]) -> Self {
        let mut ssh = Self { target, argv: vec!["ssh".into()] };
        ssh.argv.extend(flags.iter().map(|flag| (*flag).to_owned()));
        let agent = if target.forward_agent { "ForwardAgent=yes" } else { "ForwardAgent=no" };
        ssh.options(options::ALWAYS).options(&[agent]);
        ssh
    }

    pub(super) fn socket(&mut self, socket: &Path) -> &mut Self {
        // The folder's name is ours and plain, so nothing is lost.
        self.argv.extend(["-S".to_owned(), socket.to_string_lossy().into_owned()]);
        self
    }

    pub(super) fn options(&mut self, options: &[&str]) -> &mut Self {
        self.argv.extend(options.iter().flat_map(|option| ["-o".to_owned(), (*option).to_owned()]));
        self
    }

    /// The whole, with what the target is to run. An address cannot be taken for an option.
    pub(super) fn argv(&self, line: &str) -> Vec<String> {
        let end = ["--".to_owned(), self.target.address.clone(), line.to_owned()];
        self.argv.iter().cloned().chain(end).collect()
    }
}

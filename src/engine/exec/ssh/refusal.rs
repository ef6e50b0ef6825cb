//! Why a target cannot be reached, in words: what was tried, what `ssh` said, what to do.
//!
//! `ssh`'s own words are kept; only what kind of trouble they mean is read from them. It is quoted foreign text: whoever
//! shows it passes it through the door for such. Called by `master` and `course`.

use crate::engine::exec::SshTarget;
use std::time::Duration;

/// A connection that did not come to be.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// In words, whole.
    pub(super) why: String,
    /// Whether a person who can answer what `ssh` asks might get through.
    pub(super) person_might: bool,
}

/// What kind of trouble, by what `ssh` says, and what to do about it.
const KINDS: &[(&str, &str, bool)] = &[
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is not the one that is known: find out why before anything else; if the change is meant, remove the old \
         key with ssh-keygen -R",
        false,
    ),
    (
        "Host key verification failed",
        "its host key is not known here: compare it with what its owner says, then connect once by hand",
        true,
    ),
    (
        "Permission denied",
        "no key was accepted: load the right one into the agent (ssh-add -l shows what is there), or name it in ssh's config",
        true,
    ),
    ("Too many authentication failures", "too many keys were offered: set IdentitiesOnly in ssh's config", true),
    ("Could not resolve hostname", "its name is not known: look at its spelling, the VPN and ssh's config", false),
    ("Connection refused", "nothing listens there: look at host, port, and whether sshd runs", false),
    ("timed out", "nothing answers: look at network, VPN and firewall", false),
    ("No route to host", "there is no way to it: look at network and VPN", false),
    ("Network is unreachable", "there is no way to it: look at network and VPN", false),
];

impl Refusal {
    /// By what `ssh` said, or by why it could not be started.
    pub(super) fn of(target: &SshTarget, said: &[u8], not_started: Option<String>) -> Self {
        if let Some(why) = not_started {
            return Self::here(target, format!("{why}; install OpenSSH's client"));
        }
        let said = String::from_utf8_lossy(said);
        let known = KINDS.iter().find(|(sign, ..)| said.contains(sign));
        let general = format!("try it by hand: ssh {}", target.address);
        let (what, person_might) = known.map_or((general.as_str(), false), |(_, what, person)| (what, *person));
        Self { why: format!("{}: {what}. ssh says: {}", tried(target), spoken(&said)), person_might }
    }

    /// Nothing came for `patience`.
    pub(super) fn silent(target: &SshTarget, said: &[u8], patience: Duration) -> Self {
        let said = String::from_utf8_lossy(said);
        let why = format!(
            "{}: no connection after {} s; try it by hand: ssh {}. ssh says: {}",
            tried(target),
            patience.as_secs(),
            target.address,
            spoken(&said)
        );
        Self { why, person_might: false }
    }

    /// Something on this machine.
    pub(super) fn here(target: &SshTarget, why: String) -> Self {
        Self { why: format!("{}: {why}", tried(target)), person_might: false }
    }
}

fn tried(target: &SshTarget) -> String {
    format!("target {} cannot be reached (ssh {})", target.name, target.address)
}

/// What `ssh` said as one line; its frames of `@` say nothing.
pub(super) fn spoken(said: &str) -> String {
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('@'));
    let lines: Vec<&str> = lines.collect();
    if lines.is_empty() { "nothing".into() } else { lines.join(" / ") }
}

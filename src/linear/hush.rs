//! Echo off while a secret is typed, where standard input is a terminal; on again afterwards, whatever happens.
//!
//! Nothing else of the terminal is changed: lines stay edited by the terminal itself. Called by `run`.

use rustix::stdio::stdin;
use rustix::termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcsetattr};

/// Echo is off as long as this lives.
pub(super) struct Hush {
    before: Termios,
}

impl Hush {
    /// Turns echo off; `None` where standard input is no terminal.
    pub fn new() -> Option<Self> {
        if !isatty(stdin()) {
            return None;
        }
        let before = tcgetattr(stdin()).ok()?;
        let mut hushed = before.clone();
        hushed.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin(), OptionalActions::Now, &hushed).ok()?;
        Some(Self { before })
    }
}

impl Drop for Hush {
    fn drop(&mut self) {
        // A terminal that is gone cannot be set; there is nobody left to tell.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

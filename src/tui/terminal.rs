//! The terminal while a screen has it: taken in one place, given back in one place.
//!
//! `restore` is the only way back and is shared by the normal exit, the panic hook, signals and suspension; calling it twice
//! does nothing the second time. The mouse stays off, so that select-and-copy works. Nothing here knows a run.

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{execute, queue};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Why a screen could not be had.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// The terminal does not do what a screen needs.
    #[error("cannot take the terminal")]
    Take(#[source] io::Error),
    /// A frame could not be written.
    #[error("cannot draw on the terminal")]
    Draw(#[source] io::Error),
    /// A thread could not be started.
    #[error("cannot start a thread for the {what}")]
    Thread {
        /// What it is for.
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// How the terminal was set before; `None` while it is not taken.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

fn before() -> std::sync::MutexGuard<'static, Option<Termios>> {
    // A panic while this is held leaves a whole value behind, and the panic hook must get at it.
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds the terminal; dropping it gives it back.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste.
    pub fn take() -> Result<Self, TuiError> {
        enter().map_err(TuiError::Take)?;
        Ok(Self(()))
    }

    /// Takes it again after a suspension.
    pub fn again(&self) -> Result<(), TuiError> {
        enter().map_err(TuiError::Take)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn enter() -> io::Result<()> {
    let found = tcgetattr(io::stdin())?;
    before().get_or_insert(found);
    let taken =
        enable_raw_mode().and_then(|()| execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide));
    if taken.is_err() {
        restore();
    }
    taken
}

/// Gives the terminal back as it was. Never fails: a terminal that is gone needs nothing back.
pub fn restore() {
    let Some(found) = before().take() else { return };
    let mut out = io::stdout();
    // The order of 8-crates 3.1: modes off, then the alternate screen, then the cursor, then raw mode.
    let _ = queue!(out, DisableBracketedPaste, DisableMouseCapture, DisableFocusChange, LeaveAlternateScreen, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, &found);
}

/// Whether a shell with job control would take the terminal over and could bring this program back.
pub fn can_suspend() -> bool {
    use rustix::process::{getpgrp, getsid};
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Stops this program's job, as the terminal itself would on `^Z` outside of raw mode. The whole group, so that a script that
/// started tminus stops with it; TSTP and not STOP, since the kernel drops it where nobody could ever continue the job.
pub fn stop_job() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

/// Calls `restore` and says how to come back, when anything panics.
pub struct PanicNotice {
    former: std::sync::Arc<dyn Fn(&std::panic::PanicHookInfo<'_>) + Send + Sync>,
}

/// The run that a panic names.
static RUN: Mutex<Option<String>> = Mutex::new(None);

/// Says which run this screen shows.
pub fn name_run(run: Option<String>) {
    *RUN.lock().unwrap_or_else(PoisonError::into_inner) = run;
}

impl PanicNotice {
    /// Puts the hook in; dropping it puts the former one back.
    pub fn install() -> Self {
        let former: std::sync::Arc<dyn Fn(&std::panic::PanicHookInfo<'_>) + Send + Sync> =
            std::panic::take_hook().into();
        let next = former.clone();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            next(info);
            let run = RUN.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(run) = run {
                let _ = writeln!(
                    io::stderr(),
                    "The screen of run {run} failed; the run itself goes on.\r\nCome back with: tminus attach {run}\r"
                );
            }
        }));
        Self { former }
    }
}

impl Drop for PanicNotice {
    fn drop(&mut self) {
        // The hook cannot be changed while this thread panics; it is left in then, where it does no harm.
        if !std::thread::panicking() {
            let former = self.former.clone();
            std::panic::set_hook(Box::new(move |info| former(info)));
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn giving_back_what_was_never_taken_writes_nothing() {
        super::restore();
        super::restore();
        assert!(super::before().is_none());
    }
}

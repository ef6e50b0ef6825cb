//! What may be asked of a running command, and what may be typed to it.
//!
//! Typing never waits: what the command does not read piles up here to a bound, and what is beyond it is refused, so that a
//! deaf program keeps nobody else waiting. Typed bytes may be passwords: they are wiped when they have been written, and
//! nothing here shows, logs or keeps them. The conductor holds a `Controls`; an executor holds the other ends.

use super::Control;
use std::fmt;
use tokio::sync::{mpsc, watch};
use zeroize::Zeroizing;

/// Pieces that may wait to be read by the command.
const WAITING: usize = 4096;
/// No piece is longer: 4 MiB may wait at most.
const PIECE: usize = 1 << 10;

/// The size of a terminal, in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Lines.
    pub rows: u16,
    /// Columns.
    pub cols: u16,
}

/// Why something typed came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTyped {
    /// The command has no terminal and reads nothing that is typed.
    #[error("it takes no keys")]
    NoKeys,
    /// It does not read what was typed before.
    #[error("it does not read what was typed before; this is not passed on")]
    Full,
    /// It has ended.
    #[error("it has ended")]
    Over,
}

/// Something that was typed.
pub(super) enum Typed {
    /// Bytes, as they are.
    Bytes(Zeroizing<Vec<u8>>),
    /// Nothing more comes.
    End,
}

/// The executor's ends of a command's keyboard.
pub(super) struct Keys {
    pub(super) typed: mpsc::Receiver<Typed>,
    pub(super) window: watch::Receiver<Option<Window>>,
}

/// Asks things of one running command, and types to it.
#[derive(Clone)]
pub struct Controls {
    asked: mpsc::UnboundedSender<Control>,
    keyboard: Option<Keyboard>,
}

#[derive(Clone)]
struct Keyboard {
    typed: mpsc::Sender<Typed>,
    window: watch::Sender<Option<Window>>,
}

/// Controls of a command that reads nothing that is typed, and the executor's end.
pub(super) fn without_keys() -> (Controls, mpsc::UnboundedReceiver<Control>) {
    let (asked, controls) = mpsc::unbounded_channel();
    (Controls { asked, keyboard: None }, controls)
}

/// Controls of a command with a keyboard, and the executor's ends.
pub(super) fn with_keys() -> (Controls, mpsc::UnboundedReceiver<Control>, Keys) {
    let (without, controls) = without_keys();
    let (typing, typed) = mpsc::channel(WAITING);
    let (resizing, window) = watch::channel(None);
    let keyboard = Some(Keyboard { typed: typing, window: resizing });
    (Controls { keyboard, ..without }, controls, Keys { typed, window })
}

impl Controls {
    /// Controls of something that takes no keys, and what is asked of it.
    pub(crate) fn deaf() -> (Self, mpsc::UnboundedReceiver<Control>) {
        without_keys()
    }

    /// The same, asking somebody else first; what is typed goes where it went.
    pub(crate) fn asking(self, asked: mpsc::UnboundedSender<Control>) -> Self {
        Self { asked, ..self }
    }

    /// Asks for `control`; nothing happens if the command has ended.
    pub fn ask(&self, control: Control) {
        // A closed channel means that the command is over, which is what any control wants in the end.
        let _ = self.asked.send(control);
    }

    /// Types `bytes`; all of them reach the command in order, or none does and the reason is said.
    pub fn type_in(&self, bytes: &[u8]) -> Result<(), NotTyped> {
        let keyboard = self.keyboard.as_ref().ok_or(NotTyped::NoKeys)?;
        let pieces = bytes.len().div_ceil(PIECE);
        let mut places = keyboard.typed.try_reserve_many(pieces).map_err(not_typed)?;
        for piece in bytes.chunks(PIECE) {
            let Some(place) = places.next() else { break };
            place.send(Typed::Bytes(Zeroizing::new(piece.to_vec())));
        }
        Ok(())
    }

    /// Sends `bytes`, waiting for as long as the command does not read them.
    pub(super) async fn send(&self, bytes: &[u8]) -> Result<(), NotTyped> {
        let keyboard = self.keyboard.as_ref().ok_or(NotTyped::NoKeys)?;
        for piece in bytes.chunks(PIECE) {
            let piece = Typed::Bytes(Zeroizing::new(piece.to_vec()));
            keyboard.typed.send(piece).await.map_err(|_| NotTyped::Over)?;
        }
        Ok(())
    }

    /// Says that nothing more is sent. A terminal has no end of input: there it does nothing.
    pub(super) async fn end_input(&self) {
        if let Some(keyboard) = &self.keyboard {
            // A command that is over needs no end of input.
            let _ = keyboard.typed.send(Typed::End).await;
        }
    }

    /// Gives the command's terminal another size; the last one said counts.
    pub fn resize(&self, window: Window) {
        if let Some(keyboard) = &self.keyboard {
            keyboard.window.send_replace(Some(window));
        }
    }

    /// Whether keys can be typed to it at all.
    pub fn takes_keys(&self) -> bool {
        self.keyboard.is_some()
    }
}

fn not_typed(error: mpsc::error::TrySendError<()>) -> NotTyped {
    match error {
        mpsc::error::TrySendError::Full(()) => NotTyped::Full,
        mpsc::error::TrySendError::Closed(()) => NotTyped::Over,
    }
}

impl fmt::Debug for Controls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Controls").field("takes_keys", &self.takes_keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_and_not_read_is_refused_at_a_bound_and_never_cut() {
        let (controls, _asked, mut keys) = with_keys();
        let mut taken = 0;
        while controls.type_in(&[b'x'; PIECE + 1]).is_ok() {
            taken += 2;
            assert!(taken <= WAITING, "it has no bound");
        }
        assert_eq!(controls.type_in(&[b'x'; PIECE + 1]), Err(NotTyped::Full));
        let mut waiting = 0;
        while keys.typed.try_recv().is_ok() {
            waiting += 1;
        }
        assert_eq!(waiting, taken, "a part of something typed was left");
        drop(keys);
        assert_eq!(controls.type_in(b"x"), Err(NotTyped::Over));
    }

    #[test]
    fn a_command_without_a_terminal_takes_no_keys() {
        let (controls, _asked) = without_keys();
        assert_eq!(controls.type_in(b"x"), Err(NotTyped::NoKeys));
        assert!(!controls.takes_keys());
    }
}

//! A step with a terminal of its own, drawn inside tminus: what it printed goes through an emulator, keys go to the program.
//!
//! `^]` leaves to the screens, and back; `^] ^]` sends one. It shows what is durable and nothing else, so a screen that comes
//! later shows the same. Only the screen that drives types; nothing typed is kept here. The app feeds it, `view` draws it.

pub mod emulator;
mod encode;
mod limiter;
pub mod paint;
mod view;

pub use view::{Frame as View, draw};

use crate::feed::Port;
use crate::model::ids::{Attempt, StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus};
use crate::model::time::Stamp;
use crate::tui::overlays::quiet::Quiet;
use crossterm::event::{KeyCode, KeyEvent};
use emulator::{Emulator, Size};
use std::cell::Cell;

/// What is read and emulated before the next key is looked at.
const AT_ONCE: u64 = 1 << 20;

/// Of what was printed before this screen came, no more is emulated.
const BEFORE: u64 = 4 << 20;

/// The size until the first drawing.
const FIRST: Size = Size { rows: 24, cols: 80 };

/// What a key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keyed {
    /// It goes to the program.
    Send(Vec<u8>),
    /// To the screens.
    Leave,
    /// Nothing.
    Swallowed,
    /// It is none of the terminal's: the program is over, and this is a key for everywhere.
    Everywhere,
    /// It did nothing, and why.
    Say(&'static str),
}

/// The terminal of one attempt.
#[derive(Debug)]
pub struct TerminalStep {
    /// Whose.
    pub step: StepIx,
    /// Its id.
    pub id: StepId,
    /// Which try.
    pub attempt: Attempt,
    /// It lies over the screens.
    pub shown: bool,
    emulator: Emulator,
    /// Bytes that went through the emulator.
    read: u64,
    /// Questions before this byte were asked of an earlier screen.
    old: u64,
    quiet: Quiet,
    over: bool,
    /// `^]` was the last key.
    left_now: bool,
    /// What the last frame had room for.
    drawn: Cell<Option<Size>>,
    /// The size that the conductor was told last, and whether the process was there to hear of it.
    told: Option<(Size, bool)>,
}

/// The step whose terminal is in hand: one that runs now.
pub fn running(plan: &Plan, state: &RunState) -> Option<(StepIx, Attempt)> {
    let has = |ix: &StepIx| {
        state.step(*ix).status == StepStatus::Running && plan.step(*ix).command().is_some_and(|command| command.tty)
    };
    state.running().into_iter().find(has).map(|ix| (ix, state.step(ix).attempt))
}

impl TerminalStep {
    /// A terminal that opens now. `late`: the screen came when it ran already.
    pub fn open((step, attempt): (StepIx, Attempt), plan: &Plan, state: &RunState, (late, now): (bool, Stamp)) -> Self {
        let printed = state.step(step).bytes;
        Self {
            step,
            id: plan.step(step).id.clone(),
            attempt,
            shown: true,
            emulator: Emulator::new(FIRST),
            read: if late { printed.saturating_sub(BEFORE) } else { 0 },
            old: if late { printed } else { 0 },
            quiet: Quiet::silent(now),
            over: false,
            left_now: false,
            drawn: Cell::new(None),
            told: None,
        }
    }

    /// Takes what is durable of its output; gives what is to be answered to the program.
    pub fn follow(&mut self, state: &RunState, port: &dyn Port, now: Stamp) -> Vec<u8> {
        let own = state.step(self.step);
        let mut answers = Vec::new();
        if own.attempt == self.attempt {
            let to = own.bytes.min(self.read.saturating_add(AT_ONCE));
            // What cannot be read now is asked for again with the next news.
            let bytes = if to > self.read {
                port.output(&self.id, self.attempt, self.read..to).unwrap_or_default()
            } else {
                Vec::new()
            };
            let new = self.read >= self.old;
            self.read += bytes.len() as u64;
            let answered = self.emulator.feed(&bytes);
            if new {
                answers = answered;
            }
        }
        let runs = own.attempt == self.attempt && own.status == StepStatus::Running;
        if !runs && !self.over {
            self.over = true;
            self.quiet = Quiet::silent(now);
        }
        if self.over { Vec::new() } else { answers }
    }

    /// Whether more of its output is at hand than has been emulated.
    pub fn is_behind(&self, state: &RunState) -> bool {
        let own = state.step(self.step);
        own.attempt == self.attempt && own.bytes > self.read
    }

    /// Time went on: a picture that a program holds back is shown.
    pub fn tick(&mut self) -> Vec<u8> {
        let answers = self.emulator.end_update();
        if self.over { Vec::new() } else { answers }
    }

    /// Whether its program has ended.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// A key while it lies over the screens.
    pub fn key(&mut self, key: KeyEvent, drives: bool, now: Stamp) -> Keyed {
        if self.over {
            return self.key_after(key, now);
        }
        if encode::is_way_out(key) {
            self.shown = false;
            self.left_now = true;
            return Keyed::Leave;
        }
        if !drives {
            return Keyed::Say("This screen does not drive, so it cannot type. ^] leaves to the screens.");
        }
        if self.quiet.swallows(now) {
            return Keyed::Swallowed;
        }
        let bytes = encode::key(key, self.emulator.wants_app_cursor());
        if bytes.is_empty() { Keyed::Swallowed } else { Keyed::Send(bytes) }
    }

    /// What was typed for the program must not run something when it has just ended.
    fn key_after(&mut self, key: KeyEvent, now: Stamp) -> Keyed {
        if self.quiet.swallows(now) {
            return Keyed::Swallowed;
        }
        let control = key.modifiers.contains(crossterm::event::KeyModifiers::CONTROL);
        match key.code {
            _ if encode::is_way_out(key) => {}
            KeyCode::Char('!') => return Keyed::Everywhere,
            KeyCode::Char('c' | 'z' | 'l') if control => return Keyed::Everywhere,
            KeyCode::Enter | KeyCode::Esc | KeyCode::Char('q') => {}
            _ => return Keyed::Say("The program has ended. enter goes to the screens."),
        }
        self.shown = false;
        Keyed::Leave
    }

    /// A key on the screens: whether it is `^]`, which goes back. The second of two in a row is sent too.
    pub fn key_outside(&mut self, key: KeyEvent, drives: bool) -> Option<Keyed> {
        let twice = std::mem::take(&mut self.left_now);
        if self.over || !encode::is_way_out(key) {
            return None;
        }
        self.shown = true;
        Some(if twice && drives { Keyed::Send(vec![0x1d]) } else { Keyed::Swallowed })
    }

    /// Pasted text, as the program asked for it.
    pub fn paste(&mut self, text: &str, drives: bool, now: Stamp) -> Keyed {
        if self.over || self.quiet.swallows(now) {
            return Keyed::Swallowed;
        }
        if !drives {
            return Keyed::Say("This screen does not drive, so it cannot type. ^] leaves to the screens.");
        }
        Keyed::Send(encode::paste(text, self.emulator.wants_paste_marks()))
    }

    /// The size of the last frame, where the program is to be told of it. The emulator has it first.
    pub fn fit(&mut self, state: &RunState, drives: bool) -> Option<(u16, u16)> {
        let drawn = self.drawn.get()?;
        if !self.over {
            self.emulator.resize(drawn);
        }
        if !drives {
            // Whoever drives tells it; after the wheel has come here it is told again.
            self.told = None;
            return None;
        }
        let size = self.emulator.size();
        // What is told before the process is there may have reached nobody.
        let telling = Some((size, state.step(self.step).process.is_some()));
        (!self.over && std::mem::replace(&mut self.told, telling) != telling).then_some((size.rows, size.cols))
    }
}

//! The terminal of a step that runs in one: opened by itself, fed with each record, and first to be asked about a key.
//!
//! While it lies in front no card opens by itself, so that nothing typed for a program answers a card. Keys become effects; the
//! port refuses for whoever does not drive. The app calls in here at each message.

use super::{App, Effect, Message};
use crate::feed::Port;
use crate::model::time::Stamp;
use crate::tui::terminal_step::{self, Keyed, TerminalStep};
use crossterm::event::KeyEvent;

impl App {
    /// Whether the terminal of a step lies over the screens: it has the keys then.
    pub fn terminal_in_front(&self) -> bool {
        self.terminal.as_ref().is_some_and(|terminal| terminal.shown)
            && self.overlays.is_empty()
            && self.cut.is_none()
            && self.lost.is_none()
    }

    /// Whether a terminal can be gone back to.
    pub(super) fn terminal_runs(&self) -> bool {
        self.cut.is_none() && self.terminal.as_ref().is_some_and(|terminal| !terminal.is_over())
    }

    /// The terminal of the step that runs now, with all that is durable of what it printed.
    pub(super) fn follow_terminal(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if !self.caught_up {
            return Vec::new();
        }
        let late = !std::mem::replace(&mut self.came, true);
        let runs = terminal_step::running(&self.plan, &self.state);
        let known = self.terminal.as_ref().map(|terminal| (terminal.step, terminal.attempt));
        if let Some(runs) = runs.filter(|runs| known != Some(*runs)) {
            self.eye.search.typing = false;
            self.terminal = Some(TerminalStep::open(runs, &self.plan, &self.state, (late, now)));
        }
        let drives = self.watching.is_none();
        let Some(terminal) = &mut self.terminal else { return Vec::new() };
        let answers = terminal.follow(&self.state, port, now);
        let gone = terminal.is_over() && !terminal.shown && !terminal.is_behind(&self.state);
        let effects = if drives { answered(terminal, answers) } else { Vec::new() };
        if gone {
            self.terminal = None;
        }
        effects
    }

    pub(super) fn terminal_tick(&mut self) -> Vec<Effect> {
        let drives = self.watching.is_none();
        let Some(terminal) = &mut self.terminal else { return Vec::new() };
        let answers = terminal.tick();
        if drives { answered(terminal, answers) } else { Vec::new() }
    }

    /// A key, where it is the terminal's; `None` hands it to the screens.
    pub(super) fn terminal_key(&mut self, key: KeyEvent, port: &dyn Port, now: Stamp) -> Option<Vec<Effect>> {
        let front = self.terminal_in_front();
        let drives = port.role() == crate::feed::Role::Drives;
        let over_cards = !self.overlays.is_empty();
        let terminal = self.terminal.as_mut()?;
        let keyed = match front {
            true => terminal.key(key, drives, now),
            false if over_cards || self.cut.is_some() => return None,
            false => terminal.key_outside(key, drives)?,
        };
        self.message = None;
        Some(match keyed {
            Keyed::Everywhere => {
                terminal.shown = false;
                return None;
            }
            Keyed::Send(keys) => typed(terminal, keys),
            Keyed::Swallowed => Vec::new(),
            Keyed::Say(words) => self.say(words),
            Keyed::Leave if terminal.is_over() => Vec::new(),
            Keyed::Leave => {
                let words = format!(
                    "The terminal of {} goes on. ^] goes back to it; ^] at once sends ^].",
                    self.plan.step(terminal.step).number
                );
                self.message = Some(Message::Says(words));
                Vec::new()
            }
        })
    }

    pub(super) fn terminal_paste(&mut self, text: &str, now: Stamp) -> Option<Vec<Effect>> {
        if !self.terminal_in_front() {
            return None;
        }
        let drives = self.watching.is_none();
        let terminal = self.terminal.as_mut()?;
        Some(match terminal.paste(text, drives, now) {
            Keyed::Send(keys) => typed(terminal, keys),
            Keyed::Say(words) => self.say(words),
            Keyed::Swallowed | Keyed::Leave | Keyed::Everywhere => Vec::new(),
        })
    }

    /// After a frame: the size in which a terminal was drawn, where its program is to be told.
    pub fn fit_terminal(&mut self) -> Option<Effect> {
        let drives = self.watching.is_none();
        let terminal = self.terminal.as_mut()?;
        let (rows, cols) = terminal.fit(&self.state, drives)?;
        Some(Effect::Size { step: terminal.id.clone(), attempt: terminal.attempt, rows, cols })
    }
}

fn typed(terminal: &TerminalStep, keys: Vec<u8>) -> Vec<Effect> {
    if keys.is_empty() {
        return Vec::new();
    }
    vec![Effect::Type { step: terminal.id.clone(), attempt: terminal.attempt, keys }]
}

fn answered(terminal: &TerminalStep, answer: Vec<u8>) -> Vec<Effect> {
    if answer.is_empty() {
        return Vec::new();
    }
    vec![Effect::Answer { step: terminal.id.clone(), attempt: terminal.attempt, answer }]
}

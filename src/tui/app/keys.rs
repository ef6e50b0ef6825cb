//! A key: first the card on top, then a text field, then the keymap. `!` and `^C` work from everywhere.
//!
//! Only presses count; a key that repeats by being held down does nothing but move.

use super::{App, Effect};
use crate::feed::Port;
use crate::model::intent::Intent;
use crate::model::time::Stamp;
use crate::tui::actions::{Action, Reach};
use crate::tui::context::{Card, Context, Reply};
use crate::tui::keymap::{self, Meaning};
use crate::tui::overlays::Overlay;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::time::Duration;

/// A key that comes again sooner is held down: keyboards repeat every 20 to 50 ms, and no finger does.
const REPEAT: Duration = Duration::from_millis(60);

impl App {
    pub(super) fn key(&mut self, key: KeyEvent, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if key.kind != KeyEventKind::Press {
            return Vec::new();
        }
        if let Some(effects) = self.terminal_key(key, port, now) {
            return effects;
        }
        let held_down = self.last_key.is_some_and(|(last, at)| last == key && now.since(at) < REPEAT);
        self.last_key = Some((key, now));
        self.message = None;
        if key.code != KeyCode::Char('y') {
            self.refused = None;
        }
        match everywhere(key) {
            Some(action @ (Action::Suspend | Action::Redraw)) => return self.act(action, port, now),
            Some(Action::Stop) => {
                self.on_top(Card::Stop, port, now);
                return Vec::new();
            }
            _ => {}
        }
        if let Some(top) = self.overlays.last() {
            let text = self.with_ctx(port, now, |ctx| top.takes_text(ctx));
            if key.code == KeyCode::Char('!') && !text && *top.card() != Card::RollBack {
                self.on_top(Card::RollBack, port, now);
                return Vec::new();
            }
            return self.hand_to_card(port, now, |overlay, ctx| overlay.key(key, ctx));
        }
        if self.eye.search.typing {
            self.search_key(key);
            return Vec::new();
        }
        let after_go = self.go_since.take().is_some();
        match keymap::meaning(key, after_go) {
            Meaning::Prefix => self.go_since = Some(now),
            Meaning::Does(action) if held_down && action.entry().reach != Reach::Moves => {}
            Meaning::Does(action) => return self.act(action, port, now),
            Meaning::Nothing => {}
        }
        Vec::new()
    }

    pub(super) fn paste(&mut self, text: &str, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if let Some(effects) = self.terminal_paste(text, now) {
            return effects;
        }
        if !self.overlays.is_empty() {
            return self.hand_to_card(port, now, |overlay, ctx| overlay.paste(text, ctx));
        }
        if self.eye.search.typing {
            self.eye.search.text.extend(text.chars().filter(|letter| !letter.is_control()).take(200));
        }
        Vec::new()
    }

    /// Hands something to the card on top and does what it answers.
    fn hand_to_card(
        &mut self,
        port: &dyn Port,
        now: Stamp,
        hand: impl FnOnce(&mut Overlay, &Context<'_>) -> Reply,
    ) -> Vec<Effect> {
        let Some(mut top) = self.overlays.pop() else { return Vec::new() };
        let actions = self.lines();
        let reply = self.with_actions((port, now), &actions, |ctx| hand(&mut top, ctx));
        match reply {
            Reply::Stay => self.overlays.push(top),
            Reply::Close => self.closed(top.card()),
            Reply::Wish(intent) => {
                self.starting |= matches!(intent, Intent::Start { .. });
                self.closed(top.card());
                return vec![Effect::Wish(intent)];
            }
            Reply::Wishes(intents) => {
                self.closed(top.card());
                return intents.into_iter().map(Effect::Wish).collect();
            }
            Reply::Ask(intent) => {
                self.overlays.push(top);
                return vec![Effect::Wish(intent)];
            }
            Reply::Open(card) => self.open(card, port, now),
            Reply::Over(card) => {
                self.overlays.push(top);
                self.open(card, port, now);
            }
            Reply::Act(line) => return self.perform(&line, port, now),
            Reply::Say(words) => {
                self.overlays.push(top);
                return self.say(words);
            }
            Reply::Copy(text) => {
                self.overlays.push(top);
                return vec![Effect::Copy(text)];
            }
            Reply::Leave => return vec![Effect::Quit],
        }
        Vec::new()
    }

    /// A card of the operator's own key, above whatever is open; one that is there already stays as it is.
    fn on_top(&mut self, card: Card, port: &dyn Port, now: Stamp) {
        self.eye.search.typing = false;
        self.go_since = None;
        if self.overlays.last().is_none_or(|top| *top.card() != card) {
            self.overlays.retain(|overlay| *overlay.card() != card);
            self.open(card, port, now);
        }
    }

    fn search_key(&mut self, key: KeyEvent) {
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Enter => {
                self.eye.search.typing = false;
                self.jump(super::travel::Way::Here);
            }
            KeyCode::Esc => self.eye.search = Default::default(),
            KeyCode::Backspace => {
                self.eye.search.text.pop();
            }
            KeyCode::Char('u') if !plain => self.eye.search.text.clear(),
            KeyCode::Char(letter) if plain && self.eye.search.text.len() < 400 => self.eye.search.text.push(letter),
            _ => {}
        }
    }
}

/// Keys that mean the same on every card and in every text field.
fn everywhere(key: KeyEvent) -> Option<Action> {
    if !key.modifiers.contains(KeyModifiers::CONTROL) {
        return None;
    }
    match keymap::meaning(key, false) {
        Meaning::Does(action @ (Action::Stop | Action::Suspend | Action::Redraw)) => Some(action),
        Meaning::Does(_) | Meaning::Prefix | Meaning::Nothing => None,
    }
}

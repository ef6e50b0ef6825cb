//! A frame: the screen, then the cards on top of it. Takes `&self`; what a frame may leave behind is a scroll position.

use super::{App, Message};
use crate::feed::Port;
use crate::model::time::Stamp;
use crate::tui::context::Card;
use crate::tui::terminal_step;
use crate::tui::views::{self, Scene};
use ratatui::Frame;
use std::time::Duration;

/// How long after `g` its hint shows.
pub(super) const HINT: Duration = Duration::from_millis(300);

/// Said while a wish is on its way and its record has not come.
const ASKED: &str = "Asked, writing…";

impl App {
    /// Draws everything at this instant.
    pub fn draw(&self, frame: &mut Frame<'_>, port: &dyn Port, now: Stamp) {
        let area = frame.area();
        if area.width == 0 || area.height == 0 {
            return;
        }
        let keys = self.keys();
        let first = self.overlays.iter().rposition(|overlay| overlay.is_full_screen()).unwrap_or(0);
        let hidden = self.overlays.get(first).is_some_and(|overlay| overlay.is_full_screen());
        let area = match &self.replay {
            Some(player) => views::replay_head(frame, area, (player, &self.state, &self.theme)),
            None => area,
        };
        self.with_ctx(port, self.moment(now), |ctx| {
            let scene = Scene {
                ctx: crate::tui::context::Context { ..*ctx },
                eye: &self.eye,
                message: self.message.as_ref().map(|message| match message {
                    Message::Asked => ASKED,
                    Message::Says(words) => words.as_str(),
                }),
                // A replay can do nothing, and yet everything in it stands as it stood.
                cut: self.cut.as_ref().filter(|_| self.replay.is_none()).map(|cut| (cut.word, cut.next.as_str())),
                sealed: self.over.as_ref().is_some_and(|over| over.sealed),
                watching: self.watching.as_deref(),
                keys: &keys,
                replay: self.replay.as_deref(),
            };
            if let Some(terminal) = self.terminal.as_ref().filter(|_| self.terminal_in_front()) {
                let below = views::hidden(frame, area, &scene, false);
                let around = terminal_step::View { message: scene.message, drives: self.watching.is_none() };
                terminal_step::draw(frame, below, terminal, (&around, ctx));
                return;
            }
            let gate = self.overlays.get(first).is_some_and(|overlay| matches!(overlay.card(), Card::Gate(_)));
            let below =
                if hidden { views::hidden(frame, area, &scene, gate) } else { views::draw(frame, area, &scene) };
            for overlay in self.overlays.iter().skip(first) {
                overlay.draw(frame, below, ctx);
            }
            if !self.overlays.is_empty() {
                views::say_over(frame, area, &scene);
            }
            if self.go_since.is_some_and(|since| now.since(since) >= HINT) {
                views::go_hint(frame, below, &scene);
            }
        });
    }
}

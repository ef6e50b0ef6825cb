//! The screens: what is drawn where at which size. Each view is a function of a `Scene`; none of them changes anything.
//!
//! One shell: header, body, NEXT line, key line. Nothing is refused because of size: below 40x8 one line says where the run
//! stands. Every foreign text has passed `model::text` when it reaches a cell.

mod around;
mod band;
mod beside;
mod compact;
mod events;
mod foot;
mod header;
mod kinds;
mod list;
mod live;
mod log;
mod side;
mod step;
mod tail;
mod tiny;
mod titles;
mod track;
mod want;
mod watch;

use crate::model::state::RunState;
use crate::tui::context::Context;
use crate::tui::eye::Eye;
use crate::tui::replay::Player;
use crate::tui::theme::{Role, marks};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub use foot::{go_hint, say_over};
pub use list::same as same_row;
pub use live::{draw, hidden};
pub use log::entries as log_entries;
pub use track::draw as replay_head;

pub use crate::tui::streams::Extents;

/// What a frame is drawn from.
pub struct Scene<'a> {
    /// The run.
    pub ctx: Context<'a>,
    /// Where the operator looks.
    pub eye: &'a Eye,
    /// What was said last to the operator.
    pub message: Option<&'a str>,
    /// Who drives, where this screen does not.
    pub watching: Option<&'a str>,
    /// Why this screen can do nothing any more: the header's word and the NEXT line.
    pub cut: Option<(&'static str, &'a str)>,
    /// Whether the journal's seal stands.
    pub sealed: bool,
    /// Keys that are offered: key, word.
    pub keys: &'a [(&'static str, &'static str)],
    /// What plays the run, where it is seen again.
    pub replay: Option<&'a Player>,
}

impl Scene<'_> {
    fn style(&self, role: Role) -> Style {
        self.ctx.theme.style(role)
    }

    fn state(&self) -> &RunState {
        self.ctx.state
    }

    fn span(&self, text: impl Into<String>, role: Role) -> Span<'static> {
        Span::styled(text.into(), self.style(role))
    }

    fn line(&self, text: impl Into<String>, role: Role) -> Line<'static> {
        Line::from(self.span(text, role))
    }

    fn dim(&self, text: impl Into<String>) -> Span<'static> {
        self.span(text, Role::TextDim)
    }

    /// A rule as wide as the area, with words in it where there are any.
    fn rule(&self, frame: &mut Frame<'_>, area: Rect, words: &str) {
        let letter = marks::rule(self.ctx.theme.glyphs);
        let rule = letter.repeat(usize::from(area.width));
        frame.buffer_mut().set_stringn(area.x, area.y, rule, usize::from(area.width), self.style(Role::Rule));
        if !words.is_empty() && area.width > 4 {
            let text = format!(" {words} ");
            frame.buffer_mut().set_stringn(
                area.x + 1,
                area.y,
                text,
                usize::from(area.width) - 2,
                self.style(Role::TextDim),
            );
        }
    }
}

/// Puts lines one below the other, no more than fit.
fn put(frame: &mut Frame<'_>, area: Rect, lines: &[Line<'_>]) {
    for (y, line) in (area.y..area.y.saturating_add(area.height)).zip(lines) {
        frame.buffer_mut().set_line(area.x, y, line, area.width);
    }
}

/// An area of some rows of another, from its top.
fn rows_of(area: Rect, from: u16, height: u16) -> Rect {
    let from = from.min(area.height);
    Rect { x: area.x, y: area.y + from, width: area.width, height: height.min(area.height - from) }
}

/// An area one cell narrower on both sides.
fn inset(area: Rect) -> Rect {
    if area.width < 3 {
        return area;
    }
    Rect { x: area.x + 1, width: area.width - 2, ..area }
}

//! What every card can do. `Overlay` holds the cards in an enum and matches it exhaustively; this is the shape they share.
//!
//! A card's `draw` takes `&self`: all that a frame may change is what its `View` says was on the screen.

use crate::model::ids::StepIx;
use crate::tui::context::{Context, Reply};
use crate::tui::overlays::say;
use crate::tui::overlays::sheet::{self, Body, Head, Hint, Sheet};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// A card.
pub trait Face {
    /// Its first line.
    fn head(&self, ctx: &Context<'_>) -> Head;

    /// What scrolls, in rows of at most `width` cells.
    fn body(&self, ctx: &Context<'_>, width: usize) -> Body;

    /// What is asked, in rows of at most `width` cells.
    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>>;

    /// Its key line.
    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint>;

    /// Takes a key.
    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply;

    /// Takes pasted text; a card without a text field drops it.
    fn paste(&mut self, _text: &str, _ctx: &Context<'_>) -> Reply {
        Reply::Stay
    }

    /// Whether letters are text now, `!` among them.
    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        false
    }

    /// The step that it is about, whose environment it then names.
    fn step(&self) -> Option<StepIx> {
        None
    }

    /// What it sent was refused, for this reason: nothing of it waits any more.
    fn not_taken(&mut self, _why: &str) {}

    /// Whether anything was typed that closing it would lose.
    fn has_typed(&self) -> bool {
        false
    }

    /// Whether what it asks about is over: answered here or on another screen.
    fn is_over(&self, _ctx: &Context<'_>) -> bool {
        false
    }

    /// Whether it hides all of the screen below it.
    fn fills(&self) -> bool {
        false
    }

    /// What of its body is on the screen.
    fn view(&self) -> &View;

    /// Draws it, with what its last key was answered.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, ctx: &Context<'_>, said: Option<&str>) {
        // The frame that first holds the last row already asks: a card that says "read on" takes no run key, and one that
        // fits beside its question never says it.
        let view = self.view();
        let before = view.suppose(true);
        let asking = self.sheet(area, ctx, said);
        if before || sheet::holds_the_end(&asking, view, area, ctx) {
            return sheet::draw(&asking, view, frame, area, ctx);
        }
        view.suppose(false);
        let reading = self.sheet(area, ctx, said);
        // A question higher than the words before it must not push a first row off that no frame has held.
        if !view.at_top() && sheet::holds_the_end(&reading, view, area, ctx) {
            view.suppose(true);
            view.end();
            return sheet::draw(&asking, view, frame, area, ctx);
        }
        sheet::draw(&reading, view, frame, area, ctx);
    }

    /// All of it as it stands.
    fn sheet(&self, area: Rect, ctx: &Context<'_>, said: Option<&str>) -> Sheet {
        let width = sheet::text_width(area, self.fills());
        let mut foot = self.foot(ctx, width);
        if let Some(words) = said {
            let there: Vec<String> = foot.iter().map(ToString::to_string).collect();
            if !there.join(" ").contains(words) {
                foot.extend(say::prose(words, width, Role::Warn, ctx));
            }
        }
        let own = self.step().and_then(|step| ctx.plan.step(step).environment.clone());
        let environment = own.unwrap_or_else(|| ctx.plan.environment.clone());
        Sheet {
            environment,
            head: self.head(ctx),
            body: self.body(ctx, width),
            foot,
            keys: self.keys(ctx),
            fills: self.fills(),
        }
    }
}

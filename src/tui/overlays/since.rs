//! What happened since this screen left, was suspended or lost its link: where you were, what came since, what is next.
//!
//! An interruption loses the place; this puts it back before any key can act. Opens by itself, so early keys are swallowed;
//! `space` goes on.

use crate::model::text::shown;
use crate::tui::context::{Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::quiet::{EARLY, Quiet};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// Since which record.
#[derive(Debug)]
pub struct SinceCard {
    from: u64,
    quiet: Quiet,
    view: View,
}

impl SinceCard {
    /// What came after this record.
    pub fn open(from: u64, ctx: &Context<'_>) -> Self {
        Self { from, quiet: Quiet::silent(ctx.now), view: View::default() }
    }

    fn place(&self, ctx: &Context<'_>) -> String {
        let before = ctx.state.log.iter().take_while(|entry| entry.seq.0 <= self.from);
        let now = say::hour(ctx, ctx.now.wall);
        match before.filter(|entry| entry.step.is_some()).last() {
            Some(entry) => {
                let number = entry.step.map_or(String::new(), |step| say::number(ctx, step));
                format!("You were at {number} at {}. Now {now}. Since:", say::hour(ctx, entry.at.wall))
            }
            None => format!("Now {now}. Since you left:"),
        }
    }
}

impl Face for SinceCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        Head {
            word: "SINCE YOU LEFT".into(),
            title: say::fill(ctx, &ctx.plan.title),
            tag: String::new(),
            role: Role::You,
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let mut rows = say::prose(&self.place(ctx), width, Role::Text, ctx);
        let since = ctx.state.log.iter().filter(|entry| entry.seq.0 > self.from);
        let before = rows.len();
        for entry in since {
            let hour = say::second(ctx, entry.at.wall);
            rows.extend(say::labelled(&hour, &shown(&entry.text), width, Role::Text, ctx));
        }
        if rows.len() == before {
            rows.extend(say::prose("Nothing happened.", width, Role::TextDim, ctx));
        }
        let next = ctx.state.next(ctx.plan).map_or("Nothing is left to do.".into(), |step| {
            say::ended(&format!("Next is {} {}", say::number(ctx, step), say::title(ctx, step)))
        });
        rows.extend(say::prose(&next, width, Role::TextStrong, ctx));
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        say::prose("space to go on.", width, Role::Text, ctx)
    }

    fn keys(&self, _ctx: &Context<'_>) -> Vec<Hint> {
        vec![hint("space", "go on"), hint("j k", "scroll"), hint("!", "roll back")]
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.quiet.swallows(ctx.now) {
            return Reply::Say(EARLY.into());
        }
        match key.code {
            KeyCode::Char(' ' | 'q') | KeyCode::Esc => Reply::Close,
            _ => {
                self.view.plain_key(key);
                Reply::Stay
            }
        }
    }

    fn view(&self) -> &View {
        &self.view
    }
}

//! Help for here: every action with its key, what does something on this screen first; type to search.
//!
//! Enter closes the help; where something was searched for or marked it does that action, as its key would: what changes
//! something still opens its card.

use crate::model::step::PlannedStep;
use crate::tui::context::{ActionLine, Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::palette::{self, listed_rows};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crate::tui::widgets::text_field::{Echo, TextField};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::{Line, Span};

/// The one key that is no action: where it is of use, every other key goes to the step's program.
const TERMINALS: &str =
    "^] leads out of a step's own terminal, where every other key goes to its program, and back to it.";

/// The help card.
#[derive(Debug)]
pub struct HelpCard {
    field: TextField,
    at: usize,
    view: View,
}

impl HelpCard {
    /// All of it, nothing searched for.
    pub fn open() -> Self {
        Self { field: TextField::new(Echo::Shown), at: 0, view: View::default() }
    }

    /// Whether every word that was typed stands in the text.
    fn fits(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.field.text().to_lowercase().split_whitespace().all(|word| text.contains(word))
    }

    fn tells_of_terminals(&self, ctx: &Context<'_>) -> bool {
        let has_one = |step: &PlannedStep| step.command().is_some_and(|command| command.tty);
        self.fits(TERMINALS) && ctx.plan.steps.iter().any(has_one)
    }

    /// What matches every word that was typed; what is of this screen first.
    fn found<'a>(&self, ctx: &Context<'a>) -> Vec<ActionLine<'a>> {
        let fits = |action: &&ActionLine<'_>| self.fits(&format!("{} {} {}", action.name, action.key, action.does));
        let mut found: Vec<ActionLine<'a>> = ctx.actions.iter().filter(fits).copied().collect();
        found.sort_by_key(|action| !action.here);
        found
    }
}

impl Face for HelpCard {
    fn head(&self, _ctx: &Context<'_>) -> Head {
        Head { word: "HELP".into(), title: "for here".into(), tag: String::new(), role: Role::TextStrong }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let found = self.found(ctx);
        let (mut rows, marked) = listed_rows(&found, self.at, width, ctx);
        self.view.show(marked);
        if self.tells_of_terminals(ctx) {
            rows.extend(say::prose(TERMINALS, width, Role::TextDim, ctx));
        }
        if rows.is_empty() {
            let words = "Nothing here by that name.";
            return Body { rows: say::prose(words, width, Role::TextDim, ctx), must_read: 0 };
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let mut spans = vec![Span::styled("Search  ", ctx.theme.style(Role::TextDim))];
        spans.extend(self.field.spans(width.saturating_sub(8), ctx.theme));
        vec![Line::from(spans)]
    }

    fn keys(&self, _ctx: &Context<'_>) -> Vec<Hint> {
        vec![hint("type", "to search"), hint("enter", "do it"), hint("esc", "close")]
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        match key.code {
            KeyCode::Esc => Reply::Close,
            KeyCode::Enter if self.field.is_blank() && self.at == 0 => Reply::Close,
            KeyCode::Enter => match self.found(ctx).get(self.at) {
                Some(action) => Reply::Act(action.name.to_owned()),
                None => Reply::Close,
            },
            _ => {
                let count = self.found(ctx).len();
                palette::move_or_type(key, &mut self.at, count, &mut self.field);
                Reply::Stay
            }
        }
    }

    fn paste(&mut self, text: &str, _ctx: &Context<'_>) -> Reply {
        self.field.paste(text);
        self.at = 0;
        Reply::Stay
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        true
    }

    fn view(&self) -> &View {
        &self.view
    }
}

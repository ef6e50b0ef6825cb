//! What `!` shows while the journal cannot be written: the two ways on. tminus runs nothing that it cannot record.
//!
//! One is another folder for the journal, typed here or after `:journal`. The other is every command of every way back as text
//! for the operator's own shell. Looking and typing run nothing; when the journal can be written again the card closes.

use crate::model::ids::LevelIx;
use crate::model::intent::Intent;
use crate::model::script;
use crate::model::text::shown;
use crate::model::wire::JOURNAL_FAILED;
use crate::tui::context::{Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crate::tui::widgets::wrap;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// Whether this is what every screen says: the journal cannot be written.
pub fn is_failing(trouble: &str) -> bool {
    trouble.starts_with(JOURNAL_FAILED)
}

/// The card.
#[derive(Debug, Default)]
pub struct NoJournalCard {
    /// The folder, while it is typed.
    folder: Option<Form>,
    view: View,
}

/// Every level's commands, as text.
fn commands(ctx: &Context<'_>) -> Vec<String> {
    let levels = (0..ctx.plan.levels.len()).map(LevelIx);
    let mut lines: Vec<String> = Vec::new();
    for level in levels {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(script::level(ctx.plan, ctx.state, level));
    }
    lines
}

impl Face for NoJournalCard {
    fn head(&self, _ctx: &Context<'_>) -> Head {
        Head { word: "NO JOURNAL".into(), title: "two ways on".into(), tag: String::new(), role: Role::Danger }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let mut rows = say::prose(&shown(ctx.trouble), width, Role::Danger, ctx);
        let ways = [
            "tminus runs nothing that it cannot record. What runs is left to end; ^C stops it.",
            "1. Go on with the journal in another folder: j, or :journal DIR. What was acknowledged is copied there and \
             checked, then the run goes on.",
            "2. Go back by hand: the commands of each way back are below. Run them in a shell of your own, in order, then \
             record each as done by hand as soon as the journal can be written: !, the level, h.",
        ];
        for words in ways {
            rows.push(Line::default());
            rows.extend(say::prose(words, width, Role::Text, ctx));
        }
        rows.push(Line::default());
        if ctx.plan.levels.is_empty() {
            rows.extend(say::prose("This plan names no rollback.", width, Role::Text, ctx));
        }
        for line in commands(ctx) {
            let role = if line.starts_with('#') { Role::TextStrong } else { Role::Cmd };
            let line = Line::styled(shown(&line).into_owned(), ctx.theme.style(role));
            rows.extend(wrap::styled(&line, width));
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        self.folder.as_ref().map_or(Vec::new(), |form| form.lines(width, ctx.theme))
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.takes_text(ctx) {
            return vec![hint("enter", "bring the journal there"), hint("esc", "not there")];
        }
        let mut keys = vec![hint("j", "another folder")];
        if !ctx.plan.levels.is_empty() {
            keys.push(hint("y", "copy the commands"));
        }
        keys.extend([hint("space", "read on"), hint("esc", "go back")]);
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if let Some(form) = &mut self.folder {
            if key.code == KeyCode::Esc {
                self.folder = None;
                return Reply::Stay;
            }
            if self.view.key(key) || form.key(key) != Step::Done {
                return Reply::Stay;
            }
            return Reply::Wish(Intent::Journal { dir: form.answer(0).trim().to_owned() });
        }
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            KeyCode::Char('j') => {
                let asked = Question::new("Folder, from the root:", Want::Some("a folder"));
                self.folder = Some(Form::of(vec![asked]));
                Reply::Stay
            }
            KeyCode::Char('y') if !ctx.plan.levels.is_empty() => Reply::Copy(commands(ctx).join("\n") + "\n"),
            _ => {
                let _ = self.view.key(key) || self.view.plain_key(key);
                Reply::Stay
            }
        }
    }

    fn paste(&mut self, text: &str, _ctx: &Context<'_>) -> Reply {
        if self.folder.as_mut().is_some_and(|form| form.paste(text)) {
            return Reply::Stay;
        }
        Reply::Say("Press j first: it asks for a folder.".into())
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        self.folder.is_some()
    }

    fn has_typed(&self) -> bool {
        self.folder.as_ref().is_some_and(Form::has_typed)
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        !is_failing(ctx.trouble)
    }

    fn fills(&self) -> bool {
        true
    }

    fn view(&self) -> &View {
        &self.view
    }
}

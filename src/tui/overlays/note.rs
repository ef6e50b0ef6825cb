//! The note card: a line with time and place, for the log and the report.
//!
//! Pasted text is taken. Enter writes it down; a note starts nothing.

use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::tui::context::{Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// A note in the making.
#[derive(Debug)]
pub struct NoteCard {
    step: Option<StepIx>,
    form: Form,
    view: View,
}

impl NoteCard {
    /// A note at this step, or of the run.
    pub fn open(step: Option<StepIx>) -> Self {
        Self { step, form: Form::of(vec![Question::new("Note:", Want::Some("a text"))]), view: View::default() }
    }
}

impl Face for NoteCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        let title = self
            .step
            .map_or("of the run".into(), |step| format!("at {} {}", say::number(ctx, step), say::title(ctx, step)));
        Head { word: "NOTE".into(), title, tag: say::second(ctx, ctx.now.wall), role: Role::TextStrong }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let words = "It is kept in the journal as it is typed and cannot be taken back. No secrets.";
        Body { rows: say::prose(words, width, Role::TextDim, ctx), must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        self.form.lines(width, ctx.theme)
    }

    fn keys(&self, _ctx: &Context<'_>) -> Vec<Hint> {
        vec![hint("enter", "write it down"), hint("esc", "go back"), hint("^C", "then ! roll back")]
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if key.code == KeyCode::Esc {
            return Reply::Close;
        }
        match self.form.key(key) {
            Step::Done => Reply::Wish(Intent::Note {
                text: self.form.answer(0).trim().to_owned(),
                step: self.step.map(|step| ctx.plan.step(step).id.clone()),
            }),
            Step::Typed | Step::Unused => Reply::Stay,
        }
    }

    fn paste(&mut self, text: &str, _ctx: &Context<'_>) -> Reply {
        self.form.paste(text);
        Reply::Stay
    }

    fn has_typed(&self) -> bool {
        self.form.has_typed()
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        true
    }

    fn view(&self) -> &View {
        &self.view
    }
}

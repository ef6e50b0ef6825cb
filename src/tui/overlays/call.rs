//! The quick fixes of `Q`: the procedures of the runbook, one of them shown with all its steps, and `y` that calls it.
//!
//! Calling runs nothing yet: its steps come before what is next, and each asks as its class does. Destructive ones are not
//! first: the order is the runbook's.

use crate::model::ids::ProcedureIx;
use crate::model::intent::Intent;
use crate::model::text::shown;
use crate::tui::context::{Card, Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::overlays::{run_rows, say::labelled};
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// The quick fixes.
#[derive(Debug)]
pub struct CallCard {
    picked: Option<ProcedureIx>,
    at: usize,
    view: View,
}

impl CallCard {
    /// All of them, or one.
    pub fn open(picked: Option<ProcedureIx>) -> Self {
        Self { picked, at: picked.map_or(0, |picked| picked.0), view: View::default() }
    }

    fn pick(&mut self, at: usize, ctx: &Context<'_>) -> Reply {
        if at >= ctx.plan.procedures.len() {
            return Reply::Say(format!("There is no quick fix {}.", at + 1));
        }
        self.at = at;
        self.picked = Some(ProcedureIx(at));
        self.view.home();
        Reply::Stay
    }

    fn list_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        let last = ctx.plan.procedures.len().saturating_sub(1);
        match key.code {
            KeyCode::Char(digit @ '1'..='9') => self.pick(digit as usize - '1' as usize, ctx),
            KeyCode::Enter if !ctx.plan.procedures.is_empty() => self.pick(self.at, ctx),
            KeyCode::Char('j') | KeyCode::Down => {
                self.at = (self.at + 1).min(last);
                Reply::Stay
            }
            KeyCode::Char('k') | KeyCode::Up => {
                self.at = self.at.saturating_sub(1);
                Reply::Stay
            }
            KeyCode::Char('!') => Reply::Open(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            _ => Reply::Stay,
        }
    }

    fn picked_key(&mut self, key: KeyEvent, picked: ProcedureIx, ctx: &Context<'_>) -> Reply {
        match key.code {
            KeyCode::Char('y') if ctx.state.is_called(ctx.plan, picked) => {
                Reply::Say("It is under way already.".into())
            }
            KeyCode::Char('y') => {
                let procedure = ctx.plan.procedure(picked).id.clone();
                Reply::Wish(Intent::Call { procedure, reason: String::new() })
            }
            KeyCode::Enter => Reply::Say("Enter calls nothing: y does.".into()),
            KeyCode::Char('!') => Reply::Open(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q') => {
                self.picked = None;
                self.view.home();
                Reply::Stay
            }
            _ => {
                self.view.plain_key(key);
                Reply::Stay
            }
        }
    }

    fn list(&self, ctx: &Context<'_>, width: usize) -> (Vec<Line<'static>>, usize) {
        let (mut rows, mut marked) = (Vec::new(), 0);
        for (place, procedure) in ctx.plan.procedures.iter().enumerate() {
            if place == self.at {
                marked = rows.len();
            }
            let mark = if place == self.at { ">" } else { " " };
            let under_way = if ctx.state.is_called(ctx.plan, ProcedureIx(place)) { "  RUN" } else { "" };
            let steps = say::count(procedure.steps.len(), "step");
            let text =
                format!("{}  ({}, {steps}){under_way}", say::fill(ctx, &procedure.title), shown(procedure.id.as_str()));
            let role = if place == self.at { Role::Select } else { Role::Text };
            rows.extend(labelled(&format!("{mark} {}", place + 1), &text, width, role, ctx));
        }
        (rows, marked)
    }
}

impl Face for CallCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        let title = match self.picked {
            Some(picked) => say::fill(ctx, &ctx.plan.procedure(picked).title),
            None => "issue, check, fix".into(),
        };
        Head { word: "QUICK FIX".into(), title, tag: String::new(), role: Role::Warn }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let Some(picked) = self.picked else {
            let (mut rows, marked) = self.list(ctx, width);
            if rows.is_empty() {
                rows = say::prose("This plan names no quick fix.", width, Role::TextDim, ctx);
            }
            self.view.show(marked);
            return Body { rows, must_read: 0 };
        };
        let procedure = ctx.plan.procedure(picked);
        let mut rows = Vec::new();
        if let Some(why) = &procedure.why {
            rows.extend(say::prose(&say::why(ctx, why), width, Role::TextDim, ctx));
        }
        for step in &procedure.steps {
            rows.extend(run_rows::step_rows(ctx, *step, width));
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let Some(_) = self.picked else {
            return say::prose("A digit shows one and calls nothing. esc goes back.", width, Role::Text, ctx);
        };
        let back =
            ctx.state.next(ctx.plan).map_or(String::new(), |next| format!(", then back to {}", say::number(ctx, next)));
        let words = format!("y calls it: its steps are next, each asks for itself{back}.");
        say::prose(&words, width, Role::Text, ctx)
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        match self.picked {
            None if ctx.plan.procedures.is_empty() => vec![hint("esc", "back")],
            None => {
                vec![hint("1-9", "show one"), hint("enter", "show it"), hint("!", "roll back"), hint("esc", "back")]
            }
            Some(_) => {
                vec![hint("y", "call it"), hint("space", "read on"), hint("!", "roll back"), hint("esc", "the others")]
            }
        }
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        match self.picked {
            Some(picked) => self.picked_key(key, picked, ctx),
            None => self.list_key(key, ctx),
        }
    }

    fn view(&self) -> &View {
        &self.view
    }
}

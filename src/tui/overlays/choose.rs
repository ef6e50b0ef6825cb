//! The card of a choice: one of several ways, with the steps of each.
//!
//! A digit marks a way and shows its steps, `y` takes it; Enter takes nothing. Taking a way runs nothing yet.

use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::step::{Choice, Work};
use crate::tui::context::{Card, Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// The card of a choice.
#[derive(Debug)]
pub struct ChooseCard {
    step: StepIx,
    marked: Option<usize>,
    view: View,
}

impl ChooseCard {
    /// No way is marked at first: there is no default.
    pub fn open(step: StepIx) -> Self {
        Self { step, marked: None, view: View::default() }
    }

    fn options<'a>(&self, ctx: &Context<'a>) -> (&'a str, &'a [Choice]) {
        match &ctx.plan.step(self.step).work {
            Work::Choose { text, options } => (text, options),
            Work::Run(_) | Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Wait(_) | Work::Gate(_) => {
                ("", &[])
            }
            Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
                ("", &[])
            }
        }
    }
}

impl Face for ChooseCard {
    fn step(&self) -> Option<StepIx> {
        Some(self.step)
    }

    fn head(&self, ctx: &Context<'_>) -> Head {
        Head {
            word: format!("CHOOSE {}", say::number(ctx, self.step)),
            title: say::title(ctx, self.step),
            tag: String::new(),
            role: Role::You,
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let (text, options) = self.options(ctx);
        let mut rows = say::prose(&say::fill(ctx, text), width, Role::Text, ctx);
        for (place, option) in options.iter().enumerate() {
            let marked = self.marked == Some(place);
            let mark = if marked { '>' } else { ' ' };
            let role = if marked { Role::Select } else { Role::TextStrong };
            if marked {
                self.view.show(rows.len());
            }
            let label = format!(" {mark} {}", place + 1);
            rows.extend(say::labelled(&label, &say::fill(ctx, &option.title), width, role, ctx));
            for step in &option.steps {
                let planned = ctx.plan.step(*step);
                let line =
                    format!("{} {}  {}", say::number(ctx, *step), say::title(ctx, *step), planned.class().word());
                rows.extend(say::labelled("", &line, width, Role::TextDim, ctx));
            }
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let words = match self.marked {
            Some(place) => format!("y takes way {}. Its steps come next; nothing runs yet.", place + 1),
            None => "Press a way's digit, then y. Nothing is chosen yet.".into(),
        };
        say::prose(&words, width, Role::Text, ctx)
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        let mut keys = vec![(format!("1-{}", self.options(ctx).1.len().clamp(1, 9)), "way".into())];
        if self.marked.is_some() {
            keys.push(hint("y", "take it"));
        }
        keys.extend([hint("esc", "go back"), hint("!", "roll back")]);
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        let options = self.options(ctx).1;
        let last = options.len().saturating_sub(1);
        match key.code {
            KeyCode::Char(digit @ '1'..='9') => {
                let place = digit as usize - '1' as usize;
                if place > last {
                    return Reply::Say(format!("There is no way {digit}."));
                }
                self.marked = Some(place);
            }
            KeyCode::Char('j') | KeyCode::Down => {
                self.marked = Some(self.marked.map_or(0, |at| (at + 1).min(last)));
            }
            KeyCode::Char('k') | KeyCode::Up => {
                self.marked = Some(self.marked.map_or(0, |at| at.saturating_sub(1)));
            }
            KeyCode::Char('y') => {
                return match self.marked.and_then(|at| options.get(at)) {
                    Some(option) => Reply::Wish(Intent::Choose {
                        step: ctx.plan.step(self.step).id.clone(),
                        option: option.id.clone(),
                    }),
                    None => Reply::Say("Nothing is chosen: press a digit first.".into()),
                };
            }
            KeyCode::Enter => return Reply::Say("Enter does not choose: y does.".into()),
            KeyCode::Char('!') => return Reply::Open(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q') => return Reply::Close,
            _ => {
                self.view.key(key);
            }
        }
        Reply::Stay
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        ctx.state.step(self.step).status.settled()
    }

    fn view(&self) -> &View {
        &self.view
    }
}

//! The stop card of `^C`: end what runs, hold, or leave it.
//!
//! Opened by the operator's own key, so it takes the next at once. A second `^C` does nothing: nobody stops a step by
//! leaning on the keyboard. Leaving the card leaves everything as it is.

use crate::model::event::StopHow;
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::tui::context::{Card, Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::run_rows;
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// The stop card.
#[derive(Debug, Default)]
pub struct StopCard {
    view: View,
}

/// What a stop would act on: what runs, else what is to be tried again by itself.
fn target(ctx: &Context<'_>) -> Option<StepIx> {
    let retries = || {
        let waiting = ctx.state.steps.iter().position(|own| own.retry_at.is_some());
        waiting.map(StepIx)
    };
    ctx.state.running().first().copied().or_else(retries)
}

fn stop(ctx: &Context<'_>, how: StopHow) -> Reply {
    match target(ctx) {
        Some(step) => Reply::Wish(Intent::Stop { step: ctx.plan.step(step).id.clone(), how }),
        None => Reply::Say("Nothing runs that could be stopped.".into()),
    }
}

fn situation(ctx: &Context<'_>, step: StepIx) -> String {
    let own = ctx.state.step(step);
    let ran = own.started.map_or(String::new(), |at| format!(" for {}", say::age(ctx, at)));
    if let Some(at) = own.retry_at {
        return format!("It failed and is tried again at {}.", say::second(ctx, at));
    }
    let process = own.process.map_or(String::new(), |(pid, _)| format!(", process {pid} and its group"));
    let asked = if own.stopping { " A stop was asked for and has not come through." } else { "" };
    format!("It runs{ran}{process}.{asked}")
}

fn ways(ctx: &Context<'_>, step: StepIx) -> Vec<(&'static str, &'static str)> {
    let own = ctx.state.step(step);
    if own.retry_at.is_some() {
        return vec![("t", "end the retries; the step stays failed")];
    }
    vec![
        ("i", "interrupt: INT to its group, as ^C in a shell does"),
        if own.stopping {
            ("t", "terminate again: no more grace, KILL now")
        } else {
            ("t", "terminate: TERM to its group, 5 s grace, then KILL")
        },
        ("k", "kill: KILL to its group at once"),
    ]
}

impl Face for StopCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        let title = target(ctx)
            .map_or("Nothing runs".to_owned(), |step| format!("{} {}", say::number(ctx, step), say::title(ctx, step)));
        Head { word: "STOP".into(), title, tag: String::new(), role: Role::Danger }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let mut rows = Vec::new();
        if let Some(step) = target(ctx) {
            rows.extend(say::prose(&situation(ctx, step), width, Role::Text, ctx));
            for (key, does) in ways(ctx, step) {
                rows.extend(say::labelled(&format!("  {key}"), does, width, Role::Text, ctx));
            }
        } else {
            let words = "No step runs. p holds, so that nothing starts. ! shows the ways back.";
            rows.extend(say::prose(words, width, Role::Text, ctx));
        }
        rows.extend(say::labelled("  p", "hold: what runs goes on, nothing new starts", width, Role::Text, ctx));
        rows.extend(say::labelled("  !", "roll back: shows the levels and runs nothing yet", width, Role::Text, ctx));
        if let Some(step) = target(ctx) {
            rows.push(Line::default());
            rows.extend(run_rows::step_rows(ctx, step, width));
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let words = "esc leaves it as it is. A second ^C does nothing.";
        say::prose(words, width, Role::TextDim, ctx)
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        let mut keys: Vec<Hint> = target(ctx)
            .map(|step| ways(ctx, step))
            .unwrap_or_default()
            .into_iter()
            .map(|(key, does)| hint(key, does.split(':').next().unwrap_or(does)))
            .collect();
        keys.extend([hint("p", "hold"), hint("!", "roll back"), hint("esc", "leave it")]);
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        match key.code {
            KeyCode::Char('i') => stop(ctx, StopHow::Interrupt),
            KeyCode::Char('t') => stop(ctx, StopHow::Terminate),
            KeyCode::Char('k') => stop(ctx, StopHow::Kill),
            KeyCode::Char('p') if ctx.state.hold.is_some() => Reply::Say("It is held already.".into()),
            KeyCode::Char('p') => Reply::Wish(Intent::Hold { reason: "from the stop card".into() }),
            KeyCode::Char('!') => Reply::Open(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            _ => {
                self.view.key(key);
                Reply::Stay
            }
        }
    }

    fn view(&self) -> &View {
        &self.view
    }
}

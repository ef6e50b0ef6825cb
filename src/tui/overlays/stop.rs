//! The stop card of `^C`: end what runs, hold, or leave it.
//!
//! Opened by the operator's own key, so it takes the next at once. A second `^C` does nothing: nobody stops a step by
//! leaning on the keyboard. Leaving the card leaves everything as it is. Where several run it asks first which, or all.

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
    picked: Option<Which>,
    view: View,
}

/// Which of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    One(StepIx),
    All,
}

/// What a stop can act on: what runs, what is next before what runs beside it; else what is to be tried again by itself.
fn targets(ctx: &Context<'_>) -> Vec<StepIx> {
    let mut running = ctx.state.running();
    running.sort_by_key(|step| ctx.state.runs_beside(ctx.plan, *step));
    if !running.is_empty() {
        return running;
    }
    let waiting = ctx.state.steps.iter().position(|own| own.retry_at.is_some());
    waiting.map(StepIx).into_iter().collect()
}

impl StopCard {
    /// What is stopped by the next key; none where several run and none was picked.
    fn chosen(&self, ctx: &Context<'_>) -> Vec<StepIx> {
        let all = targets(ctx);
        match (self.picked, all.as_slice()) {
            (_, [one]) => vec![*one],
            (Some(Which::One(step)), all) if all.contains(&step) => vec![step],
            (Some(Which::All), _) => all,
            (Some(Which::One(_)) | None, _) => Vec::new(),
        }
    }

    fn stop(&self, ctx: &Context<'_>, how: StopHow) -> Reply {
        let wish = |step: &StepIx| Intent::Stop { step: ctx.plan.step(*step).id.clone(), how };
        match self.chosen(ctx).as_slice() {
            [] if targets(ctx).is_empty() => Reply::Say("Nothing runs that could be stopped.".into()),
            [] => Reply::Say("Several run: first a digit for one, or a for all.".into()),
            [one] => Reply::Wish(wish(one)),
            more => Reply::Wishes(more.iter().map(wish).collect()),
        }
    }

    fn pick(&mut self, digit: char, ctx: &Context<'_>) -> Reply {
        let all = targets(ctx);
        match all.get((digit as usize).saturating_sub('1' as usize)) {
            Some(step) if all.len() > 1 => {
                self.picked = Some(Which::One(*step));
                Reply::Stay
            }
            Some(_) | None => Reply::Say(format!("There is no {digit}.")),
        }
    }

    /// Which run, where there are several.
    fn list(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let all = targets(ctx);
        let mut rows = Vec::new();
        for (place, step) in all.iter().enumerate() {
            let picked = self.chosen(ctx).contains(step);
            let ran = ctx.state.step(*step).started.map_or(String::new(), |at| format!(", {}", say::age(ctx, at)));
            let beside = if ctx.state.runs_beside(ctx.plan, *step) { ", runs beside" } else { "" };
            let text = format!("{} {}{ran}{beside}", say::number(ctx, *step), say::title(ctx, *step));
            let role = if picked { Role::Select } else { Role::Text };
            let mark = if picked { ">" } else { " " };
            rows.extend(say::labelled(&format!("{mark} {}", place + 1), &text, width, role, ctx));
        }
        rows.extend(say::labelled("  a", "all of them", width, Role::Text, ctx));
        rows
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
        let title = match (self.chosen(ctx).as_slice(), targets(ctx).len()) {
            (_, 0) => "Nothing runs".to_owned(),
            ([], several) => format!("{several} run: which?"),
            ([step], _) => format!("{} {}", say::number(ctx, *step), say::title(ctx, *step)),
            (more, _) => format!("all {}", more.len()),
        };
        Head { word: "STOP".into(), title, tag: String::new(), role: Role::Danger }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let mut rows = Vec::new();
        let all = targets(ctx);
        let shown = self.chosen(ctx).first().or(all.first()).copied();
        if all.len() > 1 {
            rows.extend(self.list(ctx, width));
            rows.push(Line::default());
        }
        if let Some(step) = shown {
            if all.len() == 1 {
                rows.extend(say::prose(&situation(ctx, step), width, Role::Text, ctx));
            }
            for (key, does) in ways(ctx, step) {
                rows.extend(say::labelled(&format!("  {key}"), does, width, Role::Text, ctx));
            }
        } else {
            let words = "No step runs. p holds, so that nothing starts. ! shows the ways back.";
            rows.extend(say::prose(words, width, Role::Text, ctx));
        }
        rows.extend(say::labelled("  p", "hold: what runs goes on, nothing new starts", width, Role::Text, ctx));
        rows.extend(say::labelled("  !", "roll back: shows the levels and runs nothing yet", width, Role::Text, ctx));
        if let [step] = self.chosen(ctx).as_slice() {
            rows.push(Line::default());
            rows.extend(run_rows::step_rows(ctx, *step, width));
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let words = "esc leaves it as it is. A second ^C does nothing.";
        say::prose(words, width, Role::TextDim, ctx)
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        let all = targets(ctx);
        if all.len() > 1 && self.chosen(ctx).is_empty() {
            let digits = format!("1-{}", all.len().min(9));
            return vec![
                (digits, "one".into()),
                hint("a", "all"),
                hint("p", "hold"),
                hint("!", "roll back"),
                hint("esc", "leave it"),
            ];
        }
        let mut keys: Vec<Hint> = self
            .chosen(ctx)
            .first()
            .map(|step| ways(ctx, *step))
            .unwrap_or_default()
            .into_iter()
            .map(|(key, does)| hint(key, does.split(':').next().unwrap_or(does)))
            .collect();
        keys.extend([hint("p", "hold"), hint("!", "roll back"), hint("esc", "leave it")]);
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        match key.code {
            KeyCode::Char('i') => self.stop(ctx, StopHow::Interrupt),
            KeyCode::Char('t') => self.stop(ctx, StopHow::Terminate),
            KeyCode::Char('k') => self.stop(ctx, StopHow::Kill),
            KeyCode::Char(digit @ '1'..='9') => self.pick(digit, ctx),
            KeyCode::Char('a') if targets(ctx).len() > 1 => {
                self.picked = Some(Which::All);
                Reply::Stay
            }
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

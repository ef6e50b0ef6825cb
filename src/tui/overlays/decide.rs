//! The card that decides a gate.
//!
//! GO with every point clear takes `y`; GO over open points takes the words `GO ANYWAY` and a reason for each point, and is the
//! first line of the report. NO-GO takes a reason and starts nothing. Early keys are swallowed: this one is worth the wait.

use crate::model::decide::{GO_ANYWAY, early_decision};
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::state::StepStatus;
use crate::model::text::shown;
use crate::tui::context::{Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::gate_rows;
use crate::tui::overlays::quiet::{EARLY, Quiet};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// GO or NO-GO of one gate.
#[derive(Debug)]
pub struct DecideCard {
    step: StepIx,
    go: bool,
    /// The open points that the questions were made for.
    open: Vec<String>,
    form: Form,
    quiet: Quiet,
    view: View,
}

impl DecideCard {
    /// The card as the gate stands.
    pub fn open(step: StepIx, go: bool, ctx: &Context<'_>) -> Self {
        let open = ctx.state.open_points(ctx.plan, step);
        let mut asked = Vec::new();
        if !go {
            asked.push(Question::new("Why NO-GO:", Want::Some("a reason")));
        } else if !open.is_empty() {
            asked.push(Question::exactly(GO_ANYWAY, "to go against the advice"));
            let why =
                |point: &String| Question::new(format!("{}. Why go anyway:", shown(point)), Want::Some("a reason"));
            asked.extend(open.iter().map(why));
        } else if too_early(step, ctx).is_some() {
            asked.push(Question::new("Why before its time (enter decides GO):", Want::Some("a reason")));
        }
        Self { step, go, open, form: Form::of(asked), quiet: Quiet::silent(ctx.now), view: View::default() }
    }

    fn wish(&self, ctx: &Context<'_>) -> Reply {
        let over = self.go && !self.open.is_empty();
        let reason = if over {
            let each = |(place, point): (usize, &String)| format!("{point}: {}", self.form.answer(place + 1).trim());
            self.open.iter().enumerate().map(each).collect::<Vec<_>>().join("; ")
        } else {
            self.form.answer(0).trim().to_owned()
        };
        Reply::Wish(Intent::Decide {
            step: ctx.plan.step(self.step).id.clone(),
            go: self.go,
            typed: if over { self.form.answer(0).to_owned() } else { String::new() },
            reason,
        })
    }
}

fn too_early(step: StepIx, ctx: &Context<'_>) -> Option<i64> {
    early_decision(ctx.plan, ctx.state, step, ctx.now.wall)
}

impl Face for DecideCard {
    fn step(&self) -> Option<StepIx> {
        Some(self.step)
    }

    fn head(&self, ctx: &Context<'_>) -> Head {
        let over = self.go && !self.open.is_empty();
        Head {
            word: match (self.go, over) {
                (true, false) => "GO".into(),
                (true, true) => "GO ANYWAY".into(),
                (false, _) => "NO-GO".into(),
            },
            title: format!("{} {}", say::number(ctx, self.step), say::title(ctx, self.step)),
            tag: String::new(),
            role: if over { Role::Danger } else { Role::You },
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let mut rows = gate_rows::poll(ctx, self.step, width);
        rows.extend(gate_rows::advice(ctx, self.step, width));
        let what = match (self.go, self.open.is_empty()) {
            (true, true) => "The gate becomes ok and the next step can start.",
            (true, false) => {
                "The gate becomes over, in your name: each open point is recorded with its reason, first line of the report."
            }
            (false, _) => "The gate becomes FAIL. Nothing starts by itself; what the plan proposes is shown next.",
        };
        rows.extend(say::prose(what, width, Role::Text, ctx));
        if let Some(at) = too_early(self.step, ctx) {
            let words = format!("Planned for {}. Before that a decision takes a reason.", say::ahead(ctx, at));
            rows.extend(say::prose(&words, width, Role::Warn, ctx));
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        if self.form.is_empty() {
            return say::prose("y decides GO. esc decides nothing.", width, Role::Text, ctx);
        }
        self.form.lines(width, ctx.theme)
    }

    fn keys(&self, _ctx: &Context<'_>) -> Vec<Hint> {
        let key = if self.form.is_empty() { hint("y", "GO") } else { hint("enter", "submit what is typed") };
        vec![key, hint("esc", "decide nothing")]
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.quiet.swallows(ctx.now) {
            return Reply::Say(EARLY.into());
        }
        if key.code == KeyCode::Esc {
            return Reply::Close;
        }
        let newly_early = self.go && self.form.is_empty() && too_early(self.step, ctx).is_some();
        if newly_early || self.open != ctx.state.open_points(ctx.plan, self.step) {
            *self = Self::open(self.step, self.go, ctx);
            return Reply::Say("The open points have changed. Read them again.".into());
        }
        if self.view.key(key) {
            return Reply::Stay;
        }
        if self.form.is_empty() {
            return match key.code {
                KeyCode::Char('y') => self.wish(ctx),
                KeyCode::Char('q') => Reply::Close,
                KeyCode::Enter => Reply::Say("Enter does not decide: y does.".into()),
                _ => Reply::Stay,
            };
        }
        match self.form.key(key) {
            Step::Done => self.wish(ctx),
            Step::Typed | Step::Unused => Reply::Stay,
        }
    }

    fn paste(&mut self, text: &str, ctx: &Context<'_>) -> Reply {
        if self.quiet.swallows(ctx.now) || !self.form.paste(text) {
            return Reply::Say("Paste is refused here: type it.".into());
        }
        Reply::Stay
    }

    fn has_typed(&self) -> bool {
        self.form.has_typed()
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        !self.form.is_empty()
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        ctx.state.step(self.step).status != StepStatus::You
    }

    fn view(&self) -> &View {
        &self.view
    }
}

//! The card of a message: its blanks one by one, its text as it will be said, then the command that sends it, or your word.
//!
//! What was filled in is recorded before anything is sent, and what is shown then is the record. Where no command sends it,
//! it is copied, said by a person, and only then counted as said.

use crate::model::event::Answer;
use crate::model::fill;
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::state::StepStatus;
use crate::model::step::{Notice, Work};
use crate::model::text::{shown, shown_lines};
use crate::tui::context::{Card, Context, ReasonFor, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// The card of one message.
#[derive(Debug)]
pub struct NotifyCard {
    step: StepIx,
    form: Form,
    /// The blanks were sent and their record is not back.
    sent: bool,
    view: View,
}

/// The message that a step says.
pub fn notice_of<'a>(ctx: &Context<'a>, step: StepIx) -> Option<&'a Notice> {
    match &ctx.plan.step(step).work {
        Work::Notify(notice) => Some(notice),
        _other => None,
    }
}

/// The text as it will be said: the record's once it is filled in, else as the runbook has it.
pub fn text(ctx: &Context<'_>, step: StepIx) -> String {
    let written = || {
        let notice = notice_of(ctx, step);
        ctx.state.message(notice.map_or("", |notice| ctx.plan.message_text(&notice.message)))
    };
    ctx.state.step(step).filled.clone().unwrap_or_else(written)
}

/// Who gets it: as the step says it, else the message.
pub fn to(ctx: &Context<'_>, step: StepIx) -> Option<String> {
    let notice = notice_of(ctx, step)?;
    let of_message = || ctx.plan.find_message(&notice.message).and_then(|at| ctx.plan.messages[at].to.clone());
    notice.to.clone().or_else(of_message).map(|to| say::fill(ctx, &to))
}

impl NotifyCard {
    /// The card as the message stands.
    pub fn open(step: StepIx, ctx: &Context<'_>) -> Self {
        let blanks = if ctx.state.step(step).filled.is_some() { Vec::new() } else { fill::blanks(&text(ctx, step)) };
        let asked = blanks.iter().map(|blank| Question::new(format!("<{}>", shown(blank)), Want::Some("words for it")));
        Self { step, form: Form::of(asked.collect()), sent: false, view: View::default() }
    }

    fn asks_blanks(&self, ctx: &Context<'_>) -> bool {
        !self.sent && !self.form.is_empty() && ctx.state.step(self.step).filled.is_none()
    }

    fn sends(&self, ctx: &Context<'_>) -> bool {
        notice_of(ctx, self.step).is_some_and(|notice| notice.via.is_some())
    }

    fn filled(&mut self, ctx: &Context<'_>) -> Reply {
        let wanted = fill::blanks(&text(ctx, self.step)).len();
        let blanks = (0..wanted).map(|place| self.form.answer(place).trim().to_owned()).collect();
        self.sent = true;
        Reply::Ask(Intent::Fill { step: ctx.plan.step(self.step).id.clone(), blanks })
    }

    fn said(&self, ctx: &Context<'_>) -> Reply {
        if crate::model::decide::asked_class(ctx.plan, ctx.state, self.step) > crate::model::step::Class::C1
            && ctx.state.step(self.step).status != StepStatus::You
        {
            return Reply::Over(Card::Run(self.step));
        }
        let step = ctx.plan.step(self.step).id.clone();
        Reply::Wish(Intent::Answer { step, item: 0, answer: Answer::Ok, saw: String::new() })
    }

    fn plain_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        match key.code {
            KeyCode::Char('y') => Reply::Copy(text(ctx, self.step)),
            KeyCode::Char('r') if self.sends(ctx) => Reply::Over(Card::Run(self.step)),
            KeyCode::Enter if self.sends(ctx) => Reply::Say("Enter sends nothing: r opens its run card.".into()),
            KeyCode::Enter => self.said(ctx),
            KeyCode::Char('s') => Reply::Over(Card::Reason(ReasonFor::Skip(self.step))),
            KeyCode::Char('f') if !self.sends(ctx) => Reply::Over(Card::Reason(ReasonFor::Fail(self.step))),
            KeyCode::Char('!') => Reply::Open(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            _ => {
                self.view.plain_key(key);
                Reply::Stay
            }
        }
    }
}

impl Face for NotifyCard {
    fn step(&self) -> Option<StepIx> {
        Some(self.step)
    }

    fn head(&self, ctx: &Context<'_>) -> Head {
        Head {
            word: format!("SAY {}", say::number(ctx, self.step)),
            title: say::title(ctx, self.step),
            tag: to(ctx, self.step).map_or(String::new(), |to| format!("to {to}")),
            role: Role::You,
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let filled = ctx.state.step(self.step).filled.is_some();
        let typed: Vec<String> = fill::blanks(&text(ctx, self.step))
            .iter()
            .enumerate()
            .map(|(place, blank)| match self.form.answer(place).trim() {
                "" => format!("<{blank}>"),
                words => words.to_owned(),
            })
            .collect();
        let words = if filled { text(ctx, self.step) } else { fill::fill_blanks(&text(ctx, self.step), &typed) };
        let mut rows = say::prose(&shown_lines(words.trim_end()), width, Role::TextStrong, ctx);
        rows.push(Line::default());
        if let Some(notice) = notice_of(ctx, self.step) {
            if notice.via.is_some() {
                rows.extend(say::prose("A command sends it: its run card shows it first.", width, Role::TextDim, ctx));
            }
            let moment = ctx.plan.find_message(&notice.message).and_then(|at| ctx.plan.messages[at].moment.as_ref());
            if let Some(moment) = moment {
                rows.extend(say::labelled("When", &say::fill(ctx, moment), width, Role::TextDim, ctx));
            }
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        if self.asks_blanks(ctx) {
            return self.form.lines(width, ctx.theme);
        }
        if self.sent && ctx.state.step(self.step).filled.is_none() {
            return say::prose("Asked, writing...", width, Role::TextDim, ctx);
        }
        let words = if self.sends(ctx) {
            "r opens the run card of the command that sends it. y copies the text."
        } else {
            "Copied (y)? Said? Enter records that it was said, in these words."
        };
        say::prose(words, width, Role::Text, ctx)
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.asks_blanks(ctx) {
            return vec![
                hint("enter", "next blank"),
                hint("shift tab", "one back"),
                hint("esc", "go back"),
                hint("^C", "then ! roll back"),
            ];
        }
        let mut keys = vec![hint("y", "copy")];
        keys.push(if self.sends(ctx) { hint("r", "send it") } else { hint("enter", "it was said") });
        keys.extend([hint("s", "leave out"), hint("!", "roll back"), hint("esc", "back")]);
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if !self.asks_blanks(ctx) {
            return self.plain_key(key, ctx);
        }
        if key.code == KeyCode::Esc {
            return Reply::Close;
        }
        match self.form.key(key) {
            Step::Done => self.filled(ctx),
            Step::Typed => Reply::Stay,
            Step::Unused => {
                self.view.key(key);
                Reply::Stay
            }
        }
    }

    fn paste(&mut self, text: &str, ctx: &Context<'_>) -> Reply {
        if self.asks_blanks(ctx) {
            self.form.paste(text);
        }
        Reply::Stay
    }

    fn has_typed(&self) -> bool {
        !self.sent && self.form.has_typed()
    }

    fn takes_text(&self, ctx: &Context<'_>) -> bool {
        self.asks_blanks(ctx)
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        let status = ctx.state.step(self.step).status;
        status.settled() || status == StepStatus::Running
    }

    fn view(&self) -> &View {
        &self.view
    }
}

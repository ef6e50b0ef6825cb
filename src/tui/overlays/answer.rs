//! The answer card: what a person saw, item by item, or a value that is typed and judged by the conductor.
//!
//! A bare tick is allowed only where nothing can be read off; where the runbook asks for evidence it is typed. The card shows
//! only what the records say: what was typed here is shown as asked until its record is back. A secret is never echoed.

use crate::model::event::Answer;
use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::model::state::StepStatus;
use crate::model::step::{Item, Question as Asked, Work};
use crate::tui::context::{Card, Context, ReasonFor, Reply};
use crate::tui::overlays::answer_rows as rows;
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// What was there when something was sent: the attempt, and how many answers it had.
type Before = (u32, usize);

/// The answer card of one step.
#[derive(Debug)]
pub struct AnswerCard {
    step: StepIx,
    item: usize,
    /// What is being typed, and for which answer.
    typing: Option<(Answer, Form)>,
    /// A value that was sent and not yet judged.
    sent: Option<Before>,
    /// An empty field, should it not be taken.
    again: Option<(Answer, Form)>,
    /// Why the last value was not taken.
    refused: Option<String>,
    view: View,
}

impl AnswerCard {
    /// The card at one item.
    pub fn open(step: StepIx, item: usize, ctx: &Context<'_>) -> Self {
        let typing = rows::question(ctx, step).map(|asked| (Answer::Ok, value_form(asked, ctx)));
        Self { step, item, typing, sent: None, again: None, refused: None, view: View::default() }
    }

    fn wanted<'a>(&self, ctx: &Context<'a>) -> Option<&'a Item> {
        match &ctx.plan.step(self.step).work {
            Work::Check(items) => items.get(self.item),
            Work::Run(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => {
                None
            }
            Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
                None
            }
        }
    }

    fn before(&self, ctx: &Context<'_>) -> Before {
        let own = ctx.state.step(self.step);
        (own.attempt, own.answers.len())
    }

    /// Whether what was sent came back and did not hold.
    fn judged_bad(&self, ctx: &Context<'_>) -> bool {
        let back = self.sent.is_some_and(|before| before != self.before(ctx));
        back && ctx.state.step(self.step).status == StepStatus::Failed
    }

    fn answer(&mut self, answer: Answer, saw: String, ctx: &Context<'_>) -> Reply {
        let items = rows::items(ctx, self.step);
        let open = |place: &usize| *place != self.item && !rows::is_answered(ctx, self.step, *place);
        let next = (self.item + 1..items).find(open).or_else(|| (0..items).find(open));
        let intent = Intent::Answer { step: ctx.plan.step(self.step).id.clone(), item: self.item, answer, saw };
        self.typing = None;
        match next {
            Some(next) => {
                self.item = next;
                Reply::Ask(intent)
            }
            None => Reply::Wish(intent),
        }
    }

    fn type_for(&mut self, answer: Answer, label: &'static str) -> Reply {
        let form = Form::of(vec![Question::new(label, Want::Some("what you saw"))]);
        self.typing = Some((answer, form));
        Reply::Stay
    }

    fn item_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        let Some(wanted) = self.wanted(ctx) else {
            return Reply::Close;
        };
        // One that is judged has no number: what was seen is always said.
        let typed = wanted.evidence || wanted.expect.is_some() || wanted.judged;
        let last = rows::items(ctx, self.step).saturating_sub(1);
        match key.code {
            // "Yes" to what must not hold would read as its opposite.
            KeyCode::Char('y') if rows::on_no_go_side(ctx, self.step) => {
                Reply::Say("y could mean either here: space, it is clear; f, it holds.".into())
            }
            KeyCode::Char(' ' | 'y') | KeyCode::Enter if typed => self.type_for(Answer::Ok, "What did you see?"),
            KeyCode::Char(' ' | 'y') => self.answer(Answer::Ok, String::new(), ctx),
            KeyCode::Char('e') => self.type_for(Answer::Ok, "What did you see?"),
            KeyCode::Char('f') => self.type_for(Answer::Failed, rows::failed_label(ctx, self.step)),
            KeyCode::Char('n') => self.type_for(Answer::NotApplicable, "Why does it not apply?"),
            KeyCode::Char('j') | KeyCode::Down => {
                self.item = (self.item + 1).min(last);
                Reply::Stay
            }
            KeyCode::Char('k') | KeyCode::Up => {
                self.item = self.item.saturating_sub(1);
                Reply::Stay
            }
            KeyCode::Enter => Reply::Say("Enter does not answer: space does.".into()),
            KeyCode::Char('!') => Reply::Open(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            _ => Reply::Stay,
        }
    }

    /// Keys while a value is on its way, or came back and did not hold.
    fn sent_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        match key.code {
            KeyCode::Char('e') => {
                self.typing = rows::question(ctx, self.step).map(|asked| (Answer::Ok, value_form(asked, ctx)));
                self.sent = None;
                Reply::Stay
            }
            KeyCode::Char('v') if self.judged_bad(ctx) => Reply::Open(Card::Reason(ReasonFor::Accept(self.step))),
            KeyCode::Char('!') => Reply::Open(Card::RollBack),
            KeyCode::Char('f' | 'q') | KeyCode::Esc => Reply::Close,
            _ => Reply::Stay,
        }
    }

    fn typed_key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        let value = rows::question(ctx, self.step).is_some();
        if key.code == KeyCode::Esc {
            if value {
                return Reply::Close;
            }
            self.typing = None;
            return Reply::Stay;
        }
        let before = self.before(ctx);
        let Some((answer, form)) = &mut self.typing else {
            return Reply::Stay;
        };
        if form.key(key) != Step::Done {
            return Reply::Stay;
        }
        if !value {
            let (answer, saw) = (*answer, form.answer(0).trim().to_owned());
            return self.answer(answer, saw, ctx);
        }
        let Some(field) = form.field() else {
            return Reply::Stay;
        };
        let value = field.take_secret();
        self.again = rows::question(ctx, self.step).map(|asked| (Answer::Ok, value_form(asked, ctx)));
        self.typing = None;
        self.refused = None;
        self.sent = Some(before);
        Reply::Ask(Intent::Value { step: ctx.plan.step(self.step).id.clone(), value })
    }
}

fn value_form(asked: &Asked, ctx: &Context<'_>) -> Form {
    let label = rows::value_label(asked, ctx);
    Form::of(vec![if asked.secret { Question::hidden(label) } else { Question::new(label, Want::Some("a value")) }])
}

impl Face for AnswerCard {
    fn step(&self) -> Option<StepIx> {
        Some(self.step)
    }

    fn head(&self, ctx: &Context<'_>) -> Head {
        Head {
            word: format!("{} {}", rows::word(ctx, self.step), say::number(ctx, self.step)),
            title: say::title(ctx, self.step),
            tag: String::new(),
            role: Role::You,
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let (rows, at) = rows::body(ctx, self.step, self.item, width);
        self.view.show(at);
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        if let Some((_, form)) = &self.typing {
            let why = self.refused.as_deref().filter(|_| !form.has_typed());
            let mut lines = why.map_or(Vec::new(), |why| say::prose(why, width, Role::Fail, ctx));
            lines.extend(form.lines(width, ctx.theme));
            return lines;
        }
        if self.judged_bad(ctx) {
            let mut lines = rows::verdict(ctx, self.step, width);
            let words = "f leave it failed   e read it again   v accept anyway (name and reason)";
            lines.extend(say::prose(words, width, Role::Text, ctx));
            return lines;
        }
        if self.sent.is_some() {
            return say::prose("Asked, writing... e types it again.", width, Role::TextDim, ctx);
        }
        say::prose(rows::how(ctx, self.step, self.wanted(ctx)), width, Role::Text, ctx)
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.typing.is_some() {
            return vec![hint("enter", "submit what is typed"), hint("esc", "go back"), hint("^C", "then ! roll back")];
        }
        if self.sent.is_some() {
            return vec![hint("e", "re-read"), hint("f", "fail"), hint("v", "accept anyway"), hint("esc", "go back")];
        }
        let ok = rows::ok_word(ctx, self.step);
        let yes = if rows::on_no_go_side(ctx, self.step) { "space" } else { "space y" };
        let mut keys = vec![hint(yes, ok), hint("f", rows::failed_word(ctx, self.step)), hint("n", "n/a")];
        keys.extend([hint("e", "with evidence"), hint("esc", "go back"), hint("!", "roll back")]);
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.typing.is_some() {
            self.typed_key(key, ctx)
        } else if self.sent.is_some() {
            self.sent_key(key, ctx)
        } else {
            self.item_key(key, ctx)
        }
    }

    fn paste(&mut self, text: &str, _ctx: &Context<'_>) -> Reply {
        if let Some((_, form)) = &mut self.typing {
            form.paste(text);
        }
        Reply::Stay
    }

    fn not_taken(&mut self, why: &str) {
        if let Some(again) = self.again.take() {
            self.sent = None;
            self.typing = Some(again);
            self.refused = Some(format!("Not taken: {}", say::ended(why)));
        }
    }

    fn has_typed(&self) -> bool {
        self.typing.as_ref().is_some_and(|(_, form)| form.has_typed())
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        self.typing.is_some()
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        ctx.state.step(self.step).status.settled()
    }

    fn view(&self) -> &View {
        &self.view
    }
}

//! A run that another operator conducted: what stands open, who decided what; a name and a reason take it over, and then the
//! decisions of others are stood by or not.
//!
//! Everything is to be read to the last line before anything can be typed. Opens by itself, so early keys are swallowed; closed
//! with `esc` it leaves the run where it is, and nothing of it goes on.

use crate::model::intent::Intent;
use crate::model::text::shown;
use crate::tui::context::{Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::quiet::{EARLY, Quiet};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// What is typed to stand by decisions.
const WORD: &str = "stand by";

/// The card of a run in other hands.
#[derive(Debug)]
pub struct HandOverCard {
    /// Whether the run is still to be taken over; else decisions are to be stood by.
    takes: bool,
    form: Form,
    quiet: Quiet,
    view: View,
}

impl HandOverCard {
    /// Nothing is typed at first.
    pub fn open(ctx: &Context<'_>) -> Self {
        let takes = ctx.state.handover.is_some();
        let questions = if takes {
            let name = Question::new("You take this run over. Your name:", Want::Some("a name"));
            vec![name, Question::new("Why:", Want::Some("a reason"))]
        } else {
            vec![Question::exactly(WORD, "to go on from these decisions")]
        };
        Self { takes, form: Form::of(questions), quiet: Quiet::silent(ctx.now), view: View::default() }
    }

    fn taking(ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let Some(open) = &ctx.state.handover else { return Vec::new() };
        let other = open.to.other_than(&open.from).join(", ");
        let said = format!("Another {other} than before. Nothing of this run goes on until you took it over.");
        let mut rows = say::prose(&said, width, Role::TextStrong, ctx);
        rows.extend(say::labelled("Before", &shown(&open.from.shown()), width, Role::Text, ctx));
        rows.extend(say::labelled("Now", &shown(&open.to.shown()), width, Role::Text, ctx));
        rows.extend(list("Open:", ctx.state.left_open(ctx.plan), "Nothing is under way or owed.", (ctx, width)));
        let decisions = ctx.state.decisions(ctx.plan, None);
        rows.extend(list("Decided:", decisions, "No gate is decided.", (ctx, width)));
        rows
    }

    fn standing(ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let old = ctx.state.old_decisions();
        let said = "Decided under another operator, and old until you stand by it. To ask again instead: esc, then \
                    :recycle and the gate's number.";
        let mut rows = say::prose(said, width, Role::TextStrong, ctx);
        rows.extend(list("Old:", ctx.state.decisions(ctx.plan, Some(&old)), "", (ctx, width)));
        rows
    }
}

fn list(head: &str, lines: Vec<String>, none: &str, (ctx, width): (&Context<'_>, usize)) -> Vec<Line<'static>> {
    let mut rows = vec![Line::default()];
    rows.extend(say::prose(head, width, Role::TextDim, ctx));
    if lines.is_empty() {
        rows.extend(say::prose(none, width, Role::Text, ctx));
    }
    for line in lines {
        rows.extend(say::prose(&shown(&line), width, Role::Text, ctx));
    }
    rows
}

impl Face for HandOverCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        let word = if self.takes { "TAKE OVER" } else { "OLD DECISIONS" };
        Head { word: word.into(), title: say::fill(ctx, &ctx.plan.title), tag: String::new(), role: Role::You }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let rows = if self.takes { Self::taking(ctx, width) } else { Self::standing(ctx, width) };
        Body { must_read: rows.len(), rows }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        if self.takes_text(ctx) {
            self.form.lines(width, ctx.theme)
        } else {
            say::prose("Read to the last line first: space reads on.", width, Role::Warn, ctx)
        }
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.takes_text(ctx) {
            vec![hint("enter", "submit what is typed"), hint("PgUp", "read again"), hint("esc", "look around first")]
        } else {
            vec![hint("space", "read on"), hint("esc", "look around first")]
        }
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.quiet.swallows(ctx.now) {
            return Reply::Say(EARLY.into());
        }
        if key.code == KeyCode::Esc {
            return Reply::Close;
        }
        let text = self.takes_text(ctx);
        if self.view.key(key) || (!text && self.view.plain_key(key)) {
            return Reply::Stay;
        }
        if !text {
            return Reply::Say("Read to the last line first: space reads on.".into());
        }
        if self.form.key(key) != Step::Done {
            return Reply::Stay;
        }
        if self.takes {
            let (name, reason) = (self.form.answer(0).trim().to_owned(), self.form.answer(1).trim().to_owned());
            return Reply::Wish(Intent::HandOver { name, reason });
        }
        let steps = ctx.state.old_decisions().into_iter().map(|ix| ctx.plan.step(ix).id.clone()).collect();
        Reply::Wish(Intent::StandBy { steps })
    }

    fn paste(&mut self, text: &str, ctx: &Context<'_>) -> Reply {
        if self.takes_text(ctx) && !self.quiet.swallows(ctx.now) {
            self.form.paste(text);
        }
        Reply::Stay
    }

    fn has_typed(&self) -> bool {
        self.form.has_typed()
    }

    fn takes_text(&self, _ctx: &Context<'_>) -> bool {
        self.view.was_read()
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        if self.takes { ctx.state.handover.is_none() } else { ctx.state.old_decisions().is_empty() }
    }

    fn view(&self) -> &View {
        &self.view
    }
}

//! The card on which a person types what a probe reads that no command can read.
//!
//! The value goes to the conductor, which judges it for all that watch the probe. Pasted text is taken; a value is never a
//! verdict.

use crate::model::ids::ProbeIx;
use crate::model::intent::Intent;
use crate::model::step::Question as Asked;
use crate::model::time::plan_length;
use crate::model::watch::Source;
use crate::tui::context::{Context, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::overlays::{answer_rows, expect_words};
use crate::tui::theme::Role;
use crate::tui::watched;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// A reading in the making.
#[derive(Debug)]
pub struct ReadingCard {
    probe: ProbeIx,
    form: Form,
    view: View,
}

fn question<'a>(ctx: &Context<'a>, probe: ProbeIx) -> Option<&'a Asked> {
    match &ctx.plan.probe(probe).source {
        Source::Measure(asked) => Some(asked),
        Source::Command(_) => None,
    }
}

impl ReadingCard {
    /// The card of one probe.
    pub fn open(probe: ProbeIx, ctx: &Context<'_>) -> Self {
        let form = question(ctx, probe).map(|asked| {
            let label = answer_rows::value_label(asked, ctx);
            Form::of(vec![if asked.secret {
                Question::hidden(label)
            } else {
                Question::new(label, Want::Some("a value"))
            }])
        });
        Self { probe, form: form.unwrap_or_default(), view: View::default() }
    }
}

impl Face for ReadingCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        let title = say::fill(ctx, &ctx.plan.probe(self.probe).title);
        Head { word: "READ".into(), title, tag: say::second(ctx, ctx.now.wall), role: Role::You }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let probe = ctx.plan.probe(self.probe);
        let last = watched::reading(ctx.plan, ctx.state, self.probe, ctx.now);
        let mut rows = say::labelled("Last", &format!("{}, {}", last.value, last.age), width, last.role, ctx);
        rows.extend(say::labelled("Every", &plan_length(probe.every), width, Role::Text, ctx));
        if let Some(expect) = question(ctx, self.probe).and_then(|asked| asked.expect.as_ref()) {
            rows.extend(say::labelled("Wants", &expect_words::of_value(expect).join(", "), width, Role::Text, ctx));
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        self.form.lines(width, ctx.theme)
    }

    fn keys(&self, _ctx: &Context<'_>) -> Vec<Hint> {
        vec![hint("enter", "record the value"), hint("esc", "go back"), hint("^C", "then ! roll back")]
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if key.code == KeyCode::Esc {
            return Reply::Close;
        }
        if self.form.key(key) != Step::Done {
            return Reply::Stay;
        }
        let Some(field) = self.form.field() else { return Reply::Close };
        let value = field.take_secret();
        Reply::Wish(Intent::Reading { probe: ctx.plan.probe(self.probe).id.clone(), value })
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

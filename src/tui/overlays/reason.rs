//! Cards that ask why: leave out, not applicable, done outside, failed, accepted, released early, aborted.
//!
//! Every one costs a reason, accepting a failure also a name, because they are counted on every later gate. Pasted text is
//! taken: reasons are often ticket texts.

use crate::model::ids::StepIx;
use crate::model::intent::Intent;
use crate::tui::context::{Context, ReasonFor, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::form::{Form, Question, Step, Want};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// A reason, and for what.
#[derive(Debug)]
pub struct ReasonCard {
    why: ReasonFor,
    form: Form,
    view: View,
}

fn step_of(why: ReasonFor) -> Option<StepIx> {
    match why {
        ReasonFor::Skip(step)
        | ReasonFor::NotApplicable(step)
        | ReasonFor::Hand(step)
        | ReasonFor::Fail(step)
        | ReasonFor::Accept(step)
        | ReasonFor::Release(step)
        | ReasonFor::EndMonitor { step, .. }
        | ReasonFor::Recycle(step) => Some(step),
        ReasonFor::Abort | ReasonFor::Trip(_) | ReasonFor::GoOnDespite(_) | ReasonFor::CloseRisk(_) => None,
    }
}

/// The word, what will happen, and what is asked.
fn words(why: ReasonFor) -> (&'static str, &'static str, &'static str) {
    match why {
        ReasonFor::Skip(_) => (
            "LEAVE OUT",
            "It is left out: its status becomes skip, with your reason, and counts on every later gate.",
            "Why is it left out?",
        ),
        ReasonFor::NotApplicable(_) => (
            "NOT APPLICABLE",
            "It becomes n/a by your word, with your reason, and counts on every later gate.",
            "Why does it not apply?",
        ),
        ReasonFor::Hand(_) => (
            "DONE OUTSIDE",
            "It becomes hand: done outside, claimed by you. tminus has not seen it.",
            "How was it done, and how do you know?",
        ),
        ReasonFor::Fail(_) => ("FAILED", "It becomes FAIL. The run waits for what you do next.", "What failed?"),
        ReasonFor::Accept(_) => (
            "ACCEPT ANYWAY",
            "It stays failed and the run goes past it: over, in the name of who accepts it.",
            "Why is it safe to go on?",
        ),
        ReasonFor::Release(_) => ("END THE WAIT", "The countdown ends now instead of at its time.", "Why early?"),
        ReasonFor::Abort => (
            "ABORT",
            "The run ends before its end. What was done stays done; what is owed is still asked. ! goes back instead.",
            "Why does the run end here?",
        ),
        ReasonFor::Trip(_) => (
            "TRIPPED",
            "The trigger trips by your word, on every screen. Nothing is rolled back by it: that stays a decision.",
            "What did you see?",
        ),
        ReasonFor::GoOnDespite(_) => (
            "GO ON",
            "The run goes on though the trigger tripped, in the name of who says so. It is asked again after 5 minutes.",
            "Why is it safe to go on?",
        ),
        ReasonFor::EndMonitor { ok: true, .. } => {
            ("ALL IS WELL", "It ends now, as ok by your word.", "What did you see?")
        }
        ReasonFor::EndMonitor { ok: false, .. } => {
            ("NOT WELL", "It ends now, as FAIL by your word. The run waits for what you do next.", "What did you see?")
        }
        ReasonFor::Recycle(_) => (
            "BEGIN AGAIN",
            "The run goes back to this step: it and all after it become old and are gone through again. Nothing is undone.",
            "Why again from here?",
        ),
        ReasonFor::CloseRisk(_) => (
            "CLOSE RISK",
            "It counts as closed, by your word. A blocker that is closed keeps nothing from starting.",
            "Why is it closed?",
        ),
    }
}

impl ReasonCard {
    /// The card that asks why.
    pub fn open(why: ReasonFor, ctx: &Context<'_>) -> Self {
        let mut asked = vec![Question::new(words(why).2, Want::Some("a reason"))];
        if let ReasonFor::Accept(_) = why {
            let me = say::who(ctx);
            asked.push(Question::new(format!("Who accepts it ({me} types a name):"), Want::Some("a name")));
        }
        if let ReasonFor::GoOnDespite(_) = why {
            let me = say::who(ctx);
            asked.push(Question::new(format!("Whose word is it ({me} types a name):"), Want::Some("a name")));
        }
        Self { why, form: Form::of(asked), view: View::default() }
    }

    fn wish(&self, ctx: &Context<'_>) -> Intent {
        let reason = self.form.answer(0).trim().to_owned();
        let id = |step: StepIx| ctx.plan.step(step).id.clone();
        match self.why {
            ReasonFor::Skip(step) => Intent::Skip { step: id(step), reason },
            ReasonFor::NotApplicable(step) => Intent::NotApplicable { step: id(step), reason },
            ReasonFor::Hand(step) => Intent::Hand { step: id(step), reason },
            ReasonFor::Fail(step) => Intent::Fail { step: id(step), reason },
            ReasonFor::Accept(step) => {
                Intent::Accept { step: id(step), reason, name: self.form.answer(1).trim().to_owned() }
            }
            ReasonFor::Release(step) => Intent::Release { step: id(step), reason },
            ReasonFor::Abort => Intent::Abort { reason },
            ReasonFor::Trip(ix) => Intent::Trip { trigger: ctx.plan.trigger(ix).id.clone(), reason },
            ReasonFor::GoOnDespite(ix) => Intent::GoOnDespite {
                trigger: ctx.plan.trigger(ix).id.clone(),
                reason,
                name: self.form.answer(1).trim().to_owned(),
            },
            ReasonFor::EndMonitor { step, ok } => Intent::EndMonitor { step: id(step), ok, reason },
            ReasonFor::Recycle(step) => Intent::Recycle { to: id(step), reason },
            ReasonFor::CloseRisk(at) => Intent::CloseRisk { risk: ctx.plan.risks[at].id.clone(), reason },
        }
    }
}

/// What it is about.
fn title(why: ReasonFor, ctx: &Context<'_>) -> String {
    match why {
        ReasonFor::Trip(ix) | ReasonFor::GoOnDespite(ix) => say::fill(ctx, &ctx.plan.trigger(ix).title),
        ReasonFor::CloseRisk(at) => {
            let risk = &ctx.plan.risks[at];
            format!("{} {}", crate::model::text::shown(risk.id.as_str()), say::fill(ctx, &risk.title))
        }
        ReasonFor::Abort => say::fill(ctx, &ctx.plan.title),
        ReasonFor::Skip(step)
        | ReasonFor::NotApplicable(step)
        | ReasonFor::Hand(step)
        | ReasonFor::Fail(step)
        | ReasonFor::Accept(step)
        | ReasonFor::Release(step)
        | ReasonFor::EndMonitor { step, .. }
        | ReasonFor::Recycle(step) => format!("{} {}", say::number(ctx, step), say::title(ctx, step)),
    }
}

impl Face for ReasonCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        let title = title(self.why, ctx);
        let role = match self.why {
            ReasonFor::Accept(_) | ReasonFor::Abort | ReasonFor::GoOnDespite(_) | ReasonFor::Trip(_) => Role::Danger,
            ReasonFor::Fail(_) | ReasonFor::EndMonitor { ok: false, .. } => Role::Fail,
            ReasonFor::EndMonitor { ok: true, .. } => Role::Ok,
            ReasonFor::Skip(_) | ReasonFor::NotApplicable(_) | ReasonFor::Hand(_) | ReasonFor::Release(_) => Role::Warn,
            ReasonFor::Recycle(_) | ReasonFor::CloseRisk(_) => Role::Warn,
        };
        Head { word: words(self.why).0.into(), title, tag: String::new(), role }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let mut rows = say::prose(words(self.why).1, width, Role::Text, ctx);
        if let Some(step) = step_of(self.why) {
            for check in &ctx.state.step(step).checks {
                let line =
                    format!("{}: {}", crate::model::text::shown(&check.want), crate::model::text::shown(&check.saw));
                let role = if check.ok { Role::Ok } else { Role::Fail };
                rows.extend(say::labelled(if check.ok { "  ok" } else { "  FAIL" }, &line, width, role, ctx));
            }
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        self.form.lines(width, ctx.theme)
    }

    fn keys(&self, _ctx: &Context<'_>) -> Vec<Hint> {
        vec![hint("enter", "submit what is typed"), hint("esc", "go back"), hint("^C", "then ! roll back")]
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if key.code == KeyCode::Esc {
            return Reply::Close;
        }
        if self.view.key(key) {
            return Reply::Stay;
        }
        match self.form.key(key) {
            Step::Done => Reply::Wish(self.wish(ctx)),
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

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        let over = ctx.state.aborted.is_some() || ctx.state.ended.is_some();
        match self.why {
            ReasonFor::Recycle(_) => over,
            ReasonFor::Trip(ix) => over || ctx.state.trigger(ix).tripped.is_some(),
            ReasonFor::GoOnDespite(ix) => over || ctx.state.trigger(ix).tripped.is_none(),
            ReasonFor::CloseRisk(at) => over || !ctx.state.is_risk_open(ctx.plan, at),
            _of_a_step => match step_of(self.why) {
                Some(step) => ctx.state.step(step).status.settled(),
                None => over,
            },
        }
    }

    fn view(&self) -> &View {
        &self.view
    }
}

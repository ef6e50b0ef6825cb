//! The card of a trigger that tripped: what was measured, what the plan says, what going on costs.
//!
//! It opens by itself and so swallows early keys. It never asks "roll back?": the plan's way is what is offered, and going on
//! takes a reason and a name. `a` says "I see it". Closing it decides nothing: every screen keeps saying that it tripped.

use crate::model::ids::TriggerIx;
use crate::model::intent::Intent;
use crate::model::text::shown;
use crate::model::watch::Outcome;
use crate::tui::context::{Card, Context, ReasonFor, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::quiet::{EARLY, Quiet};
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::theme::Role;
use crate::tui::{proposals, watched};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::Line;

/// The card of one trigger.
#[derive(Debug)]
pub struct TriggerCard {
    trigger: TriggerIx,
    quiet: Quiet,
    view: View,
}

impl TriggerCard {
    /// The card of a trigger as it stands.
    pub fn open(trigger: TriggerIx, ctx: &Context<'_>) -> Self {
        Self { trigger, quiet: Quiet::silent(ctx.now), view: View::default() }
    }

    fn acked(&self, ctx: &Context<'_>) -> bool {
        ctx.state.trigger(self.trigger).acked.is_some()
    }

    fn proposed<'a>(&self, ctx: &Context<'a>) -> Option<&'a Outcome> {
        ctx.plan.trigger(self.trigger).then.as_ref()
    }

    fn take_proposal(&self, ctx: &Context<'_>) -> Reply {
        match self.proposed(ctx) {
            Some(Outcome::RollBack(_)) => Reply::Over(Card::RollBack),
            Some(Outcome::Call(procedure)) => Reply::Over(Card::Call(ctx.plan.find_procedure(procedure))),
            Some(Outcome::Hold) => self.hold(ctx),
            Some(Outcome::Abort) => Reply::Over(Card::Reason(ReasonFor::Abort)),
            Some(Outcome::Recycle(step)) => match ctx.plan.find(step) {
                Some(step) => Reply::Over(Card::Reason(ReasonFor::Recycle(step))),
                None => Reply::Stay,
            },
            Some(Outcome::GoOn) => self.go_on(),
            None => Reply::Say("The plan proposes nothing here. ! shows the ways back.".into()),
        }
    }

    fn go_on(&self) -> Reply {
        Reply::Over(Card::Reason(ReasonFor::GoOnDespite(self.trigger)))
    }

    fn hold(&self, ctx: &Context<'_>) -> Reply {
        match ctx.state.hold {
            Some(_) => Reply::Say("It is held already.".into()),
            None => {
                let title = shown(&ctx.plan.trigger(self.trigger).title).into_owned();
                Reply::Ask(Intent::Hold { reason: format!("tripped: {title}") })
            }
        }
    }
}

impl Face for TriggerCard {
    fn head(&self, ctx: &Context<'_>) -> Head {
        let since = ctx.state.trigger(self.trigger).tripped.as_ref().map(|tripped| tripped.since);
        Head {
            word: "TRIPPED".into(),
            title: say::fill(ctx, &ctx.plan.trigger(self.trigger).title),
            tag: since.map_or(String::new(), |since| format!("{} ago", say::age(ctx, since))),
            role: Role::Danger,
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let (trigger, own) = (ctx.plan.trigger(self.trigger), ctx.state.trigger(self.trigger));
        let mut rows = Vec::new();
        if let Some(tripped) = &own.tripped {
            let at = say::second(ctx, tripped.since.wall);
            let what = format!("{} (at {at}, {})", shown(&tripped.why), shown(&tripped.by.shown()));
            rows.extend(say::labelled("Measured", &what, width, Role::Danger, ctx));
        }
        if let Some(probe) = trigger.probe.as_ref().and_then(|id| ctx.plan.find_probe(id)) {
            let now = watched::reading(ctx.plan, ctx.state, probe, ctx.now);
            rows.extend(say::labelled("Now", &format!("{}, {}", now.value, now.age), width, now.role, ctx));
            let spark =
                watched::spark(ctx.state, probe, Some(trigger.id.as_str()), width.saturating_sub(10), ctx.theme.glyphs);
            if !spark.is_empty() {
                rows.extend(say::labelled("Readings", &spark, width, Role::TextDim, ctx));
            }
        }
        let says = self
            .proposed(ctx)
            .map_or("nothing: the decision is yours".to_owned(), |outcome| proposals::words(ctx.plan, outcome));
        rows.extend(say::labelled("Plan says", &says, width, Role::TextStrong, ctx));
        if let Some(role) = &trigger.role {
            rows.extend(say::labelled("Whose", &shown(role.as_str()), width, Role::Text, ctx));
        }
        if let Some((at, by)) = &own.acked {
            let seen = format!("{} at {}", shown(&by.shown()), say::second(ctx, at.wall));
            rows.extend(say::labelled("Seen by", &seen, width, Role::Text, ctx));
        }
        if let Some(went_on) = &own.went_on {
            let words = format!(
                "{}: {} (asked again {})",
                shown(&went_on.name),
                shown(&went_on.reason),
                watched::asked_again(ctx.state, went_on)
            );
            rows.extend(say::labelled("Goes on", &words, width, Role::Warn, ctx));
        }
        if let Some(why) = &trigger.why {
            rows.extend(say::labelled("Why", &say::why(ctx, why), width, Role::TextDim, ctx));
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let says = self.proposed(ctx).map_or("The plan proposes nothing.".to_owned(), |outcome| match outcome {
            Outcome::RollBack(_) => proposals::sentence(ctx.plan, outcome),
            _other => format!("The plan says {}: t takes you there.", proposals::words(ctx.plan, outcome)),
        });
        let words = match width {
            0..50 => says,
            _ => format!("{says} Going on needs a reason and a name (v)."),
        };
        say::prose(&words, width, Role::TextStrong, ctx)
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        let mut keys = Vec::new();
        if !self.acked(ctx) {
            keys.push(hint("a", "I see it"));
        }
        keys.push(hint("!", "roll back"));
        match self.proposed(ctx) {
            Some(Outcome::RollBack(_)) | None => {}
            Some(Outcome::Hold | Outcome::Abort | Outcome::GoOn | Outcome::Recycle(_) | Outcome::Call(_)) => {
                keys.push(hint("t", "what the plan says"));
            }
        }
        keys.extend([hint("v", "go on: reason, name"), hint("p", "hold"), hint("c", "note"), hint("esc", "not yet")]);
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if !self.view.was_drawn() {
            // Typed for what was on the screen before: nobody has seen this card yet.
            self.quiet = Quiet::silent(ctx.now);
            return Reply::Say(EARLY.into());
        }
        if self.quiet.swallows(ctx.now) {
            return Reply::Say(EARLY.into());
        }
        match key.code {
            KeyCode::Char('a' | ' ') if self.acked(ctx) => Reply::Say("It was seen already.".into()),
            KeyCode::Char('a' | ' ') => Reply::Ask(Intent::Ack { trigger: ctx.plan.trigger(self.trigger).id.clone() }),
            KeyCode::Char('t') => self.take_proposal(ctx),
            KeyCode::Char('v') => self.go_on(),
            KeyCode::Char('p') => self.hold(ctx),
            KeyCode::Char('c') => Reply::Over(Card::Note(None)),
            KeyCode::Char('!') => Reply::Over(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            KeyCode::Enter => Reply::Say("Enter decides nothing here: a, !, or v.".into()),
            _ => {
                self.view.plain_key(key);
                Reply::Stay
            }
        }
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        let own = ctx.state.trigger(self.trigger);
        let back = ctx.state.going_back();
        own.tripped.is_none() || own.went_on.is_some() || ctx.state.ended.is_some() || back
    }

    fn view(&self) -> &View {
        &self.view
    }
}

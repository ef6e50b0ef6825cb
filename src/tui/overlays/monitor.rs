//! The card of a monitor that looks on: what it read, how that went, its checks, and its verdict before its time.
//!
//! Its checks are answered here as a gate's criteria are. Ending it early takes a verdict and what was seen; the card itself
//! never judges: a monitor ends by its readings and its time, or by a person's word.

use crate::model::ids::StepIx;
use crate::model::state::StepStatus;
use crate::model::step::{Class, Work};
use crate::model::text::shown;
use crate::model::time::plan_length;
use crate::model::watch::Monitor;
use crate::tui::context::{Card, Context, ReasonFor, Reply};
use crate::tui::overlays::face::Face;
use crate::tui::overlays::say::{self, hint};
use crate::tui::overlays::sheet::{Body, Head, Hint};
use crate::tui::overlays::view::View;
use crate::tui::overlays::{expect_words, gate};
use crate::tui::theme::Role;
use crate::tui::theme::marks::Standing;
use crate::tui::watched;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::text::{Line, Span};

/// The card of one monitor.
#[derive(Debug)]
pub struct MonitorCard {
    step: StepIx,
    at: usize,
    ending: bool,
    view: View,
}

fn monitor_of<'a>(ctx: &Context<'a>, step: StepIx) -> Option<&'a Monitor> {
    match &ctx.plan.step(step).work {
        Work::Monitor(monitor) => Some(monitor),
        _other => None,
    }
}

/// What the monitor wants, watches and has seen, in rows; step pane and card show the same.
pub fn facts(ctx: &Context<'_>, step: StepIx, width: usize) -> Vec<(&'static str, String, Role)> {
    let Some(monitor) = monitor_of(ctx, step) else { return Vec::new() };
    let own = ctx.state.step(step);
    let mut rows = Vec::new();
    if let Some(text) = &monitor.text {
        rows.push(("watch", say::fill(ctx, text), Role::TextStrong));
    }
    if let Some(probe) = monitor.probe.as_ref().and_then(|id| ctx.plan.find_probe(id)) {
        let now = watched::reading(ctx.plan, ctx.state, probe, ctx.now);
        let title = shown(&ctx.plan.probe(probe).title).into_owned();
        rows.push(("reads", format!("{title} {}, {}", now.value, now.age), now.role));
        let id = ctx.plan.step(step).id.as_str();
        let spark = watched::spark(ctx.state, probe, Some(id), width.saturating_sub(8), ctx.theme.glyphs);
        if !spark.is_empty() {
            rows.push(("", spark, Role::TextDim));
        }
    }
    let lines = |expect| expect_words::of_value(expect).join(", ");
    if let Some(ok) = &monitor.ok {
        rows.push(("ok", lines(ok), Role::Text));
    }
    if let Some(trip) = &monitor.trip {
        let lasting =
            if trip.lasting.is_zero() { String::new() } else { format!(" for {}", plan_length(trip.lasting)) };
        rows.push(("trips", format!("{}{lasting}", lines(&trip.expect)), Role::Text));
    }
    if let Some(until) = &monitor.until {
        rows.push(("until", lines(until), Role::Text));
    }
    if let Some(lasts) = monitor.lasts {
        rows.push(("lasts", plan_length(lasts), Role::Text));
    }
    if own.status == StepStatus::Running {
        let (words, role) = watched::monitor(ctx.plan, ctx.state, step, ctx.now);
        rows.push(("stands", words, role));
    }
    rows
}

impl MonitorCard {
    /// The card, its first open check marked.
    pub fn open(step: StepIx, ctx: &Context<'_>) -> Self {
        let checks = monitor_of(ctx, step).map_or(&[][..], |monitor| &monitor.checks);
        let open = |check: &StepIx| !ctx.state.step(*check).status.settled();
        Self { step, at: checks.iter().position(open).unwrap_or(0), ending: false, view: View::default() }
    }

    fn marked(&self, ctx: &Context<'_>) -> Option<StepIx> {
        monitor_of(ctx, self.step)?.checks.get(self.at).copied()
    }

    fn run(&self, ctx: &Context<'_>) -> Reply {
        let Some(check) = self.marked(ctx) else { return Reply::Stay };
        let reads = ctx.plan.step(check).command().is_some();
        if reads && ctx.plan.step(check).class() == Class::C0 && !ctx.state.step(check).status.open() {
            let step = ctx.plan.step(check).id.clone();
            return Reply::Ask(crate::model::intent::Intent::Run { step, typed: Default::default() });
        }
        if reads { Reply::Over(Card::Run(check)) } else { gate::answer_of(ctx, check) }
    }

    fn ending_key(&mut self, key: KeyEvent) -> Reply {
        self.ending = false;
        match key.code {
            KeyCode::Char('o') => Reply::Over(Card::Reason(ReasonFor::EndMonitor { step: self.step, ok: true })),
            KeyCode::Char('f') => Reply::Over(Card::Reason(ReasonFor::EndMonitor { step: self.step, ok: false })),
            _ => Reply::Stay,
        }
    }
}

impl Face for MonitorCard {
    fn step(&self) -> Option<StepIx> {
        Some(self.step)
    }

    fn head(&self, ctx: &Context<'_>) -> Head {
        let left = ctx.state.step(self.step).until.map(|until| crate::tui::words::until(until, ctx.now));
        Head {
            word: format!("LOOKS ON {}", say::number(ctx, self.step)),
            title: say::title(ctx, self.step),
            tag: left.map_or(String::new(), |left| format!("{left} left")),
            role: Role::Run,
        }
    }

    fn body(&self, ctx: &Context<'_>, width: usize) -> Body {
        let mut rows = Vec::new();
        for (label, text, role) in facts(ctx, self.step, width.saturating_sub(2)) {
            rows.extend(say::labelled(label, &text, width, role, ctx));
        }
        let checks = monitor_of(ctx, self.step).map_or(&[][..], |monitor| &monitor.checks);
        let mut marked = 0;
        for (place, check) in checks.iter().enumerate() {
            if place == self.at {
                marked = rows.len();
            }
            let status = ctx.state.step(*check).status;
            let standing = Standing::Is(status);
            let saw =
                ctx.state.step(*check).answers.values().next_back().map(|answered| shown(&answered.saw).into_owned());
            let saw = saw.filter(|saw| !saw.is_empty()).map_or(String::new(), |saw| format!("  \"{saw}\""));
            let text = format!("{:<4} {} {}{saw}", standing.word(), say::number(ctx, *check), say::title(ctx, *check));
            let role = if status == StepStatus::NotYet { Role::Text } else { standing.role() };
            let mark = if place == self.at { "> " } else { "  " };
            for (part, row) in crate::tui::widgets::wrap::words(&text, width.saturating_sub(2)).into_iter().enumerate()
            {
                let mark = if part == 0 { mark } else { "  " };
                rows.push(Line::from(vec![
                    Span::styled(mark, ctx.theme.style(Role::Focus)),
                    Span::styled(row, ctx.theme.style(role)),
                ]));
            }
        }
        if !checks.is_empty() {
            self.view.show(marked);
        }
        Body { rows, must_read: 0 }
    }

    fn foot(&self, ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
        let words = if self.ending {
            "Ends it now. o: all is well   f: it is not   esc: not yet"
        } else if self.marked(ctx).is_some() {
            "Enter answers the check that is marked. v ends it with a verdict and what you saw."
        } else {
            "It ends by itself where it can. v ends it with a verdict and what you saw."
        };
        say::prose(words, width, Role::Text, ctx)
    }

    fn keys(&self, ctx: &Context<'_>) -> Vec<Hint> {
        if self.ending {
            return vec![hint("o", "all is well"), hint("f", "not well"), hint("esc", "not yet")];
        }
        let mut keys = Vec::new();
        if self.marked(ctx).is_some() {
            keys.extend([hint("enter", "answer"), hint("r", "run"), hint("j k", "mark")]);
        }
        keys.extend([hint("v", "verdict"), hint("c", "note"), hint("!", "roll back"), hint("esc", "back")]);
        keys
    }

    fn key(&mut self, key: KeyEvent, ctx: &Context<'_>) -> Reply {
        if self.ending {
            return self.ending_key(key);
        }
        let last = monitor_of(ctx, self.step).map_or(0, |monitor| monitor.checks.len().saturating_sub(1));
        match key.code {
            KeyCode::Char('v' | 's') => {
                self.ending = true;
                Reply::Stay
            }
            KeyCode::Char('j') | KeyCode::Down if last > 0 => {
                self.at = (self.at + 1).min(last);
                Reply::Stay
            }
            KeyCode::Char('k') | KeyCode::Up if last > 0 => {
                self.at = self.at.saturating_sub(1);
                Reply::Stay
            }
            KeyCode::Enter | KeyCode::Char('e') => {
                self.marked(ctx).map_or(Reply::Stay, |check| gate::answer_of(ctx, check))
            }
            KeyCode::Char('r') => self.run(ctx),
            KeyCode::Char('c') => Reply::Over(Card::Note(Some(self.step))),
            KeyCode::Char('!') => Reply::Open(Card::RollBack),
            KeyCode::Esc | KeyCode::Char('q') => Reply::Close,
            _ => {
                self.view.plain_key(key);
                Reply::Stay
            }
        }
    }

    fn is_over(&self, ctx: &Context<'_>) -> bool {
        ctx.state.step(self.step).status != StepStatus::Running
    }

    fn view(&self) -> &View {
        &self.view
    }
}

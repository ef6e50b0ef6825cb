//! What the roll-back card says of a level: budget, what it loses, until when it fits, and every command that it runs now.
//!
//! The commands are those of `RunState::level_path`, the same that the conductor takes: undos of what was really done, newest
//! first, then the level's own steps.

use crate::model::ids::LevelIx;
use crate::model::schedule;
use crate::model::text::shown;
use crate::model::time::plan_length;
use crate::tui::context::Context;
use crate::tui::overlays::{run_rows, say};
use crate::tui::proposals;
use crate::tui::theme::Role;
use crate::tui::widgets::wrap;
use ratatui::text::{Line, Span};

/// Every level, mildest first, with all of its commands.
pub fn all(ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
    let mut rows = why_now(ctx, width);
    for place in 0..ctx.plan.levels.len() {
        rows.extend(level(ctx, LevelIx(place), width));
    }
    if let Some(trigger) = proposals::undecided(ctx.state) {
        let title = say::fill(ctx, &ctx.plan.trigger(trigger).title);
        let words = format!("Keep going though {title}: needs a reason and a name; asked again in 5m");
        rows.extend(say::labelled("  0", &words, width, Role::Text, ctx));
    }
    let bare: Vec<String> =
        ctx.state.no_way_back_known(ctx.plan).into_iter().map(|step| say::number(ctx, step)).collect();
    if !bare.is_empty() {
        let words = format!("Done, and without a way back of its own: {}.", say::listed(&bare));
        rows.extend(say::prose(&words, width, Role::Warn, ctx));
    }
    rows
}

/// What tripped, and what the plan says now.
fn why_now(ctx: &Context<'_>, width: usize) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    if let Some(trigger) = proposals::tripped(ctx.state).first().copied() {
        let title = say::fill(ctx, &ctx.plan.trigger(trigger).title);
        let why = ctx.state.trigger(trigger).tripped.as_ref().map_or(String::new(), |tripped| tripped.why.clone());
        rows.extend(say::labelled("Trigger", &format!("{title}: {}", shown(&why)), width, Role::Danger, ctx));
    }
    if let Some(level) = proposals::level(ctx.plan, ctx.state) {
        let level = ctx.plan.level(level);
        rows.extend(say::labelled("Plan says", shown(level.id.as_str()).as_ref(), width, Role::TextStrong, ctx));
    }
    if let Some(level) = schedule::needed_level(ctx.plan, ctx.state) {
        let level = ctx.plan.level(level);
        let words = format!("{}: a milder one does not take back all that began", shown(level.id.as_str()));
        rows.extend(say::labelled("Needed", &words, width, Role::Warn, ctx));
    }
    if let Some(words) = schedule::in_time_words(ctx.plan, ctx.state, ctx.now) {
        rows.extend(say::labelled("Window", &shown(&words), width, Role::TimeOver, ctx));
    }
    rows
}

/// One level with all of its commands.
pub fn level(ctx: &Context<'_>, ix: LevelIx, width: usize) -> Vec<Line<'static>> {
    let level = ctx.plan.level(ix);
    let named = if proposals::level(ctx.plan, ctx.state) == Some(ix) { "  <- the plan says this one" } else { "" };
    let title = format!("{} {}{named}", shown(level.id.as_str()), say::fill(ctx, &level.title));
    let mut rows = Vec::new();
    for (part, row) in wrap::words(&title, width.saturating_sub(5)).into_iter().enumerate() {
        let digit = if part == 0 { format!("  {}  ", ix.0 + 1) } else { " ".repeat(5) };
        rows.push(Line::from(vec![
            Span::styled(digit, ctx.theme.style(Role::Key)),
            Span::styled(row, ctx.theme.style(Role::TextStrong)),
        ]));
    }
    let inset = width.saturating_sub(5);
    let mut inner = facts(ctx, ix, inset);
    if let Some(why) = &level.why {
        inner.extend(say::prose(&say::why(ctx, why), inset, Role::TextDim, ctx));
    }
    if let Some(why) = cannot_take(ctx, ix) {
        inner.extend(say::prose(&why, inset, Role::TextDim, ctx));
    } else {
        for step in ctx.state.level_path(ctx.plan, ix) {
            inner.extend(run_rows::step_rows(ctx, step, inset));
        }
    }
    rows.extend(inner.into_iter().map(|mut row| {
        row.spans.insert(0, Span::raw(" ".repeat(5)));
        row
    }));
    rows
}

/// Budget, loss, latest start.
fn facts(ctx: &Context<'_>, ix: LevelIx, width: usize) -> Vec<Line<'static>> {
    let level = ctx.plan.level(ix);
    let budget = level.budget.map_or("no budget named".into(), |budget| format!("plan {}", plan_length(budget)));
    let (loses, role) = if level.loses_nothing() {
        ("loses nothing".to_owned(), Role::Text)
    } else {
        let what = say::fill(ctx, level.loses.as_deref().unwrap_or("something"));
        (format!("DESTRUCTIVE: loses {what}"), Role::Danger)
    };
    let mut rows = say::prose(&format!("{budget}, {loses}"), width, role, ctx);
    if let Some((words, role)) = latest(ctx, ix) {
        rows.extend(say::prose(&words, width, role, ctx));
    }
    let milder = schedule::needed_level(ctx.plan, ctx.state).filter(|needed| *needed > ix);
    if let Some(needed) = milder {
        let words = format!(
            "Not enough: {} is needed now. It takes an override with a reason.",
            shown(ctx.plan.level(needed).id.as_str())
        );
        rows.extend(say::prose(&words, width, Role::Danger, ctx));
    } else if !schedule::offered(ctx.plan, ctx.state, ix) {
        let until = level.until.map_or(String::new(), |step| format!(" ({})", say::number(ctx, step)));
        let words = format!("Past its point of no return{until}: it takes an override with a reason.");
        rows.extend(say::prose(&words, width, Role::Danger, ctx));
    }
    rows
}

/// `latest start 18:02 (1h15 left)`, or that it no longer fits.
fn latest(ctx: &Context<'_>, ix: LevelIx) -> Option<(String, Role)> {
    let stop = say::hour(ctx, ctx.state.hard_stop?);
    let start = schedule::latest_start(ctx.plan, ctx.state, ix)?;
    Some(match say::left(ctx, start) {
        Some(left) => (
            format!("latest start {} ({left} left)", say::hour(ctx, start)),
            if start - ctx.now.wall < 1_800_000_000 { Role::TimeSoon } else { Role::TimeOk },
        ),
        None => (format!("can no longer finish by {stop}"), Role::TimeOver),
    })
}

/// Why a level cannot be taken now.
pub fn cannot_take(ctx: &Context<'_>, ix: LevelIx) -> Option<String> {
    let id = shown(ctx.plan.level(ix).id.as_str());
    if ctx.state.started.is_none() {
        return Some("The run is not started yet: nothing was done that could be taken back.".into());
    }
    let under_way = ctx.state.rollback.as_ref().is_some_and(|taken| taken.ended.is_none() && taken.level == ix);
    if under_way {
        return Some(format!("{id} is under way."));
    }
    if ctx.state.level_path(ctx.plan, ix).is_empty() {
        return Some("Nothing to undo: nothing that it takes back was done.".into());
    }
    None
}

/// What runs is stopped before a level begins.
pub fn first_stopped(ctx: &Context<'_>) -> Option<String> {
    let running = ctx.state.running();
    let names: Vec<String> = running.iter().map(|step| say::number(ctx, *step)).collect();
    if names.is_empty() {
        return None;
    }
    Some(format!("{} runs and is stopped first (TERM, 5 s grace, KILL).", say::listed(&names)))
}

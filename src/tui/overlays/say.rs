//! Words and rows that several cards share: the environment, the clock, lists in words, labelled rows.
//!
//! Every foreign text passes `model::text` here or in the card that shows it. Pure: plan, state and the frame's instant in,
//! text out.

use crate::model::ids::StepIx;
use crate::model::plan::{Environment, EnvironmentKind};
use crate::model::schedule;
use crate::model::state::StepStatus;
use crate::model::text::{shown, shown_lines};
use crate::model::time::Stamp;
use crate::tui::context::Context;
use crate::tui::theme::Role;
use crate::tui::widgets::wrap;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Cells of a label such as `Changes   `.
const LABEL: usize = 10;

/// The environment as every card names it, and its role: words first, colour second.
pub fn band(ctx: &Context<'_>, environment: &Environment) -> (String, Role) {
    let role = match (ctx.state.is_drill(), environment.kind) {
        (true, _) => Role::EnvDrill,
        (false, EnvironmentKind::Production) => Role::EnvProd,
        (false, EnvironmentKind::Staging | EnvironmentKind::Local) => Role::EnvStaging,
    };
    let width = if ctx.state.is_drill() { 34 } else { 28 };
    (wrap::cut(&ctx.state.band_at(environment), width), role)
}

/// `2.3` of a step.
pub fn number(ctx: &Context<'_>, step: StepIx) -> String {
    shown(&ctx.plan.step(step).number).into_owned()
}

/// A step's title as people read it.
pub fn title(ctx: &Context<'_>, step: StepIx) -> String {
    fill(ctx, &ctx.plan.step(step).title)
}

/// A text for people: filled in, then made safe.
pub fn fill(ctx: &Context<'_>, text: &str) -> String {
    shown(ctx.state.fill(text).trim()).into_owned()
}

/// A reason of the author's, filled in: its paragraphs and lists kept, its line ends not.
pub fn why(ctx: &Context<'_>, text: &str) -> String {
    shown_lines(&wrap::reflowed(ctx.state.fill(text).trim()))
}

/// An instant to come: `2026-11-21 15:00 EST (in 12:04)`.
pub fn ahead(ctx: &Context<'_>, wall: i64) -> String {
    let left = Duration::from_micros(u64::try_from(wall.saturating_sub(ctx.now.wall)).unwrap_or(0));
    let at = schedule::format_wall(wall, &ctx.state.zone, None).unwrap_or_else(|| "?".into());
    format!("{at} (in {})", crate::model::time::clock_length(left))
}

/// Time of day in T0's zone: `15:04`.
pub fn hour(ctx: &Context<'_>, wall: i64) -> String {
    schedule::format_wall(wall, &ctx.state.zone, Some("%H:%M")).unwrap_or_else(|| "?".into())
}

/// Time of day with seconds in T0's zone: `15:04:09`.
pub fn second(ctx: &Context<'_>, wall: i64) -> String {
    schedule::format_wall(wall, &ctx.state.zone, Some("%H:%M:%S")).unwrap_or_else(|| "?".into())
}

/// How long ago, `0:12`, by the wall where the instant is of another boot.
pub fn age(ctx: &Context<'_>, at: Stamp) -> String {
    crate::model::time::clock_length(since(ctx, at))
}

fn since(ctx: &Context<'_>, at: Stamp) -> Duration {
    let wall = u64::try_from(ctx.now.wall.saturating_sub(at.wall)).unwrap_or(0);
    Duration::from_micros(wall)
}

/// A length from now to then, `1h15`, whole minutes; `None` where it is over.
pub fn left(ctx: &Context<'_>, wall: i64) -> Option<String> {
    let micros = wall.checked_sub(ctx.now.wall).filter(|left| *left > 0)?;
    let minutes = micros / 60_000_000;
    Some(match (minutes / 60, minutes % 60) {
        (0, 0) => "under a minute".into(),
        (0, minutes) => format!("{minutes}m"),
        (hours, minutes) => format!("{hours}h{minutes:02}"),
    })
}

/// A sentence with its full stop, unless it has an end of its own.
pub fn ended(sentence: &str) -> String {
    if sentence.ends_with(['.', '?', '!', ':', '…']) { sentence.to_owned() } else { format!("{sentence}.") }
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// `1 step`, `3 steps`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The role that a status is drawn in; its word says the same.
pub fn status_role(status: StepStatus) -> Role {
    match status {
        StepStatus::Ok | StepStatus::Hand => Role::Ok,
        StepStatus::Late | StepStatus::Over | StepStatus::Stopped | StepStatus::Old | StepStatus::Claim => Role::Warn,
        StepStatus::Running => Role::Run,
        StepStatus::You => Role::You,
        StepStatus::Failed | StepStatus::TimedOut => Role::Fail,
        StepStatus::Unknown => Role::Unknown,
        StepStatus::NotYet | StepStatus::Skipped | StepStatus::NotApplicable | StepStatus::Back => Role::TextDim,
    }
}

/// Who acts on this screen, as far as the records say: the driver, else the operator.
pub fn who(ctx: &Context<'_>) -> String {
    let driver =
        ctx.state.driver.and_then(|driver| ctx.state.clients.get(&driver)).map(|client| client.who.name.clone());
    let operator = || ctx.state.facts.as_ref().map(|facts| facts.operator.clone());
    driver.or_else(operator).unwrap_or_default()
}

/// Prose in rows of `width`.
pub fn prose(text: &str, width: usize, role: Role, ctx: &Context<'_>) -> Vec<Line<'static>> {
    wrap::words(text, width).into_iter().map(|row| Line::styled(row, ctx.theme.style(role))).collect()
}

/// `Changes   production: …` with the rows after the first set in under the first.
pub fn labelled(label: &str, text: &str, width: usize, role: Role, ctx: &Context<'_>) -> Vec<Line<'static>> {
    let indent = if width >= 3 * LABEL { LABEL } else { 2 };
    let dim = ctx.theme.style(Role::TextDim);
    let mut rows = Vec::new();
    let mut start = format!("{label:<LABEL$}");
    if indent < LABEL {
        rows.push(Line::styled(label.to_owned(), dim));
        start = " ".repeat(indent);
    }
    for row in wrap::words(text, width.saturating_sub(indent)) {
        rows.push(Line::from(vec![
            Span::styled(std::mem::replace(&mut start, " ".repeat(indent)), dim),
            Span::styled(row, ctx.theme.style(role)),
        ]));
    }
    rows
}

/// A hint of the key line.
pub fn hint(key: &str, word: &str) -> (String, String) {
    (key.to_owned(), word.to_owned())
}

//! A command as it will run, in numbered rows: wrapped, never cut, with trailing space made visible.
//!
//! What you see is what runs: the arguments come from `decide::invocation`, the same that the conductor records. Values that
//! were filled in are drawn apart. Environment and standard input of the step stand with it. Run card and levels call it.

use crate::model::decide::invocation;
use crate::model::fill::{self, Piece};
use crate::model::ids::StepIx;
use crate::model::place;
use crate::model::step::{Command, Program};
use crate::model::text::shown;
use crate::model::time::plan_length;
use crate::tui::context::Context;
use crate::tui::theme::Role;
use crate::tui::widgets::wrap;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// `as maya@jump2, in /srv/app, shell bash, limit 5m, no retry`, or on which other machine; `Err` says why it cannot run.
pub fn where_it_runs(ctx: &Context<'_>, step: StepIx, command: &Command) -> Result<String, String> {
    let runs = invocation(ctx.plan, ctx.state, step, command).map_err(|refusal| refusal.0)?;
    let shell = match &command.program {
        Program::Text { shell, strict: true, .. } => format!("shell {}", shell.program()),
        Program::Text { shell, strict: false, .. } => {
            format!("shell {}, not strict: a failing line does not stop it", shell.program())
        }
        Program::Argv(_) => "no shell".into(),
    };
    let limit =
        runs.timeout.map_or("no limit".into(), |limit| format!("limit {}", plan_length(Duration::from_micros(limit))));
    let retry = command
        .retry
        .map_or("no retry".into(), |retry| format!("up to {} tries, {} apart", retry.times, plan_length(retry.every)));
    let place = place::words(ctx.plan, ctx.state, command, &runs);
    let terminal = if command.tty { ", with a terminal of its own" } else { "" };
    Ok(format!("{}{terminal}, {shell}, {limit}, {retry}", shown(&place)))
}

/// The command in rows of at most `width` cells.
pub fn rows(ctx: &Context<'_>, step: StepIx, command: &Command, width: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Vec<Span<'static>>> = Vec::new();
    for (name, value) in &command.env {
        let mut line = vec![Span::styled(format!("{}=", shown(name)), ctx.theme.style(Role::Cmd))];
        line.extend(filled(ctx, step, value));
        lines.push(line);
    }
    match &command.program {
        Program::Text { text, .. } => {
            for line in command.script().as_deref().unwrap_or(text).trim_end_matches('\n').split('\n') {
                lines.push(vec![Span::styled(line.to_owned(), ctx.theme.style(Role::Cmd))]);
            }
        }
        Program::Argv(words) => lines.push(argv(ctx, step, words)),
    }
    let mut rows = numbered(ctx, lines, width);
    if let Some(stdin) = &command.stdin {
        rows.push(Line::styled("Standard input:", ctx.theme.style(Role::TextDim)));
        let lines = stdin.trim_end_matches('\n').split('\n').map(|line| filled(ctx, step, line)).collect();
        rows.extend(numbered(ctx, lines, width));
    }
    rows
}

/// A command text of the runbook itself, as it stands, in rows of at most `width` cells.
pub fn plain(ctx: &Context<'_>, text: &str, width: usize) -> Vec<Line<'static>> {
    let style = ctx.theme.style(Role::Cmd);
    let lines = text.trim_end_matches('\n').split('\n');
    numbered(ctx, lines.map(|line| vec![Span::styled(line.to_owned(), style)]).collect(), width)
}

/// The command as one text, to see whether it changed while a card was open.
pub fn fingerprint(ctx: &Context<'_>, step: StepIx, command: &Command) -> String {
    let runs = invocation(ctx.plan, ctx.state, step, command);
    let env: Vec<String> =
        command.env.iter().map(|(name, value)| format!("{name}={}", ctx.state.fill(value))).collect();
    let stdin = command.stdin.as_deref().map(|stdin| ctx.state.fill(stdin));
    format!("{runs:?} {env:?} {stdin:?}")
}

fn value_of(ctx: &Context<'_>, step: StepIx, name: &str, format: Option<&str>) -> Option<String> {
    match name {
        "STEP_ID" => Some(ctx.plan.step(step).id.0.clone()),
        "ATTEMPT" => Some((ctx.state.step(step).attempt + 1).to_string()),
        _ if ctx.state.builtin(name, format).is_some() => ctx.state.builtin(name, format),
        _ => {
            let bound = ctx.state.vars.get(name)?;
            Some(bound.value.clone().unwrap_or_else(|| "******".into()))
        }
    }
}

fn filled(ctx: &Context<'_>, step: StepIx, text: &str) -> Vec<Span<'static>> {
    let own = ctx.theme.style(Role::Cmd);
    let put_in = ctx.theme.style(Role::CmdFilled);
    fill::pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(plain) => Span::styled(plain.to_owned(), own),
            Piece::Name { name, format } => match value_of(ctx, step, name, format) {
                Some(value) => Span::styled(value, put_in),
                None => Span::styled(format!("${{{name}}}"), own),
            },
        })
        .collect()
}

/// Arguments with quotes where a reader would otherwise not see where one ends.
fn argv(ctx: &Context<'_>, step: StepIx, words: &[String]) -> Vec<Span<'static>> {
    let own = ctx.theme.style(Role::Cmd);
    let mut line = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let spans = filled(ctx, step, word);
        let whole: String = spans.iter().map(|span| span.content.as_ref()).collect();
        let odd = |letter: char| letter.is_whitespace() || "'\"\\$`|&;<>()*?[]{}!#~".contains(letter);
        let quote = if whole.is_empty() || whole.contains(odd) { "'" } else { "" };
        let space = if place > 0 { " " } else { "" };
        line.push(Span::styled(format!("{space}{quote}"), own));
        line.extend(spans);
        line.push(Span::styled(quote.to_owned(), own));
    }
    line
}

fn numbered(ctx: &Context<'_>, lines: Vec<Vec<Span<'static>>>, width: usize) -> Vec<Line<'static>> {
    let gutter = lines.len().to_string().len().max(2) + 3;
    let dim = ctx.theme.style(Role::TextDim);
    let mut rows = Vec::new();
    for (place, line) in lines.into_iter().enumerate() {
        let safe = Line::from(visible(ctx, line));
        for (part, row) in wrap::styled(&safe, width.saturating_sub(gutter)).into_iter().enumerate() {
            let head = if part == 0 { format!("{:>1$}  ", place + 1, gutter - 2) } else { " ".repeat(gutter) };
            let mut spans = vec![Span::styled(head, dim)];
            spans.extend(row.spans);
            rows.push(Line::from(spans));
        }
    }
    rows
}

/// Each span through the one door, and the space at the line's end as words.
fn visible(ctx: &Context<'_>, line: Vec<Span<'static>>) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> =
        line.into_iter().map(|span| Span::styled(shown(&span.content).into_owned(), span.style)).collect();
    let mut trailing = 0;
    while let Some(last) = spans.last_mut() {
        let kept = last.content.trim_end_matches(' ').to_owned();
        trailing += last.content.len() - kept.len();
        if kept.is_empty() {
            spans.pop();
        } else {
            last.content = kept.into();
            break;
        }
    }
    if trailing > 0 {
        let words = format!("<{trailing} space{}>", if trailing == 1 { "" } else { "s" });
        spans.push(Span::styled(words, ctx.theme.style(Role::Warn)));
    }
    spans
}

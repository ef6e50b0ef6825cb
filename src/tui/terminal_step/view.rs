//! The frame of a terminal step: one line that says whose terminal it is, the terminal, and the key line.
//!
//! The way out stands on the key line all the time; what is said to the operator takes the line above. Changes nothing but the
//! size that the last frame had room for.

use super::emulator::Size;
use super::{TerminalStep, paint};
use crate::model::output::Exit;
use crate::model::text::shown;
use crate::tui::context::Context;
use crate::tui::theme::Role;
use crate::tui::widgets::fit;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// What is said around the terminal.
pub struct Frame<'a> {
    /// What was said last to the operator.
    pub message: Option<&'a str>,
    /// Whether this screen drives.
    pub drives: bool,
}

/// Draws a terminal step into `area`.
pub fn draw(
    frame: &mut ratatui::Frame<'_>,
    area: Rect,
    step: &TerminalStep,
    (around, ctx): (&Frame<'_>, &Context<'_>),
) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    let (head, foot) = (u16::from(area.height >= 4), u16::from(area.height >= 2));
    let inner = Rect { y: area.y + head, height: area.height - head - foot, ..area };
    step.drawn.set(Some(Size { rows: inner.height, cols: inner.width }));
    let width = usize::from(area.width);
    if head == 1 {
        let line = match around.message {
            Some(words) => Line::from(Span::styled(format!(" {}", shown(words)), ctx.theme.style(Role::Warn))),
            None => head_line(step, ctx),
        };
        frame.buffer_mut().set_line(area.x, area.y, &fit::cut_line(line, width), area.width);
    }
    paint::paint(frame, inner, &step.emulator, ctx.theme);
    if foot == 1 {
        let line = fit::cut_line(key_line(step, around, ctx), width);
        frame.buffer_mut().set_line(area.x, area.y + area.height - 1, &line, area.width);
    }
    if !step.over
        && around.drives
        && let Some(at) = paint::cursor(inner, &step.emulator)
    {
        frame.set_cursor_position(at);
    }
}

fn head_line(step: &TerminalStep, ctx: &Context<'_>) -> Line<'static> {
    let planned = ctx.plan.step(step.step);
    let mut line = Line::from(Span::styled(format!(" {} ", shown(&planned.number)), ctx.theme.style(Role::TextStrong)));
    line.push_span(Span::styled(shown(&planned.title).into_owned(), ctx.theme.style(Role::TextStrong)));
    if let Some(target) = planned.command().and_then(|command| ctx.plan.elsewhere(command)) {
        let place = target.ssh.as_deref().unwrap_or(target.id.as_str());
        line.push_span(Span::styled(
            format!("  on {} ({})", shown(target.id.as_str()), shown(place)),
            ctx.theme.style(Role::Cmd),
        ));
    }
    line.push_span(Span::styled(format!("  {}", verdict(step, ctx)), ctx.theme.style(Role::TextDim)));
    if let Some(hold) = &ctx.state.hold {
        line.push_span(Span::styled(format!("  HELD: {}", shown(&hold.reason)), ctx.theme.style(Role::Hold)));
    }
    line
}

/// How it stands: it runs, or how it ended and what that was judged.
fn verdict(step: &TerminalStep, ctx: &Context<'_>) -> String {
    let own = ctx.state.step(step.step);
    if own.attempt != step.attempt {
        return "This try is over; another runs.".into();
    }
    if !step.over {
        return format!("try {}, recorded", step.attempt);
    }
    let exit = match own.exit {
        Some(Exit::Code(code)) => format!("exit {code}"),
        Some(Exit::Signal(signal)) => format!("ended by signal {signal}"),
        None => "its end was not seen".into(),
    };
    let word = own.status.word();
    format!("{word}: {exit}")
}

fn key_line(step: &TerminalStep, around: &Frame<'_>, ctx: &Context<'_>) -> Line<'static> {
    let key = |text: &str| Span::styled(text.to_owned(), ctx.theme.style(Role::Key));
    let dim = |text: &str| Span::styled(text.to_owned(), ctx.theme.style(Role::TextDim));
    if step.over {
        return Line::from(vec![key(" enter"), dim(" to the screens"), key("   !"), dim(" roll back")]);
    }
    let mut line = Line::from(vec![key(" ^]"), dim(" to the screens: stop, roll back")]);
    if around.drives {
        line.extend([key("   ^] ^]"), dim(" sends it"), key("   ^C"), dim(" goes to the program")]);
    } else {
        line.push_span(dim("   only the screen that drives types"));
    }
    line
}

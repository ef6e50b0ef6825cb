//! The one-line screen, below 40x8: where the run stands, for how long, and how to see more. Nothing is refused here either.

use super::{Scene, put, rows_of};
use crate::model::text::shown;
use crate::model::time::clock_length;
use crate::tui::theme::Role;
use crate::tui::views::header;
use crate::tui::widgets::{fit, wrap};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Draws it into the first rows of a screen of any size.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let (plan, state) = (scene.ctx.plan, scene.state());
    let width = usize::from(area.width);
    let band = state.band_word(&plan.environment);
    let mut text = format!("{band} {}", scene.cut.map_or(state.status().word(), |(word, _)| word));
    let at = state.running().first().copied().or_else(|| state.next(plan));
    if let Some(ix) = at {
        let own = state.step(ix);
        text = format!(
            "{band} {} {}",
            super::list::seen(scene, ix, state.next(plan)).word(),
            shown(&plan.step(ix).number)
        );
        if let Some(elapsed) = state.elapsed(ix, scene.ctx.now).filter(|_| own.status.open() && scene.cut.is_none()) {
            text.push_str(&format!(" {}", clock_length(elapsed)));
        }
    }
    let mut lines = vec![fit::cut_line(Line::styled(text, scene.style(header::band_role(scene))), width)];
    if !scene.ctx.trouble.is_empty() {
        lines.push(fit::cut_line(scene.line(shown(scene.ctx.trouble).into_owned(), Role::Danger), width));
    }
    if let Some(message) = scene.message {
        lines.extend(wrap::words(message, width.max(1)).into_iter().map(|row| scene.line(row, Role::Warn)));
    }
    lines.extend(
        wrap::words("Make the window bigger, or --linear.", width.max(1))
            .into_iter()
            .map(|row| scene.line(row, Role::TextDim)),
    );
    put(frame, rows_of(area, 0, area.height), &lines);
}

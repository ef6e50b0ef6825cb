//! What happened, in order: time, T, word, step, and who said or did what. Follows the run until it is scrolled.

use super::{Scene, put};
use crate::model::plan::Plan;
use crate::model::state::{Entry, Log};
use crate::model::text::shown;
use crate::tui::sought::Sought;
use crate::tui::theme::Role;
use crate::tui::widgets::fit;
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Entries that the search lets through, oldest first.
pub fn entries<'a>(plan: &Plan, log: &'a Log, sought: &str) -> Vec<&'a Entry> {
    let sought = Sought::read(sought);
    log.iter().filter(|entry| sought.is_empty() || sought.fits(plan, entry)).collect()
}

/// Where nothing is to be listed: why.
pub fn nothing(log: &Log) -> &'static str {
    if log.is_empty() { " Nothing has happened yet." } else { " Nothing fits. who: step: class: word: narrow it." }
}

/// Draws the log.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let state = scene.state();
    let found = entries(scene.ctx.plan, &state.log, &scene.eye.search.text);
    if found.is_empty() {
        put(frame, area, &[scene.line(nothing(&state.log), Role::TextDim)]);
        return;
    }
    let selected = found.len() - 1 - scene.eye.log_at.unwrap_or(0).min(found.len() - 1);
    let window = scene.eye.log.window(found.len(), usize::from(area.height), Some(selected));
    let width = usize::from(area.width);
    let lines: Vec<Line<'static>> =
        window.clone().map(|place| row(scene, found[place], place == selected, width)).collect();
    put(frame, area, &lines);
    if let Ok(y) = u16::try_from(selected - window.start) {
        frame.buffer_mut().set_style(super::rows_of(area, y, 1), scene.style(Role::Select));
    }
}

fn row(scene: &Scene<'_>, entry: &Entry, selected: bool, width: usize) -> Line<'static> {
    let state = scene.state();
    let t = state.t0.map_or(String::new(), |t0| words::t_words(entry.at.wall.saturating_sub(t0)));
    let number = entry.step.map_or(String::new(), |ix| shown(&scene.ctx.plan.step(ix).number).into_owned());
    let mut line = Line::from(vec![
        scene.span(if selected { ">" } else { " " }, Role::Focus),
        scene.span(words::second(state, entry.at.wall), Role::TextDim),
        scene.span(" ", Role::Text),
    ]);
    if width >= 60 {
        line.push_span(scene.span(fit::left(&t, 10), Role::TextDim));
        line.push_span(scene.span(fit::left(&number, 7), Role::TextDim));
    }
    line.push_span(scene.span(fit::left(entry.word, 9), role(entry.word)));
    line.push_span(scene.span(shown(&entry.text).into_owned(), Role::Text));
    fit::cut_line(line, width)
}

/// The role of an entry's word.
pub(super) fn role(word: &str) -> Role {
    match word {
        "ok" | "hand" | "end" => Role::Ok,
        "FAIL" | "time" | "stop" | "abort" => Role::Fail,
        "RUN" | "start" => Role::Run,
        "you" => Role::You,
        "hold" | "pause" => Role::Hold,
        "late" | "over" | "alarm" | "clock" => Role::Warn,
        "?" | "newer" => Role::Unknown,
        "rollback" => Role::Danger,
        _ => Role::TextDim,
    }
}

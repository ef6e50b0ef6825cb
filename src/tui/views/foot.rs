//! The foot that never scrolls away: what is said to the operator, what is next in plain words, and the keys that work here.

use super::{Scene, put, rows_of};
use crate::tui::eye::Screen;
use crate::tui::keymap;
use crate::tui::theme::Role;
use crate::tui::widgets::{fit, wrap};
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

/// Rows of the NEXT line at this width: one where it fits, two where there is room for them.
pub fn next_rows(area: Rect, scene: &Scene<'_>) -> u16 {
    match (area.width, area.height) {
        (100.., 30..) if wrap::width(&next_text(scene)) + 10 > usize::from(area.width) => 2,
        (100.., _) | (_, 0..9) => 1,
        (60.., 0..16) => 1,
        _ => 2,
    }
}

/// Draws NEXT in `next` rows and the keys below it into the last rows of `area`; a message lies above them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>, next: u16) {
    let keys = rows_of(area, area.height.saturating_sub(1), 1);
    let place = rows_of(area, area.height.saturating_sub(1 + next), next);
    put(frame, place, &next_lines(scene, usize::from(area.width), usize::from(next)));
    put(frame, keys, &[key_line(scene, usize::from(area.width))]);
    if let Some(message) = scene.message {
        say(frame, rows_of(area, 0, area.height.saturating_sub(1 + next)), scene, message);
    }
}

fn next_lines(scene: &Scene<'_>, width: usize, most: usize) -> Vec<Line<'static>> {
    let label = match (width, scene.replay) {
        (60.., Some(_)) => " THEN    ",
        (60.., None) => " NEXT    ",
        _ => " ",
    };
    let indent = wrap::width(label);
    let text = next_text(scene);
    let mut rows = wrap::words(&text, width.saturating_sub(indent + 1));
    let long = rows.len() > most;
    rows.truncate(most);
    let mut lines = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let before = if place == 0 { label.to_owned() } else { " ".repeat(indent) };
        let row = if long && place + 1 == most {
            wrap::cut(&format!("{row}...."), width.saturating_sub(indent + 1))
        } else {
            row.clone()
        };
        lines.push(Line::from(vec![scene.span(before, Role::TextDim), scene.span(row, Role::TextStrong)]));
    }
    lines
}

/// Whether the mark was moved off the step that NEXT names: Enter is about the mark then.
fn mark_is_elsewhere(scene: &Scene<'_>) -> bool {
    let next = scene.state().next(scene.ctx.plan).filter(|_| scene.state().started.is_some());
    !scene.eye.follow && next.is_some() && scene.eye.selected.step() != next
}

/// Whether Enter is about what is marked on this screen, and not about the run's next step.
fn has_a_mark_of_its_own(scene: &Scene<'_>) -> bool {
    !crate::tui::things::of(scene.ctx.plan, scene.state(), scene.eye.screen).is_empty()
}

/// What is next, as far as this screen has a part in it.
fn next_text(scene: &Scene<'_>) -> String {
    if let Some((_, next)) = scene.cut {
        return next.to_owned();
    }
    let (plan, now) = (scene.ctx.plan, scene.ctx.now);
    if scene.replay.is_some() {
        return words::next_line(plan, scene.state(), now);
    }
    // The same question as `r` puts: was the whole command on the screen?
    let asks = |ix| plan.step(ix).command().is_some() && scene.eye.shown_whole.get() != Some(ix);
    let next = words::next_line_of(plan, scene.state(), words::Frame { now, asks: &asks });
    match scene.watching {
        // What goes on by itself is for everybody; what waits for the one who drives is not.
        Some(words) if scene.state().ended.is_none() && !next.starts_with("Wait.") => words.to_owned(),
        _ if has_a_mark_of_its_own(scene) && next.starts_with("Enter ") => format!("On the live screen (1): {next}"),
        _ if mark_is_elsewhere(scene) && !next.starts_with("Wait.") => {
            let stop = if next.ends_with(['.', '!', '?', ':']) { "" } else { "." };
            format!("{next}{stop} gn goes there.")
        }
        _ => next,
    }
}

/// The keys that do something here, as many as fit; the ways out stay longest.
fn key_line(scene: &Scene<'_>, width: usize) -> Line<'static> {
    if scene.eye.search.typing {
        let sifts = scene.eye.screen == Screen::Log && width >= 80;
        let narrows = if sifts { format!("{}   ", crate::tui::sought::HINT) } else { String::new() };
        return Line::from(vec![
            scene.span(" /", Role::Key),
            scene.span(crate::model::text::shown(&scene.eye.search.text).into_owned(), Role::TextStrong),
            scene.span("_", Role::Focus),
            scene.dim(format!("   {narrows}enter keeps it   esc drops it")),
        ]);
    }
    if let Some(field) = scene.replay.and_then(|player| player.asking.as_ref()) {
        let mut line = Line::from(scene.span(" Go to  ", Role::Key));
        line.spans.extend(field.spans(width.saturating_sub(40), scene.ctx.theme));
        line.push_span(scene.dim("   T+65m, 16:47, 2.3, #214   enter   esc"));
        return fit::cut_line(line, width);
    }
    let gap = if width >= 100 { 3 } else { 2 };
    let wide = |(key, word): &(&str, &str)| wrap::width(key) + 1 + wrap::width(word) + gap;
    let mut kept: Vec<(&str, &str)> = scene.keys.to_vec();
    while kept.iter().map(wide).sum::<usize>() + 1 > width + gap && kept.len() > 1 {
        // `? help` is the last and stays: what is dropped stands before it.
        let drop = kept.len().saturating_sub(2);
        kept.remove(drop);
    }
    let mut line = Line::from(" ");
    for (place, (key, word)) in kept.into_iter().enumerate() {
        if place > 0 {
            line.push_span(Span::raw(" ".repeat(gap)));
        }
        line.push_span(scene.span(key.to_owned(), Role::Key));
        line.push_span(scene.dim(format!(" {word}")));
    }
    fit::cut_line(line, width)
}

/// What is said to the operator, over the rows just above NEXT.
fn say(frame: &mut Frame<'_>, above: Rect, scene: &Scene<'_>, message: &str) {
    let width = usize::from(above.width).saturating_sub(2);
    let rows = wrap::words(message, width.max(1));
    let height = u16::try_from(rows.len().min(3)).unwrap_or(3).min(above.height);
    let area = rows_of(above, above.height - height, height);
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, scene.style(Role::Text));
    let lines: Vec<Line<'static>> =
        rows.into_iter().map(|row| Line::from(vec![Span::raw(" "), scene.span(row, Role::Warn)])).collect();
    put(frame, area, &lines);
}

/// The message over a card, in the first row of the screen below the header: a card's own rows stay readable.
pub fn say_over(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let Some(message) = scene.message else { return };
    let top = if area.height >= 14 { 3 } else { 1 };
    if area.height > top + 4 {
        let width = usize::from(area.width).saturating_sub(2);
        let rows = u16::from(wrap::width(message) > width) + 1;
        say(frame, rows_of(area, top, rows), scene, message);
    }
}

/// The hint after `g`: what the second key does.
pub fn go_hint(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let mut line = Line::from(scene.span(" g", Role::Key));
    if scene.replay.is_some() {
        for (letter, does) in [("0-9", "tenth"), ("t", "place"), ("f", "failure"), ("d", "decision"), ("b", "way back")]
        {
            line.push_span(scene.span(format!("   {letter}"), Role::Key));
            line.push_span(scene.dim(format!(" {does}")));
        }
    }
    for binding in keymap::KEYS
        .iter()
        .filter(|binding| scene.replay.is_none() || "gnr".contains(binding.shown.trim_start_matches('g')))
    {
        if let keymap::Chord::Go(letter) = binding.chord {
            line.push_span(scene.span(format!("   {letter}"), Role::Key));
            line.push_span(scene.dim(format!(" {}", binding.action.entry().short)));
        }
    }
    let row = rows_of(area, area.height.saturating_sub(1), 1);
    frame.render_widget(Clear, row);
    frame.buffer_mut().set_style(row, scene.style(Role::Text));
    put(frame, row, &[fit::cut_line(line, usize::from(area.width))]);
}

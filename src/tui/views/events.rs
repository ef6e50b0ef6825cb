//! The events of a run that is seen again: time, T, mark, word, what, and how long after the one before.
//!
//! All of the run's log, what is still to come from the moment that is shown in dim; the last that has happened is marked. At
//! 100 cells and more the plan as it stood then is beside it.

use super::{Scene, list, put, rows_of, track};
use crate::feed::replay::MarkKind;
use crate::model::state::Entry;
use crate::model::text::shown;
use crate::model::time::clock_length;
use crate::tui::replay::Player;
use crate::tui::sought::Sought;
use crate::tui::theme::{Role, marks};
use crate::tui::widgets::{fit, wrap};
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use std::time::Duration;

/// A pause of this length is said as one.
const GAP: Duration = Duration::from_secs(300);

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>, player: &Player) {
    let width = if area.width >= 110 { area.width * 55 / 100 } else { area.width };
    let left = Rect { width, ..area };
    events(frame, left, scene, player);
    if width < area.width {
        let letter = marks::upright(scene.ctx.theme.glyphs);
        for y in area.y..area.y + area.height {
            frame.buffer_mut().set_stringn(area.x + width, y, letter, 1, scene.style(Role::Rule));
        }
        let right = Rect { x: area.x + width + 1, width: area.width - width - 1, ..area };
        list::draw(frame, right, scene);
    }
}

fn events(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>, player: &Player) {
    let log = player.known().log();
    let sought = Sought::read(&scene.eye.search.text);
    let at = player.event(scene.state());
    // Without a search nothing is looked through: a log may have as many lines as the journal.
    let found: Option<Vec<usize>> = (!sought.is_empty()).then(|| matching(player, &sought));
    let count = found.as_ref().map_or(log.len(), Vec::len);
    if count == 0 {
        put(frame, area, &[scene.line(super::log::nothing(log), Role::TextDim)]);
        return;
    }
    let place = |row: usize| found.as_ref().map_or(row, |found| found[row]);
    let selected = match &found {
        Some(found) => at.map_or(0, |at| found.partition_point(|place| *place <= at).saturating_sub(1)),
        None => at.unwrap_or(0),
    };
    let window = player.events.window(count, usize::from(area.height), Some(selected));
    let mut lines = Vec::new();
    for at_row in window.clone() {
        let Some(entry) = log.get(place(at_row)) else { continue };
        let before = place(at_row).checked_sub(1).and_then(|before| log.get(before));
        let row = Row {
            entry,
            before,
            now: at_row == selected && at.is_some(),
            to_come: at.is_none_or(|at| place(at_row) > at),
        };
        lines.push(drawn(scene, player, &row, usize::from(area.width)));
    }
    put(frame, area, &lines);
    if let (Ok(y), true) = (u16::try_from(selected - window.start), at.is_some()) {
        frame.buffer_mut().set_style(rows_of(area, y, 1), scene.style(Role::Select));
    }
}

fn matching(player: &Player, sought: &Sought) -> Vec<usize> {
    let log = player.known().log().iter().enumerate();
    log.filter(|(_, entry)| sought.fits(player.plan(), entry)).map(|(at, _)| at).collect()
}

/// One event.
struct Row<'a> {
    entry: &'a Entry,
    before: Option<&'a Entry>,
    now: bool,
    to_come: bool,
}

fn drawn(scene: &Scene<'_>, player: &Player, row: &Row<'_>, width: usize) -> Line<'static> {
    let (state, entry) = (&player.known().end, row.entry);
    let t = state.t0.map_or(String::new(), |t0| words::t_words(entry.at.wall.saturating_sub(t0)));
    let mark = player.mark_at(entry.seq).map(|mark| mark.kind).filter(|kind| *kind != MarkKind::Phase);
    let letter = mark.map_or(' ', MarkKind::letter);
    let role = |role: Role| if row.to_come { Role::TextDim } else { role };
    let since = row.before.map(|before| entry.at.age_of(before.at)).unwrap_or_default();
    let after = match since {
        length if length >= GAP && row.before.is_some_and(|before| before.word != "RUN") => {
            format!("gap {}", track::gap_words(length))
        }
        length if length >= Duration::from_secs(1) => format!("+{}", clock_length(length)),
        _ => String::new(),
    };
    let mut line = Line::from(vec![
        scene.span(if row.now { ">" } else { " " }, Role::Focus),
        scene.span(words::second(state, entry.at.wall), Role::TextDim),
        scene.span(" ", Role::Text),
    ]);
    if width >= 60 {
        line.push_span(scene.span(fit::left(&t, 9), Role::TextDim));
    }
    line.push_span(scene.span(format!("{letter} "), role(mark.map_or(Role::Text, track::role))));
    line.push_span(scene.span(fit::left(entry.word, 9), role(super::log::role(entry.word))));
    let room = width.saturating_sub(line.width() + if width >= 60 { 10 } else { 0 });
    line.push_span(scene.span(wrap::cut(&shown(&entry.text), room), role(Role::Text)));
    if width < 60 {
        return fit::cut_line(line, width);
    }
    fit::ends(line, Line::from(scene.dim(format!("{after} "))), width)
}

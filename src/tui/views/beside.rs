//! The plan beside what was: planned start and length, actual start and length, the difference, whose time it was; and, where
//! another run is beside this one, its times and how much longer or shorter they were.
//!
//! Times are T, or counted from the step that both runs are aligned at. What gives way first at a narrow width is what was planned.

use super::{Scene, put, rows_of};
use crate::feed::replay::{Beside, Compared, compared};
use crate::model::step::PlannedStep;
use crate::model::text::shown;
use crate::model::time::{clock_length, plan_length};
use crate::tui::replay::Player;
use crate::tui::theme::Role;
use crate::tui::theme::marks::Standing;
use crate::tui::widgets::fit;
use crate::tui::words;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>, player: &Player) {
    let width = usize::from(area.width);
    let other = player.beside.as_ref().map(|other| (other, other.course.known()));
    let theirs = other.as_ref().map(|(other, known)| (known.end.plan(other.course.plan()), known.end.as_ref()));
    let align = player.beside.as_ref().and_then(|other| other.align.as_ref());
    let end = &player.known().end;
    let rows = compared((player.plan(), end), theirs, align);
    let columns = Columns::of(width, theirs.is_some());
    let mut lines = vec![head(scene, player, &columns)];
    let room = usize::from(area.height).saturating_sub(1);
    let window = player.rows.window(rows.len(), room, None);
    lines.extend(rows[window].iter().map(|row| drawn(scene, player.plan().step(row.step), row, &columns)));
    if rows.is_empty() {
        lines.push(scene.line(" Nothing is planned and nothing began.", Role::TextDim));
    }
    put(frame, rows_of(area, 0, area.height), &lines);
}

/// Which columns there is room for.
struct Columns {
    width: usize,
    title: usize,
    planned: bool,
    whose: bool,
    other: bool,
}

impl Columns {
    fn of(width: usize, other: bool) -> Self {
        let planned = width >= if other { 110 } else { 70 };
        let whose = width >= if other { 126 } else { 96 };
        let taken = 8 + 6 + 18 + 9 + 16 * usize::from(planned) + 9 * usize::from(whose) + 26 * usize::from(other);
        Self { width, title: width.saturating_sub(taken).max(6), planned, whose, other }
    }
}

fn head(scene: &Scene<'_>, player: &Player, columns: &Columns) -> Line<'static> {
    let mut text = format!(" {}{}", fit::left("step", 7), fit::left("", columns.title + 6));
    if columns.planned {
        text.push_str(&format!("{}{}", fit::right("planned", 9), fit::right("takes", 7)));
    }
    text.push_str(&format!("{}{}", fit::right("actual", 10), fit::right("took", 8)));
    if columns.other {
        let run = player.beside.as_ref().map(|other| other.course.dir().id().short().to_owned()).unwrap_or_default();
        text.push_str(&format!("{}{}{}", fit::right(&run, 9), fit::right("took", 8), fit::right("differs", 9)));
    }
    text.push_str(&fit::right("slip", 9));
    if columns.whose {
        text.push_str(&format!("  {}", fit::left("whose", 7)));
    }
    fit::cut_line(scene.line(text, Role::TextDim), columns.width)
}

fn drawn(scene: &Scene<'_>, step: &PlannedStep, row: &Compared, columns: &Columns) -> Line<'static> {
    let title = words::said(scene.state(), &step.title);
    let standing = Standing::Is(row.own.status);
    let mut line = Line::from(vec![
        scene.span(format!(" {}", fit::left(&shown(&step.number), 7)), Role::Text),
        scene.span(fit::left(standing.word(), 6), standing.role()),
        scene.span(fit::left(&title, columns.title), Role::Text),
    ]);
    if columns.planned {
        let takes = row.takes.map(plan_length).unwrap_or_default();
        line.push_span(scene.dim(format!("{}{}", fit::right(&at(row.planned), 9), fit::right(&takes, 7))));
    }
    line.push_span(scene.span(format!("{}{}", fit::right(&at(row.own.from), 10), took(&row.own)), Role::TextStrong));
    if columns.other {
        line.spans.extend(theirs(scene, row));
    }
    let (slip, role) = row.slip.map_or((String::new(), Role::Text), |slip| (signed(slip), late(slip)));
    line.push_span(scene.span(fit::right(&slip, 9), role));
    if columns.whose {
        let whose = row.whose.map(|whose| whose.word()).unwrap_or_default();
        line.push_span(scene.dim(format!("  {}", fit::left(whose, 7))));
    }
    fit::cut_line(line, columns.width)
}

fn theirs(scene: &Scene<'_>, row: &Compared) -> Vec<Span<'static>> {
    let Some(other) = &row.other else { return vec![scene.dim(fit::right("-", 26))] };
    let longer = row.own.took.zip(other.took).map(|(own, other)| micros(own) - micros(other));
    let (differs, role) = longer.map_or((String::new(), Role::Text), |longer| (signed(longer), late(longer)));
    vec![
        scene.span(format!("{}{}", fit::right(&at(other.from), 9), took(other)), Role::Text),
        scene.span(fit::right(&differs, 9), role),
    ]
}

fn took(beside: &Beside) -> String {
    fit::right(&beside.took.map(clock_length).unwrap_or_default(), 8)
}

fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

/// `T+34m`, as everywhere.
fn at(micros: Option<i64>) -> String {
    micros.map(words::t_words).unwrap_or_default()
}

/// `+0:21`, `-1:05`; nothing for less than a second.
fn signed(micros: i64) -> String {
    let length = Duration::from_micros(micros.unsigned_abs());
    match (length.as_secs(), micros < 0) {
        (0, _) => "0:00".into(),
        (_, true) => format!("-{}", clock_length(length)),
        (_, false) => format!("+{}", clock_length(length)),
    }
}

fn late(micros: i64) -> Role {
    match micros {
        ..60_000_000 => Role::TimeOk,
        60_000_000..600_000_000 => Role::TimeSoon,
        _ => Role::TimeOver,
    }
}

//! The shell of every screen, and the live screen's panes at each width.
//!
//! From 150 cells three panes, from 100 list and step, from 80 the list with the step in a few rows under it, from 40 the list
//! alone, below 40x8 one line.

use super::{Scene, around, band, compact, foot, header, inset, list, log, put, rows_of, side, step, tiny, watch};
use crate::model::text::shown;
use crate::tui::eye::{Pane, Screen};
use crate::tui::theme::{Role, marks};
use crate::tui::widgets::{fit, wrap};
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws the whole screen; gives the area below the header, where cards lie.
pub fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) -> Rect {
    frame.buffer_mut().set_style(area, scene.style(Role::Text));
    scene.eye.shown_whole.set(None);
    if area.width < 40 || area.height < 8 {
        tiny::draw(frame, area, scene);
        return area;
    }
    let top = match (area.width, area.height) {
        (60.., 14..) => 3,
        _ => 2,
    };
    header::draw(frame, rows_of(area, 0, top), scene);
    let below = rows_of(area, top, area.height - top);
    let said = trouble(frame, below, scene);
    let rule = said.max(u16::from(area.height >= 14));
    if said == 0 && rule == 1 {
        scene.rule(frame, rows_of(below, 0, 1), "");
    }
    let foot_rule = u16::from(area.height >= 14);
    let next = foot::next_rows(area, scene);
    let foot_height = next + 1 + foot_rule;
    let body = rows_of(below, rule, below.height.saturating_sub(rule + foot_height));
    match (scene.replay, scene.eye.screen) {
        (Some(player), _) if player.table => super::beside::draw(frame, body, scene, player),
        (Some(player), Screen::Log) => super::events::draw(frame, body, scene, player),
        (_, screen) => of_run(frame, body, scene, screen),
    }
    if foot_rule == 1 {
        scene.rule(frame, rows_of(below, below.height - foot_height, 1), "");
    }
    foot::draw(frame, below, scene, next);
    // A card never lies on what every screen must say.
    rows_of(below, said, below.height)
}

fn of_run(frame: &mut Frame<'_>, body: Rect, scene: &Scene<'_>, screen: Screen) {
    match screen {
        Screen::Live => panes(frame, body, scene),
        Screen::Step => step::draw(frame, body, scene),
        Screen::Watch => watch::draw(frame, body, scene),
        Screen::Messages => around::draw_messages(frame, body, scene),
        Screen::Risks => around::draw_risks(frame, body, scene),
        Screen::Log => log::draw(frame, body, scene),
    }
}

/// The area of a card that hides the screen: all of it, but for what every screen must say, and the clocks where a decision
/// hangs on them.
pub fn hidden(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>, clocks: bool) -> Rect {
    frame.buffer_mut().set_style(area, scene.style(Role::Text));
    let told = u16::from(clocks && area.height >= 8);
    header::draw_clocks(frame, rows_of(area, 0, told), scene);
    let below = rows_of(area, told, area.height);
    let said = trouble(frame, below, scene);
    rows_of(below, said, below.height)
}

/// What every screen must say, in place of the rule under the header: trouble first, else who drives. Gives its rows: one,
/// or two where that keeps its end.
fn trouble(frame: &mut Frame<'_>, below: Rect, scene: &Scene<'_>) -> u16 {
    let tripped = band::draw(frame, below, scene);
    let below = rows_of(below, tripped, below.height.saturating_sub(tripped));
    let (words, role) = match (scene.ctx.trouble.is_empty(), scene.watching) {
        (false, _) => (shown(scene.ctx.trouble).into_owned(), Role::Danger),
        (true, Some(words)) => (shown(words).into_owned(), Role::Warn),
        (true, None) => return tripped,
    };
    let width = usize::from(below.width) - 1;
    let most = if below.height >= 16 { 2 } else { 1 };
    let mut rows = wrap::words(&words, width);
    if rows.len() > most {
        let rest = rows.split_off(most - 1).join(" ");
        rows.push(wrap::cut(&rest, width));
    }
    let height = u16::try_from(rows.len()).unwrap_or(1);
    let lines: Vec<_> = rows.iter().map(|row| scene.line(format!(" {}", fit::left(row, width)), role)).collect();
    put(frame, rows_of(below, 0, height), &lines);
    tripped + height
}

fn panes(frame: &mut Frame<'_>, body: Rect, scene: &Scene<'_>) {
    match body.width {
        150.. => {
            let (list, step, side) = thirds(body, scene.eye.zoom, scene.eye.pane);
            list::draw(frame, list, scene);
            upright(frame, step, scene);
            step::draw(frame, after_line(step), scene);
            upright(frame, side, scene);
            side::draw(frame, after_line(side), scene);
        }
        100.. => {
            let width = zoomed(body.width * 56 / 100, scene.eye.zoom, scene.eye.pane == Pane::List);
            let (list, step) = split(body, width.clamp(44, body.width - 36));
            list::draw(frame, list, scene);
            upright(frame, step, scene);
            step::draw(frame, after_line(step), scene);
        }
        60.. if body.height >= 9 => {
            let height = compact_height(body.height, scene.eye.zoom);
            list::draw(frame, rows_of(body, 0, body.height - height - 1), scene);
            scene.rule(frame, rows_of(body, body.height - height - 1, 1), "");
            compact::draw(frame, rows_of(body, body.height - height, height), scene);
        }
        _ => list::draw(frame, body, scene),
    }
}

fn compact_height(body: u16, zoom: i8) -> u16 {
    let wanted = match body {
        0..14 => 3,
        14..20 => 4,
        _ => body / 3,
    };
    wanted.saturating_add_signed(-i16::from(zoom)).clamp(1, body - 4)
}

fn zoomed(width: u16, zoom: i8, mine: bool) -> u16 {
    let sign = if mine { 1 } else { -1 };
    width.saturating_add_signed(i16::from(zoom) * 6 * sign)
}

fn thirds(body: Rect, zoom: i8, pane: Pane) -> (Rect, Rect, Rect) {
    let right = zoomed(body.width * 21 / 100, zoom, pane == Pane::Side).clamp(28, body.width / 2 - 30);
    let rest = body.width - right;
    let left =
        zoomed(rest * 49 / 100, if pane == Pane::Side { 0 } else { zoom }, pane == Pane::List).clamp(50, rest - 36);
    let (list, others) = split(body, left);
    let (step, side) = split(others, rest - left);
    (list, step, side)
}

fn split(area: Rect, left: u16) -> (Rect, Rect) {
    let left = left.min(area.width);
    (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area })
}

fn after_line(area: Rect) -> Rect {
    let moved = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    if moved.width < 3 { inset(moved) } else { moved }
}

fn upright(frame: &mut Frame<'_>, area: Rect, scene: &Scene<'_>) {
    let letter = marks::upright(scene.ctx.theme.glyphs);
    for y in area.y..area.y + area.height {
        frame.buffer_mut().set_stringn(area.x, y, letter, 1, scene.style(Role::Rule));
    }
}

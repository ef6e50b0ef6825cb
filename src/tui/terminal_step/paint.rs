//! An emulator's cells as cells of the screen.
//!
//! What a program printed is foreign text: each cell passes `model::text::shown`, marks on a letter are capped, and nothing of
//! it but letters, colours and weight gets here. Hidden and blinking text is drawn as plain text.

use super::emulator::Emulator;
use crate::model::text::shown;
use crate::tui::theme::{Glyphs, Role, Theme};
use crate::tui::widgets::wrap;
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color as Printed, NamedColor};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

/// No letter has more marks on it.
const MARKS: usize = 3;

/// Draws the screen into `area`, as much as fits.
pub fn paint(frame: &mut Frame<'_>, area: Rect, emulator: &Emulator, theme: &Theme) {
    let base = theme.style(Role::Text);
    let coloured = theme.name != "mono";
    let grid = emulator.term().grid();
    let size = emulator.size();
    let buffer = frame.buffer_mut();
    for y in 0..size.rows.min(area.height) {
        for x in 0..size.cols.min(area.width) {
            let cell = &grid[Line(y.into())][Column(x.into())];
            let Some(to) = buffer.cell_mut(Position { x: area.x + x, y: area.y + y }) else { continue };
            to.reset();
            to.set_style(base.patch(style(cell, coloured)));
            if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
                // ratatui leaves out the cell behind a wide letter by itself.
                continue;
            }
            let room = if cell.flags.contains(Flags::WIDE_CHAR) { 2 } else { 1 };
            let fits = x + room <= size.cols.min(area.width);
            to.set_symbol(&if fits { symbol(cell, room.into(), theme.glyphs) } else { " ".into() });
        }
    }
}

/// A row as runs of one style each, for whoever draws elsewhere than on a frame; every cell passes the same door.
pub fn runs(emulator: &Emulator, y: u16) -> Vec<(String, Style)> {
    let mut runs: Vec<(String, Style)> = Vec::new();
    let size = emulator.size();
    for x in 0..size.cols {
        let cell = &emulator.term().grid()[Line(y.into())][Column(x.into())];
        if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
            continue;
        }
        let room = if cell.flags.contains(Flags::WIDE_CHAR) { 2 } else { 1 };
        let fits = x + room <= size.cols;
        let text = if fits { symbol(cell, room.into(), Glyphs::Unicode) } else { " ".into() };
        let style = style(cell, true);
        match runs.last_mut() {
            Some((run, of)) if *of == style => run.push_str(&text),
            Some(_) | None => runs.push((text, style)),
        }
    }
    runs
}

/// Where the cursor is drawn; `None` where the program hides it or it is out of sight.
pub fn cursor(area: Rect, emulator: &Emulator) -> Option<Position> {
    let term = emulator.term();
    let Point { line, column } = term.grid().cursor.point;
    let (y, x) = (u16::try_from(line.0).ok()?, u16::try_from(column.0).ok()?);
    let there = term.mode().contains(TermMode::SHOW_CURSOR) && y < area.height && x < area.width;
    there.then_some(Position { x: area.x + x, y: area.y + y })
}

/// The text of a cell of so many cells' width.
fn symbol(cell: &Cell, room: usize, glyphs: Glyphs) -> String {
    if glyphs == Glyphs::Ascii
        && let Some(plain) = plain_frame(cell.c)
    {
        return plain.into();
    }
    let mut text = String::from(cell.c);
    let marks = cell.zerowidth().unwrap_or_default().iter().take(MARKS);
    text.extend(marks.filter(|mark| crate::model::text::is_plain(**mark)));
    let seen = shown(&text);
    match wrap::width(&seen) {
        0 => " ".into(),
        width if width == room => seen.into_owned(),
        // Made visible, or wider than the emulator thinks: it must not push its neighbours.
        _ => "?".repeat(room),
    }
}

/// Lines and corners, where the terminal has ASCII only.
fn plain_frame(letter: char) -> Option<&'static str> {
    match letter {
        '─' | '━' | '═' | '╌' | '┄' | '┈' => Some("-"),
        '│' | '┃' | '║' | '╎' | '┆' | '┊' => Some("|"),
        '\u{2500}'..='\u{257f}' => Some("+"),
        '\u{2580}'..='\u{259f}' => Some("#"),
        _ => None,
    }
}

fn style(cell: &Cell, coloured: bool) -> Style {
    let mut style = Style::new();
    if coloured {
        style.fg = colour(cell.fg);
        style.bg = colour(cell.bg);
    } else if is_marked(cell.bg) {
        // Without colours a bar or a selection would not be seen.
        style = style.add_modifier(Modifier::REVERSED);
    }
    let weights = [
        (Flags::BOLD, Modifier::BOLD),
        (Flags::DIM, Modifier::DIM),
        (Flags::ITALIC, Modifier::ITALIC),
        (Flags::STRIKEOUT, Modifier::CROSSED_OUT),
    ];
    for (flag, weight) in weights {
        if cell.flags.contains(flag) {
            style = style.add_modifier(weight);
        }
    }
    if cell.flags.intersects(Flags::ALL_UNDERLINES) {
        style = style.add_modifier(Modifier::UNDERLINED);
    }
    if cell.flags.contains(Flags::INVERSE) {
        style = if style.add_modifier.contains(Modifier::REVERSED) {
            style.remove_modifier(Modifier::REVERSED)
        } else {
            style.add_modifier(Modifier::REVERSED)
        };
    }
    style
}

fn is_marked(background: Printed) -> bool {
    !matches!(background, Printed::Named(NamedColor::Background))
}

/// `None` is the theme's own.
fn colour(printed: Printed) -> Option<Color> {
    match printed {
        Printed::Spec(rgb) => Some(Color::Rgb(rgb.r, rgb.g, rgb.b)),
        Printed::Indexed(place) => Some(Color::Indexed(place)),
        Printed::Named(name) => match name as usize {
            place @ 0..=15 => u8::try_from(place).ok().map(Color::Indexed),
            // Dim forms of the first eight: the weight says the rest.
            place if (NamedColor::DimBlack as usize..=NamedColor::DimWhite as usize).contains(&place) => {
                u8::try_from(place - NamedColor::DimBlack as usize).ok().map(Color::Indexed)
            }
            _ => None,
        },
    }
}

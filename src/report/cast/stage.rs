//! The terminal that a cast shows: lines that scroll, or the screen of a step with a terminal of its own.
//!
//! Gives only what changed since the last frame, as moves to a row, its text, and colours of ours. Foreign text came through
//! `shown` before it got here, so the only escapes in what it gives are those that it writes itself.

use super::{COLS, ROWS};
use crate::tui::terminal_step::emulator::Emulator;
use crate::tui::terminal_step::paint::runs;
use crate::tui::widgets::wrap;
use ratatui::style::{Color, Modifier, Style};
use std::collections::VecDeque;

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    /// tminus.
    Says,
    /// tminus, of something that went wrong.
    Warns,
    /// A command.
    Prints,
}

impl Voice {
    fn sgr(self) -> &'static str {
        match self {
            Voice::Says => "\x1b[1m",
            Voice::Warns => "\x1b[1;31m",
            Voice::Prints => "\x1b[2m",
        }
    }
}

/// What is drawn, and what was.
pub(super) struct Stage {
    lines: VecDeque<(Voice, String)>,
    drawn: Vec<String>,
}

impl Stage {
    pub fn new() -> Self {
        Self { lines: VecDeque::new(), drawn: vec![String::new(); usize::from(ROWS)] }
    }

    /// Adds a line, which is safe to draw, broken to the width.
    pub fn line(&mut self, voice: Voice, text: &str) {
        let wide = usize::from(COLS);
        let rows = match voice {
            Voice::Says | Voice::Warns => wrap::words(text, wide),
            Voice::Prints => wrap::cells(&format!("  {text}"), wide),
        };
        for row in rows {
            if self.lines.len() == usize::from(ROWS) {
                self.lines.pop_front();
            }
            self.lines.push_back((voice, row));
        }
    }

    /// What draws the lines.
    pub fn lines(&mut self) -> String {
        let rows = self.lines.iter().map(|(voice, text)| format!("{}{text}", voice.sgr())).collect();
        self.draw(rows)
    }

    /// What draws an emulator's screen.
    pub fn screen(&mut self, emulator: &Emulator) -> String {
        let row = |y: u16| {
            let runs = runs(emulator, y).into_iter();
            let text: String = runs.map(|(text, style)| format!("\x1b[0{}m{text}", sgr(style))).collect();
            text
        };
        let rows = (0..emulator.size().rows.min(ROWS)).map(row).collect();
        self.draw(rows)
    }

    fn draw(&mut self, mut rows: Vec<String>) -> String {
        rows.resize(usize::from(ROWS), String::new());
        let mut out = String::new();
        for (at, (new, old)) in rows.iter().zip(&self.drawn).enumerate() {
            if new != old {
                out.push_str(&format!("\x1b[{};1H\x1b[0m\x1b[2K{new}\x1b[0m", at + 1));
            }
        }
        self.drawn = rows;
        out
    }
}

fn sgr(style: Style) -> String {
    let mut out = String::new();
    let weights = [
        (Modifier::BOLD, ";1"),
        (Modifier::DIM, ";2"),
        (Modifier::ITALIC, ";3"),
        (Modifier::UNDERLINED, ";4"),
        (Modifier::REVERSED, ";7"),
        (Modifier::CROSSED_OUT, ";9"),
    ];
    for (weight, code) in weights {
        if style.add_modifier.contains(weight) {
            out.push_str(code);
        }
    }
    for (colour, base) in [(style.fg, 38), (style.bg, 48)] {
        match colour {
            Some(Color::Rgb(r, g, b)) => out.push_str(&format!(";{base};2;{r};{g};{b}")),
            Some(Color::Indexed(place)) => out.push_str(&format!(";{base};5;{place}")),
            _the_terminal_s_own => {}
        }
    }
    out
}

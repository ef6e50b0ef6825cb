//! A terminal in memory: what a program printed becomes a grid of cells, and what it asks of its terminal becomes answers.
//!
//! It never reaches the operator's own terminal: titles, bells and clipboard requests of the program are dropped, and only the
//! emulator's own answers go back to it. Lines that end in LF alone are expanded, but on the alternate screen, where a bare LF
//! means down. Kept by `TerminalStep`; drawn by `paint`.

use super::limiter::Limiter;
use alacritty_terminal::event::{Event, EventListener, WindowSize};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::{Config, Osc52, Term, TermMode};
use alacritty_terminal::vte::ansi::Processor;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Lines that are kept above the screen.
const KEPT: usize = 2000;

/// Answers to one piece of output; a program that asks more often than this at once does not wait for each.
const ANSWERS: usize = 4096;

/// Hands what the emulator tells to whoever feeds it.
pub struct Ear(Sender<Event>);

impl EventListener for Ear {
    fn send_event(&self, event: Event) {
        let _ = self.0.send(event);
    }
}

/// Rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Lines on the screen.
    pub rows: u16,
    /// Cells in a line.
    pub cols: u16,
}

impl Size {
    /// An emulator is not made for fewer than two columns.
    fn bounded(self) -> Self {
        Self { rows: self.rows.max(1), cols: self.cols.max(2) }
    }
}

impl Dimensions for Size {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }

    fn screen_lines(&self) -> usize {
        self.rows.into()
    }

    fn columns(&self) -> usize {
        self.cols.into()
    }
}

/// A terminal in memory.
pub struct Emulator {
    term: Term<Ear>,
    parser: Processor,
    told: Receiver<Event>,
    limiter: Limiter,
    size: Size,
    room: Vec<u8>,
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Emulator").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Emulator {
    /// An empty screen.
    pub fn new(size: Size) -> Self {
        let size = size.bounded();
        let (ear, told) = channel();
        let config = Config { scrolling_history: KEPT, osc52: Osc52::Disabled, ..Config::default() };
        Self {
            term: Term::new(config, &size, Ear(ear)),
            parser: Processor::new(),
            told,
            limiter: Limiter::default(),
            size,
            room: Vec::new(),
        }
    }

    /// Takes what was printed; gives what the terminal answers to it.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut passed = std::mem::take(&mut self.room);
        passed.clear();
        self.limiter.pass(bytes, &mut passed);
        for line in passed.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = line.strip_suffix(b"\n").map_or((line, false), |text| (text, true));
            self.parser.advance(&mut self.term, text);
            if ends {
                let down: &[u8] = if self.on_alternate() { b"\n" } else { b"\r\n" };
                self.parser.advance(&mut self.term, down);
            }
        }
        self.room = passed;
        self.answers()
    }

    /// A program that holds its picture back for an update and does not end it is shown all the same.
    pub fn end_update(&mut self) -> Vec<u8> {
        if self.parser.sync_bytes_count() > 0 {
            self.parser.stop_sync(&mut self.term);
        }
        self.answers()
    }

    fn answers(&mut self) -> Vec<u8> {
        let (rows, cols) = (self.size.rows, self.size.cols);
        let mut answers = Vec::new();
        for event in self.told.try_iter() {
            let answer = match event {
                Event::PtyWrite(answer) => answer,
                Event::TextAreaSizeRequest(answer) => {
                    answer(WindowSize { num_lines: rows, num_cols: cols, cell_width: 0, cell_height: 0 })
                }
                Event::MouseCursorDirty
                | Event::Title(_)
                | Event::ResetTitle
                | Event::ClipboardStore(..)
                | Event::ClipboardLoad(..)
                | Event::ColorRequest(..)
                | Event::CursorBlinkingChange
                | Event::Wakeup
                | Event::Bell
                | Event::Exit
                | Event::ChildExit(_) => continue,
            };
            if answers.len() + answer.len() <= ANSWERS {
                answers.extend_from_slice(answer.as_bytes());
            }
        }
        answers
    }

    /// Another size; `false` where it has it already.
    pub fn resize(&mut self, size: Size) -> bool {
        let size = size.bounded();
        if self.size == size {
            return false;
        }
        self.size = size;
        self.term.resize(size);
        true
    }

    /// Its size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// What it shows.
    pub fn term(&self) -> &Term<Ear> {
        &self.term
    }

    /// Whether the program wants the arrow keys in their application form.
    pub fn wants_app_cursor(&self) -> bool {
        self.term.mode().contains(TermMode::APP_CURSOR)
    }

    /// Whether the program asked to be told what is pasted.
    pub fn wants_paste_marks(&self) -> bool {
        self.term.mode().contains(TermMode::BRACKETED_PASTE)
    }

    fn on_alternate(&self) -> bool {
        self.term.mode().contains(TermMode::ALT_SCREEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alacritty_terminal::index::{Column, Line};

    fn row(emulator: &Emulator, line: i32) -> String {
        let row = &emulator.term().grid()[Line(line)];
        (0..emulator.size().cols).map(|at| row[Column(at.into())].c).collect::<String>().trim_end().to_owned()
    }

    fn new() -> Emulator {
        Emulator::new(Size { rows: 5, cols: 20 })
    }

    #[test]
    fn a_bare_line_feed_starts_a_line_but_on_the_alternate_screen_it_goes_down() {
        let mut emulator = new();
        emulator.feed(b"one\ntwo\n");
        assert_eq!((row(&emulator, 0).as_str(), row(&emulator, 1).as_str()), ("one", "two"));
        emulator.feed(b"\x1b[?1049h\x1b[Hone\ntwo\x1b[?1049lback\nend");
        assert_eq!((row(&emulator, 2).as_str(), row(&emulator, 3).as_str()), ("back", "end"));
        emulator.feed(b"\x1b[?1049h\x1b[2J\x1b[Hone\ntwo");
        assert_eq!(row(&emulator, 1), "   two");
    }

    #[test]
    fn questions_to_the_terminal_are_answered_and_nothing_reaches_or_tells_the_clipboard() {
        let mut emulator = new();
        assert_eq!(emulator.feed(b"ab\x1b[6n"), b"\x1b[1;3R");
        assert!(emulator.feed(b"\x1b[c").starts_with(b"\x1b[?"));
        assert_eq!(emulator.feed(b"\x1b[18t"), b"\x1b[8;5;20t");
        assert_eq!(
            emulator.feed(b"\x1b]52;c;aGVsbG8=\x07\x1b]52;c;?\x07\x1b]0;title\x07\x07\x1b[21t"),
            b"\x1b]l\x1b\\"[..0]
        );
    }

    #[test]
    fn an_update_that_does_not_end_is_shown_all_the_same() {
        let mut emulator = new();
        emulator.feed(b"\x1b[?2026hheld");
        assert_eq!(row(&emulator, 0), "");
        emulator.end_update();
        assert_eq!(row(&emulator, 0), "held");
    }

    #[test]
    fn hostile_output_at_any_size_does_no_harm() {
        const ALPHABET: &[u8] = b"\x1b[]P?;0123456789hlmHJKrABCD\n\r\t\x07\\x\xe4\xbd\xa0\xcc\x81\xff";
        let mut seed = 7_u64;
        for cols in [0, 1, 2, 3, 80] {
            let mut emulator = Emulator::new(Size { rows: cols, cols });
            for _ in 0..400 {
                let piece: Vec<u8> = (0..200)
                    .map(|_| {
                        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        ALPHABET[(seed >> 33) as usize % ALPHABET.len()]
                    })
                    .collect();
                emulator.feed(&piece);
                emulator.resize(Size { rows: (seed >> 20) as u16 % 40, cols: (seed >> 40) as u16 % 90 });
            }
        }
    }
}

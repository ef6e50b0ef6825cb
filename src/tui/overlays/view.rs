//! What part of a card's body is on the screen, and whether its end has been.
//!
//! Only a drawn frame can say what was on the screen, so the last drawn height is kept in cells that `draw(&self)` sets. A
//! line that no frame held was never read: cards ask `was_read` before they take a run key.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::cell::Cell;
use std::ops::Range;

/// Scroll position of a body, in rows.
#[derive(Clone, Debug, Default)]
pub struct View {
    top: Cell<usize>,
    height: Cell<usize>,
    total: Cell<usize>,
    read: Cell<bool>,
    drawn: Cell<bool>,
}

impl View {
    /// The rows of a body of `total` rows that are drawn in `height`; rows before `must_read` are those to be read.
    pub fn window(&self, total: usize, must_read: usize, height: usize) -> Range<usize> {
        self.drawn.set(true);
        self.height.set(height);
        self.total.set(total);
        let top = self.top.get().min(total.saturating_sub(height));
        self.top.set(top);
        let end = (top + height).min(total);
        if height > 0 && end >= must_read {
            self.read.set(true);
        }
        top..end
    }

    /// Whether such a window would hold the last of the rows to be read; nothing is taken as read.
    pub fn would_hold(&self, total: usize, must_read: usize, height: usize) -> bool {
        let top = self.top.get().min(total.saturating_sub(height));
        height > 0 && (top + height).min(total) >= must_read
    }

    /// Whether the first row is in view.
    pub fn at_top(&self) -> bool {
        self.top.get() == 0
    }

    /// To the last row, however many there are.
    pub fn end(&self) {
        self.top.set(usize::MAX / 2);
    }

    /// Whether the last row that must be read has been on the screen.
    pub fn was_read(&self) -> bool {
        self.read.get()
    }

    /// Whether a frame held the card at all.
    pub fn was_drawn(&self) -> bool {
        self.drawn.get()
    }

    /// Reckons as if the body was read or not, and says what held before: a card looks for room for its question first.
    pub fn suppose(&self, read: bool) -> bool {
        self.read.replace(read)
    }

    /// What was read is not what is there now.
    pub fn unread(&self) {
        self.read.set(false);
    }

    /// Moves so that `row` is in view.
    pub fn show(&self, row: usize) {
        let height = self.height.get().max(1);
        let top = self.top.get();
        if row < top {
            self.top.set(row);
        } else if row >= top + height {
            self.top.set(row + 1 - height);
        }
    }

    /// Back to the first row.
    pub fn home(&self) {
        self.top.set(0);
    }

    /// Takes a scroll key that is no text field's: arrows, PgUp, PgDn.
    pub fn key(&self, key: KeyEvent) -> bool {
        let page = self.height.get().saturating_sub(1).max(1);
        match key.code {
            KeyCode::Up => self.up(1),
            KeyCode::Down => self.down(1),
            KeyCode::PageUp => self.up(page),
            KeyCode::PageDown => self.down(page),
            _ => return false,
        }
        true
    }

    /// Takes a scroll key where no text is typed: `j`, `k`, space, `^d` and `^u` too.
    pub fn plain_key(&self, key: KeyEvent) -> bool {
        let half = self.height.get() / 2;
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            // A text field's ^u clears what was typed, so these scroll only where there is none.
            KeyCode::Char('u') if control => self.up(half.max(1)),
            KeyCode::Char('d') if control => self.down(half.max(1)),
            KeyCode::Char('j') => self.down(1),
            KeyCode::Char('k') => self.up(1),
            KeyCode::Char(' ') => self.down(self.height.get().saturating_sub(1).max(1)),
            KeyCode::Char('g') => self.home(),
            KeyCode::Char('G') => self.down(self.total.get()),
            _ => return self.key(key),
        }
        true
    }

    fn up(&self, rows: usize) {
        self.top.set(self.top.get().saturating_sub(rows));
    }

    fn down(&self, rows: usize) {
        let last = self.total.get().saturating_sub(self.height.get());
        self.top.set((self.top.get() + rows).min(last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_as_read_only_when_a_frame_held_it() {
        let view = View::default();
        assert_eq!(view.window(37, 37, 10), 0..10);
        assert!(!view.was_read());
        view.plain_key(KeyEvent::from(KeyCode::Char('G')));
        assert!(!view.was_read(), "moved, but nothing was drawn");
        assert_eq!(view.window(37, 37, 10), 27..37);
        assert!(view.was_read());
    }

    #[test]
    fn nothing_is_read_on_a_screen_without_room() {
        let view = View::default();
        assert_eq!(view.window(0, 0, 0), 0..0);
        assert!(!view.was_read());
    }

    #[test]
    fn a_resize_keeps_the_window_inside_the_body() {
        let view = View::default();
        view.window(100, 100, 10);
        view.plain_key(KeyEvent::from(KeyCode::Char('G')));
        assert_eq!(view.window(20, 20, 15), 5..20);
        assert_eq!(view.window(3, 3, 15), 0..3);
    }
}

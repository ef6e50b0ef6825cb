//! One line of typed text: unicode-safe, with a cursor, `^U`, `^W`, Home and End.
//!
//! It takes no control, bidi or zero-width character, typed or pasted, so that what is read back is what was typed. A hidden
//! field shows one mark a character, never prints its text in `Debug` and wipes it when dropped. Cards decide what Enter means.

use crate::model::secret::Secret;
use crate::model::text::is_plain;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::wrap::width;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Modifier;
use ratatui::text::Span;
use std::fmt;
use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroize;

/// No field holds more bytes: a note is at most 8 KiB.
pub const FIELD_LIMIT: usize = 8 * 1024;

/// Whether a field shows its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// As typed.
    Shown,
    /// One `*` a character.
    Hidden,
}

/// One line of typed text.
#[derive(Clone)]
pub struct TextField {
    text: String,
    /// Byte offset, always on a grapheme's border.
    cursor: usize,
    echo: Echo,
}

impl TextField {
    /// An empty field.
    pub fn new(echo: Echo) -> Self {
        // A hidden text must not be left behind by a growing buffer.
        let room = match echo {
            Echo::Shown => 0,
            Echo::Hidden => FIELD_LIMIT,
        };
        Self { text: String::with_capacity(room), cursor: 0, echo }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was typed as it may be shown.
    pub fn shown(&self) -> String {
        self.echoed(&self.text)
    }

    fn echoed(&self, text: &str) -> String {
        match self.echo {
            Echo::Shown => text.to_owned(),
            Echo::Hidden => "*".repeat(text.graphemes(true).count()),
        }
    }

    /// Whether nothing was typed but space.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The text as a secret; the field is empty and wiped afterwards.
    pub fn take_secret(&mut self) -> Secret {
        let secret = Secret::new(self.text.clone());
        self.clear();
        secret
    }

    /// Empties it.
    pub fn clear(&mut self) {
        if self.echo == Echo::Hidden {
            let room = self.text.capacity();
            self.text.zeroize();
            self.text.reserve(room);
        }
        self.text.clear();
        self.cursor = 0;
    }

    /// Takes a key; `false` where it is none of a field's.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('u') if control => self.remove(0, self.cursor),
            KeyCode::Char('w') if control => self.remove(self.word_start(), self.cursor),
            KeyCode::Char(letter) if !control && !alt => self.insert(letter.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.remove(self.before(), self.cursor),
            KeyCode::Delete => self.remove(self.cursor, self.after()),
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    /// Takes pasted text: line breaks and tabs become spaces, other control characters are left out.
    pub fn paste(&mut self, text: &str) {
        let spaced: String = text
            .trim_end_matches(['\r', '\n'])
            .replace("\r\n", " ")
            .chars()
            .map(|letter| match letter {
                '\n' | '\r' | '\t' => ' ',
                other => other,
            })
            .collect();
        self.insert(&spaced);
    }

    fn insert(&mut self, text: &str) {
        for letter in text.chars().filter(|letter| is_plain(*letter)) {
            if self.text.len() + letter.len_utf8() > FIELD_LIMIT {
                return;
            }
            self.text.insert(self.cursor, letter);
            self.cursor += letter.len_utf8();
        }
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn before(&self) -> usize {
        let mut graphemes = self.text[..self.cursor].grapheme_indices(true);
        graphemes.next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        let next = self.text[self.cursor..].graphemes(true).next();
        self.cursor + next.map_or(0, str::len)
    }

    fn word_start(&self) -> usize {
        let head = self.text[..self.cursor].trim_end();
        head.rfind(char::is_whitespace).map_or(0, |at| at + head[at..].chars().next().map_or(0, char::len_utf8))
    }

    /// The field in at most `limit` cells, the cursor always among them.
    pub fn spans(&self, limit: usize, theme: &Theme) -> Vec<Span<'static>> {
        let (before, rest) = self.text.split_at(self.cursor);
        let at = rest.graphemes(true).next().unwrap_or_default();
        let (mut before, cursor, after) = (self.echoed(before), self.echoed(at), self.echoed(&rest[at.len()..]));
        let limit = limit.max(4);
        let held = width(&cursor).max(1);
        if width(&before) + held > limit {
            // The end of what was typed stays in view; `<` says that there is more on the left.
            while width(&before) + held + 1 > limit {
                let first = before.graphemes(true).next().map_or(1, str::len);
                before.replace_range(..first, "");
            }
            before.insert(0, '<');
        }
        let left = limit - (width(&before) + held).min(limit);
        let mut after = super::wrap::cells(&after, left.max(1)).swap_remove(0);
        if width(&after) > left {
            after.clear();
        }
        let (text, focus) = (theme.style(Role::TextStrong), theme.style(Role::Focus));
        let mut spans = vec![Span::styled(before, text)];
        if cursor.is_empty() {
            spans.push(Span::styled("_", focus));
        } else {
            spans.push(Span::styled(cursor, focus.add_modifier(Modifier::REVERSED)));
        }
        spans.push(Span::styled(after, text));
        spans
    }
}

impl fmt::Debug for TextField {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.echo {
            Echo::Shown => write!(out, "TextField({:?})", self.text),
            Echo::Hidden => out.write_str("TextField([hidden])"),
        }
    }
}

impl Drop for TextField {
    fn drop(&mut self) {
        if self.echo == Echo::Hidden {
            self.text.zeroize();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(field: &mut TextField, text: &str) {
        for letter in text.chars() {
            field.key(KeyEvent::from(KeyCode::Char(letter)));
        }
    }

    fn control(letter: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
    }

    #[test]
    fn the_cursor_never_stands_inside_a_character() {
        let mut field = TextField::new(Echo::Shown);
        typed(&mut field, "ae\u{301}漢👩\u{1f3fd}");
        for _ in 0..3 {
            field.key(KeyEvent::from(KeyCode::Left));
        }
        field.key(KeyEvent::from(KeyCode::Delete));
        assert_eq!(field.text(), "a漢👩\u{1f3fd}");
        field.key(KeyEvent::from(KeyCode::End));
        field.key(KeyEvent::from(KeyCode::Backspace));
        assert_eq!(field.text(), "a漢");
    }

    #[test]
    fn control_u_and_w_take_back_a_line_and_a_word() {
        let mut field = TextField::new(Echo::Shown);
        typed(&mut field, "roll back  now ");
        field.key(control('w'));
        assert_eq!(field.text(), "roll back  ");
        field.key(control('u'));
        assert_eq!(field.text(), "");
        assert!(!field.key(control('c')) && !field.key(KeyEvent::from(KeyCode::Enter)));
    }

    #[test]
    fn a_paste_is_text_without_control_characters() {
        let mut field = TextField::new(Echo::Shown);
        field.paste("two\r\nlines\tand \x1b[31m\u{202e}red\n");
        assert_eq!(field.text(), "two lines and [31mred");
        field.paste(&"x".repeat(FIELD_LIMIT * 2));
        assert_eq!(field.text().len(), FIELD_LIMIT);
    }

    #[test]
    fn a_hidden_field_shows_and_debugs_nothing_of_its_text() {
        let theme = Theme {
            name: "plain".into(),
            styles: [ratatui::style::Style::default(); crate::tui::theme::ROLES],
            glyphs: crate::tui::theme::Glyphs::Ascii,
            against: Vec::new(),
        };
        let mut field = TextField::new(Echo::Hidden);
        typed(&mut field, "hunter22");
        let shown: String = field.spans(40, &theme).iter().map(|span| span.content.to_string()).collect();
        assert_eq!(shown, "********_");
        assert!(!format!("{field:?}").contains("hunter"));
        assert_eq!(field.take_secret().reveal(), "hunter22");
        assert_eq!(field.text(), "");
    }

    #[test]
    fn the_cursor_stays_in_view_however_long_the_text_is() {
        let theme = Theme {
            name: "plain".into(),
            styles: [ratatui::style::Style::default(); crate::tui::theme::ROLES],
            glyphs: crate::tui::theme::Glyphs::Ascii,
            against: Vec::new(),
        };
        let mut field = TextField::new(Echo::Shown);
        typed(&mut field, "0123456789漢字");
        let shown: String = field.spans(8, &theme).iter().map(|span| span.content.to_string()).collect();
        assert_eq!(shown, "<89漢字_");
        for limit in 0..20 {
            for _ in 0..13 {
                field.key(KeyEvent::from(KeyCode::Left));
                let spans = field.spans(limit, &theme);
                let wide: usize = spans.iter().map(|span| width(&span.content)).sum();
                assert!(wide <= limit.max(4), "{wide} in {limit}");
            }
            field.key(KeyEvent::from(KeyCode::End));
        }
    }
}

//! Text broken into rows of a given width, so that nothing is ever cut.
//!
//! `cells` breaks anywhere and keeps every character (commands, output); `words` breaks at spaces and is for prose. Width is
//! counted in cells, by grapheme: a wide character is never split. Callers pass text through `model::text` first.

use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many cells a text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Rows of at most `limit` cells, broken anywhere, every character kept. An empty text is one empty row.
pub fn cells(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(1);
    let (mut rows, mut row, mut used) = (Vec::new(), String::new(), 0);
    for grapheme in text.graphemes(true) {
        let wide = width(grapheme);
        if used + wide > limit && !row.is_empty() {
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
        row.push_str(grapheme);
        used += wide;
    }
    rows.push(row);
    rows
}

/// Rows of at most `limit` cells, broken at spaces where there are any, line breaks kept.
pub fn words(text: &str, limit: usize) -> Vec<String> {
    text.split('\n').flat_map(|line| words_of_line(line, limit.max(1))).collect()
}

/// Prose whose lines were broken by its author for a width that is not ours, as one line a paragraph. What begins with a
/// space, a dash, a star or a digit keeps its own line: a list or an example.
pub fn reflowed(text: &str) -> String {
    let own =
        |line: &str| line.is_empty() || line.starts_with([' ', '\t', '-', '*']) || line.starts_with(char::is_numeric);
    let mut flowed = String::with_capacity(text.len());
    let mut before: Option<&str> = None;
    for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        if let Some(before) = before {
            flowed.push(if own(line) || before.is_empty() { '\n' } else { ' ' });
        }
        flowed.push_str(line);
        before = Some(line);
    }
    flowed
}

fn words_of_line(line: &str, limit: usize) -> Vec<String> {
    let (mut rows, mut row) = (Vec::new(), String::new());
    for word in line.split_inclusive(' ') {
        let bare = width(word.trim_end_matches(' '));
        if width(&row) + bare > limit && !row.is_empty() {
            rows.push(std::mem::take(&mut row).trim_end().to_owned());
        }
        if bare > limit {
            let mut pieces = cells(word, limit);
            row = pieces.pop().unwrap_or_default();
            rows.append(&mut pieces);
        } else {
            row.push_str(word);
        }
    }
    rows.push(row.trim_end().to_owned());
    rows
}

/// A styled line broken into rows of at most `limit` cells, every character and style kept.
pub fn styled(line: &Line<'_>, limit: usize) -> Vec<Line<'static>> {
    let limit = limit.max(1);
    let (mut rows, mut row, mut used): (Vec<Line<'static>>, Vec<Span<'static>>, usize) = (Vec::new(), Vec::new(), 0);
    for span in &line.spans {
        let mut piece = String::new();
        for grapheme in span.content.graphemes(true) {
            let wide = width(grapheme);
            if used + wide > limit && used > 0 {
                row.push(Span::styled(std::mem::take(&mut piece), span.style));
                rows.push(Line::from(std::mem::take(&mut row)));
                used = 0;
            }
            piece.push_str(grapheme);
            used += wide;
        }
        if !piece.is_empty() {
            row.push(Span::styled(piece, span.style));
        }
    }
    rows.push(Line::from(row));
    rows
}

/// The beginning of a text that fits into `limit` cells, with `...` where something is left off. For titles only.
pub fn cut(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mut kept = cells(text, limit.saturating_sub(3).max(1)).swap_remove(0);
    if limit > 3 {
        kept.push_str("...");
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_a_command_is_kept_and_no_row_is_too_wide() {
        let text = format!("echo {}; 漢字漢字 e\u{301}e\u{301}  ", "x".repeat(50));
        for limit in [1, 2, 3, 7, 40, 200] {
            let rows = cells(&text, limit);
            assert_eq!(rows.concat(), text);
            assert!(rows.iter().all(|row| width(row) <= limit.max(2)), "{rows:?}");
        }
        assert_eq!(cells("", 5), [""]);
    }

    #[test]
    fn prose_breaks_at_spaces_and_a_word_that_is_too_long_is_broken_not_cut() {
        assert_eq!(words("one two three", 7), ["one two", "three"]);
        assert_eq!(words("a abcdefghij k", 4), ["a", "abcd", "efgh", "ij k"]);
        assert_eq!(words("a\n\nb", 4), ["a", "", "b"]);
    }

    #[test]
    fn a_styled_line_keeps_its_text() {
        let line = Line::from(vec![Span::raw("ab漢"), Span::raw("字cd")]);
        let rows = styled(&line, 3);
        let text: String = rows.iter().flat_map(|row| row.spans.iter().map(|span| span.content.to_string())).collect();
        assert_eq!(text, "ab漢字cd");
        assert!(rows.iter().all(|row| row.width() <= 3), "{rows:?}");
    }

    #[test]
    fn a_cut_title_says_that_it_was_cut() {
        assert_eq!(cut("Deploy backend", 9), "Deploy...");
        assert_eq!(cut("Deploy", 6), "Deploy");
    }

    #[test]
    fn prose_is_broken_for_the_screen_and_not_as_its_author_broke_it() {
        assert_eq!(
            reflowed("It runs\nonce.\r\nNever twice.\n\nA second\nparagraph."),
            "It runs once. Never twice.\n\nA second paragraph."
        );
        assert_eq!(reflowed("Look at:\n- one\n- two\n1. three\n  as is"), "Look at:\n- one\n- two\n1. three\n  as is");
    }
}

//! Text made to fit cells: cut with `...`, padded left or right, laid out in columns.
//!
//! Width is counted in cells by grapheme, so that a wide character is never split and a column never shifts. Callers pass
//! foreign text through `model::text` first.

use crate::tui::widgets::wrap::{cut, width};
use ratatui::text::{Line, Span};

/// The text in exactly `cells` cells, on the left.
pub fn left(text: &str, cells: usize) -> String {
    let mut fitted = cut(text, cells);
    if width(&fitted) > cells {
        fitted = String::new();
    }
    let used = width(&fitted);
    fitted.push_str(&" ".repeat(cells.saturating_sub(used)));
    fitted
}

/// The text in exactly `cells` cells, on the right.
pub fn right(text: &str, cells: usize) -> String {
    let fitted = left(text, cells);
    let bare = fitted.trim_end().to_owned();
    let used = width(&bare);
    format!("{}{bare}", " ".repeat(cells.saturating_sub(used)))
}

/// One line with something at its left end and something at its right end; the left gives way.
pub fn ends(mut from: Line<'static>, to: Line<'static>, cells: usize) -> Line<'static> {
    let right = to.width();
    if right > 0 && right + 1 >= cells {
        return cut_line(from, cells);
    }
    let room = cells.saturating_sub(right + usize::from(right > 0));
    if from.width() > room {
        from = cut_line(from, room);
    }
    let gap = cells.saturating_sub(from.width() + right);
    from.push_span(Span::raw(" ".repeat(gap)));
    from.spans.extend(to.spans);
    from
}

/// A styled line in at most `cells` cells, with `...` where something is left off.
pub fn cut_line(line: Line<'static>, cells: usize) -> Line<'static> {
    if line.width() <= cells {
        return line;
    }
    let mut kept = Line::default().style(line.style);
    let mut left = cells;
    for span in line.spans {
        let wide = width(&span.content);
        // One cell more than fits is asked for, so that a span that ends exactly at the border still gets its dots.
        if wide < left {
            left -= wide;
            kept.push_span(span);
            continue;
        }
        let text = cut(&format!("{}....", span.content), left);
        if width(&text) <= left {
            kept.push_span(Span::styled(text, span.style));
        }
        break;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_exactly_as_wide_as_it_is_told() {
        for text in ["", "a", "Deploy backend", "漢字漢字漢字", "e\u{301}e\u{301}e\u{301}e\u{301}", "👩‍👩‍👧 family"]
        {
            for cells in 0..12 {
                assert_eq!(width(&left(text, cells)), cells, "{text} {cells}");
                assert_eq!(width(&right(text, cells)), cells, "{text} {cells}");
            }
        }
        assert_eq!(left("Deploy backend", 9), "Deploy...");
        assert_eq!(right("5m", 5), "   5m");
    }

    #[test]
    fn the_right_end_of_a_line_is_kept_and_the_left_gives_way() {
        let line = ends(Line::from("a long title of a step"), Line::from("T+1h"), 14);
        assert_eq!(line.to_string(), "a long... T+1h");
        for cells in 0..30 {
            let line = ends(Line::from(vec![Span::raw("漢字漢字"), Span::raw("漢字")]), Line::from("ok"), cells);
            assert!(line.width() <= cells, "{cells}: {line}");
        }
    }
}

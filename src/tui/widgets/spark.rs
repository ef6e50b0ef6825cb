//! A row of letters that shows how a value went: one cell for each reading, or for a few of them where the room is short.
//!
//! It is drawn beside the words, never instead of them. Readings without a number show only whether they tripped; unknown ones
//! are `?`, so that a gap never looks like calm. Holds no state; callers give values oldest first.

use crate::tui::theme::Glyphs;

/// Heights, lowest first.
const UNICODE: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 5] = ['_', '.', '-', '=', '#'];

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Point {
    /// A number.
    Value(f64),
    /// No number.
    Word {
        /// Whether it tripped.
        trips: bool,
    },
    /// Unknown.
    Unknown,
}

/// The first number in a text: `1.8` of `1.8%`.
pub fn number(text: &str) -> Option<f64> {
    let from = text.find(|letter: char| letter.is_ascii_digit())?;
    let sign = text[..from].ends_with('-');
    let rest = &text[from..];
    let mut end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
    while rest[..end].ends_with('.') {
        end -= 1;
    }
    let value: f64 = rest[..end].parse().ok()?;
    value.is_finite().then_some(if sign { -value } else { value })
}

/// The last readings in at most `cells` cells, newest on the right. Of readings that share a cell the highest is shown, and an
/// unknown one before any.
pub fn line(points: &[Point], cells: usize, glyphs: Glyphs) -> String {
    if cells == 0 || points.is_empty() {
        return String::new();
    }
    let each = points.len().div_ceil(cells);
    let bounds = points.iter().filter_map(|point| match point {
        Point::Value(value) => Some(*value),
        Point::Word { .. } | Point::Unknown => None,
    });
    let (low, high) =
        bounds.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let groups = points.rchunks(each).rev();
    groups.map(|group| letter(group, (low, high), glyphs)).collect()
}

fn letter(group: &[Point], (low, high): (f64, f64), glyphs: Glyphs) -> char {
    let letters: &[char] = match glyphs {
        Glyphs::Unicode => &UNICODE,
        Glyphs::Ascii => &ASCII,
    };
    if group.contains(&Point::Unknown) {
        return '?';
    }
    let highest = group.iter().filter_map(|point| match point {
        Point::Value(value) => Some(*value),
        Point::Word { .. } | Point::Unknown => None,
    });
    let highest = highest.fold(f64::NEG_INFINITY, f64::max);
    if highest == f64::NEG_INFINITY {
        let trips = group.contains(&Point::Word { trips: true });
        return if trips { '!' } else { letters[0] };
    }
    let share = if high > low { (highest - low) / (high - low) } else { 0.0 };
    let top = letters.len() - 1;
    // Rounded by comparison: a share is between 0 and 1, so the steps are few.
    let step = (1..=top).take_while(|step| share * top as f64 >= *step as f64 - 0.5).count();
    letters[step]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(numbers: &[f64]) -> Vec<Point> {
        numbers.iter().map(|value| Point::Value(*value)).collect()
    }

    #[test]
    fn the_lowest_and_the_highest_reading_are_seen_as_such() {
        let points = values(&[0.0, 1.0, 2.0, 4.0]);
        assert_eq!(line(&points, 10, Glyphs::Ascii), "_.-#");
        assert_eq!(line(&points, 10, Glyphs::Unicode), "▁▃▅█");
        assert_eq!(line(&values(&[3.0, 3.0]), 10, Glyphs::Ascii), "__");
    }

    #[test]
    fn a_short_row_keeps_the_peaks_and_every_gap() {
        let mut points = values(&[0.0, 9.0, 0.0, 0.0]);
        points.extend([Point::Unknown, Point::Value(0.0)]);
        assert_eq!(line(&points, 3, Glyphs::Ascii), "#_?");
        assert_eq!(line(&points, 0, Glyphs::Ascii), "");
        assert_eq!(line(&[], 5, Glyphs::Ascii), "");
    }

    #[test]
    fn a_number_is_found_in_what_a_probe_prints() {
        let wanted =
            [("1.8%", Some(1.8)), ("p95=312ms", Some(95.0)), ("-4 C", Some(-4.0)), ("up", None), ("5. ok", Some(5.0))];
        for (text, value) in wanted {
            assert_eq!(number(text), value, "{text}");
        }
        assert_eq!(number(&"9".repeat(400)), None, "a number that is none shows none");
    }
}

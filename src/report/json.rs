//! The report as JSON: the value itself, one object, indented, with a line feed at its end.
//!
//! Nothing that a page, a terminal or a script would act on stands in it as it is: `<`, `>`, `&` and every character that is
//! not seen are written as escapes, which any reader of JSON takes back.

use super::value::Report;
use crate::model::text::is_plain;

/// The JSON.
pub(super) fn write(report: &Report) -> String {
    // A report has string keys and no floats, so writing it cannot fail; an empty object would show that it did.
    let text = serde_json::to_string_pretty(report).unwrap_or_else(|_| "{}".into());
    format!("{}\n", inert(&text))
}

/// Such characters stand in strings only, since serde escapes controls and writes the rest itself.
fn inert(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => safe.push('\n'),
            '<' | '>' | '&' => push(&mut safe, letter),
            letter if is_plain(letter) => safe.push(letter),
            letter => push(&mut safe, letter),
        }
    }
    safe
}

fn push(safe: &mut String, letter: char) {
    let mut units = [0; 2];
    for unit in letter.encode_utf16(&mut units) {
        safe.push_str(&format!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_what_went_in_and_nothing_in_between_is_alive() {
        let title = "</script>\u{2028}\u{202e}\u{e0041}&\x1b]0;x\x07\0é\u{1f600}\u{7f}";
        let mut report = Report::default();
        report.run.title = title.into();
        let text = write(&report);
        assert!(text.chars().all(|letter| letter == '\n' || is_plain(letter)), "{text:?}");
        assert!(!text.contains(['<', '>', '&']));
        let back: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(back, report);
    }
}

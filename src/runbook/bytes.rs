//! The file as bytes: size, encoding, characters that no runbook holds, and what a syntax error most likely means.
//!
//! Everything here runs before a YAML parser does. `mod` and `guard` call it; it never reads more than the limit.

use super::diagnostic::Diagnostic;
use std::ops::Range;

/// The largest runbook, in bytes.
pub(crate) const LARGEST: usize = 4 << 20;

/// The bytes as text, or why they are none.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Box<Diagnostic>> {
    if bytes.len() > LARGEST {
        return Err(Box::new(too_large()));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Box::new(Diagnostic::whole("RB0003", "the file is UTF-16").help("save it as UTF-8")));
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        return Err(Box::new(
            Diagnostic::whole("RB0003", "the file begins with a byte order mark").help("save it as UTF-8 without one"),
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Box::new(not_utf8(bytes, error.valid_up_to())))?;
    match forbidden(text) {
        Some((range, letter)) => Err(Box::new(
            Diagnostic::error(
                "RB0004",
                &range,
                format!("the control character U+{:04X} stands here", u32::from(letter)),
            )
            .help(match letter {
                '\r' => "save the file with LF or CRLF line ends",
                '\0' => "is this a text file?",
                _ => "write it as an escape in double quotes, or have the command print it",
            }),
        )),
        None => Ok(text),
    }
}

pub(crate) fn too_large() -> Diagnostic {
    Diagnostic::whole("RB0002", format!("the file is larger than {} MiB", LARGEST >> 20))
        .help("a runbook is written by people; put data into files of its own")
}

fn not_utf8(bytes: &[u8], at: usize) -> Diagnostic {
    let before = &bytes[..at];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    let mut found =
        Diagnostic::whole("RB0003", format!("the byte {:#04x} is not UTF-8", bytes[at])).help("save the file as UTF-8");
    found.line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    found.column = String::from_utf8_lossy(&bytes[start..at]).chars().count() + 1;
    found
}

/// The first character that YAML does not allow, or a CR that is not part of CRLF (an editor hides what follows it).
fn forbidden(text: &str) -> Option<(Range<usize>, char)> {
    let bytes = text.as_bytes();
    let at = bytes.iter().enumerate().position(|(at, byte)| match byte {
        b'\t' | b'\n' => false,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        0..=0x1f | 0x7f => true,
        // U+0080 to U+009F, as UTF-8 `c2 80` to `c2 9f`; U+0085 is a line break to YAML and to nobody else.
        0xc2 => bytes.get(at + 1).is_some_and(|next| (0x80..=0x9f).contains(next)),
        _ => false,
    })?;
    let letter = text[at..].chars().next()?;
    Some((at..at + letter.len_utf8(), letter))
}

/// The line of a byte, counted from 1.
pub(crate) fn line_of(source: &str, at: usize) -> usize {
    source.as_bytes()[..at.min(source.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// A syntax error at a byte, with the cause that people most often meet.
pub(crate) fn syntax_at(source: &str, at: usize, said: &str) -> Diagnostic {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    if let Some(tab) = leading_tab(source, at) {
        return Diagnostic::error("RB0007", &(tab..tab + 1), "a tab stands where the line is indented")
            .label("this is a tab")
            .help("indent with spaces");
    }
    let end = at + source[at..].chars().next().map_or(0, |letter| if letter == '\n' { 0 } else { letter.len_utf8() });
    let said = said.split(" at byte ").next().unwrap_or(said);
    let said = said.split(" at line ").next().unwrap_or(said);
    Diagnostic::error("RB0006", &(at..end), format!("this is not YAML: {said}")).maybe_help(likely(source, at, said))
}

/// A tab in the indentation of the error's line or of one of the three lines before it.
fn leading_tab(source: &str, at: usize) -> Option<usize> {
    let mut end = source[at..].find('\n').map_or(source.len(), |more| at + more);
    for _ in 0..4 {
        let start = source[..end].rfind('\n').map_or(0, |place| place + 1);
        let line = &source[start..end];
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..indent].find('\t') {
            return Some(start + tab);
        }
        end = start.checked_sub(1)?;
    }
    None
}

const QUOTE: &str = "quote it, or use | and put it on the next line";

fn likely(source: &str, at: usize, said: &str) -> Option<String> {
    let start = source[..at].rfind('\n').map_or(0, |place| place + 1);
    let end = source[at..].find('\n').map_or(source.len(), |more| at + more);
    let line = &source[start..end];
    let value = line.split_once(": ").map_or("", |(_, value)| value.trim());
    let quoted = value.starts_with(['"', '\'']);
    if !quoted && value.contains(": ") {
        return Some(format!("a text that holds `: ` is read as a key: {QUOTE}"));
    }
    let first = value.chars().next().unwrap_or(' ');
    if ">|@`%&*![{}],?".contains(first) {
        return Some(format!("a text that begins with `{first}` means something else to YAML: {QUOTE}"));
    }
    if quoted && (said.contains("block") || said.contains("trailing") || said.contains("expected")) {
        return Some(format!("where a part of the text is in quotes, all of it must be: {QUOTE}"));
    }
    said.contains("mapping values")
        .then(|| format!("is a space or a quote missing? A text that holds `: ` needs quotes: {QUOTE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_carriage_return_is_refused_and_a_dos_line_end_is_not() {
        assert!(text(b"a: b\r\nc: d\r\n").is_ok());
        assert_eq!(text(b"run: true\rcurl evil\n").unwrap_err().code, "RB0004");
    }

    #[test]
    fn what_is_no_utf8_names_its_place() {
        let found = text(b"a: 1\nb: caf\xe9\n").unwrap_err();
        assert_eq!((found.code, found.line, found.column), ("RB0003", 2, 7));
    }
}

//! Text that tminus did not write, and the one door through which it reaches a terminal.
//!
//! Titles, output, file names, notes and error causes may hold anything: escape sequences, bidi controls, line breaks.
//! `shown` makes all of it visible and harmless. Screens, linear mode, diagnostics and stderr all call it; nothing else does.

use std::borrow::Cow;

/// One line of foreign text made safe to draw: control bytes become `^X`, bidi, zero-width and tag characters `<U+XXXX>`,
/// a tab four spaces, a line break `⏎` or a space.
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        push_visible(&mut safe, letter);
    }
    Cow::Owned(safe)
}

/// The same for text of several lines: LF stays, all else as in `shown`.
pub fn shown_lines(text: &str) -> String {
    text.split('\n').map(|line| shown(line.strip_suffix('\r').unwrap_or(line))).collect::<Vec<_>>().join("\n")
}

/// Bytes of any encoding as one safe line: what is not UTF-8 becomes `\xNN`.
pub fn shown_bytes(bytes: &[u8]) -> String {
    let mut safe = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        safe.push_str(&shown(chunk.valid()));
        for byte in chunk.invalid() {
            safe.push_str(&format!("\\x{byte:02x}"));
        }
    }
    safe
}

/// Whether a character may stand on a screen as it is.
pub fn is_plain(letter: char) -> bool {
    !letter.is_control() && !is_invisible(letter)
}

fn push_visible(safe: &mut String, letter: char) {
    match letter {
        '\t' => safe.push_str("    "),
        '\n' | '\r' => safe.push(' '),
        '\0'..='\x1f' => {
            safe.push('^');
            safe.push(char::from(b'@' + letter as u8));
        }
        '\x7f' => safe.push_str("^?"),
        other if is_plain(other) => safe.push(other),
        other => safe.push_str(&format!("<U+{:04X}>", other as u32)),
    }
}

fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_bidi_or_zero_width_character_passes_the_door() {
        let hostile = "a\x1b]52;c;eA==\x07\u{202e}\u{200b}\u{9b}31m\r\n\u{e0041}\u{2066}";
        let safe = shown(hostile);
        assert!(safe.chars().all(is_plain), "{safe:?}");
        assert!(safe.contains("^[]52") && safe.contains("<U+202E>") && safe.contains("<U+009B>"));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_readable() {
        assert_eq!(shown_bytes(b"caf\xe9 \xff\n"), "caf\\xe9 \\xff ");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(shown_lines("a\tb\r\nc\x07"), "a    b\nc^G");
    }
}

//! Keys as the bytes that a terminal sends for them, and pasted text as it arrives at a program.
//!
//! Every key goes to the program but the one way out, which `TerminalStep` keeps. Nothing here remembers what was typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a terminal sends at the beginning and the end of a paste, where it was asked to.
const PASTE: (&str, &str) = ("\x1b[200~", "\x1b[201~");

/// Whether this is `^]`. Terminals without a keyboard protocol send a byte that the key reader calls Ctrl and 5.
pub fn is_way_out(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char(']' | '5'))
}

/// The bytes of a key. `app_cursor`: the program wants arrows in their application form.
pub fn key(key: KeyEvent, app_cursor: bool) -> Vec<u8> {
    let modifiers = key.modifiers;
    let mut bytes = match key.code {
        KeyCode::Char(letter) if modifiers.contains(KeyModifiers::CONTROL) => control(letter),
        KeyCode::Char(letter) => letter.to_string().into_bytes(),
        KeyCode::Enter => b"\r".to_vec(),
        KeyCode::Tab => b"\t".to_vec(),
        KeyCode::BackTab => return b"\x1b[Z".to_vec(),
        KeyCode::Backspace => b"\x7f".to_vec(),
        KeyCode::Esc => b"\x1b".to_vec(),
        KeyCode::Null => b"\0".to_vec(),
        code => return named(code, modifiers, app_cursor),
    };
    if modifiers.contains(KeyModifiers::ALT) {
        bytes.insert(0, 0x1b);
    }
    bytes
}

fn control(letter: char) -> Vec<u8> {
    let byte = match letter.to_ascii_lowercase() {
        letter @ 'a'..='z' => letter as u8 - b'a' + 1,
        ' ' | '@' | '2' => 0,
        '[' | '3' => 0x1b,
        '\\' | '4' => 0x1c,
        ']' | '5' => 0x1d,
        '^' | '6' => 0x1e,
        '_' | '/' | '-' | '7' => 0x1f,
        '?' | '8' => 0x7f,
        other => return other.to_string().into_bytes(),
    };
    vec![byte]
}

/// Keys that send a sequence; empty for those that a terminal keeps to itself.
fn named(code: KeyCode, modifiers: KeyModifiers, app_cursor: bool) -> Vec<u8> {
    let with = 1
        + u8::from(modifiers.contains(KeyModifiers::SHIFT))
        + 2 * u8::from(modifiers.contains(KeyModifiers::ALT))
        + 4 * u8::from(modifiers.contains(KeyModifiers::CONTROL));
    let letter = |letter: char| match (with, app_cursor) {
        (1, true) => format!("\x1bO{letter}"),
        (1, false) => format!("\x1b[{letter}"),
        _ => format!("\x1b[1;{with}{letter}"),
    };
    let number = |number: u8| if with == 1 { format!("\x1b[{number}~") } else { format!("\x1b[{number};{with}~") };
    let text = match code {
        KeyCode::Up => letter('A'),
        KeyCode::Down => letter('B'),
        KeyCode::Right => letter('C'),
        KeyCode::Left => letter('D'),
        KeyCode::Home => letter('H'),
        KeyCode::End => letter('F'),
        KeyCode::Insert => number(2),
        KeyCode::Delete => number(3),
        KeyCode::PageUp => number(5),
        KeyCode::PageDown => number(6),
        KeyCode::F(place @ 1..=4) if with == 1 => format!("\x1bO{}", (b'P' + place - 1) as char),
        KeyCode::F(place @ 1..=4) => format!("\x1b[1;{with}{}", (b'P' + place - 1) as char),
        KeyCode::F(place) => [15, 17, 18, 19, 20, 21, 23, 24]
            .get(usize::from(place).wrapping_sub(5))
            .map_or_else(String::new, |code| number(*code)),
        _ => String::new(),
    };
    text.into_bytes()
}

/// Pasted text: with marks where the program asked for them, and never with a mark of its own.
pub fn paste(text: &str, marks: bool) -> Vec<u8> {
    // A terminal sends CR where a line ends, as the Enter key does.
    let mut text = text.replace("\r\n", "\r").replace('\n', "\r");
    if !marks {
        return text.into_bytes();
    }
    // Taking one out may make another of its pieces.
    while text.contains(PASTE.1) {
        text = text.replace(PASTE.1, "");
    }
    format!("{}{text}{}", PASTE.0, PASTE.1).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(code: KeyCode, modifiers: KeyModifiers) -> Vec<u8> {
        key(KeyEvent::new(code, modifiers), false)
    }

    #[test]
    fn every_control_key_is_the_byte_that_it_was() {
        // As the key reader names them on a terminal without a protocol.
        for byte in 1..=0x1a_u8 {
            let name = (byte - 1 + b'a') as char;
            assert_eq!(sent(KeyCode::Char(name), KeyModifiers::CONTROL), [byte]);
        }
        for (name, byte) in [('4', 0x1c), ('5', 0x1d), ('6', 0x1e), ('7', 0x1f), (' ', 0)] {
            assert_eq!(sent(KeyCode::Char(name), KeyModifiers::CONTROL), [byte]);
        }
        assert!(is_way_out(KeyEvent::new(KeyCode::Char('5'), KeyModifiers::CONTROL)));
        assert!(!is_way_out(KeyEvent::from(KeyCode::Char('5'))));
    }

    #[test]
    fn arrows_are_as_the_program_wants_them() {
        assert_eq!(key(KeyEvent::from(KeyCode::Up), true), b"\x1bOA");
        assert_eq!(key(KeyEvent::from(KeyCode::Up), false), b"\x1b[A");
        assert_eq!(sent(KeyCode::Right, KeyModifiers::CONTROL), b"\x1b[1;5C");
        assert_eq!(sent(KeyCode::F(5), KeyModifiers::NONE), b"\x1b[15~");
        assert_eq!(sent(KeyCode::Char('x'), KeyModifiers::ALT), b"\x1bx");
        assert_eq!(sent(KeyCode::Char('ä'), KeyModifiers::NONE), "ä".as_bytes());
    }

    #[test]
    fn a_paste_cannot_end_itself() {
        assert_eq!(paste("a\nb\r\nc", false), b"a\rb\rc");
        assert_eq!(paste("a\x1b[20\x1b[201~1~rm -rf\r", true), b"\x1b[200~arm -rf\r\x1b[201~");
    }
}

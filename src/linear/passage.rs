//! What a program with a terminal of its own may do to the operator's terminal: letters, cursor, colours, the other screen.
//!
//! Control strings (titles, clipboard, notifications), questions, the mouse and resets are dropped, here as everywhere; a
//! letter passes only if `model::text` lets it. What was changed is remembered, so that it can be taken back. Lines that end
//! in LF alone are expanded, but on the alternate screen, where a bare LF means down. Called by `handed`.

use crate::model::text::is_plain;

/// No control sequence that a screen needs is longer.
const LONGEST: usize = 64;
/// Private modes that pass: application cursor keys, origin, wrap, blink, cursor, the other screens, marks around a paste.
const MODES: &[&str] = &["1", "6", "7", "12", "25", "47", "1047", "1048", "1049", "2004"];
/// What a sequence may end in: movement, erasing, inserting, tabs, colours, scrolling, the cursor's place.
const ENDS: &[u8] = b"@ABCDEFGHIJKLMPSTXZ`abdefgmrsu";

/// Lets pass what may.
#[derive(Default)]
pub(super) struct Passage {
    at: At,
    letter: Vec<u8>,
    /// Private modes that are set.
    set: Vec<String>,
    hidden: bool,
    styled: bool,
    region: bool,
}

#[derive(Default)]
enum At {
    #[default]
    Text,
    Escape,
    /// Which character set stands where: one more byte.
    Set(u8),
    Sequence(Vec<u8>),
    String,
    StringEscape,
}

impl Passage {
    /// What of `bytes` goes to the terminal.
    pub fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for byte in bytes {
            self.at = match std::mem::take(&mut self.at) {
                At::Text => self.text(*byte, &mut out),
                At::Escape => escape(*byte, &mut out),
                At::Set(which) => {
                    if matches!(byte, b'B' | b'0' | b'A') {
                        out.extend([0x1b, which, *byte]);
                    }
                    At::Text
                }
                At::Sequence(mut sequence) => {
                    sequence.push(*byte);
                    match byte {
                        0x40..=0x7e => {
                            self.sequence(&sequence, &mut out);
                            At::Text
                        }
                        0x20..=0x3f if sequence.len() < LONGEST => At::Sequence(sequence),
                        _ => At::Text,
                    }
                }
                At::String | At::StringEscape if matches!(byte, 0x07 | 0x18 | 0x1a) => At::Text,
                At::StringEscape if *byte == b'\\' => At::Text,
                At::String | At::StringEscape if *byte == 0x1b => At::StringEscape,
                At::String | At::StringEscape => At::String,
            };
        }
        out
    }

    /// What takes back what the program changed and did not.
    pub fn undo(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if std::mem::take(&mut self.region) {
            out.extend(b"\x1b[r");
        }
        for mode in std::mem::take(&mut self.set) {
            out.extend(format!("\x1b[?{mode}l").bytes());
        }
        if std::mem::take(&mut self.hidden) {
            out.extend(b"\x1b[?25h");
        }
        if std::mem::take(&mut self.styled) {
            out.extend(b"\x1b[0m");
        }
        self.at = At::Text;
        out
    }

    fn text(&mut self, byte: u8, out: &mut Vec<u8>) -> At {
        match byte {
            0x1b => return At::Escape,
            b'\n' if !self.on_alternate() => out.extend(b"\r\n"),
            b'\n' | b'\r' | b'\t' | 0x08 | 0x20..=0x7e => out.push(byte),
            0x80..=0xff => self.part_of_letter(byte, out),
            _control => {}
        }
        At::Text
    }

    fn part_of_letter(&mut self, byte: u8, out: &mut Vec<u8>) {
        if byte >= 0xc0 {
            self.letter.clear();
        }
        self.letter.push(byte);
        match std::str::from_utf8(&self.letter) {
            Ok(letter) => {
                if letter.chars().all(is_plain) {
                    out.extend(letter.bytes());
                }
                self.letter.clear();
            }
            // It goes on in the next byte.
            Err(torn) if torn.error_len().is_none() && self.letter.len() < 4 => {}
            Err(_no_letter) => self.letter.clear(),
        }
    }

    fn sequence(&mut self, sequence: &[u8], out: &mut Vec<u8>) {
        let Some((end, rest)) = sequence.split_last() else { return };
        let rest = String::from_utf8_lossy(rest);
        let whole = |out: &mut Vec<u8>| out.extend([b"\x1b[".as_slice(), sequence].concat());
        match (rest.strip_prefix('?'), end) {
            (Some(modes), b'h' | b'l') => {
                for mode in modes.split(';').filter(|mode| MODES.contains(mode)) {
                    self.switch(mode, *end == b'h');
                    out.extend(format!("\x1b[?{mode}{}", char::from(*end)).bytes());
                }
            }
            (None, end)
                if ENDS.contains(end) && rest.bytes().all(|byte| byte.is_ascii_digit() || b";:".contains(&byte)) =>
            {
                self.styled |= *end == b'm';
                self.region |= *end == b'r';
                whole(out);
            }
            (None, b'h' | b'l') if rest == "4" => whole(out),
            (_, _dropped) => {}
        }
    }

    fn switch(&mut self, mode: &str, on: bool) {
        match mode {
            "25" => self.hidden = !on,
            // The terminal's own way.
            "7" | "12" | "1048" => {}
            other => {
                self.set.retain(|mode| mode != other);
                if on {
                    self.set.push(other.to_owned());
                }
            }
        }
    }

    fn on_alternate(&self) -> bool {
        self.set.iter().any(|mode| matches!(mode.as_str(), "47" | "1047" | "1049"))
    }
}

fn escape(byte: u8, out: &mut Vec<u8>) -> At {
    match byte {
        b'[' => At::Sequence(Vec::new()),
        b']' | b'P' | b'_' | b'^' | b'X' => At::String,
        b'(' | b')' => At::Set(byte),
        0x1b => At::Escape,
        b'7' | b'8' | b'D' | b'E' | b'M' | b'=' | b'>' => {
            out.extend([0x1b, byte]);
            At::Text
        }
        _dropped => At::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(text: &str) -> String {
        let whole = String::from_utf8(Passage::default().pass(text.as_bytes())).unwrap();
        let mut torn = Passage::default();
        let parts: Vec<u8> = text.bytes().flat_map(|byte| torn.pass(&[byte])).collect();
        assert_eq!(String::from_utf8(parts).unwrap(), whole, "torn");
        whole
    }

    #[test]
    fn colours_movement_and_letters_pass_and_what_reaches_beyond_the_screen_does_not() {
        assert_eq!(
            passed("a\x1b[1;31mb\x1b[2;5Hc\x1b[Kä你\x1b(0q\x1b(B"),
            "a\x1b[1;31mb\x1b[2;5Hc\x1b[Kä你\x1b(0q\x1b(B"
        );
        let reaching = [
            "\x1b]52;c;aGVsbG8=\x07",
            "\x1b]0;title\x1b\\",
            "\x1bP1$r\x1b\\",
            "\x1b[6n",
            "\x1b[c",
            "\x1b[21t",
            "\x1b[?1000;1006h",
            "\x1bc",
            "\x1b[>1u",
            "\x07\x0e\x00\x7f",
            "\u{9b}31m\u{202e}",
            "\x1b[5i",
        ];
        for text in reaching {
            let out = passed(&format!("<{text}>"));
            assert!(out == "<>" || out == "<31m>", "{text:?} came as {out:?}");
        }
    }

    #[test]
    fn a_line_feed_starts_a_line_but_on_the_alternate_screen_and_what_was_set_is_taken_back() {
        let mut passage = Passage::default();
        assert_eq!(passage.pass(b"a\nb"), b"a\r\nb");
        assert_eq!(passage.pass(b"\x1b[?1049;25l\x1b[?1049h\n\x1b[7m"), b"\x1b[?1049l\x1b[?25l\x1b[?1049h\n\x1b[7m");
        assert_eq!(passage.undo(), b"\x1b[?1049l\x1b[?25h\x1b[0m");
        assert!(passage.undo().is_empty());
    }

    #[test]
    fn hostile_bytes_never_become_a_control_that_was_dropped() {
        let mut seed = 11_u64;
        let mut passage = Passage::default();
        for _ in 0..50_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let out = passage.pass(&[(seed >> 33) as u8]);
            let allowed = |byte: &u8| matches!(byte, 0x08 | b'\t' | b'\n' | b'\r' | 0x1b | 0x20..=0x7e | 0x80..);
            assert!(out.iter().all(allowed) && out.len() < 200, "{out:?}");
        }
    }
}

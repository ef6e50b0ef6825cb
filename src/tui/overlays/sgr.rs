//! A line of a command's output as safe, styled text.
//!
//! Of control sequences only colours and weight (SGR) survive, as styles. Other well-formed sequences are left out, every other
//! control byte is made visible, and what is not UTF-8 reads as `\xNN`. Hidden text and blinking are not taken over: nothing in
//! the output can make a part of it unreadable. The file keeps the exact bytes.

use crate::model::text::shown;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

/// No control sequence is longer; what claims to be is made visible instead.
const LONGEST: usize = 512;

/// The style that is on, from line to line.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    base: Style,
    on: Style,
    colours: Colours,
}

/// Whether the theme has colours at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// As printed.
    Kept,
    /// Weight only.
    Dropped,
}

impl Pen {
    /// Output that has no style of its own is drawn in `base`.
    pub fn new(base: Style, colours: Colours) -> Self {
        Self { base, on: base, colours }
    }

    /// One line of bytes, without its line break.
    pub fn line(&mut self, bytes: &[u8]) -> Line<'static> {
        let mut spans = Vec::new();
        for chunk in bytes.utf8_chunks() {
            self.text(chunk.valid(), &mut spans);
            for byte in chunk.invalid() {
                spans.push(Span::styled(format!("\\x{byte:02x}"), self.on));
            }
        }
        Line::from(spans)
    }

    fn text(&mut self, text: &str, spans: &mut Vec<Span<'static>>) {
        let mut rest = text;
        while let Some(at) = rest.find(['\x1b', '\u{9b}']) {
            self.push(&rest[..at], spans);
            rest = &rest[at..];
            match sequence(rest) {
                Some((Sequence::Sgr(codes), len)) => {
                    self.apply(codes);
                    rest = &rest[len..];
                }
                Some((Sequence::Other, len)) => rest = &rest[len..],
                None => {
                    let first = rest.chars().next().map_or(1, char::len_utf8);
                    self.push(&rest[..first], spans);
                    rest = &rest[first..];
                }
            }
        }
        self.push(rest, spans);
    }

    fn push(&self, text: &str, spans: &mut Vec<Span<'static>>) {
        if !text.is_empty() {
            spans.push(Span::styled(shown(text).into_owned(), self.on));
        }
    }

    fn apply(&mut self, codes: &str) {
        let mut codes =
            codes.split([';', ':']).map(|code| if code.is_empty() { 0 } else { code.parse().unwrap_or(u16::MAX) });
        while let Some(code) = codes.next() {
            self.on = match code {
                0 => self.base,
                1 => self.on.add_modifier(Modifier::BOLD),
                2 => self.on.add_modifier(Modifier::DIM),
                3 => self.on.add_modifier(Modifier::ITALIC),
                4 => self.on.add_modifier(Modifier::UNDERLINED),
                7 => self.on.add_modifier(Modifier::REVERSED),
                9 => self.on.add_modifier(Modifier::CROSSED_OUT),
                22 => self.on.remove_modifier(Modifier::BOLD | Modifier::DIM),
                23 => self.on.remove_modifier(Modifier::ITALIC),
                24 => self.on.remove_modifier(Modifier::UNDERLINED),
                27 => self.on.remove_modifier(Modifier::REVERSED),
                29 => self.on.remove_modifier(Modifier::CROSSED_OUT),
                39 => Style { fg: self.base.fg, ..self.on },
                49 => Style { bg: self.base.bg, ..self.on },
                38 | 48 => self.coloured(code == 38, extended(&mut codes)),
                30..=37 => self.coloured(true, Some(Color::Indexed(code as u8 - 30))),
                40..=47 => self.coloured(false, Some(Color::Indexed(code as u8 - 40))),
                90..=97 => self.coloured(true, Some(Color::Indexed(code as u8 - 82))),
                100..=107 => self.coloured(false, Some(Color::Indexed(code as u8 - 92))),
                _ => self.on,
            };
        }
    }

    fn coloured(&self, front: bool, colour: Option<Color>) -> Style {
        match (colour, self.colours) {
            (None, _) | (_, Colours::Dropped) => self.on,
            (Some(colour), Colours::Kept) if front => self.on.fg(colour),
            (Some(colour), Colours::Kept) => self.on.bg(colour),
        }
    }
}

/// `5;N` and `2;R;G;B` after 38 or 48.
fn extended(codes: &mut impl Iterator<Item = u16>) -> Option<Color> {
    let mut byte = || codes.next().and_then(|code| u8::try_from(code).ok());
    match byte()? {
        5 => Some(Color::Indexed(byte()?)),
        2 => Some(Color::Rgb(byte()?, byte()?, byte()?)),
        _ => None,
    }
}

enum Sequence<'a> {
    /// Its codes: `1;31`.
    Sgr(&'a str),
    /// Anything else that is well formed.
    Other,
}

/// The control sequence that a text begins with, and its length in bytes; `None` where it is not well formed.
fn sequence(text: &str) -> Option<(Sequence<'_>, usize)> {
    let mut letters = text.chars();
    let start = match (letters.next()?, text.as_bytes().get(1)) {
        ('\u{9b}', _) => return control(text, '\u{9b}'.len_utf8()),
        (_, Some(b'[')) => return control(text, 2),
        (_, Some(b']' | b'P' | b'^' | b'_' | b'X')) => 2,
        (_, Some(b'(' | b')' | b'*' | b'+' | b'#' | b'%' | b' ')) => {
            let last = text[2..].chars().next()?;
            return Some((Sequence::Other, 2 + last.len_utf8()));
        }
        (_, Some(b'0'..=b'~')) => return Some((Sequence::Other, 2)),
        (_, Some(_) | None) => return None,
    };
    let inside = text.get(start..)?;
    let end = inside.find(['\x07', '\x1b', '\u{9c}'])?;
    if end > LONGEST {
        return None;
    }
    let tail = &inside[end..];
    let len = if tail.starts_with("\x1b\\") {
        2
    } else if tail.starts_with('\x1b') {
        return None;
    } else {
        tail.chars().next()?.len_utf8()
    };
    Some((Sequence::Other, start + end + len))
}

/// `CSI parameters intermediates final`.
fn control(text: &str, start: usize) -> Option<(Sequence<'_>, usize)> {
    let bytes = &text.as_bytes()[start..];
    let end = bytes.iter().take(LONGEST).position(|byte| !(0x20..=0x3f).contains(byte))?;
    if !(0x40..=0x7e).contains(&bytes[end]) {
        return None;
    }
    let inside = &text[start..start + end];
    let plain = inside.bytes().all(|byte| byte.is_ascii_digit() || byte == b';' || byte == b':');
    let kind = if bytes[end] == b'm' && plain { Sequence::Sgr(inside) } else { Sequence::Other };
    Some((kind, start + end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::is_plain;

    fn text(line: &Line<'_>) -> String {
        line.spans.iter().map(|span| span.content.as_ref()).collect()
    }

    fn pen() -> Pen {
        Pen::new(Style::default(), Colours::Kept)
    }

    #[test]
    fn colours_are_kept_as_styles_from_line_to_line() {
        let mut pen = pen();
        let first = pen.line(b"plain \x1b[1;31mred");
        assert_eq!(text(&first), "plain red");
        assert_eq!(first.spans[1].style.fg, Some(Color::Indexed(1)));
        let second = pen.line(b"still \x1b[0mnot \x1b[38;5;208mo\x1b[48;2;1;2;3mx");
        assert_eq!(second.spans[0].style.fg, Some(Color::Indexed(1)));
        assert_eq!(second.spans[1].style, Style::default());
        assert_eq!(second.spans[3].style.bg, Some(Color::Rgb(1, 2, 3)));
    }

    #[test]
    fn every_other_sequence_is_left_out_or_visible_and_nothing_raw_remains() {
        let hostile: [&[u8]; 8] = [
            b"a\x1b]52;c;eA==\x07b",
            b"a\x1b]0;title\x1b\\b",
            b"a\x1b[2J\x1b[1;1Hb\x1b(B",
            b"a\x1bP+q544e\x1b\\b",
            "a\u{9b}31mb\u{202e}\u{200b}".as_bytes(),
            b"a\x1b]0;never ends b",
            b"a\x1b[999999999999999999mb\x1b[;;;m",
            b"a\x1b",
        ];
        for bytes in hostile {
            let line = pen().line(bytes);
            let text = text(&line);
            assert!(text.chars().all(is_plain) && text.starts_with('a'), "{text:?}");
        }
        assert_eq!(text(&pen().line(hostile[0])), "ab");
        assert!(text(&pen().line(hostile[5])).contains("never ends b"), "what does not end is not hidden");
    }

    #[test]
    fn hidden_and_blinking_text_stays_readable() {
        let line = pen().line(b"\x1b[8mhidden\x1b[5mblink");
        assert_eq!(text(&line), "hiddenblink");
        assert!(line.spans.iter().all(|span| span.style == Style::default()));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_readable() {
        assert_eq!(text(&pen().line(b"caf\xe9 \xff\x00")), "caf\\xe9 \\xff^@");
    }

    #[test]
    fn a_theme_without_colours_keeps_weight_only() {
        let line = Pen::new(Style::default(), Colours::Dropped).line(b"\x1b[1;31;42mx");
        assert_eq!(line.spans[0].style, Style::default().add_modifier(Modifier::BOLD));
    }
}

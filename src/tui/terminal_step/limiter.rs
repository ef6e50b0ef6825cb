//! What a program prints, before an emulator sees it: control strings are cut, and lines end as a screen wants it.
//!
//! An emulator keeps the text of OSC, DCS, APC, PM and SOS strings until they end; one that never ends would fill the memory.
//! Nothing is added to what is printed. Called by `emulator` with every byte, in order.

/// No control string that a screen needs is longer.
const LONGEST: usize = 2048;

/// Cuts control strings.
#[derive(Debug, Default)]
pub struct Limiter {
    at: At,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Text,
    Escape,
    /// In a control string, and how much of it was passed on.
    String(usize),
    /// Behind an ESC in a control string.
    StringEscape,
}

impl Limiter {
    /// Appends to `out` what of `bytes` is passed on.
    pub fn pass(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            let (at, keep) = self.step(*byte);
            self.at = at;
            if keep {
                out.push(*byte);
            }
        }
    }

    fn step(&self, byte: u8) -> (At, bool) {
        match (self.at, byte) {
            (At::Text, 0x1b) | (At::Escape, 0x1b) | (At::StringEscape, 0x1b) => (At::Escape, true),
            (At::Text, _) => (At::Text, true),
            (At::Escape | At::StringEscape, b']' | b'P' | b'_' | b'^' | b'X') => (At::String(0), true),
            (At::Escape | At::StringEscape, _) => (At::Text, true),
            (At::String(_), 0x07 | 0x18 | 0x1a) => (At::Text, true),
            (At::String(_), 0x1b) => (At::StringEscape, true),
            (At::String(passed), _) => (At::String(passed.saturating_add(1)), passed < LONGEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut limiter, mut out) = (Limiter::default(), Vec::new());
        pieces.iter().for_each(|piece| limiter.pass(piece, &mut out));
        out
    }

    #[test]
    fn a_string_that_never_ends_is_cut_and_what_follows_its_end_is_whole() {
        for opening in ["\x1b]52;c;", "\x1bP", "\x1b_", "\x1b^", "\x1bX"] {
            let long = [opening.as_bytes(), &vec![b'x'; 1 << 20], b"\x07after"].concat();
            let out = passed(&[&long[..3000], &long[3000..]]);
            assert!(out.len() < LONGEST + 32, "{} bytes of {opening:?}", out.len());
            assert!(out.ends_with(b"\x07after"));
        }
    }

    #[test]
    fn what_is_no_string_passes_as_it_is_wherever_it_is_torn() {
        let text = "a\x1b[31mb\x1b]0;t\x1b\\c\x1b(B\u{9c}ä\n".as_bytes();
        for cut in 0..text.len() {
            assert_eq!(passed(&[&text[..cut], &text[cut..]]), text);
        }
    }
}

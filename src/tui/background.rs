//! The terminal's answer to "what is your background?" (OSC 11), picked out of the keys that it arrives as.
//!
//! The question is sent without waiting, so the answer may come any time, and the key reader does not know it: it would come
//! as `]`, `1`, `1`, `;`, `r`, `g`, `b` … which are keys that do things. Until it has come, or can no longer be expected, keys
//! pass through this sieve. What is no answer is handed on, in order; what began as one is never handed on as keys.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Asks for the background; `ESC \` would end it too, but BEL is one byte and cannot be torn.
pub const QUESTION: &str = "\x1b]11;?\x07";

/// What every answer begins with.
const OPENING: &str = "]11;";

/// No answer is longer.
const LONGEST: usize = 40;

/// Sieves keys.
#[derive(Debug, Default)]
pub struct Sieve {
    held: Vec<KeyEvent>,
    text: String,
    closed: bool,
}

/// What a key led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Sifted {
    /// These keys are the operator's.
    Keys(Vec<KeyEvent>),
    /// Part of an answer, or perhaps.
    Kept,
    /// An answer, all of it.
    Answer(u8, u8, u8),
}

impl Sieve {
    /// A sieve through which everything passes: nothing was asked.
    pub fn open() -> Self {
        Self { closed: true, ..Self::default() }
    }

    /// Whether keys are kept back that may be part of an answer.
    pub fn holds(&self) -> bool {
        !self.text.is_empty()
    }

    /// No answer is expected any more: what was kept back and is none is handed on.
    pub fn give_up(&mut self) -> Vec<KeyEvent> {
        self.closed = true;
        let began = self.text.len() >= OPENING.len();
        self.text.clear();
        let held = std::mem::take(&mut self.held);
        if began { Vec::new() } else { held }
    }

    /// Takes a key.
    pub fn sift(&mut self, key: KeyEvent) -> Sifted {
        if self.closed {
            return Sifted::Keys(vec![key]);
        }
        let answer_began = self.text.len() >= OPENING.len();
        let (letter, ends) = read(key);
        if answer_began && (ends || self.text.len() > LONGEST) {
            let found = colour(&self.text[OPENING.len()..]);
            self.held.clear();
            self.text.clear();
            self.closed = found.is_some();
            return found.map_or(Sifted::Kept, |(red, green, blue)| Sifted::Answer(red, green, blue));
        }
        self.held.push(key);
        match letter {
            Some(letter) if answer_began => {
                self.text.push(letter);
                Sifted::Kept
            }
            Some(letter) if OPENING[self.text.len()..].starts_with(letter) => {
                self.text.push(letter);
                Sifted::Kept
            }
            _ if answer_began => Sifted::Kept,
            _ => {
                self.text.clear();
                Sifted::Keys(std::mem::take(&mut self.held))
            }
        }
    }
}

/// The letter that a key stands for, and whether it is the end of an answer: BEL comes as `^G`, `ESC \` as Alt and `\`.
fn read(key: KeyEvent) -> (Option<char>, bool) {
    match (key.code, key.modifiers) {
        (KeyCode::Char('g'), KeyModifiers::CONTROL) => (None, true),
        (KeyCode::Char('\\'), _) => (None, true),
        (KeyCode::Char(letter), modifiers) if !modifiers.contains(KeyModifiers::CONTROL) => (Some(letter), false),
        _ => (None, false),
    }
}

/// `rgb:1e1e/1e1e/2e2e`, with one to four digits each.
fn colour(text: &str) -> Option<(u8, u8, u8)> {
    let (_, values) = text.split_once(':')?;
    let mut parts = values.split('/').map(|digits| {
        let scale = match digits.len() {
            1..=4 => 16_u32.pow(u32::try_from(digits.len()).ok()?) - 1,
            _ => return None,
        };
        u8::try_from(u32::from_str_radix(digits, 16).ok()? * 255 / scale).ok()
    });
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys as the key reader makes them of these bytes.
    fn keys(text: &str) -> Vec<KeyEvent> {
        let mut found = Vec::new();
        let mut alt = false;
        for letter in text.chars() {
            match letter {
                '\x1b' => alt = true,
                '\x07' => found.push(KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL)),
                letter => {
                    let modifiers = if std::mem::take(&mut alt) { KeyModifiers::ALT } else { KeyModifiers::NONE };
                    found.push(KeyEvent::new(KeyCode::Char(letter), modifiers));
                }
            }
        }
        found
    }

    fn through(text: &str) -> (String, Option<(u8, u8, u8)>) {
        let (mut sieve, mut passed, mut answer) = (Sieve::default(), String::new(), None);
        for key in keys(text) {
            match sieve.sift(key) {
                Sifted::Keys(keys) => passed.extend(keys.iter().filter_map(|key| key.code.as_char())),
                Sifted::Kept => {}
                Sifted::Answer(red, green, blue) => answer = Some((red, green, blue)),
            }
        }
        passed.extend(sieve.give_up().iter().filter_map(|key| key.code.as_char()));
        (passed, answer)
    }

    #[test]
    fn no_letter_of_an_answer_becomes_a_key() {
        for end in ["\x07", "\x1b\\"] {
            let (passed, answer) = through(&format!("j\x1b]11;rgb:1e1e/1e1e/2e2e{end}k"));
            assert_eq!((passed.as_str(), answer), ("jk", Some((0x1e, 0x1e, 0x2e))));
        }
        let (passed, answer) = through("\x1b]11;rgba:ff/ff/ff/ff\x07");
        assert_eq!((passed.as_str(), answer), ("", Some((255, 255, 255))));
        assert_eq!(through("\x1b]11;rgb:R!r\x07").0, "", "not even of one that makes no sense");
        assert_eq!(through("\x1b]11;rgb:1e1e/1e").0, "", "nor of a torn one");
    }

    #[test]
    fn what_is_no_answer_is_handed_on_in_order() {
        assert_eq!(through("]1r").0, "]1r");
        assert_eq!(through("r]]x11;").0, "r]]x11;");
        assert_eq!(through("!").0, "!");
    }
}

//! Tells what the shell on a target says from what the command prints, on the one stream that both use.
//!
//! Before the shell has greeted, what comes is the login's own (a message of the day, a prompt for a password). After it,
//! every byte is the command's but for the lines that begin with the tag. Bytes that may be the beginning of such a line are
//! held back until it is clear; chunks may be cut anywhere. It never waits and judges nothing. Called by `course`.

use super::bootstrap::{CANNOT, SESSION};
use memchr::memmem;

/// No line of the shell's is longer.
const LONGEST: usize = 4096;

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Bytes of the login, before the session.
    Before(Vec<u8>),
    /// The session is there, with this group.
    Session(u32),
    /// It cannot be: this is missing there.
    Cannot(String),
    /// Bytes of the command.
    Output(Vec<u8>),
    /// A line of the shell, less its tag.
    Line(String),
}

/// What has come and is not told apart yet.
pub(super) struct Sieve {
    tag: Vec<u8>,
    greeted: bool,
    held: Vec<u8>,
}

impl Sieve {
    /// A sieve for a shell whose lines begin with `tag`.
    pub(super) fn new(tag: Vec<u8>) -> Self {
        Self { tag, greeted: false, held: Vec::new() }
    }

    /// Takes bytes as they came.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Heard> {
        self.held.extend_from_slice(bytes);
        let mut heard = Vec::new();
        while self.step(&mut heard) {}
        heard.retain(|each| !matches!(each, Heard::Before(bytes) | Heard::Output(bytes) if bytes.is_empty()));
        heard
    }

    /// What was held back when nothing more comes.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Whether there may be more to tell apart.
    fn step(&mut self, heard: &mut Vec<Heard>) -> bool {
        if !self.greeted {
            return self.greeting(heard);
        }
        let Some(at) = memmem::find(&self.held, &self.tag) else {
            let keep = beginning(&self.held, &self.tag);
            let output = self.take(self.held.len() - keep);
            heard.push(Heard::Output(output));
            return false;
        };
        let output = self.take(at);
        heard.push(Heard::Output(output));
        let after = self.held.get(self.tag.len()..).unwrap_or_default();
        match memchr::memchr(b'\n', after) {
            Some(end) => {
                let line = self.take(self.tag.len() + end + 1);
                let line = String::from_utf8_lossy(line.get(self.tag.len()..).unwrap_or_default()).trim().to_owned();
                heard.push(Heard::Line(line));
                true
            }
            None if self.held.len() > LONGEST => {
                let output = self.take(self.tag.len());
                heard.push(Heard::Output(output));
                true
            }
            None => false,
        }
    }

    fn greeting(&mut self, heard: &mut Vec<Heard>) -> bool {
        let found = [SESSION, CANNOT].into_iter().filter_map(|word| Some((memmem::find(&self.held, word)?, word)));
        let Some((at, word)) = found.min_by_key(|(at, _)| *at) else {
            let keep = beginning(&self.held, SESSION).max(beginning(&self.held, CANNOT));
            let before = self.take(self.held.len() - keep);
            heard.push(Heard::Before(before));
            return false;
        };
        let before = self.take(at);
        heard.push(Heard::Before(before));
        let rest = self.held.get(word.len()..).unwrap_or_default();
        let Some(end) = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()) else {
            return false;
        };
        let said = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
        let (closed, group) = (rest.get(end) == Some(&b'-'), said.parse().ok());
        let line_end = memchr::memchr(b'\n', rest);
        match (closed, word == SESSION, group, line_end) {
            (true, _, _, None) if rest.len() < LONGEST => return false,
            (true, true, Some(group), Some(line_end)) => {
                self.take(word.len() + line_end + 1);
                self.greeted = true;
                heard.push(Heard::Session(group));
            }
            (true, false, _, Some(line_end)) if !said.is_empty() => {
                self.take(word.len() + line_end + 1);
                heard.push(Heard::Cannot(said));
            }
            // A login that prints the command line itself says the word too, and no number after it.
            _not_said_by_the_shell => heard.push(Heard::Before(self.take(word.len()))),
        }
        true
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.held.split_off(count);
        std::mem::replace(&mut self.held, rest)
    }
}

/// How many of the last bytes of `bytes` are the beginning of `word`.
fn beginning(bytes: &[u8], word: &[u8]) -> usize {
    let most = bytes.len().min(word.len().saturating_sub(1));
    (1..=most).rev().find(|count| bytes.ends_with(word.get(..*count).unwrap_or_default())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(chunk: usize) -> Vec<Heard> {
        let mut sieve = Sieve::new(b"\x1etag-".to_vec());
        let bytes = b"motd tminus-session-$$-\ntminus-session-77-\nout\x1eput\x1etag-end 0 12 sleep\nlate";
        let mut heard: Vec<Heard> = Vec::new();
        for part in bytes.chunks(chunk) {
            for each in sieve.push(part) {
                match (heard.last_mut(), each) {
                    (Some(Heard::Before(last)), Heard::Before(more)) => last.extend(more),
                    (Some(Heard::Output(last)), Heard::Output(more)) => last.extend(more),
                    (_, each) => heard.push(each),
                }
            }
        }
        heard
    }

    #[test]
    fn it_hears_the_same_however_the_bytes_are_cut() {
        let expected = vec![
            Heard::Before(b"motd tminus-session-$$-\n".to_vec()),
            Heard::Session(77),
            Heard::Output(b"out\x1eput".to_vec()),
            Heard::Line("end 0 12 sleep".into()),
            Heard::Output(b"late".to_vec()),
        ];
        for chunk in 1..80 {
            assert_eq!(all(chunk), expected, "in pieces of {chunk}");
        }
    }

    #[test]
    fn what_may_begin_a_line_is_held_back_and_not_lost() {
        let mut sieve = Sieve::new(b"\x1etag-".to_vec());
        sieve.push(b"tminus-session-1-\n");
        assert_eq!(sieve.push(b"a\x1eta"), [Heard::Output(b"a".to_vec())]);
        assert_eq!(sieve.finish(), b"\x1eta");
    }

    #[test]
    fn a_shell_that_cannot_says_what_is_missing() {
        let mut sieve = Sieve::new(b"\x1etag-".to_vec());
        assert_eq!(sieve.push(b"tminus-cannot-setsid-\n"), [Heard::Cannot("setsid".into())]);
    }
}

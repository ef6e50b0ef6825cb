//! What is known of a stream as a whole: how much came, and its text where something needs all of it.
//!
//! At most 4 MiB are kept (1 MiB of standard error, so that both with all else stay under 8 MiB). More is not cut and judged by
//! its beginning, which could pass what should fail; it is let go, and whoever asks for the text is told so. `Judge` feeds it.

use super::finding::{Finding, Held, Saw};
use super::http::Http;
use std::borrow::Cow;

/// How much of a stream is kept for judging it as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Keep {
    /// Only its size.
    #[default]
    Nothing,
    /// 4 MiB: standard output.
    Output,
    /// 1 MiB: standard error.
    Error,
}

impl Keep {
    fn mebibytes(self) -> usize {
        match self {
            Keep::Nothing => 0,
            Keep::Output => 4,
            Keep::Error => 1,
        }
    }
}

/// One stream.
#[derive(Default)]
pub(super) struct Tally {
    /// Bytes that came.
    pub(super) bytes: u64,
    breaks: u64,
    last: Option<u8>,
    need: Keep,
    kept: Vec<u8>,
    http: Option<Http>,
}

impl Tally {
    pub(super) fn new(need: Keep) -> Self {
        Self { need, ..Self::default() }
    }

    /// Where it is an answer of HTTP, whose body is told apart from its status.
    pub(super) fn with_http(mut self, yes: bool) -> Self {
        self.http = yes.then(Http::new);
        self
    }

    /// Takes a chunk; hands on what of it is the body, where that is told apart.
    pub(super) fn feed(&mut self, chunk: &[u8], body: &mut dyn FnMut(&[u8])) {
        if let Some(http) = &mut self.http {
            http.feed(chunk, body);
        }
        self.bytes += chunk.len() as u64;
        self.breaks += memchr::memchr_iter(b'\n', chunk).count() as u64;
        self.last = chunk.last().copied().or(self.last);
        if self.is_over() {
            self.kept = Vec::new();
        } else {
            push(&mut self.kept, chunk, self.need.mebibytes() << 20);
        }
    }

    /// No more comes.
    pub(super) fn end(&mut self, body: &mut dyn FnMut(&[u8])) {
        if let Some(http) = &mut self.http {
            http.end(body);
        }
    }

    /// The status against those that are wanted.
    pub(super) fn status(&self, wanted: &[u16]) -> Option<Finding> {
        self.http.as_ref().map(|http| http.finding(wanted, &self.amount()))
    }

    /// Lines that stand in the body and are set aside: the status, and the empty line before it.
    pub(super) fn lines_aside(&self) -> Vec<String> {
        let code = self.http.as_ref().and_then(Http::code_aside);
        code.map_or_else(Vec::new, |code| {
            [Some(code.digits()), code.blank.then(String::new)].into_iter().flatten().collect()
        })
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.kept.capacity()
    }

    fn most(&self) -> usize {
        self.need.mebibytes() << 20
    }

    fn is_over(&self) -> bool {
        self.bytes > self.most() as u64
    }

    /// Lines of the body; a last one without a line break counts.
    pub(super) fn lines(&self) -> u64 {
        self.http.as_ref().map_or_else(|| self.all_lines(), Http::lines)
    }

    fn all_lines(&self) -> u64 {
        self.breaks + u64::from(self.last.is_some_and(|byte| byte != b'\n'))
    }

    /// `12 lines of output`, `no output`.
    pub(super) fn amount(&self) -> String {
        match self.all_lines() {
            0 => "no output".to_owned(),
            1 => "1 line of output".to_owned(),
            more => format!("{more} lines of output"),
        }
    }

    /// The body, or all where none is told apart; an error says that it cannot be judged as `what`.
    pub(super) fn text(&self, what: &str) -> Result<Cow<'_, str>, (Saw, Held)> {
        let all = self.all_text(what)?;
        if self.http.is_none() {
            return Ok(all);
        }
        Ok(Cow::Owned(String::from_utf8_lossy(&Http::body_of(&self.kept)).into_owned()))
    }

    /// All of it, a status and headers too.
    pub(super) fn all_text(&self, what: &str) -> Result<Cow<'_, str>, (Saw, Held)> {
        if self.is_over() {
            let most = self.need.mebibytes();
            let words = format!("more than {most} MiB of output: cannot be judged as {what}");
            return Err((Saw::words(words), Held::Unknown));
        }
        Ok(String::from_utf8_lossy(&self.kept))
    }
}

/// A text without its last line break.
pub(super) fn without_last_break(text: &str) -> &str {
    match text.strip_suffix('\n') {
        Some(rest) => rest.strip_suffix('\r').unwrap_or(rest),
        None => text,
    }
}

/// Appends without ever taking room for more than `most` bytes, where doubling could take nearly twice that.
pub(super) fn push(kept: &mut Vec<u8>, bytes: &[u8], most: usize) {
    let needed = kept.len() + bytes.len();
    if needed > kept.capacity() {
        let room = (2 * kept.capacity()).max(needed).min(most.max(needed));
        kept.reserve_exact(room - kept.len());
    }
    kept.extend_from_slice(bytes);
}

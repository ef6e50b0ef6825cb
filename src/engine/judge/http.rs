//! `http`: the status that an answer came with, and the answer without it.
//!
//! Two ways of printing it are known: `curl -w '\n%{http_code}'`, a line of three digits, and `curl -i`, header blocks that begin
//! `HTTP/x NNN` (several, after redirects and 100-continue). Nothing is chosen where the two disagree. `Tally` feeds it; it
//! keeps no more than 8 KiB of a line.

use super::finding::{Finding, Held, Saw};

/// Bytes by which a line is known.
const KNOWN: usize = 8 * 1024;

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Status(u16),
    Header,
    Blank,
    Code(u16),
    Body,
}

/// What becomes of the rest of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Nobody knows yet.
    Open,
    Body,
    Header,
}

/// The last line of three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code {
    status: u16,
    /// Where it begins in the body, with the empty line before it that `-w '\n…'` makes.
    at: u64,
    end: u64,
    pub(super) blank: bool,
    is_last: bool,
}

impl Code {
    /// As it was printed.
    pub(super) fn digits(&self) -> String {
        format!("{:03}", self.status)
    }

    /// How many lines are set aside.
    pub(super) fn lines(&self) -> u64 {
        1 + u64::from(self.blank)
    }
}

/// Tells a status, headers and the body apart.
pub(super) struct Http {
    open: Vec<u8>,
    rest: Rest,
    in_block: bool,
    header: Option<u16>,
    code: Option<Code>,
    body: u64,
    breaks: u64,
    last: u8,
    /// Bytes of the line before, where it is empty.
    blank: u64,
}

impl Http {
    pub(super) fn new() -> Self {
        Self {
            open: Vec::new(),
            rest: Rest::Open,
            in_block: false,
            header: None,
            code: None,
            body: 0,
            breaks: 0,
            last: b'\n',
            blank: 0,
        }
    }

    /// Takes a chunk, cut anywhere; hands on the body. The line of three digits is still in it: only at the end it is known to
    /// be the last.
    pub(super) fn feed(&mut self, chunk: &[u8], body: &mut dyn FnMut(&[u8])) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map(|at| at + 1);
            let (piece, more) = rest.split_at(end.unwrap_or(rest.len()));
            rest = more;
            if self.rest == Rest::Open && self.open.is_empty() && end.is_some() && piece.len() <= KNOWN {
                self.settle(piece, true, body);
                self.rest = Rest::Open;
                continue;
            }
            self.piece(piece, body);
            if end.is_some() {
                self.end(body);
            }
        }
    }

    /// A line is over, with or without a break.
    pub(super) fn end(&mut self, body: &mut dyn FnMut(&[u8])) {
        if self.rest == Rest::Open && !self.open.is_empty() {
            let line = std::mem::take(&mut self.open);
            self.settle(&line, true, body);
        }
        self.rest = Rest::Open;
    }

    /// Lines of the body.
    pub(super) fn lines(&self) -> u64 {
        let all = self.breaks + u64::from(self.last != b'\n');
        all - self.code_aside().map_or(0, |code| code.lines())
    }

    /// The line of three digits, where it is the status.
    pub(super) fn code_aside(&self) -> Option<Code> {
        let code = self.code?;
        match self.header {
            None => Some(code),
            Some(header) => (code.is_last && header == code.status).then_some(code),
        }
    }

    /// The body of a whole output.
    pub(super) fn body_of(text: &[u8]) -> Vec<u8> {
        let (mut http, mut kept) = (Self::new(), Vec::new());
        http.feed(text, &mut |piece| kept.extend_from_slice(piece));
        http.end(&mut |piece| kept.extend_from_slice(piece));
        if let Some(code) = http.code_aside() {
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(kept.len());
            let range = place(code.at)..place(code.end);
            kept.drain(range);
        }
        kept
    }

    /// The status against those that are wanted.
    pub(super) fn finding(&self, wanted: &[u16], amount: &str) -> Finding {
        let codes: Vec<String> = wanted.iter().map(u16::to_string).collect();
        let want = format!("http {}", codes.join(" or "));
        let (saw, held) = match (self.header, self.code) {
            (None, None) => {
                let how = "end curl with -w '\\n%{http_code}', or give it -i";
                (format!("no status was printed in {amount}: {how}"), Held::Unknown)
            }
            (Some(header), Some(code)) if code.is_last && header != code.status => {
                let words = format!("two answers: the header says {header}, the last line {}", code.digits());
                (words, Held::Unknown)
            }
            (Some(status), Some(_) | None) => (status.to_string(), wanted.contains(&status).into()),
            (None, Some(code)) if code.status == 0 && !wanted.contains(&0) => {
                ("000: no answer came".to_owned(), Held::Unknown)
            }
            (None, Some(code)) => (code.digits(), wanted.contains(&code.status).into()),
        };
        Finding::new(want, Saw::words(saw), held)
    }

    fn piece(&mut self, bytes: &[u8], body: &mut dyn FnMut(&[u8])) {
        match self.rest {
            Rest::Header => {}
            Rest::Body => self.pass(bytes, body),
            Rest::Open => {
                let room = (KNOWN - self.open.len()).min(bytes.len());
                self.open.extend_from_slice(&bytes[..room]);
                if room < bytes.len() {
                    let beginning = std::mem::take(&mut self.open);
                    self.settle(&beginning, false, body);
                    self.piece(&bytes[room..], body);
                }
            }
        }
    }

    /// What a line is by its beginning.
    fn settle(&mut self, line: &[u8], whole: bool, body: &mut dyn FnMut(&[u8])) {
        let kind = kind(line, whole);
        let heads = match kind {
            Kind::Status(_) => true,
            Kind::Header | Kind::Blank => self.in_block,
            Kind::Code(_) | Kind::Body => false,
        };
        self.in_block = heads && kind != Kind::Blank;
        self.rest = if heads { Rest::Header } else { Rest::Body };
        match kind {
            Kind::Status(status) => {
                // A line of three digits before it was not the end of this answer.
                (self.header, self.code, self.blank) = (Some(status), None, 0);
                return;
            }
            Kind::Header | Kind::Blank if heads => return,
            Kind::Code(status) => {
                let (at, end) = (self.body - self.blank, self.body + line.len() as u64);
                self.code = Some(Code { status, at, end, blank: self.blank > 0, is_last: true });
            }
            Kind::Header | Kind::Body => {
                if let Some(code) = &mut self.code {
                    code.is_last = false;
                }
            }
            Kind::Blank => {}
        }
        self.blank = if kind == Kind::Blank { line.len() as u64 } else { 0 };
        self.pass(line, body);
    }

    fn pass(&mut self, bytes: &[u8], body: &mut dyn FnMut(&[u8])) {
        if let Some(last) = bytes.last() {
            self.body += bytes.len() as u64;
            self.breaks += u64::from(*last == b'\n');
            self.last = *last;
            body(bytes);
        }
    }
}

fn kind(line: &[u8], whole: bool) -> Kind {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() && whole {
        return Kind::Blank;
    }
    if let Some(status) = status_line(line) {
        return Kind::Status(status);
    }
    if whole && let Some(code) = three_digits(line).filter(|_| line.len() == 3) {
        return Kind::Code(code);
    }
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let length = line.iter().take_while(|byte| name(byte)).count();
    let folded = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
    if folded || length > 0 && line.get(length) == Some(&b':') { Kind::Header } else { Kind::Body }
}

/// `HTTP/1.1 201 Created`, `HTTP/2 200`.
fn status_line(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/")?;
    let at = memchr::memchr(b' ', &rest[..rest.len().min(8)])?;
    let version = !rest[..at].is_empty() && rest[..at].iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let (code, after) = rest.get(at + 1..).and_then(|code| code.split_at_checked(3))?;
    let ends = after.first().is_none_or(|byte| *byte == b' ');
    three_digits(code).filter(|_| version && ends)
}

fn three_digits(text: &[u8]) -> Option<u16> {
    let digits = text.get(..3)?;
    let all = digits.iter().all(u8::is_ascii_digit);
    all.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
}

//! Output as rows of a screen, read by the window: never the whole file, however large it is.
//!
//! A place is a line's byte offset and a row in it. Lines longer than 8 KiB are taken in pieces, so that one line of a gigabyte
//! pages like any other. Everything here reads through `Port::output` and keeps nothing.

use crate::model::ids::{Attempt, StepIx};
use crate::model::output::Stream;
use crate::tui::context::Context;
use crate::tui::overlays::sgr::{Colours, Pen};
use crate::tui::streams::stream_at;
use crate::tui::theme::Role;
use crate::tui::widgets::wrap;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::io;

/// Bytes read at once; more than a screen of 160x48 takes.
const WINDOW: u64 = 128 * 1024;

/// A longer line is taken in pieces of this many bytes.
const PIECE: usize = 8 * 1024;

/// Bytes that one search reads before it asks for another key.
pub const SEARCH: u64 = 64 * 1024 * 1024;

/// The first row of a screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Byte offset of a line.
    pub line: u64,
    /// Row of that line.
    pub row: usize,
}

/// A line and where it begins.
type Piece = (u64, Vec<u8>);

/// What stands before a line of standard error: a word, so that it is told in every theme.
const ERR: &str = "err ";

/// The output of one attempt of a step.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    ctx: &'a Context<'a>,
    step: StepIx,
    attempt: Attempt,
    width: usize,
    marks: bool,
}

impl<'a> Source<'a> {
    /// The output as rows of `width` cells.
    pub fn new(ctx: &'a Context<'a>, (step, attempt): (StepIx, Attempt), width: usize) -> Self {
        Self { ctx, step, attempt, width: width.max(1), marks: true }
    }

    /// The same without the marks of its streams: what a copy holds.
    #[must_use]
    pub fn unmarked(self) -> Self {
        Self { marks: false, ..self }
    }

    /// Bytes that there are.
    pub fn total(&self) -> u64 {
        let own = self.ctx.state.step(self.step);
        let past = own.past.iter().find(|past| past.attempt == self.attempt);
        past.map_or(own.bytes, |past| past.bytes)
    }

    fn read(&self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let id = &self.ctx.plan.step(self.step).id;
        self.ctx.port.output(id, self.attempt, from..to.min(self.total()))
    }

    fn is_err(&self, byte: u64) -> bool {
        let known = self.ctx.streams.of(self.step, self.attempt);
        known.and_then(|extents| stream_at(extents, byte)) == Some(Stream::Err)
    }

    fn after(&self, from: u64) -> io::Result<Vec<Piece>> {
        let bytes = self.read(from, from.saturating_add(WINDOW))?;
        let cut_off = from + (bytes.len() as u64) < self.total();
        let mut pieces = split(from, &bytes);
        if cut_off && pieces.len() > 1 {
            pieces.pop();
        }
        Ok(pieces)
    }

    fn before(&self, to: u64) -> io::Result<Vec<Piece>> {
        let start = to.saturating_sub(WINDOW);
        let bytes = self.read(start, to)?;
        let begun = bytes.iter().position(|byte| *byte == b'\n');
        let skip = match begun {
            // The window begins inside a line whose beginning is not in it.
            Some(at) if start > 0 && at + 1 < bytes.len() => at + 1,
            Some(_) | None => 0,
        };
        Ok(split(start + skip as u64, &bytes[skip..]))
    }

    fn layout(&self, pen: &mut Pen, (at, bytes): (u64, &[u8]), needle: &str) -> Vec<Line<'static>> {
        let mut line = highlight(pen.line(bytes), needle, self.ctx.theme.style(Role::Match));
        if self.marks && self.is_err(at) {
            line.spans.insert(0, Span::styled(ERR, self.ctx.theme.style(Role::OutErr)));
        }
        wrap::styled(&line, self.width)
    }

    fn pen(&self) -> Pen {
        let colours = if self.ctx.theme.name == "mono" { Colours::Dropped } else { Colours::Kept };
        Pen::new(self.ctx.theme.style(Role::Text), colours)
    }

    /// At most `height` rows from a place on, and the byte at which the last of their lines begins.
    pub fn rows(&self, top: Place, height: usize, needle: &str) -> io::Result<(Vec<Line<'static>>, u64)> {
        let mut pen = self.pen();
        let (mut rows, mut skip, mut last) = (Vec::new(), top.row, top.line);
        for (at, bytes) in self.after(top.line)? {
            let mut line = self.layout(&mut pen, (at, &bytes), needle);
            line.drain(..skip.min(line.len()));
            skip = 0;
            last = at + bytes.len() as u64;
            rows.append(&mut line);
            if rows.len() >= height {
                break;
            }
        }
        rows.truncate(height);
        Ok((rows, last))
    }

    /// The place from which the end fills `height` rows.
    pub fn bottom(&self, height: usize) -> io::Result<Place> {
        self.up(Place { line: self.total(), row: 0 }, height)
    }

    /// So many rows further up.
    pub fn up(&self, from: Place, rows: usize) -> io::Result<Place> {
        if from.row >= rows {
            return Ok(Place { row: from.row - rows, ..from });
        }
        let mut left = rows - from.row;
        let mut top = Place { line: from.line, row: 0 };
        let mut pen = self.pen();
        for (at, bytes) in self.before(from.line)?.into_iter().rev() {
            let count = self.layout(&mut pen, (at, &bytes), "").len();
            top = Place { line: at, row: count.saturating_sub(left) };
            if count >= left {
                break;
            }
            left -= count;
        }
        Ok(top)
    }

    /// So many rows further down, not beyond the last screen.
    pub fn down(&self, from: Place, rows: usize, height: usize) -> io::Result<Place> {
        let mut left = from.row + rows;
        let mut pen = self.pen();
        let mut top = from;
        for (at, bytes) in self.after(from.line)? {
            let count = self.layout(&mut pen, (at, &bytes), "").len();
            top = Place { line: at, row: left.min(count.saturating_sub(1)) };
            if left < count {
                break;
            }
            left -= count;
        }
        Ok(top.min(self.bottom(height)?))
    }

    /// The first place after `from` whose line holds `needle`, letters of either case; `Err(offset)` where the search stopped.
    pub fn find_after(&self, from: u64, needle: &str) -> io::Result<Result<Place, u64>> {
        let (wanted, stop) = (needle.to_ascii_lowercase(), from.saturating_add(SEARCH).min(self.total()));
        let mut at = from;
        while at < stop {
            let bytes = self.read(at, at + WINDOW)?.to_ascii_lowercase();
            if let Some(found) = find(&bytes, wanted.as_bytes()) {
                return self.place_of(at + found as u64).map(Ok);
            }
            if bytes.len() <= wanted.len() {
                break;
            }
            at += (bytes.len() - wanted.len() + 1) as u64;
        }
        Ok(Err(stop))
    }

    /// The last place before `to` whose line holds `needle`.
    pub fn find_before(&self, to: u64, needle: &str) -> io::Result<Result<Place, u64>> {
        let (wanted, stop) = (needle.to_ascii_lowercase(), to.saturating_sub(SEARCH));
        let mut end = to;
        while end > stop {
            let start = end.saturating_sub(WINDOW);
            let overlap = wanted.len().saturating_sub(1) as u64;
            let bytes = self.read(start, (end + overlap).min(to))?.to_ascii_lowercase();
            if let Some(found) = rfind(&bytes, wanted.as_bytes()) {
                return self.place_of(start + found as u64).map(Ok);
            }
            end = start;
        }
        Ok(Err(stop))
    }

    /// The row that a byte is drawn in.
    fn place_of(&self, byte: u64) -> io::Result<Place> {
        let before = self.before(byte)?;
        let fresh = match before.last() {
            None => true,
            Some((at, bytes)) => self.read(byte - 1, byte)? == b"\n" || at + (bytes.len() as u64) < byte,
        };
        match before.last() {
            Some((at, bytes)) if !fresh => {
                let rows = self.layout(&mut self.pen(), (*at, bytes), "").len();
                Ok(Place { line: *at, row: rows.saturating_sub(1) })
            }
            Some(_) | None => Ok(Place { line: byte, row: 0 }),
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len().max(1)).position(|window| window == wanted)
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len().max(1)).rposition(|window| window == wanted)
}

/// Lines without their line breaks; a carriage return that overwrites begins a line too, so that nothing is hidden.
fn split(from: u64, bytes: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = from;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let mut rest = text;
        let mut inner = at;
        loop {
            let len = piece_len(rest);
            pieces.push((inner, rest[..len].strip_suffix(b"\r").unwrap_or(&rest[..len]).to_vec()));
            inner += len as u64;
            rest = &rest[len..];
            if rest.is_empty() {
                break;
            }
        }
        at += line.len() as u64;
    }
    pieces
}

/// Bytes of the next piece: up to a lone carriage return or the limit, never inside a character.
fn piece_len(rest: &[u8]) -> usize {
    let limit = rest.len().min(PIECE);
    if let Some(at) = rest[..limit].iter().position(|byte| *byte == b'\r') {
        return at + 1;
    }
    if limit == rest.len() {
        return limit;
    }
    let inside = |at: &usize| rest[*at] & 0xc0 == 0x80;
    (limit - 3..=limit).rev().find(|at| !inside(at)).unwrap_or(limit)
}

/// Marks where `needle` stands in a line, letters of either case.
fn highlight(line: Line<'static>, needle: &str, style: Style) -> Line<'static> {
    if needle.is_empty() {
        return line;
    }
    let plain: String = line.spans.iter().map(|span| span.content.to_ascii_lowercase()).collect();
    let wanted = needle.to_ascii_lowercase();
    let hits: Vec<std::ops::Range<usize>> = plain.match_indices(&wanted).map(|(at, hit)| at..at + hit.len()).collect();
    let mut spans = Vec::new();
    let mut at = 0;
    for span in line.spans {
        let mut piece = String::new();
        let mut lit = false;
        for letter in span.content.chars() {
            let now = hits.iter().any(|hit| hit.contains(&at));
            if now != lit && !piece.is_empty() {
                spans.push(marked(std::mem::take(&mut piece), lit, span.style, style));
            }
            lit = now;
            piece.push(letter);
            at += letter.len_utf8();
        }
        spans.push(marked(piece, lit, span.style, style));
    }
    Line::from(spans)
}

fn marked(text: String, lit: bool, own: Style, style: Style) -> Span<'static> {
    Span::styled(text, if lit { own.patch(style) } else { own })
}

//! The course of a run as frames: sentences and output in the order of their records, drawn when they came.
//!
//! Reads output as a hostile directory must be read, never more than the records commit to, and no more of an attempt than is
//! played. What is to be taken out is masked over the whole stream first. Called by `cast`.

use super::stage::{Stage, Voice};
use super::{COLS, ROWS};
use crate::journal::RunDir;
use crate::journal::amend::{Removed, removed};
use crate::journal::dir::output_name;
use crate::model::ids::{Attempt, StepIx};
use crate::model::text::shown_bytes;
use crate::report::redact::{Redactor, Stream};
use crate::report::take::{Printed, Taken};
use crate::report::value::{Deviation, Line};
use crate::tui::terminal_step::emulator::{Emulator, Size};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

/// What is played of an attempt's beginning and end, bytes.
const HEAD: u64 = 64 << 10;
const TAIL: u64 = 16 << 10;
/// A printed line is played up to here, bytes.
const WIDE: usize = 4 << 10;
/// Events that are nearer to each other are one frame, microseconds.
const FRAME: i64 = 50_000;

/// What is drawn at an instant.
pub(super) struct Frame {
    pub at: i64,
    pub marker: Option<String>,
    pub data: String,
}

/// The frames of a run.
pub(super) fn frames(dir: &RunDir, taken: &Taken, redactor: &mut Redactor) -> Vec<Frame> {
    let mut player = Player {
        dir,
        taken,
        redactor,
        removed: removed(dir),
        stage: Stage::new(),
        streams: BTreeMap::new(),
        frames: Vec::new(),
        tty: None,
    };
    let empty = Vec::new();
    let mut printed = taken.printed.as_ref().unwrap_or(&empty).iter().peekable();
    for line in &taken.course {
        while let Some(extent) = printed.next_if(|extent| extent.seq < line.seq) {
            player.print(extent);
        }
        player.say(line);
    }
    printed.for_each(|extent| player.print(extent));
    player.count();
    player.frames
}

/// One attempt's output as it is played.
struct Reading {
    file: Option<File>,
    read: u64,
    total: u64,
    stream: Stream,
    /// Of an attempt without a terminal: a line that is not over.
    partial: Vec<u8>,
    /// Of one with a terminal.
    emulator: Option<Emulator>,
    said_cut: bool,
}

struct Player<'a> {
    dir: &'a RunDir,
    taken: &'a Taken,
    redactor: &'a mut Redactor,
    removed: Removed,
    stage: Stage,
    streams: BTreeMap<(StepIx, Attempt), Reading>,
    frames: Vec<Frame>,
    /// The attempt whose own terminal is drawn.
    tty: Option<(StepIx, Attempt)>,
}

impl Player<'_> {
    fn say(&mut self, line: &Line) {
        let deviation = self.taken.deviations.iter().find(|own| own.seq == Some(line.seq));
        let voice = if deviation.is_some() { Voice::Warns } else { Voice::Says };
        let text = self.redactor.text(&line.text);
        self.stage.line(voice, &text);
        self.tty = None;
        let marker = deviation.map(|own| self.marker(own));
        let data = self.stage.lines();
        self.frame(line.at, marker, data);
    }

    fn marker(&mut self, own: &Deviation) -> String {
        let number = own.number.as_ref().map(|number| format!("{number} ")).unwrap_or_default();
        let text = format!("{number}{}", own.kind);
        self.redactor.text(&crate::model::text::shown(&text))
    }

    fn print(&mut self, extent: &Printed) {
        let which = (extent.step, extent.attempt);
        let known = self.streams.remove(&which);
        let mut own = known.unwrap_or_else(|| self.reading(extent));
        let from = own.read;
        let mut bytes = own.next(extent.len);
        self.removed.over(&self.taken.plan.step(extent.step).id, extent.attempt, from, &mut bytes);
        // What is in the middle is read, since a value may stand across a border, and not played.
        let is_middle = from >= HEAD && own.read + TAIL <= own.total;
        let bytes = if own.read == own.total {
            [own.stream.push(&bytes), own.stream.end()].concat()
        } else {
            own.stream.push(&bytes)
        };
        if is_middle {
            if !std::mem::replace(&mut own.said_cut, true) {
                self.stage.line(Voice::Prints, "… output left out …");
            }
        } else if let Some(emulator) = &mut own.emulator {
            // What a program asks of its terminal is answered by nobody here.
            let _ = emulator.feed(&bytes);
            let _ = emulator.end_update();
            self.tty = Some(which);
        } else {
            let over = own.read == own.total;
            own.lines(&bytes, over, |line| self.stage.line(Voice::Prints, line));
        }
        let data = match &own.emulator {
            Some(emulator) if self.tty == Some(which) => self.stage.screen(emulator),
            Some(_) | None => self.stage.lines(),
        };
        self.streams.insert(which, own);
        self.frame(extent.at, None, data);
    }

    fn reading(&self, extent: &Printed) -> Reading {
        let step = self.taken.plan.step(extent.step);
        let all = self.taken.attempts.get(&extent.step);
        let total =
            all.and_then(|all| all.iter().rev().find(|own| own.attempt == extent.attempt)).map_or(0, |own| own.bytes);
        let has_terminal = step.command().is_some_and(|command| command.tty);
        Reading {
            file: self.dir.read(&output_name(&step.id, extent.attempt)).ok(),
            read: 0,
            total,
            stream: self.redactor.stream(),
            partial: Vec::new(),
            emulator: has_terminal.then(|| Emulator::new(Size { rows: ROWS, cols: COLS })),
            said_cut: false,
        }
    }

    /// Keeps a frame; one that follows at once is drawn over the one before.
    fn frame(&mut self, at: i64, marker: Option<String>, data: String) {
        if data.is_empty() && marker.is_none() {
            return;
        }
        match self.frames.last_mut() {
            Some(last) if marker.is_none() && at - last.at < FRAME && at >= last.at => last.data.push_str(&data),
            Some(_) | None => self.frames.push(Frame { at, marker, data }),
        }
    }

    fn count(&mut self) {
        for own in self.streams.values() {
            self.redactor.count(&own.stream.replaced());
        }
    }
}

impl Reading {
    fn next(&mut self, len: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A file that is shorter than its records say is the verification's business.
        let _ = self.file.as_mut().map(|file| file.take(len).read_to_end(&mut bytes));
        self.read += len;
        bytes
    }

    fn lines(&mut self, bytes: &[u8], over: bool, mut say: impl FnMut(&str)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = piece.strip_suffix(b"\n");
            let room = WIDE.saturating_sub(self.partial.len());
            let body = text.unwrap_or(piece);
            self.partial.extend_from_slice(&body[..body.len().min(room)]);
            if text.is_some() {
                say(&shown_bytes(&std::mem::take(&mut self.partial)));
            }
        }
        if over && !self.partial.is_empty() {
            say(&shown_bytes(&std::mem::take(&mut self.partial)));
        }
    }
}

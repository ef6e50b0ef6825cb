//! What commands print, echoed between the sentences: `  out …`, `  err …`, bounded.
//!
//! Of an attempt's output the first 100 lines are said as they come and the last 100 at its end, with the number of all:
//! a flood must neither drown the sentences nor hide how it ended. Output that is older than 5 s when it is read (a client
//! that attached later) is not echoed as it comes. Reads through the port only; `teller` calls it for every record.

use super::words::{cut, thousands};
use crate::feed::Port;
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepId};
use crate::model::output::{Extent, Stream};
use crate::model::record::Record;
use crate::model::text::shown_bytes;
use crate::model::time::Stamp;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Lines said as they come, and lines said at the end.
const LIVE: usize = 100;
const TAIL: usize = 100;
/// A longer line is cut, in characters.
const WIDTH: usize = 500;
/// No more of an attempt's end is read again, in bytes.
const REACH: u64 = 64 * 1024;
/// Output that was printed longer ago is not echoed as it comes.
const FRESH: Duration = Duration::from_secs(5);

/// What is echoed of one attempt.
#[derive(Default)]
struct Tail {
    /// Lines said.
    said: usize,
    /// Lines printed.
    all: u64,
    /// Beginnings of lines that are not over, by stream.
    partial: [Vec<u8>; 2],
    /// The last lines that were not said.
    kept: VecDeque<String>,
}

/// Echoes output.
#[derive(Default)]
pub(super) struct Echo {
    open: BTreeMap<(StepId, Attempt), Tail>,
}

impl Echo {
    /// The lines that a record leads to.
    pub fn lines(&mut self, record: &Record, port: &dyn Port, now: Stamp) -> Vec<String> {
        if let Event::Output { step, attempt, extent } = &record.event {
            let tail = self.open.entry((step.clone(), *attempt)).or_default();
            let fresh = now.since(record.at) <= FRESH;
            return tail.take(extent, fresh, &|from, to| port.output(step, *attempt, from..to));
        }
        let (Event::StepExited { step, attempt, .. } | Event::StepJudged { step, attempt, .. }) = &record.event else {
            return Vec::new();
        };
        let tail = self.open.remove(&(step.clone(), *attempt));
        let fresh = now.since(record.at) <= FRESH;
        tail.map(|tail| tail.end(fresh)).unwrap_or_default()
    }
}

type Read<'a> = &'a dyn Fn(u64, u64) -> std::io::Result<Vec<u8>>;

impl Tail {
    fn take(&mut self, extent: &Extent, fresh: bool, read: Read<'_>) -> Vec<String> {
        self.all += extent.lines;
        let end = extent.off.saturating_add(extent.len);
        // While lines are said as they come all is read; afterwards only what can be among the last ones.
        let saying = fresh && self.said < LIVE;
        let from = if saying { extent.off } else { extent.off.max(end.saturating_sub(REACH)) };
        let bytes = match read(from, end) {
            Ok(bytes) => bytes,
            Err(why) => return vec![format!("  (output cannot be read: {why})")],
        };
        let slot = extent.stream as usize;
        if from > extent.off {
            self.partial[slot].clear();
        }
        let mut said = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let partial = &mut self.partial[slot];
            let room = (4 * WIDTH).saturating_sub(partial.len());
            let text = piece.strip_suffix(b"\n");
            let body = text.unwrap_or(piece);
            partial.extend_from_slice(&body[..body.len().min(room)]);
            if text.is_some() {
                let line = line(extent.stream, &std::mem::take(partial));
                self.push(line, saying, &mut said);
            }
        }
        said
    }

    fn push(&mut self, line: String, saying: bool, said: &mut Vec<String>) {
        if saying && self.said < LIVE {
            self.said += 1;
            said.push(line);
            return;
        }
        if self.kept.len() == TAIL {
            self.kept.pop_front();
        }
        self.kept.push_back(line);
    }

    fn end(mut self, fresh: bool) -> Vec<String> {
        let mut said = Vec::new();
        for (slot, stream) in [Stream::Out, Stream::Err].into_iter().enumerate() {
            let rest = std::mem::take(&mut self.partial[slot]);
            if !rest.is_empty() {
                self.all += 1;
                self.push(line(stream, &rest), fresh, &mut said);
            }
        }
        if fresh {
            let shown = (self.said + self.kept.len()) as u64;
            if self.all > shown {
                said.push(format!("  … {} lines not shown", thousands(self.all - shown)));
            }
            said.extend(self.kept.drain(..));
        }
        if self.all > (LIVE + TAIL) as u64 || !fresh && self.all > 0 {
            said.push(format!("  … {} lines in all", thousands(self.all)));
        }
        said
    }
}

fn line(stream: Stream, bytes: &[u8]) -> String {
    let word = match stream {
        Stream::Out => "out",
        Stream::Err => "err",
    };
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    format!("  {word} {}", cut(&shown_bytes(bytes), WIDTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(stream: Stream, off: u64, bytes: &[u8]) -> Extent {
        Extent {
            stream,
            off,
            len: bytes.len() as u64,
            lines: bytes.iter().filter(|byte| **byte == b'\n').count() as u64,
            sha256: String::new(),
            masked: Vec::new(),
        }
    }

    fn whole(bytes: &[u8], cuts: &[(Stream, usize)], fresh: bool) -> Vec<String> {
        let (mut tail, mut said, mut off) = (Tail::default(), Vec::new(), 0);
        for (stream, len) in cuts {
            let piece = extent(*stream, off as u64, &bytes[off..off + len]);
            said.extend(tail.take(&piece, fresh, &|from, to| Ok(bytes[from as usize..to as usize].to_vec())));
            off += len;
        }
        said.extend(tail.end(fresh));
        said
    }

    #[test]
    fn lines_of_both_streams_are_put_together_across_extents() {
        let said = whole(
            b"one\ntwERRo\n\xff\x1b[2J",
            &[(Stream::Out, 6), (Stream::Err, 3), (Stream::Out, 2), (Stream::Err, 5)],
            true,
        );
        assert_eq!(said, ["  out one", "  out two", "  err ERR\\xff^[[2J"]);
    }

    #[test]
    fn a_flood_is_said_by_its_first_and_last_lines_and_its_number() {
        let bytes: Vec<u8> = (1..=12_345).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
        let halves = [(Stream::Out, 50_000), (Stream::Out, bytes.len() - 50_000)];
        let said = whole(&bytes, &halves, true);
        assert_eq!(said.len(), LIVE + TAIL + 2);
        assert_eq!(said[0], "  out line 1");
        assert_eq!(said[LIVE], "  … 12,145 lines not shown");
        assert_eq!(said[LIVE + TAIL], "  out line 12345");
        assert_eq!(said[LIVE + TAIL + 1], "  … 12,345 lines in all");
    }

    #[test]
    fn old_output_is_counted_and_not_echoed() {
        assert_eq!(whole(b"a\nb\nc", &[(Stream::Out, 5)], false), ["  … 3 lines in all"]);
    }

    #[test]
    fn an_endless_line_is_cut() {
        let bytes = vec![b'x'; 300_000];
        let said = whole(&bytes, &[(Stream::Out, 150_000), (Stream::Out, 150_000)], true);
        assert_eq!(said.len(), 1);
        assert!(said[0].len() < 2 * WIDTH, "{}", said[0].len());
    }
}

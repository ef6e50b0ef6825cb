//! Lines that are typed and news of the run, on one channel, so that the loop waits for both at once.
//!
//! Two threads only carry: neither decides, and neither outlives the process by more than a blocked read. A line is at most
//! 16 KiB; a longer one is dropped whole, so that input without line ends takes no memory. Called by `run`.

use super::LinearError;
use super::run::Typing;
use crate::feed::News;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use tokio::signal::unix::{SignalKind, signal};

/// No line is longer, in bytes.
const LINE_LIMIT: usize = 16 * 1024;

/// What the loop hears.
pub(super) enum Heard {
    News(News),
    Line(Line),
    /// Bytes of a terminal that is handed through to a program.
    Keys(Vec<u8>),
    /// The terminal has another size.
    Resized,
    /// ^C at the terminal.
    Interrupt,
    /// The conductor's side is gone without a word.
    Silence,
}

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Text(String),
    /// Cannot be taken, and why.
    Unusable(&'static str),
    /// The end of input.
    End,
}

/// Starts carrying both; ^C too where a person types.
pub(super) fn listen(
    news: Receiver<News>,
    input: impl BufRead + Send + 'static,
    (typing, raw): (Typing, Arc<AtomicBool>),
) -> Result<Receiver<Heard>, LinearError> {
    let (to_loop, heard) = channel();
    match typing {
        Typing::Terminal => {
            hear_interrupts(to_loop.clone())?;
            hear_signal(SignalKind::window_change(), to_loop.clone(), || Heard::Resized)?;
        }
        Typing::Pipe => {}
    }
    let lines = to_loop.clone();
    spawn("news", move || carry_news(&news, &to_loop))?;
    spawn("input", move || carry_input(input, &raw, &lines))?;
    Ok(heard)
}

/// Starts carrying news and ^C: for a run with nobody there, which reads no lines.
pub(super) fn overhear(news: Receiver<News>) -> Result<Receiver<Heard>, LinearError> {
    let (to_loop, heard) = channel();
    hear_interrupts(to_loop.clone())?;
    spawn("news", move || carry_news(&news, &to_loop))?;
    Ok(heard)
}

/// Hears ^C in place of dying of it: fingers that know ^C mean the command, and the client's end would only hide that it runs.
fn hear_interrupts(to_loop: Sender<Heard>) -> Result<(), LinearError> {
    hear_signal(SignalKind::interrupt(), to_loop, || Heard::Interrupt)
}

fn hear_signal(kind: SignalKind, to_loop: Sender<Heard>, heard: fn() -> Heard) -> Result<(), LinearError> {
    let failed = |source| LinearError::Thread { what: "signals", source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let came = runtime.block_on(async { signal(kind) });
    let mut signals = came.map_err(failed)?;
    spawn("signals", move || {
        runtime.block_on(async move {
            while signals.recv().await.is_some() {
                if to_loop.send(heard()).is_err() {
                    break;
                }
            }
        });
    })
}

fn spawn(what: &'static str, body: impl FnOnce() + Send + 'static) -> Result<(), LinearError> {
    let made = thread::Builder::new().name(format!("linear-{what}")).spawn(body);
    made.map(drop).map_err(|source| LinearError::Thread { what, source })
}

fn carry_news(news: &Receiver<News>, to_loop: &Sender<Heard>) {
    while let Ok(heard) = news.recv() {
        if to_loop.send(Heard::News(heard)).is_err() {
            return;
        }
    }
    // The loop may be gone already; then nobody need be told.
    let _ = to_loop.send(Heard::Silence);
}

/// Lines, and while `raw` holds the bytes themselves, as they come.
fn carry_input(mut input: impl BufRead, raw: &AtomicBool, to_loop: &Sender<Heard>) {
    let mut assembly = Assembly::default();
    loop {
        let heard = match input.fill_buf() {
            Ok([]) => vec![Heard::Line(assembly.end()), Heard::Line(Line::End)],
            Err(why) if why.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => vec![Heard::Line(Line::End)],
            Ok(bytes) if raw.load(Ordering::SeqCst) => vec![Heard::Keys(bytes.to_vec())],
            Ok(bytes) => {
                let lines = assembly.push(bytes);
                let used = bytes.len();
                input.consume(used);
                if !lines.into_iter().all(|line| to_loop.send(Heard::Line(line)).is_ok()) {
                    return;
                }
                continue;
            }
        };
        for heard in heard {
            let (end, used) = match &heard {
                Heard::Keys(keys) => (false, keys.len()),
                Heard::Line(line) => (*line == Line::End, 0),
                Heard::News(_) | Heard::Resized | Heard::Interrupt | Heard::Silence => (false, 0),
            };
            let nothing = matches!(&heard, Heard::Line(Line::Text(text)) if text.is_empty());
            if !nothing && to_loop.send(heard).is_err() || end {
                return;
            }
            input.consume(used);
        }
    }
}

/// Puts lines together from pieces.
#[derive(Default)]
struct Assembly {
    line: Vec<u8>,
    too_long: bool,
}

impl Assembly {
    /// The lines that end in `bytes`, without their ends.
    fn push(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE_LIMIT.saturating_sub(self.line.len());
            self.too_long |= piece.len() > room;
            self.line.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            if piece.ends_with(b"\n") {
                lines.push(self.end());
            }
        }
        lines
    }

    /// What stands there at the end of a line or of the input.
    fn end(&mut self) -> Line {
        let mut bytes = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.too_long) {
            return Line::Unusable("it is longer than 16 KiB");
        }
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        String::from_utf8(bytes).map_or(Line::Unusable("it is not UTF-8"), Line::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_make_are_taken_or_named() {
        let mut bytes = b"1\r\n\n".to_vec();
        bytes.extend(vec![b'x'; 40_000]);
        bytes.extend(b"\ncaf\xe9\nlast");
        for room in [1, 7, 5000, 100_000] {
            let input = std::io::BufReader::with_capacity(room, std::io::Cursor::new(bytes.clone()));
            let (to, heard) = channel();
            carry_input(input, &AtomicBool::new(false), &to);
            drop(to);
            let said: Vec<Line> = heard
                .iter()
                .filter_map(|heard| if let Heard::Line(line) = heard { Some(line) } else { None })
                .collect();
            let text = |text: &str| Line::Text(text.into());
            let wanted = [
                text("1"),
                text(""),
                Line::Unusable("it is longer than 16 KiB"),
                Line::Unusable("it is not UTF-8"),
                text("last"),
                Line::End,
            ];
            assert_eq!(said, wanted, "with {room}");
        }
    }

    #[test]
    fn keys_of_a_terminal_that_is_handed_through_come_as_they_are() {
        let (to, heard) = channel();
        carry_input(&b"a\x1d\r\xff"[..], &AtomicBool::new(true), &to);
        let first = heard.recv().unwrap();
        assert!(matches!(&first, Heard::Keys(keys) if keys == b"a\x1d\r\xff"));
        assert!(matches!(heard.recv().unwrap(), Heard::Line(Line::End)));
    }
}

//! Lines that are typed and news of the run, on one channel, so that the loop waits for both at once.
//!
//! Two threads only carry: neither decides, and neither outlives the process by more than a blocked read. A line is at most
//! 16 KiB; a longer one is dropped whole, so that input without line ends takes no memory. Called by `run`.

use super::LinearError;
use super::run::Typing;
use crate::feed::News;
use std::io::{BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use tokio::signal::unix::{SignalKind, signal};

/// No line is longer, in bytes.
const LINE_LIMIT: u64 = 16 * 1024;

/// What the loop hears.
pub(super) enum Heard {
    News(News),
    Line(Line),
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
    typing: Typing,
) -> Result<Receiver<Heard>, LinearError> {
    let (to_loop, heard) = channel();
    match typing {
        Typing::Terminal => hear_interrupts(to_loop.clone())?,
        Typing::Pipe => {}
    }
    let lines = to_loop.clone();
    spawn("news", move || carry_news(&news, &to_loop))?;
    spawn("input", move || carry_lines(input, &lines))?;
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
    let failed = |source| LinearError::Thread { what: "signals", source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let heard = runtime.block_on(async { signal(SignalKind::interrupt()) });
    let mut interrupts = heard.map_err(failed)?;
    spawn("signals", move || {
        runtime.block_on(async move {
            while interrupts.recv().await.is_some() {
                if to_loop.send(Heard::Interrupt).is_err() {
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

fn carry_lines(mut input: impl BufRead, to_loop: &Sender<Heard>) {
    loop {
        let line = read_line(&mut input);
        let end = line == Line::End;
        if to_loop.send(Heard::Line(line)).is_err() || end {
            return;
        }
    }
}

/// One line without its end. An unreadable input is its end.
fn read_line(input: &mut impl BufRead) -> Line {
    let mut bytes = Vec::new();
    match input.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut bytes) {
        Ok(0) | Err(_) => return Line::End,
        Ok(_) => {}
    }
    let whole = bytes.ends_with(b"\n");
    if !whole && bytes.len() as u64 == LINE_LIMIT {
        return match skip_rest(input) {
            true => Line::Unusable("it is longer than 16 KiB"),
            false => Line::End,
        };
    }
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    match String::from_utf8(bytes) {
        Ok(text) => Line::Text(text),
        Err(_) => Line::Unusable("it is not UTF-8"),
    }
}

/// Reads up to and with the line's end; false at the end of input.
fn skip_rest(input: &mut impl BufRead) -> bool {
    loop {
        let (used, over) = match input.fill_buf() {
            Ok([]) | Err(_) => return false,
            Ok(buffer) => match buffer.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), false),
            },
        };
        input.consume(used);
        if over {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn lines_of_any_make_are_taken_or_named() {
        let mut bytes = b"1\r\n\n".to_vec();
        bytes.extend(vec![b'x'; 40_000]);
        bytes.extend(b"\ncaf\xe9\nlast");
        let mut input = Cursor::new(bytes);
        let mut said = Vec::new();
        loop {
            let line = read_line(&mut input);
            let end = line == Line::End;
            said.push(line);
            if end {
                break;
            }
        }
        let text = |text: &str| Line::Text(text.into());
        assert_eq!(
            said,
            [
                text("1"),
                text(""),
                Line::Unusable("it is longer than 16 KiB"),
                Line::Unusable("it is not UTF-8"),
                text("last"),
                Line::End
            ]
        );
    }
}

//! The loop of a screen: what is heard goes into the app, what the app wants done is done, and frames are drawn when due.
//!
//! A key's frame comes at once, at most one in 16 ms; records draw at most ten frames a second; the clock draws one. A frame
//! is written inside a synchronized update and holds only the cells that changed. The run never waits for any of this.

use crate::feed::{News, Port};
use crate::model::ids::{Attempt, StepId};
use crate::model::time::Stamp;
use crate::tui::app::{App, Effect, Left, Msg};
use crate::tui::background::QUESTION;
use crate::tui::input::{self, Heard};
use crate::tui::terminal::{self, Guard, PanicNotice, TuiError};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// At most one frame in this time after keys.
const KEY_FRAME: u64 = 8_000;

/// At most one frame in this time for records.
const NEWS_FRAME: u64 = 100_000;

/// So much is heard before a frame that is due is drawn: a flood of records never keeps a key's frame back.
const BATCH: usize = 512;

/// How long after a stop the continuation is waited for; a stop that the kernel dropped brings none.
const STOPPED: Duration = Duration::from_millis(300);

/// How long, after a suspension, the news of that time are waited for.
const CATCH_UP: Duration = Duration::from_millis(150);

type Screen = Terminal<CrosstermBackend<Out>>;

/// The terminal's standard output, until it is closed: after that nothing is written and nothing fails.
struct Out {
    to: BufWriter<Stdout>,
    closed: Arc<AtomicBool>,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed.load(Ordering::Relaxed) { Ok(bytes.len()) } else { self.to.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed.load(Ordering::Relaxed) { Ok(()) } else { self.to.flush() }
    }
}

/// Shows a run on this terminal until the screen is left. `clock` is where the frame's instants come from.
pub fn run(app: App, port: Box<dyn Port>, news: Receiver<News>, clock: &dyn Fn() -> Stamp) -> Result<Left, TuiError> {
    let _notice = PanicNotice::install();
    let guard = Guard::take()?;
    let (to, heard) = channel();
    let asks = app.asks_background();
    let closed = Arc::new(AtomicBool::new(false));
    let out = Out { to: BufWriter::with_capacity(1 << 16, io::stdout()), closed: closed.clone() };
    let screen = Terminal::new(CrosstermBackend::new(out)).map_err(TuiError::Take)?;
    let mut shown = Shown { app, port, screen, closed, guard, heard, clock, due: Due::default(), typed: None };
    if asks {
        // Sent, never waited for: the answer is picked out of the keys if it comes.
        let _ = shown.write(QUESTION);
    }
    // A terminal without a second screen would show what stood there before in every cell that we leave blank.
    shown.screen.clear().map_err(TuiError::Draw)?;
    input::hear_signals(to.clone())?;
    input::hear_news(news, to.clone())?;
    shown.draw()?;
    input::read_keys(to, asks)?;
    let left = shown.until_left();
    terminal::name_run(None);
    left
}

/// When the next frame is due, by the monotonic clock in microseconds.
#[derive(Debug, Default)]
struct Due {
    last: u64,
    key: bool,
    news: bool,
}

impl Due {
    /// The instant of the next frame for what is waiting; `None` where nothing is.
    fn at(&self) -> Option<u64> {
        let key = self.key.then_some(self.last.saturating_add(KEY_FRAME));
        let news = self.news.then_some(self.last.saturating_add(NEWS_FRAME));
        key.into_iter().chain(news).min()
    }
}

enum Turn {
    Goes,
    Left(Left),
}

struct Shown<'a> {
    app: App,
    port: Box<dyn Port>,
    screen: Screen,
    closed: Arc<AtomicBool>,
    guard: Guard,
    heard: Receiver<Heard>,
    clock: &'a dyn Fn() -> Stamp,
    due: Due,
    /// Keys for a terminal step that came together: a paste without marks is thousands of them.
    typed: Option<(StepId, Attempt, Vec<u8>)>,
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        // The guard gives the terminal back. ratatui would show the cursor too, and complain on standard error where it
        // cannot: on a terminal that hung up that complaint is itself a panic.
        self.closed.store(true, Ordering::Relaxed);
    }
}

impl Shown<'_> {
    fn until_left(&mut self) -> Result<Left, TuiError> {
        loop {
            let now = (self.clock)();
            let second = self.app.stays(now);
            let wait = match self.due.at() {
                Some(at) => Duration::from_micros(at.saturating_sub(now.mono)).min(second),
                None => second,
            };
            let first = match self.heard.recv_timeout(wait) {
                Ok(heard) => Some(heard),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ok(self.app.left()),
            };
            let ticked = first.is_none();
            for heard in first.into_iter().chain(self.at_hand()) {
                if let Turn::Left(left) = self.take(heard)? {
                    return Ok(left);
                }
            }
            self.type_in()?;
            let now = (self.clock)();
            if ticked && self.due.at().is_none() {
                if let Turn::Left(left) = self.tell(Msg::Tick)? {
                    return Ok(left);
                }
                self.due.news = true;
                self.due.last = 0;
            }
            if self.due.at().is_some_and(|at| at <= now.mono) && self.draw_or_leave()? {
                return Ok(self.app.left());
            }
        }
    }

    /// What has been heard already, at most a batch of it.
    fn at_hand(&self) -> Vec<Heard> {
        self.heard.try_iter().take(BATCH).collect()
    }

    fn take(&mut self, heard: Heard) -> Result<Turn, TuiError> {
        let msg = match heard {
            Heard::Gone => return Ok(Turn::Left(Left::Leaving)),
            Heard::News(news) => {
                // What a program echoes is waited for like a key.
                self.due.key |= self.app.terminal_in_front();
                self.due.news = true;
                let turn = self.tell(Msg::News(news));
                terminal::name_run(self.app.run_number());
                return turn;
            }
            Heard::Key(key) => Msg::Key(key),
            Heard::Paste(text) => Msg::Paste(text),
            Heard::Focus(front) => Msg::Focus(front),
            Heard::Background(red, green, blue) => Msg::Background(red, green, blue),
            Heard::Resize => Msg::Resize,
            // Stopped and continued from outside: the terminal is as somebody else left it.
            Heard::Continued => {
                terminal::restore();
                self.guard.again()?;
                Msg::Back
            }
        };
        self.due.key = true;
        self.tell(msg)
    }

    fn tell(&mut self, msg: Msg) -> Result<Turn, TuiError> {
        let effects = self.app.update(msg, &*self.port, (self.clock)());
        for effect in effects {
            match effect {
                Effect::Wish(intent) => {
                    let sent = self.port.wish(intent, self.app.seen());
                    self.tell(Msg::Sent(sent))?;
                }
                Effect::Copy(text) => {
                    let words = self.copy(&text);
                    self.tell(Msg::Copied(words))?;
                }
                Effect::Suspend => self.suspend()?,
                Effect::Redraw => self.screen.clear().map_err(TuiError::Draw)?,
                Effect::Bell => self.write("\x07").map_err(TuiError::Draw)?,
                Effect::Type { step, attempt, keys } => self.keep_typed(step, attempt, keys)?,
                Effect::Answer { step, attempt, answer } => {
                    // In order with what was typed before. A program that is over needs no answer.
                    self.type_in()?;
                    let _ = self.port.answer(&step, attempt, &answer);
                }
                Effect::Size { step, attempt, rows, cols } => self.port.resize(&step, attempt, rows, cols),
                Effect::Quit => return Ok(Turn::Left(self.app.left())),
            }
        }
        Ok(Turn::Goes)
    }

    fn keep_typed(&mut self, step: StepId, attempt: Attempt, keys: Vec<u8>) -> Result<(), TuiError> {
        match &mut self.typed {
            Some((to, of, before)) if *to == step && *of == attempt => before.extend(keys),
            Some(_) | None => {
                self.type_in()?;
                self.typed = Some((step, attempt, keys));
            }
        }
        Ok(())
    }

    /// Sends what was typed for a terminal step.
    fn type_in(&mut self) -> Result<(), TuiError> {
        let Some((step, attempt, keys)) = self.typed.take() else { return Ok(()) };
        match self.port.type_in(&step, attempt, &keys) {
            Ok(_) => Ok(()),
            Err(words) => self.tell(Msg::Copied(words)).map(drop),
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        let out = self.screen.backend_mut();
        out.write_all(text.as_bytes())?;
        Write::flush(out)
    }

    fn copy(&mut self, text: &str) -> String {
        super::copy::copy(text, &std::env::temp_dir(), |sequence| self.write(sequence))
    }

    fn suspend(&mut self) -> Result<(), TuiError> {
        if !terminal::can_suspend() {
            let words = "There is no shell to go back to, so the screen stays.".to_owned();
            return self.tell(Msg::Copied(words)).map(drop);
        }
        terminal::restore();
        let run = self.app.run_number().unwrap_or_default();
        let _ = writeln!(io::stdout(), "Run {run} goes on. fg brings the screen back.");
        terminal::stop_job();
        let mut kept = Vec::new();
        loop {
            match self.heard.recv_timeout(STOPPED) {
                Ok(Heard::Continued) | Err(_) => break,
                Ok(heard) => kept.push(heard),
            }
        }
        self.guard.again()?;
        for heard in kept {
            // Keys that came while the terminal was the shell's are not for this screen.
            if let Heard::News(news) = heard {
                self.tell(Msg::News(news))?;
            }
        }
        // What happened meanwhile comes over the socket only now, and belongs into what is summed up for whoever is back.
        let back = (self.clock)();
        while (self.clock)().since(back) < CATCH_UP {
            match self.heard.recv_timeout(CATCH_UP) {
                Ok(Heard::News(news)) => drop(self.tell(Msg::News(news))?),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        self.tell(Msg::Back).map(drop)
    }

    /// Draws; `true` where the terminal is gone, which is a reason to leave and none to complain.
    fn draw_or_leave(&mut self) -> Result<bool, TuiError> {
        match self.draw() {
            Err(TuiError::Draw(why)) if gone(&why) => Ok(true),
            other => other.map(|()| false),
        }
    }

    fn draw(&mut self) -> Result<(), TuiError> {
        let now = (self.clock)();
        let (app, port) = (&self.app, &*self.port);
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate).map_err(TuiError::Draw)?;
        self.screen.draw(|frame| app.draw(frame, port, now)).map_err(TuiError::Draw)?;
        let out = self.screen.backend_mut();
        queue!(out, EndSynchronizedUpdate).map_err(TuiError::Draw)?;
        Write::flush(out).map_err(TuiError::Draw)?;
        self.due = Due { last: now.mono, key: false, news: false };
        if let Some(Effect::Size { step, attempt, rows, cols }) = self.app.fit_terminal() {
            self.port.resize(&step, attempt, rows, cols);
        }
        Ok(())
    }
}

/// Whether an error says that the terminal is not there any more.
fn gone(why: &io::Error) -> bool {
    why.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) || why.kind() == io::ErrorKind::BrokenPipe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keys_frame_comes_sooner_than_a_records() {
        let due = |key, news| Due { last: 1_000_000, key, news }.at();
        assert_eq!(due(false, false), None);
        assert_eq!(due(true, true), Some(1_008_000));
        assert_eq!(due(false, true), Some(1_100_000));
    }
}

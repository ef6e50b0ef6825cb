//! What reaches a screen from its terminal: keys, pastes, sizes, signals, and the end of it.
//!
//! One thread reads keys; it looks at the terminal before the key reader does, which at a hang-up would read nothing for ever
//! at full speed. Another waits for signals. Both only send; neither draws or decides.

use crate::tui::background::{Sieve, Sifted};
use crate::tui::terminal::TuiError;
use crossterm::event::{self, Event, KeyEvent};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// What came.
#[derive(Debug)]
pub enum Heard {
    /// A key.
    Key(KeyEvent),
    /// Pasted text.
    Paste(String),
    /// Another size.
    Resize,
    /// The window came to the front, or went.
    Focus(bool),
    /// The terminal's background.
    Background(u8, u8, u8),
    /// Something from the run.
    News(crate::feed::News),
    /// The program was continued after it was stopped.
    Continued,
    /// The terminal is gone, or somebody asked this program to end.
    Gone,
}

/// How long a torn answer of the terminal is waited for.
const TORN: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// How long the key reader looks whether it has more. It looks at nothing at all where it is given no time, and its other way
/// of looking (mio) forgets keys that came with the ones before them until the next one comes: of 10,000 sent at once 7168 came.
const MORE: Duration = Duration::from_millis(50);

/// How many times that is waited before no answer is expected any more: 10 s.
const PATIENCE: u32 = 50;

/// Starts the thread that reads keys. `asked`: the terminal was asked for its background.
pub fn read_keys(to: Sender<Heard>, asked: bool) -> Result<(), TuiError> {
    let mut sieve = if asked { Sieve::default() } else { Sieve::open() };
    let body = move || {
        let mut waited = 0;
        loop {
            let expecting = asked && waited <= PATIENCE;
            match ready(expecting.then_some(&TORN)) {
                Ready::Keys => {
                    if !hand_on(&to, &mut sieve) {
                        break;
                    }
                }
                Ready::Nothing => {
                    waited += 1;
                    if waited > PATIENCE || sieve.holds() {
                        let keys = sieve.give_up();
                        if !keys.into_iter().all(|key| to.send(Heard::Key(key)).is_ok()) {
                            break;
                        }
                    }
                }
                Ready::Gone => break,
            }
        }
        let _ = to.send(Heard::Gone);
    };
    spawn("keys", body)
}

fn spawn(what: &'static str, body: impl FnOnce() + Send + 'static) -> Result<(), TuiError> {
    let thread = std::thread::Builder::new().name(what.into()).spawn(body);
    thread.map(drop).map_err(|source| TuiError::Thread { what, source })
}

enum Ready {
    Keys,
    Nothing,
    Gone,
}

/// Waits until the terminal has something to read, is gone, or the time is over.
fn ready(time: Option<&Timespec>) -> Ready {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    match poll(&mut fds, time) {
        Ok(0) => return Ready::Nothing,
        Ok(_) => {}
        Err(rustix::io::Errno::INTR) => return Ready::Nothing,
        Err(_) => return Ready::Gone,
    }
    let found = fds[0].revents();
    if found.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) { Ready::Gone } else { Ready::Keys }
}

/// Reads what is there; `false` when nobody listens any more or the terminal cannot be read.
fn hand_on(to: &Sender<Heard>, sieve: &mut Sieve) -> bool {
    let mut nothing = 0;
    loop {
        match event::poll(MORE) {
            Ok(true) => nothing = 0,
            // Asked twice: a machine that is slow enough lets the time pass before it looks at what was read already.
            Ok(false) if nothing == 0 => {
                nothing += 1;
                continue;
            }
            Ok(false) => return true,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return false,
        }
        let Ok(event) = event::read() else { return false };
        if !hand_on_one(event, to, sieve) {
            return false;
        }
    }
}

fn hand_on_one(event: Event, to: &Sender<Heard>, sieve: &mut Sieve) -> bool {
    let heard = match event {
        Event::Key(key) => match sieve.sift(key) {
            Sifted::Keys(keys) => return keys.into_iter().all(|key| to.send(Heard::Key(key)).is_ok()),
            Sifted::Kept => return true,
            Sifted::Answer(red, green, blue) => Heard::Background(red, green, blue),
        },
        Event::Paste(text) => Heard::Paste(text),
        Event::Resize(..) => Heard::Resize,
        Event::FocusGained => Heard::Focus(true),
        Event::FocusLost => Heard::Focus(false),
        Event::Mouse(_) => return true,
    };
    to.send(heard).is_ok()
}

/// Starts the thread that waits for signals: the window's size, the end, the continuation after a stop.
pub fn hear_signals(to: Sender<Heard>) -> Result<(), TuiError> {
    let failed = |source| TuiError::Thread { what: "signals", source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let heard = runtime.block_on(async {
        Ok::<_, io::Error>([
            signal(SignalKind::window_change())?,
            signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
            signal(SignalKind::hangup())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::quit())?,
        ])
    });
    let [mut size, mut on, mut hangup, mut end, mut interrupt, mut quit] = heard.map_err(failed)?;
    let body = move || {
        runtime.block_on(async move {
            loop {
                let heard = tokio::select! {
                    _ = size.recv() => Heard::Resize,
                    _ = on.recv() => Heard::Continued,
                    _ = hangup.recv() => Heard::Gone,
                    _ = end.recv() => Heard::Gone,
                    _ = interrupt.recv() => Heard::Gone,
                    _ = quit.recv() => Heard::Gone,
                };
                if to.send(heard).is_err() {
                    break;
                }
            }
        });
    };
    spawn("signals", body)
}

/// Starts the thread that hands on what the run tells.
pub fn hear_news(news: std::sync::mpsc::Receiver<crate::feed::News>, to: Sender<Heard>) -> Result<(), TuiError> {
    spawn("news", move || {
        while let Ok(heard) = news.recv() {
            if to.send(Heard::News(heard)).is_err() {
                break;
            }
        }
    })
}

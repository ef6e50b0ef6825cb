//! A terminal for the program under test: a real PTY, and an emulator that keeps what it shows and answers what it asks.
//!
//! A thread only moves bytes; the test itself feeds the emulator while it waits, so that what it looks at never changes under
//! its eyes. Every wait has a name, a deadline and the whole screen in its panic. Used by the tests of the whole program.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::test::TermSize;
use alacritty_terminal::term::{Config, Term, TermMode};
use alacritty_terminal::vte::ansi::{Color, NamedColor, Processor, Rgb};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::termios::{Termios, tcgetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tminus::engine::clock::wait_until;

/// How long a test waits for a screen before it gives up and shows what there was.
const DEADLINE: Duration = Duration::from_secs(60);
/// What this terminal says its background is.
const BACKGROUND: Rgb = Rgb { r: 0x10, g: 0x10, b: 0x18 };

/// Hands the emulator's events to the test's own thread.
struct Ear(Sender<Event>);

impl EventListener for Ear {
    fn send_event(&self, event: Event) {
        // The test is over where nobody listens.
        let _ = self.0.send(event);
    }
}

/// A program on a terminal of its own.
pub struct Screen {
    term: Term<Ear>,
    parser: Processor,
    asked: Receiver<Event>,
    chunks: Receiver<Vec<u8>>,
    line: Option<Line>,
    child: Box<dyn Child + Send + Sync>,
    /// The program's side, kept open so that its settings can be read after the program has gone.
    tty: File,
    /// All that was ever written to the terminal.
    pub written: Vec<u8>,
}

/// The terminal's own side of the PTY; dropping all of it is a hangup.
struct Line {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    reader: JoinHandle<()>,
    leave: Arc<AtomicBool>,
}

impl Screen {
    /// Starts a command on a new terminal of so many columns and rows. Its environment is exactly the command's, with `TERM`
    /// set where the command sets none.
    pub fn start(command: &Command, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a PTY can be made");
        let path = pair.master.tty_name().expect("a PTY has a name");
        let no_tty = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).expect("a flag fits");
        let tty = File::options().read(true).write(true).custom_flags(no_tty).open(path).expect("the PTY opens");
        let child = pair.slave.spawn_command(builder(command)).expect("the command starts");
        drop(pair.slave);
        let (sender, chunks) = channel();
        let leave = Arc::new(AtomicBool::new(false));
        let from = pair.master.try_clone_reader().expect("the PTY can be read");
        let writer = pair.master.take_writer().expect("the PTY can be written");
        let reader = move_bytes(from, sender, leave.clone());
        let (ear, asked) = channel();
        let config = Config { kitty_keyboard: true, scrolling_history: 2000, ..Config::default() };
        Self {
            term: Term::new(config, &TermSize::new(columns.into(), rows.into()), Ear(ear)),
            parser: Processor::new(),
            asked,
            chunks,
            line: Some(Line { master: pair.master, writer, reader, leave }),
            child,
            tty,
            written: Vec::new(),
        }
    }

    /// Feeds the emulator with what has come, and answers what the program asked of its terminal.
    pub fn pump(&mut self) {
        while let Ok(chunk) = self.chunks.try_recv() {
            self.written.extend_from_slice(&chunk);
            self.parser.advance(&mut self.term, &chunk);
        }
        while let Ok(event) = self.asked.try_recv() {
            match event {
                Event::PtyWrite(answer) => self.send(answer.as_bytes()),
                Event::ColorRequest(_, answer) => self.send(answer(BACKGROUND).as_bytes()),
                _ => {}
            }
        }
    }

    /// Waits until the screen is as `holds` says.
    pub fn wait_until(&mut self, waited_for: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let held = wait_until(DEADLINE, Duration::from_millis(5), || {
            self.pump();
            holds(self)
        });
        assert!(held, "waited {DEADLINE:?} for {waited_for}\n{}", self.shown());
    }

    /// Waits until this text is on the screen.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen| screen.contents().contains(text));
    }

    /// Waits until this text is no longer on the screen.
    pub fn wait_gone(&mut self, text: &str) {
        self.wait_until(&format!("{text:?} to go"), |screen| !screen.contents().contains(text));
    }

    /// Waits until nothing has been drawn for so long; of use before keys that a card swallows while it is new.
    pub fn wait_quiet(&mut self, silence: Duration) {
        self.wait_until("a terminal that is quiet", |screen| {
            let before = screen.written.len();
            !wait_until(silence, Duration::from_millis(10), || {
                screen.pump();
                screen.written.len() != before
            })
        });
    }

    /// Types. A terminal with the kitty protocol on sends control keys and escape its way, as this one does.
    pub fn keys(&mut self, keys: &str) {
        self.pump();
        let kitty = self.term.mode().contains(TermMode::DISAMBIGUATE_ESC_CODES);
        let mut bytes = Vec::new();
        for key in keys.chars() {
            match key {
                '\x1b' if kitty => bytes.extend_from_slice(b"\x1b[27u"),
                '\r' | '\t' | '\x7f' => bytes.push(key as u8),
                '\x01'..='\x1a' if kitty => bytes.extend_from_slice(format!("\x1b[{};5u", key as u8 + 96).as_bytes()),
                other => bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        self.send(&bytes);
    }

    /// Pastes, bracketed where the program asked for that.
    pub fn paste(&mut self, text: &str) {
        self.pump();
        if self.term.mode().contains(TermMode::BRACKETED_PASTE) {
            self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes());
        } else {
            self.send(text.as_bytes());
        }
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        let Some(line) = &mut self.line else { return };
        // A program that has gone takes nothing; what the test waits for next says so.
        let _ = line.writer.write_all(bytes).and_then(|()| line.writer.flush());
    }

    /// Changes the window's size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.pump();
        self.term.resize(TermSize::new(columns.into(), rows.into()));
        let line = self.line.as_ref().expect("the line is up");
        line.master.resize(size(columns, rows)).expect("a PTY has a size");
    }

    /// Sends a signal to the program itself.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = self.child.process_id().and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed()));
        rustix::process::kill_process(pid.expect("a child has a process id"), signal).expect("the program is there");
    }

    /// Ends the line, as a dropped link does: the last holder of the terminal's side goes.
    pub fn hang_up(&mut self) {
        let Some(line) = self.line.take() else { return };
        line.leave.store(true, Ordering::Relaxed);
        // The reader sits in a read: a byte from the program's side wakes it, and it leaves.
        self.tty.write_all(b"\0").expect("the PTY can be written");
        line.reader.join().expect("the reader ends");
    }

    /// Waits for the program's end and gives its exit code; 1 for a signal, whose name is then there too.
    pub fn wait_exit(&mut self) -> (u32, Option<String>) {
        let mut ended = None;
        self.wait_until("the program to end", |screen| {
            ended = screen.child.try_wait().expect("a child can be waited for");
            ended.is_some()
        });
        self.pump();
        let ended = ended.expect("it was waited for");
        (ended.exit_code(), ended.signal().map(str::to_owned))
    }

    /// Whether the program has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_some())
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a child has a process id")
    }

    /// The rows of the screen, without the blanks at their ends.
    pub fn contents(&self) -> String {
        let mut text = String::new();
        let mut line = None;
        for cell in self.term.grid().display_iter() {
            if line.is_some_and(|line| line != cell.point.line) {
                text.truncate(text.trim_end_matches(' ').len());
                text.push('\n');
            }
            line = Some(cell.point.line);
            if !cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
                text.push(cell.c);
            }
        }
        text.truncate(text.trim_end_matches([' ', '\n']).len());
        text
    }

    /// Whether any cell has a colour of its own.
    pub fn has_colour(&self) -> bool {
        let plain = [Color::Named(NamedColor::Foreground), Color::Named(NamedColor::Background)];
        self.term.grid().display_iter().any(|cell| cell.fg != plain[0] || cell.bg != plain[1])
    }

    /// The modes that the program has set and not taken back; empty for a terminal as it was.
    pub fn modes(&self) -> TermMode {
        let usual = TermMode::LINE_WRAP | TermMode::ALTERNATE_SCROLL | TermMode::URGENCY_HINTS;
        let changed = self.term.mode().difference(usual);
        // A hidden cursor is the one mode that shows by being off.
        changed ^ TermMode::SHOW_CURSOR
    }

    /// The terminal's settings.
    pub fn termios(&self) -> String {
        words(&tcgetattr(&self.tty).expect("a terminal has settings"))
    }

    /// The screen with a frame around it, for a message.
    pub fn shown(&self) -> String {
        let cursor = self.term.grid().cursor.point;
        let bar = "-".repeat(self.term.grid().display_iter().map(|cell| cell.point.column.0 + 1).max().unwrap_or(0));
        format!("{bar}\n{}\n{bar}\nmodes {:?}, cursor {cursor:?}", self.contents(), self.modes())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A program that has ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.hang_up();
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn builder(command: &Command) -> CommandBuilder {
    let mut built = CommandBuilder::new(command.get_program());
    built.args(command.get_args());
    built.env_clear();
    built.env("TERM", "xterm-256color");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => built.env(name, value),
            None => built.env_remove(name),
        }
    }
    if let Some(folder) = command.get_current_dir() {
        built.cwd(folder);
    }
    built
}

fn move_bytes(mut from: Box<dyn Read + Send>, to: Sender<Vec<u8>>, leave: Arc<AtomicBool>) -> JoinHandle<()> {
    let moving = move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if leave.load(Ordering::Relaxed) || to.send(buffer[..read].to_vec()).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("terminal".into()).spawn(moving).expect("a thread can be made")
}

fn words(settings: &Termios) -> String {
    let Termios { input_modes, output_modes, control_modes, local_modes, .. } = settings;
    format!("{input_modes:?} {output_modes:?} {control_modes:?} {local_modes:?}")
}

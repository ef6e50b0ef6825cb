//! Copies of checkpoint lines in a place that the operator does not control: a file, the system's log, a command of theirs.
//!
//! One thread copies the newest line whenever it is free, so nothing waits for it: no step, no write. A checkpoint covers all
//! before it, so those that came meanwhile are left out. What fails is shown and recorded once and never tried again; the next
//! checkpoint is another copy. The line goes to standard input, never into an argument; where it goes is the operator's word
//! and never the runbook's. `room` hands lines over.

use super::commission::Mirror;
use super::room::{Happening, Room};
use crate::engine::clock::{Clock, SystemClock, wait_until};
use crate::engine::driver::Input;
use crate::journal::{Hash, line};
use crate::model::event::Event;
use crate::model::record::Record;
use crate::model::signed::SignedText;
use crate::model::time::Stamp;
use crate::model::wire::ToClient;
use rustix::fs::{Mode, OFlags};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// No copy may take longer.
const LIMIT: Duration = Duration::from_secs(10);
/// Where the system's log listens.
const SYSLOG: &str = "/dev/log";
/// A command is not started more often.
const EACH: Duration = Duration::from_secs(1);

/// What is to be copied, and what is being.
#[derive(Default)]
struct Waits {
    line: Option<Vec<u8>>,
    /// Since when one is being copied.
    busy: Option<Stamp>,
}

/// The mirror of a run, or none.
#[derive(Default)]
pub(super) struct Mirroring {
    slot: Option<Arc<(Mutex<Waits>, Condvar)>>,
    /// Why the last copy failed.
    failed: Option<String>,
}

impl Mirroring {
    /// A thread that copies to `mirror`, with this environment for a command.
    pub fn start(
        mirror: Option<Mirror>,
        environment: Vec<(OsString, OsString)>,
        happenings: mpsc::UnboundedSender<Happening>,
    ) -> io::Result<Self> {
        let Some(mirror) = mirror else { return Ok(Self::default()) };
        let slot = Arc::new((Mutex::new(Waits::default()), Condvar::new()));
        let shared = slot.clone();
        let copying = move || {
            loop {
                let line = next(&shared);
                let copied = copy(&mirror, &line, &environment);
                lock(&shared.0).busy = None;
                if happenings.send(Happening::Mirrored(copied)).is_err() {
                    return;
                }
                if let Mirror::Command(_) = mirror {
                    let _ = wait_until(EACH, EACH, || false);
                }
            }
        };
        std::thread::Builder::new().name("mirror".into()).spawn(copying)?;
        Ok(Self { slot: Some(slot), failed: None })
    }

    /// What every screen says while copies fail.
    pub fn words(&self) -> Option<String> {
        self.failed.as_ref().map(|why| format!("The mirror failed: {why}. The next checkpoint is copied anew."))
    }

    fn hand_over(&self, line: Vec<u8>) {
        if let Some(slot) = &self.slot {
            lock(&slot.0).line = Some(line);
            slot.1.notify_one();
        }
    }

    /// Whether everything was copied, or tried.
    fn is_idle(&self) -> bool {
        self.slot.as_ref().is_none_or(|slot| {
            let waits = lock(&slot.0);
            waits.line.is_none() && waits.busy.is_none()
        })
    }

    fn hangs(&self, now: Stamp) -> bool {
        self.slot.as_ref().is_some_and(|slot| lock(&slot.0).busy.is_some_and(|since| now.since(since) > LIMIT * 2))
    }
}

impl Room {
    /// Hands the last checkpoint of these records to the mirror.
    pub(super) fn mirror(&self, records: &[Record]) {
        let Some(record) = records.iter().rev().find(|record| matches!(record.event, Event::Ckpt { .. })) else {
            return;
        };
        let Event::Ckpt { text, .. } = &record.event else { return };
        let prev = SignedText::decode(text).and_then(|text| Hash::parse(text.get("prev")?));
        if let Some(Ok(line)) = prev.map(|prev| line::encode(record, &prev)) {
            self.mirroring.hand_over(line);
        }
    }

    /// A copy was made, or was not: said and recorded where that is new.
    pub(super) async fn mirrored(&mut self, copied: Result<(), String>) {
        let event = match (&self.mirroring.failed, copied.err()) {
            (None, Some(why)) => {
                self.mirroring.failed = Some(why.clone());
                Event::MirrorFailed { why }
            }
            (Some(_), None) => {
                self.mirroring.failed = None;
                Event::MirrorMended {}
            }
            (None, None) | (Some(_), Some(_)) => return,
        };
        self.say_trouble();
        self.step(Input::Note(vec![event])).await;
    }

    /// A copy that does not come to an end is one that failed.
    pub(super) async fn look_at_mirror(&mut self, now: Stamp) {
        if self.mirroring.hangs(now) {
            self.mirrored(Err(format!("no answer within {} s", LIMIT.as_secs()))).await;
        }
    }

    /// The last checkpoint is waited for a moment: after the end there is no next one.
    pub(super) async fn mirror_the_rest(&mut self, inbox: &mut mpsc::UnboundedReceiver<Happening>) {
        let since = SystemClock.now();
        while !self.mirroring.is_idle() && SystemClock.now().since(since) < LIMIT {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut last = self.mirroring.is_idle().then_some(()).ok_or_else(|| "no answer for the last one".to_owned());
        while let Ok(happening) = inbox.try_recv() {
            if let Happening::Mirrored(copied) = happening {
                last = copied;
            }
        }
        if let Err(why) = last {
            let words = format!("The mirror has not the last checkpoint: {why}.");
            self.hall.tell_all(&ToClient::Trouble { words });
        }
    }
}

fn lock(waits: &Mutex<Waits>) -> MutexGuard<'_, Waits> {
    // Nothing in here can panic half way.
    waits.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The newest line, once there is one.
fn next((waits, changed): &(Mutex<Waits>, Condvar)) -> Vec<u8> {
    let mut guard = lock(waits);
    loop {
        if let Some(line) = guard.line.take() {
            guard.busy = Some(SystemClock.now());
            return line;
        }
        guard = changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
}

fn copy(mirror: &Mirror, line: &[u8], environment: &[(OsString, OsString)]) -> Result<(), String> {
    match mirror {
        Mirror::File(path) => to_file(path, line).map_err(|why| format!("{}: {why}", path.display())),
        Mirror::Syslog => to_log(Path::new(SYSLOG), line).map_err(|why| format!("syslog: {why}")),
        Mirror::Command(text) => to_command(text, line, environment, LIMIT),
    }
}

/// One line more at the end of a file, on disk when this comes back. A line that was torn before is ended first.
fn to_file(path: &Path, line: &[u8]) -> io::Result<()> {
    let flags = OFlags::APPEND | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let open = |more| rustix::fs::open(path, flags | more, Mode::RUSR | Mode::WUSR);
    // Some places take lines and show none.
    let file = open(OFlags::RDWR).or_else(|_| open(OFlags::WRONLY))?;
    let mut file = File::from(file);
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    let mut last = [b'\n'];
    if facts.len() > 0 {
        let _ = file.read_at(&mut last, facts.len() - 1);
    }
    let torn: &[u8] = if last == [b'\n'] { b"" } else { b"\n" };
    file.write_all(&[torn, line].concat())?;
    file.sync_all()
}

fn to_log(socket: &Path, line: &[u8]) -> io::Result<()> {
    let log = UnixDatagram::unbound()?;
    log.set_write_timeout(Some(LIMIT))?;
    log.connect(socket)?;
    // authpriv.notice
    let mut message = format!("<85>tminus[{}]: ", std::process::id()).into_bytes();
    message.extend(line.strip_suffix(b"\n").unwrap_or(line));
    log.send(&message).map(drop)
}

/// A command gets the line on standard input; it and what it started are ended at the limit.
fn to_command(text: &str, line: &[u8], environment: &[(OsString, OsString)], limit: Duration) -> Result<(), String> {
    let mut command = Command::new("sh");
    command.args(["-c", text]).env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn().map_err(|why| format!("its command cannot be started: {why}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A line is shorter than a pipe is deep, so this waits for nobody. A command that reads nothing says so by its exit.
        let _ = stdin.write_all(line);
    }
    let mut ended = None;
    let in_time = wait_until(limit, Duration::from_millis(5), || {
        ended = child.try_wait().ok().flatten();
        ended.is_some()
    });
    if !in_time {
        if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.wait();
        return Err(format!("its command took longer than {} s", limit.as_secs()));
    }
    match ended {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("its command ended with {status}")),
        None => Err("nobody knows how its command ended".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"{\"seq\":2}\n";

    #[test]
    fn a_file_gets_one_line_more_each_time_and_a_torn_one_is_ended_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mirror");
        to_file(&path, LINE).unwrap();
        to_file(&path, LINE).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [LINE, LINE].concat());
        std::fs::write(&path, "torn").unwrap();
        to_file(&path, LINE).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [b"torn\n", LINE].concat());
        assert!(to_file(dir.path(), LINE).is_err());
        assert!(to_file(Path::new("/dev/null"), LINE).is_err(), "what keeps nothing is no mirror");
    }

    #[test]
    fn the_log_gets_the_line_behind_a_name_and_without_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("log");
        assert!(to_log(&socket, LINE).is_err());
        let log = UnixDatagram::bind(&socket).unwrap();
        to_log(&socket, LINE).unwrap();
        let mut message = [0; 200];
        let length = log.recv(&mut message).unwrap();
        let said = String::from_utf8_lossy(&message[..length]).into_owned();
        assert!(said.starts_with("<85>tminus[") && said.ends_with("]: {\"seq\":2}"), "{said}");
    }

    #[test]
    fn a_command_gets_the_line_on_standard_input_and_is_ended_with_what_it_started_at_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path =
            vec![("PATH".into(), std::env::var_os("PATH").unwrap()), ("OUT".into(), dir.path().join("out").into())];
        to_command("cat >\"$OUT\"; tr '\\0' ' ' </proc/$$/cmdline >>\"$OUT\"", LINE, &path, LIMIT * 6).unwrap();
        let out = std::fs::read_to_string(dir.path().join("out")).unwrap();
        assert!(out.starts_with("{\"seq\":2}\nsh -c cat") && out.matches("seq").count() == 1, "{out}");
        let said = to_command("exit 3", LINE, &path, LIMIT * 6).unwrap_err();
        assert!(said.contains("exit status: 3"), "{said}");
        let hangs = "sleep 1000 & echo $! >\"$OUT\"; wait";
        let said = to_command(hangs, LINE, &path, Duration::from_secs(2)).unwrap_err();
        assert!(said.contains("took longer than 2 s"), "{said}");
        let left = std::fs::read_to_string(dir.path().join("out")).unwrap();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", left.trim())).unwrap_or_default();
        let gone = || !state().contains(" S ") && !state().contains(" R ");
        assert!(wait_until(Duration::from_secs(60), Duration::from_millis(5), gone), "{}", state());
    }
}

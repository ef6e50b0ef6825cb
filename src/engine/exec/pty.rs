//! A terminal of its own for a command: made, sized, read from and typed to.
//!
//! Our terminals do not turn LF into CR LF (that costs a kernel nine tenths of its throughput): the screen expands lines.
//! A read that fails with EIO is the normal end, when nobody has the other side open any more. Nothing here remembers what
//! is typed, and what the program echoes is output like any other. Called by `local`.

use super::keyboard::{Keys, Typed, Window};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt};
use rustix::termios::{InputModes, OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;
use tokio::sync::watch;

/// How often a terminal is asked that says it is ready and is not.
const AGAIN: Duration = Duration::from_millis(10);

/// How a new terminal behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modes {
    /// As a person's does: lines, echo, Ctrl-C.
    Lines,
    /// It passes everything on as it is and echoes nothing, for an `ssh` whose terminal proper is at the other end.
    Raw,
}

/// Our side of a terminal.
#[derive(Clone)]
pub(super) struct Controller(Arc<AsyncFd<OwnedFd>>);

/// A new terminal: our side, the command's, and the name of the latter.
pub(super) fn open(window: Window, modes: Modes) -> io::Result<(Controller, OwnedFd, PathBuf)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let controller = openpt(flags)?;
    grantpt(&controller)?;
    unlockpt(&controller)?;
    let user = ioctl_tiocgptpeer(&controller, flags)?;
    let mut state = tcgetattr(&user)?;
    match modes {
        Modes::Lines => {
            state.output_modes.remove(OutputModes::ONLCR);
            state.input_modes.insert(InputModes::IUTF8);
        }
        Modes::Raw => state.make_raw(),
    }
    tcsetattr(&user, OptionalActions::Now, &state)?;
    tcsetwinsize(&controller, size(window))?;
    let name = ptsname(&controller, Vec::new())?;
    let name = PathBuf::from(String::from_utf8_lossy(name.as_bytes()).into_owned());
    rustix::io::ioctl_fionbio(&controller, true)?;
    Ok((Controller(Arc::new(registered(controller)?)), user, name))
}

#[allow(
    deprecated,
    reason = "its successor wants a promise, for types that could close what they lend; an OwnedFd cannot"
)]
fn registered(controller: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(controller)
}

fn size(window: Window) -> Winsize {
    // A program that is told of a terminal without lines or columns divides by them.
    Winsize { ws_row: window.rows.max(1), ws_col: window.cols.max(1), ws_xpixel: 0, ws_ypixel: 0 }
}

impl Controller {
    /// Reads what the command printed into the room that `chunk` has; 0 is the end.
    pub(super) async fn read(&self, chunk: &mut Vec<u8>) -> io::Result<usize> {
        loop {
            let mut ready = self.0.readable().await?;
            let shut = ready.ready().is_read_closed();
            let read =
                ready.try_io(|side| Ok(rustix::io::read(side.get_ref(), rustix::buffer::spare_capacity(&mut *chunk))?));
            match read {
                Ok(Err(end)) if is_end(&end) => return Ok(0),
                Ok(read) => return read,
                // Shut for a moment and opened again by the program: it stays "ready" for ever, so ask in our own time.
                Err(_nothing_yet) if shut => tokio::time::sleep(AGAIN).await,
                Err(_nothing_yet) => {}
            }
        }
    }

    /// Does what comes from the keyboard, until nobody types any more or the command's side is shut.
    pub(super) async fn serve(self, keys: Keys) {
        let Keys { typed, window } = keys;
        // A program that reads nothing must still learn of another size.
        tokio::join!(self.type_on(typed), self.follow_size(window));
    }

    async fn type_on(&self, mut typed: mpsc::Receiver<Typed>) {
        while let Some(typed) = typed.recv().await {
            match typed {
                Typed::Bytes(bytes) => {
                    if self.write(&bytes).await.is_err() {
                        return;
                    }
                }
                Typed::End => {}
            }
        }
    }

    async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut ready = self.0.writable().await?;
            let shut = ready.ready().is_write_closed();
            match ready.try_io(|side| Ok(rustix::io::write(side.get_ref(), bytes)?)) {
                Ok(count) => bytes = bytes.get(count?..).unwrap_or_default(),
                // Nobody is there to read it, so there will never be room: it would be tried for ever.
                Err(_no_room) if shut => return Err(Errno::IO.into()),
                Err(_no_room) => {}
            }
        }
        Ok(())
    }

    async fn follow_size(&self, mut window: watch::Receiver<Option<Window>>) {
        while window.changed().await.is_ok() {
            let wanted = *window.borrow_and_update();
            if let Some(wanted) = wanted {
                // The kernel tells the program by WINCH. It refuses only where the terminal is gone.
                let _ = tcsetwinsize(self.as_fd(), size(wanted));
            }
        }
    }
}

impl AsFd for Controller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.get_ref().as_fd()
    }
}

/// EIO is how a terminal says that its other side is shut.
pub(super) fn is_end(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::IO.raw_os_error())
}

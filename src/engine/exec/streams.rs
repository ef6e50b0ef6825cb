//! Both ends of what a command reads and prints: two or three pipes, or one terminal.
//!
//! It makes them and starts the task that feeds its input; it never reads output and never waits. Called by `local`.

use super::keyboard::Keys;
use super::pipes::{Source, feed, feed_typed, readable};
use super::proc::pipe_name;
use super::pty::{self, Modes};
use super::spawn::Ends;
use super::{CommandSpec, StdinSource, Window};
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use tokio::task::JoinHandle;

/// Our ends of a command's streams.
pub(super) struct Streams {
    /// Writes its input; to be ended with it.
    pub(super) feeder: Option<JoinHandle<()>>,
    pub(super) stdout: Source,
    /// None on a terminal, where it is one with stdout.
    pub(super) stderr: Option<Source>,
    /// What it prints to, as `/proc/PID/fd` shows it.
    pub(super) names: Vec<PathBuf>,
}

/// The ends for `spec`, which reads `stdin`. `Err` says in words what could not be made.
pub(super) fn streams(
    spec: &CommandSpec,
    stdin: StdinSource,
    keys: Option<Keys>,
    modes: Modes,
) -> Result<(Ends, Streams), String> {
    match spec.terminal {
        Some(window) => {
            terminal(window, keys, modes).map_err(|error| format!("no terminal could be made for it ({error})"))
        }
        None => pipes(stdin, keys).map_err(|error| format!("no pipe could be made for its output ({error})")),
    }
}

fn terminal(window: Window, keys: Option<Keys>, modes: Modes) -> io::Result<(Ends, Streams)> {
    let (controller, user, name) = pty::open(window, modes)?;
    let ends = Ends { stdin: Some(user.try_clone()?), stdout: user.try_clone()?, stderr: user };
    let feeder = keys.map(|keys| tokio::spawn(controller.clone().serve(keys)));
    let streams = Streams { feeder, stdout: Source::Terminal(controller), stderr: None, names: vec![name] };
    Ok((ends, streams))
}

fn pipes(stdin: StdinSource, keys: Option<Keys>) -> io::Result<(Ends, Streams)> {
    let (stdout, out_end) = io::pipe()?;
    let (stderr, err_end) = io::pipe()?;
    let names = vec![pipe_name(&stdout)?, pipe_name(&stderr)?];
    let (in_end, feeder) = match (stdin, keys) {
        (StdinSource::Bytes(bytes), _) => {
            let (reader, writer) = io::pipe()?;
            (Some(OwnedFd::from(reader)), Some(tokio::spawn(feed(writer, bytes))))
        }
        (StdinSource::Typed, Some(keys)) => {
            let (reader, writer) = io::pipe()?;
            (Some(OwnedFd::from(reader)), Some(tokio::spawn(feed_typed(writer, keys.typed))))
        }
        (StdinSource::Null | StdinSource::Typed, _) => (None, None),
    };
    let ends = Ends { stdin: in_end, stdout: out_end.into(), stderr: err_end.into() };
    let (stdout, stderr) = (Source::Pipe(readable(stdout)?), Some(Source::Pipe(readable(stderr)?)));
    Ok((ends, Streams { feeder, stdout, stderr, names }))
}

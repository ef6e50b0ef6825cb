//! The start of a process: through duct, in a session of its own, on a thread of its own.
//!
//! A start can hang (a program or directory on a file system that does not answer), and the engine must not. The thread
//! then waits for the end without reaping, so that the group keeps its number for as long as signals may be sent to it.
//! Called by `local` only; this and the page of the run key are all that is `unsafe`.

use super::{CommandSpec, MARKER, Program, left, proc, words};
use crate::engine::clock::Clock;
use crate::model::output::Exit;
use crate::model::time::Stamp;
use rustix::process::{Pid, Resource, Rlimit, WaitId, WaitIdOptions, getrlimit, setrlimit, waitid};
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Arc, PoisonError};
use tokio::sync::oneshot;

/// Stands for an exit whose code the system did not keep (SIGCHLD is ignored); no process can return it.
const LOST: Exit = Exit::Code(-1);

/// The child's ends of its streams.
pub(super) struct Ends {
    /// None for a stdin that is empty.
    pub(super) stdin: Option<OwnedFd>,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

/// A process that exists.
pub(super) struct Begun {
    pub(super) handle: duct::Handle,
    pub(super) pid: i32,
    pub(super) start: u64,
    pub(super) at: Stamp,
    /// How and when it ended; it is not reaped by then.
    pub(super) ended: oneshot::Receiver<(Exit, Stamp)>,
}

/// Starts `spec`; the answer comes when the program runs, or with the words why it does not.
pub(super) async fn begin(spec: CommandSpec, ends: Ends, clock: Arc<dyn Clock>) -> Result<Begun, String> {
    let (said, answer) = oneshot::channel();
    let (over, ended) = oneshot::channel();
    let thread = std::thread::Builder::new().name("step".into()).spawn(move || {
        let started = start(&spec, ends).map_err(|error| words::why(&spec, &error));
        let pid = started.as_ref().ok().map(|(_, pid)| *pid);
        let begun = started.map(|(handle, pid)| {
            // A child of ours keeps its line in /proc until it is reaped, so this cannot miss.
            let start = proc::stat(pid).map_or(0, |stat| stat.start);
            Begun { handle, pid, start, at: clock.now(), ended }
        });
        let _ = said.send(begun);
        if let Some(pid) = pid {
            let exit = wait_without_reaping(pid);
            let _ = over.send((exit, clock.now()));
        }
    });
    thread.map_err(|error| format!("the system has no room for another thread ({error})"))?;
    answer.await.unwrap_or_else(|_| Err("the thread that starts the command died".into()))
}

fn start(spec: &CommandSpec, ends: Ends) -> io::Result<(duct::Handle, i32)> {
    let (program, args) = argv(&spec.program);
    let mut env = spec.env.clone();
    env.retain(|(name, _)| name != MARKER);
    env.push((MARKER.into(), spec.marker.clone().into()));
    let terminal = spec.terminal.is_some();
    if terminal && !env.iter().any(|(name, _)| name == "TERM") {
        // What the screen understands that draws it.
        env.push(("TERM".into(), "xterm-256color".into()));
    }
    let cwd = spec.cwd.clone();
    let expression = duct::cmd(program, args).full_env(env).stdout_file(ends.stdout).stderr_file(ends.stderr);
    let expression = match ends.stdin {
        Some(reader) => expression.stdin_file(reader),
        None => expression.stdin_null(),
    };
    // Not `dir()`: duct would look for `./x` from where we are, not from the step's directory.
    let expression = expression.unchecked().before_spawn(move |command| {
        command.current_dir(&cwd);
        own_session(command, terminal);
        Ok(())
    });
    let _starting = left::STARTING.read().unwrap_or_else(PoisonError::into_inner);
    let handle = expression.start()?;
    // `expression` holds our copies of the write ends and goes at the end of this function: without that, no end of file.
    let pid = handle.pids().first().copied().and_then(|pid| i32::try_from(pid).ok());
    let pid = pid.ok_or_else(|| io::Error::other("the process has no number"))?;
    left::adopt_leader(pid);
    Ok((handle, pid))
}

/// A session of its own: `/dev/tty` is the command's own terminal or does not open, never the operator's, and one signal
/// reaches the whole group. No core files, which would hold secrets.
fn own_session(command: &mut Command, terminal: bool) {
    let core = Rlimit { current: Some(0), maximum: getrlimit(Resource::Core).maximum };
    let hook = move || {
        rustix::process::setsid()?;
        if terminal {
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        }
        setrlimit(Resource::Core, core)?;
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. `setsid`, `ioctl` and `setrlimit` of rustix
    // are bare system calls; an error carries a number only, so nothing allocates or locks.
    #[allow(unsafe_code, reason = "setsid in the child, before it becomes another program")]
    unsafe {
        command.pre_exec(hook);
    }
}

pub(super) fn argv(program: &Program) -> (OsString, Vec<OsString>) {
    match program {
        Program::Shell { shell, strict, text } => {
            let flags: &[&str] = match (shell, strict) {
                (super::Shell::Bash, true) => &["--noprofile", "--norc", "-euo", "pipefail", "-c"],
                (super::Shell::Bash, false) => &["--noprofile", "--norc", "-c"],
                (super::Shell::Sh, true) => &["-eu", "-c"],
                (super::Shell::Sh, false) => &["-c"],
            };
            let args = flags.iter().copied().chain([text.as_str()]).map(OsString::from).collect();
            (words::shell_name(*shell).into(), args)
        }
        Program::Argv(argv) => {
            let mut words = argv.iter().map(OsString::from);
            // `words::impossible`, which `local` has asked, refuses an empty list.
            (words.next().unwrap_or_default(), words.collect())
        }
    }
}

fn wait_without_reaping(pid: i32) -> Exit {
    let Some(pid) = Pid::from_raw(pid) else {
        return LOST;
    };
    loop {
        match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Ok(Some(status)) => {
                let signal = status.terminating_signal().map(Exit::Signal);
                return status.exit_status().map(Exit::Code).or(signal).unwrap_or(LOST);
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return LOST,
        }
    }
}

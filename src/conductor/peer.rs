//! Who is at the other end of the socket: its user, and that it is not a program which the run itself started.
//!
//! Every step runs as the operator's user and could connect; what descends from the conductor, or carries a step's marker
//! in its environment, may not steer the run.

use crate::engine::exec::MARKER;
use std::path::Path;

/// The other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// Process id.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
    /// Its program's path, read when it came: one that is refused may be gone when that is recorded.
    pub exe: String,
}

impl Peer {
    /// The peer by the kernel's word.
    pub fn of(stream: &tokio::net::UnixStream) -> Option<Self> {
        let credentials = stream.peer_cred().ok()?;
        let pid = credentials.pid()?;
        Some(Self { pid, uid: credentials.uid(), exe: exe_of(pid) })
    }

    /// Whether it is a program that this run started: it descends from this process, or carries a marker of the run.
    pub fn is_of_the_run(&self, run: &str) -> bool {
        descends_from(self.pid, std::process::id() as i32) || carries_marker(self.pid, run)
    }
}

fn exe_of(pid: i32) -> String {
    std::fs::read_link(format!("/proc/{pid}/exe")).map(|path| path.display().to_string()).unwrap_or_else(|_| "?".into())
}

/// Walks up the parents; a chain that cannot be read counts as not descending.
fn descends_from(pid: i32, ancestor: i32) -> bool {
    let mut at = pid;
    for _ in 0..64 {
        let Some(parent) = parent_of(at) else { return false };
        if parent == ancestor {
            return true;
        }
        if parent <= 1 {
            return false;
        }
        at = parent;
    }
    false
}

fn parent_of(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold spaces and parentheses itself: fields are counted after the last one.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn carries_marker(pid: i32, run: &str) -> bool {
    let Ok(environ) = std::fs::read(Path::new("/proc").join(pid.to_string()).join("environ")) else { return false };
    let wanted = format!("{MARKER}={run}/");
    environ.split(|byte| *byte == 0).any(|pair| pair.starts_with(wanted.as_bytes()))
}

/// A user's name, from the system's list; the number where it has none.
pub fn user_name(uid: u32) -> String {
    let of_line = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    };
    let listed = std::fs::read_to_string("/etc/passwd").ok().and_then(|list| list.lines().find_map(of_line));
    listed.unwrap_or_else(|| uid.to_string())
}

//! What `/proc` says of processes: who they are, whose session they are in, what marker they carry, what they hold open.
//!
//! It only reads. A process that ends while it is looked at is left out, never an error. Zombies are left out of lists of
//! what lives: they hold nothing and run nothing. Called by the supervision of a step and by `engine::survivors`.

use crate::model::output::Holder;
use std::fs;
use std::os::fd::AsFd;
use std::path::PathBuf;

/// One line of `/proc/PID/stat`, as far as we need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) pid: i32,
    pub(crate) comm: String,
    pub(crate) state: char,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
    pub(crate) start: u64,
}

impl Stat {
    /// Whether it has ended and only waits to be reaped.
    pub(crate) fn is_zombie(&self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x')
    }

    pub(crate) fn holder(&self) -> Holder {
        Holder { pid: self.pid, start: self.start, comm: self.comm.clone() }
    }
}

/// What is known of `pid`, if it exists.
pub(crate) fn stat(pid: i32) -> Option<Stat> {
    parse_stat(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// Every process of the machine that can be seen, zombies too.
pub(crate) fn all() -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(stat).collect()
}

/// The value of `name` in the environment that `pid` was started with; none if it has none or it may not be read.
pub(crate) fn environment(pid: i32, name: &str) -> Option<Vec<u8>> {
    let block = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let value = block.split(|byte| *byte == 0).find_map(|entry| {
        let rest = entry.strip_prefix(name.as_bytes())?;
        rest.strip_prefix(b"=")
    })?;
    Some(value.to_vec())
}

/// Whether `pid` has any of `names` open, as `/proc/PID/fd` shows them.
pub(crate) fn holds_open(pid: i32, names: &[PathBuf]) -> bool {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok()).any(|target| names.contains(&target))
}

/// How `/proc/PID/fd` shows a pipe.
pub(crate) fn pipe_name(pipe: impl AsFd) -> std::io::Result<PathBuf> {
    Ok(format!("pipe:[{}]", rustix::fs::fstat(pipe)?.st_ino).into())
}

/// The name may hold anything, also `)` and newlines, so what follows is counted from the last `)`.
fn parse_stat(line: &[u8]) -> Option<Stat> {
    let open = line.iter().position(|byte| *byte == b'(')?;
    let close = line.iter().rposition(|byte| *byte == b')')?;
    let pid = std::str::from_utf8(line.get(..open)?).ok()?.trim().parse().ok()?;
    let comm = String::from_utf8_lossy(line.get(open + 1..close)?).into_owned();
    let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
    // Field 3 (state) is the first after the name, so field n is at n - 3.
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse().ok();
    Some(Stat {
        pid,
        comm,
        state: fields.first()?.chars().next()?,
        parent: number(4)?,
        group: number(5)?,
        session: number(6)?,
        start: fields.get(22 - 3)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_fields() {
        let line = b"42 (a) b (c\n) S 1 7 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 777 999 1\n";
        let stat = parse_stat(line).unwrap();
        assert_eq!((stat.pid, stat.comm.as_str(), stat.state), (42, "a) b (c\n", 'S'));
        assert_eq!((stat.parent, stat.group, stat.session, stat.start), (1, 7, 9, 777));
    }

    #[test]
    fn a_short_or_foreign_line_is_no_process() {
        for line in [&b""[..], b"42", b"42 (x", b"42 (x) S 1 2", b"x (y) S 1 2 3", b")(", b"\xff\xfe(\xff) S"] {
            assert_eq!(parse_stat(line), None, "{line:?}");
        }
    }

    #[test]
    fn this_process_is_found_with_its_pipes() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(all().iter().any(|stat| stat.pid == own && !stat.is_zombie()));
        let (reader, writer) = std::io::pipe().unwrap();
        let names = [pipe_name(&reader).unwrap()];
        assert!(holds_open(own, &names));
        drop((reader, writer));
        assert!(!holds_open(own, &["pipe:[0]".into()]));
    }
}

//! The lock of a run: one conductor at a time.
//!
//! `flock` on a file in the run directory, taken before anything is read and held until the conductor ends; a descriptor that
//! is not inherited. Network file systems are refused, since two hosts would not see each other's lock. A lock file that was
//! replaced is noticed (`still_ours`). What stands in the file is for people; only the lock counts.

use crate::journal::dir::RunDir;
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, Stat};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

/// Why a run could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another conductor has it.
    #[error("{}", held_words(.pid))]
    Held {
        /// Its process, where the file says so.
        pid: Option<i32>,
    },
    /// Locks do not hold there.
    #[error("the run lies on a network file system ({0}), where a lock does not keep others out")]
    NetworkFilesystem(&'static str),
    /// The system refused.
    #[error("cannot lock the run")]
    Io(#[from] io::Error),
}

fn held_words(pid: &Option<i32>) -> String {
    match pid {
        Some(pid) => format!("another tminus (process {pid}) is conducting this run"),
        None => "another tminus is conducting this run".to_owned(),
    }
}

/// A lock that is held.
#[derive(Debug)]
pub struct Lock {
    file: File,
    dir: RunDir,
}

impl RunDir {
    /// Locks the run.
    pub fn lock(&self) -> Result<Lock, LockError> {
        if let Some(kind) = network(self)? {
            return Err(LockError::NetworkFilesystem(kind));
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(self, "lock", flags, Mode::RUSR | Mode::WUSR).map_err(io::Error::from)?;
        let file = File::from(fd);
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(LockError::Held { pid: said_pid(&file) });
            }
            Err(error) => return Err(io::Error::from(error).into()),
        }
        let lock = Lock { file, dir: self.clone() };
        if !lock.still_ours() {
            return Err(io::Error::other("the lock file is not a plain file of this run").into());
        }
        lock.say_who()?;
        Ok(lock)
    }
}

impl Lock {
    /// Whether the file that is locked is still the one of that name.
    pub fn still_ours(&self) -> bool {
        let same = |held: Stat, named: Stat| {
            (held.st_dev, held.st_ino) == (named.st_dev, named.st_ino)
                && held.st_nlink == 1
                && FileType::from_raw_mode(held.st_mode) == FileType::RegularFile
        };
        let named = rustix::fs::statat(&self.dir, "lock", AtFlags::SYMLINK_NOFOLLOW);
        match (rustix::fs::fstat(&self.file), named) {
            (Ok(held), Ok(named)) => same(held, named),
            (Err(_), _) | (_, Err(_)) => false,
        }
    }

    fn say_who(&self) -> io::Result<()> {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let host = rustix::system::uname();
        let host = host.nodename().to_string_lossy();
        let boot = read("/proc/sys/kernel/random/boot_id");
        let stat = read("/proc/self/stat");
        // Field 22, counted after the program's name, which may hold spaces and brackets.
        let start = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19));
        let who = format!(
            "pid {}\nstart {}\nboot {}\nhost {host}\n",
            std::process::id(),
            start.unwrap_or("-"),
            boot.trim_end(),
        );
        self.file.set_len(0)?;
        self.file.write_all_at(who.as_bytes(), 0)
    }
}

fn said_pid(file: &File) -> Option<i32> {
    let mut text = String::new();
    file.take(4096).read_to_string(&mut text).ok()?;
    text.lines().next()?.strip_prefix("pid ")?.parse().ok()
}

/// The kind of network file system that the run lies on. FUSE counts, since it is sshfs as often as not.
fn network(dir: &RunDir) -> io::Result<Option<&'static str>> {
    let kind = rustix::fs::fstatfs(dir)?.f_type;
    // Some kernels give the 32-bit magic numbers sign-extended.
    Ok(match kind as u32 {
        0x6969 => Some("NFS"),
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => Some("SMB"),
        0x6573_5546 => Some("FUSE"),
        0x00c3_6400 => Some("Ceph"),
        0x5346_414f | 0x6b41_4653 => Some("AFS"),
        0x0102_1997 => Some("9P"),
        0x7461_636f => Some("OCFS2"),
        0x0116_1970 => Some("GFS2"),
        _ => None,
    })
}

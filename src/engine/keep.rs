//! Where a shell leaves its variables for `capture: variable`: a directory of its own, private, gone when the attempt is over.
//!
//! It stands outside the run's directory, whose every file is sealed: what it holds may be secret. A command writes there itself,
//! so what is found is read as anybody's: plain files of a bounded size, no link, no pipe. The conductor makes it, the pump
//! reads it once and drops it.

use crate::model::expect::CaptureFrom;
use crate::model::step::Command;
use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Names the directory for the shell.
pub const VARIABLE: &str = "TMINUS_KEEP";

/// Bytes of a value that are read: one more than may be kept, so that a longer one is refused and not cut.
const LARGEST: u64 = 64 * 1024 + 1;

/// The directory of one attempt.
#[derive(Debug)]
pub struct Keep(PathBuf);

impl Keep {
    /// A directory for a command that needs one.
    pub fn of(command: &Command) -> io::Result<Option<Self>> {
        match command.kept_variables().is_empty() {
            true => Ok(None),
            false => Self::new().map(Some),
        }
    }

    fn new() -> io::Result<Self> {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
        // A runtime directory may be set and not be there, as in a container.
        match runtime.map(|dir| Self::within(&dir)) {
            Some(Ok(keep)) => Ok(keep),
            Some(Err(_)) | None => Self::within(&std::env::temp_dir()),
        }
    }

    fn within(parent: &Path) -> io::Result<Self> {
        let mut random = [0_u8; 12];
        fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let dir = parent.join(format!("tminus-keep-{name}"));
        DirBuilder::new().mode(0o700).create(&dir)?;
        Ok(Self(dir))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What the shell left, by the names of its variables.
    pub fn read(&self, command: &Command) -> Vec<(String, String)> {
        let names = command.capture.iter().filter_map(|(_, capture)| match &capture.from {
            CaptureFrom::Variable(name) => Some(name),
            CaptureFrom::Json(_)
            | CaptureFrom::Regex(_)
            | CaptureFrom::Stdout
            | CaptureFrom::Line(_)
            | CaptureFrom::File(_) => None,
        });
        names.filter_map(|name| Some((name.clone(), self.value(name).ok()?))).collect()
    }

    fn value(&self, name: &str) -> io::Result<String> {
        use rustix::fs::{Mode, OFlags, open};
        // A pipe would wait for a writer, and a link could lead anywhere.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = fs::File::from(open(self.0.join(name), flags, Mode::empty())?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("not a plain file"));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        if let Err(why) = fs::remove_dir_all(&self.0) {
            tracing::warn!("the directory of a captured variable could not be removed: {why}");
        }
    }
}

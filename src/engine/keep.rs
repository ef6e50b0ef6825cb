//! Where a shell leaves its variables for `capture: variable`: a directory of its own, private, gone when the attempt is over.
//!
//! It stands outside the run's directory, whose every file is sealed: what it holds may be secret. A command writes there itself,
//! so what is found is read as anybody's: plain files of a bounded size, no link, no pipe. The conductor makes it, the pump
//! reads it once and drops it. Its name says the run, so that what a conductor left that was killed can be told from others'.

use crate::model::expect::CaptureFrom;
use crate::model::ids::RunId;
use crate::model::step::Command;
use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Names the directory for the shell.
pub const VARIABLE: &str = "TMINUS_KEEP";

/// Before the run's id, in the directory's name.
const PREFIX: &str = "tminus-keep-";

/// Bytes of a value that are read: one more than may be kept, so that a longer one is refused and not cut.
const LARGEST: u64 = 64 * 1024 + 1;

/// The directory of one attempt.
#[derive(Debug)]
pub struct Keep(PathBuf);

impl Keep {
    /// A directory for a command that needs one, of this run.
    pub fn of(command: &Command, run: &RunId) -> io::Result<Option<Self>> {
        match command.kept_variables().is_empty() {
            true => Ok(None),
            false => Self::new(run).map(Some),
        }
    }

    fn new(run: &RunId) -> io::Result<Self> {
        // A runtime directory may be set and not be there, as in a container.
        match runtime().map(|dir| Self::within(&dir, run)) {
            Some(Ok(keep)) => Ok(keep),
            Some(Err(_)) | None => Self::within(&std::env::temp_dir(), run),
        }
    }

    /// Removes what conductors left that were killed: directories of this user, of runs that nobody conducts.
    pub fn sweep(is_dead: &dyn Fn(&str) -> bool) {
        for parent in runtime().into_iter().chain([std::env::temp_dir()]) {
            Self::sweep_in(&parent, is_dead);
        }
    }

    fn sweep_in(parent: &Path, is_dead: &dyn Fn(&str) -> bool) {
        let me = rustix::process::geteuid().as_raw();
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let run = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.rsplit_once('-'));
            // What a name says is nobody's word: a link, or another user's, is left where it is.
            let ours = |about: &fs::Metadata| about.is_dir() && std::os::unix::fs::MetadataExt::uid(about) == me;
            let ours = run.is_some() && entry.path().symlink_metadata().is_ok_and(|about| ours(&about));
            if ours && run.is_some_and(|(run, _)| is_dead(run)) {
                drop(Self(entry.path()));
            }
        }
    }

    fn within(parent: &Path, run: &RunId) -> io::Result<Self> {
        let mut random = [0_u8; 12];
        fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let dir = parent.join(format!("{PREFIX}{run}-{name}"));
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

fn runtime() -> Option<PathBuf> {
    std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute())
}

impl Drop for Keep {
    fn drop(&mut self) {
        if let Err(why) = fs::remove_dir_all(&self.0) {
            tracing::warn!("the directory of a captured variable could not be removed: {why}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_conductor_left_is_swept_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let of = |run: &str| {
            let keep = Keep::within(parent.path(), &RunId(run.into())).unwrap();
            fs::write(keep.path().join("TAG"), "v1").unwrap();
            let path = keep.path().to_owned();
            // As a killed conductor leaves it.
            std::mem::forget(keep);
            path
        };
        let (dead, live) = (of("0001-dead-run"), of("0002-live"));
        let elsewhere = tempfile::tempdir().unwrap();
        let link = parent.path().join("tminus-keep-0001-dead-run-abc");
        std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
        let other = parent.path().join("tminus-other-0001-dead-run-abc");
        fs::create_dir(&other).unwrap();
        Keep::sweep_in(parent.path(), &|run| run == "0001-dead-run");
        assert!(!dead.exists());
        assert!(live.join("TAG").exists() && elsewhere.path().exists() && link.exists() && other.exists());
    }
}

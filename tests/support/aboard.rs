//! Conductors and steps that a test started: where they are, and that none is left when the test ends, however it ends.
//!
//! A conductor lives in a session of its own and a step in another, so neither dies with the test; they are found by the run's
//! socket and by the test's own home in their environment, and by nothing else. Never ends what the test did not start.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use super::{User, until};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use tminus::feed::live::conductor_of;
use tminus::journal::RunDir;

/// A user whose conductors and steps are ended with the test.
pub struct Aboard {
    /// The user.
    pub user: User,
}

impl Aboard {
    /// A new user with these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let user = User::new();
        for (name, text) in files {
            user.write(name, text);
        }
        Self { user }
    }

    /// A file of the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.user.home.path().join(name)
    }

    /// What a file of the home says; nothing where it is not there.
    pub fn text(&self, name: &str) -> String {
        std::fs::read(self.path(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The runs of this user.
    pub fn runs(&self) -> Vec<RunDir> {
        RunDir::list(&self.user.runs())
    }

    /// The conductor of the only run, once there is one.
    pub fn conductor(&self) -> Pid {
        let mut found = None;
        until(60, "a conductor", || {
            found = self.runs().first().and_then(conductor_of);
            found.is_some()
        });
        found.and_then(Pid::from_raw).expect("a conductor has a process id")
    }

    /// Kills the conductor of the only run, and waits until it is gone.
    pub fn kill_conductor(&self) {
        let conductor = self.conductor();
        kill_process(conductor, Signal::KILL).expect("it is there");
        until(60, "the conductor to be gone", || self.runs().first().is_none_or(|run| conductor_of(run).is_none()));
    }

    /// Processes that have this home in their environment: the clients and the steps.
    pub fn processes(&self) -> Vec<Pid> {
        let home = format!("HOME={}", self.user.home.path().display());
        let Ok(listed) = std::fs::read_dir("/proc") else { return Vec::new() };
        let numbers = listed.flatten().filter_map(|entry| entry.file_name().to_string_lossy().parse().ok());
        let ours = |pid: &i32| {
            std::fs::read(Path::new("/proc").join(pid.to_string()).join("environ"))
                .is_ok_and(|environ| environ.split(|byte| *byte == 0).any(|pair| pair == home.as_bytes()))
        };
        numbers.filter(ours).filter_map(Pid::from_raw).collect()
    }
}

impl Drop for Aboard {
    fn drop(&mut self) {
        let conductors = self.runs().into_iter().filter_map(|run| conductor_of(&run)).filter_map(Pid::from_raw);
        for pid in conductors.chain(self.processes()) {
            // It may have ended by itself meanwhile.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

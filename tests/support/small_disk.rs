//! A small disk of its own for a test that fills it: a tmpfs, where this machine lets a test mount one.
#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test that was left out says so; a panic is the report")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A small disk of its own; `None` where this machine lets no test mount one.
pub struct Small(PathBuf);

impl Small {
    /// Mounts it.
    pub fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={size},mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).output();
        if !mounted.is_ok_and(|mounted| mounted.status.success()) {
            println!("left out: this machine does not let a test mount a small disk");
            return None;
        }
        Some(Self(at.to_owned()))
    }

    /// Takes all the room there is.
    pub fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.0.join("ballast")).unwrap();
        for size in [64 << 10, 4096, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    /// Gives back what `fill` took.
    pub fn make_room(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).stderr(Stdio::null()).status();
    }
}

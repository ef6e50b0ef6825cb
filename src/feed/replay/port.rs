//! The way from a replay's screen to its run: output as it lies on disk, and nothing else.
//!
//! No wish is ever sent: there is nobody to send it to. Files are opened as those of a stranger.

use crate::feed::{Port, Role};
use crate::journal::RunDir;
use crate::journal::amend::{Removed, removed};
use crate::model::ids::{Attempt, Seq, StepId};
use crate::model::intent::Intent;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// No more of a file is read at once, whatever a record says of its length.
const MOST: u64 = 16 << 20;

/// Looks at a run.
pub struct Looking {
    dir: RunDir,
    removed: Removed,
}

impl Looking {
    /// At this one.
    pub fn at(dir: RunDir) -> Self {
        let removed = removed(&dir);
        Self { dir, removed }
    }

    /// What every key that would act is answered with.
    pub fn refusal(run: &str) -> String {
        format!("This is a replay of run {run}. Nothing here can run.")
    }
}

impl Port for Looking {
    fn wish(&mut self, _: Intent, _: Seq) -> Result<u64, String> {
        Err(Self::refusal(self.dir.id().short()))
    }

    fn output(&self, step: &StepId, attempt: Attempt, range: Range<u64>) -> io::Result<Vec<u8>> {
        let file = self.dir.read_output(step, attempt).map_err(|why| io::Error::other(why.chain()))?;
        let wanted = range.end.saturating_sub(range.start).min(MOST);
        let mut bytes = vec![0; usize::try_from(wanted).unwrap_or(0)];
        let mut filled = 0;
        while filled < bytes.len() {
            match file.read_at(&mut bytes[filled..], range.start + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        bytes.truncate(filled);
        self.removed.over(step, attempt, range.start, &mut bytes);
        Ok(bytes)
    }

    fn amended(&self, of: Option<(&StepId, Attempt)>) -> Vec<String> {
        self.removed.words(of)
    }

    fn give_up(&mut self, _: String) {}

    fn role(&self) -> Role {
        Role::Watches
    }
}

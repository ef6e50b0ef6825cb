//! Lines of a part, one by one, with a limit on their length.
//!
//! A line that is too long or has no end ends the reading: what follows is a rest, whose bytes nobody interprets.

use crate::journal::error::JournalError;
use crate::journal::line::LONGEST;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Take};

/// A part being read.
pub(crate) struct Lines {
    file: BufReader<Take<File>>,
    name: String,
    line: Vec<u8>,
}

impl Lines {
    /// Reads at most `limit` bytes of `file`.
    pub(crate) fn new(file: File, name: &str, limit: u64) -> Self {
        let file = BufReader::with_capacity(128 * 1024, file.take(limit));
        Self { file, name: name.to_owned(), line: Vec::with_capacity(1024) }
    }

    /// The next line with its line feed; `None` at the end, or where the rest is no line.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, JournalError> {
        self.line.clear();
        (&mut self.file)
            .take(LONGEST as u64)
            .read_until(b'\n', &mut self.line)
            .map_err(JournalError::io("read", &self.name))?;
        Ok((self.line.last() == Some(&b'\n')).then_some(&self.line))
    }

    /// What `next` last read, also if it was no line.
    pub(crate) fn last(&self) -> &[u8] {
        &self.line
    }
}

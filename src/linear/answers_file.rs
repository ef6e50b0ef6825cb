//! An answers file from disk: at most 1 MiB, UTF-8, YAML, and every name in it one of the runbook's.
//!
//! Runs before a run exists, so that a mistake in the file leaves nothing behind. A mistake is said with its line where the
//! line can be found. `commands` calls `Answers::read`.

use super::answers::Answers;
use super::answers_read;
use crate::model::plan::Plan;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// No answers file is longer, in bytes.
pub const SIZE_LIMIT: u64 = 1024 * 1024;

/// What of an answers file could not be done.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// It cannot be read from disk.
    #[error("cannot read the answers file {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// More than 1 MiB.
    #[error("the answers file {0} is larger than 1 MiB")]
    TooLarge(PathBuf),
    /// Bytes that are no text.
    #[error("the answers file {0} is not UTF-8")]
    NotText(PathBuf),
    /// Not YAML.
    #[error("the answers file {path} is not YAML: {source}")]
    NotYaml {
        /// Which.
        path: PathBuf,
        /// Why, with line and column.
        #[source]
        source: serde_yaml::Error,
    },
    /// Something in it does not fit the runbook or the grammar.
    #[error("{}{}: {what}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// Its line, from 1, where it could be found.
        line: Option<usize>,
        /// What is wrong, and what would be right.
        what: String,
    },
}

impl Answers {
    /// Reads a file and checks it against the runbook.
    pub fn read(path: &Path, plan: &Plan) -> Result<Self, AnswersError> {
        let failed = |source| AnswersError::Read { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > SIZE_LIMIT {
            return Err(AnswersError::TooLarge(path.to_owned()));
        }
        let text = String::from_utf8(bytes).map_err(|_| AnswersError::NotText(path.to_owned()))?;
        Self::parse(&text, path, plan)
    }

    /// The same from text; `path` only names it in errors.
    pub fn parse(text: &str, path: &Path, plan: &Plan) -> Result<Self, AnswersError> {
        let root: serde_yaml::Value =
            serde_yaml::from_str(text).map_err(|source| AnswersError::NotYaml { path: path.to_owned(), source })?;
        answers_read::answers(&root, plan).map_err(|wrong| AnswersError::Wrong {
            path: path.to_owned(),
            line: wrong.near.as_deref().and_then(|near| line_of(text, near)),
            what: wrong.what,
        })
    }
}

/// The first line that says `key:`, as a block or inside braces.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let says = |line: &str| {
        line.match_indices(key).any(|(at, found)| {
            let before = line[..at].chars().next_back();
            let after = line[at + found.len()..].trim_start_matches(['"', '\'']);
            before.is_none_or(|letter| " {,\"'".contains(letter)) && after.starts_with(':')
        })
    };
    text.lines().position(says).map(|line| line + 1)
}

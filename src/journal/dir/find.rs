//! Which run is meant: by directory, by id, by number, by a unique beginning.
//!
//! Looks at names only, never into a journal. What lies in the runs directory and is not named as a run is passed over.

use crate::journal::dir::RunDir;
use crate::journal::error::JournalError;
use std::path::Path;

/// Why no one run is meant.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// There is none.
    #[error("no run is called {name}")]
    None {
        /// What was asked for.
        name: String,
    },
    /// There is more than one.
    #[error("{} runs begin with {name}", .ids.len())]
    Several {
        /// What was asked for.
        name: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// There is one that cannot be opened.
    #[error(transparent)]
    Open(#[from] JournalError),
}

impl RunDir {
    /// Finds a run by directory, id, number (`7`, `0007`) or unique beginning of its id.
    pub fn find(runs: &Path, name: &str) -> Result<Self, FindError> {
        let as_path = Path::new(name);
        if name.contains('/') || name == "." || name == ".." {
            return Ok(Self::open(as_path)?);
        }
        let ids = ids(runs);
        let hits: Vec<&String> = match ids.iter().find(|id| *id == name) {
            Some(id) => vec![id],
            None => ids.iter().filter(|id| is_meant(id, name)).collect(),
        };
        let name = name.to_owned();
        match hits[..] {
            [id] => Ok(Self::open(&runs.join(id))?),
            [] if as_path.is_dir() && !name.is_empty() => Ok(Self::open(as_path)?),
            [] => Err(FindError::None { name }),
            [..] => {
                let ids = hits.into_iter().cloned().collect();
                Err(FindError::Several { name, ids })
            }
        }
    }

    /// Every run in `runs` that can be opened, oldest number first.
    pub fn list(runs: &Path) -> Vec<Self> {
        ids(runs).iter().filter_map(|id| Self::open(&runs.join(id)).ok()).collect()
    }
}

/// One more than the highest number in `runs`.
pub(super) fn next_number(runs: &Path) -> u32 {
    ids(runs).iter().filter_map(|id| number(id)).max().unwrap_or(0).saturating_add(1)
}

/// Whether a directory is named as a run is.
pub(crate) fn is_id(name: &str) -> bool {
    number(name).is_some()
}

fn is_meant(id: &str, name: &str) -> bool {
    match name.parse::<u32>() {
        Ok(asked) if name.bytes().all(|byte| byte.is_ascii_digit()) => number(id) == Some(asked),
        Ok(_) | Err(_) => !name.is_empty() && id.starts_with(name),
    }
}

fn ids(runs: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(runs) else {
        return Vec::new();
    };
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.ok()?.file_name().into_string().ok();
    let mut ids: Vec<String> = entries.filter_map(name).filter(|id| number(id).is_some()).collect();
    ids.sort_by_key(|id| (number(id), id.clone()));
    ids
}

/// The number of a run's id; `None` for a name that is no id.
fn number(id: &str) -> Option<u32> {
    let fields: Vec<&str> = id.split('-').collect();
    let [number, day, _, .., random] = fields[..] else {
        return None;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let id = number.len() >= 4 && digits(number) && day.len() == 14 && random.len() == 16;
    id.then(|| number.parse().ok()).flatten()
}

//! `capture: { BACKUP: { file: 'backup_*.sql' } }`: the one file that a step made.
//!
//! Exactly one regular file of the step's directory must match, made since the step began and not empty; an older one of the
//! same kind must not be taken for it, and a link must not lead out. The driver calls `look` when the process has ended.

use super::error::JudgeError;
use crate::model::expect::CaptureFrom;
use crate::model::ids::VarName;
use crate::model::step::Command;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// File times come from a clock that ticks every 4 to 10 ms and so may lie before the instant read just ahead of the write.
const TICK: Duration = Duration::from_millis(20);

/// What the look for one captured file came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// The variable that it goes into.
    pub name: VarName,
    /// Its absolute path, or why there is none.
    pub path: Result<String, String>,
}

/// Looks in `cwd` for each file that `command` captures. `since` is when the attempt began. Reads the directory; call it only
/// after the process has ended.
pub fn look(command: &Command, cwd: &Path, since: SystemTime) -> Vec<FoundFile> {
    files(command, &|glob| find(cwd, glob, since))
}

/// What `look` says of a command that ran on another machine: a file here of that name would be another one.
pub fn elsewhere(command: &Command, target: &str) -> Vec<FoundFile> {
    files(command, &|_| {
        Err(format!("it would be on {target}, where files are not looked for: print its name and capture that"))
    })
}

fn files(command: &Command, find: &dyn Fn(&str) -> Result<String, String>) -> Vec<FoundFile> {
    let file = |(name, capture): &(VarName, crate::model::expect::Capture)| match &capture.from {
        CaptureFrom::File(glob) => Some(FoundFile { name: name.clone(), path: find(glob) }),
        CaptureFrom::Json(_)
        | CaptureFrom::Regex(_)
        | CaptureFrom::Stdout
        | CaptureFrom::Line(_)
        | CaptureFrom::Variable(_) => None,
    };
    command.capture.iter().filter_map(file).collect()
}

/// Refuses a glob that leaves the directory or has wildcards in a directory's name.
pub(super) fn check_glob(glob: &str) -> Result<(), JudgeError> {
    let (folder, name) = split(glob);
    let plain = folder.split('/').all(|part| part != ".." && !part.contains(['*', '?']));
    if glob.starts_with('/') || name.is_empty() || glob.contains('\0') || !plain {
        return Err(JudgeError::Glob { glob: glob.to_owned() });
    }
    Ok(())
}

fn split(glob: &str) -> (&str, &str) {
    glob.rsplit_once('/').unwrap_or(("", glob))
}

fn find(cwd: &Path, glob: &str, since: SystemTime) -> Result<String, String> {
    check_glob(glob).map_err(|error| error.to_string())?;
    let (folder, pattern) = split(glob);
    let unreadable = |error: io::Error| format!("its directory cannot be read: {error}");
    let root = cwd.canonicalize().map_err(unreadable)?;
    let (mut fresh, mut older) = (Vec::new(), 0);
    for entry in fs::read_dir(root.join(folder)).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_str().is_some_and(|name| fits(pattern, name)) {
            continue;
        }
        // A file that goes away while we look is none of ours.
        let Ok(about) = fs::metadata(entry.path()) else {
            continue;
        };
        if !about.is_file() {
            continue;
        }
        if made(&about).is_some_and(|made| made + TICK >= since) {
            fresh.push((entry.path(), about.len()));
        } else {
            older += 1;
        }
    }
    one_of(&fresh, older, &root)
}

fn one_of(fresh: &[(PathBuf, u64)], older: usize, root: &Path) -> Result<String, String> {
    let (path, length) = match fresh {
        [] if older > 0 => {
            return Err(format!("no file made since the step began ({older} older)"));
        }
        [] => return Err("no such file".to_owned()),
        [one] => one,
        many => return Err(format!("{} files match, one is wanted", many.len())),
    };
    if *length == 0 {
        return Err("the file is empty".to_owned());
    }
    let path = path.canonicalize().map_err(|error| format!("its path cannot be resolved: {error}"))?;
    if !path.starts_with(root) {
        return Err("it is a link that leads out of the step's directory".to_owned());
    }
    let text = path.to_str().ok_or("its path is not UTF-8")?;
    Ok(text.to_owned())
}

/// The later of birth and last write: a file written over is new, and so is a copy that keeps its source's time.
fn made(about: &fs::Metadata) -> Option<SystemTime> {
    about.modified().ok().max(about.created().ok())
}

/// Whether a name fits: `*` is any part, `?` one character; a leading dot must be written.
fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // The last star and where its part ends; on a mismatch that part grows by one, so no input takes exponential time.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[n] => {
                p += 1;
                n += 1;
            }
            Some(_) | None => match &mut star {
                Some((at, end)) => {
                    *end += 1;
                    (p, n) = (*at + 1, *end);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn long_ago(path: &Path) -> SystemTime {
        fs::metadata(path).unwrap().modified().unwrap() - Duration::from_secs(60)
    }

    #[test]
    fn the_one_new_file_is_found_by_its_absolute_path() {
        let folder = folder(&[("backup_1.sql", "x"), ("other.sql", "x"), ("sub/dump_1", "y")]);
        let since = long_ago(&folder.path().join("other.sql"));
        let root = folder.path().canonicalize().unwrap();
        let found = find(folder.path(), "backup_*.sql", since).unwrap();
        assert_eq!(Path::new(&found), root.join("backup_1.sql"));
        let found = find(folder.path(), "sub/dump_?", since).unwrap();
        assert_eq!(Path::new(&found), root.join("sub/dump_1"));
    }

    #[test]
    fn an_older_file_of_the_same_name_is_not_taken_for_it() {
        let folder = folder(&[("backup_1.sql", "x")]);
        let later = long_ago(&folder.path().join("backup_1.sql")) + Duration::from_secs(120);
        let why = find(folder.path(), "backup_*.sql", later).unwrap_err();
        assert_eq!(why, "no file made since the step began (1 older)");
    }

    #[test]
    fn two_files_an_empty_one_and_a_link_that_leads_out_are_refused() {
        let folder = folder(&[("a1", "x"), ("a2", "x"), ("empty", ""), ("in/keep", "x")]);
        std::os::unix::fs::symlink(folder.path().join("a1"), folder.path().join("in/link")).unwrap();
        fs::create_dir(folder.path().join("dir_1")).unwrap();
        let since = long_ago(&folder.path().join("a1"));
        let inner = folder.path().join("in");
        for (cwd, glob, words) in [
            (folder.path(), "a*", "2 files match, one is wanted"),
            (folder.path(), "empty", "the file is empty"),
            (folder.path(), "dir_*", "no such file"),
            (folder.path(), "b*", "no such file"),
            (&inner, "link", "it is a link that leads out of the step's directory"),
        ] {
            assert_eq!(find(cwd, glob, since).unwrap_err(), words, "{glob}");
        }
    }

    #[test]
    fn a_glob_stays_in_the_directory() {
        for glob in ["/etc/*", "../x", "a/../../x", "*/x", "", "sub/", "a\0b"] {
            assert!(check_glob(glob).is_err(), "{glob:?}");
        }
        assert!(check_glob("sub/deep/x_*.sql").is_ok());
    }

    #[test]
    fn stars_and_question_marks_fit_names_and_hostile_ones_end() {
        for (pattern, name, wanted) in [
            ("*", "a", true),
            ("*", ".hidden", false),
            (".*", ".hidden", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?é?", "xéy", true),
            ("a?", "a", false),
            ("[a]", "a", false),
        ] {
            assert_eq!(fits(pattern, name), wanted, "{pattern} {name}");
        }
        assert!(!fits(&format!("{}b", "*a".repeat(60)), &"a".repeat(250)));
    }
}

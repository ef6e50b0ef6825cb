//! Where things lie for this user: runs, heads, keys, configuration. The only place that reads these variables.

use super::Failure;
use crate::cli::Common;
use crate::conductor::commission::Mirror;
use std::path::{Path, PathBuf};

/// This user's folders.
pub(super) struct Places {
    /// Run directories.
    pub runs: PathBuf,
    /// Heads that were acknowledged, outside of the run directories.
    pub heads: PathBuf,
    /// Keys and allowed signers that tminus made or keeps for this user.
    pub data: PathBuf,
    /// `~/.ssh`.
    pub ssh: Option<PathBuf>,
    /// `$SSH_AUTH_SOCK`.
    pub agent: Option<PathBuf>,
    /// This user's name.
    pub user: String,
}

impl Places {
    /// Finds them.
    pub fn find(common: &Common) -> Result<Self, Failure> {
        let home = var("HOME").map(PathBuf::from);
        let under = |variable: &str, fallback: &str| {
            let set = var(variable).map(PathBuf::from).filter(|path| path.is_absolute());
            set.or_else(|| home.as_ref().map(|home| home.join(fallback)))
        };
        let state = under("XDG_STATE_HOME", ".local/state");
        let data = under("XDG_DATA_HOME", ".local/share");
        let nowhere = || {
            Failure::because("there is no place for runs: neither HOME nor XDG_STATE_HOME is set")
                .hint("name one: --runs DIR")
        };
        let runs = match (&common.runs, &state) {
            (Some(runs), _) => absolute(runs)?,
            (None, Some(state)) => state.join("tminus/runs"),
            (None, None) => return Err(nowhere()),
        };
        let heads = state.map_or_else(|| runs.with_extension("heads"), |state| state.join("tminus/heads"));
        Ok(Self {
            data: data.unwrap_or_else(|| runs.with_extension("data")),
            runs,
            heads,
            ssh: home.map(|home| home.join(".ssh")),
            agent: var("SSH_AUTH_SOCK").map(PathBuf::from),
            user: user_name(),
        })
    }

    /// Where texts are kept that somebody signs elsewhere.
    pub fn texts(&self) -> PathBuf {
        self.heads.with_file_name("sign-offs")
    }

    /// Makes the runs folder, for this user only.
    pub fn make_runs(&self) -> Result<(), Failure> {
        use std::os::unix::fs::DirBuilderExt;
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.runs);
        made.map_err(|why| {
            Failure::because(format!("cannot make the runs folder {}: {why}", self.runs.display()))
                .hint("name another: --runs DIR")
        })
    }
}

/// An absolute path, as it will be read from any folder.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|why| Failure::because(format!("cannot find {}: {why}", path.display())))
}

/// Where checkpoints are copied to: `syslog`, `| COMMAND`, or a file.
pub(super) fn mirror(given: Option<&str>) -> Result<Option<Mirror>, Failure> {
    let Some(given) = given else { return Ok(None) };
    match (given, given.strip_prefix('|').map(str::trim)) {
        ("syslog", _) => Ok(Some(Mirror::Syslog)),
        (_, Some(text)) if !text.is_empty() => Ok(Some(Mirror::Command(text.to_owned()))),
        ("", _) | (_, Some(_)) => {
            Err(Failure::because("--mirror names nothing").hint("a file, syslog, or '| COMMAND'"))
        }
        (path, None) => Ok(Some(Mirror::File(absolute(Path::new(path))?))),
    }
}

/// What nobody could know before: shown on one line, so at most 200 characters of it and no control characters.
pub(super) fn beacon(given: Option<&str>) -> Result<String, Failure> {
    let text = given.unwrap_or_default().trim();
    if text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(
            Failure::because("--beacon takes one line of at most 200 characters").hint("a hash of what is longer")
        );
    }
    if given.is_some() && text.is_empty() {
        return Err(Failure::because("--beacon says nothing").hint("today's head of a public log, or of another run"));
    }
    Ok(text.to_owned())
}

/// A variable that is set and not empty.
pub(super) fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn user_name() -> String {
    let uid = rustix::process::getuid().as_raw();
    crate::conductor::user_name(uid)
}

/// IANA name of this machine's zone: `TZ`, `/etc/localtime`, `/etc/timezone`; UTC where none says.
pub(super) fn zone() -> String {
    let known = |name: &str| name.parse::<chrono_tz::Tz>().is_ok().then(|| name.to_owned());
    let of_link = || {
        let link = std::fs::read_link("/etc/localtime").ok()?;
        let text = link.to_str()?.to_owned();
        text.split_once("zoneinfo/").map(|(_, name)| name.to_owned())
    };
    let of_file = || std::fs::read_to_string("/etc/timezone").ok().map(|name| name.trim().to_owned());
    let said = var("TZ").map(|name| name.trim_start_matches(':').to_owned());
    [said, of_link(), of_file()].into_iter().flatten().find_map(|name| known(&name)).unwrap_or_else(|| "UTC".into())
}

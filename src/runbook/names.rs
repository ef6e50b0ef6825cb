//! Names: which ids and variables may be used, and ids made from titles.
//!
//! An id ends up in file names and answers files, a variable in the environment of commands, so both are narrow, and a
//! runbook cannot set a variable that changes how commands run. `read` and `check` call it.

use std::collections::{HashMap, HashSet};

/// Longest id, in letters.
const ID: usize = 48;

/// `[a-z0-9][a-z0-9-]{0,47}`.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() <= ID
        && text.starts_with(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
}

/// An id from a title: lower case, hyphens, cut to 48. `fallback` where the title has no letter of use.
pub(crate) fn id_from(title: &str, fallback: &str) -> String {
    let mut id = String::new();
    for letter in title.chars() {
        if id.len() >= ID {
            break;
        }
        if letter.is_ascii_alphanumeric() {
            id.push(letter.to_ascii_lowercase());
        } else if !id.is_empty() && !id.ends_with('-') && letter != '\'' {
            id.push('-');
        }
    }
    let id = id.trim_end_matches('-');
    if id.is_empty() { fallback.to_owned() } else { id.to_owned() }
}

/// Ids that are taken. Free ones are found without counting through all that came before: ten thousand steps may share
/// a title.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    ids: HashSet<String>,
    next: HashMap<String, usize>,
}

impl Taken {
    /// Takes this very id; false where it is taken.
    pub fn claim(&mut self, id: &str) -> bool {
        self.ids.insert(id.to_owned())
    }

    /// Takes `prefix` with `id`, or with `id-2`, `id-3` …: the first that is free. The part after the prefix stays an
    /// id.
    pub fn claim_free(&mut self, prefix: &str, id: &str) -> String {
        let wanted = format!("{prefix}{id}");
        if self.ids.insert(wanted.clone()) {
            return wanted;
        }
        loop {
            let count = self.next.entry(wanted.clone()).or_insert(1);
            *count += 1;
            let tail = format!("-{count}");
            let keep = id.len().min(ID - tail.len());
            let candidate = format!("{prefix}{}{tail}", id[..keep].trim_end_matches('-'));
            if self.ids.insert(candidate.clone()) {
                return candidate;
            }
        }
    }
}

/// Variables that every run has.
pub(crate) const BUILT_IN: [&str; 8] =
    ["T0", "NOW", "RUN_ID", "RUN_DIR", "RUNBOOK_DIR", "OPERATOR", "STEP_ID", "ATTEMPT"];

const FORBIDDEN: [&str; 15] = [
    "PATH",
    "HOME",
    "SHELL",
    "ENV",
    "BASH_ENV",
    "SHELLOPTS",
    "BASHOPTS",
    "IFS",
    "PS4",
    "PROMPT_COMMAND",
    "CDPATH",
    "RUBYOPT",
    "NODE_OPTIONS",
    "EDITOR",
    "PAGER",
];

const FORBIDDEN_STARTS: [&str; 9] =
    ["BASH_FUNC_", "LD_", "DYLD_", "PYTHON", "PERL5", "GIT_", "SSH_", "SUDO_", "TMINUS_"];

/// Why a runbook may not set this variable, in words that go on after its name.
pub(crate) fn refuse_variable(name: &str) -> Option<String> {
    if name.len() > 64 || !crate::model::fill::is_name(name) {
        return Some("is not a variable's name: capital letters, digits and _, a letter first, at most 64".into());
    }
    if BUILT_IN.contains(&name) {
        return Some("is set by tminus itself".into());
    }
    let changes_commands = FORBIDDEN.contains(&name)
        || FORBIDDEN_STARTS.iter().any(|start| name.starts_with(start))
        || name.ends_with("_PRELOAD");
    changes_commands.then(|| "changes how commands run, so a runbook cannot set it".into())
}

/// Whether a name looks like a secret's.
pub(crate) fn looks_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "APIKEY"].iter().any(|word| upper.contains(word))
        || upper.split('_').any(|word| matches!(word, "KEY" | "PASS" | "PWD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_from_titles() {
        assert_eq!(id_from("Switch the site (atomically)!", "step"), "switch-the-site-atomically");
        assert_eq!(id_from("  Don't Überfahre", "step"), "dont-berfahre");
        assert_eq!(id_from("日本", "step"), "step");
        let long = id_from(&"word ".repeat(40), "step");
        assert!(is_id(&long) && long.len() <= 48, "{long}");
    }

    #[test]
    fn a_taken_id_gets_a_number_and_stays_an_id() {
        let mut taken = Taken::default();
        assert!(taken.claim("l.a-2"));
        let made: Vec<String> = (0..3).map(|_| taken.claim_free("l.", "a")).collect();
        assert_eq!(made, ["l.a", "l.a-3", "l.a-4"]);
        let long = "x".repeat(48);
        taken.claim(&long);
        assert!(is_id(&taken.claim_free("", &long)));
        assert!(!taken.claim(&long));
    }

    #[test]
    fn a_runbook_cannot_set_what_changes_its_commands() {
        for name in [
            "PATH",
            "BASH_ENV",
            "LD_PRELOAD",
            "GIT_SSH_COMMAND",
            "PS4",
            "RUN_ID",
            "TMINUS_RUNS",
            "X_PRELOAD",
            "lower",
            "1A",
            "A-B",
            "",
        ] {
            assert!(refuse_variable(name).is_some(), "{name}");
        }
        assert!(refuse_variable("DATABASE_URL").is_none());
    }

    #[test]
    fn no_hostile_id_is_an_id() {
        for id in ["../x", "SEAL", "a b", "", "-a", "a.b", "a\nb", "ä", &"a".repeat(49)] {
            assert!(!is_id(id), "{id}");
        }
    }
}

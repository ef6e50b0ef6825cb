//! What `y` and `Y` take along: to the terminal's clipboard, and to a file where that is large or may have come to nothing.
//!
//! OSC 52 is silent: whether the terminal took it cannot be known, so the words never say "copied". The file is new, this
//! user's alone and outside the run, whose folder is sealed. Called by `run` only.

use crate::model::text::shown;
use crate::tui::widgets::wrap;
use base64::Engine as _;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The longest text for a terminal's clipboard, in bytes: terminals drop what is longer without a word.
const COPY_LIMIT: usize = 74_000;
/// A longer text goes to a file too: mosh, for one, forwards one packet's worth.
const SURE: usize = 1024;

/// Gives a text to the terminal by `write` and says what became of it.
pub fn copy(text: &str, into: &Path, write: impl FnOnce(&str) -> io::Result<()>) -> String {
    let bytes = text.len();
    let sent = bytes <= COPY_LIMIT && {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        write(&format!("\x1b]52;c;{encoded}\x07")).is_ok()
    };
    if sent && bytes <= SURE && !passes_through(&|name| std::env::var(name).ok()) {
        return format!("Sent to the terminal's clipboard ({bytes} bytes): {}", wrap::cut(&shown(text), 100));
    }
    let first = if sent { format!("Sent to the terminal ({bytes} bytes) and") } else { format!("{bytes} bytes") };
    match save(text, into) {
        Ok(path) => format!("{first} saved to {}", shown(&path.display().to_string())),
        Err(why) => format!("{first} not saved: {}", shown(&why.to_string())),
    }
}

/// Whether something stands between this program and the terminal that may swallow the sequence, or a terminal that has no
/// clipboard.
fn passes_through(var: &dyn Fn(&str) -> Option<String>) -> bool {
    let term = var("TERM").unwrap_or_default();
    let without = ["screen", "tmux", "linux", "vt", "dumb"].iter().any(|name| term.starts_with(name));
    without || ["TMUX", "STY", "MOSH_CONNECTION"].iter().any(|name| var(name).is_some())
}

fn save(text: &str, into: &Path) -> io::Result<PathBuf> {
    let path = into.join(format!("tminus-copy-{:016x}.txt", crate::feed::fresh_id()));
    // A name that nobody can foresee, never through a link, readable by nobody else: the folder may be everybody's.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_long_text_is_sent_and_saved_where_only_its_user_reads_it() {
        let home = tempfile::tempdir().unwrap();
        let text = "line of output\n".repeat(100);
        let mut written = String::new();
        let said = copy(&text, home.path(), |sequence| {
            written.push_str(sequence);
            Ok(())
        });
        assert!(written.starts_with("\x1b]52;c;"), "{written:?}");
        let path = said.strip_prefix("Sent to the terminal (1500 bytes) and saved to ").expect(&said);
        assert_eq!(std::fs::read_to_string(path).unwrap(), text);
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_the_terminal_cannot_take_is_saved_alone_and_a_full_disk_is_said() {
        let home = tempfile::tempdir().unwrap();
        let vast = "x".repeat(COPY_LIMIT + 1);
        let said = copy(&vast, home.path(), |_| panic!("it is too long to be sent"));
        assert!(said.starts_with("74001 bytes saved to "), "{said}");
        let said = copy(&vast, &home.path().join("none"), |_| Ok(()));
        assert!(said.contains("not saved: No such file"), "{said}");
        let said = copy("short", home.path(), |_| Err(io::Error::other("gone")));
        assert!(said.starts_with("5 bytes saved to "), "{said}");
    }

    #[test]
    fn a_terminal_behind_another_program_is_not_trusted_with_a_copy() {
        let with = |set: &'static [(&str, &str)]| {
            passes_through(&|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(
            with(&[("TERM", "tmux-256color")])
                && with(&[("TERM", "xterm"), ("STY", "1")])
                && with(&[("TERM", "linux")])
        );
        assert!(!with(&[("TERM", "xterm-256color")]));
    }
}

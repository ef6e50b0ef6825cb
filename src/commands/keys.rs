//! Which key signs: the one that was named, the agent's, a file's, or one made for this user. Said before it is used.

use super::places::Places;
use super::{Failure, print};
use crate::cli::{KeyArgs, SignersArgs};
use crate::journal::keys::find::{Found, KeyPlaces, Search, find, held_by_agent, look};
use crate::journal::keys::{KeyOrigin, LockedKey, Signer};
use crate::model::secret::Secret;
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The operator's key, or none.
pub(super) struct OperatorKey {
    /// Signs; `None` for an unsigned run.
    pub signer: Option<Arc<dyn Signer>>,
    /// `agent`, `file`, `self-made`, `none`.
    pub origin: &'static str,
}

/// Finds the key. A passphrase is asked on the terminal; without one that is a refusal. A key that has to be made is made,
/// and that is said on standard error with where it lies.
pub(super) fn choose(places: &Places, args: &KeyArgs) -> Result<OperatorKey, Failure> {
    if args.no_key {
        return Ok(OperatorKey { signer: None, origin: "none" });
    }
    let wanted = key_places(places, args);
    let before = look(&wanted).map_err(|why| refused(&why, args))?;
    for passed in &before.passed_over {
        say(&format!("note: {}", Failure::of(passed).what));
    }
    let made = matches!(before.found, Found::Nothing);
    let found = if made { find(&wanted).map_err(|why| refused(&why, args))?.found } else { before.found };
    let signer: Box<dyn Signer> = match found {
        Found::Ready(signer) => signer,
        Found::NeedsPassphrase(locked) => unlock(&locked)?,
        Found::Nothing => {
            return Err(Failure::because("there is no key to sign with")
                .hint("name one: --key FILE, or fly unsigned: --no-key"));
        }
    };
    let origin = match signer.origin() {
        KeyOrigin::Agent => "agent",
        KeyOrigin::File(_) => "file",
        KeyOrigin::SelfMade(path) => {
            if made {
                say(&format!(
                    "no SSH key was found: made one for you at {} ({})",
                    path.display(),
                    signer.fingerprint()
                ));
                say("the run will say SELF-MADE KEY; it proves something only to those who list that key");
            }
            "self-made"
        }
    };
    Ok(OperatorKey { signer: Some(Arc::from(signer)), origin })
}

/// The key of a file, or of the agent whose public half the file has. A passphrase is asked on the terminal.
pub(super) fn named(path: &std::path::Path) -> Result<Arc<dyn Signer>, Failure> {
    let wanted = KeyPlaces {
        key: Some(path.to_owned()),
        agent: super::places::var("SSH_AUTH_SOCK").map(PathBuf::from),
        ssh_dir: None,
        data_dir: PathBuf::new(),
        user: String::new(),
    };
    let found = look(&wanted).map_err(|why| Failure::of(&why).hint("name another key"))?.found;
    match found {
        Found::Ready(signer) => Ok(Arc::from(signer)),
        Found::NeedsPassphrase(locked) => Ok(Arc::from(unlock(&locked)?)),
        Found::Nothing => Err(Failure::because(format!("{} is no key", path.display()))),
    }
}

/// Every key that can sign from here without a question: what the agent holds, then what a search finds. Makes none.
pub(super) fn at_hand(places: &Places) -> Vec<Arc<dyn Signer>> {
    let agent = places.agent.as_deref().filter(|socket| !socket.as_os_str().is_empty());
    let held = agent.and_then(|socket| held_by_agent(socket).ok()).unwrap_or_default();
    let mut keys: Vec<Arc<dyn Signer>> = held.into_iter().map(Arc::from).collect();
    let without_agent = KeyPlaces { agent: None, ..key_places(places, &KeyArgs { key: None, no_key: false }) };
    if let Ok(Search { found: Found::Ready(signer), .. }) = look(&without_agent) {
        keys.push(Arc::from(signer));
    }
    keys
}

/// The list of keys by which sign-offs are judged: the one named, else the user's own.
pub(super) fn allowed_signers(places: &Places, args: &SignersArgs) -> Result<PathBuf, Failure> {
    let Some(path) = &args.allowed_signers else {
        return Ok(key_places(places, &KeyArgs { key: None, no_key: false }).own_allowed_signers());
    };
    let path = super::places::absolute(path)?;
    match std::fs::metadata(&path) {
        Ok(_) => Ok(path),
        Err(why) => Err(Failure::because(format!("cannot read the allowed signers {}: {why}", path.display()))),
    }
}

/// Where keys are looked for.
pub(super) fn key_places(places: &Places, args: &KeyArgs) -> KeyPlaces {
    KeyPlaces {
        key: args.key.clone(),
        agent: places.agent.clone(),
        ssh_dir: places.ssh.clone(),
        data_dir: places.data.clone(),
        user: places.user.clone(),
    }
}

fn refused(why: &crate::journal::keys::KeyError, args: &KeyArgs) -> Failure {
    let hint = if args.key.is_some() {
        "name another key, or leave --key out"
    } else {
        "name a key: --key FILE, or fly unsigned: --no-key"
    };
    Failure::of(why).hint(hint)
}

fn unlock(locked: &LockedKey) -> Result<Box<dyn Signer>, Failure> {
    let path = locked.path().display();
    if !std::io::stdin().is_terminal() {
        return Err(Failure::because(format!(
            "the key {path} has a passphrase and there is no terminal to ask for it"
        ))
        .hint("add it to an agent (ssh-add), name another key, or use --no-key"));
    }
    for _ in 0..3 {
        let typed = ask_hidden(&format!("Passphrase for {path}: "))?;
        match locked.unlock(&typed) {
            Ok(signer) => return Ok(signer),
            Err(why) => say(&Failure::of(&why).what),
        }
    }
    Err(Failure::because(format!("the key {path} was not unlocked")))
}

/// Makes sure that a person wants this, by a word that is typed; `yes` was said in the arguments.
pub(super) fn confirm(yes: bool, word: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(
            Failure::because(format!("nobody is there to say {word}")).hint("--yes goes on without being asked")
        );
    }
    say_lines(&format!("Type  {word}  to {word} it:\n"));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|why| Failure::because(why.to_string()))?;
    if line.trim() == word { Ok(()) } else { Err(Failure::because("nothing was signed")) }
}

/// Asks on the terminal without showing what is typed; the terminal is as it was afterwards, also where `^C` gives up: it is
/// read as a key here, since a signal would end this process before the terminal is put back.
fn ask_hidden(question: &str) -> Result<Secret, Failure> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let failed = |why: &dyn std::fmt::Display| Failure::because(format!("cannot read from the terminal: {why}"));
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin).map_err(|why| failed(&why))?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).map_err(|why| failed(&why))?;
    let asked = print(question).and_then(|()| read_hidden(stdin.lock()).map_err(|why| failed(&why)));
    let restored = tcsetattr(&stdin, OptionalActions::Now, &before);
    print("\n")?;
    restored.map_err(|why| failed(&why))?;
    asked?.ok_or_else(|| Failure::because("no passphrase was given"))
}

/// A line, key by key; `None` where it was given up.
fn read_hidden(from: impl std::io::BufRead) -> std::io::Result<Option<Secret>> {
    let mut typed = Vec::new();
    for byte in from.bytes() {
        match byte? {
            b'\n' | b'\r' => return Ok(Some(Secret::new(String::from_utf8_lossy(&typed).into_owned()))),
            // ^C, ^D, ^Z, ^\: whoever presses one of them does not want to go on.
            3 | 4 | 26 | 28 => return Ok(None),
            8 | 127 => drop(typed.pop()),
            21 => typed.clear(),
            other => typed.push(other),
        }
    }
    Ok(None)
}

/// Lines beside the result, as they are.
pub(super) fn say_lines(lines: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = std::io::stderr().write_all(lines.as_bytes());
}

/// A remark beside the result.
pub(super) fn say(words: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(std::io::stderr(), "tminus: {}", crate::model::text::shown(words));
}

//! The key that tminus makes for a user who has none, and that user's own list of keys beside it.
//!
//! It is made once: under a lock on the list, written whole under another name, then linked to its own, so that of two
//! processes one makes it and the other finds it, and nobody ever reads half a key. It is never overwritten. A key that the
//! user took out of the list is not put back. Called by `find`.

use super::file::{Loaded, load};
use super::public::PublicKey;
use super::{KeyError, KeyOrigin, NAMESPACES};
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use ssh_key::{Algorithm, LineEnding, PrivateKey};
use std::fs::{DirBuilder, File};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

const KEY: &str = "key";
const UNFINISHED: &str = "key.new";
const LIST: &str = "allowed_signers";
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// Where the user's own list lies; `verify` takes it when no other is given.
pub(super) fn list_path(data_dir: &Path) -> PathBuf {
    data_dir.join("tminus").join(LIST)
}

/// The key that was made before, if there is one.
pub(super) fn look(data_dir: &Path) -> Result<Option<Loaded>, KeyError> {
    let folder = data_dir.join("tminus");
    match rustix::fs::lstat(folder.join(KEY)) {
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(KeyError::Read { path: folder.join(KEY), source: error.into() }),
        Ok(_) => {
            let opened = open_folder(&folder)?;
            load_own(opened.as_fd(), &folder).map(Some)
        }
    }
}

/// The key, made now unless somebody was faster.
pub(super) fn make(data_dir: &Path, user: &str) -> Result<Loaded, KeyError> {
    let folder = data_dir.join("tminus");
    let failed = |name: &str| {
        let path = folder.join(name);
        move |error: Errno| KeyError::Make { path, source: error.into() }
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .map_err(|source| KeyError::Make { path: folder.clone(), source })?;
    let opened = open_folder(&folder)?;
    rustix::fs::fchmod(&opened, Mode::RWXU).map_err(failed(""))?;
    let list = rustix::fs::openat(&opened, LIST, OFlags::APPEND | OFlags::CREATE | OFlags::RDWR | ours_only(), PRIVATE)
        .map_err(failed(LIST))?;
    judge(list.as_fd(), &folder.join(LIST))?;
    // Held until `list` is dropped, after the key stands under its name.
    rustix::fs::flock(&list, FlockOperation::LockExclusive).map_err(failed(LIST))?;
    if rustix::fs::statat(&opened, KEY, AtFlags::SYMLINK_NOFOLLOW).is_err() {
        let mut list = File::from(list);
        let key = draw(user)?;
        write_unfinished(&opened, &key).map_err(failed(UNFINISHED))?;
        // The list first: a stop in between leaves a line for a key that nobody has, not a key that nobody knows.
        add_to_list(&mut list, user, &key).map_err(|source| KeyError::Make { path: folder.join(LIST), source })?;
        publish(&opened).map_err(failed(KEY))?;
    }
    load_own(opened.as_fd(), &folder)
}

fn ours_only() -> OFlags {
    OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK
}

fn open_folder(folder: &Path) -> Result<OwnedFd, KeyError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = rustix::fs::open(folder, flags, Mode::empty());
    let opened = opened.map_err(|error| KeyError::Make { path: folder.to_owned(), source: error.into() })?;
    judge(opened.as_fd(), folder)?;
    Ok(opened)
}

/// Another user who could write here could swap the key or add to the list.
fn judge(opened: impl AsFd, path: &Path) -> Result<(), KeyError> {
    let facts =
        rustix::fs::fstat(opened).map_err(|error| KeyError::Read { path: path.to_owned(), source: error.into() })?;
    let kind = FileType::from_raw_mode(facts.st_mode);
    let expected = kind == FileType::Directory || kind == FileType::RegularFile;
    let ours = facts.st_uid == rustix::process::geteuid().as_raw() && facts.st_mode & 0o022 == 0;
    if expected && ours { Ok(()) } else { Err(KeyError::NotOurs { path: path.to_owned() }) }
}

fn load_own(opened: impl AsFd, folder: &Path) -> Result<Loaded, KeyError> {
    let path = folder.join(KEY);
    let facts = rustix::fs::statat(opened, KEY, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|error| KeyError::Read { path: path.clone(), source: error.into() })?;
    if facts.st_uid != rustix::process::geteuid().as_raw() {
        return Err(KeyError::NotOurs { path });
    }
    load(&KeyOrigin::SelfMade(path))
}

fn draw(user: &str) -> Result<PrivateKey, KeyError> {
    let unsupported = |_| KeyError::Unsupported { algorithm: "ssh-ed25519".into() };
    let mut key = PrivateKey::random(&mut rand_core::OsRng, Algorithm::Ed25519).map_err(unsupported)?;
    key.set_comment(format!("tminus, made for {}", principal_of(user)));
    Ok(key)
}

fn write_unfinished(folder: &OwnedFd, key: &PrivateKey) -> Result<(), Errno> {
    let text = key.to_openssh(LineEnding::LF).map_err(|_| Errno::INVAL)?;
    match rustix::fs::unlinkat(folder, UNFINISHED, AtFlags::empty()) {
        // Left by a process that was killed here; the lock says that no other is writing it.
        Ok(()) | Err(Errno::NOENT) => (),
        Err(error) => return Err(error),
    }
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | ours_only();
    let mut file = File::from(rustix::fs::openat(folder, UNFINISHED, flags, PRIVATE)?);
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

fn publish(folder: &OwnedFd) -> Result<(), Errno> {
    match rustix::fs::linkat(folder, UNFINISHED, folder, KEY, AtFlags::empty()) {
        // Somebody who does not keep to the lock was faster: theirs stays.
        Ok(()) | Err(Errno::EXIST) => (),
        Err(error) => return Err(error),
    }
    rustix::fs::unlinkat(folder, UNFINISHED, AtFlags::empty())?;
    rustix::fs::fsync(folder)
}

fn add_to_list(list: &mut File, user: &str, key: &PrivateKey) -> std::io::Result<()> {
    let mut before = Vec::new();
    list.read_to_end(&mut before)?;
    let blob = key.public_key().to_bytes().map_err(std::io::Error::other)?;
    let public = PublicKey::from_blob(&blob).map_err(std::io::Error::other)?;
    let start = if before.last().is_none_or(|byte| *byte == b'\n') { "" } else { "\n" };
    let namespaces = NAMESPACES.join(",");
    let line = format!("{start}{} namespaces=\"{namespaces}\" {} tminus\n", principal_of(user), public.openssh());
    list.write_all(line.as_bytes())?;
    list.sync_all()
}

/// The principal that a user's own list names: the user's name, with what would be a pattern, an option or a comment in
/// such a file made harmless.
pub fn principal_of(user: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._@+-".contains(letter);
    let name: String = user.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    if name.is_empty() { "operator".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_cannot_become_a_pattern_an_option_or_a_second_line() {
        assert_eq!(principal_of("maya"), "maya");
        for hostile in ["*", "a,b", "!x", "#", "a b", "x\ny ssh-ed25519 AAAA", "\"q", "DOM\\u", "é?"] {
            let principal = principal_of(hostile);
            assert!(
                principal.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'),
                "{principal}"
            );
        }
        assert_eq!(principal_of(""), "operator");
    }
}

//! `ssh-keygen`, for the keys that this crate does not do itself: RSA, P-384, P-521 and hardware tokens.
//!
//! The arguments are fixed words and a path; no secret is ever among them, and the message goes in by stdin. A file that the
//! program must read (a decrypted key, a signature) lies in memory (memfd) and dies with us. It is never given the agent, never
//! asks by itself, and is killed when it takes too long. Called by `file`, `sshsig` and `revoked`, in clients only: a process that is
//! not dumpable hides its descriptors, and with them such files.

use super::KeyError;
use rustix::fs::{MemfdFlags, Mode, fchmod, memfd_create};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use zeroize::Zeroizing;

/// A hardware key waits for a touch.
const SLOWEST: Duration = Duration::from_secs(60);
/// No key or signature is near it; more is not taken from the program.
const LONGEST: u64 = 64 * 1024;

/// The armored signature of `message` by an unencrypted private key, given as the text of its file.
pub(super) fn sign(key: &[u8], namespace: &str, message: &[u8]) -> Result<String, KeyError> {
    let path = MemoryFile::holding(key)?;
    let words = ["-Y".as_ref(), "sign".as_ref(), "-f".as_ref(), path.name(), "-n".as_ref(), namespace.as_ref()];
    text(run(&words, message)?)
}

/// An unencrypted private key of any form in OpenSSH's own. An encrypted one fails. The copy in memory is what is rewritten,
/// never the user's file.
pub(super) fn modernized(key: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let file = MemoryFile::holding(key)?;
    // -P and -N with nothing: it fails instead of asking on the terminal, and what it writes has no passphrase either.
    let words = ["-q", "-p", "-P", "", "-N", "", "-f"].map(OsStr::new);
    run(&[&words[..], &[file.name()]].concat(), b"")?;
    file.content().map_err(|source| KeyError::Keygen { source })
}

/// Whether the signature holds for its own key; a wrong one is `KeygenFailed`.
pub(super) fn check(armored: &[u8], namespace: &str, message: &[u8]) -> Result<(), KeyError> {
    let path = MemoryFile::holding(armored)?;
    let words =
        ["-Y".as_ref(), "check-novalidate".as_ref(), "-n".as_ref(), namespace.as_ref(), "-s".as_ref(), path.name()];
    run(&words, message).map(drop)
}

/// The revocation list (KRL) of the keys in a plain list, which comes in by stdin. A line that is no key fails.
pub(super) fn krl_of(list: &[u8]) -> Result<MemoryFile, KeyError> {
    let krl = MemoryFile::holding(b"")?;
    let words = ["-q".as_ref(), "-k".as_ref(), "-f".as_ref(), krl.name(), "-".as_ref()];
    match run(&words, list) {
        Ok(_) => Ok(krl),
        Err(KeyError::KeygenFailed { said }) => {
            Err(KeyError::KeygenFailed { said: said.replace("(standard input):", "line ") })
        }
        Err(other) => Err(other),
    }
}

/// Whether a key, as its text in OpenSSH's form, is on a revocation list. Nothing but its plain yes or no is an answer.
pub(super) fn is_revoked(krl: &MemoryFile, key: &str) -> Result<bool, KeyError> {
    let key = MemoryFile::holding(format!("{key}\n").as_bytes())?;
    let said = speak_with(&["-Q".as_ref(), "-f".as_ref(), krl.name(), key.name()], b"")?;
    let printed = String::from_utf8_lossy(&said.printed);
    let answer = printed.strip_prefix(&key.name).and_then(|rest| rest.trim_end().rsplit_once(": "));
    match (said.status.code(), answer) {
        (Some(0), Some((_, "ok"))) => Ok(false),
        (Some(1), Some((_, "REVOKED"))) => Ok(true),
        _ => Err(KeyError::KeygenFailed { said: last_line(&said.errors).replace(&format!(" {}", krl.name), "") }),
    }
}

/// A file without a directory entry that only this user's processes can open, by the name that it has under `/proc`.
pub(super) struct MemoryFile {
    name: String,
    /// Open as long as the name is to be good.
    file: File,
}

impl MemoryFile {
    pub(super) fn holding(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::made(bytes).map_err(|source| KeyError::Keygen { source })
    }

    fn made(bytes: &[u8]) -> io::Result<Self> {
        let fd = memfd_create("tminus", MemfdFlags::CLOEXEC)?;
        // ssh-keygen refuses a key that others could read.
        fchmod(&fd, Mode::RUSR | Mode::WUSR)?;
        let mut file = File::from(fd);
        file.write_all(bytes)?;
        Ok(Self { name: format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()), file })
    }

    fn content(&self) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 1));
        (&self.file).seek(SeekFrom::Start(0))?;
        (&self.file).take(LONGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn name(&self) -> &OsStr {
        self.name.as_ref()
    }
}

fn text(printed: Vec<u8>) -> Result<String, KeyError> {
    String::from_utf8(printed).map_err(|_| KeyError::KeygenFailed { said: "it printed what is not text".into() })
}

fn run(words: &[&OsStr], input: &[u8]) -> Result<Vec<u8>, KeyError> {
    let said = speak_with(words, input)?;
    if said.status.success() { Ok(said.printed) } else { Err(KeyError::KeygenFailed { said: last_line(&said.errors) }) }
}

/// How the program came out, and what it said.
struct Said {
    status: ExitStatus,
    printed: Vec<u8>,
    errors: Vec<u8>,
}

fn speak_with(words: &[&OsStr], input: &[u8]) -> Result<Said, KeyError> {
    let failed = |source| KeyError::Keygen { source };
    let mut child = Command::new("ssh-keygen")
        .args(words)
        .env_remove("SSH_AUTH_SOCK")
        .env_remove("SSH_ASKPASS")
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let answers = speak(&mut child, input.to_vec());
    let told = answers.recv_timeout(SLOWEST).and_then(|first| Ok((first, answers.recv_timeout(SLOWEST)?)));
    let Ok((one, two)) = told else {
        // The threads end with the pipes; they are not waited for, since a helper of the program's may hold one.
        let _ = child.kill();
        let _ = child.wait();
        return Err(KeyError::KeygenSlow { seconds: SLOWEST.as_secs() });
    };
    let status = child.wait().map_err(failed)?;
    let (printed, errors) = if one.from_stdout { (one, two) } else { (two, one) };
    Ok(Said { status, printed: printed.bytes, errors: errors.bytes })
}

/// What came from one of the program's two outputs, to its end.
struct Answer {
    from_stdout: bool,
    bytes: Vec<u8>,
}

/// Feeds stdin and reads both outputs, each on a thread of its own, so that neither side can block the other.
fn speak(child: &mut Child, input: Vec<u8>) -> mpsc::Receiver<Answer> {
    let (tell, answers) = mpsc::channel();
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends early does not read it all; its exit says why.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let outputs: [(bool, Option<Box<dyn Read + Send>>); 2] = [
        (true, child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>)),
        (false, child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>)),
    ];
    for (from_stdout, pipe) in outputs {
        let tell = tell.clone();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(pipe) = pipe {
                let _ = pipe.take(LONGEST).read_to_end(&mut bytes);
            }
            let _ = tell.send(Answer { from_stdout, bytes });
        });
    }
    answers
}

fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim().to_owned()
}

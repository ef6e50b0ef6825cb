//! A small client of ssh-agent: list the keys, sign with one.
//!
//! One connection a question, so that the agent of today's login is asked and nothing is held open. Frames are capped before
//! anything is allocated, and every read has a time limit: a key may wait for a touch or a confirmation, so signing is given
//! 60 s. It never adds, removes or unlocks keys. Called by `find` and by the signer it gives out, in clients only.

use super::public::PublicKey;
use super::wire::{Malformed, Reader, put_string};
use super::{KeyError, KeyKind, KeyOrigin, Signer, sshsig};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

const FAILURE: u8 = 5;
const LIST: u8 = 11;
const KEYS: u8 = 12;
const SIGN: u8 = 13;
const SIGNED: u8 = 14;
/// Asks for rsa-sha2-512; without it an agent signs with SHA-1.
const RSA_SHA2_512: u32 = 4;
/// What OpenSSH's own client takes at most.
const LONGEST_FRAME: u32 = 256 * 1024;
/// An agent that is locked behind a prompt may ask before it lists.
const LIST_WAIT: Duration = Duration::from_secs(20);
const SIGN_WAIT: Duration = Duration::from_secs(60);

/// The agent behind a socket.
#[derive(Clone, Debug)]
pub struct Agent {
    socket: PathBuf,
    list_wait: Duration,
    sign_wait: Duration,
}

impl Agent {
    /// The agent at `socket`; nothing is opened yet.
    pub fn at(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), list_wait: LIST_WAIT, sign_wait: SIGN_WAIT }
    }

    /// The keys that it holds and that can be signed with, in its order. Certificates and DSA keys are left out.
    pub fn identities(&self) -> Result<Vec<PublicKey>, KeyError> {
        let answer = self.ask(&[LIST], self.list_wait)?;
        if answer.first() == Some(&FAILURE) {
            return Err(KeyError::AgentRefusedList { socket: self.socket.clone() });
        }
        let blobs = read_keys(&answer).map_err(|_| self.garbled())?;
        Ok(blobs.into_iter().filter_map(|blob| PublicKey::from_blob(blob).ok()).collect())
    }

    /// The raw signature of `data` by `key`.
    fn sign(&self, key: &PublicKey, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut question = vec![SIGN];
        put_string(&mut question, key.blob());
        put_string(&mut question, data);
        let flags = if key.kind() == KeyKind::Rsa { RSA_SHA2_512 } else { 0 };
        question.extend(flags.to_be_bytes());
        let answer = self.ask(&question, self.sign_wait)?;
        if answer.first() == Some(&FAILURE) {
            return Err(KeyError::AgentRefused { fingerprint: key.fingerprint() });
        }
        read_signature(&answer).map_err(|_| self.garbled())
    }

    fn ask(&self, question: &[u8], wait: Duration) -> Result<Vec<u8>, KeyError> {
        self.exchange(question, wait).map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                KeyError::SlowAgent { socket: self.socket.clone(), seconds: wait.as_secs() }
            }
            io::ErrorKind::InvalidData => self.garbled(),
            _ => KeyError::DeadAgent { socket: self.socket.clone(), source },
        })
    }

    fn exchange(&self, question: &[u8], wait: Duration) -> io::Result<Vec<u8>> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(wait))?;
        stream.set_write_timeout(Some(wait))?;
        let mut frame = Vec::with_capacity(question.len() + 4);
        put_string(&mut frame, question);
        stream.write_all(&frame)?;
        let mut length = [0u8; 4];
        stream.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length == 0 || length > LONGEST_FRAME {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut answer = vec![0u8; length as usize];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    }

    fn garbled(&self) -> KeyError {
        KeyError::GarbledAgent { socket: self.socket.clone() }
    }
}

fn read_keys(answer: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut reader = Reader::new(answer);
    if reader.byte()? != KEYS {
        return Err(Malformed);
    }
    let count = reader.number()?;
    let mut blobs = Vec::new();
    for _ in 0..count {
        blobs.push(reader.string()?);
        reader.string()?;
    }
    reader.end().map(|()| blobs)
}

fn read_signature(answer: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut reader = Reader::new(answer);
    if reader.byte()? != SIGNED {
        return Err(Malformed);
    }
    let raw = reader.string()?.to_vec();
    reader.end().map(|()| raw)
}

/// Signs with one key that an agent holds.
pub(super) struct AgentSigner {
    pub(super) agent: Agent,
    pub(super) key: PublicKey,
}

impl Signer for AgentSigner {
    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, KeyError> {
        let raw = self.agent.sign(&self.key, &sshsig::signed_data(namespace, message))?;
        let armored = sshsig::armor(&self.key, namespace, &raw);
        sshsig::proven(armored, &self.key, namespace, message)
    }

    fn public_openssh(&self) -> String {
        self.key.openssh()
    }

    fn fingerprint(&self) -> String {
        self.key.fingerprint()
    }

    fn origin(&self) -> KeyOrigin {
        KeyOrigin::Agent
    }
}

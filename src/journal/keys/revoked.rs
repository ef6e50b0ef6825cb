//! Keys that are revoked: an OpenSSH revocation list (KRL), or a plain list of public keys.
//!
//! `ssh-keygen` reads it, both forms; nothing is parsed here. What cannot be read whole is an error and never an empty list, and
//! so is a plain list in which no key stands. `verify` asks here, where its user gave such a list.

use super::keygen::{MemoryFile, is_revoked, krl_of};
use super::wire::put_string;
use super::{KeyError, PublicKey};

/// With these bytes a KRL begins.
const MAGIC: &[u8] = b"SSHKRL\n\0";

/// A list that was read.
pub struct RevokedKeys {
    krl: MemoryFile,
}

impl RevokedKeys {
    /// Reads a file's bytes, by asking `ssh-keygen`.
    pub fn read(bytes: &[u8]) -> Result<Self, KeyError> {
        let krl = if bytes.starts_with(MAGIC) { MemoryFile::holding(bytes)? } else { listed(bytes)? };
        let list = Self { krl };
        // It says whether it can read the list only when it is asked about a key: about anybody's.
        list.has(&nobodys()?)?;
        Ok(list)
    }

    /// Whether a key is on it.
    pub fn has(&self, key: &PublicKey) -> Result<bool, KeyError> {
        is_revoked(&self.krl, &key.openssh())
    }
}

/// A plain list, as a KRL.
fn listed(bytes: &[u8]) -> Result<MemoryFile, KeyError> {
    let refused = |why: &str| Err(KeyError::NotRevocations { why: why.to_owned() });
    // It would read such a line to there only, and say nothing of the keys behind.
    let lone = |pair: &[u8]| pair[0] == b'\r' && pair[1] != b'\n';
    if bytes.contains(&0) || bytes.windows(2).any(lone) {
        return refused("it is neither a KRL nor lines of text");
    }
    let blank = |line: &[u8]| line.trim_ascii().first().is_none_or(|first| *first == b'#');
    if bytes.split(|byte| *byte == b'\n').all(blank) {
        return refused("no key stands in it");
    }
    // Of a blank line that ends as in Windows it says that it is no key.
    let unix: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
    krl_of(&unix)
}

/// A key that nobody has.
fn nobodys() -> Result<PublicKey, KeyError> {
    let mut blob = Vec::new();
    put_string(&mut blob, b"ssh-ed25519");
    put_string(&mut blob, &[0; 32]);
    PublicKey::from_blob(&blob)
}

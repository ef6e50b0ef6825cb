//! A public key: its bytes, its kind, its fingerprint, and the OpenSSH text of it.
//!
//! Two keys are the same when their bytes are. So bytes that are not the one canonical form of a key are refused here, and
//! so are certificates and kinds that nobody should sign with any more. Everything in `keys` passes keys as this type.

use super::KeyError;
use super::wire::Reader;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

/// The kinds of key that a person may sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Ed25519.
    Ed25519,
    /// ECDSA over NIST P-256.
    P256,
    /// ECDSA over NIST P-384.
    P384,
    /// ECDSA over NIST P-521.
    P521,
    /// RSA; signs with SHA-2 only.
    Rsa,
    /// Ed25519 in a hardware token.
    SkEd25519,
    /// ECDSA over P-256 in a hardware token.
    SkP256,
}

impl KeyKind {
    const ALL: [KeyKind; 7] =
        [Self::Ed25519, Self::P256, Self::P384, Self::P521, Self::Rsa, Self::SkEd25519, Self::SkP256];

    /// The name that OpenSSH has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519",
            Self::P256 => "ecdsa-sha2-nistp256",
            Self::P384 => "ecdsa-sha2-nistp384",
            Self::P521 => "ecdsa-sha2-nistp521",
            Self::Rsa => "ssh-rsa",
            Self::SkEd25519 => "sk-ssh-ed25519@openssh.com",
            Self::SkP256 => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    /// Whether this crate signs and checks with it, without asking another program.
    pub fn in_process(self) -> bool {
        match self {
            Self::Ed25519 | Self::P256 => true,
            Self::P384 | Self::P521 | Self::Rsa | Self::SkEd25519 | Self::SkP256 => false,
        }
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    kind: KeyKind,
    blob: Vec<u8>,
}

impl PublicKey {
    /// The key that these bytes are, if they are the canonical form of one that can be signed with.
    pub fn from_blob(blob: &[u8]) -> Result<Self, KeyError> {
        let name = Reader::new(blob).text().unwrap_or("unknown");
        let unsupported = || KeyError::Unsupported { algorithm: name.to_owned() };
        let kind = KeyKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(unsupported)?;
        let parsed = ssh_key::PublicKey::from_bytes(blob).map_err(|_| unsupported())?;
        match parsed.to_bytes() {
            Ok(again) if again == blob => Ok(Self { kind, blob: blob.to_vec() }),
            Ok(_) | Err(_) => Err(unsupported()),
        }
    }

    /// The key of `type base64 [comment]`, the text of a `.pub` file.
    pub fn from_openssh(line: &str) -> Result<Self, KeyError> {
        let mut words = line.split_ascii_whitespace();
        let (name, text) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let unsupported = || KeyError::Unsupported { algorithm: name.to_owned() };
        let blob = STANDARD.decode(text).map_err(|_| unsupported())?;
        let key = Self::from_blob(&blob)?;
        if key.kind.name() == name { Ok(key) } else { Err(unsupported()) }
    }

    /// `type base64`, without a comment.
    pub fn openssh(&self) -> String {
        format!("{} {}", self.kind.name(), STANDARD.encode(&self.blob))
    }

    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&self.blob)))
    }

    /// The key as it stands in signatures and agents. The name of a `SEAL.….sig` file is made of its SHA-256.
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// Its kind.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    #[test]
    fn a_key_has_one_text_and_the_type_word_must_agree() {
        let key = PublicKey::from_openssh(&format!("{KEY} user@example.com")).unwrap();
        assert_eq!(key.openssh(), KEY);
        assert!(PublicKey::from_openssh(&KEY.replacen("ssh-ed25519", "ssh-rsa", 1)).is_err());
        let mut longer = key.blob().to_vec();
        longer.push(0);
        assert!(PublicKey::from_blob(&longer).is_err(), "bytes after the key");
        for cut in 0..key.blob().len() {
            assert!(PublicKey::from_blob(&key.blob()[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn certificates_and_dsa_are_refused_by_name() {
        for name in ["ssh-dss", "ssh-ed25519-cert-v01@openssh.com", "null", ""] {
            let mut blob = Vec::new();
            super::super::wire::put_string(&mut blob, name.as_bytes());
            blob.extend([0, 0, 0, 1, 7]);
            assert!(
                matches!(PublicKey::from_blob(&blob), Err(KeyError::Unsupported { algorithm }) if algorithm == name)
            );
        }
    }
}

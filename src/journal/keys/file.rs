//! Keys in files: read, unlocked, and signed with.
//!
//! A private key that others could read is refused, as OpenSSH does; a pipe or a device is not waited for; the bytes are
//! wiped. Ed25519 and P-256 sign here, every other kind through `ssh-keygen`. A file is read once: what is signed with is what was
//! looked at. Nothing here asks for a passphrase; it says that one is needed. Called by `find` and `own`.

use super::public::PublicKey;
use super::{KeyError, KeyOrigin, Signer, keygen, sshsig};
use crate::model::secret::Secret;
use rustix::fs::{Mode, OFlags};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// An RSA key of 16,384 bits is 13 KB.
const LONGEST: u64 = 64 * 1024;

/// What a key file turned out to hold.
pub(super) enum Loaded {
    /// A key that can sign now.
    Ready(FileSigner),
    /// A key with a passphrase.
    Locked(LockedKey),
    /// Only the public half.
    Public(PublicKey),
    /// A private key in a form that only OpenSSH decrypts; the public half if a `.pub` file lies beside it.
    AgentOnly(Option<PublicKey>),
}

/// Reads the key file that `origin` names; a link is followed unless tminus made the file itself.
pub(super) fn load(origin: &KeyOrigin) -> Result<Loaded, KeyError> {
    let (path, links) = match origin {
        KeyOrigin::File(path) => (path, OFlags::empty()),
        KeyOrigin::SelfMade(path) => (path, OFlags::NOFOLLOW),
        KeyOrigin::Agent => return Err(KeyError::NoAgent),
    };
    let (bytes, exposed) = read(path, links)?;
    if !bytes.starts_with(b"-----BEGIN ") {
        let line = std::str::from_utf8(&bytes).map_err(|_| KeyError::NotAKey { path: path.clone() })?;
        return public_line(line).map(Loaded::Public).ok_or_else(|| KeyError::NotAKey { path: path.clone() });
    }
    if let Some(mode) = exposed {
        return Err(KeyError::Exposed { path: path.clone(), mode });
    }
    match PrivateKey::from_openssh(&*bytes) {
        Ok(key) if key.is_encrypted() => {
            let public = public_half(&key)?;
            // ssh-key 0.6.7 cannot read some decrypted P-521 keys and then says what it says of a wrong passphrase.
            if matches!(key.algorithm(), ssh_key::Algorithm::Ecdsa { curve: ssh_key::EcdsaCurve::NistP521 }) {
                return Ok(Loaded::AgentOnly(Some(public)));
            }
            Ok(Loaded::Locked(LockedKey { origin: origin.clone(), path: path.clone(), key: Box::new(key), public }))
        }
        Ok(key) => FileSigner::of(key, origin).map(Loaded::Ready),
        Err(_) => load_older(bytes, origin, path),
    }
}

/// PEM as OpenSSH wrote it before 7.8 and others still do; only `ssh-keygen` reads all of its kinds.
fn load_older(bytes: Zeroizing<Vec<u8>>, origin: &KeyOrigin, path: &Path) -> Result<Loaded, KeyError> {
    let encrypted = bytes.windows(b"ENCRYPTED".len()).any(|window| window == b"ENCRYPTED");
    match keygen::modernized(&bytes) {
        Ok(modern) => {
            // OpenSSH read it, so it is a key: ssh-key 0.6.7 refuses an ECDSA key whose number begins with a zero byte.
            match PrivateKey::from_openssh(&*modern) {
                Ok(key) => FileSigner::of(key, origin).map(Loaded::Ready),
                Err(_) => Ok(Loaded::AgentOnly(public_beside(path))),
            }
        }
        Err(KeyError::KeygenFailed { .. }) if encrypted => Ok(Loaded::AgentOnly(public_beside(path))),
        Err(KeyError::KeygenFailed { .. }) => Err(KeyError::NotAKey { path: path.to_owned() }),
        Err(other) => Err(other),
    }
}

fn public_beside(path: &Path) -> Option<PublicKey> {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    let (bytes, _) = read(Path::new(&name), OFlags::empty()).ok()?;
    public_line(std::str::from_utf8(&bytes).ok()?)
}

fn public_line(text: &str) -> Option<PublicKey> {
    PublicKey::from_openssh(text.lines().next()?).ok()
}

fn public_half(key: &PrivateKey) -> Result<PublicKey, KeyError> {
    let unsupported = |_| KeyError::Unsupported { algorithm: key.algorithm().to_string() };
    PublicKey::from_blob(&key.public_key().to_bytes().map_err(unsupported)?)
}

/// The bytes of a regular file, and its mode if it is this user's and open to others.
fn read(path: &Path, links: OFlags) -> Result<(Zeroizing<Vec<u8>>, Option<u32>), KeyError> {
    let failed = |source| KeyError::Read { path: path.to_owned(), source };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY | links;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(|error| failed(error.into()))?);
    let facts = file.metadata().map_err(failed)?;
    if !facts.is_file() || facts.len() > LONGEST {
        return Err(KeyError::NotAKeyFile { path: path.to_owned() });
    }
    // Room for all of it at once, so that growing leaves no copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 1));
    file.take(LONGEST).read_to_end(&mut bytes).map_err(failed)?;
    let mode = facts.mode() & 0o7777;
    let ours = facts.uid() == rustix::process::geteuid().as_raw();
    Ok((bytes, (ours && mode & 0o077 != 0).then_some(mode)))
}

/// A private key that needs its passphrase.
pub struct LockedKey {
    origin: KeyOrigin,
    path: PathBuf,
    key: Box<PrivateKey>,
    public: PublicKey,
}

impl LockedKey {
    /// The file, to name it when asking.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The public half, which is not encrypted.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Opens the key. Takes about 0.1 s, or as long as the file's own rounds say, so never on the thread that draws.
    pub fn unlock(&self, passphrase: &Secret) -> Result<Box<dyn Signer>, KeyError> {
        // The crate has one word for a wrong passphrase and for damage behind the encryption; the first is what happens.
        let wrong = |_| KeyError::WrongPassphrase { path: self.path.clone() };
        let key = self.key.decrypt(passphrase.reveal()).map_err(wrong)?;
        let signer = FileSigner::of(key, &self.origin)?;
        if signer.public == self.public {
            Ok(Box::new(signer))
        } else {
            Err(KeyError::NotAKey { path: self.path.clone() })
        }
    }
}

/// Signs with a key that was read from a file.
pub(super) struct FileSigner {
    public: PublicKey,
    origin: KeyOrigin,
    secret: FileSecret,
}

enum FileSecret {
    /// Signs in this process.
    Here(Box<PrivateKey>),
    /// The file's text, decrypted, for `ssh-keygen`.
    Elsewhere(Zeroizing<Vec<u8>>),
}

impl FileSigner {
    fn of(key: PrivateKey, origin: &KeyOrigin) -> Result<Self, KeyError> {
        let public = public_half(&key)?;
        let secret = if public.kind().in_process() {
            FileSecret::Here(Box::new(key))
        } else {
            let algorithm = public.kind().name().to_owned();
            let mut text = key.to_openssh(LineEnding::LF).map_err(|_| KeyError::Unsupported { algorithm })?;
            FileSecret::Elsewhere(Zeroizing::new(std::mem::take(&mut *text).into_bytes()))
        };
        Ok(Self { public, origin: origin.clone(), secret })
    }
}

impl Signer for FileSigner {
    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, KeyError> {
        let armored = match &self.secret {
            FileSecret::Here(key) => {
                let bad = |_| KeyError::Unsupported { algorithm: self.public.kind().name().to_owned() };
                let signature = key.sign(namespace, HashAlg::Sha512, message).map_err(bad)?;
                let raw = Vec::try_from(signature.signature().clone()).map_err(bad)?;
                sshsig::armor(&self.public, namespace, &raw)
            }
            FileSecret::Elsewhere(text) => keygen::sign(text, namespace, message)?,
        };
        sshsig::proven(armored, &self.public, namespace, message)
    }

    fn public_openssh(&self) -> String {
        self.public.openssh()
    }

    fn fingerprint(&self) -> String {
        self.public.fingerprint()
    }

    fn origin(&self) -> KeyOrigin {
        self.origin.clone()
    }
}

//! The keys that are at hand for sign-offs: the operator's own, those that were named, and what the agent holds.
//!
//! Asking an agent may wait for a person, so it is done on a thread of its own and the answer kept; screens never wait for it.
//! A text is signed only if it is a sign-off, in the namespace of its own realm. Used by `live`.

use super::SigningKey;
use crate::journal::keys::allowed::AllowedSigners;
use crate::journal::keys::find::held_by_agent;
use crate::journal::keys::{KeyError, Signer, sshsig};
use crate::model::ids::RunId;
use crate::model::signed::SignedText;
use crate::model::signoff;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// No list and no signature is longer.
const LONGEST: u64 = 1 << 20;

/// Keys at hand, and where texts for others are kept.
#[derive(Clone, Default)]
pub(super) struct Keyring {
    own: Vec<Arc<dyn Signer>>,
    held: Arc<Mutex<Vec<Arc<dyn Signer>>>>,
    agent: Option<PathBuf>,
    looking: Arc<AtomicBool>,
    texts: Option<PathBuf>,
}

impl Keyring {
    pub fn new(own: Vec<Arc<dyn Signer>>, agent: Option<PathBuf>, texts: Option<PathBuf>) -> Self {
        let ring = Self { own, agent, texts, ..Self::default() };
        ring.look();
        ring
    }

    /// Asks the agent what it holds, unless that is being done.
    fn look(&self) {
        let Some(agent) = self.agent.clone() else { return };
        if self.looking.swap(true, Ordering::Relaxed) {
            return;
        }
        let (held, looking) = (self.held.clone(), self.looking.clone());
        let look = move || {
            // An agent that is gone holds nothing; the keys of files are offered all the same.
            let found = held_by_agent(&agent).unwrap_or_default();
            *held.lock().unwrap_or_else(PoisonError::into_inner) = found.into_iter().map(Arc::from).collect();
            looking.store(false, Ordering::Relaxed);
        };
        if std::thread::Builder::new().name("agent".into()).spawn(look).is_err() {
            self.looking.store(false, Ordering::Relaxed);
        }
    }

    fn signer(&self, fingerprint: &str) -> Option<Arc<dyn Signer>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        self.own.iter().chain(held.iter()).find(|signer| signer.fingerprint() == fingerprint).cloned()
    }

    /// The keys that a list has for these people, in their order, and whether each is at hand.
    pub fn offers(&self, list: &Path, of: &[String], (namespace, now): (&str, i64)) -> Vec<SigningKey> {
        self.look();
        let Ok(bytes) = read(list) else { return Vec::new() };
        let list = AllowedSigners::parse(&bytes);
        let keys = list.keys_of(of, namespace, now).into_iter().map(|(principal, key)| {
            let fingerprint = key.fingerprint();
            let here = self.signer(&fingerprint).is_some();
            SigningKey { principal, fingerprint, here }
        });
        keys.collect()
    }

    /// Signs a sign-off with the key that its text names.
    pub fn sign(&self, text: &str) -> Result<String, String> {
        let signed = SignedText::decode(text).filter(|text| text.kind == signoff::KIND);
        let signed = signed.ok_or("this is no sign-off")?;
        let key = signed.get("key").ok_or("it names no key")?;
        let signer = self.signer(key).ok_or_else(|| format!("the key {key} is not at hand here"))?;
        let of = |why: KeyError| format!("{key} did not sign: {why}");
        signer.sign(signoff::namespace(signed.realm), text.as_bytes()).map_err(of)
    }

    /// Keeps a text where `ssh-keygen -Y sign` finds it.
    pub fn save(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let folder = self.texts.as_ref().ok_or("there is no place for it")?;
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
        let path = folder.join(name.chars().map(plain).collect::<String>());
        let failed = |why: io::Error| format!("{} cannot be written: {why}", path.display());
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR);
        let mut file = File::from(file.map_err(|why| failed(why.into()))?);
        file.write_all(text.as_bytes()).map_err(failed)?;
        Ok(path)
    }
}

/// Whether the operator's key may sign this for the conductor of this run: one of our own texts, of this run, in the namespace
/// of its kind. A sign-off is never asked for this way, and whatever else listens on a socket gets no signature of ours.
pub(super) fn may_be_asked(run: &RunId, namespace: &str, text: &str) -> Result<(), String> {
    // A seal's header is behind `# `, and what follows its first line is no signed text.
    let seal = text.strip_prefix("# ").and_then(|text| SignedText::decode(text.split_inclusive('\n').next()?));
    let signed = seal.filter(|text| text.kind == "seal").or_else(|| {
        SignedText::decode(text).filter(|text| ["genesis", "resume", "barrier"].contains(&text.kind.as_str()))
    });
    let signed = signed.ok_or("the conductor asked to sign what is no text of a run's")?;
    if signed.namespace() != namespace || signed.run != *run {
        return Err(format!("the conductor asked to sign a {} of another run or in another namespace", signed.kind));
    }
    Ok(())
}

/// The signature that lies beside a text, as `ssh-keygen -Y sign` leaves it.
pub(super) fn beside(text: &Path) -> Result<String, String> {
    let mut name = text.as_os_str().to_owned();
    name.push(".sig");
    let path = PathBuf::from(name);
    let bytes = read(&path).map_err(|why| format!("{} cannot be read: {why}", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    sshsig::rearmored(&text).ok_or_else(|| format!("{} holds no SSH signature", path.display()))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::signed::Realm;

    #[test]
    fn the_operators_key_signs_texts_of_this_run_for_the_conductor_and_nothing_else() {
        let run = RunId::from("0001-x");
        let text = |kind: &str, run: &str| SignedText::new(kind, Realm::Live, &RunId::from(run)).with("a", 1).encode();
        let may = |namespace: &str, text: &str| may_be_asked(&run, namespace, text).is_ok();
        for kind in ["genesis", "resume", "barrier"] {
            assert!(may(&format!("{kind}@tminus"), &text(kind, "0001-x")), "{kind}");
            assert!(!may(&format!("{kind}.drill@tminus"), &text(kind, "0001-x")), "{kind}");
            assert!(!may(&format!("{kind}@tminus"), &text(kind, "0002-y")), "{kind}");
            assert!(!may("git", &text(kind, "0001-x")), "{kind}");
        }
        let seal = format!("# {}00  out/a.1.log\n", text("seal", "0001-x").replace("a: 1\n", "# a: 1\n"));
        assert!(may("seal@tminus", &seal), "{seal}");
        assert!(!may("seal@tminus", &seal.replace("0001-x", "0002-y")) && !may("file", &seal));
        assert!(!may("signoff@tminus", &text("signoff", "0001-x")));
        assert!(!may("git", "tree 4b825dc\n") && !may("genesis@tminus", ""));
    }
}

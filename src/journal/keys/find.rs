//! Which key signs: the one that was named, else the agent's, else the user's files, else one made for this user.
//!
//! A key that was named and cannot be used is an error, never a reason to take another. Where the search goes past something on its own
//! way down, it says what and why, so that a run signed by less than expected is seen. Nothing here reads the environment, and nothing
//! asks: a passphrase is the caller's to ask for. Called by the clients' start-up, off the thread that draws.

use super::agent::{Agent, AgentSigner};
use super::file::{Loaded, LockedKey, load};
use super::public::{KeyKind, PublicKey};
use super::{KeyError, KeyOrigin, Signer, own};
use std::io;
use std::path::{Path, PathBuf};

/// Where to look.
#[derive(Clone, Debug)]
pub struct KeyPlaces {
    /// `--key FILE`: a private key, or a public one whose private half is in the agent.
    pub key: Option<PathBuf>,
    /// The agent's socket.
    pub agent: Option<PathBuf>,
    /// `~/.ssh`.
    pub ssh_dir: Option<PathBuf>,
    /// The XDG data directory; a self-made key lies in its `tminus` folder.
    pub data_dir: PathBuf,
    /// The user's name, as principal of a self-made key.
    pub user: String,
}

impl KeyPlaces {
    /// The user's own list of keys, against which `verify` judges when it is given no other.
    pub fn own_allowed_signers(&self) -> PathBuf {
        own::list_path(&self.data_dir)
    }
}

/// What a search came to.
pub struct Search {
    /// The key.
    pub found: Found,
    /// What could not be used on the way: a dead agent, a damaged file. To be shown, since each may be why the key is not the expected one.
    pub passed_over: Vec<KeyError>,
}

/// A key, as far as it can be used.
pub enum Found {
    /// Signs now.
    Ready(Box<dyn Signer>),
    /// Signs after `LockedKey::unlock`.
    NeedsPassphrase(LockedKey),
    /// There is none; `find` would make one.
    Nothing,
}

/// Looks for a key and makes none.
pub fn look(places: &KeyPlaces) -> Result<Search, KeyError> {
    let mut passed_over = Vec::new();
    let found = match &places.key {
        Some(path) => named(path, places, &mut passed_over)?,
        None => searched(places, &mut passed_over)?,
    };
    Ok(Search { found, passed_over })
}

/// Looks for a key, and makes one for this user if there is none anywhere.
pub fn find(places: &KeyPlaces) -> Result<Search, KeyError> {
    let mut search = look(places)?;
    match search.found {
        Found::Nothing => {
            let loaded = own::make(&places.data_dir, &places.user)?;
            let path = places.data_dir.join("tminus").join("key");
            search.found = usable(loaded, &path, places, &mut search.passed_over)?;
        }
        Found::Ready(_) | Found::NeedsPassphrase(_) => (),
    }
    Ok(search)
}

/// Every key that an agent holds, each as one that signs.
pub fn held_by_agent(socket: &Path) -> Result<Vec<Box<dyn Signer>>, KeyError> {
    let agent = Agent::at(socket);
    let keys = agent.identities()?.into_iter();
    Ok(keys.map(|key| Box::new(AgentSigner { agent: agent.clone(), key }) as Box<dyn Signer>).collect())
}

fn named(path: &Path, places: &KeyPlaces, passed_over: &mut Vec<KeyError>) -> Result<Found, KeyError> {
    usable(load(&KeyOrigin::File(path.to_owned()))?, path, places, passed_over)
}

fn searched(places: &KeyPlaces, passed_over: &mut Vec<KeyError>) -> Result<Found, KeyError> {
    if let Some(agent) = agent_of(places) {
        match agent.identities() {
            Ok(keys) => {
                if let Some(key) = preferred(keys) {
                    return Ok(Found::Ready(Box::new(AgentSigner { agent, key })));
                }
            }
            Err(error) => passed_over.push(error),
        }
    }
    for name in ["id_ed25519", "id_ecdsa", "id_rsa"] {
        let Some(path) = places.ssh_dir.as_ref().map(|folder| folder.join(name)) else {
            break;
        };
        match named(&path, places, passed_over) {
            Ok(found) => return Ok(found),
            Err(KeyError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => (),
            Err(error) => passed_over.push(error),
        }
    }
    match own::look(&places.data_dir)? {
        Some(loaded) => usable(loaded, &places.data_dir.join("tminus").join("key"), places, passed_over),
        None => Ok(Found::Nothing),
    }
}

/// Turns what a file holds into a key that signs. An encrypted key that the agent holds too needs no passphrase.
fn usable(loaded: Loaded, path: &Path, places: &KeyPlaces, passed_over: &mut Vec<KeyError>) -> Result<Found, KeyError> {
    match loaded {
        Loaded::Ready(signer) => Ok(Found::Ready(Box::new(signer))),
        Loaded::Public(public) => {
            let agent = agent_of(places).ok_or(KeyError::NoAgent)?;
            let held = held_by(&agent, &public)?;
            held.ok_or_else(|| KeyError::NotInAgent { path: path.to_owned() })
        }
        Loaded::Locked(locked) => match in_agent(locked.public(), places, passed_over) {
            Some(held) => Ok(held),
            None => Ok(Found::NeedsPassphrase(locked)),
        },
        Loaded::AgentOnly(public) => {
            let held = public.and_then(|public| in_agent(&public, places, passed_over));
            held.ok_or_else(|| KeyError::NeedsAgent { path: path.to_owned() })
        }
    }
}

fn in_agent(public: &PublicKey, places: &KeyPlaces, passed_over: &mut Vec<KeyError>) -> Option<Found> {
    let agent = agent_of(places)?;
    match held_by(&agent, public) {
        Ok(held) => held,
        Err(error) => {
            if passed_over.is_empty() {
                passed_over.push(error);
            }
            None
        }
    }
}

fn held_by(agent: &Agent, public: &PublicKey) -> Result<Option<Found>, KeyError> {
    let held = agent.identities()?.into_iter().find(|key| key == public);
    Ok(held.map(|key| Found::Ready(Box::new(AgentSigner { agent: agent.clone(), key }) as Box<dyn Signer>)))
}

fn agent_of(places: &KeyPlaces) -> Option<Agent> {
    places.agent.as_deref().filter(|socket| !socket.as_os_str().is_empty()).map(Agent::at)
}

/// Ed25519 before the others; else the agent's own order.
fn preferred(keys: Vec<PublicKey>) -> Option<PublicKey> {
    let best = keys.iter().position(|key| key.kind() == KeyKind::Ed25519).unwrap_or(0);
    keys.into_iter().nth(best)
}

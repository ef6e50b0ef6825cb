//! The keys of a run: who signs it, with what, and how a signature is judged.
//!
//! Two kinds: the run key, drawn in memory and moved on as the run goes (`run_key`), and a person's SSH key, which stays in
//! an agent or a file (`find`). Whoever judges brings a list of keys of their own (`allowed`). Nothing here reads the
//! environment or a clock, prompts, or falls back from a key that was named to another one. Clients sign and verify;
//! the conductor holds a run key only.

pub mod agent;
pub mod allowed;
mod allowed_line;
mod by_ring;
mod error;
mod file;
pub mod find;
mod keygen;
mod own;
mod page;
pub mod public;
pub mod revoked;
pub mod run_key;
pub mod sshsig;
mod wire;

pub use error::{KeyError, SigError};
pub use file::LockedKey;
pub use own::principal_of;
pub use public::{KeyKind, PublicKey};
pub use run_key::RunKey;

use std::path::PathBuf;

/// Where a signing key was found, as screens and the genesis text say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// An ssh-agent holds it.
    Agent,
    /// A file of the user's.
    File(PathBuf),
    /// Made by tminus for this user; proves nothing to anybody who does not list it.
    SelfMade(PathBuf),
}

/// One key that signs for a person.
pub trait Signer: Send + Sync {
    /// Signs `message` and gives the armored SSHSIG, which was checked before it is handed out. May wait up to 60 s for a
    /// person (a touch, a confirmation), so never call it on the thread that draws.
    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, KeyError>;

    /// The public key as OpenSSH writes it, without a comment.
    fn public_openssh(&self) -> String;

    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    fn fingerprint(&self) -> String;

    /// Where the key was found.
    fn origin(&self) -> KeyOrigin;
}

/// Whether a run is signed by a person's key.
pub enum Signing {
    /// By this one.
    With(Box<dyn Signer>),
    /// By none (`--no-key`): every screen says `UNSIGNED`.
    None,
}

/// Every namespace that a person's key signs in. A drill's are names of their own, so that no signature of a drill passes for
/// one of a live run. Checkpoints are missing: only a run key signs those, and not as SSHSIG.
pub const NAMESPACES: [&str; 12] = [
    "genesis@tminus",
    "resume@tminus",
    "barrier@tminus",
    "signoff@tminus",
    "seal@tminus",
    "amend@tminus",
    "genesis.drill@tminus",
    "resume.drill@tminus",
    "barrier.drill@tminus",
    "signoff.drill@tminus",
    "seal.drill@tminus",
    "amend.drill@tminus",
];

//! Who did something, and how that is known.
//!
//! A typed name is a claim, a socket peer is a login, a signature is a key: screens and reports show which. The conductor
//! fills this in; a client never says it of itself.

use serde::{Deserialize, Serialize};

/// How an actor's name is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// The operating system says so: the peer of the run's socket.
    Peer,
    /// Somebody typed it.
    Typed,
    /// An answers file said it; nobody was there.
    Unattended,
    /// tminus itself, by what the runbook says.
    Program,
    /// A key signed it. In no record: only the fold says so, of whom a signature in the journal names.
    #[serde(skip_deserializing)]
    Signed,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The name: an OS user or what `--as` said.
    pub name: String,
    /// How it is known.
    pub known: Known,
}

impl Actor {
    /// tminus itself.
    pub fn program() -> Self {
        Self { name: "tminus".into(), known: Known::Program }
    }

    /// The name as screens show it: `maya`, `jlee (typed)`, `ci (unattended)`, `ana@example.com (signed)`.
    pub fn shown(&self) -> String {
        match self.known {
            Known::Peer | Known::Program => self.name.clone(),
            Known::Typed => format!("{} (typed)", self.name),
            Known::Unattended => format!("{} (unattended)", self.name),
            Known::Signed => format!("{} (signed)", self.name),
        }
    }
}

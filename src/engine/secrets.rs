//! Secrets of a run: in memory, for masking and for the commands that name them. Never written, never shown.
//!
//! The driver keeps them and asks here before a text that a person typed or a command printed goes into a record.

use crate::engine::mask::Masker;
use crate::model::event::Bound;
use crate::model::ids::VarName;
use crate::model::secret::Secret;
use crate::model::state::RunState;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The least length of a secret, bytes: a shorter one would mask half of every log.
pub const LEAST: usize = 6;

/// Names and values.
#[derive(Clone, Debug, Default)]
pub struct Secrets(BTreeMap<String, Secret>);

impl Secrets {
    /// Keeps a value.
    pub fn keep(&mut self, name: String, value: Secret) {
        self.0.insert(name, value);
    }

    /// A value, for a child's environment.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    /// All, for the masker.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether a secret's value stands in this text, in any form that is masked.
    pub fn stand_in(&self, text: &str) -> bool {
        !self.0.is_empty() && !self.masker().whole(text.as_bytes()).masked.is_empty()
    }

    /// The text with every secret in it replaced.
    pub fn masked(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        String::from_utf8_lossy(&self.masker().whole(text.as_bytes()).bytes).into_owned()
    }

    fn masker(&self) -> Masker {
        Masker::new(&self.all().collect::<Vec<_>>())
    }

    /// What a record says of a secret: its name and a hash that is salted by run and name.
    pub fn bound(&self, state: &RunState, name: &VarName, value: &str) -> Bound {
        let run = state.facts.as_ref().map(|facts| facts.run.0.as_str()).unwrap_or_default();
        let mut hash = Sha256::new();
        for part in [run, "\n", name.as_str(), "\n", value] {
            hash.update(part.as_bytes());
        }
        let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Bound { name: name.clone(), value: None, hash: Some(hex) }
    }
}

/// Whether a value can be a secret: long enough that masking it does not mask everything.
pub fn check_value(value: &str) -> Result<(), String> {
    if value.len() < LEAST {
        return Err(format!("a secret has at least {LEAST} characters: a shorter one cannot be masked"));
    }
    Ok(())
}

//! Signatures that the conductor asks its clients for: it never holds the operator's key.
//!
//! Each is asked of the driving client first. One that does not come is asked of the next client that can sign; meanwhile
//! every screen says what is missing.

use std::collections::BTreeMap;

/// A signature that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// `seal@tminus`.
    pub namespace: String,
    /// The exact bytes.
    pub text: String,
    /// Which client was asked; `None` while nobody can sign.
    pub asked: Option<u32>,
    /// Why the last one asked did not sign.
    pub refused: Option<String>,
}

/// All that is waited for, by number.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    wanted: BTreeMap<u64, Wanted>,
    last: u64,
}

impl Signatures {
    /// A number for something that a client is asked to sign.
    pub fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Wants a signature; its number.
    pub fn want(&mut self, namespace: &str, text: String) -> u64 {
        self.number();
        self.wanted.insert(self.last, Wanted { namespace: namespace.to_owned(), text, asked: None, refused: None });
        self.last
    }

    /// Those that nobody was asked for, or whose client is gone.
    pub fn unasked(&mut self, is_here: impl Fn(u32) -> bool) -> Vec<(u64, Wanted)> {
        for wanted in self.wanted.values_mut() {
            wanted.asked = wanted.asked.filter(|client| is_here(*client));
        }
        self.wanted
            .iter()
            .filter(|(_, wanted)| wanted.asked.is_none())
            .map(|(id, wanted)| (*id, wanted.clone()))
            .collect()
    }

    /// This client was asked.
    pub fn ask(&mut self, id: u64, client: u32) {
        if let Some(wanted) = self.wanted.get_mut(&id) {
            wanted.asked = Some(client);
        }
    }

    /// It came: what it is over.
    pub fn take(&mut self, id: u64) -> Option<Wanted> {
        self.wanted.remove(&id)
    }

    /// It did not come, and why.
    pub fn refused(&mut self, id: u64, why: String) {
        if let Some(wanted) = self.wanted.get_mut(&id) {
            wanted.refused = Some(why);
        }
    }

    /// What every screen says while one is missing.
    pub fn words(&self) -> Option<String> {
        let (_, wanted) = self.wanted.iter().next()?;
        let what = wanted.namespace.split('@').next().unwrap_or_default();
        match (&wanted.refused, wanted.asked) {
            (Some(why), _) => Some(format!("not signed yet ({what}): {why}. tminus attach with the key signs it")),
            (None, None) => Some(format!("waiting for a signature ({what}): tminus attach with the key signs it")),
            (None, Some(_)) => None,
        }
    }
}

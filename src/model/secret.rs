//! A value that must never be shown, written or logged.
//!
//! No `Display`; `Debug` prints nothing of it; wiped when dropped. It crosses a process border only in an intent's answer,
//! from client to conductor, and into a child's environment or stdin.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A secret's value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a value over.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself, for the masker and for a child's environment only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[secret]")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        // Overwritten through safe code; `black_box` keeps the compiler from dropping the writes as dead.
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        std::hint::black_box(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_nothing_of_a_secret() {
        assert_eq!(format!("{:?}", Secret::new("hunter22".into())), "[secret]");
    }
}

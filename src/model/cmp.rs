//! CMP, the comparison grammar: `>= 19`, `4..8`, `20 ± 5 %`, `< 200ms`, a bare value. Contract; the grammar is to come.

/// A parsed comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Cmp {
    /// As the author wrote it.
    pub source: String,
}

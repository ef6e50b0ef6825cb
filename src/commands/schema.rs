//! `tminus schema`: the JSON Schema of runbooks, for editors. Reads nothing.

use super::{Outcome, Ran, print};

/// Prints the schema.
pub(super) fn schema() -> Ran {
    print(&format!("{:#}\n", crate::runbook::schema()))?;
    Ok(Outcome::Done)
}

//! `tminus verify`: is this journal whole, and who vouches for it. Writes nothing, starts nothing.

use super::places::Places;
use super::{Failure, Outcome, Ran, print};
use crate::cli::{Common, Format, KeyArgs};
use crate::engine::clock::{Clock, SystemClock};
use crate::journal::keys::allowed::AllowedSigners;
use crate::journal::verify::{Verified, VerifyWith, verify as verify_run};
use crate::model::text::shown;
use std::path::PathBuf;

/// What it is judged against.
pub(super) struct Against {
    /// `--allowed-signers`.
    pub allowed: Option<PathBuf>,
    /// `--head`.
    pub head: Option<String>,
    /// How it is said.
    pub format: Format,
}

/// Verifies runs; `Done` only if every one of them holds.
pub(super) fn verify(common: &Common, runs: &[String], against: &Against) -> Ran {
    let places = Places::find(common)?;
    let own = super::keys::key_places(&places, &KeyArgs { key: None, no_key: false }).own_allowed_signers();
    let (path, is_own) = match &against.allowed {
        Some(path) => (path.clone(), false),
        None => (own, true),
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(none) if is_own && none.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(why) => return Err(Failure::because(format!("cannot read {}: {why}", path.display()))),
    };
    let with = VerifyWith {
        allowed: AllowedSigners::parse(&bytes),
        own: is_own,
        head: against.head.clone(),
        now: SystemClock.now().wall / 1_000_000,
        ask_ssh_keygen: true,
    };
    let mut all_hold = true;
    for name in runs {
        let dir = super::runs::find(&places, name)?;
        let verified = verify_run(&dir, &with);
        all_hold &= verified.passes();
        match against.format {
            Format::Text => print(&said(&verified))?,
            Format::Json => print(&format!("{}\n", verified.to_json()))?,
        }
    }
    Ok(if all_hold { Outcome::Done } else { Outcome::NotSo })
}

/// One line, then what is wrong and what else should be known, one line each.
fn said(verified: &Verified) -> String {
    let mut page = format!("{}\n", shown(&verified.first_line()));
    for problem in &verified.problems {
        page.push_str(&format!("  wrong: {}\n", shown(&problem.to_string())));
    }
    for note in &verified.notes {
        page.push_str(&format!("  note: {}\n", shown(note)));
    }
    page
}

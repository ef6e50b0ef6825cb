//! `tminus verify`: is this journal whole, and who vouches for it. Writes nothing, starts nothing.

use super::places::Places;
use super::{Failure, Outcome, Ran, print};
use crate::cli::{Common, Format, KeyArgs};
use crate::engine::clock::{Clock, SystemClock};
use crate::journal::RunDir;
use crate::journal::keys::allowed::AllowedSigners;
use crate::journal::reader::read_all;
use crate::journal::verify::{Verdict, Verified, VerifyWith, verify as verify_run};
use crate::model::event::EndState;
use crate::model::ids::StepIx;
use crate::model::signoff::signers;
use crate::model::state::RunState;
use crate::model::step::Work;
use crate::model::text::shown;
use std::path::{Path, PathBuf};

/// What it is judged against.
pub(super) struct Against {
    /// `--allowed-signers`.
    pub allowed: Option<PathBuf>,
    /// `--head`.
    pub head: Option<String>,
    /// `--mirror`.
    pub mirror: Option<PathBuf>,
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
        mirror: against.mirror.as_deref().map(mirror).transpose()?,
        now: SystemClock.now().wall / 1_000_000,
        ask_ssh_keygen: true,
    };
    let mut all_hold = true;
    for name in runs {
        let dir = super::runs::find(&places, name)?;
        let mut verified = verify_run(&dir, &with);
        also_never_asked(&dir, &mut verified);
        all_hold &= verified.passes();
        match against.format {
            Format::Text => print(&said(&verified))?,
            Format::Json => print(&format!("{}\n", verified.to_json()))?,
        }
    }
    Ok(if all_hold { Outcome::Done } else { Outcome::NotSo })
}

/// Says of sign-offs that nobody was ever asked for that they are missing.
pub(super) fn also_never_asked(dir: &RunDir, verified: &mut Verified) {
    for number in never_asked(dir) {
        let note = format!("{number} of the runbook asks for signatures, and was settled without being opened");
        verified.also(Verdict::SignOffsMissing, note);
    }
}

fn mirror(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|why| Failure::because(format!("cannot read the mirror {}: {why}", path.display())))
}

/// Sign-offs by key that the runbook has on the way of a completed run and that nobody was ever asked for.
fn never_asked(dir: &RunDir) -> Vec<String> {
    let Ok(plan) = super::runs::plan_of(dir) else { return Vec::new() };
    let folded = read_all(dir).ok().and_then(|records| RunState::fold(&plan, &records).ok());
    // What cannot be read or does not follow was said by the verification itself, or is no completed run.
    let Some(state) = folded.filter(|state| state.ended == Some(EndState::Completed)) else { return Vec::new() };
    let by_key = |ix: &StepIx| match &plan.step(*ix).work {
        Work::Sign(sign) => sign.roles.iter().any(|role| !signers(&plan, role).is_empty()),
        _asks_for_none => false,
    };
    let left_out = |ix: &StepIx| state.step(*ix).attempt == 0 && state.step(*ix).conditions != Some(false);
    let steps = state.forward_path(&plan).into_iter().filter(by_key).filter(left_out);
    steps.map(|ix| plan.step(ix).number.clone()).collect()
}

/// One line, then what is wrong and what else should be known, one line each.
fn said(verified: &Verified) -> String {
    let mut page = format!("{}\n", shown(&verified.first_line()));
    for problem in &verified.problems {
        page.push_str(&format!("  wrong: {}\n", shown(&problem.to_string())));
    }
    for by in verified.signed.iter().filter(|by| by.what.starts_with("signoff ")) {
        let (known, what) = (by.standing.word(), by.what.trim_start_matches("signoff "));
        page.push_str(&format!(
            "  signed off: {}\n",
            shown(&format!("{what}: {} {}, {known}", by.who, by.fingerprint))
        ));
    }
    for note in &verified.notes {
        page.push_str(&format!("  note: {}\n", shown(note)));
    }
    page
}

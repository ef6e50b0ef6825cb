//! `tminus verify`: is this journal whole, and who vouches for it. Writes nothing, starts nothing.

use super::places::Places;
use super::{Failure, Outcome, Ran, print};
use crate::cli::{Common, Format, KeyArgs};
use crate::engine::clock::{Clock, SystemClock};
use crate::journal::RunDir;
use crate::journal::keys::KeyError;
use crate::journal::keys::allowed::AllowedSigners;
use crate::journal::keys::revoked::RevokedKeys;
use crate::journal::reader::{read_all, recover};
use crate::journal::verify::{OwnRunbook, Trusted, Verified, VerifyWith, verify as verify_run};
use crate::model::schedule::t_clock;
use crate::model::state::RunState;
use crate::model::text::shown;
use std::path::{Path, PathBuf};

/// What it is judged against.
pub(super) struct Against {
    /// `--allowed-signers`.
    pub allowed: Option<PathBuf>,
    /// `--runbook`.
    pub runbook: Option<PathBuf>,
    /// `--revoked`.
    pub revoked: Option<PathBuf>,
    /// `--head`: a code, or a file with a text that somebody kept.
    pub head: Option<String>,
    /// `--mirror`.
    pub mirror: Option<PathBuf>,
    /// How it is said.
    pub format: Format,
}

impl Against {
    /// The verifier's own list of keys, and no more.
    pub(super) fn nothing() -> Self {
        Self { allowed: None, runbook: None, revoked: None, head: None, mirror: None, format: Format::Text }
    }
}

/// Verifies runs; `Done` only if every one of them holds. One that cannot be looked at does not keep the others from being judged.
pub(super) fn verify(common: &Common, runs: &[String], against: &Against) -> Ran {
    let places = Places::find(common)?;
    let with = with(&places, against)?;
    let yours = against.runbook.as_deref().map(own_runbook).transpose()?;
    let revoked = against.revoked.as_deref().map(revoked_keys).transpose()?;
    let (mut all_hold, mut failed) = (true, None);
    for name in runs {
        let dir = match super::runs::find(&places, name) {
            Ok(dir) => dir,
            Err(failure) => {
                failed.get_or_insert(failure);
                continue;
            }
        };
        let mut verified = verify_run(&dir, &with);
        against_the_runbook(&dir, &mut verified);
        if let Some(yours) = &yours {
            verified.by_runbook(&dir, yours);
        }
        if let Some(Err(why)) = revoked.as_ref().map(|list| verified.by_revoked(list)) {
            let why = Failure::of(&why).what;
            let why = format!("run {}: whether a key is revoked cannot be told: {why}", dir.id().short());
            failed.get_or_insert(Failure::because(why));
            continue;
        }
        let passes = verified.passes();
        if let Some(trusted) = verified.trusted.as_mut().filter(|_| !passes) {
            place(&dir, trusted);
        }
        all_hold &= passes;
        match against.format {
            Format::Text => {
                for line in verified.lines() {
                    print(&format!("{}\n", shown(&line)))?;
                }
            }
            Format::Json => print(&format!("{}\n", verified.to_json()))?,
        }
    }
    match failed {
        Some(failure) => Err(failure),
        None => Ok(if all_hold { Outcome::Done } else { Outcome::NotSo }),
    }
}

/// By what is judged, read from where the arguments say.
pub(super) fn with(places: &Places, against: &Against) -> Result<VerifyWith, Failure> {
    let own = super::keys::key_places(places, &KeyArgs { key: None, no_key: false }).own_allowed_signers();
    let (path, is_own) = match &against.allowed {
        Some(path) => (path.clone(), false),
        None => (own, true),
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(none) if is_own && none.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(why) => return Err(Failure::because(format!("cannot read {}: {why}", path.display()))),
    };
    Ok(VerifyWith {
        allowed: AllowedSigners::parse(&bytes),
        own: is_own,
        head: against.head.as_deref().map(kept).transpose()?,
        mirror: against.mirror.as_deref().map(mirror).transpose()?,
        now: SystemClock.now().wall / 1_000_000,
        ask_ssh_keygen: true,
    })
}

/// A head code as it is; of a file, what is in it.
fn kept(code_or_file: &str) -> Result<String, Failure> {
    let path = std::path::Path::new(code_or_file);
    if !path.is_file() {
        return Ok(code_or_file.to_owned());
    }
    let read = std::fs::read(path).map_err(|why| Failure::because(format!("cannot read {}: {why}", path.display())))?;
    String::from_utf8(read).map_err(|_| Failure::because(format!("{} is not a kept text", path.display())))
}

/// The verifier's runbook.
fn own_runbook(path: &Path) -> Result<OwnRunbook, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|why| Failure::because(format!("cannot read the runbook {}: {why}", path.display())))?;
    Ok(OwnRunbook::new(path.display().to_string(), &bytes))
}

/// The verifier's list of revoked keys. One that cannot be read is never taken for an empty one.
fn revoked_keys(path: &Path) -> Result<RevokedKeys, Failure> {
    let of = |why: String| Failure::because(format!("cannot read the revoked keys in {}: {why}", path.display()));
    let bytes = std::fs::read(path).map_err(|why| of(why.to_string()))?;
    RevokedKeys::read(&bytes).map_err(|why| match why {
        KeyError::Keygen { .. } => of(Failure::of(&why).what).hint("--revoked needs ssh-keygen on PATH"),
        why => of(Failure::of(&why).what)
            .hint("it is a KRL (ssh-keygen -k -f FILE KEY.pub ...), or has the text of a .pub file in each line"),
    })
}

/// T and the step at the last record that can be trusted, where the run's own copy of its plan can be read.
fn place(dir: &RunDir, trusted: &mut Trusted) {
    let Ok(plan) = super::runs::plan_of(dir) else { return };
    let Ok(mut recovered) = recover(dir, None) else { return };
    recovered.records.retain(|record| record.seq.0 <= trusted.record);
    let Ok(state) = RunState::fold(&plan, &recovered.records) else { return };
    let plan = state.plan(&plan);
    trusted.t = trusted.at.and_then(|at| t_clock(&state, at));
    let step = trusted.step.as_ref().and_then(|(id, _)| plan.steps.iter().find(|step| step.id == *id));
    trusted.place = step.map(|step| format!("{} {}", step.number, state.fill(&step.title)));
}

/// What only whoever reads the runbook sees, by the copy that the run carries.
pub(super) fn against_the_runbook(dir: &RunDir, verified: &mut Verified) {
    // What cannot be read was said by the verification itself.
    let (Ok(plan), Ok(records)) = (super::runs::plan_of(dir), read_all(dir)) else { return };
    verified.by_rules(&plan, &records);
}

fn mirror(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|why| Failure::because(format!("cannot read the mirror {}: {why}", path.display())))
}

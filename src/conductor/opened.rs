//! What a conductor conducts: a run directory read, its plan and state, and the first text of this part to be signed.
//!
//! A new run has its runbook attached; one that is taken up again is read to its last good checkpoint, and refused with the
//! reason where that cannot be trusted. Nothing is written into the journal here, nothing runs. `startup` calls it.

use super::ConductorError;
use super::commission::{Commission, What};
use super::genesis::{self, About};
use super::signers::Signers;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::drill::rehearsed;
use crate::journal::keys::RunKey;
use crate::journal::keys::allowed::AllowedSigners;
use crate::journal::line::FMT;
use crate::journal::reader::StartPoint;
use crate::journal::{self, Head, RunDir};
use crate::model::amend::InForce;
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::model::signed::{Realm, SignedText};
use crate::model::state::{Operator, RunFacts, RunState};
use crate::runbook;
use std::path::PathBuf;
use std::sync::Arc;

/// A run that is about to begin or to go on.
pub(super) struct Opened {
    pub(super) dir: RunDir,
    pub(super) plan: Plan,
    pub(super) state: RunState,
    pub(super) first: SignedText,
    pub(super) start: StartPoint,
    pub(super) key: RunKey,
    pub(super) is_new: bool,
    /// For a run that ended and was never sealed: its last checkpoint. Nothing of it can run, it can only be sealed.
    pub(super) ended: Option<Head>,
    /// Whose keys sign off.
    pub(super) signers: AllowedSigners,
}

/// Reads what is to be conducted.
pub(super) fn open(commission: &Commission, dir: &RunDir) -> Result<Opened, ConductorError> {
    let signers = super::signers::read(&commission.allowed_signers)?;
    let opened = match &commission.what {
        What::New { path, text, t0, drill } => {
            let realm = if *drill { Realm::Drill } else { Realm::Live };
            open_new(commission, dir, realm, (path, text, *t0, signers))
        }
        What::Resume { over_cut, .. } => open_again(commission, dir, over_cut.as_deref(), signers),
    }?;
    let unsigned = commission.fingerprint.is_none() && opened.first.realm == Realm::Live;
    match opened.plan.signing_required && unsigned && opened.ended.is_none() {
        true => Err(ConductorError::NotSigned("its runbook says `signing: required`".into())),
        false => Ok(opened),
    }
}

fn parsed(name: &str, bytes: &[u8]) -> Result<Plan, ConductorError> {
    let loaded = runbook::parse(name, bytes);
    loaded.plan.clone().ok_or_else(|| ConductorError::Runbook(runbook::render(&loaded, false)))
}

fn open_new(
    commission: &Commission,
    dir: &RunDir,
    realm: Realm,
    new: (&PathBuf, &String, Option<i64>, Signers),
) -> Result<Opened, ConductorError> {
    let (path, text, t0, signers) = new;
    let name =
        path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| "runbook.yaml".into());
    let read = parsed(&name, text.as_bytes())?;
    let sha256 = dir.attach(&name, text.as_bytes())?;
    let key = RunKey::generate();
    let about = About {
        now: SystemClock.now(),
        runbook_name: &name,
        runbook: &sha256,
        runbook_dir: &path.parent().map(|folder| folder.display().to_string()).unwrap_or_else(|| "/".into()),
        run_dir: &dir.path().display().to_string(),
        t0,
        signers: &signers.sha256,
    };
    let first = genesis::opening(commission, &about, &key).genesis(realm, dir.id());
    let state = read_in(realm, RunState::of(&read), &read);
    let plan = conducted_by(realm, read);
    let start = StartPoint::first(realm, dir.id());
    Ok(Opened { dir: dir.clone(), plan, state, first, start, key, is_new: true, ended: None, signers: signers.list })
}

fn open_again(
    commission: &Commission,
    dir: &RunDir,
    over_cut: Option<&str>,
    signers: Signers,
) -> Result<Opened, ConductorError> {
    let refused = |why: String| ConductorError::NotResumable { run: dir.id().short().to_owned(), why };
    dir.check_own()?;
    if let Some(to) = journal::elsewhere::moved_to(dir, &commission.heads) {
        return Err(refused(format!("it goes on in {}, where its journal was brought", to.display())));
    }
    let found = journal::reader::recover(dir, Some(&commission.heads))?;
    if let Some(fmt) = &found.newer {
        return Err(refused(format!(
            "its journal is written in format {fmt} and this tminus writes {FMT}: it reads it and adds nothing to it. The tminus that wrote it, or a newer one, takes it up"
        )));
    }
    if let Some(problem) = &found.problem {
        return Err(refused(format!("its journal is damaged: {problem}")));
    }
    if let (Some(cut), None) = (&found.cut, over_cut) {
        return Err(refused(format!(
            "its journal is shorter than what was acknowledged ({cut}): somebody cut it, or the disk lost it. --over-cut REASON goes on all the same"
        )));
    }
    let facts = found.records.first().and_then(|record| match &record.event {
        Event::Genesis { text, .. } => RunFacts::read(text),
        _ => None,
    });
    let facts = facts.ok_or_else(|| refused("its first record cannot be read".into()))?;
    if facts.realm == Realm::Drill && commission.mirror.is_some() {
        return Err(refused("it is a drill, which has no mirror".into()));
    }
    let bytes = dir.attachment(&facts.runbook_sha256)?;
    let read = parsed(&facts.runbook, &bytes)?;
    let state = RunState::fold(&read, &found.records).map_err(|why| refused(why.to_string()))?;
    let state = read_in(facts.realm, state, &read);
    let plan = conducted_by(facts.realm, state.plan(&read).clone());
    let amended = state.amendments.last();
    let runbook = amended.map_or(&facts.runbook_sha256, |amendment| &amendment.to);
    let key = RunKey::generate();
    let about = About {
        now: SystemClock.now(),
        runbook_name: &facts.runbook,
        runbook,
        runbook_dir: &facts.runbook_dir,
        run_dir: &dir.path().display().to_string(),
        t0: facts.t0,
        signers: &signers.sha256,
    };
    let first = genesis::opening(commission, &about, &key).resume(&found, over_cut.unwrap_or_default());
    if plan.same_operator && !found.ended {
        same_operator(&state, &first).map_err(refused)?;
    }
    Ok(Opened {
        dir: dir.clone(),
        plan,
        state,
        first,
        start: found.start,
        key,
        is_new: false,
        ended: found.ended.then(|| found.valid.head()),
        signers: signers.list,
    })
}

/// Where the runbook says `resume: same-operator`, nobody else takes the run up.
fn same_operator(state: &RunState, first: &SignedText) -> Result<(), String> {
    let before = state.facts.as_ref().and_then(|facts| facts.operators.first());
    let now = Operator::read(first, state.last);
    match before {
        Some(before) if !now.is_surely(before) => Err(format!(
            "its runbook says `resume: same-operator`, and it was begun by {}, not by {}",
            before.shown(),
            now.shown()
        )),
        Some(_) | None => Ok(()),
    }
}

/// A drill is folded over the runbook as it was read, as its screens fold it, and not over what it is conducted by.
fn read_in(realm: Realm, mut state: RunState, read: &Plan) -> RunState {
    if realm == Realm::Drill {
        state.in_force = InForce(Some(Arc::new(state.plan(read).clone())));
    }
    state
}

/// The plan that a run of this realm goes by.
pub(super) fn conducted_by(realm: Realm, plan: Plan) -> Plan {
    match realm {
        Realm::Live => plan,
        Realm::Drill => rehearsed(plan),
    }
}

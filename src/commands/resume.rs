//! `tminus resume`: a run whose conductor is gone gets another one.

use super::keys::choose;
use super::places::{Places, zone};
use super::run::{Staying, start};
use super::runs::plan_of;
use super::show::Manner;
use super::{Failure, Ran};
use crate::cli::{Cli, Command};
use crate::conductor::commission::{Commission, What};
use crate::engine::clock::wait_until;
use crate::feed::live::conductor_of;
use std::time::Duration;

/// A conductor that was told to end closes its journal and its connections first: a resume right behind it waits so long.
const LEAVING: Duration = Duration::from_secs(3);

/// Takes a run up again.
pub(super) fn resume(cli: &Cli) -> Ran {
    let Some(Command::Resume { run, over_cut, key, signers, mirror, show: manner }) = &cli.command else {
        return Err(Failure::because("not a resume"));
    };
    let places = Places::find(&cli.common)?;
    let dir = super::runs::find_here(&places, run)?;
    if !dir.path().starts_with(std::fs::canonicalize(&places.runs).unwrap_or_else(|_| places.runs.clone())) {
        return Err(Failure::because(format!(
            "{} does not lie in the runs folder {}: a run from elsewhere is never taken up",
            dir.path().display(),
            places.runs.display()
        ))
        .hint("tminus verify looks at it"));
    }
    let dir = super::runs::where_it_is(&places, dir)?;
    wait_until(LEAVING, Duration::from_millis(20), || conductor_of(&dir).is_none());
    if let Some(pid) = conductor_of(&dir) {
        return Err(Failure::because(format!("run {} is conducted already, by process {pid}", dir.id().short()))
            .hint(format!("tminus attach {}", dir.id().short())));
    }
    super::runs::may_be_written(&dir)?;
    let plan = plan_of(&dir)?;
    let manner_wanted = Manner::of(manner, Some(&super::runs::in_force(&dir)?))?;
    let key = choose(&places, key)?;
    let commission = Commission {
        runs: places.runs.clone(),
        heads: places.heads.clone(),
        what: What::Resume { dir: dir.path().to_owned(), over_cut: over_cut.clone() },
        operator: manner.name.clone().unwrap_or_else(|| places.user.clone()),
        key_origin: key.origin.to_owned(),
        fingerprint: key.signer.as_ref().map(|signer| signer.fingerprint()),
        allowed_signers: super::keys::allowed_signers(&places, signers)?,
        answers: None,
        argv: std::env::args().collect(),
        vars: Vec::new(),
        zone: zone(),
        mirror: super::places::mirror(mirror.as_deref())?,
    };
    start(&commission, plan, key, Staying { cli, manner: Some(manner_wanted), name: manner.name.clone() })
}

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
use crate::journal::reader::{Tail, read_all};
use crate::journal::{Hash, RunDir};
use crate::model::event::Event;
use crate::model::ids::Seq;
use crate::model::record::Record;
use crate::model::state::RunFacts;
use std::path::Path;
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
    say_what_changed(&dir);
    let manner_wanted = Manner::of(manner, Some(&super::runs::in_force(&dir)?))?;
    let speaker = manner_wanted.speaker();
    super::run::check_signing(&plan, key.no_key)?;
    let key = choose(&places, key)?;
    let commission = Commission {
        runs: places.runs.clone(),
        heads: places.heads.clone(),
        what: What::Resume { dir: dir.path().to_owned(), over_cut: over_cut.clone() },
        operator: speaker.or_else(|| manner.name.clone()).unwrap_or_else(|| places.user.clone()),
        key_origin: key.origin.to_owned(),
        fingerprint: key.signer.as_ref().map(|signer| signer.fingerprint()),
        allowed_signers: super::keys::allowed_signers(&places, signers)?,
        answers: super::run::answers_sha256(manner.answers.as_deref())?,
        argv: std::env::args().collect(),
        vars: Vec::new(),
        zone: zone(),
        mirror: super::places::mirror(mirror.as_deref())?,
        beacon: String::new(),
    };
    let is_resume = |record: &&Record| matches!(record.event, Event::Resume { .. });
    let resumes = read_all(&dir).map(|records| records.iter().filter(is_resume).count()).ok();
    start(&commission, plan, key, Staying { cli, manner: Some(manner_wanted), name: manner.name.clone(), resumes })
}

/// A run goes by its own copy of the runbook. That the file says something else by now is said, and nothing more.
fn say_what_changed(dir: &RunDir) {
    let first = Tail::open(dir).and_then(|mut tail| tail.read_to(Seq(1))).unwrap_or_default();
    let facts = first.first().and_then(|record| match &record.event {
        Event::Genesis { text, .. } => RunFacts::read(text),
        _other_records_name_no_runbook => None,
    });
    let Some(facts) = facts else { return };
    let path = Path::new(&facts.runbook_dir).join(&facts.runbook);
    // A file that is gone, cannot be read or is none is no concern of the run: it has its copy.
    let is_file = std::fs::metadata(&path).is_ok_and(|found| found.is_file());
    let Some(now) = is_file.then(|| std::fs::read(&path).ok()).flatten() else { return };
    if Hash::of(&now).hex() != facts.runbook_sha256 {
        super::keys::say(&format!("{} changed since the run began. The run goes by its own copy.", path.display()));
    }
}

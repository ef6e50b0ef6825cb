//! `tminus drill`: a runbook gone through by its own examples. Nothing of it is executed and the environment is not read.
//!
//! The same client and the same conductor as a run's; the commission says that it is a drill, and from then on its first
//! record does. Neither the variables nor the programs of a live run are needed, so neither is looked for.

use super::keys::choose;
use super::places::{Places, absolute};
use super::run::{Staying, answers_sha256, argv, read, start};
use super::show::Manner;
use super::{Failure, Ran};
use crate::cli::{Cli, Command};
use crate::conductor::commission::{Commission, What};
use crate::engine::clock::{Clock, SystemClock};

/// Rehearses a runbook.
pub(super) fn drill(cli: &Cli) -> Ran {
    let Some(Command::Drill { runbook, t0, key, signers, show: manner }) = &cli.command else {
        return Err(Failure::because("not a drill"));
    };
    let places = Places::find(&cli.common)?;
    let (plan, text) = read(runbook)?;
    let manner_wanted = Manner::of(manner, Some(&plan))?;
    let zone = super::t0::zone(&plan, t0.as_deref());
    let t0 = t0.as_deref().map(|text| super::t0::parse(text, &zone, SystemClock.now().wall)).transpose()?;
    places.make_runs()?;
    let key = choose(&places, key)?;
    let commission = Commission {
        runs: places.runs.clone(),
        heads: places.heads.clone(),
        what: What::New { path: absolute(runbook)?, text, t0, drill: true },
        operator: manner_wanted.speaker().or_else(|| manner.name.clone()).unwrap_or_else(|| places.user.clone()),
        key_origin: key.origin.to_owned(),
        fingerprint: key.signer.as_ref().map(|signer| signer.fingerprint()),
        allowed_signers: super::keys::allowed_signers(&places, signers)?,
        answers: answers_sha256(manner.answers.as_deref())?,
        argv: argv(&plan),
        vars: Vec::new(),
        zone,
        mirror: None,
        beacon: String::new(),
    };
    start(
        &commission,
        plan,
        key,
        Staying { cli, manner: Some(manner_wanted), name: manner.name.clone(), resumes: None },
    )
}

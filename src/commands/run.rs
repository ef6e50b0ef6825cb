//! `tminus run`: the client's own look (runbook, variables, terminal, key), then a conductor, then a screen.
//!
//! Whatever is wrong here leaves no run behind.

use super::keys::{OperatorKey, choose};
use super::launch::launch;
use super::places::{Places, absolute, var};
use super::show::{Manner, Showing, show};
use super::{Failure, Outcome, Ran, print};
use crate::cli::{Cli, Command};
use crate::conductor::commission::{Commission, Ready, What};
use crate::engine::clock::{Clock, SystemClock};
use crate::journal::RunDir;
use crate::model::plan::{Plan, Source};
use crate::runbook;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Runs a runbook.
pub(super) fn run(cli: &Cli) -> Ran {
    let Some(Command::Run { runbook, t0, vars, key, signers, mirror, beacon, show: manner, detach }) = &cli.command
    else {
        return Err(Failure::because("not a run"));
    };
    let places = Places::find(&cli.common)?;
    let (plan, text) = read(runbook)?;
    let given = given_vars(&plan, vars)?;
    check_environment(&plan, &given)?;
    check_shells(&plan)?;
    check_signing(&plan, key.no_key)?;
    let manner_wanted = if *detach { None } else { Some(Manner::of(manner, Some(&plan))?) };
    let speaker = manner_wanted.as_ref().and_then(Manner::speaker);
    let zone = super::t0::zone(&plan, t0.as_deref());
    let t0 = t0.as_deref().map(|text| super::t0::parse(text, &zone, SystemClock.now().wall)).transpose()?;
    super::t0::check(&plan, t0, &zone)?;
    places.make_runs()?;
    let key = choose(&places, key)?;
    let commission = Commission {
        runs: places.runs.clone(),
        heads: places.heads.clone(),
        what: What::New { path: absolute(runbook)?, text, t0, drill: false },
        operator: speaker.or_else(|| manner.name.clone()).unwrap_or_else(|| places.user.clone()),
        key_origin: key.origin.to_owned(),
        fingerprint: key.signer.as_ref().map(|signer| signer.fingerprint()),
        allowed_signers: super::keys::allowed_signers(&places, signers)?,
        answers: answers_sha256(manner.answers.as_deref())?,
        argv: argv(&plan),
        vars: given,
        zone,
        mirror: super::places::mirror(mirror.as_deref())?,
        beacon: super::places::beacon(beacon.as_deref())?,
    };
    start(&commission, plan, key, Staying { cli, manner: manner_wanted, name: manner.name.clone(), resumes: None })
}

/// How the client stays with the run that it started.
pub(super) struct Staying<'a> {
    /// The command line.
    pub cli: &'a Cli,
    /// How it shows the run; `None` to detach.
    pub manner: Option<Manner>,
    /// `--as`.
    pub name: Option<String>,
    /// How often the run was taken up before; `None` for a new one.
    pub resumes: Option<usize>,
}

/// Starts a conductor and shows its run, or leaves it running.
pub(super) fn start(commission: &Commission, plan: Plan, key: OperatorKey, staying: Staying<'_>) -> Ran {
    let dir = match launch(commission, staying.cli.common.log.as_deref())? {
        Ready::Open { dir, .. } => dir,
        Ready::Refused { why, code: 3 } => {
            super::keys::say(&why);
            return Ok(Outcome::JournalFailed);
        }
        Ready::Refused { why, .. } => return Err(Failure::because(why)),
    };
    let dir = RunDir::open_prepared(&dir).map_err(|why| Failure::of(&why))?;
    let resumes = staying.resumes;
    let Some(manner) = staying.manner else { return detach(dir, &key) };
    let places = Places::find(&staying.cli.common)?;
    let showing = Showing {
        dir,
        plan,
        key: &key,
        watch: false,
        resumes,
        name: staying.name,
        common: &staying.cli.common,
        places,
    };
    show(showing, manner)
}

/// Signs the first record, as the conductor asks, and leaves.
fn detach(dir: RunDir, key: &OperatorKey) -> Ran {
    let run = dir.id().clone();
    let coming = crate::feed::live::Coming {
        watch: false,
        unattended: false,
        name: None,
        signer: key.signer.clone(),
        ..Default::default()
    };
    let (live, news) = crate::feed::live::connect(dir, coming)
        .map_err(|why| Failure::because(format!("the conductor cannot be reached: {why}")))?;
    while let Ok(heard) = news.recv() {
        match heard {
            crate::feed::News::Records(_) => break,
            crate::feed::News::Lost(why) => return Err(Failure::because(why)),
            crate::feed::News::Over { why, .. } => {
                return Err(Failure::because(why.unwrap_or_else(|| "the conductor ended".into())));
            }
            crate::feed::News::Taken(_)
            | crate::feed::News::Refused(..)
            | crate::feed::News::Driver { .. }
            | crate::feed::News::Trouble(_) => {}
        }
    }
    drop(live);
    print(&format!("{run}\n"))?;
    Ok(Outcome::GoesOn)
}

/// Reads and checks a runbook; its mistakes are printed on standard error.
pub(super) fn read(path: &Path) -> Result<(Plan, String), Failure> {
    let loaded = super::check::load(path);
    let Some(plan) = loaded.plan.clone() else {
        let shown = runbook::render(&loaded, false);
        return Err(Failure::because(format!("{} has errors; nothing was started\n{shown}", path.display())));
    };
    let text =
        String::from_utf8(loaded.source).map_err(|_| Failure::because(format!("{} is not UTF-8", path.display())))?;
    Ok((plan, text))
}

fn given_vars(plan: &Plan, vars: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let mut given = Vec::new();
    for pair in vars {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| Failure::because(format!("--var {pair} is not NAME=VALUE")))?;
        let Some(declared) = plan.vars.iter().find(|var| var.name.as_str() == name) else {
            let known: Vec<&str> = plan.vars.iter().map(|var| var.name.as_str()).collect();
            return Err(Failure::because(format!("--var {name}: the runbook has no such variable"))
                .hint(format!("it has {}", known.join(", "))));
        };
        if declared.secret {
            return Err(Failure::because(format!("--var {name}: a secret cannot be given on the command line, where everybody on this machine can read it"))
                .hint("give it by the environment variable that the runbook names"));
        }
        given.push((name.to_owned(), value.to_owned()));
    }
    Ok(given)
}

/// A variable of the environment that is needed and not set ends here, before anything exists.
fn check_environment(plan: &Plan, given: &[(String, String)]) -> Result<(), Failure> {
    let mut missing = Vec::new();
    for declared in &plan.vars {
        if let Source::Env { name, default: None } = &declared.source {
            let is_given = given.iter().any(|(given, _)| *given == declared.name.0);
            if !is_given && std::env::var_os(name).is_none() {
                missing.push(if declared.name.0 == *name {
                    name.clone()
                } else {
                    format!("{name} (for {})", declared.name)
                });
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::because(format!("not set in the environment: {}", missing.join(", ")))
        .hint("export it, then start again; nothing was started"))
}

/// A runbook may take no run without a key.
pub(super) fn check_signing(plan: &Plan, no_key: bool) -> Result<(), Failure> {
    match plan.signing_required && no_key {
        true => Err(Failure::because("this runbook says `signing: required`, and --no-key signs nothing")
            .hint("leave --no-key out, or name a key with --key FILE")),
        false => Ok(()),
    }
}

/// A shell that a command needs and that this machine has not.
fn check_shells(plan: &Plan) -> Result<(), Failure> {
    use crate::model::step::Program;
    let shells = plan.steps.iter().filter_map(|step| match &step.command()?.program {
        Program::Text { shell, .. } => Some(*shell),
        Program::Argv(_) => None,
    });
    let path = var("PATH").unwrap_or_default();
    let found = |program: &str| std::env::split_paths(&path).any(|dir| dir.join(program).is_file());
    let missing = shells.map(crate::model::step::Shell::program).find(|program| !found(program));
    match missing {
        Some(program) => Err(Failure::because(format!("{program} is not on PATH, and steps of this runbook need it"))
            .hint("install it, or write `defaults: { shell: sh }` where the commands are plain sh")),
        None => Ok(()),
    }
}

pub(super) fn answers_sha256(path: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let bytes =
        std::fs::read(path).map_err(|why| Failure::because(format!("cannot read {}: {why}", path.display())))?;
    Ok(Some(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// This program's own arguments, for the journal, less the values of `--var` for names that sound secret.
pub(super) fn argv(plan: &Plan) -> Vec<String> {
    let secret = |word: &str| plan.vars.iter().any(|var| var.secret && word.starts_with(&format!("{}=", var.name)));
    std::env::args().map(|word| if secret(&word) { "[secret]".into() } else { word }).collect()
}

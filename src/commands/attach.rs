//! `tminus attach`: the screens of a run that is under way, from this terminal.

use super::keys::{OperatorKey, choose};
use super::places::Places;
use super::runs::plan_of;
use super::show::{Manner, Showing, show};
use super::{Failure, Ran};
use crate::cli::{Cli, Command};
use crate::feed::live::conductor_of;
use crate::journal::RunDir;

/// Attaches to a run; to the only live one where none is named.
pub(super) fn attach(cli: &Cli) -> Ran {
    let Some(Command::Attach { run, watch, key, show: manner }) = &cli.command else {
        return Err(Failure::because("not an attach"));
    };
    let places = Places::find(&cli.common)?;
    let dir = match run {
        Some(name) => super::runs::find(&places, name)?,
        None => only_live(&places)?,
    };
    let plan = plan_of(&dir)?;
    let manner_wanted = Manner::of(manner, Some(&super::runs::in_force(&dir)?))?;
    let key = if *watch { OperatorKey { signer: None, origin: "none" } } else { choose(&places, key)? };
    show(
        Showing {
            dir,
            plan,
            key: &key,
            watch: *watch,
            resumes: None,
            name: manner.name.clone(),
            common: &cli.common,
            places,
        },
        manner_wanted,
    )
}

fn only_live(places: &Places) -> Result<RunDir, Failure> {
    let mut live: Vec<RunDir> =
        RunDir::list(&places.runs).into_iter().filter(|dir| conductor_of(dir).is_some()).collect();
    live = live.into_iter().filter_map(|dir| super::runs::where_it_is(places, dir).ok()).collect();
    match (live.pop(), live.len()) {
        (Some(only), 0) => Ok(only),
        (Some(last), more) => {
            let mut names: Vec<String> = live.iter().map(|dir| dir.id().short().to_owned()).collect();
            names.push(last.id().short().to_owned());
            Err(Failure::because(format!("{} runs are live: {}", more + 1, names.join(", ")))
                .hint("name one: tminus attach RUN"))
        }
        (None, _) => {
            Err(Failure::because("no run is live").hint("tminus runs lists all; tminus resume RUN takes one up again"))
        }
    }
}

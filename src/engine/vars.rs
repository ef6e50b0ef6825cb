//! Binding a runbook's variables, once, after the operator started the run.
//!
//! Values that are not secret are journalled, and a resume uses the journalled ones; secrets are read anew. A `command:`
//! runs here, after the start and never before it; what it prints on standard error is never shown.

use crate::engine::environment::{Surroundings, marker};
use crate::engine::exec::{CommandSpec, ExecFact, Executor, Program, Shell, StdinSource, Target};
use crate::engine::secrets::{Secrets, check_value};
use crate::model::event::Bound;
use crate::model::output::{Exit, Stream};
use crate::model::plan::{Plan, Source, Var};
use crate::model::secret::Secret;
use crate::model::state::RunState;
use std::collections::BTreeMap;
use std::time::Duration;

/// A `command:` may take so long.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
/// And print so much, bytes.
const VALUE_LIMIT: usize = 64 * 1024;

/// What binding came to.
pub struct BoundVars {
    /// For the journal.
    pub values: Vec<Bound>,
    /// For memory.
    pub secrets: Secrets,
}

/// Where values come from.
pub struct Sources<'a> {
    /// The runbook.
    pub plan: &'a Plan,
    /// What is true so far; values that it has are not read again.
    pub state: &'a RunState,
    /// `--var`.
    pub given: &'a BTreeMap<String, String>,
    /// The environment of the conductor, whole.
    pub environment: &'a BTreeMap<String, String>,
    /// The environment of a `command:`.
    pub surroundings: &'a Surroundings,
    /// Runs a `command:`.
    pub executor: &'a dyn Executor,
}

/// Binds every variable that has a source and no value yet. `Err` says in words which could not be, and why.
pub async fn bind(sources: &Sources<'_>) -> Result<BoundVars, String> {
    let mut bound = BoundVars { values: Vec::new(), secrets: Secrets::default() };
    let mut plain: BTreeMap<String, String> = BTreeMap::new();
    for var in &sources.plan.vars {
        let name = var.name.as_str();
        if !var.secret && sources.state.var(name).is_some() {
            continue;
        }
        let Some(value) = value_of(sources, var, &plain).await? else {
            continue;
        };
        check(var, &value)?;
        if var.secret {
            check_value(&value).map_err(|why| format!("{name}: {why}"))?;
            let fact = bound.secrets.bound(sources.state, &var.name, &value);
            if sources.state.vars.get(name).is_none_or(|known| known.hash != fact.hash) {
                bound.values.push(fact);
            }
            bound.secrets.keep(name.to_owned(), Secret::new(value));
        } else {
            plain.insert(name.to_owned(), value.clone());
            bound.values.push(Bound { name: var.name.clone(), value: Some(value), hash: None });
        }
    }
    // A value that is journalled may not hold one that must not be, whichever of them is declared first.
    let leak =
        bound.values.iter().find(|fact| fact.value.as_deref().is_some_and(|value| bound.secrets.stand_in(value)));
    match leak {
        Some(leak) => Err(format!("{} holds the value of a secret: mark it  secret: true", leak.name)),
        None => Ok(bound),
    }
}

async fn value_of(
    sources: &Sources<'_>,
    var: &Var,
    plain: &BTreeMap<String, String>,
) -> Result<Option<String>, String> {
    if let Some(given) = sources.given.get(var.name.as_str()) {
        return Ok(Some(given.clone()));
    }
    let filled = |text: &str| {
        crate::model::fill::fill(text, &|name, format| {
            sources
                .state
                .builtin(name, format)
                .or_else(|| plain.get(name).cloned())
                .or_else(|| sources.state.var(name).map(str::to_owned))
        })
    };
    match &var.source {
        Source::Given => Ok(None),
        Source::Default(text) => Ok(Some(filled(text))),
        Source::Env { name, default } => match sources.environment.get(name) {
            Some(value) => Ok(Some(value.clone())),
            None => default
                .as_deref()
                .map(|text| Some(filled(text)))
                .ok_or_else(|| format!("{} is not set: the environment has no {name}", var.name)),
        },
        Source::Command(text) => run(sources, var, text).await.map(Some),
    }
}

fn check(var: &Var, value: &str) -> Result<(), String> {
    let shown = if var.secret { "its value".to_owned() } else { format!("{value:?}") };
    if value.contains('\0') {
        return Err(format!("{}: {shown} holds a NUL byte", var.name));
    }
    if var.show_host && !var.secret && has_password(value) {
        return Err(format!(
            "{}: its value holds a password, and what is no secret is shown and journalled: declare it `secret: true`",
            var.name
        ));
    }
    if !var.one_of.is_empty() && !var.one_of.iter().any(|each| each == value) {
        return Err(format!("{}: {shown} is not one of {}", var.name, var.one_of.join(", ")));
    }
    if let Some(pattern) = &var.matches {
        let regex = regex::Regex::new(pattern).map_err(|why| format!("{}: {why}", var.name))?;
        if !regex.is_match(value) {
            return Err(format!("{}: {shown} does not match {pattern}", var.name));
        }
    }
    Ok(())
}

/// Whether a URL names a password, as in `postgresql://app:PASSWORD@db/orders`.
fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

async fn run(sources: &Sources<'_>, var: &Var, text: &str) -> Result<String, String> {
    let cwd = sources.state.facts.as_ref().map(|facts| facts.runbook_dir.clone()).unwrap_or_else(|| "/".into());
    let mut running = sources.executor.spawn(CommandSpec {
        program: Program::Shell { shell: Shell::Sh, strict: true, text: text.to_owned() },
        cwd: cwd.into(),
        env: sources.surroundings.pairs(),
        stdin: StdinSource::Null,
        terminal: None,
        target: Target::Local,
        marker: marker(sources.state, &format!("vars.{}", var.name), 1),
    });
    let said = tokio::time::timeout(COMMAND_LIMIT, async {
        let mut printed = Vec::new();
        while let Some(fact) = running.facts.recv().await {
            match fact {
                ExecFact::Output { stream: Stream::Out, bytes, .. } if printed.len() <= VALUE_LIMIT => {
                    printed.extend_from_slice(&bytes)
                }
                ExecFact::Output { .. } | ExecFact::Spawned { .. } | ExecFact::Reached { .. } => {}
                ExecFact::Lost { why, .. } => return Err(format!("its command went away: {why}")),
                ExecFact::NotStarted { why, .. } => {
                    return Err(format!("its command could not be started: {why}"));
                }
                ExecFact::Exited { exit: Exit::Code(0), .. } => return Ok(printed),
                ExecFact::Exited { exit, .. } => {
                    return Err(format!("its command failed: {}", exit.shown()));
                }
            }
        }
        Err("its command went away".to_owned())
    })
    .await;
    let printed = match said {
        Ok(printed) => printed.map_err(|why| format!("{}: {why}", var.name))?,
        Err(_) => {
            running.control(crate::engine::exec::Control::Kill);
            return Err(format!("{}: its command took longer than {} s", var.name, COMMAND_LIMIT.as_secs()));
        }
    };
    if printed.len() > VALUE_LIMIT {
        return Err(format!("{}: its command printed more than 64 KiB", var.name));
    }
    String::from_utf8(printed)
        .map(|text| text.trim_end_matches(['\n', '\r']).to_owned())
        .map_err(|_| format!("{}: its command printed what is not UTF-8", var.name))
}

#[cfg(test)]
mod tests;

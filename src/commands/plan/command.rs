//! What exactly a command of the plan would run, on paper: through the same door as a run (`decide::invocation`).
//!
//! Nothing runs and no secret is read. Of the variables those are filled in that have a value before the start: defaults and
//! what the environment holds; all others, and what only a run knows, stay as `${NAME}`. Secrets are `******`.

use super::Page;
use crate::cli::PlanFormat;
use crate::model::decide::{invocation, probe_invocation};
use crate::model::event::Bound;
use crate::model::fill::{fill, mentions};
use crate::model::ids::{ProbeIx, RunId, StepIx, VarName};
use crate::model::place;
use crate::model::plan::{Environment, Plan, Source};
use crate::model::signed::Realm;
use crate::model::state::{RunFacts, RunState};
use crate::model::step::{Command, Program, Shell, Work};
use crate::model::text::{shown, shown_lines};
use crate::model::time::plan_length;
use std::fmt::Write as _;
use std::path::Path;

/// Whose command it is.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    Step(StepIx),
    Probe(ProbeIx),
}

/// Gives a state what a plan on paper can know of a run.
pub(super) fn resolve(plan: &Plan, state: &mut RunState, path: &Path, environment: &dyn Fn(&str) -> Option<String>) {
    let open = |name: &str| format!("${{{name}}}");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    state.facts = Some(RunFacts {
        run: RunId(open("RUN_ID")),
        realm: Realm::Live,
        operator: open("OPERATOR"),
        unattended: false,
        host: String::new(),
        user: String::new(),
        runbook_dir: folder.display().to_string(),
        runbook: String::new(),
        runbook_sha256: String::new(),
        run_dir: open("RUN_DIR"),
        key_origin: "none".into(),
        operator_keys: Vec::new(),
        operators: Vec::new(),
        t0: state.t0,
        zone: state.zone.clone(),
        beacon: String::new(),
        boot: String::new(),
    });
    for var in &plan.vars {
        let text = match &var.source {
            _ if var.secret => None,
            Source::Default(text) => Some(text.clone()),
            Source::Env { name, default } => environment(name).or_else(|| default.clone()),
            Source::Command(_) | Source::Given => None,
        };
        let known = |name: &str, format: Option<&str>| match name {
            "NOW" => None,
            _ => state.builtin(name, format).or_else(|| state.var(name).map(str::to_owned)),
        };
        let value = text.map_or_else(|| open(var.name.as_str()), |text| fill(&text, &known));
        let value = (!var.secret).then_some(value);
        state.vars.insert(var.name.0.clone(), Bound { name: var.name.clone(), value, hash: None });
    }
    for name in plan.steps.iter().flat_map(|step| kept(&step.work)) {
        let unset = Bound { name: name.clone(), value: Some(open(name.as_str())), hash: None };
        state.vars.entry(name.0.clone()).or_insert(unset);
    }
}

/// Variables that a step sets.
fn kept(work: &Work) -> Vec<&VarName> {
    match work {
        Work::Run(command) => command.capture.iter().map(|(name, _)| name).collect(),
        Work::Measure(question) | Work::Ask(question) => question.into.iter().collect(),
        _keeps_nothing => Vec::new(),
    }
}

/// `NOW` is only known when it is used.
fn unknown_now(text: &str) -> String {
    text.replace("${NOW", "$${NOW").replace("$$${NOW", "$${NOW")
}

impl Page<'_> {
    /// A text for people, as far as it can be filled in before the run.
    pub(super) fn fill(&self, text: &str) -> String {
        self.state.fill(&unknown_now(text))
    }

    /// The runbook's variables and where each gets its value.
    pub(super) fn variables(&self, page: &mut String) -> std::fmt::Result {
        if self.plan.vars.is_empty() {
            return Ok(());
        }
        writeln!(page)?;
        self.heading(page, 2, "Variables")?;
        for var in &self.plan.vars {
            let from = match &var.source {
                Source::Env { name, .. } => format!("from the environment's {name}"),
                Source::Default(_) => "the default".to_owned(),
                Source::Command(text) => format!("printed by, after the start: {text}"),
                Source::Given => "given by --var or by a step".to_owned(),
            };
            let value = if var.secret { "******" } else { self.state.var(var.name.as_str()).unwrap_or_default() };
            let value = if var.show_host { without_user(value) } else { value.to_owned() };
            writeln!(page, "  {}={}  ({})", var.name, shown(&value), shown(&from))?;
        }
        Ok(())
    }

    /// Where a step acts, if that is not where the runbook does.
    pub(super) fn place(&self, page: &mut String, ix: StepIx) -> std::fmt::Result {
        let step = self.plan.step(ix);
        let target = step.command().and_then(|command| self.plan.elsewhere(command));
        let other = |own: &&Environment| **own != self.plan.environment;
        let environment = step.environment.as_ref().filter(other);
        let target = target.map(|target| {
            let cwd = step.command().and_then(|command| command.cwd.as_deref()).unwrap_or_default();
            let folder = place::folder(&self.state.fill(cwd));
            format!("on {} (ssh {}), in {folder}", target.id, target.ssh.as_deref().unwrap_or_default())
        });
        let terminal = step.command().filter(|command| command.tty);
        let terminal = terminal.map(|_| "with a terminal of its own: somebody must be there to type".to_owned());
        let environment = environment.map(|own| format!("in {} ({})", own.name, own.kind.word()));
        let said: Vec<String> = [target, environment, terminal].into_iter().flatten().collect();
        if said.is_empty() {
            return Ok(());
        }
        self.note(page, &said.join(", "))
    }

    fn note(&self, page: &mut String, text: &str) -> std::fmt::Result {
        match self.format {
            PlanFormat::Md => writeln!(page, "  {}", shown(text)),
            PlanFormat::Text => writeln!(page, "           {}", shown(text)),
        }
    }

    /// A command in full: with what, where, for how long, and the text itself.
    pub(super) fn command(&self, page: &mut String, whose: Whose, command: &Command) -> std::fmt::Result {
        let command = &escaped(command);
        let runs = match whose {
            Whose::Step(ix) => invocation(self.plan, self.state, ix, command),
            Whose::Probe(ix) => probe_invocation(self.plan, self.state, ix, command),
        };
        let runs = match runs {
            Ok(runs) => runs,
            Err(why) => return self.note(page, &format!("cannot be resolved: {}", why.0)),
        };
        self.surroundings(page, command, &runs.cwd)?;
        // What a run adds for `capture: variable` is said above; on paper it would only be in a person's way.
        let text = match &command.program {
            Program::Text { text, .. } => shown_lines(text),
            Program::Argv(_) => shown(&format!("{:?}", runs.argv)).into_owned(),
        };
        let fence = if self.format == PlanFormat::Md { "\n```" } else { "" };
        if !fence.is_empty() {
            writeln!(page, "{fence}")?;
        }
        for line in text.trim_end().lines() {
            writeln!(page, "{}{line}", if fence.is_empty() { "           $ " } else { "" })?;
        }
        if let Some(stdin) = &command.stdin {
            for line in shown_lines(&self.state.fill(stdin)).trim_end().lines() {
                writeln!(page, "{}{line}", if fence.is_empty() { "           < " } else { "< " })?;
            }
        }
        if !fence.is_empty() {
            writeln!(page, "```")?;
        }
        Ok(())
    }

    /// What surrounds it, where that is not what every command has.
    fn surroundings(&self, page: &mut String, command: &Command, cwd: &str) -> std::fmt::Result {
        let mut said = Vec::new();
        match &command.program {
            Program::Text { shell: Shell::Sh, strict: true, .. } => said.push("sh -eu".to_owned()),
            Program::Text { shell: Shell::Sh, strict: false, .. } => said.push("sh".to_owned()),
            Program::Text { shell: Shell::Bash, strict: false, .. } => {
                said.push("bash without -euo pipefail".to_owned())
            }
            Program::Text { shell: Shell::Bash, strict: true, .. } | Program::Argv(_) => {}
        }
        if let Some(own) = &command.cwd {
            let own = self.state.fill(own);
            // What is filled in later may be absolute as well as below the runbook's folder.
            said.push(format!("in {}", if own.starts_with("${") { &own } else { cwd }));
        }
        said.extend(command.tty.then(|| "in a terminal of its own".to_owned()));
        said.extend(command.background.is_some().then(|| "runs on beside later steps".to_owned()));
        said.extend(command.lasts.map(|lasts| format!("for {}", plan_length(lasts))));
        said.extend(command.timeout.map(|limit| format!("at most {}", plan_length(limit))));
        let retry =
            |retry: &crate::model::step::Retry| format!("{} tries, every {}", retry.times, plan_length(retry.every));
        said.extend(command.retry.as_ref().map(retry));
        let kept = command.kept_variables();
        said.extend((!kept.is_empty()).then(|| format!("keeps the shell's {}", kept.join(", "))));
        said.extend(command.connect.as_ref().map(|name| format!("PG* from {name}")));
        if !said.is_empty() {
            self.note(page, &said.join(", "))?;
        }
        let own: Vec<String> =
            command.env.iter().map(|(name, value)| format!("{name}={}", quoted(&self.state.fill(value)))).collect();
        let read = self.plan.vars.iter().filter(|var| names(command, var.name.as_str()));
        let read = read.map(|var| {
            let value = self.state.var(var.name.as_str());
            let value = value.map(|value| if var.show_host { without_user(value) } else { value.to_owned() });
            let value = value.map_or_else(|| "******".to_owned(), |value| quoted(&value));
            format!("{}={value}", var.name)
        });
        let all: Vec<String> = own.into_iter().chain(read).collect();
        if all.is_empty() { Ok(()) } else { self.note(page, &format!("with {}", all.join(" "))) }
    }
}

/// Whether a shell that reads this command's text reads the variable too.
fn names(command: &Command, name: &str) -> bool {
    let text = matches!(&command.program, Program::Text { text, .. } if mentions(text, name));
    text && command.env.iter().all(|(key, _)| key != name)
}

/// A URL without user and password: `show: host`.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[host..])
}

fn quoted(value: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=,@%+*${}".contains(letter);
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

fn escaped(command: &Command) -> Command {
    let mut command = command.clone();
    if let Program::Argv(words) = &mut command.program {
        words.iter_mut().for_each(|word| *word = unknown_now(word));
    }
    command.cwd = command.cwd.as_deref().map(unknown_now);
    command.stdin = command.stdin.as_deref().map(unknown_now);
    command.env.iter_mut().for_each(|(_, value)| *value = unknown_now(value));
    command
}

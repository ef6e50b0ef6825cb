//! The executor of a drill: it plays commands by their examples and never starts one.
//!
//! It says what an executor says of a process, for one that does not exist: its number is beyond what any kernel gives away, so
//! that nobody can look for it or signal it. A background command and one that lasts stay until they are ended. What a shell would
//! have kept of its variables is written where the shell would: from the example where it shows it, else a stand-in.

use super::rehearsal::{NO_EXAMPLE, stand_in_for};
use crate::engine::clock::Clock;
use crate::engine::exec::{CommandSpec, Control, Controls, ExecFact, Executor, Running};
use crate::engine::keep;
use crate::model::output::{Drained, Exit, Stream};
use crate::model::plan::Plan;
use crate::model::step::Command;
use crate::model::watch::Source;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;

/// No process has this number: Linux gives away at most 2^22.
const NOBODY: i32 = i32::MAX;
/// Bytes of an example that are said at a time.
const PIECE: usize = 64 * 1024;

/// What is played for one name.
#[derive(Clone, Default)]
struct Part {
    example: Option<String>,
    stays: bool,
    kept: Vec<String>,
}

/// Plays a rehearsed plan's commands.
pub struct Examples {
    clock: Arc<dyn Clock>,
    parts: BTreeMap<String, Part>,
}

impl Examples {
    /// An executor for this plan, which is rehearsed already.
    pub fn new(plan: &Plan, clock: Arc<dyn Clock>) -> Self {
        let probes = plan.probes.iter().filter_map(|probe| match &probe.source {
            Source::Command(command) => Some((probe.id.as_str(), &**command)),
            Source::Measure(_) => None,
        });
        let steps = plan.steps.iter().filter_map(|step| Some((step.id.as_str(), step.command()?)));
        let parts = probes.chain(steps).map(|(id, command)| (id.to_owned(), Part::of(command))).collect();
        Self { clock, parts }
    }

    /// What is played for `<run>/<name>.<attempt>`.
    fn part(&self, marker: &str) -> Part {
        let name = marker.split_once('/').map_or(marker, |(_run, name)| name);
        let name = name.rsplit_once('.').map_or(name, |(name, _attempt)| name);
        self.parts.get(name).cloned().unwrap_or_default()
    }
}

impl Part {
    fn of(command: &Command) -> Self {
        Self {
            example: command.example.clone(),
            stays: command.background.is_some() || command.lasts.is_some(),
            kept: command.kept_variables().into_iter().map(str::to_owned).collect(),
        }
    }

    /// The value of a shell's variable: `NAME=value` or `NAME: value` in the example, else a stand-in.
    fn value(&self, name: &str) -> String {
        let mut lines = self.example.iter().flat_map(|example| example.lines());
        let shown = lines.find_map(|line| {
            let rest = line.trim().strip_prefix(name)?;
            rest.strip_prefix('=').or_else(|| rest.strip_prefix(':')).map(str::trim)
        });
        shown.filter(|value| !value.is_empty()).map_or_else(|| stand_in_for(name), str::to_owned)
    }

    fn keep(&self, dir: &Path) -> std::io::Result<()> {
        self.kept.iter().try_for_each(|name| std::fs::write(dir.join(name), self.value(name)))
    }
}

impl Executor for Examples {
    fn spawn(&self, spec: CommandSpec) -> Running {
        let part = self.part(&spec.marker);
        let keep = spec.env.iter().find(|(name, _)| name == keep::VARIABLE).map(|(_, dir)| PathBuf::from(dir));
        let (facts, heard) = mpsc::channel(8);
        let (asking, controls) = Controls::deaf();
        tokio::spawn(play(part, keep, (facts, controls), Arc::clone(&self.clock)));
        Running::new(heard, asking)
    }
}

/// The course of one command. An error is that nobody listens any more.
async fn play(
    part: Part,
    keep: Option<PathBuf>,
    (facts, mut controls): (mpsc::Sender<ExecFact>, mpsc::UnboundedReceiver<Control>),
    clock: Arc<dyn Clock>,
) -> Option<()> {
    facts.send(ExecFact::Spawned { pid: NOBODY, start: 0, at: clock.now() }).await.ok()?;
    for bytes in part.example.iter().flat_map(|example| example.as_bytes().chunks(PIECE)) {
        facts.send(ExecFact::Output { stream: Stream::Out, bytes: bytes.to_vec(), at: clock.now() }).await.ok()?;
    }
    if part.example.is_none() {
        let said = format!("{NO_EXAMPLE}\n").into_bytes();
        facts.send(ExecFact::Output { stream: Stream::Err, bytes: said, at: clock.now() }).await.ok()?;
    }
    let kept = keep.map_or(Ok(()), |dir| part.keep(&dir));
    let exit = match kept {
        // A value that could not be kept is one that is not captured, and the judge says so.
        Err(why) => {
            let why = format!("tminus drill: a stand-in could not be kept: {why}\n").into_bytes();
            facts.send(ExecFact::Output { stream: Stream::Err, bytes: why, at: clock.now() }).await.ok()?;
            Exit::Code(1)
        }
        Ok(()) if part.stays => ended(controls.recv().await?),
        Ok(()) => Exit::Code(0),
    };
    facts.send(ExecFact::Exited { exit, drained: Drained::Eof, holders: Vec::new(), at: clock.now() }).await.ok()
}

/// How a process ends of which that is asked.
fn ended(control: Control) -> Exit {
    match control {
        Control::Interrupt => Exit::Signal(2),
        Control::Terminate => Exit::Signal(15),
        Control::Kill => Exit::Signal(9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(example: &str) -> Part {
        Part { example: Some(example.into()), ..Part::default() }
    }

    #[test]
    fn a_variable_has_the_value_that_the_example_shows_and_else_one_that_says_drill() {
        assert_eq!(part("TAGS=no\nTAG=v1.2\n").value("TAG"), "v1.2");
        assert_eq!(part("  TAG: v1.2 ").value("TAG"), "v1.2");
        assert_eq!(part("TAG=\nTAGGED v1").value("TAG"), "DRILL-TAG");
    }

    #[test]
    fn the_number_that_stands_for_a_process_is_one_that_no_process_has() {
        assert_eq!(crate::engine::survivors::start_ticks(NOBODY), None);
        assert!(crate::engine::survivors::find(&crate::engine::survivors::boot_id(), "", &[(NOBODY, 0)]).is_empty());
    }
}

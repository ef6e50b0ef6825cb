//! What is judged while a command still runs: a background command that is ready, and one that has printed what must not come.
//!
//! Bounded: at most 256 KiB of the newest output are looked at for `ready`. The verdict at the end is the judge's alone.

use crate::engine::driver::StepFact;
use crate::engine::judge::{Ended, Judge, Outcome};
use crate::model::expect::{ExitWanted, Expect, Verdict};
use crate::model::output::{Exit, Stream};
use crate::model::step::Command;
use std::time::Duration;

/// No more of what was printed is looked at again, bytes.
const KEPT: usize = 256 * 1024;

/// Looks at output as it comes.
#[derive(Default)]
pub struct Look {
    ready: Option<Command>,
    spoils: Option<Command>,
    printed: Vec<u8>,
    errors: Vec<u8>,
}

impl Look {
    /// For a command that runs on beside others or for a time; any other is judged at its end.
    pub fn at(command: &Command) -> Self {
        if command.background.is_none() && command.lasts.is_none() {
            return Self::default();
        }
        let ready = command.background.as_ref().and_then(|background| background.ready.clone());
        let spoils = Expect {
            exit: ExitWanted::Any,
            lacks: command.expect.lacks.clone(),
            except: command.expect.except.clone(),
            stderr: command.expect.stderr.as_ref().map(|stderr| {
                let (lacks, except) = (stderr.lacks.clone(), stderr.except.clone());
                Box::new(Expect { exit: ExitWanted::Any, lacks, except, ..Expect::default() })
            }),
            ..Expect::default()
        };
        let lacks = !spoils.lacks.is_empty() || spoils.stderr.as_ref().is_some_and(|stderr| !stderr.lacks.is_empty());
        let judged_by = |expect: Expect| Command {
            expect: Expect { exit: ExitWanted::Any, ..expect },
            ..Command::new(command.program.clone())
        };
        Self { ready: ready.map(judged_by), spoils: lacks.then(|| judged_by(spoils)), ..Self::default() }
    }

    /// Takes what was printed; a fact where that says something. Each is said once.
    pub fn feed(
        &mut self,
        stream: Stream,
        bytes: &[u8],
        vars: &dyn Fn(&str) -> Option<String>,
        mask: &dyn Fn(&str) -> String,
    ) -> Option<StepFact> {
        if self.ready.is_none() && self.spoils.is_none() {
            return None;
        }
        let kept = match stream {
            Stream::Out => &mut self.printed,
            Stream::Err => &mut self.errors,
        };
        kept.extend_from_slice(bytes);
        let over = kept.len().saturating_sub(KEPT);
        // From a line's beginning on, where there is one: half a line that is known would not be known.
        let rest = if over > 0 { memchr::memchr(b'\n', &kept[over..]).map_or(0, |at| at + 1) } else { 0 };
        kept.drain(..over + rest.min(kept.len() - over));
        if let Some(judged) = self.spoilt(vars) {
            self.spoils = None;
            let failed = judged.checks(mask).into_iter().find(|check| !check.ok);
            let why = failed.map_or_else(String::new, |check| format!("{}: {}", check.want, check.saw));
            return Some(StepFact::Spoilt { why });
        }
        let judged = self.judged(self.ready.as_ref(), vars).filter(|judged| judged.verdict == Verdict::Ok)?;
        self.ready = None;
        Some(StepFact::Ready {
            checks: judged.checks(mask).into_iter().filter(|check| check.want != "any exit").collect(),
        })
    }

    /// What has come that must not. A line that may still turn out to be known is waited for.
    fn spoilt(&self, vars: &dyn Fn(&str) -> Option<String>) -> Option<crate::engine::judge::Judged> {
        let judge = self.fed(self.spoils.as_ref())?;
        judge.is_spoilt(vars).then(|| judge.finish(&running(), vars))
    }

    fn judged(
        &self,
        command: Option<&Command>,
        vars: &dyn Fn(&str) -> Option<String>,
    ) -> Option<crate::engine::judge::Judged> {
        self.fed(command).map(|judge| judge.finish(&running(), vars))
    }

    fn fed(&self, command: Option<&Command>) -> Option<Judge> {
        let mut judge = Judge::new(command?).ok()?;
        judge.feed(Stream::Out, &self.printed);
        judge.feed(Stream::Err, &self.errors);
        Some(judge)
    }
}

/// It has not ended; nothing of how it will is asked.
fn running() -> Outcome {
    Outcome { exit: Exit::Code(0), took: Duration::ZERO, ended: Ended::ByItself, files: Vec::new(), shell: Vec::new() }
}

#[cfg(test)]
mod tests;

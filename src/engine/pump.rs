//! One attempt from its process to the journal: facts in, output judged unmasked in memory, masked, and handed to the
//! writer; the end is said only when all of its output is there.
//!
//! Back-pressure runs all the way: a writer that is slow makes the pump wait, the pump the executor, the executor the child.

use crate::engine::driver::{Captured, Ended, StepFact};
use crate::engine::exec::{ExecFact, Running};
use crate::engine::judge::{self, Judge, Outcome, look};
use crate::engine::mask::Masker;
use crate::model::ids::{Attempt, StepId, StepIx};
use crate::model::output::{Masked, Stream};
use crate::model::secret::Secret;
use crate::model::time::Stamp;
use std::future::Future;

/// Where masked output goes: the journal's writer, or a test.
pub trait Sink {
    /// Takes bytes over; waits while too many are under way.
    fn output(&mut self, stream: Stream, bytes: Vec<u8>, masked: Vec<Masked>, at: Stamp) -> impl Future<Output = ()>;
    /// No more output of this attempt comes.
    fn end(&mut self) -> impl Future<Output = ()>;
}

/// What a pump needs.
pub struct Pump<S: Sink> {
    /// The runbook.
    pub plan: std::sync::Arc<crate::model::plan::Plan>,
    /// Whose output it is.
    pub step: StepIx,
    /// Its id.
    pub id: StepId,
    /// Which try.
    pub attempt: Attempt,
    /// Judges it.
    pub judge: Judge,
    /// Secrets to be masked, by name.
    pub secrets: Vec<(String, Secret)>,
    /// Nothing of its output is kept but its length: it prints a secret that is captured.
    pub private: bool,
    /// Variables for `expect: { of: VAR }`.
    pub vars: std::collections::BTreeMap<String, String>,
    /// Its directory, for files that it makes.
    pub cwd: std::path::PathBuf,
    /// When it was started.
    pub began: Stamp,
    /// Where output goes.
    pub sink: S,
}

impl<S: Sink> Pump<S> {
    /// Runs until the attempt is over; says its facts through `say`.
    pub async fn run(mut self, mut running: Running, mut say: impl FnMut(StepIx, Attempt, StepFact)) {
        let named: Vec<(&str, &Secret)> = self.secrets.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let mut out = Masker::new(&named);
        let mut err = out.fresh();
        let whole = out.fresh();
        let mask = |text: &str| String::from_utf8_lossy(&whole.whole(text.as_bytes()).bytes).into_owned();
        let mut last = self.began;
        let mut began = self.began;
        while let Some(fact) = running.facts.recv().await {
            match fact {
                ExecFact::Spawned { pid, start, at } => {
                    began = at;
                    say(self.step, self.attempt, StepFact::Spawned { pid, start });
                }
                ExecFact::NotStarted { why, .. } => {
                    self.sink.end().await;
                    let why = mask(&why);
                    say(self.step, self.attempt, StepFact::NotStarted { why });
                    return;
                }
                ExecFact::Output { stream, bytes, at } => {
                    last = at;
                    self.judge.feed(stream, &bytes);
                    if self.private {
                        continue;
                    }
                    let masker = if stream == Stream::Out { &mut out } else { &mut err };
                    let masked = masker.push(bytes);
                    if !masked.bytes.is_empty() || !masked.masked.is_empty() {
                        self.sink.output(stream, masked.bytes, masked.masked, at).await;
                    }
                }
                ExecFact::Exited { exit, drained, holders, at } => {
                    for (stream, masker) in [(Stream::Out, &mut out), (Stream::Err, &mut err)] {
                        let rest = masker.finish();
                        if !rest.bytes.is_empty() || !rest.masked.is_empty() {
                            self.sink.output(stream, rest.bytes, rest.masked, last).await;
                        }
                    }
                    self.sink.end().await;
                    let took = at.since(began);
                    let vars = &self.vars;
                    let files = self
                        .plan
                        .step(self.step)
                        .command()
                        .map(|command| look(command, &self.cwd, instant(self.began)));
                    let outcome =
                        Outcome { exit, took, ended: judge::Ended::ByItself, files: files.unwrap_or_default() };
                    let judged = self.judge.finish(&outcome, &|name| vars.get(name).cloned());
                    let checks = judged.checks(&mask);
                    let keep = |each: judge::Captured| Captured {
                        name: each.name,
                        value: Secret::new(each.value),
                        secret: each.secret,
                    };
                    let verdict = judged.verdict;
                    let captured = judged.captured.into_iter().map(keep).collect();
                    let ended = Ended { exit, took, drained, holders, verdict, checks, captured };
                    say(self.step, self.attempt, StepFact::Ended(Box::new(ended)));
                    return;
                }
            }
        }
        self.sink.end().await;
        say(self.step, self.attempt, StepFact::NotStarted { why: "its supervisor went away".into() });
    }
}

/// The wall time of a stamp, as the file system tells times.
fn instant(at: Stamp) -> std::time::SystemTime {
    std::time::UNIX_EPOCH + std::time::Duration::from_micros(u64::try_from(at.wall).unwrap_or(0))
}

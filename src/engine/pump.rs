//! One attempt from its process to the journal: facts in, output judged unmasked in memory, masked, and handed to the
//! writer; the end is said only when all of its output is there.
//!
//! Back-pressure runs all the way: a writer that is slow makes the pump wait, the pump the executor, the executor the child.

use crate::engine::driver::{Captured, Ended, StepFact};
use crate::engine::exec::{ExecFact, NOBODY_SAW, Running};
use crate::engine::judge::{self, Judge, Outcome, look};
use crate::engine::keep::Keep;
use crate::engine::listen::{Heard, Listening};
use crate::engine::look::Look;
use crate::engine::mask::{MaskedBytes, Masker};
use crate::engine::tail::{News, TailWriter};
use crate::model::expect::{Check, Verdict};
use crate::model::ids::{Attempt, StepId, StepIx};
use crate::model::output::{Drained, Exit, Masked, Stream};
use crate::model::secret::Secret;
use crate::model::time::Stamp;
use std::future::Future;
use std::time::Duration;

/// Where masked output goes: the journal's writer, or a test.
pub trait Sink {
    /// Takes bytes over; waits while too many are under way.
    fn output(&mut self, stream: Stream, bytes: Vec<u8>, masked: Vec<Masked>, at: Stamp) -> impl Future<Output = ()>;
    /// No more output of this attempt comes. Whether some of it could not be kept.
    fn end(&mut self) -> impl Future<Output = bool>;
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
    /// What a background command must print before the next step may start, and what is never to come.
    pub look: Look,
    /// Known failures: what the output looks like then, and what is said.
    pub hints: Vec<(Judge, String)>,
    /// Where its shell leaves variables that are captured.
    pub keep: Option<Keep>,
    /// Others are judged by what it prints.
    pub tail: Option<TailWriter>,
    /// It is judged by what another prints; `judge` is for that then.
    pub listening: Option<Listening>,
    /// When it was started.
    pub began: Stamp,
    /// Where output goes.
    pub sink: S,
}

impl<S: Sink> Pump<S> {
    /// Runs until the attempt is over; says its facts through `say`.
    pub async fn run(mut self, mut running: Running, mut say: impl FnMut(StepIx, Attempt, StepFact)) {
        let (step, attempt) = (self.step, self.attempt);
        let mut maskers = self.maskers();
        let mut spawned = None;
        while let Some(fact) = self.next(&mut running).await {
            match fact {
                ExecFact::Spawned { pid, start, at } => {
                    spawned = Some(at);
                    say(step, attempt, StepFact::Spawned { pid, start });
                }
                ExecFact::Reached { group, place, .. } => {
                    say(step, attempt, StepFact::Reached { group, place: maskers.text(&place) });
                }
                ExecFact::NotStarted { why, .. } => {
                    self.sink.end().await;
                    say(step, attempt, StepFact::NotStarted { why: maskers.text(&why) });
                    return;
                }
                ExecFact::Output { stream, bytes, at } => {
                    maskers.last = at;
                    self.listening.as_mut().map_or(&mut self.judge, |own| &mut own.own).feed(stream, &bytes);
                    if let Some(tail) = &self.tail {
                        tail.0.push(stream, &bytes);
                    }
                    self.hints.iter_mut().for_each(|(judge, _)| judge.feed(stream, &bytes));
                    let vars = &self.vars;
                    let seen =
                        self.look.feed(stream, &bytes, &|name| vars.get(name).cloned(), &|text| maskers.text(text));
                    if let Some(seen) = seen {
                        say(step, attempt, seen);
                    }
                    if !self.private {
                        let masked = maskers.of(stream).push(bytes);
                        self.hand_on(stream, masked, at).await;
                    }
                }
                ExecFact::Lost { why, at } => {
                    self.end_output(&mut maskers).await;
                    say(step, attempt, nobody_saw(maskers.text(&why), at.since(spawned.unwrap_or(self.began))));
                    return;
                }
                ExecFact::Exited { exit, drained, holders, at } => {
                    let lost = self.end_output(&mut maskers).await;
                    drop(self.tail.take());
                    let took = at.since(spawned.unwrap_or(self.began));
                    self.listen_on(exit, took, &running).await;
                    let ended = self.judged(exit, took, &maskers);
                    say(step, attempt, StepFact::Ended(Box::new(Ended { drained, holders, lost, ..ended })));
                    return;
                }
            }
        }
        self.end_output(&mut maskers).await;
        say(step, attempt, lost_from_sight(spawned.is_some(), maskers.last.since(self.began)));
    }

    /// The next fact of its own process. What is heard of another meanwhile is judged.
    async fn next(&mut self, running: &mut Running) -> Option<ExecFact> {
        loop {
            let Some(listening) = &mut self.listening else { return running.facts.recv().await };
            let heard = tokio::select! {
                fact = running.facts.recv() => return fact,
                heard = listening.hear() => heard,
            };
            match heard {
                Heard::News(news) => self.take(&news),
                Heard::Asked(control) => {
                    // Asked while its own process runs: when that is over, nothing is listened for any more.
                    listening.stopped = true;
                    running.control(control);
                }
            }
        }
    }

    fn take(&mut self, news: &News) {
        for (stream, bytes) in &news.pieces {
            self.judge.feed(*stream, bytes);
            self.hints.iter_mut().for_each(|(judge, _)| judge.feed(*stream, bytes));
        }
    }

    /// Its process is over; what it is judged by may still come. Nothing is waited for where it has failed already.
    async fn listen_on(&mut self, exit: Exit, took: Duration, running: &Running) {
        let vars = self.vars.clone();
        let vars = |name: &str| vars.get(name).cloned();
        let Some(listening) = &self.listening else { return };
        let limit = tokio::time::sleep(listening.left(took));
        tokio::pin!(limit);
        loop {
            let Some(listening) = &mut self.listening else { return };
            if listening.stopped {
                return;
            }
            let ended = Outcome { exit, took, ..listening.outcome() };
            if !listening.own.holds_exit(&ended) || listening.is_settled(&self.judge, &vars) {
                return;
            }
            let heard = tokio::select! {
                heard = listening.hear() => heard,
                () = &mut limit => return,
            };
            match heard {
                Heard::News(news) => self.take(&news),
                Heard::Asked(control) => {
                    running.control(control);
                    return;
                }
            }
        }
    }

    fn maskers(&self) -> Maskers {
        let named: Vec<(&str, &Secret)> = self.secrets.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let out = Masker::new(&named);
        Maskers { err: out.fresh(), whole: out.fresh(), out, last: self.began }
    }

    async fn hand_on(&mut self, stream: Stream, masked: MaskedBytes, at: Stamp) {
        if !masked.bytes.is_empty() || !masked.masked.is_empty() {
            self.sink.output(stream, masked.bytes, masked.masked, at).await;
        }
    }

    /// Hands on what was held back because a secret might have begun in it.
    async fn end_output(&mut self, maskers: &mut Maskers) -> bool {
        for stream in [Stream::Out, Stream::Err] {
            let rest = maskers.of(stream).finish();
            self.hand_on(stream, rest, maskers.last).await;
        }
        self.sink.end().await
    }

    fn judged(self, exit: Exit, took: Duration, maskers: &Maskers) -> Ended {
        let command = self.plan.step(self.step).command();
        let files = command.map(|command| match self.plan.elsewhere(command) {
            Some(target) => judge::files_elsewhere(command, target.id.as_str()),
            None => look(command, &self.cwd, instant(self.began)),
        });
        let files = files.unwrap_or_default();
        let shell = self.keep.as_ref().zip(command).map(|(keep, command)| keep.read(command)).unwrap_or_default();
        let outcome = Outcome { exit, took, ended: judge::Ended::ByItself, files, shell };
        let vars = &self.vars;
        let hints = self.hints.into_iter().filter_map(|(judge, say)| {
            // A hint's picture stands where a trip does: the verdict is a failure when it holds.
            let verdict = judge.finish(&outcome, &|name| vars.get(name).cloned()).verdict;
            (verdict == Verdict::Fail).then_some(say)
        });
        let hints = hints.collect();
        let vars = |name: &str| vars.get(name).cloned();
        let (judged, heard) = match self.listening {
            None => (self.judge.finish(&outcome, &vars), None),
            Some(listening) => {
                let heard = self.judge.finish(&listening.outcome(), &vars);
                (listening.own.finish(&outcome, &vars), Some((listening.to, heard)))
            }
        };
        let mut checks = judged.checks(&|text| maskers.text(text));
        let mut verdict = judged.verdict;
        if let Some((from, heard)) = heard {
            let said = heard.checks(&|text| maskers.text(text)).into_iter().filter(|check| check.want != "any exit");
            checks.extend(said.map(|check| Check { want: format!("{from}: {}", check.want), ..check }));
            verdict = if verdict == Verdict::Ok { heard.verdict } else { verdict };
        }
        if self.private {
            // What came may hold the very value that is to be captured, and no masker knows it yet.
            let of_output = checks.iter_mut().filter(|check| !check.want.starts_with("exit"));
            of_output.for_each(|check| check.saw = "(hidden)".into());
        }
        let captured = judged.captured.into_iter().map(|each| Captured {
            name: each.name,
            value: Secret::new(each.value),
            secret: each.secret,
        });
        let captured = captured.collect();
        let (drained, holders, lost) = (Drained::Eof, Vec::new(), false);
        Ended { exit, took, drained, holders, verdict, checks, captured, hints, lost }
    }
}

/// One masker for each stream, and one for texts.
struct Maskers {
    out: Masker,
    err: Masker,
    whole: Masker,
    /// When something was printed last.
    last: Stamp,
}

impl Maskers {
    fn of(&mut self, stream: Stream) -> &mut Masker {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.whole.whole(text.as_bytes()).bytes).into_owned()
    }
}

/// The facts ended without an end. Of a process that existed nobody can tell what became of it: never "not started".
fn lost_from_sight(spawned: bool, took: Duration) -> StepFact {
    if !spawned {
        return StepFact::NotStarted { why: "its supervisor went away".into() };
    }
    nobody_saw("its supervisor went away".into(), took)
}

/// An end that nobody saw is unknown, whatever was printed before it.
fn nobody_saw(why: String, took: Duration) -> StepFact {
    let check = Check { want: "its end".into(), saw: why, ok: false };
    StepFact::Ended(Box::new(Ended {
        exit: NOBODY_SAW,
        took,
        drained: Drained::Grace,
        holders: Vec::new(),
        verdict: Verdict::Unknown,
        checks: vec![check],
        captured: Vec::new(),
        lost: false,
        hints: Vec::new(),
    }))
}

/// The wall time of a stamp, as the file system tells times.
fn instant(at: Stamp) -> std::time::SystemTime {
    std::time::UNIX_EPOCH + std::time::Duration::from_micros(u64::try_from(at.wall).unwrap_or(0))
}

#[cfg(test)]
mod tests;

//! One reading of a probe: its command run once, beside everything else, and judged for each that watches it.
//!
//! Nothing of it is kept but what a `Sampled` record says. Silence, a failure, a limit that was reached: the reading is
//! unknown, never the last good value. The conductor starts readings when the driver asks for them.

use crate::engine::exec::{Control, ExecFact, Running};
use crate::engine::judge::{Ended, Judge, Outcome};
use crate::engine::secrets::Secrets;
use crate::model::event::{Event, Seen};
use crate::model::expect::{Expect, Verdict};
use crate::model::ids::{ProbeId, ProbeIx};
use crate::model::output::{Exit, Stream};
use crate::model::plan::Plan;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Command, Evidence, Work};
use crate::model::watch::Aspect;
use std::collections::BTreeMap;
use std::time::Duration;

/// No more of a value stands in a record, characters.
const LONGEST_VALUE: usize = 200;

/// A probe that answers later than this is silent, however seldom it is read.
const PATIENCE: Duration = Duration::from_secs(30);

/// For whom a reading is judged, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct Watcher {
    /// The trigger's or step's id.
    pub by: String,
    /// What of it.
    pub aspect: Aspect,
    /// What must hold.
    pub expect: Expect,
}

/// Everybody who watches a probe now: triggers, monitors that look on, criteria that stand on it.
pub fn watchers(plan: &Plan, state: &RunState, probe: ProbeIx) -> Vec<Watcher> {
    let id = &plan.probe(probe).id;
    let mut all = Vec::new();
    for trigger in plan.triggers.iter().filter(|trigger| trigger.probe.as_ref() == Some(id)) {
        let trip = trigger.trip.iter();
        all.extend(trip.map(|trip| watcher(trigger.id.as_str(), Aspect::Trip, &trip.expect)));
    }
    for (at, step) in plan.steps.iter().enumerate() {
        match &step.work {
            Work::Monitor(monitor)
                if monitor.probe.as_ref() == Some(id) && state.steps[at].status == StepStatus::Running =>
            {
                let id = step.id.as_str();
                all.extend(monitor.trip.iter().map(|trip| watcher(id, Aspect::Trip, &trip.expect)));
                all.extend(monitor.ok.iter().map(|ok| watcher(id, Aspect::Ok, ok)));
                all.extend(monitor.until.iter().map(|until| watcher(id, Aspect::Until, until)));
            }
            Work::Evidence(Evidence::Signal { probe, expect }) if probe == id => {
                all.push(watcher(step.id.as_str(), Aspect::Ok, expect));
            }
            _watches_nothing => {}
        }
    }
    all
}

fn watcher(by: &str, aspect: Aspect, expect: &Expect) -> Watcher {
    Watcher { by: by.to_owned(), aspect, expect: expect.clone() }
}

/// One reading under way.
pub struct Reader {
    /// Which probe.
    pub probe: ProbeId,
    /// Its command.
    pub command: Command,
    /// For whom it is judged.
    pub watchers: Vec<Watcher>,
    /// The time between two readings: no reading takes longer.
    pub every: Duration,
    /// Variables for `expect: { of: VAR }`.
    pub vars: BTreeMap<String, String>,
    /// What must not be recorded.
    pub secrets: Secrets,
}

impl Reader {
    /// Reads once; the record of what came.
    pub async fn read(self, mut running: Running) -> Event {
        let limit = self.every.max(Duration::from_secs(1)).min(PATIENCE);
        let limit = self.command.timeout.map_or(limit, |timeout| timeout.min(limit));
        let mut judges = match self.judges() {
            Ok(judges) => judges,
            Err(why) => return self.unknown(why),
        };
        let mut value = Vec::new();
        let ended = tokio::time::timeout(limit, async {
            let mut began = None;
            while let Some(fact) = running.facts.recv().await {
                match fact {
                    ExecFact::Spawned { at, .. } => began = Some(at),
                    ExecFact::Reached { .. } => {}
                    ExecFact::Lost { why, .. } => return Err(why),
                    ExecFact::NotStarted { why, .. } => return Err(format!("it could not be started: {why}")),
                    ExecFact::Output { stream, bytes, .. } => {
                        judges.iter_mut().for_each(|(_, judge)| judge.feed(stream, &bytes));
                        if stream == Stream::Out && value.len() < 4 * LONGEST_VALUE {
                            value.extend_from_slice(&bytes[..bytes.len().min(4 * LONGEST_VALUE)]);
                        }
                    }
                    ExecFact::Exited { exit, at, .. } => {
                        return Ok((exit, at.since(began.unwrap_or(at))));
                    }
                }
            }
            Err("its supervisor went away".to_owned())
        })
        .await;
        match ended {
            Ok(Ok((exit, took))) => self.judged(judges, (exit, took), &value),
            Ok(Err(why)) => self.unknown(why),
            Err(_) => {
                running.control(Control::Kill);
                self.unknown(format!("no answer within {}", crate::model::time::plan_length(limit)))
            }
        }
    }

    /// One judge for each that watches; with nobody, one for what the probe itself expects.
    fn judges(&self) -> Result<Vec<(Option<&Watcher>, Judge)>, String> {
        if self.watchers.is_empty() {
            return self.judge(None).map(|only| vec![only]);
        }
        self.watchers.iter().map(|watcher| self.judge(Some(watcher))).collect()
    }

    fn judge<'a>(&'a self, watcher: Option<&'a Watcher>) -> Result<(Option<&'a Watcher>, Judge), String> {
        let command = Command { trip: watcher.map(|watcher| watcher.expect.clone()), ..self.command.clone() };
        Judge::new(&command).map(|judge| (watcher, judge)).map_err(|why| why.to_string())
    }

    fn judged(&self, judges: Vec<(Option<&Watcher>, Judge)>, ended: (Exit, Duration), value: &[u8]) -> Event {
        let (exit, took) = ended;
        let mask = |text: &str| self.secrets.masked(text);
        let outcome = Outcome { exit, took, ended: Ended::ByItself, files: Vec::new(), shell: Vec::new() };
        let (mut seen, mut unknown) = (Vec::new(), None);
        for (watcher, judge) in judges {
            let judged = judge.finish(&outcome, &|name| self.vars.get(name).cloned());
            let checks = judged.checks(&mask);
            let failed = || {
                let check = checks.iter().find(|check| !check.ok);
                check.map_or_else(|| exit.shown(), |check| format!("{}: {}", check.want, check.saw))
            };
            match (watcher, judged.verdict) {
                // A trip that holds makes the verdict a failure, and one that does not an ok: anything else is no answer.
                (Some(watcher), Verdict::Fail | Verdict::Ok) => {
                    let (by, aspect) = (watcher.by.clone(), watcher.aspect);
                    let holds = judged.verdict == Verdict::Fail;
                    let checks = checks.into_iter().filter_map(|check| {
                        let want = check.want.strip_prefix("NO-GO if ")?.to_owned();
                        Some(crate::model::expect::Check { want, saw: check.saw, ok: holds })
                    });
                    seen.push(Seen { by, aspect, holds, checks: checks.collect() });
                }
                (None, Verdict::Ok) => {}
                (_, _no_answer) => unknown = Some(failed()),
            }
        }
        match unknown {
            // One watcher that gets no answer takes nothing away from another's.
            Some(why) if seen.is_empty() => self.unknown(why),
            _read => self.sampled(Some(shortened(&mask(&String::from_utf8_lossy(value)))), None, seen),
        }
    }

    fn unknown(&self, why: String) -> Event {
        self.sampled(None, Some(shortened(&self.secrets.masked(&why))), Vec::new())
    }

    fn sampled(&self, value: Option<String>, unknown: Option<String>, seen: Vec<Seen>) -> Event {
        let by = crate::model::actor::Actor::program();
        Event::Sampled { probe: self.probe.clone(), value, unknown, seen, by, asked: None }
    }
}

/// The first line that says something, cut.
fn shortened(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(LONGEST_VALUE).collect()
}

#[cfg(test)]
mod tests;

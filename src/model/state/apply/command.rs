//! Records of commands: begun, spawned, printed, exited, judged.

use super::{Applied, find};
use crate::model::event::Event;
use crate::model::expect::Verdict;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::Work;

impl RunState {
    pub(super) fn fold_command(&mut self, plan: &Plan, record: &Record) -> Applied {
        let at = record.at;
        match &record.event {
            Event::StepStarted { step, attempt, by, invocation, until, reason, .. } => {
                let ix = self.begin_step(plan, step, *attempt, at, by)?;
                let state = &mut self.steps[ix.0];
                state.status = match &plan.step(ix).work {
                    Work::Run(_) | Work::Wait(_) => StepStatus::Running,
                    Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } | Work::Gate(_) => {
                        StepStatus::You
                    }
                };
                state.invocation.clone_from(invocation);
                state.until = *until;
                state.reason.clone_from(reason);
                let number = plan.step(ix).number.clone();
                let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
                self.say(record, Some(ix), "RUN", format!("{number} started by {}{again}", by.shown()));
            }
            Event::StepSpawned { step, attempt, pid, start } => {
                self.present(plan, step, *attempt)?.process = Some((*pid, *start));
            }
            Event::Output { step, attempt, extent } => {
                let state = self.present(plan, step, *attempt)?;
                if extent.off != state.bytes {
                    return Err(format!("output of {step} at {} where {} bytes are known", extent.off, state.bytes));
                }
                state.bytes += extent.len;
                state.lines += extent.lines;
                state.masked += extent.masked.iter().map(|masked| masked.count).sum::<u64>();
            }
            Event::OutputLost { step, attempt, bytes } => {
                self.present(plan, step, *attempt)?.lost += bytes;
                let ix = find(plan, step)?;
                self.say(record, Some(ix), "alarm", format!("{bytes} bytes of output were not kept"));
            }
            Event::StepExited { step, attempt, exit, took, drained, holders } => {
                let state = self.present(plan, step, *attempt)?;
                state.exit = Some(*exit);
                state.took = Some(*took);
                state.drained = Some(*drained);
                state.holders.clone_from(holders);
                state.ended = Some(at);
            }
            Event::StepNotStarted { step, attempt, why } => {
                let state = self.present(plan, step, *attempt)?;
                state.reason = Some(why.clone());
                state.end(StepStatus::Failed, at);
                let ix = find(plan, step)?;
                self.say(record, Some(ix), "FAIL", format!("{} could not be started: {why}", plan.step(ix).number));
            }
            Event::StepTimeout { step, attempt } => self.present(plan, step, *attempt)?.timed_out = true,
            Event::StopAsked { step, attempt, how, by } => {
                self.present(plan, step, *attempt)?.stopping = true;
                let ix = find(plan, step)?;
                self.say(
                    record,
                    Some(ix),
                    "stop",
                    format!("{} asked to stop {} ({how:?})", by.shown(), plan.step(ix).number),
                );
            }
            Event::StepJudged { .. } => self.fold_verdict(plan, record)?,
            Event::Survivors { step, attempt, holders } => {
                let ix = find(plan, step)?;
                self.present(plan, step, *attempt)?.holders.clone_from(holders);
                if !holders.is_empty() {
                    let names: Vec<String> =
                        holders.iter().map(|held| format!("{} (pid {})", held.comm, held.pid)).collect();
                    self.say(record, Some(ix), "?", format!("still running: {}", names.join(", ")));
                }
            }
            _ => return Err("not of a command".into()),
        }
        Ok(())
    }

    pub(super) fn fold_verdict(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepJudged { step, attempt, verdict, checks, bound, retry } = &record.event else {
            return Err("no verdict".into());
        };
        let ix = find(plan, step)?;
        let takes = plan.step(ix).takes;
        let state = self.present(plan, step, *attempt)?;
        let late = takes.is_some_and(|takes| state.took.is_some_and(|took| took > takes));
        let ended = state.ended.unwrap_or(record.at);
        state.verdict = Some(*verdict);
        state.checks.clone_from(checks);
        state.retry_at = *retry;
        let status = match verdict {
            Verdict::Ok if late => StepStatus::Late,
            Verdict::Ok => StepStatus::Ok,
            Verdict::Fail => StepStatus::Failed,
            Verdict::Time => StepStatus::TimedOut,
            Verdict::Stop => StepStatus::Stopped,
            Verdict::Unknown => StepStatus::Unknown,
        };
        state.end(status, ended);
        let exit = state.exit.map(|exit| format!(", {}", exit.shown())).unwrap_or_default();
        self.bind(bound);
        self.mark_back(plan, ix);
        self.say(record, Some(ix), status.word(), format!("{} {}{exit}", plan.step(ix).number, status.word()));
        Ok(())
    }
}

//! Records of commands: begun, spawned, printed, exited, judged.
//!
//! A command's record is taken only while that very attempt runs: what comes for another, or after a resume made it
//! unknown, is illegal.

use super::{Applied, find, misdirected};
use crate::model::event::Event;
use crate::model::expect::Verdict;
use crate::model::ids::{Attempt, StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::signoff;
use crate::model::state::{RunState, StepStatus, There};
use crate::model::step::Work;

impl RunState {
    pub(super) fn fold_started(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepStarted { step, attempt, by, invocation, until, reason, second, .. } = &record.event else {
            return misdirected();
        };
        let ix = self.may_begin(plan, step, *attempt)?;
        self.is_seconded(plan, ix, (by, second.as_ref()))?;
        let how = if signoff::seconds(plan, ix).is_some() { "signed" } else { "typed" };
        let (held, lived) = (self.held, self.lived + self.length_to(record));
        let own = self.own(ix);
        own.begin(*attempt, record.at, by.clone());
        own.begun = record.seq;
        own.changed = record.seq;
        own.held_before = held;
        own.began_at = lived;
        own.status = match &plan.step(ix).work {
            Work::Run(_) | Work::Wait(_) | Work::Monitor(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
                StepStatus::Running
            }
            Work::Notify(_) if invocation.is_some() => StepStatus::Running,
            Work::Check(_)
            | Work::Measure(_)
            | Work::Ask(_)
            | Work::Choose { .. }
            | Work::Gate(_)
            | Work::Notify(_)
            | Work::Sign(_) => StepStatus::You,
        };
        own.invocation.clone_from(invocation);
        own.until = *until;
        own.reason.clone_from(reason);
        self.ask_again(plan, record, ix);
        self.call_again(plan, record, ix);
        let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
        let second = second.as_ref().map(|who| format!(", second person {who} ({how})")).unwrap_or_default();
        self.say(record, Some(ix), "RUN", format!("{} started by {}{second}{again}", plan.step(ix).number, by.shown()));
        Ok(())
    }

    /// Whether this attempt may begin: nothing runs twice, and nothing begins in a run that rests.
    fn may_begin(&self, plan: &Plan, step: &StepId, attempt: Attempt) -> Result<StepIx, String> {
        let ix = find(plan, step)?;
        let own = self.step(ix);
        if self.ended.is_some() || self.paused || self.hold.is_some() {
            return Err(format!("{step} begins in a run that is held, paused or at its end"));
        }
        self.in_hand()?;
        let again = self.lost_secret(plan, ix).is_some();
        if own.status.open() || own.is_orphan() || own.status.settled() && !again {
            return Err(format!("{step} is {} already", own.status));
        }
        if attempt != own.attempt + 1 {
            return Err(format!("attempt {attempt} of {step} after attempt {}", own.attempt));
        }
        Ok(ix)
    }

    pub(super) fn fold_spawned(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepSpawned { step, attempt, pid, start } = &record.event else { return misdirected() };
        let ix = self.commanded(plan, (step, *attempt))?;
        self.own(ix).process = Some((*pid, *start));
        Ok(())
    }

    pub(super) fn fold_reached(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepReached { step, attempt, group, place, .. } = &record.event else { return misdirected() };
        let ix = self.commanded(plan, (step, *attempt))?;
        self.own(ix).there = Some(There { group: *group, place: place.clone() });
        Ok(())
    }

    /// How much was typed is recorded now and then, so it may come after the attempt's end.
    pub(super) fn fold_typed(&mut self, plan: &Plan, of: (&StepId, Attempt), bytes: u64) -> Applied {
        let ix = find(plan, of.0)?;
        if of.1 == 0 || of.1 > self.step(ix).attempt {
            return Err(format!("{} has no attempt {}", of.0, of.1));
        }
        if of.1 == self.step(ix).attempt {
            self.own(ix).typed += bytes;
        }
        Ok(())
    }

    pub(super) fn fold_output(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::Output { step, attempt, extent } = &record.event else { return misdirected() };
        let ix = self.commanded(plan, (step, *attempt))?;
        let own = self.own(ix);
        if extent.off != own.bytes {
            return Err(format!("output of {step} at {} where {} bytes are known", extent.off, own.bytes));
        }
        own.bytes += extent.len;
        own.lines += extent.lines;
        own.masked += extent.masked.iter().map(|masked| masked.count).sum::<u64>();
        Ok(())
    }

    /// The writer says what it could not keep when it can write again, which may be after the attempt's end.
    pub(super) fn fold_lost(&mut self, plan: &Plan, record: &Record, of: (&StepId, Attempt), bytes: u64) -> Applied {
        let ix = find(plan, of.0)?;
        if of.1 == 0 || of.1 > self.step(ix).attempt {
            return Err(format!("{} has no attempt {}", of.0, of.1));
        }
        if of.1 == self.step(ix).attempt {
            self.own(ix).lost += bytes;
        }
        self.say(record, Some(ix), "alarm", format!("{bytes} bytes of output were not kept"));
        Ok(())
    }

    pub(super) fn fold_exited(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepExited { step, attempt, exit, took, drained, holders } = &record.event else {
            return misdirected();
        };
        let ix = self.commanded(plan, (step, *attempt))?;
        let own = self.own(ix);
        own.exit = Some(*exit);
        own.took = Some(*took);
        own.drained = Some(*drained);
        own.holders.clone_from(holders);
        own.ended = Some(record.at);
        Ok(())
    }

    pub(super) fn fold_not_started(
        &mut self,
        plan: &Plan,
        record: &Record,
        of: (&StepId, Attempt),
        why: &str,
    ) -> Applied {
        let ix = self.commanded(plan, of)?;
        self.own(ix).reason = Some(why.to_owned());
        self.end_step(plan, record, ix, StepStatus::Failed);
        self.say(record, Some(ix), "FAIL", format!("{} could not be started: {why}", plan.step(ix).number));
        Ok(())
    }

    pub(super) fn fold_timeout(&mut self, plan: &Plan, step: &StepId, attempt: Attempt) -> Applied {
        let ix = self.commanded(plan, (step, attempt))?;
        self.own(ix).timed_out = true;
        Ok(())
    }

    pub(super) fn fold_stop_asked(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StopAsked { step, attempt, how, by } = &record.event else { return misdirected() };
        let ix = self.commanded(plan, (step, *attempt))?;
        self.own(ix).stopping = true;
        let text = format!("{} asked to stop {} ({})", by.shown(), plan.step(ix).number, how.word());
        self.say(record, Some(ix), "stop", text);
        Ok(())
    }

    pub(super) fn fold_survivors(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::Survivors { step, attempt, holders, unseen } = &record.event else { return misdirected() };
        let ix = self.present(plan, (step, *attempt), &[StepStatus::Unknown])?;
        let own = self.own(ix);
        own.looked = true;
        own.holders.clone_from(holders);
        own.unseen.clone_from(unseen);
        if !holders.is_empty() {
            let names: Vec<String> = holders.iter().map(|held| format!("{} (pid {})", held.comm, held.pid)).collect();
            self.say(record, Some(ix), "?", format!("still running: {}", names.join(", ")));
        }
        Ok(())
    }

    pub(super) fn fold_judged(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepJudged { step, attempt, verdict, checks, bound, retry, hints } = &record.event else {
            return misdirected();
        };
        let ix = self.judgeable(plan, (step, *attempt))?;
        let takes = plan.step(ix).takes;
        let own = self.own(ix);
        let late = takes.is_some_and(|takes| own.took.is_some_and(|took| took > takes));
        let ended = own.ended.unwrap_or(record.at);
        own.verdict = Some(*verdict);
        own.checks.clone_from(checks);
        own.hints.clone_from(hints);
        let status = match verdict {
            Verdict::Ok if late => StepStatus::Late,
            Verdict::Ok => StepStatus::Ok,
            Verdict::Fail => StepStatus::Failed,
            Verdict::Time => StepStatus::TimedOut,
            Verdict::Stop => StepStatus::Stopped,
            Verdict::Unknown => StepStatus::Unknown,
        };
        let exit = own.exit.map(|exit| format!(", {}", exit.shown())).unwrap_or_default();
        self.bind(bound);
        self.end_step(plan, record, ix, status);
        let own = self.own(ix);
        // The process's own end, not the instant at which it was judged.
        own.ended = Some(ended);
        own.retry_at = *retry;
        self.say(record, Some(ix), status.word(), format!("{} {}{exit}", plan.step(ix).number, status.word()));
        Ok(())
    }
}

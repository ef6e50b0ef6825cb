//! Records of what people answered, settled, chose, let go and said of unknown steps.
//!
//! A person's word never passes for evidence: what it settles is `hand`, `skip`, `n/a` or `over`, never `ok`.

use super::{Applied, find, misdirected};
use crate::model::event::{Answer, Event, Resolution, Settled};
use crate::model::ids::{StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::step::Answered;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::{Place, Work};
use std::time::Duration;

impl RunState {
    pub(super) fn fold_answered(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepAnswered { step, attempt, item, answer, saw, checks, bound, by } = &record.event else {
            return misdirected();
        };
        let ix = self.present(plan, (step, *attempt), &[StepStatus::You])?;
        let wanted = answers_wanted(plan, ix).ok_or(format!("{step} takes no answer"))?;
        if *item >= wanted {
            return Err(format!("{step} has no item {}", item + 1));
        }
        let answered = Answered { answer: *answer, saw: saw.clone(), by: by.clone(), at: record.at };
        let own = self.own(ix);
        own.answers.insert(*item, answered);
        own.checks.extend(checks.iter().cloned());
        self.bind(bound);
        self.settle_answers(plan, record, ix, wanted);
        let word = self.step(ix).status.word();
        let what = if saw.is_empty() { answer.word() } else { saw };
        self.say(record, Some(ix), word, format!("{} answered by {}: {what}", plan.step(ix).number, by.shown()));
        Ok(())
    }

    /// A by-hand step is settled when every item has its answer: `FAIL` if one failed, `n/a` if none applied.
    fn settle_answers(&mut self, plan: &Plan, record: &Record, ix: StepIx, wanted: usize) {
        let takes = plan.step(ix).takes;
        let lived = self.lived + self.length_to(record);
        let own = self.own(ix);
        if own.answers.len() < wanted {
            return;
        }
        let any = |answer: Answer| own.answers.values().any(|answered| answered.answer == answer);
        let took = own.started.map(|_| Duration::from_micros(lived.saturating_sub(own.began_at)));
        let status = if any(Answer::Failed) {
            StepStatus::Failed
        } else if !any(Answer::Ok) {
            StepStatus::NotApplicable
        } else if takes.is_some_and(|takes| took > Some(takes)) {
            StepStatus::Late
        } else {
            StepStatus::Ok
        };
        own.took = took;
        self.end_step(plan, record, ix, status);
    }

    pub(super) fn fold_settled(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepSettled { step, attempt, how, reason, by } = &record.event else { return misdirected() };
        let ix = find(plan, step)?;
        let own = self.step(ix);
        if own.status == StepStatus::Running || own.is_orphan() || own.status.settled() || own.attempt != *attempt {
            return Err(format!("{step} is {} at attempt {}, not at {attempt}", own.status, own.attempt));
        }
        let status = match how {
            Settled::Skipped => StepStatus::Skipped,
            Settled::NotApplicable => StepStatus::NotApplicable,
            Settled::Hand => StepStatus::Hand,
            Settled::Over => StepStatus::Over,
            Settled::Failed => StepStatus::Failed,
        };
        let own = self.own(ix);
        own.retry_at = None;
        own.reason = Some(reason.clone());
        if own.attempt == 0 {
            // What was done outside is undone in the order in which it was said to be done.
            own.begun = record.seq;
        }
        self.end_step(plan, record, ix, status);
        let text = format!("{} {}: {reason} ({})", plan.step(ix).number, status.word(), by.shown());
        self.say(record, Some(ix), status.word(), text);
        Ok(())
    }

    pub(super) fn fold_conditions(&mut self, plan: &Plan, record: &Record, of: (&StepId, bool), saw: &str) -> Applied {
        let (step, hold) = of;
        let ix = find(plan, step)?;
        if !matches!(self.step(ix).status, StepStatus::NotYet | StepStatus::Old) {
            return Err(format!("{step} is {} already", self.step(ix).status));
        }
        let own = self.own(ix);
        own.conditions = Some(hold);
        own.changed = record.seq;
        if !hold {
            own.reason = Some(saw.to_owned());
            own.status = StepStatus::NotApplicable;
            self.mark_back(plan, record, ix);
            self.say(record, Some(ix), "n/a", format!("{} does not apply: {saw}", plan.step(ix).number));
        }
        Ok(())
    }

    pub(super) fn fold_chosen(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepChosen { step, attempt, option, by } = &record.event else { return misdirected() };
        let ix = self.present(plan, (step, *attempt), &[StepStatus::You])?;
        let Work::Choose { options, .. } = &plan.step(ix).work else {
            return Err(format!("{step} is no choice"));
        };
        let taken = options.iter().position(|each| each.id == *option).ok_or(format!("no option {option}"))?;
        self.own(ix).chosen = Some(taken);
        self.end_step(plan, record, ix, StepStatus::Ok);
        self.say(record, Some(ix), "ok", format!("{} {option}, by {}", plan.step(ix).number, by.shown()));
        Ok(())
    }

    pub(super) fn fold_wait_ended(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::WaitEnded { step, attempt, early, by } = &record.event else { return misdirected() };
        let ix = self.present(plan, (step, *attempt), &[StepStatus::Running])?;
        if !matches!(plan.step(ix).work, Work::Wait(_)) {
            return Err(format!("{step} is no wait"));
        }
        self.own(ix).reason.clone_from(early);
        self.end_step(plan, record, ix, StepStatus::Ok);
        let how = early.as_ref().map_or(String::new(), |why| format!(" early by {}: {why}", by.shown()));
        self.say(record, Some(ix), "ok", format!("{} over{how}", plan.step(ix).number));
        Ok(())
    }

    pub(super) fn fold_resolved(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::StepResolved { step, attempt, how, reason, by } = &record.event else { return misdirected() };
        let ix = self.present(plan, (step, *attempt), &[StepStatus::Unknown])?;
        let words = match how {
            Resolution::Finished => "it finished",
            Resolution::DidNot => "it did not finish",
        };
        // That a probe came to its end says nothing of what it read: a criterion is to be read again either way.
        let criterion = matches!(plan.step(ix).place, Place::Criterion { .. });
        let status = match how {
            Resolution::Finished if !criterion => StepStatus::Hand,
            Resolution::Finished | Resolution::DidNot => StepStatus::NotYet,
        };
        self.own(ix).reason = Some(reason.clone());
        self.end_step(plan, record, ix, status);
        let text = format!("{}: {words}, says {}: {reason}", plan.step(ix).number, by.shown());
        self.say(record, Some(ix), status.word(), text);
        Ok(())
    }
}

/// How many answers settle a step that people answer; `None` for one that they do not.
fn answers_wanted(plan: &Plan, ix: StepIx) -> Option<usize> {
    match &plan.step(ix).work {
        Work::Check(items) => Some(items.len()),
        Work::Measure(_) | Work::Ask(_) => Some(1),
        Work::Notify(_) => Some(1),
        Work::Run(_) | Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => None,
        Work::Monitor(_) | Work::Sign(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => None,
    }
}

//! Records of what people answered, settled, chose and decided.

use super::{Applied, find};
use crate::model::actor::Actor;
use crate::model::event::{Answer, Event, Resolution, Settled};
use crate::model::ids::{StepId, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::step::Answered;
use crate::model::state::{RunState, StepStatus};
use crate::model::step::Work;
use crate::model::time::Stamp;

impl RunState {
    pub(super) fn fold_by_hand(&mut self, plan: &Plan, record: &Record) -> Applied {
        let at = record.at;
        match &record.event {
            Event::StepAnswered { step, attempt, item, answer, saw, checks, bound, by } => {
                let ix = find(plan, step)?;
                let state = self.present(plan, step, *attempt)?;
                state.answers.insert(*item, Answered { answer: *answer, saw: saw.clone(), by: by.clone(), at });
                state.checks.extend(checks.iter().cloned());
                self.bind(bound);
                self.settle_answers(plan, ix, at);
                self.say(
                    record,
                    Some(ix),
                    self.step(ix).status.word(),
                    format!("{} answered by {}: {saw}", plan.step(ix).number, by.shown()),
                );
            }
            Event::StepSettled { step, attempt, how, reason, by } => {
                let ix = find(plan, step)?;
                let state = &mut self.steps[ix.0];
                if state.status == StepStatus::Running || state.attempt != *attempt {
                    return Err(format!("{step} is not at attempt {attempt} or runs"));
                }
                state.retry_at = None;
                state.reason = Some(reason.clone());
                let status = match how {
                    Settled::Skipped => StepStatus::Skipped,
                    Settled::NotApplicable => StepStatus::NotApplicable,
                    Settled::Hand => StepStatus::Hand,
                    Settled::Over => StepStatus::Over,
                    Settled::Failed => StepStatus::Failed,
                };
                state.end(status, at);
                self.mark_back(plan, ix);
                self.say(
                    record,
                    Some(ix),
                    status.word(),
                    format!("{} {}: {reason} ({})", plan.step(ix).number, status.word(), by.shown()),
                );
            }
            Event::StepConditions { step, hold, saw } => {
                let ix = find(plan, step)?;
                self.steps[ix.0].conditions = Some(*hold);
                if !hold {
                    self.steps[ix.0].reason = Some(saw.clone());
                    self.steps[ix.0].status = StepStatus::NotApplicable;
                    self.say(record, Some(ix), "n/a", format!("{} does not apply: {saw}", plan.step(ix).number));
                }
            }
            Event::StepChosen { step, attempt, option, by } => {
                let ix = find(plan, step)?;
                let Work::Choose { options, .. } = &plan.step(ix).work else {
                    return Err(format!("{step} is no choice"));
                };
                let taken = options.iter().position(|each| each.id == *option).ok_or(format!("no option {option}"))?;
                let state = self.present(plan, step, *attempt)?;
                state.chosen = Some(taken);
                state.end(StepStatus::Ok, at);
                self.say(record, Some(ix), "ok", format!("{} {option}, by {}", plan.step(ix).number, by.shown()));
            }
            Event::WaitEnded { step, attempt, early, by } => {
                let ix = find(plan, step)?;
                let state = self.present(plan, step, *attempt)?;
                state.reason.clone_from(early);
                state.end(StepStatus::Ok, at);
                let how = early.as_ref().map_or(String::new(), |why| format!(" early by {}: {why}", by.shown()));
                self.say(record, Some(ix), "ok", format!("{} over{how}", plan.step(ix).number));
            }
            Event::StepResolved { step, how, reason, by, .. } => {
                self.fold_resolved(plan, record, (step, *how, reason, by))?
            }
            Event::GateVoted { step, attempt, role, vote, by } => {
                let ix = find(plan, step)?;
                self.present(plan, step, *attempt)?.votes.insert(role.clone(), (*vote, by.clone()));
                let word = if *vote == crate::model::event::Vote::Go { "GO" } else { "NO-GO" };
                self.say(record, Some(ix), "vote", format!("{role} {word}, by {}", by.shown()));
            }
            Event::GateDecided { step, attempt, go, over, reason, by } => {
                let ix = find(plan, step)?;
                let state = self.present(plan, step, *attempt)?;
                let status = match (go, over.is_empty()) {
                    (true, true) => StepStatus::Ok,
                    (true, false) => StepStatus::Over,
                    (false, _) => StepStatus::Failed,
                };
                state.reason = Some(reason.clone()).filter(|reason| !reason.is_empty());
                state.end(status, at);
                let word = if *go { "GO" } else { "NO-GO" };
                self.say(record, Some(ix), "decision", format!("{word} by {} {reason}", by.shown()));
            }
            _ => return Err("not by hand".into()),
        }
        Ok(())
    }

    pub(super) fn fold_resolved(
        &mut self,
        plan: &Plan,
        record: &Record,
        said: (&StepId, Resolution, &String, &Actor),
    ) -> Applied {
        let (step, how, reason, by) = said;
        let ix = find(plan, step)?;
        let state = &mut self.steps[ix.0];
        if state.status != StepStatus::Unknown {
            return Err(format!("{step} is not unknown"));
        }
        state.reason = Some(reason.clone());
        let (status, words) = match how {
            Resolution::Finished => (StepStatus::Hand, "it finished"),
            Resolution::DidNot => (StepStatus::NotYet, "it did not finish"),
        };
        state.end(status, record.at);
        self.mark_back(plan, ix);
        self.say(
            record,
            Some(ix),
            status.word(),
            format!("{}: {words}, says {}: {reason}", plan.step(ix).number, by.shown()),
        );
        Ok(())
    }

    /// A by-hand step is settled when every item has its answer: `FAIL` if one failed, `n/a` if none applied.
    pub(super) fn settle_answers(&mut self, plan: &Plan, ix: StepIx, at: Stamp) {
        let wanted = match &plan.step(ix).work {
            Work::Check(items) => items.len(),
            Work::Measure(_) | Work::Ask(_) => 1,
            Work::Run(_) | Work::Choose { .. } | Work::Wait(_) | Work::Gate(_) => return,
        };
        let takes = plan.step(ix).takes;
        let state = &mut self.steps[ix.0];
        if state.answers.len() < wanted {
            return;
        }
        let any = |answer: Answer| state.answers.values().any(|answered| answered.answer == answer);
        let took = state.started.map(|started| at.since(started));
        let status = if any(Answer::Failed) {
            StepStatus::Failed
        } else if !any(Answer::Ok) {
            StepStatus::NotApplicable
        } else if takes.is_some_and(|takes| took > Some(takes)) {
            StepStatus::Late
        } else {
            StepStatus::Ok
        };
        state.took = took;
        state.end(status, at);
        self.mark_back(plan, ix);
    }
}

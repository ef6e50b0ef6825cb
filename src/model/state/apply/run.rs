//! Records of the run as a whole: its frame, its start, its holds, its ways back and its end.

use super::{Applied, find};
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::facts::{Hold, RollBack, RunFacts};
use crate::model::state::{RunState, StepStatus, VarsBound};

impl RunState {
    pub(super) fn fold_frame(&mut self, plan: &Plan, record: &Record) -> Applied {
        match &record.event {
            Event::Genesis { text, .. } => {
                if self.facts.is_some() {
                    return Err("a second genesis".into());
                }
                let facts = RunFacts::read(text).ok_or("genesis lacks what a run needs")?;
                self.zone = plan.zone.clone().unwrap_or_else(|| facts.zone.clone());
                self.facts = Some(facts);
            }
            Event::Resume { text, .. } => self.fold_resume(plan, record, text)?,
            Event::Continue { .. } => {
                self.say(record, None, "alarm", "a write failed; the journal goes on in another part".into())
            }
            Event::Ckpt { .. } => self.checkpoints += 1,
            _ => return Err("not a frame".into()),
        }
        Ok(())
    }

    /// A step that was running when its conductor died is unknown; screens are gone; a retry waits for a person.
    pub(super) fn fold_resume(&mut self, plan: &Plan, record: &Record, text: &str) -> Applied {
        let text = crate::model::signed::SignedText::decode(text).ok_or("resume cannot be read")?;
        let facts = self.facts.as_mut().ok_or("no genesis")?;
        let boot = text.get("boot").unwrap_or_default().to_owned();
        let same_boot = facts.boot == boot;
        facts.boot = boot;
        let by = text.get("operator").unwrap_or("?").to_owned();
        self.clients.clear();
        self.driver = None;
        self.paused = false;
        for state in &mut self.steps {
            state.retry_at = None;
            if state.status == StepStatus::Running && state.until.is_none() {
                state.status = StepStatus::Unknown;
                state.stopping = false;
                // After a reboot the number may be another process's.
                state.process = state.process.filter(|_| same_boot);
            }
        }
        // Secrets are in no record: they are read again before anything that names one can start.
        if self.vars_bound != VarsBound::Yes || plan.vars.iter().any(|var| var.secret) {
            self.vars_bound = VarsBound::NotYet;
        }
        self.say(record, None, "resume", format!("taken up again by {by}"));
        Ok(())
    }

    pub(super) fn fold_start(&mut self, record: &Record) -> Applied {
        match &record.event {
            Event::Started { by, t0, zone, hard_stop, .. } => {
                if self.started.is_some() {
                    return Err("it was started before".into());
                }
                self.started = Some(record.at);
                self.t0 = Some(*t0);
                self.zone.clone_from(zone);
                self.hard_stop = *hard_stop;
                self.say(record, None, "start", format!("started by {}", by.shown()));
            }
            Event::VarsBound { values } => {
                self.bind(values);
                self.vars_bound = VarsBound::Yes;
            }
            Event::VarsFailed { why } => {
                self.vars_bound = VarsBound::Failed(why.clone());
                self.say(record, None, "alarm", why.clone());
            }
            _ => return Err("not a start".into()),
        }
        Ok(())
    }

    pub(super) fn fold_run(&mut self, plan: &Plan, record: &Record) -> Applied {
        let at = record.at;
        match &record.event {
            Event::Held { reason, by } => {
                let next = self.next(plan);
                self.hold = Some(Hold { since: at, reason: reason.clone(), by: by.clone(), at: next });
                self.say(record, next, "hold", format!("held by {}: {reason}", by.shown()));
            }
            Event::Released { by } => {
                let hold = self.hold.take().ok_or("nothing is held")?;
                self.held += crate::model::time::micros(at.since(hold.since));
                self.say(record, None, "hold", format!("{} goes on", by.shown()));
            }
            Event::RollbackStarted { level, from, path, reason, by, .. } => {
                let level = plan.find_level(level).ok_or(format!("no level {level}"))?;
                let path = path.iter().map(|step| find(plan, step)).collect::<Result<Vec<_>, _>>()?;
                let from = from.as_ref().map(|step| find(plan, step)).transpose()?;
                self.rollback = Some(RollBack { level, path, from, since: at, ended: None, reason: reason.clone() });
                self.hold = None;
                for state in &mut self.steps {
                    state.retry_at = None;
                }
                self.say(
                    record,
                    from,
                    "rollback",
                    format!("{} started by {}: {reason}", plan.level(level).id, by.shown()),
                );
            }
            Event::RollbackEnded { level } => {
                let rollback = self.rollback.as_mut().ok_or("no rollback is under way")?;
                rollback.ended = Some(at);
                self.say(record, None, "rollback", format!("{level} came to its end"));
            }
            Event::PhaseSeen { phase, by } => {
                self.seen_phases.insert(phase.clone());
                self.say(record, None, "phase", format!("{phase} acknowledged by {}", by.shown()));
            }
            Event::Noted { text, step, by } => {
                let step = step.as_ref().map(|step| find(plan, step)).transpose()?;
                self.say(record, step, "note", format!("{}: {text}", by.shown()));
            }
            Event::Aborted { reason, by } => {
                self.aborted = Some(reason.clone());
                self.hold = None;
                self.say(record, None, "abort", format!("aborted by {}: {reason}", by.shown()));
            }
            Event::Paused { by } => {
                self.paused = true;
                self.say(record, None, "pause", format!("paused by {}", by.shown()));
            }
            Event::AnswersEnded { at: place } => self.say(record, None, "hold", format!("no answer left at {place}")),
            Event::Ended { how, by } => {
                if self.ended.is_some() {
                    return Err("it ended before".into());
                }
                self.ended = Some(*how);
                self.say(record, None, "end", format!("{}, closed by {}", how.word(), by.shown()));
            }
            Event::Closed { .. } => {
                self.ended.ok_or("closed before it ended")?;
                self.closed = true;
            }
            _ => return Err("not of the run".into()),
        }
        Ok(())
    }
}

//! Records of the run as a whole: its holds, its ways back and its end.
//!
//! An abort and a way back replace each other: what came last says where the run goes.

use super::{Applied, find, misdirected};
use crate::model::actor::Actor;
use crate::model::event::{EndState, Event};
use crate::model::ids::{LevelId, PhaseId, StepId};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::facts::{Hold, RollBack};
use crate::model::state::{RunState, TriggerState};

impl RunState {
    pub(super) fn fold_held(&mut self, plan: &Plan, record: &Record, reason: &str, by: &Actor) -> Applied {
        let next = self.next(plan);
        // A hold that comes on top of another (the answers ended in a held run) does not begin anew.
        self.hold.get_or_insert_with(|| Hold { since: record.at, reason: reason.to_owned(), by: by.clone(), at: next });
        self.say(record, next, "hold", format!("held by {}: {reason}", by.shown()));
        Ok(())
    }

    pub(super) fn fold_released(&mut self, record: &Record, by: &Actor) -> Applied {
        if self.hold.is_none() {
            return Err("nothing is held".into());
        }
        self.let_go(record);
        self.say(record, None, "hold", format!("{} goes on", by.shown()));
        Ok(())
    }

    /// Ends the hold that is on, if one is, and counts its time.
    fn let_go(&mut self, record: &Record) {
        if let Some(hold) = self.hold.take() {
            self.held += crate::model::time::micros(record.at.since(hold.since));
        }
    }

    fn end_retries(&mut self) {
        for own in &mut self.steps {
            own.retry_at = None;
        }
    }

    pub(super) fn fold_rollback_started(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::RollbackStarted { level, from, path, reason, by, .. } = &record.event else { return misdirected() };
        let ix = plan.find_level(level).ok_or(format!("no level {level}"))?;
        let path = path.iter().map(|step| find(plan, step)).collect::<Result<Vec<_>, _>>()?;
        let from = from.as_ref().map(|step| find(plan, step)).transpose()?;
        self.levels_taken.push(ix);
        for own in self.triggers.iter_mut().filter(|own| own.tripped.is_some()) {
            *own = TriggerState { answered: true, streak: own.streak, ..TriggerState::default() };
        }
        self.rollback = Some(RollBack { level: ix, path, from, since: record.at, ended: None, reason: reason.clone() });
        self.aborted = None;
        self.let_go(record);
        self.end_retries();
        let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        self.say(record, from, "rollback", format!("{level} started by {}{why}", by.shown()));
        Ok(())
    }

    pub(super) fn fold_rollback_ended(&mut self, plan: &Plan, record: &Record, level: &LevelId) -> Applied {
        let under_way = self.rollback.as_mut().filter(|rollback| rollback.ended.is_none());
        let rollback = under_way.ok_or("no rollback is under way")?;
        if plan.find_level(level) != Some(rollback.level) {
            return Err(format!("{level} is not under way"));
        }
        rollback.ended = Some(record.at);
        self.say(record, None, "rollback", format!("{level} came to its end"));
        Ok(())
    }

    pub(super) fn fold_phase_seen(&mut self, record: &Record, phase: &PhaseId, by: &Actor) -> Applied {
        self.seen_phases.insert(phase.clone());
        self.say(record, None, "phase", format!("{phase} acknowledged by {}", by.shown()));
        Ok(())
    }

    pub(super) fn fold_noted(
        &mut self,
        plan: &Plan,
        record: &Record,
        what: (&str, Option<&StepId>),
        by: &Actor,
    ) -> Applied {
        let step = what.1.map(|step| find(plan, step)).transpose()?;
        self.say(record, step, "note", format!("{}: {}", by.shown(), what.0));
        Ok(())
    }

    pub(super) fn fold_aborted(&mut self, record: &Record, reason: &str, by: &Actor) -> Applied {
        self.aborted = Some(reason.to_owned());
        self.let_go(record);
        self.end_retries();
        self.say(record, None, "abort", format!("aborted by {}: {reason}", by.shown()));
        Ok(())
    }

    pub(super) fn fold_paused(&mut self, record: &Record, by: &Actor) -> Applied {
        self.paused = true;
        self.say(record, None, "pause", format!("paused by {}", by.shown()));
        Ok(())
    }

    pub(super) fn fold_answers_ended(&mut self, record: &Record, at: &str) -> Applied {
        self.say(record, None, "hold", format!("no answer left at {at}"));
        Ok(())
    }

    pub(super) fn fold_ended(&mut self, record: &Record, how: EndState, by: &Actor) -> Applied {
        if self.ended.is_some() {
            return Err("it ended before".into());
        }
        if !self.running().is_empty() {
            return Err("it ended while a command runs".into());
        }
        self.ended = Some(how);
        self.end_retries();
        self.say(record, None, "end", format!("{}, closed by {}", how.word(), by.shown()));
        Ok(())
    }

    pub(super) fn fold_closed(&mut self) -> Applied {
        self.ended.ok_or("closed before it ended")?;
        self.closed = true;
        Ok(())
    }
}

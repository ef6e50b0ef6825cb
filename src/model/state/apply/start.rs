//! Records of a run's frame: genesis, resume, its start, its variables.
//!
//! A resume is where the state knows less than before: what ran is unknown, secrets are gone. It must never make anything
//! of a former life look as if it still ran.

use super::{Applied, misdirected};
use crate::model::event::{AskedFor, Bound, Event};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::signed::SignedText;
use crate::model::signoff::Prefix;
use crate::model::state::facts::RunFacts;
use crate::model::state::{RunState, StepStatus, VarsBound};
use crate::model::step::Work;

impl RunState {
    pub(super) fn fold_genesis(&mut self, plan: &Plan, text: &str) -> Applied {
        if self.facts.is_some() {
            return Err("a second genesis".into());
        }
        let facts = RunFacts::read(text).ok_or("genesis lacks what a run needs")?;
        self.zone = plan.zone.clone().unwrap_or_else(|| facts.zone.clone());
        self.facts = Some(facts);
        Ok(())
    }

    /// A step that was running when its conductor died is unknown; screens are gone; a retry waits for a person.
    pub(super) fn fold_resume(&mut self, plan: &Plan, record: &Record, (fmt, text): (&str, &str)) -> Applied {
        let text = SignedText::decode(text).ok_or("resume cannot be read")?;
        let length = self.length_to(record);
        let facts = self.facts.as_mut().ok_or("no genesis")?;
        let boot = text.get("boot").unwrap_or_default().to_owned();
        let same_boot = facts.boot == boot;
        facts.boot = boot;
        facts.taken_up(&text, record.seq);
        self.await_hand_over(record, fmt);
        let by = text.get("operator").unwrap_or("?").to_owned();
        self.clients.clear();
        self.driver = None;
        self.paused = false;
        for own in &mut self.steps {
            if own.asked.as_ref().is_some_and(|asked| asked.asked_for == AskedFor::Second) {
                // Whoever takes a run up is another operator to whom nobody has agreed yet.
                own.void_signatures();
            }
            own.retry_at = None;
            if own.status == StepStatus::Running && own.invocation.is_some() {
                own.status = StepStatus::Unknown;
                own.changed = record.seq;
                own.stopping = false;
                // After a reboot the number may be another process's.
                own.process = own.process.filter(|_| same_boot);
            }
        }
        self.nobody_read(plan, record, length);
        if let (false, Some(hold)) = (same_boot, self.hold.as_mut()) {
            // The monotonic clock of another boot says nothing of a hold that began before it: the wall's difference does.
            self.held += u64::try_from(record.at.wall - hold.since.wall).unwrap_or(0);
            hold.since = record.at;
        }
        self.forget_secrets(plan, record);
        self.say(record, None, "resume", format!("taken up again by {by}"));
        Ok(())
    }

    /// Secrets are in no record. Those that have a source are read again before anything that names one can start; one that
    /// was typed is asked again; one that was captured has no value until its step ran again by a person's key.
    fn forget_secrets(&mut self, plan: &Plan, record: &Record) {
        if self.vars_bound != VarsBound::Yes || plan.vars.iter().any(|var| var.secret) {
            self.vars_bound = VarsBound::NotYet;
        }
        self.vars.retain(|name, bound| bound.value.is_some() || plan.has_source(name));
        for (at, step) in plan.steps.iter().enumerate() {
            let asks = match &step.work {
                Work::Ask(question) | Work::Measure(question) => {
                    question.into.as_ref().filter(|name| question.secret || plan.is_secret(name.as_str()))
                }
                _asks_nothing => None,
            };
            let lost = asks.is_some_and(|name| !self.vars.contains_key(name.as_str()));
            let own = &mut self.steps[at];
            if lost && own.attempt > 0 && own.status.passed() {
                own.status = StepStatus::NotYet;
                own.changed = record.seq;
            }
        }
    }

    pub(super) fn fold_continue(&mut self, record: &Record) -> Applied {
        self.say(record, None, "alarm", "a write failed; the journal goes on in another part".into());
        Ok(())
    }

    /// What a person signs commits to the journal up to the first checkpoint after the question.
    pub(super) fn fold_ckpt(&mut self, text: &str) -> Applied {
        self.checkpoints += 1;
        for ix in std::mem::take(&mut self.prefix_wanted) {
            if let Some(asked) = self.own(ix).asked.as_mut() {
                asked.prefix = Prefix::of_ckpt(text);
            }
        }
        Ok(())
    }

    pub(super) fn fold_run_started(&mut self, record: &Record) -> Applied {
        let Event::Started { by, t0, zone, hard_stop, .. } = &record.event else { return misdirected() };
        if self.started.is_some() {
            return Err("it was started before".into());
        }
        self.started = Some(record.at);
        self.t0 = Some(*t0);
        self.zone.clone_from(zone);
        self.hard_stop = *hard_stop;
        self.say(record, None, "start", format!("started by {}", by.shown()));
        Ok(())
    }

    pub(super) fn fold_vars_bound(&mut self, values: &[Bound]) -> Applied {
        if self.started.is_none() {
            return Err("variables are bound after the start only".into());
        }
        self.bind(values);
        self.vars_bound = VarsBound::Yes;
        Ok(())
    }

    pub(super) fn fold_vars_failed(&mut self, record: &Record, why: &str) -> Applied {
        self.vars_bound = VarsBound::Failed(why.to_owned());
        self.say(record, None, "alarm", why.to_owned());
        Ok(())
    }
}

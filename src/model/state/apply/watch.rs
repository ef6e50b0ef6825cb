//! Records of what is watched: readings, and triggers that trip.

use super::{Applied, misdirected};
use crate::model::actor::Actor;
use crate::model::event::{Event, Seen};
use crate::model::ids::{TriggerId, TriggerIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::watched::{Sample, Tripped, WentOn};
use crate::model::state::{RunState, StepStatus};
use crate::model::step::Work;
use crate::model::time::micros;
use crate::model::watch::Aspect;

impl RunState {
    pub(super) fn fold_sampled(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::Sampled { probe, value, unknown, seen, asked, .. } = &record.event else { return misdirected() };
        let ix = plan.find_probe(probe).ok_or(format!("no probe {probe}"))?;
        let sample = Sample { at: record.at, value: value.clone(), unknown: unknown.clone(), seen: seen.clone() };
        let held = |by: &str, aspect: Aspect| {
            seen.iter().find(|each| each.by == by && each.aspect == aspect).map(|each| each.holds)
        };
        for (at, trigger) in plan.triggers.iter().enumerate() {
            if trigger.probe.as_ref() == Some(probe) {
                let holds = if unknown.is_some() { None } else { held(trigger.id.as_str(), Aspect::Trip) };
                self.triggers[at].streak.count(record.at, holds);
            }
        }
        for at in 0..plan.steps.len() {
            let Work::Monitor(monitor) = &plan.steps[at].work else { continue };
            let own = &self.steps[at];
            // A reading that was under way before the monitor began says nothing of its time.
            let before = asked.zip(own.started).is_some_and(|(asked, began)| asked < began.wall);
            if monitor.probe.as_ref() == Some(probe) && own.status == StepStatus::Running && !before {
                self.watch_on(plan, at, record, (unknown.is_some(), seen));
            }
        }
        self.probes[ix.0].push(sample);
        Ok(())
    }

    fn watch_on(&mut self, plan: &Plan, at: usize, record: &Record, read: (bool, &[Seen])) {
        let (unknown, seen) = read;
        let id = plan.steps[at].id.as_str();
        let mine = |aspect: Aspect| seen.iter().find(|each| each.by == id && each.aspect == aspect);
        let Work::Monitor(monitor) = &plan.steps[at].work else { return };
        let judged = monitor.ok.is_some() || monitor.trip.is_some() || monitor.until.is_some();
        // Read for others, and without an answer for this one.
        let unknown = unknown || judged && !seen.iter().any(|each| each.by == id);
        let own = &mut self.steps[at].monitor;
        own.samples += 1;
        if unknown {
            own.unknown += 1;
            own.unknown_in_a_row += 1;
            own.trip.count(record.at, None);
            return;
        }
        own.unknown_in_a_row = 0;
        own.trip.count(record.at, Some(mine(Aspect::Trip).is_some_and(|each| each.holds)));
        own.ok = mine(Aspect::Ok).map(|each| each.holds).or(own.ok);
        own.until |= mine(Aspect::Until).is_some_and(|each| each.holds);
        own.checks = seen.iter().filter(|each| each.by == id).flat_map(|each| each.checks.iter().cloned()).collect();
    }

    /// While nobody conducted nothing was read: that is unknown, so no condition was seen to hold, and a monitor misses as
    /// many readings as there would have been.
    pub(super) fn nobody_read(&mut self, plan: &Plan, record: &Record, length: u64) {
        self.triggers.iter_mut().for_each(|own| own.streak.count(record.at, None));
        for (own, step) in self.steps.iter_mut().zip(&plan.steps) {
            let Work::Monitor(monitor) = &step.work else { continue };
            let probe = monitor.probe.as_ref().and_then(|id| plan.find_probe(id));
            let Some(probe) = probe.filter(|_| own.status == StepStatus::Running) else { continue };
            let missed = length / micros(plan.probe(probe).every).max(1);
            own.monitor.trip.count(record.at, None);
            own.monitor.samples += missed;
            own.monitor.unknown += missed;
            own.monitor.unknown_in_a_row += missed;
        }
        let length = crate::model::spent::length(length / 1_000_000);
        for own in self.probes.iter_mut().filter(|own| !own.samples.is_empty()) {
            let unknown = Some(format!("nobody conducted for {length}"));
            own.gap(Sample { at: record.at, value: None, unknown, seen: Vec::new() });
        }
    }

    fn watching(&self, plan: &Plan, id: &TriggerId) -> Result<TriggerIx, String> {
        plan.find_trigger(id).ok_or(format!("no trigger {id}"))
    }

    pub(super) fn fold_tripped(
        &mut self,
        plan: &Plan,
        record: &Record,
        id: &TriggerId,
        said: (&str, &Actor),
    ) -> Applied {
        let ix = self.watching(plan, id)?;
        let own = &mut self.triggers[ix.0];
        own.tripped = Some(Tripped { since: record.at, why: said.0.to_owned(), by: said.1.clone() });
        own.acked = None;
        own.went_on = None;
        self.say(record, None, "trigger", format!("{} tripped: {}", plan.trigger(ix).title, said.0));
        Ok(())
    }

    pub(super) fn fold_acked(&mut self, plan: &Plan, record: &Record, id: &TriggerId, by: &Actor) -> Applied {
        let ix = self.tripped(plan, id)?;
        self.triggers[ix.0].acked = Some((record.at, by.clone()));
        self.say(record, None, "trigger", format!("{id} seen by {}", by.shown()));
        Ok(())
    }

    pub(super) fn fold_went_on(&mut self, plan: &Plan, record: &Record) -> Applied {
        let Event::TriggerOver { trigger, reason, name, by } = &record.event else { return misdirected() };
        let ix = self.tripped(plan, trigger)?;
        let own = &mut self.triggers[ix.0];
        own.acked.get_or_insert((record.at, by.clone()));
        own.went_on = Some(WentOn { at: record.at, reason: reason.clone(), name: name.clone() });
        self.say(record, None, "decision", format!("{name} (typed) goes on though {trigger} tripped: {reason}"));
        Ok(())
    }

    pub(super) fn fold_cleared(&mut self, plan: &Plan, record: &Record, id: &TriggerId) -> Applied {
        let ix = self.tripped(plan, id)?;
        let own = &mut self.triggers[ix.0];
        own.tripped = None;
        own.acked = None;
        own.went_on = None;
        self.say(record, None, "trigger", format!("{id} no longer holds"));
        Ok(())
    }

    fn tripped(&self, plan: &Plan, id: &TriggerId) -> Result<TriggerIx, String> {
        let ix = self.watching(plan, id)?;
        match self.trigger(ix).tripped {
            Some(_) => Ok(ix),
            None => Err(format!("{id} has not tripped")),
        }
    }
}

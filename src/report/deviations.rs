//! What went otherwise than planned, record by record.
//!
//! A deviation is a fact, not a judgement: it names the record, the step and who. What shows only at the end (late, over its
//! time, still open) is `finish`'s. Called by `take` after the fold took the record over.

use super::take::Taken;
use super::words::because;
use crate::model::actor::Known;
use crate::model::event::{Event, Resolution, Settled};
use crate::model::expect::{Check, Verdict};
use crate::model::ids::StepId;
use crate::model::record::Record;
use crate::model::step::{Place, Side};

impl Taken {
    pub(super) fn deviate(&mut self, record: &Record) {
        match &record.event {
            Event::StepJudged { step, verdict, checks, retry, .. } => {
                self.judged(record, step, (*verdict, checks, retry.is_some()));
            }
            Event::StepAnswered { step, checks, saw, by, .. } => {
                let ix = self.plan.find(step);
                if ix.is_some_and(|ix| self.state.step(ix).status.bad()) {
                    let text = failed_line(checks).unwrap_or_else(|| format!("answered: {saw}"));
                    self.deviation(record, ("failed", ix), text, Some(by));
                }
            }
            Event::StepNotStarted { step, why, .. } => {
                let text = format!("could not be started: {why}");
                self.deviation(record, ("failed", self.plan.find(step)), text, None);
            }
            Event::StepTimeout { step, .. } => {
                self.deviation(record, ("timed out", self.plan.find(step)), "its time limit ended it".into(), None);
            }
            Event::StopAsked { step, how, by, .. } => {
                let text = format!("a person ended it: {}", how.word());
                self.deviation(record, ("stopped", self.plan.find(step)), text, Some(by));
            }
            Event::OutputLost { step, bytes, .. } => {
                let text = format!("{bytes} bytes of its output were not kept");
                self.deviation(record, ("output lost", self.plan.find(step)), text, None);
            }
            Event::StepOld { step, why } => {
                self.deviation(record, ("old", self.plan.find(step)), why.clone(), None);
            }
            _is_of_people_or_the_run => {
                self.by_people(record);
                self.of_run(record);
            }
        }
    }

    fn judged(&mut self, record: &Record, step: &StepId, (verdict, checks, again): (Verdict, &[Check], bool)) {
        let Some(ix) = self.plan.find(step) else { return };
        // A criterion on the NO-GO side that does not hold is as it should be.
        let no_go = matches!(self.plan.step(ix).place, Place::Criterion { side: Side::NoGo, .. });
        let kind = match verdict {
            Verdict::Ok | Verdict::Stop | Verdict::Time => return,
            Verdict::Fail if no_go && !self.state.step(ix).status.bad() => return,
            Verdict::Fail => "failed",
            Verdict::Unknown => "unknown",
        };
        let why = failed_line(checks).unwrap_or_else(|| "nobody can tell how it came out".into());
        let again = if again { "; tried again by itself" } else { "" };
        self.deviation(record, (kind, Some(ix)), format!("{why}{again}"), None);
    }

    fn by_people(&mut self, record: &Record) {
        match &record.event {
            Event::StepSettled { step, how, reason, by, .. } => {
                let kind = match how {
                    Settled::Skipped => "skipped",
                    Settled::NotApplicable => "not applicable",
                    Settled::Hand => "by hand",
                    Settled::Over => "over",
                    Settled::Failed => "failed",
                };
                self.deviation(record, (kind, self.plan.find(step)), reason.clone(), Some(by));
            }
            Event::WaitEnded { step, early: Some(why), by, .. } => {
                self.deviation(record, ("early", self.plan.find(step)), why.clone(), Some(by));
            }
            Event::StepResolved { step, how, reason, by, .. } => {
                let text = match how {
                    Resolution::Finished => format!("nobody saw its end; said to have finished: {reason}"),
                    Resolution::DidNot => format!("nobody saw its end; said not to have finished: {reason}"),
                };
                self.deviation(record, ("unknown", self.plan.find(step)), text, Some(by));
            }
            Event::GateDecided { step, go: true, over, by, .. } if !over.is_empty() => {
                let text = format!("GO against the advice: {}", over.join("; "));
                self.deviation(record, ("over", self.plan.find(step)), text, Some(by));
            }
            Event::GateDecided { step, go: false, reason, by, .. } => {
                let text = format!("NO-GO{}", because(reason));
                self.deviation(record, ("no-go", self.plan.find(step)), text, Some(by));
            }
            Event::StepSigned { step, role, principal, sig, by, .. } if sig == "-" => {
                let text = format!("{principal} signed for {role} by a typed name only");
                self.deviation(record, ("typed only", self.plan.find(step)), text, Some(by));
            }
            Event::TriggerTripped { trigger, why, by } => {
                self.deviation(record, ("trigger", None), format!("{trigger} tripped: {why}"), Some(by));
            }
            Event::TriggerOver { trigger, reason, name, by } => {
                let text = format!("{name} went on though {trigger} tripped: {reason}");
                self.deviation(record, ("over", None), text, Some(by));
            }
            _follows_the_plan => {}
        }
    }

    fn of_run(&mut self, record: &Record) {
        match &record.event {
            Event::Held { reason, by } => {
                let at = self.state.hold.as_ref().and_then(|hold| hold.at);
                self.deviation(record, ("held", at), reason.clone(), Some(by).filter(|by| by.known != Known::Program));
            }
            Event::RollbackStarted { level, over, reason, by, from, .. } => {
                let kind = if *over { "over" } else { "way back" };
                let from = from.as_ref().and_then(|from| self.plan.find(from));
                self.deviation(record, (kind, from), format!("went back by {level}{}", because(reason)), Some(by));
            }
            Event::Amended { by, .. } => {
                let words = self.state.amendments.last().map(|amendment| amendment.words());
                self.deviation(record, ("amended", None), words.unwrap_or_default(), Some(by));
            }
            Event::Aborted { reason, by } => self.deviation(record, ("aborted", None), reason.clone(), Some(by)),
            Event::Recycled { to, steps, reason, by } => {
                let text = format!("began again from here, {} steps became old{}", steps.len(), because(reason));
                self.deviation(record, ("again", self.plan.find(to)), text, Some(by));
            }
            Event::Resume { .. } => {
                let by = self.state.facts.as_ref().map(|facts| facts.operator.as_str()).unwrap_or_default();
                let text = format!("taken up again by {by}: the conductor had ended");
                self.deviation(record, ("interrupted", None), text, None);
            }
            Event::HandedOver { from, name, reason, old, by } => {
                let old =
                    if old.is_empty() { String::new() } else { format!("; {} GO decisions became old", old.len()) };
                let text = format!("{name} took the run over from {from}{}{old}", because(reason));
                self.deviation(record, ("handover", None), text, Some(by));
            }
            Event::DecisionsAcknowledged { steps, by } => {
                for step in steps {
                    let text = "GO of another operator was acknowledged".to_owned();
                    self.deviation(record, ("handover", self.plan.find(step)), text, Some(by));
                }
            }
            Event::Continue { .. } | Event::JournalFailed { .. } => {
                let text = "the journal could not be written for a time".to_owned();
                self.deviation(record, ("journal", None), text, None);
            }
            Event::ClockJumped { micros } => {
                let text = format!("the wall clock jumped by {} s", micros / 1_000_000);
                self.deviation(record, ("clock", None), text, None);
            }
            Event::IntentRefused { exe, .. } => {
                let text = format!("a program of the run tried to steer it: {exe}");
                self.deviation(record, ("alarm", None), text, None);
            }
            Event::VarsFailed { why } => {
                self.deviation(record, ("failed", None), format!("the variables could not be read: {why}"), None);
            }
            Event::Foreign { name } => {
                let text = format!("a record of a newer tminus, not interpreted: {name}");
                self.deviation(record, ("newer", None), text, None);
            }
            _follows_the_plan => {}
        }
    }
}

/// What did not hold, in one line.
fn failed_line(checks: &[Check]) -> Option<String> {
    let wrong: Vec<String> =
        checks.iter().filter(|check| !check.ok).map(|check| format!("{}: {}", check.want, check.saw)).collect();
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

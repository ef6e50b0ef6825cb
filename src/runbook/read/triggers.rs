//! What is watched: signals, which are read once for everybody, and triggers, which are the abort criteria.
//!
//! A trigger with a command or a reading of its own gets a probe of its own name; one with `signal:` shares that signal's.

use super::wanted::What;
use super::{Located, Reader};
use crate::model::ids::{PhaseId, ProbeId, StepIx, TriggerId};
use crate::model::watch::{Probe, Source, Trigger};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::names;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;
use std::time::Duration;

/// Time between two readings where nothing is said.
const EVERY: Duration = super::monitor::EVERY;

impl<'a> Reader<'a> {
    pub(super) fn signals(&mut self, node: Node<'a>) {
        let list = self.desk.named(node, "a mapping of signals");
        for field in self.desk.capped(list, 200, &node.span(), "signals") {
            self.signal(field);
        }
    }

    fn signal(&mut self, field: Field<'a>) {
        let id = Located { text: field.key.to_owned(), span: field.key_span.clone() };
        if !names::is_id(field.key) {
            self.bad_id(&id);
            return;
        }
        let Some(mut fields) = self.desk.fields(field.node, Scope::Signal, "a mapping with `run` or `measure`") else {
            return;
        };
        let title = self.said_of(&mut fields, "title").unwrap_or_else(|| field.key.to_owned());
        let unit = self.said_of(&mut fields, "unit");
        // Every signal is shown on Watch; the key is taken for those who say so.
        let _shown = self.desk.truth(fields.take("show"));
        let source = self.probe_source(&mut fields);
        let every = self.every(&mut fields);
        if source.is_none() {
            self.desk.missing(&id.span, format!("nothing reads the signal `{}`", id.text), "add `run:` or `measure:`");
        }
        self.desk.finish(fields, &|_| None);
        if let Some(source) = source {
            let id = ProbeId(id.text);
            self.probes.push(Probe { id, title, source, every, unit, is_signal: true });
        }
    }

    fn every(&mut self, fields: &mut Fields<'a>) -> Duration {
        fields.take("every").and_then(|node| self.interval(node)).unwrap_or(EVERY)
    }

    /// `run: COMMAND` or `measure: QUESTION`; a command that is read again and again only reads.
    fn probe_source(&mut self, fields: &mut Fields<'a>) -> Option<Source> {
        if let Some(field) = fields.take_field("measure") {
            return Some(Source::Measure(Box::new(self.question_of(&field, fields, false))));
        }
        let field = fields.take_field("run")?;
        self.probe_command(field.node, fields, None).map(|command| Source::Command(Box::new(command)))
    }

    pub(super) fn triggers(&mut self, node: Node<'a>) {
        let list = self.desk.list(node, "a list of triggers");
        for node in self.desk.capped(list, 200, &node.span(), "triggers") {
            self.trigger(node);
        }
    }

    fn trigger(&mut self, node: Node<'a>) {
        let Some(mut fields) = self.desk.fields(node, Scope::Trigger, "a mapping with `title` and what trips it")
        else {
            return;
        };
        let head = fields.head();
        let own_id = self.own_id(&mut fields);
        let title = self.said_of(&mut fields, "title");
        if title.is_none() && own_id.is_none() {
            self.desk.missing(&head, "the trigger has no `title`".into(), "add `title: …`");
        }
        let title = title.or_else(|| own_id.as_ref().map(|id| id.text.clone())).unwrap_or_default();
        let id = own_id.map_or_else(|| names::id_from(&title, "trigger"), |id| id.text);
        if self.triggers.iter().any(|other| other.id.as_str() == id) {
            self.desk.report(Diagnostic::error("RB0202", &head, format!("another trigger has the id `{id}`")));
        }
        let why = self.said_of(&mut fields, "why");
        let role = fields.take("role").and_then(|node| self.role(node));
        let judged = self.desk.truth(fields.take("judged"));
        let signal = fields.take("signal").and_then(|node| self.name_of(node, What::Signal, None));
        let source = self.probe_source(&mut fields);
        let every_said = fields.take("every");
        let every = every_said.and_then(|node| self.interval(node)).unwrap_or(EVERY);
        let trip = fields.take("trip").and_then(|node| self.trip_of(node));
        let during = fields.take("during").map(|node| self.phases_named(node)).unwrap_or_default();
        let then = self.outcome_of(&mut fields, "then", None::<StepIx>);
        self.trigger_makes_sense(&head, (judged, source.is_some() || signal.is_some(), trip.is_some(), then.is_some()));
        self.desk.finish(fields, &|_| None);
        let probe = signal.map(ProbeId).or_else(|| source.is_some().then(|| ProbeId(id.clone())));
        if let Some(source) = source {
            let (id, title) = (ProbeId(id.clone()), title.clone());
            self.probes.push(Probe { id, title, source, every, unit: None, is_signal: false });
        }
        let id = TriggerId(id);
        self.trigger_heads.push(head);
        self.triggers.push(Trigger { id, title, why, probe, trip, during, then, role });
    }

    fn trigger_makes_sense(&mut self, head: &std::ops::Range<usize>, has: (bool, bool, bool, bool)) {
        let (judged, read, trips, leads) = has;
        let wrong = match (judged, read, trips) {
            (true, false, false) | (false, true, true) => None,
            (true, _, _) => Some("a trigger that people judge is not read, and nothing of it is compared"),
            (false, false, _) => Some("nothing says how the trigger is read"),
            (false, true, false) => Some("nothing says what trips the trigger"),
        };
        if let Some(wrong) = wrong {
            let found = Diagnostic::error("RB0109", head, wrong)
                .help("run: …, signal: ID or measure: … with `trip: { number: \"> 1\", for: 5m }`; or `judged: true`");
            self.desk.report(found);
        }
        if !leads {
            let found = Diagnostic::warning("RB0513", head, "the trigger leads nowhere")
                .help("then: { rollback: level-1 }, or `hold`");
            self.desk.report(found);
        }
    }

    fn phases_named(&mut self, node: Node<'a>) -> Vec<PhaseId> {
        let list = node.items().unwrap_or_else(|| vec![node]);
        let mut all = Vec::new();
        for node in list {
            if let Some(name) = self.located(node) {
                all.push(PhaseId(name.text.clone()));
                self.wanted_phases.push(name);
            }
        }
        all
    }
}

//! Monitors: what is looked at for a time, by a command, a signal, or people.
//!
//! A command of its own becomes a probe that bears the step's id, which is given later; `check::ids` names both. What it
//! must show stays with the monitor (`ok`, `trip`, `until`): a probe only reads.

use super::{Reader, What};
use crate::model::expect::Expect;
use crate::model::ids::{ProbeId, StepIx};
use crate::model::step::{Place, Work};
use crate::model::time::plan_length;
use crate::model::watch::{Monitor, Probe, Source, Trip};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::node::{Field, Node};
use crate::runbook::reader::Fields;
use crate::runbook::scope::Scope;
use serde_yaml::Value;
use std::time::Duration;

/// Time between two readings where nothing is said.
pub(super) const EVERY: Duration = Duration::from_secs(30);
/// A monitor longer than this outlives the terminal it was started in.
const LONG: Duration = Duration::from_secs(3600);

impl<'a> Reader<'a> {
    pub(super) fn monitor(&mut self, kind: &Field<'a>, fields: &mut Fields<'a>, at: StepIx) -> Work {
        let every = fields.take("every").and_then(|node| self.interval(node)).unwrap_or(EVERY);
        let unit = self.said_of(fields, "unit");
        let mut monitor = Monitor {
            text: None,
            probe: None,
            lasts: fields.take("for").and_then(|node| self.lasting(node)),
            ok: fields.take("ok").and_then(|node| self.expect_of_probe(node)),
            trip: None,
            until: None,
            checks: Vec::new(),
        };
        let trip = fields.take_field("trip");
        monitor.trip = trip.as_ref().and_then(|field| self.trip_of(field.node));
        monitor.until = fields.take("until").and_then(|node| self.expect_of_probe(node));
        let is_mapping = matches!(kind.node.value, Value::Mapping(_));
        if is_mapping {
            self.monitor_mapping(kind.node, &mut monitor, (at, every, unit));
        } else if let Some(command) = self.probe_command(kind.node, fields, Some(at)) {
            self.own_probe((at, every, unit), Source::Command(Box::new(command)));
            monitor.probe = Some(ProbeId(String::new()));
        }
        if let Some(field) = fields.take_field("checks") {
            self.monitor_checks(field.node, &mut monitor, at);
        }
        self.monitor_makes_sense(kind, &monitor);
        Work::Monitor(Box::new(monitor))
    }

    /// `monitor: { signal: ID }` and `monitor: { checks: […] }`.
    fn monitor_mapping(&mut self, node: Node<'a>, monitor: &mut Monitor, of: (StepIx, Duration, Option<String>)) {
        let at = of.0;
        let wanted = "a command, `{ signal: ID }` or `{ checks: […] }`";
        let Some(mut fields) = self.desk.fields(node, Scope::Monitor, wanted) else {
            return;
        };
        monitor.text = self.said_of(&mut fields, "text");
        if let Some(node) = fields.take("signal") {
            let name = self.name_of(node, What::Signal, Some(at));
            monitor.probe = name.map(ProbeId);
        }
        if let Some(field) = fields.take_field("measure") {
            let question = self.question_of(&field, &mut fields, false);
            self.own_probe(of.clone(), Source::Measure(Box::new(question)));
            monitor.probe = Some(ProbeId(String::new()));
        }
        if let Some(field) = fields.take_field("run")
            && let Some(command) = self.probe_command(field.node, &mut fields, Some(at))
        {
            self.own_probe(of, Source::Command(Box::new(command)));
            monitor.probe = Some(ProbeId(String::new()));
        }
        if let Some(field) = fields.take_field("checks") {
            self.monitor_checks(field.node, monitor, at);
        }
        self.desk.finish(fields, &|key| {
            matches!(key, "every" | "for" | "ok" | "trip" | "until")
                .then(|| format!("`{key}` stands beside `monitor`, not in it"))
        });
    }

    fn monitor_checks(&mut self, node: Node<'a>, monitor: &mut Monitor, at: StepIx) {
        let list = self.desk.list(node, "a list of criteria");
        let list = self.desk.capped(list, 200, &node.span(), "checks");
        monitor.checks.extend(list.into_iter().filter_map(|node| self.criterion(node, Place::Group(at))));
    }

    fn own_probe(&mut self, of: (StepIx, Duration, Option<String>), source: Source) {
        let (at, every, unit) = of;
        let (id, title) = (ProbeId(String::new()), String::new());
        self.own_probes.push((at, Probe { id, title, source, every, unit, is_signal: false }));
    }

    /// `every` of a probe: not so short that it only polls.
    pub(super) fn interval(&mut self, node: Node<'a>) -> Option<Duration> {
        let length = self.length(node)?;
        if length < Duration::from_secs(1) {
            let found = Diagnostic::error("RB0109", &node.span(), "a probe is read once a second at most");
            self.desk.report(found.help("every: 30s"));
            return None;
        }
        Some(length)
    }

    fn lasting(&mut self, node: Node<'a>) -> Option<Duration> {
        let length = self.length(node)?;
        if length > LONG {
            let text = format!("a monitor of {} needs this terminal for so long", plan_length(length));
            let help = "for more than an hour use a horizon with `every:`, which survives";
            self.desk.report(Diagnostic::warning("RB0512", &node.span(), text).help(help));
        }
        Some(length)
    }

    /// `trip: { number: "> 1", for: 5m }`.
    pub(super) fn trip_of(&mut self, node: Node<'a>) -> Option<Trip> {
        let mut fields = self.desk.fields(node, Scope::Trip, "a mapping of what trips")?;
        let lasting = self.length_of(&mut fields, "for").unwrap_or(Duration::ZERO);
        let expect = self.expect_in(fields).0;
        Some(Trip { expect, lasting })
    }

    /// What a probe's reading must show. A command that fails has read nothing, so that its exit is no part of it.
    pub(super) fn expect_of_probe(&mut self, node: Node<'a>) -> Option<Expect> {
        let fields = self.desk.fields(node, Scope::Expect, "a mapping of what must be read")?;
        Some(self.expect_in(fields).0)
    }

    fn monitor_makes_sense(&mut self, kind: &Field<'a>, monitor: &Monitor) {
        let judged = monitor.ok.is_some() || monitor.trip.is_some() || monitor.until.is_some();
        if monitor.probe.is_none() && monitor.checks.is_empty() {
            self.desk.missing(
                &kind.key_span,
                "the monitor has nothing to look at".into(),
                "monitor: COMMAND, { signal: ID } or { checks: [ … ] }",
            );
        }
        if judged && monitor.probe.is_none() && !monitor.checks.is_empty() {
            let found = Diagnostic::error(
                "RB0107",
                &kind.key_span,
                "`ok`, `trip` and `until` judge a value, and this monitor reads none",
            );
            self.desk.report(found.help("say in each of `checks` what it expects"));
        }
    }
}

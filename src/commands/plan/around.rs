//! What stands around the phases, on paper: ways back, procedures, horizons, what is watched, risks and messages.

use super::Page;
use super::command::Whose;
use crate::model::ids::ProbeIx;
use crate::model::plan::Undo;
use crate::model::text::{shown, shown_lines};
use crate::model::time::plan_length;
use crate::model::watch::{Outcome as Proposed, Source};
use std::fmt::Write as _;

impl Page<'_> {
    /// What is called, and what is read after the event.
    pub(super) fn around(&self, page: &mut String) -> std::fmt::Result {
        let procedures = self.plan.procedures.iter().map(|one| ("Procedure", one.id.as_str(), &one.title, &one.steps));
        let horizons = self.plan.horizons.iter().map(|one| ("Horizon", one.id.as_str(), &one.title, &one.steps));
        for (word, id, title, steps) in procedures.chain(horizons) {
            writeln!(page)?;
            self.heading(page, 2, &format!("{word} {id}: {title}"))?;
            for step in steps {
                self.step(page, *step, None)?;
            }
        }
        self.watched(page)?;
        self.known(page)
    }

    /// Signals and triggers, and what the plan says to do when one trips.
    fn watched(&self, page: &mut String) -> std::fmt::Result {
        let probes = self.plan.probes.iter().enumerate().map(|(at, probe)| (ProbeIx(at), probe));
        let signals: Vec<_> = probes.filter(|(_, probe)| probe.is_signal).collect();
        if signals.is_empty() && self.plan.triggers.is_empty() {
            return Ok(());
        }
        writeln!(page)?;
        self.heading(page, 2, "Watched")?;
        for (ix, probe) in signals {
            writeln!(page, "  {} every {}: {}", probe.id.as_str(), plan_length(probe.every), shown(&probe.title))?;
            if self.commands {
                self.read_by(page, ix)?;
            }
        }
        for trigger in &self.plan.triggers {
            let then = trigger.then.as_ref().map_or("the plan says nothing".into(), proposes);
            let lasting = trigger.trip.as_ref().map(|trip| trip.lasting).filter(|lasting| !lasting.is_zero());
            let lasting = lasting.map(|lasting| format!(" for {}", plan_length(lasting))).unwrap_or_default();
            let title = self.fill(&trigger.title);
            let title = shown(&title);
            writeln!(page, "  trigger {}{lasting}: {title} -> {then}", trigger.id.as_str())?;
            let probe = trigger.probe.as_ref().and_then(|id| self.plan.find_probe(id));
            let own = probe.filter(|ix| !self.plan.probe(*ix).is_signal);
            if let (Some(own), true) = (own, self.commands) {
                self.read_by(page, own)?;
            }
        }
        Ok(())
    }

    pub(super) fn read_by(&self, page: &mut String, ix: ProbeIx) -> std::fmt::Result {
        match &self.plan.probe(ix).source {
            Source::Command(command) => self.command(page, Whose::Probe(ix), command),
            Source::Measure(question) => writeln!(page, "           read off: {}", shown(&question.text)),
        }
    }

    /// Risks and messages.
    fn known(&self, page: &mut String) -> std::fmt::Result {
        if !self.plan.risks.is_empty() {
            writeln!(page)?;
            self.heading(page, 2, "Risks")?;
        }
        for risk in &self.plan.risks {
            let blocks = if risk.blocker { " BLOCKER" } else { "" };
            writeln!(page, "  {} {}{blocks}: {}", risk.id.as_str(), risk.level.word(), shown(&risk.title))?;
        }
        if !self.plan.messages.is_empty() {
            writeln!(page)?;
            self.heading(page, 2, "Messages")?;
        }
        for message in &self.plan.messages {
            let when = message.at.as_ref().map(|at| at.shown()).or(message.moment.clone()).unwrap_or_default();
            let to = message.to.as_deref().unwrap_or("nobody named");
            writeln!(page, "  {} to {} {}", message.id.as_str(), shown(to), shown(&when))?;
            for line in shown_lines(&self.fill(&message.text)).lines() {
                writeln!(page, "           | {line}")?;
            }
        }
        Ok(())
    }

    pub(super) fn ways_back(&self, page: &mut String) -> std::fmt::Result {
        for level in &self.plan.levels {
            writeln!(page)?;
            self.heading(page, 2, &format!("Way back {}: {}", level.id, level.title))?;
            let budget = level.budget.map(plan_length).unwrap_or_else(|| "not said".into());
            writeln!(page, "budget {budget}, loses {}", shown(level.loses.as_deref().unwrap_or("nothing")))?;
            match &level.undo {
                Undo::Nothing => {}
                Undo::All => writeln!(page, "  undoes all that was done, newest first")?,
                Undo::Of(steps) => {
                    let numbers: Vec<&str> = steps.iter().map(|step| self.plan.step(*step).number.as_str()).collect();
                    writeln!(page, "  undoes {}", numbers.join(", "))?;
                }
            }
            for step in level.requires.iter().chain(&level.steps) {
                self.step(page, *step, None)?;
            }
        }
        Ok(())
    }
}

fn proposes(then: &Proposed) -> String {
    match then {
        Proposed::Hold => "hold".into(),
        Proposed::Abort => "abort".into(),
        Proposed::GoOn => "go on".into(),
        Proposed::RollBack(level) => format!("roll back {level}"),
        Proposed::Recycle(step) => format!("begin again from {step}"),
        Proposed::Call(procedure) => format!("call {procedure}"),
    }
}

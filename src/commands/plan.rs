//! `tminus plan`: what would run when, in order, by whom, at which class, and the ways back. Runs nothing, reads no variable.
//!
//! With `--commands` every command in full: the paper copy for the night when tminus itself fails.

use super::{Failure, Ran, print};
use crate::cli::PlanFormat;
use crate::engine::clock::{Clock, SystemClock};
use crate::model::ids::StepIx;
use crate::model::place;
use crate::model::plan::{Plan, Start, Undo};
use crate::model::schedule::{format_wall, planned};
use crate::model::state::RunState;
use crate::model::step::{Callee, Command, Program, Work};
use crate::model::text::{shown, shown_lines};
use crate::model::time::plan_length;
use crate::model::watch::{Outcome as Proposed, Source};
use std::fmt::Write as _;
use std::path::Path;

/// Shows a runbook.
pub(super) fn plan(path: &Path, t0: Option<&str>, commands: bool, format: PlanFormat) -> Ran {
    let (plan, _) = super::run::read(path)?;
    let zone = plan.zone.clone().unwrap_or_else(super::places::zone);
    let mut state = RunState::of(&plan);
    state.zone.clone_from(&zone);
    state.t0 = match (t0, &plan.start) {
        (Some(text), _) => Some(super::t0::parse(text, &zone, SystemClock.now().wall)?),
        (None, Start::At { wall, .. }) => Some(*wall),
        (None, Start::AtStart) => None,
    };
    let page = Page { plan: &plan, state: &state, commands, format };
    print(&page.written().map_err(|why| Failure::because(format!("cannot show {}: {why}", path.display())))?)?;
    Ok(super::Outcome::Done)
}

struct Page<'a> {
    plan: &'a Plan,
    state: &'a RunState,
    commands: bool,
    format: PlanFormat,
}

impl Page<'_> {
    fn written(&self) -> Result<String, std::fmt::Error> {
        let mut page = String::new();
        let plan = self.plan;
        self.heading(&mut page, 1, &plan.title)?;
        if let Some(summary) = &plan.summary {
            writeln!(page, "{}\n", shown(summary))?;
        }
        let start = self
            .state
            .t0
            .and_then(|t0| format_wall(t0, &self.state.zone, None))
            .unwrap_or_else(|| "when the operator starts".into());
        writeln!(page, "{} | T0 {start} | {} steps", shown(&plan.environment.name), self.count())?;
        if let Some(stop) = &plan.hard_stop {
            writeln!(page, "hard stop {}", stop.shown())?;
        }
        for role in &plan.roles {
            let signs = role.signers.iter().map(|signer| shown(signer)).collect::<Vec<_>>().join(", ");
            let signs = if signs.is_empty() { String::new() } else { format!(", signed by {signs}") };
            writeln!(page, "role {} {}{signs}", role.id, shown(&role.title))?;
        }
        let times = planned(plan, self.state);
        for step in &plan.requires {
            self.step(&mut page, *step, None)?;
        }
        for phase in &plan.phases {
            writeln!(page)?;
            self.heading(&mut page, 2, &format!("Phase {} {}", phase.number, phase.title))?;
            if let Some(goal) = &phase.goal {
                writeln!(page, "{}", shown(goal))?;
            }
            for step in &phase.requires {
                self.step(&mut page, *step, None)?;
            }
            for step in &phase.steps {
                let start = times.iter().find(|(ix, _)| ix == step).and_then(|(_, planned)| planned.start);
                self.step(&mut page, *step, start)?;
            }
        }
        self.ways_back(&mut page)?;
        self.around(&mut page)?;
        Ok(page)
    }

    /// What is called, and what is read after the event.
    fn around(&self, page: &mut String) -> std::fmt::Result {
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
        let signals: Vec<_> = self.plan.probes.iter().filter(|probe| probe.is_signal).collect();
        if signals.is_empty() && self.plan.triggers.is_empty() {
            return Ok(());
        }
        writeln!(page)?;
        self.heading(page, 2, "Watched")?;
        for probe in signals {
            writeln!(page, "  {} every {}: {}", probe.id.as_str(), plan_length(probe.every), shown(&probe.title))?;
            if self.commands {
                self.read_by(page, &probe.source)?;
            }
        }
        for trigger in &self.plan.triggers {
            let then = trigger.then.as_ref().map_or("the plan says nothing".into(), proposes);
            let lasting = trigger.trip.as_ref().map(|trip| trip.lasting).filter(|lasting| !lasting.is_zero());
            let lasting = lasting.map(|lasting| format!(" for {}", plan_length(lasting))).unwrap_or_default();
            let title = shown(&trigger.title);
            writeln!(page, "  trigger {}{lasting}: {title} -> {then}", trigger.id.as_str())?;
            let probe = trigger.probe.as_ref().and_then(|id| self.plan.find_probe(id)).map(|ix| self.plan.probe(ix));
            if let (Some(probe), true) = (probe.filter(|probe| !probe.is_signal), self.commands) {
                self.read_by(page, &probe.source)?;
            }
        }
        Ok(())
    }

    fn read_by(&self, page: &mut String, source: &Source) -> std::fmt::Result {
        match source {
            Source::Command(command) => self.command(page, &command.program),
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
            for line in shown_lines(&message.text).lines() {
                writeln!(page, "           | {line}")?;
            }
        }
        Ok(())
    }

    fn count(&self) -> usize {
        self.plan.phases.iter().map(|phase| phase.steps.len()).sum()
    }

    fn heading(&self, page: &mut String, depth: usize, text: &str) -> std::fmt::Result {
        match self.format {
            PlanFormat::Md => writeln!(page, "{} {}\n", "#".repeat(depth), shown(text)),
            PlanFormat::Text => writeln!(page, "{}", shown(text)),
        }
    }

    fn step(&self, page: &mut String, ix: StepIx, start: Option<i64>) -> std::fmt::Result {
        let step = self.plan.step(ix);
        let when = match (start, &step.at) {
            (Some(start), _) => format_wall(start, &self.state.zone, Some("%H:%M")).unwrap_or_default(),
            (None, Some(at)) => at.shown(),
            (None, None) => "-".into(),
        };
        let takes = step.takes.map(plan_length).unwrap_or_default();
        let class = if step.command().is_some() { step.class().word() } else { "by hand" };
        let title = shown(&step.title);
        match self.format {
            PlanFormat::Md => {
                writeln!(page, "- **{}** {title} ({when}, {takes}, {class}, {})", step.number, kind(&step.work))?
            }
            PlanFormat::Text => writeln!(
                page,
                "  {:<6} {:<7} {:<6} {:<8} {:<8} {title}",
                step.number,
                when,
                takes,
                class,
                kind(&step.work)
            )?,
        }
        self.inside(page, ix)
    }

    /// What stands inside a step: its command, its statements, its criteria, its options, its own way back.
    fn inside(&self, page: &mut String, ix: StepIx) -> std::fmt::Result {
        let step = self.plan.step(ix);
        match &step.work {
            Work::Run(command) => {
                self.place(page, command)?;
                if self.commands {
                    self.command(page, &command.program)?;
                }
            }
            Work::Check(items) if items.len() > 1 => {
                for item in items {
                    writeln!(page, "           [ ] {}", shown(&item.text))?;
                }
            }
            Work::Gate(gate) => {
                for (word, list) in [("GO", &gate.go), ("NO-GO", &gate.no_go)] {
                    for criterion in list {
                        let criterion = self.plan.step(*criterion);
                        writeln!(page, "           {word} {} {}", criterion.number, shown(&criterion.title))?;
                    }
                }
            }
            Work::Choose { options, .. } => {
                for option in options {
                    writeln!(page, "           or {}: {}", shown(&option.id), shown(&option.title))?;
                    for step in &option.steps {
                        self.step(page, *step, None)?;
                    }
                }
            }
            Work::Group(group) => {
                for step in &group.steps {
                    self.step(page, *step, None)?;
                }
            }
            Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Wait(_) => {}
            Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) => self.with_people(page, ix)?,
            Work::Evidence(_) => {}
        }
        if self.commands {
            for undo in &step.undo {
                writeln!(page, "           undo {}", shown(&self.plan.step(*undo).title))?;
                self.inside(page, *undo)?;
            }
        }
        Ok(())
    }

    /// What a monitor reads, who signs what, what is said, where a call goes.
    fn with_people(&self, page: &mut String, ix: StepIx) -> std::fmt::Result {
        match &self.plan.step(ix).work {
            Work::Monitor(monitor) => {
                let probe = monitor.probe.as_ref().and_then(|id| self.plan.find_probe(id));
                let lasts = monitor
                    .lasts
                    .map_or("until a person ends it".into(), |lasts| format!("for {}", plan_length(lasts)));
                writeln!(page, "           looks on {lasts}")?;
                if let (Some(ix), true) = (probe, self.commands) {
                    self.read_by(page, &self.plan.probe(ix).source)?;
                }
                for check in &monitor.checks {
                    let check = self.plan.step(*check);
                    writeln!(page, "           [ ] {} {}", check.number, shown(&check.title))?;
                }
            }
            Work::Sign(sign) => {
                let roles: Vec<&str> = sign.roles.iter().map(|role| role.as_str()).collect();
                writeln!(page, "           {} of {} sign: {}", sign.count, roles.join(", "), shown(&sign.text))?;
                for text in &sign.statements {
                    writeln!(page, "           - {}", shown(text))?;
                }
            }
            Work::Notify(notice) => {
                for line in shown_lines(self.plan.message_text(&notice.message)).lines() {
                    writeln!(page, "           | {line}")?;
                }
                if let (Some(via), true) = (&notice.via, self.commands) {
                    self.command(page, &via.program)?;
                }
            }
            Work::Call(callee) => {
                let name = match callee {
                    Callee::Procedure(id) => id.as_str(),
                    Callee::Level(id) => id.as_str(),
                };
                writeln!(page, "           goes through {name}")?;
            }
            _has_its_own_lines => {}
        }
        Ok(())
    }

    /// On which other machine, and that a person types to it.
    fn place(&self, page: &mut String, command: &Command) -> std::fmt::Result {
        if let Some(target) = self.plan.elsewhere(command) {
            let folder = place::folder(&self.state.fill(command.cwd.as_deref().unwrap_or_default()));
            let address = target.ssh.as_deref().unwrap_or_default();
            writeln!(page, "           on {} (ssh {}), in {}", target.id, shown(address), shown(&folder))?;
        }
        if command.tty {
            writeln!(page, "           with a terminal of its own: somebody must be there to type")?;
        }
        Ok(())
    }

    fn command(&self, page: &mut String, program: &Program) -> std::fmt::Result {
        let text = match program {
            Program::Text { text, .. } => shown_lines(text),
            Program::Argv(words) => shown(&format!("{words:?}")).into_owned(),
        };
        let fence = if self.format == PlanFormat::Md { "\n```" } else { "" };
        if !fence.is_empty() {
            writeln!(page, "{fence}")?;
        }
        for line in text.trim_end().lines() {
            writeln!(page, "{}{line}", if fence.is_empty() { "           $ " } else { "" })?;
        }
        if !fence.is_empty() {
            writeln!(page, "```")?;
        }
        Ok(())
    }

    fn ways_back(&self, page: &mut String) -> std::fmt::Result {
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

fn kind(work: &Work) -> &'static str {
    match work {
        Work::Run(_) => "run",
        Work::Check(_) => "check",
        Work::Measure(_) => "measure",
        Work::Ask(_) => "ask",
        Work::Choose { .. } => "choose",
        Work::Wait(_) => "wait",
        Work::Gate(_) => "gate",
        Work::Monitor(_) => "monitor",
        Work::Sign(_) => "sign",
        Work::Notify(_) => "notify",
        Work::Call(_) => "call",
        Work::Group(group) => group.how.word(),
        Work::Evidence(_) => "evidence",
    }
}

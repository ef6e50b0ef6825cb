//! `tminus plan`: what would run when, in order, by whom, at which class, and the ways back. Runs nothing, reads no secret.
//!
//! With `--commands` every command in full, as it would run: the paper copy for the night when tminus itself fails.

mod around;
mod command;

use super::{Failure, Ran, print};
use crate::cli::PlanFormat;
use crate::engine::clock::{Clock, SystemClock};
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::schedule::{format_wall, needs_t0, planned, unbindable};
use crate::model::state::RunState;
use crate::model::step::{Callee, Work};
use crate::model::text::{shown, shown_lines};
use crate::model::time::plan_length;
use command::Whose;
use std::fmt::Write as _;
use std::path::Path;

/// Shows a runbook.
pub(super) fn plan(path: &Path, t0: Option<&str>, commands: bool, format: PlanFormat) -> Ran {
    let (plan, _) = super::run::read(path)?;
    let zone = super::t0::zone(&plan, t0);
    let t0 = t0.map(|text| super::t0::parse(text, &zone, SystemClock.now().wall)).transpose()?;
    let mut state = super::t0::state(&plan, t0, &zone);
    command::resolve(&plan, &mut state, path, &super::places::var);
    let page = Page { plan: &plan, state: &state, commands, format };
    print(&page.written().map_err(|why| Failure::because(format!("cannot show {}: {why}", path.display())))?)?;
    let cannot_start = state.t0.is_some() && !unbindable(&plan, &state).is_empty();
    Ok(if cannot_start { super::Outcome::NotSo } else { super::Outcome::Done })
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
        self.unbound(&mut page)?;
        for role in &plan.roles {
            let signs = role.signers.iter().map(|signer| shown(signer)).collect::<Vec<_>>().join(", ");
            let signs = if signs.is_empty() { String::new() } else { format!(", signed by {signs}") };
            writeln!(page, "role {} {}{signs}", role.id, shown(&role.title))?;
        }
        if self.commands {
            let folder = self.state.facts.as_ref().map(|facts| facts.runbook_dir.as_str()).unwrap_or_default();
            writeln!(page, "Commands run in {}, where nothing else is said; secrets are ******", shown(folder))?;
            self.variables(&mut page)?;
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

    /// What keeps the run from starting: times that cannot be bound to the clock.
    fn unbound(&self, page: &mut String) -> std::fmt::Result {
        let wrong = match self.state.t0 {
            Some(_) => unbindable(self.plan, self.state),
            None => {
                let of = needs_t0(self.plan).into_iter();
                of.map(|of| format!("{of} says nothing without T0: --t0, or `start:`")).collect()
            }
        };
        wrong.iter().try_for_each(|why| writeln!(page, "cannot start: {}", shown(why)))
    }

    fn count(&self) -> usize {
        self.plan.phases.iter().map(|phase| phase.steps.len()).sum()
    }

    fn heading(&self, page: &mut String, depth: usize, text: &str) -> std::fmt::Result {
        match self.format {
            PlanFormat::Md => writeln!(page, "{} {}\n", "#".repeat(depth), shown(&self.fill(text))),
            PlanFormat::Text => writeln!(page, "{}", shown(&self.fill(text))),
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
        let title = self.fill(&step.title);
        let title = shown(&title);
        match self.format {
            PlanFormat::Md => {
                writeln!(page, "- **{}** {title} ({when}, {takes}, {class}, {})", step.number, step.work.word())?
            }
            PlanFormat::Text => writeln!(
                page,
                "  {:<6} {:<7} {:<6} {:<8} {:<8} {title}",
                step.number,
                when,
                takes,
                class,
                step.work.word()
            )?,
        }
        for required in &step.requires {
            let required = self.plan.step(*required);
            writeln!(page, "           requires {} {}", required.number, shown(&self.fill(&required.title)))?;
        }
        self.inside(page, ix)
    }

    /// What stands inside a step: its command, its statements, its criteria, its options, its own way back.
    fn inside(&self, page: &mut String, ix: StepIx) -> std::fmt::Result {
        let step = self.plan.step(ix);
        self.place(page, ix)?;
        match &step.work {
            Work::Run(command) if self.commands => self.command(page, Whose::Step(ix), command)?,
            Work::Check(items) if items.len() > 1 => {
                for item in items {
                    writeln!(page, "           [ ] {}", shown(&item.text))?;
                }
            }
            Work::Gate(gate) => {
                for (word, list) in [("GO", &gate.go), ("NO-GO", &gate.no_go)] {
                    for criterion in list {
                        let own = self.plan.step(*criterion);
                        writeln!(page, "           {word} {} {}", own.number, shown(&self.fill(&own.title)))?;
                        self.inside(page, *criterion)?;
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
            Work::Run(_) | Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Wait(_) => {}
            Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) => self.with_people(page, ix)?,
            Work::Evidence(_) => {}
        }
        if self.commands {
            for undo in &step.undo {
                writeln!(page, "           undo {}", shown(&self.fill(&self.plan.step(*undo).title)))?;
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
                if let (Some(ix), true) = (probe.filter(|ix| !self.plan.probe(*ix).is_signal), self.commands) {
                    self.read_by(page, ix)?;
                }
                for check in &monitor.checks {
                    let own = self.plan.step(*check);
                    writeln!(page, "           [ ] {} {}", own.number, shown(&self.fill(&own.title)))?;
                    self.inside(page, *check)?;
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
                for line in shown_lines(&self.fill(self.plan.message_text(&notice.message))).lines() {
                    writeln!(page, "           | {line}")?;
                }
                if let (Some(via), true) = (&notice.via, self.commands) {
                    self.command(page, Whose::Step(ix), via)?;
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
}

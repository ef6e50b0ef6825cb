//! `tminus plan`: what would run when, in order, by whom, at which class, and the ways back. Runs nothing, reads no variable.
//!
//! With `--commands` every command in full: the paper copy for the night when tminus itself fails.

use super::{Failure, Ran, print};
use crate::cli::PlanFormat;
use crate::engine::clock::{Clock, SystemClock};
use crate::model::ids::StepIx;
use crate::model::plan::{Plan, Start, Undo};
use crate::model::schedule::{format_wall, planned};
use crate::model::state::RunState;
use crate::model::step::{Program, Work};
use crate::model::text::{shown, shown_lines};
use crate::model::time::plan_length;
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
            Work::Run(command) if self.commands => self.command(page, &command.program)?,
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
            Work::Run(_) | Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Wait(_) => {}
            Work::Monitor(_) | Work::Sign(_) | Work::Notify(_) | Work::Call(_) | Work::Evidence(_) => {}
        }
        if self.commands {
            for undo in &step.undo {
                writeln!(page, "           undo {}", shown(&self.plan.step(*undo).title))?;
                self.inside(page, *undo)?;
            }
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
            for step in &level.steps {
                self.step(page, *step, None)?;
            }
        }
        Ok(())
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

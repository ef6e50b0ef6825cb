//! Turns the meters: after each record, whose time it is from here on, for each step under way and for the run.
//!
//! A meter is turned where a record changes what is under way, so what it says can be replayed. It costs nothing for steps
//! that are not under way; what comes next is looked for only where a stretch ends in which nothing was.

use crate::model::event::Event;
use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::signed::SignedText;
use crate::model::spent::{Turn, Whose};
use crate::model::state::{RunState, StepStatus, VarsBound};
use crate::model::step::{Callee, Place, Work};
use crate::model::time::micros;

impl RunState {
    /// How long it is from the last record to this one: by the monotonic clock, or over a reboot by the wall's difference.
    pub fn length_to(&self, record: &Record) -> u64 {
        if self.facts.is_none() {
            return 0;
        }
        let Event::Resume { text, .. } = &record.event else {
            return micros(record.at.since(self.at));
        };
        let boot = SignedText::decode(text).and_then(|text| text.get("boot").map(str::to_owned)).unwrap_or_default();
        if self.facts.as_ref().is_some_and(|facts| facts.boot == boot) {
            return micros(record.at.since(self.at));
        }
        u64::try_from(record.at.wall.saturating_sub(self.at.wall)).unwrap_or(0)
    }

    /// Counts the time up to this record, `before` being the run's own time at the one before it.
    pub(super) fn count_time(&mut self, plan: &Plan, record: &Record, before: u64) {
        let begun = match &record.event {
            // These come in thousands and change nothing of what is under way.
            Event::Output { .. } | Event::Ckpt { .. } | Event::Sampled { .. } => return,
            Event::Resume { .. } => {
                self.count_absence(plan, before);
                None
            }
            Event::StepStarted { step, .. } | Event::StepSettled { step, .. } => plan.find(step),
            _moves_no_other_step => None,
        };
        if let Some(begun) = begun.filter(|begun| !self.metered.contains(begun)) {
            self.metered.push(begun);
        }
        let started = matches!(record.event, Event::StepStarted { .. });
        let planned = if started { begun.and_then(|begun| self.planned_in_own_time(plan, begun)) } else { None };
        self.turn_all(plan, started, planned);
    }

    fn turn_all(&mut self, plan: &Plan, started: bool, planned: Option<u64>) {
        let now = self.lived;
        let steps: Vec<(StepIx, Option<Turn>)> =
            self.metered.iter().map(|step| (*step, self.whose(plan, *step))).collect();
        let of_run = self.whose_run(plan);
        let ends_idle = |from: Option<Turn>, to: Option<Turn>| from == Some(Turn::Idle) && to != from;
        let ends = ends_idle(self.meter.turn(), of_run)
            || steps.iter().any(|(step, turn)| ends_idle(self.step(*step).meter.turn(), *turn));
        let planned = if ends && !started { self.next_in_own_time(plan) } else { planned };
        for (step, turn) in &steps {
            let meter = &mut self.own(*step).meter;
            if meter.turn() != *turn {
                meter.set(now, *turn, planned);
            }
        }
        self.metered.retain(|step| self.steps[step.0].meter.turn().is_some());
        if self.meter.turn() != of_run {
            self.meter.set(now, of_run, planned);
        }
    }

    /// Nobody conducted between the last record of one life and the first of the next.
    fn count_absence(&mut self, plan: &Plan, before: u64) {
        let planned = self.next_in_own_time(plan);
        let away = |meter: &mut crate::model::spent::Meter| {
            if meter.turn().is_some() {
                meter.set(before, Some(Turn::Is(Whose::Away)), planned);
            }
        };
        away(&mut self.meter);
        for step in self.metered.clone() {
            away(&mut self.own(step).meter);
        }
    }

    /// Whose time it is for a step; `None` for one that is not under way and waits for nobody.
    fn whose(&self, plan: &Plan, ix: StepIx) -> Option<Turn> {
        let own = self.step(ix);
        let waits = if self.hold.is_some() { Whose::Hold } else { Whose::Person };
        let turn = match own.status {
            StepStatus::Running if own.invocation.is_some() => Turn::Is(Whose::Machine),
            StepStatus::Running => match &plan.step(ix).work {
                Work::Wait(_) => Turn::Is(Whose::Wait),
                Work::Monitor(_) => Turn::Is(Whose::Watch),
                Work::Group(_) | Work::Call(_) => self.whose_inside(plan, ix),
                Work::Run(_) | Work::Notify(_) | Work::Evidence(_) => Turn::Is(Whose::Machine),
                Work::Check(_)
                | Work::Measure(_)
                | Work::Ask(_)
                | Work::Choose { .. }
                | Work::Gate(_)
                | Work::Sign(_) => Turn::Is(waits),
            },
            StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped
                if own.retry_at.is_some() && self.hold.is_none() =>
            {
                Turn::Is(Whose::Retry)
            }
            StepStatus::You | StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped | StepStatus::Unknown => {
                Turn::Is(waits)
            }
            StepStatus::NotYet
            | StepStatus::Ok
            | StepStatus::Late
            | StepStatus::Skipped
            | StepStatus::NotApplicable
            | StepStatus::Hand
            | StepStatus::Over
            | StepStatus::Back
            | StepStatus::Old
            | StepStatus::Claim => return None,
        };
        let certain = turn == Turn::Is(Whose::Machine) || own.is_orphan();
        if self.ended.is_some() || !certain && self.is_left_behind(plan, ix) {
            return None;
        }
        Some(if self.paused { Turn::Is(Whose::Away) } else { turn })
    }

    /// Whether the run does not come back to a step as it stands: its gate or monitor is over, or another way was taken.
    fn is_left_behind(&self, plan: &Plan, ix: StepIx) -> bool {
        let mut at = ix;
        let owner = match plan.step(ix).place {
            Place::Criterion { gate, .. } => Some(gate),
            Place::Group(owner) if matches!(plan.step(owner).work, Work::Monitor(_)) => Some(owner),
            _read_for_nobody => None,
        };
        if let Some(owner) = owner {
            if !self.step(owner).status.open() {
                return true;
            }
            at = owner;
        }
        (self.aborted.is_some() || self.rollback.is_some()) && !self.path(plan).contains(&at)
    }

    /// Whose time it is inside an open group or call.
    fn whose_inside(&self, plan: &Plan, container: StepIx) -> Turn {
        let inside = self.metered.iter().filter(|step| self.stands_under(plan, **step, container));
        self.first_of(plan, inside)
    }

    fn whose_run(&self, plan: &Plan) -> Option<Turn> {
        self.started.filter(|_| self.ended.is_none())?;
        if self.paused {
            return Some(Turn::Is(Whose::Away));
        }
        if self.vars_bound == VarsBound::NotYet {
            // What reads the variables are commands, and nothing else can begin.
            return Some(Turn::Is(Whose::Machine));
        }
        Some(self.first_of(plan, self.metered.iter()))
    }

    /// The first in order of what these steps are at; what runs on beside others does not count.
    fn first_of<'a>(&self, plan: &Plan, steps: impl Iterator<Item = &'a StepIx>) -> Turn {
        let leaves = steps.filter(|step| !self.is_open_container(plan, **step) && !self.runs_beside(plan, **step));
        let whose = leaves.filter_map(|step| match self.whose(plan, *step) {
            Some(Turn::Is(whose)) => Some(whose),
            Some(Turn::Idle) | None => None,
        });
        match (whose.min(), &self.hold) {
            (Some(whose), _) => Turn::Is(whose),
            (None, Some(_)) => Turn::Is(Whose::Hold),
            (None, None) => Turn::Idle,
        }
    }

    /// Whether a step stands under a container, groups, options, criteria and calls followed outwards.
    fn stands_under(&self, plan: &Plan, step: StepIx, container: StepIx) -> bool {
        let mut at = step;
        for _ in 0..=plan.steps.len() {
            let owner = match plan.step(at).place {
                Place::Group(owner)
                | Place::Choice { choose: owner, .. }
                | Place::Criterion { gate: owner, .. }
                | Place::Requirement(crate::model::step::Owner::Step(owner)) => Some(owner),
                Place::Procedure(procedure) => self.caller(plan, |callee| match callee {
                    Callee::Procedure(id) => plan.find_procedure(id).is_some_and(|found| found.0 == procedure),
                    Callee::Level(_) => false,
                }),
                Place::Undo(_) | Place::Level(_) => self.caller(plan, |callee| matches!(callee, Callee::Level(_))),
                Place::Phase(_) | Place::Horizon(_) | Place::Requirement(_) => None,
            };
            match owner {
                Some(owner) if owner == container => return true,
                Some(owner) if owner != at => at = owner,
                Some(_) | None => return false,
            }
        }
        false
    }

    fn caller(&self, plan: &Plan, wanted: impl Fn(&Callee) -> bool) -> Option<StepIx> {
        let calls = |step: &&StepIx| matches!(&plan.step(**step).work, Work::Call(callee) if wanted(callee));
        self.metered.iter().find(calls).copied()
    }
}

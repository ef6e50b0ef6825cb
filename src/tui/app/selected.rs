//! Enter and space: what is selected is opened, answered or acknowledged. Neither ever runs anything that changes the world.

use super::{App, Effect};
use crate::feed::Port;
use crate::model::decide::asked_class;
use crate::model::intent::Intent;
use crate::model::state::StepStatus;
use crate::model::step::{Class, Work};
use crate::model::time::Stamp;
use crate::tui::context::Card;
use crate::tui::eye::{Row, Screen};

impl App {
    pub(super) fn open_selected(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        match self.eye.screen {
            Screen::Log => return self.open_entry(),
            Screen::Watch | Screen::Messages | Screen::Risks => return self.open_thing(port, now),
            Screen::Live | Screen::Step => {}
        }
        if self.state.facts.is_some()
            && self.state.started.is_none()
            && let Some(effects) = self.not_started(port, now)
        {
            return effects;
        }
        // NEXT says that Enter closes the run, so it does, wherever the mark is.
        if self.state.nothing_left(&self.plan) {
            return self.close_run(port, now);
        }
        if let (Row::Phase(phase), false) = (self.eye.selected, self.eye.follow) {
            let folded = self.eye.folded.contains(&phase);
            self.fold_phase(!folded);
            return Vec::new();
        }
        let Some(ix) = self.target() else { return self.close_run(port, now) };
        let own = self.state.step(ix);
        let class = asked_class(&self.plan, &self.state, ix);
        match own.status {
            StepStatus::Unknown if own.is_orphan() => self.card(Card::Resolve(ix), port, now),
            StepStatus::You => self.answer(ix, port, now),
            StepStatus::Running if matches!(self.plan.step(ix).work, Work::Monitor(_)) => self.answer(ix, port, now),
            StepStatus::NotYet if matches!(self.plan.step(ix).work, Work::Notify(_)) => self.answer(ix, port, now),
            StepStatus::NotYet
                if self.state.next(&self.plan) == Some(ix)
                    && class <= Class::C1
                    && self.plan.step(ix).command().is_none() =>
            {
                match self.plan.step(ix).work {
                    Work::Gate(_) | Work::Wait(_) | Work::Run(_) => self.show(Screen::Step),
                    Work::Monitor(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => self.show(Screen::Step),
                    Work::Sign(_) | Work::Notify(_) => self.answer(ix, port, now),
                    Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. } => self.begin(ix, port, now),
                }
            }
            _ => self.show(Screen::Step),
        }
    }

    fn open_entry(&mut self) -> Vec<Effect> {
        let entries = crate::tui::views::log_entries(&self.plan, &self.state.log, &self.eye.search.text);
        let at = entries.len().checked_sub(1 + self.eye.log_at.unwrap_or(0));
        let step = at.and_then(|at| entries.get(at)).and_then(|entry| entry.step);
        match step {
            Some(ix) => {
                self.select(Row::Step { ix, depth: 0 });
                self.show(Screen::Step)
            }
            None => self.say("This line is about no step."),
        }
    }

    /// Space: the item of a by-hand step, else the first phase that is complete and was not acknowledged.
    pub(super) fn tick(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        let open = self.eye.selected.step().filter(|ix| self.state.step(*ix).status == StepStatus::You);
        if let Some(ix) = open {
            return self.answer(ix, port, now);
        }
        let complete = |place: &usize| {
            let phase = &self.plan.phases[*place];
            let progress = self.state.progress(&phase.steps);
            progress.total > 0 && progress.done == progress.total && !self.state.seen_phases.contains(&phase.id)
        };
        let selected = match self.eye.selected {
            Row::Phase(place) => Some(place).filter(complete),
            Row::Step { .. } | Row::WayBack(_) | Row::Owed | Row::Called(_) | Row::Before | Row::Horizon(_) => None,
        };
        match selected.or_else(|| (0..self.plan.phases.len()).find(complete)) {
            Some(place) => vec![Effect::Wish(Intent::SeePhase { phase: self.plan.phases[place].id.clone() })],
            None => self.open_selected(port, now),
        }
    }
}

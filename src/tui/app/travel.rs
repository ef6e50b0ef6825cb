//! Moving the eye: rows, phases, panes, matches, the places that `g` knows. Nothing here asks or wishes anything.

use super::App;
use crate::model::ids::StepIx;
use crate::model::state::StepStatus;
use crate::model::step::Work;
use crate::tui::actions::Action;
use crate::tui::eye::{self, Pane, Row, Screen, Scroll};
use crate::tui::views::{log_entries, same_row};

/// Which way a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From here on, here included.
    Here,
    /// Forward.
    Forward,
    /// Backward.
    Backward,
}

impl App {
    /// Moves by an action that moves; whether it was one.
    pub(super) fn travel(&mut self, action: Action) -> bool {
        let page = isize::try_from(self.scroll().height()).unwrap_or(isize::MAX / 2);
        match action {
            Action::Down => self.by(1),
            Action::Up => self.by(-1),
            Action::HalfDown => self.by((page / 2).max(1)),
            Action::HalfUp => self.by(-(page / 2).max(1)),
            Action::PageDown => self.by((page - 1).max(1)),
            Action::PageUp => self.by(-(page - 1).max(1)),
            Action::Top => self.by(isize::MIN / 2),
            Action::Bottom => self.by(isize::MAX / 2),
            Action::Fold => self.fold_phase(true),
            Action::Unfold => self.fold_phase(false),
            Action::Pane => self.next_pane(),
            Action::ZoomIn => self.eye.zoom = (self.eye.zoom + 1).min(5),
            Action::ZoomOut => self.eye.zoom = (self.eye.zoom - 1).max(-5),
            Action::GoNext => {
                self.eye.follow = true;
                self.eye.screen = Screen::Live;
            }
            Action::GoFailure => {
                self.go(|app, ix| app.state.step(ix).status.bad() || app.state.step(ix).status == StepStatus::Unknown)
            }
            Action::GoRunning => self.go(|app, ix| app.state.step(ix).status == StepStatus::Running),
            Action::GoDecision => {
                self.go(|app, ix| matches!(app.plan.step(ix).work, Work::Gate(_) | Work::Choose { .. }))
            }
            Action::NextMatch => self.jump(Way::Forward),
            Action::PrevMatch => self.jump(Way::Backward),
            _ => return false,
        }
        true
    }

    fn scroll(&self) -> &Scroll {
        match (self.eye.screen, self.eye.pane) {
            (Screen::Step, _) | (Screen::Live, Pane::Step) => &self.eye.step,
            (Screen::Watch | Screen::Messages | Screen::Risks, _) | (Screen::Live, Pane::Side) => &self.eye.side,
            (Screen::Log, _) => &self.eye.log,
            (Screen::Live, Pane::List) => &self.eye.list,
        }
    }

    fn by(&mut self, rows: isize) {
        match (self.eye.screen, self.eye.pane) {
            (Screen::Live, Pane::List) => self.select_by(rows),
            (Screen::Log, _) => {
                let count = log_entries(&self.plan, &self.state.log, &self.eye.search.text).len();
                let at = self
                    .eye
                    .log_at
                    .unwrap_or(0)
                    .saturating_add_signed(rows.saturating_neg())
                    .min(count.saturating_sub(1));
                self.eye.log_at = Some(at).filter(|at| *at > 0);
            }
            (Screen::Watch | Screen::Messages | Screen::Risks, _) => {
                if !self.mark_by(rows) {
                    self.scroll().by(rows);
                }
            }
            (Screen::Step, _) | (Screen::Live, Pane::Step | Pane::Side) => self.scroll().by(rows),
        }
    }

    fn rows(&self) -> Vec<Row> {
        eye::rows(&self.plan, &self.state, &self.eye.folded)
    }

    fn select_by(&mut self, rows: isize) {
        let all = self.rows();
        let at = all.iter().position(|row| same_row(*row, self.eye.selected)).unwrap_or(0);
        let to = at.saturating_add_signed(rows).min(all.len().saturating_sub(1));
        if let Some(row) = all.get(to) {
            self.select(*row);
        }
    }

    pub(super) fn select(&mut self, row: Row) {
        if !same_row(row, self.eye.selected) {
            self.eye.step.home();
        }
        self.eye.selected = row;
        self.eye.follow = row.step().is_some() && row.step() == self.state.next(&self.plan);
    }

    fn next_pane(&mut self) {
        self.eye.pane = match self.eye.pane {
            Pane::List => Pane::Step,
            Pane::Step => Pane::Side,
            Pane::Side => Pane::List,
        };
    }

    /// The phase of the selected row.
    fn phase(&self) -> Option<usize> {
        match self.eye.selected {
            Row::Phase(phase) => Some(phase),
            Row::Step { ix, .. } => self.plan.phase_of(ix),
            Row::WayBack(_) | Row::Owed | Row::Called(_) | Row::Before | Row::Horizon(_) => None,
        }
    }

    pub(super) fn fold_phase(&mut self, fold: bool) {
        if self.eye.screen != Screen::Live {
            return;
        }
        let Some(phase) = self.phase() else { return };
        if fold {
            self.eye.folded.insert(phase);
            self.eye.follow = false;
            self.eye.selected = Row::Phase(phase);
        } else {
            self.eye.folded.remove(&phase);
        }
    }

    /// Goes to the next step, from the selected one around, for which `wanted` holds.
    fn go(&mut self, wanted: impl Fn(&Self, StepIx) -> bool) {
        let all = eye::rows(&self.plan, &self.state, &Default::default());
        let from = all.iter().position(|row| same_row(*row, self.eye.selected)).unwrap_or(0);
        let around = (1..=all.len()).map(|step| all[(from + step) % all.len().max(1)]);
        let Some(row) = around.into_iter().find(|row| row.step().is_some_and(|ix| wanted(self, ix))) else {
            self.say("There is no such step.");
            return;
        };
        self.select(row);
        self.fold_phase(false);
        if self.eye.screen != Screen::Step {
            self.eye.screen = Screen::Live;
        }
    }

    /// Goes to the next row that has the text that is searched.
    pub(super) fn jump(&mut self, way: Way) {
        let sought = self.eye.search.text.trim().to_lowercase();
        if sought.is_empty() {
            self.say("/ searches first.");
            return;
        }
        if self.eye.screen == Screen::Log {
            self.by(if way == Way::Backward { -1 } else { 1 });
            return;
        }
        let all = self.rows();
        let count = all.len();
        let from = all.iter().position(|row| same_row(*row, self.eye.selected)).unwrap_or(0);
        let place = |step: usize| match way {
            Way::Here => (from + step - 1) % count,
            Way::Forward => (from + step) % count,
            Way::Backward => (from + count - step % count) % count,
        };
        let found = (1..=count).map(place).find(|at| self.text_of(all[*at]).to_lowercase().contains(&sought));
        match found {
            Some(at) => self.select(all[at]),
            None => drop(self.say("No row has that text.")),
        }
    }

    /// A row as it is searched and copied.
    pub(super) fn text_of(&self, row: Row) -> String {
        let said = |text: &str| crate::tui::words::said(&self.state, text);
        match row {
            Row::Phase(phase) => {
                let phase = &self.plan.phases[phase];
                format!("Phase {} {}", crate::model::text::shown(&phase.number), said(&phase.title))
            }
            Row::WayBack(level) => format!("Way back {}", said(&self.plan.level(level).title)),
            Row::Owed => "Owed".into(),
            Row::Before => "Before anything begins".into(),
            Row::Called(ix) => format!("Quick fix {}", said(&self.plan.procedure(ix).title)),
            Row::Horizon(at) => format!("After {}", said(&self.plan.horizons[at].title)),
            Row::Step { ix, .. } => {
                let step = self.plan.step(ix);
                let word = self.state.step(ix).status.word();
                format!("{word} {} {}", crate::model::text::shown(&step.number), said(&step.title))
            }
        }
    }
}

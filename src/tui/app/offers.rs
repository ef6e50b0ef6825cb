//! Which actions do something as the run stands: for the key line, the help and the palette.

use super::App;
use crate::model::state::StepStatus;
use crate::model::step::{Class, Work};
use crate::tui::actions::{Action, TABLE};
use crate::tui::context::ActionLine;
use crate::tui::eye::Screen;
use crate::tui::keymap::key_of;

impl App {
    /// Every action, for help and palette.
    pub(super) fn lines(&self) -> Vec<ActionLine<'static>> {
        if self.replay.is_some() {
            return self.replay_lines();
        }
        let line = |entry: &crate::tui::actions::Entry| ActionLine {
            name: entry.name,
            key: key_of(entry.action),
            does: entry.does,
            here: self.here(entry.action),
        };
        TABLE.iter().map(line).collect()
    }

    /// Whether an action does something here.
    fn here(&self, action: Action) -> bool {
        let state = &self.state;
        let target = self.target().map(|ix| (self.plan.step(ix), state.step(ix)));
        let live = state.started.is_some() && state.ended.is_none() && self.cut.is_none();
        match action {
            Action::Run => live && state.to_start(&self.plan).is_some(),
            Action::Retry => target.is_some_and(|(_, own)| own.status.bad()),
            Action::Decide if crate::tui::proposals::undecided(state).is_some() => live,
            Action::Decide => target.is_some_and(|(step, own)| {
                own.status.bad() || (matches!(step.work, Work::Gate(_)) && own.status == StepStatus::You)
            }),
            Action::See => live && state.triggers.iter().any(|own| own.tripped.is_some() && own.acked.is_none()),
            Action::Call => live && !self.plan.procedures.is_empty(),
            Action::Trip => live && !self.plan.triggers.is_empty(),
            Action::Recycle => live && !state.going_back(),
            Action::Stop => !state.running().is_empty() || state.steps.iter().any(|own| own.retry_at.is_some()),
            Action::Hold | Action::RollBack | Action::Abort | Action::Pause => live,
            Action::Close => live && state.nothing_left(&self.plan),
            Action::Drive => self.watching.is_some(),
            Action::FailByHand | Action::LeaveOut | Action::Hand | Action::NotApplicable => {
                live && target.is_some_and(|(_, own)| !own.status.settled())
            }
            Action::Evidence => {
                live && target.is_some_and(|(step, own)| step.command().is_none() && own.status == StepStatus::You)
            }
            Action::Output => target.is_some_and(|(step, own)| step.command().is_some() && own.attempt > 0),
            Action::CopyCommand => target.is_some_and(|(step, _)| step.command().is_some()),
            Action::NextMatch | Action::PrevMatch => !self.eye.search.text.is_empty(),
            Action::Gate => self.plan.steps.iter().any(|step| matches!(step.work, Work::Gate(_))),
            _ => true,
        }
    }

    /// The key line: what can be done first, the ways out last.
    pub(super) fn keys(&self) -> Vec<(&'static str, &'static str)> {
        if let Some(player) = &self.replay {
            return self.replay_keys(player);
        }
        let state = &self.state;
        let mut keys = if self.cut.is_some() || self.watching.is_some() { Vec::new() } else { self.first_keys() };
        if self.terminal_runs() {
            keys.push(("^]", "terminal"));
        }
        if self.watching.is_none() && self.cut.is_none() {
            let marked = !crate::tui::things::of(&self.plan, state, self.eye.screen).is_empty();
            if marked {
                keys.retain(|(key, _)| *key != "enter");
                keys.insert(0, ("enter", "open"));
            }
            if self.here(Action::See) {
                keys.insert(0, ("a", "I see it"));
            }
            if crate::tui::proposals::undecided(state).is_some() {
                keys.retain(|(key, _)| *key != "v");
                keys.insert(0, ("v", "decide"));
            }
        }
        if self.eye.screen != Screen::Live {
            keys.push(("q", "back"));
        }
        let live = state.started.is_some() && state.ended.is_none() && self.cut.is_none();
        if live {
            match (&state.hold, &self.watching) {
                (None, _) => keys.push(("p", "hold")),
                (Some(_), None) => keys.push(("p", "go on")),
                (Some(_), Some(_)) => {}
            }
            if self.here(Action::Stop) {
                keys.push(("^C", "stop"));
            }
            keys.push(("!", "roll back"));
        }
        if self.here(Action::Output) {
            keys.push(("o", "output"));
        }
        if state.facts.is_some() && state.ended.is_none() && self.cut.is_none() {
            keys.push(("c", "note"));
        }
        if self.eye.screen == Screen::Live && (state.ended.is_some() || self.cut.is_some()) {
            keys.push(("q", "leave"));
        }
        keys.extend([("2", "step"), ("5", "log"), ("w", "watch")]);
        if !self.plan.procedures.is_empty() && live {
            keys.push(("Q", "quick fix"));
        }
        if !self.plan.messages.is_empty() || !self.plan.contacts.is_empty() {
            keys.push(("6", "messages"));
        }
        if !self.plan.risks.is_empty() {
            keys.push(("7", "risks"));
        }
        keys.extend([("/", "filter"), (":", "actions"), ("tab", "pane"), ("+/-", "zoom"), ("?", "help")]);
        keys
    }

    fn first_keys(&self) -> Vec<(&'static str, &'static str)> {
        let state = &self.state;
        if state.facts.is_none() || state.ended.is_some() {
            return Vec::new();
        }
        if state.started.is_none() {
            return vec![("enter", "start")];
        }
        let Some(ix) = state.next(&self.plan) else { return vec![("enter", "close")] };
        let (step, own) = (self.plan.step(ix), state.step(ix));
        let by_hand = matches!(step.work, Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. });
        match own.status {
            StepStatus::NotYet | StepStatus::Old | StepStatus::Claim if state.hold.is_some() => Vec::new(),
            StepStatus::NotYet | StepStatus::Old | StepStatus::Claim if by_hand && step.class() <= Class::C1 => {
                vec![("enter", "answer")]
            }
            StepStatus::NotYet if matches!(step.work, Work::Notify(_)) => vec![("enter", "open")],
            StepStatus::NotYet | StepStatus::Old | StepStatus::Claim => vec![("r", "run")],
            StepStatus::You => vec![("enter", "answer")],
            StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped if own.retry_at.is_none() => {
                vec![("R", "retry"), ("v", "accept")]
            }
            StepStatus::Unknown => vec![("enter", "say which")],
            StepStatus::Running if matches!(step.work, Work::Monitor(_)) => vec![("enter", "look")],
            StepStatus::Running if own.until.is_some() => vec![("s", "end it early")],
            StepStatus::Failed
            | StepStatus::TimedOut
            | StepStatus::Stopped
            | StepStatus::Running
            | StepStatus::Ok
            | StepStatus::Late
            | StepStatus::Skipped
            | StepStatus::NotApplicable
            | StepStatus::Hand
            | StepStatus::Over
            | StepStatus::Back => Vec::new(),
        }
    }
}

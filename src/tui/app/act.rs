//! What an action leads to: a card that asks, a wish, another screen. Nothing here changes the run: only its records do.

use super::{App, Effect, Hands};
use crate::feed::{Port, Role};
use crate::model::decide::{asked_class, early_start};
use crate::model::ids::StepIx;
use crate::model::intent::{Intent, Typed};
use crate::model::state::{StepStatus, VarsBound};
use crate::model::step::{Class, Program, Work};
use crate::model::text::shown;
use crate::model::time::Stamp;
use crate::tui::actions::{Action, Reach};
use crate::tui::context::{Card, ReasonFor};
use crate::tui::eye::Screen;
use crate::tui::theme::Theme;

impl App {
    pub(super) fn act(&mut self, action: Action, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if let Some(words) = self.may_not(action, port.role()) {
            return self.refuse(words);
        }
        if let (Action::CopyLine, Some(words)) = (action, self.refused.take()) {
            return self.refuse(words);
        }
        if self.travel(action) {
            return Vec::new();
        }
        match action {
            Action::Run => self.run_step(port, now),
            Action::Retry => self.retry(port, now),
            Action::Open => self.open_selected(port, now),
            Action::Tick => self.tick(port, now),
            Action::Hold => self.hold(port, now),
            Action::Close => self.close_run(port, now),
            Action::Pause => vec![Effect::Wish(Intent::Pause)],
            Action::Drive => vec![Effect::Wish(Intent::Drive)],
            Action::Stop => self.card(Card::Stop, port, now),
            Action::RollBack => self.card(Card::RollBack, port, now),
            Action::Palette => self.card(Card::Palette, port, now),
            Action::Help => self.card(Card::Help, port, now),
            Action::Leave => self.leave(port, now),
            Action::Abort => self.card(Card::Reason(ReasonFor::Abort), port, now),
            Action::Note => self.card(Card::Note(self.target()), port, now),
            Action::Decide
            | Action::Evidence
            | Action::FailByHand
            | Action::LeaveOut
            | Action::Hand
            | Action::NotApplicable
            | Action::Output
            | Action::CopyLine
            | Action::CopyCommand => self.of_step(action, port, now),
            Action::Gate => self.gate(port, now),
            Action::See => self.see(port, now),
            Action::Call | Action::Recycle | Action::Trip => {
                self.named_command(action.entry().name, "", port, now).unwrap_or_default()
            }
            Action::Filter => {
                self.eye.search = crate::tui::eye::Search { text: String::new(), typing: true };
                Vec::new()
            }
            Action::Live => self.show(Screen::Live),
            Action::Step => self.show(Screen::Step),
            Action::Watch => self.show(Screen::Watch),
            Action::Log => self.show(Screen::Log),
            Action::Messages => self.show(Screen::Messages),
            Action::Risks => self.show(Screen::Risks),
            Action::Back => self.back(port, now),
            Action::Time => self.whose_time(now),
            Action::Theme => self.say("theme takes a name: ansi, dark, light, cvd, high, mono."),
            Action::Suspend => {
                self.absent_from = Some(self.state.last.0);
                self.back_once = true;
                vec![Effect::Suspend]
            }
            Action::Redraw => vec![Effect::Redraw],
            _ => Vec::new(),
        }
    }

    fn whose_time(&mut self, now: Stamp) -> Vec<Effect> {
        let spent = self.state.spent(&self.plan, now).sentence();
        self.say(spent.unwrap_or_else(|| "The run has taken no time yet.".into()))
    }

    /// An action by its name, as the palette gives it: `hold`, `theme dark`.
    pub(super) fn perform(&mut self, line: &str, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        let line = line.trim();
        if let Some(effects) = self.replay_perform(line, now) {
            return effects;
        }
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        if self.cut.is_none()
            && let Some(effects) = self.named_command(name, rest.trim(), port, now)
        {
            return effects;
        }
        match (Action::named(name), rest.trim()) {
            (Some(Action::Theme), name) if !name.is_empty() => match Theme::find(name, self.theme.glyphs) {
                Ok(theme) => {
                    self.theme = theme;
                    self.ask_background = false;
                    vec![Effect::Redraw]
                }
                Err(why) => self.say(why.to_string()),
            },
            (Some(action), _) => self.act(action, port, now),
            (None, _) => self.say(format!("There is no action {}.", shown(name))),
        }
    }

    /// Why this screen may not do it, in words.
    fn may_not(&self, action: Action, role: Role) -> Option<String> {
        if let Some(cut) = &self.cut {
            let acts = match action.entry().reach {
                Reach::Moves => false,
                Reach::Opens => {
                    let again = self.replay.is_some() && matches!(action, Action::Gate | Action::Filter);
                    !again
                        && !matches!(
                            action,
                            Action::Open | Action::Output | Action::Palette | Action::Help | Action::Leave
                        )
                }
                Reach::Holds | Reach::Acknowledges | Reach::Runs => true,
                Reach::Steers => action != Action::Theme,
            };
            return acts.then(|| cut.next.clone());
        }
        let steers = match action.entry().reach {
            Reach::Moves | Reach::Opens => false,
            Reach::Holds => role == Role::Watches,
            Reach::Acknowledges | Reach::Runs => role != Role::Drives,
            Reach::Steers => role == Role::Watches || (role == Role::Beside && action != Action::Drive),
        };
        // Going on is for the one who drives; anybody may hold.
        let steers = steers || (action == Action::Hold && role != Role::Drives && self.state.hold.is_some());
        let why = || self.watching.clone().unwrap_or_else(|| "This screen watches: it may look, not touch.".into());
        steers.then(|| format!("Not done. {}", why()))
    }

    pub(super) fn card(&mut self, card: Card, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        self.open(card, port, now);
        Vec::new()
    }

    pub(super) fn show(&mut self, screen: Screen) -> Vec<Effect> {
        if std::mem::replace(&mut self.eye.screen, screen) != screen {
            self.eye.mark = 0;
            self.eye.keeps_mark.set(true);
        }
        Vec::new()
    }

    /// The step that an action is about: the selected one, else the next.
    pub(super) fn target(&self) -> Option<StepIx> {
        self.eye.selected.step().or_else(|| self.state.next(&self.plan))
    }

    /// What `r` runs: the selected step where it has not begun, else the next one.
    fn to_run(&self) -> Option<StepIx> {
        let fresh = |ix: &StepIx| self.state.step(*ix).status == StepStatus::NotYet;
        self.eye.selected.step().filter(fresh).or_else(|| self.state.next(&self.plan))
    }

    fn run_step(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if let Some(effects) = self.before_steps(port, now) {
            return effects;
        }
        let Some(ix) = self.to_run() else { return self.close_run(port, now) };
        let number = shown(&self.plan.step(ix).number).into_owned();
        match self.state.step(ix).status {
            StepStatus::NotYet | StepStatus::Old | StepStatus::Claim => self.begin(ix, port, now),
            StepStatus::You => self.answer(ix, port, now),
            StepStatus::Running if matches!(self.plan.step(ix).work, Work::Monitor(_)) => self.answer(ix, port, now),
            StepStatus::Running => self.say(format!("{number} is running. It passes or fails by itself.")),
            StepStatus::Unknown if self.state.step(ix).is_orphan() => self.card(Card::Resolve(ix), port, now),
            StepStatus::Unknown | StepStatus::Failed | StepStatus::TimedOut | StepStatus::Stopped => {
                self.say(format!("{number} did not pass. R tries it again, v accepts it, s leaves it out."))
            }
            StepStatus::Ok
            | StepStatus::Late
            | StepStatus::Skipped
            | StepStatus::NotApplicable
            | StepStatus::Hand
            | StepStatus::Over
            | StepStatus::Back => self.say(format!("{number} is {} already.", self.state.step(ix).status)),
        }
    }

    /// A step that only reads runs at once, where its whole command was on the screen; any other asks by its card.
    pub(super) fn begin(&mut self, ix: StepIx, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        let step = self.plan.step(ix);
        let class = asked_class(&self.plan, &self.state, ix);
        if matches!(step.work, Work::Notify(_)) {
            return self.answer(ix, port, now);
        }
        let by_hand = matches!(step.work, Work::Check(_) | Work::Measure(_) | Work::Ask(_) | Work::Choose { .. });
        let early = early_start(&self.plan, &self.state, ix, now.wall).is_some();
        if by_hand && class <= Class::C1 && !early {
            return self.answer(ix, port, now);
        }
        let read = step.command().is_none() || self.eye.shown_whole.get() == Some(ix);
        if class == Class::C0 && read && self.state.hold.is_none() && self.state.running().is_empty() {
            return vec![Effect::Wish(Intent::Run { step: step.id.clone(), typed: Typed::default() })];
        }
        self.card(Card::Run(ix), port, now)
    }

    fn retry(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        let again = |ix: &StepIx| {
            let own = self.state.step(*ix);
            own.status.bad() || (own.status == StepStatus::Unknown && own.verdict.is_some())
        };
        match self.eye.selected.step().filter(again).or_else(|| self.state.next(&self.plan).filter(again)) {
            Some(ix) => self.card(Card::Run(ix), port, now),
            None => self.say("Nothing here has failed: R tries a step again that did."),
        }
    }

    /// What comes before any step: the start, the end, a step of which nobody knows.
    fn before_steps(&mut self, port: &dyn Port, now: Stamp) -> Option<Vec<Effect>> {
        if self.state.ended.is_some() {
            return Some(self.say("The run has ended. Nothing can run in it any more."));
        }
        if self.state.facts.is_none() {
            return Some(self.say("The run's records are being read."));
        }
        self.not_started(port, now)
    }

    /// What a key comes to that wants a step while the run is not there yet: the start card, or words. A card that opened
    /// here would close by itself with the next record, and the key with it.
    pub(super) fn not_started(&mut self, port: &dyn Port, now: Stamp) -> Option<Vec<Effect>> {
        if self.hands() != Hands::Ours {
            return Some(self.card(Card::HandOver, port, now));
        }
        match (self.state.started.is_some(), self.starting, &self.state.vars_bound) {
            (false, true, _) => Some(self.say("The run is being started. Press it again when it has.")),
            (false, false, _) => Some(self.card(Card::Start, port, now)),
            (true, _, VarsBound::NotYet) => {
                Some(self.say("The variables are being read; nothing starts before that. Press it again then."))
            }
            (true, _, VarsBound::Yes | VarsBound::Failed(_)) => None,
        }
    }

    fn hold(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        match self.state.hold {
            Some(_) => self.card(Card::GoOn, port, now),
            None => vec![Effect::Wish(Intent::Hold { reason: String::new() })],
        }
    }

    pub(super) fn close_run(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if self.state.ended.is_some() {
            return self.say("The run has ended. q leaves.");
        }
        if self.state.nothing_left(&self.plan) {
            return self.card(Card::CloseRun, port, now);
        }
        self.say("Steps are left to do, so the run cannot be closed yet. :abort ends it before its end.")
    }

    fn gate(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        let is_gate = |ix: &StepIx| matches!(self.plan.step(*ix).work, Work::Gate(_));
        let to_come = || {
            self.state.path(&self.plan).into_iter().filter(is_gate).find(|ix| !self.state.step(*ix).status.settled())
        };
        match self.target().filter(is_gate).or_else(to_come) {
            Some(ix) => self.card(Card::Gate(ix), port, now),
            None => self.say("No gate is to come."),
        }
    }

    /// Actions about the selected step that ask by a card of their own.
    fn of_step(&mut self, action: Action, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if action == Action::CopyLine {
            return vec![Effect::Copy(self.text_of(self.eye.selected))];
        }
        let Some(ix) = self.target() else { return self.say("No step is selected.") };
        let own = self.state.step(ix);
        let card = match action {
            Action::Decide if matches!(self.plan.step(ix).work, Work::Gate(_)) && own.status == StepStatus::You => {
                Card::Gate(ix)
            }
            Action::Decide if own.status.bad() || own.status == StepStatus::Unknown => {
                Card::Reason(ReasonFor::Accept(ix))
            }
            Action::Decide => match crate::tui::proposals::undecided(&self.state) {
                Some(trigger) => Card::Trigger(trigger),
                None => return self.say("v decides a gate that is open, or accepts a step that failed."),
            },
            Action::Evidence => return self.answer(ix, port, now),
            Action::FailByHand => Card::Reason(ReasonFor::Fail(ix)),
            Action::LeaveOut if own.status == StepStatus::Running => match &self.plan.step(ix).work {
                Work::Monitor(_) => Card::Monitor(ix),
                Work::Wait(_) => Card::Reason(ReasonFor::Release(ix)),
                _runs => return self.say("It runs: ^C offers to stop it."),
            },
            Action::LeaveOut => Card::Reason(ReasonFor::Skip(ix)),
            Action::NotApplicable => Card::Reason(ReasonFor::NotApplicable(ix)),
            Action::Hand => Card::Reason(ReasonFor::Hand(ix)),
            Action::Output => Card::Output(self.whose_output(ix)),
            Action::CopyCommand => {
                let command = self.plan.step(ix).command().map(|command| match &command.program {
                    Program::Text { text, .. } => {
                        crate::model::text::shown_lines(command.script().as_deref().unwrap_or(text))
                    }
                    Program::Argv(words) => shown(&words.join(" ")).into_owned(),
                });
                return command.map_or_else(|| self.say("This step has no command."), |text| vec![Effect::Copy(text)]);
            }
            _ => return Vec::new(),
        };
        let settles = matches!(card, Card::Reason(_));
        if settles && own.status.settled() {
            let words = format!("{} is {} already.", shown(&self.plan.step(ix).number), own.status);
            return self.say(words);
        }
        self.card(card, port, now)
    }

    /// The step whose output is read: the one that is meant, else, where it prints nothing itself, the one that runs.
    fn whose_output(&self, ix: StepIx) -> StepIx {
        let prints = self.plan.step(ix).command().is_some();
        if prints { ix } else { self.state.running().first().copied().unwrap_or(ix) }
    }

    fn back(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if !self.eye.search.text.is_empty() {
            self.eye.search = Default::default();
            return Vec::new();
        }
        if self.eye.screen != Screen::Live {
            return self.show(Screen::Live);
        }
        self.leave(port, now)
    }

    /// Asks before a run is left that goes on; one that is over is left at once.
    fn leave(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if self.over.is_some() || self.lost.is_some() || self.state.closed {
            return vec![Effect::Quit];
        }
        self.card(Card::LeaveScreen, port, now)
    }
}

//! Cards: opened by an action or by themselves, closed when what they ask about is over.

use super::{App, Effect, Hands};
use crate::feed::{Port, Role};
use crate::model::ids::{StepIx, TriggerIx};
use crate::model::state::StepStatus;
use crate::model::step::Work;
use crate::model::time::Stamp;
use crate::tui::context::{ActionLine, Card, Context};
use crate::tui::eye::Screen;
use crate::tui::overlays::Overlay;
use crate::tui::proposals;

/// Whether a card asks for nothing of the run.
pub(super) fn only_looks(card: &Card) -> bool {
    match card {
        Card::Output(_) | Card::Help | Card::Palette | Card::LeaveScreen | Card::SinceYouLeft { .. } => true,
        Card::Start
        | Card::HandOver
        | Card::Run(_)
        | Card::Answer { .. }
        | Card::Choose(_)
        | Card::Gate(_)
        | Card::Decide { .. }
        | Card::Stop
        | Card::RollBack
        | Card::Reason(_)
        | Card::GoOn
        | Card::Resolve(_)
        | Card::Note(_)
        | Card::Trigger(_)
        | Card::Monitor(_)
        | Card::Notify(_)
        | Card::Sign(_)
        | Card::SignFor { .. }
        | Card::Amend(_)
        | Card::Call(_)
        | Card::Reading(_)
        | Card::CloseRun => false,
    }
}

impl App {
    /// Hands out what cards are drawn and asked from.
    pub(super) fn with_ctx<T>(&self, port: &dyn Port, now: Stamp, take: impl FnOnce(&Context<'_>) -> T) -> T {
        // Help and palette list them; a frame without a card needs none, and each costs a walk over the steps.
        let actions = if self.overlays.is_empty() { Vec::new() } else { self.lines() };
        self.with_actions((port, now), &actions, take)
    }

    /// The same with these actions, also while the only card is in hand.
    pub(super) fn with_actions<T>(
        &self,
        (port, now): (&dyn Port, Stamp),
        actions: &[ActionLine<'_>],
        take: impl FnOnce(&Context<'_>) -> T,
    ) -> T {
        take(&Context {
            plan: &self.plan,
            state: &self.state,
            now,
            theme: &self.theme,
            port,
            streams: &self.streams,
            trouble: &self.trouble,
            actions,
        })
    }

    pub(super) fn open(&mut self, card: Card, port: &dyn Port, now: Stamp) {
        if let Some(words) = self.may_not_open(&card, port) {
            self.refuse(words);
            return;
        }
        let overlay = self.with_ctx(port, now, |ctx| Overlay::open(card, ctx));
        self.overlays.push(overlay);
    }

    /// Why a card would lead nowhere on this screen, in words.
    fn may_not_open(&self, card: &Card, port: &dyn Port) -> Option<String> {
        if only_looks(card) {
            return None;
        }
        // What was seen and asked at a gate is looked at again; its keys lead nowhere.
        let again = self.replay.is_some() && matches!(card, Card::Gate(_) | Card::Monitor(_));
        if let Some(cut) = self.cut.as_ref().filter(|_| !again) {
            return Some(cut.next.clone());
        }
        let drives_only = match card {
            Card::Run(_)
            | Card::Answer { .. }
            | Card::Choose(_)
            | Card::Decide { .. }
            | Card::Reason(_)
            | Card::GoOn
            | Card::Resolve(_)
            | Card::CloseRun
            | Card::Notify(_)
            | Card::Sign(_)
            | Card::SignFor { .. }
            | Card::Reading(_)
            | Card::HandOver
            | Card::Amend(_)
            | Card::Start => true,
            Card::Stop
            | Card::Trigger(_)
            | Card::Monitor(_)
            | Card::Call(_)
            | Card::RollBack
            | Card::Gate(_)
            | Card::Note(_)
            | Card::Output(_)
            | Card::Help
            | Card::Palette
            | Card::LeaveScreen
            | Card::SinceYouLeft { .. } => false,
        };
        let shows = matches!(card, Card::Gate(_) | Card::Trigger(_) | Card::Monitor(_) | Card::Call(_));
        let looks_only = port.role() == Role::Watches && !shows;
        self.watching.as_ref().filter(|_| drives_only || looks_only).map(|words| format!("Not done. {words}"))
    }

    /// The operator closed a card: one that opens by itself does not open again for the same cause.
    pub(super) fn closed(&mut self, card: &Card) {
        match card {
            Card::Start => self.dismissed.start = true,
            Card::HandOver => self.dismissed.hands = Some(self.hands()),
            Card::Gate(step) => self.dismissed.gate = Some((*step, self.state.step(*step).attempt)),
            Card::Trigger(trigger) => {
                if let Some(tripped) = &self.state.trigger(*trigger).tripped {
                    self.dismissed.triggers.insert(*trigger, tripped.since);
                }
            }
            Card::Run(_)
            | Card::Answer { .. }
            | Card::Choose(_)
            | Card::Decide { .. }
            | Card::Stop
            | Card::RollBack
            | Card::Reason(_)
            | Card::GoOn
            | Card::Resolve(_)
            | Card::Note(_)
            | Card::Output(_)
            | Card::Help
            | Card::Palette
            | Card::LeaveScreen
            | Card::CloseRun
            | Card::Monitor(_)
            | Card::Notify(_)
            | Card::Sign(_)
            | Card::SignFor { .. }
            | Card::Amend(_)
            | Card::Call(_)
            | Card::Reading(_)
            | Card::SinceYouLeft { .. } => {}
        }
    }

    pub(super) fn close_what_is_over(&mut self, port: &dyn Port, now: Stamp) {
        if self.overlays.is_empty() {
            return;
        }
        let mut overlays = std::mem::take(&mut self.overlays);
        self.with_ctx(port, now, |ctx| overlays.retain(|overlay| !overlay.is_over(ctx)));
        self.overlays = overlays;
    }

    /// The start card of a run that is not started, the gate that is under way, what happened while nobody looked.
    pub(super) fn open_by_itself(&mut self, port: &dyn Port, now: Stamp) {
        // A card must not take keys that are meant for a program.
        if self.terminal_in_front() || !self.caught_up || self.over.is_some() || self.lost.is_some() {
            return;
        }
        if let Some(trigger) = self.to_show() {
            self.open(Card::Trigger(trigger), port, now);
        }
        // What happened meanwhile may stand below it; whatever asks for something may not.
        let only_tells = self.overlays.iter().all(|overlay| matches!(overlay.card(), Card::SinceYouLeft { .. }));
        let hands = self.hands();
        if only_tells && hands != Hands::Ours && self.watching.is_none() && self.dismissed.hands != Some(hands) {
            self.open(Card::HandOver, port, now);
            return;
        }
        if !self.overlays.is_empty() {
            return;
        }
        let returned = self.returned.take();
        self.back_once |= returned.is_some();
        if let Some(from) = returned.filter(|from| self.missed(*from)) {
            self.open(Card::SinceYouLeft { from }, port, now);
        } else if self.state.facts.is_some()
            && self.state.started.is_none()
            && self.watching.is_none()
            && !self.dismissed.start
        {
            self.open(Card::Start, port, now);
        } else if let Some(gate) = self.open_gate()
            && self.dismissed.gate != Some((gate, self.state.step(gate).attempt))
        {
            self.open(Card::Gate(gate), port, now);
        }
    }

    /// Whether the run is in the hands of whoever conducts it.
    pub(super) fn hands(&self) -> Hands {
        match (&self.state.handover, self.state.old_decisions().is_empty()) {
            (Some(_), _) => Hands::Others,
            (None, false) => Hands::OldDecisions,
            (None, true) => Hands::Ours,
        }
    }

    /// A trigger that tripped and was not looked at here since; it comes above whatever is open but the cards that already act
    /// on it. One that is asked about again has tripped anew.
    fn to_show(&self) -> Option<TriggerIx> {
        let acts = |overlay: &Overlay| matches!(overlay.card(), Card::Trigger(_) | Card::RollBack | Card::Stop);
        if self.cut.is_some() || self.state.ended.is_some() || self.state.going_back() || self.overlays.iter().any(acts)
        {
            return None;
        }
        let fresh = |ix: &TriggerIx| {
            let since = self.state.trigger(*ix).tripped.as_ref().map(|tripped| tripped.since);
            since.is_some() && self.dismissed.triggers.get(ix) != since.as_ref()
        };
        let open = |ix: &TriggerIx| self.state.trigger(*ix).went_on.is_none();
        proposals::tripped(&self.state).into_iter().filter(open).find(fresh)
    }

    /// Whether anything happened after this record but screens that came and went, and the run that was taken up.
    fn missed(&self, from: u64) -> bool {
        let telling = |word: &str| !matches!(word, "screen" | "resume");
        let log = &self.state.log;
        self.state.started.is_some()
            && self.state.ended.is_none()
            && log.iter().rev().take_while(|entry| entry.seq.0 > from).any(|entry| telling(entry.word))
    }

    fn open_gate(&self) -> Option<StepIx> {
        let next = self.state.next(&self.plan)?;
        let is_gate = matches!(self.plan.step(next).work, Work::Gate(_));
        (is_gate && self.state.step(next).status == StepStatus::You).then_some(next)
    }

    /// Answers a step of a person: its next open item, its options, its gate.
    pub(super) fn answer(&mut self, ix: StepIx, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        let open = |item: &usize| !self.state.step(ix).answers.contains_key(item);
        let card = match &self.plan.step(ix).work {
            Work::Check(items) => Card::Answer { step: ix, item: (0..items.len()).find(open).unwrap_or(0) },
            Work::Measure(_) | Work::Ask(_) => Card::Answer { step: ix, item: 0 },
            Work::Choose { .. } => Card::Choose(ix),
            Work::Gate(_) => Card::Gate(ix),
            Work::Sign(_) => Card::Sign(ix),
            Work::Notify(_) => Card::Notify(ix),
            Work::Monitor(_) if self.state.step(ix).status == StepStatus::Running => Card::Monitor(ix),
            Work::Run(_) | Work::Wait(_) | Work::Monitor(_) | Work::Call(_) | Work::Group(_) | Work::Evidence(_) => {
                self.eye.screen = Screen::Step;
                return Vec::new();
            }
        };
        self.open(card, port, now);
        Vec::new()
    }
}

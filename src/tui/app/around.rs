//! Actions about what stands around the steps: triggers, probes, messages, risks, quick fixes, beginning again.
//!
//! Each leads to a card that asks, or to words; nothing here changes the run.

use super::{App, Effect};
use crate::feed::Port;
use crate::model::ids::{ProcedureId, RiskId, StepIx, TriggerId, TriggerIx};
use crate::model::intent::Intent;
use crate::model::state::StepStatus;
use crate::model::step::Work;
use crate::model::text::shown;
use crate::model::time::Stamp;
use crate::model::watch::Outcome;
use crate::tui::context::{Amending, Card, ReasonFor};
use crate::tui::eye::{Row, Screen};
use crate::tui::proposals;
use crate::tui::things::{self, Thing};
use crate::tui::watched;

impl App {
    /// `a`: says that the trigger was seen, or shows the one that waits for a decision.
    pub(super) fn see(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        let tripped = proposals::tripped(&self.state);
        match tripped.iter().find(|ix| self.state.trigger(**ix).acked.is_none()).copied() {
            Some(ix) => vec![Effect::Wish(Intent::Ack { trigger: self.plan.trigger(ix).id.clone() })],
            None => match tripped.first().copied() {
                Some(ix) => self.show_card(Card::Trigger(ix), port, now),
                None => self.say_words("No trigger has tripped."),
            },
        }
    }

    /// A command that takes a name: `trip ID`, `call ID`, `recycle STEP`, `risk ID`; `None` for any other.
    pub(super) fn named_command(&mut self, name: &str, rest: &str, port: &dyn Port, now: Stamp) -> Option<Vec<Effect>> {
        let card = match name {
            "amend" => self.amend(rest, port),
            "trip" => self.trip(rest),
            "call" if rest.is_empty() => Ok(Card::Call(self.proposed_call())),
            "call" => {
                let found = self.plan.find_procedure(&ProcedureId(rest.to_owned()));
                found.map(|ix| Card::Call(Some(ix))).ok_or(format!("This plan names no quick fix {}.", shown(rest)))
            }
            "recycle" => self.recycle(rest),
            "risk" => self.risk(rest),
            _ => return None,
        };
        Some(match card {
            Ok(card) => self.show_card(card, port, now),
            Err(words) => self.say_words(words),
        })
    }

    /// Another runbook: the card says what would differ, or why it may not take the place of the one in force.
    fn amend(&self, file: &str, port: &dyn Port) -> Result<Card, String> {
        if file.is_empty() {
            return Err("amend FILE: a runbook that takes the place of this one from here on.".into());
        }
        if self.state.ended.is_some() {
            return Err("The run has ended. Its runbook stays as it is.".into());
        }
        let found = port.proposal(file, &self.plan, &self.state);
        Ok(Card::Amend(Box::new(Amending { file: file.to_owned(), found })))
    }

    /// The quick fix that the plan proposes as things stand.
    fn proposed_call(&self) -> Option<crate::model::ids::ProcedureIx> {
        let called = |outcome: Outcome| match outcome {
            Outcome::Call(procedure) => self.plan.find_procedure(&procedure),
            Outcome::Hold | Outcome::Abort | Outcome::GoOn | Outcome::RollBack(_) | Outcome::Recycle(_) => None,
        };
        let by_trigger = proposals::undecided(&self.state).and_then(|ix| self.plan.trigger(ix).then.clone());
        let failed = self.state.next(&self.plan).map(|next| proposals::of_failed(&self.plan, &self.state, next));
        by_trigger.into_iter().chain(failed.unwrap_or_default()).find_map(called)
    }

    fn trip(&self, rest: &str) -> Result<Card, String> {
        if rest.is_empty() {
            let ids: Vec<String> =
                self.plan.triggers.iter().map(|trigger| shown(trigger.id.as_str()).into_owned()).collect();
            return Err(match ids.as_slice() {
                [] => "This plan names no trigger.".into(),
                ids => format!("trip takes a name: {}.", ids.join(", ")),
            });
        }
        let ix = self.plan.find_trigger(&TriggerId(rest.to_owned()));
        let ix = ix.ok_or(format!("This plan names no trigger {}.", shown(rest)))?;
        Ok(self.trigger_card(ix))
    }

    /// The card of a trigger: its own once it has tripped, else the one that trips it.
    fn trigger_card(&self, ix: TriggerIx) -> Card {
        match self.state.trigger(ix).tripped {
            Some(_) => Card::Trigger(ix),
            None => Card::Reason(ReasonFor::Trip(ix)),
        }
    }

    fn recycle(&self, rest: &str) -> Result<Card, String> {
        let by_name = |name: &str| {
            let same = |at: &usize| self.plan.steps[*at].number == name || self.plan.steps[*at].id.as_str() == name;
            (0..self.plan.steps.len()).find(same).map(StepIx)
        };
        let found = Some(rest).filter(|rest| !rest.is_empty()).map(by_name);
        let selected = || self.eye.selected.step().filter(|ix| self.state.step(*ix).attempt > 0);
        let ix = match found {
            Some(found) => found.ok_or(format!("This plan has no step {}.", shown(rest)))?,
            None => selected().ok_or("recycle takes a step that was begun: recycle 2.1.")?,
        };
        Ok(Card::Reason(ReasonFor::Recycle(ix)))
    }

    fn risk(&self, rest: &str) -> Result<Card, String> {
        if rest.is_empty() {
            return Err("risk takes a name: risk h1 closes it, with a reason. 7 shows them all.".into());
        }
        let at = self.plan.find_risk(&RiskId(rest.to_owned()));
        let at = at.ok_or(format!("This plan names no risk {}.", shown(rest)))?;
        if self.state.is_risk_open(&self.plan, at) {
            return Ok(Card::Reason(ReasonFor::CloseRisk(at)));
        }
        Err(format!("{} is closed already.", shown(rest)))
    }

    /// Enter on Watch, Messages or Risks: what is marked there.
    pub(super) fn open_thing(&mut self, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if !self.eye.keeps_mark.replace(true) {
            return self.say_words("What is marked was out of view, and is in view again: Enter opens it.");
        }
        let things = things::of(&self.plan, &self.state, self.eye.screen);
        let Some(thing) = things.get(self.eye.mark.min(things.len().saturating_sub(1))).copied() else {
            return self.say_words("Nothing here can be opened.");
        };
        match thing {
            Thing::Trigger(ix) => {
                let card = self.trigger_card(ix);
                self.show_card(card, port, now)
            }
            Thing::Probe(ix) if watched::by_hand(&self.plan, ix) => self.show_card(Card::Reading(ix), port, now),
            Thing::Probe(_) => self.say_words("A command reads this one by itself."),
            Thing::Step(ix) => self.open_step(ix, port, now),
            Thing::Message(at) => {
                let text = self.state.message(&self.plan.messages[at].text);
                vec![Effect::Copy(text)]
            }
            Thing::Risk(at) if self.state.is_risk_open(&self.plan, at) => {
                self.show_card(Card::Reason(ReasonFor::CloseRisk(at)), port, now)
            }
            Thing::Risk(_) => self.say_words("This risk is closed."),
            Thing::Procedure(ix) => self.show_card(Card::Call(Some(ix)), port, now),
        }
    }

    fn open_step(&mut self, ix: StepIx, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        let waits = self.state.step(ix).status == StepStatus::You;
        let next = self.state.next(&self.plan) == Some(ix);
        match &self.plan.step(ix).work {
            Work::Monitor(_) => self.answer(ix, port, now),
            Work::Notify(_) | Work::Sign(_) if waits || next => self.answer(ix, port, now),
            _elsewhere => {
                self.select(Row::Step { ix, depth: 0 });
                self.eye.screen = Screen::Step;
                Vec::new()
            }
        }
    }

    /// Moves the mark on a screen that has one; `false` where it cannot go further that way, so that the rows move.
    pub(super) fn mark_by(&mut self, rows: isize) -> bool {
        let count = things::of(&self.plan, &self.state, self.eye.screen).len();
        if count == 0 || !self.eye.keeps_mark.get() {
            return false;
        }
        let from = self.eye.mark.min(count - 1);
        self.eye.mark = from.saturating_add_signed(rows).min(count - 1);
        let moved = self.eye.mark != from;
        self.eye.keeps_mark.set(moved || rows < 0);
        moved
    }

    fn show_card(&mut self, card: Card, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        self.open(card, port, now);
        Vec::new()
    }

    fn say_words(&mut self, words: impl Into<String>) -> Vec<Effect> {
        self.say(words)
    }
}

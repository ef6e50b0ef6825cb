//! What the run tells: records are folded in, and everything else becomes words on the screen.
//!
//! A record that cannot follow stops this screen's fold: it says so and shows nothing later, rather than something untrue.

use super::open::only_looks;
use super::{App, Cut, Effect, Message, Over};
use crate::feed::{News, Role};
use crate::model::event::Event;
use crate::model::intent::Intent;
use crate::model::record::Record;
use crate::model::schedule;
use crate::model::state::RunStatus;
use crate::model::text::shown;
use crate::model::time::Stamp;
use crate::tui::words;

/// How the conductor says that another screen asks for the wheel.
const ASKS_FOR_WHEEL: &str = "asks for the wheel";

/// What to do comes first: a narrow screen cuts the end.
fn essential_first(words: String) -> String {
    match words.split_once(ASKS_FOR_WHEEL) {
        Some((who, _)) => format!("Any key keeps the wheel: {} {ASKS_FOR_WHEEL} (20 s).", who.trim_end()),
        None => words,
    }
}

impl App {
    pub(super) fn news(&mut self, news: News, role: Role, now: Stamp) -> Vec<Effect> {
        match news {
            News::Records(records) => self.fold(&records),
            News::Taken(_) => self.unasked(),
            News::Refused(_, words) => {
                self.starting = false;
                if let Some(top) = self.overlays.last_mut() {
                    top.not_taken(&shown(&words));
                }
                return self.say(format!("Not done: {}.", shown(words.trim_end_matches('.'))));
            }
            News::Driver { name, you } => self.driver(&name, you, role),
            News::Trouble(words) => self.trouble = essential_first(words),
            News::Over { sealed, why } => self.conductor_ended(sealed, why, now),
            News::Lost(words) => self.link_lost(words),
        }
        Vec::new()
    }

    /// Any key of the one who drives answers whoever asks for the wheel. One that wishes nothing says so by a wish for the
    /// wheel that this screen has already, which the conductor takes as that answer.
    pub(super) fn keep_wheel(&mut self, effects: &mut Vec<Effect>) {
        if self.watching.is_some() || !self.trouble.contains(ASKS_FOR_WHEEL) {
            return;
        }
        self.trouble.clear();
        if !effects.iter().any(|effect| matches!(effect, Effect::Wish(_))) {
            effects.push(Effect::Wish(Intent::Drive));
        }
    }

    fn link_lost(&mut self, words: String) {
        if self.state.ended.is_none() {
            let run = self.run_number().unwrap_or_default();
            self.trouble = format!(
                "tminus resume {run} takes the run up again: {}. This picture is old.",
                shown(words.trim_end_matches('.'))
            );
            self.cut_off(Cut {
                word: "GONE",
                next: format!("The conductor is gone. tminus resume {run} takes the run up again. q leaves."),
            });
        }
        self.lost = Some(words);
    }

    /// From here on this screen only looks: what asks for something else is closed.
    fn cut_off(&mut self, cut: Cut) {
        self.overlays.retain(|overlay| only_looks(overlay.card()));
        self.message = None;
        self.cut = Some(cut);
    }

    fn unasked(&mut self) {
        if self.message == Some(Message::Asked) {
            self.message = None;
        }
    }

    fn fold(&mut self, records: &[Record]) {
        if self.lost.is_some() {
            return;
        }
        for record in records {
            if let Err(illegal) = self.state.apply(&self.plan, record) {
                self.trouble =
                    format!("This screen cannot read the journal on: {}. q leaves it.", shown(&illegal.to_string()));
                self.lost = Some(illegal.to_string());
                let run = self.run_number().unwrap_or_default();
                self.cut_off(Cut {
                    word: "STUCK",
                    next: format!(
                        "This screen cannot read on. The run goes on. q leaves; tminus attach {run} looks again."
                    ),
                });
                return;
            }
            if matches!(record.event, Event::Amended { .. }) {
                self.take_plan();
                self.say_amended();
            }
            self.remember(record);
        }
        self.unasked();
    }

    /// Says that another runbook is in force, once this screen has caught up.
    fn say_amended(&mut self) {
        let words = self.state.amendments.last().map(|amendment| amendment.words());
        if let Some(words) = words.filter(|_| self.caught_up) {
            self.warning = true;
            self.message = Some(Message::Says(format!("{}.", shown(words.trim_end_matches('.')))));
        }
    }

    /// What the state does not keep: which bytes came from which stream, and since when nobody looked.
    fn remember(&mut self, record: &Record) {
        match &record.event {
            Event::Output { step, attempt, extent } => {
                if let Some(ix) = self.plan.find(step) {
                    self.streams.note(ix, *attempt, extent);
                }
            }
            Event::ClientLeft { .. } if self.state.clients.is_empty() => {
                // Somebody else came back from an earlier absence, and has left again.
                self.returned = None;
                self.absent_from = Some(record.seq.0);
            }
            // Nobody hears of what was warned before this screen looked.
            Event::Warned { of, minutes } if self.caught_up => {
                self.warning = true;
                let words = schedule::warned_words(&self.plan, &self.state, (of, *minutes), record.at);
                self.message = Some(Message::Says(format!("{}.", shown(words.trim_end_matches('.')))));
            }
            Event::TriggerTripped { .. } => self.warning |= self.caught_up,
            Event::Resume { .. } => self.absent_from = self.absent_from.or(Some(record.seq.0.saturating_sub(1))),
            Event::ClientJoined { .. } if !self.back_once => {
                if let Some(from) = self.absent_from.take() {
                    self.returned = Some(from);
                }
            }
            _ => {}
        }
    }

    fn driver(&mut self, name: &str, you: bool, role: Role) {
        self.caught_up = true;
        // The wheel has moved or was kept: nobody asks for it any more.
        if self.trouble.contains(ASKS_FOR_WHEEL) {
            self.trouble.clear();
        }
        let looks = role == Role::Watches;
        self.watching = (!you).then(|| {
            let since = self.state.driver.and_then(|driver| self.state.clients.get(&driver));
            let since = since
                .map_or(String::new(), |client| format!(" since {}", words::clock(&self.state, client.since.wall)));
            let drives =
                if name.is_empty() { "Nobody drives".into() } else { format!("{} is driving{since}", shown(name)) };
            match (looks, name.is_empty()) {
                (true, _) => format!("{drives}. You are watching. This screen only looks."),
                (false, true) => format!("{drives}. You are watching. :drive takes the wheel."),
                (false, false) => format!("{drives}. You are watching. :drive asks for the wheel."),
            }
        });
    }

    fn conductor_ended(&mut self, sealed: bool, why: Option<String>, now: Stamp) {
        let run = self.run_number().unwrap_or_default();
        let words = match (&why, sealed) {
            (Some(why), _) => format!(
                "tminus resume {run} takes the run up again: the conductor ended, {}.",
                shown(why.trim_end_matches('.'))
            ),
            (None, true) => {
                format!("Run {run} is closed and sealed at {}. q leaves.", words::clock(&self.state, now.wall))
            }
            (None, false) if self.state.paused => {
                format!("Run {run} is paused. tminus resume {run} takes it up again. q leaves.")
            }
            (None, false) => format!("Run {run} is over; its journal is not sealed. q leaves."),
        };
        if why.is_some() && !crate::tui::overlays::is_failing(&self.trouble) {
            self.trouble.clone_from(&words);
        }
        if self.state.ended.is_none() {
            let paused = self.state.paused;
            let (word, what) =
                if paused { ("PAUSED", "The run is paused.") } else { ("GONE", "The conductor is gone.") };
            let next = format!("{what} tminus resume {run} takes the run up again. q leaves.");
            self.cut_off(Cut { word, next });
        } else {
            self.overlays.retain(|overlay| only_looks(overlay.card()));
        }
        self.over = Some(Over { sealed, why });
        self.message = Some(Message::Says(words));
    }

    /// Rings once when the run begins to wait for a person, when a trigger trips and when little time is left.
    pub(super) fn rings(&mut self) -> Option<Effect> {
        let needs = match self.state.status() {
            RunStatus::Waiting | RunStatus::Unknown => self.state.started.is_some(),
            RunStatus::Preparing
            | RunStatus::Running
            | RunStatus::Held
            | RunStatus::RollingBack
            | RunStatus::Paused
            | RunStatus::Completed
            | RunStatus::RolledBack
            | RunStatus::Aborted
            | RunStatus::Failed => false,
        };
        let before = std::mem::replace(&mut self.needed, needs);
        let began = (needs && !before) || std::mem::take(&mut self.warning);
        (began && self.caught_up).then_some(Effect::Bell)
    }
}

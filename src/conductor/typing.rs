//! Keys for a command's terminal: from the client that drives, to the attempt that it means, and nowhere else.
//!
//! They are not recorded, logged or told to anybody; what the program echoes comes back as output. Recorded is only how many
//! bytes a person typed and between which instants. They never wait: what a program does not read is refused in words. Called
//! by the room for each such frame.

use super::room::Room;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::driver::Input;
use crate::engine::exec::{Controls, Window};
use crate::model::actor::Actor;
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepId};
use crate::model::state::StepStatus;
use crate::model::time::Stamp;
use crate::model::wire::{KEYS_LIMIT, Keys, ToClient, Typist};
use std::time::Duration;

/// How long keys are counted together before their number is recorded; at the end of the attempt it is at once.
const TOGETHER: Duration = Duration::from_secs(10);

/// How much was typed of late, and not what.
#[derive(Default)]
pub(super) struct Keystrokes(Vec<Count>);

struct Count {
    step: StepId,
    attempt: Attempt,
    by: Actor,
    bytes: u64,
    from: Stamp,
    to: Stamp,
}

impl Keystrokes {
    fn add(&mut self, of: (&StepId, Attempt), by: Actor, bytes: u64, now: Stamp) {
        let same = |count: &&mut Count| count.step == *of.0 && count.attempt == of.1 && count.by == by;
        match self.0.iter_mut().find(same) {
            Some(count) => (count.bytes, count.to) = (count.bytes.saturating_add(bytes), now),
            None => {
                self.0.push(Count { step: of.0.clone(), attempt: of.1, by, bytes, from: now, to: now });
            }
        }
    }

    /// Takes what is to be recorded: all, or what was begun long enough before `now`.
    fn take(&mut self, now: Option<Stamp>) -> Vec<Event> {
        let is_due = |count: &Count| now.is_none_or(|now| now.since(count.from) >= TOGETHER);
        let (due, rest) = std::mem::take(&mut self.0).into_iter().partition(is_due);
        self.0 = rest;
        let due: Vec<Count> = due;
        due.into_iter()
            .map(|Count { step, attempt, by, bytes, from, to }| {
                let (from, to) = (from.wall, to.wall);
                Event::StepTyped { step, attempt, bytes, from, to, by }
            })
            .collect()
    }
}

impl Room {
    /// Passes keys on, or says to the one who typed why not.
    pub(super) async fn typed(&mut self, from: (u32, u64), of: (&StepId, Attempt), keys: &Keys, typist: Typist) {
        let (client, id) = from;
        // A program of the run could type a password to itself, or a yes to the program beside it.
        if self.is_own_child(client).await {
            return;
        }
        let bytes = keys.reveal();
        let passed = match self.keyboard(client, of) {
            Err(why) => Err(why),
            Ok(_) if bytes.len() > KEYS_LIMIT => Err("too much at once".into()),
            Ok(controls) => controls.type_in(bytes).map_err(|why| why.to_string()),
        };
        match (passed, typist, self.hall.guest(client).and_then(|guest| guest.hello.as_ref())) {
            (Ok(()), Typist::Person, Some(hello)) => {
                self.keystrokes.add(of, hello.who.clone(), bytes.len() as u64, SystemClock.now());
            }
            (Ok(()), Typist::Person | Typist::Terminal, _) => {}
            (Err(why), Typist::Person | Typist::Terminal, _) => {
                let why = format!("Not passed on to {}: {why}.", of.0);
                self.hall.tell(client, ToClient::Refused { id, why });
            }
        }
    }

    /// Records how much was typed: all of it, or at `now` what has been counted for long enough.
    pub(super) async fn record_keystrokes(&mut self, now: Option<Stamp>) {
        let typed = self.keystrokes.take(now);
        if !typed.is_empty() {
            self.step(Input::Note(typed)).await;
        }
    }

    /// Gives a terminal the size that it is drawn in. Whose it is not changes nothing.
    pub(super) fn resized(&mut self, client: u32, of: (&StepId, Attempt), (rows, cols): (u16, u16)) {
        if let Ok(controls) = self.keyboard(client, of) {
            controls.resize(Window { rows, cols });
        }
    }

    /// The controls of the attempt that `client` may type to.
    fn keyboard(&self, client: u32, (step, attempt): (&StepId, Attempt)) -> Result<&Controls, String> {
        let hello = self.hall.guest(client).and_then(|guest| guest.hello.as_ref());
        if hello.is_none_or(|hello| hello.watch) || self.hall.driver != Some(client) {
            return Err(format!("{} is driving, and only that screen types", self.hall.driver_name()));
        }
        let ix = self.driver.plan.find(step).ok_or("there is no such step")?;
        let own = self.driver.state.step(ix);
        if own.status != StepStatus::Running || own.attempt != attempt {
            return Err("that attempt is over".into());
        }
        let controls = self.controls.get(&ix).ok_or("its process is not there yet, or no more")?;
        if controls.takes_keys() { Ok(controls) } else { Err("it has no terminal".into()) }
    }
}

//! Keys for a command's terminal: from the client that drives, to the attempt that it means, and nowhere else.
//!
//! They are not recorded, logged or told to anybody; what the program echoes comes back as output. They never wait: what a
//! program does not read is refused in words. Called by the room for each such frame.

use super::room::Room;
use crate::engine::exec::{Controls, Window};
use crate::model::ids::{Attempt, StepId};
use crate::model::state::StepStatus;
use crate::model::wire::{KEYS_LIMIT, Keys, ToClient};

impl Room {
    /// Passes keys on, or says to the one who typed why not.
    pub(super) async fn typed(&mut self, client: u32, id: u64, of: (&StepId, Attempt), keys: &Keys) {
        // A program of the run could type a password to itself, or a yes to the program beside it.
        if self.is_own_child(client).await {
            return;
        }
        let refusal = match self.keyboard(client, of) {
            Err(why) => Some(why),
            Ok(_) if keys.reveal().len() > KEYS_LIMIT => Some("too much at once".into()),
            Ok(controls) => controls.type_in(keys.reveal()).err().map(|why| why.to_string()),
        };
        if let Some(why) = refusal {
            let why = format!("Not passed on to {}: {why}.", of.0);
            self.hall.tell(client, ToClient::Refused { id, why });
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

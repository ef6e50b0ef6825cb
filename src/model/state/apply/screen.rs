//! Records of who looks on, and of what went wrong around the run: nothing in here moves a step.

use super::{Applied, misdirected};
use crate::model::actor::Actor;
use crate::model::event::Event;
use crate::model::record::Record;
use crate::model::state::RunState;
use crate::model::state::facts::Client;

impl RunState {
    pub(super) fn fold_joined(&mut self, record: &Record) -> Applied {
        let Event::ClientJoined { client, who, drives, .. } = &record.event else { return misdirected() };
        let new = Client { who: who.clone(), drives: *drives, since: record.at };
        self.clients.insert(*client, new);
        if *drives {
            self.seat(*client);
        }
        let what = if *drives { "drives" } else { "watches" };
        self.say(record, None, "screen", format!("{} {what}", who.shown()));
        Ok(())
    }

    pub(super) fn fold_left(&mut self, record: &Record, client: u32) -> Applied {
        if let Some(gone) = self.clients.remove(&client) {
            self.say(record, None, "screen", format!("{} left", gone.who.shown()));
        }
        self.driver = self.driver.filter(|driver| *driver != client);
        Ok(())
    }

    pub(super) fn fold_wheel(&mut self, record: &Record, client: u32, who: &Actor) -> Applied {
        self.seat(client);
        self.say(record, None, "screen", format!("{} took the wheel", who.shown()));
        Ok(())
    }

    /// One screen drives, no other.
    fn seat(&mut self, client: u32) {
        self.driver = Some(client);
        for (id, each) in &mut self.clients {
            each.drives = *id == client;
        }
    }

    pub(super) fn fold_refused(&mut self, record: &Record, pid: i32, exe: &str) -> Applied {
        let text = format!("process {pid} ({exe}), started by this run, tried to steer it");
        self.say(record, None, "alarm", text);
        Ok(())
    }

    pub(super) fn fold_jump(&mut self, record: &Record, micros: i64) -> Applied {
        self.say(record, None, "clock", format!("the wall clock jumped by {} s", micros / 1_000_000));
        Ok(())
    }

    pub(super) fn fold_journal_failed(&mut self, record: &Record, why: &str) -> Applied {
        self.say(record, None, "alarm", format!("the journal could not be written: {why}"));
        Ok(())
    }

    pub(super) fn fold_mirror(&mut self, record: &Record, failed: Option<&str>) -> Applied {
        match failed {
            Some(why) => self.say(record, None, "alarm", format!("the mirror failed: {why}")),
            None => self.say(record, None, "mirror", "the mirror takes checkpoints again".into()),
        }
        Ok(())
    }

    pub(super) fn fold_foreign(&mut self, record: &Record, name: &str) -> Applied {
        self.say(record, None, "newer", format!("event {name} of a newer version"));
        Ok(())
    }
}

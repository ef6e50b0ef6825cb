//! Who drives: the wheel is asked for, kept by any act of whoever has it, and goes over by a record.

use super::room::Room;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::driver::Input;
use crate::model::event::Event;
use crate::model::wire::ToClient;

impl Room {
    pub(super) async fn ask_for_wheel(&mut self, client: u32, id: u64) {
        self.hall.tell(client, ToClient::Taken { id });
        match self.hall.driver {
            Some(driver) if driver == client => {}
            Some(driver) => {
                let who = self
                    .hall
                    .guest(client)
                    .and_then(|guest| guest.hello.as_ref())
                    .map(|hello| hello.who.shown())
                    .unwrap_or_default();
                let words = format!(
                    "{who} asks for the wheel: any key of yours that does something keeps it, else it goes over in 20 s"
                );
                self.hall.tell(driver, ToClient::Trouble { words });
                self.hall.asked_for_wheel = Some((client, SystemClock.now()));
            }
            None => self.give_wheel(client).await,
        }
    }

    pub(super) async fn give_wheel(&mut self, client: u32) {
        let Some(hello) = self.hall.guest(client).and_then(|guest| guest.hello.clone()) else { return };
        self.hall.driver = Some(client);
        self.hall.asked_for_wheel = None;
        self.step(Input::Note(vec![Event::WheelTaken { client, who: hello.who.clone() }])).await;
        self.tell_driver();
    }

    pub(super) fn tell_driver(&mut self) {
        let driver = self.hall.driver_name();
        let number = self.hall.driver;
        self.hall.tell_all(&ToClient::Driver { driver: driver.clone(), you: false });
        if let Some(number) = number {
            self.hall.tell(number, ToClient::Driver { driver, you: true });
        }
    }
}

//! What clients say: who comes and goes, what is asked of the run, and what of it may not be.
//!
//! A wish goes to the driver only from a client that may wish it, while the journal can be written, and never from a program
//! that the run itself started. `room` hands frames over.

use super::hall::Hello;
use super::room::Room;
use crate::engine::driver::{Input, Wish};
use crate::model::event::Event;
use crate::model::intent::{Intent, Request};
use crate::model::wire::{ToClient, ToConductor, WIRE};

impl Room {
    /// What a client said.
    pub(super) async fn hear(&mut self, client: u32, frame: ToConductor) {
        match frame {
            ToConductor::Hello { .. } => self.welcome(client, &frame).await,
            ToConductor::Wish(request) => self.wish(client, request).await,
            ToConductor::Typed { id, step, attempt, keys, typist } => {
                self.typed((client, id), (&step, attempt), &keys, typist).await;
            }
            ToConductor::Resized { step, attempt, rows, cols } => self.resized(client, (&step, attempt), (rows, cols)),
            ToConductor::Signature { id, result } => {
                if !self.vouched(client, id, &result).await {
                    self.signature(id, result);
                }
            }
            ToConductor::AnswersEnded { at } => self.answers_ended(at).await,
            ToConductor::Bye => self.part(client).await,
        }
    }

    async fn welcome(&mut self, client: u32, frame: &ToConductor) {
        let Some(hello) = self.hall.greet(client, frame) else { return };
        if self.is_own_child(client).await {
            return;
        }
        let durable = self.driver.state.last;
        let drives = self.hall.driver == Some(client);
        let run = self.dir.id().0.clone();
        let driver = self.hall.driver_name();
        if let Some(frame) = self.where_it_is() {
            self.hall.tell(client, frame);
        }
        let signers = self.commission.allowed_signers.display().to_string();
        let (wire, program) = (WIRE, env!("CARGO_PKG_VERSION").into());
        self.hall.tell(client, ToClient::Welcome { run, client, drives, driver, durable, signers, wire, program });
        if let Some(words) = self.trouble() {
            self.hall.tell(client, ToClient::Trouble { words });
        }
        self.note_joined(client, &hello, drives).await;
        self.ask_for_signatures();
        self.vouch_anew();
    }

    async fn note_joined(&mut self, client: u32, hello: &Hello, drives: bool) {
        if self.driver.state.closed {
            return;
        }
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let joined = Event::ClientJoined { client, who: hello.who.clone(), drives, host, tty: hello.tty.clone() };
        self.step(Input::Note(vec![joined])).await;
    }

    /// A program that the run itself started may not steer it. It is refused, recorded and shown.
    pub(super) async fn is_own_child(&mut self, client: u32) -> bool {
        let Some(guest) = self.hall.guest(client) else { return true };
        let peer = guest.peer.clone();
        if !peer.is_of_the_run(&self.dir.id().0) {
            return false;
        }
        let why =
            format!("a program that the run itself started may not look at it or steer it (process {})", peer.pid);
        self.hall.tell(client, ToClient::TurnedAway { why });
        let _ = self.hall.dismiss(client);
        self.step(Input::Note(vec![Event::IntentRefused { pid: peer.pid, exe: peer.exe }])).await;
        true
    }

    async fn wish(&mut self, client: u32, request: Request) {
        if self.is_own_child(client).await {
            return;
        }
        let id = request.id;
        let refusal = self.hall.forbids(client, &request.intent).or_else(|| self.refused_by_failure(&request.intent));
        if let Some(why) = refusal {
            self.hall.tell(client, ToClient::Refused { id, why });
            return;
        }
        if self.hall.driver == Some(client) {
            // A driver that acts has answered whoever asked for the wheel.
            self.hall.asked_for_wheel = None;
        }
        match &request.intent {
            Intent::Drive => self.ask_for_wheel(client, id).await,
            Intent::Amend { .. } => self.bring(client, request),
            Intent::Journal { dir } => self.journal_elsewhere((client, id), dir),
            Intent::Pause if self.failing.failed.is_some() => {
                if self.controls.is_empty() {
                    self.hall.tell(client, ToClient::Taken { id });
                    self.end_failed();
                } else {
                    let why = "something runs: stop it, or wait for it, first".into();
                    self.hall.tell(client, ToClient::Refused { id, why });
                }
            }
            Intent::EndSurvivors { step } => {
                let step = step.clone();
                self.end_survivors(&step);
                self.hall.tell(client, ToClient::Taken { id });
            }
            _ => {
                self.wished(client, request).await;
            }
        }
    }

    /// The wish of a client that is still there goes to the driver.
    pub(super) async fn wished(&mut self, client: u32, request: Request) {
        let by = self.hall.guest(client).and_then(|guest| guest.hello.as_ref()).map(|hello| hello.who.clone());
        if let Some(by) = by {
            self.step(Input::Wish(Wish { client, by, request })).await;
        }
    }

    /// A client went.
    pub(super) async fn part(&mut self, client: u32) {
        let drove = self.hall.driver == Some(client);
        if self.hall.dismiss(client).is_none() || self.driver.state.closed {
            return;
        }
        self.step(Input::Note(vec![Event::ClientLeft { client }])).await;
        if drove {
            self.tell_driver();
        }
        self.vouch();
        self.leave_if_failed();
    }
}

//! The screens that are connected: who each is, what it may do, who drives.
//!
//! One drives, any number watch. Hold, stop and rollback are open to everyone who is not a mere watcher. A screen that does
//! not read what it is sent is dropped; nothing here ever waits for one.

use super::peer::{Peer, user_name};
use super::room::Happening;
use crate::feed::frames::{encode, length_of};
use crate::model::actor::{Actor, Known};
use crate::model::ids::Seq;
use crate::model::intent::Intent;
use crate::model::time::Stamp;
use crate::model::wire::{ToClient, ToConductor, WIRE};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};

/// No more screens than this at once.
const MOST: usize = 32;
/// Frames that may wait for a slow screen before it is dropped.
const QUEUE: usize = 1024;
/// A driver that does not act for so long after somebody asked loses the wheel.
pub(super) const WHEEL_GRACE: Duration = Duration::from_secs(20);

/// What is durable, and after how many moves of the journal: it is to be read where those led.
#[derive(Clone, Copy, Default)]
struct Told {
    seq: Seq,
    moves: u32,
}

impl Guest {
    /// Queues a frame; whether there was room for it.
    fn queue(&mut self, frame: ToClient) -> bool {
        self.moves += u32::from(is_move(&frame));
        self.frames.try_send(frame).is_ok()
    }
}

fn is_move(frame: &ToClient) -> bool {
    matches!(frame, ToClient::Moved { .. })
}

/// One connection.
pub(super) struct Guest {
    frames: mpsc::Sender<ToClient>,
    durable: watch::Sender<Told>,
    /// How often it was told that the journal goes on elsewhere.
    moves: u32,
    /// The process at the other end.
    pub peer: Peer,
    /// What its hello said; `None` before it.
    pub hello: Option<Hello>,
}

/// What a hello said, with what the conductor made of it.
#[derive(Clone, Debug)]
pub(super) struct Hello {
    /// Who.
    pub who: Actor,
    /// Only looks.
    pub watch: bool,
    /// It is of another version, this one, and speaks another language on the socket: only looks.
    pub other: Option<String>,
    /// OpenSSH public key line of the key that it can sign with.
    pub key: Option<String>,
    /// Its terminal.
    pub tty: String,
}

/// All connections of a run.
#[derive(Default)]
pub(super) struct Hall {
    guests: BTreeMap<u32, Guest>,
    last: u32,
    /// Who drives.
    pub driver: Option<u32>,
    /// Who asked for the wheel, and when.
    pub asked_for_wheel: Option<(u32, Stamp)>,
}

impl Hall {
    /// Takes a connection in: one of this user (root may look). `None` where it is turned away.
    pub fn admit(&mut self, stream: UnixStream, happenings: &mpsc::UnboundedSender<Happening>) -> Option<u32> {
        let peer = Peer::of(&stream)?;
        let own = rustix::process::getuid().as_raw();
        if self.guests.len() >= MOST {
            // Whoever came and never said hello makes room for who might.
            self.guests.retain(|_, guest| guest.hello.is_some());
        }
        if self.guests.len() >= MOST || (peer.uid != own && peer.uid != 0) {
            return None;
        }
        self.last += 1;
        let number = self.last;
        let (frames, queue) = mpsc::channel(QUEUE);
        let (durable, seen) = watch::channel(Told::default());
        let (reader, writer) = stream.into_split();
        tokio::task::spawn_local(listen(reader, number, happenings.clone()));
        tokio::task::spawn_local(speak(writer, queue, seen));
        self.guests.insert(number, Guest { frames, durable, moves: 0, peer, hello: None });
        Some(number)
    }

    /// What a guest's hello comes to: it is kept, and drives where nobody does and it may.
    pub fn greet(&mut self, number: u32, frame: &ToConductor) -> Option<Hello> {
        let ToConductor::Hello { program, wire, watch, unattended, name, tty, key } = frame else { return None };
        let guest = self.guests.get_mut(&number)?;
        let root_of_another = guest.peer.uid != rustix::process::getuid().as_raw();
        let who = match (name, unattended) {
            (Some(name), true) => Actor { name: name.clone(), known: Known::Unattended },
            (Some(name), false) => Actor { name: name.clone(), known: Known::Typed },
            (None, true) => Actor { name: user_name(guest.peer.uid), known: Known::Unattended },
            (None, false) => Actor { name: user_name(guest.peer.uid), known: Known::Peer },
        };
        let other = (*wire != WIRE).then(|| program.clone());
        let watch = *watch || other.is_some() || root_of_another;
        let hello = Hello { who, watch, other, key: key.clone(), tty: tty.clone() };
        guest.hello = Some(hello.clone());
        if !watch && self.driver.is_none() {
            self.driver = Some(number);
        }
        Some(hello)
    }

    /// A guest went. Whether it had said hello.
    pub fn dismiss(&mut self, number: u32) -> Option<Hello> {
        let guest = self.guests.remove(&number)?;
        if self.driver == Some(number) {
            self.driver = None;
        }
        self.asked_for_wheel = self.asked_for_wheel.filter(|(asker, _)| *asker != number);
        guest.hello
    }

    /// A guest.
    pub fn guest(&self, number: u32) -> Option<&Guest> {
        self.guests.get(&number)
    }

    /// Who drives, by name; `nobody` where nobody does.
    pub fn driver_name(&self) -> String {
        let hello = self.driver.and_then(|driver| self.guests.get(&driver)).and_then(|guest| guest.hello.as_ref());
        hello.map_or_else(|| "nobody".into(), |hello| hello.who.shown())
    }

    /// Why this guest may not wish this; `None` where it may.
    pub fn forbids(&self, number: u32, intent: &Intent) -> Option<String> {
        let guest = self.guests.get(&number)?;
        let Some(hello) = &guest.hello else { return Some("say hello first".into()) };
        if let Some(program) = &hello.other {
            return Some(format!(
                "this screen is of tminus {program}, the conductor of tminus {}, and they speak different versions: it may look, not touch. Use the tminus that conducts the run",
                env!("CARGO_PKG_VERSION")
            ));
        }
        // Whose signature it is, its key says and not the screen that brings it.
        if matches!(intent, Intent::Sign { sig: Some(_), .. }) {
            return None;
        }
        if hello.watch {
            return Some("this screen watches: it may look, not touch".into());
        }
        let open_to_all = matches!(
            intent,
            Intent::Hold { .. } | Intent::Stop { .. } | Intent::RollBack { .. } | Intent::Note { .. } | Intent::Drive
        );
        if self.driver == Some(number) || open_to_all {
            return None;
        }
        Some(format!("{} is driving. You are watching. :drive asks for the wheel", self.driver_name()))
    }

    /// Says something to one guest.
    pub fn tell(&mut self, number: u32, frame: ToClient) {
        if self.guests.get_mut(&number).is_some_and(|guest| !guest.queue(frame)) {
            self.guests.remove(&number);
        }
    }

    /// Says something to everybody.
    pub fn tell_all(&mut self, frame: &ToClient) {
        self.guests.retain(|_, guest| guest.hello.is_none() || guest.queue(frame.clone()));
    }

    /// Tells everybody the number of the last durable record. Only the newest counts, so this never piles up.
    pub fn publish(&self, seq: Seq) {
        for guest in self.guests.values().filter(|guest| guest.hello.is_some()) {
            guest.durable.send_replace(Told { seq, moves: guest.moves });
        }
    }

    /// A guest that can sign: the driver first.
    pub fn signer(&self) -> Option<u32> {
        self.signer_with(&|_any_key| true)
    }

    /// A guest that can sign with such a key: the driver first.
    pub fn signer_with(&self, is_it: &dyn Fn(&str) -> bool) -> Option<u32> {
        let can = |number: &u32| {
            let hello = self.guests.get(number).and_then(|guest| guest.hello.as_ref());
            hello.is_some_and(|hello| !hello.watch && hello.key.as_deref().is_some_and(is_it))
        };
        self.driver.filter(can).or_else(|| self.guests.keys().copied().find(can))
    }

    /// Whether a person is connected who could do something.
    pub fn is_attended(&self) -> bool {
        let acts = |guest: &Guest| {
            guest.hello.as_ref().is_some_and(|hello| !hello.watch && hello.who.known != Known::Unattended)
        };
        self.guests.values().any(acts)
    }

    /// Whether nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.guests.is_empty()
    }
}

async fn listen(
    mut reader: tokio::net::unix::OwnedReadHalf,
    number: u32,
    happenings: mpsc::UnboundedSender<Happening>,
) {
    while let Ok(Some(frame)) = read_frame_async(&mut reader).await {
        if happenings.send(Happening::Said(number, frame)).is_err() {
            return;
        }
    }
    // The room may be gone already; then nobody needs to know.
    let _ = happenings.send(Happening::Gone(number));
}

/// Writes what is queued; what is durable is told at most as often as the screen reads, always the newest. It comes before what is
/// queued, but never before the move of the journal that it lies behind.
async fn speak(
    mut writer: impl tokio::io::AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<ToClient>,
    mut durable: watch::Receiver<Told>,
) {
    let mut moves = 0;
    let mut behind: Option<Told> = None;
    loop {
        let frame = match behind.take_if(|told| told.moves <= moves) {
            Some(told) => ToClient::Durable { seq: told.seq },
            None => tokio::select! {
                biased;
                changed = durable.changed() => match changed {
                    Ok(()) => {
                        behind = Some(*durable.borrow_and_update());
                        continue;
                    }
                    Err(_) => break,
                },
                frame = queue.recv() => match frame {
                    Some(frame) => frame,
                    None => break,
                },
            },
        };
        moves += u32::from(is_move(&frame));
        if write(&mut writer, &frame).await.is_err() {
            return;
        }
    }
    // The guest was dismissed while frames were still queued: they are its last words and worth sending.
    while let Ok(frame) = queue.try_recv() {
        if write(&mut writer, &frame).await.is_err() {
            return;
        }
    }
}

async fn write(writer: &mut (impl tokio::io::AsyncWrite + Unpin), frame: &ToClient) -> std::io::Result<()> {
    use tokio::io::AsyncWriteExt;
    match encode(frame) {
        Some(bytes) => writer.write_all(&bytes).await,
        None => Ok(()),
    }
}

/// Reads one frame on the conductor's runtime; `None` at the end of the stream.
async fn read_frame_async<T: serde::de::DeserializeOwned>(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
) -> std::io::Result<Option<T>> {
    use tokio::io::AsyncReadExt;
    let mut head = [0; 4];
    match from.read_exact(&mut head).await {
        Ok(_) => {}
        Err(end) if end.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(other) => return Err(other),
    }
    let mut body = vec![0; length_of(head)?];
    from.read_exact(&mut body).await?;
    serde_json::from_slice(&body).map(Some).map_err(std::io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a client is written that is slow to read, in order.
    fn written(durable: Told, frames: Vec<ToClient>) -> Vec<ToClient> {
        let (sender, queue) = mpsc::channel(QUEUE);
        frames.into_iter().for_each(|frame| sender.try_send(frame).expect("there is room"));
        let (told, seen) = watch::channel(Told::default());
        told.send_replace(durable);
        let mut bytes = std::io::Cursor::new(Vec::new());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let speaking = async {
            // `speak` ends once nobody can say anything any more; the two ends go away in turn, as when a guest is dismissed.
            let other = async {
                tokio::task::yield_now().await;
                drop((sender, told));
            };
            tokio::join!(speak(&mut bytes, queue, seen), other);
        };
        runtime.block_on(speaking);
        let mut bytes = std::io::Cursor::new(bytes.into_inner());
        std::iter::from_fn(|| crate::feed::frames::read_frame(&mut bytes).expect("whole frames")).collect()
    }

    #[test]
    fn what_is_durable_is_told_first_but_never_before_the_move_that_it_lies_behind() {
        let trouble = || ToClient::Trouble { words: "full".into() };
        let moved = || ToClient::Moved { dir: "/elsewhere".into() };
        let durable = || ToClient::Durable { seq: Seq(24) };
        let said = written(Told { seq: Seq(24), moves: 0 }, vec![trouble(), moved()]);
        assert_eq!(said, [durable(), trouble(), moved()]);
        let said = written(Told { seq: Seq(24), moves: 1 }, vec![trouble(), moved(), trouble()]);
        assert_eq!(said, [trouble(), moved(), durable(), trouble()]);
    }
}

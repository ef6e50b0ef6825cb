//! The end of a run: the last record, the hashes, the operator's signature over them, the SEAL.
//!
//! A run that ended is never held up by its seal, and is never said to be sealed before SEAL and its signature are on disk.

use super::ConductorError;
use super::commission::Commission;
use super::first_signature::{Signing, signature};
use super::hall::Hall;
use super::room::Room;
use super::startup::{accept, farewell};
use crate::engine::clock::{Clock, SystemClock};
use crate::journal::seal::{SealError, SealText, finish, prepare};
use crate::journal::writer::{Closing, Order};
use crate::journal::{Head, RunDir};
use crate::model::wire::ToClient;
use tokio::net::UnixListener;
use tokio::sync::mpsc;

/// How far the end has come.
pub(super) enum Sealing {
    /// The last record is on its way.
    Closing,
    /// The text is made and its signature is waited for.
    Waiting(Box<SealText>),
    /// SEAL is on disk.
    Sealed,
}

impl Sealing {
    /// Whether SEAL is on disk.
    pub fn is_sealed(&self) -> bool {
        matches!(self, Sealing::Sealed)
    }
}

impl Room {
    /// The run ended: the journal gets its last record.
    pub(super) fn close(&mut self) {
        if self.sealing.is_none() {
            self.sealing = Some(Sealing::Closing);
            self.order(Order::Close { at: SystemClock.now(), how: Closing::Ended });
        }
    }

    /// The journal is closed: the text of the seal is made, and signed by whoever can.
    pub(super) fn seal(&mut self, head: Option<Head>) {
        let Some(head) = head else {
            self.over = Some(Some("the run cannot be sealed: its last records did not come to the disk".into()));
            return;
        };
        let text = match prepare(&self.dir, &head) {
            Ok(text) => text,
            Err(why) => {
                self.over = Some(Some(format!("the run cannot be sealed: {why}")));
                return;
            }
        };
        if self.commission.key_origin == "none" {
            self.finish_seal(&text, None);
            return;
        }
        self.signatures.want(text.namespace, text.text.clone());
        self.sealing = Some(Sealing::Waiting(Box::new(text)));
        self.ask_for_signatures();
    }

    /// Asks whoever can sign for what is waited for; says so where nobody can.
    pub(super) fn ask_for_signatures(&mut self) {
        let hall = &self.hall;
        for (id, wanted) in self.signatures.unasked(|client| hall.guest(client).is_some()) {
            let Some(client) = self.hall.signer() else { continue };
            self.signatures.ask(id, client);
            self.hall.tell(client, ToClient::Sign { id, namespace: wanted.namespace, text: wanted.text });
        }
        if let Some(words) = self.signatures.words() {
            self.hall.tell_all(&ToClient::Trouble { words });
        }
    }

    /// A signature came, or the client says why not.
    pub(super) fn signature(&mut self, id: u64, result: Result<String, String>) {
        match result {
            Ok(armored) => {
                let Some(Sealing::Waiting(text)) = &self.sealing else { return };
                let text = text.clone();
                if self.signatures.take(id).is_some() {
                    self.finish_seal(&text, Some(&armored));
                }
            }
            Err(why) => {
                self.signatures.refused(id, why);
                if let Some(words) = self.signatures.words() {
                    self.hall.tell_all(&ToClient::Trouble { words });
                }
            }
        }
    }

    fn finish_seal(&mut self, text: &SealText, armored: Option<&str>) {
        match finish(&self.dir, text, armored) {
            Ok(()) => {
                self.sealing = Some(Sealing::Sealed);
                self.over = Some(None);
            }
            Err(why) => {
                self.over = Some(Some(format!("the seal could not be written: {why}; tminus resume tries again")))
            }
        }
    }
}

/// A run that ended while its conductor died before the seal: nothing of it runs any more, it is only sealed.
pub(super) async fn seal_only(
    commission: Commission,
    dir: &RunDir,
    rest: (Head, UnixListener),
) -> Result<(), ConductorError> {
    let (head, listener) = rest;
    let (happenings, mut inbox) = mpsc::unbounded_channel();
    tokio::task::spawn_local(accept(listener, happenings.clone()));
    let not_sealed = |why: SealError| ConductorError::NotResumable {
        run: dir.id().short().to_owned(),
        why: format!("it ended, and cannot be sealed: {why}"),
    };
    let text = prepare(dir, &head);
    let mut hall = Hall::default();
    let words = text.as_ref().map(|text| text.text.clone()).unwrap_or_default();
    let shown = Some((dir.id().as_str(), head.seq));
    let needed = commission.key_origin != "none" && text.is_ok();
    let namespace = text.as_ref().map_or("seal@tminus", |text| text.namespace);
    let wanted = Signing { namespace, text: &words, needed, shown };
    let (sig, _) = signature(&mut hall, &mut inbox, &happenings, &wanted).await?;
    let sealed = text.and_then(|text| finish(dir, &text, Some(sig.as_str()).filter(|sig| *sig != "-")));
    let why = sealed.as_ref().err().map(ToString::to_string);
    farewell(&mut hall, sealed.is_ok(), why).await;
    sealed.map_err(not_sealed)
}

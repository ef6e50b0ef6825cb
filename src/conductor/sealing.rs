//! The end of a run: the last record, the hashes, the operator's signature over them, the SEAL.
//!
//! A run that ended is never held up by its seal, and is never said to be sealed before SEAL and its signature are on disk.

use super::room::Room;
use crate::engine::clock::{Clock, SystemClock};
use crate::journal::Head;
use crate::journal::seal::SealText;
use crate::journal::writer::{Closing, Order};
use crate::model::wire::ToClient;

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
    pub(super) fn seal(&mut self, _head: Option<Head>) {
        let text = match SealText::prepare(&self.dir) {
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
        self.signatures.want("seal@tminus", text.text().to_owned());
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
        match text.finish(&self.dir, armored) {
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

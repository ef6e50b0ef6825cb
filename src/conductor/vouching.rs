//! The operator's signature after each act of weight: asked for at once, waited for by nothing.
//!
//! One at a time, of a client that has the operator's key, the driver first; the newest act covers those before it. A key that
//! was refused for an act is not asked for again for that act, until another client comes. What comes back must be what was
//! asked for, by the key of this part, before it is recorded. `room` says when to look.

use super::room::Room;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::driver::Input;
use crate::journal::keys::{PublicKey, SigError, sshsig};
use crate::model::barrier;
use crate::model::event::Event;
use crate::model::ids::Seq;
use crate::model::signed::Realm;
use crate::model::time::Stamp;
use crate::model::wire::ToClient;
use std::time::Duration;

/// A conductor that pauses stays so long for the signature of that.
const LAST: Duration = Duration::from_secs(10);

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct Vouching {
    asked: Option<Asked>,
    /// The act whose signature came; its record may be on its way to the disk still.
    came: Option<Seq>,
    /// The act that nobody is asked for again, and why not.
    refused: Option<(Seq, String)>,
    /// Since when the conductor only waits for the signature of its pause.
    pub leaving: Option<Stamp>,
}

#[derive(Debug)]
struct Asked {
    id: u64,
    client: u32,
    act: Seq,
    text: String,
}

impl Room {
    /// Asks for the operator's signature where one is wanted and can be had.
    pub(super) fn vouch(&mut self) {
        let hall = &self.hall;
        self.vouching.asked = self.vouching.asked.take().filter(|asked| hall.guest(asked.client).is_some());
        if self.vouching.asked.is_some() || self.sealing.is_some() || self.driver.state.ended.is_some() {
            return;
        }
        let Some((barrier, text)) = self.driver.state.barriers.wanted() else { return };
        let act = barrier.seq;
        let refused = self.vouching.refused.as_ref().map(|(refused, _)| *refused);
        if refused.max(self.vouching.came) >= Some(act) {
            return;
        }
        let Some(client) = self.operators_client() else { return };
        let id = self.signatures.number();
        let namespace = barrier::namespace(self.realm()).to_owned();
        self.hall.tell(client, ToClient::Sign { id, namespace, text: text.clone() });
        self.vouching.asked = Some(Asked { id, client, act, text });
    }

    /// Somebody came who may be able to sign what another refused.
    pub(super) fn vouch_anew(&mut self) {
        self.vouching.refused = None;
        self.vouch();
    }

    /// Whether an answer to `Sign` was one to this; it is taken then.
    pub(super) async fn vouched(&mut self, client: u32, id: u64, result: &Result<String, String>) -> bool {
        let is_it = |asked: &Asked| asked.id == id && asked.client == client;
        let Some(asked) = self.vouching.asked.take_if(|asked| is_it(asked)) else { return false };
        let troubled = self.trouble();
        match result.clone().and_then(|sig| self.judged(&asked.text, sig)) {
            Ok(sig) => {
                self.vouching.refused = None;
                self.vouching.came = Some(asked.act);
                self.step(Input::Note(vec![Event::BarrierSigned { text: asked.text, sig }])).await;
            }
            Err(why) => self.vouching.refused = Some((asked.act, why)),
        }
        if self.trouble() != troubled {
            self.say_trouble();
        }
        self.vouch();
        true
    }

    /// The signature as it is recorded, where it holds and is the operator's.
    fn judged(&self, text: &str, sig: String) -> Result<String, String> {
        let namespace = barrier::namespace(self.realm());
        let key = match sshsig::check(sig.as_bytes(), namespace, text.as_bytes()) {
            // Of a kind that is judged by `verify` only: that it names the operator's key is all that can be said here.
            Err(SigError::CannotCheckHere(_)) => sshsig::named_key(sig.as_bytes()),
            judged => judged,
        };
        let key = key.map_err(|why| why.to_string())?;
        if Some(key.fingerprint().as_str()) != self.driver.state.barriers.key() {
            return Err(format!("{} is not the operator's key", key.fingerprint()));
        }
        Ok(sig)
    }

    /// A client that has the key of this part: the driver first.
    fn operators_client(&self) -> Option<u32> {
        let key = self.driver.state.barriers.key()?;
        let is_it = |line: &str| PublicKey::from_openssh(line).is_ok_and(|public| public.fingerprint() == key);
        self.hall.signer_with(&is_it)
    }

    fn realm(&self) -> Realm {
        self.driver.state.facts.as_ref().map_or(Realm::Live, |facts| facts.realm)
    }

    /// What every screen says while a signature was refused.
    pub(super) fn not_vouched(&self) -> Option<String> {
        let (act, why) = self.vouching.refused.as_ref()?;
        let oldest = self.driver.state.barriers.oldest()?;
        (*act >= oldest.seq)
            .then(|| format!("Not signed ({}): {why}. It goes on unsigned; attach asks again.", oldest.what))
    }

    /// The run was paused: the conductor ends once that is signed, or cannot be soon.
    pub(super) fn leave_signed(&mut self) {
        self.vouching.leaving = Some(SystemClock.now());
        self.vouch();
        self.leave_if_vouched();
    }

    /// Ends a paused conductor that has nothing more to wait for.
    pub(super) fn leave_if_vouched(&mut self) {
        let Some(since) = self.vouching.leaving else { return };
        // Its signature is on its way to the disk, or to come.
        let comes = self.vouching.asked.is_some() || !self.driver.is_idle();
        if !comes || SystemClock.now().since(since) >= LAST {
            self.over = Some(Some("paused; tminus resume goes on".into()));
        }
    }
}

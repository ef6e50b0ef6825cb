//! The signature that a conductor cannot go on without: the first record's, or that of a seal that is all there is to do.

use super::ConductorError;
use super::hall::Hall;
use super::room::Happening;
use crate::model::ids::Seq;
use crate::model::wire::{ToClient, ToConductor, WIRE};
use std::time::Duration;
use tokio::sync::mpsc;

/// It may wait so long for a touch or a passphrase.
const SIGNING: Duration = Duration::from_secs(180);

/// A signature that the conductor cannot go on without.
pub(super) struct Signing<'a> {
    /// In which namespace.
    pub namespace: &'a str,
    /// Over what.
    pub text: &'a str,
    /// Whether one is needed at all.
    pub needed: bool,
    /// The run and its last record, for a run whose screens may be shown before it comes.
    pub shown: Option<(&'a str, Seq)>,
}

/// Waits for the first client that can sign, and for its signature. What else was said meanwhile comes back to be heard later.
pub(super) async fn signature(
    hall: &mut Hall,
    inbox: &mut mpsc::UnboundedReceiver<Happening>,
    happenings: &mpsc::UnboundedSender<Happening>,
    wanted: &Signing<'_>,
) -> Result<(String, Vec<Happening>), ConductorError> {
    let mut early = Vec::new();
    if !wanted.needed && wanted.shown.is_none() {
        return Ok(("-".into(), early));
    }
    let deadline = tokio::time::Instant::now() + SIGNING;
    loop {
        let happening = tokio::time::timeout_at(deadline, inbox.recv()).await;
        let happening =
            happening.map_err(|_| ConductorError::NotSigned("no signature came within three minutes".into()))?;
        match happening.ok_or_else(|| ConductorError::NotSigned("nobody is left to sign".into()))? {
            Happening::Arrived(stream) => {
                let _ = hall.admit(stream, happenings);
            }
            Happening::Said(client, frame @ ToConductor::Hello { .. }) => {
                let hello = hall.greet(client, &frame);
                if let Some((run, durable)) = wanted.shown {
                    let (run, driver, signers) = (run.to_owned(), hall.driver_name(), String::new());
                    let (wire, program) = (WIRE, env!("CARGO_PKG_VERSION").into());
                    let drives = true;
                    hall.tell(
                        client,
                        ToClient::Welcome { run, client, drives, driver, durable, signers, wire, program },
                    );
                }
                if !wanted.needed {
                    return Ok(("-".into(), early));
                }
                if hello.is_some_and(|hello| hello.key.is_some() && !hello.watch) {
                    let ask = ToClient::Sign { id: 0, namespace: wanted.namespace.into(), text: wanted.text.into() };
                    hall.tell(client, ask);
                }
                early.push(Happening::Said(client, frame));
            }
            Happening::Said(_, ToConductor::Signature { id: 0, result }) => {
                return result.map(|sig| (sig, early)).map_err(ConductorError::NotSigned);
            }
            Happening::Gone(client) => {
                let _ = hall.dismiss(client);
                early.retain(|each| !matches!(each, Happening::Said(who, _) if *who == client));
                if hall.is_empty() {
                    return Err(ConductorError::NotSigned("the screen was left before the run was signed".into()));
                }
            }
            other => early.push(other),
        }
    }
}

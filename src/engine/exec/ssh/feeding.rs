//! What goes to a command on a target: first what makes the shell there run it, then its own input.
//!
//! Nothing is sent before the shell has greeted: what came earlier would be read by the login, or echoed by a terminal that
//! is not yet raw. The one exception is a person who answers the login's own prompt. What is typed then waits until the terminal
//! there is no longer raw, where Enter would be no end of a line. Called by `course`.

use crate::engine::exec::keyboard::{Keys, Typed, Window};
use crate::engine::exec::{Controls, NotTyped, StdinSource};
use tokio::sync::{mpsc, oneshot, watch};
use zeroize::{Zeroize, Zeroizing};

/// Where input comes from, and where it goes.
pub(super) struct Feeding {
    /// The `ssh` here.
    pub(super) ssh: Controls,
    /// Says that the shell has greeted, with what it is to read first.
    pub(super) greeted: oneshot::Receiver<Zeroizing<Vec<u8>>>,
    /// Says that a terminal there is as the command will find it: a key that came before would be read as another.
    pub(super) ready: oneshot::Receiver<()>,
    /// The command's own input.
    pub(super) stdin: StdinSource,
    /// What is typed.
    pub(super) keys: Option<Keys>,
    /// Whether a person may answer the login.
    pub(super) person: bool,
}

impl Feeding {
    /// Feeds until there is no more to feed; to be aborted at the command's end.
    pub(super) async fn run(self) {
        let Self { ssh, greeted, ready, stdin, keys, person } = self;
        let (typed, window) = keys.map(|keys| (keys.typed, keys.window)).unzip();
        let sizes = follow_size(ssh.clone(), window);
        // An `ssh` that is over takes nothing more, and its end is said elsewhere.
        let input = async {
            let _ = feed(&ssh, (greeted, ready), stdin, (typed, person)).await;
        };
        tokio::join!(sizes, input);
    }
}

async fn feed(
    ssh: &Controls,
    (mut greeted, ready): (oneshot::Receiver<Zeroizing<Vec<u8>>>, oneshot::Receiver<()>),
    stdin: StdinSource,
    (mut typed, person): (Option<mpsc::Receiver<Typed>>, bool),
) -> Result<(), NotTyped> {
    let first = loop {
        tokio::select! {
            first = &mut greeted => break first.map_err(|_| NotTyped::Over)?,
            Some(key) = next(&mut typed), if person => pass_on(ssh, key).await?,
        }
    };
    ssh.send(&first).await?;
    drop(first);
    match stdin {
        StdinSource::Bytes(mut bytes) => {
            let sent = ssh.send(&bytes).await;
            bytes.zeroize();
            sent?;
        }
        StdinSource::Null | StdinSource::Typed => {
            ready.await.map_err(|_| NotTyped::Over)?;
            while let Some(key) = next(&mut typed).await {
                pass_on(ssh, key).await?;
            }
        }
    }
    ssh.end_input().await;
    Ok(())
}

async fn next(typed: &mut Option<mpsc::Receiver<Typed>>) -> Option<Typed> {
    match typed {
        Some(typed) => typed.recv().await,
        None => None,
    }
}

async fn pass_on(ssh: &Controls, key: Typed) -> Result<(), NotTyped> {
    match key {
        Typed::Bytes(bytes) => ssh.send(&bytes).await,
        Typed::End => {
            ssh.end_input().await;
            Ok(())
        }
    }
}

async fn follow_size(ssh: Controls, window: Option<watch::Receiver<Option<Window>>>) {
    let Some(mut window) = window else { return };
    while window.changed().await.is_ok() {
        let wanted = *window.borrow_and_update();
        if let Some(wanted) = wanted {
            ssh.resize(wanted);
        }
    }
}

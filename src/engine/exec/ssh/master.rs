//! One connection to each target, shared by all that runs there: made at the first need, kept alive, ended with the run.
//!
//! It is an `ssh` of ours whose input we hold: when this process dies, however it dies, the input ends and the connection
//! with it. Its socket lies in a folder that only this user may enter. What `ssh` says is kept for the words of an error.
//! Nothing here asks a question: a connection that needs a person's answer is refused and says so. Called by `course`.

use super::refusal::Refusal;
use super::system::{Ssh, options};
use crate::engine::exec::{
    CommandSpec, Control, Controls, ExecFact, Executor, Local, Program, Running, SshTarget, StdinSource, Target,
    signals,
};
use crate::model::output::{Holder, Stream};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A connection that says nothing for so long is given up: name look-up, jump hosts, keys and all.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the far end says when it is there.
const READY: &str = "tminus-connected";
/// It reads until this process is gone, and then ends the connection by its server there, if that is still its parent: with a
/// command under way `ssh` would hold it for as long as that runs, and a line that nobody follows may not outlive its run.
const KEEP: &str = concat!(
    r#"exec sh -c 'echo tminus-connected; cat >/dev/null; p=; "#,
    r#"if [ -r /proc/$$/stat ]; then read -r a a a p a < /proc/$$/stat; else p=$(ps -o ppid= -p $$ 2>/dev/null); fi; "#,
    r#"[ "$((${p:-0}))" -eq "$PPID" ] && kill "$PPID"'"#
);
/// Of what `ssh` says, so much is kept, bytes.
const WORDS: usize = 4096;

/// The connections of a run.
pub(super) struct Masters {
    local: Local,
    folder: Mutex<Option<PathBuf>>,
    known: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Option<Master>>>>>,
}

/// One connection.
#[derive(Clone)]
pub(super) struct Master {
    /// Where it listens.
    pub(super) socket: PathBuf,
    own: Arc<Own>,
}

struct Own {
    controls: Controls,
    process: Holder,
    alive: AtomicBool,
    said: Mutex<Vec<u8>>,
}

impl Master {
    fn is_alive(&self) -> bool {
        self.own.alive.load(Ordering::Acquire) && self.socket.exists()
    }

    /// What `ssh` said of this connection last.
    pub(super) fn words(&self) -> String {
        String::from_utf8_lossy(&lock(&self.own.said)).trim().to_owned()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.controls.ask(Control::Terminate);
        // Said directly too: the runtime that would carry the wish out may end before it does.
        signals::to_process(&self.process, Signal::TERM);
    }
}

impl Masters {
    pub(super) fn new(local: Local) -> Self {
        Self { local, folder: Mutex::new(None), known: Mutex::new(BTreeMap::new()) }
    }

    /// A socket's place in this run's own folder.
    pub(super) fn place(&self, target: &SshTarget, name: &str) -> Result<PathBuf, String> {
        let mut folder = lock(&self.folder);
        if let Some(folder) = folder.as_deref() {
            return Ok(folder.join(name));
        }
        let made = private_folder(target).map_err(|error| format!("no folder for its connection: {error}"))?;
        Ok(folder.insert(made).join(name))
    }

    /// The connection to `target`, made if there is none. Whoever stops waiting for one that is being made ends it.
    pub(super) async fn connect(&self, target: &SshTarget, marker: &str) -> Result<Master, Refusal> {
        let slot = Arc::clone(lock(&self.known).entry(target.address.clone()).or_default());
        let mut slot = slot.lock().await;
        if let Some(master) = slot.as_ref().filter(|master| master.is_alive()) {
            return Ok(master.clone());
        }
        *slot = None;
        let number = lock(&self.known).keys().position(|address| *address == target.address).unwrap_or(0);
        let nonce = super::nonce();
        let name = format!("{number}.{}", nonce.get(..4).unwrap_or_default());
        let socket = self.place(target, &name).map_err(|why| Refusal::here(target, why))?;
        let master = self.begin(target, marker, socket).await?;
        Ok(slot.insert(master).clone())
    }

    async fn begin(&self, target: &SshTarget, marker: &str, socket: PathBuf) -> Result<Master, Refusal> {
        let mut ssh = Ssh::new(target, &["-M", "-T", "-o", "BatchMode=yes"]);
        ssh.socket(&socket).options(options::CONNECTING);
        let mut running = self.local.spawn(CommandSpec {
            program: Program::Argv(ssh.argv(KEEP)),
            cwd: "/".into(),
            env: target.environment.clone(),
            stdin: StdinSource::Typed,
            marker: super::marker_of_run(marker, target),
            terminal: None,
            target: Target::Local,
        });
        let unfinished = Unfinished(Some(running.controls()));
        let mut said = Vec::new();
        let ready = tokio::time::timeout(PATIENCE, until_ready(&mut running, &mut said)).await;
        let process = match ready {
            Ok(Ok(process)) => process,
            Ok(Err(why)) => return Err(Refusal::of(target, &said, why)),
            Err(_) => return Err(Refusal::silent(target, &said, PATIENCE)),
        };
        let controls = running.controls();
        unfinished.done();
        let own = Arc::new(Own { controls, process, alive: AtomicBool::new(true), said: Mutex::new(said) });
        tokio::spawn(watch(running, Arc::downgrade(&own)));
        Ok(Master { socket, own })
    }
}

impl Drop for Masters {
    fn drop(&mut self) {
        lock(&self.known).clear();
        if let Some(folder) = lock(&self.folder).take() {
            // It holds sockets only; what cannot be removed is in nobody's way.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// A connection that is being made; ended if nobody waits for it any more.
struct Unfinished(Option<Controls>);

impl Unfinished {
    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(controls) = &self.0 {
            controls.ask(Control::Kill);
        }
    }
}

/// Waits for the far end. `Err` has the words where `ssh` itself could not be started.
async fn until_ready(running: &mut Running, said: &mut Vec<u8>) -> Result<Holder, Option<String>> {
    let (mut process, mut out) = (Holder { pid: 0, start: 0, comm: "ssh".into() }, Vec::new());
    while let Some(fact) = running.facts.recv().await {
        match fact {
            ExecFact::Spawned { pid, start, .. } => (process.pid, process.start) = (pid, start),
            ExecFact::Output { stream: Stream::Out, bytes, .. } => {
                out.extend_from_slice(&bytes);
                if memchr::memmem::find(&out, READY.as_bytes()).is_some() {
                    return Ok(process);
                }
                keep_last(&mut out);
            }
            ExecFact::Output { stream: Stream::Err, bytes, .. } => {
                said.extend_from_slice(&bytes);
                keep_last(said);
            }
            ExecFact::Reached { .. } => {}
            ExecFact::Exited { .. } => return Err(None),
            ExecFact::NotStarted { why, .. } | ExecFact::Lost { why, .. } => return Err(Some(why)),
        }
    }
    Err(None)
}

/// Keeps what it says, so that a lost connection has words.
async fn watch(mut running: Running, own: std::sync::Weak<Own>) {
    while let Some(fact) = running.facts.recv().await {
        let Some(own) = own.upgrade() else { continue };
        match fact {
            ExecFact::Output { stream: Stream::Err, bytes, .. } => {
                let mut said = lock(&own.said);
                said.extend_from_slice(&bytes);
                keep_last(&mut said);
            }
            ExecFact::Output { .. } | ExecFact::Spawned { .. } | ExecFact::Reached { .. } => {}
            ExecFact::Exited { .. } | ExecFact::Lost { .. } | ExecFact::NotStarted { .. } => {
                own.alive.store(false, Ordering::Release);
            }
        }
    }
}

fn keep_last(bytes: &mut Vec<u8>) {
    bytes.drain(..bytes.len().saturating_sub(WORDS));
}

/// A new folder that only this user may enter, with a name so short that a socket in it has a name that the system takes
/// (107 bytes, of which `ssh` adds 17 while it makes one).
fn private_folder(target: &SshTarget) -> std::io::Result<PathBuf> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    let given =
        target.environment.iter().find(|(name, _)| name == "XDG_RUNTIME_DIR").map(|(_, value)| Path::new(value));
    let own = rustix::process::getuid().as_raw();
    let fits = |folder: &&Path| {
        let text = folder.as_os_str().to_string_lossy();
        let ours = std::fs::metadata(folder).is_ok_and(|found| found.uid() == own && found.mode() & 0o077 == 0);
        folder.is_absolute() && text.len() <= 40 && !text.contains(['%', '"', ' ']) && ours
    };
    let base = given.filter(fits).unwrap_or(Path::new("/tmp"));
    let nonce = super::nonce();
    let folder = base.join(format!("tminus-{}", nonce.get(..16).unwrap_or_default()));
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing in here is half done between two statements that could panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! From a commission to a room: the run directory, the lock, the socket, the first signed record; or why not.

use super::ConductorError;
use super::commission::{Commission, Ready, What};
use super::first_signature::{Signing, signature};
use super::hall::Hall;
use super::mirror::Mirroring;
use super::opened::{Opened, open};
use super::room::{Happening, Room};
use super::signatures::Signatures;
use super::strays::Strays;
use super::sweep;
use super::typing::Keystrokes;
use super::vouching::Vouching;
use crate::engine::clock::{Clock, SystemClock, wait_until};
use crate::engine::drill::Examples;
use crate::engine::driver::Driver;
use crate::engine::environment::Surroundings;
use crate::engine::exec::{Anywhere, Executor, Live, become_subreaper};
use crate::engine::secrets::Secrets;
use crate::journal::line::FMT;
use crate::journal::writer::{Beginning, Report};
use crate::journal::{self, Heads, Lock, LockError, RunDir};
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::model::signed::Realm;
use crate::model::wire::ToClient;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::sync::mpsc;

/// The conductor's process: reads its commission, opens the run, says so, conducts. The exit code is for nobody but a log.
pub fn conduct() -> u8 {
    let commission = match read_commission() {
        Ok(commission) => commission,
        Err(why) => return refuse(&why),
    };
    alone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(why) => return refuse(&ConductorError::System(why)),
    };
    let local = tokio::task::LocalSet::new();
    match local.block_on(&runtime, open_and_conduct(commission)) {
        Ok(()) => 0,
        Err(why) => {
            tracing::error!(%why, "the conductor ends");
            refuse(&why)
        }
    }
}

fn read_commission() -> Result<Commission, ConductorError> {
    let mut told = Vec::new();
    std::io::stdin().read_to_end(&mut told).map_err(ConductorError::Commission)?;
    serde_json::from_slice(&told).map_err(|why| ConductorError::Commission(why.into()))
}

/// Leaves the terminal, the group and the habits of whoever started it: a hangup there must not reach the run.
fn alone() {
    use rustix::process::{
        DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit, setsid, umask,
    };
    // Already a session's leader is as good; a kernel that refuses the rest leaves the run as safe as its user is.
    let _ = setsid();
    umask(rustix::fs::Mode::from_raw_mode(0o077));
    let limit = getrlimit(Resource::Core);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = become_subreaper();
}

fn refuse(why: &ConductorError) -> u8 {
    let mut words = why.to_string();
    let mut cause = std::error::Error::source(why);
    while let Some(under) = cause {
        words.push_str(&format!(": {under}"));
        cause = under.source();
    }
    let code = if matches!(why, ConductorError::Journal(_)) { 3 } else { 2 };
    say(&Ready::Refused { why: words, code });
    code
}

/// Says how it went, once, and closes standard output: whoever started this waits for its end.
fn say(ready: &Ready) {
    if let Ok(text) = serde_json::to_string(ready) {
        let _ = std::io::stdout().write_all(text.as_bytes());
        let _ = std::io::stdout().flush();
    }
    close_output();
}

/// Standard input and output become `/dev/null`.
fn close_output() {
    if let Ok(null) = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdin(&null);
        let _ = rustix::stdio::dup2_stdout(&null);
    }
}

/// A resume behind a conductor that ends waits so long for its lock.
const LEAVING: Duration = Duration::from_secs(3);

async fn open_and_conduct(commission: Commission) -> Result<(), ConductorError> {
    let dir = match &commission.what {
        What::New { path, .. } => RunDir::create(&commission.runs, &stem(path), SystemClock.now())?.0,
        What::Resume { dir, .. } => RunDir::open(dir)?,
    };
    let lock = locked_soon(&dir).map_err(|why| locked(&dir, why))?;
    sweep::leftovers(&commission.runs, &dir);
    let is_new = matches!(commission.what, What::New { .. });
    let conducted = match open(&commission, &dir) {
        Ok(opened) => listen_and_conduct(commission, opened, lock).await,
        Err(why) => Err(why),
    };
    if is_new && conducted.is_err() && dir.parts().is_ok_and(|parts| parts.is_empty()) {
        // Nothing was recorded: what was only prepared is not left behind as a run.
        let _ = std::fs::remove_dir_all(dir.path());
    }
    conducted
}

async fn listen_and_conduct(commission: Commission, opened: Opened, lock: Lock) -> Result<(), ConductorError> {
    let dir = opened.dir.clone();
    for lack in opened.key.lacks() {
        // Once for the conductor: the keys that follow are no better off.
        tracing::warn!("the run key {lack}");
    }
    // A socket that is still there is a dead conductor's: the lock says that nobody listens on it.
    dir.remove_socket()?;
    let listener = UnixListener::bind(dir.socket_path()).map_err(ConductorError::Socket)?;
    say(&Ready::Open { dir: dir.path().to_owned(), run: dir.id().0.clone() });
    let conducted = match opened.ended {
        Some(head) => super::sealing::seal_only(commission, &dir, (head, listener)).await,
        None => sign_and_conduct(commission, opened, listener, lock).await,
    };
    let _ = dir.remove_socket();
    conducted
}

fn stem(path: &std::path::Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The lock of the run. A conductor that ends closes its socket a moment before it lets the lock go.
fn locked_soon(dir: &RunDir) -> Result<Lock, LockError> {
    let mut lock = dir.lock();
    wait_until(LEAVING, Duration::from_millis(20), || {
        if matches!(lock, Err(LockError::Held { .. })) {
            lock = dir.lock();
        }
        !matches!(lock, Err(LockError::Held { .. }))
    });
    lock
}

fn locked(dir: &RunDir, why: LockError) -> ConductorError {
    let run = dir.id().short().to_owned();
    match why {
        LockError::Held { pid } => ConductorError::Held { run, pid: pid.unwrap_or(0) },
        other => ConductorError::NotResumable { run, why: other.to_string() },
    }
}

async fn sign_and_conduct(
    commission: Commission,
    opened: Opened,
    listener: UnixListener,
    lock: Lock,
) -> Result<(), ConductorError> {
    let (happenings, mut inbox) = mpsc::unbounded_channel();
    tokio::task::spawn_local(accept(listener, happenings.clone()));
    watch_signals(&happenings)?;
    let mut hall = Hall::default();
    let realm = opened.first.realm;
    let (first, early) = match first_record(&commission, &opened, &mut hall, (&mut inbox, &happenings)).await {
        Ok(signed) => signed,
        Err(why) => {
            farewell(&mut hall, false, Some(why.to_string())).await;
            return Err(why);
        }
    };
    let (reports, said) = mpsc::unbounded_channel();
    let beginning =
        Beginning { dir: opened.dir.clone(), lock: Arc::new(lock), first, start: opened.start, key: opened.key };
    let writer = match journal::writer::begin(beginning, Box::new(|| SystemClock.now()), reports) {
        Ok(writer) => writer,
        Err(why) => {
            hear_a_hello(&mut hall, &mut inbox, &happenings).await;
            farewell(&mut hall, false, Some(format!("the journal cannot be written: {}", why.chain()))).await;
            return Err(why.into());
        }
    };
    tokio::task::spawn_local(forward(said, happenings.clone()));
    // The channel's other end is held by this very function.
    early.into_iter().for_each(|happening| drop(happenings.send(happening)));
    let (executor, environment) = means(realm, &opened.plan);
    let surroundings = Surroundings::of(&opened.plan, environment.iter().cloned());
    let mut driver = Driver::new(Arc::new(opened.plan), opened.state, Secrets::default());
    driver.signers = opened.signers;
    let mirroring = Mirroring::start(commission.mirror.clone(), surroundings.pairs(), happenings.clone());
    let mirroring = mirroring.map_err(ConductorError::System)?;
    let room = Room {
        driver,
        hall,
        writer,
        heads: heads(&commission, &opened.dir),
        dir: opened.dir,
        commission,
        environment: readable(environment),
        surroundings,
        executor,
        happenings,
        controls: HashMap::new(),
        tails: HashMap::new(),
        signatures: Signatures::default(),
        mirroring,
        vouching: Vouching::default(),
        sealing: None,
        look_again: false,
        strays: Strays::default(),
        keystrokes: Keystrokes::default(),
        failing: super::failing::Failing::default(),
        leaving: None,
        over: None,
        drift: None,
    };
    room.run(inbox).await
}

/// The first record of this part, signed by whoever begins it, and what was heard meanwhile.
async fn first_record(
    commission: &Commission,
    opened: &Opened,
    hall: &mut Hall,
    (inbox, happenings): (&mut mpsc::UnboundedReceiver<Happening>, &mpsc::UnboundedSender<Happening>),
) -> Result<(Event, Vec<Happening>), ConductorError> {
    let text = opened.first.encode();
    let namespace = opened.first.namespace();
    let wanted = Signing { namespace: &namespace, text: &text, needed: commission.key_origin != "none", shown: None };
    let (sig, early) = signature(hall, inbox, happenings, &wanted).await?;
    let fmt = FMT.to_owned();
    let first = if opened.is_new { Event::Genesis { fmt, text, sig } } else { Event::Resume { fmt, text, sig } };
    Ok((first, early))
}

async fn forward(mut said: mpsc::UnboundedReceiver<Report>, happenings: mpsc::UnboundedSender<Happening>) {
    while let Some(report) = said.recv().await {
        if happenings.send(Happening::Report(report)).is_err() {
            return;
        }
    }
}

/// Where the last acknowledged head is remembered outside the run; a run goes on without it, only a cut would not show.
fn heads(commission: &Commission, dir: &RunDir) -> Option<Heads> {
    std::fs::create_dir_all(&commission.heads).ok()?;
    Heads::open(&commission.heads, dir.id()).ok()
}

/// Waits a moment for whoever started this to connect, so that the last words reach somebody.
async fn hear_a_hello(
    hall: &mut Hall,
    inbox: &mut mpsc::UnboundedReceiver<Happening>,
    happenings: &mpsc::UnboundedSender<Happening>,
) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(2);
    while hall.driver.is_none() {
        match tokio::time::timeout_at(deadline, inbox.recv()).await {
            Ok(Some(Happening::Arrived(stream))) => {
                let _ = hall.admit(stream, happenings);
            }
            Ok(Some(Happening::Said(client, frame))) => {
                let _ = hall.greet(client, &frame);
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return,
        }
    }
}

/// The last words to whoever is connected.
pub(super) async fn farewell(hall: &mut Hall, sealed: bool, why: Option<String>) {
    hall.tell_all(&ToClient::Over { sealed, why });
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

/// What runs its commands, and the environment that they and its variables see: for a drill nothing that starts, and nothing.
pub(super) fn means(realm: Realm, plan: &Plan) -> (Arc<dyn Executor>, Vec<(OsString, OsString)>) {
    let clock = Arc::new(SystemClock);
    match Live::of(realm) {
        Some(live) => (Arc::new(Anywhere::new(live, clock)), std::env::vars_os().collect()),
        None => (Arc::new(Examples::new(plan, clock)), Vec::new()),
    }
}

fn readable(environment: Vec<(OsString, OsString)>) -> BTreeMap<String, String> {
    environment
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

pub(super) async fn accept(listener: UnixListener, happenings: mpsc::UnboundedSender<Happening>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if happenings.send(Happening::Arrived(stream)).is_err() {
                    return;
                }
            }
            // Out of descriptors, most likely: later again, the run itself does not need it.
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}

fn watch_signals(happenings: &mpsc::UnboundedSender<Happening>) -> Result<(), ConductorError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).map_err(ConductorError::System)?;
    let mut hup = signal(SignalKind::hangup()).map_err(ConductorError::System)?;
    let mut int = signal(SignalKind::interrupt()).map_err(ConductorError::System)?;
    let happenings = happenings.clone();
    tokio::task::spawn_local(async move {
        loop {
            tokio::select! {
                _ = hup.recv() => {}
                _ = int.recv() => {}
                _ = term.recv() => {
                    if happenings.send(Happening::Term).is_err() {
                        return;
                    }
                }
            }
        }
    });
    Ok(())
}

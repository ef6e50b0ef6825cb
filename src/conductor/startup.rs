//! From a commission to a room: the run directory, the lock, the socket, the first signed record; or why not.

use super::ConductorError;
use super::commission::{Commission, Ready, What};
use super::genesis::{self, Beginning, FMT};
use super::hall::Hall;
use super::room::{Happening, Room};
use super::signatures::Signatures;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::driver::Driver;
use crate::engine::environment::Surroundings;
use crate::engine::exec::{Local, become_subreaper};
use crate::engine::secrets::Secrets;
use crate::journal::keys::RunKey;
use crate::journal::{self, LockError, RunDir, StartPoint, WriterHandle};
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::model::signed::SignedText;
use crate::model::state::RunState;
use crate::model::wire::{ToClient, ToConductor};
use crate::runbook;
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::sync::mpsc;

/// The first signature may wait so long for a touch or a passphrase.
const SIGNING: Duration = Duration::from_secs(180);

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
    use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit, setsid, umask};
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

/// A run that is about to begin or to go on.
struct Opened {
    dir: RunDir,
    plan: Plan,
    state: RunState,
    first: SignedText,
    start: StartPoint,
    key: RunKey,
    is_new: bool,
}

async fn open_and_conduct(commission: Commission) -> Result<(), ConductorError> {
    let opened = match &commission.what {
        What::New { .. } => open_new(&commission)?,
        What::Resume { .. } => open_again(&commission)?,
    };
    let dir = opened.dir.clone();
    let _lock = dir.lock().map_err(|why| locked(&dir, why))?;
    let listener = dir.bind().map_err(ConductorError::Socket)?;
    listener.set_nonblocking(true).map_err(ConductorError::Socket)?;
    let listener = UnixListener::from_std(listener).map_err(ConductorError::Socket)?;
    say(&Ready::Open { dir: dir.path().to_owned(), run: dir.id().0 });
    let is_new = opened.is_new;
    let conducted = sign_and_conduct(commission, opened, listener).await;
    dir.unbind();
    if is_new && matches!(conducted, Err(ConductorError::NotSigned(_))) {
        // Nothing was recorded: what was only prepared is not left behind as a run.
        let _ = std::fs::remove_dir_all(dir.path());
    }
    conducted
}

fn locked(dir: &RunDir, why: LockError) -> ConductorError {
    match why {
        LockError::Held { pid } => ConductorError::Held { run: dir.id().short().to_owned(), pid },
        other => ConductorError::NotResumable { run: dir.id().short().to_owned(), why: other.to_string() },
    }
}

fn parsed(name: &str, bytes: &[u8]) -> Result<Plan, ConductorError> {
    let loaded = runbook::parse(name, bytes);
    loaded.plan.clone().ok_or_else(|| ConductorError::Runbook(runbook::render(&loaded, false)))
}

fn open_new(commission: &Commission) -> Result<Opened, ConductorError> {
    let What::New { path, text, t0 } = &commission.what else { return Err(ConductorError::NotSigned("not a new run".into())) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| "runbook.yaml".into());
    let plan = parsed(&name, text.as_bytes())?;
    let now = SystemClock.now();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let (dir, run) = RunDir::create(&commission.runs, &stem, now)?;
    let sha256 = dir.attach("runbook.yaml", text.as_bytes())?;
    let key = RunKey::generate();
    let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_else(|| "/".into());
    let run_dir = dir.path().display().to_string();
    let of = Beginning { run: &run, now, runbook: "runbook.yaml", runbook_sha256: &sha256, runbook_dir: &folder, run_dir: &run_dir, t0: *t0 };
    let first = genesis::genesis(commission, &of, &key);
    let state = RunState::of(&plan);
    Ok(Opened { dir, plan, state, first, start: StartPoint::default(), key, is_new: true })
}

fn open_again(commission: &Commission) -> Result<Opened, ConductorError> {
    let What::Resume { dir, over_cut } = &commission.what else { return Err(ConductorError::NotSigned("not a resume".into())) };
    let dir = RunDir::open(dir)?;
    let run = dir.id();
    let refused = |why: String| ConductorError::NotResumable { run: run.short().to_owned(), why };
    let found = journal::recover(&dir, Some(&commission.heads), over_cut.as_deref())?;
    if let Some(problem) = &found.problem {
        return Err(refused(problem.to_string()));
    }
    let (name, bytes) = dir.runbook()?;
    let plan = parsed(&name, &bytes)?;
    let state = RunState::fold(&plan, &found.records).map_err(|why| refused(why.to_string()))?;
    if state.closed {
        return Err(refused("it has ended; what is left of it is its seal".into()));
    }
    let key = RunKey::generate();
    let first = genesis::resume(commission, &run, SystemClock.now(), &found, &key);
    Ok(Opened { dir, plan, state, first, start: found.start, key, is_new: false })
}

async fn sign_and_conduct(commission: Commission, opened: Opened, listener: UnixListener) -> Result<(), ConductorError> {
    let (happenings, mut inbox) = mpsc::unbounded_channel();
    tokio::task::spawn_local(accept(listener, happenings.clone()));
    watch_signals(&happenings)?;
    let mut hall = Hall::default();
    let text = opened.first.encode();
    let namespace = format!("{}@tminus", opened.first.kind);
    let wanted = Signing { namespace: &namespace, text: &text, needed: commission.key_origin != "none" };
    let (sig, early) = match signature(&mut hall, &mut inbox, &happenings, &wanted).await {
        Ok(signed) => signed,
        Err(why) => {
            farewell(&mut hall, &why).await;
            return Err(why);
        }
    };
    let fmt = FMT.to_owned();
    let first = if opened.is_new { Event::Genesis { fmt, text, sig } } else { Event::Resume { fmt, text, sig } };
    let (reports, mut said) = mpsc::unbounded_channel();
    let writer: WriterHandle = journal::begin(opened.dir.clone(), first, SystemClock.now(), journal::Beginning { start: opened.start, key: opened.key, heads: commission.heads.clone() }, reports)?;
    let forward = happenings.clone();
    tokio::task::spawn_local(async move {
        while let Some(report) = said.recv().await {
            if forward.send(Happening::Report(report)).is_err() {
                return;
            }
        }
    });
    for happening in early {
        // The channel's other end is held by this very function.
        let _ = happenings.send(happening);
    }
    let surroundings = Surroundings::of(&opened.plan, std::env::vars_os());
    let driver = Driver::new(Arc::new(opened.plan), opened.state, Secrets::default());
    let room = Room {
        driver,
        hall,
        writer,
        dir: opened.dir,
        commission,
        environment: environment(),
        surroundings,
        executor: Arc::new(Local::new(Arc::new(SystemClock))),
        happenings,
        controls: HashMap::new(),
        signatures: Signatures::default(),
        sealing: None,
        failed: None,
        leaving: None,
        over: None,
        drift: None,
    };
    room.run(inbox).await
}

/// The last words to whoever is connected.
async fn farewell(hall: &mut Hall, why: &ConductorError) {
    hall.tell_all(&ToClient::Over { sealed: false, why: Some(why.to_string()) });
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

fn environment() -> BTreeMap<String, String> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

async fn accept(listener: UnixListener, happenings: mpsc::UnboundedSender<Happening>) {
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

/// The first signature.
struct Signing<'a> {
    namespace: &'a str,
    text: &'a str,
    needed: bool,
}

/// Waits for the first client that can sign, and for its signature. What else was said meanwhile comes back to be heard later.
async fn signature(
    hall: &mut Hall,
    inbox: &mut mpsc::UnboundedReceiver<Happening>,
    happenings: &mpsc::UnboundedSender<Happening>,
    wanted: &Signing<'_>,
) -> Result<(String, Vec<Happening>), ConductorError> {
    let mut early = Vec::new();
    if !wanted.needed {
        return Ok(("-".into(), early));
    }
    let deadline = tokio::time::Instant::now() + SIGNING;
    loop {
        let happening = tokio::time::timeout_at(deadline, inbox.recv()).await;
        let happening = happening.map_err(|_| ConductorError::NotSigned("no signature came within three minutes".into()))?;
        match happening.ok_or_else(|| ConductorError::NotSigned("nobody is left to sign".into()))? {
            Happening::Arrived(stream) => {
                let _ = hall.admit(stream, happenings);
            }
            Happening::Said(client, frame @ ToConductor::Hello { .. }) => {
                if hall.greet(client, &frame).is_some_and(|hello| hello.key.is_some() && !hello.watch) {
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

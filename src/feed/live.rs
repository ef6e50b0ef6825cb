//! A run that is under way: the client's end of the socket, and the journal as far as it is durable.
//!
//! A thread of its own reads the socket; it reads the journal's files up to the number that it is told, never beyond, and
//! signs what the conductor asks for with the operator's key, which stays here.

use super::keyring::{self, Keyring};
use super::{News, Port, Role, SigningKey};
use crate::engine::clock::{Clock, SystemClock};
use crate::feed::frames::{read_frame, write_frame};
use crate::journal::keys::Signer;
use crate::journal::reader::Tail;
use crate::journal::{JournalError, RunDir};
use crate::model::amend::Proposal;
use crate::model::ids::{Attempt, Seq, StepId};
use crate::model::intent::{Intent, Request};
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::wire::{KEYS_LIMIT, Keys, ToClient, ToConductor, Typist, WIRE};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// How a client comes.
#[derive(Default)]
pub struct Coming {
    /// Only looks.
    pub watch: bool,
    /// Speaks for an answers file.
    pub unattended: bool,
    /// `--as`.
    pub name: Option<String>,
    /// The operator's key.
    pub signer: Option<Arc<dyn Signer>>,
    /// More keys to sign off with.
    pub keys: Vec<Arc<dyn Signer>>,
    /// The agent's socket, for sign-offs.
    pub agent: Option<PathBuf>,
    /// Where texts are kept that are signed elsewhere.
    pub texts: Option<PathBuf>,
}

/// A live run, from a client's side.
pub struct Live {
    dir: Arc<Mutex<RunDir>>,
    stream: Arc<Mutex<UnixStream>>,
    role: Arc<AtomicU8>,
    watch: bool,
    keyring: Keyring,
    news: Sender<News>,
    /// The list by which the conductor judges sign-offs.
    signers: Arc<Mutex<PathBuf>>,
}

/// Connects to a run's conductor. `Err` says in words why it cannot be reached.
pub fn connect(dir: RunDir, coming: Coming) -> io::Result<(Live, Receiver<News>)> {
    let stream = UnixStream::connect(dir.socket_path())?;
    let own = rustix::process::getuid();
    if rustix::net::sockopt::socket_peercred(&stream)?.uid != own {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "its socket belongs to another user"));
    }
    let (news, inbox) = channel();
    let role = Arc::new(AtomicU8::new(role_code(if coming.watch { Role::Watches } else { Role::Beside })));
    let writing = Arc::new(Mutex::new(stream.try_clone()?));
    let hello = ToConductor::Hello {
        program: env!("CARGO_PKG_VERSION").into(),
        wire: WIRE,
        watch: coming.watch,
        unattended: coming.unattended,
        name: coming.name,
        tty: controlling_terminal(),
        key: coming.signer.as_ref().map(|signer| signer.public_openssh()),
    };
    write_frame(&mut *lock(&writing), &hello)?;
    let own = coming.signer.iter().cloned().chain(coming.keys).collect();
    let keyring = Keyring::new(own, coming.agent, coming.texts);
    let signers = Arc::new(Mutex::new(PathBuf::new()));
    let run = Arc::new(Mutex::new(dir.clone()));
    let link = Link {
        dir: run.clone(),
        tail: Tail::open(&dir).map_err(io::Error::other)?,
        stream,
        writing: writing.clone(),
        news: news.clone(),
        role: role.clone(),
        watch: coming.watch,
        welcome: None,
        signer: coming.signer,
        signers: signers.clone(),
    };
    std::thread::Builder::new().name("link".into()).spawn(move || link.run())?;
    Ok((Live { dir: run, stream: writing, role, watch: coming.watch, keyring, news, signers }, inbox))
}

fn lock<T>(stream: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A thread that panicked while it wrote a frame leaves a torn one: the conductor ends the link by itself then.
    stream.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn role_code(role: Role) -> u8 {
    match role {
        Role::Drives => 0,
        Role::Beside => 1,
        Role::Watches => 2,
    }
}

fn controlling_terminal() -> String {
    rustix::termios::ttyname(std::io::stdin(), Vec::new())
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_else(|_| "-".into())
}

impl Live {
    /// The list by which the conductor judges sign-offs, as it said.
    pub fn allowed_signers(&self) -> PathBuf {
        lock(&self.signers).clone()
    }

    /// Signs with the key that the text names, on a thread of its own since it may wait for a touch, and then wishes.
    fn sign_off(&self, id: u64, seen: Seq, mut intent: Intent) -> Result<u64, String> {
        let (keyring, stream, news) = (self.keyring.clone(), self.stream.clone(), self.news.clone());
        let signing = move || {
            let signed = match &mut intent {
                Intent::Sign { text: Some(text), sig, .. } => keyring.sign(text).map(|armored| *sig = Some(armored)),
                _signs_nothing => return,
            };
            let sent = signed.and_then(|()| {
                let request = ToConductor::Wish(Request { id, seen, intent });
                write_frame(&mut *lock(&stream), &request)
                    .map_err(|why| format!("the conductor cannot be reached: {why}"))
            });
            if let Err(why) = sent {
                // The screen may be gone already; then nobody need be told.
                let _ = news.send(News::Refused(id, why));
            }
        };
        let made = std::thread::Builder::new().name("sign-off".into()).spawn(signing);
        made.map(|_| id).map_err(|why| format!("No thread could be made to sign: {why}."))
    }
}

impl Port for Live {
    fn wish(&mut self, intent: Intent, seen: Seq) -> Result<u64, String> {
        let by_key = matches!(&intent, Intent::Sign { text: Some(_), .. });
        if (self.watch || self.role() == Role::Watches) && !by_key {
            return Err("This screen watches: it may look, not touch.".into());
        }
        let id = crate::feed::fresh_id();
        if matches!(&intent, Intent::Sign { text: Some(_), sig: None, .. }) {
            return self.sign_off(id, seen, intent);
        }
        let request = ToConductor::Wish(Request { id, seen, intent });
        write_frame(&mut *lock(&self.stream), &request)
            .map_err(|why| format!("The conductor cannot be reached: {why}."))?;
        Ok(id)
    }

    fn signing_keys(&self, people: &[String], namespace: &str) -> Vec<SigningKey> {
        let list = lock(&self.signers).clone();
        self.keyring.offers(&list, people, (namespace, SystemClock.now().wall.div_euclid(1_000_000)))
    }

    fn save_text(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        self.keyring.save(&format!("{}-{name}", lock(&self.dir).id().short()), text)
    }

    fn proposal(&self, path: &str, plan: &Plan, state: &RunState) -> Result<Proposal, Vec<String>> {
        let said = |why: String| vec![why];
        let absolute = std::path::absolute(path).map_err(|why| said(why.to_string()))?;
        let absolute = absolute.to_str().ok_or_else(|| said("the file's name is not UTF-8".into()))?;
        let new = crate::runbook::bytes(Path::new(absolute)).map_err(said)?;
        let in_force = state.runbook_sha256().ok_or_else(|| said("the run has not begun".into()))?;
        let old = lock(&self.dir).attachment(in_force).map_err(|why| said(why.chain()))?;
        Proposal::of(absolute, (&old, &new), plan, state)
    }

    fn signature_beside(&self, text: &Path) -> Result<String, String> {
        keyring::beside(text)
    }

    fn type_in(&mut self, step: &StepId, attempt: Attempt, keys: &[u8]) -> Result<u64, String> {
        self.send_keys((step, attempt), keys, Typist::Person)
    }

    fn answer(&mut self, step: &StepId, attempt: Attempt, answer: &[u8]) -> Result<u64, String> {
        self.send_keys((step, attempt), answer, Typist::Terminal)
    }

    fn resize(&mut self, step: &StepId, attempt: Attempt, rows: u16, cols: u16) {
        let resized = ToConductor::Resized { step: step.clone(), attempt, rows, cols };
        // A conductor that is gone needs no size; the link says so to the screen.
        let _ = write_frame(&mut *lock(&self.stream), &resized);
    }

    fn output(&self, step: &StepId, attempt: Attempt, range: Range<u64>) -> io::Result<Vec<u8>> {
        let no_links = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let path = lock(&self.dir).output_path(step, attempt);
        let mut file = std::fs::OpenOptions::new().read(true).custom_flags(no_links).open(path)?;
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = Vec::new();
        file.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn role(&self) -> Role {
        match self.role.load(Ordering::Relaxed) {
            0 => Role::Drives,
            1 => Role::Beside,
            _ => Role::Watches,
        }
    }

    fn give_up(&mut self, at: String) {
        // A conductor that is gone needs no word; the link says so to the screen.
        let _ = write_frame(&mut *lock(&self.stream), &ToConductor::AnswersEnded { at });
    }
}

impl Live {
    fn send_keys(&mut self, of: (&StepId, Attempt), keys: &[u8], typist: Typist) -> Result<u64, String> {
        if self.role() != Role::Drives {
            return Err("This screen does not drive: it cannot type.".into());
        }
        let id = crate::feed::fresh_id();
        let (step, attempt) = of;
        for part in keys.chunks(KEYS_LIMIT) {
            let keys = Keys::new(part.to_vec());
            let typed = ToConductor::Typed { id, step: step.clone(), attempt, keys, typist };
            write_frame(&mut *lock(&self.stream), &typed)
                .map_err(|why| format!("The conductor cannot be reached: {why}."))?;
        }
        Ok(id)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let stream = lock(&self.stream);
        let _ = write_frame(&mut &*stream, &ToConductor::Bye);
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
}

struct Link {
    dir: Arc<Mutex<RunDir>>,
    tail: Tail,
    stream: UnixStream,
    writing: Arc<Mutex<UnixStream>>,
    news: Sender<News>,
    role: Arc<AtomicU8>,
    watch: bool,
    /// The conductor said hello; and whether it speaks another version.
    welcome: Option<bool>,
    signer: Option<Arc<dyn Signer>>,
    signers: Arc<Mutex<PathBuf>>,
}

impl Link {
    fn run(mut self) {
        loop {
            let frame = match read_frame::<ToClient>(&mut self.stream) {
                Ok(Some(frame)) => frame,
                Ok(None) => return self.lost("the conductor is gone".into()),
                // A newer conductor may say what is not known here; this screen only looks, and does not need it.
                Err(why) if self.welcome == Some(true) && why.kind() == io::ErrorKind::InvalidData => continue,
                Err(why) if self.welcome.is_none() && why.kind() == io::ErrorKind::InvalidData => {
                    return self.lost(format!(
                        "the conductor speaks another language than this tminus {} ({why}): use the tminus that conducts the run",
                        env!("CARGO_PKG_VERSION")
                    ));
                }
                Err(why) => return self.lost(format!("the link to the conductor broke: {why}")),
            };
            if !self.hear(frame) {
                return;
            }
        }
    }

    fn lost(&self, why: String) {
        let _ = self.news.send(News::Lost(why));
    }

    /// Whether there is more to hear.
    fn hear(&mut self, frame: ToClient) -> bool {
        let news = match frame {
            ToClient::Welcome { drives, driver, durable, signers, wire, program, .. } => {
                *lock(&self.signers) = PathBuf::from(signers);
                if !self.same_language(wire, &program) {
                    return false;
                }
                self.take_role(drives);
                if !self.read_to(durable) {
                    return false;
                }
                News::Driver { name: driver, you: drives }
            }
            ToClient::Moved { dir } => return self.move_to(&dir),
            ToClient::Durable { seq } => return self.read_to(seq),
            ToClient::Refused { id, why } => News::Refused(id, why),
            ToClient::Taken { id } => News::Taken(id),
            ToClient::Sign { id, namespace, text } => {
                self.sign(id, namespace, text);
                return true;
            }
            ToClient::Driver { driver, you } => {
                self.take_role(you);
                News::Driver { name: driver, you }
            }
            ToClient::Trouble { words } => News::Trouble(words),
            ToClient::TurnedAway { why } => {
                self.lost(why);
                return false;
            }
            ToClient::Over { sealed, why } => {
                let _ = self.news.send(News::Over { sealed, why });
                return false;
            }
        };
        self.news.send(news).is_ok()
    }

    /// Notes whether the conductor is of another version, and says so: this screen may only look then.
    fn same_language(&mut self, wire: u32, program: &str) -> bool {
        self.welcome = Some(wire != WIRE);
        if wire == WIRE {
            return true;
        }
        self.watch = true;
        let program = if program.is_empty() { "an older tminus".to_owned() } else { format!("tminus {program}") };
        let words = format!(
            "The conductor is {program} (socket version {wire}), this is tminus {} (version {WIRE}): it may look, not touch. To steer, use the tminus that conducts the run.",
            env!("CARGO_PKG_VERSION")
        );
        self.news.send(News::Trouble(words)).is_ok()
    }

    fn take_role(&self, drives: bool) {
        let role = match (self.watch, drives) {
            (true, _) => Role::Watches,
            (false, true) => Role::Drives,
            (false, false) => Role::Beside,
        };
        self.role.store(role_code(role), Ordering::Relaxed);
    }

    /// The run is in another directory: what was read before is there too, and is read over.
    fn move_to(&mut self, path: &str) -> bool {
        let run = lock(&self.dir).id().clone();
        let moved = RunDir::open(Path::new(path)).and_then(|dir| {
            if *dir.id() != run {
                return Err(JournalError::NotARun(path.to_owned()));
            }
            let mut tail = Tail::open(&dir)?;
            tail.read_to(self.tail.seq())?;
            Ok((dir, tail))
        });
        match moved {
            Ok((dir, tail)) => {
                *lock(&self.dir) = dir;
                self.tail = tail;
                true
            }
            Err(why) => {
                self.lost(format!("the journal goes on in {path}, where it cannot be read: {why}"));
                false
            }
        }
    }

    /// Reads the journal up to what is durable and hands it on.
    fn read_to(&mut self, seq: Seq) -> bool {
        match self.tail.read_to(seq) {
            Ok(records) if records.is_empty() => true,
            Ok(records) => {
                let told = self.news.send(News::Records(records)).is_ok();
                let words = self.tail.not_known();
                told && words.is_none_or(|words| self.news.send(News::Trouble(words)).is_ok())
            }
            Err(why) => {
                self.lost(format!("the journal cannot be read: {why}"));
                false
            }
        }
    }

    /// Signs on a thread of its own: a key may wait for a touch, and records must not wait for that.
    fn sign(&self, id: u64, namespace: String, text: String) {
        let signer = self.signer.clone();
        let writing = self.writing.clone();
        let may = keyring::may_be_asked(lock(&self.dir).id(), &namespace, &text);
        let signing = move || {
            let result = match (may, signer) {
                (Err(why), _) => Err(why),
                (Ok(()), Some(signer)) => signer.sign(&namespace, text.as_bytes()).map_err(|why| why.to_string()),
                (Ok(()), None) => Err("this client has no key".into()),
            };
            let _ = write_frame(&mut *lock(&writing), &ToConductor::Signature { id, result });
        };
        if std::thread::Builder::new().name("sign".into()).spawn(signing).is_err() {
            self.lost("no thread could be made to sign".into());
        }
    }
}

/// The process that conducts a run now, by the socket's word.
pub fn conductor_of(dir: &RunDir) -> Option<i32> {
    let stream = UnixStream::connect(dir.socket_path()).ok()?;
    rustix::net::sockopt::socket_peercred(&stream).ok().map(|peer| peer.pid.as_raw_nonzero().get())
}

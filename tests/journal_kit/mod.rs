//! A run that tests write, cut and break: a directory, a writer, its reports, all on the real disk.
//!
//! Shared by the journal's tests; each uses a part of it.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

pub mod cast;
pub mod changes;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tminus::journal::dir::RunDir;
use tminus::journal::keys::allowed::AllowedSigners;
use tminus::journal::keys::find::{Found, KeyPlaces, find};
use tminus::journal::keys::{RunKey, Signer};
use tminus::journal::reader::{Recovered, StartPoint};
use tminus::journal::seal::{finish, prepare};
use tminus::journal::storage::Storage;
use tminus::journal::texts::Opening;
use tminus::journal::verify::VerifyWith;
use tminus::journal::writer::{Beginning, Chunk, Closing, Now, Order, Report, WriterHandle, begin_on};
use tminus::journal::{Head, JournalError, Lock};
use tminus::model::actor::{Actor, Known};
use tminus::model::barrier::Barriers;
use tminus::model::event::Event;
use tminus::model::ids::StepId;
use tminus::model::output::Stream;
use tminus::model::record::Record;
use tminus::model::signed::Realm;
use tminus::model::time::Stamp;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub fn now() -> Stamp {
    let micros = |clock| {
        let time = rustix::time::clock_gettime(clock);
        time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    };
    Stamp { wall: micros(rustix::time::ClockId::Realtime), mono: micros(rustix::time::ClockId::Boottime) as u64 }
}

pub fn actor() -> Actor {
    Actor { name: "maya".into(), known: Known::Typed }
}

pub fn note(text: &str) -> Event {
    Event::Noted { text: text.into(), step: None, by: actor() }
}

pub fn chunk(step: &str, bytes: &[u8]) -> Chunk {
    Chunk {
        step: StepId::from(step),
        attempt: 1,
        stream: Stream::Out,
        bytes: bytes.to_vec(),
        masked: Vec::new(),
        at: now(),
    }
}

pub fn opening(key: &RunKey, runbook: &str) -> Opening {
    Opening {
        started: now().wall,
        operator: "none".into(),
        key_origin: "none".into(),
        mode: "attended".into(),
        runbook: runbook.into(),
        runbook_name: "site.yaml".into(),
        runbook_dir: "/srv/site".into(),
        run_dir: "/srv/runs/1".into(),
        user: "maya".into(),
        program: "tminus 0.1.0".into(),
        argv: "tminus run x.yaml".into(),
        host: "h\u{f6}st".into(),
        run_key: key.public_hex(),
        ..Opening::default()
    }
}

/// The first record of a part that takes up a run which nobody signed.
pub fn again(recovered: &Recovered) -> (Event, StartPoint, RunKey) {
    let key = RunKey::generate();
    let text = opening(&key, "").resume(recovered, "the host fell").encode();
    (Event::Resume { fmt: tminus::journal::line::FMT.into(), text, sig: "-".into() }, recovered.start, key)
}

/// What each of the scenario's attempts prints at a time.
pub const PRINTED: &[u8] = b"0123456789\nabcdef";

/// Says on the terminal how much a torture tried. Written past the test harness, which keeps what a test prints that passes.
pub fn tried(words: &str) {
    let _ = writeln!(std::io::stderr(), "torture: {words}");
}

/// A writer and what it reports.
pub struct Rig {
    pub dir: RunDir,
    pub writer: WriterHandle,
    pub reports: UnboundedReceiver<Report>,
    pub lock: Arc<Lock>,
    runtime: tokio::runtime::Runtime,
}

pub fn runs() -> TempDir {
    tempfile::tempdir().unwrap()
}

impl Rig {
    pub fn new(runs: &TempDir) -> Self {
        let (dir, _) = RunDir::create(runs.path(), "site", now()).unwrap();
        let disk = Box::new(tminus::journal::storage::Disk::new(dir.clone()));
        Self::on(dir, disk).unwrap()
    }

    pub fn on(dir: RunDir, storage: Box<dyn Storage>) -> Result<Self, JournalError> {
        let key = RunKey::generate();
        let runbook = dir.attach("site.yaml", b"steps: []\n")?;
        let text = opening(&key, &runbook).genesis(Realm::Live, dir.id()).encode();
        let first = Event::Genesis { fmt: tminus::journal::line::FMT.into(), text, sig: "-".into() };
        let start = StartPoint::first(Realm::Live, dir.id());
        Self::begun(dir, storage, (first, start, key))
    }

    pub fn resumed(dir: RunDir, recovered: &Recovered) -> Result<Self, JournalError> {
        let disk = Box::new(tminus::journal::storage::Disk::new(dir.clone()));
        Self::begun(dir, disk, again(recovered))
    }

    pub fn begun(
        dir: RunDir,
        storage: Box<dyn Storage>,
        first: (Event, StartPoint, RunKey),
    ) -> Result<Self, JournalError> {
        let lock = dir.lock().unwrap();
        Self::holding(lock, dir, (storage, Box::new(now)), first)
    }

    /// With a lock that is held, on a storage and a clock of the test's own.
    pub fn holding(
        lock: Lock,
        dir: RunDir,
        (storage, clock): (Box<dyn Storage>, Now),
        (first, start, key): (Event, StartPoint, RunKey),
    ) -> Result<Self, JournalError> {
        let lock = Arc::new(lock);
        let (sender, reports) = unbounded_channel();
        let begin = Beginning { dir: dir.clone(), lock: Arc::clone(&lock), first, start, key };
        let writer = begin_on(storage, begin, clock, sender)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Ok(Self { dir, writer, reports, lock, runtime })
    }

    pub fn tell(&self, order: Order) {
        self.writer.tell(order).unwrap();
    }

    pub fn note(&self, text: &str) {
        self.tell(Order::Batch { events: vec![(now(), note(text))], barrier: true });
    }

    pub fn output(&self, chunk: Chunk) {
        self.runtime.block_on(self.writer.send(Order::Output(chunk))).unwrap();
    }

    pub fn end_output(&self, step: &str) {
        self.tell(Order::EndOutput { step: StepId::from(step), attempt: 1, lost: None });
    }

    pub fn close(&self, how: Closing) {
        self.tell(Order::Close { at: now(), how });
    }

    /// The next report, within a minute.
    pub fn report(&mut self) -> Report {
        let reports = &mut self.reports;
        let limit = Duration::from_secs(60);
        let report = self.runtime.block_on(async { tokio::time::timeout(limit, reports.recv()).await });
        report.expect("no report within a minute").expect("the writer ended without a word")
    }

    /// What the operator is to sign, once that is on disk.
    pub fn wanted(&mut self, barriers: &mut Barriers) -> String {
        loop {
            let Report::Durable { records, .. } = self.report() else { continue };
            for record in &records {
                barriers.note(record);
                if let Event::BarrierSigned { text, .. } = &record.event {
                    barriers.sign(text).unwrap();
                }
            }
            if let Some((_, text)) = barriers.wanted() {
                return text;
            }
        }
    }

    /// A small run with everything in it, up to its end.
    pub fn scenario(&self) {
        self.note("one");
        self.output(chunk("build", PRINTED));
        self.note("two");
        self.output(chunk("build", PRINTED));
        self.end_output("build");
        self.tell(Order::MoveKey);
        self.note("three");
        self.output(chunk("check", PRINTED));
        self.end_output("check");
        self.note("four");
        self.close(Closing::Ended);
    }

    /// Every report up to `Closed`.
    pub fn finish(&mut self, how: Closing) -> Said {
        self.close(how);
        self.until_closed()
    }

    pub fn until_closed(&mut self) -> Said {
        let mut said = Said::default();
        loop {
            match self.report() {
                Report::Durable { records, head } => {
                    said.records.extend(records);
                    said.heads.push(head);
                }
                Report::Failed { why, .. } => said.failed.push(why),
                Report::Mended | Report::Frozen { .. } | Report::Moved { .. } => {}
                Report::NotKept { bytes, .. } => said.not_kept += bytes,
                Report::Closed { head } => {
                    said.closed = head;
                    return said;
                }
            }
        }
    }
}

/// What a writer said in all.
#[derive(Debug, Default)]
pub struct Said {
    pub records: Vec<Record>,
    pub heads: Vec<Head>,
    pub failed: Vec<String>,
    pub not_kept: u64,
    pub closed: Option<Head>,
}

impl Said {
    pub fn notes(&self) -> Vec<String> {
        notes(&self.records)
    }
}

pub fn notes(records: &[Record]) -> Vec<String> {
    let text = |record: &Record| match &record.event {
        Event::Noted { text, .. } => Some(text.clone()),
        _ => None,
    };
    records.iter().filter_map(text).collect()
}

/// A person who signs, and the list of keys that knows him.
pub struct Person {
    pub signer: Box<dyn Signer>,
    pub list: std::path::PathBuf,
    _home: TempDir,
}

impl Person {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let places =
            KeyPlaces { key: None, agent: None, ssh_dir: None, data_dir: home.path().to_owned(), user: "maya".into() };
        let signer = match find(&places).unwrap().found {
            Found::Ready(signer) => signer,
            _ => panic!("no key was made"),
        };
        Self { signer, list: places.own_allowed_signers(), _home: home }
    }

    pub fn with(&self) -> VerifyWith {
        VerifyWith {
            allowed: AllowedSigners::parse(&std::fs::read(&self.list).unwrap()),
            own: false,
            head: None,
            mirror: None,
            now: now().wall / 1_000_000,
            ask_ssh_keygen: false,
        }
    }

    pub fn begin(&self, runs: &TempDir, realm: Realm) -> Rig {
        let (dir, _) = RunDir::create(runs.path(), "site", now()).unwrap();
        let key = RunKey::generate();
        let runbook = dir.attach("site.yaml", b"steps: []\n").unwrap();
        let text = self.opening(&key, &runbook).genesis(realm, dir.id()).encode();
        let first = self.genesis(realm, text);
        let start = StartPoint::first(realm, dir.id());
        let disk = Box::new(tminus::journal::storage::Disk::new(dir.clone()));
        Rig::begun(dir, disk, (first, start, key)).unwrap()
    }

    pub fn opening(&self, key: &RunKey, runbook: &str) -> Opening {
        let fingerprint = self.signer.fingerprint();
        Opening { operator: "maya".into(), key_origin: "file".into(), key: fingerprint, ..opening(key, runbook) }
    }

    pub fn genesis(&self, realm: Realm, text: String) -> Event {
        let namespace = match realm {
            Realm::Live => "genesis@tminus",
            Realm::Drill => "genesis.drill@tminus",
        };
        let sig = self.signer.sign(namespace, text.as_bytes()).unwrap();
        Event::Genesis { fmt: tminus::journal::line::FMT.into(), text, sig }
    }

    /// The operator's signature of what an act of weight led to.
    pub fn vouch(&self, text: String) -> Event {
        let sig = self.signer.sign("barrier@tminus", text.as_bytes()).unwrap();
        Event::BarrierSigned { text, sig }
    }

    pub fn resume(&self, dir: &RunDir, recovered: &Recovered) -> Rig {
        let key = RunKey::generate();
        let text = self.opening(&key, "").resume(recovered, "the host fell").encode();
        let sig = self.signer.sign("resume@tminus", text.as_bytes()).unwrap();
        let first = Event::Resume { fmt: tminus::journal::line::FMT.into(), text, sig };
        let disk = Box::new(tminus::journal::storage::Disk::new(dir.clone()));
        Rig::begun(dir.clone(), disk, (first, recovered.start, key)).unwrap()
    }

    pub fn seal(&self, dir: &RunDir, said: &Said) {
        assert!(self.sealed_if_it_can_be(dir, said), "nothing was sealed");
    }

    /// Seals a run that somebody else may have written; whether it could be read for that.
    pub fn sealed_if_it_can_be(&self, dir: &RunDir, said: &Said) -> bool {
        let Ok(seal) = prepare(dir, said.closed.as_ref().unwrap()) else { return false };
        let sig = self.signer.sign(seal.namespace, seal.text.as_bytes()).unwrap();
        finish(dir, &seal, Some(&sig)).is_ok()
    }

    /// A small sealed run: one attempt with output, a note, a key that moved on, a gate that the operator signed.
    pub fn sealed(&self, runs: &TempDir) -> RunDir {
        let mut rig = self.begin(runs, Realm::Live);
        rig.tell(Order::MoveKey);
        rig.note("one");
        rig.output(chunk("build", b"hello\n"));
        let mut err = chunk("build", b"oh");
        err.stream = Stream::Err;
        rig.output(err);
        rig.end_output("build");
        rig.tell(Order::Batch { events: vec![(now(), exited("build"))], barrier: true });
        rig.tell(Order::Batch { events: vec![(now(), gate("go"))], barrier: true });
        let text = rig.wanted(&mut Barriers::default());
        rig.tell(Order::Batch { events: vec![(now(), self.vouch(text))], barrier: true });
        let said = rig.finish(Closing::Ended);
        self.seal(&rig.dir, &said);
        rig.dir.clone()
    }
}

/// A gate that was GO.
pub fn gate(step: &str) -> Event {
    let (step, reason, by) = (StepId::from(step), String::new(), actor());
    Event::GateDecided { step, attempt: 1, go: true, over: Vec::new(), reason, by }
}

impl Person {
    /// The smallest sealed run that has one of everything: so every bit of it can be tried.
    pub fn smallest(&self, runs: &TempDir) -> RunDir {
        let mut rig = self.begin(runs, Realm::Live);
        rig.output(chunk("b", b"hi\n"));
        rig.end_output("b");
        rig.tell(Order::Batch { events: vec![(now(), exited("b"))], barrier: false });
        let said = rig.finish(Closing::Ended);
        self.seal(&rig.dir, &said);
        rig.dir.clone()
    }

    /// A sealed run of two steps that printed something each.
    pub fn two_steps(&self, runs: &TempDir) -> RunDir {
        let mut rig = self.begin(runs, Realm::Live);
        for (step, text) in [("build", b"built\n"), ("check", b"fine!\n")] {
            rig.output(chunk(step, text));
            rig.end_output(step);
            rig.tell(Order::Batch { events: vec![(now(), exited(step))], barrier: true });
        }
        let said = rig.finish(Closing::Ended);
        self.seal(&rig.dir, &said);
        rig.dir.clone()
    }
}

pub fn exited(step: &str) -> Event {
    Event::StepExited {
        step: StepId::from(step),
        attempt: 1,
        exit: tminus::model::output::Exit::Code(0),
        took: Duration::from_secs(1),
        drained: tminus::model::output::Drained::Eof,
        holders: Vec::new(),
    }
}

/// A copy of a run directory under the same name, to be changed.
pub fn copy(dir: &RunDir) -> (TempDir, std::path::PathBuf) {
    let into = tempfile::tempdir().unwrap();
    let to = into.path().join(dir.id().as_str());
    copy_dir(dir.path(), &to);
    (into, to)
}

fn copy_dir(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

//! The writer: the thread that owns a journal and does every write and sync.
//!
//! Orders in, reports out. A record is reported as durable only after a signed checkpoint over it was synced; a disk that is
//! slow or hangs stops neither the engine nor a stop. Nothing here decides what is recorded. The conductor begins it once it
//! holds the run's lock.

mod book;
mod outputs;
mod relocate;
mod rescue;
mod thread;

use crate::journal::dir::{Lock, RunDir};
use crate::journal::error::JournalError;
use crate::journal::head::Head;
use crate::journal::keys::RunKey;
use crate::journal::reader::{StartPoint, Valid};
use crate::journal::storage::{Disk, Storage};
use crate::model::event::Event;
use crate::model::ids::{Attempt, StepId};
use crate::model::output::{Masked, Stream};
use crate::model::record::Record;
use crate::model::time::Stamp;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, oneshot};

pub use relocate::Elsewhere;

/// How much output may be on its way to the disk before whoever reads it from the process has to wait.
const IN_FLIGHT: usize = 8 << 20;

/// What the writer is told.
#[derive(Debug)]
pub enum Order {
    /// Record these facts. A barrier is synced at once, the rest within 1 s.
    Batch {
        /// The facts, each with its instant.
        events: Vec<(Stamp, Event)>,
        /// Whether somebody waits for the report.
        barrier: bool,
    },
    /// Keep what an attempt printed, secrets already masked.
    Output(Chunk),
    /// An attempt prints no more.
    EndOutput {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: Attempt,
        /// Told, once all of it is where it stays, whether some was lost: before that nobody can judge the attempt.
        lost: Option<oneshot::Sender<bool>>,
    },
    /// The journal failed, and another directory is made ready: nothing is written until `Elsewhere` or `Thaw`.
    Freeze,
    /// The other directory came to nothing.
    Thaw,
    /// Go on there, from here on and for good.
    Elsewhere(Elsewhere),
    /// A step's border: the next checkpoint names another run key, and the present one is wiped once that is synced.
    MoveKey,
    /// Write what is left and end.
    Close {
        /// When.
        at: Stamp,
        /// For how long.
        how: Closing,
    },
}

/// A piece of what an attempt printed.
#[derive(Debug)]
pub struct Chunk {
    /// The step.
    pub step: StepId,
    /// The attempt.
    pub attempt: Attempt,
    /// Which stream.
    pub stream: Stream,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Secrets that were replaced in it.
    pub masked: Vec<Masked>,
    /// When it came.
    pub at: Stamp,
}

/// How a journal is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The run ended: its last record is `closed`, its last checkpoint names no key. It can be sealed.
    Ended,
    /// The conductor leaves; the run can be resumed.
    Left,
}

/// What the writer says.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "few are under way at once")]
pub enum Report {
    /// These records, checkpoints among them, are durable, in order.
    Durable {
        /// The records.
        records: Vec<Record>,
        /// The last checkpoint of them.
        head: Head,
    },
    /// The journal cannot be written any more as it should: no new step may start. What can still be recorded still is, and
    /// is reported as durable.
    Failed {
        /// Why, in words for the screen.
        why: String,
        /// Whether records, without output, still come to the disk.
        records: bool,
    },
    /// It can be written again as it should; everything that was held is on disk.
    Mended,
    /// Nothing is written now; acknowledged is what stands up to here.
    Frozen {
        /// Up to where.
        valid: Valid,
    },
    /// The journal is in another directory now, written as it should or, where `Failed` follows, not.
    Moved {
        /// Which.
        dir: RunDir,
    },
    /// Output was not kept.
    NotKept {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: Attempt,
        /// How many bytes more.
        bytes: u64,
    },
    /// The journal is closed and its thread ends. The last head, where everything came to the disk.
    Closed {
        /// For the seal.
        head: Option<Head>,
    },
}

/// What a journal, or another part of it, begins with.
pub struct Beginning {
    /// The run's directory.
    pub dir: RunDir,
    /// Its lock.
    pub lock: Arc<Lock>,
    /// Genesis or resume, signed.
    pub first: Event,
    /// Where it goes on: `StartPoint::first`, or what `recover` found.
    pub start: StartPoint,
    /// The run key that the first record names.
    pub key: RunKey,
}

/// Reads the clock.
pub type Now = Box<dyn Fn() -> Stamp + Send>;

/// The way to a writer.
#[derive(Clone, Debug)]
pub struct WriterHandle {
    orders: Sender<Order>,
    room: Arc<Semaphore>,
}

/// The writer has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal is closed")]
pub struct Gone;

/// Begins a journal or a part of it. Returns once the first record is durable; it is also the first that is reported.
pub fn begin(beginning: Beginning, now: Now, reports: UnboundedSender<Report>) -> Result<WriterHandle, JournalError> {
    let disk = Box::new(Disk::new(beginning.dir.clone()));
    begin_on(disk, beginning, now, reports)
}

/// The same on another storage.
pub fn begin_on(
    storage: Box<dyn Storage>,
    beginning: Beginning,
    now: Now,
    reports: UnboundedSender<Report>,
) -> Result<WriterHandle, JournalError> {
    let (orders, inbox) = std::sync::mpsc::channel();
    let room = Arc::new(Semaphore::new(IN_FLIGHT));
    let writer = thread::Writer::begin(storage, beginning, now, (reports, Arc::clone(&room)))?;
    std::thread::Builder::new()
        .name("writer".into())
        .spawn(move || writer.run(&inbox))
        .map_err(JournalError::io("start", "the writer"))?;
    Ok(WriterHandle { orders, room })
}

impl WriterHandle {
    /// Gives an order. Output waits for room, everything else is taken at once.
    pub async fn send(&self, order: Order) -> Result<(), Gone> {
        if let Order::Output(chunk) = &order {
            let permit = self.room.acquire_many(weight(&chunk.bytes)).await;
            // Given back by the writer once the bytes are written.
            permit.map_err(|_| Gone)?.forget();
        }
        self.orders.send(order).map_err(|_| Gone)
    }

    /// Gives an order that is no output; never waits.
    pub fn tell(&self, order: Order) -> Result<(), Gone> {
        if let Order::Output(chunk) = &order {
            self.room.forget_permits(weight(&chunk.bytes) as usize);
        }
        self.orders.send(order).map_err(|_| Gone)
    }
}

/// How much room a piece of output takes; one that is larger than all room takes all.
fn weight(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len().min(IN_FLIGHT)).expect("8 MiB fit 32 bits")
}

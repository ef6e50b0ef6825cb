//! A run that is over, or under way, seen again: its state at any record and at any moment in between.
//!
//! A thread reads the journal once, judges it, and keeps the state every so many records (`frames`); a seek takes the state
//! before the place and folds the few records that are between. What is on disk is read, never written, never executed, and
//! no socket is connected: this looks at runs of strangers too. Screens (`tui::replay`) and lines (`linear`) ask it.

mod compare;
mod cursor;
mod frames;
mod indexer;
mod marks;
mod port;
mod when;

pub use compare::{Beside, Compared, compared};
pub use cursor::{Cursor, Found, moment};
pub use frames::Measures;
pub use marks::{Mark, MarkKind};
pub use port::Looking;
pub use when::parse as parse_when;

use crate::journal::RunDir;
use crate::journal::error::JournalError;
use crate::model::ids::Seq;
use crate::model::plan::Plan;
use crate::model::state::{IllegalEvent, Log, RunState};
use frames::Frames;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Behind this record.
    Record(Seq),
    /// So long after the first record, microseconds of the run's own time.
    Lived(u64),
    /// The first time that the clock on the wall showed this, Unix microseconds.
    Wall(i64),
    /// When T showed this, microseconds: holds stop it.
    T(i64),
}

/// What the journal was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is being read: so many records hold up to now.
    Reading(u64),
    /// It is whole, and its last record is this one; `followed` where more may come.
    Whole {
        /// How many records.
        records: u64,
        /// It is being watched.
        followed: bool,
    },
    /// It ended in the middle of a write.
    Torn {
        /// How many records hold.
        good: u64,
    },
    /// Something does not hold.
    Broken {
        /// The first record that does not.
        seq: u64,
        /// The last record that does.
        good: u64,
        /// When the last record was made that holds, Unix microseconds.
        at: i64,
        /// Why.
        why: String,
        /// How many records are shown behind the last good one, as they stand.
        later: u64,
    },
}

/// Why a place of a run cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Its journal cannot be read there.
    #[error("the journal cannot be read")]
    Journal(#[source] JournalError),
    /// A record there does not follow.
    #[error("the journal cannot be followed")]
    Record(#[source] IllegalEvent),
    /// No thread could be made to read it.
    #[error("cannot start a thread to read the journal")]
    Thread(#[source] std::io::Error),
}

/// What is known of the whole run, as far as it was read.
#[derive(Clone)]
pub struct Known {
    /// What the journal was found to be.
    pub verdict: Verdict,
    /// The state behind the last record that was read, its log among it.
    pub end: Arc<RunState>,
    /// What stood out, in order.
    pub marks: Arc<Vec<Mark>>,
    /// When each phase began and when something of it last happened, in the run's own time.
    pub phases: Arc<Vec<Option<(u64, u64)>>>,
    /// By which record each step first began, or was settled.
    pub begun: Arc<Vec<Option<Seq>>>,
    /// Counts up with every change of the others.
    pub version: u64,
}

impl Known {
    /// What stood out in the whole run, in words.
    pub fn log(&self) -> &Log {
        &self.end.log
    }

    /// When the operator started the run, in its own time.
    pub fn started(&self) -> u64 {
        let wall = self.end.started.map_or(self.end.at.wall, |started| started.wall);
        self.lived_at(wall)
    }

    /// The run's own time when the wall showed this; before the run it is 0. A clock that jumped makes it that much wrong.
    pub fn lived_at(&self, wall: i64) -> u64 {
        crate::model::spent::lived_at(wall, (self.end.at.wall, self.end.lived))
    }

    /// Whether more may be read.
    pub fn grows(&self) -> bool {
        match self.verdict {
            Verdict::Reading(_) => true,
            Verdict::Whole { followed, .. } => followed,
            Verdict::Torn { .. } | Verdict::Broken { .. } => false,
        }
    }
}

/// Waits as long as between two looks at a journal that is followed.
pub fn rest() {
    crate::engine::clock::wait_until(indexer::LOOK, indexer::LOOK, || false);
}

struct Index {
    frames: Frames,
    known: Known,
}

/// A run, to be seen at any place of it.
#[derive(Clone)]
pub struct Course {
    dir: RunDir,
    plan: Arc<Plan>,
    index: Arc<Mutex<Index>>,
}

impl Course {
    /// Begins to read a run on a thread of its own; `follow`: and goes on while it is written. Returns at once.
    pub fn open(dir: RunDir, plan: Plan, follow: bool) -> Result<Self, ReplayError> {
        Self::open_with(dir, plan, follow, Measures::default())
    }

    /// The same with states kept otherwise.
    pub fn open_with(dir: RunDir, plan: Plan, follow: bool, measures: Measures) -> Result<Self, ReplayError> {
        let known = Known {
            verdict: Verdict::Reading(0),
            end: Arc::new(RunState::of(&plan)),
            marks: Arc::default(),
            phases: Arc::new(vec![None; plan.phases.len()]),
            begun: Arc::new(vec![None; plan.steps.len()]),
            version: 0,
        };
        let plan = Arc::new(plan);
        let index = Arc::new(Mutex::new(Index { frames: Frames::kept_by(measures), known }));
        let course = Self { dir, plan, index };
        let indexer = indexer::Indexer::of(&course, follow);
        let thread = std::thread::Builder::new().name("replay".into()).spawn(move || indexer.run());
        thread.map(|_| course).map_err(ReplayError::Thread)
    }

    /// The runbook.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Where it lies.
    pub fn dir(&self) -> &RunDir {
        &self.dir
    }

    /// What is known of it by now.
    pub fn known(&self) -> Known {
        self.index().known.clone()
    }

    /// What is known of it where that is other than what was: `None` where nothing came since.
    pub fn news(&self, since: u64) -> Option<Known> {
        let index = self.index();
        (index.known.version != since).then(|| index.known.clone())
    }

    /// Waits until all of it was read, or the state stands that `enough` asks for.
    pub fn wait(&self, enough: &dyn Fn(&Known) -> bool) -> Known {
        loop {
            let known = self.known();
            if !matches!(known.verdict, Verdict::Reading(_)) || enough(&known) {
                return known;
            }
            let beat = std::time::Duration::from_millis(5);
            crate::engine::clock::wait_until(beat, beat, || false);
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        // What is kept is replaced whole: a thread that panicked leaves what was there before.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

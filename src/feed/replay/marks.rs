//! What stands out in a run: where its track has a letter, and where `[` and `]` go.
//!
//! Pure: a record and the state behind it in, at most one mark out. `indexer` collects them.

use crate::model::event::{Event, Settled};
use crate::model::expect::Verdict;
use crate::model::ids::{Seq, StepIx};
use crate::model::plan::Plan;
use crate::model::record::Record;
use crate::model::state::RunState;

/// What kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// A phase began.
    Phase,
    /// A note.
    Note,
    /// The line to the run's screens was lost, or nobody conducted it.
    Link,
    /// A hold.
    Hold,
    /// A decision of a person.
    Decision,
    /// Something failed.
    Failure,
    /// A trigger tripped.
    Trigger,
    /// A way back was taken.
    RollBack,
}

impl MarkKind {
    /// Its letter on the track.
    pub fn letter(self) -> char {
        match self {
            MarkKind::Phase => 'P',
            MarkKind::Note => 'C',
            MarkKind::Link => 'K',
            MarkKind::Hold => 'H',
            MarkKind::Decision => 'D',
            MarkKind::Failure => 'F',
            MarkKind::Trigger => '!',
            MarkKind::RollBack => 'R',
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            MarkKind::Phase => "phase",
            MarkKind::Note => "note",
            MarkKind::Link => "link lost",
            MarkKind::Hold => "hold",
            MarkKind::Decision => "decision",
            MarkKind::Failure => "failure",
            MarkKind::Trigger => "trigger",
            MarkKind::RollBack => "rollback",
        }
    }

    /// Of two in one cell of the track the one that matters more is drawn.
    pub fn weight(self) -> u8 {
        self as u8
    }
}

/// Something that stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its record.
    pub seq: Seq,
    /// When, in the run's own time.
    pub lived: u64,
    /// What.
    pub kind: MarkKind,
}

/// The mark of a record; `phase` where it is the first of that phase.
pub(super) fn of(plan: &Plan, after: &RunState, record: &Record, phase: bool) -> Option<Mark> {
    let kind = kind_of(plan, after, record).or(phase.then_some(MarkKind::Phase))?;
    Some(Mark { seq: record.seq, lived: after.lived, kind })
}

/// The step that began by this record.
pub(super) fn begun(plan: &Plan, event: &Event) -> Option<StepIx> {
    match event {
        Event::StepStarted { step, .. } | Event::StepSettled { step, .. } => plan.find(step),
        _begins_none => None,
    }
}

fn kind_of(plan: &Plan, after: &RunState, record: &Record) -> Option<MarkKind> {
    match &record.event {
        Event::StepJudged { step, verdict, .. } => {
            // A criterion of a gate that says no is an answer; a failed step is one whatever it tries again.
            let bad = plan.find(step).is_some_and(|ix| after.step(ix).status.bad());
            let unknown = *verdict == Verdict::Unknown;
            (bad || unknown).then_some(MarkKind::Failure)
        }
        Event::StepNotStarted { .. } => Some(MarkKind::Failure),
        Event::StepSettled { how, .. } => match how {
            Settled::Failed => Some(MarkKind::Failure),
            Settled::Skipped | Settled::NotApplicable | Settled::Hand | Settled::Over => Some(MarkKind::Decision),
        },
        Event::StepAnswered { step, .. } => {
            let bad = plan.find(step).is_some_and(|ix| after.step(ix).status.bad());
            bad.then_some(MarkKind::Failure)
        }
        Event::GateDecided { .. }
        | Event::HandedOver { .. }
        | Event::DecisionsAcknowledged { .. }
        | Event::TriggerOver { .. }
        | Event::StepResolved { .. }
        | Event::StepChosen { .. }
        | Event::Recycled { .. }
        | Event::Amended { .. }
        | Event::Aborted { .. } => Some(MarkKind::Decision),
        Event::TriggerTripped { .. } => Some(MarkKind::Trigger),
        Event::Held { .. } => Some(MarkKind::Hold),
        Event::RollbackStarted { .. } => Some(MarkKind::RollBack),
        Event::Noted { .. } => Some(MarkKind::Note),
        Event::Resume { .. } => Some(MarkKind::Link),
        Event::ClientLeft { .. } if after.clients.is_empty() && after.ended.is_none() => Some(MarkKind::Link),
        _stands_out_in_nothing => None,
    }
}

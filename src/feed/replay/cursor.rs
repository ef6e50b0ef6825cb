//! A place in a run that moves forward record by record, and how one is found.
//!
//! A seek takes the state that was kept before the place and folds what is between, through the same `RunState::apply` as
//! ever. The state belongs to whoever asked; a cursor knows only what comes next. Records are read again from the journal, and
//! each must still follow the one before it.

use super::{Course, ReplayError, To, Verdict};
use crate::journal::reader::Tail;
use crate::model::ids::Seq;
use crate::model::record::Record;
use crate::model::schedule;
use crate::model::state::RunState;
use crate::model::time::Stamp;
use std::collections::VecDeque;

/// So many records are read at once.
const AHEAD: u64 = 256;

/// What comes next.
#[derive(Clone)]
pub struct Cursor {
    course: Course,
    tail: Tail,
    ahead: VecDeque<Record>,
}

/// A state, and what comes after it.
pub struct Found {
    /// What was true then.
    pub state: RunState,
    /// What follows.
    pub cursor: Cursor,
    /// The moment that was asked for, in the run's own time: at or after the state's last record.
    pub lived: u64,
}

impl Found {
    /// The clocks at that moment.
    pub fn now(&self) -> Stamp {
        moment(&self.state, self.lived)
    }
}

/// The clocks at a moment after the last record of a state, in the run's own time.
pub fn moment(state: &RunState, lived: u64) -> Stamp {
    let after = lived.saturating_sub(state.lived);
    Stamp { wall: state.at.wall.saturating_add_unsigned(after), mono: state.at.mono.saturating_add(after) }
}

impl Course {
    /// Before the first record.
    pub fn beginning(&self) -> Result<Found, ReplayError> {
        let tail = Tail::open(&self.dir).map_err(ReplayError::Journal)?;
        let cursor = Cursor { course: self.clone(), tail, ahead: VecDeque::new() };
        Ok(Found { state: RunState::of(&self.plan), cursor, lived: 0 })
    }

    /// The state at a place; beyond what was read it is the last. `passed` gets the records that were folded on the way.
    pub fn seek(&self, to: To, passed: &mut dyn FnMut(&Record)) -> Result<Found, ReplayError> {
        match to {
            To::T(t) => self.seek(To::Wall(self.wall_at(t)?), passed),
            To::Record(_) | To::Lived(_) | To::Wall(_) => self.found(to, passed),
        }
    }

    /// When the clock on the wall showed what T shows: each hold before it moves that on.
    fn wall_at(&self, t: i64) -> Result<i64, ReplayError> {
        let end = self.known().end;
        let mut wall = end.t0.unwrap_or(end.at.wall).saturating_add(t);
        while wall < end.at.wall {
            let found = self.found(To::Wall(wall), &mut |_| {})?;
            let Some(shown) = schedule::t_clock(&found.state, found.now()).filter(|shown| *shown < t) else { break };
            wall = wall.saturating_add(t - shown);
        }
        Ok(wall)
    }

    fn found(&self, to: To, passed: &mut dyn FnMut(&Record)) -> Result<Found, ReplayError> {
        let (kept, holds_to, end) = {
            let index = self.index();
            let frame = index.frames.last_where(|frame| match to {
                To::Record(seq) => frame.seq <= seq,
                To::Lived(lived) => frame.lived <= lived,
                To::Wall(wall) | To::T(wall) => frame.wall < wall,
            });
            let kept = frame.map(|frame| (frame.state(index.known.log()), frame.tail.clone()));
            (kept, holds_to(&index.known.verdict), index.known.end.last)
        };
        let Found { mut state, mut cursor, .. } = self.beginning()?;
        if let Some((kept, tail)) = kept {
            (state, cursor.tail) = (kept, tail);
        }
        cursor.tail = cursor.tail.holding_to(holds_to);
        let ahead = match to {
            To::Record(seq) => seq.0.saturating_sub(state.last.0),
            To::Lived(_) | To::Wall(_) | To::T(_) => AHEAD,
        };
        cursor.read_ahead(end, ahead.max(1))?;
        while let Some(next) = cursor.peek()? {
            let goes = match to {
                To::Record(seq) => next.seq <= seq,
                To::Lived(lived) => state.lived + state.length_to(next) <= lived,
                To::Wall(wall) | To::T(wall) => next.at.wall <= wall,
            };
            if !goes {
                break;
            }
            if let Some(record) = cursor.step(&mut state)? {
                passed(&record);
            }
        }
        let lived = match to {
            To::Record(_) => state.lived,
            To::Lived(lived) => lived.max(state.lived),
            To::Wall(wall) | To::T(wall) => {
                state.lived.saturating_add_signed(wall.saturating_sub(state.at.wall).max(0))
            }
        };
        let lived = if cursor.peek()?.is_none() { state.lived } else { lived };
        Ok(Found { state, cursor, lived })
    }
}

/// The last record that follows from what is before it.
fn holds_to(verdict: &Verdict) -> Seq {
    match verdict {
        Verdict::Broken { good, .. } => Seq(*good),
        Verdict::Reading(_) | Verdict::Whole { .. } | Verdict::Torn { .. } => Seq(u64::MAX),
    }
}

impl Cursor {
    /// The next record, as far as the journal was read and holds.
    pub fn peek(&mut self) -> Result<Option<&Record>, ReplayError> {
        if self.ahead.is_empty() {
            let (end, holds_to) = {
                let index = self.course.index();
                (index.known.end.last, holds_to(&index.known.verdict))
            };
            self.tail = self.tail.clone().holding_to(holds_to);
            self.read_ahead(end, AHEAD)?;
        }
        Ok(self.ahead.front())
    }

    /// Goes behind the next record, and gives it.
    pub fn step(&mut self, state: &mut RunState) -> Result<Option<Record>, ReplayError> {
        let Some(record) = self.take()? else { return Ok(None) };
        state.apply(&self.course.plan, &record).map_err(ReplayError::Record)?;
        Ok(Some(record))
    }

    /// Goes behind the next record, and gives it, for somebody who folds it.
    pub fn take(&mut self) -> Result<Option<Record>, ReplayError> {
        self.peek()?;
        Ok(self.ahead.pop_front())
    }

    fn read_ahead(&mut self, end: Seq, most: u64) -> Result<(), ReplayError> {
        let to = Seq(end.0.min(self.tail.seq().0 + most));
        if to > self.tail.seq() {
            self.ahead.extend(self.tail.read_to(to).map_err(ReplayError::Journal)?);
        }
        Ok(())
    }
}

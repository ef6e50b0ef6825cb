//! From event to event, from mark to mark, to the next of a kind, by lengths of time: where each of them leads.
//!
//! Pure arithmetic over what is known of the run; `Player::go` does the rest.

use super::Player;
use crate::feed::replay::{Mark, MarkKind, To};
use crate::model::ids::Seq;
use crate::model::state::RunState;
use crate::tui::sought::Sought;

impl Player {
    /// The mark of a record.
    pub fn mark_at(&self, seq: Seq) -> Option<Mark> {
        let marks = &self.known.marks;
        marks.binary_search_by_key(&seq, |mark| mark.seq).ok().map(|at| marks[at])
    }

    /// The place of the last event that is behind the moment that is shown, in the log.
    pub fn event(&self, state: &RunState) -> Option<usize> {
        self.known.log().up_to(state.last.0).checked_sub(1)
    }

    /// So many events on, or back; where there are none left, the last or first.
    pub fn by_events(&self, state: &RunState, by: isize) -> Option<To> {
        let log = self.known.log();
        let behind = log.up_to(state.last.0);
        // Between two events, back leads to the one that is behind.
        let stands_on =
            behind > 0 && self.lived == state.lived && log.get(behind - 1).is_some_and(|entry| entry.seq == state.last);
        let to = match by {
            0.. => behind.saturating_add(by.unsigned_abs()).saturating_sub(1).min(log.len().saturating_sub(1)),
            _ => behind.saturating_sub(by.unsigned_abs() + usize::from(stands_on)),
        };
        log.get(to).map(|entry| To::Record(entry.seq))
    }

    /// The next event that is looked for.
    pub fn by_text(&self, state: &RunState, sought: &str, back: bool) -> Option<To> {
        let log = self.known.log();
        let sought = Sought::read(sought);
        let fits = |at: &usize| log.get(*at).is_some_and(|entry| sought.fits(self.plan(), entry));
        let behind = log.up_to(state.last.0);
        let found = if back { (0..behind.saturating_sub(1)).rev().find(fits) } else { (behind..log.len()).find(fits) };
        log.get(found?).map(|entry| To::Record(entry.seq))
    }

    /// The mark after or before the moment that is shown.
    pub fn by_mark(&self, state: &RunState, back: bool) -> Option<To> {
        let marks = &self.known.marks;
        let at = if back {
            let before = |mark: &Mark| mark.seq < state.last || (mark.seq == state.last && self.lived > state.lived);
            marks.partition_point(before).checked_sub(1)?
        } else {
            marks.partition_point(|mark| mark.seq <= state.last)
        };
        marks.get(at).map(|mark| To::Record(mark.seq))
    }

    /// The next mark of a kind.
    pub fn next_of(&self, state: &RunState, kind: MarkKind) -> Option<To> {
        let after = self.known.marks.partition_point(|mark| mark.seq <= state.last);
        let found = self.known.marks[after..].iter().find(|mark| mark.kind == kind);
        found.map(|mark| To::Record(mark.seq))
    }

    /// So many seconds on or back.
    pub fn by_seconds(&self, seconds: i64) -> To {
        let lived = self.lived.saturating_add_signed(seconds.saturating_mul(1_000_000));
        To::Lived(lived.min(self.known.end.lived))
    }

    /// A tenth of the whole.
    pub fn tenth(&self, tenth: u64) -> To {
        To::Lived(self.known.end.lived / 10 * tenth)
    }
}

//! Deviations that only the end shows: over its time, past its `by`, behind the plan, known by a typed name only.
//!
//! Called by `finish` once, with the rows of the steps. A drill keeps no planned times and so is never late.

use super::take::Taken;
use super::value::{Deviation, Step};
use super::words::length;
use crate::model::schedule;
use std::collections::BTreeMap;

/// Less than this is no deviation, microseconds.
const MINUTE: i64 = 60_000_000;
const SECOND: u64 = 1_000_000;

/// Adds them, and brings all into the order in which they happened.
pub(super) fn add(taken: &mut Taken, steps: &[Step]) {
    let mut found = Vec::new();
    for step in steps {
        found.extend(over_its_time(step));
    }
    if !taken.state.is_drill() {
        found.extend(past_by(taken));
        found.extend(behind(taken));
    }
    found.extend(typed_only(taken));
    taken.deviations.extend(found);
    // Stable: what has no instant is said last, and one instant's facts stay in the order of their records.
    taken.deviations.sort_by_key(|deviation| (deviation.at.is_none(), deviation.at));
}

fn of(step: &Step, kind: &str, at: Option<i64>, text: String) -> Deviation {
    let (id, number) = (Some(step.id.clone()), Some(step.number.clone()));
    Deviation { seq: None, at, kind: kind.into(), step: id, number, text, by: None }
}

fn over_its_time(step: &Step) -> Option<Deviation> {
    let (takes, taken) = (step.takes_us?, step.elapsed_us?);
    let over = taken.checked_sub(takes).filter(|over| *over >= SECOND)?;
    let text = format!("took {}, planned {}: {} over", length(taken), length(takes), length(over));
    Some(of(step, "over its time", step.ended, text))
}

/// Steps that ended, or are still open, past their `by`.
fn past_by(taken: &Taken) -> Vec<Deviation> {
    let (plan, state) = (&taken.plan, &taken.state);
    let late = plan.steps.iter().enumerate().filter_map(|(at, step)| {
        let by = schedule::bind(plan, state, step.by.as_ref()?)?;
        let own = &state.steps[at];
        let end = own.ended.filter(|_| own.status.settled());
        let over = u64::try_from(end.unwrap_or(state.at).wall - by).ok().filter(|over| *over > 0)?;
        (own.attempt > 0).then(|| Deviation {
            seq: None,
            at: end.map(|at| at.wall),
            kind: "late".into(),
            step: Some(step.id.0.clone()),
            number: Some(step.number.clone()),
            text: format!("{} past the time by which it was to be over", length(over)),
            by: None,
        })
    });
    late.collect()
}

/// How far behind its plan a run is or ended; one that went back or was given up has left its plan.
pub(super) fn slip(taken: &Taken) -> Option<i64> {
    let state = &taken.state;
    let left = state.rollback.is_some() || state.aborted.is_some();
    schedule::slip(&taken.plan, state, state.at).filter(|_| !left)
}

fn behind(taken: &Taken) -> Option<Deviation> {
    let state = &taken.state;
    let slip = slip(taken).filter(|slip| *slip >= MINUTE)?;
    let over = length(slip.unsigned_abs());
    let text = if state.ended.is_some() {
        format!("the run ended {over} behind its plan")
    } else {
        format!("{over} behind the plan")
    };
    let hard = state.hard_stop.filter(|stop| state.at.wall > *stop);
    let text = hard.map_or(text.clone(), |stop| {
        format!("{text}, {} past the hard stop", length((state.at.wall - stop).unsigned_abs()))
    });
    let at = Some(state.at.wall);
    Some(Deviation { seq: None, at, kind: "late".into(), step: None, number: None, text, by: None })
}

/// Decisions whose author is a name that somebody typed, one line a name.
fn typed_only(taken: &Taken) -> Vec<Deviation> {
    let mut names: BTreeMap<&str, u64> = BTreeMap::new();
    let signed = taken.signoffs.iter().flat_map(|asked| &asked.signatures).map(|signature| &signature.by);
    let polled = taken.gates.iter().flat_map(|gate| &gate.polls).filter_map(|poll| poll.by.as_ref());
    for by in taken.decisions.iter().map(|decision| &decision.by).chain(signed).chain(polled) {
        if by.known == "typed" {
            *names.entry(&by.name).or_default() += 1;
        }
    }
    let line = |(name, count): (&str, u64)| {
        let what = if count == 1 { "decision is" } else { "decisions are" };
        let text = format!("{count} {what} known to be of {name} by a typed name only");
        Deviation { kind: "typed only".into(), text, ..Deviation::default() }
    };
    names.into_iter().map(line).collect()
}

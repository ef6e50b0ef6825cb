//! Times against one another: what runs backwards, what does not fit its slot, and which way back ends too late.
//!
//! Planned times only, by a simple sum; `model::schedule` is what binds and projects them. Times of unlike kinds (by
//! the clock with no T0, from the end, from a step) are not compared: a wrong complaint would teach people to ignore
//! the right ones.

use crate::model::ids::StepIx;
use crate::model::plan::Start;
use crate::model::time::plan_length;
use crate::model::when::{Day, Offset, When};
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::read::Reader;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use std::ops::Range;
use std::time::Duration;

const DAY: i64 = 86_400_000_000;

/// A time that can be compared with others of its kind, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparable {
    FromT0(i64),
    Clock(i64),
    FromEnd(i64),
}

impl Comparable {
    fn before(self, other: Comparable) -> bool {
        match (self, other) {
            (Comparable::FromT0(one), Comparable::FromT0(other))
            | (Comparable::Clock(one), Comparable::Clock(other))
            | (Comparable::FromEnd(one), Comparable::FromEnd(other)) => one < other,
            (Comparable::FromT0(_) | Comparable::Clock(_) | Comparable::FromEnd(_), _) => false,
        }
    }
}

pub(super) fn check(reader: &mut Reader<'_>) {
    let t0 = local_t0(reader);
    backwards(reader, t0);
    let planned = planned(reader, t0);
    slots(reader, t0);
    ways_back_in_time(reader, t0, &planned);
}

/// T0 by the wall clock of its zone.
fn local_t0(reader: &Reader<'_>) -> Option<NaiveDateTime> {
    match (&reader.start, reader.zone) {
        (Start::At { wall, .. }, Some(zone)) => {
            Some(DateTime::from_timestamp_micros(*wall)?.with_timezone(&zone).naive_local())
        }
        (Start::At { .. } | Start::AtStart, _) => None,
    }
}

fn size(offset: Offset) -> i64 {
    offset.days.saturating_mul(DAY).saturating_add(offset.micros)
}

fn comparable(when: &When, t0: Option<NaiveDateTime>) -> Option<Comparable> {
    match when {
        When::FromT0(offset) => Some(Comparable::FromT0(size(*offset))),
        When::FromEnd(offset) => Some(Comparable::FromEnd(size(*offset))),
        When::FromStep { .. } | When::After(_) => None,
        When::Clock { day, time: (hour, minute, second) } => {
            let on = |date: NaiveDate| date.and_hms_opt(*hour, *minute, *second);
            let from_t0 = |date: NaiveDate, t0: NaiveDateTime| (on(date)? - t0).num_microseconds();
            match (day, t0) {
                (Day::Date(year, month, day), Some(t0)) => {
                    from_t0(NaiveDate::from_ymd_opt(*year, *month, *day)?, t0).map(Comparable::FromT0)
                }
                (Day::Date(year, month, day), None) => {
                    let at = on(NaiveDate::from_ymd_opt(*year, *month, *day)?)?;
                    Some(Comparable::Clock(at.and_utc().timestamp_micros()))
                }
                (Day::NotSaid, Some(t0)) => from_t0(t0.date(), t0).map(Comparable::FromT0),
                (Day::FromT0(days), Some(t0)) => {
                    let date = t0.date().checked_add_signed(chrono::Duration::try_days(*days)?)?;
                    from_t0(date, t0).map(Comparable::FromT0)
                }
                // A time without a date means another day in another phase: not compared.
                (Day::OfPhase(_), _) | (Day::NotSaid | Day::FromT0(_), None) => None,
            }
        }
    }
}

fn backwards(reader: &mut Reader<'_>, t0: Option<NaiveDateTime>) {
    let mut found = Vec::new();
    let mut last_phase: Option<(Comparable, String)> = None;
    for draft in &reader.phases {
        let own = draft.phase.at.as_ref().and_then(|when| comparable(when, t0));
        if let (Some(own), Some((last, said)), Some(span)) = (own, &last_phase, &draft.at)
            && own.before(*last)
        {
            found.push(runs_backwards(span, &format!("the phase before it begins at {said}")));
        }
        let mut last = own.zip(draft.phase.at.as_ref().map(When::shown));
        last_phase = last.clone().or(last_phase);
        // Without a date of the phase's own a clock time may mean any day: only offsets are held against it.
        let undated = draft.phase.at.is_none();
        for step in &draft.phase.steps {
            let step = &reader.steps[step.0];
            let Some(when) = step.step.at.as_ref() else {
                continue;
            };
            if matches!(when, When::Clock { day: Day::NotSaid, .. }) && undated {
                continue;
            }
            let Some(own) = comparable(when, t0) else {
                continue;
            };
            if let (Some((earlier, said)), Some(span)) = (&last, &step.at)
                && own.before(*earlier)
            {
                found.push(runs_backwards(span, &format!("its phase, or a step before it, begins at {said}")));
            } else {
                last = Some((own, when.shown()));
            }
        }
    }
    for one in found {
        reader.desk.report(one);
    }
}

fn runs_backwards(span: &Range<usize>, why: &str) -> Diagnostic {
    Diagnostic::error("RB0305", span, format!("this time runs backwards: {why}"))
        .help("what stands later happens later: move it, or correct the time")
}

/// Planned end of each step of the phases, from T0; empty where the plan says no time at all.
fn planned(reader: &Reader<'_>, t0: Option<NaiveDateTime>) -> Vec<Option<i64>> {
    let mut ends = vec![None; reader.steps.len()];
    let mut now: Option<i64> = None;
    for draft in &reader.phases {
        now = later(now, draft.phase.at.as_ref(), t0);
        let begin = now;
        for step in &draft.phase.steps {
            let planned = &reader.steps[step.0].step;
            now = later(now, planned.at.as_ref(), t0);
            now = now.map(|now| now.saturating_add(length(planned.takes)));
            ends[step.0] = now;
        }
        let by_phase = begin.map(|begin| begin.saturating_add(length(draft.phase.takes)));
        now = now.max(by_phase);
    }
    ends
}

/// `now`, or this time where it is later. Before the first time that counts from T0 a plan begins at T0.
fn later(now: Option<i64>, at: Option<&When>, t0: Option<NaiveDateTime>) -> Option<i64> {
    match at.and_then(|when| comparable(when, t0)) {
        Some(Comparable::FromT0(own)) => Some(now.map_or(own, |now| now.max(own))),
        Some(Comparable::Clock(_) | Comparable::FromEnd(_)) | None => now.or(Some(0)),
    }
}

fn length(takes: Option<Duration>) -> i64 {
    takes.map_or(0, |takes| i64::try_from(takes.as_micros()).unwrap_or(i64::MAX))
}

fn micros(length: i64) -> Duration {
    Duration::from_micros(u64::try_from(length).unwrap_or(0))
}

fn slots(reader: &mut Reader<'_>, t0: Option<NaiveDateTime>) {
    let mut found = Vec::new();
    for (place, draft) in reader.phases.iter().enumerate() {
        let sum = draft
            .phase
            .steps
            .iter()
            .fold(0_i64, |sum, step: &StepIx| sum.saturating_add(length(reader.steps[step.0].step.takes)));
        if let (Some(takes), Some(span)) = (draft.phase.takes, &draft.takes)
            && sum > length(Some(takes))
        {
            let text =
                format!("the steps take {} together, the phase only {}", plan_length(micros(sum)), plan_length(takes));
            found.push(Diagnostic::warning("RB0502", span, text));
        }
        let needs = sum.max(length(draft.phase.takes));
        let own = draft.phase.at.as_ref().and_then(|when| comparable(when, t0));
        let next = reader
            .phases
            .get(place + 1)
            .and_then(|next| Some((comparable(next.phase.at.as_ref()?, t0)?, next.at.as_ref()?)));
        if let (Some(Comparable::FromT0(own)), Some((Comparable::FromT0(next), span))) = (own, next)
            && next >= own
            && needs > next - own
        {
            let text = format!(
                "the phase before this one takes {}, and its slot has {}",
                plan_length(micros(needs)),
                plan_length(micros(next - own))
            );
            found.push(Diagnostic::warning("RB0502", span, text));
        }
    }
    for one in found {
        reader.desk.report(one);
    }
}

fn ways_back_in_time(reader: &mut Reader<'_>, t0: Option<NaiveDateTime>, planned: &[Option<i64>]) {
    let Some(Comparable::FromT0(stop)) = reader.hard_stop.as_ref().and_then(|(when, _)| comparable(when, t0)) else {
        return;
    };
    let floor = length(Some(reader.safety_floor));
    let end = planned.iter().flatten().max().copied();
    let mut found = Vec::new();
    for draft in &reader.levels {
        let Some(budget) = draft.level.budget else {
            found.push(
                Diagnostic::warning(
                    "RB0503",
                    &draft.head,
                    "the rollback has no `budget`: tminus cannot say until when it is possible",
                )
                .help("add `budget: 5m`"),
            );
            continue;
        };
        let begun = draft.level.until.map_or(end, |step| planned[step.0]);
        let needs = length(Some(budget)).saturating_add(length(Some(draft.level.verify))).saturating_add(floor);
        if let Some(begun) = begun
            && begun.saturating_add(needs) > stop
        {
            let over = begun.saturating_add(needs).saturating_sub(stop);
            let text = format!(
                "this rollback, begun when the plan needs it last, ends {} after what the hard stop allows",
                plan_length(micros(over))
            );
            found.push(
                Diagnostic::warning("RB0503", &draft.head, text)
                    .help("it counts its budget, its verification and the safety floor"),
            );
        }
    }
    for one in found {
        reader.desk.report(one);
    }
}

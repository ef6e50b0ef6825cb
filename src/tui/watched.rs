//! What is watched, in words: the last reading of a probe with its age, triggers with how long they have held, monitors.
//!
//! Pure: plan, state and the frame's instant in. A reading that is unknown is `?` and says why; the last good value is never
//! shown as if it were fresh. Views and cards say the same by calling here.

use crate::model::ids::{ProbeIx, StepIx, TriggerIx};
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::{RunState, Sample, StepStatus, WentOn};
use crate::model::step::Work;
use crate::model::text::shown;
use crate::model::time::{Stamp, clock_length, plan_length};
use crate::model::watch::{Aspect, Source};
use crate::tui::theme::{Glyphs, Role};
use crate::tui::widgets::spark::{self, Point};
use std::time::Duration;

/// After so many of its own intervals without a reading a probe is silent.
const SILENT_AFTER: u32 = 3;

/// A question that was answered with "go on" is asked again after so long.
const ASKED_AGAIN: i64 = 5 * 60_000_000;

/// A probe's last reading, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// `1.8%`, `?`.
    pub value: String,
    /// `0:12 ago`, why it is unknown, that nothing was read yet.
    pub age: String,
    /// The role of the value.
    pub role: Role,
}

fn age(at: Stamp, now: Stamp) -> Duration {
    Duration::from_micros(u64::try_from(now.wall.saturating_sub(at.wall)).unwrap_or(0))
}

/// The last reading of a probe.
pub fn reading(plan: &Plan, state: &RunState, ix: ProbeIx, now: Stamp) -> Reading {
    let probe = plan.probe(ix);
    let unknown = |age: String| Reading { value: "?".into(), age, role: Role::Unknown };
    let Some(last) = state.probe(ix).last() else {
        return unknown(match probe.source {
            Source::Command(_) => "not read yet".into(),
            Source::Measure(_) => "nobody has read it yet".into(),
        });
    };
    let old = age(last.at, now);
    let ago = format!("{} ago", clock_length(old));
    let Some(value) = &last.value else {
        let good = state.probe(ix).samples.iter().rev().find(|sample| sample.value.is_some());
        let since = good.map_or(String::new(), |good| format!(", no data for {}", clock_length(age(good.at, now))));
        let why = last.unknown.as_deref().unwrap_or("unknown");
        return unknown(format!("{}{since}", shown(why)));
    };
    let by_command = matches!(probe.source, Source::Command(_));
    let live = state.ended.is_none() && !state.paused;
    if live && !probe.every.is_zero() && old > probe.every * SILENT_AFTER {
        let words = if by_command { "no reading for" } else { "read it again: the last is from" };
        let tail = if by_command { clock_length(old) } else { ago };
        return unknown(format!("{words} {tail}, it was {}", with_unit(value, probe.unit.as_deref())));
    }
    Reading { value: with_unit(value, probe.unit.as_deref()), age: ago, role: judged(last) }
}

fn with_unit(value: &str, unit: Option<&str>) -> String {
    let value = shown(value.trim());
    match unit {
        Some(unit) if !value.ends_with(unit) => format!("{value} {}", shown(unit)),
        Some(_) | None => value.into_owned(),
    }
}

fn trips(sample: &Sample, by: Option<&str>) -> bool {
    sample.seen.iter().any(|seen| seen.aspect == Aspect::Trip && seen.holds && by.is_none_or(|by| seen.by == by))
}

fn judged(sample: &Sample) -> Role {
    let not_ok = sample.seen.iter().any(|seen| seen.aspect == Aspect::Ok && !seen.holds);
    match (trips(sample, None), not_ok) {
        (true, _) => Role::Fail,
        (false, true) => Role::Warn,
        (false, false) => Role::Text,
    }
}

/// How a probe's readings went, in at most so many cells.
pub fn spark(state: &RunState, ix: ProbeIx, by: Option<&str>, cells: usize, glyphs: Glyphs) -> String {
    let points: Vec<Point> = state
        .probe(ix)
        .samples
        .iter()
        .map(|sample| match &sample.value {
            None => Point::Unknown,
            Some(value) => {
                let word = Point::Word { trips: trips(sample, by) };
                spark::number(value).map_or(word, Point::Value)
            }
        })
        .collect();
    spark::line(&points, cells.min(60), glyphs)
}

/// Where a trigger stands: its word, what of it, and the role of both.
pub fn trigger(plan: &Plan, state: &RunState, ix: TriggerIx) -> (&'static str, String, Role) {
    let (trigger, own) = (plan.trigger(ix), state.trigger(ix));
    if let Some(tripped) = &own.tripped {
        let at = crate::tui::words::clock(state, tripped.since.wall);
        let decided = match (&own.went_on, &own.acked) {
            (Some(went_on), _) => format!(", {} goes on", shown(&went_on.name)),
            (None, Some((_, by))) => format!(", seen by {}", shown(&by.shown())),
            (None, None) => ", not seen yet".into(),
        };
        return ("TRIPPED", format!("{} at {at}{decided}", shown(&tripped.why)), Role::Danger);
    }
    let Some(trip) = &trigger.trip else {
        return ("yours", "a person judges it: enter trips it".into(), Role::Text);
    };
    let last = trigger.probe.as_ref().and_then(|id| plan.find_probe(id)).and_then(|probe| state.probe(probe).last());
    if state.started.is_some() && !crate::model::follow::is_watched(plan, state, ix) {
        let phases: Vec<String> = trigger.during.iter().map(|phase| shown(phase.as_str()).into_owned()).collect();
        let when = if phases.is_empty() { String::new() } else { format!("watched in {}", phases.join(", ")) };
        return ("-", when, Role::TextDim);
    }
    let of = plan_length(trip.lasting);
    match (own.streak.holds, last) {
        (true, _) if trip.lasting.is_zero() => ("trips", String::new(), Role::Fail),
        (true, _) => {
            let held = Duration::from_micros(own.streak.held);
            ("trips", format!("for {} of {of}", clock_length(held)), Role::Warn)
        }
        (false, Some(sample)) if sample.unknown.is_some() => ("?", "unknown, so not counted".into(), Role::Unknown),
        (false, Some(_)) => ("clear", String::new(), Role::Ok),
        (false, None) => ("?", "not read yet".into(), Role::Unknown),
    }
}

/// What a trigger leads to: `roll back level-1`.
pub fn leads_to(plan: &Plan, ix: TriggerIx) -> String {
    plan.trigger(ix).then.as_ref().map_or(String::new(), |outcome| crate::tui::proposals::words(plan, outcome))
}

/// When the question is asked again.
pub fn asked_again(state: &RunState, went_on: &WentOn) -> String {
    let at = schedule::format_wall(went_on.at.wall + ASKED_AGAIN, &state.zone, Some("%H:%M"));
    at.map_or_else(|| "in 5m".into(), |at| format!("at {at}"))
}

/// Monitors that look on.
pub fn monitors(plan: &Plan, state: &RunState) -> Vec<StepIx> {
    let looks_on =
        |ix: &StepIx| matches!(plan.step(*ix).work, Work::Monitor(_)) && state.step(*ix).status == StepStatus::Running;
    (0..plan.steps.len()).map(StepIx).filter(looks_on).collect()
}

/// How a monitor that looks on stands: `ok so far, 12 readings, 9:10 left`.
pub fn monitor(plan: &Plan, state: &RunState, ix: StepIx, now: Stamp) -> (String, Role) {
    let Work::Monitor(monitor) = &plan.step(ix).work else { return (String::new(), Role::Text) };
    let own = state.step(ix);
    let seen = &own.monitor;
    let mut parts = Vec::new();
    let role = if seen.trip.holds {
        let of = monitor.trip.as_ref().map_or(String::new(), |trip| plan_length(trip.lasting));
        parts.push(format!("trips for {} of {of}", clock_length(Duration::from_micros(seen.trip.held))));
        Role::Fail
    } else {
        match seen.ok {
            Some(true) => parts.push("ok so far".into()),
            Some(false) => parts.push("not ok".into()),
            None if monitor.probe.is_some() => parts.push("no verdict yet".into()),
            None => {}
        }
        if seen.ok == Some(false) { Role::Warn } else { Role::Run }
    };
    if monitor.probe.is_some() {
        let unknown = if seen.unknown == 0 { String::new() } else { format!(" ({} unknown)", seen.unknown) };
        parts.push(format!("{} readings{unknown}", seen.samples));
    }
    let answered = monitor.checks.iter().filter(|check| state.step(**check).status.settled()).count();
    if !monitor.checks.is_empty() {
        parts.push(format!("{answered} of {} checks", monitor.checks.len()));
    }
    parts.push(match own.until {
        Some(until) if until <= now.wall => "its time is over: it waits for a verdict".into(),
        Some(until) => format!("{} left", crate::tui::words::until(until, now)),
        None => "until a person ends it".into(),
    });
    (parts.join(", "), role)
}

/// Probes that people read, commands first left out: those whose value is typed.
pub fn by_hand(plan: &Plan, ix: ProbeIx) -> bool {
    matches!(plan.probe(ix).source, Source::Measure(_))
}

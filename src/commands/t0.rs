//! `--t0`: an instant by the clock, in the runbook's zone or in one that is said; and whether all times of the runbook can be
//! bound with it. What cannot begin is refused here before a run exists; `decide` refuses it once more.

use super::{Failure, places};
use crate::model::plan::{Plan, Start};
use crate::model::schedule::{bind_clock, needs_t0, unbindable, zone_of};
use crate::model::state::RunState;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike};

/// The zone of a run: the runbook's, else the one that `--t0` says, else this machine's.
pub(super) fn zone(plan: &Plan, t0: Option<&str>) -> String {
    let said = || split_zone(t0?).map(|(_, name)| name.to_owned());
    plan.zone.clone().or_else(said).unwrap_or_else(places::zone)
}

/// A state of which nothing is known but T0, as `--t0` or the runbook says it.
pub(super) fn state(plan: &Plan, t0: Option<i64>, zone: &str) -> RunState {
    let mut state = RunState::of(plan);
    zone.clone_into(&mut state.zone);
    state.t0 = t0.or(match plan.start {
        Start::At { wall, .. } => Some(wall),
        Start::AtStart => None,
    });
    state
}

/// Refuses what `decide` would refuse at the start: T0 that is not said and is needed, times that the clock does not have.
pub(super) fn check(plan: &Plan, t0: Option<i64>, zone: &str) -> Result<(), Failure> {
    let state = state(plan, t0, zone);
    if state.t0.is_none() {
        let Some(first) = needs_t0(plan).into_iter().next() else { return Ok(()) };
        return Err(Failure::because(format!("this runbook needs T0: {first} says nothing without it"))
            .hint("say when T0 is by --t0 '2026-11-21 15:00', or by `start:` in the runbook; nothing was started"));
    }
    let wrong = unbindable(plan, &state);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::because(wrong.join("\n")).hint("start with another --t0, or mend the runbook; nothing was started"))
}

/// A text and the name of a zone after it.
fn split_zone(text: &str) -> Option<(&str, &str)> {
    text.trim_end().rsplit_once(' ').filter(|(_, name)| name.parse::<chrono_tz::Tz>().is_ok())
}

/// Reads `2026-11-21 15:00`, `15:00` (today), each with a zone after it, or RFC 3339. Unix microseconds.
pub(super) fn parse(text: &str, zone: &str, now: i64) -> Result<i64, Failure> {
    if let Ok(exact) = DateTime::parse_from_rfc3339(text) {
        return Ok(exact.timestamp_micros());
    }
    let (text, zone) = split_zone(text).unwrap_or((text, zone));
    let (date, time) = read(text, zone, now).ok_or_else(|| {
        Failure::because(format!("--t0 {text} is not a time"))
            .hint("write 15:00, 2026-11-21 15:00, either with a zone after it, or 2026-11-21T15:00:00Z")
    })?;
    bind_clock(date, (time.hour(), time.minute(), time.second()), zone)
        .map_err(|why| Failure::because(format!("--t0: {why}")))
}

fn read(text: &str, zone: &str, now: i64) -> Option<(NaiveDate, NaiveTime)> {
    for format in ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(text, format) {
            return Some((at.date(), at.time()));
        }
    }
    let time =
        NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S")).ok()?;
    let today = zone_of(zone).timestamp_micros(now).single()?.date_naive();
    Some((today, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t0_is_read_in_the_zone_that_is_said() {
        let noon = parse("2026-11-21 12:00 UTC", "Europe/Paris", 0).unwrap();
        assert_eq!(parse("2026-11-21 13:00", "Europe/Paris", 0).unwrap(), noon);
        assert_eq!(parse("2026-11-21T12:00:00Z", "Asia/Tokyo", 0).unwrap(), noon);
        assert_eq!(parse("13:00", "Europe/Paris", noon).unwrap(), noon);
    }

    #[test]
    fn a_t0_that_is_no_time_is_refused_with_how_to_write_one() {
        let failure = parse("soon", "UTC", 0).unwrap_err();
        assert!(failure.hint.unwrap().contains("15:00"));
        assert!(parse("2027-03-28 02:30", "Europe/Paris", 0).is_err());
    }

    fn book(head: &str, at: &str) -> Plan {
        let text = format!(
            "tminus: 1\ntitle: T\nenvironment: {{ name: here, kind: local }}\nhard_stop: none\n{head}phases:\n  \
             - {{ title: P, at: T-7d, steps: [ {{ id: one, at: \"{at}\", confirm: One }} ] }}\n"
        );
        crate::runbook::parse("t.yaml", text.as_bytes()).plan.expect("the runbook is right")
    }

    #[test]
    fn the_zone_is_the_runbooks_then_that_of_t0_then_this_machines() {
        let (bare, said) = (book("", "09:00"), book("start: 2026-11-21 15:00 America/New_York\n", "09:00"));
        let t0 = Some("2026-11-21 15:00 Australia/Lord_Howe");
        assert_eq!(zone(&bare, t0), "Australia/Lord_Howe");
        assert_eq!(zone(&said, t0), "America/New_York");
        assert_eq!(zone(&bare, Some("15:00")), places::zone());
    }

    #[test]
    fn what_could_not_start_is_refused_before_there_is_a_run() {
        let plan = book("", "02:30");
        let berlin = "Europe/Berlin";
        let unsaid = check(&plan, None, berlin).unwrap_err();
        assert!(unsaid.what.contains("needs T0") && unsaid.what.contains("T-7d"), "{}", unsaid.what);
        let of = |text: &str| parse(text, berlin, 0).unwrap();
        assert!(check(&plan, Some(of("2026-11-21 15:00")), berlin).is_ok());
        let twice = check(&plan, Some(of("2026-11-01 15:00")), berlin).unwrap_err();
        assert!(twice.what.contains("02:30 CEST (00:30 UTC) or 02:30 CET (01:30 UTC)"), "{}", twice.what);
        assert!(twice.hint.unwrap().contains("nothing was started"));
    }

    #[test]
    fn a_time_of_the_clock_is_on_the_date_of_its_phase() {
        let t0 = parse("2026-11-21 15:00", "UTC", 0).unwrap();
        let plan = book("", "09:00");
        let one = plan.find(&"one".into()).unwrap();
        let at =
            crate::model::schedule::bind(&plan, &state(&plan, Some(t0), "UTC"), plan.step(one).at.as_ref().unwrap());
        assert_eq!(at, Some(parse("2026-11-14 09:00", "UTC", 0).unwrap()));
    }
}

//! `--t0`: an instant by the clock, in the runbook's zone or in one that is said.

use super::Failure;
use crate::model::schedule::{bind_clock, zone_of};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike};

/// Reads `2026-11-21 15:00`, `15:00` (today), each with a zone after it, or RFC 3339. Unix microseconds.
pub(super) fn parse(text: &str, zone: &str, now: i64) -> Result<i64, Failure> {
    if let Ok(exact) = DateTime::parse_from_rfc3339(text) {
        return Ok(exact.timestamp_micros());
    }
    let (text, zone) = match text.rsplit_once(' ') {
        Some((rest, name)) if name.parse::<chrono_tz::Tz>().is_ok() => (rest, name),
        _ => (text, zone),
    };
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
}

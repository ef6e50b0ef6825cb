//! Calendar arithmetic at its edges: three zones, both directions of daylight saving, days that the clock shows twice or skips.

use super::clock::{add_offset, bind_clock, days_later, format_wall, readings};
use crate::model::when::Offset;
use chrono::NaiveDate;

const HOUR: i64 = 3_600_000_000;
const DAY: Offset = Offset { days: 1, micros: 0 };

/// The zone of a change, its day, a time that it makes doubtful, and how long that day is.
type Change = (&'static str, (i32, u32, u32), (u32, u32), i64);

const CHANGES: [Change; 6] = [
    ("Europe/Berlin", (2027, 3, 28), (2, 30), 23 * HOUR),
    ("Europe/Berlin", (2026, 10, 25), (2, 30), 25 * HOUR),
    ("America/New_York", (2027, 3, 14), (2, 30), 23 * HOUR),
    ("America/New_York", (2026, 11, 1), (1, 30), 25 * HOUR),
    ("Australia/Lord_Howe", (2026, 10, 4), (2, 15), 24 * HOUR - HOUR / 2),
    ("Australia/Lord_Howe", (2027, 4, 4), (1, 45), 24 * HOUR + HOUR / 2),
];

fn date((year, month, day): (i32, u32, u32)) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn shown(wall: i64, zone: &str) -> String {
    format_wall(wall, zone, Some("%H:%M %Z")).unwrap()
}

#[test]
fn a_day_is_a_calendar_day_in_the_zone_and_hours_are_elapsed() {
    for (zone, day, _, length) in CHANGES {
        let noon_before = bind_clock(date(day).pred_opt().unwrap(), (12, 0, 0), zone).unwrap();
        let noon = bind_clock(date(day), (12, 0, 0), zone).unwrap();
        assert_eq!(days_later(noon_before, 1, zone), Ok(noon), "{zone}");
        assert_eq!(noon - noon_before, length, "{zone}");
        assert_eq!(days_later(noon, -1, zone), Ok(noon_before), "{zone}");
        assert_eq!(add_offset(noon_before, DAY, zone), Some(noon), "{zone}");
        let elapsed = Offset { days: 0, micros: 24 * HOUR };
        assert_eq!(add_offset(noon_before, elapsed, zone), Some(noon_before + 24 * HOUR), "{zone}");
    }
}

#[test]
fn a_time_that_comes_twice_or_not_at_all_is_an_error_with_both_readings() {
    let wanted = [
        "it could be 03:30 CEST (01:30 UTC) or 01:30 CET (00:30 UTC)",
        "comes twice in Europe/Berlin: 02:30 CEST (00:30 UTC) or 02:30 CET (01:30 UTC)",
        "it could be 03:30 EDT (07:30 UTC) or 01:30 EST (06:30 UTC)",
        "comes twice in America/New_York: 01:30 EDT (05:30 UTC) or 01:30 EST (06:30 UTC)",
        "it could be 02:45 +11 (15:45 UTC) or 01:45 +1030 (15:15 UTC)",
        "comes twice in Australia/Lord_Howe: 01:45 +11 (14:45 UTC) or 01:45 +1030 (15:15 UTC)",
    ];
    for ((zone, day, (hour, minute), _), wanted) in CHANGES.into_iter().zip(wanted) {
        let why = bind_clock(date(day), (hour, minute, 0), zone).unwrap_err();
        assert!(why.contains(wanted), "{zone}: {why}");
        let before = bind_clock(date(day).pred_opt().unwrap(), (hour, minute, 0), zone).unwrap();
        assert_eq!(days_later(before, 1, zone).unwrap_err(), why, "a day later is the same doubt");
    }
}

#[test]
fn what_came_by_itself_has_an_instant_on_every_day() {
    for (zone, day, (hour, minute), length) in CHANGES {
        let before = bind_clock(date(day).pred_opt().unwrap(), (hour, minute, 0), zone).unwrap();
        let all = readings(date(day), (hour, minute, 0), zone);
        assert_eq!(all.len(), if length > 24 * HOUR { 2 } else { 1 }, "{zone}");
        assert_eq!(add_offset(before, DAY, zone), Some(all[0]), "{zone}");
        // The earlier of two; a time that is jumped over is as long after midnight as it would have been without the jump.
        assert_eq!(all[0] - before, 24 * HOUR, "{zone}: {}", shown(all[0], zone));
        let after = add_offset(before, Offset { days: 2, micros: 0 }, zone).unwrap();
        assert_eq!(after - before, 24 * HOUR + length, "{zone}: the day after has its own time again");
    }
}

#[test]
fn a_zone_that_skipped_a_whole_day_still_has_both_readings() {
    let skipped = date((2011, 12, 30));
    let why = bind_clock(skipped, (12, 0, 0), "Pacific/Apia").unwrap_err();
    assert!(why.contains("does not exist in Pacific/Apia") && why.contains(" or "), "{why}");
    let eve = bind_clock(date((2011, 12, 29)), (12, 0, 0), "Pacific/Apia").unwrap();
    assert_eq!(add_offset(eve, DAY, "Pacific/Apia"), Some(eve + 24 * HOUR));
}

#[test]
fn days_that_no_calendar_has_are_refused_and_never_panic() {
    for days in [i64::MAX, i64::MIN, 200_000_000, -200_000_000] {
        assert!(days_later(0, days, "UTC").is_err());
        assert_eq!(add_offset(0, Offset { days, micros: 0 }, "UTC"), None);
    }
    assert_eq!(add_offset(i64::MAX, Offset { days: 0, micros: 1 }, "UTC"), None);
    assert_eq!(add_offset(i64::MAX, DAY, "UTC"), None);
    assert!(readings(date((2026, 1, 1)), (24, 0, 0), "UTC").is_empty());
}

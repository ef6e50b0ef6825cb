//! T0: a wall time with the name of its zone, bound to one instant.
//!
//! A time that the clocks skip, or show twice, is refused with both readings: tminus never picks one. `read` locates
//! the errors.

use super::times::{TimeError, clock, day, is_date};
use crate::model::plan::Start;
use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, Offset as _, TimeZone, Utc};
use chrono_tz::Tz;

/// T0: `2026-11-21 15:00 America/New_York`.
pub(crate) fn start(text: &str) -> Result<(Start, Tz), TimeError> {
    let text = text.trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let (date, time, zone) = match words.as_slice() {
        [date, time, zone] => (*date, *time, *zone),
        [date, _] if is_date(date) => return Err(TimeError::NoZone(text.to_owned())),
        [date] if is_date(date) || date.contains('T') => {
            return Err(TimeError::NoZone(text.to_owned()));
        }
        _ => return Err(TimeError::NotAWhen(text.to_owned())),
    };
    let zone_of: Tz = zone.parse().map_err(|_| TimeError::NotAZone(zone.to_owned()))?;
    let wrong = || TimeError::NoSuchTime(format!("{date} {time}"));
    let ((year, month, day), (hour, minute, second)) = (day(date).ok_or_else(wrong)?, clock(time).ok_or_else(wrong)?);
    let local = NaiveDate::from_ymd_opt(year, month, day)
        .and_then(|date| date.and_hms_opt(hour, minute, second))
        .ok_or_else(wrong)?;
    let wall = bound(local, zone_of, &format!("{date} {time}"))?.timestamp_micros();
    Ok((Start::At { wall, zone: zone.to_owned() }, zone_of))
}

/// A wall time in a zone; one that does not exist, or exists twice, names both readings.
fn bound(local: NaiveDateTime, zone: Tz, text: &str) -> Result<DateTime<Utc>, TimeError> {
    let shown =
        |at: DateTime<Utc>| format!("{} ({} UTC)", at.with_timezone(&zone).format("%H:%M %Z"), at.format("%H:%M"));
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => Ok(at.with_timezone(&Utc)),
        LocalResult::Ambiguous(one, other) => Err(TimeError::Fold {
            text: text.to_owned(),
            zone: zone.name().to_owned(),
            early: shown(one.with_timezone(&Utc)),
            late: shown(other.with_timezone(&Utc)),
        }),
        LocalResult::None => {
            let read_as = |days: i64| {
                let offset = zone.offset_from_utc_datetime(&(local + Duration::days(days))).fix();
                shown((local - Duration::seconds(i64::from(offset.local_minus_utc()))).and_utc())
            };
            Err(TimeError::Gap {
                text: text.to_owned(),
                zone: zone.name().to_owned(),
                early: read_as(1),
                late: read_as(-1),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t0_in_a_gap_or_a_fold_names_both_readings() {
        let fold = start("2026-11-01 01:30 America/New_York").unwrap_err();
        assert!(fold.to_string().contains("01:30 EDT (05:30 UTC) or 01:30 EST (06:30 UTC)"), "{fold}");
        let gap = start("2026-03-08 02:30 America/New_York").unwrap_err();
        assert!(gap.to_string().contains("01:30 EST (06:30 UTC) or 03:30 EDT (07:30 UTC)"), "{gap}");
        assert_eq!(start("2026-11-21 15:00").unwrap_err().code(), "RB0303");
        assert_eq!(start("2026-11-21 15:00 Mars/Base").unwrap_err().code(), "RB0303");
        let Ok((Start::At { wall, zone }, _)) = start("2026-11-21 15:00 America/New_York") else { panic!() };
        assert_eq!((wall, zone.as_str()), (1_795_291_200_000_000, "America/New_York"));
    }
}

//! Calendar and clock in a zone: days that keep the time of day, times of the clock that the zone has once, twice or not at all.
//!
//! No plan and no state: `bind` brings those. What a person wrote and the clock cannot tell is an error with both readings
//! (`bind_clock`, `days_later`); what follows from an instant that came by itself is never lost (`add_offset`).

use crate::model::when::Offset;
use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeZone};
use chrono_tz::Tz;

/// The zone of this name; UTC for a name that is not one.
pub fn zone_of(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// An instant in a zone by chrono's letters; `2026-11-21 15:00 EST` where no format is said. `None` for a bad format.
pub fn format_wall(wall: i64, zone: &str, format: Option<&str>) -> Option<String> {
    use std::fmt::Write as _;
    let local = zone_of(zone).timestamp_micros(wall).single()?;
    let mut text = String::new();
    write!(text, "{}", local.format(format.unwrap_or("%Y-%m-%d %H:%M %Z"))).ok()?;
    Some(text)
}

/// The date of an instant in a zone.
pub fn date_of(wall: i64, zone: &str) -> Option<NaiveDate> {
    Some(zone_of(zone).timestamp_micros(wall).single()?.date_naive())
}

/// The date of an instant in a zone: year, month, day.
pub fn day_of(wall: i64, zone: &str) -> Option<(i32, u32, u32)> {
    let date = date_of(wall, zone)?;
    Some((date.year(), date.month(), date.day()))
}

/// Binds a time of the clock in a zone. A gap or a fold of daylight saving is an error that names the readings.
pub fn bind_clock(date: NaiveDate, time: (u32, u32, u32), zone: &str) -> Result<i64, String> {
    once(at_time(date, time)?, zone)
}

/// `date` at a time of day.
fn at_time(date: NaiveDate, time: (u32, u32, u32)) -> Result<NaiveDateTime, String> {
    let (hour, minute, second) = time;
    Ok(NaiveTime::from_hms_opt(hour, minute, second).map(|time| date.and_time(time)).ok_or("no such time of day")?)
}

/// What the clock shows exactly once.
fn once(naive: NaiveDateTime, zone: &str) -> Result<i64, String> {
    match zone_of(zone).from_local_datetime(&naive) {
        LocalResult::Single(at) => Ok(at.timestamp_micros()),
        LocalResult::Ambiguous(one, two) => {
            Err(format!("{naive} comes twice in {zone}: {} or {}", with_utc(one), with_utc(two)))
        }
        LocalResult::None => {
            let readings = around(naive, zone_of(zone));
            let readings = readings.map(|(one, two)| format!("; it could be {} or {}", with_utc(one), with_utc(two)));
            let readings = readings.unwrap_or_default();
            Err(format!("{naive} does not exist in {zone}: the clock jumps over it{readings}"))
        }
    }
}

/// `01:30 EDT (05:30 UTC)`.
fn with_utc(at: DateTime<Tz>) -> String {
    format!("{} ({} UTC)", at.format("%H:%M %Z"), at.naive_utc().format("%H:%M"))
}

/// What a time in a gap could mean: read by the offset before the jump, and by the one after it. The first is the later instant.
fn around(naive: NaiveDateTime, zone: Tz) -> Option<(DateTime<Tz>, DateTime<Tz>)> {
    // Zones have skipped a whole day; none has skipped more.
    let far = chrono::Duration::hours(26);
    let before = zone.from_local_datetime(&naive.checked_sub_signed(far)?).latest()?;
    let after = zone.from_local_datetime(&naive.checked_add_signed(far)?).earliest()?;
    let reading = |near: DateTime<Tz>| Some(zone.from_utc_datetime(&naive.checked_sub_offset(near.offset().fix())?));
    Some((reading(before)?, reading(after)?))
}

/// Every instant at which a clock in the zone shows this; for a time that it jumps over, that time counted on from before the jump.
pub(super) fn readings(date: NaiveDate, time: (u32, u32, u32), zone: &str) -> Vec<i64> {
    at_time(date, time).map(|naive| instants(naive, zone)).unwrap_or_default()
}

fn instants(naive: NaiveDateTime, zone: &str) -> Vec<i64> {
    let zone = zone_of(zone);
    let found = match zone.from_local_datetime(&naive) {
        LocalResult::Single(at) => vec![at],
        LocalResult::Ambiguous(one, two) => vec![one, two],
        LocalResult::None => around(naive, zone).map(|(counted_on, _)| counted_on).into_iter().collect(),
    };
    found.into_iter().map(|at| at.timestamp_micros()).collect()
}

/// `wall` so many calendar days later at the same time of day. That time may come twice or not at all on that day: an error.
pub(super) fn days_later(wall: i64, days: i64, zone: &str) -> Result<i64, String> {
    once(local_days_later(wall, days, zone).ok_or("the calendar has no such day")?, zone)
}

fn local_days_later(wall: i64, days: i64, zone: &str) -> Option<NaiveDateTime> {
    let local = zone_of(zone).timestamp_micros(wall).single()?;
    Some(local.date_naive().checked_add_signed(chrono::Duration::try_days(days)?)?.and_time(local.time()))
}

/// `wall` moved by an offset: calendar days in the zone first, then elapsed time. Where that day's clock shows the time twice it is
/// the earlier, where it jumps over it the time counted on from before the jump: what came by itself is not lost for that.
pub fn add_offset(wall: i64, offset: Offset, zone: &str) -> Option<i64> {
    let mut moved = wall;
    if offset.days != 0 {
        moved = *instants(local_days_later(wall, offset.days, zone)?, zone).first()?;
    }
    moved.checked_add(offset.micros)
}

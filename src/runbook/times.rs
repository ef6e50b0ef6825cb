//! Durations, offsets and WHEN, from the author's text; `t0` reads `start`.
//!
//! A time without a unit or a zone is refused: `30` is seconds to one reader and minutes to another, and a cutover
//! cannot be both. Nothing here reads a clock; `reader` locates the errors.

use crate::model::ids::StepId;
use crate::model::when::{Day, Offset, When};
use chrono::NaiveDate;
use std::time::Duration;
use thiserror::Error;

/// Why a text is no time.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum TimeError {
    #[error("`{0}` has no unit")]
    NoUnit(String),
    #[error("`{0}` is not a unit of time")]
    NotAUnit(String),
    #[error("`{0}` is not a length of time")]
    NotALength(String),
    #[error("`{0}` is longer than ten years")]
    TooLong(String),
    #[error("`{0}` is not a time")]
    NotAWhen(String),
    #[error("`{0}` does not exist in the calendar or on the clock")]
    NoSuchTime(String),
    #[error("`{0}` has no sign before its length")]
    NoSign(String),
    #[error("`{0}` has no zone")]
    NoZone(String),
    #[error("`{0}` is not the name of a zone")]
    NotAZone(String),
    #[error("a zone stands only in `start`, and all clock times are in it")]
    ZoneElsewhere,
    #[error("`{text}` does not exist in {zone}: the clocks go forward over it; it could mean {early} or {late}")]
    Gap { text: String, zone: String, early: String, late: String },
    #[error("`{text}` happens twice in {zone}: the clocks go back over it; it could mean {early} or {late}")]
    Fold { text: String, zone: String, early: String, late: String },
    #[error("`{0}` says hours twice: by length and by the clock")]
    HoursAndClock(String),
    #[error("`{0}` is part of the format but not of this version of tminus")]
    Later(String),
}

impl TimeError {
    /// What would be right.
    pub fn help(&self) -> &'static str {
        match self {
            TimeError::NoUnit(_) => "write the unit: 30s, 5m, 1h30m, 2d",
            TimeError::NotAUnit(unit) if unit == "M" || unit.starts_with("mo") || unit.starts_with('y') => {
                "months and years have no fixed length; write days (d), or m for minutes"
            }
            TimeError::NotAUnit(unit) if unit.starts_with('w') => {
                "weeks stand only in offsets such as T-2w; write days: 14d"
            }
            TimeError::NotAUnit(_) | TimeError::NotALength(_) => {
                "lengths are written with ms, s, m (or min), h and d: 90s, 1h30m"
            }
            TimeError::TooLong(_) => "is the unit right?",
            TimeError::NotAWhen(_) => "a time is T+65m, END+72h, STEP +6m, 09:00, T+1d 09:00 or 2026-11-21 09:00",
            TimeError::NoSuchTime(_) => "dates are YYYY-MM-DD and times 00:00 to 23:59",
            TimeError::NoSign(_) => "write T+10m, T-3d, END+72h",
            TimeError::NoZone(_) => "add the zone's name: 2026-11-21 15:00 Europe/Berlin, or UTC",
            TimeError::NotAZone(_) => "zones have IANA names such as America/New_York, or UTC",
            TimeError::ZoneElsewhere => "leave the zone out here",
            TimeError::Gap { .. } | TimeError::Fold { .. } => "give the one that is meant in UTC: 2026-11-01 05:30 UTC",
            TimeError::HoursAndClock(_) => "only days go with a time of the clock: T+1d 09:00",
            TimeError::Later(_) => "leave it out for now; docs/runbook-format.md lists what is there",
        }
    }

    /// The diagnostic's code.
    pub fn code(&self) -> &'static str {
        match self {
            TimeError::NoUnit(_) | TimeError::NotAUnit(_) | TimeError::NotALength(_) | TimeError::TooLong(_) => {
                "RB0301"
            }
            TimeError::NotAWhen(_)
            | TimeError::NoSuchTime(_)
            | TimeError::NoSign(_)
            | TimeError::HoursAndClock(_)
            | TimeError::ZoneElsewhere => "RB0302",
            TimeError::NoZone(_) | TimeError::NotAZone(_) => "RB0303",
            TimeError::Gap { .. } | TimeError::Fold { .. } => "RB0304",
            TimeError::Later(_) => "RB0190",
        }
    }
}

const TEN_YEARS: Duration = Duration::from_secs(3660 * 86_400);

/// `90s`, `1h30m`, `1.5h`, `2d`.
pub(crate) fn length(text: &str) -> Result<Duration, TimeError> {
    let text = text.trim();
    for (_, unit) in tokens(text)? {
        if !["ms", "s", "m", "min", "h", "d"].contains(&unit) {
            return Err(TimeError::NotAUnit(unit.to_owned()));
        }
    }
    let length = humantime::parse_duration(text).map_err(|_| TimeError::NotALength(text.to_owned()))?;
    if length > TEN_YEARS {
        return Err(TimeError::TooLong(text.to_owned()));
    }
    Ok(length)
}

/// Numbers with their units; every number has one.
fn tokens(text: &str) -> Result<Vec<(&str, &str)>, TimeError> {
    let mut found = Vec::new();
    let mut rest = text;
    if !rest.starts_with(|letter: char| letter.is_ascii_digit()) {
        return Err(TimeError::NotALength(text.to_owned()));
    }
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start_matches(' ');
        let letters = tail.find(|letter: char| !letter.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        if number.is_empty() {
            return Err(TimeError::NotALength(text.to_owned()));
        }
        if unit.is_empty() {
            return Err(TimeError::NoUnit(text.to_owned()));
        }
        found.push((number, unit));
        rest = tail.trim_start_matches(' ');
    }
    Ok(found)
}

/// `+65m`, `-3d`, `+1d2h`, `+0`: days and weeks by the calendar, the rest elapsed.
fn offset(text: &str) -> Result<Offset, TimeError> {
    let compact = text.trim();
    let (sign, size) = match compact.split_at_checked(1) {
        Some(("+", size)) => (1, size.trim()),
        Some(("-" | "\u{2212}", size)) => (-1, size.trim()),
        Some(_) | None => return Err(TimeError::NoSign(compact.to_owned())),
    };
    if size == "0" {
        return Ok(Offset::default());
    }
    let mut whole = Offset::default();
    for (number, unit) in tokens(size)? {
        let days = match unit {
            "d" => 1,
            "w" => 7,
            _ => {
                let elapsed = length(&format!("{number}{unit}"))?;
                whole.micros += i64::try_from(elapsed.as_micros()).map_err(|_| TimeError::TooLong(size.to_owned()))?;
                continue;
            }
        };
        let count: i64 = number.parse().map_err(|_| TimeError::NotALength(size.to_owned()))?;
        whole.days = whole.days.saturating_add(count.saturating_mul(days));
    }
    if whole.days > 3660 || whole.micros > 3660 * 86_400_000_000 {
        return Err(TimeError::TooLong(size.to_owned()));
    }
    Ok(Offset { days: sign * whole.days, micros: sign * whole.micros })
}

/// A WHEN; a bare length (`10m`) is `After`, which only `wait` takes.
pub(crate) fn when(text: &str) -> Result<When, TimeError> {
    let text = text.trim();
    if text.contains("${") {
        return Err(TimeError::Later("${…} in a time".into()));
    }
    if matches!(text, "T" | "T0" | "END") {
        let nothing = Offset::default();
        return Ok(if text == "END" { When::FromEnd(nothing) } else { When::FromT0(nothing) });
    }
    if let Some(rest) = text.strip_prefix("END").filter(|rest| starts_offset(rest)) {
        return Ok(When::FromEnd(offset(rest)?));
    }
    if let Some(rest) = text.strip_prefix('T').filter(|rest| starts_offset(rest)) {
        return if rest.contains(':') { day_and_clock(text, rest) } else { Ok(When::FromT0(offset(rest)?)) };
    }
    if text.starts_with(|letter: char| letter.is_ascii_digit()) {
        return by_the_clock(text);
    }
    from_step(text)
}

/// `T+1d 09:00`: a day by the calendar, and a time of that day.
fn day_and_clock(text: &str, rest: &str) -> Result<When, TimeError> {
    let (days, time) = rest.rsplit_once(char::is_whitespace).ok_or_else(|| TimeError::NotAWhen(text.to_owned()))?;
    let days = offset(days)?;
    if days.micros != 0 {
        return Err(TimeError::HoursAndClock(text.to_owned()));
    }
    let time = clock(time).ok_or_else(|| TimeError::NoSuchTime(text.to_owned()))?;
    Ok(When::Clock { day: Day::FromT0(days.days), time })
}

fn starts_offset(rest: &str) -> bool {
    rest.trim_start().starts_with(['+', '-', '\u{2212}'])
}

fn by_the_clock(text: &str) -> Result<When, TimeError> {
    if !text.contains(':') && !is_date(text) {
        return length(text).map(When::After);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let (date, time) = match words.as_slice() {
        [time] => (None, *time),
        [date, time] if is_date(date) => (Some(*date), *time),
        [_, _, _] | [_, _] => return Err(TimeError::ZoneElsewhere),
        _ => return Err(TimeError::NotAWhen(text.to_owned())),
    };
    if date.is_none() && is_date(time) {
        return Err(TimeError::NotAWhen(text.to_owned()));
    }
    let wrong = || TimeError::NoSuchTime(text.to_owned());
    let date = date.map(|date| day(date).ok_or_else(wrong)).transpose()?;
    let day = date.map_or(Day::NotSaid, |(year, month, day)| Day::Date(year, month, day));
    Ok(When::Clock { day, time: clock(time).ok_or_else(wrong)? })
}

pub(super) fn is_date(text: &str) -> bool {
    text.split('-').count() == 3 && text.chars().all(|letter| letter.is_ascii_digit() || letter == '-')
}

pub(super) fn day(text: &str) -> Option<(i32, u32, u32)> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 {
        return None;
    }
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    NaiveDate::from_ymd_opt(year, month, day).map(|_| (year, month, day))
}

pub(super) fn clock(text: &str) -> Option<(u32, u32, u32)> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |text: &str| (text.len() <= 2).then(|| text.parse::<u32>().ok()).flatten();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (number(hour)?, number(minute)?, 0),
        [hour, minute, second] => (number(hour)?, number(minute)?, number(second)?),
        _ => return None,
    };
    (hour < 24 && minute < 60 && second < 60).then_some((hour, minute, second))
}

fn from_step(text: &str) -> Result<When, TimeError> {
    let refuse = || TimeError::NotAWhen(text.to_owned());
    let (name, rest) = text.split_once(char::is_whitespace).ok_or_else(refuse)?;
    let (step, from_start) = match name.strip_suffix(".start") {
        Some(step) => (step, true),
        None => (name, false),
    };
    if !starts_offset(rest) || !step.split('.').all(super::names::is_id) {
        return Err(refuse());
    }
    Ok(When::FromStep { step: StepId(step.to_owned()), from_start, offset: offset(rest)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_a_unit_that_means_one_thing() {
        assert_eq!(length("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(length("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(length("2d"), Ok(Duration::from_secs(172_800)));
        assert_eq!(length("30"), Err(TimeError::NoUnit("30".into())));
        assert_eq!(length("1h30"), Err(TimeError::NoUnit("1h30".into())));
        assert_eq!(length("1M"), Err(TimeError::NotAUnit("M".into())));
        assert!(length("1M").unwrap_err().help().contains("months"));
        for wrong in ["", "instant", "-5s", "PT1H", "1..5h", "9999999999999999999999h", "soon 5m", "1e9s", "5 %"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_way_to_write_a_time_is_read() {
        let minutes = |m: i64| Offset { days: 0, micros: m * 60_000_000 };
        assert_eq!(when("T+65m"), Ok(When::FromT0(minutes(65))));
        assert_eq!(when("T-1d2h"), Ok(When::FromT0(Offset { days: -1, micros: -7_200_000_000 })));
        assert_eq!(when("T-2w"), Ok(When::FromT0(Offset { days: -14, micros: 0 })));
        assert_eq!(when("END+72h"), Ok(When::FromEnd(minutes(72 * 60))));
        assert_eq!(
            when("enable-calls.start +6m"),
            Ok(When::FromStep { step: "enable-calls".into(), from_start: true, offset: minutes(6) })
        );
        let nine = |day| Ok(When::Clock { day, time: (9, 0, 0) });
        assert_eq!(when("09:00"), nine(Day::NotSaid));
        assert_eq!(when("2026-11-21 09:00"), nine(Day::Date(2026, 11, 21)));
        for (text, days) in [("T+1d 09:00", 1), ("T-7d  9:00", -7), ("T-1w 09:00:00", -7), ("T+0 09:00", 0)] {
            assert_eq!(when(text), nine(Day::FromT0(days)), "{text}");
        }
        for text in ["T-3d", "T+1d 09:00", "T-7d 18:30:05", "09:00", "T+65m", "2026-11-21 09:00", "END+72h"] {
            assert_eq!(when(text).unwrap().shown(), text, "what is shown can be written");
        }
        assert_eq!(when("10m"), Ok(When::After(Duration::from_secs(600))));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in [
            "tomorrow",
            "T",
            "enable-calls",
            "25:00",
            "2026-02-30 09:00",
            "T+10",
            "T+",
            "09:00 UTC",
            "30",
            "",
            "T+1M",
            "+5m",
            "a b c",
            "--",
            "1:2:3:4",
            "T+1d2h 09:00",
            "T+1h 09:00",
            "T+1d09:00",
            "T+1d 25:00",
            "T 09:00",
            "END+1d 09:00",
            "T+9999999999d 09:00",
        ] {
            let read = when(wrong);
            assert!(wrong == "T" || read.is_err(), "{wrong}: {read:?}");
        }
    }
}

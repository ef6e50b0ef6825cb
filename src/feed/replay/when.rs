//! A place of a run as people say it: `T+65m`, `16:47`, `4b.1`, `#214`, `end`.
//!
//! Pure: text and what is known of the run in, a place out, or words that say what would be one.

use super::{Known, To};
use crate::model::ids::{Seq, StepIx};
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::step::PlannedStep;
use crate::model::text::shown;
use crate::model::when::Offset;
use chrono::NaiveDate;

/// Reads a place.
pub fn parse(text: &str, plan: &Plan, known: &Known) -> Result<To, String> {
    let text = text.trim();
    let end = &known.end;
    match text {
        "" => return Err("Say where: T+65m, 16:47, a step's number or id, #214, start or end.".into()),
        "start" => return Ok(To::Lived(0)),
        "end" => return Ok(To::Record(end.last)),
        _ => {}
    }
    if let Some(number) = text.strip_prefix('#') {
        let seq = number.parse().map_err(|_| format!("#{} is no record: #214.", shown(number)))?;
        return Ok(To::Record(Seq(seq)));
    }
    if let Some(offset) = text.strip_prefix(['T', 't']).and_then(offset) {
        let t0 = end.t0.ok_or("This run has no T0 yet.")?;
        let at = schedule::add_offset(t0, offset, &end.zone).ok_or("No clock shows that.")?;
        return Ok(To::T(at.saturating_sub(t0)));
    }
    if let Some(ix) = named(plan, text) {
        let never = || format!("{} never began in this run.", shown(text));
        return known.begun.get(ix.0).copied().flatten().map(To::Record).ok_or_else(never);
    }
    match clock(text) {
        Some((date, time)) => on_the_wall(date, time, known).map(To::Wall),
        None => Err(format!(
            "{} is no place of this run: T+65m, 16:47, a step's number or id, #214, start or end.",
            shown(text)
        )),
    }
}

/// The step of this number or id.
fn named(plan: &Plan, text: &str) -> Option<StepIx> {
    let is = |step: &PlannedStep| step.number == text || step.id.as_str() == text;
    plan.steps.iter().position(is).map(StepIx)
}

/// `+65m`, `-1h30m`, `+2d`; a bare `+0` too.
fn offset(text: &str) -> Option<Offset> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let mut offset = Offset::default();
    let mut rest = text[1..].trim();
    if rest == "0" {
        return Some(offset);
    }
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let count: i64 = rest[..end].parse().ok()?;
        let unit = match rest[end..].chars().next()? {
            'd' => {
                offset.days = offset.days.checked_add(sign * count)?;
                0
            }
            'h' => 3_600_000_000,
            'm' => 60_000_000,
            's' => 1_000_000,
            _ => return None,
        };
        offset.micros = offset.micros.checked_add(sign.checked_mul(count)?.checked_mul(unit)?)?;
        rest = &rest[end + 1..];
    }
    (text.len() > 1).then_some(offset)
}

type Time = (u32, u32, u32);

/// `16:47`, `16:47:05`, `2026-11-21 16:47`.
fn clock(text: &str) -> Option<(Option<NaiveDate>, Time)> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (Some(date.parse().ok()?), time),
        None => (None, text),
    };
    let fields: Vec<u32> = time.split(':').map(|field| field.parse().ok()).collect::<Option<_>>()?;
    match fields[..] {
        [hour, minute] => Some((date, (hour, minute, 0))),
        [hour, minute, second] => Some((date, (hour, minute, second))),
        _ => None,
    }
}

/// The first time that the run's clock showed this; a time without a date is looked for from the first record on.
fn on_the_wall(date: Option<NaiveDate>, time: Time, known: &Known) -> Result<i64, String> {
    let end = &known.end;
    let begun = end.at.wall.saturating_sub_unsigned(end.lived);
    let first = schedule::date_of(begun, &end.zone).ok_or("This run has no date.")?;
    let mut wall = schedule::bind_clock(date.unwrap_or(first), time, &end.zone)?;
    // To the minute, people say the minute in which it began too.
    if date.is_none() && wall.saturating_add(59_999_999) < begun {
        wall = schedule::bind_clock(first.succ_opt().unwrap_or(first), time, &end.zone)?;
    }
    if wall > end.at.wall || wall.saturating_add(59_999_999) < begun {
        let said = |at| schedule::format_wall(at, &end.zone, Some("%Y-%m-%d %H:%M:%S")).unwrap_or_default();
        return Err(format!("The run went from {} to {}.", said(begun), said(end.at.wall)));
    }
    Ok(wall.max(begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_as_they_are_written() {
        let minutes = |m: i64| Some(Offset { days: 0, micros: m * 60_000_000 });
        for (text, offset_of) in [
            ("+65m", minutes(65)),
            ("-1h30m", minutes(-90)),
            ("+0", minutes(0)),
            ("+2d1h", Some(Offset { days: 2, micros: 3_600_000_000 })),
            ("65m", None),
            ("+", None),
            ("+m", None),
            ("+5x", None),
            ("+99999999999999999999m", None),
            ("+9223372036854775807h", None),
            ("+5\u{661}m", None),
        ] {
            assert_eq!(offset(text), offset_of, "{text}");
        }
    }

    #[test]
    fn times_of_the_clock_are_read_with_a_date_or_without() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 21);
        assert_eq!(clock("16:47"), Some((None, (16, 47, 0))));
        assert_eq!(clock("16:47:05"), Some((None, (16, 47, 5))));
        assert_eq!(clock("2026-11-21 16:47"), Some((day, (16, 47, 0))));
        assert_eq!(clock("16"), None);
        assert_eq!(clock("soon"), None);
        assert_eq!(clock("16:x"), None);
    }
}

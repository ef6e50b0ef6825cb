//! Small wordings that every line shares: the clock in front, a step's name, lengths, lists.
//!
//! Pure. Nothing here makes foreign text safe: `teller::Voice` does that for whole lines, once.

use crate::model::ids::StepIx;
use crate::model::plan::Plan;
use crate::model::schedule;
use crate::model::state::RunState;
use crate::model::time::{Stamp, clock_length};
use std::time::Duration;

/// What stands before a sentence: `15:34:20 T+34m  `; without T before the start.
pub(super) fn prefix(state: &RunState, at: Stamp) -> String {
    match schedule::t_clock(state, at) {
        Some(t) => format!("{} {}  ", clock(state, at.wall), t_shown(t)),
        None => format!("{}  ", clock(state, at.wall)),
    }
}

/// What stands before a line: the time, and before it that this is a drill.
pub(super) fn clock(state: &RunState, at: i64) -> String {
    format!("{}{}", if state.is_drill() { "DRILL " } else { "" }, wall(state, at))
}

/// An instant as the clock on the wall says it in T0's zone: `15:34:20`.
pub(super) fn wall(state: &RunState, wall: i64) -> String {
    schedule::format_wall(wall, &state.zone, Some("%H:%M:%S")).unwrap_or_else(|| "??:??:??".into())
}

/// T in whole minutes: `T+34m`, `T+1h47m`, `T-3d2h`.
pub(super) fn t_shown(micros: i64) -> String {
    let sign = if micros < 0 { '-' } else { '+' };
    let minutes = micros.unsigned_abs() / 60_000_000;
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("T{sign}{rest}m"),
        (0, _) => format!("T{sign}{hours}h{rest:02}m"),
        _ => format!("T{sign}{days}d{hours}h"),
    }
}

/// `2.4 Monitor for 10 minutes`, its `${…}` filled in.
pub(super) fn named(plan: &Plan, state: &RunState, ix: StepIx) -> String {
    let step = plan.step(ix);
    format!("{} {}", step.number, state.fill(&step.title))
}

/// A sentence's end: a full stop where none stands.
pub(super) fn ended(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '?', '!', ':', '…']) { text.to_owned() } else { format!("{text}.") }
}

/// `: too late.`, or a full stop where nobody said why.
pub(super) fn reason(text: &str) -> String {
    if text.trim().is_empty() { ".".to_owned() } else { format!(": {}", ended(text)) }
}

/// ` Took 4:20 of 5:00.`, ` Took 0:04.`, or nothing.
pub(super) fn took(took: Option<Duration>, planned: Option<Duration>) -> String {
    match (took, planned) {
        (Some(took), Some(planned)) => {
            format!(" Took {} of {}.", clock_length(took), clock_length(planned))
        }
        (Some(took), None) => format!(" Took {}.", clock_length(took)),
        (None, _) => String::new(),
    }
}

/// `one thing`, `4 things`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `12,345`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// At most this many characters, `…` in place of the rest.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_reads_as_people_say_it() {
        let said: Vec<String> = [0, 34, 107, -12, 3000].map(|minutes: i64| t_shown(minutes * 60_000_000)).to_vec();
        assert_eq!(said, ["T+0m", "T+34m", "T+1h47m", "T-12m", "T+2d2h"]);
    }

    #[test]
    fn thousands_are_grouped_from_the_right() {
        let said: Vec<String> = [0, 999, 1000, 12_345, 1_234_567].map(thousands).to_vec();
        assert_eq!(said, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("äöü", 3), "äöü");
    }
}

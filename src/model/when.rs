//! WHEN: instants of a runbook, relative to T0, to the end, to a step, or by the clock.
//!
//! `d` and `w` are calendar days in T0's zone; `h m s` are elapsed time. Binding needs T0 and a zone, which `schedule` has.

use crate::model::ids::StepId;

/// A signed offset: calendar days and elapsed microseconds, both of one sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset {
    /// Calendar days in T0's zone.
    pub days: i64,
    /// Elapsed microseconds.
    pub micros: i64,
}

/// The day of a time of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// `09:00`: T0's date; of a `wait`, the next one.
    NotSaid,
    /// `09:00` in a phase that says when it is: the phase's date.
    OfPhase(usize),
    /// `T+1d 09:00`: so many days after T0's date.
    FromT0(i64),
    /// `2026-11-21 09:00`: year, month, day.
    Date(i32, u32, u32),
}

/// When something is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// `T+65m`, `T-3d`.
    FromT0(Offset),
    /// `END+72h`: from the end of the last phase.
    FromEnd(Offset),
    /// `STEP +6m`, `STEP.start +6m`: from the end or start of a step.
    FromStep {
        /// The step.
        step: StepId,
        /// From its start instead of its end.
        from_start: bool,
        /// How long after.
        offset: Offset,
    },
    /// `09:00`, `T+1d 09:00`, `2026-11-21 09:00`: by the clock in T0's zone.
    Clock {
        /// On which day.
        day: Day,
        /// Hour, minute, second.
        time: (u32, u32, u32),
    },
    /// `10m`: so long after the step began (only in `wait`).
    After(std::time::Duration),
}

impl When {
    /// As it is written in a runbook.
    pub fn shown(&self) -> String {
        match self {
            When::FromT0(offset) => format!("T{}", offset.shown()),
            When::FromEnd(offset) => format!("END{}", offset.shown()),
            When::FromStep { step, from_start, offset } => {
                format!("{step}{} {}", if *from_start { ".start" } else { "" }, offset.shown())
            }
            When::Clock { day, time: (hour, minute, second) } => {
                let day = match day {
                    Day::NotSaid | Day::OfPhase(_) => String::new(),
                    Day::FromT0(days) => format!("T{} ", Offset { days: *days, micros: 0 }.shown_days()),
                    Day::Date(y, m, d) => format!("{y:04}-{m:02}-{d:02} "),
                };
                let tail = if *second > 0 { format!(":{second:02}") } else { String::new() };
                format!("{day}{hour:02}:{minute:02}{tail}")
            }
            When::After(length) => crate::model::time::plan_length(*length),
        }
    }
}

impl Offset {
    /// `+1d`, `-7d`, `+0d`.
    fn shown_days(self) -> String {
        format!("{}{}d", if self.days < 0 { '-' } else { '+' }, self.days.abs())
    }

    /// `+65m`, `-3d`, `+1d2h`, `+0s`.
    pub fn shown(self) -> String {
        let sign = if self.days < 0 || self.micros < 0 { '-' } else { '+' };
        let mut text = String::from(sign);
        if self.days != 0 {
            text.push_str(&format!("{}d", self.days.abs()));
        }
        let seconds = self.micros.unsigned_abs() / 1_000_000;
        if seconds > 0 {
            let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            // Up to two hours people count minutes (`T+65m`), beyond that hours.
            if hours >= 2 {
                text.push_str(&format!("{hours}h"));
            }
            let minutes = if hours >= 2 { minutes } else { minutes + hours * 60 };
            if minutes > 0 {
                text.push_str(&format!("{minutes}m"));
            }
            if rest > 0 {
                text.push_str(&format!("{rest}s"));
            }
        }
        if text.len() == 1 {
            text.push_str("0s");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_read_as_people_write_them() {
        let minutes = |m: i64| Offset { days: 0, micros: m * 60_000_000 };
        assert_eq!(When::FromT0(minutes(65)).shown(), "T+65m");
        assert_eq!(When::FromT0(minutes(-200)).shown(), "T-3h20m");
        assert_eq!(When::FromT0(Offset { days: -3, micros: 0 }).shown(), "T-3d");
        assert_eq!(When::FromT0(Offset::default()).shown(), "T+0s");
        let clock = |day| When::Clock { day, time: (9, 0, 0) }.shown();
        assert_eq!(clock(Day::FromT0(1)), "T+1d 09:00");
        assert_eq!(clock(Day::FromT0(-7)), "T-7d 09:00");
        assert_eq!(clock(Day::OfPhase(0)), "09:00");
    }
}

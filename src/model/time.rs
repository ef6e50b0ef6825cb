//! Instants and lengths as records carry them: whole microseconds, no floats, no zone.
//!
//! `wall` is Unix time and may jump; `mono` counts since the conductor's host booted and never goes back within one boot.
//! Nothing here reads a clock: `engine::clock` makes every `Stamp`.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When a record was made: Unix wall time and monotonic time, both in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Microseconds since 1970-01-01 00:00 UTC.
    pub wall: i64,
    /// Microseconds since the host booted.
    pub mono: u64,
}

impl Stamp {
    /// The time from `earlier` to this stamp by the monotonic clock; zero if it would be negative (another boot).
    pub fn since(self, earlier: Stamp) -> Duration {
        Duration::from_micros(self.mono.saturating_sub(earlier.mono))
    }

    /// How old what was stamped `then` is at least: the longer of what the two clocks say, since after a reboot the monotonic
    /// one says too little, and a wall clock may have been set back.
    pub fn age_of(self, then: Stamp) -> Duration {
        let by_wall = u64::try_from(self.wall.saturating_sub(then.wall)).unwrap_or(0);
        self.since(then).max(Duration::from_micros(by_wall))
    }
}

/// Whole microseconds of a length of time, as events store it.
pub fn micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX)
}

/// `Duration` in an event: an integer of microseconds.
pub mod as_micros {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    /// Writes whole microseconds.
    pub fn serialize<S: Serializer>(length: &Duration, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_u64(super::micros(*length))
    }

    /// Reads whole microseconds.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
        u64::deserialize(input).map(Duration::from_micros)
    }
}

/// A length as people read it: `0:04`, `9:58`, `1:47:05`, `3d 02:10`.
pub fn clock_length(length: Duration) -> String {
    let total = length.as_secs();
    let (days, hours, minutes, seconds) = (total / 86_400, total / 3600 % 24, total / 60 % 60, total % 60);
    if days > 0 {
        format!("{days}d {hours:02}:{minutes:02}")
    } else if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A planned length as people read it: `45s`, `5m`, `1h30m`, `2d`.
pub fn plan_length(length: Duration) -> String {
    let total = length.as_secs();
    if total == 0 {
        return format!("{}ms", length.as_millis());
    }
    let mut text = String::new();
    for (unit, size) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] {
        let count = match unit {
            "d" => total / size,
            "h" => total / size % 24,
            _ => total / size % 60,
        };
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_on_a_wall_clock() {
        let said: Vec<String> = [4, 598, 6425, 266_400].map(|s| clock_length(Duration::from_secs(s))).to_vec();
        assert_eq!(said, ["0:04", "9:58", "1:47:05", "3d 02:00"]);
    }

    #[test]
    fn planned_lengths_read_as_they_are_written() {
        let said: Vec<String> = [45, 300, 5400, 172_800, 3661].map(|s| plan_length(Duration::from_secs(s))).to_vec();
        assert_eq!(said, ["45s", "5m", "1h30m", "2d", "1h1m1s"]);
    }
}

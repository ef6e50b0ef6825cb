//! Wordings that every format shares: instants in the run's zone, T, lengths, slips, sizes.
//!
//! Pure. Nothing here makes foreign text safe: each format does that at its own door.

use super::value::{By, Report};
use crate::model::schedule::format_wall;

/// `34s`, `3m 30s`, `2h 05m`: microseconds in their two largest units; below a second in milliseconds.
pub(super) fn length(micros: u64) -> String {
    match micros {
        1..1_000_000 => format!("{}ms", micros / 1000),
        _ => crate::model::spent::length(micros / 1_000_000),
    }
}

/// `+4m 10s`, `-30s`, `on time`.
pub(super) fn slip(micros: i64) -> String {
    match micros / 1_000_000 {
        0 => "on time".into(),
        late if late > 0 => format!("+{}", length(micros.unsigned_abs())),
        _ => format!("-{}", length(micros.unsigned_abs())),
    }
}

/// `1.4 MB`: what people read; the exact number stands beside it where it matters.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut at = 0;
    let mut tenths = bytes / 100;
    while tenths >= 10_000 && at + 1 < UNITS.len() {
        tenths /= 1000;
        at += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[at])
}

impl Report {
    /// `2026-11-21 15:00:07 CET`.
    pub(super) fn date(&self, at: i64) -> String {
        format_wall(at, &self.run.zone, Some("%Y-%m-%d %H:%M:%S %Z")).unwrap_or_else(|| "?".into())
    }

    /// `15:00:07`, with the date where it is not that of the start.
    pub(super) fn clock(&self, at: i64) -> String {
        let day = |at| format_wall(at, &self.run.zone, Some("%m-%d"));
        let same = day(at) == day(self.run.started.or(self.run.began).unwrap_or(at));
        let how = if same { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
        format_wall(at, &self.run.zone, Some(how)).unwrap_or_else(|| "?".into())
    }

    /// The same of an instant that may not be known.
    pub(super) fn clock_or(&self, at: Option<i64>, or: &str) -> String {
        at.map_or_else(|| or.into(), |at| self.clock(at))
    }

    /// One line of how it ended: `completed, sealed; verified`.
    pub(super) fn outcome(&self) -> String {
        let seal = match (self.run.ended, self.run.sealed) {
            (Some(_), true) => ", sealed",
            (Some(_), false) => ", not sealed",
            (None, _) => ", not ended",
        };
        format!("{}{seal}", self.run.state)
    }

    /// How the verification came out, and the command by which a reader repeats it.
    pub(super) fn proof(&self) -> String {
        format!("{}. Do not take this page's word for it: {}", self.verification.line, self.verification.command)
    }
}

impl By {
    /// `maya`, `jlee (typed)`, `ci (unattended)`, `ana (key)`.
    pub(super) fn shown(&self) -> String {
        match self.known.as_str() {
            "peer" | "program" | "" => self.name.clone(),
            other => format!("{} ({other})", self.name),
        }
    }
}

/// `: too late`, or nothing where nobody said why.
pub(super) fn because(reason: &str) -> String {
    let reason = reason.trim().trim_end_matches('.');
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

/// The name, or nothing.
pub(super) fn by(by: Option<&By>) -> String {
    by.map(By::shown).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_slips_read_as_people_say_them() {
        let sizes = [0, 999, 1000, 1_449_000, 2_000_000_000, 3_400_000_000_000].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1.0 kB", "1.4 MB", "2.0 GB", "3.4 TB"]);
        let slips = [0, 250_000_000, -30_000_000, 400_000].map(slip);
        assert_eq!(slips, ["on time", "+4m 10s", "-30s", "on time"]);
        assert_eq!([0, 12_000, 1_000_000].map(length), ["0s", "12ms", "1s"]);
    }
}

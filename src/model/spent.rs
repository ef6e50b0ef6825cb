//! Whose time it was: how long machines worked, people were waited for, holds lasted, tries were awaited.
//!
//! Values only. The fold keeps a `Meter` for each step and one for the run (`state/apply/whose.rs` turns them); what a
//! meter says adds up to the time for which it was on, to the microsecond, whatever happened in between.

use std::time::Duration;

/// Whose time it was. Where several things are under way at once, it is that of the first in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// A command ran.
    Machine,
    /// Between two tries.
    Retry,
    /// A monitor looked on.
    Watch,
    /// A countdown ran, or a planned time was awaited.
    Wait,
    /// A person was waited for: a key, an answer, a name.
    Person,
    /// The run was held.
    Hold,
    /// Nobody conducted: paused, or its conductor was gone.
    Away,
}

impl Whose {
    /// All of them, in the order in which they are said.
    pub const ALL: [Whose; 7] =
        [Whose::Machine, Whose::Person, Whose::Hold, Whose::Retry, Whose::Wait, Whose::Watch, Whose::Away];

    /// `machine`, `person`, `hold`, `retry`, `wait`, `watch`, `away`.
    pub fn word(self) -> &'static str {
        match self {
            Whose::Machine => "machine",
            Whose::Retry => "retry",
            Whose::Watch => "watch",
            Whose::Wait => "wait",
            Whose::Person => "person",
            Whose::Hold => "hold",
            Whose::Away => "away",
        }
    }

    fn place(self) -> usize {
        self as usize
    }
}

/// Lengths of time by whose they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent([u64; 7]);

impl Spent {
    /// How long it was this one's.
    pub fn by(&self, whose: Whose) -> Duration {
        Duration::from_micros(self.0[whose.place()])
    }

    /// All of it.
    pub fn total(&self) -> Duration {
        Duration::from_micros(self.0.iter().sum())
    }

    fn add(&mut self, whose: Whose, length: u64) {
        self.0[whose.place()] += length;
    }

    /// Whole seconds of each, in the order of `Whose::ALL`; they add up to the whole seconds of all.
    pub fn seconds(&self) -> [(Whose, u64); 7] {
        let mut parts = Whose::ALL.map(|whose| (whose, self.by(whose).as_secs()));
        let whole: u64 = parts.iter().map(|(_, seconds)| seconds).sum();
        let mut rests = Whose::ALL.map(|whose| self.by(whose).subsec_micros());
        for _ in whole..self.total().as_secs() {
            // What was cut off goes to the part of which most was cut off.
            let most = (0..rests.len()).max_by_key(|at| rests[*at]).unwrap_or(0);
            parts[most].1 += 1;
            rests[most] = 0;
        }
        parts
    }

    /// `machine 8m, person 3m 30s, retry 34s`; empty for less than a second.
    pub fn words(&self) -> String {
        let said = self.seconds().into_iter().filter(|(_, seconds)| *seconds > 0);
        let said: Vec<String> = said.map(|(whose, seconds)| format!("{} {}", whose.word(), length(seconds))).collect();
        said.join(", ")
    }

    /// `12m 04s: machine 8m, person 3m 30s, retry 34s`; `None` for less than a second.
    pub fn sentence(&self) -> Option<String> {
        let words = self.words();
        (!words.is_empty()).then(|| format!("{}: {words}", length(self.total().as_secs())))
    }
}

/// `34s`, `3m 30s`, `8m`, `2h 05m`, `6d 02h`: the two largest units.
pub fn length(seconds: u64) -> String {
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let (large, small) = match (days, hours, minutes) {
        (0, 0, 0) => return format!("{rest}s"),
        (0, 0, minutes) => ((minutes, "m"), (rest, "s")),
        (0, hours, minutes) => ((hours, "h"), (minutes, "m")),
        (days, hours, _) => ((days, "d"), (hours, "h")),
    };
    match small.0 {
        0 => format!("{}{}", large.0, large.1),
        some => format!("{}{} {some:02}{}", large.0, large.1, small.1),
    }
}

/// What a meter counts now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// This one's time.
    Is(Whose),
    /// Nothing is under way: until what comes next is planned it is a wait, after that a person's.
    Idle,
}

/// Counts time as the fold goes. Instants are microseconds of the run's own time: `RunState::lived`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    spent: Spent,
    since: u64,
    turn: Option<Turn>,
}

impl Meter {
    /// What it counts now; `None` while it is off.
    pub fn turn(&self) -> Option<Turn> {
        self.turn
    }

    /// What it says at `now`; `planned` is when what comes next is planned.
    pub fn read(&self, now: u64, planned: Option<u64>) -> Spent {
        let mut spent = self.spent;
        let length = now.saturating_sub(self.since);
        match self.turn {
            None => {}
            Some(Turn::Is(whose)) => spent.add(whose, length),
            Some(Turn::Idle) => {
                let waited = planned.map_or(0, |planned| planned.saturating_sub(self.since).min(length));
                spent.add(Whose::Wait, waited);
                spent.add(Whose::Person, length - waited);
            }
        }
        spent
    }

    /// Counts what was up to `now`, and something else from then on.
    pub(crate) fn set(&mut self, now: u64, turn: Option<Turn>, planned: Option<u64>) {
        self.spent = self.read(now, planned);
        self.since = now;
        self.turn = turn;
    }
}

/// A run's own time at a wall instant, reckoned from a stamp of which both are known.
pub(crate) fn lived_at(wall: i64, known: (i64, u64)) -> u64 {
    known.1.saturating_add_signed(wall.saturating_sub(known.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn lengths_are_said_in_their_two_largest_units() {
        let said = [0, 34, 480, 724, 7500, 7200, 525_600].map(length);
        assert_eq!(said, ["0s", "34s", "8m", "12m 04s", "2h 05m", "2h", "6d 02h"]);
    }

    #[test]
    fn what_is_said_adds_up_to_the_whole() {
        let mut meter = Meter::default();
        meter.set(0, Some(Turn::Is(Whose::Machine)), None);
        meter.set(480 * SECOND + 400_000, Some(Turn::Is(Whose::Person)), None);
        meter.set(690 * SECOND + 700_000, Some(Turn::Is(Whose::Retry)), None);
        let spent = meter.read(724 * SECOND + 900_000, None);
        assert_eq!(spent.sentence().as_deref(), Some("12m 04s: machine 8m, person 3m 30s, retry 34s"));
        assert_eq!(spent.seconds().iter().map(|(_, seconds)| seconds).sum::<u64>(), 724);
        assert_eq!(Meter::default().read(5 * SECOND, None).sentence(), None);
    }

    #[test]
    fn until_what_comes_next_is_planned_it_is_a_wait_and_then_a_persons() {
        let mut meter = Meter::default();
        meter.set(10 * SECOND, Some(Turn::Idle), None);
        assert_eq!(meter.read(70 * SECOND, Some(50 * SECOND)).words(), "person 20s, wait 40s");
        assert_eq!(meter.read(70 * SECOND, Some(90 * SECOND)).words(), "wait 1m");
        assert_eq!(meter.read(70 * SECOND, Some(5 * SECOND)).words(), "person 1m");
        assert_eq!(meter.read(70 * SECOND, None).words(), "person 1m");
    }
}

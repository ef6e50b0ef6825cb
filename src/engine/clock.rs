//! Where time comes from, and the one place where a thread may wait.
//!
//! `SystemClock` reads the wall and the time since boot (which runs on while the machine sleeps); `FakeClock` is set by a
//! test or a drill. Everything else takes a `Clock` and stores what it said, so that a replay needs none. This file must
//! never be asked what time it "should" be: it reads, it does not smooth or correct.

use crate::model::time::{Stamp, micros};
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::sync::Mutex;
use std::time::Duration;

/// A source of instants.
pub trait Clock: Send + Sync {
    /// The present instant by the wall and since boot.
    fn now(&self) -> Stamp;
}

/// The machine's own clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Stamp {
        let wall = clock_gettime(ClockId::Realtime);
        let mono = clock_gettime(ClockId::Boottime);
        Stamp { wall: whole_micros(wall), mono: u64::try_from(whole_micros(mono)).unwrap_or(0) }
    }
}

/// A clock that stands still until it is told otherwise.
#[derive(Debug, Default)]
pub struct FakeClock(Mutex<Stamp>);

impl FakeClock {
    /// A clock that shows `start`.
    pub fn at(start: Stamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Shows `stamp` from now on, also if that is earlier (a wall clock that was set back).
    pub fn set(&self, stamp: Stamp) {
        *self.lock() = stamp;
    }

    /// Moves both clocks on by `length`.
    pub fn advance(&self, length: Duration) {
        let mut now = self.lock();
        now.wall = now.wall.saturating_add(i64::try_from(micros(length)).unwrap_or(i64::MAX));
        now.mono = now.mono.saturating_add(micros(length));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Stamp> {
        // A test that panicked while it held the lock has left a whole stamp behind: there is nothing half done in it.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Stamp {
        *self.lock()
    }
}

/// Asks `what` every `poll` until it holds or `deadline` has passed, and says whether it held. It is asked at least once,
/// and once more after the deadline, so that a machine that stalled does not make a true condition false.
pub fn wait_until(deadline: Duration, poll: Duration, mut what: impl FnMut() -> bool) -> bool {
    let begun = SystemClock.now();
    loop {
        if what() {
            return true;
        }
        if SystemClock.now().since(begun) >= deadline {
            return what();
        }
        #[allow(clippy::disallowed_methods, reason = "the one place where a thread may sleep")]
        std::thread::sleep(poll);
    }
}

fn whole_micros(time: Timespec) -> i64 {
    time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_since_boot_never_goes_back() {
        let stamps: Vec<Stamp> = (0..1000).map(|_| SystemClock.now()).collect();
        assert!(stamps.windows(2).all(|two| two[0].mono <= two[1].mono));
        assert!(
            stamps[0].wall > 1_700_000_000_000_000,
            "the wall clock reads Unix microseconds, got {}",
            stamps[0].wall
        );
    }

    #[test]
    fn a_fake_clock_moves_only_when_it_is_told() {
        let clock = FakeClock::at(Stamp { wall: 10, mono: 20 });
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_micros(5));
        assert_eq!(clock.now(), Stamp { wall: 15, mono: 25 });
        clock.set(Stamp { wall: 1, mono: 30 });
        assert_eq!(clock.now(), Stamp { wall: 1, mono: 30 });
    }

    #[test]
    fn waiting_ends_when_the_condition_holds_or_the_deadline_has_passed() {
        let mut asked = 0;
        assert!(wait_until(Duration::from_secs(10), Duration::from_millis(1), || {
            asked += 1;
            asked == 3
        }));
        assert_eq!(asked, 3);
        assert!(!wait_until(Duration::from_millis(5), Duration::from_millis(1), || false));
    }
}

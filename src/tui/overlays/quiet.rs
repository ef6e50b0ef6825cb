//! Early keys: those that were pressed before a card was there, and what a card that destroys takes in its first seconds.
//!
//! Keys typed before a card appears must not answer it. A quiet card ignores every key until 350 ms have passed without one;
//! a card that destroys moreover accepts nothing in its first 3 s. Time comes from the frame, never from a clock.

use crate::model::time::Stamp;
use std::time::Duration;

/// Silence that must pass before a card takes keys; each swallowed key starts it again.
pub const SILENCE: Duration = Duration::from_millis(350);

/// What is said of a key that was swallowed, so that nobody wonders where it went.
pub const EARLY: &str = "A key came before this card could be read: it did nothing.";

/// What destroys is not accepted sooner than this after its card opened.
pub const SLOW: Duration = Duration::from_secs(3);

/// Swallows early keys.
#[derive(Clone, Copy, Debug)]
pub struct Quiet {
    opened: Stamp,
    /// When the card opened or swallowed a key; `None` once it was silent.
    waiting: Option<Stamp>,
}

impl Quiet {
    /// A card that waits for silence.
    pub fn silent(now: Stamp) -> Self {
        Self { opened: now, waiting: Some(now) }
    }

    /// A card that was opened by the operator's own key and takes the next at once.
    pub fn ready(now: Stamp) -> Self {
        Self { opened: now, waiting: None }
    }

    /// Whether this key is swallowed.
    pub fn swallows(&mut self, now: Stamp) -> bool {
        match self.waiting {
            Some(since) if now.since(since) < SILENCE => {
                self.waiting = Some(now);
                true
            }
            Some(_) => {
                self.waiting = None;
                false
            }
            None => false,
        }
    }

    /// How long what destroys is still not accepted; `None` when it is.
    pub fn slow_left(&self, now: Stamp) -> Option<Duration> {
        SLOW.checked_sub(now.since(self.opened)).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Stamp {
        Stamp { wall: 0, mono: millis * 1000 }
    }

    #[test]
    fn every_swallowed_key_starts_the_silence_again() {
        let mut quiet = Quiet::silent(at(0));
        assert!(quiet.swallows(at(300)));
        assert!(quiet.swallows(at(600)), "300 ms after the last one");
        assert!(!quiet.swallows(at(950)));
        assert!(!quiet.swallows(at(951)), "awake for good");
    }

    #[test]
    fn a_card_of_the_operators_own_key_takes_the_next_at_once() {
        assert!(!Quiet::ready(at(0)).swallows(at(0)));
    }

    #[test]
    fn what_destroys_is_not_accepted_in_the_first_three_seconds() {
        let quiet = Quiet::ready(at(1000));
        assert_eq!(quiet.slow_left(at(1000)), Some(SLOW));
        assert!(quiet.slow_left(at(3999)).is_some());
        assert_eq!(quiet.slow_left(at(4000)), None);
    }
}

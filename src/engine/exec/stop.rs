//! The manners of a stop: TERM, a grace, KILL; asked a second time, KILL at once.
//!
//! Pure: it is told what was asked and what time it is, and says what to send. It sends nothing itself. A stop that has
//! begun never turns back. Called by `local`, which knows the processes.

use super::Control;
use std::time::Duration;
use tokio::time::Instant;

/// How long a group may take to end after TERM.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// What is to be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// INT to the group.
    Interrupt,
    /// TERM to the session.
    Terminate,
    /// CONT, then KILL, to the session.
    Kill,
    /// The same, and KILL to what left the session and carries the marker.
    KillAll,
}

/// How far a stop has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stop {
    asked: Option<Instant>,
    killed: Option<Instant>,
}

impl Stop {
    /// Takes a wish and says what follows from it.
    pub(super) fn ask(&mut self, control: Control, now: Instant) -> Order {
        match control {
            Control::Interrupt => Order::Interrupt,
            Control::Terminate if self.asked.is_none() => {
                self.asked = Some(now);
                Order::Terminate
            }
            Control::Terminate => {
                self.killed.get_or_insert(now);
                Order::Kill
            }
            Control::Kill => {
                self.asked.get_or_insert(now);
                self.killed.get_or_insert(now);
                Order::KillAll
            }
        }
    }

    /// When the grace ends, if one is running.
    pub(super) fn due(&self) -> Option<Instant> {
        match (self.asked, self.killed) {
            (Some(asked), None) => Some(asked + GRACE),
            (None, _) | (_, Some(_)) => None,
        }
    }

    /// The grace is over: what is to be sent.
    pub(super) fn grace_over(&mut self, now: Instant) -> Order {
        self.killed.get_or_insert(now);
        Order::Kill
    }

    /// Whether a stop was asked for.
    pub(super) fn wanted(&self) -> bool {
        self.asked.is_some()
    }

    /// When KILL was sent, if it was.
    pub(super) fn killed(&self) -> Option<Instant> {
        self.killed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_terminate_kills_and_ends_the_grace() {
        let (mut stop, now) = (Stop::default(), Instant::now());
        assert_eq!(stop.ask(Control::Terminate, now), Order::Terminate);
        assert_eq!(stop.due(), Some(now + GRACE));
        assert_eq!(stop.ask(Control::Terminate, now + GRACE / 5), Order::Kill);
        assert_eq!((stop.due(), stop.killed()), (None, Some(now + GRACE / 5)));
    }

    #[test]
    fn an_interrupt_starts_no_grace_and_never_turns_into_a_kill() {
        let (mut stop, now) = (Stop::default(), Instant::now());
        for _ in 0..3 {
            assert_eq!(stop.ask(Control::Interrupt, now), Order::Interrupt);
        }
        assert!(!stop.wanted() && stop.due().is_none());
    }

    #[test]
    fn a_kill_reaches_also_what_left_the_session() {
        let (mut stop, now) = (Stop::default(), Instant::now());
        assert_eq!(stop.ask(Control::Kill, now), Order::KillAll);
        assert!(stop.wanted() && stop.due().is_none());
    }
}

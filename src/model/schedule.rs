//! Planned, actual and projected times, and how long a way back still fits: arithmetic over plan and state, no clock.
//!
//! Instants are Unix microseconds. Calendar days (`d`) are counted at T0's wall time in T0's zone, `h m s` are elapsed time.
//! A hold moves what is planned so many hours, minutes or seconds after T0 and has not begun; it moves nothing else.

mod bind;
mod bound;
mod clock;
mod course;
mod late;
mod rounds;
mod slack;
#[cfg(test)]
mod tests;
mod window;

pub use bind::{bind, planned_at, wait_until};
pub use bound::{needs_t0, unbindable};
pub use clock::{add_offset, bind_clock, date_of, day_of, format_wall, zone_of};
pub use course::{Planned, finish, is_timed, planned, slip, t_clock};
pub use late::{Late, late, over_budget};
pub use rounds::{horizon_by, horizon_due, next_round};
pub use slack::{Slack, slack, slack_words};
pub use window::{
    decide_by, in_time_words, latest_start, length_of, needed_level, offered, offered_levels, warned_of, warned_words,
};

//! FLOOR 0: what a runbook, a run and a wish are, and what follows from them.
//!
//! Nothing in here reads a clock, a file or a terminal, and nothing knows a runtime or a screen: the same plan and the
//! same records give the same answer everywhere, which is what makes the journal worth signing. Every other floor uses
//! this one; it uses std, serde and chrono's calendar only.

pub mod actor;
pub mod around;
mod author;
pub mod barrier;
pub mod cmp;
pub mod decide;
pub mod event;
pub mod expect;
pub mod fill;
pub mod follow;
pub mod ids;
pub mod intent;
pub mod kept;
pub mod output;
pub mod place;
pub mod plan;
pub mod record;
pub mod schedule;
pub mod script;
pub mod secret;
pub mod signed;
pub mod signoff;
pub mod spent;
pub mod state;
pub mod step;
pub mod text;
pub mod time;
pub mod watch;
pub mod when;
pub mod wire;

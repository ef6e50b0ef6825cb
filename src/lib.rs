//! tminus runs a cutover: a runbook, a clock, real commands, people's answers, and a journal that proves what happened.
//!
//! # What it promises
//!
//! 1. Nothing shows as done before it is on disk. A command's start is durable before its process exists; an answer is
//!    durable before a screen shows it.
//! 2. Nothing runs twice by accident. After a crash, a step that was running is *unknown* and a person decides.
//! 3. One fold. What is true of a run is computed from its journal by [`model::state::RunState::apply`], for the live screen,
//!    a resumed run, a watcher and a verification alike.
//! 4. What you see is what runs. Variables reach a command as environment, never by pasting text into a shell line.
//! 5. Secrets stay out of screens, journal, log and every argument list that tminus makes.
//! 6. A journal that cannot be written stops the run: no step starts that could not be recorded.
//! 7. Tampering shows: in a sealed run every changed, removed, reordered or truncated byte is found and named.
//! 8. What is left of the way back is always one key away.
//!
//! # Floors, each of which uses only those below it
//!
//! - 4: [`tui`] and [`linear`], the two ways in which a run is seen and steered, and [`report`], what is written of it
//! - 3: [`conductor`], the process that owns a run, and [`feed`], what a screen may ask of it
//! - 2: [`engine`], which makes things happen: the driver, processes, clocks, judging and masking
//! - 1: [`journal`], what is left of a run, and [`runbook`], the author's file as a plan
//! - 0: [`model`], what a plan, a fact, a wish and a state are, and what follows from them
//!
//! [`commands`] wires them for each subcommand that [`cli`] reads, and decides nothing.
//!
//! # Words
//!
//! An *event* is a fact, an *intent* a wish; `decide` turns wishes into events, `follow` says what happens by itself, the
//! *driver* makes events durable and takes effects from them, the *fold* turns them into state. An *attempt* is one try of a
//! step; a *record* is one line of the journal. `docs/ARCHITECTURE.md` says where each lives and why.

pub mod cli;
pub mod commands;
pub mod conductor;
pub mod engine;
pub mod feed;
pub mod journal;
pub mod linear;
pub mod model;
pub mod report;
pub mod runbook;
pub mod tui;

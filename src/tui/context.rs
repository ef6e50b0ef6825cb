//! What every view and overlay is drawn from, and what a key on an overlay leads to.
//!
//! `draw` takes `&self` and this; nothing that is drawn is computed from anything else, so the same records give the same
//! screen live and on replay.

#![allow(missing_docs, reason = "a card says what its fields are")]

use crate::feed::Port;
use crate::model::amend::Proposal;
use crate::model::event::Decision;
use crate::model::ids::{ProbeIx, ProcedureIx, RoleId, StepIx, TriggerIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::time::Stamp;
use crate::tui::streams::Streams;
use crate::tui::theme::Theme;

/// What is drawn from.
pub struct Context<'a> {
    /// The runbook.
    pub plan: &'a Plan,
    /// What is true of the run.
    pub state: &'a RunState,
    /// The instant of this frame.
    pub now: Stamp,
    /// Styles and marks.
    pub theme: &'a Theme,
    /// Reads output; wishes go through `Reply`, never from a draw.
    pub port: &'a dyn Port,
    /// Which bytes of output came from which stream.
    pub streams: &'a Streams,
    /// What every screen must say; empty when nothing is wrong.
    pub trouble: &'a str,
    /// What can be done, for help and palette, in the order of the key line.
    pub actions: &'a [ActionLine<'a>],
}

/// One action as help and palette list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionLine<'a> {
    /// Its name, as typed after `:`.
    pub name: &'a str,
    /// Its key, as shown; empty where it has none.
    pub key: &'a str,
    /// What it does, in words.
    pub does: &'a str,
    /// Whether it does something on the screen that is open.
    pub here: bool,
}

/// What an overlay's key led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Nothing, or only something inside the overlay.
    Stay,
    /// Close it.
    Close,
    /// Close it and wish this.
    Wish(Intent),
    /// Close it and wish all of these.
    Wishes(Vec<Intent>),
    /// Wish this and stay: its record changes what the overlay shows.
    Ask(Intent),
    /// Close it and open another card.
    Open(Card),
    /// Open another card above it and stay below.
    Over(Card),
    /// Close it and do the action or palette command of this line: `hold`, `theme dark`.
    Act(String),
    /// It was not taken, and why. The overlay shows it itself until the next key.
    Say(String),
    /// Give this text to the terminal's clipboard and say so.
    Copy(String),
    /// Close the screen; the run goes on.
    Leave,
}

/// Overlays by name; `overlays::Overlay` holds their state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Card {
    /// The start card: counts, environment, clock; the environment's word is typed.
    Start,
    /// A run that another operator conducted: taken over, then its decisions stood by.
    HandOver,
    /// The run card of a step, by its class (a retry too).
    Run(StepIx),
    /// Answer one item of a by-hand step, a measure or an ask.
    Answer { step: StepIx, item: usize },
    /// Pick one option of a `choose`.
    Choose(StepIx),
    /// A gate, full screen.
    Gate(StepIx),
    /// Decide a gate.
    Decide { step: StepIx, go: bool },
    /// A trigger that tripped.
    Trigger(TriggerIx),
    /// A monitor that looks on: what it saw, its criteria, its verdict.
    Monitor(StepIx),
    /// A message: its blanks, its text, that it was said.
    Notify(StepIx),
    /// A sign-off.
    Sign(StepIx),
    /// What one role says with its key: a station at a gate, a second person before a step.
    SignFor { step: StepIx, role: RoleId, decision: Decision },
    /// The procedures; one of them shown where it is named.
    Call(Option<ProcedureIx>),
    /// Type in what a probe reads that people read off.
    Reading(ProbeIx),
    /// Stop what runs.
    Stop,
    /// Go back: the levels.
    RollBack,
    /// A reason for skip, n/a, hand, fail, accept, release, abort.
    Reason(ReasonFor),
    /// Go on after a hold: `y`.
    GoOn,
    /// What became of an unknown step.
    Resolve(StepIx),
    /// A note.
    Note(Option<StepIx>),
    /// Output of a step, full screen.
    Output(StepIx),
    /// Help for here.
    Help,
    /// The palette of actions.
    Palette,
    /// A runbook's file that is to take the place of the one in force: what differs, or why it may not.
    Amend(Box<Amending>),
    /// Leave the screen?
    LeaveScreen,
    /// Close a run in which nothing is left.
    CloseRun,
    /// What happened since this screen left or was suspended.
    SinceYouLeft { from: u64 },
}

/// A runbook's file, compared with the runbook in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amending {
    /// As it was typed.
    pub file: String,
    /// What differs, or every reason why it may not be taken.
    pub found: Result<Proposal, Vec<String>>,
}

/// What a reason is given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonFor {
    /// Leave a step out.
    Skip(StepIx),
    /// It does not apply.
    NotApplicable(StepIx),
    /// It was done outside.
    Hand(StepIx),
    /// A by-hand step failed.
    Fail(StepIx),
    /// A failed step is accepted; a name too.
    Accept(StepIx),
    /// End a countdown early.
    Release(StepIx),
    /// End the run.
    Abort,
    /// Say that a trigger tripped.
    Trip(TriggerIx),
    /// Go on though a trigger tripped; a name too.
    GoOnDespite(TriggerIx),
    /// End a monitor with a verdict.
    EndMonitor { step: StepIx, ok: bool },
    /// Begin again from a step.
    Recycle(StepIx),
    /// Close a risk, by its place in the plan.
    CloseRisk(usize),
}

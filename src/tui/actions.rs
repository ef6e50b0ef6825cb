//! What an operator can do on a screen, each with a name for the palette and words for the help.
//!
//! One table; the keymap gives keys to its lines, the help and the palette list it, `docs/keys.md` is compared with it. What an
//! action leads to is in `app::act`. No action starts anything of the world but through the cards that ask first.

/// What a key or a palette line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "`TABLE` says in words what each does")]
pub enum Action {
    Down,
    Up,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    Top,
    Bottom,
    Fold,
    Unfold,
    Pane,
    Open,
    Back,
    Tick,
    Run,
    Retry,
    FailByHand,
    LeaveOut,
    Hand,
    NotApplicable,
    Evidence,
    Hold,
    Stop,
    RollBack,
    Decide,
    See,
    Call,
    Recycle,
    Trip,
    Output,
    CopyLine,
    CopyCommand,
    Note,
    Filter,
    NextMatch,
    PrevMatch,
    Palette,
    Help,
    GoNext,
    GoFailure,
    GoRunning,
    GoDecision,
    Live,
    Step,
    Watch,
    Gate,
    Log,
    Messages,
    Risks,
    ZoomIn,
    ZoomOut,
    Drive,
    Close,
    Abort,
    Pause,
    Time,
    Theme,
    Leave,
    Suspend,
    Redraw,
}

/// How far an action reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Moves the eye only.
    Moves,
    /// Opens something that asks, or that is only read.
    Opens,
    /// Acknowledges what was seen.
    Acknowledges,
    /// Holds the run, which changes nothing of the world.
    Holds,
    /// May start a step of the run: at once where it only reads, else through its card.
    Runs,
    /// Steers the run or this screen, through a card or a wish of its own.
    Steers,
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The action.
    pub action: Action,
    /// Its name, as typed after `:`.
    pub name: &'static str,
    /// Its word on the key line.
    pub short: &'static str,
    /// What it does.
    pub does: &'static str,
    /// How far it reaches.
    pub reach: Reach,
}

const fn entry(action: Action, name: &'static str, short: &'static str, does: &'static str, reach: Reach) -> Entry {
    Entry { action, name, short, does, reach }
}

/// Every action once, in the order of help and palette.
pub const TABLE: [Entry; 60] = [
    entry(Action::Run, "run", "run", "run the step that is selected, else the next one", Reach::Runs),
    entry(Action::Open, "open", "open", "open or answer what is selected; never runs anything", Reach::Opens),
    entry(
        Action::Tick,
        "tick",
        "acknowledge",
        "answer the item that is selected, or acknowledge a phase that is complete",
        Reach::Acknowledges,
    ),
    entry(Action::Hold, "hold", "hold", "hold the run at once; again, then y, goes on", Reach::Holds),
    entry(Action::Stop, "stop", "stop", "offer to stop what runs; works everywhere", Reach::Opens),
    entry(
        Action::RollBack,
        "rollback",
        "roll back",
        "offer the ways back; works everywhere but in a text field",
        Reach::Opens,
    ),
    entry(Action::Retry, "retry", "retry", "try the step again that failed", Reach::Runs),
    entry(
        Action::Decide,
        "decide",
        "decide",
        "decide a gate or a tripped trigger, or accept a step that failed",
        Reach::Opens,
    ),
    entry(Action::See, "ack", "I see it", "say that you see a trigger that tripped", Reach::Acknowledges),
    entry(Action::Call, "call", "quick fix", "the quick fixes of the plan: call ID shows one", Reach::Opens),
    entry(Action::Evidence, "evidence", "evidence", "enter what was seen for the step that is selected", Reach::Opens),
    entry(Action::FailByHand, "fail", "failed", "say that a by-hand step failed, with a reason", Reach::Opens),
    entry(
        Action::LeaveOut,
        "skip",
        "leave out",
        "leave a step out, or end a countdown or monitor early, with a reason",
        Reach::Opens,
    ),
    entry(
        Action::NotApplicable,
        "not-applicable",
        "n/a",
        "say that a step does not apply, with a reason",
        Reach::Opens,
    ),
    entry(Action::Hand, "hand", "done outside", "say that a step was done outside, with a reason", Reach::Opens),
    entry(Action::Note, "note", "note", "write a note, with its time and place", Reach::Opens),
    entry(Action::Output, "output", "output", "read the output of the step that is selected", Reach::Opens),
    entry(Action::Live, "live", "live", "the live screen", Reach::Moves),
    entry(Action::Step, "step", "step", "the step that is selected, in full", Reach::Moves),
    entry(Action::Watch, "watch", "watch", "signals, triggers, monitors, what is owed, notes", Reach::Moves),
    entry(Action::Gate, "gate", "gate", "the gate that is open, or the next one", Reach::Opens),
    entry(Action::Log, "log", "log", "what happened, in order", Reach::Moves),
    entry(Action::Messages, "messages", "messages", "messages, sign-offs, horizons and contacts", Reach::Moves),
    entry(Action::Risks, "risks", "risks", "the risk register, open blockers first, and the quick fixes", Reach::Moves),
    entry(Action::Down, "down", "down", "one row down", Reach::Moves),
    entry(Action::Up, "up", "up", "one row up", Reach::Moves),
    entry(Action::HalfDown, "half-down", "half down", "half a screen down", Reach::Moves),
    entry(Action::HalfUp, "half-up", "half up", "half a screen up", Reach::Moves),
    entry(Action::PageDown, "page-down", "page down", "a screen down", Reach::Moves),
    entry(Action::PageUp, "page-up", "page up", "a screen up", Reach::Moves),
    entry(Action::Top, "top", "top", "the first row", Reach::Moves),
    entry(Action::Bottom, "bottom", "bottom", "the last row", Reach::Moves),
    entry(Action::Fold, "fold", "fold", "fold the phase", Reach::Moves),
    entry(Action::Unfold, "unfold", "unfold", "unfold the phase", Reach::Moves),
    entry(Action::Pane, "pane", "pane", "the next pane", Reach::Moves),
    entry(Action::ZoomIn, "zoom-in", "zoom", "give the pane more room", Reach::Moves),
    entry(Action::ZoomOut, "zoom-out", "zoom out", "give the pane less room", Reach::Moves),
    entry(Action::GoNext, "go-next", "next", "go to the next step, and follow the run again", Reach::Moves),
    entry(Action::GoFailure, "go-failure", "failure", "go to the next step that failed or is unknown", Reach::Moves),
    entry(Action::GoRunning, "go-running", "running", "go to the step that runs", Reach::Moves),
    entry(Action::GoDecision, "go-decision", "decision", "go to the next gate or choice", Reach::Moves),
    entry(Action::Filter, "filter", "filter", "find rows by their text", Reach::Moves),
    entry(Action::NextMatch, "next-match", "next match", "the next row that was found", Reach::Moves),
    entry(Action::PrevMatch, "previous-match", "match before", "the row before that was found", Reach::Moves),
    entry(Action::CopyLine, "copy-line", "copy", "copy the row that is selected", Reach::Moves),
    entry(
        Action::CopyCommand,
        "copy-command",
        "copy command",
        "copy the command of the step that is selected",
        Reach::Moves,
    ),
    entry(Action::Palette, "palette", "actions", "every action by its name", Reach::Opens),
    entry(Action::Help, "help", "help", "what the keys do here", Reach::Opens),
    entry(Action::Back, "back", "back", "go back or close; at the top, ask whether to leave", Reach::Moves),
    entry(Action::Drive, "drive", "drive", "ask for the wheel", Reach::Steers),
    entry(Action::Close, "close", "close", "close and seal a run in which nothing is left to do", Reach::Steers),
    entry(
        Action::Recycle,
        "recycle",
        "begin again",
        "begin again from a step, with a reason: recycle 2.1",
        Reach::Opens,
    ),
    entry(Action::Trip, "trip", "trip", "say that a trigger tripped, with a reason: trip ID", Reach::Opens),
    entry(Action::Abort, "abort", "abort", "end the run before its end, with a reason", Reach::Steers),
    entry(Action::Pause, "pause", "pause", "end the conductor between steps; resume goes on", Reach::Steers),
    entry(Action::Time, "time", "time", "whose time the run was: machine, person, hold, retry …", Reach::Moves),
    entry(Action::Theme, "theme", "theme", "change the theme: theme dark", Reach::Moves),
    entry(Action::Leave, "leave", "leave", "leave the screen; the run goes on", Reach::Opens),
    entry(Action::Suspend, "suspend", "suspend", "suspend the screen; the run goes on", Reach::Moves),
    entry(Action::Redraw, "redraw", "redraw", "draw the screen anew", Reach::Moves),
];

impl Action {
    /// Its line in the table.
    pub fn entry(self) -> &'static Entry {
        TABLE.iter().find(|entry| entry.action == self).expect("a test finds every action in the table")
    }

    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|entry| entry.name == name).map(|entry| entry.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_action_is_in_the_table_once_by_a_name_of_its_own() {
        let names: HashSet<_> = TABLE.iter().map(|entry| entry.name).collect();
        let actions: HashSet<_> = TABLE.iter().map(|entry| entry.action).collect();
        assert_eq!((names.len(), actions.len()), (TABLE.len(), TABLE.len()));
        // `Redraw` is the last variant: the table is as long as the enum.
        assert_eq!(Action::Redraw as usize + 1, TABLE.len());
        for entry in TABLE {
            assert_eq!(Action::named(entry.name), Some(entry.action));
        }
    }
}

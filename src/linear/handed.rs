//! A step with a terminal of its own, in linear mode: the operator's terminal is handed through to it until it ends or `^]`.
//!
//! Keys go to the program as they come, what it prints comes through `passage`. The terminal is as it was afterwards, however
//! that ends. Sentences wait meanwhile, but those that need a person. Only a terminal can be handed through, and only by who
//! drives: from a pipe such a step is not started, in words. Part of the loop in `run`.

use super::passage::Passage;
use super::run::{Lines, Typing};
use crate::feed::Role;
use crate::model::ids::{Attempt, StepId, StepIx};
use crate::model::state::StepStatus;
use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// `^]`.
const WAY_OUT: u8 = 0x1d;
/// Of what was printed before the terminal is handed through, no more is shown again, bytes.
const BEFORE: u64 = 16 << 10;
/// No more is read at once.
const AT_ONCE: u64 = 1 << 20;

/// The terminal that is handed through.
pub(super) struct Handed {
    ix: StepIx,
    id: StepId,
    attempt: Attempt,
    read: u64,
    passage: Passage,
    raw: Raw,
}

/// The terminal as a program wants it; as it was again when this is dropped.
struct Raw {
    before: Termios,
    flag: Arc<AtomicBool>,
}

impl Raw {
    fn take(flag: &Arc<AtomicBool>) -> Option<Self> {
        let before = tcgetattr(stdin()).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        flag.store(true, Ordering::SeqCst);
        tcsetattr(stdin(), OptionalActions::Now, &raw).ok()?;
        Some(Self { before, flag: flag.clone() })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone cannot be set; there is nobody left to tell.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
        self.flag.store(false, Ordering::SeqCst);
    }
}

impl<W: Write> Lines<'_, W> {
    /// Hands the terminal through to a step that runs in one, unless its operator came back from it; takes it back at its end.
    pub(super) fn follow_terminal(&mut self) {
        if let Some(handed) = &self.handed {
            let own = self.teller.state.step(handed.ix);
            if own.status != StepStatus::Running || own.attempt != handed.attempt {
                self.pass_on();
                self.take_back(None);
            }
            return;
        }
        let wanted = self.runs_in_terminal().filter(|wanted| self.come_back_from != Some(*wanted));
        if let Some(wanted) = wanted.filter(|_| self.typing == Typing::Terminal && self.port.role() == Role::Drives) {
            self.hand_through(wanted, b"");
        }
    }

    /// The step that runs in a terminal now.
    pub(super) fn runs_in_terminal(&self) -> Option<(StepIx, Attempt)> {
        let (plan, state) = (self.teller.plan.as_ref(), &self.teller.state);
        let tty = |ix: &StepIx| plan.step(*ix).command().is_some_and(|command| command.tty);
        state.running().into_iter().find(tty).map(|ix| (ix, state.step(ix).attempt))
    }

    /// Hands the terminal through, and types `first` there.
    pub(super) fn hand_through(&mut self, (ix, attempt): (StepIx, Attempt), first: &[u8]) {
        let step = self.teller.plan.step(ix);
        let words = format!(
            "{} has this terminal now: all keys, ^C too, go to its program. ^] comes back to these lines; the step goes on.",
            step.number
        );
        self.teller.voice.say(&words);
        // What is said so far goes out as lines.
        let _ = self.teller.voice.flush();
        let Some(raw) = Raw::take(&self.raw) else {
            self.teller.voice.say("This terminal cannot be handed through.");
            self.come_back_from = Some((ix, attempt));
            return;
        };
        let printed = self.teller.state.step(ix).bytes;
        let read = if self.come_back_from.is_some() { printed.saturating_sub(BEFORE) } else { 0 };
        let id = step.id.clone();
        self.teller.hold_back(Some((id.clone(), attempt)));
        self.handed = Some(Handed { ix, id, attempt, read, passage: Passage::default(), raw });
        self.handed_at = (self.clock)();
        self.say_size();
        self.pass_on();
        if !first.is_empty() {
            self.type_on(first);
        }
    }

    /// The terminal is in another size.
    pub(super) fn say_size(&mut self) {
        if let (Some(handed), Ok(size)) = (&self.handed, tcgetwinsize(stdin())) {
            self.port.resize(&handed.id, handed.attempt, size.ws_row, size.ws_col);
        }
    }

    /// What is durable of the program's output goes to the terminal.
    pub(super) fn pass_on(&mut self) {
        let Some(handed) = &mut self.handed else { return };
        let own = self.teller.state.step(handed.ix);
        while own.attempt == handed.attempt && handed.read < own.bytes {
            let to = own.bytes.min(handed.read.saturating_add(AT_ONCE));
            // What cannot be read now is asked for again with the next news.
            let bytes = self.port.output(&handed.id, handed.attempt, handed.read..to).unwrap_or_default();
            if bytes.is_empty() {
                return;
            }
            handed.read += bytes.len() as u64;
            self.teller.voice.pass(&handed.passage.pass(&bytes));
        }
    }

    /// Keys of a terminal that is handed through; those that come after it was taken back are nobody's.
    pub(super) fn keys(&mut self, bytes: &[u8]) {
        if self.handed.is_none() || (self.clock)().since(self.handed_at) < super::run::TOO_SOON {
            // Typed for the lines before it.
            self.handed_at = (self.clock)();
            return;
        }
        match bytes.iter().position(|byte| *byte == WAY_OUT) {
            None => self.type_on(bytes),
            Some(place) => {
                self.type_on(bytes.get(..place).unwrap_or_default());
                let from = self.handed.as_ref().map(|handed| (handed.ix, handed.attempt));
                self.take_back(from);
                let Some((ix, _)) = from else { return };
                let number = &self.teller.plan.step(ix).number;
                self.teller.voice.say(&format!("{number} goes on.  terminal  goes back to it."));
            }
        }
    }

    fn type_on(&mut self, bytes: &[u8]) {
        let Some(handed) = &self.handed else { return };
        if let Err(why) = self.port.type_in(&handed.id, handed.attempt, bytes) {
            self.teller.voice.pass(b"\r\n");
            self.teller.voice.say(&why);
            self.teller.voice.pass(b"\r");
        }
    }

    /// Takes the terminal back; `from` is where its operator came back from while it goes on.
    fn take_back(&mut self, from: Option<(StepIx, Attempt)>) {
        let Some(mut handed) = self.handed.take() else { return };
        let undo = handed.passage.undo();
        self.teller.voice.pass(&undo);
        self.teller.voice.pass(b"\r\n");
        // What is written goes out as the program's terminal; then it is as it was.
        let _ = self.teller.voice.flush();
        drop(handed.raw);
        self.come_back_from = from;
        self.teller.hold_back(None);
        self.ask_again();
        self.shown = None;
    }
}

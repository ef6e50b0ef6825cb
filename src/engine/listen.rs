//! `expect: { of: STEP }`: an attempt that is judged by what a background command prints since it began.
//!
//! Its own process runs as any does, and its exit, its time and its captures are its own. What is waited for may come until the
//! limit; what holds on silence (`lacks`) must hold until then. The pump drives it; nothing here looks at a clock of its own.

use crate::engine::exec::Control;
use crate::engine::judge::{Ended, Judge, JudgeError, Outcome};
use crate::engine::tail::{News, Tail, TailReader};
use crate::model::expect::{ExitWanted, Expect};
use crate::model::ids::StepId;
use crate::model::output::Exit;
use crate::model::step::Command;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// How long is listened where the runbook gives the step no limit.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks a variable up.
type Vars<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a listening attempt hears.
#[derive(Debug)]
pub enum Heard {
    /// The other command printed, or is over.
    News(News),
    /// Somebody wants it ended.
    Asked(Control),
}

/// An ear on another command.
pub struct Listening {
    /// Judges the attempt's own exit and time, and captures.
    pub own: Judge,
    /// Whom it listens to.
    pub to: StepId,
    reader: TailReader,
    asked: UnboundedReceiver<Control>,
    limit: Duration,
    /// Whether something must come, and not only nothing wrong.
    awaits: bool,
    /// Somebody asked for its end.
    pub stopped: bool,
    lost: bool,
    over: bool,
}

impl Listening {
    /// From now on. The judge is for what is heard.
    pub fn new(
        command: &Command,
        (to, tail): (StepId, &Tail),
        asked: UnboundedReceiver<Control>,
        vars: Vars,
    ) -> Result<(Judge, Self), JudgeError> {
        let own = Expect { exit: command.expect.exit.clone(), took: command.expect.took.clone(), ..Expect::default() };
        let own = Judge::new(&Command { expect: own, ..command.clone() })?;
        let heard = Expect { exit: ExitWanted::Any, took: None, of: None, ..command.expect.clone() };
        let heard = Judge::new(&Command { expect: heard, trip: None, capture: Vec::new(), ..command.clone() })?;
        let awaits = !heard.holds_now(&of_silence(), vars);
        let limit = command.timeout.unwrap_or(PATIENCE);
        let reader = tail.from_now();
        Ok((heard, Self { own, to, reader, asked, limit, awaits, stopped: false, lost: false, over: false }))
    }

    /// The next that is heard; waits for ever where nothing can come any more.
    pub async fn hear(&mut self) -> Heard {
        tokio::select! {
            control = self.asked.recv() => match control {
                Some(control) => Heard::Asked(control),
                None => std::future::pending().await,
            },
            news = self.reader.news(), if !self.over => {
                self.over |= news.ended;
                self.lost |= news.lost;
                Heard::News(news)
            }
        }
    }

    /// Whether there is nothing left to wait for.
    pub fn is_settled(&self, judge: &Judge, vars: Vars) -> bool {
        self.over || judge.is_spoilt(vars) || judge.holds_now(&of_silence(), vars) == self.awaits
    }

    /// How long may still be listened after `spent`.
    pub fn left(&self, spent: Duration) -> Duration {
        self.limit.saturating_sub(spent)
    }

    /// The outcome by which what was heard is judged.
    pub fn outcome(&self) -> Outcome {
        let ended = if self.lost { Ended::OutputLost } else { Ended::ByItself };
        Outcome { ended, ..of_silence() }
    }
}

/// What is heard has no exit of its own.
fn of_silence() -> Outcome {
    Outcome { exit: Exit::Code(0), took: Duration::ZERO, ended: Ended::ByItself, files: Vec::new(), shell: Vec::new() }
}

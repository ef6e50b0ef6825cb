//! The screens as one value: `update` takes what happened and says what is to be done, `draw` shows it.
//!
//! The app folds records into its own `RunState` and shows nothing of the run that is not in it: a wish is "asked, writing…"
//! until its record comes. It reads no clock, no terminal and no socket; `run` brings all of that.

mod act;
mod around;
mod draw;
mod keys;
mod news;
mod offers;
mod open;
mod replayed;
mod selected;
mod travel;
mod typing;

use crate::feed::{News, Port};
use crate::model::event::EndState;
use crate::model::ids::{Attempt, Seq, StepId, StepIx, TriggerIx};
use crate::model::intent::Intent;
use crate::model::plan::Plan;
use crate::model::state::RunState;
use crate::model::time::Stamp;
use crate::tui::eye::{Eye, Row, Screen};
use crate::tui::overlays::Overlay;
use crate::tui::replay::Player;
use crate::tui::streams::Streams;
use crate::tui::terminal_step::TerminalStep;
use crate::tui::theme::{Look, Theme};
use crossterm::event::KeyEvent;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key.
    Key(KeyEvent),
    /// Pasted text.
    Paste(String),
    /// The terminal has another size.
    Resize,
    /// The terminal window came to the front, or went.
    Focus(bool),
    /// Something from the run.
    News(News),
    /// What became of sending a wish.
    Sent(Result<u64, String>),
    /// Text was given to the terminal; where it was saved too, and how long it was.
    Copied(String),
    /// The terminal's background: red, green, blue.
    Background(u8, u8, u8),
    /// The screen is back from a suspension.
    Back,
    /// Time went on.
    Tick,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "a variant says what its fields are")]
pub enum Effect {
    /// Send this wish.
    Wish(Intent),
    /// Give this to the terminal's clipboard.
    Copy(String),
    /// Suspend the screen.
    Suspend,
    /// Leave the screen.
    Quit,
    /// Draw every cell anew.
    Redraw,
    /// Ring.
    Bell,
    /// Type this to the terminal of an attempt.
    Type { step: StepId, attempt: Attempt, keys: Vec<u8> },
    /// Answer there what its program asked of its terminal.
    Answer { step: StepId, attempt: Attempt, answer: Vec<u8> },
    /// Say in what size the terminal of an attempt is drawn: rows, columns.
    Size { step: StepId, attempt: Attempt, rows: u16, cols: u16 },
}

/// Why the screen was left.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "a variant says what its fields are")]
pub enum Left {
    /// The run ended.
    Ended { completed: bool, words: String },
    /// It goes on without this screen.
    Leaving,
    /// Its journal cannot be written.
    JournalFailed(String),
    /// Its conductor cannot be reached.
    Lost(String),
}

/// How the conductor ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Over {
    sealed: bool,
    why: Option<String>,
}

/// Why this screen can do nothing any more: the header's word for it, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// `GONE`, `PAUSED`, `STUCK`.
    pub word: &'static str,
    /// The NEXT line, and the answer to every key that would act.
    pub next: String,
}

/// In whose hands a run is that was taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hands {
    /// Nobody else conducted it, or all of that was taken over.
    Ours,
    /// Another operator conducted it, and nobody took it over yet.
    Others,
    /// It rests on decisions that nobody here stands by yet.
    OldDecisions,
}

/// Cards that open by themselves and were closed by the operator: not opened again for the same cause.
#[derive(Clone, Debug, Default)]
struct Dismissed {
    start: bool,
    hands: Option<Hands>,
    gate: Option<(StepIx, Attempt)>,
    triggers: BTreeMap<TriggerIx, Stamp>,
}

/// What was said last to the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Message {
    /// A wish was sent and its record has not come.
    Asked,
    /// These words.
    Says(String),
}

/// A selection that was moved by hand stays where it is for so long.
const BY_HAND: Duration = Duration::from_secs(10);

/// The screens of one run.
pub struct App {
    /// The runbook in force.
    plan: Arc<Plan>,
    /// The one that the run began with.
    first: Arc<Plan>,
    /// How many amendments led to the one in force.
    amendments: usize,
    state: RunState,
    theme: Theme,
    ask_background: bool,
    eye: Eye,
    overlays: Vec<Overlay>,
    message: Option<Message>,
    trouble: String,
    watching: Option<String>,
    go_since: Option<Stamp>,
    dismissed: Dismissed,
    /// The start was wished and neither recorded nor refused yet.
    starting: bool,
    caught_up: bool,
    absent_from: Option<u64>,
    returned: Option<u64>,
    back_once: bool,
    last_key: Option<(KeyEvent, Stamp)>,
    over: Option<Over>,
    lost: Option<String>,
    cut: Option<Cut>,
    refused: Option<String>,
    streams: Streams,
    needed: bool,
    /// The terminal of the step that runs in one, or ran last.
    terminal: Option<TerminalStep>,
    /// What came before this was over when this screen came.
    came: bool,
    /// What plays the run, where it is seen again.
    replay: Option<Box<Player>>,
    /// Something to ring for came: a trigger tripped, little time is left.
    warning: bool,
}

impl App {
    /// The screens of a run of this runbook, before any record.
    pub fn new(plan: Plan, look: Look) -> Self {
        let plan = Arc::new(plan);
        Self {
            state: RunState::of(&plan),
            first: plan.clone(),
            amendments: 0,
            plan,
            theme: look.theme,
            ask_background: look.ask_background,
            eye: Eye::default(),
            overlays: Vec::new(),
            message: None,
            trouble: String::new(),
            watching: None,
            go_since: None,
            dismissed: Dismissed::default(),
            starting: false,
            caught_up: false,
            absent_from: None,
            returned: None,
            back_once: false,
            last_key: None,
            over: None,
            lost: None,
            cut: None,
            refused: None,
            streams: Streams::default(),
            needed: false,
            terminal: None,
            came: false,
            replay: None,
            warning: false,
        }
    }

    /// What happened becomes what is to be done.
    pub fn update(&mut self, msg: Msg, port: &dyn Port, now: Stamp) -> Vec<Effect> {
        if self.replay.is_some() {
            return self.update_replay(msg, port, now);
        }
        let mut effects = match msg {
            Msg::Key(key) => {
                let before = self.eye.selected;
                let mut effects = self.key(key, port, now);
                self.keep_wheel(&mut effects);
                if self.eye.selected != before {
                    self.eye.moved = Some(now);
                }
                effects
            }
            Msg::Paste(text) => self.paste(&text, port, now),
            Msg::News(news) => self.news(news, port.role(), now),
            Msg::Sent(Ok(_)) => {
                self.message = Some(Message::Asked);
                Vec::new()
            }
            Msg::Sent(Err(words)) => {
                self.starting = false;
                self.say(words)
            }
            Msg::Copied(words) => self.say(words),
            Msg::Background(red, green, blue) => {
                self.background((red, green, blue));
                Vec::new()
            }
            Msg::Back => {
                self.back_once = true;
                self.returned = self.absent_from.take().filter(|from| self.state.last.0 > *from);
                vec![Effect::Redraw]
            }
            Msg::Tick => self.terminal_tick(),
            // The frame that follows takes the new size by itself.
            Msg::Resize | Msg::Focus(_) => Vec::new(),
        };
        effects.extend(self.follow_terminal(port, now));
        self.settle(port, now);
        // Nobody is there to take a wish: words, never the link's own error.
        if let Some(cut) = &self.cut
            && effects.iter().any(|effect| matches!(effect, Effect::Wish(_)))
        {
            let words = cut.next.clone();
            effects.retain(|effect| !matches!(effect, Effect::Wish(_)));
            self.say(words);
        }
        effects.extend(self.rings());
        effects
    }

    /// The runbook in force, as the state has it. Where it is another one, cards that showed the one before are closed: what
    /// they would do is not what they said.
    fn take_plan(&mut self) {
        let in_force = self.state.in_force.0.as_ref().unwrap_or(&self.first);
        let same = self.amendments == self.state.amendments.len() || Arc::ptr_eq(in_force, &self.plan);
        self.amendments = self.state.amendments.len();
        if same {
            return;
        }
        self.plan = in_force.clone();
        self.overlays.retain(|overlay| open::only_looks(overlay.card()));
        self.eye.folded.clear();
        if matches!(self.eye.selected, Row::Phase(_)) {
            // Phases may have moved: the place is another one's now.
            self.eye.selected = Eye::default().selected;
        }
        self.eye.follow = true;
        self.eye.mark = 0;
        self.eye.step.home();
    }

    /// The last record that this screen has applied: what its wishes are based on.
    pub fn seen(&self) -> Seq {
        self.state.last
    }

    /// What is true of the run, as far as this screen knows.
    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// Whether the terminal is to be asked for its background.
    pub fn asks_background(&self) -> bool {
        self.ask_background
    }

    /// The run's short number, where it is known.
    pub fn run_number(&self) -> Option<String> {
        self.state.facts.as_ref().map(|facts| facts.run.short().to_owned())
    }

    /// How long the picture stays true without anything happening: to the next full second, or to the hint after `g`.
    pub fn stays(&self, now: Stamp) -> Duration {
        let to_second = 1_000_000 - now.wall.rem_euclid(1_000_000);
        let second = Duration::from_micros(u64::try_from(to_second).unwrap_or(1_000_000));
        let second = self.replay.as_ref().and_then(|player| player.stays()).map_or(second, |stays| stays.min(second));
        if self.terminal.as_ref().is_some_and(|terminal| terminal.is_behind(&self.state)) {
            return Duration::from_millis(1);
        }
        match self.go_since {
            Some(since) if now.since(since) < draw::HINT => second.min(draw::HINT - now.since(since)),
            _ => second,
        }
    }

    /// What leaving the screen now means.
    pub fn left(&self) -> Left {
        if let Some(how) = self.state.ended {
            let run = self.run_number().unwrap_or_default();
            let seal = match &self.over {
                Some(over) if over.sealed => "Its journal is sealed.",
                Some(_) => "Its journal is not sealed.",
                None => "Its journal is being closed.",
            };
            let key = self.state.facts.as_ref().and_then(|facts| facts.key_word());
            let key = key.map(|word| format!(" {word}.")).unwrap_or_default();
            let words = format!("Run {run}: {}. {seal}{key}", how.word());
            return Left::Ended { completed: how == EndState::Completed, words };
        }
        if let Some(words) = &self.lost {
            return Left::Lost(words.clone());
        }
        match &self.over {
            Some(Over { why: Some(words), .. }) if crate::tui::overlays::is_failing(&self.trouble) => {
                Left::JournalFailed(words.clone())
            }
            Some(Over { why: Some(words), .. }) => Left::Lost(words.clone()),
            None if crate::tui::overlays::is_failing(&self.trouble) => {
                let run = self.run_number().unwrap_or_default();
                let words = crate::model::text::shown(&self.trouble);
                Left::JournalFailed(format!("{words} The run waits: tminus attach {run}, then :journal DIR."))
            }
            Some(Over { why: None, .. }) | None => Left::Leaving,
        }
    }

    fn say(&mut self, words: impl Into<String>) -> Vec<Effect> {
        self.message = Some(Message::Says(words.into()));
        Vec::new()
    }

    /// Says why a key came to nothing; a `y` that was meant for the card that did not come copies nothing.
    fn refuse(&mut self, words: impl Into<String>) -> Vec<Effect> {
        let words = words.into();
        self.refused = Some(words.clone());
        self.say(words)
    }

    fn background(&mut self, rgb: (u8, u8, u8)) {
        if !std::mem::take(&mut self.ask_background) {
            return;
        }
        let bright = u32::from(rgb.0) * 299 + u32::from(rgb.1) * 587 + u32::from(rgb.2) * 114 > 128_000;
        if let Some(theme) = Theme::named(if bright { "light" } else { "dark" }, self.theme.glyphs) {
            self.theme = theme;
        }
    }

    /// What follows by itself from how things stand: the selection, cards that are over, cards that open by themselves.
    fn settle(&mut self, port: &dyn Port, now: Stamp) {
        self.follow(now);
        self.close_what_is_over(port, now);
        self.open_by_itself(port, now);
    }

    /// The selection goes where the run goes: always until it is moved by hand, and again with the next thing that the run
    /// does once nobody has moved it for a while. What NEXT names is then what Enter and `r` are about.
    fn follow(&mut self, now: Stamp) {
        let idle = self.eye.moved.is_none_or(|moved| now.since(moved) >= BY_HAND);
        let in_hand = self.state.next(&self.plan).map(|ix| (ix, self.state.step(ix).status));
        if self.eye.screen == Screen::Live && std::mem::replace(&mut self.eye.in_hand, in_hand) != in_hand && idle {
            self.eye.follow = true;
        }
        if !self.eye.follow {
            return;
        }
        let Some(ix) = self.state.next(&self.plan) else { return };
        if self.eye.selected.step() != Some(ix) {
            self.eye.step.home();
        }
        self.eye.selected = Row::Step { ix, depth: 0 };
        if let Some(phase) = self.plan.phase_of(ix) {
            self.eye.folded.remove(&phase);
        }
    }
}
